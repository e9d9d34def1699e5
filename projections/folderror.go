package projections

import (
	"fmt"

	"careledger/domain"
)

// FoldError says which event of a log cannot be folded, and why. The id and the reason are the event's own words, which may name a case.
type FoldError struct {
	Sequence uint64
	ID       string
	Type     domain.Type
	Err      error
}

func (e *FoldError) Error() string {
	return fmt.Sprintf("fold event %d (%s, %s): %v", e.Sequence, e.ID, e.Type, e.Err)
}

func (e *FoldError) Unwrap() error { return e.Err }
