package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// workDirectory makes a directory for what the benchmark writes, in one that is named or in the system's. The user of PostgreSQL may pass through it.
func workDirectory(in string) (string, error) {
	dir, err := os.MkdirTemp(in, "peerbench-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// moduleRoot is the directory of the module careledger.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "careledger").Output()
	if err != nil {
		return "", fmt.Errorf("find the module careledger (run this in cmd/peerbench): %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// build makes the program careledger in a directory and returns its path.
func build(ctx context.Context, dir string) (string, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "careledger")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/careledger")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build careledger: %w\n%s", err, out)
	}
	return binary, nil
}

// prepared is what making PostgreSQL ready took.
type prepared struct {
	Copy, Index, Tables, Facts           time.Duration
	EventsBytes, TablesBytes, FactsBytes int64
}

// prepareTables loads the history into PostgreSQL: events, normalised tables, facts.
func prepareTables(ctx context.Context, c *cluster, h *History) (p prepared, err error) {
	conn, err := pgx.Connect(ctx, c.dsn())
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, step := range []struct {
		took *time.Duration
		do   func() error
	}{
		{&p.Copy, func() error { return loadEvents(ctx, conn, h) }},
		{&p.Index, func() error { return indexEvents(ctx, conn) }},
		{&p.Tables, func() error { return fillTables(ctx, conn) }},
		{&p.Facts, func() error { return fillFacts(ctx, conn) }},
	} {
		start := time.Now()
		if err := step.do(); err != nil {
			return p, err
		}
		*step.took = time.Since(start)
	}
	for schema, bytes := range map[string]*int64{"events": &p.EventsBytes, "tables": &p.TablesBytes, "facts": &p.FactsBytes} {
		if *bytes, err = schemaBytes(ctx, conn, schema); err != nil {
			return p, err
		}
	}
	return p, nil
}
