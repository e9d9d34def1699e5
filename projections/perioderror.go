package projections

import (
	"fmt"

	"careledger/domain/compensation"
)

// PeriodError says that nothing can be asked about a period. Its text is for the command line, where the months are flags.
type PeriodError struct {
	Why    PeriodReason
	Period compensation.Period
}

// PeriodReason is what is wrong with a period.
type PeriodReason int

const (
	PeriodReversed   PeriodReason = iota // it ends before it begins
	PeriodUnknownYet                     // it begins after the month of what was known, which is where it ends if nothing else is said
	PeriodLong                           // it is longer than 150 years
)

func (e *PeriodError) Error() string {
	switch e.Why {
	case PeriodUnknownYet:
		return fmt.Sprintf("--from %s is after the month of what was known, %s; add --to", e.Period.From, e.Period.To)
	case PeriodLong:
		return fmt.Sprintf("the period %s to %s is longer than 150 years; choose --from and --to", e.Period.From, e.Period.To)
	}
	return fmt.Sprintf("--from %s is after --to %s", e.Period.From, e.Period.To)
}
