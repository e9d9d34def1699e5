package projections

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/eventstore"
)

// countedPart is a source that counts what is read of it.
type countedPart struct {
	part
	read int
}

func (c *countedPart) ReadSequences(ctx context.Context, sequences []uint64, fn func(eventstore.Event) error) error {
	c.read += len(sequences)
	return c.part.ReadSequences(ctx, sequences, fn)
}

// Whatever was read before, a question gets the events that it asks for, in their order, and one that was read is not read again.
func TestKeptEventsAreTheEventsOfTheLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &countedPart{}
		for s := uint64(1); s <= 60; s++ {
			size := 10
			if s%7 == 0 {
				size = keptEventBytes + 1
			}
			log.part = append(log.part, eventstore.Event{Sequence: s, Message: eventstore.Message{Data: slices.Repeat([]byte{byte(s)}, size)}})
		}
		kept, before := newKeptEvents(log), map[uint64]bool{}
		for range rapid.IntRange(1, 5).Draw(t, "questions") {
			asked := rapid.SliceOfNDistinct(rapid.Uint64Range(1, 60), 0, 30, rapid.ID).Draw(t, "sequences")
			slices.Sort(asked)
			want := 0
			for _, s := range asked {
				if !before[s] {
					want++
				}
				before[s] = s%7 != 0
			}
			log.read = 0
			var got []uint64
			require.NoError(t, kept.ReadSequences(t.Context(), asked, func(e eventstore.Event) error {
				require.Equal(t, byte(e.Sequence), e.Data[0])
				got = append(got, e.Sequence)
				return nil
			}))
			require.True(t, slices.Equal(asked, got), "%v %v", asked, got)
			require.Equal(t, want, log.read)
		}
	})
}

// A question of many events leaves what is kept as it is; an error of the reader or of the log ends the question.
func TestKeptEventsStopAtErrors(t *testing.T) {
	log := &countedPart{}
	for s := uint64(1); s <= keptOfOneQuestion+1; s++ {
		log.part = append(log.part, eventstore.Event{Sequence: s})
	}
	kept := newKeptEvents(log)
	var all []uint64
	for _, e := range log.part {
		all = append(all, e.Sequence)
	}
	none := func(eventstore.Event) error { return nil }
	require.NoError(t, kept.ReadSequences(t.Context(), all, none))
	require.Zero(t, kept.kept.Len())
	require.NoError(t, kept.ReadSequences(t.Context(), all[:10], none))
	require.Equal(t, 10, kept.kept.Len())
	enough := errors.New("enough")
	for _, at := range []uint64{3, 12} { // one that is kept, one that is not
		require.ErrorIs(t, kept.ReadSequences(t.Context(), all[:20], func(e eventstore.Event) error {
			if e.Sequence == at {
				return enough
			}
			return nil
		}), enough)
	}
	require.ErrorContains(t, kept.ReadSequences(t.Context(), []uint64{1, 1 << 40}, none), "is not in the part")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, kept.ReadSequences(cancelled, all[:2], none), context.Canceled)
}
