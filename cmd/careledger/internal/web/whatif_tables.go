package web

import (
	"cmp"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/replay"
)

// whatIfTables are the figures of a replay as tables: the runs, and of each alternative who gains and who loses, by what it was compared by; and the models.
func (v *visit) whatIfTables(r *replay.Result) []*table {
	tables := []*table{v.runsTable(r)}
	if len(r.Runs) == 1 || r.Runs[1].Comparison == nil {
		tables = append(tables, v.providersTable(r))
	} else {
		tables = append(tables, v.comparedTable(r, 0, "providers"), v.classesTable(r))
		for i, name := range map[int]string{1: "units", 2: "years", 3: "categories", 4: "life_areas"} {
			tables = append(tables, v.comparedTable(r, i, name))
		}
		order := v.page.tables
		slices.SortStableFunc(tables[1:], func(a, b *table) int { return slices.Index(order, a.name) - slices.Index(order, b.name) })
	}
	return append(tables, v.modelsTable(r))
}

// rowsOf are rows that are at hand.
func rowsOf(rows [][]cell) iter.Seq[[]cell] { return slices.Values(rows) }

func plainCell(s string) cell { return cell{plain: s} }

// difference is a cell with its sign.
func (v *visit) difference(k kind, plain string) cell {
	return cell{plain: plain, word: v.signed(k, plain)}
}

// runName is a run for people.
func (v *visit) runName(run *replay.Run, i int) cell {
	if i == 0 {
		return cell{plain: run.Name, word: v.Say("what_if.adopted")}
	}
	if run.Step {
		return cell{plain: run.Name, word: v.stepName(run)}
	}
	if strings.HasPrefix(run.Name, "set ") && run.Value == "" && len(v.own["set"]) > 0 {
		var words []string
		for _, s := range v.own["set"] {
			words = append(words, v.valueName(s, ""))
		}
		return cell{plain: run.Name, word: strings.Join(words, ", ")}
	}
	return plainCell(run.Name)
}

// valueName is a parameter and its value for people, without the name of the policy: goal_premium = 350,50. setting is TARGET=…, and value takes the place of
// what stands there, if there is one.
func (v *visit) valueName(setting, value string) string {
	target, own, _ := strings.Cut(setting, "=")
	_, name, _ := strings.Cut(target, ".")
	return name + " = " + v.number(cmp.Or(value, own))
}

// stepName is a step of a sweep for people.
func (v *visit) stepName(run *replay.Run) string {
	var words []string
	for i, value := range []string{run.Value, run.Across} {
		if value == "" || i >= len(v.own["sweep"]) {
			continue
		}
		words = append(words, v.valueName(v.own["sweep"][i], value))
	}
	return strings.Join(words, ", ")
}

// shown is what people read of a text.
func (c cell) shown() string { return cmp.Or(c.word, c.plain) }

// runsTable has a row for each run. A step of a sweep leads to the same question with its value set.
func (v *visit) runsTable(r *replay.Result) *table {
	compared := len(r.Runs) > 1 && r.Runs[1].Comparison != nil
	sought := slices.ContainsFunc(r.Runs, func(run replay.Run) bool { return run.Value != "" && !run.Step })
	t := &table{caption: v.Say("what_if.runs"), columns: v.columns("")}
	if !sought {
		inTwinsAlone(t.columns, "value")
	}
	if !compared {
		inTwinsAlone(t.columns, "price", "volume", "mix")
	}
	var rows [][]cell
	for i := range r.Runs {
		run := &r.Runs[i]
		gain, lose, _ := sides(run)
		name := v.runName(run, i)
		if run.Step {
			name.href = v.step(r, run)
		}
		row := []cell{name, plainCell(run.Value), plainCell(run.Total.String()), v.difference(amount, run.Difference.String()), plainCell(fmt.Sprint(gain)), plainCell(fmt.Sprint(lose))}
		for j := range 3 {
			c := cell{}
			if run.Comparison != nil {
				e := &run.Comparison.Effects
				c = v.difference(amount, []domain.Money{e.Price, e.Volume, e.Mix}[j].String())
			}
			row = append(row, c)
		}
		rows = append(rows, append(row, plainCell(run.Digest)))
	}
	t.rows = rowsOf(rows)
	return t
}

// step is the address of one step of a sweep, as values.
func (v *visit) step(r *replay.Result, run *replay.Run) string {
	set := append(slices.Clone(v.own["set"]), r.Swept.Parameter+"="+run.Value)
	if r.SweptAcross != nil {
		set = append(set, r.SweptAcross.Parameter+"="+run.Across)
	}
	return v.link(whatIfPath, url.Values{"set": set, "in-force-from": v.own["in-force-from"]})
}

// providersTable has the providers of each run, largest difference first: all that there is without a comparison.
func (v *visit) providersTable(r *replay.Result) *table {
	alternatives := r.Runs[min(1, len(r.Runs)-1):]
	t := &table{name: "providers", caption: v.Say("what_if.providers"), none: v.Say("what_if.nothing"),
		columns: v.columns("providers")}
	if len(alternatives) == 1 {
		inTwinsAlone(t.columns, "run")
	}
	t.rows = func(yield func([]cell) bool) {
		for i := range alternatives {
			run := &alternatives[i]
			for _, p := range run.Providers {
				if v.leavesOut("provider", []string{p.Provider}) {
					continue
				}
				if !yield([]cell{v.runName(run, i+len(r.Runs)-len(alternatives)), plainCell(p.Provider), plainCell(p.Adopted.String()), plainCell(p.Alternative.String()), v.difference(amount, p.Difference.String())}) {
					return
				}
			}
		}
	}
	return t
}

// leavesOut says whether the filter leaves out a row of a provider or unit. A provider is not left out for a unit that is asked for.
func (v *visit) leavesOut(field string, keys []string) bool {
	switch field {
	case "provider", "unit":
		return v.filter.Provider != "" && keys[0] != v.filter.Provider || field == "unit" && v.filter.Unit != "" && keys[1] != v.filter.Unit
	}
	return false
}

// comparedTable has the rows of each alternative's comparison by one field.
func (v *visit) comparedTable(r *replay.Result, by int, name string) *table {
	first := &r.Runs[1].Comparison.By[by]
	ofParties := first.Field == "provider" || first.Field == "unit"
	t := &table{name: name, caption: v.Say("what_if." + name), none: v.Say("what_if.nothing"), columns: v.columns(name, "class", "percent", "price", "volume", "mix")}
	if len(r.Runs) == 2 {
		inTwinsAlone(t.columns, "run")
	}
	if !ofParties {
		inTwinsAlone(t.columns, "class")
	}
	t.rows = func(yield func([]cell) bool) {
		for i := 1; i < len(r.Runs); i++ {
			run := &r.Runs[i]
			of := &run.Comparison.By[by]
			for j := range of.Rows {
				row := &of.Rows[j]
				if !v.leavesOut(of.Field, row.Keys) && !yield(v.compared(v.runName(run, i), of.Columns, row)) {
					return
				}
			}
		}
	}
	return t
}

// compared is a row of a comparison.
func (v *visit) compared(run cell, fields []string, row *replay.ComparisonRow) []cell {
	cells := []cell{run}
	for i, key := range row.Keys {
		c := plainCell(key)
		switch field := fields[i]; {
		case key == "" && field == "life_area":
			c.word = v.Say("what_if.no_life_area")
		case key == "" && field == "category":
			c.word = v.Say("what_if.no_category")
		case key == "":
			c.word = v.Say("what_if.no_party")
		case field == "life_area" || field == "category":
			c.word = v.Say(field + "." + key)
		}
		cells = append(cells, c)
	}
	e := &row.Effects
	cells = append(cells, cell{plain: string(row.Class), word: v.Say("class." + string(row.Class))}, plainCell(e.Adopted.String()), plainCell(e.Alternative.String()),
		v.difference(amount, e.Difference().String()), v.difference(percent, e.Percent()))
	for _, m := range []domain.Money{e.Price, e.Volume, e.Mix} {
		cells = append(cells, v.difference(amount, m.String()))
	}
	return cells
}

// classesTable counts who gains and who loses, and names the largest in each class.
func (v *visit) classesTable(r *replay.Result) *table {
	t := &table{name: "classes", caption: v.Say("what_if.classes"), none: v.Say("what_if.nothing"), columns: v.columns("classes")}
	if len(r.Runs) == 2 {
		inTwinsAlone(t.columns, "run")
	}
	var rows [][]cell
	for i := 1; i < len(r.Runs); i++ {
		for _, by := range r.Runs[i].Comparison.By {
			if by.Field != "provider" && by.Field != "unit" { // a year does not win
				continue
			}
			for j := range by.Classes {
				c := &by.Classes[j]
				rows = append(rows, []cell{v.runName(&r.Runs[i], i), {plain: by.Field, word: v.Say("column." + by.Field)}, {plain: string(c.Class), word: v.Say("class." + string(c.Class))}, plainCell(fmt.Sprint(c.Count)),
					plainCell(c.Adopted.String()), plainCell(c.Alternative.String()), v.difference(amount, c.Difference().String()), plainCell(c.Largest.Keys[len(c.Largest.Keys)-1]),
					v.difference(amount, c.Largest.Difference().String())})
			}
		}
	}
	t.rows = rowsOf(rows)
	return t
}

// modelsTable names every document of every run, by its hash, and what the run comes to, by its digest.
func (v *visit) modelsTable(r *replay.Result) *table {
	t := &table{name: "models", caption: v.Say("what_if.models_table"), none: v.Say("what_if.nothing"), columns: v.columns("models")}
	t.rows = func(yield func([]cell) bool) {
		for i := range r.Runs {
			run := &r.Runs[i]
			for _, m := range run.Models {
				if !yield([]cell{v.runName(run, i), plainCell(m.ID), plainCell(m.SHA256), plainCell(run.Digest)}) {
					return
				}
			}
		}
	}
	return t
}
