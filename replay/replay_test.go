package replay

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain/compensation"
	"careledger/projections"
)

func TestTheFirstRunIsWhatTheAdoptedPoliciesPay(t *testing.T) {
	for name, l := range map[string]*ledger{"worked": worked(t), "small": small(t)} {
		r := l.replay(Request{})
		paid, err := l.table.Compensation(projections.Query{AsOf: projections.Now})
		require.NoError(t, err)
		require.Len(t, r.Runs, 1, name)
		assert.Equal(t, "adopted", r.Runs[0].Name)
		assert.Equal(t, paid.Total, r.Runs[0].Total)
		assert.Equal(t, paid.Rows, r.Runs[0].Rows)
		assert.Equal(t, paid.AsOf, r.AsOf)
		assert.Equal(t, paid.Period, r.Period)
	}
	assert.Equal(t, "6702.00", worked(t).replay(Request{}).Runs[0].Total.String())
}

func TestADocumentReplacesEveryAdoptedPolicyOverTheWholePeriod(t *testing.T) {
	l := small(t)
	l.adopt("2020-01-01", onceModel("extra", "10"))
	r := l.replay(Request{Models: []ModelSet{model("dir/b.yaml", onceModel("b", "500")), model("b.yaml", onceModel("b", "7"), "c.json", onceModel("c", "30")), model("", onceModel("d", "1"))}})
	assert.Equal(t, "adopted 14780.00\nb 500.00\nb,c 37.00\nd 1.00", totals(r))
	assert.Equal(t, []string{"a", "extra"}, ids(r.Runs[0]))
	assert.Equal(t, []string{"b", "c"}, ids(r.Runs[2]))
	assert.Equal(t, "-14280.00", r.Runs[1].Difference.String())
}

func ids(r Run) (all []string) {
	for _, m := range r.Models {
		all = append(all, m.ID)
	}
	return all
}

func TestDocumentsThatHoldTogetherStandInTheOrderOfTheirIDs(t *testing.T) {
	l := small(t)
	r := l.replay(Request{Models: []ModelSet{model("b", onceModel("b", "1"), "c", onceModel("c", "2")), model("c", onceModel("c", "2"), "b", onceModel("b", "1"))}})
	assert.Equal(t, r.Runs[1].Digest, r.Runs[2].Digest)
	assert.Equal(t, r.Runs[1].Models, r.Runs[2].Models)
}

func TestRunsOfTheSameNameAreToldApart(t *testing.T) {
	l := small(t)
	r := l.replay(Request{Models: []ModelSet{model("x/b.yaml", onceModel("b", "1")), model("y/b.yaml", onceModel("b", "2")), model("y/b.yaml", onceModel("b", "2")),
		model("adopted.yaml", onceModel("b", "3"))}})
	assert.Equal(t, "adopted 14770.00\nx/b.yaml 1.00\ny/b.yaml 2.00\ny/b.yaml (2) 2.00\nadopted.yaml 3.00", totals(r))
}

func TestAllSettingsTogetherAreOneRun(t *testing.T) {
	l := small(t)
	r := l.replay(Request{Set: set(t, "a.g=200", "a.rate.care/in-house=90")})
	// 7260 hours of care at 90 in place of 60 kr, two goals and a half at 200 in place of 100.
	assert.Equal(t, "adopted 14770.00\nset g=200, rate.care/in-house=90 18650.00", totals(r))
	assert.NotEqual(t, r.Runs[0].Models[0].SHA256, r.Runs[1].Models[0].SHA256)

	l.adopt("2020-03-01", onceModel("b", "10"))
	r = l.replay(Request{Set: set(t, "b.g=11", "a.g=101")})
	assert.Equal(t, "adopted 14780.00\nset b.g=11, a.g=101 14783.50", totals(r), "a parameter's name that two policies have says whose it is")
}

func TestASettingChangesEveryDocumentOfThePolicyThatHasTheParameter(t *testing.T) {
	l := small(t)
	l.adopt("2020-03-01", modelA)
	r := l.replay(Request{Set: set(t, "a.g=0")})
	assert.Equal(t, []string{"a", "a"}, ids(r.Runs[0]), "a policy adopted again lists each document")
	assert.Equal(t, "adopted 14770.00\nset g=0 14520.00", totals(r))

	l.adopt("2020-04-01", onceModel("a", "1000")) // has no hours, and g is another's
	r = l.replay(Request{Set: set(t, "a.rate.care/in-house=0")})
	assert.Equal(t, "-5460.00", r.Runs[1].Difference.String())
	assert.Empty(t, r.Runs[1].Warnings)
}

func TestEachStepOfASweepIsARunWithTheSettingsToo(t *testing.T) {
	l := small(t)
	r := l.replay(Request{Set: set(t, "a.rate.care/in-house=60.5"), Sweep: sweep(t, "a.g=99.5..100.5:0.5")})
	assert.Equal(t, "adopted 14770.00\nset rate.care/in-house=60.5 14830.50\na.g=99.5 14829.25\na.g=100 14830.50\na.g=100.5 14831.75", totals(r))
	assert.Equal(t, []string{"", "", "99.5", "100", "100.5"}, []string{r.Runs[0].Value, r.Runs[1].Value, r.Runs[2].Value, r.Runs[3].Value, r.Runs[4].Value})
	assert.Equal(t, r.Runs[1].Digest, r.Runs[3].Digest, "a sweep's value is the setting of that value")
	assert.Equal(t, r.Runs[1].Models, r.Runs[3].Models)
}

func TestTheAlternativeHoldsFromTheDay(t *testing.T) {
	l := small(t)
	alternative := `{"id": "z", "title": "t", "currency": "SEK", "parameters": {"h": {"values": {"2000-01-01": "6"}}, "g": {"values": {"2000-01-01": "1"}}},
		"components": [{"id": "time", "kind": "time", "basis": "need", "rate": "h"}, {"id": "goals", "kind": "goal-premium", "amount": "g", "outcomes": {"fulfilled": "1"}}]}`
	r := l.replay(Request{Models: []ModelSet{model("z", alternative)}, InForceFrom: day(t, "2020-02-11"), By: []string{"month", "policy", "component"}})
	rows := map[string]string{}
	for _, row := range r.Runs[1].Rows {
		rows[row.Keys[0]+" "+row.Keys[1]+" "+row.Keys[2]] = row.Amount.String()
	}
	assert.Equal(t, map[string]string{
		"2020-01 a time": "3720.00", "2020-02 a time": "3480.00", // a month is the alternative's if its first day is
		"2020-02 a goals": "100.00", // held on 10 February, the day before
		"2020-03 z time":  "279.00", "2020-04 z time": "270.00", "2020-04 z goals": "1.00",
	}, rows)
	assert.Equal(t, []string{"a", "z"}, ids(r.Runs[1]))

	r = l.replay(Request{Models: []ModelSet{model("z", alternative)}, InForceFrom: day(t, "2020-02-10"), By: []string{"policy", "component"}})
	assert.Equal(t, "2.00", r.Runs[1].Rows[1].Amount.String(), "held on the first day: the alternative's")
}

func TestWhatIsPaidOnceStaysPaidUnderTheSamePolicy(t *testing.T) {
	l := newLedger(t)
	l.history()
	l.add("policy-ended", "policy/a", "2020-01-01", object{"from": "2020-01-01"})
	l.adopt("2020-01-01", onceModel("b", "100"))
	r := l.replay(Request{Models: []ModelSet{model("same", onceModel("b", "700")), model("other", onceModel("c", "700"))}, Set: set(t, "b.g=700"), InForceFrom: day(t, "2020-03-01")})
	assert.Equal(t, "adopted 100.00\nsame 100.00\nother 800.00\nset g=700 100.00", totals(r), "the goal was paid for in February")
}

func TestADocumentThatGoesOnAcrossTheDayIsOneDocument(t *testing.T) {
	l := small(t)
	r := l.replay(Request{Models: []ModelSet{model("a", modelA)}, Set: set(t, "a.g=100"), InForceFrom: day(t, "2020-02-15")})
	for _, run := range r.Runs {
		assert.Equal(t, r.Runs[0].Models, run.Models)
		assert.Equal(t, r.Runs[0].Digest, run.Digest)
		assert.Empty(t, run.Warnings)
	}
}

func TestWhatWasKnownThenIsReplayed(t *testing.T) {
	l := small(t)
	r := l.replay(Request{AsOf: projections.AsOf{Sequence: 13}, Models: []ModelSet{model("b", onceModel("b", "500"))}, From: 2020 * 12, To: 2020*12 + 3})
	assert.Equal(t, "adopted 14620.00\nb 500.00", totals(r), "before what was learnt in March and April")
	r = l.replay(Request{AsOf: projections.AsOf{Sequence: 4}, Models: []ModelSet{model("b", onceModel("b", "500"))}})
	assert.Equal(t, "adopted 0.00\nb 0.00", totals(r))
	assert.Empty(t, r.Runs[0].Models)
}

func TestWinnersAndLosersStandByTheSizeOfTheirDifference(t *testing.T) {
	l := small(t)
	r := l.replay(Request{Set: set(t, "a.g=200", "a.rate.service/external=60"), By: []string{"provider"}})
	assert.Equal(t, []ProviderDifference{{"q", 7310_00, 3730_00, -3580_00}, {"p", 7460_00, 7660_00, 200_00}}, r.Runs[1].Providers)
	assert.Equal(t, []ProviderDifference{{"p", 7460_00, 7460_00, 0}, {"q", 7310_00, 7310_00, 0}}, r.Runs[0].Providers)
}

func TestTheDocumentOfTheContract(t *testing.T) {
	l := small(t)
	r := l.replay(Request{Sweep: sweep(t, "a.g=200..200:1"), By: []string{"policy", "provider"}})
	b, err := json.Marshal(r)
	require.NoError(t, err)
	m := r.Runs[1].Models[0].SHA256
	assert.Equal(t, `{"as_of":{"sequence":17,"recorded":"2020-04-10T12:00:00Z"},"from":"2020-01","to":"2020-04","runs":[`+
		`{"name":"adopted","models":[{"id":"a","sha256":"`+r.Runs[0].Models[0].SHA256+`"}],"total":"14770.00","digest":"`+r.Runs[0].Digest+`","rows":[`+
		`{"policy":"a","provider":"p","quantity":"7262","unit_of_quantity":"mixed","amount":"7460.00"},`+
		`{"policy":"a","provider":"q","quantity":"3630.5","unit_of_quantity":"mixed","amount":"7310.00"}],"difference":"0.00",`+
		`"providers":[{"provider":"p","adopted":"7460.00","alternative":"7460.00","difference":"0.00"},{"provider":"q","adopted":"7310.00","alternative":"7310.00","difference":"0.00"}],"warnings":[]},`+
		`{"name":"a.g=200","models":[{"id":"a","sha256":"`+m+`"}],"total":"15020.00","digest":"`+r.Runs[1].Digest+`","rows":[`+
		`{"policy":"a","provider":"p","quantity":"7262","unit_of_quantity":"mixed","amount":"7660.00"},`+
		`{"policy":"a","provider":"q","quantity":"3630.5","unit_of_quantity":"mixed","amount":"7360.00"}],"value":"200","difference":"250.00",`+
		`"providers":[{"provider":"p","adopted":"7460.00","alternative":"7660.00","difference":"200.00"},{"provider":"q","adopted":"7310.00","alternative":"7360.00","difference":"50.00"}],"warnings":[]}]}`, string(b))
}

func TestALedgerWithoutPolicies(t *testing.T) {
	b, err := json.Marshal(newLedger(t).replay(Request{From: 2020 * 12, To: 2020 * 12}))
	require.NoError(t, err)
	assert.Contains(t, string(b), `"runs":[{"name":"adopted","models":[],"total":"0.00","digest":`)
	assert.Contains(t, string(b), `"rows":[],"difference":"0.00","providers":[],"warnings":[]}]}`)

	r := newLedger(t).replay(Request{Models: []ModelSet{model("b", onceModel("b", "1"))}, InForceFrom: day(t, "2020-01-01")})
	assert.Empty(t, r.Runs[1].Warnings, "nothing was known, and nothing is warned of")
	b, err = json.Marshal(r)
	require.NoError(t, err)
	assert.Contains(t, string(b), `{"as_of":{"sequence":0,"recorded":""},"from":"","to":"","runs":[{"name":"adopted"`)
}

func TestAValueThatIsMissingIsSaidWithTheRun(t *testing.T) {
	l := small(t)
	_, err := l.try(Request{Models: []ModelSet{model("late.yaml", `{"id": "l", "title": "t", "currency": "SEK", "parameters": {"g": {"values": {"2020-03-01": "1"}}},
		"components": [{"id": "goals", "kind": "goal-premium", "amount": "g", "outcomes": {"fulfilled": "1"}}]}`)}})
	var missing *compensation.RateError
	require.ErrorAs(t, err, &missing)
	assert.ErrorContains(t, err, "run late: model l: parameters.g has no value on 2020-02-10, where component goals uses it; its first value is from 2020-03-01.")
}

func TestOfSeveralRunsThatFailTheFirstIsNamed(t *testing.T) {
	l := small(t)
	for range 20 {
		_, err := l.try(Request{Models: []ModelSet{model("ok", onceModel("ok", "1")), model("one", `{"id": "l", "title": "t", "currency": "SEK",
			"parameters": {"r": {"by": ["band"], "values": {"2020-01-01": {"night": "1"}}}}, "components": [{"id": "c", "kind": "time", "basis": "need", "rate": "r"}]}`),
			model("two", `{"id": "l", "title": "t", "currency": "SEK", "parameters": {"g": {"values": {"2029-03-01": "1"}}},
			"components": [{"id": "goals", "kind": "goal-premium", "amount": "g", "outcomes": {"fulfilled": "1"}}]}`)}})
		require.ErrorContains(t, err, `run one: model l: parameters.r has no value for "day" on 2020-01-01`)
	}
}

// A mistake in the program that a run comes upon is the caller's, who may recover it: on whatever processor, and with others that wait for the run.
func TestAPanicInARunIsTheCallers(t *testing.T) {
	l := small(t)
	for _, r := range []Request{{Sweep: sweep(t, "a.g=1..3:1")}, {Sweep: sweep(t, "a.g=1..3:1"), Compare: []string{"unit"}}} {
		for at := range 2 {
			r.AsOf = projections.Now
			require.Panics(t, func() {
				_, _ = Replay(t.Context(), l.table, r, func(done, _ int) {
					if done > at {
						panic("no such unit")
					}
				})
			})
		}
	}
}

func TestProgressIsToldAfterEachRunAndACancelledReplayStops(t *testing.T) {
	l := small(t)
	var seen []int
	_, err := Replay(t.Context(), l.table, Request{AsOf: projections.Now, Sweep: sweep(t, "a.g=1..3:1")}, func(done, total int) { seen = append(seen, done, total) })
	require.NoError(t, err)
	assert.Equal(t, []int{1, 4, 2, 4, 3, 4, 4, 4}, seen)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Replay(ctx, l.table, Request{AsOf: projections.Now, Sweep: sweep(t, "a.g=1..3:1")}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// The models of ten thousand steps take longer to make than the steps to evaluate.
func TestACancelledReplayMakesNoMoreStepsOfASweep(t *testing.T) {
	l := small(t)
	cut, err := l.table.Cut(projections.Now)
	require.NoError(t, err)
	period, err := cut.Period(0, 0)
	require.NoError(t, err)
	h := &history{Prepared: cut.Prepared(period), adopted: cut.Adopted}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, r := range map[string]Request{
		"a sweep": {Sweep: sweep(t, "a.g=1..9:1")},
		"a grid":  {Sweep: sweep(t, "a.g=1..9:1"), Across: sweep(t, "a.rate.care/in-house=1..9:1")},
	} {
		_, err := h.plans(ctx, &r)
		require.ErrorIs(t, err, context.Canceled, name)
	}
}
