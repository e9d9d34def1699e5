package export

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"

	"careledger/cmd/careledger/internal/spreadsheet"
)

// StatementCSV writes the statement of a payout as a Swedish CSV file: UTF-8 with a byte order mark, semicolons, decimal commas, CR LF.
// A text that a spreadsheet would take for a formula gets an apostrophe before it.
func StatementCSV(w io.Writer, payout Payout, settings StatementSettings) error {
	s, err := newStatement(&payout, settings)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(spreadsheet.ByteOrderMark)
	c := csv.NewWriter(&b)
	c.Comma, c.UseCRLF = ';', true
	for _, h := range s.heading {
		if err := c.Write([]string{h[0], spreadsheet.Cell{Text: h[1]}.CSV()}); err != nil {
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
			fields[i] = f.CSV()
		}
		rows = append(rows, fields)
	}
	total := make([]string, len(titles))
	total[0], total[amountColumn] = "Summa", spreadsheet.Cell{Number: s.total.String()}.CSV()
	if err := c.WriteAll(append(rows, total)); err != nil {
		return fmt.Errorf("write the statement: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}
