package compensation

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
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
	size    domain.Money // the sum of the amounts without their signs: no sum of any of them is larger
	sums    string       // what the digest says of the amounts
	earns   []bool       // by part: it has a posting

	policy, component, unit string // of a payment that is no product of quantity and rate
}

// byPosting stands for sums where the digest has the amount of each posting.
const byPosting = "-"

// errTooLarge must not be changed.
var errTooLarge = &LargeError{"sum of the amounts"}

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
		if err := p.add(amount); err != nil {
			return nil, err
		}
	}
	p.sums = sumsOf(of.counting, rates, p.amounts)
	return p, nil
}

// add adds an amount to what the payment comes to.
func (p *payment) add(amount domain.Money) (err error) {
	p.total += amount
	p.size, err = grown(p.size, amount)
	return err
}

// grown returns a sum of amounts without their signs with one more.
func grown(size, by domain.Money) (domain.Money, error) {
	if more := size + max(by, -by); more >= size {
		return more, nil
	}
	return 0, errTooLarge
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

// sumsOf is the part of the digest that commits to amounts (sumDigest). rates are needed where blocks differ in more than unit, category
// and band, as only those of premiums do.
func sumsOf(c *counting, rates []rate, amounts []domain.Money) string {
	t := c.tally
	h := sha256.New()
	var buffer []byte
	for i := 0; i < len(t.blocks); {
		j := i + 1
		for j < len(t.blocks) && t.blocks[j].unit == t.blocks[i].unit && t.blocks[j].category == t.blocks[i].category && t.blocks[j].band == t.blocks[i].band {
			j++
		}
		for m := range t.months {
			if j == i+1 { // one block, of one rate in a month
				if place := i*t.months + m; t.count[place] > 0 {
					if c.premiums {
						buffer = binary.AppendUvarint(buffer, uint64(t.count[place]))
					}
					buffer = binary.AppendVarint(buffer, int64(amounts[place]))
				}
				continue
			}
			for _, s := range t.stretches(i, j, m, rates, amounts) {
				buffer = binary.AppendVarint(binary.AppendUvarint(buffer, s.postings), int64(s.amount))
			}
		}
		h.Write(buffer)
		buffer = buffer[:0]
		i = j
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ratedSum is what the premiums of a unit and month come to that were earned on successive days under one rate.
type ratedSum struct {
	rate     rate
	postings uint64
	amount   domain.Money
}

// stretches sums what the blocks [from, to) hold in a month, in order of the days: of one cut they have one rate, whatever else tells them apart. A
// cut under which the rate stays is none.
func (t *tally) stretches(from, to, m int, rates []rate, amounts []domain.Money) (all []ratedSum) {
	byCut := make([]ratedSum, 1, 4)
	for block := from; block < to; block++ {
		place, cut := block*t.months+m, int(t.blocks[block].cut)
		if t.count[place] == 0 {
			continue
		}
		for len(byCut) <= cut {
			byCut = append(byCut, ratedSum{})
		}
		s := &byCut[cut]
		s.rate = rates[place]
		s.postings += uint64(t.count[place])
		s.amount += amounts[place]
	}
	for _, s := range byCut {
		switch last := len(all) - 1; {
		case s.postings == 0:
		case last >= 0 && all[last].rate == s.rate:
			all[last].postings += s.postings
			all[last].amount += s.amount
		default:
			all = append(all, s)
		}
	}
	return all
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
		if err := s.place(p, lists[p]); err != nil {
			return nil, err
		}
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
func (s *Sums) place(p *payment, postings []otherPosting) error {
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
		if err := p.add(o.amount); err != nil {
			return err
		}
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
	return nil
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
