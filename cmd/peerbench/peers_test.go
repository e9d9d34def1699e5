package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The same history, the same questions, the same answers to the öre.
func TestPeersAgree(t *testing.T) {
	ctx := context.Background()
	dir, err := workDirectory("")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) }) // not t.TempDir: PostgreSQL's user must reach it, by a short path
	binary, err := build(ctx, dir)
	require.NoError(t, err)
	h, err := generate(ctx, binary, dir, 20_000)
	require.NoError(t, err)
	require.InDelta(t, 20_000, h.Records, 2_000)
	_, err = whole(exec.Command(binary, "import", h.Path, "--data", ledgerDir(dir)))
	require.NoError(t, err)
	require.NoError(t, writeParquet(ctx, &h, dir))
	require.NoError(t, makeDuckFacts(ctx, dir))
	present := map[string]bool{"careledger": true, "duckdb": true, "loop": true}
	if _, err := postgresBinaries(); err != nil {
		t.Logf("without PostgreSQL: %v", err)
	} else {
		c, err := startPostgres(ctx, filepath.Join(dir, "postgres"))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.stop()) })
		_, err = prepareTables(ctx, c, &h)
		require.NoError(t, err)
		present["postgres"] = true
	}
	for _, kind := range []Kind{Alternative, TenModels, Sweep, AsOf} {
		q := ask(kind, 1, h.Halfway)
		var first []Row
		for _, c := range contenders() {
			if !present[c.peer] || kind == AsOf && !c.asOf {
				continue
			}
			p, err := c.open(ctx, dir)
			require.NoError(t, err, c.name)
			rows, err := p.Ask(ctx, &q)
			require.NoError(t, err, c.name)
			require.NoError(t, p.Close())
			require.Greater(t, len(rows), 10)
			if first == nil {
				first = rows
			}
			require.Empty(t, differ(first, rows), "%s answers %s otherwise than careledger", c.name, kind)
		}
	}
}
