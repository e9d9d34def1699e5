package projections

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain/historytest"
	"careledger/eventstore"
)

// Run with -race: questions of every kind while the fold goes on and the table is saved.
func TestQuestionsAreAnsweredWhileTheFoldGoesOn(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	history := historytest.FromSeed(21, 400)
	events := history.Events(-1)
	log, path := newLog(t), t.TempDir()+"/facts"
	write(t, log, events[:len(events)/2])
	table := coldFold(t, log)
	half := table.Position()
	want, err := table.Compensation(Query{AsOf: AsOf{Sequence: half}})
	require.NoError(t, err)

	var group sync.WaitGroup
	group.Go(func() {
		if err := table.Follow(ctx); err != nil {
			t.Error(err)
		}
	})
	done := make(chan struct{})
	asking := func(ask func() error) {
		group.Go(func() {
			for {
				if err := ask(); err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	asking(func() error { _, err := table.Compensation(Query{AsOf: Now}); return err })
	asking(func() error { _, err := table.Compensation(Query{AsOf: Now, By: []string{"case"}}); return err })
	asking(func() error { _, err := table.Fulfilment(Query{AsOf: AsOf{Time: events[10].Recorded}}); return err })
	asking(func() error {
		table.At("u1")
		table.Find(events[0].ID)
		return table.Save(path)
	})
	asking(func() error {
		got, err := table.Compensation(Query{AsOf: AsOf{Sequence: half}})
		if err == nil && got.Total != want.Total {
			t.Error("what was known at an earlier sequence changed")
		}
		return err
	})
	for some := range slices.Chunk(events[half:], 8) {
		write(t, log, some)
	}
	require.NoError(t, table.WaitFor(ctx, uint64(len(events))))
	close(done)
	cancel()
	group.Wait()
	requireSameColumns(t, coldFold(t, log), table)
	_, err = Load(path, log)
	require.NoError(t, err)
}

// Many who ask at once bring the table to the head of the log together.
func TestManyFoldAtOnce(t *testing.T) {
	events := historytest.FromSeed(21, 400).Events(-1)
	log := newLog(t)
	table := NewTable(log)
	var group sync.WaitGroup
	write(t, log, events[:1])
	for some := range slices.Chunk(events[1:], 5) {
		write(t, log, some)
		for range 4 {
			group.Go(func() {
				if err := table.Fold(context.Background(), Head, nil); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	require.EqualValues(t, len(events), table.Position())
	requireSameColumns(t, coldFold(t, log), table)
}

// Who waits for an event learns that the log itself has ended, and not only that an event cannot be folded.
func TestWaitingEndsWithTheLogThatIsFollowed(t *testing.T) {
	ctx := context.Background()
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	log, err := store.CreateLog(ctx, historytest.Authority)
	require.NoError(t, err)
	table := NewTable(log)
	waited := make(chan error, 1)
	go func() { waited <- table.WaitFor(ctx, 1) }()
	followed := make(chan error, 1)
	go func() { followed <- table.Follow(ctx) }()
	require.NoError(t, store.Close())
	require.ErrorIs(t, <-followed, eventstore.ErrClosed)
	require.ErrorIs(t, <-waited, eventstore.ErrClosed)
	require.ErrorIs(t, table.WaitFor(ctx, 1), eventstore.ErrClosed)
}

func TestATableWhoseFollowingWasEndedCanBeFollowedAgain(t *testing.T) {
	events := historytest.FromSeed(3, 20).Events(-1)
	log := newLog(t)
	table := NewTable(log)
	ended, end := context.WithCancel(context.Background())
	end()
	require.NoError(t, table.Follow(ended))
	write(t, log, events)
	ctx, cancel := context.WithCancel(context.Background())
	followed := make(chan error, 1)
	go func() { followed <- table.Follow(ctx) }()
	require.NoError(t, table.WaitFor(ctx, uint64(len(events))))
	cancel()
	require.NoError(t, <-followed)
}
