package domain

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with a record: where, and why. Line counts from 1; 0 when the record has no file.
type Problem struct {
	Line   int    `json:"line,omitzero"`
	Field  string `json:"field"`
	Reason string `json:"reason"`
	// Missing names what the record refers to and does not find, as Defines does; "" for any other problem.
	Missing string `json:"-"`
	// Word is one of PayoutRefusals: what is wrong with a step of a payout, for who says it in another language; "" for any other problem.
	Word string `json:"-"`
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.Field + ": " + p.Reason
	}
	return fmt.Sprintf("line %d, %s: %s", p.Line, p.Field, p.Reason)
}

// Problems is a refusal: everything that is wrong, in the order found.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (ps *Problems) add(field, format string, args ...any) {
	*ps = append(*ps, Problem{Field: field, Reason: fmt.Sprintf(format, args...)})
}

// refuse adds a problem with a step of a payout, by its word of PayoutRefusals.
func (ps *Problems) refuse(word, field, format string, args ...any) {
	*ps = append(*ps, Problem{Field: field, Reason: fmt.Sprintf(format, args...), Word: word})
}

// missing adds a problem of something that is referred to and not there.
func (ps *Problems) missing(what, field, format string, args ...any) {
	*ps = append(*ps, Problem{Field: field, Reason: fmt.Sprintf(format, args...), Missing: what})
}

func (ps *Problems) required(field string, present bool) bool {
	if !present {
		ps.add(field, "is required")
	}
	return present
}

func (ps *Problems) id(field, s string) {
	if ps.required(field, s != "") && !eventID.MatchString(s) {
		ps.add(field, "%q is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -", s)
	}
}

func (ps *Problems) text(field, s string, limit int) {
	if ps.required(field, strings.TrimSpace(s) != "") && len(s) > limit {
		ps.add(field, "is %d bytes long; at most %d are allowed", len(s), limit)
	}
}

func (ps *Problems) code(field, s string, c Codes) {
	if !ps.required(field, s != "") || c.Has(s) {
		return
	}
	if near := c.Closest(s); near != "" {
		ps.add(field, "%q is not one of %s; did you mean %q?", s, c, near)
	} else {
		ps.add(field, "%q is not one of %s", s, c)
	}
}

func (ps *Problems) status(field string, s *int) {
	if ps.required(field, s != nil) && !(*s >= 0 && *s <= 4 || *s == 8 || *s == 9) {
		ps.add(field, "%d is not a status; use 0 to 4, 8 (unspecified) or 9 (not applicable)", *s)
	}
}

func (ps *Problems) between(field string, v, low, high int) {
	if v < low || v > high {
		ps.add(field, "%d is outside %d to %d", v, low, high)
	}
}

func (ps *Problems) authority(field, s string) {
	if ps.required(field, s != "") {
		if err := ParseAuthority(s); err != nil {
			ps.add(field, "%v", err)
		}
	}
}

func (ps *Problems) notNegative(field string, m Money) {
	if m < 0 {
		ps.add(field, "%s is negative", m)
	}
}
