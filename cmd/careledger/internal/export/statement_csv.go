package export

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// byteOrderMark tells a spreadsheet that a CSV file is UTF-8.
const byteOrderMark = "\ufeff"

// StatementCSV writes the statement of a payout as a Swedish CSV file: UTF-8 with a byte order mark, semicolons, decimal commas, CR LF.
// A text that a spreadsheet would take for a formula gets an apostrophe before it.
func StatementCSV(w io.Writer, payout Payout, settings StatementSettings) error {
	s, err := newStatement(&payout, settings)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	c := csv.NewWriter(&b)
	c.Comma, c.UseCRLF = ';', true
	for _, h := range s.heading {
		if err := c.Write([]string{h[0], cell{text: h[1]}.csv()}); err != nil {
			return fmt.Errorf("write the statement: %w", err)
		}
	}
	c.Flush()
	b.WriteString("\r\n")
	var titles []string
	for _, col := range statementColumns() {
		titles = append(titles, col.title)
	}
	rows := [][]string{titles}
	for _, r := range s.rows {
		fields := make([]string, len(r))
		for i, f := range r {
			fields[i] = f.csv()
		}
		rows = append(rows, fields)
	}
	total := make([]string, len(titles))
	total[0], total[amountColumn] = "Summa", cell{number: s.total.String()}.csv()
	if err := c.WriteAll(append(rows, total)); err != nil {
		return fmt.Errorf("write the statement: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func (c cell) csv() string {
	switch {
	case c.number != "":
		return strings.Replace(c.number, ".", ",", 1)
	case mayBeFormula(c.text):
		return "'" + c.text
	}
	return c.text
}
