package projections

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/historytest"
	"careledger/eventstore"
)

// BenchmarkWhy derives from an open table what people ask for: a payout, a line, a posting, and what an event touched, of a generated municipality
// of 100 000 events. With CARELEDGER_BENCH_DATA it is over the ledger in that directory, of the authority CARELEDGER_BENCH_AUTHORITY (default 9999),
// which has at least one payout.
func BenchmarkWhy(b *testing.B) {
	ctx := context.Background()
	table := benchmarkedTable(b)
	payouts, _, err := table.Payouts(Now)
	require.NoError(b, err)
	payout := payouts.All()[0]
	lines := payout.Latest().Lines
	line := lines[len(lines)/2].Line
	b.Logf("payout %s: %d lines, facts to event %d", payout.Entity, len(lines), payout.Latest().FactsTo)

	why := func(q WhyQuery) func(b *testing.B) {
		q.Payout, q.AsOf = payout.Entity, Now
		return func(b *testing.B) {
			for b.Loop() {
				_, err := table.Why(ctx, q)
				require.NoError(b, err)
			}
		}
	}
	b.Run("Payout", why(WhyQuery{Most: 3, FewLines: 6}))
	b.Run("Line", why(WhyQuery{Line: line, Most: 20}))
	b.Run("Posting", why(WhyQuery{Line: line, Posting: 1}))
	derived, err := table.Why(ctx, WhyQuery{Payout: payout.Entity, Line: line, Posting: 1, AsOf: Now})
	require.NoError(b, err)
	rests := derived.Lines[0].Postings[0].RestsOn
	event := ""
	for _, e := range derived.Lines[0].Events {
		if e.Sequence == rests[len(rests)-1] {
			event = e.Event
		}
	}
	b.Run("Event", func(b *testing.B) {
		for b.Loop() {
			_, err := table.WhyOfEvent(ctx, event, Now)
			require.NoError(b, err)
		}
	})
}

// benchmarkedTable is the table of a generated municipality with a month paid, or of a ledger that is there.
func benchmarkedTable(b *testing.B) *Table {
	dir, authority := os.Getenv("CARELEDGER_BENCH_DATA"), cmp.Or(os.Getenv("CARELEDGER_BENCH_AUTHORITY"), "9999")
	if dir != "" {
		store, err := eventstore.Open(context.Background(), eventstore.Config{Dir: dir})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, store.Close()) })
		log, err := store.OpenLog(context.Background(), authority)
		require.NoError(b, err)
		table, err := Load(filepath.Join(dir, "facts", authority+".facts"), log)
		require.NoError(b, err)
		require.NoError(b, table.Fold(context.Background(), Head, nil))
		return table
	}
	const events = 100_000
	l := newLedger(b)
	var all []domain.Event
	town(events, func(e *domain.Event) { all = append(all, *e) })
	write(b, l.log, all)
	l.mem = historytest.NewLedger()
	require.NoError(b, l.table.Fold(context.Background(), Head, nil))
	(&paying{l, 0}).payAll()
	b.Logf("%s events", strconv.FormatUint(l.log.Head().Sequence, 10))
	return l.table
}
