package projections

import (
	"context"
	"fmt"
	"slices"
	"time"

	"careledger/domain"
)

// States returns what ReadStates does, for whoever decides on it: performed time, which is five events in six, is taken from the columns, which
// hold all that a state keeps of it, and only the others are read from the log. Whoever checks the columns wants ReadStates.
func (t *Table) States(ctx context.Context, entities []domain.Entity, to uint64) (map[domain.Entity]domain.State, error) {
	return t.statesOf(ctx, entities, to, func(s *snapshot, cs uint32, own domain.State, sequences []uint64) ([]uint64, error) {
		past := t.chains.of(s.cases, cs, min(to, s.position), nil)
		performed := s.performedChains(past).origin
		for _, sequence := range past {
			origin, is := performed[sequence]
			if !is {
				sequences = append(sequences, sequence)
			} else if err := own.ApplyPerformed(s.performedFold(sequence, origin)); err != nil {
				return nil, fmt.Errorf("the facts of authority %s do not fit together: %w; remove the facts directory, and they are folded again", s.authority, err)
			}
		}
		return sequences, nil
	})
}

// statesOf returns the states of entities from the events kept whole and from those of each coded case that ofCase adds to the sequences
// that are read; what it takes from elsewhere it applies to the case's own state.
func (t *Table) statesOf(ctx context.Context, entities []domain.Entity, to uint64, ofCase func(s *snapshot, cs uint32, own domain.State, sequences []uint64) ([]uint64, error)) (map[domain.Entity]domain.State, error) {
	states := make(map[domain.Entity]domain.State, len(entities))
	for _, e := range entities {
		states[e] = domain.NewState(e)
	}
	s, codes := t.coded(entities)
	sequences := s.storedOf(states, min(to, s.position))
	var err error
	for _, cs := range codes {
		if sequences, err = ofCase(s, cs, states[domain.Entity(s.entities.at(int(cs)))], sequences); err != nil {
			return nil, err
		}
	}
	slices.Sort(sequences)
	return states, readEvents(ctx, t.events, sequences, func(e *domain.Event) error { return states[e.Entity].Apply(e) })
}

// performedFold returns what the columns say of an event about the performed time of an origin.
func (s *snapshot) performedFold(sequence, origin uint64) *domain.PerformedFold {
	p := &domain.PerformedFold{Sequence: sequence, Recorded: time.Unix(0, s.recorded[sequence-1]).UTC(), ID: s.ids[sequence-1]}
	if sequence != origin {
		p.Corrects = origin
	}
	row, stands := slices.BinarySearch(s.performed.from, uint32(sequence))
	if !stands { // what is annulled has no row of its own
		p.Annuls = true
		return p
	}
	k := s.performed.key[row]
	p.Kind, p.Minutes = domain.PerformedKind(s.performed.kind[row]), int(s.performed.minutes[row])
	p.PerformedKey = domain.PerformedKey{Unit: s.units.at(int(s.keys.unit[k])), Category: domain.Categories[s.keys.category[k]], Band: domain.Bands[s.keys.band[k]], Month: s.keys.month[k]}
	return p
}

// storedOf returns the sequences up to one of the events of those entities whose events are kept whole, increasing.
func (s *snapshot) storedOf(states map[domain.Entity]domain.State, to uint64) (sequences []uint64) {
	coded := true
	for e := range states {
		coded = coded && hasCode(e.Kind())
	}
	if coded {
		return nil
	}
	for p := range s.parties.all() {
		if states[p.entity] != nil && p.sequence <= to {
			sequences = append(sequences, p.sequence)
		}
	}
	return sequences
}

// coded returns a snapshot and the codes of those cases and patients among the entities that it holds events of, each once.
func (t *Table) coded(entities []domain.Entity) (s *snapshot, codes []uint32) {
	t.reading()
	defer t.mu.RUnlock()
	for _, e := range entities {
		if hasCode(e.Kind()) {
			if cs, ok := t.codeOf(e); ok {
				codes = append(codes, cs)
			}
		}
	}
	slices.Sort(codes)
	return &snapshot{t.authority, t.columns, t.registers}, slices.Compact(codes)
}
