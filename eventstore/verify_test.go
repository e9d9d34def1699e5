package eventstore

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
)

// The events are whole, but proofs would be made of a hash that does not follow from them.
func TestVerifyFindsAnInnerHashThatDoesNotFollow(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 3000)
	f, ok := l.tree.store.(*os.File)
	require.True(t, ok)
	require.NoError(t, writeAt(f, []byte("another hash of two leaves"), tlog.StoredHashIndex(1, 700)*tlog.HashSize)) // of the events 1401 and 1402
	_, err := l.Verify(t.Context())
	var damaged *CorruptError
	require.ErrorAs(t, err, &damaged)
	require.LessOrEqual(t, damaged.Sequence, uint64(1401))
	require.Greater(t, damaged.Sequence, uint64(1402-verifyBatch))
	require.Contains(t, err.Error(), ".tree")
	require.Len(t, readAll(t, l), 3000, "no event is wrong")
}

func TestVerifyFindsAWitnessThatSaysSomethingElse(t *testing.T) {
	t.Parallel()
	l, dir := newLog(t, Config{})
	fill(t, l, 100)
	head, err := l.Verify(t.Context())
	require.NoError(t, err)
	for _, other := range []Head{{Sequence: 120, Root: head.Root}, {Sequence: 100, Root: [32]byte{1}}} {
		edit(t, witnessFile(dir, headSuffix), func(b []byte) []byte {
			copy(b, encodeHead(other))
			copy(b[witnessSlot:], encodeHead(other))
			return b
		})
		_, err = l.Verify(t.Context())
		require.ErrorIs(t, err, ErrCorrupt)
		require.ErrorContains(t, err, "witness on disk")
	}
}

// Heads known before are of this log or not, whatever the batches in which the tree is grown.
func TestVerifyComparesKnownHeads(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	known := []Head{emptyHead()}
	for _, n := range []int{1, 2, 700, 321, 1, 2000} {
		fill(t, l, n)
		known = append(known, l.Head())
	}
	visited := uint64(0)
	head, differ, err := l.VerifyEach(t.Context(), known, func(e Event) error { visited++; require.Equal(t, visited, e.Sequence); return nil })
	require.NoError(t, err)
	require.Empty(t, differ)
	require.Equal(t, l.Head(), head)
	require.Equal(t, head.Sequence, visited)

	wrong := append([]Head(nil), known...)
	wrong[3].Root[0] ^= 1
	wrong = append(wrong, Head{Sequence: head.Sequence + 1, Root: head.Root})
	_, differ, err = l.VerifyEach(t.Context(), wrong, nil)
	require.NoError(t, err)
	require.Equal(t, []Head{wrong[3], wrong[len(wrong)-1]}, differ)
}
