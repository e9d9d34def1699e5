package eventstore

import (
	"crypto/sha256"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// A second implementation of the tree, from the text of RFC 6962 section 2.1 and of nothing else: recursive, over all leaves, slow.
// Indexes count from 0 as there.

// mth is the Merkle Tree Hash of section 2.1 over leaf hashes.
func mth(d [][32]byte) [32]byte {
	switch len(d) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return d[0]
	}
	k := splitPoint(len(d))
	return inner(mth(d[:k]), mth(d[k:]))
}

// splitPoint is the largest power of two smaller than n.
func splitPoint(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

func inner(left, right [32]byte) [32]byte {
	return sha256.Sum256(append(append([]byte{0x01}, left[:]...), right[:]...))
}

// auditPath is PATH(m, D[n]) of section 2.1.1.
func auditPath(m int, d [][32]byte) [][32]byte {
	if len(d) == 1 {
		return nil
	}
	k := splitPoint(len(d))
	if m < k {
		return append(auditPath(m, d[:k]), mth(d[k:]))
	}
	return append(auditPath(m-k, d[k:]), mth(d[:k]))
}

// consistency is PROOF(m, D[n]) of section 2.1.2.
func consistency(m int, d [][32]byte) [][32]byte { return subProof(m, d, true) }

func subProof(m int, d [][32]byte, whole bool) [][32]byte {
	if m == len(d) {
		if whole {
			return nil
		}
		return [][32]byte{mth(d)}
	}
	k := splitPoint(len(d))
	if m <= k {
		return append(subProof(m, d[:k], whole), mth(d[k:]))
	}
	return append(subProof(m-k, d[k:], false), mth(d[:k]))
}

// rootOfPath recomputes the root that an audit path of leaf m among n leads to; false if it is too short or too long.
func rootOfPath(m, n int, leaf [32]byte, path [][32]byte) ([32]byte, bool) {
	if n == 1 {
		return leaf, len(path) == 0
	}
	if len(path) == 0 {
		return leaf, false
	}
	rest, last := path[:len(path)-1], path[len(path)-1]
	k := splitPoint(n)
	if m < k {
		h, ok := rootOfPath(m, k, leaf, rest)
		return inner(h, last), ok
	}
	h, ok := rootOfPath(m-k, n-k, leaf, rest)
	return inner(last, h), ok
}

// rootsOfProof recomputes both roots that a consistency proof from m to n leaves leads to. known is the old root, which the proof leaves
// out where the old tree is a whole subtree of the new one.
func rootsOfProof(m, n int, known [32]byte, whole bool, path [][32]byte) (before, after [32]byte, ok bool) {
	if m == n {
		if whole {
			return known, known, len(path) == 0
		}
		if len(path) != 1 {
			return known, known, false
		}
		return path[0], path[0], true
	}
	if len(path) == 0 {
		return known, known, false
	}
	rest, last := path[:len(path)-1], path[len(path)-1]
	k := splitPoint(n)
	if m <= k {
		before, after, ok = rootsOfProof(m, k, known, whole, rest)
		return before, inner(after, last), ok
	}
	before, after, ok = rootsOfProof(m-k, n-k, known, false, rest)
	return inner(last, before), inner(last, after), ok
}

func raw(hashes []tlog.Hash) [][32]byte {
	var all [][32]byte
	for _, h := range hashes {
		all = append(all, h)
	}
	return all
}

func slicesOf(hashes []tlog.Hash) [][]byte {
	var all [][]byte
	for _, h := range hashes {
		all = append(all, h[:])
	}
	return all
}

// The log's roots and proofs are those of the RFC, and two implementations that share no code with it accept them, and no others.
func TestTreeIsThatOfTheRFC(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "size")
		m := rapid.IntRange(1, n).Draw(t, "earlier size")
		seq := rapid.IntRange(1, m).Draw(t, "sequence")
		tr := &tree{store: &memoryStore{}}
		var leaves [][32]byte
		heads := map[int]Head{}
		for i := range n {
			e := Event{uint64(i + 1), Message{"case/k", "visit-performed", "e", []byte{byte(i), byte(i >> 8)}}}
			leaves = append(leaves, sha256.Sum256(append([]byte{0x00}, frame(authority, e)...)))
			require.NoError(t, tr.append([]tlog.Hash{leaves[i]}))
			heads[i+1] = tr.head()
		}
		require.Equal(t, mth(leaves), heads[n].Root)
		require.Equal(t, mth(leaves[:m]), heads[m].Root)
		l := &Log{store: &Store{}, id: careLog(authority), tree: tr, head: tr.head()}
		earlier, later := &Checkpoint{Origin: Origin(authority), Head: heads[m]}, &Checkpoint{Origin: Origin(authority), Head: heads[n]}

		for _, in := range []*Checkpoint{earlier, later} {
			size := int(in.Sequence)
			p, err := l.ProveInclusion(uint64(seq), in)
			require.NoError(t, err)
			require.Equal(t, auditPath(seq-1, leaves[:size]), raw(p))
			got, ok := rootOfPath(seq-1, size, leaves[seq-1], raw(p))
			require.True(t, ok)
			require.Equal(t, in.Root, got)
			require.NoError(t, proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(seq-1), in.Sequence, leaves[seq-1][:], slicesOf(p), in.Root[:]))
			if len(p) > 0 {
				p[rapid.IntRange(0, len(p)-1).Draw(t, "hash")][rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				require.Error(t, proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(seq-1), in.Sequence, leaves[seq-1][:], slicesOf(p), in.Root[:]))
				got, _ = rootOfPath(seq-1, size, leaves[seq-1], raw(p))
				require.NotEqual(t, in.Root, got)
			}
		}

		c, err := l.ProveConsistency(earlier.Head, later)
		require.NoError(t, err)
		require.Equal(t, consistency(m, leaves), raw(c.Hashes))
		before, after, ok := rootsOfProof(m, n, earlier.Root, true, raw(c.Hashes))
		require.True(t, ok)
		require.Equal(t, []([32]byte){earlier.Root, later.Root}, []([32]byte){before, after})
		require.NoError(t, proof.VerifyConsistency(rfc6962.DefaultHasher, earlier.Sequence, later.Sequence, slicesOf(c.Hashes), earlier.Root[:], later.Root[:]))
		if len(c.Hashes) > 0 {
			c.Hashes[rapid.IntRange(0, len(c.Hashes)-1).Draw(t, "hash of the other")][0] ^= 1
			require.Error(t, proof.VerifyConsistency(rfc6962.DefaultHasher, earlier.Sequence, later.Sequence, slicesOf(c.Hashes), earlier.Root[:], later.Root[:]))
			require.ErrorIs(t, CheckConsistency(earlier, later, c.Hashes), ErrInconsistent)
		}
	})
}
