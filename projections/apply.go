package projections

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"careledger/domain"
	"careledger/eventstore"
)

// apply folds one event: the single function behind the cold fold and the live one. After an error the table stays at the event
// before; rows that were added before the error was met are known from an event that never comes, so nobody sees them.
func (t *Table) apply(e *decoded, raw []byte) error {
	if e.Sequence != t.position+1 {
		return fmt.Errorf("event %d follows event %d of authority %s in the fold; the log has a gap", e.Sequence, t.position, t.authority)
	}
	if e.Sequence > math.MaxUint32 {
		return fmt.Errorf("authority %s: the log has more than %d events, which this release cannot fold", t.authority, uint32(math.MaxUint32))
	}
	cs, err := noCase, error(nil)
	switch kind := e.Entity.Kind(); {
	case hasCode(kind):
		cs, err = t.applyCoded(&e.Event)
	case kind == domain.KindPayout:
		t.payouts.add(stored{e.Sequence, e.Entity, e.Type, raw})
	case kind == domain.KindProvider, kind == domain.KindPolicy, kind == domain.KindAgreement, kind == domain.KindGrant:
		t.parties.add(stored{e.Sequence, e.Entity, e.Type, raw})
	default:
		err = &domain.UnknownEventError{Sequence: e.Sequence, Type: e.Type, Err: fmt.Errorf("%s is no kind of entity that this release knows", e.Entity)}
	}
	if err != nil {
		return &FoldError{e.Sequence, e.ID, e.Type, err}
	}
	at := e.Recorded.UnixNano()
	if t.latest = max(t.latest, at); t.position == 0 {
		t.latest = at
	}
	t.position = e.Sequence
	t.recorded, t.ids, t.records, t.cases = append(t.recorded, at), append(t.ids, e.id), append(t.records, e.record), append(t.cases, cs)
	t.typeOf = append(t.typeOf, t.typeCodeOf(e.Type))
	t.idRow.add(uint32(e.Sequence-1), t.idHash)
	return nil
}

// applyCoded folds an event of a case or patient and returns its code.
func (t *Table) applyCoded(e *domain.Event) (uint32, error) {
	cs, began := t.caseOf(e.Entity)
	return cs, t.applyTo(cs, began, e)
}

func (t *Table) applyTo(cs uint32, began bool, e *domain.Event) error {
	if p, ok := domain.PerformedBy(e.Data); ok {
		_, err := t.addPerformed(cs, p, e.Sequence)
		return err
	}
	if target := e.Corrects(); target != "" {
		if row, origin, ok := t.performedOf(cs, target); ok {
			return t.correctPerformed(cs, e, row, origin)
		}
	}
	state, err := t.state(cs, e, began)
	if err != nil {
		return err
	}
	if err := state.Apply(e); err != nil {
		return err
	}
	state.events++
	t.states.events++
	switch of := state.State.(type) {
	case *domain.Case:
		return t.setCase(cs, of, e)
	case *domain.Patient:
		return t.setPatient(cs, of, e)
	}
	return fmt.Errorf("no fold for %s", e.Entity)
}

func (t *Table) setCase(cs uint32, state *domain.Case, e *domain.Event) error {
	switch e.Type {
	case domain.TypeEventAnnulled, domain.TypeEventCorrected:
		t.setOpened(cs, openedCase(state), e.Sequence)
		return errors.Join(t.setGrants(cs, state, e.Sequence), t.setAbsences(cs, state, e.Sequence), t.setFollowUps(cs, state, e.Sequence))
	case domain.TypeCaseOpened:
		t.setOpened(cs, openedCase(state), e.Sequence)
	case domain.TypeDecisionMade, domain.TypeDecisionEnded, domain.TypeProviderChanged:
		return errors.Join(t.setGrants(cs, state, e.Sequence), t.setFollowUps(cs, state, e.Sequence))
	case domain.TypeAbsenceRegistered:
		return t.setAbsences(cs, state, e.Sequence)
	case domain.TypeFollowUpHeld, domain.TypeGoalChanged:
		return t.setFollowUps(cs, state, e.Sequence)
	case domain.TypeNeedsAssessed, domain.TypeGoalSet, domain.TypeGoalWithdrawn, domain.TypeSubgoalSet, domain.TypePremiumAwarded, domain.TypePremiumReversed:
		// nothing that a model can be charged on
	default:
		return fmt.Errorf("no fold for %s", e.Type)
	}
	return nil
}

func (t *Table) setPatient(cs uint32, state *domain.Patient, e *domain.Event) error {
	t.setOpened(cs, openedPatient(state), e.Sequence)
	return t.setEnrolments(cs, state, e.Sequence)
}

// state returns the case or patient before e, without its performed time: kept from folding it in this process, or folded from its own
// events on the log.
func (t *Table) state(cs uint32, e *domain.Event, began bool) (*caseState, error) {
	if s := t.states.get(cs); s != nil {
		return s, nil
	}
	s := &caseState{State: domain.NewState(e.Entity)}
	if !began {
		if t.events == nil {
			return nil, fmt.Errorf("%s is not at hand, and the table has no log to read it from", e.Entity)
		}
		past := t.chains.of(t.cases, cs, e.Sequence-1, nil)
		performed := t.performedChains(past).origin // most of what a log holds, and none of it is part of the state here
		past = slices.DeleteFunc(past, func(sequence uint64) bool { return performed[sequence] != 0 })
		err := readEvents(context.Background(), t.events, past, func(past *domain.Event) error {
			s.events++
			return s.Apply(past)
		})
		if err != nil {
			return nil, err
		}
	}
	t.states.put(cs, s)
	return s, nil
}

// ReadStates returns the states of entities that have one of their own (domain.NewState) as of a sequence that the table has folded, from
// their events in one pass over the log. One without events is new.
func (t *Table) ReadStates(ctx context.Context, entities []domain.Entity, to uint64) (map[domain.Entity]domain.State, error) {
	return t.statesOf(ctx, entities, to, func(s *snapshot, cs uint32, _ domain.State, sequences []uint64) ([]uint64, error) {
		return t.chains.of(s.cases, cs, min(to, s.position), sequences), nil
	})
}

// readEvents hands out the events of some sequences of the log.
func readEvents(ctx context.Context, log source, sequences []uint64, visit func(*domain.Event) error) error {
	return log.ReadSequences(ctx, sequences, func(r eventstore.Event) error {
		e, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
		if err != nil {
			return err
		}
		if err := visit(&e); err != nil {
			return fmt.Errorf("fold event %d (%s): %w", e.Sequence, e.ID, err)
		}
		return nil
	})
}

// caseOf returns the code of a case or patient, and whether this event is its first.
func (t *Table) caseOf(e domain.Entity) (code uint32, began bool) {
	code, known := t.codeOf(e)
	if !known {
		code = uint32(t.entities.len())
		t.entities.add(string(e))
		t.entityRow.add(code, t.entityHash)
		t.current = append(t.current, currentRows{opened: -1})
	}
	return code, !known
}

func (t *Table) unitOf(id string) (uint16, error) {
	c, ok := t.unitCode[id]
	if !ok {
		if t.units.len() == math.MaxUint16 {
			return 0, fmt.Errorf("the authority has more than %d units, which this release cannot fold", math.MaxUint16)
		}
		c = uint16(t.units.len())
		t.units.add(id)
		t.unitCode[t.units.at(int(c))] = c
	}
	return c, nil
}

// typeCodeOf returns the code of an event type. There are some thirty types, so a code is always left.
func (t *Table) typeCodeOf(typ domain.Type) uint8 {
	c, ok := t.typeCode[typ]
	if !ok {
		c = uint8(t.types.len())
		t.types.add(string(typ))
		t.typeCode[domain.Type(t.types.at(int(c)))] = c
	}
	return c
}

func (t *Table) word(s string) uint32 {
	c, ok := t.wordRow.find(textHash(s), func(row uint32) bool { return t.words.at(int(row)) == s })
	if !ok {
		c = uint32(t.words.len())
		t.words.add(s)
		t.wordRow.add(c, t.wordHash)
	}
	return c
}

// addPerformed adds the row of what performed time says from a sequence on.
func (t *Table) addPerformed(cs uint32, p domain.PerformedEvent, sequence uint64) (row uint32, err error) {
	unit, err := t.unitOf(p.Unit)
	if err != nil {
		return 0, err
	}
	key := t.keyOf(performedKey{cs, unit, uint8(domain.Categories.Index(p.Category)), uint8(domain.Bands.Index(p.Band)), p.Month})
	row = t.performed.add(sequence)
	c := &t.performed
	c.key, c.minutes, c.kind = append(c.key, key), append(c.minutes, int32(p.Minutes)), append(c.kind, uint8(p.Kind))
	if p.Kind == domain.PerformedHealth {
		h := &t.health
		h.row, h.delegated = append(h.row, row), append(h.delegated, flag(p.Delegated))
		h.profession, h.activity = append(h.profession, t.word(p.Profession)), append(h.activity, t.word(p.ActivityCode))
	}
	return row, nil
}

// flag is a yes or no as columns hold it.
func flag(yes bool) uint8 {
	if yes {
		return 1
	}
	return 0
}

// performedOf returns the row that says what a visit or time report of the case is known to be, and its own sequence; false if id is
// none.
func (t *Table) performedOf(cs uint32, id string) (row uint32, origin uint64, ok bool) {
	t.eachOf(domain.ShortID(id), func(sequence uint64) bool {
		i, found := slices.BinarySearch(t.performed.from, uint32(sequence))
		if row = uint32(i); found && t.keys.cs[t.performed.key[i]] == cs {
			origin, ok = sequence, true
			if corrected, moved := t.moves[uint32(sequence)]; moved {
				row = corrected
			}
		}
		return !ok
	})
	return row, origin, ok
}

func (t *Table) correctPerformed(cs uint32, e *domain.Event, row uint32, origin uint64) error {
	p, ok, err := domain.PerformedAfter(e, domain.PerformedKind(t.performed.kind[row]))
	if err != nil {
		return err
	}
	t.performed.retract(row, e.Sequence)
	if !ok {
		return nil // annulled
	}
	if row, err = t.addPerformed(cs, p, e.Sequence); err != nil {
		return err
	}
	t.moves[uint32(origin)] = row
	t.corrected, t.correctedRow = append(t.corrected, uint32(origin)), append(t.correctedRow, row)
	return nil
}
