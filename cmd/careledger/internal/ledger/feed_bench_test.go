package ledger

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/feed"
	"careledger/eventstore"
)

// feeding serves a ledger until the test ends, and returns a connection with its token.
func feeding(t testing.TB, c Config) (*Local, *nats.Conn) {
	c.Listen, c.ClientToken = "127.0.0.1:0", NewToken()
	level, ready := make(chan FeedReport, 16), make(chan string, 1)
	c.Fed = func(r FeedReport) { level <- r }
	l, err := Open(context.Background(), c)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- l.Serve(ctx, func(url, _ string) { ready <- url }) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, l.Close())
	})
	r := <-level
	require.NoError(t, r.Err)
	conn, err := nats.Connect(<-ready, nats.Token(c.ClientToken))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return l, conn
}

// BenchmarkFeed measures from the acknowledgement of an event until what it changes stands on the feed and is with a subscriber: a decision in a new
// case, one after the other, so that each changes what is paid and what is granted. CARELEDGER_BENCH_LEDGER names a data directory to write into, with
// one authority and a policy on granted time; without it a municipality of 300 persons and five years is made.
func BenchmarkFeed(b *testing.B) {
	c := Config{Dir: os.Getenv("CARELEDGER_BENCH_LEDGER")}
	if c.Dir == "" {
		c.Dir = b.TempDir()
		l, err := Open(b.Context(), c)
		require.NoError(b, err)
		imported(b, l, municipality(b, 300, 5, 1))
		require.NoError(b, l.Close())
	}
	l, conn := feeding(b, c)
	authority, err := l.Authority(b.Context())
	require.NoError(b, err)
	table, err := l.Table(b.Context(), authority)
	require.NoError(b, err)
	state, err := table.State()
	require.NoError(b, err)
	unit := state.Parties.Units()[0]

	js, err := jetstream.New(conn)
	require.NoError(b, err)
	consumer, err := js.OrderedConsumer(b.Context(), eventstore.FeedStream(authority), jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverNewPolicy})
	require.NoError(b, err)
	messages, err := consumer.Messages()
	require.NoError(b, err)
	defer messages.Stop()
	// row waits for the first row of a position from sequence on, and level for the position itself.
	await := func(sequence uint64, position bool) {
		for {
			m, err := messages.Next()
			require.NoError(b, err)
			var d feed.Message[feed.PositionMark]
			require.NoError(b, json.Unmarshal(m.Data(), &d))
			if d.Data.SourceSequence >= sequence && (!position || d.Type == feed.Position.Type()) {
				return
			}
		}
	}
	record := func(typ, entity, data string) uint64 {
		now := time.Now().UTC()
		line := fmt.Sprintf(`{"type":%q,"authority":%q,"entity":%q,"effective":%q,"recorded":%q,"actor":"a","data":%s}`, typ, authority, entity, now.Format(time.DateOnly), now.Format(time.RFC3339Nano), data)
		sequence, _, err := l.Record(context.Background(), []byte(line))
		require.NoError(b, err)
		return sequence
	}
	decide := func(i int) (sequence uint64, acknowledged time.Time) {
		entity := fmt.Sprintf("case/feed-%d-%d", os.Getpid(), i)
		record("case-opened", entity, fmt.Sprintf(`{"person":"feed-%d-%d"}`, os.Getpid(), i))
		sequence = record("decision-made", entity, fmt.Sprintf(`{"decision":"d","provider":%q,"unit":%q,"method":"standard-time","from":%q,"services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":30}]}`,
			unit.Provider, unit.ID, time.Now().UTC().Format(time.DateOnly)))
		return sequence, time.Now()
	}
	sequence, _ := decide(0) // the month of now is another than the ledger's last: everything is looked at
	await(sequence, true)
	var first, whole []time.Duration
	for i := 1; b.Loop(); i++ {
		sequence, acknowledged := decide(i)
		await(sequence, false)
		first = append(first, time.Since(acknowledged))
		await(sequence, true)
		whole = append(whole, time.Since(acknowledged))
	}
	for name, took := range map[string][]time.Duration{"row": first, "all": whole} {
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, name+"-p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, name+"-p99-ms")
	}
	feeds, err := l.Feeds(b.Context())
	require.NoError(b, err)
	b.ReportMetric(float64(feeds[0].Bytes)/float64(feeds[0].Messages), "B/message")
}

// BenchmarkRecordFed is what the feed costs those who write: 64 callers that open a case and report time in it, each of which changes what is paid,
// with the facts followed, and with the feed beside.
func BenchmarkRecordFed(b *testing.B) {
	for _, fed := range []bool{false, true} {
		b.Run(fmt.Sprintf("fed=%v", fed), func(b *testing.B) {
			l := opened(b, Config{Dir: b.TempDir()})
			imported(b, l, file(b, parties+adoption("adopt-m", townModel, "2020-02-01")))
			_, err := l.followAll(b.Context(), fed)
			require.NoError(b, err)
			var next atomic.Int64
			var mu sync.Mutex
			var took []time.Duration
			b.ResetTimer()
			var group sync.WaitGroup
			for range 64 {
				group.Go(func() {
					var own []time.Duration
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						entity := fmt.Sprint("case/k", i)
						for line := range strings.Lines(record(fmt.Sprint("o", i), "case-opened", entity, "2020-02-01", "2020-02-02", `{"person":"x"}`) +
							record(fmt.Sprint("t", i), "time-reported", entity, "2020-02-01", "2020-02-02", `{"unit":"u","month":"2020-02","category":"care","band":"day","minutes":60}`)) {
							began := time.Now()
							if _, _, err := l.Record(context.Background(), []byte(strings.TrimSpace(line))); err != nil {
								b.Error(err)
								return
							}
							own = append(own, time.Since(began))
						}
					}
					mu.Lock()
					defer mu.Unlock()
					took = append(took, own...)
				})
			}
			group.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
