package ledger

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/eventstore"
)

// What a reopened ledger holds of a case is judged on as what it was just told, however many send records for it at once: a time report
// rules out visits of its month, and the visit that it takes the place of when that is annulled does not.
func TestRecordsForCasesThatStandAreJudgedOnWhatStands(t *testing.T) {
	const cases, callers = 5, 16
	record := func(id, typ string, of int, date, data string) string {
		return fmt.Sprintf(`{"id":"%s%d","type":"%s","authority":"1281","entity":"case/k%[2]d","effective":"%[4]s","recorded":"2020-06-01T10:00:00Z","actor":"a","data":%s}`, id, of, typ, date, data) + "\n"
	}
	visit := func(id string, of int, month string) string {
		return record(id, "visit-performed", of, month+"-05", fmt.Sprintf(`{"unit":"u","category":"care","band":"day","arrived":"%s-05T08:00:00Z","left":"%[1]s-05T08:30:00Z"}`, month))
	}
	var standing strings.Builder
	standing.WriteString(parties)
	for k := range cases {
		standing.WriteString(record("o", "case-opened", k, "2020-01-01", fmt.Sprintf(`{"person":"x%d"}`, k)))
		standing.WriteString(record("r", "time-reported", k, "2020-03-31", `{"unit":"u","month":"2020-03","category":"care","band":"day","minutes":60}`))
		standing.WriteString(visit("v", k, "2020-04"))
		standing.WriteString(record("a", "event-annulled", k, "2020-04-05", fmt.Sprintf(`{"event":"v%d","reason":"wrong case"}`, k)))
	}
	dir := t.TempDir()
	before, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	imported(t, before, file(t, standing.String()))
	require.NoError(t, before.Close())

	l := opened(t, Config{Dir: dir})
	_, _, err = l.Record(t.Context(), []byte(visit("first", 0, "2020-05"))) // makes a writer, which the others read ahead for
	require.NoError(t, err)
	var group sync.WaitGroup
	clashes, fits, reports := make([]error, callers), make([]error, callers), make([]error, callers)
	for i := range callers {
		send := func(err *error, line string) { _, _, *err = l.Record(context.Background(), []byte(line)) }
		group.Go(func() { send(&clashes[i], visit(fmt.Sprintf("c%d-", i), i%cases, "2020-03")) })
		group.Go(func() { send(&fits[i], visit(fmt.Sprintf("f%d-", i), i%cases, "2020-05")) })
		group.Go(func() {
			send(&reports[i], record(fmt.Sprintf("t%d-", i), "time-reported", i%cases, "2020-04-30", `{"unit":"u","month":"2020-04","category":"care","band":"day","minutes":5}`))
		})
	}
	group.Wait()
	taken := 0
	for i := range callers {
		require.ErrorAs(t, clashes[i], new(domain.Problems))
		require.ErrorContains(t, clashes[i], "a time report for unit u, 2020-03, care, day stands already")
		require.NoError(t, fits[i])
		if reports[i] == nil {
			taken++
		} else {
			require.ErrorContains(t, reports[i], "stands already; correct that one instead")
		}
	}
	require.Equal(t, cases, taken, "one report a case, in place of the annulled visit")
}

// The ids of what has arrived are not waited for, nor held.
func TestWhatIsDurableIsNotHeldAsPending(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, parties))
	b, err := l.book(t.Context(), "1281")
	require.NoError(t, err)
	for k := range 5 {
		_, _, err := l.Record(t.Context(), fmt.Appendf(nil, `{"type":"case-opened","authority":"1281","entity":"case/k%d","effective":"2020-01-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"person":"x"}}`, k))
		require.NoError(t, err)
	}
	w := b.writer
	require.Len(t, w.ids.pending, 1, "of the newest record, until the next one comes")
	require.Len(t, w.ids.sent, 1)

	failed := decided{pending: map[uint64]*eventstore.Pending{}}
	never := &eventstore.Pending{}
	failed.submitted([]eventstore.Message{{ID: "one"}}, never)
	failed.submitted([]eventstore.Message{{ID: "two"}}, never)
	require.Len(t, failed.pending, 2, "what is on its way is held")
}
