package compensation

import (
	"context"
	"math/big"

	"careledger/domain"
)

// Place is what the postings of a run come to that share a quantity's unit, unit, month and all codes. A run may have several of the same, of
// different components.
type Place struct {
	QuantityUnit       string
	Unit               uint16
	Month              domain.Month
	Category, Band     uint8 // NoCode for none
	LifeArea, Occasion uint8 // NoCode for none, and where the sums are not asked for by them
	Quantity, Quantum  int64 // Quantity counts 1/Quantum
	Fraction           *big.Rat
	Amount             domain.Money
}

// Places visits what a run comes to, place by place, in no order that means anything; those without a posting are left out. The fraction is
// what a quantity holds beside Quantity, nil for nothing. The error is that of Of.
func (s *Sums) Places(ctx context.Context, policies []Policy, visit func(Place)) error {
	all, err := s.paid(ctx, policies)
	if err != nil {
		return err
	}
	for _, p := range all {
		t := p.tally
		for i, b := range t.blocks {
			for m := range t.months {
				at := i*t.months + m
				if t.count[at] == 0 {
					continue
				}
				visit(Place{QuantityUnit: p.unit, Unit: b.unit, Month: t.period.From + domain.Month(m), Category: b.category, Band: b.band, LifeArea: b.lifeArea, Occasion: b.occasion,
					Quantity: t.quantity[at], Quantum: t.quantum, Fraction: t.fractions[at], Amount: p.amounts[at]})
			}
		}
	}
	return nil
}
