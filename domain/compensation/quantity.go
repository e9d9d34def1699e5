package compensation

import (
	"math/big"

	"careledger/domain"
)

// Quantity is an exact quotient: minutes and goals, days of a prorated month over the days of that month, or a degree of fulfilment.
// The zero value is 0. It does not change.
type Quantity struct{ r *big.Rat }

// Rat returns the quantity as a fraction of its own.
func (q Quantity) Rat() *big.Rat {
	if q.r == nil {
		return new(big.Rat)
	}
	return new(big.Rat).Set(q.r)
}

// String returns the quantity as a whole number or a reduced fraction: 480, 22/31.
func (q Quantity) String() string { return q.Rat().RatString() }

func whole(n int64) Quantity { return ratio(n, 1) }

func ratio(n, over int64) Quantity { return Quantity{big.NewRat(n, over)} }

// rational returns d as a fraction.
func rational(d domain.Decimal) *big.Rat {
	r, ok := new(big.Rat).SetString(d.String())
	if !ok { // a decimal is written as a number
		panic("compensation: not a number: " + d.String())
	}
	return r
}

// toOre rounds kronor to whole öre, half away from zero.
func toOre(kronor *big.Rat) (domain.Money, error) {
	ore := new(big.Rat).Mul(kronor, big.NewRat(100, 1))
	ore.Abs(ore).Add(ore, big.NewRat(1, 2))
	n := new(big.Int).Quo(ore.Num(), ore.Denom())
	if kronor.Sign() < 0 {
		n.Neg(n)
	}
	if !n.IsInt64() {
		return 0, &LargeError{"amount"}
	}
	return domain.Money(n.Int64()), nil
}
