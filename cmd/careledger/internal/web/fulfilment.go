package web

import (
	"iter"
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
	"careledger/projections"
)

// fulfilmentGroups are what the page groups by. A case is no group: it is one person.
var fulfilmentGroups = domain.Codes{"year", "month", "provider", "unit", "life_area", "occasion"}

// groupsMost is how many of them at once: more would be groups of a few persons each.
const groupsMost = 3

// fulfilmentPage shows how many goals were assessed and fulfilled, by period, unit, life area and occasion, without small numbers. Its second table is
// the whole of what the filter leaves.
func fulfilmentPage() *page {
	return &page{path: "/fulfilment", title: "web.fulfilment", name: "fulfilment", asks: domain.Codes{"by"}, lists: domain.Codes{"by"}, tables: []string{"total"}, answer: fulfilment}
}

// fulfilmentView is what the page shows beside its tables.
type fulfilmentView struct {
	voice
	Groups []choiceView
	Chart  *barsView // nil where there is none
	Hidden string    // that something is not shown, "" for nothing
}

type choiceView struct {
	Value, Text string
	Chosen      bool
}

func fulfilment(v *visit) (*view, error) {
	by, err := v.groups()
	if err != nil {
		return nil, wrongAddress(err)
	}
	if err := v.checkParties(); err != nil {
		return nil, err
	}
	groups, f, err := v.fulfilled(by)
	if err != nil {
		return nil, err
	}
	whole, _, err := v.fulfilled(nil)
	if err != nil {
		return nil, err
	}
	content := &fulfilmentView{voice: v.voice, Chart: v.rates(groups)}
	for _, g := range fulfilmentGroups {
		content.Groups = append(content.Groups, choiceView{g, v.Say("column." + g), slices.Contains(by, g)})
	}
	if slices.ContainsFunc(append(groups, whole...), func(g group) bool { return g.hidden }) {
		content.Hidden = v.Say("web.small_numbers")
	}
	return &view{title: v.Say("web.fulfilment"), authority: f.Authority, asOf: f.AsOf, content: content, tables: []*table{
		v.groupTable("", v.Say("web.fulfilment_table"), by, groups),
		v.groupTable("total", v.Say("web.fulfilment_total"), nil, whole),
	}}, nil
}

// groups reads by: a list, or a word for each box that is ticked.
func (v *visit) groups() ([]string, error) {
	var by []string
	for word := range strings.SplitSeq(strings.Join(v.own["by"], ","), ",") {
		switch {
		case word == "":
			continue
		case !fulfilmentGroups.Has(word):
			return nil, wrongly("by", "wrong.one_of", word, fulfilmentGroups)
		case slices.Contains(by, word):
			return nil, wrongly("by", "wrong.twice")
		}
		by = append(by, word)
	}
	if len(by) > groupsMost {
		return nil, wrongly("by", "wrong.groups", groupsMost)
	}
	if len(by) == 0 {
		by = []string{"year"}
	}
	v.own["by"] = []string{strings.Join(by, ",")}
	return by, nil
}

// group is a row of fulfilment, and whether it is shown.
type group struct {
	projections.FulfilmentRow
	hidden bool
}

// fulfilled returns the groups that the filter leaves. What is hidden is decided over all providers and units, before the filter: who asks for one
// after the other sees no more than who asks for all.
func (v *visit) fulfilled(by []string) (groups []group, f *projections.Fulfilment, err error) {
	asked, want := slices.Clone(by), map[string]string{"provider": v.filter.Provider, "unit": v.filter.Unit}
	for _, field := range []string{"provider", "unit"} {
		if want[field] != "" && !slices.Contains(asked, field) {
			asked = append(asked, field)
		}
	}
	r := v.ask(ledger.QuestionFulfilment)
	r.By = strings.Join(asked, ",")
	if f, err = document[*projections.Fulfilment](v, r); err != nil {
		return nil, nil, err
	}
	hide := hidden(f.Rows)
	for i, row := range f.Rows {
		if slices.ContainsFunc(asked, func(field string) bool {
			return want[field] != "" && row.Keys[slices.Index(asked, field)] != want[field]
		}) {
			continue
		}
		row.Keys = row.Keys[:len(by)] // what was added for the filter stands last, and has one word
		groups = append(groups, group{row, hide[i]})
	}
	return groups, f, nil
}

// groupTable is groups as a table.
func (v *visit) groupTable(name, caption string, by []string, groups []group) *table {
	return &table{name: name, caption: caption, none: v.Say("web.no_follow_ups"), columns: v.columns(name, by...), rows: v.groupRows(by, groups)}
}

func (v *visit) groupRows(by []string, groups []group) iter.Seq[[]cell] {
	return func(yield func([]cell) bool) {
		for i := range groups {
			g := &groups[i]
			var row []cell
			for j, field := range by {
				row = append(row, cell{plain: g.Keys[j], word: v.keyWord(field, g.Keys[j])})
			}
			if !yield(append(row, v.groupCells(g)...)) {
				return
			}
		}
	}
}

// groupCells are the cells of groupColumns, empty where there is no group.
func (v *visit) groupCells(g *group) (cells []cell) {
	if g == nil {
		return make([]cell, len(groupColumns()))
	}
	for _, c := range g.Columns() {
		if g.hidden {
			cells = append(cells, cell{word: v.Say("web.not_shown")})
		} else {
			cells = append(cells, cell{plain: c.Text})
		}
	}
	return cells
}

// keyWord is how people read a key of a group, "" for as it stands.
func (v *visit) keyWord(field, key string) string {
	switch {
	case key == "":
		return v.Say("web.nothing_assessed")
	case field == "life_area" || field == "occasion":
		return v.Say(field + "." + key)
	}
	return ""
}

// rates draws the rates of the groups, nil where they are too many to be read or none is shown.
func (v *visit) rates(groups []group) *barsView {
	if len(groups) > barsMost {
		return nil
	}
	b := &barsView{voice: v.voice, ID: "rates", Title: v.Say("web.rates_title"), Desc: v.Say("web.rates_desc")}
	by := strings.Split(v.own.Get("by"), ",")
	for _, g := range groups {
		if g.hidden {
			continue
		}
		words := make([]string, len(by))
		for i, field := range by {
			k := text
			if field == "month" {
				k = month
			}
			if words[i] = v.keyWord(field, g.Keys[i]); words[i] == "" {
				words[i] = v.shown(k, g.Keys[i])
			}
		}
		share := 0
		if g.Assessed > 0 {
			share = barsWidth * g.Fulfilled / g.Assessed
		}
		b.add(strings.Join(words, ", "), v.percent(g.Rate), share)
	}
	if len(b.Bars) == 0 {
		return nil
	}
	return b
}
