package main

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // the driver "duckdb"
)

// duck answers from DuckDB in this process: from a Parquet file of the events, or from tables of facts in a database file.
type duck struct {
	db   *sql.DB
	from source
}

func eventsFile(dir string) string  { return filepath.Join(dir, "events.parquet") }
func factsFile(dir string) string   { return filepath.Join(dir, "facts.duckdb") }
func columnsFile(dir string) string { return filepath.Join(dir, "columns.bin") }

func openDuck(dir string, from source) (*duck, error) {
	if from == fromFacts {
		db, err := sql.Open("duckdb", factsFile(dir)+"?access_mode=read_only") // so that several processes can read at once
		return &duck{db, from}, err
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	_, err = db.Exec("CREATE VIEW events AS SELECT seq, id, entity, type, recorded, data FROM read_parquet(" + quote(eventsFile(dir)) + ")")
	return &duck{db, from}, err
}

// Ask implements Peer.
func (d *duck) Ask(ctx context.Context, q *Question) (rows []Row, err error) {
	text, err := dialect{DuckDB: true}.question(d.from, q)
	if err != nil {
		return nil, err
	}
	all, err := d.db.QueryContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("DuckDB: %w", err)
	}
	defer func() { err = errors.Join(err, all.Close()) }()
	for all.Next() {
		var r Row
		if err := all.Scan(&r.Model, &r.Provider, &r.Unit, &r.Month, &r.Ore); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, all.Err()
}

// Close implements Peer.
func (d *duck) Close() error { return d.db.Close() }

// writeParquet writes the records as a Parquet file of events, in the order of the file. The data stays JSON, as it was recorded.
func writeParquet(ctx context.Context, h *History, dir string) (err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, `COPY (
		SELECT row_number() OVER () AS seq, id, type, entity, effective, recorded, actor, data
		FROM read_json(`+quote(h.Path)+`, format = 'newline_delimited', maximum_object_size = 16777216,
			columns = {id: 'VARCHAR', type: 'VARCHAR', entity: 'VARCHAR', effective: 'DATE', recorded: 'TIMESTAMPTZ', actor: 'VARCHAR', data: 'JSON'})
	) TO `+quote(eventsFile(dir))+` (FORMAT parquet, COMPRESSION zstd)`)
	return err
}

// makeDuckFacts folds the events into tables of facts, and writes the same columns for the plain loop.
func makeDuckFacts(ctx context.Context, dir string) (err error) {
	db, err := sql.Open("duckdb", factsFile(dir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err = db.ExecContext(ctx, "CREATE TEMP VIEW events AS SELECT seq, id, entity, type, recorded, data FROM read_parquet("+quote(eventsFile(dir))+")"); err != nil {
		return err
	}
	facts, err := dialect{DuckDB: true}.makeFacts()
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, facts); err != nil {
		return fmt.Errorf("making DuckDB's facts: %w", err)
	}
	return writeColumns(ctx, db, columnsFile(dir))
}

// writeColumns writes the facts as the columns that the plain loop reads: see loop.
func writeColumns(ctx context.Context, db *sql.DB, path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var units strings.Builder
	rows, err := db.QueryContext(ctx, "SELECT name, provider, regime FROM fact_unit ORDER BY unit")
	if err != nil {
		return err
	}
	for rows.Next() {
		var name, provider, regime string
		if err := rows.Scan(&name, &provider, &regime); err != nil {
			return err
		}
		fmt.Fprintln(&units, name, provider, regime)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := writeColumn(f, []byte(units.String())); err != nil {
		return err
	}
	const monthNumber = "((year(month) - 1970) * 12 + month(month) - 1)::usmallint"
	err = errors.Join(
		copyColumn[uint8](ctx, db, f, "SELECT (unit - 1)::utinyint FROM fact_minutes ORDER BY rowid"),
		copyColumn[uint8](ctx, db, f, "SELECT (category = 'service')::utinyint FROM fact_minutes ORDER BY rowid"),
		copyColumn[uint16](ctx, db, f, "SELECT "+monthNumber+" FROM fact_minutes ORDER BY rowid"),
		copyColumn[int32](ctx, db, f, "SELECT minutes FROM fact_minutes ORDER BY rowid"),
		copyColumn[uint8](ctx, db, f, "SELECT (unit - 1)::utinyint FROM fact_goal ORDER BY rowid"),
		copyColumn[uint8](ctx, db, f, "SELECT (outcome = 'partly')::utinyint FROM fact_goal ORDER BY rowid"),
		copyColumn[uint16](ctx, db, f, "SELECT "+monthNumber+" FROM fact_goal ORDER BY rowid"))
	return err
}

// copyColumn writes the values of a query of one column.
func copyColumn[T uint8 | uint16 | int32](ctx context.Context, db *sql.DB, f *os.File, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	var column []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return err
		}
		column = append(column, v)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return writeColumn(f, column)
}

// writeColumn writes how many values there are, and the values, little endian.
func writeColumn[T uint8 | uint16 | int32](f *os.File, column []T) error {
	if err := binary.Write(f, binary.LittleEndian, uint64(len(column))); err != nil {
		return err
	}
	return binary.Write(f, binary.LittleEndian, column)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
