package ledger

import (
	"errors"
	"fmt"
	"strings"
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
	ErrReversed = errors.New("is after")
	ErrNotBegun = errors.New("has not begun; a payout is calculated on what is known of a month")
)

// What a command on payouts lacks.
var (
	ErrNoMonth   = errors.New("calculate takes --month 2016-03")
	ErrNoPayouts = errors.New("name the payouts (2016-03-lund-hemvard), or give --month 2016-03 for all of a month")
)

// SeveralError says that a ledger holds several authorities, and that none of them was named.
type SeveralError struct {
	Where       string
	Authorities []string
}

func (e *SeveralError) Error() string {
	return fmt.Sprintf("%s holds several authorities; name one with --authority (%s)", e.Where, strings.Join(e.Authorities, ", "))
}

// ErrNoReason says that a step of a payout takes a reason and was given none.
var ErrNoReason = errors.New("--reason is required: the calculator has to know what to change")
