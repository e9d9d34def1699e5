package compensation

import "careledger/domain"

// CapStep is one posting that a cap sums, with the running sum of its group (the authority, its provider or its unit, as Cap.Per says) and year
// before and after it. The cap takes back TakenAfter less TakenBefore for it, negative where the sum falls; TakenAfter is what SumAfter is
// above Limit, or nothing.
type CapStep struct {
	Document                int        // of the policy: which document in force has the cap
	Cap                     *Component // what sums
	Batch                   *Batch     // the capped postings: they must not be kept
	Row                     int        // of Batch
	SumBefore, SumAfter     domain.Money
	Limit                   domain.Money
	TakenBefore, TakenAfter domain.Money
}
