package projections

import (
	"slices"
	"sync/atomic"

	"careledger/domain"
)

// caseEvents are the events of some cases and patients up to a sequence that a question about some months needs: all but the performed time of
// other months, which is most of what a log holds, with what corrected it. Nothing is read for them: the columns say of which month each is.
type caseEvents struct {
	sequences []uint64       // increasing
	left      map[uint32]int // by case code: the events that are left out
}

// eventsOf returns the events of cases (by case code) up to a sequence. months says of which months performed time is wanted.
func (s *snapshot) eventsOf(cases []bool, to uint64, months func(domain.Month) bool) caseEvents {
	found, of := caseEvents{left: map[uint32]int{}}, map[uint32][]uint64{}
	for i, cs := range s.cases[:min(to, s.position)] {
		if cs != noCase && cases[cs] {
			of[cs] = append(of[cs], uint64(i+1))
		}
	}
	for cs, sequences := range of {
		wanted := s.ofMonths(sequences, months)
		found.sequences = append(found.sequences, wanted...)
		if left := len(sequences) - len(wanted); left > 0 {
			found.left[cs] = left
		}
	}
	slices.Sort(found.sequences)
	return found
}

// ofMonths keeps of the events of one case those that are no performed time, and performed time that ever was of one of the months, or of one that
// a correction moved it to or from, with everything that corrected it.
func (s *snapshot) ofMonths(sequences []uint64, months func(domain.Month) bool) (wanted []uint64) {
	chains, whole := s.performedChains(sequences), map[domain.Month]bool{}
	for _, of := range chains.months {
		if slices.ContainsFunc(of, months) { // a correction moved it: what that changed is a sum of the other month too
			for _, m := range of {
				whole[m] = true
			}
		}
	}
	ofMonth := func(first uint64) bool {
		return slices.ContainsFunc(chains.months[first], func(m domain.Month) bool { return whole[m] })
	}
	return slices.DeleteFunc(slices.Clone(sequences), func(sequence uint64) bool {
		first, performed := chains.origin[sequence]
		return performed && !ofMonth(first)
	})
}

// performedChains are the visits and time reports of a case with what corrected each.
type performedChains struct {
	origin map[uint64]uint64         // by event about performed time: the visit or time report that it is, corrects or annuls
	months map[uint64][]domain.Month // by visit or time report: the months that it ever was of
}

// monthsOf returns the months that what an event says or corrects ever was of, none for one that is not about performed time.
func (c performedChains) monthsOf(sequence uint64) []domain.Month {
	return c.months[c.origin[sequence]]
}

// performedChains links what the events of one case say of performed time. An event that retracts a row is the one that corrected or annulled it.
func (s *columns) performedChains(sequences []uint64) performedChains {
	c := performedChains{map[uint64]uint64{}, map[uint64][]domain.Month{}}
	for _, sequence := range sequences {
		row, ok := slices.BinarySearch(s.performed.from, uint32(sequence))
		if !ok {
			continue
		}
		first, corrects := c.origin[sequence]
		if !corrects {
			first = sequence
			c.origin[sequence] = first
		}
		c.months[first] = append(c.months[first], s.keys.month[s.performed.key[row]])
		if until := atomic.LoadUint32(&s.performed.until[row]); until != 0 {
			c.origin[uint64(until)] = first
		}
	}
	return c
}
