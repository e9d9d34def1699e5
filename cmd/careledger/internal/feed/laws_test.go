package feed

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/cmd/careledger/internal/feed/feedtest"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
	"careledger/eventstore"
	"careledger/projections"
)

// memory is a feed in memory that can be cut at any message.
type memory struct {
	messages []eventstore.FeedMessage
	cut      int // how many messages it takes before the power goes; negative: no end
}

var errPower = errors.New("the power went")

func (m *memory) Authority() string { return historytest.Authority }

func (m *memory) Read(_ context.Context, from uint64, fn func(eventstore.FeedMessage) error) (uint64, error) {
	for i := int(from) - 1; i < len(m.messages); i++ {
		if err := fn(m.messages[i]); err != nil {
			return 0, err
		}
	}
	return uint64(len(m.messages)), nil
}

func (m *memory) Publish(_ context.Context, after uint64, messages []eventstore.FeedMessage) error {
	if after != uint64(len(m.messages)) {
		return eventstore.ErrConflict
	}
	for _, one := range messages {
		if m.cut == 0 {
			return errPower
		}
		m.cut--
		one.Sequence = uint64(len(m.messages)) + 1
		m.messages = append(m.messages, one)
	}
	return nil
}

// history is a drawn history on a log, with a table that is moved on by hand.
type history struct {
	t     *rapid.T
	log   *eventstore.Log
	table *projections.Table
	next  int // how many events are folded
}

// newHistory draws a history. Half of them are left without what has to be looked at as a whole (projections.Change).
func newHistory(t *rapid.T, store *eventstore.Store, number int, draw func(*rapid.T) historytest.History) *history {
	log, err := store.CreateLog(context.Background(), fmt.Sprint("H", number))
	require.NoError(t, err)
	h := &history{t: t, log: log, table: projections.NewTable(log)}
	events := draw(t).Events(-1)
	left := map[domain.Entity]bool{}
	if rapid.Bool().Draw(t, "in parts") {
		for i := range events {
			if d, ok := events[i].Data.(*domain.PolicyAdopted); ok {
				m, _, err := compensation.ParseModel("a drawn model", d.Model)
				require.NoError(t, err)
				for j := range m.Components {
					left[events[i].Entity] = left[events[i].Entity] || m.Components[j].Kind == compensation.KindCap || m.Components[j].Prorate
				}
			}
		}
	}
	c := eventstore.Commit{First: 1}
	for _, e := range events {
		if !left[e.Entity] {
			e.Sequence = uint64(len(c.Messages) + 1)
			raw, err := e.Encode()
			require.NoError(t, err)
			c.Messages = append(c.Messages, eventstore.Message{Entity: string(e.Entity), Type: string(e.Type), ID: e.ID, Data: raw})
		}
	}
	if len(c.Messages) > 0 {
		require.NoError(t, log.Append(context.Background(), c))
	}
	return h
}

// goOn folds some more events. It returns false at the end.
func (h *history) goOn() bool {
	if h.ended() {
		return false
	}
	h.next += rapid.IntRange(1, min(4, int(h.log.Head().Sequence)-h.next)).Draw(h.t, "events")
	require.NoError(h.t, h.table.Fold(context.Background(), uint64(h.next), nil))
	return true
}

// ended says whether all is folded.
func (h *history) ended() bool { return h.next == int(h.log.Head().Sequence) }

// step has a follower take in what the table has gained and write it, as Run does.
func step(f *Follower) error {
	ctx := context.Background()
	if err := f.next(ctx); err != nil {
		return err
	}
	f.markedAt = f.markedAt.Add(-2 * markEvery) // a position is due
	return f.write(ctx)
}

func newStore(t testing.TB) *eventstore.Store {
	store, err := eventstore.Open(context.Background(), eventstore.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func TestWhatStandsIsTheReadModelAtEveryPosition(t *testing.T) {
	store, number := newStore(t), 0
	rapid.Check(t, func(t *rapid.T) {
		number++
		h, feed, reader := newHistory(t, store, number, historytest.Draw), &memory{cut: -1}, feedtest.NewSubscriber()
		f := NewFollower(h.table, feed, nil)
		for h.goOn() {
			require.NoError(t, step(f))
			reader.ReadAll(t, feed)
			require.Equal(t, h.table.Position(), reader.At)
			require.Equal(t, reader.At, f.Position())
			reader.RequireLevel(t, h.table)
		}
	})
}

func TestAFollowerThatIsCutOffAnywhereLosesAndDoublesNothing(t *testing.T) {
	store, number, cuts := newStore(t), 0, 0
	rapid.Check(t, func(t *rapid.T) {
		number++
		h, feed, reader := newHistory(t, store, number, historytest.Draw), &memory{}, feedtest.NewSubscriber()
		f := NewFollower(h.table, feed, nil)
		for h.goOn() {
			for { // until it is through
				feed.cut = rapid.IntRange(-1, 5).Draw(t, "messages until the power goes")
				require.NoError(t, f.read(context.Background()))
				err := step(f)
				if err == nil {
					break
				}
				require.ErrorIs(t, err, errPower)
				cuts++
				if f = NewFollower(h.table, feed, nil); rapid.Bool().Draw(t, "the ledger goes on meanwhile") {
					h.goOn()
				}
				reader.ReadAll(t, feed) // a subscriber sees the half of it
			}
			reader.ReadAll(t, feed)
			require.Equal(t, h.table.Position(), reader.At)
			if h.ended() || rapid.IntRange(0, 7).Draw(t, "look") == 0 {
				reader.RequireLevel(t, h.table)
			}
		}
	})
	require.Positive(t, cuts)
}

func TestWhatCannotBeComputedHoldsTheFeedUpWhereItStands(t *testing.T) {
	store, number := newStore(t), 0
	rapid.Check(t, func(t *rapid.T) {
		number++
		h, feed, reader := newHistory(t, store, number, historytest.DrawWithGaps), &memory{cut: -1}, feedtest.NewSubscriber()
		f, held := NewFollower(h.table, feed, nil), false
		for h.goOn() {
			_, without := h.table.Compensation(projections.Query{AsOf: projections.Now})
			err := step(f)
			reader.ReadAll(t, feed)
			if without != nil {
				require.ErrorAs(t, err, new(*compensation.RateError))
				require.Less(t, reader.At, h.table.Position())
				held = true
				continue
			}
			require.NoError(t, err)
			require.Equal(t, h.table.Position(), reader.At)
			if held {
				reader.RequireLevel(t, h.table)
				held = false
			}
		}
	})
}

func TestTwoFollowersOfOneFeedWriteEachRowOnce(t *testing.T) {
	store, number := newStore(t), 0
	rapid.Check(t, func(t *rapid.T) {
		number++
		h, feed, reader := newHistory(t, store, number, historytest.Draw), &memory{cut: -1}, feedtest.NewSubscriber()
		other := projections.NewTable(h.log)
		followers := []*Follower{NewFollower(h.table, feed, nil), NewFollower(other, feed, nil)}
		for h.goOn() {
			if rapid.Bool().Draw(t, "the other one falls behind") {
				require.NoError(t, step(followers[0]))
				continue
			}
			require.NoError(t, other.Fold(context.Background(), h.table.Position(), nil))
			first := rapid.IntRange(0, 1).Draw(t, "first")
			require.NoError(t, step(followers[first]))
			reader.ReadAll(t, feed)
			written := reader.Messages
			require.NoError(t, step(followers[1-first]))
			reader.ReadAll(t, feed)
			require.Equal(t, written, reader.Messages, "the rows that one wrote the other does not")
			require.Equal(t, h.table.Position(), reader.At)
			if h.ended() || rapid.IntRange(0, 7).Draw(t, "look") == 0 {
				reader.RequireLevel(t, h.table)
			}
		}
	})
}
