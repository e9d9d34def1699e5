package compensation

// Select returns a batch of some of the rows, in the order given.
func (b *Batch) Select(rows []int) *Batch {
	s := &Batch{Facts: b.Facts, Policy: b.Policy, Document: b.Document, Component: b.Component,
		QuantityUnit: b.QuantityUnit, Quantum: b.Quantum, Fraction: b.Fraction}
	for _, i := range rows {
		s.add(b.Unit[i], b.Month[i], b.Case[i], b.Category[i], b.Band[i], b.FollowUp[i], b.Goal[i], b.Quantity[i], b.Amount[i])
	}
	return s
}
