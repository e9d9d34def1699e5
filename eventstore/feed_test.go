package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"careledger/eventstore/clustertest"
)

// told are n messages of a feed, numbered from first.
func told(first, n int) (messages []FeedMessage) {
	for i := first; i < first+n; i++ {
		messages = append(messages, FeedMessage{Kind: []string{"posting", "payout"}[i%2], Data: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	return messages
}

// requireTold: the feed holds the messages 1 to n, each once and in order.
func requireTold(t testing.TB, f *Feed, n int) {
	t.Helper()
	want := told(1, n)
	last, err := f.Read(t.Context(), 0, func(m FeedMessage) error {
		place := m.Sequence - f.before
		require.LessOrEqual(t, place, uint64(n))
		require.Equal(t, want[place-1].Kind, m.Kind)
		require.Equal(t, string(want[place-1].Data), string(m.Data))
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, f.before+uint64(n), last)
}

func newFeed(t testing.TB, c Config) (*Feed, *Store) {
	t.Helper()
	c.Dir = t.TempDir()
	s := open(t, c)
	f, err := s.CreateFeed(t.Context(), authority)
	require.NoError(t, err)
	return f, s
}

func TestWhatIsToldIsReadBackInOrder(t *testing.T) {
	t.Parallel()
	f, s := newFeed(t, Config{})
	_, found, err := f.Last(t.Context())
	require.NoError(t, err)
	require.False(t, found)
	requireTold(t, f, 0)
	n := 0
	for _, more := range []int{1, feedSingles, feedSingles + 1, MaxCommit, 2*MaxCommit + 7} {
		require.NoError(t, f.Publish(t.Context(), uint64(n), told(n+1, more)))
		n += more
	}
	requireTold(t, f, n)
	last, found, err := f.Last(t.Context())
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, FeedMessage{uint64(n), told(n, 1)[0].Kind, told(n, 1)[0].Data}, last)
	again, err := s.CreateFeed(t.Context(), authority)
	require.NoError(t, err)
	requireTold(t, again, n)
	messages, bytes, err := again.Bytes(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(n), messages)
	require.Positive(t, bytes)
}

func TestWhatIsToldStandsWhereItWasToStandOrNotAtAll(t *testing.T) {
	t.Parallel()
	f, _ := newFeed(t, Config{})
	require.NoError(t, f.Publish(t.Context(), 0, told(1, 3)))
	for _, after := range []uint64{0, 2, 4} {
		for _, n := range []int{1, 100} {
			require.ErrorIs(t, f.Publish(t.Context(), after, told(50, n)), ErrConflict)
		}
	}
	requireTold(t, f, 3)
}

func TestALostAcknowledgementIsReadBack(t *testing.T) {
	t.Parallel()
	lost := map[uint64]bool{}
	f, _ := newFeed(t, Config{dropAck: func(first uint64) bool {
		before := lost[first]
		lost[first] = true
		return !before
	}})
	require.NoError(t, f.Publish(t.Context(), 0, told(1, 3)))
	require.NoError(t, f.Publish(t.Context(), 3, told(4, 200)))
	require.True(t, lost[2] && lost[4])
	requireTold(t, f, 203)
}

func TestAFeedIsNoLogAndALogIsNoFeed(t *testing.T) {
	t.Parallel()
	f, s := newFeed(t, Config{})
	require.NoError(t, f.Publish(t.Context(), 0, told(1, 3)))
	authorities, err := s.Authorities(t.Context())
	require.NoError(t, err)
	require.Empty(t, authorities)
	_, err = s.OpenLog(t.Context(), authority)
	require.ErrorIs(t, err, ErrNoLog)
	_, err = s.OpenAccessLog(t.Context(), authority)
	require.ErrorIs(t, err, ErrNoLog)

	_, err = s.OpenFeed(t.Context(), "0180")
	require.ErrorIs(t, err, ErrNoFeed)
	l, err := s.CreateLog(t.Context(), "0180")
	require.NoError(t, err)
	require.NoError(t, l.Append(t.Context(), commit(1, "case/k", 3)))
	_, err = s.OpenFeed(t.Context(), "0180")
	require.ErrorIs(t, err, ErrNoFeed)
	requireTold(t, f, 3)
	for _, series := range allSeries() {
		require.False(t, strings.HasPrefix(feedPrefix, series.prefix()) || strings.HasPrefix(series.prefix(), feedPrefix))
	}
	_, err = s.CreateFeed(t.Context(), "no.such")
	require.ErrorContains(t, err, "authority")
}

func TestAStreamThatCouldLoseWhatStandsIsNoFeed(t *testing.T) {
	t.Parallel()
	for said, change := range map[string]func(*jetstream.StreamConfig){
		"limit of count, size or age": func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 },
		"size or age":                 func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"subjects are not":            func(c *jetstream.StreamConfig) { c.Subjects = []string{"bi.x.>"} },
		"atomic publish":              func(c *jetstream.StreamConfig) { c.AllowAtomicPublish = false },
		"storage is not file":         func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"retention is not limits":     func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy },
	} {
		s, c := open(t, Config{Dir: t.TempDir()}), feedConfig(authority, 1, 1)
		change(&c)
		_, err := s.js.CreateStream(t.Context(), c)
		require.NoError(t, err)
		for _, open := range []func(context.Context, string) (*Feed, error){s.OpenFeed, s.CreateFeed} {
			_, err = open(t.Context(), authority)
			require.ErrorContains(t, err, said)
			require.ErrorContains(t, err, "remove the stream", "and what to do")
		}
	}
}

func TestAFeedThatLacksAMessageIsNotSummed(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Dir: t.TempDir()})
	c := feedConfig(authority, 1, 1)
	c.DenyDelete = false
	st, err := s.js.CreateStream(t.Context(), c)
	require.NoError(t, err)
	f, err := s.OpenFeed(t.Context(), authority)
	require.NoError(t, err)
	require.NoError(t, f.Publish(t.Context(), 0, told(1, 5)))
	require.NoError(t, st.DeleteMsg(t.Context(), 3))
	_, err = f.Read(t.Context(), 1, func(FeedMessage) error { return nil })
	require.ErrorContains(t, err, "lacks its message 3")
}

func TestOutsideClientsReadTheFeedAndDoNotWriteToIt(t *testing.T) {
	t.Parallel()
	s := served(t)
	f, err := s.CreateFeed(t.Context(), authority)
	require.NoError(t, err)
	require.NoError(t, f.Publish(t.Context(), 0, told(1, 3)))
	c, denied := outside(t, s)
	js, err := jetstream.New(c)
	require.NoError(t, err)
	consumer, err := js.OrderedConsumer(t.Context(), FeedStream(authority), jetstream.OrderedConsumerConfig{})
	require.NoError(t, err)
	m, err := consumer.Next()
	require.NoError(t, err)
	require.Equal(t, string(told(1, 1)[0].Data), string(m.Data()))

	for _, subject := range []string{FeedSubject(authority, "posting"), "$JS.API.STREAM.DELETE." + FeedStream(authority), "$JS.API.STREAM.PURGE." + FeedStream(authority), "$JS.API.STREAM.UPDATE." + FeedStream(authority)} {
		require.NoError(t, c.PublishRequest(subject, c.NewInbox(), []byte(`{}`)))
		require.ErrorIs(t, <-denied, nats.ErrPermissionViolation, subject)
	}
	requireTold(t, f, 3)
}

func TestTwoWritersOfAFeedOnAClusterWriteEachMessageOnceWhileItsLeaderGoes(t *testing.T) {
	cluster := clustertest.Start(t)
	const n = 120
	var group sync.WaitGroup
	feeds := make([]*Feed, 2)
	for i := range feeds {
		f, err := open(t, onCluster(cluster, t.TempDir())).CreateFeed(t.Context(), authority)
		require.NoError(t, err)
		feeds[i] = f
	}
	half := make(chan struct{})
	var once sync.Once
	for _, f := range feeds {
		group.Go(func() {
			for at := 0; at < n; {
				more := min(1+at%40, n-at) // some alone, some in batches
				err := f.Publish(t.Context(), f.before+uint64(at), told(at+1, more))
				if err == nil {
					at += more
				} else if errors.Is(err, ErrConflict) || errors.Is(err, ErrUnknownOutcome) {
					last, err := f.Read(t.Context(), 1, func(FeedMessage) error { return nil })
					if err == nil {
						at = int(last - f.before)
					}
				} else {
					t.Error(err)
					return
				}
				if at > n/3 {
					once.Do(func() { close(half) })
				}
			}
		})
	}
	<-half
	leader := cluster.StreamLeader(FeedStream(authority))
	cluster.Stop(leader)
	group.Wait()
	cluster.Start(leader)
	cluster.AwaitCurrent()
	for _, f := range feeds {
		requireTold(t, f, n)
	}
}

// On a cluster an operator may remove a feed's stream, and another process makes it again.
func TestAFeedThatIsRemovedIsNotTakenForTheOneMadeInItsPlace(t *testing.T) {
	t.Parallel()
	f, s := newFeed(t, Config{})
	require.NoError(t, f.Publish(t.Context(), 0, told(1, 3)))
	requireTold(t, f, 3)
	require.NoError(t, s.js.DeleteStream(t.Context(), FeedStream(authority)))
	read := func() error {
		_, err := f.Read(t.Context(), 4, func(FeedMessage) error { return nil })
		return err
	}
	require.ErrorIs(t, read(), ErrNoFeed)
	require.ErrorIs(t, f.Publish(t.Context(), 3, told(4, 1)), ErrNoFeed, "at once, and not after the time for outcomes")
	again, err := s.CreateFeed(t.Context(), authority)
	require.NoError(t, err)
	require.NoError(t, again.Publish(t.Context(), 0, told(1, 5)))
	require.ErrorIs(t, read(), ErrNoFeed)
	requireTold(t, again, 5)
}

// Two processes serve a cluster. The stream of the feed is removed, and one of them makes it again, to just the length that the other knew: what the other
// writes, at a place that stands there too, is refused, one message as well as a batch of them, and it learns that its feed is gone.
func TestWhoWroteARemovedFeedWritesNothingIntoOneOfTheSameLength(t *testing.T) {
	t.Parallel()
	const n = 30
	cluster := clustertest.Start(t)
	one, other := open(t, onCluster(cluster, t.TempDir())), open(t, onCluster(cluster, t.TempDir()))
	stale, err := one.CreateFeed(t.Context(), authority)
	require.NoError(t, err)
	require.NoError(t, stale.Publish(t.Context(), stale.before, told(1, n)))
	require.NoError(t, other.js.DeleteStream(t.Context(), FeedStream(authority)))
	again, err := other.CreateFeed(t.Context(), authority)
	require.NoError(t, err)
	require.NoError(t, again.Publish(t.Context(), again.before, told(1, n)))
	for _, more := range []int{1, feedSingles + 1} {
		require.ErrorIs(t, stale.Publish(t.Context(), stale.before+n, told(n+1, more)), ErrConflict)
	}
	_, err = stale.Read(t.Context(), stale.before+n+1, func(FeedMessage) error { return nil })
	require.ErrorIs(t, err, ErrNoFeed)
	requireTold(t, again, n)
	opened, err := one.CreateFeed(t.Context(), authority) // what it does next
	require.NoError(t, err)
	requireTold(t, opened, n)
	require.Less(t, opened.before+n, uint64(1)<<53, "a program in JavaScript counts to there")
}
