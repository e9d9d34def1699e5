package web

import (
	"context"
	"io"
	"sync"
	"time"

	"careledger/cmd/careledger/internal/ledger"
)

// A page is of one moment: each question that it asks is as of the same event, and where its address names none, of one that pages share. What was known at
// an event is computed once for all who ask, so pages that come in close succession while others write cost no more than pages of a log that stands
// still. (decisions.md, 17)

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
	moving       bool      // what is known at the next one is being computed
}

// at returns the event that a page of an authority is as of whose log has its head at an event, and whether it is for the caller to move it there once
// what is known there is computed.
func (m *moments) at(authority string, head uint64, now time.Time) (sequence uint64, move bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.shared(authority)
	quiet := now.Sub(s.asked) >= quietMilliseconds*time.Millisecond
	if s.asked = now; s.sequence == head {
		return head, false
	}
	if quiet {
		s.sequence, s.moved = head, now
		return head, false
	}
	move = !s.moving && now.Sub(s.moved) >= time.Second*time.Duration(1+head/eventsASecond)
	s.moving = s.moving || move
	return s.sequence, move
}

// shared returns what is known of an authority. m.mu is held.
func (m *moments) shared(authority string) *sharedMoment {
	if m.of == nil {
		m.of = map[string]*sharedMoment{}
	}
	if m.of[authority] == nil {
		m.of[authority] = &sharedMoment{}
	}
	return m.of[authority]
}

// move has the next pages of an authority be as of an event.
func (m *moments) move(authority string, sequence uint64, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.shared(authority)
	s.sequence, s.moved, s.moving = max(s.sequence, sequence), now, false
}

// moment returns the event that the page of a visitor is as of whose address names none: nil, the head, for a program, whose next request may rest on its
// last one, and for a log that is still being opened.
func (s *Server) moment(by *visitor, authority string) *uint64 {
	if by.session == nil {
		return nil
	}
	head, open := s.config.Ledger.Head(authority)
	if !open {
		return nil
	}
	at, move := s.moments.at(authority, head, time.Now())
	if move {
		s.moving.Go(func() { // pages are of the moment before meanwhile
			defer func() {
				if broken := recover(); broken != nil { // nobody waits for it
					s.broke("the next moment of pages", broken)
				}
				s.moments.move(authority, head, time.Now())
			}()
			ctx, cancel := context.WithTimeout(s.moves, answerSeconds*time.Second)
			defer cancel()
			// What is paid rests on nearly all that any page computes of a moment. Where it cannot be told, the page that asks says why.
			_, _ = s.config.Ledger.Read(ctx, ledger.Request{Question: ledger.QuestionCompensation, Authority: authority, AsOfSequence: &head, By: whatIfBy})
		})
	}
	return &at
}

// payout gives a command on payouts in the visitor's name. The page, and each one after it, is of no earlier moment than the command, whatever became of it.
func (v *visit) payout(ctx context.Context, r ledger.PayoutRequest, w io.Writer) error {
	err := v.config.Ledger.Payout(ctx, r, w)
	if head, open := v.config.Ledger.Head(v.authority()); open {
		v.moments.move(v.authority(), head, time.Now())
	}
	v.at = v.moment(v.visitor, v.authority())
	return err
}
