package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/ledger"
)

// Pages share a moment while they come fast, and it moves once a second, a larger log's more seldom. Who comes after a pause is at the head.
func TestWhenAMomentMoves(t *testing.T) {
	began := time.Now()
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	for _, c := range []struct {
		name string
		ms   int // since the moment of event 100 moved, with a page 100 ms before
		head uint64
		want uint64
		move bool
	}{
		{"at the head", 500, 100, 100, false},
		{"others have written", 500, 130, 100, false},
		{"a second later", 1000, 130, 100, true},
		{"a log of two million events, a second later", 1000, 2_000_000, 100, false},
		{"a log of two million events, three seconds later", 3000, 2_000_000, 100, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m moments
			first, _ := m.at("1281", 100, at(0))
			require.EqualValues(t, 100, first)
			for ms := 100; ms < c.ms; ms += 100 {
				_, _ = m.at("1281", 100, at(ms))
			}
			got, move := m.at("1281", c.head, at(c.ms))
			require.Equal(t, c.want, got)
			require.Equal(t, c.move, move)
			if !move {
				return
			}
			again, move := m.at("1281", c.head+1, at(c.ms+100))
			require.Equal(t, c.want, again, "until what is known at the next moment is computed")
			require.False(t, move, "once is enough")
			m.move("1281", c.head, at(c.ms+150))
			again, _ = m.at("1281", c.head+1, at(c.ms+200))
			require.Equal(t, c.head, again)
		})
	}
	t.Run("after a pause", func(t *testing.T) {
		var m moments
		_, _ = m.at("1281", 100, at(0))
		got, move := m.at("1281", 130, at(quietMilliseconds))
		require.EqualValues(t, 130, got)
		require.False(t, move)
	})
	t.Run("each log has its own", func(t *testing.T) {
		var m moments
		_, _ = m.at("1281", 100, at(0))
		got, _ := m.at("1282", 7, at(1))
		require.EqualValues(t, 7, got)
	})
}

// While a system writes and others read, each page is of one moment, no earlier than that of the page before, and the pages reach what was written.
func TestPagesFollowALogThatIsWritten(t *testing.T) {
	l, _ := newPilot(t)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	r := pagesOf(t, l, "auditor-1")
	known := func() uint64 {
		event, err := strconv.ParseUint(r.get("/payouts.json").Header().Get("Careledger-As-Of-Sequence"), 10, 64)
		require.NoError(t, err)
		return event
	}
	var group sync.WaitGroup
	writing, stop := context.WithCancel(t.Context())
	last := uint64(0)
	group.Go(func() {
		for n := 0; writing.Err() == nil; n++ {
			sequence, _, err := l.Record(context.Background(), fmt.Appendf(nil, `{"type":"case-opened","authority":"1281","entity":"case/new-%d","effective":"2024-12-01","actor":"system-1","data":{"person":"new-%[1]d"}}`, n))
			require.NoError(t, err)
			last = sequence
		}
	})
	before := known()
	for moves := 0; moves < 2; { // a second each
		now := known()
		require.GreaterOrEqual(t, now, before)
		if now > before {
			moves++
		}
		before = now
	}
	stop()
	group.Wait()
	require.Eventually(t, func() bool { return known() == last }, time.Minute, time.Millisecond)
}

// slowLedger is a ledger whose moments are never computed.
type slowLedger struct {
	Ledger
	head    uint64
	begun   chan struct{}
	stopped atomic.Bool
}

func (l *slowLedger) Head(string) (uint64, bool) { return l.head, true }

func (l *slowLedger) Read(ctx context.Context, _ ledger.Request) (any, error) {
	close(l.begun)
	<-ctx.Done()
	l.stopped.Store(true)
	return nil, ctx.Err()
}

// A server that stops waits for nothing that nobody waits for.
func TestAMomentThatMovesEndsWithTheServer(t *testing.T) {
	listener := httptest.NewUnstartedServer(nil).Listener
	slow := &slowLedger{head: 130, begun: make(chan struct{})}
	s, err := New(Config{Ledger: slow, Address: listener.Addr().String(), Token: token})
	require.NoError(t, err)
	s.moments.shared("1281").sequence, s.moments.shared("1281").asked = 100, time.Now().Add(time.Hour) // pages come fast
	require.EqualValues(t, 100, *s.moment(&visitor{session: &session{}}, "1281"))
	<-slow.begun
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, s.Serve(ctx, listener))
	require.True(t, slow.stopped.Load())
}
