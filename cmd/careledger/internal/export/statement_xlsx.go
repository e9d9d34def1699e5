package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"careledger/cmd/careledger/internal/spreadsheet"
)

// statementSheet is the sheet that a workbook has.
const statementSheet = "Underlag"

// StatementXLSX writes the statement of a payout as a workbook. Its total is a SUM over the amounts, stored with its value. Texts are
// stored as texts, which no spreadsheet evaluates.
func StatementXLSX(w io.Writer, payout Payout, settings StatementSettings) error {
	s, err := newStatement(&payout, settings)
	if err != nil {
		return err
	}
	most, least := s.total, s.total
	for _, l := range payout.Calculated.Lines {
		most, least = max(most, l.Known, l.Settled, l.Amount), min(least, l.Known, l.Settled, l.Amount)
	}
	if most > spreadsheet.ExactAmount || least < -spreadsheet.ExactAmount {
		return fmt.Errorf("payout %s: an amount is too large for a workbook; take the CSV file", payout.ID)
	}
	f := excelize.NewFile()
	err = fillWorkbook(f, s, &payout)
	var b bytes.Buffer
	if err == nil {
		err = f.Write(&b)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func fillWorkbook(f *excelize.File, s *statement, p *Payout) error {
	known := p.Calculated.KnownAt.UTC().Format(time.RFC3339) // when the figures were known, in place of when the file is made
	err := f.SetDocProps(&excelize.DocProperties{Created: known, Modified: known, Creator: "careledger", LastModifiedBy: "careledger", Title: p.ID})
	if err != nil {
		return err
	}
	if err := f.SetSheetName("Sheet1", statementSheet); err != nil {
		return err
	}
	styles, err := spreadsheet.NewStyles(f)
	if err != nil {
		return err
	}
	sheet, err := f.NewStreamWriter(statementSheet)
	if err != nil {
		return err
	}
	if err := writeStatement(sheet, s, styles); err != nil {
		return err
	}
	return sheet.Flush()
}

func writeStatement(sheet *excelize.StreamWriter, s *statement, styles spreadsheet.Styles) error {
	columns := statementColumns()
	for i, c := range columns {
		if err := sheet.SetColWidth(i+1, i+1, float64(c.width)); err != nil {
			return err
		}
	}
	row := 0
	write := func(cells []any) error {
		row++
		return sheet.SetRow("A"+strconv.Itoa(row), cells)
	}
	for _, h := range s.heading {
		if err := write([]any{excelize.Cell{StyleID: styles.Bold, Value: h[0]}, nil, h[1]}); err != nil {
			return err
		}
	}
	row++
	titles := make([]any, len(columns))
	for i, c := range columns {
		titles[i] = excelize.Cell{StyleID: styles.Bold, Value: c.title}
	}
	if err := write(titles); err != nil {
		return err
	}
	first := row + 1
	for _, r := range s.rows {
		cells := make([]any, len(r))
		for i, c := range r {
			var err error
			style := 0
			if columns[i].amount {
				style = styles.Amount
			}
			if cells[i], err = c.XLSX(style); err != nil {
				return err
			}
		}
		if err := write(cells); err != nil {
			return err
		}
	}
	total := make([]any, len(columns))
	sum := spreadsheet.Cell{Number: s.total.String()}
	if len(s.rows) > 0 {
		name, err := excelize.ColumnNumberToName(amountColumn + 1)
		if err != nil {
			return err
		}
		sum.Formula = fmt.Sprintf("SUM(%s%d:%s%d)", name, first, name, row)
	}
	value, err := sum.XLSX(styles.BoldAmount)
	if err != nil {
		return err
	}
	total[0], total[amountColumn] = excelize.Cell{StyleID: styles.Bold, Value: "Summa"}, value
	return write(total)
}
