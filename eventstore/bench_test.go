package eventstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
)

// Each benchmark runs bare JetStream on the same server settings, with the same 300-byte messages, beside the log, and
// reports the ratio: what grouping, position guards, tree and witness cost or gain.

func benchLog(b *testing.B) (*Store, *Log) {
	ctx := context.Background()
	s, err := Open(ctx, Config{Dir: b.TempDir()})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	l, err := s.CreateLog(ctx, "1281")
	require.NoError(b, err)
	return s, l
}

// benchBare makes a stream of the same configuration that the event store does not know of.
func benchBare(b *testing.B, s *Store) jetstream.Stream {
	c := streamConfig(careLog("bare"), 1)
	c.Name, c.Subjects = "BARE", []string{"bare.>"}
	st, err := s.js.CreateStream(context.Background(), c)
	require.NoError(b, err)
	return st
}

func benchMessage(i int) Message {
	data := make([]byte, 300)
	copy(data, strconv.Itoa(i))
	return Message{Entity: "case/" + strconv.Itoa(i%10_000), Type: "visit-performed", ID: "e" + strconv.Itoa(i), Data: data}
}

func benchCommit(first uint64, n int) Commit {
	c := Commit{First: first, Messages: make([]Message, n)}
	for i := range c.Messages {
		c.Messages[i] = benchMessage(int(first) + i)
	}
	return c
}

func report(b *testing.B, events int, ours, bare time.Duration) {
	b.ReportMetric(float64(events)/ours.Seconds(), "events/s")
	b.ReportMetric(float64(events)/bare.Seconds(), "bare-events/s")
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkAppendSingle(b *testing.B) {
	ctx := context.Background()
	s, l := benchLog(b)
	benchBare(b, s)
	b.ResetTimer()
	start := time.Now()
	for range b.N {
		require.NoError(b, l.Append(ctx, benchCommit(l.Next(), 1)))
	}
	ours := time.Since(start)
	start = time.Now()
	for i := range b.N {
		m := benchMessage(i)
		_, err := s.js.PublishMsg(ctx, &nats.Msg{Subject: "bare." + m.Type, Data: m.Data, Header: nats.Header{headerID: {m.ID}}})
		require.NoError(b, err)
	}
	report(b, b.N, ours, time.Since(start))
}

// BenchmarkAppendConcurrent: n callers, each waiting for its own single-event commit before the next; beside bare callers who publish one
// by one, and beside the best that the bare stream gives with no more events in flight than callers, in whatever batches: what a
// grouping that knew of no callers, and told none, could reach. The same with a head in a witness, synced after each batch's answer, is what
// the promise leaves: no batch is acknowledged before one more file is durable, on the disk that the server syncs too.
func BenchmarkAppendConcurrent(b *testing.B) {
	for _, callers := range []int{64, 1000} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			ctx := context.Background()
			s, l := benchLog(b)
			benchBare(b, s)
			b.ResetTimer()
			start := time.Now()
			d := &decider{log: l}
			inParallel(b, callers, func(int) error {
				p, err := d.submit(func(first uint64) Commit { return benchCommit(first, 1) })
				if err != nil {
					return err
				}
				return p.Wait(ctx)
			})
			ours := time.Since(start)
			start = time.Now()
			inParallel(b, callers, func(i int) error {
				m := benchMessage(i)
				_, err := s.js.PublishMsg(ctx, &nats.Msg{Subject: "bare." + m.Type, Data: m.Data, Header: nats.Header{headerID: {m.ID}}})
				return err
			})
			report(b, b.N, ours, time.Since(start))
			w, err := createWitness(filepath.Join(b.TempDir(), "bare.head"))
			require.NoError(b, err)
			witnessed := func(last uint64) { require.NoError(b, w.write(Head{Sequence: last})) }
			best, bestWitnessed := 0.0, 0.0
			for window := range 4 { // one batch of all, two of half each, and so on
				size := callers / (window + 1)
				batches := (b.N + size - 1) / size
				took := bulkBare(b, s, fmt.Sprint("best", b.N, "-", window), batches, size, window+1, func(uint64) {})
				best = max(best, float64(batches*size)/took.Seconds())
				took = bulkBare(b, s, fmt.Sprint("witnessed", b.N, "-", window), batches, size, window+1, witnessed)
				bestWitnessed = max(bestWitnessed, float64(batches*size)/took.Seconds())
			}
			require.NoError(b, w.close())
			rate := float64(b.N) / ours.Seconds()
			b.ReportMetric(best, "best-bare-events/s")
			b.ReportMetric(rate/best, "ratio-to-best")
			b.ReportMetric(rate/bestWitnessed, "ratio-to-best-witnessed")
		})
	}
}

// BenchmarkAppendBulk takes turns, ours first and bare first, because whoever comes second finds the disk busier.
func BenchmarkAppendBulk(b *testing.B) {
	s, l := benchLog(b)
	benchBare(b, s)
	first := uint64(0)
	turns := []func(n int) time.Duration{
		func(n int) time.Duration { return bulk(b, l, n, benchCommit) },
		func(n int) time.Duration {
			first += uint64(n)
			return bulkBare(b, s, fmt.Sprint("bare", first), n, MaxCommit, 3, func(uint64) {})
		},
	}
	const turn = 10
	took := make([]time.Duration, 2)
	for i, left := 0, b.N; left > 0; i, left = i+1, left-turn {
		for j := range turns {
			k := (i + j) % 2
			took[k] += turns[k](min(turn, left))
		}
	}
	report(b, b.N*MaxCommit, took[0], took[1])
}

// bulk appends n batches, as many under way as the log allows.
func bulk(b *testing.B, l *Log, n int, make func(first uint64, n int) Commit) time.Duration {
	start := time.Now()
	var last *Pending
	for range n {
		p, err := l.Submit(make(l.Next(), MaxCommit))
		require.NoError(b, err)
		last = p
	}
	require.NoError(b, last.Wait(context.Background()))
	return time.Since(start)
}

// bulkBare publishes n atomic batches of some size of the same messages, so many under way, and calls answered after each answer. id is
// one of its own.
func bulkBare(b *testing.B, s *Store, id string, n, size, window int, answered func(events uint64)) time.Duration {
	start := time.Now()
	acks := make(chan *nats.Msg, window+1)
	inbox := nats.NewInbox()
	sub, err := s.conn.ChanSubscribe(inbox, acks)
	require.NoError(b, err)
	flight, done := 0, 0
	await := func() {
		m := <-acks
		require.NotContains(b, string(m.Data), "error")
		flight--
		done++
		answered(uint64(done * size))
	}
	for i := range n {
		for flight >= window {
			await()
		}
		for j := range size {
			m := benchMessage(i*size + j)
			msg := &nats.Msg{Subject: "bare." + strings.Replace(m.Entity, "/", ".", 1) + "." + m.Type, Data: m.Data, Header: nats.Header{
				headerID: {m.ID}, headerBatchID: {id + "-" + strconv.Itoa(i)}, headerBatchSeq: {strconv.Itoa(j + 1)},
			}}
			if j == size-1 {
				msg.Header[headerBatchCommit] = []string{"1"}
				msg.Reply = inbox
			}
			require.NoError(b, s.conn.PublishMsg(msg))
		}
		flight++
	}
	for flight > 0 {
		await()
	}
	require.NoError(b, sub.Unsubscribe())
	return time.Since(start)
}

// BenchmarkAppendGuarded: guarded one-event commits over 2 000 entities on a log of 300 000 events, as a bulk import writes them,
// in turns of 5 000 with and without the guards of entities.
func BenchmarkAppendGuarded(b *testing.B) {
	const entities, before, turn = 2000, 300_000, 5000
	ctx := context.Background()
	entity := func(i uint64) string { return "case/" + strconv.FormatUint(i*7919%entities, 10) }
	took := make([]time.Duration, 2)
	logs := make([]*Log, 2)
	known := make([]map[string]uint64, 2)
	for k := range logs {
		s, err := Open(ctx, Config{Dir: b.TempDir(), guardAll: k == 0})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		logs[k], err = s.CreateLog(ctx, "1281")
		require.NoError(b, err)
		known[k] = map[string]uint64{}
		bulk(b, logs[k], before/MaxCommit, func(first uint64, n int) Commit {
			c := benchCommit(first, n)
			for i := range c.Messages {
				c.Messages[i].Entity = entity(first + uint64(i))
				known[k][c.Messages[i].Entity] = first + uint64(i)
			}
			return c
		})
	}
	b.ResetTimer()
	n := 0
	for i := range (b.N + turn - 1) / turn {
		for j := range logs {
			k := (i + j) % 2
			start := time.Now()
			var last *Pending
			for range turn {
				first := logs[k].Next()
				c := benchCommit(first, 1)
				c.Messages[0].Entity = entity(first * 31)
				c.Guards = []Guard{{c.Messages[0].Entity, known[k][c.Messages[0].Entity]}}
				known[k][c.Messages[0].Entity] = first
				p, err := logs[k].Submit(c)
				require.NoError(b, err)
				last = p
			}
			require.NoError(b, last.Wait(ctx))
			took[k] += time.Since(start)
		}
		n += turn
	}
	b.ReportMetric(float64(n)/took[0].Seconds(), "guarded-events/s")
	b.ReportMetric(float64(n)/took[1].Seconds(), "unguarded-events/s")
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "cost-ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkReadSequences reads 1 000 scattered events of a log of CARELEDGER_BENCH_EVENTS (200 000): with the server's blocks in memory,
// and after a garbage collection, which drops them.
func BenchmarkReadSequences(b *testing.B) {
	events := 200_000
	if n, err := strconv.Atoi(os.Getenv("CARELEDGER_BENCH_EVENTS")); err == nil {
		events = n / MaxCommit * MaxCommit
	}
	_, l := benchLog(b)
	bulk(b, l, events/MaxCommit, benchCommit)
	r := rand.New(rand.NewPCG(1, 2))
	for _, asked := range []int{20, 100, 1000} {
		for _, cold := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/cold=%t", asked, cold), func(b *testing.B) {
				every := make([]uint64, 0, events/1000+1) // brings each block into memory
				for seq := 1; seq <= events; seq += 1000 {
					every = append(every, uint64(seq))
				}
				for range b.N {
					b.StopTimer()
					sequences := make([]uint64, asked)
					for i := range sequences {
						sequences[i] = r.Uint64N(uint64(events)) + 1
					}
					slices.Sort(sequences)
					sequences = slices.Compact(sequences)
					runtime.GC()
					if !cold {
						require.NoError(b, l.ReadSequences(context.Background(), every, func(Event) error { return nil }))
					}
					b.StartTimer()
					require.NoError(b, l.ReadSequences(context.Background(), sequences, func(Event) error { return nil }))
				}
			})
		}
	}
}

// BenchmarkRead reads a log of CARELEDGER_BENCH_EVENTS (200 000) events whole, b.N times.
func BenchmarkRead(b *testing.B) {
	ctx := context.Background()
	events := 200_000
	if n, err := strconv.Atoi(os.Getenv("CARELEDGER_BENCH_EVENTS")); err == nil {
		events = n / MaxCommit * MaxCommit
	}
	s, l := benchLog(b)
	var last *Pending
	for range events / MaxCommit {
		p, err := l.Submit(benchCommit(l.Next(), MaxCommit))
		require.NoError(b, err)
		last = p
	}
	require.NoError(b, last.Wait(ctx))
	b.ResetTimer()
	var ours, bare time.Duration
	for range b.N {
		n := 0
		start := time.Now()
		require.NoError(b, l.Read(ctx, 1, l.Head().Sequence, func(Event) error { n++; return nil }))
		ours += time.Since(start)
		require.Equal(b, events, n)

		start = time.Now()
		st, err := s.js.Stream(ctx, l.name)
		require.NoError(b, err)
		oc, err := st.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
		require.NoError(b, err)
		done := make(chan struct{})
		var got atomic.Int64
		cc, err := oc.Consume(func(jetstream.Msg) {
			if got.Add(1) == int64(events) {
				close(done)
			}
		}, jetstream.PullMaxMessages(10_000))
		require.NoError(b, err)
		<-done
		cc.Stop()
		bare += time.Since(start)
	}
	report(b, b.N*events, ours, bare)
}

func BenchmarkReadEntity(b *testing.B) {
	ctx := context.Background()
	_, l := benchLog(b)
	var last *Pending
	for range 200 {
		p, err := l.Submit(benchCommit(l.Next(), MaxCommit))
		require.NoError(b, err)
		last = p
	}
	require.NoError(b, last.Wait(ctx))
	b.ResetTimer()
	for i := range b.N {
		n := 0
		require.NoError(b, l.ReadEntity(ctx, "case/"+strconv.Itoa(i*7919%10_000), l.Head().Sequence, func(Event) error { n++; return nil }))
		require.Equal(b, 20, n)
	}
}

func inParallel(b *testing.B, callers int, do func(i int) error) {
	var next atomic.Int64
	failed := make(chan error, callers)
	for range callers {
		go func() {
			for {
				i := int(next.Add(1))
				if i > b.N {
					failed <- nil
					return
				}
				if err := do(i); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	for range callers {
		require.NoError(b, <-failed)
	}
}

// BenchmarkTreeGrowth: what the tree costs of an append. The log's events are appended in bulk; then the same events are hashed and put
// into a tree file alone. share is that part of the append's time, on one core.
func BenchmarkTreeGrowth(b *testing.B) {
	_, l := benchLog(b)
	b.ResetTimer()
	whole := bulk(b, l, b.N, benchCommit)
	f, err := openTreeFile(b.TempDir() + "/tree")
	require.NoError(b, err)
	defer func() { require.NoError(b, f.Close()) }()
	t := &tree{store: f}
	hasher := leafHasher{authority: "1281"}
	events := int(l.Head().Sequence)
	messages := benchCommit(1, events).Messages
	start := time.Now()
	for len(messages) > 0 {
		n := min(len(messages), MaxCommit)
		leaves := make([]tlog.Hash, 0, n)
		for i, m := range messages[:n] {
			leaves = append(leaves, hasher.leaf(stored{seq: t.size + uint64(i) + 1, subject: careLog("1281").subject(m.Entity, m.Type), id: m.ID, data: m.Data}))
		}
		require.NoError(b, t.append(leaves))
		t.root()
		messages = messages[n:]
	}
	alone := time.Since(start)
	require.Equal(b, l.Head(), Head{t.size, t.root()})
	b.ReportMetric(float64(events)/whole.Seconds(), "events/s")
	b.ReportMetric(float64(alone.Nanoseconds())/float64(events), "tree-ns/event")
	b.ReportMetric(alone.Seconds()/whole.Seconds(), "share")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkCheckpoint: signing the head of a log of a million events, each time one larger: proof, signature, three syncs; and taking
// the one that is there.
func BenchmarkCheckpoint(b *testing.B) {
	f, err := openTreeFile(b.TempDir() + "/tree")
	require.NoError(b, err)
	defer func() { require.NoError(b, f.Close()) }()
	t := &tree{store: f}
	leaves := make([]tlog.Hash, 1_000_000)
	for i := range leaves {
		leaves[i][0], leaves[i][1], leaves[i][2] = byte(i), byte(i>>8), byte(i>>16)
	}
	require.NoError(b, t.append(leaves))
	l := &Log{store: &Store{config: Config{ProofDir: b.TempDir()}}, id: careLog("1281"), tree: t, head: t.head()}
	checkpoint(b, l)
	b.Run("new", func(b *testing.B) {
		for range b.N {
			require.NoError(b, t.append([]tlog.Hash{{9}}))
			l.head = t.head()
			checkpoint(b, l)
		}
	})
	b.Run("there", func(b *testing.B) {
		for range b.N {
			checkpoint(b, l)
		}
	})
}
