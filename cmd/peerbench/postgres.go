package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresSettings are those of a database that has a machine of this size mostly for itself and answers heavy questions; all that keeps
// data safe is left on.
var postgresSettings = map[string]string{
	"shared_buffers": "1GB", "effective_cache_size": "6GB", "work_mem": "256MB", "maintenance_work_mem": "512MB",
	"max_parallel_workers_per_gather": "2", "max_parallel_maintenance_workers": "2", "random_page_cost": "1.1",
	"max_wal_size": "4GB", "checkpoint_timeout": "15min", "max_connections": "210",
	"jit":   "off", // compiling these statements takes longer than it saves
	"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
}

// cluster is a PostgreSQL server that the benchmark started, in a directory of its own.
type cluster struct {
	dir     string
	process *exec.Cmd
}

// errNoPostgres says why there is no PostgreSQL to compare with.
var errNoPostgres = errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql)")

// postgresBinaries returns the directory of initdb and postgres: that of Debian's newest version, or that of the path.
func postgresBinaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errNoPostgres
	}
	return filepath.Dir(path), nil
}

// startPostgres makes a database cluster in dir and serves it on a socket there. PostgreSQL refuses to run as root, so root runs it as the user
// postgres of Debian's package.
func startPostgres(ctx context.Context, dir string) (*cluster, error) {
	bin, err := postgresBinaries()
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var as *syscall.SysProcAttr
	if os.Getuid() == 0 {
		if as, err = ownedByPostgres(dir); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
	initdb.SysProcAttr, initdb.Dir = as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	args := []string{"-D", data, "-k", dir, "-c", "listen_addresses="}
	for k, v := range postgresSettings {
		args = append(args, "-c", k+"="+v)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the server has its own
	c.process = exec.Command(filepath.Join(bin, "postgres"), args...)
	c.process.SysProcAttr, c.process.Dir, c.process.Stdout, c.process.Stderr = as, dir, log, log
	if err := c.process.Start(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.dsn())
		if err == nil {
			return c, conn.Close(ctx)
		}
		if ctx.Err() != nil {
			text, _ := os.ReadFile(log.Name())
			return nil, errors.Join(fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, text), c.stop())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// ownedByPostgres gives the directory to the user postgres and lets it be reached, and returns how to run as that user.
func ownedByPostgres(dir string) (*syscall.SysProcAttr, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres to run it as: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, int(uid), int(gid))
}

// dsn is where clients connect: a socket, which is faster than TCP.
func (c *cluster) dsn() string { return postgresDSN(c.dir) }

func postgresDSN(dir string) string {
	return "host=" + dir + " user=postgres dbname=postgres sslmode=disable"
}

// stop ends the server and waits for it.
func (c *cluster) stop() error {
	if err := c.process.Process.Signal(syscall.SIGINT); err != nil { // fast shutdown
		return err
	}
	return c.process.Wait()
}

// postgres answers from a PostgreSQL server.
type postgres struct {
	conn *pgx.Conn
	from source
}

// noNestedLoops is set where events are asked: PostgreSQL has no statistics of what is inside the JSON, takes thousands of rows for one, and would
// compare each with each.
const noNestedLoops = "SET enable_nestloop = off"

// openPostgres connects. The tables and the facts are in schemas of their own, so that one server holds all.
func openPostgres(ctx context.Context, dir string, from source) (*postgres, error) {
	conn, err := pgx.Connect(ctx, postgresDSN(dir))
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, "SET search_path = "+string(from)+", public")
	if err == nil && from == fromEvents {
		_, err = conn.Exec(ctx, noNestedLoops)
	}
	return &postgres{conn, from}, err
}

// Ask implements Peer.
func (p *postgres) Ask(ctx context.Context, q *Question) ([]Row, error) {
	text, err := dialect{}.question(p.from, q)
	if err != nil {
		return nil, err
	}
	all, err := p.conn.Query(ctx, text, pgx.QueryExecModeExec)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	return pgx.CollectRows(all, func(row pgx.CollectableRow) (r Row, err error) {
		return r, row.Scan(&r.Model, &r.Provider, &r.Unit, &r.Month, &r.Ore)
	})
}

// Close implements Peer.
func (p *postgres) Close() error { return p.conn.Close(context.Background()) }

// eventsTable is a table of events as an event-sourced application keeps them: the guards are its unique keys.
const eventsTable = `(
	seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, entity text NOT NULL, version int NOT NULL, type text NOT NULL,
	effective date NOT NULL, recorded timestamptz NOT NULL, actor text NOT NULL, data jsonb NOT NULL, UNIQUE (entity, version))`

// loadEvents copies the records into the table of events, its keys in place, in one transaction.
func loadEvents(ctx context.Context, conn *pgx.Conn, h *History) error {
	if _, err := conn.Exec(ctx, "CREATE SCHEMA events; CREATE TABLE events.events "+eventsTable); err != nil {
		return err
	}
	rows, read := make(chan []any, 1024), make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(rows)
		read <- h.each(func(r *Record) error {
			effective, err := time.Parse(time.DateOnly, r.Effective)
			if err != nil {
				return fmt.Errorf("record %s: %w", r.ID, err)
			}
			select {
			case rows <- []any{r.ID, r.Entity, r.Version, r.Type, effective, r.Recorded, r.Actor, []byte(r.Data)}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	_, err := conn.CopyFrom(ctx, pgx.Identifier{"events", "events"}, []string{"id", "entity", "version", "type", "effective", "recorded", "actor", "data"},
		pgx.CopyFromFunc(func() ([]any, error) { return <-rows, nil })) // nil is the end
	cancel()
	if readErr := <-read; err == nil && readErr != nil {
		err = readErr
	}
	if err != nil {
		return fmt.Errorf("copying the events into PostgreSQL: %w", err)
	}
	return nil
}

// indexEvents makes the index that questions need beside the keys, and the statistics.
func indexEvents(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "CREATE INDEX ON events.events (type, seq)"); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "VACUUM ANALYZE events.events")
	return err
}

// fillTables makes the normalised tables from the events.
func fillTables(ctx context.Context, conn *pgx.Conn) error {
	known, err := dialect{}.statement("known.sql", nil)
	if err != nil {
		return err
	}
	create, err := dialect{}.statement("tables.sql", nil)
	if err != nil {
		return err
	}
	fill, err := dialect{}.statement("fill_tables.sql", nil)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, noNestedLoops+`; CREATE SCHEMA tables; SET search_path = tables, events;
		CREATE TEMP VIEW known_event AS `+known+` one AS (SELECT 1) SELECT seq, entity, type, data FROM known;`+create+fill)
	if err != nil {
		return fmt.Errorf("filling PostgreSQL's tables: %w", err)
	}
	return vacuum(ctx, conn, "tables", "visit", "time_report", "decision", "change", "ended", "goal", "review", "unit", "provider", "care_case")
}

// fillFacts makes the tables of facts from the events.
func fillFacts(ctx context.Context, conn *pgx.Conn) error {
	facts, err := dialect{}.makeFacts()
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, noNestedLoops+"; CREATE SCHEMA facts; SET search_path = facts, events; "+facts); err != nil {
		return fmt.Errorf("making PostgreSQL's facts: %w", err)
	}
	return vacuum(ctx, conn, "facts", "fact_minutes", "fact_goal", "fact_unit")
}

// vacuum makes statistics, and the visibility that lets an index answer alone.
func vacuum(ctx context.Context, conn *pgx.Conn, schema string, tables ...string) error {
	_, err := conn.Exec(ctx, "VACUUM ANALYZE "+schema+"."+strings.Join(tables, ", "+schema+"."))
	return err
}

// schemaBytes is what a schema's tables take on disk, indexes included.
func schemaBytes(ctx context.Context, conn *pgx.Conn, schema string) (bytes int64, err error) {
	err = conn.QueryRow(ctx, `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind = 'r'`, schema).Scan(&bytes)
	return bytes, err
}
