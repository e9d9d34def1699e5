package domain_test

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

func decimal(t require.TestingT, s string) domain.Decimal {
	d, err := domain.ParseDecimal(s)
	require.NoError(t, err)
	return d
}

func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}

// awayFromZero rounds r half away from zero to whole units, by integers only.
func awayFromZero(r *big.Rat) *big.Int {
	twice := new(big.Int).Mul(new(big.Int).Abs(r.Num()), big.NewInt(2))
	twice.Add(twice, r.Denom())
	q := twice.Quo(twice, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if r.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

func drawnDecimal(t *rapid.T, label string) domain.Decimal {
	return decimal(t, rapid.StringMatching(`-?[0-9]{1,15}(\.[0-9]{1,9})?`).Draw(t, label))
}

func TestDecimalsComputeExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawnDecimal(t, "a"), drawnDecimal(t, "b")
		x, y := rat(a.String()), rat(b.String())
		assert.Zero(t, rat(a.Add(b).String()).Cmp(new(big.Rat).Add(x, y)))
		assert.Zero(t, rat(a.Sub(b).String()).Cmp(new(big.Rat).Sub(x, y)))
		assert.Zero(t, rat(a.Mul(b).String()).Cmp(new(big.Rat).Mul(x, y)))
		assert.Equal(t, x.Cmp(y), a.Cmp(b))
		assert.Equal(t, x.Sign(), a.Sign())
	})
}

func TestQuoRoundRoundsOnceHalfAwayFromZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, decimals := drawnDecimal(t, "a"), drawnDecimal(t, "b"), rapid.IntRange(0, 6).Draw(t, "decimals")
		if b.Sign() == 0 {
			return
		}
		scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
		exact := new(big.Rat).Quo(rat(a.String()), rat(b.String()))
		want := new(big.Rat).Quo(new(big.Rat).SetInt(awayFromZero(exact.Mul(exact, scale))), scale)
		assert.Zero(t, want.Cmp(rat(a.QuoRound(b, decimals).String())), "%s / %s to %d decimals", a, b, decimals)
	})
}

func TestQuoRoundOnExactHalves(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		decimals int
		want     string
	}{{"1", "2", 0, "1"}, {"-1", "2", 0, "-1"}, {"1", "-2", 0, "-1"}, {"-1", "-2", 0, "1"}, {"3", "2", 0, "2"}, {"5", "2", 0, "3"}, {"-5", "2", 0, "-3"},
		{"0.005", "1", 2, "0.01"}, {"-0.005", "1", 2, "-0.01"}, {"0.0049", "1", 2, "0"}, {"1", "3", 2, "0.33"}, {"2", "3", 2, "0.67"}, {"0", "-7", 2, "0"}} {
		assert.Equal(t, c.want, decimal(t, c.a).QuoRound(decimal(t, c.b), c.decimals).String(), "%s / %s", c.a, c.b)
	}
}

func TestMoneyIsRoundedToTheOreHalfAwayFromZero(t *testing.T) {
	for text, want := range map[string]string{"0.005": "0.01", "-0.005": "-0.01", "0.004999999": "0.00", "-0.004999999": "0.00", "2.345": "2.35", "-2.345": "-2.35",
		"67122": "67122.00", "-0.01": "-0.01", "999999999999999.994": "999999999999999.99"} {
		m, err := decimal(t, text).Money()
		require.NoError(t, err)
		assert.Equal(t, want, m.String(), text)
	}
	_, err := decimal(t, "999999999999999").Mul(decimal(t, "1000")).Money()
	assert.EqualError(t, err, "the amount 999999999999999000 kr is larger than the ledger can hold")
	assert.Equal(t, "-92233720368547758.08", domain.Money(math.MinInt64).String())
	assert.Equal(t, "92233720368547758.07", domain.Money(math.MaxInt64).String())
	rapid.Check(t, func(t *rapid.T) {
		d := drawnDecimal(t, "kronor")
		m, err := d.Money()
		require.NoError(t, err)
		assert.Equal(t, awayFromZero(new(big.Rat).Mul(rat(d.String()), big.NewRat(100, 1))).Int64(), int64(m))
		assert.Zero(t, m.Decimal().Cmp(decimal(t, m.String())))
		back, err := domain.ParseMoney(m.String())
		require.NoError(t, err)
		assert.Equal(t, m, back)
	})
}

func TestADecimalsTextIsPlainAndReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawnDecimal(t, "d")
		assert.Zero(t, d.Cmp(decimal(t, d.String())))
		if _, fraction, point := strings.Cut(d.String(), "."); point {
			assert.Len(t, fraction, d.Decimals())
			assert.NotEqual(t, "0", fraction[len(fraction)-1:])
		} else {
			assert.Zero(t, d.Decimals())
		}
		scaled, ok := d.Scaled(9)
		exact := new(big.Rat).Mul(rat(d.String()), big.NewRat(1_000_000_000, 1))
		require.Equal(t, exact.IsInt() && exact.Num().IsInt64(), ok)
		if ok {
			assert.Equal(t, exact.Num().Int64(), scaled)
		}
	})
	for _, text := range []string{"", "1e3", "1.", ".5", "+1", "1,5", " 1", "1.0123456789", "1234567890123456", "NaN", "0x10", "--1"} {
		_, err := domain.ParseDecimal(text)
		assert.Error(t, err, text)
	}
	_, err := domain.ParseMoney("1.005")
	assert.EqualError(t, err, `"1.005" is not an amount in kronor and öre; write at most two decimals`)
}

func TestDatesAreThoseOfTheCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(1900, 1, 1+rapid.IntRange(0, 109_000).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		d, err := domain.ParseDate(day.Format(time.DateOnly))
		require.NoError(t, err)
		assert.Equal(t, day.Format(time.DateOnly), d.String())
		assert.Equal(t, day.AddDate(0, 0, 1).Format(time.DateOnly), (d + 1).String())
		assert.Equal(t, domain.NewDate(day.Year(), day.Month(), day.Day()), d)
		m := d.Month()
		first := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
		assert.Equal(t, day.Format("2006-01"), m.String())
		assert.Equal(t, day.Year(), m.Year())
		assert.Equal(t, first.Format(time.DateOnly), m.First().String())
		assert.Equal(t, first.AddDate(0, 1, -1).Format(time.DateOnly), m.Last().String())
		assert.Equal(t, first.AddDate(0, 1, -1).Day(), m.Days())
		back, err := domain.ParseMonth(m.String())
		require.NoError(t, err)
		assert.Equal(t, m, back)
	})
}

func TestTextThatIsNoDateIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(18|19|20|21|22)[0-9]{2}-[0-3][0-9]-[0-3][0-9]`).Draw(t, "text")
		_, err := domain.ParseDate(text)
		_, want := time.Parse(time.DateOnly, text)
		inRange := text >= "1900" && text < "2200"
		assert.Equal(t, want == nil && inRange, err == nil, text)
	})
	for _, text := range []string{"", "2015", "2015-3-1", "2015-03-01T00:00:00Z", "2015/03/01", "20150301", "2015-02-29", "1900-02-29", "2015-00-10", "2015-01-00", "2015-01-+1"} {
		_, err := domain.ParseDate(text)
		assert.Error(t, err, text)
	}
}

func TestOverlapCountsTheDaysThatTwoIntervalsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.Int32Range(40_000, 40_040)
		a1, a2, b1, b2 := draw.Draw(t, "a1"), draw.Draw(t, "a2"), draw.Draw(t, "b1"), draw.Draw(t, "b2")
		days := 0
		for d := int32(40_000); d <= 40_040; d++ {
			if a1 <= d && d <= a2 && b1 <= d && d <= b2 {
				days++
			}
		}
		assert.Equal(t, days, domain.Overlap(domain.Date(a1), domain.Date(a2), domain.Date(b1), domain.Date(b2)))
	})
}

func TestTheMonthOfAVisitIsThatOfStockholm(t *testing.T) {
	for text, want := range map[string]string{
		"2020-01-31T22:59:59Z": "2020-01", "2020-01-31T23:00:00Z": "2020-02", // winter, UTC+1
		"2020-06-30T21:59:59Z": "2020-06", "2020-06-30T22:00:00Z": "2020-07", // summer, UTC+2
		"2020-03-31T22:30:00Z": "2020-04", "2020-10-31T22:30:00Z": "2020-10", "2020-01-01T00:30:00+05:00": "2019-12",
	} {
		at, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		assert.Equal(t, want, domain.LocalMonth(at).String(), text)
	}
}

func TestAVisitsMinutesAreWholeMinutesTimesStaff(t *testing.T) {
	for _, c := range []struct {
		arrived, left string
		staff, want   int
	}{
		{"2020-02-01T08:00:00Z", "2020-02-01T08:29:59Z", 0, 29}, {"2020-02-01T08:00:00Z", "2020-02-01T08:29:59Z", 2, 58},
		{"2020-02-01T08:00:30Z", "2020-02-01T08:01:29Z", 1, 0}, {"2020-02-01T08:00:00Z", "2020-02-01T08:00:00Z", 1, 0},
		{"2020-03-29T01:30:00+01:00", "2020-03-29T03:30:00+02:00", 1, 60}, // clocks go forward
		{"2020-10-25T02:30:00+02:00", "2020-10-25T02:30:00+01:00", 1, 60}, // clocks go back
	} {
		v := domain.VisitPerformed{Staff: c.staff}
		require.NoError(t, v.Arrived.UnmarshalText([]byte(c.arrived)))
		require.NoError(t, v.Left.UnmarshalText([]byte(c.left)))
		assert.Equal(t, c.want, v.Minutes(), "%s to %s", c.arrived, c.left)
	}
}

func TestLuhn(t *testing.T) {
	assert.True(t, domain.Luhn("5560160680"))
	assert.True(t, domain.Luhn("556016-0680"))
	assert.False(t, domain.Luhn("5560160681"))
	assert.False(t, domain.Luhn(""))
	assert.False(t, domain.Luhn("0"))
	rapid.Check(t, func(t *rapid.T) { // one digit completes a number, and a changed digit is seen
		body := rapid.StringMatching(`[0-9]{1,20}`).Draw(t, "body")
		complete := ""
		for d := range 10 {
			if s := fmt.Sprint(body, d); domain.Luhn(s) {
				require.Empty(t, complete)
				complete = s
			}
		}
		require.NotEmpty(t, complete)
		at := rapid.IntRange(0, len(complete)-1).Draw(t, "at")
		by := byte(rapid.IntRange(1, 9).Draw(t, "by"))
		changed := []byte(complete)
		changed[at] = '0' + (changed[at]-'0'+by)%10
		assert.False(t, domain.Luhn(string(changed)), "%s", changed)
	})
}

func TestTheEndOfADayIsItsLastMomentInStockholm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := domain.NewDate(2020, 1, 1) + domain.Date(rapid.IntRange(0, 2000).Draw(t, "day"))
		assert.Equal(t, d, domain.LocalDate(domain.EndOfDay(d)))
		assert.Equal(t, d+1, domain.LocalDate(domain.EndOfDay(d).Add(1)))
	})
}
