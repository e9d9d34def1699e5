package projections

import (
	"sync/atomic"
	"time"

	"careledger/domain"
	"careledger/domain/compensation"
)

// selection are the cases and patients that a question is about, where it is about some of many: what is paid at a unit in a month rests on the
// cases with something there then, and on all that is known of those. The rows of a case are looked at whole, but for performed time.
type selection struct {
	cases     []bool // by case code
	months    compensation.Period
	performed bool // with performed time
}

// has says whether a case is chosen; a nil selection has all.
func (s *selection) has(cs uint32) bool { return s == nil || s.cases[cs] }

// timeless says that no performed time is chosen.
func (s *selection) timeless() bool { return s != nil && !s.performed }

// keys says which keys of performed time are chosen, nil for all.
func (s *selection) keys(k *keyColumns) (chosen []bool) {
	if s == nil {
		return nil
	}
	chosen = make([]bool, len(k.cs))
	for i, cs := range k.cs {
		chosen[i] = s.cases[cs] && s.months.Has(k.month[i])
	}
	return chosen
}

// casesAt chooses the cases that were in some units (thereIn) in a period, and those whose first and last days in force, as known, bound a unit's
// own time (compensation.PerUnitMonth).
func (s *snapshot) casesAt(units []bool, months compensation.Period, v visible) *selection {
	chosen := &selection{cases: s.thereIn(units, months, v), months: months}
	first, last := s.bounds(units, v)
	for i := range s.units.len() {
		for _, b := range []bound{first[i], last[i]} {
			if b.cs != noCase {
				chosen.cases[b.cs] = true
			}
		}
	}
	return chosen
}

// bounds returns, by unit code, the first and the last day on which a decision or enrolment is in force at some units, as known at a moment.
func (s *snapshot) bounds(units []bool, v visible) (first, last []bound) {
	first, last = make([]bound, s.units.len()), make([]bound, s.units.len())
	for i := range s.units.len() {
		first[i], last[i] = bound{domain.MaxDate, noCase}, bound{domain.MinDate, noCase}
	}
	s.eachInForce(func(k *known, i int, unit uint16, cs uint32, from, to domain.Date) {
		if !units[unit] || !v.row(k, i) {
			return
		}
		if from < first[unit].day {
			first[unit] = bound{from, cs}
		}
		if to > last[unit].day {
			last[unit] = bound{to, cs}
		}
	})
	return first, last
}

// bound is the first or last day in force at a unit, and whose it is.
type bound struct {
	day domain.Date
	cs  uint32
}

// thereIn says, by case code, which cases had anything at one of some units (by unit code) in a period, as known at a moment, or at some time since
// the period began: what was annulled then is there, what had ended before is not.
func (s *snapshot) thereIn(units []bool, months compensation.Period, v visible) []bool {
	there, first, last := make([]bool, s.entities.len()), months.From.First(), months.To.Last()
	once := func(k *known, i int) bool {
		if !v.happened(k.from[i]) {
			return false
		}
		until := atomic.LoadUint32(&k.until[i])
		return until == 0 || !v.happened(until) || domain.LocalMonth(time.Unix(0, s.recorded[until-1])) >= months.From
	}
	s.eachInForce(func(k *known, i int, unit uint16, cs uint32, from, to domain.Date) {
		if units[unit] && from <= last && first <= to && once(k, i) {
			there[cs] = true
		}
	})
	var keys []bool // those of performed time that are wanted
	for i, unit := range s.keys.unit {
		if units[unit] && months.Has(s.keys.month[i]) && !there[s.keys.cs[i]] {
			if keys == nil {
				keys = make([]bool, len(s.keys.unit))
			}
			keys[i] = true
		}
	}
	if keys != nil {
		for i, key := range s.performed.key {
			if keys[key] && once(&s.performed.known, i) {
				there[s.keys.cs[key]] = true
			}
		}
	}
	for i, held := range s.followUps.heldOn {
		if held < first || last < held || !once(&s.followUps.known, i) {
			continue
		}
		from, to := s.followUps.goalRows(uint32(i))
		for goal := from; goal < to; goal++ {
			if units[s.goals.unit[goal]] {
				there[s.followUps.cs[i]] = true
			}
		}
	}
	return there
}

// eachInForce visits the rows of decisions and enrolments.
func (s *snapshot) eachInForce(visit func(k *known, i int, unit uint16, cs uint32, from, to domain.Date)) {
	g, n := &s.grants, &s.enrolments
	for i, unit := range g.unit {
		visit(&g.known, i, unit, g.cs[i], g.first[i], g.last[i])
	}
	for i, unit := range n.unit {
		visit(&n.known, i, unit, n.cs[i], n.first[i], n.last[i])
	}
}
