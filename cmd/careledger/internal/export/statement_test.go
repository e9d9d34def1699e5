package export

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"careledger/cmd/careledger/internal/spreadsheet"
	"careledger/domain"
)

func statementSettings() StatementSettings {
	return StatementSettings{Authority: "Lunds kommun", UnitNames: map[string]string{"ostra-torn-linero": "Östra Torn/Linero"}}
}

func writeStatementCSV(t require.TestingT, p Payout, s StatementSettings) []byte {
	var b bytes.Buffer
	require.NoError(t, StatementCSV(&b, p, s))
	return b.Bytes()
}

func writeStatementXLSX(t require.TestingT, p Payout, s StatementSettings) []byte {
	var b bytes.Buffer
	require.NoError(t, StatementXLSX(&b, p, s))
	return b.Bytes()
}

// sheetXML returns what a workbook's sheet holds, by cell: its type, formula and value as they stand in the file.
func sheetXML(t require.TestingT, file []byte) map[string]sheetCell {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	f, err := z.Open("xl/worksheets/sheet1.xml")
	require.NoError(t, err)
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	var sheet struct {
		Cells []sheetCell `xml:"sheetData>row>c"`
	}
	require.NoError(t, xml.Unmarshal(text, &sheet))
	cells := map[string]sheetCell{}
	for _, c := range sheet.Cells {
		cells[c.At] = c
	}
	return cells
}

type sheetCell struct {
	At      string `xml:"r,attr"`
	Type    string `xml:"t,attr"`
	Formula string `xml:"f"`
	Value   string `xml:"v"`
	Text    string `xml:"is>t"`
}

func TestAStatementAsCSVIsWhatASwedishSpreadsheetOpens(t *testing.T) {
	file := writeStatementCSV(t, march(t)[0], statementSettings())
	golden(t, "march.csv", file)
	text, marked := strings.CutPrefix(string(file), spreadsheet.ByteOrderMark)
	require.True(t, marked)
	assert.Equal(t, strings.Count(text, "\n"), strings.Count(text, "\r\n"))
	for _, line := range []string{
		"Utförare;Lunds hemvård",
		"Organisationsnummer;212000-1132",
		"Utbetalning;2016-03-lund-hemvard",
		"Verifikation;7 av år 2016",
		"Bokföringsdag;2016-04-12",
		"Känt till och med händelse;5210",
		"Känt vid tidpunkt;2016-04-11T13:30:00Z",
		"Modell;lund-2015-pilot från 2015-01-01, SHA-256 5f2b0c",
		"2016-01;Justering av 2016-01;ostra-torn-linero;Östra Torn/Linero;lund-2015-pilot;premium;5019;3;4;mål;1188,00;1485,00;1;-297,00",
		"2016-03;Månaden;ostra-torn-linero;Östra Torn/Linero;lund-2015-pilot;variable;5011;58;123456,5;minuter;792179,21;0,00;;792179,21",
		"Summa;;;;;;;;;;;;;795446,21",
	} {
		assert.Contains(t, text, line+"\r\n")
	}
	assert.NotContains(t, text, "k-17", "no case is named")
}

func TestAStatementAsAWorkbookAddsUpByItself(t *testing.T) {
	p := march(t)[0]
	file := writeStatementXLSX(t, p, statementSettings())
	f, err := excelize.OpenReader(bytes.NewReader(file))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	rows, err := f.GetRows(statementSheet, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	var shown strings.Builder
	for _, r := range rows {
		fmt.Fprintln(&shown, strings.Join(r, ";"))
	}
	golden(t, "march.xlsx.txt", []byte(shown.String()))
	assert.NotContains(t, shown.String(), "k-17", "no case is named")

	last := len(rows)
	at := fmt.Sprintf("N%d", last)
	cell := sheetXML(t, file)[at]
	assert.Equal(t, fmt.Sprintf("SUM(N%d:N%d)", last-3, last-1), cell.Formula)
	assert.Equal(t, "795446.21", cell.Value, "the value is there before anything is recalculated")
	assert.Empty(t, cell.Type, "as a number")
	sum, err := f.CalcCellValue(statementSheet, at, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	assert.Equal(t, "795446.21", sum)
}

func TestAStatementAddsUpToItsPayoutInEitherFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPayouts(t)[0]
		p.Status = rapid.SampledFrom([]Status{Calculated, Approved, Paid, Cancelled}).Draw(t, "stands at")
		settings := StatementSettings{Authority: rapid.String().Draw(t, "authority"), UnitNames: map[string]string{"u-1": rapid.String().Draw(t, "unit name")}}

		file := writeStatementCSV(t, p, settings)
		read := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte(spreadsheet.ByteOrderMark))))
		read.Comma, read.FieldsPerRecord = ';', -1
		records, err := read.ReadAll()
		require.NoError(t, err)
		money := func(s string) domain.Money {
			m, err := domain.ParseMoney(strings.Replace(s, ",", ".", 1))
			require.NoError(t, err)
			return m
		}
		var sum domain.Money
		n := len(p.Calculated.Lines)
		lines := records[len(records)-1-n : len(records)-1]
		for i, l := range p.Calculated.Lines {
			assert.Equal(t, l.Known, money(lines[i][10]))
			assert.Equal(t, l.Settled, money(lines[i][11]))
			sum += money(lines[i][amountColumn])
		}
		assert.Equal(t, p.Calculated.Total, sum)
		assert.Equal(t, sum, money(records[len(records)-1][amountColumn]))

		workbook := writeStatementXLSX(t, p, settings)
		cells := sheetXML(t, workbook)
		bottom := 0
		for at, c := range cells {
			var row int
			if _, err := fmt.Sscanf(at, "A%d", &row); err == nil && c.Text == "Summa" {
				bottom = row
			}
		}
		require.NotZero(t, bottom)
		sum = 0
		for row := bottom - n; row < bottom; row++ {
			sum += money(cells[fmt.Sprint("N", row)].Value)
		}
		total := cells[fmt.Sprint("N", bottom)]
		assert.Equal(t, p.Calculated.Total, sum)
		assert.Equal(t, sum, money(total.Value))
		assert.Equal(t, n > 0, total.Formula == fmt.Sprintf("SUM(N%d:N%d)", bottom-n, bottom-1))
		for at, c := range cells {
			assert.True(t, c.Formula == "" || at == fmt.Sprint("N", bottom), "a formula in %s: %s", at, c.Formula)
		}
		assert.True(t, bytes.Equal(workbook, writeStatementXLSX(t, p, settings)), "the same payout gives the same bytes")
		assert.True(t, bytes.Equal(file, writeStatementCSV(t, p, settings)))
	})
}

func TestANameThatLooksLikeAFormulaIsAText(t *testing.T) {
	for _, name := range []string{`=HYPERLINK("http://x";"y")`, "+1", "-1+2", "@SUM(A1)", "\t=1+1", "\r\n=1+1", "\u200b=1+1", "＝1+1"} {
		p := march(t)[0]
		p.ProviderName = name
		settings := StatementSettings{Authority: name, UnitNames: map[string]string{"ostra-torn-linero": name}}
		read := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(writeStatementCSV(t, p, settings), []byte(spreadsheet.ByteOrderMark))))
		read.Comma, read.FieldsPerRecord = ';', -1
		records, err := read.ReadAll()
		require.NoError(t, err)
		found := 0
		for _, r := range records {
			for _, field := range r {
				if field == "'"+plainText(name) {
					found++
				} else if spreadsheet.MayBeFormula(field) {
					assert.Regexp(t, `^-[0-9]+,[0-9]{2}$`, field, "only an amount begins with a sign")
				}
			}
		}
		assert.Equal(t, 5, found, "authority, provider and three lines: %q", name)

		found = 0
		for at, c := range sheetXML(t, writeStatementXLSX(t, p, settings)) {
			if c.Text == plainText(name) && c.Type == "inlineStr" && c.Formula == "" {
				found++
			} else if c.Formula != "" {
				assert.Regexp(t, `^SUM\(N[0-9]+:N[0-9]+\)$`, c.Formula, at)
			}
		}
		assert.Equal(t, 5, found, "%q", name)
	}
}

func TestAStatementCanBeMadeBeforeApproval(t *testing.T) {
	p := march(t)[0]
	p.Status, p.Voucher, p.BookedOn, p.ApprovedBy = Calculated, domain.Voucher{}, 0, ""
	text := string(writeStatementCSV(t, p, statementSettings()))
	assert.Contains(t, text, "Status;beräknad, inte attesterad\r\n")
	assert.NotContains(t, text, "Verifikation")
	assert.NotContains(t, text, "Bokföringsdag")
	assert.NotContains(t, text, "Attesterad av")
}

func TestAStatementThatDoesNotAddUpIsRefused(t *testing.T) {
	for name, write := range map[string]func(io.Writer, Payout, StatementSettings) error{"csv": StatementCSV, "xlsx": StatementXLSX} {
		p := march(t)[0]
		p.Calculated.Total++
		var b bytes.Buffer
		assert.ErrorContains(t, write(&b, p, statementSettings()),
			"payout 2016-03-lund-hemvard: its lines come to 795446.21 but its total is 795446.22; calculate it again", name)
		assert.Empty(t, b.String())

		p = march(t)[0]
		p.OrganisationNumber, p.Calculated.Lines[0].Quantity = "212000-1133", "many"
		err := write(&b, p, statementSettings())
		assert.ErrorContains(t, err, `organisation number: "212000-1133" is not an organisation number`, name)
		assert.ErrorContains(t, err, `line 1, quantity: "many" is not a decimal number`, name)
	}
	p := march(t)[0]
	p.Calculated.Lines[0].Known = 1e15
	assert.ErrorContains(t, StatementXLSX(io.Discard, p, statementSettings()), "too large for a workbook")
	assert.NoError(t, StatementCSV(io.Discard, p, statementSettings()))
}

func TestAStatementSaysInSwedishThatALineCountsSeveralThings(t *testing.T) {
	p := march(t)[0]
	p.Calculated.Lines[0].QuantityUnit = "mixed"
	assert.Contains(t, string(writeStatementCSV(t, p, statementSettings())), ";olika slag;")
}
