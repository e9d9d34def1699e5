package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/spreadsheet"
	"careledger/domain"
	"careledger/replay"
)

// Replay writes history under alternatives beside the adopted policies: totals and differences, then who gains and who loses, and what else
// was asked for. CSV holds the rows of every run; a workbook and a Swedish CSV file hold all of it; SVG is a chart of a sweep.
func Replay(w io.Writer, format Format, r *replay.Result) error {
	switch format {
	case JSON:
		return (&sheet{}).write(w, JSON, r)
	case CSV:
		return replayRows(r).csv(w)
	case SVG:
		return sweepChart(w, r)
	case XLSX, SwedishCSV:
		b := newReplayBook(r)
		b.addRows()
		if err := b.exact(); err != nil && format == XLSX {
			return err
		}
		pages := append(b.pages(), b.rows, stampPage(r))
		if format == SwedishCSV {
			return swedishCSV(w, pages)
		}
		return workbook(w, pages[0].heading[0], r.AsOf.Recorded.UTC().Format(time.RFC3339), pages)
	}
	for i, p := range newReplayBook(r).pages() {
		if i > 0 {
			if len(p.rows) == 0 {
				continue
			}
			p.heading = append([]string{""}, p.heading...)
		}
		if err := p.shown().table(w); err != nil {
			return err
		}
	}
	if err := warnings(w, r); err != nil {
		return err
	}
	return stamped(w, r)
}

// replayBook is a replay as pages. The rows of the runs stand together, run by run, so that a run's total is the sum of a range.
type replayBook struct {
	*replay.Result
	rows   *page
	ranges [][2]int // by run: its first and last row in rows, the last below the first where it has none
}

func newReplayBook(r *replay.Result) *replayBook {
	b := &replayBook{Result: r}
	b.rows = b.page("Rows", "What each run pays, by "+listed(r.By))
	b.rows.columns = append(append([]column{{name: "run"}}, fields(r.By)...), column{name: "quantity", number: true}, column{name: "unit_of_quantity"}, column{name: "amount", number: true, amount: true})
	for range r.Runs {
		b.ranges = append(b.ranges, [2]int{0, -1})
	}
	return b
}

// addRows fills the page of rows, for a file: a sweep has millions of cells, and a table shows none of them.
func (b *replayBook) addRows() {
	for i, run := range b.Runs {
		first := len(b.rows.rows)
		for _, row := range run.Rows {
			cells := []spreadsheet.Cell{textCell(run.Name)}
			for _, key := range row.Keys {
				cells = append(cells, textCell(key))
			}
			b.rows.add(append(cells, numberCell(row.Quantity), textCell(row.QuantityUnit), amountCell(row.Amount))...)
		}
		b.ranges[i] = [2]int{first, len(b.rows.rows) - 1}
	}
}

func listed(by []string) string {
	names := make([]string, len(by))
	for i, f := range by {
		names[i] = column{name: f}.title()
	}
	return strings.Join(names, ", ")
}

// page begins a page. What is assumed stands in the heading of each: nobody is to take it for history.
func (b *replayBook) page(name, title string, more ...string) *page {
	p := &page{name: name, heading: append([]string{title}, more...)}
	if note := assumedNote(b.Result); note != "" {
		p.heading = append(p.heading, note)
	}
	return p
}

// assumedNote says what is assumed, "" for nothing.
func assumedNote(r *replay.Result) string {
	if r.Behaviour == nil {
		return ""
	}
	return fmt.Sprintf("The alternatives assume behaviour that did not happen: %s. The adopted run is history.", r.Behaviour)
}

func (b *replayBook) pages() []*page {
	comparisons := b.comparisons()
	runs := b.runs(comparisons)
	all := []*page{runs}
	switch {
	case b.SweptAcross != nil:
		all = append(all, b.grid())
	case comparisons == nil:
		all = append(all, b.providers())
	}
	if comparisons != nil {
		if classes := b.classes(); classes != nil {
			comparisons = append(comparisons, classes)
		}
	}
	all = append(append(all, comparisons...), b.limited(runs)...)
	if b.Behaviour != nil {
		all = append(all, b.assumed())
	}
	return all
}

// grid is the totals of a grid, the first parameter's values down and the second's across.
func (b *replayBook) grid() *page {
	p := b.page("Grid", "Total by "+sweptText(b.Swept)+" (down) and "+sweptText(b.SweptAcross)+" (across)")
	p.columns = []column{{name: "value", number: true}}
	for i, run := range b.Runs {
		if !run.Step {
			continue
		}
		if last := len(p.rows) - 1; last < 0 || p.rows[last][0].Number != run.Value {
			p.add(numberCell(run.Value))
		}
		last := len(p.rows) - 1
		if last == 0 {
			p.columns = append(p.columns, column{name: run.Across, number: true, amount: true})
		}
		p.rows[last] = append(p.rows[last], formulaCell(run.Total, b.rows.sumOn("amount", b.ranges[i])))
	}
	return p
}

// sweptText is a swept parameter with its unit.
func sweptText(s *replay.Swept) string {
	if s.Unit == "" {
		return s.Parameter
	}
	return s.Parameter + ", " + s.Unit
}

// exact refuses amounts that a workbook cannot hold to the öre.
func (b *replayBook) exact() error {
	for _, run := range b.Runs {
		if most := max(run.Total, -run.Total, run.Difference, -run.Difference); most > spreadsheet.ExactAmount {
			return fmt.Errorf("run %s: the total is too large for a workbook; write a CSV file", run.Name)
		}
	}
	return nil
}

func amounts(names ...string) (columns []column) {
	for _, n := range names {
		columns = append(columns, kronor(n))
	}
	return columns
}

// compared says whether the runs have a comparison.
func (b *replayBook) compared() bool { return len(b.Runs) > 1 && b.Runs[1].Comparison != nil }

// effectNames are the columns of what a difference is made of.
func (b *replayBook) effectNames() []string {
	names := []string{"price", "volume", "mix"}
	if b.Behaviour != nil {
		names = append(names, "behaviour")
	}
	return names
}

// runs are the totals. comparisons, if there are any, hold what their differences are made of.
func (b *replayBook) runs(comparisons []*page) *page {
	p := b.page("Runs", "Replay"+months(b.Period), asKnown(b.Authority, b.AsOf))
	if b.InForceFrom != 0 {
		p.heading = append(p.heading, fmt.Sprintf("The adopted policies hold before %s, the alternative from then on.", b.InForceFrom))
	}
	p.columns = append([]column{{name: "run"}, {name: "value", number: true, fileOnly: true}}, amounts("total", "difference")...)
	switch {
	case b.compared():
		p.columns = append(p.columns, amounts(b.effectNames()...)...)
	case b.Behaviour != nil:
		p.columns = append(p.columns, amounts("behaviour")...)
	}
	p.columns = append(p.columns, column{name: "gain", number: true}, column{name: "lose", number: true}, column{name: "digest"})
	for i := range b.Runs {
		run := &b.Runs[i]
		cells := []spreadsheet.Cell{textCell(run.Name), numberCell(run.Value), formulaCell(run.Total, b.rows.sumOn("amount", b.ranges[i])),
			formulaCell(run.Difference, p.at("total", i)+"-"+p.at("total", 0))}
		switch {
		case b.compared() && i == 0:
			cells = append(cells, make([]spreadsheet.Cell, len(b.effectNames()))...)
		case b.compared():
			for j, m := range effectsOf(run.Comparison.Effects, b.effectNames()) {
				cells = append(cells, formulaCell(m, comparisons[0].on(b.effectNames()[j], comparisons[0].totals[i-1])))
			}
		case b.Behaviour != nil && i == 0:
			cells = append(cells, spreadsheet.Cell{})
		case b.Behaviour != nil:
			cells = append(cells, amountCell(run.Behaviour))
		}
		gain, lose := 0, 0
		for _, d := range run.Providers {
			switch {
			case d.Difference > 0:
				gain++
			case d.Difference < 0:
				lose++
			}
		}
		p.add(append(cells, countCell(gain), countCell(lose), textCell(run.Digest[:16]))...)
	}
	return p
}

// sumOn returns the formula of the sum of a column over rows for another sheet, "" where there are none.
func (p *page) sumOn(column string, rows [2]int) string {
	if rows[1] < rows[0] {
		return ""
	}
	return fmt.Sprintf("SUM(%s:%s)", p.on(column, rows[0]), p.at(column, rows[1]))
}

func effectsOf(e replay.Effects, names []string) []domain.Money {
	return []domain.Money{e.Price, e.Volume, e.Mix, e.Behaviour}[:len(names)]
}

// providers are the winners and losers where no comparison is asked for.
func (b *replayBook) providers() *page {
	p := b.page("By provider", "Who gains and who loses, by provider")
	p.columns = append([]column{{name: "run"}, {name: "provider"}}, amounts("adopted", "alternative", "difference")...)
	for _, run := range b.Runs[1:] {
		for _, d := range run.Providers {
			i := len(p.rows)
			p.add(textCell(run.Name), textCell(d.Provider), amountCell(d.Adopted), amountCell(d.Alternative),
				formulaCell(d.Difference, p.at("alternative", i)+"-"+p.at("adopted", i)))
		}
	}
	return p
}

func warnings(w io.Writer, r *replay.Result) error {
	said := map[string]bool{}
	for _, run := range r.Runs {
		for _, warning := range run.Warnings {
			if said[warning] {
				continue
			}
			said[warning] = true
			if _, err := fmt.Fprintf(w, "note: %s: %s\n", run.Name, warning); err != nil {
				return err
			}
		}
	}
	return nil
}

func replayRows(r *replay.Result) *sheet {
	s := &sheet{columns: append([]column{{name: "run"}}, append(fields(r.By), column{name: "quantity"}, column{name: "unit_of_quantity"}, column{name: "amount"})...)}
	for _, run := range r.Runs {
		for _, row := range run.Rows {
			s.rows = append(s.rows, append(append([]string{run.Name}, row.Keys...), row.Quantity, row.QuantityUnit, row.Amount.String()))
		}
	}
	return s
}
