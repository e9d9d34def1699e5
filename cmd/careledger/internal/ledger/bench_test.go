package ledger

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/projections"
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

// A case shown to so many readers at once, each recorded before it is shown; in the same run the same trails without a record.
func BenchmarkShow(b *testing.B) {
	for _, readers := range []int{1, 64} {
		for _, recorded := range []bool{false, true} {
			b.Run(fmt.Sprintf("readers=%d/recorded=%t", readers, recorded), func(b *testing.B) {
				l := opened(b, Config{Dir: b.TempDir()})
				imported(b, l, file(b, parties+opening+"\n"))
				table, err := l.Table(b.Context(), "1281")
				require.NoError(b, err)
				b.SetParallelism(max(1, readers/runtime.GOMAXPROCS(0)))
				b.ResetTimer()
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						var err error
						if recorded {
							err = l.Ask(b.Context(), aTrail("case/k", auditor), io.Discard)
						} else {
							_, err = table.Trail(b.Context(), "case/k", projections.Now)
						}
						if err != nil {
							b.Error(err)
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
			})
		}
	}
}
