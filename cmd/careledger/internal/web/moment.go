package web

import (
	"slices"
	"sync"
	"time"

	"careledger/cmd/careledger/internal/ledger"
)

// A page is of one moment: each question that it asks is as of the same event, and where its address names none, of one that pages share. What was known at
// an event is computed once for all who ask, so pages that come in close succession while others write cost no more than pages of a log that stands
// still. (decisions.md, 15)

const (
	// quietMilliseconds is how long nobody has asked for a page where the next one is of the head. So who reloads a page sees what was written meanwhile.
	quietMilliseconds = 150
	// eventsASecond is how large a log may be for its moment to move once a second when pages come faster than that. The moment of a larger log moves as much
	// more seldom: what was known there takes as much longer to compute.
	eventsASecond = 1_000_000
)

// moments are the events that pages without a moment of their own are as of, by authority. Its zero value knows none.
type moments struct {
	mu sync.Mutex
	of map[string]*sharedMoment
}

type sharedMoment struct {
	sequence     uint64
	moved, asked time.Time // when it moved last, and when a page asked for it last
}

// at returns the event that a page of an authority is as of whose log has its head at an event. A visitor who has written sees that.
func (m *moments) at(authority string, head, written uint64, now time.Time) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[string]*sharedMoment{}
	}
	s := m.of[authority]
	if s == nil {
		s = &sharedMoment{}
		m.of[authority] = s
	}
	quiet := now.Sub(s.asked) >= quietMilliseconds*time.Millisecond
	due := now.Sub(s.moved) >= time.Second*time.Duration(1+head/eventsASecond)
	if s.sequence != head && (quiet || due || s.sequence < written) {
		s.sequence, s.moved = head, now
	}
	s.asked = now
	return s.sequence
}

// moment returns the event that the page of a visitor is as of whose address names none: nil, the head, for a program, whose next request may rest on its
// last one, and for a log that is still being opened.
func (s *Server) moment(by *visitor, authority string) *uint64 {
	if by.session == nil {
		return nil
	}
	all, _ := s.config.Ledger.Standings() // its error is of what was signed
	i := slices.IndexFunc(all, func(l ledger.Standing) bool { return l.Authority == authority || authority == "" && len(all) == 1 })
	if i < 0 {
		return nil
	}
	at := s.moments.at(all[i].Authority, all[i].Position, by.session.written(all[i].Authority), time.Now())
	return &at
}

// wrote notes how far the logs reach that a visitor may have written to: their pages are of no earlier moment from here on.
func (s *Server) wrote(by *visitor) {
	if by.session == nil {
		return
	}
	all, _ := s.config.Ledger.Standings()
	heads := map[string]uint64{}
	for _, l := range all {
		heads[l.Authority] = l.Position
	}
	by.session.sayWritten(heads)
}
