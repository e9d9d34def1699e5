// Package spreadsheet holds what every file for a spreadsheet has in common, as CSV the Swedish way and as a workbook: what a cell is, how a
// number is written, and that a text is never taken for a formula.
package spreadsheet

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"careledger/domain"
)

// ByteOrderMark tells a spreadsheet that a CSV file is UTF-8.
const ByteOrderMark = "\ufeff"

// ExactAmount is the largest amount that a workbook keeps to the öre: it stores numbers as float64, which is exact for fifteen digits.
const ExactAmount domain.Money = 1e15 - 1

// Cell is a text, or a number in plain notation with a point. In a workbook Formula, if there is one, is how the number comes about.
type Cell struct {
	Text    string
	Number  string
	Formula string
}

// CSV returns the cell as a Swedish CSV file has it: with a decimal comma, and a text that a spreadsheet would take for a formula after an
// apostrophe.
func (c Cell) CSV() string {
	switch {
	case c.Number != "":
		return strings.Replace(c.Number, ".", ",", 1)
	case MayBeFormula(c.Text):
		return "'" + c.Text
	}
	return c.Text
}

// XLSX returns the cell as a workbook stores it, in a style (0 for none). A text is stored as a text, which no spreadsheet evaluates; an empty
// cell is nil.
func (c Cell) XLSX(style int) (any, error) {
	if c.Number == "" && c.Formula == "" {
		switch {
		case c.Text == "":
			return nil, nil
		case style == 0:
			return c.Text, nil
		}
		return excelize.Cell{StyleID: style, Value: c.Text}, nil
	}
	if c.Number == "" {
		return excelize.Cell{StyleID: style, Formula: c.Formula}, nil
	}
	v, err := number(c.Number)
	return excelize.Cell{StyleID: style, Formula: c.Formula, Value: v}, err
}

// number is a decimal as a workbook stores it. What is written is the shortest text that reads back as the same float64, which for at
// most fifteen digits is the decimal itself.
func number(s string) (float64, error) { return strconv.ParseFloat(s, 64) }

// MayBeFormula says whether a spreadsheet may take a text for a formula: by its first character, in Latin or full width, or one that it passes over.
func MayBeFormula(s string) bool {
	return s != "" && slices.Contains([]rune("=+-@＝＋－＠\t\r\n"), []rune(s)[0])
}

// Styles are those of a workbook's cells. Amount shows kronor with two decimals.
type Styles struct{ Bold, Amount, BoldAmount int }

const amountFormat = "#,##0.00"

// NewStyles adds the styles to a workbook.
func NewStyles(f *excelize.File) (Styles, error) {
	var errs []error
	style := func(bold bool, format string) int {
		s := &excelize.Style{}
		if bold {
			s.Font = &excelize.Font{Bold: true}
		}
		if format != "" {
			s.CustomNumFmt = &format
		}
		id, err := f.NewStyle(s)
		errs = append(errs, err)
		return id
	}
	st := Styles{Bold: style(true, ""), Amount: style(false, amountFormat), BoldAmount: style(true, amountFormat)}
	return st, errors.Join(errs...)
}
