package projections

import (
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

// casesAt chooses every case that ever had anything at one of some units (by unit code) in a period, also what is no longer known, and those whose
// first and last days in force, as known, bound a unit's own time (compensation.PerUnitMonth).
func (s *snapshot) casesAt(units []bool, months compensation.Period, v visible) *selection {
	chosen := &selection{cases: make([]bool, len(s.entities)), months: months}
	first, last := months.From.First(), months.To.Last()
	bounds := newUnitBounds(len(s.units))
	within := func(k *known, i int, unit uint16, cs uint32, from, to domain.Date) {
		if !units[unit] {
			return
		}
		if from <= last && first <= to {
			chosen.cases[cs] = true
		} else if v.row(k, i) {
			bounds.note(unit, cs, from, to)
		}
	}
	g, n := &s.grants, &s.enrolments
	for i, unit := range g.unit {
		within(&g.known, i, unit, g.cs[i], g.first[i], g.last[i])
	}
	for i, unit := range n.unit {
		within(&n.known, i, unit, n.cs[i], n.first[i], n.last[i])
	}
	for i, unit := range s.keys.unit {
		if units[unit] && months.Has(s.keys.month[i]) {
			chosen.cases[s.keys.cs[i]] = true
		}
	}
	for i, held := range s.followUps.heldOn {
		if held < first || last < held {
			continue
		}
		from, to := s.followUps.goalRows(uint32(i))
		for goal := from; goal < to; goal++ {
			if units[s.goals.unit[goal]] {
				chosen.cases[s.followUps.cs[i]] = true
			}
		}
	}
	bounds.choose(chosen)
	return chosen
}

// unitBounds are, by unit, the cases with the first and the last day in force outside a period.
type unitBounds struct {
	first, last     []domain.Date
	firstCS, lastCS []uint32
}

func newUnitBounds(units int) *unitBounds {
	b := &unitBounds{make([]domain.Date, units), make([]domain.Date, units), make([]uint32, units), make([]uint32, units)}
	for i := range units {
		b.first[i], b.last[i], b.firstCS[i], b.lastCS[i] = domain.MaxDate, domain.MinDate, noCase, noCase
	}
	return b
}

func (b *unitBounds) note(unit uint16, cs uint32, from, to domain.Date) {
	if from < b.first[unit] {
		b.first[unit], b.firstCS[unit] = from, cs
	}
	if to > b.last[unit] {
		b.last[unit], b.lastCS[unit] = to, cs
	}
}

func (b *unitBounds) choose(chosen *selection) {
	for i := range b.first {
		for _, cs := range []uint32{b.firstCS[i], b.lastCS[i]} {
			if cs != noCase {
				chosen.cases[cs] = true
			}
		}
	}
}
