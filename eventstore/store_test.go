package eventstore

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

func TestConfigurationIsRefusedWithEveryReason(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), Config{Listen: "nowhere", Replicas: 7, AckTimeout: -1})
	require.Error(t, err)
	for _, reason := range []string{"Dir is required", "ClientToken is required", "Replicas is 7", "AckTimeout", "nowhere"} {
		require.Contains(t, err.Error(), reason)
	}
}

func TestSecondProcessIsToldWhoHasTheDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), Config{Dir: dir, Doing: "import visits.ndjson"})
	require.NoError(t, err)
	_, err = Open(t.Context(), Config{Dir: dir})
	var locked *LockedError
	require.ErrorAs(t, err, &locked)
	require.ErrorIs(t, err, ErrLocked)
	require.Equal(t, LockedError{Dir: dir, PID: os.Getpid(), Doing: "import visits.ndjson"}, *locked)
	require.Contains(t, err.Error(), "pid "+strconv.Itoa(os.Getpid()))
	require.NoError(t, s.Close())
	open(t, Config{Dir: dir})
}

func TestMutableStreamsAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Dir: t.TempDir()})
	n := 0
	for name, change := range map[string]func(*jetstream.StreamConfig){
		"deleting":    func(c *jetstream.StreamConfig) { c.DenyDelete = false },
		"age":         func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"direct":      func(c *jetstream.StreamConfig) { c.AllowDirect = false },
		"not file":    func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"rollups":     func(c *jetstream.StreamConfig) { c.AllowRollup, c.DenyPurge = true, false },
		"acknowledge": func(c *jetstream.StreamConfig) { c.NoAck, c.AllowAtomicPublish = true, false },
	} {
		n++
		a := "M" + strconv.Itoa(n)
		c := streamConfig(careLog(a), 1)
		change(&c)
		_, err := s.js.CreateStream(t.Context(), c)
		require.NoError(t, err, name)
		_, err = s.CreateLog(t.Context(), a)
		require.ErrorContains(t, err, "not an immutable log", name)
		require.ErrorContains(t, err, name)
	}
}

func TestAsyncPersistenceIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	c := streamConfig(careLog(authority), 1)
	c.PersistMode, c.AllowAtomicPublish = jetstream.AsyncPersistMode, false
	_, err = s.js.CreateStream(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = Open(t.Context(), Config{Dir: dir})
	require.ErrorContains(t, err, "async")
}

// An embedded log needs its lock even if only the witness is here.
func TestDirectoryIsMade(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	l := create(t, open(t, Config{Dir: dir}))
	require.NoError(t, l.Append(t.Context(), commit(1, "case/a", 1)))
	require.FileExists(t, filepath.Join(dir, "lock"))
}

// Nothing keeps running after Close: not the appender, not the server.
func TestCloseLeavesNoGoroutines(t *testing.T) {
	before := ours()
	s, err := Open(t.Context(), Config{Dir: t.TempDir()})
	require.NoError(t, err)
	l := create(t, s)
	fill(t, l, 10_000)
	readAll(t, l)
	require.Greater(t, ours(), before)
	require.NoError(t, s.Close())
	require.Eventually(t, func() bool { return ours() <= before }, 10*time.Second, 10*time.Millisecond)
}

// ours counts the goroutines that run the event store's, the client's or the server's code.
func ours() int {
	buf := make([]byte, 1<<22)
	n := 0
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "nats-io/") || strings.Contains(g, "eventstore.(*") {
			n++
		}
	}
	return n
}

func openReadOnly(t *testing.T, path string) *os.File {
	f, err := os.Open(path)
	require.NoError(t, err)
	return f
}
