package compensation

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

// halfAway rounds r half away from zero to a whole number.
func halfAway(r *big.Rat) *big.Int {
	twice := new(big.Int).Mul(new(big.Int).Abs(r.Num()), big.NewInt(2))
	twice.Add(twice, r.Denom())
	q := twice.Quo(twice, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if r.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

func TestARateTimesAQuantityIsRoundedOnceHalfAwayFromZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rate{rapid.Int64Range(-1<<62, 1<<62).Draw(t, "mantissa"), rapid.Int64Range(1, 1<<62).Draw(t, "divisor")}
		quantity := rapid.Int64Min(0).Draw(t, "quantity")
		exact := new(big.Rat).Mul(big.NewRat(r.mantissa, r.divisor), new(big.Rat).SetInt64(quantity))
		want := halfAway(exact)
		got, ok := r.of(quantity)
		require.Equal(t, want.CmpAbs(big.NewInt(1<<62)) <= 0, ok, "%s", want)
		if ok {
			assert.Equal(t, want.Int64(), int64(got))
		}
	})
}

func TestExactHalves(t *testing.T) {
	for _, c := range []struct {
		mantissa, divisor, quantity, want int64
	}{{1, 2, 1, 1}, {-1, 2, 1, -1}, {1, 2, 3, 2}, {-1, 2, 3, -2}, {1, 3, 1, 0}, {2, 3, 1, 1}, {1, 120, 60, 1}, {1, 120, 59, 0}, {7, 1, 0, 0}, {-7, 5, 0, 0}, {1, 1, 1 << 62, 1 << 62}} {
		got, ok := rate{c.mantissa, c.divisor}.of(c.quantity)
		require.True(t, ok)
		assert.Equal(t, c.want, int64(got), "%+v", c)
	}
}

func TestANewRateIsTheValueInOrePerQuantum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,15}(\.[0-9]{1,9})?`).Draw(t, "value")
		value, err := domain.ParseDecimal(text)
		require.NoError(t, err)
		decimals := rapid.IntRange(value.Decimals(), 9).Draw(t, "decimals")
		quantum := rapid.SampledFrom([]int64{1, 10, 1_000, 1_000_000_000, monthQuantum}).Draw(t, "quantum")
		per := rapid.SampledFrom([]int64{1, 60}).Draw(t, "per")
		r, err := newRate(value, decimals, quantum, per)
		if err != nil { // only where the figures are far beyond any compensation
			exact, _ := new(big.Rat).SetString(text)
			scaled := new(big.Rat).Mul(exact, new(big.Rat).SetInt64(100*pow10(decimals)))
			tooLarge := new(big.Int).Quo(scaled.Num(), scaled.Denom()).CmpAbs(big.NewInt(1<<60)) > 0
			assert.True(t, tooLarge || quantum*per >= 1_000_000_000, err)
			return
		}
		require.Positive(t, r.divisor)
		want, _ := new(big.Rat).SetString(text)
		want.Mul(want, big.NewRat(100, quantum*per))
		assert.Zero(t, want.Cmp(big.NewRat(r.mantissa, r.divisor)), "%s", text)
	})
}

func TestAQuotientIsRoundedHalfUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.Int64Min(0).Draw(t, "n"), rapid.Int64Min(1).Draw(t, "d")
		assert.Equal(t, halfAway(big.NewRat(n, d)).Int64(), roundedQuotient(n, d))
	})
}
