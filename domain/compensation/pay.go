package compensation

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"careledger/domain"
)

// payment is what a series comes to by place.
type payment struct {
	tally   *tally
	amounts []domain.Money // by place
	total   domain.Money
	sums    string // what the digest says of the amounts
	earns   []bool // by part: it has a posting

	policy, component, unit string // of a payment that is no product of quantity and rate
}

// byPosting stands for sums where the digest has the amount of each posting.
const byPosting = "-"

var errTooLarge = errors.New("the sum of the amounts is larger than the ledger can hold")

// pay multiplies a series' tally by its rates.
func (s *Sums) pay(of *series) (*payment, error) {
	t := of.counting.tally
	if t.incomplete {
		return nil, fmt.Errorf("model %s, component %s: could not be counted", of.policy, of.component)
	}
	p := &payment{tally: t, amounts: make([]domain.Money, len(t.whole)), earns: make([]bool, len(of.parts))}
	var known []weights
	within := true
	err := s.eachRate(of, func(part, from, to int, r rate) {
		p.earns[part] = true
		at := slices.IndexFunc(known, func(w weights) bool { return w.rate == r })
		if at < 0 {
			w, ok := t.weightsOf(r)
			known, at, within = append(known, w), len(known), within && ok
		}
		if within {
			t.pay(from, to, &known[at], p.amounts)
		}
	})
	if err != nil {
		return nil, err
	}
	var rates []rate // by place, where they are needed
	if !within || t.compound {
		rates = make([]rate, len(t.whole))
		if err := s.eachRate(of, func(_, from, to int, r rate) {
			for place := from; place < to; place++ {
				rates[place] = r
			}
		}); err != nil {
			return nil, err
		}
	}
	if !within {
		if err := s.payEach(of, rates, p.amounts); err != nil {
			return nil, err
		}
	}
	for _, amount := range p.amounts {
		total := p.total + amount
		if (total > p.total) != (amount > 0) && amount != 0 {
			return nil, errTooLarge
		}
		p.total = total
	}
	p.sums = sumsOf(t, rates, p.amounts)
	return p, nil
}

// eachRate visits the places of a series that have a posting, in ranges [from, to) of one block and rate; a range may hold places without
// a posting.
func (s *Sums) eachRate(of *series, visit func(part, from, to int, r rate)) error {
	c, t := of.counting, of.counting.tally
	e := &evaluation{asked: s.Prepared, policy: of.policy}
	for i, part := range of.parts {
		k := e.over(s.Prepared, part.number, part.InForce, part.component, nil)
		k.out.Quantum = t.quantum
		var err error
		if k.rates, err = newRates(k); err != nil {
			return err
		}
		from, to := max(part.From.Month(), s.From), min((part.End-1).Month(), s.To)
		for j, b := range t.blocks {
			at := codesOf(NoCase, b.unit, 0)
			at.category, at.band = b.category, b.band
			first, last, value, day := -1, -1, 0, domain.Date(0) // of the range at hand
			end := func() error {
				if first < 0 {
					return nil
				}
				r, err := k.rates.onDay(day, at)
				if err == nil {
					visit(i, first, last+1, r)
				}
				first = -1
				return err
			}
			for month := from; month <= to; month++ {
				place := j*t.months + int(month-s.From)
				if t.count[place] == 0 {
					continue
				}
				d := c.day(b, month)
				if d < part.From || d >= part.End {
					continue
				}
				if in := k.rates.valueOn(d); first < 0 || in != value {
					if err := end(); err != nil {
						return err
					}
					first, value, day = place, in, d
				}
				last = place
			}
			if err := end(); err != nil {
				return err
			}
		}
	}
	return nil
}

// payEach pays posting by posting, by the rates of their places: rates of more digits than a tally has remainders for, and amounts so large
// that they have to be looked at one by one.
func (s *Sums) payEach(of *series, rates []rate, amounts []domain.Money) error {
	clear(amounts)
	c := *of.counting
	t := c.tally
	w, err := c.newCounter(&atHand{})
	if err != nil {
		return err
	}
	for _, k := range w.parts {
		k.emit = func(stretch *stretch) error {
			base := t.find(c.block(stretch)) - int(t.period.From)
			for i, month := range stretch.months {
				amount, ok := rates[base+int(month)].of(stretch.quantities[i])
				sum := amounts[base+int(month)] + amount
				if !ok || (sum > amounts[base+int(month)]) != (amount > 0) && amount != 0 {
					return errTooLarge
				}
				amounts[base+int(month)] = sum
			}
			return nil
		}
	}
	for i := 0; i <= len(s.Cases)/segmentCases && err == nil; i++ {
		if _, err = w.segment(i); c.parts[0].component.ofUnits() {
			break
		}
	}
	return err
}

// sumsOf is the part of the digest that commits to amounts.
func sumsOf(t *tally, rates []rate, amounts []domain.Money) string {
	type sum struct {
		rate   rate
		amount domain.Money
	}
	h := sha256.New()
	var buffer []byte
	for i := 0; i < len(t.blocks); {
		j := i + 1
		for j < len(t.blocks) && t.blocks[j].unit == t.blocks[i].unit && t.blocks[j].category == t.blocks[i].category && t.blocks[j].band == t.blocks[i].band {
			j++
		}
		for m := range t.months {
			if place := i*t.months + m; j == i+1 {
				if t.count[place] > 0 {
					buffer = binary.AppendVarint(buffer, int64(amounts[place]))
				}
				continue
			}
			var all []sum // blocks that differ in what the digest does not look at
			for block := i; block < j; block++ {
				place := block*t.months + m
				if t.count[place] == 0 {
					continue
				}
				at := slices.IndexFunc(all, func(s sum) bool { return s.rate == rates[place] })
				if at < 0 {
					at, all = len(all), append(all, sum{rate: rates[place]})
				}
				all[at].amount += amounts[place]
			}
			slices.SortFunc(all, func(a, b sum) int { return a.rate.compare(b.rate) })
			for _, one := range all {
				buffer = binary.AppendVarint(buffer, int64(one.amount))
			}
		}
		h.Write(buffer)
		buffer = buffer[:0]
		i = j
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (r rate) compare(s rate) int { // divisors are positive
	return new(big.Int).Mul(big.NewInt(r.mantissa), big.NewInt(s.divisor)).Cmp(new(big.Int).Mul(big.NewInt(s.mantissa), big.NewInt(r.divisor)))
}

// payOthers evaluates caps and grants posting by posting. others are the policies with these and what the caps sum.
func (s *Sums) payOthers(ctx context.Context, others []Policy) (all []*payment, err error) {
	lists := map[*payment][]otherPosting{}
	err = s.Evaluate(others, func(b *Batch) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if b.Component.Kind != KindCap && !b.Component.ofGrants() {
			return nil
		}
		i := slices.IndexFunc(all, func(p *payment) bool {
			return p.policy == b.Policy && p.component == b.Component.ID && p.unit == b.QuantityUnit
		})
		if i < 0 {
			i = len(all)
			all = append(all, &payment{tally: newTally(s.Prepared, 1, 1), sums: byPosting, policy: b.Policy, component: b.Component.ID, unit: b.QuantityUnit})
			all[i].tally.fractions = map[int]*big.Rat{}
		}
		p := all[i]
		for len(p.earns) <= b.Document { // named makes them those of the parts
			p.earns = append(p.earns, false)
		}
		p.earns[b.Document] = true
		for i := range b.Unit {
			lists[p] = append(lists[p], otherPosting{b.Case[i], b.Unit[i], b.Month[i], b.FollowUp[i], b.Goal[i], b.rational(i), b.Amount[i]})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		s.place(p, lists[p])
	}
	return all, nil
}

// otherPosting is a posting of a cap or a grant.
type otherPosting struct {
	cs             uint32
	unit           uint16
	month          domain.Month
	followUp, goal int32
	quantity       *big.Rat
	amount         domain.Money
}

// place sums postings of a cap or a grant by place, and hashes their groups.
func (s *Sums) place(p *payment, postings []otherPosting) {
	t := p.tally
	g := postingGroups{facts: s.Facts}
	slices.SortStableFunc(postings, func(a, b otherPosting) int {
		return cmp.Or(cmp.Compare(a.cs+1, b.cs+1), cmp.Compare(a.unit, b.unit)) // NoCase + 1 is 0
	})
	byArea, byOccasion := slices.Contains(s.by, "life_area"), slices.Contains(s.by, "occasion")
	sums := map[int]domain.Money{} // by place before they are sorted
	for i, o := range postings {
		b := block{unit: o.unit, category: NoCode, band: NoCode, lifeArea: NoCode, occasion: NoCode}
		if byArea && o.goal >= 0 {
			b.lifeArea = s.Goals.LifeArea[o.goal]
		}
		if byOccasion && o.followUp >= 0 {
			b.occasion = s.FollowUps.Occasion[o.followUp]
		}
		place := t.base(b) + int(o.month-s.From)
		t.remainders[place]++
		if sums[place] += o.amount; o.quantity.Sign() != 0 {
			if t.fractions[place] == nil {
				t.fractions[place] = new(big.Rat)
			}
			t.fractions[place].Add(t.fractions[place], o.quantity)
		}
		if i == 0 || postings[i-1].cs != o.cs || postings[i-1].unit != o.unit {
			g.close()
			g.open(o.cs, o.unit, NoCode, NoCode)
		}
		g.explicit(&o)
		p.total += o.amount
	}
	g.close()
	t.lists = sha256.Sum256(g.hashes)
	blocks, fractions := slices.Clone(t.blocks), t.fractions
	t.complete()
	t.fractions, p.amounts = map[int]*big.Rat{}, make([]domain.Money, len(t.whole))
	for was, b := range blocks {
		is := int(t.index[b])
		for m := range t.months {
			p.amounts[is*t.months+m] = sums[was*t.months+m]
			if q := fractions[was*t.months+m]; q != nil {
				t.fractions[is*t.months+m] = q
			}
		}
	}
}

// named gives a payment of a cap or grant the parts of a run.
func (p *payment) named(policies []Policy) paidSeries {
	named := *p
	paid := paidSeries{p.policy, p.component, p.unit, nil, &named}
	named.earns = nil
	for _, policy := range policies {
		if policy.ID != p.policy {
			continue
		}
		for number, d := range policy.Documents {
			for i := range d.Model.Components {
				if c := &d.Model.Components[i]; c.ID == p.component {
					paid.parts = append(paid.parts, part{d, number, c})
					named.earns = append(named.earns, number < len(p.earns) && p.earns[number])
				}
			}
		}
	}
	return paid
}
