package report

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
	"careledger/replay"
)

// drawnResult is a result whose figures agree with each other: a sweep of as many steps, with everything that can be asked for.
func drawnResult(t *rapid.T) *replay.Result {
	r := &replay.Result{Authority: "1281", AsOf: projections.Moment{Sequence: 12345, Recorded: time.Date(2017, 1, 5, 8, 0, 0, 0, time.UTC)},
		Period: compensation.Period{From: domain.NewMonth(2015, 1), To: domain.NewMonth(2016, 12)}, By: []string{"provider", "month"},
		Swept: &replay.Swept{Parameter: "p.goal_premium", Unit: "SEK/goal"},
		Stamp: &replay.Stamp{Sequence: 12345, Root: strings.Repeat("ab", 32), Engine: "careledger (devel)", Command: "careledger replay --sweep 'p.a b=1..2:1'"}}
	if rapid.Bool().Draw(t, "assumed") {
		r.Behaviour = &replay.Behaviour{Assumptions: []replay.Assumption{{Share: domain.DecimalOf(5, 2)}}, Seed: 1,
			LifeAreas: []replay.AssumedArea{{LifeArea: "mobility", Share: domain.DecimalOf(5, 2), Assessed: 40, Fulfilled: 20, Assumed: 22}}}
	}
	amount := func(label string) domain.Money { return domain.Money(rapid.Int64Range(-1e9, 1e12).Draw(t, label)) }
	limited := rapid.Bool().Draw(t, "limited")
	compared := rapid.Bool().Draw(t, "compared")
	for i := range rapid.IntRange(1, 4).Draw(t, "steps") + 1 {
		run := replay.Run{Name: "adopted", Digest: strings.Repeat("0", 64), Models: []replay.ModelRef{{ID: "p", SHA256: strings.Repeat("1", 64)}}}
		for row := range rapid.IntRange(0, 5).Draw(t, "rows") {
			run.Rows = append(run.Rows, compensation.Row{Group: &compensation.Group{Keys: []string{"=p" + fmt.Sprint(row), "2015-01"}, Quantity: "1.5", QuantityUnit: "goal"}, Amount: amount("amount")})
			run.Total += run.Rows[row].Amount
		}
		if i > 0 {
			run.Name, run.Value, run.Step = fmt.Sprintf("p.goal_premium=%d", i), fmt.Sprint(i), true
			drawnExamination(t, r, &run, amount, compared, limited)
		}
		r.Runs = append(r.Runs, run)
	}
	for i := range r.Runs {
		r.Runs[i].Difference = r.Runs[i].Total - r.Runs[0].Total
	}
	return r
}

func drawnExamination(t *rapid.T, r *replay.Result, run *replay.Run, amount func(string) domain.Money, compared, limited bool) {
	if compared {
		by := replay.ComparisonBy{Field: "unit", Columns: []string{"provider", "unit"}}
		sum := replay.Effects{}
		for i := range rapid.IntRange(0, 4).Draw(t, "units") {
			e := replay.Effects{Adopted: amount("adopted"), Price: amount("price"), Volume: amount("volume"), Mix: amount("mix")}
			if r.Behaviour != nil {
				e.Behaviour = amount("behaviour")
			}
			e.Alternative = e.Adopted + e.Price + e.Volume + e.Mix + e.Behaviour
			by.Rows = append(by.Rows, replay.ComparisonRow{Keys: []string{"p", fmt.Sprint("u", i)}, Class: replay.ClassGainTo, Effects: e})
			sum = replay.Effects{Adopted: sum.Adopted + e.Adopted, Alternative: sum.Alternative + e.Alternative, Price: sum.Price + e.Price, Volume: sum.Volume + e.Volume,
				Mix: sum.Mix + e.Mix, Behaviour: sum.Behaviour + e.Behaviour}
		}
		if len(by.Rows) > 0 {
			by.Classes = []replay.ClassSum{{Class: replay.ClassGainTo, Count: len(by.Rows), Largest: by.Rows[0], Effects: sum}}
		}
		run.Comparison = &replay.Comparison{Effects: sum, By: []replay.ComparisonBy{by}}
	}
	if limited {
		tr := &replay.Transition{Share: domain.DecimalOf(5, 2), Total: run.Total}
		for i := range rapid.IntRange(0, 4).Draw(t, "limited providers") {
			row := replay.TransitionRow{Provider: fmt.Sprint("p", i), Year: 1, From: r.From, To: r.To, Adopted: amount("adopted"), Alternative: amount("alternative"), Paid: amount("paid")}
			tr.Added, tr.Withheld = tr.Added+max(0, row.Adjustment()), tr.Withheld+max(0, -row.Adjustment())
			tr.Rows = append(tr.Rows, row)
		}
		tr.Total += tr.Added - tr.Withheld
		run.Transition = tr
	}
}

func written(t require.TestingT, format Format, r *replay.Result) []byte {
	var b bytes.Buffer
	require.NoError(t, Replay(&b, format, r))
	return b.Bytes()
}

func TestEveryFormulaOfAWorkbookComesToTheAmountThatStandsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawnResult(t)
		file := written(t, XLSX, r)
		require.Equal(t, file, written(t, XLSX, r), "the same answer is the same file")
		f, err := excelize.OpenReader(bytes.NewReader(file))
		require.NoError(t, err)
		defer func() { require.NoError(t, f.Close()) }()
		formulas := 0
		for _, sheet := range f.GetSheetList() {
			rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
			require.NoError(t, err)
			for y, row := range rows {
				for x := range row {
					cell, err := excelize.CoordinatesToCellName(x+1, y+1)
					require.NoError(t, err)
					formula, err := f.GetCellFormula(sheet, cell)
					require.NoError(t, err)
					if formula == "" {
						require.False(t, strings.HasPrefix(row[x], "=") && x != 1, "%s %s: %s", sheet, cell, row[x])
						continue
					}
					formulas++
					computed, err := f.CalcCellValue(sheet, cell, excelize.Options{RawCellValue: true})
					require.NoError(t, err, "%s %s: %s", sheet, cell, formula)
					off := öre(t, row[x]) - öre(t, computed)
					if strings.HasPrefix(formula, "ROUND(") && max(off, -off) == 10 { // a percentage half-way between two decimals is no exact float64
						off = 0
					}
					require.Zero(t, off, "%s %s: %s", sheet, cell, formula)
				}
			}
		}
		require.Positive(t, formulas)
		for i, run := range r.Runs { // the totals are the runs', not just what their own rows sum to
			total, err := f.GetCellValue("Runs", fmt.Sprint("C", headingRows(r)+i), excelize.Options{RawCellValue: true})
			require.NoError(t, err)
			require.Equal(t, run.Total, öre(t, total))
		}
	})
}

// headingRows is the row of the first run.
func headingRows(r *replay.Result) int {
	if r.Behaviour != nil {
		return 6
	}
	return 5
}

// öre reads a number of a workbook, rounded to the öre as the cell shows it.
func öre(t require.TestingT, s string) domain.Money {
	var f float64
	_, err := fmt.Sscan(s, &f)
	require.NoError(t, err, s)
	m, err := domain.ParseMoney(fmt.Sprintf("%.2f", f))
	require.NoError(t, err)
	return m
}

func TestWhatIsAssumedStandsInEveryHeading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawnResult(t)
		said := func(text string) int {
			return strings.Count(text, "assume behaviour that did not happen: fulfilled+0.05 (seed 1)")
		}
		book := newReplayBook(r)
		book.addRows()
		pages := append(book.pages(), book.rows)
		want := 0
		if r.Behaviour != nil {
			want = len(pages)
			require.Positive(t, said(string(written(t, SVG, r))))
		}
		require.Equal(t, want, said(string(written(t, SwedishCSV, r))))
		shown := 0
		for i, p := range pages[:len(pages)-1] {
			if r.Behaviour != nil && (i == 0 || len(p.rows) > 0) {
				shown++
			}
		}
		require.Equal(t, shown, said(string(written(t, Table, r))))
	})
}

func TestASwedishCSVFileIsWhatASwedishSpreadsheetOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawnResult(t)
		text, marked := strings.CutPrefix(string(written(t, SwedishCSV, r)), "\ufeff")
		require.True(t, marked)
		require.Equal(t, strings.Count(text, "\n"), strings.Count(text, "\r\n"))
		read := csv.NewReader(strings.NewReader(text))
		read.Comma, read.FieldsPerRecord = ';', -1
		records, err := read.ReadAll()
		require.NoError(t, err)
		found := 0
		for _, fields := range records {
			for _, run := range r.Runs {
				if len(fields) > 5 && fields[0] == run.Name && fields[2] == strings.Replace(run.Total.String(), ".", ",", 1) {
					found++
				}
			}
			for _, f := range fields {
				require.False(t, strings.HasPrefix(f, "="), "a provider's name is no formula")
			}
		}
		require.GreaterOrEqual(t, found, len(r.Runs))
	})
}

func TestAGridIsALineForEachValueOfItsSecondParameter(t *testing.T) {
	r := &replay.Result{Swept: &replay.Swept{Parameter: "p.a"}, SweptAcross: &replay.Swept{Parameter: "p.b", Unit: "SEK"}, Runs: []replay.Run{{Name: "adopted", Total: 10}}}
	for _, value := range []string{"1", "2", "2.5"} {
		for i, across := range []string{"7", "8", "9.5"} {
			r.Runs = append(r.Runs, replay.Run{Value: value, Across: across, Step: true, Total: domain.Money(100 * i)})
		}
	}
	svg := string(written(t, SVG, r))
	assert.Equal(t, 3, strings.Count(svg, "<polyline "))
	assert.Equal(t, 9, strings.Count(svg, "<circle "))
	assert.Contains(t, svg, "A line for each value of p.b, SEK, which stands at its end.")
	assert.Contains(t, svg, "A line for p.b at 9,5 from 2,00 kr at 1 to 2,00 kr at 2,5 in 3 steps: 1: 2,00 kr; 2: 2,00 kr; 2,5: 2,00 kr.")
	seen := map[string]bool{}
	for _, line := range strings.Split(svg, "\n") {
		if strings.HasPrefix(line, "<polyline ") {
			_, strokes, _ := strings.Cut(line, " fill=")
			seen[strokes] = true
		}
	}
	assert.Len(t, seen, 3, "no two lines have the same strokes")
	labels := regexp.MustCompile(`<text x="812" y="([0-9.]+)" dy="5">([0-9,]+)</text>`).FindAllStringSubmatch(svg, -1)
	require.Len(t, labels, 3)
	assert.Equal(t, []string{"9,5", "8", "7"}, []string{labels[0][2], labels[1][2], labels[2][2]}, "from the top")
}

// The chart is well formed, says what it shows to those who do not see it, and has a point for each step where its total belongs.
func TestAChartIsDrawnAndSaidInWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawnResult(t)
		file := written(t, SVG, r)
		require.Equal(t, file, written(t, SVG, r))
		var svg struct {
			Role   string `xml:"role,attr"`
			Label  string `xml:"aria-labelledby,attr"`
			Titles []struct {
				ID   string `xml:"id,attr"`
				Text string `xml:",chardata"`
			} `xml:"title"`
			Desc struct {
				ID   string `xml:"id,attr"`
				Text string `xml:",chardata"`
			} `xml:"desc"`
			Circles []struct {
				X     string `xml:"cx,attr"`
				Y     string `xml:"cy,attr"`
				Title string `xml:"title"`
			} `xml:"g>circle"`
		}
		decoder := xml.NewDecoder(bytes.NewReader(file))
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		require.NoError(t, xml.Unmarshal(file, &svg))
		require.Equal(t, "img", svg.Role)
		require.Equal(t, svg.Titles[0].ID+" "+svg.Desc.ID, svg.Label)
		require.Contains(t, svg.Titles[0].Text, "p.goal_premium")
		require.Contains(t, svg.Desc.Text, r.Stamp.Root)
		require.Contains(t, svg.Desc.Text, r.Stamp.Command)
		require.Len(t, svg.Circles, len(r.Runs)-1)
		for i, c := range svg.Circles {
			run := r.Runs[1+i]
			require.Equal(t, run.Value+": "+(&chart{}).number(run.Total.String())+" kr", c.Title)
			require.Contains(t, svg.Desc.Text, c.Title)
			if i == 0 {
				continue
			}
			before := svg.Circles[i-1]
			require.Greater(t, tenths(t, c.X), tenths(t, before.X))
			if r.Runs[i].Total < run.Total { // a higher total stands no lower
				require.LessOrEqual(t, tenths(t, c.Y), tenths(t, before.Y))
			} else {
				require.GreaterOrEqual(t, tenths(t, c.Y), tenths(t, before.Y))
			}
		}
	})
}

func tenths(t *rapid.T, s string) int64 {
	d, err := domain.ParseDecimal(s)
	require.NoError(t, err)
	n, whole := d.Scaled(1)
	require.True(t, whole, s)
	return n
}

func TestTheAxisHasRoundTicksAroundEveryValue(t *testing.T) {
	for _, test := range []struct {
		values          []int64
		low, high, step int64
	}{
		{[]int64{200, 400}, 200, 400, 50},
		{[]int64{0, 1}, 0, 1, 1},
		{[]int64{7, 7}, 6, 8, 1},
		{[]int64{-131, 999}, -200, 1000, 200},
		{[]int64{1_719_528_810, 1_732_908_810}, 1_715_000_000, 1_735_000_000, 5_000_000},
	} {
		s := newScale(test.values, 1500, 9300)
		assert.Equal(t, []int64{test.low, test.high, test.step}, []int64{s.low, s.high, s.step}, "%d", test.values)
		assert.Equal(t, "150.0", s.at(s.low))
		assert.Equal(t, "930.0", s.at(s.high))
	}
	assert.Equal(t, "17\u00a0200\u00a0000", (&chart{}).tickText(1_720_000_000, 2, 5_000_000))
	assert.Equal(t, "0,50", (&chart{}).tickText(50, 2, 25))
	assert.Equal(t, "\u22121,00", (&chart{}).tickText(-100, 2, 25))
}

func TestAChartIsOfASweep(t *testing.T) {
	require.ErrorContains(t, Replay(io.Discard, SVG, &replay.Result{Runs: []replay.Run{{Name: "adopted"}}}), "give --sweep POLICY.PARAM=A..B:STEP")
}

func TestACommandIsQuotedForAShell(t *testing.T) {
	assert.Equal(t, `careledger replay --data 'my ledger' --set p.a=1 --model 'it'\''s.yaml' --compare ''`,
		Command("careledger", "replay", "--data", "my ledger", "--set", "p.a=1", "--model", "it's.yaml", "--compare", ""))
}
