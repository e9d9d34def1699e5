package historytest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/domain/compensation"
)

// Authority is whose log every history is.
const Authority = "1281"

// Now is the clock under which histories are parsed; every recorded time lies before it.
var Now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// World is the state of one authority: what folding its log gives.
type World struct {
	State *authority.State
	Cases map[domain.Entity]*domain.Case
	order []domain.Entity // of the cases' first events
}

// NewWorld returns the state before the first event.
func NewWorld() *World {
	return &World{State: authority.New(Authority), Cases: map[domain.Entity]*domain.Case{}}
}

// Fold returns the state after events, which stood on a log in this order.
func Fold(events []domain.Event) (*World, error) {
	w := NewWorld()
	for i := range events {
		if err := w.Apply(&events[i]); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Apply folds one event that was accepted before it was written.
func (w *World) Apply(e *domain.Event) error {
	var err error
	if e.Entity.Kind() == domain.KindCase {
		err = w.Case(e.Entity).Apply(e)
	} else {
		err = w.State.Apply(e)
	}
	if err != nil {
		return fmt.Errorf("fold event %d (%s %s): %w", e.Sequence, e.Type, e.ID, err)
	}
	return nil
}

// Case returns the state of a case, a new one where it has no event yet.
func (w *World) Case(e domain.Entity) *domain.Case {
	c := w.Cases[e]
	if c == nil {
		c = domain.NewCase(e)
		w.Cases[e], w.order = c, append(w.order, e)
	}
	return c
}

// Facts returns the facts of every case, sorted by case.
func (w *World) Facts() []domain.CaseFacts {
	facts := make([]domain.CaseFacts, 0, len(w.Cases))
	for _, c := range w.Cases {
		facts = append(facts, c.Facts())
	}
	slices.SortFunc(facts, func(a, b domain.CaseFacts) int { return strings.Compare(a.Case, b.Case) })
	return facts
}

// Plain returns the plain evaluator over the state, under its adopted policies.
func (w *World) Plain(p compensation.Period) *compensation.Plain {
	return &compensation.Plain{Authority: Authority, Parties: w.State.Parties, Cases: w.Facts(), Policies: w.State.Adopted(), Period: p}
}

// KnownAt returns the events with a sequence of at most n.
func KnownAt(events []domain.Event, n uint64) []domain.Event {
	return events[:min(n, uint64(len(events)))]
}

// KnownBy returns the events recorded at t or before, in log order.
func KnownBy(events []domain.Event, t time.Time) (known []domain.Event) {
	for _, e := range events {
		if !e.Recorded.After(t) {
			known = append(known, e)
		}
	}
	return known
}

// Ledger accepts records one by one and writes the events that a ledger would, in memory.
type Ledger struct {
	*World
	Events []domain.Event // the log: sequence n at n-1
	seen   map[string]string
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return &Ledger{World: NewWorld(), seen: map[string]string{}} }

// Submit parses and decides one record. It returns the events written, premiums included: none for a duplicate, or every
// reason to refuse.
func (l *Ledger) Submit(line []byte) ([]domain.Event, domain.Problems) {
	e, ps := domain.ParseRecord(line, Now)
	if len(ps) > 0 {
		return nil, ps
	}
	if hash, again := l.seen[e.ID]; again {
		if hash != e.RecordHash {
			return nil, domain.Problems{{Field: "id", Reason: "is taken by a record with other content"}}
		}
		return nil, nil
	}
	var c *domain.Case
	isCase := e.Entity.Kind() == domain.KindCase
	if isCase {
		if c = l.Cases[e.Entity]; c == nil {
			c = domain.NewCase(e.Entity)
		}
	}
	events, ps := l.State.Decide(e, uint64(len(l.Events))+1, c, l.referring)
	if len(ps) > 0 {
		return nil, ps
	}
	if isCase && l.Cases[e.Entity] == nil {
		l.Cases[e.Entity], l.order = c, append(l.order, e.Entity)
	}
	l.write(events)
	if !isCase { // it may change the premiums of any case; each is settled in a commit of its own
		cause := events[0]
		for _, entity := range l.order {
			if !l.Cases[entity].HasFollowUps() {
				continue
			}
			premiums, err := l.State.Settle(&cause, uint64(len(l.Events))+1, l.Cases[entity])
			if err != nil {
				panic(fmt.Sprintf("settle %s after %s: %v", entity, cause.ID, err))
			}
			l.write(premiums)
			events = append(events, premiums...)
		}
	}
	l.seen[e.ID] = e.RecordHash
	return events, nil
}

func (l *Ledger) write(events []domain.Event) { l.Events = append(l.Events, events...) }

func (l *Ledger) referring(unit string) (ids []string) {
	for _, entity := range l.order {
		ids = append(ids, l.Cases[entity].Referring(unit)...)
	}
	return ids
}
