package compensation

import "sync"

// WithOutcomes returns the facts with other outcomes of the assessed goals: outcome holds a position in domain.Outcomes for each row of
// Goals, and is kept. Everything else is shared; p stays as it is. It is for what is assumed and not known: nothing of it reaches the log.
func (p *Prepared) WithOutcomes(outcome []uint8) *Prepared {
	facts, with := *p.Facts, *p
	facts.Goals.Outcome = outcome
	with.Facts = &facts
	with.wholeYears = sync.OnceValue(func() *Prepared { // what a cap sums is of the same outcomes
		years := p.wholeYears()
		if years == p {
			return &with
		}
		return years.WithOutcomes(outcome)
	})
	return &with
}
