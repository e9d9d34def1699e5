package compensation

import (
	"maps"
	"slices"

	"careledger/domain"
)

// What no evaluation could use is refused when the document is read, not when it is adopted and everything that the authority is to pay
// depends on it.

// amounts checks the numbers that a component computes with, wherever they stand.
func (r *modelReader) amounts(m *Model, c *Component, s spot) {
	each := func(field string, o Operand, check func(domain.Decimal) string) {
		for _, v := range r.values(m, s.field(field), o) {
			if problem := check(v.Decimal); problem != "" {
				r.problem(v.at, "%s %s", v.Decimal, problem)
			}
		}
	}
	switch c.Kind {
	case KindSupplement:
		each("threshold_minutes", c.Threshold, func(d domain.Decimal) string {
			if _, problem := wholeMinutes(d); problem != "" {
				return "is " + problem
			}
			return ""
		})
		r.summed(m, c, s)
	case KindCap:
		each("limit", c.Limit, func(d domain.Decimal) string {
			if d.Sign() < 0 {
				return "is negative; a limit is 0 or more"
			}
			return ""
		})
	case KindAllocation, KindPerformance:
		each("pot", c.Pot, notAmount)
		if c.Kind == KindAllocation {
			each("floor", c.Floor, notAmount)
			each("round_to", c.RoundTo, func(d domain.Decimal) string {
				if problem := notAmount(d); problem != "" || d.Sign() > 0 {
					return problem
				}
				return `is no step; write for example "0.01"`
			})
		}
		r.weightTables(m, c, s)
	}
}

// notAmount says what is wrong with kronor that are to be shared out.
func notAmount(d domain.Decimal) string {
	if _, ok := d.Scaled(2); !ok || d.Sign() < 0 {
		return "is not an amount; write kronor with at most two decimals, not negative"
	}
	return ""
}

// placed is a number with the spot to blame for it.
type placed struct {
	domain.Decimal
	at spot
}

// values returns the numbers that an operand may be.
func (r *modelReader) values(m *Model, at spot, o Operand) (all []placed) {
	if o.Parameter == "" {
		return []placed{{o.Number, at}}
	}
	p := m.Parameter(o.Parameter)
	if p == nil { // reported
		return nil
	}
	for _, v := range p.Values {
		at := r.valuesOf(o.Parameter).field(v.From.String())
		if len(p.By) == 0 {
			all = append(all, placed{v.Scalar.Value, at})
		}
		for _, key := range slices.Sorted(maps.Keys(v.Table)) {
			all = append(all, placed{v.Table[key].Value, at.field(key)})
		}
	}
	return all
}

// valuesOf returns the spot of a parameter's dated values.
func (r *modelReader) valuesOf(parameter string) spot {
	return r.root.field("parameters").field(parameter).field("values")
}

// summed refuses a supplement whose rate differs by what its postings sum over.
func (r *modelReader) summed(m *Model, c *Component, s spot) {
	if p := m.Parameter(c.Rate); p != nil {
		for _, by := range p.By {
			if slices.Contains([]string{"category", "band", "kind"}, by) {
				r.problem(s.field("rate"), "a supplement sums over categories and bands, so its rate cannot be by %s, as parameter %q is; select rows with a when in place of it", by, c.Rate)
			}
		}
	}
}

// weightTables refuses weights that nothing can be shared by.
func (r *modelReader) weightTables(m *Model, c *Component, s spot) {
	p := m.Parameter(c.Weights)
	if c.Weights == "" || p == nil || len(p.By) == 0 {
		return
	}
	for _, v := range p.Values {
		at, positive := r.valuesOf(c.Weights).field(v.From.String()), false
		for _, id := range slices.Sorted(maps.Keys(v.Table)) {
			weight := v.Table[id].Value
			positive = positive || weight.Sign() > 0
			if weight.Sign() < 0 {
				r.problem(at.field(id), "%s is negative; a weight is 0 or more", weight)
			}
		}
		if !positive {
			r.problem(at, "no recipient has a weight above 0")
		}
	}
}
