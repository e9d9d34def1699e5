package replay

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

func share(t require.TestingT, s string) *domain.Decimal {
	d, err := ParseLimitChange(s)
	require.NoError(t, err)
	return &d
}

func TestTheChangeIsNeverAboveTheLimitAndItsCostIsStated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, models := drawnHistory(t)
		r := drawnRequest(t, models)
		percent := domain.DecimalOf(rapid.Int64Range(1, 100_000).Draw(t, "thousandths of a percent"), 5)
		r.LimitChange = &percent
		result := replayed(t, h, r)
		run := result.Runs[1]
		tr := run.Transition
		var added, withheld, adopted, alternative domain.Money
		for _, row := range tr.Rows {
			d := max(row.Paid-row.Adopted, row.Adopted-row.Paid).Decimal()
			most := percent.Mul(domain.DecimalOf(int64(row.Year), 0)).Mul(max(row.Adopted, -row.Adopted).Decimal())
			require.LessOrEqual(t, d.Cmp(most), 0, "%+v", row)
			if row.Paid != row.Alternative { // what is limited is as near the alternative as the limit allows
				require.Positive(t, d.Add(domain.DecimalOf(1, 2)).Cmp(most))
				require.GreaterOrEqual(t, row.Paid, min(row.Adopted, row.Alternative))
				require.LessOrEqual(t, row.Paid, max(row.Adopted, row.Alternative))
			}
			require.LessOrEqual(t, row.From, row.To)
			require.True(t, result.Has(row.From) && result.Has(row.To))
			added, withheld = added+max(0, row.Adjustment()), withheld+max(0, -row.Adjustment())
			adopted, alternative = adopted+row.Adopted, alternative+row.Alternative
		}
		require.Equal(t, []domain.Money{added, withheld, run.Total + added - withheld}, []domain.Money{tr.Added, tr.Withheld, tr.Total})
		require.Equal(t, run.Difference, alternative-adopted, "before the alternative takes force nothing differs")
	})
}

// q is paid 7310 kr in 2020 by the adopted policies and 3730 by the alternative.
func TestTheLimitGrowsWithEachYearOfTheTransition(t *testing.T) {
	l := small(t)
	limited := func(from, limit string, period ...domain.Month) []TransitionRow {
		r := Request{Set: set(t, "a.rate.service/external=60"), LimitChange: share(t, limit), From: period[0], To: period[1]}
		if from != "" {
			r.InForceFrom = day(t, from)
		}
		return l.replay(r).Runs[1].Transition.Rows
	}
	y2020 := domain.Month(2020 * 12)
	rows := limited("", "5%", y2020, y2020+15)
	require.Len(t, rows, 4)
	assert.Equal(t, "p", rows[0].Provider)
	assert.Zero(t, rows[0].Adjustment(), "p loses nothing")
	assert.Equal(t, []any{"q", 1, "2020-01", "2020-12"}, []any{rows[2].Provider, rows[2].Year, rows[2].From.String(), rows[2].To.String()})
	assert.Equal(t, []any{"q", 2, "2021-01", "2021-04"}, []any{rows[3].Provider, rows[3].Year, rows[3].From.String(), rows[3].To.String()})
	first, second := rows[2], rows[3]
	assert.Equal(t, first.Adopted/20, first.Limit)
	assert.Equal(t, second.Adopted/10, second.Limit)
	assert.Equal(t, first.Adopted-first.Limit, first.Paid)
	assert.Equal(t, second.Adopted-second.Limit, second.Paid)

	late := limited("2020-03-15", "5%", y2020, y2020+15)
	assert.Equal(t, []string{"2020-03", "2021-02"}, []string{late[2].From.String(), late[2].To.String()}, "twelve months from the month in which it takes force")
	assert.Equal(t, 2, limited("2018-07-01", "5%", y2020, y2020+5)[1].Year, "a year that began before the period")
	assert.Zero(t, limited("", "50%", y2020, y2020+15)[3].Adjustment(), "twice 50 % binds nobody who loses half")
}

func TestWhoTheAdoptedPoliciesPayNothingStaysAtNothingAndIsNamed(t *testing.T) {
	l := small(t)
	l.add("policy-ended", "policy/a", "2020-01-01", object{"from": "2020-01-01"})
	run := l.replay(Request{Models: []ModelSet{model("a", modelA)}, LimitChange: share(t, "5 %")}).Runs[1]
	assert.Zero(t, run.Transition.Total)
	assert.Equal(t, run.Total, run.Transition.Withheld)
	assert.Equal(t, []string{"the limited change keeps at 0.00 in a year what the adopted policies pay nothing of then: p, q"}, run.Warnings)
}

func TestALimitIsAPercentageAboveZero(t *testing.T) {
	for _, text := range []string{"5", "0%", "-5%", "101%", "%", "five%", ""} {
		_, err := ParseLimitChange(text)
		assert.ErrorContains(t, err, "--limit-change: ", text)
	}
	assert.Equal(t, "0.025", share(t, "2.5 %").String())
}
