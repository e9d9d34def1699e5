package projections

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain/historytest"
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
		table.CasesAt("u1")
		table.HasCase("k1")
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
