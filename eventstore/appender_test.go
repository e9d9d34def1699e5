package eventstore

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lossy loses the acknowledgements of the first publishes at a sequence.
type lossy struct {
	at   uint64
	left atomic.Int64
}

func (l *lossy) drop(first uint64) bool { return first == l.at && l.left.Add(-1) >= 0 }

func TestLostAcknowledgementIsReadBack(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"one event": 1, "a batch": 20} {
		t.Run(name, func(t *testing.T) {
			lost := &lossy{at: 2}
			lost.left.Store(1)
			l, _ := newLog(t, Config{AckTimeout: 100 * time.Millisecond, dropAck: lost.drop})
			require.NoError(t, l.Append(t.Context(), commit(1, "case/a", 1)))
			p, err := l.Submit(commit(2, "case/a", n))
			require.NoError(t, err)
			q, err := l.Submit(commit(l.Next(), "case/b", 3))
			require.NoError(t, err)
			require.NoError(t, p.Wait(t.Context()))
			require.NoError(t, q.Wait(t.Context()))
			requireWhole(t, readAll(t, l), n+4)
			require.Negative(t, lost.left.Add(-1), "an acknowledgement was lost")
		})
	}
}

func TestPublishThatNeverArrivedIsPublishedAgain(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	u := newUnit(&Pending{commit: commit(1, "case/a", 3), done: make(chan struct{})})
	l.hash(u, &leafHasher{authority: authority})
	a := l.settleOutcome(u, time.Now().Add(10*time.Second))
	require.NoError(t, a.err)
	_, err := l.Refresh(t.Context())
	require.NoError(t, err)
	requireWhole(t, readAll(t, l), 3)
	// The same again finds itself, and another commit for the same place finds that it is taken.
	require.NoError(t, l.settleOutcome(u, time.Now().Add(10*time.Second)).err)
	other := newUnit(&Pending{commit: commit(1, "case/b", 3), done: make(chan struct{})})
	require.ErrorIs(t, l.settleOutcome(other, time.Now().Add(10*time.Second)).err, ErrConflict)
}

func TestUnansweredServerIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{AckTimeout: 50 * time.Millisecond, OutcomeTimeout: 200 * time.Millisecond})
	require.NoError(t, l.Append(t.Context(), commit(1, "case/a", 1)))
	l.store.server.Shutdown()
	p, err := l.Submit(commit(2, "case/a", 1))
	require.NoError(t, err)
	require.ErrorIs(t, p.Wait(t.Context()), ErrUnknownOutcome)
	_, err = l.Submit(commit(3, "case/a", 1))
	require.ErrorIs(t, err, ErrNeedsRefresh)
}

func TestFullDiskIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	fill(t, create(t, s), 10)
	require.NoError(t, s.Close())

	s = open(t, Config{Dir: dir, ReserveBytes: 1 << 60})
	l := create(t, s)
	err = l.Append(t.Context(), commit(11, "case/a", 5))
	require.ErrorIs(t, err, ErrDiskFull)
	var failed *AppendError
	require.ErrorAs(t, err, &failed)
	_, err = l.Refresh(t.Context())
	require.NoError(t, err)
	requireWhole(t, readAll(t, l), 10)
}

func TestPendingIsBounded(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{MaxPendingBytes: 10_000})
	var ps []*Pending
	for range 200 {
		p, err := l.Submit(commit(l.Next(), "case/a", 3))
		require.NoError(t, err)
		ps = append(ps, p)
		l.mu.Lock()
		require.LessOrEqual(t, l.pendingBytes, int64(10_000))
		l.mu.Unlock()
	}
	for _, p := range ps {
		require.NoError(t, p.Wait(t.Context()))
	}
	// One that is larger than the bound passes alone.
	m := message("case/a", "large")
	m.Data = bytes.Repeat([]byte("x"), 20_000)
	require.NoError(t, l.Append(t.Context(), Commit{First: l.Next(), Messages: []Message{m}}))
}

func TestGuardsOfEntitiesCanBeLeftOut(t *testing.T) {
	t.Parallel()
	wrong := commit(1, "case/a", 2)
	wrong.Guards = []Guard{{Entity: "case/a", Last: 7}}
	l, _ := newLog(t, Config{PositionGuardOnly: true})
	require.NoError(t, l.Append(t.Context(), wrong))
	l, _ = newLog(t, Config{})
	require.ErrorIs(t, l.Append(t.Context(), wrong), ErrConflict)
	_, err := Open(t.Context(), Config{ServerURL: "nats://127.0.0.1:1", PositionGuardOnly: true})
	require.ErrorContains(t, err, "PositionGuardOnly")
}

// Embedded, a large batch carries its position only. That suffices: an event that nobody reckoned with is a conflict.
func TestLargeBatchesAreGuardedByTheirPosition(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	c := commit(1, "case/a", fullBatch)
	c.Guards = []Guard{{Entity: "case/a"}}
	require.NoError(t, l.Append(t.Context(), c))
	st, err := l.store.js.Stream(t.Context(), l.name)
	require.NoError(t, err)
	m, err := st.GetMsg(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, "0", m.Header.Get(headerPosition))
	require.Empty(t, m.Header.Get(headerGuardFilter))

	foreign(t, l, message("case/a", "e501"))
	c = commit(fullBatch+1, "case/a", fullBatch)
	c.Guards = []Guard{{Entity: "case/a", Last: fullBatch}}
	require.ErrorIs(t, l.Append(t.Context(), c), ErrConflict)
	h, err := l.Refresh(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(fullBatch+1), h.Sequence)
}

// The first message of each entity in a batch carries the one canonical guard; a batch carries one position.
func TestGuardsStandOnTheLog(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	c := Commit{First: 1, Guards: []Guard{{Entity: "case/a"}, {Entity: "goal/b"}}}
	for i, entity := range []string{"case/a", "goal/b", "case/a", "goal/b"} {
		c.Messages = append(c.Messages, message(entity, "e"+strconv.Itoa(i+1)))
	}
	require.NoError(t, l.Append(t.Context(), c))
	st, err := l.store.js.Stream(t.Context(), l.name)
	require.NoError(t, err)
	for i, want := range []string{"care.1281.case.a.>", "care.1281.goal.b.>", "", ""} {
		m, err := st.GetMsg(t.Context(), uint64(i+1))
		require.NoError(t, err)
		require.Equal(t, want, m.Header.Get(headerGuardFilter))
		require.Equal(t, want != "", m.Header.Get(headerGuard) == "0")
		require.Equal(t, i == 0, m.Header.Get(headerPosition) == "0")
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	lost := &lossy{at: 1}
	lost.left.Store(1)
	l, _ := newLog(t, Config{AckTimeout: 200 * time.Millisecond, dropAck: lost.drop})
	p, err := l.Submit(commit(1, "case/a", 1))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, p.Wait(ctx), context.Canceled)
	require.NoError(t, p.Wait(t.Context()), "it stayed under way")
}

func TestCloseWaitsForWhatIsPending(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{Dir: t.TempDir()})
	require.NoError(t, err)
	l := create(t, s)
	var ps []*Pending
	for range 50 {
		p, err := l.Submit(commit(l.Next(), "case/a", 10))
		require.NoError(t, err)
		ps = append(ps, p)
	}
	require.NoError(t, s.Close())
	for _, p := range ps {
		require.NoError(t, p.Wait(t.Context()))
	}
	_, err = l.Submit(commit(l.Next(), "case/a", 1))
	require.ErrorIs(t, err, ErrClosed)
	_, err = l.Refresh(t.Context())
	require.ErrorIs(t, err, ErrClosed)
	require.NoError(t, s.Close(), "closing twice is harmless")
}

// A failed witness write is a failed commit, although the server has it: nobody is told that it is safe.
func TestUnwitnessedCommitIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	require.NoError(t, l.Append(t.Context(), commit(1, "case/a", 2)))
	l.extending.Lock()
	whole := l.witness.file
	readOnly := openReadOnly(t, whole.Name())
	l.witness.file = readOnly
	l.extending.Unlock()

	err := l.Append(t.Context(), commit(3, "case/a", 2))
	require.ErrorIs(t, err, ErrUnknownOutcome)
	require.Equal(t, uint64(2), l.Head().Sequence)
	_, err = l.Refresh(t.Context())
	require.Error(t, err, "still no witness")

	l.extending.Lock()
	l.witness.file = whole
	l.extending.Unlock()
	require.NoError(t, readOnly.Close())
	h, err := l.Refresh(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(4), h.Sequence, "the refresh found it and witnessed it")
	requireWhole(t, readAll(t, l), 4)
}

func TestErrorsOfReadersAreTheirOwn(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 20_000) // enough for the consumer, several runs
	stop := errors.New("stop")
	n := 0
	require.ErrorIs(t, l.Read(t.Context(), 1, 20_000, func(Event) error {
		if n++; n == 5000 {
			return stop
		}
		return nil
	}), stop)
	requireWhole(t, readAll(t, l), 20_000)
	ctx, cancel := context.WithCancel(t.Context())
	err := l.Read(ctx, 1, 20_000, func(e Event) error {
		if e.Sequence == 3000 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
}
