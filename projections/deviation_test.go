package projections

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// krona pays a krona a minute, so that amounts are minutes.
func krona(t fataler, basis string) []compensation.Policy {
	m, _, err := compensation.ParseModel("", []byte(`{"id":"m","title":"t","currency":"SEK","parameters":{"r":{"values":{"1900-01-01":"60"}}},`+
		`"components":[{"id":"c","kind":"time","basis":"`+basis+`","rate":"r","when":"band != \"health\""}]}`))
	require.NoError(t, err)
	return []compensation.Policy{{ID: "m", Documents: []compensation.InForce{{Model: m, From: domain.MinDate, End: domain.MaxDate}}}}
}

// paid sums what a model pays by the fields of a deviation.
func paid(t fataler, c *Cut, p compensation.Period, basis string, by []string) map[string]domain.Money {
	sums := compensation.NewAggregate(c.Prepared(p), by)
	require.NoError(t, c.Prepared(p).Evaluate(krona(t, basis), sums.Add))
	rows := map[string]domain.Money{}
	for _, r := range sums.Rows() {
		rows[key(r.Keys)] = r.Amount / 100
	}
	return rows
}

func key(keys []string) (k string) {
	for _, s := range keys {
		k += s + "|"
	}
	return k
}

// What a deviation calls granted and performed is what a model without absences that is paid by each would be paid for, in every
// history, by any fields; frame and need make up what is granted.
func TestADeviationShowsTheMinutesThatModelsPayFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := folded(t, historytest.Draw(t).Events(-1), 50)
		by := rapid.SampledFrom([][]string{nil, {"unit", "month"}, {"provider", "year"}, {"case"}, {"authority"}}).Draw(t, "by")
		d, err := table.Deviation(Query{AsOf: Now, By: by})
		require.NoError(t, err)
		cut, err := table.Cut(Now)
		require.NoError(t, err)
		granted, performed := paid(t, cut, d.Period, compensation.BasisGranted, d.By), paid(t, cut, d.Period, compensation.BasisPerformed, d.By)
		frame := paid(t, cut, d.Period, compensation.BasisFrame, d.By)
		var total DeviationRow
		for _, r := range d.Rows {
			k := key(r.Keys)
			require.Equal(t, []domain.Money{granted[k], performed[k], frame[k]}, []domain.Money{domain.Money(r.Granted()), domain.Money(r.Performed), domain.Money(r.Frame)}, k)
			require.Positive(t, r.Granted()+r.Performed, k)
			delete(granted, k)
			delete(performed, k)
			total.Frame, total.Need, total.Performed = total.Frame+r.Frame, total.Need+r.Need, total.Performed+r.Performed
		}
		require.Empty(t, granted)
		require.Empty(t, performed)
		require.Equal(t, total, d.Total)
	})
}

func TestADeviationHasNoRatioWhereNothingWasGranted(t *testing.T) {
	r := DeviationRow{Performed: 30}
	assert.Equal(t, "", r.Ratio())
	r.Frame, r.Need = 40, 20
	assert.Equal(t, "0.5000", r.Ratio())
	r.Performed = 0
	assert.Equal(t, "0.0000", r.Ratio())
}

func TestADeviationIsGroupedByWhatMinutesHave(t *testing.T) {
	table := folded(t, historytest.FromSeed(5, 50).Events(-1), 50)
	for _, field := range []string{"policy", "component", "life_area", "occasion"} {
		_, err := table.Deviation(Query{AsOf: Now, By: []string{field}})
		var wrong *FieldError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, "deviation cannot be grouped by "+field+": minutes are the same under every model and belong to no goal; use authority, provider, unit, month, year, case", err.Error())
	}
	none, err := newTable(historytest.Authority).Deviation(Query{AsOf: Now})
	require.NoError(t, err)
	require.Empty(t, none.Rows)
}
