package projections

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
)

// town writes the events of an invented municipality: cases with a decision each, visits on most days, a follow-up a year, and one
// visit in a hundred corrected. It accepts nothing and invents little, so that it is fast; cmd/careledger generate invents better.
func town(events int, yield func(e *domain.Event)) {
	n := uint64(0)
	recorded := time.Date(2015, 1, 1, 8, 0, 0, 0, time.UTC)
	write := func(typ domain.Type, entity domain.Entity, effective domain.Date, data string) string {
		n++
		id := fmt.Sprintf("e%d", n)
		raw := fmt.Appendf(nil, `{"id":%q,"type":%q,"authority":"1281","entity":%q,"effective":%q,"recorded":%q,"actor":"a","data":%s}`, id, typ, entity, effective, recorded.Format(time.RFC3339), data)
		e, problems := domain.ParseRecord(raw, recorded)
		if len(problems) > 0 {
			panic(problems)
		}
		e.Sequence = n
		yield(&e)
		return id
	}
	day := domain.NewDate(2015, 1, 1)
	write(domain.TypeProviderRegistered, "provider/p", day, `{"name":"P","regime":"in-house"}`)
	write(domain.TypeProviderRegistered, "provider/q", day, `{"name":"Q","regime":"external"}`)
	const units = 20
	for u := range units {
		write(domain.TypeUnitRegistered, domain.Entity("provider/"+"pq"[u%2:u%2+1]), day, fmt.Sprintf(`{"unit":"u%d","name":"U","area":"urban"}`, u))
	}
	write(domain.TypePolicyAdopted, "policy/m", day, `{"model":{"id":"m","title":"t","currency":"SEK","parameters":{"rate":{"unit":"SEK/hour","by":["category","regime"],"values":{"2015-01-01":{"care/in-house":"385","care/external":"398"}}},"g":{"unit":"SEK/goal","values":{"2015-01-01":"297"}}},"components":[{"id":"v","kind":"time","basis":"performed","rate":"rate"},{"id":"n","kind":"time","basis":"granted","rate":"rate"},{"id":"p","kind":"goal-premium","amount":"g","outcomes":{"fulfilled":"1"},"repeat":"each-follow-up"}]},"from":"2015-01-01","decided_by":"b","decided_on":"2014-12-01"}`)
	const years = 5
	cases := max(1, events/(years*110))
	for c := range cases {
		entity := domain.Entity(fmt.Sprintf("case/k%d", c))
		write(domain.TypeCaseOpened, entity, day, fmt.Sprintf(`{"person":"x%d"}`, c))
		write(domain.TypeDecisionMade, entity, day, fmt.Sprintf(`{"decision":"d","provider":%q,"unit":"u%d","method":"standard-time","from":"2015-01-01","services":[{"service":"s","category":"care","band":"day","times_per_week":"2","standard_minutes":30}]}`, "pq"[c%2:c%2+1], c%units))
		write(domain.TypeGoalSet, entity, day, `{"goal":"g","decision":"d","life_area":"mobility","assessed":3,"intended":1}`)
	}
	for step := 0; int(n) < events; step++ {
		day, recorded = domain.NewDate(2015, 1, 1)+domain.Date(step*7/2), recorded.Add(84*time.Hour)
		for c := 0; c < cases && int(n) < events; c++ {
			entity := domain.Entity(fmt.Sprintf("case/k%d", c))
			visit := func(minutes int) string {
				return fmt.Sprintf(`{"unit":"u%d","category":"care","band":%q,"arrived":"%sT08:00:00+01:00","left":"%sT08:%02d:00+01:00"}`, c%units, domain.ServiceBands[step%2], day, day, minutes)
			}
			id := write(domain.TypeVisitPerformed, entity, day, visit(20+(c+step)%30))
			if (c+step)%100 == 0 {
				write(domain.TypeEventCorrected, entity, day, fmt.Sprintf(`{"event":%q,"reason":"wrong","data":%s}`, id, visit(10)))
			}
			if (c+step)%104 == 0 {
				write(domain.TypeFollowUpHeld, entity, day, fmt.Sprintf(`{"follow_up":"f%d","occasion":"annual","held_on":%q,"participants":["person"],"assessments":[{"goal":"g","outcome":"fulfilled"}]}`, step, day))
			}
		}
	}
}

// townTable is a table of so many events, folded without a log.
func townTable(b *testing.B, events int) *Table {
	b.Helper()
	table := newTable("1281")
	town(events, func(e *domain.Event) {
		d := decoded{*e, domain.ShortID(e.ID), ShortHash(e.RecordHash)}
		raw := []byte(nil)
		if e.Entity.Kind() != domain.KindCase {
			var err error
			raw, err = e.Encode()
			require.NoError(b, err)
		}
		require.NoError(b, table.apply(&d, raw))
	})
	return table
}

// BenchmarkLog is what is done with a log of 100 000 events.
func BenchmarkLog(b *testing.B) {
	const events = 100_000
	ctx := context.Background()
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: b.TempDir()})
	require.NoError(b, err)
	defer store.Close()
	log, err := store.CreateLog(ctx, "1281")
	require.NoError(b, err)
	var all []domain.Event
	town(events, func(e *domain.Event) { all = append(all, *e) })
	write(b, log, all)
	all = nil

	b.Run("ColdFold", func(b *testing.B) { benchmarkColdFold(b, store, log, events) })
	table := coldFold(b, log)
	path := filepath.Join(b.TempDir(), "facts")
	b.Run("Save", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, os.RemoveAll(path)) // so that it is written anew, and not found to hold everything
			require.NoError(b, table.Save(path))
		}
		info, err := os.Stat(path)
		require.NoError(b, err)
		b.ReportMetric(float64(info.Size())/events, "file-bytes/event")
	})
	b.Run("Load", func(b *testing.B) {
		for b.Loop() {
			_, err := Load(path, log)
			require.NoError(b, err)
		}
	})
	b.Run("LoadAndFirstAnswer", func(b *testing.B) {
		for b.Loop() {
			loaded, err := Open(ctx, log, path, nil)
			require.NoError(b, err)
			_, err = loaded.Compensation(Query{AsOf: Now})
			require.NoError(b, err)
		}
	})
	b.Run("LoadAndFirstEvent", func(b *testing.B) { // which needs the index
		for b.Loop() {
			loaded, err := Load(path, log)
			require.NoError(b, err)
			loaded.reading()
			loaded.mu.RUnlock()
		}
	})
	b.Run("Trail", func(b *testing.B) { // of a case with some 550 events
		for b.Loop() {
			_, err := table.Trail(ctx, "case/k7", Now)
			require.NoError(b, err)
		}
	})
}

// benchmarkColdFold folds the log beside reading it (which checks every byte against the tree) and beside an ordered consumer that only
// counts.
func benchmarkColdFold(b *testing.B, store *eventstore.Store, log *eventstore.Log, events int) {
	ctx := context.Background()
	js, err := jetstream.New(store.Conn())
	require.NoError(b, err)
	stream, err := js.Stream(ctx, "CARE_"+log.Authority())
	require.NoError(b, err)
	var consumed, read, folded time.Duration
	for b.Loop() {
		runtime.GC()
		began := time.Now()
		consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
		require.NoError(b, err)
		messages, err := consumer.Messages()
		require.NoError(b, err)
		for range events {
			_, err := messages.Next()
			require.NoError(b, err)
		}
		messages.Stop()
		consumed += time.Since(began)

		began = time.Now()
		require.NoError(b, log.Read(ctx, 1, Head, func(eventstore.Event) error { return nil }))
		read += time.Since(began)

		began = time.Now()
		table := NewTable(log)
		require.NoError(b, table.Fold(ctx, Head, nil))
		folded += time.Since(began)
		require.EqualValues(b, events, table.Position())
	}
	rate := func(d time.Duration) float64 { return float64(events) * float64(b.N) / d.Seconds() }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(rate(consumed), "consumer-events/s")
	b.ReportMetric(rate(read), "read-events/s")
	b.ReportMetric(rate(folded), "fold-events/s")
	b.ReportMetric(consumed.Seconds()/folded.Seconds(), "fold/consumer")
	b.ReportMetric(read.Seconds()/folded.Seconds(), "fold/read")
}

// BenchmarkApply is the fold without a log and without decoding.
func BenchmarkApply(b *testing.B) {
	const events = 200_000
	var all []decoded
	town(events, func(e *domain.Event) { all = append(all, decoded{*e, domain.ShortID(e.ID), ShortHash(e.RecordHash)}) })
	for b.Loop() {
		table := newTable("1281")
		for i := range all {
			raw := []byte(nil)
			if err := table.apply(&all[i], raw); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
}

// BenchmarkQuestion answers from a table of a million events.
func BenchmarkQuestion(b *testing.B) {
	const events = 1_000_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := townTable(b, events)
	runtime.GC()
	runtime.ReadMemStats(&after)
	perEvent := float64(after.HeapAlloc-before.HeapAlloc) / events
	head, err := table.Cut(Now)
	require.NoError(b, err)
	period, err := head.Period(0, 0)
	require.NoError(b, err)

	b.Run("CutAtHead", func(b *testing.B) {
		s := table.snapshot()
		for b.Loop() {
			_, err := s.cut(Now)
			require.NoError(b, err)
		}
		b.ReportMetric(perEvent, "table-bytes/event")
	})
	b.Run("CutAsOfSequence", func(b *testing.B) {
		for b.Loop() {
			_, err := table.Cut(AsOf{Sequence: events / 2})
			require.NoError(b, err)
		}
	})
	b.Run("CutAsOfTime", func(b *testing.B) {
		when := time.Unix(0, table.recorded[events/2]).UTC()
		for b.Loop() {
			_, err := table.Cut(AsOf{Time: when})
			require.NoError(b, err)
		}
	})
	b.Run("Prepare", func(b *testing.B) {
		for b.Loop() {
			head.Prepare(period)
		}
	})
	b.Run("Evaluate", func(b *testing.B) {
		p := head.Prepared(period)
		postings := 0
		for b.Loop() {
			sums := compensation.NewAggregate(p, compensation.DefaultFields)
			require.NoError(b, p.Evaluate(head.Adopted, sums.Add))
			postings = sums.Postings
		}
		b.ReportMetric(float64(postings), "postings")
	})
	b.Run("CompensationAtHead", func(b *testing.B) { // again and again, as from a page
		for b.Loop() {
			_, err := table.Compensation(Query{AsOf: Now})
			require.NoError(b, err)
		}
	})
	b.Run("CompensationAsOf", func(b *testing.B) {
		for b.Loop() {
			_, err := table.Compensation(Query{AsOf: AsOf{Sequence: events - 1}})
			require.NoError(b, err)
		}
	})
}
