package eventstore

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tally gathers what Config.Settled is told.
type tally struct {
	mu  sync.Mutex
	all []Settled
}

func (t *tally) add(s Settled) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, s)
}

// commits waits until n have been told and returns all.
func (t *tally) commits(tb testing.TB, n int) []Settled {
	require.Eventually(tb, func() bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		return len(t.all) >= n
	}, answerWait, time.Millisecond)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all
}

func TestEachCommitIsToldOnceInTheOrderOfTheLog(t *testing.T) {
	t.Parallel()
	var settled tally
	s := open(t, Config{Dir: t.TempDir(), Settled: settled.add})
	l := create(t, s)
	sizes := []int{1, 3, 1, 1, 700, 2}
	var last *Pending
	for _, n := range sizes {
		p, err := l.Submit(commit(l.Next(), "case/a", n))
		require.NoError(t, err)
		last = p
	}
	require.NoError(t, last.Wait(t.Context()))
	access, err := s.CreateAccessLog(t.Context(), authority)
	require.NoError(t, err)
	all := settled.commits(t, len(sizes))
	require.Len(t, all, len(sizes))
	for i, s := range all {
		require.Equal(t, Settled{Authority: authority, Series: Care, Events: sizes[i], Took: s.Took}, s)
		require.Positive(t, s.Took)
	}
	require.NoError(t, access.Append(t.Context(), commit(1, "case/a", 1)))
	require.Equal(t, Access, settled.commits(t, len(sizes)+1)[len(sizes)].Series)
}

func TestAFailedCommitIsToldWithWhatItsCallerGets(t *testing.T) {
	t.Parallel()
	var settled tally
	l, _ := newLog(t, Config{Settled: settled.add})
	require.NoError(t, l.Append(t.Context(), commit(1, "case/a", 1)))
	_, err := l.store.js.PublishMsg(t.Context(), newForeign(l, message("case/a", "foreign")))
	require.NoError(t, err)
	p, err := l.Submit(commit(2, "case/a", 1))
	require.NoError(t, err)
	q, err := l.Submit(commit(3, "case/b", 4))
	require.NoError(t, err)
	require.ErrorIs(t, p.Wait(t.Context()), ErrConflict)
	require.ErrorIs(t, q.Wait(t.Context()), ErrConflict)
	all := settled.commits(t, 3)
	require.Len(t, all, 3)
	require.Equal(t, p.Wait(t.Context()), all[1].Err)
	require.Equal(t, q.Wait(t.Context()), all[2].Err)
}
