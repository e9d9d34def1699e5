package ledger

import (
	"errors"
	"fmt"
)

// FieldError says what is wrong with one field of a request. Its text is for the command line, where the field is a flag.
type FieldError struct {
	Field string // as the request's JSON names it: "month"
	Err   error
}

func (e *FieldError) Error() string { return fmt.Sprintf("--%s: %v", e.Field, e.Err) }
func (e *FieldError) Unwrap() error { return e.Err }

// What a *FieldError may wrap. Each is said after the day or month that it is about.
var (
	ErrFuture   = errors.New("is in the future")
	ErrNotBegun = errors.New("has not begun; a payout is calculated on what is known of a month")
)

// ErrNoReason says that a step of a payout takes a reason and was given none.
var ErrNoReason = errors.New("--reason is required: the calculator has to know what to change")
