package replay

import (
	"math/big"

	"careledger/domain"
)

// The difference of an alternative to the adopted policies is split as management accounting splits a variance: what is charged more or less
// of (volume), what moves between charges of different rate (mix), and what the same quantities are charged at (price). Source: Horngren,
// Datar and Rajan, Cost Accounting: A Managerial Emphasis, the chapters on flexible budgets and on sales variances (flexible-budget,
// sales-quantity and sales-mix variance). In index numbers it is a Laspeyres quantity and a Paasche price term, as differences:
// W. E. Diewert, Index Number Theory Using Differences Rather than Ratios, American Journal of Economics and Sociology 64 (2005).
//
// A cell is a unit, a month and a kind of charge (chargeKind): quantity q and amount A, with index 0 for adopted and 1 for the alternative. Its
// rate is A/q, what a minute or a goal came to there with rounding and caps. A group is a unit, a calendar year and what is counted:
// minutes are never added to goals. Q is the sum of q over the group's cells. For each cell, exactly:
//
//	value  = q1 × A0/q0      the alternative's quantity at the adopted rate; A1 where only q0 is 0: what is charged anew has no earlier rate
//	price  = A1 − value      and less A0 where q0 is 0: an amount without a quantity (a cap's) is all price
//	volume = A0 × (Q1−Q0)/Q0 the cell, had it grown as its group did; value where Q0 is 0: all of it is new
//	mix    = value − A0 − volume
//
// so that price + volume + mix = A1 − A0 in every cell (an A0 without a quantity has no volume and no mix), and volume and mix are 0 where the
// quantities are the same. The months of a kind in a
// year are summed before they are rounded to the öre, price first, then price + volume, and mix takes the rest: what is 0 stays 0, and the three
// sum to the difference exactly. All larger figures are sums of those.
//
// On the same history a volume differs only where the models charge other things: another basis, threshold or when, another weight of an
// outcome. What assumed behaviour adds is a fourth effect, kept apart: the alternative with it less the alternative without.

// Effects are two amounts in whole öre, and what their difference is made of: Price, Volume, Mix and Behaviour sum to it. Behaviour is 0
// where nothing is assumed.
type Effects struct {
	Adopted, Alternative          domain.Money
	Price, Volume, Mix, Behaviour domain.Money

	inAdopted, inAlternative bool // a posting, also one of 0.00
}

// Difference returns Alternative less Adopted.
func (e *Effects) Difference() domain.Money { return e.Alternative - e.Adopted }

func (e *Effects) add(f Effects) {
	e.Adopted += f.Adopted
	e.Alternative += f.Alternative
	e.Price += f.Price
	e.Volume += f.Volume
	e.Mix += f.Mix
	e.Behaviour += f.Behaviour
	e.inAdopted = e.inAdopted || f.inAdopted
	e.inAlternative = e.inAlternative || f.inAlternative
}

// contrast are the charges that are compared: the adopted policies', the alternative's on the history, and with assumed behaviour;
// the last two are one where nothing is assumed.
type contrast struct{ adopted, history, alternative *charges }

// each visits the effects of each unit, year and kind with a charge in any of the runs.
func (c *contrast) each(visit func(unit, year int, kind chargeKind, e Effects)) {
	counting := map[string][]chargeKind{} // kinds by what they count
	seen := map[chargeKind]bool{}
	for _, run := range []*charges{c.adopted, c.history, c.alternative} {
		for kind := range run.kinds {
			if !seen[kind] {
				seen[kind] = true
				counting[kind.quantityUnit] = append(counting[kind.quantityUnit], kind)
			}
		}
	}
	for _, kinds := range counting {
		for unit := range c.adopted.Units {
			if !c.charged(kinds, unit) {
				continue
			}
			for from := 0; from < c.adopted.months; {
				first := c.adopted.From + domain.Month(from)
				to := min(c.adopted.months, from+12-int(first)%12)
				g := group{c, kinds, unit, from, to}
				g.each(func(kind chargeKind, e Effects) { visit(unit, first.Year(), kind, e) })
				from = to
			}
		}
	}
}

// charged says whether anything of the kinds is charged at a unit.
func (c *contrast) charged(kinds []chargeKind, unit int) bool {
	for _, run := range []*charges{c.adopted, c.history, c.alternative} {
		for _, kind := range kinds {
			if k := run.kinds[kind]; k != nil && k.cells[unit] != nil {
				return true
			}
		}
	}
	return false
}

// group is the cells of a unit and a year that count the same: months from to to-1 of the period.
type group struct {
	*contrast
	kinds    []chargeKind
	unit     int
	from, to int
}

// each visits the effects of each kind with a charge in the group.
func (g *group) each(visit func(kind chargeKind, e Effects)) {
	same := g.sameQuantities()
	growth, anew := new(big.Rat), false // (Q1-Q0)/Q0, and whether Q0 is 0
	if !same {
		growth, anew = g.growth()
	}
	for _, kind := range g.kinds {
		s := g.sum(kind)
		if !s.inAdopted && !s.inAlternative && !s.onHistoryAny {
			continue
		}
		s.Behaviour = s.Alternative - s.onHistory
		if s.Price = s.onHistory - s.Adopted; !same {
			s.split(g.value(kind), growth, anew)
		}
		visit(kind, s.Effects)
	}
}

// kindSums are the amounts of a kind in a group.
type kindSums struct {
	Effects
	onHistory    domain.Money // what the alternative charges without assumed behaviour
	onHistoryAny bool
	unpriced     domain.Money // of Adopted, what has no quantity
}

func (g *group) sum(kind chargeKind) (s kindSums) {
	adopted, history, alternative := g.adopted.kinds[kind], g.history.kinds[kind], g.alternative.kinds[kind]
	for month := g.from; month < g.to; month++ {
		a, h, b := adopted.at(g.unit, month), history.at(g.unit, month), alternative.at(g.unit, month)
		s.Adopted += a.amount
		s.onHistory += h.amount
		s.Alternative += b.amount
		s.inAdopted, s.onHistoryAny, s.inAlternative = s.inAdopted || a.any, s.onHistoryAny || h.any, s.inAlternative || b.any
		if a.amount != 0 && a.quantity == 0 && adopted.quantity(g.unit, month).Sign() == 0 {
			s.unpriced += a.amount
		}
	}
	return s
}

// split divides the difference on the history, which s.Price holds, into price, volume and mix.
func (s *kindSums) split(value, growth *big.Rat, anew bool) {
	difference := s.Price
	price := new(big.Rat).Sub(ratOf(s.onHistory-s.unpriced), value)
	volume := new(big.Rat).Mul(ratOf(s.Adopted-s.unpriced), growth)
	if anew {
		volume.Set(value)
	}
	s.Price = rounded(price)
	s.Volume = rounded(price.Add(price, volume)) - s.Price
	s.Mix = difference - s.Price - s.Volume
}

// sameQuantities says whether the alternative charges the same quantities as the adopted policies in every cell of the group.
func (g *group) sameQuantities() bool {
	for _, kind := range g.kinds {
		for month := g.from; month < g.to; month++ {
			if !sameQuantity(g.adopted.kinds[kind], g.history.kinds[kind], g.unit, month) {
				return false
			}
		}
	}
	return true
}

// growth returns (Q1-Q0)/Q0, or that Q0 is 0.
func (g *group) growth() (growth *big.Rat, anew bool) {
	before, after := new(big.Rat), new(big.Rat)
	for _, kind := range g.kinds {
		for month := g.from; month < g.to; month++ {
			before.Add(before, g.adopted.kinds[kind].quantity(g.unit, month))
			after.Add(after, g.history.kinds[kind].quantity(g.unit, month))
		}
	}
	if before.Sign() == 0 {
		return before, true
	}
	return after.Sub(after, before).Quo(after, before), false
}

// value returns what the alternative's quantities of a kind come to at the adopted rates.
func (g *group) value(kind chargeKind) *big.Rat {
	adopted, history, sum := g.adopted.kinds[kind], g.history.kinds[kind], new(big.Rat)
	for month := g.from; month < g.to; month++ {
		before, after := adopted.quantity(g.unit, month), history.quantity(g.unit, month)
		switch {
		case after.Sign() == 0:
		case before.Sign() == 0:
			sum.Add(sum, ratOf(history.at(g.unit, month).amount))
		default:
			q := after.Quo(after, before)
			sum.Add(sum, q.Mul(q, ratOf(adopted.at(g.unit, month).amount)))
		}
	}
	return sum
}

func ratOf(m domain.Money) *big.Rat { return new(big.Rat).SetInt64(int64(m)) }

// rounded returns r in whole öre, half away from zero.
func rounded(r *big.Rat) domain.Money {
	n := new(big.Int).Abs(r.Num())
	n.Add(n.Lsh(n, 1), r.Denom()) // (2n + d) / 2d
	n.Quo(n, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return domain.Money(n.Int64())
}
