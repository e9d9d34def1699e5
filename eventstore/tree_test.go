package eventstore

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func leafOffset(seq int64) int64 { return tlog.StoredHashIndex(0, seq-1) * tlog.HashSize }

// However leaves are grouped, file and root are tlog's.
func TestTreeIsTlogs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mem := &memoryStore{}
		tr := &tree{store: mem}
		var want []tlog.Hash
		reader := tlog.HashReaderFunc(func(ix []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(ix))
			for i, x := range ix {
				out[i] = want[x]
			}
			return out, nil
		})
		n := int64(0)
		for _, group := range rapid.SliceOfN(rapid.IntRange(0, 40), 0, 8).Draw(t, "groups") {
			var leaves []tlog.Hash
			for range group {
				record := []byte{byte(n), byte(n >> 8)}
				hs, err := tlog.StoredHashes(n, record, reader)
				require.NoError(t, err)
				want = append(want, hs...)
				leaves = append(leaves, tlog.RecordHash(record))
				n++
			}
			require.NoError(t, tr.append(leaves))
		}
		root, err := tlog.TreeHash(n, reader)
		require.NoError(t, err)
		require.Equal(t, root, tr.root())
		require.Len(t, mem.b, len(want)*tlog.HashSize)
		for i, h := range want {
			require.True(t, bytes.Equal(h[:], mem.b[i*tlog.HashSize:][:tlog.HashSize]))
		}
		loaded := &tree{store: mem}
		require.NoError(t, loaded.load(uint64(n)))
		require.Equal(t, root, loaded.root())
		leaves := newLeafReader(mem, uint64(n), 96)
		for seq := int64(1); seq <= n; seq++ {
			h, err := leaves.leaf(uint64(seq))
			require.NoError(t, err)
			require.Equal(t, want[tlog.StoredHashIndex(0, seq-1)], h)
		}
	})
}

// frame is what is hashed for an event, and leafHash what others compute of it: RFC 6962, section 2.1.
func frame(authority string, e Event) []byte {
	return appendFrame(nil, authority, stored{seq: e.Sequence, subject: careLog(authority).subject(e.Entity, e.Type), id: e.ID, data: e.Data})
}

func leafHash(authority string, e Event) tlog.Hash { return tlog.RecordHash(frame(authority, e)) }

func TestLeafHashIsThatOfTheFrame(t *testing.T) {
	t.Parallel()
	e := Event{7, Message{"case/a", "t", "i", []byte("d")}}
	require.Equal(t, leafHash(authority, e), tlog.Hash(LeafHash(authority, e)))
}

// Moving a byte from one field to the next is another event.
func TestFramesAreInjective(t *testing.T) {
	t.Parallel()
	frames := map[string]bool{}
	es := []Event{
		{1, Message{"case/a", "t", "i", []byte("d")}},
		{2, Message{"case/a", "t", "i", []byte("d")}},
		{1, Message{"case/at", "t", "i", []byte("d")}},
		{1, Message{"case/a", "t", "id", nil}},
		{1, Message{"case/a", "t", "", []byte("id")}},
		{1, Message{"case/a", "ti", "", []byte("d")}},
	}
	for _, e := range es {
		frames[string(frame(authority, e))] = true
		frames[string(frame("1282", e))] = true
	}
	require.Len(t, frames, 2*len(es))
}

// Others prove events with the log's own hashes.
func TestEventsAreProvable(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 137)
	h := l.Head()
	for _, seq := range []uint64{1, 64, 100, 137} {
		e, err := l.Get(t.Context(), seq)
		require.NoError(t, err)
		p, err := tlog.ProveRecord(int64(h.Sequence), int64(seq-1), l)
		require.NoError(t, err)
		require.NoError(t, tlog.CheckRecord(p, int64(h.Sequence), h.Root, int64(seq-1), leafHash(authority, e)))
	}
}

func TestVerifyComputesTheRootFromTheBytes(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 500)
	h, err := l.Verify(t.Context())
	require.NoError(t, err)
	require.Equal(t, l.Head(), h)
	alter := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.head.Root[0] ^= 1
	}
	alter()
	_, err = l.Verify(t.Context())
	require.ErrorIs(t, err, ErrCorrupt)
	alter() // a head that is not the log's is not signed when it closes
}

// A hash above the leaves is read by nobody who reads events, but proofs rest on it.
func TestVerifyFindsAnAlteredHashAboveTheLeaves(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 2500)
	at := tlog.StoredHashIndex(3, 256) * tlog.HashSize // above events 2 049 to 2 056
	b := make([]byte, 1)
	_, err := l.tree.store.ReadAt(b, at)
	require.NoError(t, err)
	_, err = l.tree.store.WriteAt([]byte{b[0] ^ 1}, at)
	require.NoError(t, err)
	var bad *CorruptError
	_, err = l.Verify(t.Context())
	require.ErrorAs(t, err, &bad)
	require.Equal(t, uint64(2049), bad.Sequence)
	_, err = l.tree.store.WriteAt(b, at)
	require.NoError(t, err)
}
