package main

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	biBenchEvents   = 20_000 // about; CARELEDGER_BENCH_EVENTS says another number
	biBenchPieces   = 20     // in which the second half of the events comes in, each with a kill
	biBenchBackfill = 5      // kills while what there was is taken
	biBenchLongest  = 2 * time.Second
	biBenchLevel    = 20 * time.Minute
)

// BenchmarkBISubscriberThroughKills is the proof at size: a program in Node takes half of the events as what there was and half as what comes, and it, the
// server, or both are killed at random moments. In the end it has what careledger compensation has, row by row to the öre. CARELEDGER_BENCH_SEED repeats a run.
//
//	CARELEDGER_BENCH_EVENTS=1000000 go test -run xxx -bench BISubscriber -benchtime 1x -timeout 2h ./cmd/careledger
func BenchmarkBISubscriberThroughKills(b *testing.B) {
	needsNode(b)
	events, seed := environment(b, "CARELEDGER_BENCH_EVENTS", biBenchEvents), environment(b, "CARELEDGER_BENCH_SEED", int(time.Now().UnixNano()))
	b.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	moment := func() time.Duration { return time.Duration(r.Int64N(int64(biBenchLongest))) }
	for b.Loop() {
		l := newBILedger(b)
		records := strings.SplitAfter(l.run("generate", "--preset", "municipality", "--years", "5", "--persons", strconv.Itoa(max(10, events/505)), "--seed", "1"), "\n")
		half := len(records) / 2
		l.run("import", l.file("half.ndjson", strings.Join(records[:half], "")))
		l.serve()
		s := l.add("economics", time.Second)
		kills := 0
		// kill kills one side or both; what was killed is started again by who asked for it.
		kill := func() (server bool) {
			kills++
			side := r.IntN(3)
			if side != 0 {
				s.kill()
			}
			if side != 1 {
				l.kill()
			}
			return side != 1
		}
		restart := func() {
			if l.serving == nil {
				l.serve()
			}
			if s.stop == nil {
				s.start()
			}
		}
		start := time.Now()
		s.start()
		for range biBenchBackfill {
			time.Sleep(moment()) // the moment is what is tried
			kill()
			restart()
		}
		s.level(l, biBenchLevel)
		b.ReportMetric(time.Since(start).Seconds(), "backfill-s")
		for i := range biBenchPieces {
			piece := l.file("piece.ndjson", strings.Join(records[half+i*half/biBenchPieces:half+(i+1)*half/biBenchPieces], ""))
			importing := l.command("import", piece)
			require.NoError(b, importing.Start())
			time.Sleep(moment())
			server := kill()
			err := importing.Wait()
			restart()
			if server {
				l.run("import", piece) // what was cut off is completed
			} else {
				require.NoError(b, err)
			}
		}
		s.level(l, biBenchLevel)
		s.requireRows(l)
		b.ReportMetric(time.Since(start).Seconds(), "s")
		b.ReportMetric(float64(kills), "kills")
		b.ReportMetric(float64(len(records)-1), "records")
		b.ReportMetric(float64(s.lines()), "messages-taken")
		l.kill()
		s.kill()
	}
}

func environment(b *testing.B, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(b, err, name)
	return n
}
