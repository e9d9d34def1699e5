package report

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"careledger/cmd/careledger/internal/spreadsheet"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
)

// page is a table that is also written to files for people: as a sheet of a workbook, whose totals and differences are formulas, and as a
// part of a Swedish CSV file.
type page struct {
	name    string   // of the sheet, at most 31 characters
	heading []string // lines above it, the title first
	columns []column
	rows    [][]spreadsheet.Cell // one cell a column
	totals  []int                // which rows sum those above them
}

// columnAt returns the position of a column, which the page has.
func (p *page) columnAt(name string) int {
	return slices.IndexFunc(p.columns, func(c column) bool { return c.name == name })
}

// at returns where a cell of a row stands in the sheet: G12. The heading, an empty line and the names of the columns stand above the rows.
func (p *page) at(column string, row int) string {
	name, err := excelize.ColumnNumberToName(p.columnAt(column) + 1)
	if err != nil { // the columns are this package's
		panic(err)
	}
	return fmt.Sprint(name, len(p.heading)+3+row)
}

// on returns where a cell stands, for a formula on another sheet.
func (p *page) on(column string, row int) string { return "'" + p.name + "'!" + p.at(column, row) }

// sumOf returns the formula of the sum of a column over rows, "" for none.
func (p *page) sumOf(column string, first, last int) string {
	if last < first {
		return ""
	}
	return fmt.Sprintf("SUM(%s:%s)", p.at(column, first), p.at(column, last))
}

// add adds a row. Its cells are texts and amounts in the order of the columns.
func (p *page) add(cells ...spreadsheet.Cell) { p.rows = append(p.rows, cells) }

func textCell(s string) spreadsheet.Cell { return spreadsheet.Cell{Text: s} }

func numberCell(s string) spreadsheet.Cell { return spreadsheet.Cell{Number: s} }

func countCell(n int) spreadsheet.Cell { return numberCell(fmt.Sprint(n)) }

func amountCell(m domain.Money) spreadsheet.Cell { return numberCell(m.String()) }

// formulaCell is an amount and how it comes about.
func formulaCell(m domain.Money, formula string) spreadsheet.Cell {
	c := amountCell(m)
	c.Formula = formula
	return c
}

// shown is the page as a table for a terminal.
func (p *page) shown() *sheet {
	s := &sheet{heading: p.heading}
	for _, c := range p.columns {
		if !c.fileOnly {
			s.columns = append(s.columns, c)
		}
	}
	for _, r := range p.rows {
		var row []string
		for i, c := range r {
			if !p.columns[i].fileOnly {
				row = append(row, c.Text+c.Number)
			}
		}
		s.rows = append(s.rows, row)
	}
	return s
}

// swedishCSV writes pages one after another, each with its heading.
func swedishCSV(w io.Writer, pages []*page) error {
	var b bytes.Buffer
	b.WriteString(spreadsheet.ByteOrderMark)
	for i, p := range pages {
		if i > 0 {
			b.WriteString("\r\n")
		}
		c := csv.NewWriter(&b)
		c.Comma, c.UseCRLF = ';', true
		var lines [][]string
		for _, h := range p.heading {
			lines = append(lines, []string{textCell(h).CSV()})
		}
		names := make([]string, len(p.columns))
		for j, col := range p.columns {
			names[j] = col.title()
		}
		lines = append(lines, names)
		for _, r := range p.rows {
			fields := make([]string, len(r))
			for j, cell := range r {
				fields[j] = cell.CSV()
			}
			lines = append(lines, fields)
		}
		if err := c.WriteAll(lines); err != nil {
			return fmt.Errorf("write the CSV file: %w", err)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// sheetRows is how many rows a sheet of a workbook holds.
const sheetRows = excelize.TotalRows

// workbook writes pages as the sheets of a workbook. known is what it says of when it was made, so that the same answer is the same file.
func workbook(w io.Writer, title, known string, pages []*page) error {
	f := excelize.NewFile()
	err := fillPages(f, title, known, pages)
	var b bytes.Buffer
	if err == nil {
		err = f.Write(&b)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = sortedZip(w, b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

// sortedZip writes a zip file with its parts in order of name: excelize writes several sheets in the order of a map.
func sortedZip(w io.Writer, b []byte) error {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	slices.SortFunc(z.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var sorted bytes.Buffer
	out := zip.NewWriter(&sorted)
	for _, f := range z.File {
		if err := out.Copy(f); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	_, err = w.Write(sorted.Bytes())
	return err
}

func fillPages(f *excelize.File, title, known string, pages []*page) error {
	if err := f.SetDocProps(&excelize.DocProperties{Created: known, Modified: known, Creator: "careledger", LastModifiedBy: "careledger", Title: title}); err != nil {
		return err
	}
	styles, err := spreadsheet.NewStyles(f)
	if err != nil {
		return err
	}
	for i, p := range pages {
		if i == 0 {
			err = f.SetSheetName("Sheet1", p.name)
		} else {
			_, err = f.NewSheet(p.name)
		}
		if err == nil {
			err = p.fill(f, styles)
		}
		if err != nil {
			return fmt.Errorf("sheet %s: %w", p.name, err)
		}
	}
	return nil
}

func (p *page) fill(f *excelize.File, styles spreadsheet.Styles) error {
	if n := len(p.heading) + 2 + len(p.rows); n > sheetRows {
		return fmt.Errorf("it would have %d rows, and a sheet holds %d; group by less (--by provider), or write a CSV file", n, sheetRows)
	}
	s, err := f.NewStreamWriter(p.name)
	if err != nil {
		return err
	}
	for i, c := range p.columns {
		if err := s.SetColWidth(i+1, i+1, float64(p.width(i, c))); err != nil {
			return err
		}
	}
	row := 0
	write := func(cells []spreadsheet.Cell, style func(i int) int) error {
		row++
		values := make([]any, len(cells))
		for i, c := range cells {
			if values[i], err = c.XLSX(style(i)); err != nil {
				return err
			}
		}
		return s.SetRow(fmt.Sprint("A", row), values)
	}
	for i, h := range p.heading {
		style := 0
		if i == 0 {
			style = styles.Bold
		}
		if err := write([]spreadsheet.Cell{textCell(h)}, func(int) int { return style }); err != nil {
			return err
		}
	}
	row++
	var names []spreadsheet.Cell
	for _, c := range p.columns {
		names = append(names, textCell(c.title()))
	}
	if err := write(names, func(int) int { return styles.Bold }); err != nil {
		return err
	}
	for i, r := range p.rows {
		total := slices.Contains(p.totals, i)
		err := write(r, func(c int) int {
			switch {
			case total && p.columns[c].amount:
				return styles.BoldAmount
			case total:
				return styles.Bold
			case p.columns[c].amount:
				return styles.Amount
			}
			return 0
		})
		if err != nil {
			return err
		}
	}
	return s.Flush()
}

// width is that of a column in characters, by what stands in the first rows.
func (p *page) width(i int, c column) int {
	const least, most, looked = 10, 40, 200
	n := len(c.name)
	for _, r := range p.rows[:min(looked, len(p.rows))] {
		n = max(n, len([]rune(r[i].Text+words.Thousands(r[i].Number))))
	}
	return min(max(n+2, least), most)
}

// title is the column's name for people.
func (c column) title() string { return strings.ReplaceAll(c.name, "_", " ") }
