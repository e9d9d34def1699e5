package replay

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"careledger/domain"
	"careledger/domain/compensation"
)

// CompareFields are what a comparison can be by. What a posting has none of (minutes have no life area) is compared under "".
var CompareFields = domain.Codes{"provider", "unit", "year", "category", "life_area", "occasion"}

// ParseCompare reads a comma-separated list of CompareFields; "" asks for no comparison.
func ParseCompare(s string) (by []string, err error) {
	if s == "" {
		return nil, nil
	}
	for f := range strings.SplitSeq(s, ",") {
		by = append(by, strings.TrimSpace(f))
	}
	return by, checkCompare(by)
}

func checkCompare(by []string) error {
	for i, f := range by {
		if !CompareFields.Has(f) {
			hint := ""
			if near := CompareFields.Closest(f); near != "" {
				hint = fmt.Sprintf("; did you mean %s?", near)
			}
			return fmt.Errorf("--compare: runs cannot be compared by %q%s (known: %s)", f, hint, CompareFields)
		}
		if slices.Contains(by[:i], f) {
			return fmt.Errorf("--compare: %s stands twice", f)
		}
	}
	return nil
}

// Comparison sets a run beside the adopted policies.
type Comparison struct {
	Effects
	By []ComparisonBy // in the order asked for
}

// ComparisonBy is a comparison by one field.
type ComparisonBy struct {
	Field   string
	Columns []string // what the keys of a row are: the field, and of a unit its provider before it
	// Rows have a posting in the run or in adopted, and sum to the comparison. Providers and units stand by the largest difference, whichever
	// its sign; other rows by their keys.
	Rows    []ComparisonRow
	Classes []ClassSum // those that have a row, in the order of Classes
}

// ComparisonRow is a row of a comparison.
type ComparisonRow struct {
	Keys  []string
	Class Class
	Effects
}

// Percent returns the difference in percent of what is adopted with one decimal, half away from zero; "" where nothing is adopted.
func (e *Effects) Percent() string {
	if e.Adopted == 0 {
		return ""
	}
	base := max(e.Adopted, -e.Adopted)
	return withDecimals(e.Difference().Decimal().Mul(domain.DecimalOf(100, 0)).QuoRound(base.Decimal(), 1), 1)
}

// withDecimals writes a decimal of at most n decimals with all n of them, more than 0.
func withDecimals(d domain.Decimal, n int) string {
	text := d.String()
	if d.Decimals() == 0 {
		text += "."
	}
	return text + strings.Repeat("0", n-d.Decimals())
}

// Class says how an alternative treats who has a row.
type Class string

// The classes. The limit of five percent is of the adopted amount and belongs to the lower class.
const (
	ClassGainOver  Class = "gain-over-5-percent"
	ClassGainTo    Class = "gain-to-5-percent"
	ClassUnchanged Class = "unchanged"
	ClassLossTo    Class = "loss-to-5-percent"
	ClassLossOver  Class = "loss-over-5-percent"
	ClassNew       Class = "new"  // no posting under the adopted policies
	ClassGone      Class = "gone" // no posting under the alternative
)

// Classes are all classes, from the largest gain to what is gone. It must not be changed.
var Classes = []Class{ClassGainOver, ClassGainTo, ClassUnchanged, ClassLossTo, ClassLossOver, ClassNew, ClassGone}

const classPercent = 5

// class returns the one class that the row belongs to.
func (e *Effects) class() Class {
	d := e.Difference()
	over := 100/classPercent*max(d, -d) > max(e.Adopted, -e.Adopted) // amounts are far below 2^63/20 öre
	switch {
	case !e.inAdopted && !e.inAlternative: // what is assumed takes back all that the alternative would pay
		return ClassUnchanged
	case !e.inAdopted:
		return ClassNew
	case !e.inAlternative:
		return ClassGone
	case d == 0:
		return ClassUnchanged
	case d > 0 && over:
		return ClassGainOver
	case d > 0:
		return ClassGainTo
	case over:
		return ClassLossOver
	}
	return ClassLossTo
}

// ClassSum is the rows of a class.
type ClassSum struct {
	Class   Class
	Count   int
	Largest ComparisonRow // by difference, whichever its sign
	Effects               // summed
}

// examine adds to each alternative what is asked for beside its rows: the comparison, the transition, and what assumed behaviour adds. It
// pays the adopted policies and each alternative once more, and an alternative with assumed behaviour twice, over what is counted by life area and occasion.
func (h *history) examine(ctx context.Context, r *Request, plans []plan, result *Result, progress func(done, total int)) error {
	if len(plans) == 1 || len(r.Compare) == 0 && r.LimitChange == nil && len(r.Assume) == 0 {
		return nil
	}
	over, err := h.counted(ctx, plans)
	if err != nil {
		return err
	}
	adopted, err := h.charges(ctx, over[h], h.adopted)
	if err != nil {
		return err
	}
	errs, done := make([]error, len(plans)), 0
	var mu sync.Mutex // guards done and the calls of progress
	each(len(plans)-1, func(before int) {
		i := before + 1 // the first plan is what is adopted
		c := contrast{adopted: adopted}
		if errs[i] = c.charge(ctx, h, over, &plans[i]); errs[i] == nil {
			c.state(r, &result.Runs[i])
		}
		mu.Lock()
		defer mu.Unlock()
		if done++; progress != nil {
			progress(done, len(plans)-1)
		}
	})
	return cmp.Or(errs...)
}

// counted returns the sums by chargeFields of the history and of that under assumed behaviour, with all that the plans need of them counted in one
// pass over each.
func (h *history) counted(ctx context.Context, plans []plan) (map[*history]*compensation.Sums, error) {
	runs := map[*history][][]compensation.Policy{h: nil}
	for i := range plans {
		runs[h] = append(runs[h], plans[i].policies)
		if over := plans[i].over; over != h {
			runs[over] = append(runs[over], plans[i].policies)
		}
	}
	over := map[*history]*compensation.Sums{}
	for of, policies := range runs {
		over[of] = of.Sums(chargeFields)
		if err := over[of].Count(ctx, policies...); err != nil {
			return nil, err
		}
	}
	return over, nil
}

// charge sums what the alternative of a plan charges, on the history and under what is assumed.
func (c *contrast) charge(ctx context.Context, h *history, over map[*history]*compensation.Sums, p *plan) (err error) {
	if c.history, err = h.charges(ctx, over[h], p.policies); err != nil {
		return fmt.Errorf("run %s: %w", p.name, err)
	}
	if c.alternative = c.history; p.over != h {
		if c.alternative, err = p.over.charges(ctx, over[p.over], p.policies); err != nil {
			return fmt.Errorf("run %s: %w", p.name, err)
		}
	}
	return nil
}

// state writes what is asked for into the run.
func (c *contrast) state(r *Request, run *Run) {
	if len(r.Assume) > 0 {
		run.Behaviour = c.alternative.total() - c.history.total()
	}
	if len(r.Compare) > 0 {
		run.Comparison = c.comparison(r.Compare)
	}
	if r.LimitChange != nil {
		run.Transition = c.transition(*r.LimitChange, r.InForceFrom)
		run.Warnings = append(run.Warnings, run.Transition.warnings()...)
	}
}

func (c *charges) total() (sum domain.Money) {
	for _, k := range c.kinds {
		for _, months := range k.cells {
			for _, cell := range months {
				sum += cell.amount
			}
		}
	}
	return sum
}

// comparison sums the effects by each field.
func (c *contrast) comparison(by []string) *Comparison {
	all := &Comparison{}
	sums := make([]map[string]*ComparisonRow, len(by))
	for i := range by {
		sums[i] = map[string]*ComparisonRow{}
	}
	c.each(func(unit, year int, kind chargeKind, e Effects) {
		all.add(e)
		for i, field := range by {
			keys := c.keys(field, unit, year, kind)
			id := strings.Join(keys, "\x00")
			row := sums[i][id]
			if row == nil {
				row = &ComparisonRow{Keys: keys}
				sums[i][id] = row
			}
			row.add(e)
		}
	})
	for i, field := range by {
		all.By = append(all.By, comparisonBy(field, sums[i]))
	}
	return all
}

// keys returns the words of a cell that a field is of.
func (c *contrast) keys(field string, unit, year int, kind chargeKind) []string {
	u := &c.adopted.Units[unit]
	switch field {
	case "provider":
		return []string{u.Provider}
	case "unit":
		return []string{u.Provider, u.ID}
	case "year":
		return []string{fmt.Sprint(year)}
	case "category":
		return []string{word(domain.Categories, kind.category)}
	case "life_area":
		return []string{word(domain.LifeAreas, kind.lifeArea)}
	}
	return []string{word(domain.Occasions, kind.occasion)}
}

func word(c domain.Codes, code uint8) string {
	if code == compensation.NoCode {
		return ""
	}
	return c[code]
}

func comparisonBy(field string, rows map[string]*ComparisonRow) ComparisonBy {
	b := ComparisonBy{Field: field, Columns: []string{field}}
	if field == "unit" {
		b.Columns = []string{"provider", "unit"}
	}
	for _, row := range rows {
		row.Class = row.class()
		b.Rows = append(b.Rows, *row)
	}
	bySize := field == "provider" || field == "unit"
	slices.SortFunc(b.Rows, func(x, y ComparisonRow) int {
		if bySize {
			if c := cmp.Compare(y.size(), x.size()); c != 0 {
				return c
			}
		}
		return slices.Compare(x.Keys, y.Keys)
	})
	for _, class := range Classes {
		s := ClassSum{Class: class}
		for _, row := range b.Rows {
			if row.Class != class {
				continue
			}
			if s.Count == 0 || row.size() > s.Largest.size() {
				s.Largest = row
			}
			s.Count++
			s.add(row.Effects)
		}
		if s.Count > 0 {
			b.Classes = append(b.Classes, s)
		}
	}
	return b
}

// size is the difference without its sign.
func (e *Effects) size() domain.Money { return max(e.Difference(), -e.Difference()) }
