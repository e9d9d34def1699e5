package projections

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// told is a trail as a reader sees it: a line an event, with its changes below it.
func (l *ledger) told(entity domain.Entity, asOf AsOf) string {
	trail, err := l.table.Trail(context.Background(), entity, asOf)
	require.NoError(l.t, err)
	var b strings.Builder
	for _, e := range trail.Events {
		fmt.Fprintf(&b, "%d %s %s", e.Sequence, e.Type, e.State)
		if e.StateBy != "" {
			fmt.Fprintf(&b, " by %s", e.StateBy)
		}
		b.WriteByte('\n')
		for _, c := range e.Changes {
			fmt.Fprintf(&b, "  %s: %q -> %q\n", c.Name, c.Before, c.After)
		}
	}
	return b.String()
}

func TestATrailTellsWhatEachEventOfACaseChanged(t *testing.T) {
	l := worked(t)
	l.record(visit, report,
		line("v2", "visit-performed", "case/k", "2020-02-04", may, `{"unit":"u","category":"care","band":"day","arrived":"2020-02-04T08:00:00+01:00","left":"2020-02-04T08:10:00+01:00"}`),
		corrected("case/k", "v1", "2020-03-03", `{"unit":"w","category":"care","band":"day","arrived":"2020-03-03T08:00:00+01:00","left":"2020-03-03T08:45:00+01:00"}`),
		annulled("case/k", "8", "2020-02-11"))
	require.Equal(t, `5 case-opened standing
  person: "" -> "x"
6 decision-made standing
  decision d1 first day: "" -> "2020-01-10"
  decision d1 last day: "" -> "open"
  decision d1 method: "" -> "standard-time"
  decision d1 service s care day: "" -> "7 times a week, 60 minutes, staff 1"
  decision d1 unit: "" -> "p/u"
7 goal-set standing
  goal g1 assessed: "" -> "3"
  goal g1 decision: "" -> "d1"
  goal g1 intended: "" -> "1"
  goal g1 life area: "" -> "mobility"
  goal g1 set: "" -> "2020-01-10"
8 absence-registered standing
  absence 2020-01-20 to 2020-01-26: "" -> "hospital"
9 decision-made annulled by c-8
  decision d1 last day: "open" -> "2020-02-10"
  decision d1 superseded by: "" -> "d2"
  decision d2 first day: "" -> "2020-02-11"
  decision d2 frame minutes: "" -> "2900"
  decision d2 last day: "" -> "open"
  decision d2 method: "" -> "frame-time"
  decision d2 service s care day: "" -> "7 times a week, 60 minutes, staff 1"
  decision d2 supersedes: "" -> "d1"
  decision d2 unit: "" -> "p/w"
10 follow-up-held standing
  follow-up f goal g1 life area: "" -> "mobility"
  follow-up f goal g1 outcome: "" -> "fulfilled"
  follow-up f goal g1 unit: "" -> "w"
  follow-up f held on: "" -> "2020-03-05"
  follow-up f occasion: "" -> "annual"
  follow-up f participants: "" -> "person"
11 premium-awarded reversed by REVERSAL
  premium m/p f g1: "" -> "297.00 kr to unit w"
12 visit-performed corrected by c-v1
  performed u care day 2020-02: "" -> "45 minutes"
13 time-reported standing
  performed u service day 2020-02: "" -> "100 minutes"
14 visit-performed standing
  performed u care day 2020-02: "45 minutes" -> "55 minutes"
15 event-corrected standing
  performed u care day 2020-02: "55 minutes" -> "10 minutes"
  performed w care day 2020-03: "" -> "45 minutes"
16 event-annulled standing
  decision d1 last day: "2020-02-10" -> "open"
  decision d1 superseded by: "d2" -> ""
  decision d2 first day: "2020-02-11" -> ""
  decision d2 frame minutes: "2900" -> ""
  decision d2 last day: "open" -> ""
  decision d2 method: "frame-time" -> ""
  decision d2 service s care day: "7 times a week, 60 minutes, staff 1" -> ""
  decision d2 supersedes: "d1" -> ""
  decision d2 unit: "p/w" -> ""
  follow-up f goal g1 unit: "w" -> "u"
17 premium-reversed standing
  premium m/p f g1: "297.00 kr to unit w" -> ""
18 premium-awarded standing
  premium m/p f g1: "" -> "297.00 kr to unit u"
`, strings.Replace(l.told("case/k", Now), l.id(17), "REVERSAL", 1))

	then := l.told("case/k", AsOf{Time: at(t, "2020-05-02T00:00:00Z")})
	require.Contains(t, then, "9 decision-made standing\n")
	require.Contains(t, then, "12 visit-performed standing\n")
	require.NotContains(t, then, "15 event-corrected")
	require.Equal(t, then, l.told("case/k", AsOf{Sequence: 14}))
}

// id is that of an event of the log.
func (l *ledger) id(sequence uint64) string {
	e, err := l.log.Get(context.Background(), sequence)
	require.NoError(l.t, err)
	return e.ID
}

func TestATrailTellsWhatProvidersAndPoliciesSaid(t *testing.T) {
	l := worked(t)
	l.record(corrected("provider/p", "1", "2020-01-01", `{"name":"P","regime":"external"}`), corrected("policy/m", "3", "2020-01-01", lessPolicy()),
		line("end", "policy-ended", "policy/m", "2020-07-01", june, `{"from":"2020-07-01"}`))
	require.Equal(t, `1 provider-registered corrected by c-1
  name: "" -> "P"
  regime: "" -> "in-house"
2 unit-registered standing
  unit u area: "" -> "urban"
  unit u name: "" -> "U"
3 unit-registered standing
  unit w area: "" -> "urban"
  unit w name: "" -> "W"
12 event-corrected standing
  regime: "in-house" -> "external"
`, l.told("provider/p", Now))
	policy := l.told("policy/m", Now)
	require.Contains(t, policy, `event-corrected standing
  document from 2020-01-01 model.parameters.g.values.2020-01-01: "297" -> "97"
`)
	require.Contains(t, policy, `policy-ended standing
  document from 2020-01-01 last day: "open" -> "2020-06-30"
`)
	require.Contains(t, policy, `  document from 2020-01-01 model.components[v].absence[0].ladder[0].percent: "" -> "75"`)
}

// Of a document that takes the place of another, the trail tells what differs: not what moved within it, nor what stayed.
func TestATrailTellsWhatAPolicyChangedFromDocumentToDocument(t *testing.T) {
	adopt := func(id, from, model string) string {
		return line(id, "policy-adopted", "policy/n", from, june, `{"model":`+model+`,"from":"`+from+`","decided_by":"b `+id+`","decided_on":"2020-06-01"}`)
	}
	const head = `{"id":"n","title":"t","currency":"SEK","parameters":{"rate":{"unit":"SEK/hour","values":{"2020-01-01":"%s"}}},"components":[%s{"id":"v","kind":"time","basis":"%s","rate":"rate"}]}`
	l := worked(t)
	l.record(adopt("first", "2020-07-01", fmt.Sprintf(head, "60", "", "granted")),
		adopt("second", "2021-01-01", fmt.Sprintf(head, "70", `{"id":"a","kind":"time","basis":"need","rate":"rate"},`, "granted")),
		corrected("policy/n", "second", "2021-01-01", `{"model":`+fmt.Sprintf(head, "65", "", "granted")+`,"from":"2021-01-01","decided_by":"b second","decided_on":"2020-06-01"}`),
		adopt("between", "2020-10-01", fmt.Sprintf(head, "60", "", "need"))) // from then on it is in force, whatever was to come later
	told := l.told("policy/n", Now)
	_, told, found := strings.Cut(told, "policy-adopted corrected by c-second\n")
	require.True(t, found)
	require.Equal(t, `  document from 2020-07-01 last day: "open" -> "2020-12-31"
  document from 2021-01-01 decided by: "" -> "b second"
  document from 2021-01-01 decided on: "" -> "2020-06-01"
  document from 2021-01-01 last day: "" -> "open"
  document from 2021-01-01 model.components[a].basis: "" -> "need"
  document from 2021-01-01 model.components[a].id: "" -> "a"
  document from 2021-01-01 model.components[a].kind: "" -> "time"
  document from 2021-01-01 model.components[a].rate: "" -> "rate"
  document from 2021-01-01 model.parameters.rate.values.2020-01-01: "60" -> "70"
  document from 2021-01-01 replaces: "" -> "document from 2020-07-01; of its model what differs is told"
`, told[:strings.Index(told, "14 ")])
	require.Contains(t, told, `document from 2020-10-01 model.components[v].basis: "granted" -> "need"
  document from 2020-10-01 replaces: "" -> "document from 2020-07-01; of its model what differs is told"`)
	require.Contains(t, told, `document from 2021-01-01 in force: "" -> "never"`)
	require.Contains(t, told, `document from 2021-01-01 model.parameters.rate.values.2020-01-01: "70" -> "65"`)
}

func TestATrailIsADocument(t *testing.T) {
	l := worked(t)
	trail, err := l.table.Trail(context.Background(), "case/k", AsOf{Sequence: 5})
	require.Equal(t, `{"authority":"1281","as_of":{"sequence":5,"recorded":"2020-01-09T10:00:00Z"},"entity":"case/k","events":[`+
		`{"sequence":5,"id":"4","type":"case-opened","effective":"2020-01-10","recorded":"2020-01-09T10:00:00Z","actor":"a","causation":"4","state":"standing",`+
		`"data":{"person":"x"},"changes":[{"name":"person","before":"","after":"x"}]}]}`, document(t, trail, err))
}

func TestAnEntityWithoutEventsHasNoTrail(t *testing.T) {
	l := worked(t)
	for entity, asOf := range map[domain.Entity]AsOf{"case/K": Now, "patient/k": Now, "case/k": {Sequence: 4}} {
		_, err := l.table.Trail(context.Background(), entity, asOf)
		require.ErrorIs(t, err, ErrUnknownEntity)
		require.ErrorContains(t, err, "the log holds no event of "+string(entity))
		require.ErrorContains(t, err, "kind/id")
	}
	_, err := l.table.Trail(context.Background(), "k", Now)
	require.ErrorContains(t, err, "write kind/id")
}

// The changes of a trail, applied one after the other to nothing, give what is known of the entity at its end.
func TestTheChangesOfATrailAddUpToWhatIsKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		world, err := historytest.Fold(events)
		require.NoError(t, err)
		tracers, known := map[domain.Entity]*tracer{}, map[domain.Entity]map[domain.Statement]int{}
		for i := range events {
			e := &events[i]
			if tracers[e.Entity] == nil {
				tracers[e.Entity], known[e.Entity] = newTracer(e.Entity), map[domain.Statement]int{}
			}
			changes, err := tracers[e.Entity].apply(e)
			require.NoError(t, err)
			for _, c := range changes {
				require.NotEqual(t, c.Before, c.After)
				known[e.Entity][domain.Statement{Name: c.Name, Value: c.Before}]--
				known[e.Entity][domain.Statement{Name: c.Name, Value: c.After}]++
			}
		}
		performed := map[domain.Entity][]domain.Performed{}
		for _, f := range world.Facts() {
			performed[entityOf(&compensation.CaseInfo{ID: f.Case, Patient: f.Patient})] = f.Performed
		}
		for entity, own := range world.Own {
			want := map[domain.Statement]int{}
			for _, s := range own.Describe() {
				want[s]++
			}
			for _, p := range performed[entity] {
				value := domain.NewPhrase("{number} minutes", strconv.Itoa(p.Minutes))
				if p.Minutes == 1 {
					value = domain.NewPhrase("1 minute")
				}
				want[domain.Statement{Name: domain.NewPhrase("performed {unit} {category} {band} {month}", p.Unit, p.Category, p.Band, p.Month.String()), Value: value}]++
			}
			got := map[domain.Statement]int{}
			for s, n := range known[entity] {
				if s.Value != (domain.Phrase{}) && n != 0 {
					got[s] = n
				}
			}
			require.Equal(t, want, got)
		}
	})
}
