package compensation

import (
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What is kept of counts takes no more than its room, however many questions are asked and however large their counts are; what was used last is
// kept before what was used earlier.
func TestCountsAreKeptAsFarAsThereIsRoom(t *testing.T) {
	remainders := make([]uint32, countsKeptBytes/4+1) // of all of them; none is read
	rapid.Check(t, func(t *rapid.T) {
		k := newCounts(nil)
		counted := func() *counting {
			c := &counting{key: sha256.Sum256([]byte{rapid.Byte().Draw(t, "key")})}
			c.tally = &tally{remainders: remainders[:rapid.OneOf(rapid.IntRange(0, 1<<20), rapid.IntRange(0, len(remainders))).Draw(t, "remainders")]}
			return c
		}
		for range rapid.IntRange(1, 20).Draw(t, "questions") {
			before, used := slices.Clone(k.known), []*counting{counted()}
			if len(before) > 0 && rapid.Bool().Draw(t, "one that is known") {
				used = append(used, rapid.SampledFrom(before).Draw(t, "known"))
			}
			k.keep(used)
			room := countsKeptBytes
			for i, c := range k.known {
				room -= c.tally.bytes()
				require.False(t, slices.ContainsFunc(k.known[:i], func(other *counting) bool { return other.key == c.key }), "one of the same postings")
			}
			require.GreaterOrEqual(t, room, 0)
			if used[0].tally.bytes() <= countsKeptBytes {
				require.Same(t, used[0], k.known[0])
			}
			for _, c := range before {
				replaced := slices.ContainsFunc(used, func(u *counting) bool { return u.key == c.key })
				require.True(t, replaced || slices.Contains(k.known, c) || c.tally.bytes() > room, "it had room")
			}
		}
	})
}
