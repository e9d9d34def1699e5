package domain

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Decimal is an exact decimal number. The zero value is 0. In JSON it is a string in plain notation.
//
// It wraps apd because a bare apd.Decimal in a struct passed by value marshals as its internals.
type Decimal struct{ d apd.Decimal }

// exact computes with far more digits than any product of the contract's quantities and rates needs; Inexact is trapped
// so that a result which would not be exact is an error, never an approximation.
var exact = func() apd.Context {
	c := apd.BaseContext.WithPrecision(60)
	c.Traps |= apd.Inexact
	c.Rounding = apd.RoundHalfUp // half away from zero, in apd's words
	return *c
}()

// rounding is exact but for the last step, which rounds half away from zero.
var rounding = func() apd.Context {
	c := apd.BaseContext.WithPrecision(60)
	c.Rounding = apd.RoundHalfUp
	return *c
}()

var plainNumber = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,9})?$`)

// ParseDecimal reads a plain decimal number such as 297 or -0.25: at most 15 digits before the point and 9 after.
func ParseDecimal(s string) (Decimal, error) {
	if !plainNumber.MatchString(s) {
		return Decimal{}, fmt.Errorf("%q is not a decimal number; write for example \"297\" or \"0.25\", with at most 15 digits before the point and 9 after it", s)
	}
	var d Decimal
	if _, _, err := d.d.SetString(s); err != nil {
		return Decimal{}, fmt.Errorf("%q is not a decimal number: %w", s, err)
	}
	return d, nil
}

// DecimalOf returns mantissa × 10^-scale.
func DecimalOf(mantissa int64, scale int) Decimal {
	var d Decimal
	d.d.SetFinite(mantissa, int32(-scale))
	return d
}

func must(_ apd.Condition, err error) {
	if err != nil { // operands are bounded by ParseDecimal, so 60 digits hold every sum and product: an invariant, not an input
		panic(fmt.Sprintf("domain: decimal arithmetic: %v", err))
	}
}

// Add, Sub and Mul are exact.
func (d Decimal) Add(e Decimal) (r Decimal) { must(exact.Add(&r.d, &d.d, &e.d)); return r }
func (d Decimal) Sub(e Decimal) (r Decimal) { must(exact.Sub(&r.d, &d.d, &e.d)); return r }
func (d Decimal) Mul(e Decimal) (r Decimal) { must(exact.Mul(&r.d, &d.d, &e.d)); return r }

// QuoRound returns d/e rounded half away from zero to the given number of decimals. e must not be zero.
func (d Decimal) QuoRound(e Decimal, decimals int) (r Decimal) {
	// d/e rounded is the integer quotient of scaled operands and its remainder: no double rounding.
	var scaled, q, rem, twice apd.Decimal
	must(exact.Mul(&scaled, &d.d, apd.New(1, int32(decimals))))
	must(rounding.QuoInteger(&q, &scaled, &e.d))
	must(rounding.Rem(&rem, &scaled, &e.d))
	rem.Negative = false
	must(exact.Mul(&twice, &rem, apd.New(2, 0)))
	var den apd.Decimal
	den.Abs(&e.d)
	if twice.Cmp(&den) >= 0 {
		step := apd.New(1, 0)
		if (d.d.Negative) != (e.d.Negative) {
			step.Negative = true
		}
		must(exact.Add(&q, &q, step))
	}
	must(exact.Mul(&r.d, &q, apd.New(1, int32(-decimals))))
	return r
}

// Cmp returns -1, 0 or +1; Sign the same against zero.
func (d Decimal) Cmp(e Decimal) int { return d.d.Cmp(&e.d) }
func (d Decimal) Sign() int         { return d.d.Sign() }

// Scaled returns d × 10^decimals as an integer and whether it is one that fits.
func (d Decimal) Scaled(decimals int) (int64, bool) {
	var s apd.Decimal
	must(exact.Mul(&s, &d.d, apd.New(1, int32(decimals))))
	var i apd.Decimal
	i.Reduce(&s)
	v, err := i.Int64()
	return v, err == nil
}

// Decimals returns how many decimals d needs: 0 for "297.00", 2 for "0.25".
func (d Decimal) Decimals() int {
	var r apd.Decimal
	r.Reduce(&d.d)
	return int(max(0, -r.Exponent))
}

// String returns d in plain notation without trailing zeros.
func (d Decimal) String() string {
	s := d.d.Text('f')
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

func (d Decimal) MarshalText() ([]byte, error)      { return []byte(d.String()), nil }
func (d *Decimal) UnmarshalText(b []byte) (e error) { *d, e = ParseDecimal(string(b)); return e }

// Money is an amount in whole öre. Its text has two decimals: 67122.00.
type Money int64

// Money rounds d kronor to whole öre, half away from zero. It is the only way from an exact amount to money.
func (d Decimal) Money() (Money, error) {
	r := d.QuoRound(DecimalOf(1, 0), 2)
	ore, ok := r.Scaled(2)
	if !ok {
		return 0, fmt.Errorf("the amount %s kr is larger than the ledger can hold", d)
	}
	return Money(ore), nil
}

// ParseMoney reads an amount with at most two decimals.
func ParseMoney(s string) (Money, error) {
	d, err := ParseDecimal(s)
	if err != nil {
		return 0, err
	}
	ore, ok := d.Scaled(2)
	if !ok {
		return 0, fmt.Errorf("%q is not an amount in kronor and öre; write at most two decimals", s)
	}
	return Money(ore), nil
}

// Decimal returns the amount in kronor.
func (m Money) Decimal() Decimal { return DecimalOf(int64(m), 2) }

// String returns the amount in kronor with two decimals.
func (m Money) String() string {
	sign, u := "", uint64(m)
	if m < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}

func (m Money) MarshalText() ([]byte, error)      { return []byte(m.String()), nil }
func (m *Money) UnmarshalText(b []byte) (e error) { *m, e = ParseMoney(string(b)); return e }
