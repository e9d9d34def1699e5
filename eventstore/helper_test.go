package eventstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"careledger/eventstore/clustertest"
)

const authority = "1281"

// open opens an embedded store in dir and closes it with the test.
func open(t testing.TB, c Config) *Store {
	t.Helper()
	s, err := Open(context.Background(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func create(t testing.TB, s *Store) *Log {
	t.Helper()
	l, err := s.CreateLog(context.Background(), authority)
	require.NoError(t, err)
	return l
}

// newLog is a fresh embedded log and its directory.
func newLog(t testing.TB, c Config) (*Log, string) {
	t.Helper()
	c.Dir = t.TempDir()
	return create(t, open(t, c)), c.Dir
}

func message(entity, id string) Message {
	return Message{Entity: entity, Type: "visit-performed", ID: id, Data: []byte(`{"id":"` + id + `","note":"` + strings.Repeat("x", 100) + `"}`)}
}

// commit is n events of one entity, whose ids say where they stand.
func commit(first uint64, entity string, n int) Commit {
	c := Commit{First: first}
	for i := range n {
		c.Messages = append(c.Messages, message(entity, "e"+strconv.FormatUint(first+uint64(i), 10)))
	}
	return c
}

// fill appends n events in commits of up to 100.
func fill(t testing.TB, l *Log, n int) {
	t.Helper()
	var last *Pending
	for n > 0 {
		k := min(n, 100)
		p, err := l.Submit(commit(l.Next(), "case/"+strconv.Itoa(n%7), k))
		require.NoError(t, err)
		last, n = p, n-k
	}
	require.NoError(t, last.Wait(context.Background()))
}

func readAll(t testing.TB, l *Log) []Event {
	t.Helper()
	var es []Event
	require.NoError(t, l.Read(context.Background(), 1, l.Head().Sequence, func(e Event) error { es = append(es, e); return nil }))
	return es
}

// requireWhole: sequences 1 to n, each once, with the id that says so.
func requireWhole(t testing.TB, es []Event, n int) {
	t.Helper()
	require.Len(t, es, n)
	for i, e := range es {
		require.Equal(t, uint64(i+1), e.Sequence)
		require.Equal(t, "e"+strconv.Itoa(i+1), e.ID)
		require.Equal(t, message(e.Entity, e.ID), e.Message)
	}
}

// decider submits at the next position under a lock of its own, as a command handler does.
type decider struct {
	mu  sync.Mutex
	log *Log
}

func (d *decider) submit(make func(first uint64) Commit) (*Pending, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		p, err := d.log.Submit(make(d.log.Next()))
		var moved *PositionError
		if !errors.As(err, &moved) {
			return p, err
		}
	}
}

// appendRetrying decides again after a refresh for as long as others are faster.
func appendRetrying(ctx context.Context, l *Log, make func(first uint64) Commit) error {
	for {
		err := l.Append(ctx, make(l.Next()))
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNeedsRefresh) {
			return err
		}
		if _, err := l.Refresh(ctx); err != nil {
			return err
		}
	}
}

// blocks are the files that hold the log's messages, in order.
func blocks(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "jetstream", "jetstream", "*", "streams", "CARE_"+authority, "msgs", "*.blk"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

// dropIndex removes the server's summary of the blocks, as a repair that copied the blocks alone would.
func dropIndex(t testing.TB, dir string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "jetstream", "jetstream", "*", "streams", "CARE_"+authority, "msgs", "index.db"))
	require.NoError(t, err)
	for _, f := range found {
		require.NoError(t, os.Remove(f))
	}
}

// onCluster is the configuration of a store whose logs a cluster holds.
func onCluster(c *clustertest.Cluster, dir string) Config {
	return Config{ServerURL: c.URL(), Token: clustertest.Token, Dir: dir}
}

// newForeign is an event as somebody else would publish it: without a position.
func newForeign(l *Log, m Message) *nats.Msg {
	return &nats.Msg{Subject: l.id.subject(m.Entity, m.Type), Data: m.Data, Header: nats.Header{headerID: {m.ID}}}
}
