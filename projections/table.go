package projections

import (
	"context"
	"fmt"
	"sync"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/eventstore"
)

// Table is what one authority's log says, in bitemporal columns. Its methods may be called from several goroutines; of those that move
// it on, Fold and Follow, one does and the others wait. A question does not hold up the fold, nor the fold a question.
type Table struct {
	log       *eventstore.Log // nil for a part of one
	events    source          // of the same events, to read them again; nil for a table that cannot
	authority string

	folding chan struct{} // holds one element while somebody moves the table on

	mu sync.RWMutex // guards the columns' headers, the index, and what else stands below
	columns
	index
	states states
	chains chains        // guards itself
	moved  chan struct{} // closed when the position moves on or the fold stops, and made anew
	saved  uint64        // position of the last Save or Load
	failed error         // why the fold has stopped for good, nil while it has not

	hugeFrom   int // in place of the constant, for tests
	memoriesMu sync.Mutex
	memories   [][]byte // what memory gave

	cuts      keptCuts // guards itself
	registers *keptRegisters

	saving sync.Mutex // one Save at a time; guards kept
	kept   *keptFile  // the file that keeps the table, nil for none
	disk   disk
}

// NewTable returns an empty table over a log.
func NewTable(log *eventstore.Log) *Table {
	t := newTable(log.Authority())
	t.log, t.events = log, newKeptEvents(log)
	return t
}

func newTable(authority string) *Table {
	t := &Table{authority: authority, registers: newKeptRegisters(), disk: osDisk{}, moved: make(chan struct{}), folding: make(chan struct{}, 1)}
	t.reindex()
	return t
}

// Authority returns whose log the table is folded from.
func (t *Table) Authority() string { return t.authority }

// Position returns the sequence of the last event folded.
func (t *Table) Position() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.position
}

// WaitFor returns once the table has folded the event of a sequence, or with the context's error, or why the fold has stopped.
func (t *Table) WaitFor(ctx context.Context, sequence uint64) error {
	for {
		position, moved, failed := t.standing()
		if position >= sequence {
			return nil
		}
		if failed != nil {
			return failed
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for event %d to be folded (at %d): %w", sequence, position, context.Cause(ctx))
		}
	}
}

// Find returns where the event of an id stands on the log, and the short form (ShortHash) of its record hash; false if there is
// none. Ids are compared in a short form of 64 bits (domain.ShortID); a caller that is about to refuse compares the whole event.
func (t *Table) Find(id string) (sequence, record uint64, ok bool) {
	t.reading()
	defer t.mu.RUnlock()
	t.eachOf(domain.ShortID(id), func(s uint64) bool {
		sequence, record, ok = s, t.records[s-1], true
		return false
	})
	return sequence, record, ok
}

// Holds says whether the table has folded an event of a case or patient.
func (t *Table) Holds(e domain.Entity) bool {
	if !hasCode(e.Kind()) {
		return false
	}
	t.reading()
	defer t.mu.RUnlock()
	_, ok := t.codeOf(e)
	return ok
}

// CasesWithFollowUps returns the cases in which a follow-up stands, in order of their first event.
func (t *Table) CasesWithFollowUps() (cases []domain.Entity) {
	t.reading()
	defer t.mu.RUnlock()
	for i, c := range t.current {
		if len(c.followUps) > 0 {
			cases = append(cases, domain.Entity(t.entities.at(i)))
		}
	}
	return cases
}

// At returns the cases and patients with a fact at a unit, in order of their first event: those with a decision that the unit carries
// out or an enrolment there, and those with performed time there, also where it has been annulled.
func (t *Table) At(unit string) (cases []domain.Entity) {
	t.reading()
	defer t.mu.RUnlock()
	code, ok := t.unitCode[unit]
	if !ok {
		return nil
	}
	at := make([]bool, t.entities.len())
	for i := range t.grants.cs {
		if t.grants.unit[i] == code && t.grants.until[i] == 0 {
			at[t.grants.cs[i]] = true
		}
	}
	for i, cs := range t.enrolments.cs {
		if t.enrolments.unit[i] == code && t.enrolments.until[i] == 0 {
			at[cs] = true
		}
	}
	for i, cs := range t.keys.cs {
		if t.keys.unit[i] == code {
			at[cs] = true
		}
	}
	for i, here := range at {
		if here {
			cases = append(cases, domain.Entity(t.entities.at(i)))
		}
	}
	return cases
}

// State returns the providers, units, policies and payouts as known at the head, for a caller to decide on and change.
func (t *Table) State() (*authority.State, error) {
	s := t.snapshot()
	v := s.visibility(Now)
	state, _, err := s.foldRegisters(v)
	if err != nil {
		return nil, err
	}
	state.Payouts, err = s.payoutsAt(v)
	return state, err
}

// snapshot returns the columns as they are now. They can be read without a lock: see columns.
func (t *Table) snapshot() *snapshot {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return &snapshot{t.authority, t.columns, t.registers}
}

// snapshot are the columns of a table at one position.
type snapshot struct {
	authority string
	columns
	registers *keptRegisters
}
