package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/eventstore/clustertest"
)

// What every log keeps, wherever it stands. Each statement gets a store without logs of its own authority.

func TestEmbedded(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Dir: t.TempDir()})
	conformance(t, s)
}

func TestClusterOfThree(t *testing.T) {
	t.Parallel()
	c := clustertest.Start(t)
	t.Run("WithDirectory", func(t *testing.T) { conformance(t, open(t, onCluster(c, t.TempDir()))) })
	t.Run("HasThreeReplicas", func(t *testing.T) {
		s := open(t, onCluster(c, ""))
		st, err := s.js.Stream(t.Context(), "CARE_A1")
		require.NoError(t, err)
		require.Equal(t, 3, st.CachedInfo().Config.Replicas)
	})
	t.Run("TwoStoresAppendAtOnce", func(t *testing.T) { twoWriters(t, c) })
	t.Run("StoppedNodeLosesNothing", func(t *testing.T) { stoppedNode(t, c) })
}

func conformance(t *testing.T, s *Store) {
	for i, statement := range []struct {
		name string
		run  func(*testing.T, *Log)
	}{
		{"AnEventIsReadAsItWasWritten", readAsWritten},
		{"ACommitIsAllOrNothing", allOrNothing},
		{"PositionIsTheGuard", positionGuard},
		{"EntityIsGuarded", entityGuard},
		{"ForeignEventIsAConflict", foreignConflict},
		{"ManyCallersAreGrouped", manyCallers},
		{"EntityIsReadAlone", entityAlone},
		{"SequencesAreReadInOrder", sequencesInOrder},
		{"FollowersSeeEachEventOnce", followers},
		{"InvalidCommitsAreRefused", invalidCommits},
		{"LargeEventsFit", largeEvents},
		{"RefreshWhileOthersAppendFindsNoDamage", refreshWhileAppending},
	} {
		t.Run(statement.name, func(t *testing.T) {
			l, err := s.CreateLog(t.Context(), "A"+strconv.Itoa(i+1))
			require.NoError(t, err)
			again, err := s.OpenLog(t.Context(), "A"+strconv.Itoa(i+1))
			require.NoError(t, err)
			require.Same(t, l, again)
			statement.run(t, l)
		})
	}
	t.Run("AuthoritiesAreListed", func(t *testing.T) {
		as, err := s.Authorities(t.Context())
		require.NoError(t, err)
		require.Contains(t, as, "A1")
		require.IsIncreasing(t, as)
		_, err = s.OpenLog(t.Context(), "9999")
		require.ErrorIs(t, err, ErrNoLog)
	})
}

func readAsWritten(t *testing.T, l *Log) {
	require.Equal(t, uint64(1), l.Next())
	require.Equal(t, emptyHead(), l.Head())
	m := Message{Entity: "case/k-1_A", Type: "visit-performed", ID: "01.a-b_c", Data: []byte("{\"å\":\x00\xff\r\n}")}
	require.NoError(t, l.Append(t.Context(), Commit{First: 1, Messages: []Message{m}}))
	e, err := l.Get(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, Event{Sequence: 1, Message: m}, e)
	require.Equal(t, []Event{e}, readAll(t, l))
	require.Equal(t, [32]byte(leafHash(l.Authority(), e)), l.Head().Root, "the root of one event is its leaf")
	_, err = l.Get(t.Context(), 2)
	require.Error(t, err)
}

func allOrNothing(t *testing.T, l *Log) {
	require.NoError(t, l.Append(t.Context(), commit(1, "case/a", 3)))
	size := 1000
	if l.store.server != nil {
		size = fullBatch - 1 // more go without the guards of entities
	}
	bad := commit(4, "case/a", size)
	bad.Guards = []Guard{{Entity: "case/a", Last: 2}} // it is 3
	err := l.Append(t.Context(), bad)
	require.ErrorIs(t, err, ErrConflict)
	_, err = l.Refresh(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(3), l.Head().Sequence)
	require.NoError(t, l.Append(t.Context(), commit(4, "case/a", 1000)))
	requireWhole(t, readAll(t, l), 1003)
}

func positionGuard(t *testing.T, l *Log) {
	require.NoError(t, l.Append(t.Context(), commit(1, "case/a", 1)))
	for _, first := range []uint64{0, 1, 3} {
		_, err := l.Submit(commit(first, "case/a", 1))
		var moved *PositionError
		require.ErrorAs(t, err, &moved)
		require.ErrorIs(t, err, ErrConflict)
		require.Equal(t, uint64(2), moved.Next)
	}
	require.NoError(t, l.Append(t.Context(), commit(2, "case/a", 1)), "a refused position is not a failure of the log")
}

func entityGuard(t *testing.T, l *Log) {
	for i := range uint64(3) {
		c := commit(i+1, "case/a", 1)
		c.Guards = []Guard{{Entity: "case/a", Last: i}}
		require.NoError(t, l.Append(t.Context(), c))
	}
	c := commit(4, "case/b", 1)
	c.Guards = []Guard{{Entity: "case/b", Last: 1}}
	require.ErrorIs(t, l.Append(t.Context(), c), ErrConflict)
	_, err := l.Submit(commit(4, "case/b", 1))
	require.ErrorIs(t, err, ErrNeedsRefresh)
	_, err = l.Refresh(t.Context())
	require.NoError(t, err)
	c.Guards[0].Last = 0
	require.NoError(t, l.Append(t.Context(), c))
	requireWhole(t, readAll(t, l), 4)
}

// foreignConflict: an event that this log did not write stands where the commit was to stand.
func foreignConflict(t *testing.T, l *Log) {
	require.NoError(t, l.Append(t.Context(), commit(1, "case/a", 1)))
	foreign(t, l, message("case/b", "e2"))
	p, err := l.Submit(commit(2, "case/a", 2))
	require.NoError(t, err)
	q, err := l.Submit(commit(4, "case/a", 1))
	require.ErrorIs(t, p.Wait(t.Context()), ErrConflict)
	if err == nil { // it came before that was known
		var failed *AppendError
		require.ErrorAs(t, q.Wait(t.Context()), &failed, "what was decided on it fails too")
		require.Equal(t, uint64(4), failed.First)
	} else {
		require.ErrorIs(t, err, ErrNeedsRefresh)
	}
	h, err := l.Refresh(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(2), h.Sequence)
	require.NoError(t, l.Append(t.Context(), commit(3, "case/a", 1)))
	requireWhole(t, readAll(t, l), 3)
}

func manyCallers(t *testing.T, l *Log) {
	const callers, each = 40, 10
	d := &decider{log: l}
	var wg sync.WaitGroup
	errs := make(chan error, callers)
	total := 0
	for i := range callers {
		total += each * (i%3 + 1)
		wg.Go(func() {
			for range each {
				p, err := d.submit(func(first uint64) Commit { return commit(first, "case/"+strconv.Itoa(i), i%3+1) })
				if err == nil {
					err = p.Wait(t.Context())
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	require.NoError(t, <-errs)
	requireWhole(t, readAll(t, l), total)
	require.Equal(t, uint64(total+1), l.Next())
}

func entityAlone(t *testing.T, l *Log) {
	for i := range 300 {
		p, err := l.Submit(commit(l.Next(), "case/"+strconv.Itoa(i%3), 1))
		require.NoError(t, err)
		if i == 299 {
			require.NoError(t, p.Wait(t.Context()))
		}
	}
	for _, to := range []uint64{1, 2, 150, 300, 999} {
		var got []uint64
		require.NoError(t, l.ReadEntity(t.Context(), "case/1", to, func(e Event) error {
			require.Equal(t, "case/1", e.Entity)
			got = append(got, e.Sequence)
			return nil
		}))
		var want []uint64
		for seq := uint64(2); seq <= min(to, 300); seq += 3 {
			want = append(want, seq)
		}
		require.Equal(t, want, got)
	}
	require.NoError(t, l.ReadEntity(t.Context(), "case/none", 300, func(Event) error { return errors.New("there is none") }))
}

func sequencesInOrder(t *testing.T, l *Log) {
	const n = 3000
	fill(t, l, n)
	every := func(from, to, step uint64) (s []uint64) {
		for seq := from; seq <= to; seq += step {
			s = append(s, seq)
		}
		return s
	}
	for name, want := range map[string][]uint64{
		"none":                  nil,
		"one":                   {7},
		"first and last":        {1, n},
		"scattered":             every(3, n, 9),
		"all":                   every(1, n, 1),
		"a third":               every(2, n, 3),
		"scattered, then dense": append(every(5, 1000, 50), every(1200, 1700, 1)...),
		"dense, then scattered": append(every(100, 900, 2), every(1200, n, 90)...),
	} {
		var got []uint64
		require.NoError(t, l.ReadSequences(t.Context(), want, func(e Event) error {
			require.Equal(t, message(e.Entity, "e"+strconv.FormatUint(e.Sequence, 10)), e.Message)
			got = append(got, e.Sequence)
			return nil
		}), name)
		require.Equal(t, want, got, name)
	}
	never := func(Event) error { return errors.New("called") }
	require.ErrorContains(t, l.ReadSequences(t.Context(), []uint64{1, 0}, never), "no sequence 0")
	require.ErrorContains(t, l.ReadSequences(t.Context(), []uint64{1, n + 1}, never), "no sequence 3001")
	require.ErrorContains(t, l.ReadSequences(t.Context(), []uint64{5, 9, 9}, never), "must increase")
	stop := errors.New("stop")
	for _, step := range []uint64{1, 100} {
		seen := 0
		require.ErrorIs(t, l.ReadSequences(t.Context(), every(1, n, step), func(Event) error {
			if seen++; seen == 5 {
				return stop
			}
			return nil
		}), stop)
		require.Equal(t, 5, seen)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, l.ReadSequences(ctx, every(1, n, step), func(Event) error { return nil }), context.Canceled)
	}
}

func followers(t *testing.T, l *Log) {
	fillIn := func(n int) {
		for range n {
			require.NoError(t, l.Append(t.Context(), commit(l.Next(), "case/a", 2)))
		}
	}
	fillIn(5)
	enough := errors.New("enough")
	var wg sync.WaitGroup
	got := make([][]Event, 3)
	errs := make([]error, 3)
	for i := range got {
		wg.Go(func() {
			errs[i] = l.Follow(t.Context(), uint64(i*6+1), func(e Event) error {
				got[i] = append(got[i], e)
				if e.Sequence == 40 {
					return enough
				}
				return nil
			})
		})
	}
	fillIn(10)
	foreign(t, l, message("case/b", "e31"))
	require.NoError(t, appendRetrying(t.Context(), l, func(first uint64) Commit { return commit(first, "case/a", 9) }))
	wg.Wait()
	for i := range got {
		require.ErrorIs(t, errs[i], enough)
		for j, e := range got[i] {
			require.Equal(t, uint64(i*6+1+j), e.Sequence)
		}
		require.Equal(t, uint64(40), got[i][len(got[i])-1].Sequence)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, l.Follow(ctx, 41, func(Event) error { return nil }), context.Canceled)
}

func invalidCommits(t *testing.T, l *Log) {
	ok := message("case/a", "e1")
	with := func(change func(*Message)) Commit {
		m := ok
		change(&m)
		return Commit{First: 1, Messages: []Message{m}}
	}
	for name, c := range map[string]Commit{
		"no events":    {First: 1},
		"too many":     commit(1, "case/a", 1001),
		"no kind":      with(func(m *Message) { m.Entity = "a" }),
		"wildcard":     with(func(m *Message) { m.Entity = "case/*" }),
		"dot":          with(func(m *Message) { m.Entity = "case/a.b" }),
		"no type":      with(func(m *Message) { m.Type = "" }),
		"no id":        with(func(m *Message) { m.ID = "" }),
		"header in id": with(func(m *Message) { m.ID = "a\r\nNats-Rollup: all" }),
		"too large":    with(func(m *Message) { m.Data = make([]byte, maxEventBytes+1) }),
	} {
		_, err := l.Submit(c)
		require.Error(t, err, name)
	}
	require.NoError(t, l.Append(t.Context(), Commit{First: 1, Messages: []Message{ok}}))
}

func largeEvents(t *testing.T, l *Log) {
	if l.store.server == nil {
		// A server elsewhere has its own maximum payload; 1 MB is the default.
		err := l.Append(t.Context(), Commit{First: 1, Messages: []Message{{Entity: "case/a", Type: "t", ID: "e1", Data: make([]byte, 900_000)}}})
		require.NoError(t, err)
		return
	}
	var last *Pending
	for i := range uint64(8) {
		m := Message{Entity: "case/a", Type: "t", ID: "e" + strconv.FormatUint(i, 10), Data: make([]byte, maxEventBytes)}
		m.Data[0] = byte(i)
		p, err := l.Submit(Commit{First: i + 1, Messages: []Message{m}})
		require.NoError(t, err)
		last = p
	}
	require.NoError(t, last.Wait(t.Context()))
	es := readAll(t, l)
	require.Len(t, es, 8)
	require.Equal(t, byte(7), es[7].Data[0])
	n := 0
	require.NoError(t, l.ReadSequences(t.Context(), []uint64{1, 2, 4, 5, 7, 8}, func(e Event) error {
		n++
		require.Equal(t, byte(e.Sequence-1), e.Data[0])
		return nil
	}))
	require.Equal(t, 6, n)
}

// foreign writes an event past the appender, as another process on the cluster would, and waits until it is stored.
func foreign(t *testing.T, l *Log, m Message) {
	t.Helper()
	msg := newForeign(l, m)
	_, err := l.store.js.PublishMsg(t.Context(), msg)
	require.NoError(t, err)
}

func twoWriters(t *testing.T, c *clustertest.Cluster) {
	const each = 30
	var logs []*Log
	for _, dir := range []string{t.TempDir(), ""} {
		logs = append(logs, create(t, open(t, onCluster(c, dir))))
	}
	var wg sync.WaitGroup
	errs := make([]error, len(logs))
	for i, l := range logs {
		wg.Go(func() {
			for range each {
				err := appendRetrying(t.Context(), l, func(first uint64) Commit { return commit(first, fmt.Sprint("case/", i), i+1) })
				if err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	for _, l := range logs {
		_, err := l.Refresh(t.Context())
		require.NoError(t, err)
		requireWhole(t, readAll(t, l), each*3)
	}
	require.Equal(t, logs[0].Head(), logs[1].Head())
}

func stoppedNode(t *testing.T, c *clustertest.Cluster) {
	l := create(t, open(t, onCluster(c, t.TempDir())))
	_, err := l.Refresh(t.Context())
	require.NoError(t, err)
	before := int(l.Head().Sequence)
	const more = 40
	// A follower elsewhere, which gets its events through the node that stops, misses and repeats none.
	follower := create(t, open(t, onCluster(c, "")))
	enough := errors.New("enough")
	next, followed := uint64(1), make(chan error, 1)
	go func() {
		followed <- follower.Follow(t.Context(), 1, func(e Event) error {
			if e.Sequence != next {
				return fmt.Errorf("sequence %d instead of %d", e.Sequence, next)
			}
			if next++; e.Sequence == uint64(before+more) {
				return enough
			}
			return nil
		})
	}()
	for i := range more {
		if i == more/2 {
			c.Stop(c.StreamLeader("CARE_" + authority))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		require.NoError(t, appendRetrying(ctx, l, func(first uint64) Commit { return commit(first, "case/a", 1) }))
		cancel()
	}
	requireWhole(t, readAll(t, l), before+more)
	require.ErrorIs(t, <-followed, enough)
}

// Who looks how far the log reaches while another appends finds no damage: the head may move on between the question and its answer.
func refreshWhileAppending(t *testing.T, l *Log) {
	done, refreshed := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			if _, err := l.Refresh(context.Background()); err != nil {
				refreshed <- err
				return
			}
			select {
			case <-done:
				refreshed <- nil
				return
			default:
			}
		}
	}()
	for i := range 300 {
		require.NoError(t, appendRetrying(t.Context(), l, func(first uint64) Commit { return commit(first, "case/a", 1+i%3) }))
	}
	close(done)
	require.NoError(t, <-refreshed)
}
