package replay

import (
	"context"
	"math/big"
	"slices"

	"careledger/domain"
	"careledger/domain/compensation"
)

// seek looks for the value of a parameter whose total comes nearest a budget without passing it.
//
// The total is the sum of rounded postings: a staircase, nearly a line where every component is linear in the value. So the search
// keeps two values, one whose total does not pass the budget and one whose total does, guesses between them along the line, and walks
// from the guess in growing steps until the other side is met. Where the line is good that takes a handful of evaluations; where it
// is not, the steps still halve the interval, down to neighbouring öre. Where several values give the total found, it is the highest.
type seek struct {
	base   []compensation.Policy // the adopted policies with the settings
	target parameter
	budget domain.Money

	h        *history
	rest     domain.Money // what the components that do not depend on the parameter give
	affected map[componentKey]bool
	probes   int // evaluations made
	made     int // postings in the last one
}

// componentKey names a component in all documents of its policy.
type componentKey struct{ policy, id string }

// The values looked at are 0 to seekLimit, in öre.
const seekLimit = 1_000_000_000_000 // ten billion kronor

// settle finds the value of a plan that seeks one, and makes it that value's run.
func (h *history) settle(ctx context.Context, p *plan) error {
	s := p.seek
	s.h = h
	value, err := s.solve(ctx)
	if err != nil {
		return err
	}
	d := domain.DecimalOf(value, 2)
	changed, err := with(s.base, s.target, d)
	if err != nil {
		return err
	}
	p.value = d.String()
	h.change(p, changed, s.target)
	return nil
}

// point is a value in öre and the total that it gives.
type point struct {
	value int64
	total domain.Money
}

func (s *seek) solve(ctx context.Context) (int64, error) {
	low, err := s.start(ctx)
	if err != nil {
		return 0, err
	}
	low, high, err := s.bracket(ctx, low)
	if err != nil {
		return 0, err
	}
	for high.value-low.value > 1 {
		next, first := between(low, high, s.budget), point{}
		for step := int64(1); low.value < next && next < high.value; step *= 2 {
			at, err := s.probe(ctx, next, low, high)
			if err != nil {
				return 0, err
			}
			if first.value == 0 {
				first = at
			}
			if at.total > s.budget {
				high, next = at, at.value-step
			} else {
				low, next = at, at.value+step
			}
			if (at.total > s.budget) != (first.total > s.budget) {
				break // the walk has met the other side; a new guess between the two is better than a longer step
			}
		}
	}
	return low.value, nil
}

// start evaluates what does not depend on the value, and the value 0.
func (s *seek) start(ctx context.Context) (point, error) {
	s.affected = map[componentKey]bool{}
	for known := -1; len(s.affected) > known; { // until no cap ties in another component
		known = len(s.affected)
		for _, policies := range [][]compensation.Policy{s.h.adopted, s.base} {
			for _, p := range policies {
				for _, d := range p.Documents {
					s.affect(p.ID, d.Model)
				}
			}
		}
	}
	policies := inForceFrom(s.h.adopted, s.base, s.h.inForceFrom)
	var err error
	if s.rest, err = s.sum(ctx, only(policies, func(k componentKey) bool { return !s.affected[k] })); err != nil {
		return point{}, err
	}
	low, err := s.at(ctx, 0)
	switch {
	case err != nil:
		return low, err
	case s.made == 0:
		return low, s.flat()
	case low.total > s.budget:
		return low, s.refused(SeekPassed, low)
	}
	return low, nil
}

// affect notes the components of a model that depend on the value. A cap follows what it sums and cannot be evaluated without it, so
// that they are affected together.
func (s *seek) affect(policy string, m *compensation.Model) {
	for i := range m.Components {
		c := &m.Components[i]
		affected, tied := s.target.uses(policy, c), slices.Concat(c.Of, []string{c.ID})
		for _, id := range tied {
			affected = affected || s.affected[componentKey{policy, id}]
		}
		if affected {
			for _, id := range tied {
				s.affected[componentKey{policy, id}] = true
			}
		}
	}
}

// refused says why no value is found, with the totals that show it.
func (s *seek) refused(why SeekReason, shown ...point) error {
	e := &SeekError{Why: why, Target: s.target.String(), Budget: s.budget}
	for _, p := range shown {
		e.Totals = append(e.Totals, SeekPoint{domain.Money(p.value), p.total})
	}
	return e
}

func (s *seek) flat() error {
	return s.refused(SeekFlat)
}

// bracket looks upwards for a value that passes the budget.
func (s *seek) bracket(ctx context.Context, zero point) (low, high point, err error) {
	low = zero
	for value := int64(100); ; {
		high, err = s.probe(ctx, value, low, point{seekLimit + 1, high.total})
		switch {
		case err != nil:
			return low, high, err
		case high.total > s.budget:
			return low, high, nil
		case value == seekLimit && high.total == zero.total:
			return low, high, s.flat()
		case value == seekLimit:
			return low, high, s.refused(SeekNotReached, point{seekLimit, high.total})
		}
		low = high
		if high.total == zero.total { // not enough for one öre of one posting
			value = min(value*1000, seekLimit)
			continue
		}
		// A little past where the line from 0 meets the budget.
		reach := along(high.value, s.budget-zero.total, high.total-zero.total)
		value = min(max(2*value, reach+reach/1024+1), seekLimit)
	}
}

// probe evaluates a value between two others and refuses if the total is not between theirs.
func (s *seek) probe(ctx context.Context, value int64, low, high point) (point, error) {
	p, err := s.at(ctx, value)
	if err == nil && (p.total < low.total || high.value <= seekLimit && p.total > high.total) {
		err = s.refused(SeekFalls, low, point{value, p.total}, high)
	}
	return p, err
}

// at returns the total that a value in öre gives.
func (s *seek) at(ctx context.Context, value int64) (point, error) {
	s.probes++
	changed, err := with(s.base, s.target, domain.DecimalOf(value, 2))
	if err != nil {
		return point{}, err
	}
	policies := inForceFrom(s.h.adopted, changed, s.h.inForceFrom)
	total, err := s.sum(ctx, only(policies, func(k componentKey) bool { return s.affected[k] }))
	return point{value, s.rest + total}, err
}

// sum returns what policies give in all.
func (s *seek) sum(ctx context.Context, policies []compensation.Policy) (total domain.Money, err error) {
	total, s.made, err = s.h.sums.Total(ctx, policies)
	return total, err
}

// smallest returns the run of one öre, whose count does for every value in whole öre.
func (s *seek) smallest(h *history) ([]compensation.Policy, error) {
	changed, err := with(s.base, s.target, domain.DecimalOf(1, 2))
	return inForceFrom(h.adopted, changed, h.inForceFrom), err
}

// only returns the policies with some of their components; what is paid once is kept by component, so the others do not matter.
func only(policies []compensation.Policy, keep func(componentKey) bool) []compensation.Policy {
	policies = slices.Clone(policies)
	for i := range policies {
		p := &policies[i]
		p.Documents = slices.Clone(p.Documents)
		for j, d := range p.Documents {
			m := *d.Model
			m.Components = slices.DeleteFunc(slices.Clone(m.Components), func(c compensation.Component) bool { return !keep(componentKey{p.ID, c.ID}) })
			p.Documents[j].Model = &m
		}
	}
	return policies
}

// between guesses along the line from low to high where the budget is met; low and high are not neighbours.
func between(low, high point, budget domain.Money) int64 {
	guess := low.value + along(high.value-low.value, budget-low.total, high.total-low.total)
	return min(max(guess, low.value+1), high.value-1)
}

// along returns run × part / whole, without overflow; whole is greater than 0.
func along(run int64, part, whole domain.Money) int64 {
	n := new(big.Int).Mul(big.NewInt(run), big.NewInt(int64(part)))
	if n.Quo(n, big.NewInt(int64(whole))); n.IsInt64() {
		return min(n.Int64(), seekLimit)
	}
	return seekLimit
}
