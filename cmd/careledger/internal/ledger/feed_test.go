package ledger

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/feed"
	"careledger/cmd/careledger/internal/feed/feedtest"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
	"careledger/eventstore/clustertest"
)

// requireFed waits until the feed of 1281 is level with its log, and reads what it has gained.
func requireFed(t testing.TB, l *Local, s *feedtest.Subscriber) {
	t.Helper()
	table, err := l.Table(t.Context(), "1281")
	require.NoError(t, err)
	stream := feedOf(t, l)
	require.Eventually(t, func() bool {
		feeds, err := l.Feeds(t.Context())
		require.NoError(t, err)
		s.ReadAll(t, stream)
		return len(feeds) == 1 && feeds[0].Lag() == 0 && s.At == feeds[0].Log
	}, time.Minute, 10*time.Millisecond)
	s.RequireLevel(t, table)
}

func feedOf(t testing.TB, l *Local) *eventstore.Feed {
	t.Helper()
	stream, err := l.store.CreateFeed(t.Context(), "1281")
	require.NoError(t, err)
	return stream
}

func TestTheFeedOfAServingLedgerSaysWhatItAnswers(t *testing.T) {
	dir, reader := t.TempDir(), feedtest.NewSubscriber()
	path := municipality(t, 25, 2, 5)
	t.Run("from the first event on", func(t *testing.T) {
		l := served(t, dir)
		imported(t, l, path)
		requireFed(t, l, reader)
	})
	t.Run("after a restart, payouts step by step", func(t *testing.T) {
		l := served(t, dir)
		requireFed(t, l, reader)
		for _, step := range []PayoutRequest{{Action: "calculate", Actor: "economist"}, {Action: "approve", Actor: "controller"}, {Action: "pay", Actor: "treasurer"}} {
			step.Month = "2015-03..2015-05"
			_, err := carryOut(t.Context(), l, step)
			require.NoError(t, err)
			requireFed(t, l, reader)
		}
	})
	t.Run("nobody is on it", func(t *testing.T) {
		l := opened(t, Config{Dir: dir})
		said := map[string]bool{} // every text on the feed
		var collect func(v any)
		collect = func(v any) {
			switch v := v.(type) {
			case string:
				said[v] = true
			case map[string]any:
				for _, one := range v {
					collect(one)
				}
			}
		}
		_, err := feedOf(t, l).Read(t.Context(), 1, func(m eventstore.FeedMessage) error {
			var d any
			require.NoError(t, json.Unmarshal(m.Data, &d))
			collect(d)
			return nil
		})
		require.NoError(t, err)
		table, err := l.Table(t.Context(), "1281")
		require.NoError(t, err)
		o, err := l.answering(t.Context(), "1281")
		require.NoError(t, err)
		names := 0
		require.NoError(t, o.log.Read(t.Context(), 1, table.Position(), func(e eventstore.Event) error {
			d, err := domain.DecodeEvent(e.Sequence, domain.Type(e.Type), e.Data)
			require.NoError(t, err)
			secret := []string{e.ID, e.Entity, d.Actor}
			if d.Entity.Kind() == domain.KindCase || d.Entity.Kind() == domain.KindPatient {
				secret = append(secret, d.Entity.ID())
			}
			if c, ok := d.Data.(*domain.CaseOpened); ok {
				secret = append(secret, c.Person)
			}
			for _, s := range secret {
				names++
				require.False(t, said[s], "%s of event %d is on the feed", s, e.Sequence)
			}
			return nil
		}))
		require.Positive(t, names)
	})
}

// A feed's process is killed while it backfills and while it follows; whoever serves next goes on, and a subscriber that read all along
// has each row once.
func TestAFeedWhoseProcessIsKilledGoesOnWithoutGapOrDoubling(t *testing.T) {
	dir, path, reader := t.TempDir(), municipality(t, 25, 2, 4), feedtest.NewSubscriber()
	for _, after := range []uint64{1, 40, 200, 1000} {
		killedFeed(t, dir, path, after)
		l, err := Open(t.Context(), Config{Dir: dir})
		require.NoError(t, err)
		reader.ReadAll(t, feedOf(t, l))
		require.NoError(t, l.Close())
	}
	require.Positive(t, reader.Messages)
	l := served(t, dir)
	imported(t, l, path)
	requireFed(t, l, reader)
}

// killedFeed imports and feeds in a process of its own and kills it when the feed has gained so many messages.
func killedFeed(t *testing.T, dir, path string, after uint64) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CARELEDGER_TEST_FEED="+dir, "CARELEDGER_TEST_FILE="+path, fmt.Sprint("CARELEDGER_TEST_AFTER=", after))
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var said string
	_, err = fmt.Fscanln(out, &said)
	require.NoError(t, err)
	require.Equal(t, "there", said)
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()
}

// feedAndWait imports a file into a ledger that feeds, says when the feed has gained so many messages or all there are, and goes on until it is killed.
func feedAndWait(dir, path string, after uint64) error {
	ctx := context.Background()
	l, err := Open(ctx, Config{Dir: dir})
	if err != nil {
		return err
	}
	failed, err := l.followAll(ctx, true)
	if err != nil {
		return err
	}
	imported := make(chan error, 1)
	go func() {
		_, err := l.Import(ctx, ImportRequest{Path: path})
		imported <- err
	}()
	before, done := uint64(0), false
	for tick := time.NewTicker(time.Millisecond); ; {
		select {
		case err := <-failed:
			return err
		case err := <-imported:
			if err != nil {
				return err
			}
			done = true
		case <-tick.C:
			feeds, err := l.Feeds(ctx)
			if err != nil {
				return err
			}
			if len(feeds) == 0 {
				continue
			}
			if before == 0 {
				before = feeds[0].Messages + 1
			}
			if feeds[0].Messages+1 >= before+after || done && feeds[0].Lag() == 0 {
				fmt.Println("there")
				<-failed // until it is killed
			}
		}
	}
}

func TestTwoServingLedgersOnAClusterFeedEachRowOnce(t *testing.T) {
	c := clustertest.Start(t)
	ctx, stop := context.WithCancel(context.Background())
	var ledgers []*Local
	ended := make(chan error, 2)
	for range 2 {
		l := opened(t, Config{ServerURL: c.URL(), Token: clustertest.Token})
		ledgers = append(ledgers, l)
	}
	imported(t, ledgers[0], file(t, parties+adoption("adopt-m", townModel, "2020-02-01")))
	for _, l := range ledgers {
		go func() { ended <- l.Serve(ctx, func(string, string) {}) }()
	}
	defer func() {
		stop()
		for range ledgers {
			require.NoError(t, <-ended)
		}
	}()
	reader := feedtest.NewSubscriber()
	for i := range 10 {
		entity := fmt.Sprint("case/k", i)
		lines := record(fmt.Sprint("o", i), "case-opened", entity, "2020-02-01", "2020-02-01", `{"person":"x"}`) +
			record(fmt.Sprint("t", i), "time-reported", entity, "2020-02-01", "2020-02-01", `{"unit":"u","month":"2020-02","category":"care","band":"day","minutes":60}`)
		lines = strings.ReplaceAll(lines, "2020-02-01T10", "2020-02-02T10")
		for line := range strings.Lines(lines) {
			_, _, err := ledgers[i%2].Record(t.Context(), []byte(strings.TrimSpace(line)))
			require.NoError(t, err)
		}
	}
	for _, l := range ledgers {
		requireFed(t, l, reader)
	}
}

func TestAFeedThatCannotGoOnIsToldAndHoldsNothingUp(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	imported(t, l, file(t, town(1)))
	answer := answerTo(t, l, byYear)
	mark := fmt.Sprintf(`{"specversion":"1.0","id":"1000","source":"urn:careledger:1281","type":%q,"time":"2020-01-01T00:00:00Z","datacontenttype":"application/json","dataschema":"x","data":{"authority":"1281","recorded":"2020-01-01T00:00:00Z","source_sequence":1000}}`, feed.Position.Type())
	require.NoError(t, feedOf(t, l).Publish(t.Context(), 0, []eventstore.FeedMessage{{Kind: "position", Data: []byte(mark)}}))
	require.NoError(t, l.Close())

	told := make(chan FeedReport, 100)
	l = opened(t, Config{Dir: dir, Fed: func(r FeedReport) { told <- r }})
	_, err = l.followAll(t.Context(), true)
	require.NoError(t, err)
	r := <-told
	require.Equal(t, "1281", r.Authority)
	require.ErrorContains(t, r.Err, "speaks of event 1000")
	require.ErrorContains(t, r.Err, "remove the stream BI_1281")
	require.Equal(t, answer, answerTo(t, l, byYear))
	feeds, err := l.Feeds(t.Context())
	require.NoError(t, err)
	require.Contains(t, feeds[0].Held, "longer log")
}

func TestAFeedThatARateIsMissingForIsToldAndGoesOnWhenItIsThere(t *testing.T) {
	told, reader := make(chan FeedReport, 100), feedtest.NewSubscriber()
	l := opened(t, Config{Dir: t.TempDir(), Fed: func(r FeedReport) { told <- r }})
	model := func(values string) string {
		return `{"id":"m","title":"performed time","currency":"SEK","parameters":{"rate":{"by":["category"],"values":{"2020-01-01":` + values + `}}},"components":[{"id":"time","kind":"time","basis":"performed","rate":"rate"}]}`
	}
	adopted := func(id, values, recorded string) string {
		return record(id, "policy-adopted", "policy/m", "2020-01-01", recorded, `{"model":`+model(values)+`,"from":"2020-01-01","decided_by":"the board","decided_on":"2019-12-01"}`)
	}
	imported(t, l, file(t, town(1)[:strings.Index(town(1), `{"id":"adopt-m"`)]+adopted("first", `{"care":"120"}`, "2020-03-01")))
	_, err := l.followAll(t.Context(), true)
	require.NoError(t, err)
	require.NoError(t, (<-told).Err)
	requireFed(t, l, reader)
	before := reader.At

	imported(t, l, file(t, record("service", "time-reported", "case/k0", "2020-02-01", "2020-03-02", `{"unit":"u0","month":"2020-02","category":"service","band":"day","minutes":60}`)))
	r := <-told
	require.ErrorAs(t, r.Err, new(*compensation.RateError))
	reader.ReadAll(t, feedOf(t, l))
	require.Equal(t, before, reader.At)

	imported(t, l, file(t, adopted("second", `{"care":"120","service":"100"}`, "2020-03-03")))
	for r.Err != nil {
		r = <-told
	}
	requireFed(t, l, reader)
	require.Greater(t, reader.At, before)
	feeds, err := l.Feeds(t.Context())
	require.NoError(t, err)
	require.Empty(t, feeds[0].Held)
}
