package eventstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
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

// cluster is three JetStream servers on loopback.
type cluster struct {
	t       testing.TB
	opts    []*server.Options
	servers []*server.Server
}

func newCluster(t testing.TB) *cluster {
	c := &cluster{t: t}
	ports := freePorts(t, 6)
	var routes []*url.URL
	for i := range 3 {
		u, err := url.Parse(fmt.Sprintf("nats://127.0.0.1:%d", ports[i]))
		require.NoError(t, err)
		routes = append(routes, u)
	}
	for i := range 3 {
		c.opts = append(c.opts, &server.Options{
			ServerName: "n" + strconv.Itoa(i), Host: "127.0.0.1", Port: ports[3+i], NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: t.TempDir(), Authorization: "sesame",
			Cluster: server.ClusterOpts{Name: "care", Host: "127.0.0.1", Port: ports[i]}, Routes: routes,
		})
		c.servers = append(c.servers, nil)
		c.start(i)
	}
	t.Cleanup(func() {
		for i := range c.servers {
			c.stop(i)
		}
	})
	c.awaitCurrent()
	return c
}

func (c *cluster) start(i int) {
	s, err := server.NewServer(c.opts[i].Clone())
	require.NoError(c.t, err)
	c.servers[i] = s
	s.Start()
}

func (c *cluster) stop(i int) {
	c.servers[i].Shutdown()
	c.servers[i].WaitForShutdown()
}

// awaitCurrent waits until there is a leader and every node follows it.
func (c *cluster) awaitCurrent() {
	require.Eventually(c.t, func() bool {
		leader := false
		for _, s := range c.servers {
			if !s.Running() || !s.JetStreamIsCurrent() {
				return false
			}
			leader = leader || s.JetStreamIsLeader()
			if len(s.JetStreamClusterPeers()) < len(c.servers) && s.JetStreamIsLeader() {
				return false
			}
		}
		return leader
	}, 30*time.Second, 20*time.Millisecond, "the cluster does not get ready")
}

func (c *cluster) url() string {
	var urls []string
	for _, o := range c.opts {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", o.Port))
	}
	return strings.Join(urls, ",")
}

func (c *cluster) config(dir string) Config {
	return Config{ServerURL: c.url(), Token: "sesame", Dir: dir}
}

// streamLeader is the node that leads the log's stream.
func (c *cluster) streamLeader() int {
	leader := -1
	require.Eventually(c.t, func() bool {
		for i, s := range c.servers {
			if s.Running() && s.JetStreamIsStreamLeader("$G", "CARE_"+authority) {
				leader = i
			}
		}
		return leader >= 0
	}, 20*time.Second, 20*time.Millisecond)
	return leader
}

func freePorts(t testing.TB, n int) []int {
	var ports []int
	var held []net.Listener
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		held = append(held, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	for _, l := range held {
		require.NoError(t, l.Close())
	}
	return ports
}

// newForeign is an event as somebody else would publish it: without a position.
func newForeign(l *Log, m Message) *nats.Msg {
	return &nats.Msg{Subject: subject(l.authority, m.Entity, m.Type), Data: m.Data, Header: nats.Header{headerID: {m.ID}}}
}
