package replay

import (
	"context"
	"math/big"

	"careledger/domain"
	"careledger/domain/compensation"
)

// charges are what a run charges, summed for a comparison: amount and quantity by unit, month and kind. What is
// charged comes place by place (compensation.Places), so that a step of a sweep costs what its places do, not its postings.
type charges struct {
	*compensation.Prepared
	months int
	kinds  map[chargeKind]*kindCharges
}

// chargeKind is what a posting counts, and what tells the rate of one posting from that of another besides the unit and the month. A
// component's id is no part of it: two models charge the same if they charge the same quantities, whatever they call their components.
type chargeKind struct {
	quantityUnit                       string
	category, band, lifeArea, occasion uint8 // compensation.NoCode for none
}

// kindCharges are the charges of a kind, by unit and month. A unit without any is nil.
type kindCharges struct {
	quantum int64 // cell quantities count 1/quantum
	cells   [][]charge
	// Quantities that the quantum does not fit: those of a second component that counts in other parts, and the degrees of performance pay.
	odd map[[2]int]*big.Rat
}

type charge struct {
	quantity int64
	amount   domain.Money
	any      bool // a posting, also one of 0.00
}

// charges sums what policies charge. of are the sums of the history by chargeFields.
func (h *history) charges(ctx context.Context, of *compensation.Sums, policies []compensation.Policy) (*charges, error) {
	c := &charges{Prepared: h.Prepared, months: max(0, int(h.To-h.From)+1), kinds: map[chargeKind]*kindCharges{}}
	return c, of.Places(ctx, policies, c.add)
}

// chargeFields are what the places of charges are told apart by, beside what all are. It must not be changed.
var chargeFields = []string{"life_area", "occasion"}

func (c *charges) add(p compensation.Place) {
	kind := chargeKind{p.QuantityUnit, p.Category, p.Band, p.LifeArea, p.Occasion}
	of := c.kinds[kind]
	if of == nil {
		of = &kindCharges{quantum: p.Quantum, cells: make([][]charge, len(c.Units)), odd: map[[2]int]*big.Rat{}}
		c.kinds[kind] = of
	}
	if of.cells[p.Unit] == nil {
		of.cells[p.Unit] = make([]charge, c.months)
	}
	month := int(p.Month - c.From)
	cell := &of.cells[p.Unit][month]
	cell.amount += p.Amount
	cell.any = true
	if p.Fraction != nil {
		of.addOdd(int(p.Unit), month, p.Fraction)
	}
	if p.Quantum == of.quantum {
		cell.quantity += p.Quantity
	} else if p.Quantity != 0 {
		of.addOdd(int(p.Unit), month, big.NewRat(p.Quantity, p.Quantum))
	}
}

func (k *kindCharges) addOdd(unit, month int, quantity *big.Rat) {
	at := [2]int{unit, month}
	if k.odd[at] == nil {
		k.odd[at] = new(big.Rat)
	}
	k.odd[at].Add(k.odd[at], quantity)
}

// at returns what is charged at a unit in a month of the period; nothing where k is nil.
func (k *kindCharges) at(unit, month int) (cell charge) {
	if k != nil && k.cells[unit] != nil {
		cell = k.cells[unit][month]
	}
	return cell
}

// quantity returns the quantity of a cell, exact.
func (k *kindCharges) quantity(unit, month int) *big.Rat {
	q := new(big.Rat)
	if k == nil {
		return q
	}
	q.SetFrac64(k.at(unit, month).quantity, k.quantum)
	if odd := k.odd[[2]int{unit, month}]; odd != nil {
		q.Add(q, odd)
	}
	return q
}

// sameQuantity says whether two runs charge the same quantity in a cell, without fractions where it can.
func sameQuantity(a, b *kindCharges, unit, month int) bool {
	if a != nil && b != nil && a.quantum == b.quantum && len(a.odd)+len(b.odd) == 0 {
		return a.at(unit, month).quantity == b.at(unit, month).quantity
	}
	return a.quantity(unit, month).Cmp(b.quantity(unit, month)) == 0
}
