package projections

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"careledger/domain"
	"careledger/eventstore"
)

// Arrivals are what came in last, as known at a moment: the last events of the log, counted by the day on which they were registered and by type.
// They name no entity.
type Arrivals struct {
	AsOf   Moment
	Events int       // how many events are counted
	Rows   []Arrival // the last day first; the events of a day by type
}

// Arrival is how many of the events counted were registered on a day, in Sweden, and are of a type.
type Arrival struct {
	Day    domain.Date `json:"day"`
	Type   domain.Type `json:"type"`
	Events int         `json:"events"`
}

// Arrivals counts the last events of the log as known at a moment: back to where they would be of more than so many days, and at most so many
// events. It reads them from the log. The error is that of reading it.
func (t *Table) Arrivals(ctx context.Context, at AsOf, days, most int) (*Arrivals, error) {
	s := t.snapshot()
	v := s.visibility(at)
	day := func(sequence uint64) domain.Date { return domain.LocalDate(time.Unix(0, s.recorded[sequence-1])) }
	var sequences []uint64
	of := map[domain.Date]bool{}
	for n := uint64(v.sequence); n > 0 && len(sequences) < most; n-- {
		if !v.happened(uint32(n)) {
			continue
		}
		if of[day(n)] = true; len(of) > days {
			break
		}
		sequences = append(sequences, n)
	}
	slices.Reverse(sequences)
	type kind struct {
		day domain.Date
		of  domain.Type
	}
	counts := map[kind]int{}
	err := t.events.ReadSequences(ctx, sequences, func(e eventstore.Event) error {
		counts[kind{day(e.Sequence), domain.Type(e.Type)}]++
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the last events of authority %s: %w", t.authority, err)
	}
	a := &Arrivals{AsOf: v.moment, Events: len(sequences), Rows: make([]Arrival, 0, len(counts))}
	for k, n := range counts {
		a.Rows = append(a.Rows, Arrival{k.day, k.of, n})
	}
	slices.SortFunc(a.Rows, func(x, y Arrival) int {
		return cmp.Or(cmp.Compare(y.Day, x.Day), strings.Compare(string(x.Type), string(y.Type)))
	})
	return a, nil
}
