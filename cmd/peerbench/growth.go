package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"careledger/eventstore"
)

// growthResults say how careledger's cost grows where the history is that of ten authorities, and where several ask at once.
type growthResults struct {
	one, ten       spread
	alone, crowded served
}

// spread is one history on the logs of so many authorities.
type spread struct {
	records          int
	imported, folded run
	asked            figures // one alternative for each authority, facts on disk, one process after the other
	bytes            int64
}

// served is what processes that ask a serving careledger see.
type served struct {
	seconds figures // until all that ask at once have their answers
	client  int64   // most memory of one that asks, bytes
	server  int64
}

// crowd is how many processes ask at once.
const crowd = 4

// crowds has four processes of each contender ask at once. Those that ask careledger ask one that serves.
func (b *bencher) crowds(ctx context.Context, r *sizeResults, dir string) error {
	for _, c := range r.answers {
		if c.peer == "careledger" {
			if err := b.servedCrowd(ctx, dir); err != nil {
				return err
			}
			continue
		}
		if c.seconds[Alternative].median() > slow.Seconds()/crowd {
			continue // hours for what is known already: two cores
		}
		say("%d processes at once: %s", crowd, c.name)
		seconds, err := b.crowd(ctx, c.contender, dir)
		if err != nil {
			return err
		}
		c.crowd = seconds.median()
	}
	return nil
}

// crowd times how long four workers take that are asked at the same time.
func (b *bencher) crowd(ctx context.Context, c contender, dir string) (seconds figures, err error) {
	var workers []*worker
	defer func() {
		for _, w := range workers {
			err = errors.Join(err, w.stop())
		}
	}()
	for range crowd {
		w, err := startWorker(ctx, c, dir)
		if err != nil {
			return nil, err
		}
		workers = append(workers, w)
	}
	for round := range min(b.rounds, 3) + 1 {
		q := ask(Alternative, 100+round, time.Time{})
		start, errs := time.Now(), make(chan error)
		for _, w := range workers {
			go func() { _, err := w.answer(&q); errs <- err }()
		}
		for range workers {
			err = errors.Join(err, <-errs)
		}
		if err != nil {
			return nil, err
		}
		if round > 0 { // the first opens files
			seconds = append(seconds, time.Since(start).Seconds())
		}
	}
	return seconds, nil
}

// servedCrowd asks a serving careledger by one process, and by four at once.
func (b *bencher) servedCrowd(ctx context.Context, dir string) (err error) {
	say("%d processes at once: careledger serve", crowd)
	data, model := ledgerDir(dir), filepath.Join(dir, "model.yaml")
	s, err := serve(ctx, b.binary, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	g := b.grown()
	for round := range min(b.rounds, 3) + 1 {
		q := ask(Alternative, 200+round, time.Time{})
		if err := os.WriteFile(model, q.Models[0].Document("model"), 0o600); err != nil {
			return err
		}
		for _, asked := range []struct {
			processes int
			into      *served
		}{{1, &g.alone}, {crowd, &g.crowded}} {
			if err := resetPeak(s.process.Process.Pid); err != nil {
				return err
			}
			took, client, err := b.askServed(ctx, asked.processes, data, model)
			if err != nil {
				return err
			}
			held, err := peak(s.process.Process.Pid)
			if err != nil {
				return err
			}
			if round > 0 {
				asked.into.seconds = append(asked.into.seconds, took)
				asked.into.client, asked.into.server = max(asked.into.client, client), max(asked.into.server, held)
			}
		}
	}
	return nil
}

// askServed has so many processes ask a serving careledger at once.
func (b *bencher) askServed(ctx context.Context, processes int, data, model string) (seconds float64, client int64, err error) {
	type outcome struct {
		run
		err error
	}
	start, outcomes := time.Now(), make(chan outcome)
	for range processes {
		go func() {
			r, err := whole(exec.CommandContext(ctx, b.binary, "replay", "--data", data, "--by", "provider,unit,month", "--format", "json", "--model", model))
			outcomes <- outcome{r, err}
		}()
	}
	for range processes {
		o := <-outcomes
		client, err = max(client, o.Peak), errors.Join(err, o.err)
	}
	return time.Since(start).Seconds(), client, err
}

func (b *bencher) grown() *growthResults {
	if b.results.growth == nil {
		b.results.growth = &growthResults{}
	}
	return b.results.growth
}

// authorities compares one log of so many records with ten logs of a tenth each.
func (b *bencher) authorities(ctx context.Context, records int) error {
	g := b.grown()
	var err error
	if g.one, err = b.spread(ctx, records, 1); err != nil {
		return err
	}
	g.ten, err = b.spread(ctx, records, 10)
	return err
}

func (b *bencher) spread(ctx context.Context, records, authorities int) (s spread, err error) {
	say("%d records on the logs of %d authorities", records, authorities)
	dir := filepath.Join(b.work, fmt.Sprintf("authorities-%d", authorities))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return s, err
	}
	if !b.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	var codes []string
	all := filepath.Join(dir, "all.ndjson")
	f, err := os.Create(all)
	if err != nil {
		return s, err
	}
	for i := range authorities {
		code := fmt.Sprintf("99%02d", i+1)
		codes = append(codes, code)
		cmd := exec.CommandContext(ctx, b.binary, "generate", "--preset", "municipality", "--persons", fmt.Sprint(max(1, records/authorities/recordsPerPersonDecad)),
			"--years", fmt.Sprint(years), "--authority", code, "--seed", fmt.Sprint(i+1))
		cmd.Stdout = f
		if _, err := whole(cmd); err != nil {
			return s, err
		}
	}
	if err := f.Close(); err != nil {
		return s, err
	}
	h := History{Path: all}
	about, err := os.Stat(all)
	if err != nil {
		return s, err
	}
	h.Bytes = about.Size()
	if err := h.measure(); err != nil {
		return s, err
	}
	s.records = h.Records
	data := filepath.Join(dir, "ledger")
	if s.imported, err = whole(exec.CommandContext(ctx, b.binary, "import", all, "--data", data)); err != nil {
		return s, err
	}
	if err := os.RemoveAll(filepath.Join(data, "facts")); err != nil {
		return s, err
	}
	q := ask(Alternative, 0, time.Time{})
	model := filepath.Join(dir, "model.yaml")
	if err := os.WriteFile(model, q.Models[0].Document("model"), 0o600); err != nil {
		return s, err
	}
	for round := range min(b.rounds, 3) + 1 { // the first is cold
		took := run{}
		for _, code := range codes {
			r, err := whole(exec.CommandContext(ctx, b.binary, "replay", "--data", data, "--authority", code, "--by", "provider,unit,month", "--format", "json", "--model", model))
			if err != nil {
				return s, err
			}
			took.Seconds, took.Peak = took.Seconds+r.Seconds, max(took.Peak, r.Peak)
		}
		if round == 0 {
			s.folded = took
		} else {
			s.asked = append(s.asked, took.Seconds)
		}
	}
	s.bytes, err = diskBytes(data)
	return s, err
}

// readLog reads the whole log of a ledger, opened for it, and returns how many events it has.
func readLog(ctx context.Context, data string) (n int, err error) {
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: data, Doing: "benchmark"})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	log, err := store.OpenLog(ctx, authority)
	if err != nil {
		return 0, err
	}
	err = log.Read(ctx, 1, log.Head().Sequence, func(eventstore.Event) error { n++; return nil })
	return n, err
}

// readPostgres reads the whole table of events in order.
func readPostgres(ctx context.Context, c *cluster) (n int, seconds float64, err error) {
	conn, err := pgx.Connect(ctx, c.dsn())
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	start := time.Now()
	rows, err := conn.Query(ctx, "SELECT seq, id, entity, version, type, effective, recorded, actor, data FROM events.events ORDER BY seq")
	if err != nil {
		return 0, 0, err
	}
	for rows.Next() {
		rows.RawValues()
		n++
	}
	return n, time.Since(start).Seconds(), rows.Err()
}
