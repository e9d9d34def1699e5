package eventstore

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// Any events of any log: what is left of their proofs gives each proof back whole, and another implementation of the tree accepts it.
func TestSharedPathsGiveEveryProofBackWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 200).Draw(t, "events")
		store := &memoryStore{}
		tr := &tree{store: store}
		leaves := make([]tlog.Hash, size)
		for i := range leaves {
			leaves[i] = tlog.RecordHash(fmt.Appendf(nil, "event %d", i+1))
		}
		require.NoError(t, tr.append(leaves))
		hashes := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return readHashes(store, indexes) })
		root := tr.root()

		chosen := rapid.SliceOfNDistinct(rapid.IntRange(1, size), 1, min(size, 40), rapid.ID[int]).Draw(t, "of them")
		writes, reads, given := NewPaths(uint64(size)), NewPaths(uint64(size)), 0
		for _, n := range chosen {
			sequence := uint64(n)
			whole, err := tlog.ProveRecord(int64(size), int64(n-1), hashes)
			require.NoError(t, err)
			more := writes.Shorten(sequence, leaves[n-1], whole)
			given += len(more)

			back, err := reads.Complete(sequence, more)
			require.NoError(t, err)
			require.Equal(t, append(tlog.RecordProof{}, whole...), append(tlog.RecordProof{}, back...))
			other := make([][]byte, len(back))
			for i := range back {
				other[i] = back[i][:]
			}
			require.NoError(t, proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(n-1), uint64(size), leaves[n-1][:], other, root[:]))

			_, err = reads.Complete(sequence, append([]tlog.Hash{{}}, more...))
			require.ErrorContains(t, err, "more than it needs")
			if len(more) > 0 {
				_, err = reads.Complete(sequence, more[1:])
				require.ErrorContains(t, err, "lacks a hash")
			}
			reads.TakeUp(sequence, leaves[n-1], back)
		}
		if len(chosen) == size {
			require.Less(t, given, size, "a hash an event at the most, of all events")
		}
		_, err := reads.Complete(uint64(size)+1, nil)
		require.ErrorContains(t, err, "is not in a checkpoint")
		_, err = reads.Complete(0, nil)
		require.Error(t, err)
	})
}

func TestAFingerprintIsOfThePublicKey(t *testing.T) {
	key, err := NewKey(Origin("1281"))
	require.NoError(t, err)
	got, err := Fingerprint(key.VerifierKey())
	require.NoError(t, err)
	require.Len(t, got, 2*sha256.Size)
	same, err := Fingerprint(key.VerifierKey())
	require.NoError(t, err)
	require.Equal(t, same, got)
	_, err = Fingerprint("careledger/1281+00000000+" + key.VerifierKey()[len("careledger/1281+00000000+"):])
	require.ErrorIs(t, err, ErrCheckpoint)
}
