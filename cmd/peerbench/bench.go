package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"
)

// figures are the measurements of one thing, in seconds.
type figures []float64

func (f figures) median() float64 {
	if len(f) == 0 {
		return 0
	}
	s := slices.Clone(f)
	slices.Sort(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// results are everything that was measured.
type results struct {
	machine string
	sizes   []*sizeResults
	appends []appendResult
	growth  *growthResults
	rounds  int
	left    []string
}

// sizeResults are those of one size of the history.
type sizeResults struct {
	history  History
	logged   int // events on careledger's log: the records and the premiums it awarded
	answers  []*contenderResult
	steps    []stepResult
	growing  bool // measured only for how cost grows
	sum      string
	rowCount int
}

// contenderResult is how one contender answered.
type contenderResult struct {
	contender
	opened, first float64 // seconds
	seconds       map[Kind]figures
	peak          int64   // bytes of memory, the whole process, while it answered one alternative
	server        int64   // of the server's processes, where there is one
	crowd         float64 // seconds until four processes that ask at once all have their answers
}

// stepResult is a whole process or a load, in events a second.
type stepResult struct {
	what    string
	events  int
	seconds figures
	peak    int64   // 0: not a process of its own
	disk    float64 // bytes an event of what it leaves on disk, 0: nothing
}

type appendResult struct {
	name      string
	perSecond [len(inFlight)]figures
}

// bencher is one run of the benchmark.
type bencher struct {
	*options
	work, binary string
	results      *results
}

// bench measures what the options ask for.
func bench(ctx context.Context, o *options) (_ *results, err error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	b := &bencher{options: o, results: &results{machine: machine(root), rounds: o.rounds}}
	if b.work, err = workDirectory(o.dir); err != nil {
		return nil, err
	}
	if !o.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(b.work)) }()
	}
	say("building careledger; working in %s", b.work)
	if b.binary, err = build(ctx, b.work); err != nil {
		return nil, err
	}
	if _, err := postgresBinaries(); err != nil && o.runs("postgres") {
		b.results.left = append(b.results.left, "PostgreSQL: "+err.Error())
	}
	if o.runs("questions") || o.runs("processes") || o.runs("growth") {
		if err := b.allSizes(ctx); err != nil {
			return nil, err
		}
	}
	if o.runs("growth") && o.runs("careledger") {
		if err := b.authorities(ctx, o.sizes[0]); err != nil {
			return nil, err
		}
	}
	if o.runs("appends") {
		if err := b.appends(ctx); err != nil {
			return nil, err
		}
	}
	return b.results, nil
}

// allSizes measures each size, and one of a tenth of the smallest to see how cost grows.
func (b *bencher) allSizes(ctx context.Context) error {
	if b.runs("growth") {
		if err := b.size(ctx, b.sizes[0]/10, true); err != nil {
			return err
		}
	}
	for _, records := range b.sizes {
		if err := b.size(ctx, records, false); err != nil {
			return err
		}
	}
	return nil
}

// has says whether a peer is asked for and installed.
func (b *bencher) has(peer string) bool {
	if peer == "postgres" {
		if _, err := postgresBinaries(); err != nil {
			return false
		}
	}
	return b.runs(peer)
}

// size generates a history, has every peer take it up, and asks.
func (b *bencher) size(ctx context.Context, records int, growing bool) (err error) {
	dir := filepath.Join(b.work, fmt.Sprint(records))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if !b.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	r := &sizeResults{growing: growing}
	b.results.sizes = append(b.results.sizes, r)
	say("generating about %d records", records)
	if r.history, err = generate(ctx, b.binary, dir, records); err != nil {
		return err
	}
	var server *cluster
	if b.has("postgres") {
		if server, err = startPostgres(ctx, filepath.Join(dir, "postgres")); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.stop()) }()
	}
	if err := b.load(ctx, r, dir, server); err != nil {
		return err
	}
	if b.runs("processes") && b.has("careledger") {
		if err := b.processes(ctx, r, dir, growing); err != nil {
			return err
		}
	}
	if !b.runs("questions") && !b.runs("growth") {
		return nil
	}
	if err := b.questions(ctx, r, dir, server); err != nil {
		return err
	}
	if b.runs("growth") && !growing {
		return b.crowds(ctx, r, dir)
	}
	return nil
}

// load has every peer take up the history, and reads it whole where a peer keeps events.
func (b *bencher) load(ctx context.Context, r *sizeResults, dir string, server *cluster) error {
	if b.has("careledger") {
		say("careledger import")
		took, err := whole(exec.CommandContext(ctx, b.binary, "import", r.history.Path, "--data", ledgerDir(dir)))
		if err != nil {
			return err
		}
		if err := r.step("careledger import: every rule checked, durable", r.history.Records, took, ledgerDir(dir)); err != nil {
			return err
		}
		took, logged, err := step(ctx, "log-read", dir)
		if err != nil {
			return err
		}
		r.logged = logged
		if err := r.step("careledger: log opened and read whole in order, each event checked against the tree", logged, took, ""); err != nil {
			return err
		}
	}
	if server != nil {
		if err := b.loadPostgres(ctx, r, server); err != nil {
			return err
		}
	}
	type loading struct{ name, what, leaves string }
	var steps []loading
	if b.has("duckdb") || b.has("loop") {
		steps = append(steps, loading{"parquet", "DuckDB: Parquet of the events from NDJSON (zstd)", eventsFile(dir)},
			loading{"facts", "DuckDB: tables of facts from Parquet", factsFile(dir)})
	}
	library := filepath.Join(dir, libraryFile)
	if b.has("library") && r.history.Records <= libraryRecordsMax {
		steps = append(steps, loading{"library-load", "hallgren/eventsourcing on bbolt: saved in batches of 10 000, synced once", library},
			loading{"library-read", "hallgren/eventsourcing on bbolt: read whole in order by a projection", ""})
	}
	for _, s := range steps {
		say("%s", s.what)
		took, read, err := step(ctx, s.name, dir)
		if err == nil && read != 0 && read != r.history.Records {
			err = fmt.Errorf("%s: %d events of %d", s.what, read, r.history.Records)
		}
		if err != nil {
			return err
		}
		if err := r.step(s.what, r.history.Records, took, s.leaves); err != nil {
			return err
		}
	}
	return os.RemoveAll(library)
}

// step notes what a step took, and what it leaves on disk.
func (r *sizeResults) step(what string, events int, took run, leaves string) error {
	s := stepResult{what: what, events: events, seconds: figures{took.Seconds}, peak: took.Peak}
	if leaves != "" {
		bytes, err := diskBytes(leaves)
		if err != nil {
			return err
		}
		s.disk = float64(bytes) / float64(events)
	}
	r.steps = append(r.steps, s)
	return nil
}

// libraryRecordsMax bounds what the library is given: its store takes gigabytes for a million events.
const libraryRecordsMax = 1_200_000

// loadPostgres loads PostgreSQL and reads its events whole.
func (b *bencher) loadPostgres(ctx context.Context, r *sizeResults, server *cluster) error {
	n := r.history.Records
	say("loading PostgreSQL")
	p, err := prepareTables(ctx, server, &r.history)
	if err != nil {
		return err
	}
	per := func(bytes int64) float64 { return float64(bytes) / float64(n) }
	say("reading PostgreSQL's events")
	read, took, err := readPostgres(ctx, server)
	if err == nil && read != n {
		err = fmt.Errorf("PostgreSQL holds %d events of %d", read, n)
	}
	r.steps = append(r.steps,
		stepResult{what: "PostgreSQL: COPY into the table of events with its unique keys", events: n, seconds: figures{p.Copy.Seconds()}, disk: per(p.EventsBytes)},
		stepResult{what: "PostgreSQL: the whole table of events read in order", events: n, seconds: figures{took}},
		stepResult{what: "PostgreSQL: normalised tables and indexes from the events", events: n, seconds: figures{p.Tables.Seconds()}, disk: per(p.TablesBytes)},
		stepResult{what: "PostgreSQL: tables of facts from the events", events: n, seconds: figures{p.Facts.Seconds()}, disk: per(p.FactsBytes)})
	return err
}

// processes measures careledger as whole processes, from the start of one to its end.
func (b *bencher) processes(ctx context.Context, r *sizeResults, dir string, growing bool) error {
	q := ask(Alternative, 0, time.Time{})
	model := filepath.Join(dir, "model.yaml")
	if err := os.WriteFile(model, q.Models[0].Document("model"), 0o600); err != nil {
		return err
	}
	data := ledgerDir(dir)
	replay := []string{"replay", "--data", data, "--by", "provider,unit,month", "--format", "json"}
	sweep := []string{"replay", "--data", data, "--by", "provider,policy", "--format", "json", "--sweep", policyID + ".hourly_rate.care/external=300..399:1"}
	for _, process := range []struct {
		what string
		cold bool
		runs int
		args []string
	}{
		{"careledger replay, cold: log opened, facts folded and saved, one alternative", true, 3, append(replay, "--model", model)},
		{"careledger replay, facts on disk: opened, one alternative", false, b.rounds, append(replay, "--model", model)},
		{"careledger replay, facts on disk: opened, a 100-step sweep", false, b.rounds, sweep},
	} {
		if growing && !process.cold {
			process.runs = min(process.runs, 3)
		}
		s := stepResult{what: process.what, events: r.logged}
		for range process.runs {
			if process.cold {
				if err := os.RemoveAll(filepath.Join(data, "facts")); err != nil {
					return err
				}
			}
			say("%s", process.what)
			took, err := whole(exec.CommandContext(ctx, b.binary, process.args...))
			if err != nil {
				return err
			}
			s.seconds, s.peak = append(s.seconds, took.Seconds), max(s.peak, took.Peak)
		}
		if process.cold {
			bytes, err := diskBytes(filepath.Join(data, "facts"))
			if err != nil {
				return err
			}
			s.disk = float64(bytes) / float64(r.logged)
		}
		r.steps = append(r.steps, s)
	}
	return nil
}

// slow is how long one contender may take over one kind of question before its further rounds are left out.
const slow = 90 * time.Second

// questions asks every contender every question, in turns.
func (b *bencher) questions(ctx context.Context, r *sizeResults, dir string, server *cluster) (err error) {
	var workers []*worker
	defer func() {
		for _, w := range workers {
			err = errors.Join(err, w.stop())
		}
	}()
	for _, c := range contenders() {
		if !b.has(c.peer) {
			continue
		}
		say("opening: %s", c.name)
		w, err := startWorker(ctx, c, dir)
		if err != nil {
			return err
		}
		workers = append(workers, w)
		r.answers = append(r.answers, &contenderResult{contender: c, opened: w.opened, seconds: map[Kind]figures{}})
	}
	kinds := []Kind{Alternative, TenModels, Sweep, AsOf}
	if r.growing {
		kinds = kinds[:1]
	}
	for round := range b.rounds + 1 { // the first warms up, and is the first answer of a process
		for _, kind := range kinds {
			if err := b.ask(r, workers, kind, round); err != nil {
				return err
			}
		}
	}
	return b.memory(r, workers, server)
}

// ask has the workers answer one question after the other, another one first each round, and compares their answers.
func (b *bencher) ask(r *sizeResults, workers []*worker, kind Kind, round int) error {
	q := ask(kind, round, r.history.Halfway)
	var reference []Row
	referee := ""
	for i := range workers {
		at := (i + round) % len(workers)
		w, result := workers[at], r.answers[at]
		spent := 0.0
		for _, s := range result.seconds[kind] {
			spent += s
		}
		if kind == AsOf && !w.asOf || spent > slow.Seconds() {
			continue
		}
		say("round %d, %s: %s", round, kind, w.name)
		answer, err := w.answer(&q)
		if err != nil {
			return err
		}
		if len(answer.Rows) == 0 {
			return fmt.Errorf("%s answers %s with no rows", w.name, kind)
		}
		if reference == nil {
			reference, referee = answer.Rows, w.name
			if kind == Alternative {
				r.sum, r.rowCount = total(reference), len(reference)
			}
		} else if difference := differ(reference, answer.Rows); difference != "" {
			return fmt.Errorf("%s and %s answer %s differently: %s", referee, w.name, kind, difference)
		}
		if round == 0 && kind == Alternative {
			result.first = answer.Seconds
		}
		if round > 0 || answer.Seconds > slow.Seconds()/3 { // the first round counts where there will be few
			result.seconds[kind] = append(result.seconds[kind], answer.Seconds)
		}
	}
	return nil
}

// memory asks every contender one alternative more, alone, and notes how much memory it took.
func (b *bencher) memory(r *sizeResults, workers []*worker, server *cluster) error {
	q := ask(Alternative, b.rounds+1, time.Time{})
	for i, w := range workers {
		pid := w.process.Process.Pid
		if err := resetPeak(pid); err != nil {
			return err
		}
		stop := func() int64 { return 0 }
		if w.peer == "postgres" {
			stop = watch(server.process.Process.Pid)
		}
		_, err := w.answer(&q)
		r.answers[i].server = stop()
		if err != nil {
			return err
		}
		if r.answers[i].peak, err = peak(pid); err != nil {
			return err
		}
	}
	return nil
}

// appends measures durable appends of single events.
func (b *bencher) appends(ctx context.Context) (err error) {
	var appenders []*appender
	defer func() {
		for _, a := range appenders {
			err = errors.Join(err, a.close())
		}
	}()
	dir := filepath.Join(b.work, "appends")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	var makers []func() (*appender, error)
	if b.has("careledger") {
		makers = append(makers, func() (*appender, error) { return careledgerLog(ctx, dir) }, func() (*appender, error) { return careledgerServed(ctx, b.binary, dir) })
	}
	if b.has("postgres") {
		server, err := startPostgres(ctx, filepath.Join(dir, "postgres"))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.stop()) }()
		makers = append(makers, func() (*appender, error) { return postgresAppender(ctx, server) }, func() (*appender, error) { return postgresCollected(ctx, server) })
	}
	if b.has("library") {
		makers = append(makers, func() (*appender, error) { return libraryAppender(dir) })
	}
	for _, open := range makers {
		a, err := open()
		if err != nil {
			return err
		}
		appenders = append(appenders, a)
		b.results.appends = append(b.results.appends, appendResult{name: a.name})
	}
	var used atomic.Int64
	for round := range b.rounds {
		for level, callers := range inFlight {
			for i := range appenders {
				at := (i + round) % len(appenders)
				say("round %d, %d in flight: %s", round+1, callers, appenders[at].name)
				rate, err := appendsPerSecond(ctx, appenders[at], callers, b.during, &used)
				if err != nil {
					return err
				}
				all := &b.results.appends[at].perSecond[level]
				*all = append(*all, rate)
			}
		}
	}
	return nil
}
