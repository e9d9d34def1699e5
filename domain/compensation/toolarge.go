package compensation

import (
	"fmt"

	"careledger/domain"
)

// LargeError says that amounts are larger than the ledger can hold, 92 thousand billion kronor.
type LargeError struct{ What string } // "amount", "sum of the amounts"

func (e *LargeError) Error() string {
	return "the " + e.What + " is larger than the ledger can hold"
}

// DigitsError says that a value has more digits, before or after its point, than can be computed with exactly.
type DigitsError struct {
	Value domain.Decimal
	Large bool // before it
}

func (e *DigitsError) Error() string {
	if e.Large {
		return fmt.Sprintf("the value %s is larger than can be computed with", e.Value)
	}
	return fmt.Sprintf("the value %s has more digits than can be computed with", e.Value)
}
