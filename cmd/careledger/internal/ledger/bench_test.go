package ledger

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Durable single-event commands for different cases, decided and acknowledged one by one, from so many callers at once.
func BenchmarkRecord(b *testing.B) {
	for _, callers := range []int{1, 64, 1000} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			l := opened(b, Config{Dir: b.TempDir()})
			imported(b, l, file(b, parties))
			next, mu := 0, sync.Mutex{}
			take := func() int {
				mu.Lock()
				defer mu.Unlock()
				if next == b.N {
					return -1
				}
				next++
				return next
			}
			b.ResetTimer()
			var group sync.WaitGroup
			for range callers {
				group.Go(func() {
					for i := take(); i > 0; i = take() {
						line := fmt.Sprintf(`{"type":"case-opened","authority":"1281","entity":"case/k%d","effective":"2020-01-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"person":"x%d"}}`, i, i)
						if _, _, err := l.Record(context.Background(), []byte(line)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// A file of records: parsed, judged, written and durable.
func BenchmarkImport(b *testing.B) {
	path := municipality(b, 100, 5, 1)
	lines := 0
	for b.Loop() {
		l, err := Open(b.Context(), Config{Dir: b.TempDir()})
		require.NoError(b, err)
		lines += imported(b, l, path).Lines
		require.NoError(b, l.Close())
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "records/s")
}

// How long after its acknowledgement a record shows in the facts of a serving ledger.
func BenchmarkVisible(b *testing.B) {
	l := opened(b, Config{Dir: b.TempDir()})
	imported(b, l, file(b, parties))
	_, err := l.Follow(b.Context())
	require.NoError(b, err)
	table, err := l.Table(b.Context(), "1281")
	require.NoError(b, err)
	var waits []time.Duration
	for b.Loop() {
		sequence, _, err := l.Record(b.Context(), fmt.Appendf(nil, `{"type":"case-opened","authority":"1281","entity":"case/k%d","effective":"2020-01-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"person":"x"}}`, len(waits)))
		require.NoError(b, err)
		acknowledged := time.Now()
		require.NoError(b, table.WaitFor(b.Context(), sequence))
		waits = append(waits, time.Since(acknowledged))
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "median-µs")
}
