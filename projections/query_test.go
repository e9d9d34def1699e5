package projections

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

func worked(t testing.TB) *ledger {
	l := newLedger(t)
	l.recordFile("../testdata/worked.ndjson")
	return l
}

// pays is the total of a period of the worked example as known at a moment.
func (l *ledger) pays(asOf AsOf, from, to string) string {
	c, err := l.table.Compensation(Query{AsOf: asOf, From: month(l.t, from), To: month(l.t, to)})
	require.NoError(l.t, err)
	return c.Total.String()
}

func document(t fataler, v any, err error) string {
	require.NoError(t, err)
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestTheWorkedExampleComesOutAsComputedByHand(t *testing.T) {
	l := worked(t)
	require.Equal(t, "6702.00", l.pays(Now, "2020-01", "2020-03"))
	require.Equal(t, "4920.00", l.pays(AsOf{Time: at(t, "2020-01-15T00:00:00Z")}, "2020-01", "2020-03"))

	got, err := l.table.Compensation(Query{AsOf: Now})
	require.Equal(t, `{"authority":"1281","as_of":{"sequence":11,"recorded":"2020-03-06T10:00:00Z"},"from":"2020-01","to":"2020-03","total":"6702.00","rows":[`+
		`{"provider":"p","unit":"u","month":"2020-01","policy":"m","component":"v","quantity":"1005","unit_of_quantity":"minute","amount":"1005.00"},`+
		`{"provider":"p","unit":"u","month":"2020-02","policy":"m","component":"v","quantity":"600","unit_of_quantity":"minute","amount":"600.00"},`+
		`{"provider":"p","unit":"w","month":"2020-02","policy":"m","component":"v","quantity":"1900","unit_of_quantity":"minute","amount":"1900.00"},`+
		`{"provider":"p","unit":"w","month":"2020-03","policy":"m","component":"p","quantity":"1","unit_of_quantity":"goal","amount":"297.00"},`+
		`{"provider":"p","unit":"w","month":"2020-03","policy":"m","component":"v","quantity":"2900","unit_of_quantity":"minute","amount":"2900.00"}]}`,
		document(t, got, err))

	got, err = l.table.Compensation(Query{AsOf: AsOf{Time: at(t, "2020-01-15T12:00:00+01:00")}, By: []string{"year", "case"}})
	require.Equal(t, `{"authority":"1281","as_of":{"sequence":7,"recorded":"2020-01-15T11:00:00Z"},"from":"2020-01","to":"2020-01","total":"1320.00","rows":[`+
		`{"year":"2020","case":"k","quantity":"1320","unit_of_quantity":"minute","amount":"1320.00"}]}`, document(t, got, err))
}

// What is left for a provider or unit is what stands under it where rows are by that too.
func TestAFilterLeavesTheRowsOfItsProviderAndUnit(t *testing.T) {
	l := worked(t)
	got, err := l.table.Compensation(Query{AsOf: Now, Unit: "w", By: []string{"month"}})
	require.Equal(t, `{"authority":"1281","as_of":{"sequence":11,"recorded":"2020-03-06T10:00:00Z"},"from":"2020-01","to":"2020-03","total":"5097.00","rows":[`+
		`{"month":"2020-02","quantity":"1900","unit_of_quantity":"minute","amount":"1900.00"},`+
		`{"month":"2020-03","quantity":"2901","unit_of_quantity":"mixed","amount":"3197.00"}]}`, document(t, got, err))
	all, err := l.table.Compensation(Query{AsOf: Now})
	require.NoError(t, err)
	require.Equal(t, "6702.00", all.Total.String(), "the answer without a filter is as it was")
	provider, err := l.table.Compensation(Query{AsOf: Now, Provider: "p"})
	require.Equal(t, document(t, all, nil), document(t, provider, err))

	for unit, assessed := range map[string]int{"u": 0, "w": 1} {
		f, err := l.table.Fulfilment(Query{AsOf: Now, Provider: "p", Unit: unit})
		require.NoError(t, err)
		require.Equal(t, assessed, f.Rows[0].Assessed, unit)
	}
	for _, q := range []Query{{AsOf: Now, Unit: "none"}, {AsOf: Now, Provider: "none"}} {
		unknown := &UnknownPartyError{}
		_, err := l.table.Compensation(q)
		require.ErrorAs(t, err, &unknown)
		_, err = l.table.Fulfilment(q)
		require.ErrorAs(t, err, &unknown)
		require.Equal(t, "none", unknown.ID)
	}
}

func TestAnEmptyLogAnswersWithNothing(t *testing.T) {
	table := NewTable(newLog(t))
	got, err := table.Compensation(Query{AsOf: Now})
	require.Equal(t, `{"authority":"1281","as_of":{"sequence":0,"recorded":""},"from":"","to":"","total":"0.00","rows":[]}`, document(t, got, err))
	rates, err := table.Fulfilment(Query{AsOf: Now})
	require.Equal(t, `{"as_of":{"sequence":0,"recorded":""},"rows":[{"follow_ups":0,"persons":0,"assessed":0,"fulfilled":0,"partly":0,"rate":"0.0000"}]}`, document(t, rates, err))
	got, err = table.Compensation(Query{AsOf: Now, From: month(t, "2020-01"), To: month(t, "2020-02")})
	require.Equal(t, `{"authority":"1281","as_of":{"sequence":0,"recorded":""},"from":"2020-01","to":"2020-02","total":"0.00","rows":[]}`, document(t, got, err))
}

func TestBeforeTheFirstEventNothingWasKnown(t *testing.T) {
	l := worked(t)
	got, err := l.table.Compensation(Query{AsOf: AsOf{Time: at(t, "2019-05-01T00:00:00Z")}})
	require.Equal(t, `{"authority":"1281","as_of":{"sequence":0,"recorded":"2019-05-01T00:00:00Z"},"from":"2019-05","to":"2019-05","total":"0.00","rows":[]}`, document(t, got, err))
	got, err = l.table.Compensation(Query{})
	require.Equal(t, `{"authority":"1281","as_of":{"sequence":0,"recorded":""},"from":"","to":"","total":"0.00","rows":[]}`, document(t, got, err))
}

func TestAPeriodThatCannotBeIsRefused(t *testing.T) {
	l := worked(t)
	for reason, q := range map[string]Query{
		"--from 2020-03 is after --to 2020-02":                                           {AsOf: Now, From: month(t, "2020-03"), To: month(t, "2020-02")},
		"--from 2021-01 is after the month of what was known, 2020-03; add --to":         {AsOf: Now, From: month(t, "2021-01")},
		"the period 1900-01 to 2199-12 is longer than 150 years; choose --from and --to": {AsOf: Now, From: month(t, "1900-01"), To: month(t, "2199-12")},
		`rows cannot be grouped by "units"`:                                              {AsOf: Now, By: []string{"units"}},
		"unit stands twice in the list to group by":                                      {AsOf: Now, By: []string{"unit", "unit"}},
	} {
		_, err := l.table.Compensation(q)
		require.ErrorContains(t, err, reason)
		_, err = l.table.Fulfilment(q)
		require.ErrorContains(t, err, reason)
	}
}

const followUps = `{"id":"g2","type":"goal-set","authority":"1281","entity":"case/k","effective":"2020-02-11","recorded":"2020-04-01T10:00:00Z","actor":"a","data":{"goal":"g2","decision":"d2","life_area":"community","assessed":3,"intended":1}}
{"id":"f2","type":"follow-up-held","authority":"1281","entity":"case/k","effective":"2020-04-02","recorded":"2020-04-02T10:00:00Z","actor":"a","data":{"follow_up":"f2","occasion":"need-change","held_on":"2020-04-02","participants":[],"assessments":[{"goal":"g1","outcome":"partly"},{"goal":"g2","outcome":"not-assessed"}]}}
{"id":"f3","type":"follow-up-held","authority":"1281","entity":"case/k","effective":"2020-04-03","recorded":"2020-04-03T10:00:00Z","actor":"a","data":{"follow_up":"f3","occasion":"annual","held_on":"2020-04-03","participants":[],"assessments":[]}}
{"id":"k2.1","type":"case-opened","authority":"1281","entity":"case/k2","effective":"2020-02-01","recorded":"2020-04-04T10:00:00Z","actor":"a","data":{"person":"y"}}
{"id":"k2.2","type":"decision-made","authority":"1281","entity":"case/k2","effective":"2020-02-01","recorded":"2020-04-04T10:00:00Z","actor":"a","data":{"decision":"d","provider":"p","unit":"u","method":"standard-time","from":"2020-02-01","services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":60}]}}
{"id":"k2.3","type":"goal-set","authority":"1281","entity":"case/k2","effective":"2020-02-01","recorded":"2020-04-04T10:00:00Z","actor":"a","data":{"goal":"g","decision":"d","life_area":"community","assessed":3,"intended":1}}
{"id":"k2.4","type":"follow-up-held","authority":"1281","entity":"case/k2","effective":"2020-04-04","recorded":"2020-04-04T10:00:00Z","actor":"a","data":{"follow_up":"f","occasion":"annual","held_on":"2020-04-04","participants":["person"],"assessments":[{"goal":"g","outcome":"not-fulfilled"}]}}`

func TestFulfilmentCountsWhatFollowUpsFound(t *testing.T) {
	l := worked(t)
	l.record(strings.Split(followUps, "\n")...)
	ask := func(q Query) string {
		q.AsOf = Now
		f, err := l.table.Fulfilment(q)
		text := document(t, f, err)
		return strings.TrimSuffix(strings.TrimPrefix(text, `{"as_of":{"sequence":18,"recorded":"2020-04-04T10:00:00Z"},"rows":[`), "]}")
	}
	require.Equal(t, `{"follow_ups":4,"persons":2,"assessed":3,"fulfilled":1,"partly":1,"rate":"0.3333"}`, ask(Query{}))
	require.Equal(t, `{"follow_ups":1,"persons":1,"assessed":1,"fulfilled":1,"partly":0,"rate":"1.0000"}`, ask(Query{To: month(t, "2020-03")}))
	require.Equal(t, `{"follow_ups":0,"persons":0,"assessed":0,"fulfilled":0,"partly":0,"rate":"0.0000"}`, ask(Query{To: month(t, "2020-02")}))
	require.Equal(t, ``, ask(Query{To: month(t, "2020-02"), By: []string{"unit"}}), "groups without a follow-up have no row")
	require.Equal(t, `{"year":"2020","occasion":"annual","follow_ups":3,"persons":2,"assessed":2,"fulfilled":1,"partly":0,"rate":"0.5000"},`+
		`{"year":"2020","occasion":"need-change","follow_ups":1,"persons":1,"assessed":1,"fulfilled":0,"partly":1,"rate":"0.0000"}`, ask(Query{By: []string{"year", "occasion"}}))
	require.Equal(t, `{"life_area":"","unit":"","provider":"","follow_ups":1,"persons":1,"assessed":0,"fulfilled":0,"partly":0,"rate":"0.0000"},`+
		`{"life_area":"community","unit":"u","provider":"p","follow_ups":1,"persons":1,"assessed":1,"fulfilled":0,"partly":0,"rate":"0.0000"},`+
		`{"life_area":"community","unit":"w","provider":"p","follow_ups":1,"persons":1,"assessed":0,"fulfilled":0,"partly":0,"rate":"0.0000"},`+
		`{"life_area":"mobility","unit":"w","provider":"p","follow_ups":2,"persons":1,"assessed":2,"fulfilled":1,"partly":1,"rate":"0.5000"}`,
		ask(Query{By: []string{"life_area", "unit", "provider"}}))
	require.Equal(t, `{"authority":"1281","month":"2020-03","case":"k","follow_ups":1,"persons":1,"assessed":1,"fulfilled":1,"partly":0,"rate":"1.0000"},`+
		`{"authority":"1281","month":"2020-04","case":"k","follow_ups":2,"persons":1,"assessed":1,"fulfilled":0,"partly":1,"rate":"0.0000"},`+
		`{"authority":"1281","month":"2020-04","case":"k2","follow_ups":1,"persons":1,"assessed":1,"fulfilled":0,"partly":0,"rate":"0.0000"}`,
		ask(Query{By: []string{"authority", "month", "case"}}))
	for _, field := range []string{"policy", "component"} {
		_, err := l.table.Fulfilment(Query{AsOf: Now, By: []string{field}})
		require.ErrorContains(t, err, "fulfilment cannot be grouped by "+field)
	}
}

func TestARateIsRoundedHalfUpToFourDecimals(t *testing.T) {
	require.Equal(t, []string{"0.0000", "0.0000", "1.0000", "0.6667", "0.8309", "0.0001", "0.0000"},
		[]string{rate(0, 0), rate(0, 3), rate(3, 3), rate(2, 3), rate(226, 272), rate(1, 20_000), rate(1, 20_001)})
}

// counted is fulfilment counted once more, from the cases as the domain folds them.
func counted(events []domain.Event, from, to domain.Month) string {
	world, err := historytest.Fold(events)
	if err != nil {
		panic(err)
	}
	persons := map[string]bool{}
	var r FulfilmentRow
	for _, c := range world.Facts() {
		for _, f := range c.FollowUps {
			if m := f.HeldOn.Month(); m < from || m > to {
				continue
			}
			r.FollowUps++
			persons[c.Person] = true
			for _, g := range f.Goals {
				r.add(g.Outcome)
			}
		}
	}
	return fmt.Sprint(r.FollowUps, len(persons), r.Assessed, r.Fulfilled, r.Partly)
}

// What is counted is kept for whoever asks the same, but not what has so many rows that it would take the memory of the facts.
func TestACutKeepsShortAnswersAlone(t *testing.T) {
	day := domain.NewDate(2016, 3, 1)
	c := &Cut{Facts: &compensation.Facts{}}
	for i := range assessedRowsMost + 1 {
		c.Cases = append(c.Cases, compensation.CaseInfo{ID: fmt.Sprint("k-", i), Person: fmt.Sprint("p-", i)})
		c.FollowUps.Case, c.FollowUps.HeldOn, c.FollowUps.GoalsTo = append(c.FollowUps.Case, uint32(i)), append(c.FollowUps.HeldOn, day), append(c.FollowUps.GoalsTo, 0)
	}
	period := compensation.Period{From: day.Month(), To: day.Month()}
	for _, kept := range []struct {
		by   []string
		rows int
		kept int
	}{{[]string{"case"}, assessedRowsMost + 1, 0}, {[]string{"month"}, 1, 1}, {[]string{"month"}, 1, 1}, {[]string{"case"}, assessedRowsMost + 1, 1}} {
		require.Len(t, c.assessedRows(period, &Query{By: kept.by}), kept.rows)
		require.Len(t, c.assessed, kept.kept)
	}
}

func TestFulfilmentIsThatOfTheCasesAsTheDomainFoldsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		n := uint64(rapid.IntRange(0, len(events)).Draw(t, "as of"))
		from, to := month(t, "2010-01"), month(t, "2030-12")
		f, err := folded(t, events, 64).Fulfilment(Query{AsOf: AsOf{Sequence: n}, From: from, To: to})
		require.NoError(t, err)
		require.Len(t, f.Rows, 1)
		r := f.Rows[0]
		require.Equal(t, counted(historytest.KnownAt(events, n), from, to), fmt.Sprint(r.FollowUps, r.Persons, r.Assessed, r.Fulfilled, r.Partly))
	})
}
