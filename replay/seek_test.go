package replay

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

func TestTheValueSoughtComesNearestTheBudgetWithoutPassingIt(t *testing.T) {
	l := small(t)
	for _, c := range [][4]string{ // 14 520 kr of hours, and two goals and a half
		{"a.g", "14770", "100", "14770.00"},
		{"a.g", "14771", "100.4", "14771.00"},
		{"a.g", "14770.99", "100.39", "14770.98"}, // 39 öre × 2.5 is 97.5, rounded goal by goal
		{"a.g", "14520", "0", "14520.00"},
		{"a.g", "999999999999", "399999994192", ""},
		{"a.rate.care/in-house", "14770", "60", "14770.00"},
		{"a.rate.care/in-house", "20000.00", "103.22", "19999.62"},
	} {
		s, err := ParseSeek(c[0], c[1])
		require.NoError(t, err)
		r, err := l.try(Request{Seek: &s})
		if c[3] == "" {
			require.ErrorContains(t, err, "the total does not reach the budget 999999999999.00: at 10000000000.00 kr it is 25000014520.00, and higher values are not tried")
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, []string{"seek " + c[0], c[2], c[3]}, []string{r.Runs[1].Name, r.Runs[1].Value, r.Runs[1].Total.String()}, c)
	}
}

func TestWhereNoValueFitsSeekingIsRefused(t *testing.T) {
	l := small(t)
	l.adopt("2020-01-01", `{"id": "n", "title": "t", "currency": "SEK", "parameters": {"x": {"values": {"2020-01-01": "1"}}, "spare": {"values": {"2020-01-01": "1"}},
		"t": {"by": ["unit"], "values": {"2020-01-01": {"u": "1", "v": "1", "elsewhere": "1"}}}},
		"components": [{"id": "c", "kind": "time", "basis": "performed", "rate": "x"}, {"id": "d", "kind": "fixed", "per": "unit-month", "amount": "t"}]}`)
	for target, reason := range map[string]string{
		"n.x":           "seek n.x: the total does not rise with n.x: no posting in the period is paid by it",
		"n.spare":       "seek n.spare: the total does not rise with n.spare: no posting in the period is paid by it",
		"n.t.elsewhere": "seek n.t.elsewhere: the total does not rise with n.t.elsewhere: no posting in the period is paid by it",
		"n.none":        `--seek n.none: policy n has no parameter "none"`,
	} {
		_, err := l.try(Request{Seek: &Seek{target, 1_000_000_00}})
		require.ErrorContains(t, err, reason)
	}
	_, err := l.try(Request{Seek: &Seek{"a.g", 100_00}})
	require.EqualError(t, err, "seek a.g: even at 0 the total is 14528.00, which passes the budget 100.00; only a.g is sought, and the rest costs that much")
}

func TestSeekingKeepsTheSettingsAndTheDay(t *testing.T) {
	l := small(t)
	r := l.replay(Request{Set: set(t, "a.rate.care/in-house=0", "a.rate.service/external=0"), Seek: &Seek{"a.g", 1000_00}})
	assert.Equal(t, "400", r.Runs[2].Value)
	r = l.replay(Request{InForceFrom: day(t, "2020-04-01"), Seek: &Seek{"a.g", 15_000_00}})
	assert.Equal(t, "330", r.Runs[1].Value, "the goals of February and March were paid as adopted")
	assert.Equal(t, "15000.00", r.Runs[1].Total.String())
}

func TestTheNextÖreWouldPassTheBudget(t *testing.T) {
	l := small(t)
	rapid.Check(t, func(t *rapid.T) {
		s := Seek{rapid.SampledFrom([]string{"a.g", "a.rate.care/in-house", "a.rate.service/external"}).Draw(t, "target"), domain.Money(rapid.Int64Range(1_477_000, 900_000_000).Draw(t, "budget"))}
		r, err := l.try(Request{Seek: &s})
		require.NoError(t, err)
		require.LessOrEqual(t, r.Runs[1].Total, s.Budget)
		value, err := domain.ParseMoney(r.Runs[1].Value)
		require.NoError(t, err)
		next := l.replay(Request{Set: []Setting{{s.Target, (value + 1).Decimal()}}})
		require.Greater(t, next.Runs[1].Total, s.Budget)
	})
}

// A cap is evaluated with all that it sums, whichever of them the value changes.
func TestSeekingCountsWhatACapTakesBack(t *testing.T) {
	l := small(t)
	l.adopt("2020-01-01", `{"id": "n", "title": "t", "currency": "SEK", "parameters": {"rate": {"values": {"2020-01-01": "60"}}, "month": {"values": {"2020-01-01": "10"}}, "most": {"values": {"2020-01-01": "5000"}}},
		"components": [{"id": "hours", "kind": "time", "basis": "granted", "rate": "rate"}, {"id": "month", "kind": "fixed", "per": "unit-month", "amount": "month"},
			{"id": "cap", "kind": "cap", "of": ["hours", "month"], "per": "authority-year", "limit": "most"}]}`)
	// 14 770 as adopted, 80 for four months of two units, and 181.5 hours: 3 150 / 181.5 = 17.355.
	for _, c := range [][3]string{{"n.most", "16000", "1230"}, {"n.rate", "18000", "17.35"}} {
		budget, err := domain.ParseMoney(c[1])
		require.NoError(t, err)
		found := l.replay(Request{Seek: &Seek{c[0], budget}}).Runs[1]
		assert.Equal(t, c[2], found.Value, c[0])
		assert.LessOrEqual(t, found.Total, budget)
		assert.Equal(t, l.replay(Request{Set: set(t, c[0]+"="+found.Value)}).Runs[1].Total, found.Total, "as a setting of that value has it")
	}
}
