// Package feedtest reads a BI feed as a program of another house would, for tests: it knows JSON and the words of the documents, and nothing of the
// code that writes them.
package feedtest

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// Fataler is a *testing.T, *testing.B or *rapid.T.
type Fataler interface {
	require.TestingT
	Helper()
}

// Subscriber puts together what stands on a feed.
type Subscriber struct {
	At       uint64                    // the source sequence of the last position
	Rows     map[string]map[string]any // what stands, by id: the data of the messages, and their kind
	Messages int                       // with a row

	read  uint64
	byKey map[string]string // the id that stands
	ids   map[string]bool   // all that have been seen, by kind
}

// NewSubscriber returns one that has read nothing.
func NewSubscriber() *Subscriber {
	return &Subscriber{Rows: map[string]map[string]any{}, byKey: map[string]string{}, ids: map[string]bool{}}
}

// Take reads the next message. It fails if one is left out or comes twice, and if a row does not retract the one that stands.
func (s *Subscriber) Take(t Fataler, m eventstore.FeedMessage) {
	t.Helper()
	var d map[string]any
	require.NoError(t, json.Unmarshal(m.Data, &d))
	if s.read == 0 { // on a cluster the numbers of a feed begin at some thousand
		require.Equal(t, uint64(1), m.Sequence%1000, "the first is not left out")
	} else {
		require.Equal(t, s.read+1, m.Sequence, "nothing is left out")
	}
	s.read = m.Sequence
	id, kind := d["id"].(string), m.Kind
	require.False(t, s.ids[kind+" "+id], "id %s came twice", id)
	s.ids[kind+" "+id] = true
	require.Equal(t, "1.0", d["specversion"])
	require.Equal(t, "careledger.bi."+kind+".v1", d["type"])
	data := d["data"].(map[string]any)
	require.Equal(t, data["recorded"], d["time"])
	sequence := uint64(data["source_sequence"].(float64))
	require.GreaterOrEqual(t, sequence, s.At, "what is known never goes back")
	if kind == "position" {
		s.At = sequence
		return
	}
	s.Messages++
	key := data["key"].(string)
	require.Equal(t, key, d["subject"])
	require.Equal(t, s.byKey[key], text(data["retracts"]), "a row retracts the one of its key that stands, and there is one at most")
	delete(s.Rows, s.byKey[key])
	delete(s.byKey, key)
	if data["withdrawn"] == true {
		return
	}
	data["kind"] = kind
	s.Rows[id], s.byKey[key] = data, id
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// Feed is what can be read.
type Feed interface {
	Read(ctx context.Context, from uint64, fn func(eventstore.FeedMessage) error) (last uint64, err error)
}

// ReadAll reads what a feed has gained.
func (s *Subscriber) ReadAll(t Fataler, feed Feed) {
	t.Helper()
	_, err := feed.Read(context.Background(), s.read+1, func(m eventstore.FeedMessage) error {
		s.Take(t, m)
		return nil
	})
	require.NoError(t, err)
}

// sums adds up some fields of the rows of some kinds, by other fields. Groups that come to nothing are left out.
func (s *Subscriber) sums(t Fataler, kinds, by, fields string) map[string]string {
	t.Helper()
	sums := map[string][]*big.Rat{}
	for _, row := range s.Rows {
		if !strings.Contains(kinds, row["kind"].(string)) {
			continue
		}
		var key []string
		for f := range strings.FieldsSeq(by) {
			v := text(row[f])
			if f == "year" {
				v = text(row["effective"])[:4]
			}
			key = append(key, v)
		}
		group := strings.Join(key, " ")
		for i, f := range strings.Fields(fields) {
			if len(sums[group]) <= i {
				sums[group] = append(sums[group], new(big.Rat))
			}
			v, ok := new(big.Rat).SetString(fmt.Sprint(row[f]))
			require.True(t, ok, "%s: %v", f, row[f])
			sums[group][i].Add(sums[group][i], v)
		}
	}
	return texts(sums)
}

func texts(sums map[string][]*big.Rat) map[string]string {
	all := map[string]string{}
	for group, values := range sums {
		var b []string
		zero := true
		for _, v := range values {
			b, zero = append(b, v.FloatString(6)), zero && v.Sign() == 0
		}
		if !zero {
			all[group] = strings.Join(b, " ")
		}
	}
	return all
}

// rows are sums of a read model: keys and numbers.
type rows map[string][]*big.Rat

func (r rows) add(t Fataler, keys []string, numbers ...any) {
	t.Helper()
	key := strings.Join(keys, " ")
	for i, n := range numbers {
		if len(r[key]) <= i {
			r[key] = append(r[key], new(big.Rat))
		}
		v, ok := new(big.Rat).SetString(fmt.Sprint(n))
		require.True(t, ok, "%v", n)
		r[key][i].Add(r[key][i], v)
	}
}

// RequireLevel compares what stands with the read models as known at the last position.
func (s *Subscriber) RequireLevel(t Fataler, table *projections.Table) {
	t.Helper()
	at := projections.AsOf{Sequence: s.At}
	for _, by := range [][]string{{"unit", "month", "policy", "component"}, {"provider", "year"}} {
		paid, err := table.Compensation(projections.Query{AsOf: at, By: by})
		require.NoError(t, err)
		want, total := rows{}, domain.Money(0)
		for _, r := range paid.Rows {
			want.add(t, r.Keys, r.Amount)
			total += r.Amount
		}
		require.Equal(t, texts(want), s.sums(t, "posting premium", strings.Replace(strings.Join(by, " "), "month", "effective", 1), "amount"), "by %s at event %d", by, s.At)
		require.Equal(t, paid.Total, total)
	}
	s.requireQuantities(t, table, at)
	fulfilled, err := table.Fulfilment(projections.Query{AsOf: at, By: []string{"provider", "unit", "month", "life_area", "occasion"}})
	require.NoError(t, err)
	want := rows{}
	for _, r := range fulfilled.Rows {
		want.add(t, r.Keys, r.Assessed, r.Fulfilled, r.Partly)
	}
	require.Equal(t, texts(want), s.sums(t, "fulfilment", "provider unit effective life_area occasion", "assessed fulfilled partly"))
	held, err := table.Fulfilment(projections.Query{AsOf: at, By: []string{"month", "occasion"}})
	require.NoError(t, err)
	want = rows{}
	for _, r := range held.Rows {
		want.add(t, r.Keys, r.FollowUps)
	}
	require.Equal(t, texts(want), s.sums(t, "fulfilment", "effective occasion", "follow_ups"))
	minutes, err := table.Deviation(projections.Query{AsOf: at, By: []string{"provider", "unit", "month"}})
	require.NoError(t, err)
	want = rows{}
	for _, r := range minutes.Rows {
		want.add(t, append(r.Keys, "frame-time"), r.Frame)
		want.add(t, append(r.Keys, "standard-time"), r.Need)
	}
	require.Equal(t, texts(want), s.sums(t, "decision", "provider unit effective method", "granted_minutes"))
	s.requirePayouts(t, table, at)
	s.requireDecisions(t, table, at)
}

// requireQuantities compares the rows with those of compensation, where these are of one kind of quantity.
func (s *Subscriber) requireQuantities(t Fataler, table *projections.Table, at projections.AsOf) {
	t.Helper()
	paid, err := table.Compensation(projections.Query{AsOf: at, By: []string{"provider", "unit", "month", "policy", "component", "life_area", "occasion"}})
	require.NoError(t, err)
	want := rows{}
	for _, r := range paid.Rows {
		want.add(t, append(r.Keys[:len(r.Keys):len(r.Keys)], r.QuantityUnit), r.Quantity, r.Amount)
	}
	require.Equal(t, texts(want), s.sums(t, "posting premium", "provider unit effective policy component life_area occasion unit_of_quantity", "quantity amount"))
}

func (s *Subscriber) requirePayouts(t Fataler, table *projections.Table, at projections.AsOf) {
	t.Helper()
	payouts, _, err := table.Payouts(at)
	require.NoError(t, err)
	want, lines := rows{}, 0
	for _, p := range payouts.All() {
		v := p.Latest()
		want.add(t, []string{p.Entity.ID(), v.Provider, v.Month.String(), v.Status(), v.LastStep().Date.String()}, v.Total)
		lines += len(v.Lines)
	}
	require.Equal(t, texts(want), s.sums(t, "payout", "payout provider payout_month status status_on", "amount"))
	stand := 0
	for _, r := range s.Rows {
		if r["kind"] == "payout" {
			stand++
		}
	}
	require.Equal(t, lines, stand)
}

// requireDecisions counts decisions in force by the facts themselves.
func (s *Subscriber) requireDecisions(t Fataler, table *projections.Table, at projections.AsOf) {
	t.Helper()
	cut, err := table.Cut(at)
	require.NoError(t, err)
	period, err := cut.Period(0, 0)
	require.NoError(t, err)
	want, seen := rows{}, map[string]bool{}
	for i, class := range cut.Grants.Class {
		for m := period.From; m <= period.To && class == domain.GrantInForce; m++ {
			if cut.Grants.From[i] > m.Last() || m.First() > cut.Grants.To[i] {
				continue
			}
			u := cut.Units[cut.Grants.Unit[i]]
			once := fmt.Sprint(cut.Grants.Case[i], cut.Grants.Line[i], u.ID, m)
			if !seen[once] {
				want.add(t, []string{u.Provider, u.ID, m.String(), domain.Methods[cut.Grants.Method[i]]}, 1)
			}
			seen[once] = true
		}
	}
	require.Equal(t, texts(want), s.sums(t, "decision", "provider unit effective method", "decisions"))
}
