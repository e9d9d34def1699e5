package tables

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"careledger/domain"
)

// The numbers of a file are exact: what does not fit its column is an error, not another number.

const digits18 = 1_000_000_000_000_000_000 // the first that DECIMAL(18,…) does not hold

// ore returns an amount as DECIMAL(18,2).
func ore(m domain.Money) (int64, error) {
	if m >= digits18 || m <= -digits18 {
		return 0, fmt.Errorf("the amount %s has more digits than DECIMAL(18,2) holds", m)
	}
	return int64(m), nil
}

const quantityDecimals = 6

// millionths returns a quantity as DECIMAL(18,6), rounded half away from zero.
func millionths(q *big.Rat) (int64, error) {
	n, err := strconv.ParseInt(strings.Replace(q.FloatString(quantityDecimals), ".", "", 1), 10, 64)
	if err != nil || n >= digits18 || n <= -digits18 {
		return 0, fmt.Errorf("the quantity %s has more digits than DECIMAL(18,6) holds", q.FloatString(quantityDecimals))
	}
	return n, nil
}

// quantity reads a quantity as rows and lines have it: a decimal.
func quantity(text string) (int64, error) {
	q, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, fmt.Errorf("the quantity %q is not a number", text)
	}
	return millionths(q)
}

// day returns a date as days since 1970-01-01.
func day(d domain.Date) int32 { return int32(d - domain.NewDate(1970, time.January, 1)) }

// dayOf returns the day of a step of a payout's life, nil where it was not taken.
func dayOf(s *domain.PayoutStep) *int32 {
	if s == nil {
		return nil
	}
	d := day(s.Date)
	return &d
}

// word returns a word, nil for none.
func word(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
