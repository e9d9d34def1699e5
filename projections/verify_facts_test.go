package projections

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever changes in the file that keeps the facts, no answer is given from it: either it is not used, and the facts are folded again, or they
// are those of the log.
func TestEveryMutationOfTheFactsIsFoundOrHarmless(t *testing.T) {
	p, path := paidHistory(t, 8, 300), filepath.Join(t.TempDir(), "facts")
	require.NoError(t, p.table.Save(path))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	want := coldFold(t, p.log).contents()
	unused := 0
	for i := range 200 {
		r, b := rand.New(rand.NewPCG(uint64(i), 2)), append([]byte(nil), whole...)
		at, n := r.IntN(len(b)), 1+r.IntN(300)
		switch i % 4 {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1:
			b = b[:at]
		case 2:
			to := r.IntN(len(b))
			n = min(n, len(b)-max(at, to))
			first := append([]byte(nil), b[at:at+n]...)
			copy(b[at:], b[to:to+n])
			copy(b[to:], first)
		case 3:
			b = append(b[:at], b[min(len(b), at+n):]...)
		}
		require.NoError(t, os.WriteFile(path, b, 0o600))
		if _, err := Load(path, p.log); err != nil {
			require.ErrorIs(t, err, ErrStale)
			unused++
		}
		table, err := Open(context.Background(), p.log, path, nil)
		require.NoError(t, err)
		require.Equal(t, want, table.contents())
	}
	require.Greater(t, unused, 100)
	v := verified(t, p.log, VerifyRequest{Facts: path})
	requireClean(t, v)
}

func TestFactsThatWereChangedWithTheirChecksumsAreFound(t *testing.T) {
	p, path := paidHistory(t, 8, 300), filepath.Join(t.TempDir(), "facts")
	require.NotEmpty(t, p.table.grants.amount)
	p.table.grants.amount[0]++
	require.NoError(t, p.table.Save(path))
	v := verified(t, p.log, VerifyRequest{Facts: path})
	require.Equal(t, FactsWrong, v.Facts)
	requireFound(t, v, 0, path, "are not what the log gives")
	require.Equal(t, v.Payouts.Versions, v.Payouts.Recomputed, "no payout is computed from them")
}
