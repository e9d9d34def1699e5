package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/eventstore"
	"careledger/projections"
)

// record is a record as it comes in, with what the tests leave out filled in.
type record struct {
	Type      string `json:"type"`
	Entity    string `json:"entity"`
	Effective string `json:"effective"`
	Recorded  string `json:"recorded"`
	Authority string `json:"authority"`
	Actor     string `json:"actor"`
	ID        string `json:"id"`
	Data      any    `json:"data"`
}

type object = map[string]any

// ledger writes records into a log of its own and folds it.
type ledger struct {
	t     testing.TB
	log   *eventstore.Log
	state *authority.State
	own   map[domain.Entity]domain.State
	table *projections.Table
	n     int
}

func newLedger(t testing.TB) *ledger {
	store, err := eventstore.Open(t.Context(), eventstore.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	log, err := store.CreateLog(t.Context(), "1281")
	require.NoError(t, err)
	return &ledger{t: t, log: log, state: authority.New("1281"), own: map[domain.Entity]domain.State{}, table: projections.NewTable(log)}
}

// lines imports NDJSON.
func (l *ledger) lines(data []byte) {
	for line := range bytes.Lines(data) {
		e, ps := domain.ParseRecord(bytes.TrimSpace(line), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))
		require.Empty(l.t, ps)
		own := l.own[e.Entity]
		if own == nil {
			own = domain.NewState(e.Entity)
			l.own[e.Entity] = own
		}
		first := l.log.Next()
		events, ps := l.state.Decide(e, first, own, nil)
		require.Empty(l.t, ps)
		commit := eventstore.Commit{First: first}
		for i := range events {
			raw, err := events[i].Encode()
			require.NoError(l.t, err)
			commit.Messages = append(commit.Messages, eventstore.Message{Entity: string(events[i].Entity), Type: string(events[i].Type), ID: events[i].ID, Data: raw})
		}
		require.NoError(l.t, l.log.Append(l.t.Context(), commit))
	}
	require.NoError(l.t, l.table.Fold(l.t.Context(), l.log.Head().Sequence, nil))
}

// add imports one record, registered on its effective date.
func (l *ledger) add(typ, entity, effective string, data object) {
	l.n++
	line, err := json.Marshal(record{typ, entity, effective, effective + "T12:00:00Z", "1281", "a", fmt.Sprint("r", l.n), data})
	require.NoError(l.t, err)
	l.lines(line)
}

func (l *ledger) adopt(from, document string) {
	var model object
	require.NoError(l.t, json.Unmarshal([]byte(document), &model))
	l.add("policy-adopted", "policy/"+model["id"].(string), from, object{"model": model, "from": from, "decided_by": "b", "decided_on": "2019-12-01"})
}

// history is worked.ndjson's kind of history with two providers and follow-ups in three months.
//
//	in-house p: unit u, case k, 60 care minutes a day from 2020-01-01
//	external q: unit v, case m, 30 service minutes a day from 2020-01-01
//	goal g1 of k is fulfilled on 2020-02-10 and again on 2020-04-10; goal h1 of m is partly fulfilled on 2020-03-10
func (l *ledger) history() {
	for _, p := range [][3]string{{"p", "u", "in-house"}, {"q", "v", "external"}} {
		l.add("provider-registered", "provider/"+p[0], "2020-01-01", object{"name": p[0], "regime": p[2]})
		l.add("unit-registered", "provider/"+p[0], "2020-01-01", object{"unit": p[1], "name": p[1], "area": "urban"})
	}
	l.adopt("2020-01-01", modelA)
	l.careCase("k", "p", "u", "care", 60)
	l.careCase("m", "q", "v", "service", 30)
	l.followUp("k", "f1", "2020-02-10", "kg", "fulfilled")
	l.followUp("m", "f1", "2020-03-10", "mg", "partly")
	l.followUp("k", "f2", "2020-04-10", "kg", "fulfilled")
}

func (l *ledger) careCase(id, provider, unit, category string, minutes int) {
	entity := "case/" + id
	l.add("case-opened", entity, "2020-01-01", object{"person": "x" + id})
	l.add("decision-made", entity, "2020-01-01", object{"decision": "d", "provider": provider, "unit": unit, "method": "standard-time", "from": "2020-01-01",
		"services": []object{{"service": "s", "category": category, "band": "day", "times_per_week": "7", "standard_minutes": minutes}}})
	l.add("goal-set", entity, "2020-01-01", object{"goal": id + "g", "decision": "d", "life_area": "mobility", "assessed": 3, "intended": 1})
}

func (l *ledger) followUp(cs, id, heldOn, goal, outcome string) {
	l.add("follow-up-held", "case/"+cs, heldOn, object{"follow_up": id, "occasion": "annual", "held_on": heldOn, "participants": []string{"care-manager"},
		"assessments": []object{{"goal": goal, "outcome": outcome}}})
}

// modelA pays 60 kr an hour for care, 120 for service, and 100 kr a fulfilled goal.
const modelA = `{"id": "a", "title": "t", "currency": "SEK", "parameters": {
	"rate": {"by": ["category", "regime"], "values": {"2020-01-01": {"care/in-house": "60", "service/external": "120"}}},
	"g": {"values": {"2020-01-01": "100"}}},
	"components": [{"id": "time", "kind": "time", "basis": "granted", "rate": "rate"},
		{"id": "goals", "kind": "goal-premium", "amount": "g", "outcomes": {"fulfilled": "1", "partly": "0.5"}}]}`

// onceModel pays amount kr for a fulfilled goal, once.
func onceModel(id, amount string) string {
	return fmt.Sprintf(`{"id": %q, "title": "t", "currency": "SEK", "parameters": {"g": {"values": {"2000-01-01": %q}}},
		"components": [{"id": "goals", "kind": "goal-premium", "amount": "g", "outcomes": {"fulfilled": "1"}, "repeat": "once-per-goal"}]}`, id, amount)
}

func (l *ledger) replay(r Request) *Result {
	l.t.Helper()
	result, err := l.try(r)
	require.NoError(l.t, err)
	return result
}

func (l *ledger) try(r Request) (*Result, error) {
	if r.AsOf == (projections.AsOf{}) {
		r.AsOf = projections.Now
	}
	return Replay(context.Background(), l.table, r, nil)
}

func worked(t testing.TB) *ledger {
	data, err := os.ReadFile("../testdata/worked.ndjson")
	require.NoError(t, err)
	l := newLedger(t)
	l.lines(data)
	return l
}

func small(t testing.TB) *ledger {
	l := newLedger(t)
	l.history()
	return l
}

func model(documents ...string) ModelSet {
	var s ModelSet
	for i := 0; i < len(documents); i += 2 {
		s.Documents = append(s.Documents, Document{documents[i], []byte(documents[i+1])})
	}
	return s
}

func set(t require.TestingT, settings ...string) (all []Setting) {
	for _, s := range settings {
		parsed, err := ParseSetting(s)
		require.NoError(t, err)
		all = append(all, parsed)
	}
	return all
}

func sweep(t require.TestingT, s string) *Sweep {
	parsed, err := ParseSweep(s)
	require.NoError(t, err)
	return &parsed
}

func day(t require.TestingT, s string) domain.Date {
	d, err := domain.ParseDate(s)
	require.NoError(t, err)
	return d
}

// totals are the runs' totals by name, in order.
func totals(r *Result) string {
	var all []string
	for _, run := range r.Runs {
		all = append(all, run.Name+" "+run.Total.String())
	}
	return strings.Join(all, "\n")
}
