package compensation

import (
	"fmt"
	"slices"
	"strings"

	"careledger/domain"
)

// series are the postings of one policy, component and unit of quantity, over all documents of the policy, where each is quantity × rate.
type series struct {
	policy, component, unit string
	parts                   []part // as the documents have them, in order of their days
	counting                *counting
	pays                    string // tells apart what series of the same counting pay
}

// part is a component under one of its policy's documents.
type part struct {
	InForce
	number    int // of the document
	component *Component
}

// seriesOf returns the series of a run, and beside them its policies with what is paid in other ways: caps with what they sum, and grants.
func (s *Sums) seriesOf(policies []Policy) (all []*series, others []Policy) {
	for _, policy := range policies {
		rest, kept := Policy{ID: policy.ID}, map[string]bool{}
		for _, d := range policy.Documents {
			for i := range d.Model.Components {
				if c := &d.Model.Components[i]; c.Kind == KindCap || c.ofGrants() {
					kept[c.ID] = true
					for _, id := range c.Of {
						kept[id] = true
					}
				}
			}
		}
		first := len(all)
		for number, d := range policy.Documents {
			for i := range d.Model.Components {
				c := &d.Model.Components[i]
				if c.Kind == KindCap || c.ofGrants() {
					continue
				}
				at := slices.IndexFunc(all[first:], func(o *series) bool { return o.component == c.ID && o.unit == c.QuantityUnit() })
				if at < 0 {
					at, all = len(all)-first, append(all, &series{policy: policy.ID, component: c.ID, unit: c.QuantityUnit()})
				}
				all[first+at].parts = append(all[first+at].parts, part{d, number, c})
			}
			m := *d.Model
			m.Components = slices.DeleteFunc(slices.Clone(m.Components), func(c Component) bool { return !kept[c.ID] })
			rest.Documents = append(rest.Documents, InForce{&m, d.From, d.End})
		}
		if len(kept) > 0 {
			others = append(others, rest)
		}
	}
	for _, of := range all {
		s.plan(of)
	}
	return all, others
}

// plan says what a series counts. Documents that follow on each other and count alike are one part of the counting, whatever they pay.
func (s *Sums) plan(of *series) {
	c := &counting{Prepared: s.Prepared, quantum: 1, modulus: 1, premiums: of.parts[0].component.ofFollowUps()}
	c.byArea, c.byOccasion = c.premiums && slices.Contains(s.by, "life_area"), c.premiums && slices.Contains(s.by, "occasion")
	from, end := s.daysCounted(of)
	var key, pays strings.Builder
	last := ""
	for _, p := range of.parts {
		fmt.Fprintln(&pays, int(p.From), int(p.End))
		p.component.rates(p.Model).describe(&pays)
		if c.premiums {
			c.cut(s.Period, p)
		}
		p.From, p.End = max(p.From, from), min(p.End, end)
		if months := p.InForce.months(s.Period); !c.premiums {
			p.From, p.End = months.From.First(), (months.To + 1).First()
		}
		if p.From >= p.End {
			continue
		}
		c.quantum = leastCommonMultiple(c.quantum, p.component.quantum())
		definition := p.component.counted(p.Model)
		if n := len(c.parts); n > 0 && c.parts[n-1].End == p.From && last == definition {
			c.parts[n-1].End = p.End
			continue
		}
		c.parts, last = append(c.parts, p), definition
	}
	for _, p := range c.parts {
		fmt.Fprintln(&key, int(p.From), int(p.End), p.component.counted(p.Model))
	}
	c.key, of.pays, of.counting = key.String(), pays.String(), c
}

// daysCounted returns the days [from, end) that a series has to look at: those of the period, but of what is paid once every day on which a
// follow-up was held.
func (s *Sums) daysCounted(of *series) (from, end domain.Date) {
	if slices.ContainsFunc(of.parts, func(p part) bool {
		return p.component.Repeat == RepeatOncePerGoal || p.component.Repeat == RepeatOncePerCase
	}) {
		return s.held()
	}
	return s.From.First(), s.To.Last() + 1
}

// cut notes the days within a month of the period on which what is paid for a premium may change.
func (c *counting) cut(p Period, of part) {
	days := []domain.Date{of.From, of.End}
	for _, v := range of.component.rates(of.Model).Values {
		days = append(days, v.From)
	}
	c.addCuts(slices.DeleteFunc(days, func(d domain.Date) bool { return !p.Has(d.Month()) || d == d.Month().First() }))
}

// rates returns the parameter that the component's quantities are multiplied by. A document that was parsed has it.
func (c *Component) rates(m *Model) *Parameter {
	if p := m.Parameter(c.rateParameter()); p != nil {
		return p
	}
	return &Parameter{}
}

// describe writes what the parameter is worth, so that parameters of the same text are worth the same.
func (p *Parameter) describe(b *strings.Builder) {
	fmt.Fprintln(b, p.By)
	for _, v := range p.Values {
		fmt.Fprintln(b, int(v.From), v.Scalar.Value)
		if len(v.Table) > 0 {
			keys := make([]string, 0, len(v.Table))
			for k := range v.Table {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				fmt.Fprintln(b, k, v.Table[k].Value)
			}
		}
	}
}

// counted writes what the component counts, whatever its rate: components of the same text count the same postings.
func (c *Component) counted(m *Model) string {
	var b strings.Builder
	fmt.Fprint(&b, c.Kind, " ", c.Basis, " ", c.Absence, " ", c.Per, " ", c.Prorate, " ", c.Outcomes, " ", c.Occasions, " ", c.Repeat, " ", c.Condition, " ")
	if c.When != nil {
		b.WriteString(c.When.Source())
	}
	if c.Kind == KindSupplement {
		fmt.Fprint(&b, "\n", c.Threshold.Number)
		if p := m.Parameter(c.Threshold.Parameter); p != nil {
			p.describe(&b)
		}
	}
	return b.String()
}

// described writes everything that the amounts of a component follow from.
func (c *Component) described(b *strings.Builder, m *Model) {
	fmt.Fprintln(b, c.ID, c.counted(m), c.Of, c.Limit.Number, c.Pot.Number, c.Floor.Number, c.RoundTo.Number)
	for _, name := range c.Uses() {
		if p := m.Parameter(name); p != nil {
			p.describe(b)
		}
	}
}

func leastCommonMultiple(a, b int64) int64 { return a / greatestCommonDivisor(a, b) * b }

func greatestCommonDivisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
