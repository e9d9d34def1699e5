package projections

import (
	"cmp"

	"careledger/domain"
)

// states are the cases and patients that were folded in this process, as far as the table needs them: without visits and time reports. It keeps
// those used last, some statesKept to twice as many events; the others are folded from the log again when they change.
type states struct {
	young, old map[uint32]*caseState
	events     int // of young
	limit      int // in place of statesKept, for tests
}

type caseState struct {
	domain.State
	events int
}

// statesKept bounds memory: an event of a case takes some 200 bytes here, and a case gathers some fifty of them over ten years, so
// that twenty thousand open cases stay at hand. Fewer would have the fold of a large municipality read cases again from the log
// all the time: 10 million events took 214 s with a third of this, 72 s with it.
const statesKept = 1_000_000

func (s *states) get(cs uint32) *caseState {
	if c := s.young[cs]; c != nil {
		return c
	}
	c := s.old[cs]
	if c != nil {
		delete(s.old, cs)
		s.put(cs, c)
	}
	return c
}

func (s *states) put(cs uint32, c *caseState) {
	if s.young == nil || s.events > cmp.Or(s.limit, statesKept) {
		s.young, s.old, s.events = map[uint32]*caseState{}, s.young, 0
	}
	s.young[cs] = c
	s.events += c.events
}
