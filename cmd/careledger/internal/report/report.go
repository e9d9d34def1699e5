// Package report writes answers: tables for people, JSON and CSV for programs. It computes nothing.
package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// Format is how an answer is written.
type Format string

const (
	Table Format = "table"
	JSON  Format = "json"
	CSV   Format = "csv"
	HTML  Format = "html" // of the answers that have a page

	XLSX       Format = "xlsx"        // a workbook, of a replay
	SVG        Format = "svg"         // a chart, of a sweep or grid
	SwedishCSV Format = "swedish-csv" // what the workbook holds, as CSV for people in Sweden
)

// ParseFormat reads a format; "" is a table. more are those that this answer has besides table, json and csv.
func ParseFormat(s string, more ...Format) (Format, error) {
	if s == "" {
		return Table, nil
	}
	words := domain.Codes{string(Table), string(JSON), string(CSV)}
	for _, f := range more {
		words = append(words, string(f))
	}
	if words.Has(s) {
		return Format(s), nil
	}
	return "", fmt.Errorf("--format: %q is not one of %s", s, words)
}

// sheet is an answer as rows of text.
type sheet struct {
	heading []string // lines above a table
	columns []column
	rows    [][]string
	footer  []string // a last row of a table, nil for none
}

type column struct {
	name   string
	number bool // set to the right
	amount bool // kronor: with spaces between thousands in a table

	fileOnly bool // left out of a table on a terminal
}

func (s *sheet) write(w io.Writer, format Format, document any) error {
	switch format {
	case JSON:
		if err := json.MarshalWrite(w, document, jsontext.WithIndent("  ")); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		_, err := io.WriteString(w, "\n")
		return err
	case CSV:
		return s.csv(w)
	}
	return s.table(w)
}

func (s *sheet) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	names := make([]string, len(s.columns))
	for i, col := range s.columns {
		names[i] = col.name
	}
	if err := c.Write(names); err != nil {
		return err
	}
	for _, r := range s.rows {
		if err := c.Write(r); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func (s *sheet) table(w io.Writer) error {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header, t.Style().Format.Footer = text.FormatDefault, text.FormatDefault
	t.Style().Options.SeparateRows = false
	var configs []table.ColumnConfig
	names := make(table.Row, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.title()
		if c.number {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight, AlignFooter: text.AlignRight})
		}
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(names)
	for _, r := range s.rows {
		t.AppendRow(s.cells(r))
	}
	if s.footer != nil {
		t.AppendFooter(s.cells(s.footer))
	}
	var b strings.Builder
	for _, line := range s.heading {
		b.WriteString(line + "\n")
	}
	if len(s.rows) > 0 {
		b.WriteString(t.Render() + "\n")
	} else {
		b.WriteString("(no rows)\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *sheet) cells(r []string) table.Row {
	row := make(table.Row, len(r))
	for i, v := range r {
		if s.columns[i].amount || s.columns[i].number {
			v = words.Thousands(v)
		}
		row[i] = v
	}
	return row
}

// Counted writes a number of things, with words.Thousands: "1 event", "2 843 events". forms are the singular and, where it takes more than an s, the plural.
func Counted[N int | int64 | uint64](n N, forms ...string) string {
	number := words.Thousands(fmt.Sprint(n))
	switch {
	case n == 1:
		return number + " " + forms[0]
	case len(forms) > 1:
		return number + " " + forms[1]
	}
	return number + " " + forms[0] + "s"
}

func fields(by []string) (columns []column) {
	for _, f := range by {
		columns = append(columns, column{name: f})
	}
	return columns
}

// months says a period in words; that of a log without events is empty.
func months(p compensation.Period) string {
	if p.From == 0 {
		return ""
	}
	return fmt.Sprintf(" %s to %s", p.From, p.To)
}

// asKnown says in words which moment an answer is of.
func asKnown(authority string, m projections.Moment) string {
	if m.Sequence == 0 && m.Recorded.IsZero() {
		return fmt.Sprintf("Authority %s, before its first event", authority)
	}
	return fmt.Sprintf("Authority %s, as known at event %s (recorded %s)", authority, words.Thousands(fmt.Sprint(m.Sequence)), m.Text())
}

// Compensation writes postings under the adopted policies.
func Compensation(w io.Writer, format Format, c *projections.Compensation) error {
	s := rowSheet(c.By, c.Rows, c.Total)
	s.heading = []string{
		fmt.Sprintf("Compensation%s: %s kr", months(c.Period), words.Thousands(c.Total.String())),
		asKnown(c.Authority, c.AsOf),
	}
	return s.write(w, format, c)
}

func rowSheet(by []string, rows []compensation.Row, total domain.Money) *sheet {
	s := &sheet{columns: append(fields(by), column{name: "quantity", number: true}, column{name: "unit_of_quantity"}, column{name: "amount", number: true, amount: true})}
	for _, r := range rows {
		s.rows = append(s.rows, append(append([]string{}, r.Keys...), r.Quantity, r.QuantityUnit, r.Amount.String()))
	}
	s.footer = make([]string, len(s.columns))
	if len(by) > 0 {
		s.footer[0] = "total"
	}
	s.footer[len(s.footer)-1] = total.String()
	return s
}

// Fulfilment writes how many goals were assessed and fulfilled.
func Fulfilment(w io.Writer, format Format, f *projections.Fulfilment) error {
	s := &sheet{columns: fields(f.By), heading: []string{
		"Fulfilment of goals" + months(f.Period),
		asKnown(f.Authority, f.AsOf),
	}}
	for _, name := range []string{"follow_ups", "persons", "assessed", "fulfilled", "partly", "rate"} {
		s.columns = append(s.columns, column{name: name, number: true})
	}
	for i := range f.Rows {
		row := append([]string{}, f.Rows[i].Keys...)
		for _, c := range f.Rows[i].Columns() {
			row = append(row, c.Text)
		}
		s.rows = append(s.rows, row)
	}
	return s.write(w, format, f)
}
