package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"careledger/domain"
	"careledger/domain/compensation"
)

// parsePeriod reads a period as it stands in an address: 2016, 2016-Q2, 2016-03, or two of these with .. between them, of which the first begins it
// and the second ends it (2015..2016-Q2). "" is no period: both months are zero.
func parsePeriod(s string) (compensation.Period, error) {
	if s == "" {
		return compensation.Period{}, nil
	}
	first, last, two := strings.Cut(s, "..")
	if !two {
		last = first
	}
	from, fits := parseSpan(first)
	to, fitsToo := parseSpan(last)
	if !fits || !fitsToo {
		return compensation.Period{}, wrongly("time", "wrong.period", s)
	}
	if from.From > to.To {
		return compensation.Period{}, wrongly("time", "wrong.period_ends", s)
	}
	return compensation.Period{From: from.From, To: to.To}, nil
}

// parseSpan reads a year, a quarter or a month.
func parseSpan(s string) (p compensation.Period, fits bool) {
	year, rest, _ := strings.Cut(s, "-")
	first, err := domain.ParseMonth(year + "-01")
	if err != nil {
		return p, false
	}
	switch {
	case s == year:
		return compensation.Period{From: first, To: first + 11}, true
	case len(rest) == 2 && rest[0] == 'Q' && '1' <= rest[1] && rest[1] <= '4':
		first += domain.Month(3 * (rest[1] - '1'))
		return compensation.Period{From: first, To: first + 2}, true
	}
	month, err := domain.ParseMonth(s)
	return compensation.Period{From: month, To: month}, err == nil
}

// printPeriod writes a period so that parsePeriod reads the same, in the shortest way: 2016, 2016-Q2, 2016-03, 2015..2016, 2015-03..2016-02.
func printPeriod(p compensation.Period) string {
	january := func(m domain.Month) bool { return m == domain.NewMonth(m.Year(), time.January) }
	switch {
	case p.From == 0:
		return ""
	case january(p.From) && january(p.To+1):
		if p.From.Year() == p.To.Year() {
			return strconv.Itoa(p.From.Year())
		}
		return fmt.Sprintf("%d..%d", p.From.Year(), p.To.Year())
	case p.From == p.To:
		return p.From.String()
	case p.To == p.From+2 && p.From%3 == 0:
		return fmt.Sprintf("%d-Q%d", p.From.Year(), p.From%12/3+1)
	}
	return p.From.String() + ".." + p.To.String()
}
