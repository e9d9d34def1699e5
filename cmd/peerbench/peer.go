package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Peer answers questions over the history.
type Peer interface {
	Ask(ctx context.Context, q *Question) ([]Row, error)
	Close() error
}

// contender is a peer with one way of keeping the history.
type contender struct {
	peer string // "careledger", "postgres", "duckdb" or "loop": what --only names
	name string // as the tables of results say it
	from source
	asOf bool // can be asked what was known at a time
	open func(ctx context.Context, dir string) (Peer, error)
}

// contenders are all, in the order of the tables.
func contenders() []contender {
	duckdb := func(from source) func(context.Context, string) (Peer, error) {
		return func(_ context.Context, dir string) (Peer, error) { return openDuck(dir, from) }
	}
	pg := func(from source) func(context.Context, string) (Peer, error) {
		return func(ctx context.Context, dir string) (Peer, error) {
			return openPostgres(ctx, filepath.Join(dir, "postgres"), from)
		}
	}
	return []contender{
		{"careledger", "careledger, facts open", fromFacts, true, func(ctx context.Context, dir string) (Peer, error) { return openOurs(ctx, ledgerDir(dir), authority) }},
		{"loop", "plain Go loop over columns, one core", fromFacts, false, func(_ context.Context, dir string) (Peer, error) { return openLoop(dir) }},
		{"duckdb", "DuckDB, tables of facts", fromFacts, false, duckdb(fromFacts)},
		{"duckdb", "DuckDB, Parquet of events", fromEvents, true, duckdb(fromEvents)},
		{"postgres", "PostgreSQL, tables of facts", fromFacts, false, pg(fromFacts)},
		{"postgres", "PostgreSQL, normalised tables", fromTables, false, pg(fromTables)},
		{"postgres", "PostgreSQL, events in JSONB", fromEvents, true, pg(fromEvents)},
	}
}

// reply is what a worker process answers to a question.
type reply struct {
	Seconds float64 // opening too, in the first reply, which answers no question
	Rows    []Row
	Error   string
}

// work is a worker process: it opens the contender of a name and answers the questions on its standard input, one JSON document each, until that
// ends. Each contender has a process of its own, so that its memory is its own.
func work(ctx context.Context, name, dir string, in io.Reader, out io.Writer) error {
	answers := json.NewEncoder(out)
	for _, c := range contenders() {
		if c.name != name {
			continue
		}
		start := time.Now()
		p, err := c.open(ctx, dir)
		if err != nil {
			return errors.Join(err, answers.Encode(reply{Error: err.Error()}))
		}
		if err := answers.Encode(reply{Seconds: time.Since(start).Seconds()}); err != nil {
			return err
		}
		questions := json.NewDecoder(in)
		for {
			var q Question
			if err := questions.Decode(&q); err == io.EOF {
				return p.Close()
			} else if err != nil {
				return err
			}
			var r reply
			start := time.Now()
			r.Rows, err = p.Ask(ctx, &q)
			r.Seconds = time.Since(start).Seconds()
			if err != nil {
				r.Error = err.Error()
			}
			if err := answers.Encode(r); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("no contender is called %q", name)
}

// worker is a worker process, seen from the benchmark.
type worker struct {
	contender
	opened  float64 // seconds
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
	ask     *json.Encoder
}

// startWorker starts this program again as a worker.
func startWorker(ctx context.Context, c contender, dir string) (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &worker{contender: c, process: exec.CommandContext(ctx, self, "-worker", c.name, "-dir", dir)}
	w.process.Stderr = os.Stderr
	if w.in, err = w.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.ask, w.out = json.NewEncoder(w.in), json.NewDecoder(out)
	if err := w.process.Start(); err != nil {
		return nil, err
	}
	r, err := w.receive()
	if err != nil {
		return nil, errors.Join(err, w.stop())
	}
	w.opened = r.Seconds
	return w, nil
}

func (w *worker) receive() (r reply, err error) {
	if err := w.out.Decode(&r); err != nil {
		return r, fmt.Errorf("%s: the worker ended: %w", w.name, err)
	}
	if r.Error != "" {
		return r, fmt.Errorf("%s: %s", w.name, r.Error)
	}
	return r, nil
}

// answer asks the worker a question.
func (w *worker) answer(q *Question) (reply, error) {
	if err := w.ask.Encode(q); err != nil {
		return reply{}, fmt.Errorf("%s: %w", w.name, err)
	}
	return w.receive()
}

// stop ends the worker and waits for it.
func (w *worker) stop() error {
	if err := w.in.Close(); err != nil {
		return err
	}
	if err := w.process.Wait(); err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	return nil
}
