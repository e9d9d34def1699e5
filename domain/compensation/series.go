package compensation

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"careledger/domain"
)

// series are the postings of one policy, component and unit of quantity, over all documents of the policy, where each is quantity × rate.
type series struct {
	policy, component, unit string
	parts                   []part // as the documents have them, in order of their days
	counting                *counting
	paidAs                  [sha256.Size]byte // the same for series that are paid the same
}

// planned are the series of a run, and beside them its policies with what is paid in other ways: caps with what they sum, and grants.
type planned struct {
	series       []*series
	others       []Policy
	othersPaidAs [sha256.Size]byte // the same for others that are paid the same
}

// planOf returns what a run is made of. A run whose documents are the very same ones is planned once.
func (s *Sums) planOf(policies []Policy) *planned {
	var key strings.Builder
	for _, p := range policies {
		key.WriteString(p.ID)
		for _, d := range p.Documents {
			fmt.Fprintf(&key, " %p %d %d", d.Model, d.From, d.End)
		}
		key.WriteByte('\n')
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.plans[key.String()]
	if p == nil {
		p = s.plan(policies)
		s.plans[key.String()] = p
	}
	return p
}

// part is a component under one of its policy's documents.
type part struct {
	InForce
	number    int // of the document
	component *Component
}

func (s *Sums) plan(policies []Policy) *planned {
	var all []*series
	var others []Policy
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
		s.settle(of)
	}
	return &planned{all, others, othersPaidAs(others)}
}

// settle says what a series counts. Documents that follow on each other and count alike are one part of the counting, whatever they pay.
func (s *Sums) settle(of *series) {
	c := &counting{Prepared: s.Prepared, quantum: 1, modulus: 1, premiums: of.parts[0].component.ofFollowUps()}
	c.byArea, c.byOccasion = c.premiums && slices.Contains(s.by, "life_area"), c.premiums && slices.Contains(s.by, "occasion")
	from, end := s.daysCounted(of)
	var pays []byte
	var definitions []string // of the counting's parts
	for _, p := range of.parts {
		pays = appendDays(pays, p.From, p.End)
		pays = p.component.rates(p.Model).describe(pays)
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
		if n := len(c.parts); n > 0 && c.parts[n-1].End == p.From && definitions[n-1] == definition {
			c.parts[n-1].End = p.End
			continue
		}
		c.parts, definitions = append(c.parts, p), append(definitions, definition)
	}
	var key []byte
	for i, p := range c.parts {
		key = append(appendDays(key, p.From, p.End), definitions[i]...)
	}
	key = strconv.AppendBool(strconv.AppendBool(key, c.byArea), c.byOccasion)
	c.key, of.counting = sha256.Sum256(key), c
	of.paidAs = sha256.Sum256(append(pays, c.key[:]...))
	c.admit(of.parts)
}

// admit widens the modulus to the rates of a component, as far as it may be.
func (c *counting) admit(parts []part) {
	for _, p := range parts {
		of := p.component.rates(p.Model)
		decimals := of.decimals()
		admit := func(v domain.Decimal) {
			if r, err := newRate(v, decimals, c.quantum, p.component.per()); err == nil {
				c.widen(r.divisor)
			}
		}
		for _, v := range of.Values {
			if len(of.By) == 0 {
				admit(v.Scalar.Value)
			}
			for _, e := range v.Table {
				admit(e.Value)
			}
		}
	}
}

func (c *counting) widen(divisor int64) {
	most := c.modulusMost()
	if divisor > most {
		return
	}
	if wider := leastCommonMultiple(c.modulus, divisor); wider <= most {
		c.modulus = wider
	}
}

func appendDays(b []byte, from, end domain.Date) []byte {
	return append(strconv.AppendInt(append(strconv.AppendInt(append(b, '\n'), int64(from), 10), ' '), int64(end), 10), ' ')
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

// describe appends what the parameter is worth: parameters of the same text are worth the same.
func (p *Parameter) describe(b []byte) []byte {
	for _, by := range p.By {
		b = append(append(b, by...), '/')
	}
	for _, v := range p.Values {
		b = append(append(appendDays(b, v.From, 0), v.Scalar.Value.String()...), ' ')
		for _, k := range slices.Sorted(maps.Keys(v.Table)) {
			b = append(append(append(append(b, k...), '='), v.Table[k].Value.String()...), ' ')
		}
	}
	return append(b, '\n')
}

// counted writes what the component counts, whatever its rate: components of the same text count the same postings.
func (c *Component) counted(m *Model) string {
	b := []byte(string(c.Kind) + " " + c.Basis + " " + c.Per + " " + c.Repeat + " " + c.Condition + " " + strings.Join(c.Occasions, ",") + " ")
	b = strconv.AppendBool(b, c.Prorate)
	if c.Absence != nil || c.Outcomes != nil {
		b = fmt.Append(b, c.Absence, c.Outcomes)
	}
	if c.When != nil {
		b = append(append(b, ' '), c.When.Source()...)
	}
	if c.Kind == KindSupplement {
		b = fmt.Append(b, "\n", c.Threshold.Number)
		if p := m.Parameter(c.Threshold.Parameter); p != nil {
			b = p.describe(b)
		}
	}
	return string(b)
}

// othersPaidAs is the same for policies whose caps and grants are paid the same.
func othersPaidAs(others []Policy) [sha256.Size]byte {
	var b []byte
	for _, p := range others {
		for _, d := range p.Documents {
			b = append(append(b, p.ID...), appendDays(nil, d.From, d.End)...)
			for i := range d.Model.Components {
				c := &d.Model.Components[i]
				b = fmt.Appendln(b, c.ID, c.counted(d.Model), c.Of, c.Limit.Number, c.Pot.Number, c.Floor.Number, c.RoundTo.Number, c.Weights)
				for _, u := range c.uses() {
					if p := d.Model.Parameter(u.parameter); p != nil {
						b = p.describe(append(b, u.field...))
					}
				}
			}
		}
	}
	return sha256.Sum256(b)
}

func leastCommonMultiple(a, b int64) int64 { return a / greatestCommonDivisor(a, b) * b }

func greatestCommonDivisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
