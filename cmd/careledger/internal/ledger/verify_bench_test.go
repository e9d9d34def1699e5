package ledger

import (
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/eventstore"
	"careledger/projections"
)

// A whole log verified, beside reading it bare (which checks each event against its leaf), in the same run.
func BenchmarkVerify(b *testing.B) {
	l := opened(b, Config{Dir: b.TempDir()})
	imported(b, l, municipality(b, 1000, 3, 1))
	log, err := l.store.OpenLog(b.Context(), "1281")
	require.NoError(b, err)
	events := float64(log.Head().Sequence)
	var read, verified time.Duration
	for b.Loop() {
		runtime.GC()
		began := time.Now()
		require.NoError(b, log.Read(b.Context(), 1, math.MaxUint64, func(eventstore.Event) error { return nil }))
		read += time.Since(began)
		began = time.Now()
		v, err := projections.Verify(b.Context(), log, projections.VerifyRequest{Now: time.Now()})
		verified += time.Since(began)
		require.NoError(b, err)
		require.Empty(b, v.Findings)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(events, "events")
	b.ReportMetric(events*float64(b.N)/read.Seconds(), "read-events/s")
	b.ReportMetric(events*float64(b.N)/verified.Seconds(), "verify-events/s")
	b.ReportMetric(read.Seconds()/verified.Seconds(), "verify/read")
}
