package compensation

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"

	"careledger/domain"
)

// Sums answers what runs come to over the same facts, place by place (compiled.go). What runs count alike is counted once (counts.go), and what
// they pay alike is paid once. It may be used from several goroutines.
type Sums struct {
	*Prepared
	by     []string
	counts func() *counts
	held   func() (from, end domain.Date) // the days on which follow-ups were held

	mu       sync.Mutex // guards what follows
	plans    map[string]*planned
	payments map[[sha256.Size]byte]*shared[[]*payment] // of what several runs pay
	layouts  map[string]*shared[*layout]
}

// shared is made by the first who needs it.
type shared[T any] struct {
	once sync.Once
	uses int
	made T
	err  error
}

func (s *shared[T]) get(make func() (T, error)) (T, error) {
	s.once.Do(func() { s.made, s.err = make() })
	return s.made, s.err
}

// Sum is what the postings of a run come to.
type Sum struct {
	Total    domain.Money
	Rows     []Row  // the groups that have a posting, sorted by their keys
	Digest   string // see sumDigest
	Postings int
	Units    []UnitSum // by position in Units
	series   []paidSeries
}

// UnitSum is what a unit gets. Any says whether it has a posting, also one of 0.00.
type UnitSum struct {
	Amount domain.Money
	Any    bool
}

// paidSeries is a series with what it is paid.
type paidSeries struct {
	policy, component, unit string
	parts                   []part
	*payment
}

// Sums returns the sums of the prepared facts by fields. Nothing is computed before it is asked for.
func (p *Prepared) Sums(by []string) *Sums {
	return &Sums{Prepared: p, by: by, counts: sync.OnceValue(p.countsOf), plans: map[string]*planned{}, payments: map[[sha256.Size]byte]*shared[[]*payment]{}, layouts: map[string]*shared[*layout]{},
		held: sync.OnceValues(func() (from, end domain.Date) {
			from, end = domain.MaxDate, domain.MinDate
			for _, d := range p.FollowUps.HeldOn {
				from, end = min(from, d), max(end, d+1)
			}
			return from, end
		})}
}

// Count counts all that runs need, in one pass over the facts. A run that is not named here is counted when it is asked for. The error is
// the context's.
func (s *Sums) Count(ctx context.Context, runs ...[]Policy) error {
	var all []*series
	for _, policies := range runs {
		p := s.planOf(policies)
		all = append(all, p.series...)
		s.mu.Lock()
		for _, one := range p.series {
			s.use(one.paidAs)
		}
		s.use(p.othersPaidAs)
		s.mu.Unlock()
	}
	return s.counts().ensure(ctx, all)
}

func (s *Sums) use(key [sha256.Size]byte) {
	if s.payments[key] == nil {
		s.payments[key] = &shared[[]*payment]{}
	}
	s.payments[key].uses++
}

// Of returns what a run comes to. The error is that of Evaluate, or the context's.
func (s *Sums) Of(ctx context.Context, policies []Policy) (*Sum, error) {
	all, err := s.paid(ctx, policies)
	if err != nil {
		return nil, err
	}
	sum := &Sum{Units: make([]UnitSum, len(s.Units)), series: all}
	var lines []string
	for _, p := range all {
		sum.Total += p.total
		sum.Postings += p.tally.postings
		if p.tally.postings > 0 {
			lines = append(lines, digestLine(p.policy, p.component, p.unit, p.tally, p.sums))
		}
		for i, b := range p.tally.blocks {
			u := &sum.Units[b.unit]
			for place := i * p.tally.months; place < (i+1)*p.tally.months; place++ {
				u.Amount += p.amounts[place]
				u.Any = u.Any || p.tally.count[place] > 0
			}
		}
	}
	sum.Digest = digestOfLines(lines)
	sum.Rows, err = s.rows(ctx, policies, all)
	return sum, err
}

// Total returns what a run comes to, and of how many postings, without its rows and digest.
func (s *Sums) Total(ctx context.Context, policies []Policy) (total domain.Money, postings int, err error) {
	all, err := s.paid(ctx, policies)
	for _, p := range all {
		total += p.total
		postings += p.tally.postings
	}
	return total, postings, err
}

// Yields says whether a component of the run's documents has a posting.
func (s *Sum) Yields(c *Component) bool {
	for _, p := range s.series {
		for i, part := range p.parts {
			if part.component == c && p.earns[i] {
				return true
			}
		}
	}
	return false
}

// paid returns the series of a run with what they are paid.
func (s *Sums) paid(ctx context.Context, policies []Policy) ([]paidSeries, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	plan := s.planOf(policies)
	if err := s.counts().ensure(ctx, plan.series); err != nil {
		return nil, err
	}
	var paid []paidSeries
	for _, of := range plan.series {
		p, err := s.payOnce(of.paidAs, func() ([]*payment, error) {
			p, err := s.pay(of)
			return []*payment{p}, err
		})
		if err != nil {
			return nil, s.failure(policies, err)
		}
		paid = append(paid, paidSeries{of.policy, of.component, of.unit, of.parts, p[0]})
	}
	if len(plan.others) == 0 {
		return paid, nil
	}
	more, err := s.payOnce(plan.othersPaidAs, func() ([]*payment, error) { return s.payOthers(ctx, plan.others) })
	if err != nil {
		return nil, s.failure(policies, err)
	}
	for _, p := range more {
		paid = append(paid, p.named(policies))
	}
	return paid, nil
}

// payOnce makes what several runs pay once; what one run pays is not kept.
func (s *Sums) payOnce(key [sha256.Size]byte, pay func() ([]*payment, error)) ([]*payment, error) {
	s.mu.Lock()
	known := s.payments[key]
	s.mu.Unlock()
	if known == nil || known.uses < 2 {
		return pay()
	}
	return known.get(pay)
}

// failure returns what Evaluate says of a run that cannot be paid: it goes through the postings in canonical order, so the error does not
// depend on how the count was divided.
func (s *Sums) failure(policies []Policy, found error) error {
	if err := s.Evaluate(policies, func(*Batch) error { return nil }); err != nil {
		return err
	}
	return found
}

// rows returns the rows of a run.
func (s *Sums) rows(ctx context.Context, policies []Policy, all []paidSeries) ([]Row, error) {
	if slices.Contains(s.by, "case") { // places have no cases
		sums := NewAggregate(s.Prepared, s.by)
		err := s.Evaluate(policies, func(b *Batch) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return sums.Add(b)
		})
		return sums.Rows(), err
	}
	rows := func(l *layout) []Row {
		rows := slices.Clone(l.rows)
		for i, p := range all {
			for place, row := range l.rowOf[i] {
				if row >= 0 {
					rows[row].Amount += p.amounts[place]
				}
			}
		}
		return rows
	}
	if slices.ContainsFunc(all, func(p paidSeries) bool { return p.sums == byPosting }) {
		return rows(s.newLayout(all)), nil // which postings a cap makes depends on the amounts, so another run has other rows
	}
	key := layoutKey(all)
	s.mu.Lock()
	if s.layouts[key] == nil {
		s.layouts[key] = &shared[*layout]{}
	}
	known := s.layouts[key]
	s.mu.Unlock()
	l, _ := known.get(func() (*layout, error) { return s.newLayout(all), nil })
	return rows(l), nil
}
