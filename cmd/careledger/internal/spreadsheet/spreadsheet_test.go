package spreadsheet

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

func TestACellIsWhatASwedishSpreadsheetReadsAndNeverAFormulaOfItsText(t *testing.T) {
	for _, test := range []struct {
		cell Cell
		csv  string
		xlsx any
	}{
		{Cell{}, "", nil},
		{Cell{Text: "lund-hemvard"}, "lund-hemvard", "lund-hemvard"},
		{Cell{Text: "=1+1"}, "'=1+1", "=1+1"}, // a workbook says what is a text
		{Cell{Text: "-"}, "'-", "-"},
		{Cell{Text: "＝cmd"}, "'＝cmd", "＝cmd"},
		{Cell{Text: "\t=1"}, "'\t=1", "\t=1"},
		{Cell{Number: "-297.50"}, "-297,50", excelize.Cell{Value: -297.5}},
		{Cell{Number: "12", Formula: "SUM(A1:A2)"}, "12", excelize.Cell{Value: 12.0, Formula: "SUM(A1:A2)"}},
	} {
		assert.Equal(t, test.csv, test.cell.CSV())
		xlsx, err := test.cell.XLSX(0)
		require.NoError(t, err)
		assert.Equal(t, test.xlsx, xlsx)
	}
	_, err := Cell{Number: "12,5"}.XLSX(0)
	assert.Error(t, err, "a number is in plain notation")
}
