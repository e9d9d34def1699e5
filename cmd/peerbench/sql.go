package main

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// dialect is what differs between the databases in the statements of sql/.
type dialect struct{ DuckDB bool }

// statement fills in a file of sql/.
func (d dialect) statement(file string, values map[string]any) (string, error) {
	text, err := sqlFiles.ReadFile("sql/" + file)
	if err != nil {
		return "", err
	}
	t, err := template.New(file).Parse(string(text))
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	all := map[string]any{"DuckDB": d.DuckDB, "AsOf": "TIMESTAMPTZ 'infinity'", "Once": "NOT MATERIALIZED", "Div": "/"} // PostgreSQL finds the events of a type by an index
	if d.DuckDB {
		all["Once"], all["Div"] = "MATERIALIZED", "//" // DuckDB reads the file, and its / gives a binary fraction
	}
	for k, v := range values {
		all[k] = v
	}
	var b strings.Builder
	if err := t.Execute(&b, all); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return b.String(), nil
}

// source is what a database answers from.
type source string

// The sources: events as they were recorded, rows of tables, or facts made ready.
const (
	fromEvents source = "events"
	fromTables source = "tables"
	fromFacts  source = "facts"
)

// question writes a question as one SQL statement over a source.
func (d dialect) question(from source, q *Question) (string, error) {
	type rate struct {
		Model            int
		Category, Regime string
		Ore              int64
	}
	type premium struct {
		Model   int
		Outcome string
		Percent int
		Ore     int64
	}
	var rates []rate
	var premiums []premium
	for i := range q.Models {
		for j, k := range hourKeys {
			rates = append(rates, rate{i, k.category, k.regime, q.Models[i].Hour[j]})
		}
		premiums = append(premiums, premium{i, "fulfilled", 100, q.Models[i].Goal}, premium{i, "partly", 50, q.Models[i].Goal})
	}
	values := map[string]any{"Rates": rates, "Premiums": premiums, "Goals": q.Kind != Sweep, "ByMonth": q.byMonth()}
	if !q.AsOf.IsZero() {
		if from != fromEvents {
			return "", fmt.Errorf("what was known at a time can be asked of events only")
		}
		values["AsOf"] = "TIMESTAMPTZ '" + q.AsOf.UTC().Format(time.RFC3339) + "'"
	}
	files := map[source][]string{
		fromEvents: {"known.sql", "assessed.sql", "question.sql"}, fromTables: {"from_tables.sql", "assessed.sql", "question.sql"}, fromFacts: {"from_facts.sql", "question.sql"},
	}
	return d.join(files[from], values)
}

// makeFacts writes the statements that make the tables of facts from events.
func (d dialect) makeFacts() (string, error) {
	known, err := d.statement("known.sql", nil)
	if err != nil {
		return "", err
	}
	assessed, err := d.statement("assessed.sql", nil)
	if err != nil {
		return "", err
	}
	return d.statement("facts.sql", map[string]any{"Known": known, "Assessed": assessed})
}

func (d dialect) join(files []string, values map[string]any) (string, error) {
	var b strings.Builder
	for _, f := range files {
		text, err := d.statement(f, values)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}
