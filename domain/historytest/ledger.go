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
	Own   map[domain.Entity]domain.State // of the cases, patients, agreements and grants
	order []domain.Entity                // of their first events
}

// NewWorld returns the state before the first event.
func NewWorld() *World {
	return &World{State: authority.New(Authority), Own: map[domain.Entity]domain.State{}}
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
	apply := w.State.Apply
	if own := w.own(e.Entity); own != nil {
		apply = own.Apply
	}
	if err := apply(e); err != nil {
		return fmt.Errorf("fold event %d (%s %s): %w", e.Sequence, e.Type, e.ID, err)
	}
	return nil
}

// own returns the state of an entity that has one of its own, a new one where it has no event yet; nil for any other.
func (w *World) own(e domain.Entity) domain.State {
	if w.Own[e] == nil {
		own := domain.NewState(e)
		if own == nil {
			return nil
		}
		w.hold(e, own)
	}
	return w.Own[e]
}

func (w *World) hold(e domain.Entity, own domain.State) {
	if w.Own[e] == nil {
		w.Own[e], w.order = own, append(w.order, e)
	}
}

// Case returns the state of a case, a new one where it has no event yet.
func (w *World) Case(e domain.Entity) *domain.Case { return w.own(e).(*domain.Case) }

// Cases returns the cases in the order of their first events.
func (w *World) Cases() (all []*domain.Case) {
	for _, e := range w.order {
		if c, ok := w.Own[e].(*domain.Case); ok {
			all = append(all, c)
		}
	}
	return all
}

// Facts returns the facts of every case and patient, sorted by id, a case before a patient of the same id. One whose beginning is
// annulled has none.
func (w *World) Facts() []domain.CaseFacts {
	facts := []domain.CaseFacts{}
	for _, own := range w.Own {
		switch s := own.(type) {
		case *domain.Case:
			if _, begun := s.Opened(); begun {
				facts = append(facts, s.Facts())
			}
		case *domain.Patient:
			if _, begun := s.Requested(); begun {
				facts = append(facts, s.Facts())
			}
		}
	}
	slices.SortFunc(facts, func(a, b domain.CaseFacts) int {
		if c := strings.Compare(a.Case, b.Case); c != 0 || a.Patient == b.Patient {
			return c
		}
		if b.Patient {
			return -1
		}
		return 1
	})
	return facts
}

// StateGrants returns the facts of every grant, sorted by id.
func (w *World) StateGrants() (facts []domain.StateGrant) {
	for _, own := range w.Own {
		if g, ok := own.(*domain.GrantState); ok {
			if f, agreed := g.Facts(); agreed {
				facts = append(facts, f)
			}
		}
	}
	slices.SortFunc(facts, func(a, b domain.StateGrant) int { return strings.Compare(a.ID, b.ID) })
	return facts
}

// Plain returns the plain evaluator over the state, under its adopted policies.
func (w *World) Plain(p compensation.Period) *compensation.Plain {
	return &compensation.Plain{Authority: Authority, Parties: w.State.Parties, Cases: w.Facts(), StateGrants: w.StateGrants(), Policies: w.State.Adopted(), Period: p}
}

// Columns returns the facts as the compiled evaluator takes them.
func (w *World) Columns() *compensation.Facts {
	columns := Columns(Authority, w.State.Parties, w.Facts())
	if err := columns.SetStateGrants(w.StateGrants(), w.State.Adopted()); err != nil {
		panic(err)
	}
	return columns
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
	own := l.Own[e.Entity]
	if own == nil {
		own = domain.NewState(e.Entity)
	}
	events, ps := l.State.Decide(e, uint64(len(l.Events))+1, own, l.referring)
	if len(ps) > 0 {
		return nil, ps
	}
	if own != nil {
		l.hold(e.Entity, own)
	}
	l.write(events)
	if cause := events[0]; own == nil { // it may change the premiums of any case; each is settled in a commit of its own
		for _, c := range l.Cases() {
			if !c.HasFollowUps() {
				continue
			}
			premiums, err := l.State.Settle(&cause, uint64(len(l.Events))+1, c)
			if err != nil {
				panic(fmt.Sprintf("settle %s after %s: %v", c.Entity, cause.ID, err))
			}
			if len(premiums) > 0 && !authority.SettlesOthers(&cause) {
				panic(fmt.Sprintf("%s changes the premiums of %s, and authority.SettlesOthers says that it cannot", cause.Type, c.Entity))
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
		ids = append(ids, l.Own[entity].Referring(unit)...)
	}
	return ids
}
