package report

import (
	"fmt"

	"careledger/cmd/careledger/internal/spreadsheet"
	"careledger/domain"
	"careledger/replay"
)

// classWords are the classes for people.
func classWords(c replay.Class) string {
	switch c {
	case replay.ClassGainOver:
		return "gains over 5 %"
	case replay.ClassGainTo:
		return "gains up to 5 %"
	case replay.ClassLossTo:
		return "loses up to 5 %"
	case replay.ClassLossOver:
		return "loses over 5 %"
	}
	return string(c)
}

// orNone is a key for people.
func orNone(key string) string {
	if key == "" {
		return "(none)"
	}
	return key
}

// comparisons are a page for each field that the runs are compared by, nil where they are not.
func (b *replayBook) comparisons() (pages []*page) {
	if !b.compared() {
		return nil
	}
	for i, by := range b.Runs[1].Comparison.By {
		field := column{name: by.Field}.title()
		p := b.page("By "+field, "What the differences are made of, by "+field)
		p.columns = append(append([]column{{name: "run"}}, fields(by.Columns)...), column{name: "class"})
		p.columns = append(p.columns, amounts("adopted", "alternative", "difference")...)
		p.columns = append(append(p.columns, column{name: "%", number: true}), amounts(b.effectNames()...)...)
		for j := range b.Runs[1:] {
			run := &b.Runs[1+j]
			b.compare(p, run.Name, run.Comparison, i)
		}
		pages = append(pages, p)
	}
	return pages
}

// compare adds the rows of a run and their total.
func (b *replayBook) compare(p *page, name string, c *replay.Comparison, by int) {
	first := len(p.rows)
	line := func(keys []string, class string, e *replay.Effects, amount func(column string, m domain.Money) spreadsheet.Cell) {
		i := len(p.rows)
		cells := []spreadsheet.Cell{textCell(name)}
		for _, key := range keys {
			cells = append(cells, textCell(key))
		}
		difference, adopted := p.at("difference", i), p.at("adopted", i)
		percent := spreadsheet.Cell{Number: e.Percent()}
		if percent.Number != "" {
			percent.Formula = fmt.Sprintf("ROUND(%s/ABS(%s)*100,1)", difference, adopted)
		}
		cells = append(cells, textCell(class), amount("adopted", e.Adopted), amount("alternative", e.Alternative),
			formulaCell(e.Difference(), p.at("alternative", i)+"-"+adopted), percent)
		for j, m := range effectsOf(*e, b.effectNames()) {
			cells = append(cells, amount(b.effectNames()[j], m))
		}
		p.add(cells...)
	}
	rows := c.By[by].Rows
	for i := range rows {
		keys := make([]string, len(rows[i].Keys))
		for j, key := range rows[i].Keys {
			keys[j] = orNone(key)
		}
		line(keys, classWords(rows[i].Class), &rows[i].Effects, func(_ string, m domain.Money) spreadsheet.Cell { return amountCell(m) })
	}
	last := len(p.rows) - 1
	keys := make([]string, len(c.By[by].Columns))
	keys[0] = "total"
	p.totals = append(p.totals, len(p.rows))
	line(keys, "", &c.Effects, func(column string, m domain.Money) spreadsheet.Cell {
		return formulaCell(m, p.sumOf(column, first, last))
	})
}

// classes count who gains and who loses, and name the largest in each class; nil where no provider or unit is compared.
func (b *replayBook) classes() *page {
	p := b.page("Classes", "How many gain and how many lose, and the largest in each class")
	p.columns = append([]column{{name: "run"}, {name: "by"}, {name: "class"}, {name: "count", number: true}}, amounts("adopted", "alternative", "difference")...)
	p.columns = append(append(p.columns, column{name: "largest"}), amounts("its_difference")...)
	for i := range b.Runs {
		c := b.Runs[i].Comparison
		if c == nil {
			continue
		}
		for _, by := range c.By {
			if by.Field != "provider" && by.Field != "unit" {
				continue
			}
			for _, class := range by.Classes {
				row := len(p.rows)
				keys := class.Largest.Keys
				p.add(textCell(b.Runs[i].Name), textCell(by.Field), textCell(classWords(class.Class)), countCell(class.Count), amountCell(class.Adopted), amountCell(class.Alternative),
					formulaCell(class.Difference(), p.at("alternative", row)+"-"+p.at("adopted", row)), textCell(orNone(keys[len(keys)-1])), amountCell(class.Largest.Difference()))
			}
		}
	}
	if len(p.rows) == 0 {
		return nil
	}
	return p
}

// hasTransition says whether the runs have their change limited.
func (b *replayBook) hasTransition() bool { return len(b.Runs) > 1 && b.Runs[1].Transition != nil }

// limited are the runs with their yearly change limited, and for whom that changes something in which year of the transition; none where it is
// not limited.
func (b *replayBook) limited(runs *page) []*page {
	if !b.hasTransition() {
		return nil
	}
	who := b.page("Limited change by provider", "For whom the limit changes something, in each year of the transition")
	who.columns = append([]column{{name: "run"}, {name: "provider"}, {name: "year", number: true}, {name: "from"}, {name: "to"}},
		amounts("adopted", "alternative", "limit", "paid", "adjustment")...)
	p := b.page("Limited change", fmt.Sprintf("The change limited to %s %% a year of what the adopted policies pay a provider", b.Runs[1].Transition.Percent()))
	p.columns = append([]column{{name: "run"}}, amounts("alternative", "added", "withheld", "limited", "difference")...)
	for i := range b.Runs[1:] {
		run := &b.Runs[1+i]
		t := run.Transition
		adjustments := who.limitedRows(run)
		added, withheld := amountCell(t.Added), amountCell(t.Withheld)
		if adjustments != "" {
			added.Formula, withheld.Formula = fmt.Sprintf(`SUMIF(%s,">0")`, adjustments), fmt.Sprintf(`-SUMIF(%s,"<0")`, adjustments)
		}
		p.add(textCell(run.Name), formulaCell(run.Total, runs.on("total", 1+i)), added, withheld,
			formulaCell(t.Total, p.at("alternative", i)+"+"+p.at("added", i)+"-"+p.at("withheld", i)),
			formulaCell(t.Total-b.Adopted().Total, p.at("limited", i)+"-"+runs.on("total", 0)))
	}
	return []*page{p, who}
}

// limitedRows adds the providers and years of a run that the limit changes something for, and returns where their adjustments stand.
func (p *page) limitedRows(run *replay.Run) string {
	first := len(p.rows)
	for _, r := range run.Transition.Rows {
		if r.Adjustment() == 0 {
			continue
		}
		i := len(p.rows)
		p.add(textCell(run.Name), textCell(r.Provider), countCell(r.Year), textCell(r.From.String()), textCell(r.To.String()), amountCell(r.Adopted),
			amountCell(r.Alternative), amountCell(r.Limit), amountCell(r.Paid), formulaCell(r.Adjustment(), p.at("paid", i)+"-"+p.at("alternative", i)))
	}
	if len(p.rows) == first {
		return ""
	}
	return p.on("adjustment", first) + ":" + p.at("adjustment", len(p.rows)-1)
}

// assumed is what is assumed of each life area.
func (b *replayBook) assumed() *page {
	p := b.page("Assumed behaviour", "What is assumed of the goals assessed in the period")
	p.columns = []column{{name: "life_area"}, {name: "share", number: true}, {name: "assessed", number: true}, {name: "fulfilled", number: true},
		{name: "assumed", number: true}, {name: "changed", number: true}, {name: "rate", number: true}, {name: "assumed_rate", number: true}}
	for i := range b.Behaviour.LifeAreas {
		a := &b.Behaviour.LifeAreas[i]
		found, assumed := a.Rates()
		p.add(textCell(orNone(a.LifeArea)), numberCell(a.Share.String()), countCell(a.Assessed), countCell(a.Fulfilled), countCell(a.Assumed), countCell(a.Changed()),
			numberCell(found), numberCell(assumed))
	}
	return p
}
