package projections

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/historytest"
	"careledger/eventstore"
)

// inMemory is a table folded from events, with the events at hand and a count of those that were read again.
func inMemory(t fataler, events []domain.Event) (*Table, *countingSource) {
	table, all := folded(t, events, 64), part{}
	for i := range events {
		all = append(all, eventstore.Event{Sequence: events[i].Sequence, Message: message(t, &events[i])})
	}
	source := &countingSource{part: all}
	table.events = source
	return table, source
}

type countingSource struct {
	part
	read map[domain.Type]int
}

func (c *countingSource) ReadSequences(ctx context.Context, sequences []uint64, fn func(eventstore.Event) error) error {
	return c.part.ReadSequences(ctx, sequences, func(e eventstore.Event) error {
		if c.read == nil {
			c.read = map[domain.Type]int{}
		}
		c.read[domain.Type(e.Type)]++
		return fn(e)
	})
}

// A writer holds of an entity what its events say, though it reads none of its performed time.
func TestTheStatesThatAWriterHoldsAreThoseOfTheEvents(t *testing.T) {
	performed, corrections := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.FromSeed(rapid.Uint64().Draw(t, "seed"), 300).Events(-1)
		table, source := inMemory(t, events)
		to := uint64(rapid.IntRange(0, len(events)).Draw(t, "as of"))
		var entities []domain.Entity
		for i := range events {
			if domain.NewState(events[i].Entity) != nil {
				entities = append(entities, events[i].Entity)
			}
			if _, is := domain.PerformedBy(events[i].Data); is {
				performed++
			}
		}
		slices.Sort(entities)
		entities = append(slices.Compact(entities), "case/nobody", "case/nobody")
		want, err := table.ReadStates(t.Context(), entities, to)
		require.NoError(t, err)
		whole := source.read
		source.read = nil
		got, err := table.States(t.Context(), entities, to)
		require.NoError(t, err)
		require.Equal(t, want, got)
		for _, of := range []domain.Type{domain.TypeVisitPerformed, domain.TypeTimeReported, domain.TypeHealthTimeReported} {
			require.Zero(t, source.read[of])
		}
		corrections += whole[domain.TypeEventCorrected] + whole[domain.TypeEventAnnulled] - source.read[domain.TypeEventCorrected] - source.read[domain.TypeEventAnnulled]
	})
	require.Positive(t, performed)
	require.Positive(t, corrections, "no performed time was corrected")
}

// A case's events are found by their links as by looking at every event, also when the log has grown since the last time.
func TestTheChainsOfCasesHoldTheirEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cases := rapid.SliceOf(rapid.SampledFrom([]uint32{noCase, 0, 1, 2, 3})).Draw(t, "cases")
		var c chains
		for _, n := range []int{rapid.IntRange(0, len(cases)).Draw(t, "at first"), len(cases)} {
			to := uint64(rapid.IntRange(0, n).Draw(t, "as of"))
			of := columns{cases: cases[:n]}
			for cs := range uint32(4) {
				require.Equal(t, of.sequencesOf(cs, to), c.of(cases[:n], cs, to, nil))
			}
		}
	})
}
