package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hallgren/eventsourcing/aggregate"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"careledger/eventstore"
)

// inFlight is how many callers append at the same time, each waiting until its event is durable before the next.
var inFlight = [...]int{1, 64, 1000}

// appender makes one event after another durable, each of an entity of its own. append may be called from many goroutines; n is new each time.
type appender struct {
	peer, name string
	append     func(ctx context.Context, n int64) error
	close      func() error
}

// appendedRecord is what is appended: the record that opens a case, some 250 bytes.
func appendedRecord(n int64) Record {
	id := strconv.FormatInt(n, 10)
	return Record{
		ID: "b" + id + ".1", Type: "case-opened", Entity: "case/b" + id, Version: 1, Effective: "2025-01-02", Recorded: time.Date(2025, 1, 2, 10, 0, 0, 0, time.UTC), Actor: "care-manager-1",
		Data: fmt.Appendf(nil, `{"person":"p%d","programme":"rehabilitation","inclusion":{"diagnosis_group":"stroke","rehabilitation_potential":true,"needs_expected_to_decrease":true}}`, n),
	}
}

// line is the record as a line of a file.
func (r *Record) line() []byte {
	return fmt.Appendf(nil, `{"id":%q,"type":%q,"authority":%q,"entity":%q,"effective":%q,"recorded":%q,"actor":%q,"data":%s}`,
		r.ID, r.Type, authority, r.Entity, r.Effective, r.Recorded.Format(time.RFC3339), r.Actor, r.Data)
}

// appendsPerSecond lets so many callers append for a while, and returns the appends made durable a second. used counts the events ever appended.
func appendsPerSecond(ctx context.Context, a *appender, callers int, during time.Duration, used *atomic.Int64) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var done atomic.Int64
	errs := make([]error, callers)
	var group sync.WaitGroup
	start := time.Now()
	for i := range callers {
		group.Go(func() {
			for time.Since(start) < during && ctx.Err() == nil {
				if err := a.append(ctx, used.Add(1)); err != nil {
					errs[i] = err
					cancel()
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return 0, fmt.Errorf("%s, %d callers: %w", a.name, callers, err)
		}
	}
	return float64(done.Load()) / took.Seconds(), ctx.Err()
}

// careledgerLog appends to an embedded log in this process: what the ledger writes with, without its rules.
func careledgerLog(ctx context.Context, dir string) (*appender, error) {
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: filepath.Join(dir, "append-log")})
	if err != nil {
		return nil, err
	}
	log, err := store.CreateLog(ctx, authority)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	var deciding sync.Mutex
	return &appender{"careledger", "careledger eventstore, in the process", func(ctx context.Context, n int64) error {
		r := appendedRecord(n)
		deciding.Lock()
		p, err := log.Submit(eventstore.Commit{First: log.Next(), Guards: []eventstore.Guard{{Entity: r.Entity}},
			Messages: []eventstore.Message{{Entity: r.Entity, Type: r.Type, ID: r.ID, Data: r.line()}}})
		deciding.Unlock()
		if err != nil {
			return err
		}
		return p.Wait(ctx)
	}, store.Close}, nil
}

// serving is a careledger serve that the benchmark started.
type serving struct {
	process *exec.Cmd
	url     string
	token   string
}

// serve starts careledger serve on a data directory and waits until it says where it is found.
func serve(ctx context.Context, binary, data string) (*serving, error) {
	s := &serving{process: exec.Command(binary, "serve", "--data", data)}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(10 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var address struct{ URL, Token string }
		if text, err := os.ReadFile(filepath.Join(data, "serve.json")); err == nil && json.Unmarshal(text, &address) == nil && address.URL != "" {
			s.url, s.token = address.URL, address.Token
			return s, nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil || s.process.ProcessState != nil {
			return nil, errors.Join(fmt.Errorf("careledger serve did not start in %s", data), s.stop())
		}
	}
}

func (s *serving) stop() error {
	if err := s.process.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	return s.process.Wait()
}

// careledgerServed appends records through careledger serve: every rule is checked, and the answer comes when the event is durable.
func careledgerServed(ctx context.Context, binary, dir string) (*appender, error) {
	data, parties := filepath.Join(dir, "append-served"), filepath.Join(dir, "parties.ndjson")
	r := appendedRecord(0)
	if err := os.WriteFile(parties, append(r.line(), '\n'), 0o600); err != nil {
		return nil, err
	}
	if _, err := whole(exec.CommandContext(ctx, binary, "import", parties, "--data", data)); err != nil {
		return nil, err
	}
	s, err := serve(ctx, binary, data)
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(s.url, nats.Token(s.token))
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return &appender{"careledger", "careledger serve, records over NATS", func(ctx context.Context, n int64) error {
		r := appendedRecord(n)
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		m, err := conn.RequestWithContext(ctx, "careledger.record", r.line())
		if err != nil {
			return err
		}
		var reply struct {
			Sequence uint64
		}
		if err := json.Unmarshal(m.Data, &reply); err != nil || reply.Sequence == 0 {
			return errors.Join(fmt.Errorf("careledger refused a record: %s", m.Data), err)
		}
		return nil
	}, func() error { conn.Close(); return s.stop() }}, nil
}

const insertAppended = "INSERT INTO appended.%s (id, entity, version, type, effective, recorded, actor, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"

func (r *Record) columns() []any {
	effective, _ := time.Parse(time.DateOnly, r.Effective) // appendedRecord's own
	return []any{r.ID, r.Entity, r.Version, r.Type, effective, r.Recorded, r.Actor, []byte(r.Data)}
}

// appendConnections is how many connections the callers share: more only wait for each other in the server.
const appendConnections = 64

// postgresAppender inserts each event in a transaction of its own.
func postgresAppender(ctx context.Context, c *cluster) (*appender, error) {
	config, err := pgxpool.ParseConfig(c.dsn())
	if err != nil {
		return nil, err
	}
	config.MaxConns = appendConnections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS appended; CREATE TABLE appended.one_by_one "+eventsTable); err != nil {
		return nil, err
	}
	insert := fmt.Sprintf(insertAppended, "one_by_one")
	return &appender{"postgres", "PostgreSQL, a transaction each", func(ctx context.Context, n int64) error {
		r := appendedRecord(n)
		_, err := pool.Exec(ctx, insert, r.columns()...)
		return err
	}, func() error { pool.Close(); return nil }}, nil
}

// postgresCollected has the application gather the inserts of all who wait, and make them durable in one transaction, as a team would write
// it that needs more than a transaction each gives. One insert that is refused refuses those that it was gathered with.
func postgresCollected(ctx context.Context, c *cluster) (*appender, error) {
	conn, err := pgx.Connect(ctx, c.dsn())
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS appended; CREATE TABLE appended.collected "+eventsTable); err != nil {
		return nil, err
	}
	insert := fmt.Sprintf(insertAppended, "collected")
	type waiting struct {
		record Record
		done   chan error
	}
	queue, closed := make(chan waiting, 1000), make(chan error, 1)
	go func() {
		for first := range queue {
			all := []waiting{first}
			batch := &pgx.Batch{}
			batch.Queue(insert, first.record.columns()...)
			for gathering := true; gathering && len(all) < 1000; {
				select {
				case next, open := <-queue:
					if gathering = open; open {
						all = append(all, next)
						batch.Queue(insert, next.record.columns()...)
					}
				default:
					gathering = false
				}
			}
			err := conn.SendBatch(context.Background(), batch).Close() // one implicit transaction
			for _, w := range all {
				w.done <- err
			}
		}
		closed <- conn.Close(context.Background())
	}()
	return &appender{"postgres", "PostgreSQL, callers collected into transactions by the application", func(ctx context.Context, n int64) error {
		w := waiting{appendedRecord(n), make(chan error, 1)}
		queue <- w
		return <-w.done
	}, func() error { close(queue); return <-closed }}, nil
}

// libraryAppender saves each event through hallgren/eventsourcing.
func libraryAppender(dir string) (*appender, error) {
	aggregate.Register(&caseFile{})
	store, err := openBolt(filepath.Join(dir, "append.bolt"))
	if err != nil {
		return nil, err
	}
	store.grouped = true
	store.db.MaxBatchDelay = time.Millisecond
	return &appender{"library", "hallgren/eventsourcing on bbolt", func(_ context.Context, n int64) error {
		r := appendedRecord(n)
		c := &caseFile{}
		if err := c.SetID(r.Entity); err != nil {
			return err
		}
		aggregate.TrackChange(c, recordedOf(&r))
		return aggregate.Save(store, c)
	}, store.db.Close}, nil
}
