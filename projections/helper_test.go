package projections

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
	"careledger/eventstore"
)

// fataler is a *testing.T, *testing.B or *rapid.T.
type fataler interface {
	require.TestingT
	Helper()
}

// seeds is how many histories are drawn of all: every one, or a quarter under -short, which CI uses with the race detector, where
// what one goroutine computes takes ten times as long and shows no more.
func seeds(all uint64) uint64 {
	if testing.Short() {
		return max(1, all/4)
	}
	return all
}

// newLog opens an embedded log in a fresh directory.
func newLog(t testing.TB) *eventstore.Log {
	t.Helper()
	store, err := eventstore.Open(context.Background(), eventstore.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	log, err := store.CreateLog(context.Background(), historytest.Authority)
	require.NoError(t, err)
	return log
}

// write appends events whose sequences are the next ones.
func write(t fataler, log *eventstore.Log, events []domain.Event) {
	t.Helper()
	var last *eventstore.Pending
	for len(events) > 0 {
		n := min(500, len(events))
		c := eventstore.Commit{First: events[0].Sequence}
		for i := range events[:n] {
			c.Messages = append(c.Messages, message(t, &events[i]))
		}
		p, err := log.Submit(c)
		require.NoError(t, err)
		last, events = p, events[n:]
	}
	if last != nil {
		require.NoError(t, last.Wait(context.Background()))
	}
}

func message(t fataler, e *domain.Event) eventstore.Message {
	t.Helper()
	raw, err := e.Encode()
	require.NoError(t, err)
	return eventstore.Message{Entity: string(e.Entity), Type: string(e.Type), ID: e.ID, Data: raw}
}

// folded is a table without a log, folded from events in batches of the given size, as Fold (many) and Follow (one) do.
func folded(t fataler, events []domain.Event, batch int) *Table {
	t.Helper()
	table := newTable(historytest.Authority)
	add(t, table, events, batch)
	return table
}

func add(t fataler, table *Table, events []domain.Event, batch int) {
	t.Helper()
	for len(events) > 0 {
		n := min(batch, len(events))
		b := newDecoding()
		for i := range events[:n] {
			b.raw = append(b.raw, eventstore.Event{Sequence: events[i].Sequence, Message: message(t, &events[i])})
		}
		b.decode()
		require.NoError(t, table.applyBatch(b))
		events = events[n:]
	}
}

// coldFold folds a log from its beginning.
func coldFold(t fataler, log *eventstore.Log) *Table {
	t.Helper()
	table := NewTable(log)
	require.NoError(t, table.Fold(context.Background(), Head, nil))
	require.Equal(t, log.Head().Sequence, table.Position())
	return table
}

// requireSameColumns: the two tables are equal in every column.
func requireSameColumns(t fataler, want, got *Table) {
	t.Helper()
	require.Equal(t, want.position, got.position)
	require.Equal(t, want.latest, got.latest)
	columns := map[string]any{}
	want.each(func(name string, column any) { columns[name] = column })
	got.each(func(name string, column any) {
		w, g := reflect.ValueOf(columns[name]).Elem(), reflect.ValueOf(column).Elem()
		require.Equal(t, w.Len(), g.Len(), name)
		if w.Len() > 0 {
			require.Equal(t, w.Interface(), g.Interface(), name)
		}
	})
}

// requireSameAnswer: what was known at the two moments is the same, whatever tables and sequences it comes from.
func requireSameAnswer(t fataler, want, got *Cut) {
	t.Helper()
	require.Equal(t, len(want.Adopted), len(got.Adopted))
	w, g := *want.Facts, *got.Facts
	w.Units, g.Units = registered(w.Units), registered(g.Units)
	require.Equal(t, normal(&w), normal(&g))
}

// registered leaves out the times of registration and the units that are not registered.
func registered(units []domain.Unit) (all []domain.Unit) {
	for _, u := range units {
		if u.Registered = (time.Time{}); u.Provider != "" {
			all = append(all, u)
		}
	}
	return all
}

// normal are facts with empty columns as nil ones, and units by id.
func normal(f *compensation.Facts) compensation.Facts {
	v := reflect.ValueOf(f).Elem()
	var empty func(v reflect.Value)
	empty = func(v reflect.Value) {
		switch {
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				empty(v.Field(i))
			}
		case v.Kind() == reflect.Slice && v.Len() == 0:
			v.SetZero()
		}
	}
	empty(v)
	return *f
}

// ledger accepts records and keeps them on a real log, with the table following.
type ledger struct {
	t     fataler
	log   *eventstore.Log
	mem   *historytest.Ledger
	table *Table
}

func newLedger(t testing.TB) *ledger {
	log := newLog(t)
	return &ledger{t, log, historytest.NewLedger(), NewTable(log)}
}

// record submits lines of NDJSON and folds what was written.
func (l *ledger) record(lines ...string) {
	for _, line := range lines {
		events, problems := l.mem.Submit([]byte(line))
		require.Empty(l.t, problems, line)
		write(l.t, l.log, events)
	}
	require.NoError(l.t, l.table.Fold(context.Background(), Head, nil))
}

// recordFile submits a file of records.
func (l *ledger) recordFile(path string) {
	data, err := os.ReadFile(path)
	require.NoError(l.t, err)
	for line := range bytes.Lines(data) {
		l.record(string(bytes.TrimSpace(line)))
	}
}

func month(t fataler, s string) domain.Month {
	m, err := domain.ParseMonth(s)
	require.NoError(t, err)
	return m
}

func at(t fataler, s string) time.Time {
	v, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return v
}

func sha256Hex(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
