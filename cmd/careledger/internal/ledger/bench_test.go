package ledger

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"careledger/eventstore"
	"careledger/projections"
)

// Durable single-event commands for different cases, decided and acknowledged one by one, from so many callers at once: in the process,
// with the fold following, and sent over NATS to a ledger that serves; for new cases, and for those that stood on the log when it was opened.
func BenchmarkRecord(b *testing.B) {
	const standing = 20_000 // cases
	opens := `{"type":"case-opened","authority":"1281","entity":"case/%s%d","effective":"2020-01-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"person":"x%[2]d"}}` + "\n"
	var history strings.Builder
	history.WriteString(parties)
	for i := range standing {
		fmt.Fprintf(&history, opens, "k", i)
	}
	ways := []struct {
		name string
		open func(b *testing.B, dir string) func(ctx context.Context, line []byte) error
		line func(i int64) []byte
	}{
		{"here", recordHere, func(i int64) []byte { return fmt.Appendf(nil, opens, "n", i) }},
		{"served", recordOverNATS, func(i int64) []byte { return fmt.Appendf(nil, opens, "n", i) }},
		{"served-standing", recordOverNATS, func(i int64) []byte {
			return fmt.Appendf(nil, `{"type":"needs-assessed","authority":"1281","entity":"case/k%d","effective":"2020-02-01","recorded":"2020-02-01T10:00:00Z","actor":"a%d","data":{"assessments":[{"life_area":"mobility","status":2}]}}`, i*7919%standing, i)
		}},
	}
	for _, callers := range []int{1, 64, 1000} {
		for _, way := range ways {
			b.Run(fmt.Sprintf("callers=%d/%s", callers, way.name), func(b *testing.B) {
				dir := b.TempDir()
				before, err := Open(b.Context(), Config{Dir: dir})
				require.NoError(b, err)
				imported(b, before, file(b, history.String()))
				require.NoError(b, before.Close())
				record := way.open(b, dir)
				var next atomic.Int64
				b.ResetTimer()
				var group sync.WaitGroup
				for range callers {
					group.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							if err := record(context.Background(), way.line(i)); err != nil {
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
}

func recordHere(b *testing.B, dir string) func(context.Context, []byte) error {
	l := opened(b, Config{Dir: dir})
	return func(ctx context.Context, line []byte) error {
		_, _, err := l.Record(ctx, line)
		return err
	}
}

// recordOverNATS serves a ledger and returns a client's way to it.
func recordOverNATS(b *testing.B, dir string) func(context.Context, []byte) error {
	l := served(b, dir)
	conn, err := nats.Connect(l.store.ClientURL(), nats.Token(l.config.ClientToken))
	require.NoError(b, err)
	b.Cleanup(conn.Close)
	return func(ctx context.Context, line []byte) error {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		m, err := conn.RequestWithContext(ctx, subjectRecord, line)
		if err != nil {
			return err
		}
		var reply RecordReply
		if err := json.Unmarshal(m.Data, &reply); err != nil || reply.Sequence == 0 {
			return fmt.Errorf("refused: %s (%w)", m.Data, err)
		}
		return nil
	}
}

// A file of records: parsed, judged, written and durable, beside its messages alone, in atomic batches on a stream of the same configuration.
// ratio is the bare time over ours. All of a file is judged before any of it is written, so that is the bare time over the sum of two: judge-s,
// in which nothing can be written yet, and write-s. write-ratio is the bare time over the second alone, most-ratio what ratio would be if
// writing took no longer than bare: the limit that judging first sets.
func BenchmarkImport(b *testing.B) {
	path := municipality(b, 100, 5, 1)
	lines, took, judged, bare := 0, time.Duration(0), time.Duration(0), time.Duration(0)
	for b.Loop() {
		l, err := Open(b.Context(), Config{Dir: b.TempDir()})
		require.NoError(b, err)
		began := time.Now()
		checking := began // until
		report, err := l.Import(b.Context(), ImportRequest{Path: path, Progress: func(doing string, _, _ int64) {
			if doing == "checking records" {
				checking = time.Now()
			}
		}})
		require.NoError(b, err)
		lines += report.Lines
		took += time.Since(began)
		judged += checking.Sub(began)
		bare += bareBatches(b, messagesOf(b, l))
		require.NoError(b, l.Close())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(lines)/took.Seconds(), "records/s")
	b.ReportMetric(bare.Seconds()/took.Seconds(), "ratio")
	b.ReportMetric(judged.Seconds()/float64(b.N), "judge-s")
	b.ReportMetric((took-judged).Seconds()/float64(b.N), "write-s")
	b.ReportMetric(bare.Seconds()/(took-judged).Seconds(), "write-ratio")
	b.ReportMetric(bare.Seconds()/(bare+judged).Seconds(), "most-ratio")
}

func messagesOf(b *testing.B, l *Local) (all []eventstore.Message) {
	book, err := l.book(b.Context(), "1281")
	require.NoError(b, err)
	log := book.opened.Load().log
	require.NoError(b, log.Read(b.Context(), 1, log.Head().Sequence, func(e eventstore.Event) error {
		all = append(all, e.Message)
		return nil
	}))
	return all
}

// bareBatches publishes messages in atomic batches of the largest size, three under way, to a stream like the log's on a server of its own.
func bareBatches(b *testing.B, messages []eventstore.Message) time.Duration {
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: b.TempDir(), SyncAlways: true, DontListen: true, NoSigs: true, NoLog: true, MaxPending: 256 << 20})
	require.NoError(b, err)
	s.Start()
	defer s.Shutdown()
	conn, err := nats.Connect("", nats.InProcessServer(s))
	require.NoError(b, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(b, err)
	_, err = js.CreateStream(b.Context(), jetstream.StreamConfig{Name: "BARE", Subjects: []string{"care.1281.>"}, Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew,
		DenyDelete: true, DenyPurge: true, AllowDirect: true, AllowAtomicPublish: true, Duplicates: 100 * time.Millisecond})
	require.NoError(b, err)
	const window = 3
	inbox, acks := nats.NewInbox(), make(chan *nats.Msg, window)
	_, err = conn.ChanSubscribe(inbox, acks)
	require.NoError(b, err)
	await := func() {
		ack := string((<-acks).Data)
		require.Contains(b, ack, `"stream":"BARE"`)
		require.NotContains(b, ack, "error")
	}
	began, flight := time.Now(), 0
	for batch := range slices.Chunk(messages, eventstore.MaxCommit) {
		if flight++; flight > window {
			await()
			flight--
		}
		id := nats.NewInbox()[len("_INBOX."):]
		for i, m := range batch {
			msg := &nats.Msg{Subject: "care.1281." + strings.Replace(m.Entity, "/", ".", 1) + "." + m.Type, Data: m.Data,
				Header: nats.Header{"Care-Id": {m.ID}, "Nats-Batch-Id": {id}, "Nats-Batch-Sequence": {strconv.Itoa(i + 1)}}}
			if i == len(batch)-1 {
				msg.Header["Nats-Batch-Commit"], msg.Reply = []string{"1"}, inbox
			}
			require.NoError(b, conn.PublishMsg(msg))
		}
	}
	for range flight {
		await()
	}
	return time.Since(began)
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
