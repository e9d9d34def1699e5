// Package clustertest starts a JetStream cluster of three servers in the test's own process.
package clustertest

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
)

// Token is what clients of the cluster present.
const Token = "sesame"

// Cluster is three JetStream servers on loopback, stopped with the test. Clients present Token.
type Cluster struct {
	t       testing.TB
	opts    []*server.Options
	servers []*server.Server
}

// Start starts three servers and waits until they are ready.
func Start(t testing.TB) *Cluster {
	c := &Cluster{t: t}
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
			JetStream: true, StoreDir: t.TempDir(), Authorization: Token,
			Cluster: server.ClusterOpts{Name: "care", Host: "127.0.0.1", Port: ports[i]}, Routes: routes,
		})
		c.servers = append(c.servers, nil)
		c.Start(i)
	}
	t.Cleanup(func() {
		for i := range c.servers {
			c.Stop(i)
		}
	})
	c.AwaitCurrent()
	return c
}

// Start starts a node that was stopped.
func (c *Cluster) Start(i int) {
	s, err := server.NewServer(c.opts[i].Clone())
	require.NoError(c.t, err)
	c.servers[i] = s
	s.Start()
}

// Stop stops a node.
func (c *Cluster) Stop(i int) {
	c.servers[i].Shutdown()
	c.servers[i].WaitForShutdown()
}

// AwaitCurrent waits until there is a leader and every node follows it.
func (c *Cluster) AwaitCurrent() {
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

// URL names all nodes.
func (c *Cluster) URL() string {
	var urls []string
	for _, o := range c.opts {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", o.Port))
	}
	return strings.Join(urls, ",")
}

// StreamLeader returns the node that leads a stream.
func (c *Cluster) StreamLeader(stream string) int {
	leader := -1
	require.Eventually(c.t, func() bool {
		for i, s := range c.servers {
			if s.Running() && s.JetStreamIsStreamLeader("$G", stream) {
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
