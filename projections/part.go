package projections

import (
	"context"
	"fmt"
	"math"
	"slices"

	"careledger/domain"
	"careledger/eventstore"
)

// source is where a table reads events again that it has folded: the log, or the part of one that was handed over. Errors: those of reading;
// an event that is not there.
type source interface {
	ReadSequences(ctx context.Context, sequences []uint64, fn func(eventstore.Event) error) error
}

// part are some events of a log, in order of their sequences.
type part []eventstore.Event

// ReadSequences is source's.
func (p part) ReadSequences(ctx context.Context, sequences []uint64, fn func(eventstore.Event) error) error {
	for _, s := range sequences {
		i, has := slices.BinarySearchFunc(p, s, func(e eventstore.Event, s uint64) int { return int(int64(e.Sequence) - int64(s)) })
		if !has {
			return fmt.Errorf("event %d is not in the part of the log that was handed over", s)
		}
		if err := fn(p[i]); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// partMax bounds the sequences of a part: what a table keeps of an event it keeps of those between them too, some of it in memory.
const partMax = 1 << 27

// FoldPart folds some events of an authority's log, in order of their sequences, with the function that folds a log. What the table then
// answers is right as far as it rests on those events alone: an amount of a case is where all events of that case are there. It answers as
// the log's own table does, with the sequences of the log, and never moves on. Errors: events out of order; *domain.UnknownEventError;
// what cannot be folded.
func FoldPart(authority string, events []eventstore.Event) (*Table, error) {
	t := newTable(authority)
	t.events = part(events)
	if n := len(events); n > 0 && events[n-1].Sequence <= partMax {
		t.hugeFrom = math.MaxInt // on the heap: nobody says when a part is used no longer
		t.reserveEvents(int(events[n-1].Sequence))
	}
	for i := range events {
		e := &events[i]
		if e.Sequence <= t.position {
			return nil, fmt.Errorf("event %d follows event %d; a part of a log is in its order, and each event is there once", e.Sequence, t.position)
		}
		if e.Sequence > partMax {
			return nil, fmt.Errorf("event %d: this release folds parts of logs of up to %d events", e.Sequence, partMax)
		}
		d, err := domain.DecodeEvent(e.Sequence, domain.Type(e.Type), e.Data)
		if err != nil {
			return nil, err
		}
		t.passTo(e.Sequence - 1)
		if err := guarded(func() error {
			return t.apply(&decoded{d, domain.ShortID(d.ID), ShortHash(d.RecordHash)}, e.Data)
		}); err != nil {
			return nil, fmt.Errorf("fold event %d (%s): %w", e.Sequence, e.ID, err)
		}
	}
	return t, nil
}

// passTo passes by events that are not there.
func (t *Table) passTo(sequence uint64) {
	gap := int(sequence - t.position)
	t.recorded, t.ids, t.records = append(t.recorded, make([]int64, gap)...), append(t.ids, make([]uint64, gap)...), append(t.records, make([]uint64, gap)...)
	for range gap {
		t.cases, t.typeOf = append(t.cases, noCase), append(t.typeOf, noType)
	}
	t.position = sequence
}
