package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// biWait is how long is waited for what happens in a moment on a machine that has nothing else to do.
const biWait = 30 * time.Second

// biLedger is a ledger in a directory of its own, that a careledger of its own serves at one address.
type biLedger struct {
	t       testing.TB
	dir     string
	address string
	serving *exec.Cmd
}

// needsNode skips the test where the program cannot be run.
func needsNode(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("there is no node on this machine; continuous integration has it")
	}
	if _, err := os.Stat("testdata/bi/node_modules"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("npm ci --prefix cmd/careledger/testdata/bi brings the client's libraries; continuous integration has them")
	}
}

func newBILedger(t testing.TB) *biLedger {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	b := &biLedger{t: t, dir: t.TempDir(), address: free.Addr().String()}
	t.Cleanup(b.kill)
	return b
}

// command is a command on the ledger.
func (b *biLedger) command(args ...string) *exec.Cmd {
	return exec.Command("careledger", append(args, "--data", filepath.Join(b.dir, "data"))...)
}

// run runs a command and returns what it prints.
func (b *biLedger) run(args ...string) string {
	b.t.Helper()
	cmd := b.command(args...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	require.NoError(b.t, cmd.Run(), "%v: %s", args, problems.String())
	return out.String()
}

// file writes a file beside the ledger.
func (b *biLedger) file(name, content string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	require.NoError(b.t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// serve starts the server and waits until it answers.
func (b *biLedger) serve() {
	b.t.Helper()
	b.serving = b.command("serve", "--http", "off", "--listen", b.address)
	said, err := b.serving.StderrPipe()
	require.NoError(b.t, err)
	require.NoError(b.t, b.serving.Start())
	lines := bufio.NewReader(said)
	for {
		line, err := lines.ReadString('\n')
		require.NoError(b.t, err, line)
		if strings.HasPrefix(line, "serving ") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }() // ends with the process
}

// kill ends the server as a power cut would.
func (b *biLedger) kill() {
	if b.serving != nil {
		_ = b.serving.Process.Kill()
		_ = b.serving.Wait()
		b.serving = nil
	}
}

// subscriber is a program that follows the feed into a table, and is started again when it ends by itself, as a supervisor does.
type subscriber struct {
	t             testing.TB
	program       string
	access, table string             // files in the ledger's directory, where the program runs
	stop          context.CancelFunc // nil while it does not run
	ended         chan struct{}

	mu      sync.Mutex
	said    string // the last line it printed
	problem string // why it ended by itself
}

// add adds a subscriber. What it has taken and not acknowledged when it is killed is delivered again after redelivery.
func (b *biLedger) add(name string, redelivery time.Duration) *subscriber {
	b.t.Helper()
	access := b.run("bi", "add", name, "--format", "json")
	var a Access
	require.NoError(b.t, json.Unmarshal([]byte(access), &a))
	c, err := nats.Connect(a.URL, nats.UserInfo(a.User, a.Password))
	require.NoError(b.t, err)
	defer c.Close()
	js, err := jetstream.New(c)
	require.NoError(b.t, err)
	consumer, err := js.Consumer(b.t.Context(), a.Stream, a.Consumer)
	require.NoError(b.t, err)
	config := consumer.CachedInfo().Config
	config.AckWait = redelivery
	_, err = js.UpdateConsumer(b.t.Context(), a.Stream, config)
	require.NoError(b.t, err)
	program, err := filepath.Abs("testdata/bi/follow.mjs")
	require.NoError(b.t, err)
	return &subscriber{t: b.t, program: program, access: b.file(name+".json", access), table: filepath.Join(b.dir, name+".ndjson")}
}

// start starts the program; it goes on where it was.
func (s *subscriber) start() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.ended = stop, make(chan struct{})
	s.t.Cleanup(s.kill)
	go func(ended chan struct{}) { // until kill
		defer close(ended)
		for ctx.Err() == nil {
			program := exec.CommandContext(ctx, "node", s.program, s.access) // SIGKILL at the context's end
			program.Dir = filepath.Dir(s.table)
			var problem bytes.Buffer
			program.Stderr = &problem
			out, err := program.StdoutPipe()
			if err == nil {
				err = program.Start()
			}
			if err != nil {
				s.say(&s.problem, err.Error())
				return
			}
			for lines := bufio.NewScanner(out); lines.Scan(); {
				s.say(&s.said, lines.Text())
			}
			_ = program.Wait() // ended or was killed
			s.say(&s.problem, problem.String())
		}
	}(s.ended)
}

func (s *subscriber) kill() {
	if s.stop != nil {
		s.stop()
		<-s.ended
		s.stop = nil
	}
}

func (s *subscriber) say(where *string, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*where = text
}

// last is the last line that the program printed, and why it ended by itself if it did.
func (s *subscriber) last() (said, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said, s.problem
}

// lines is how many messages the program has written down.
func (s *subscriber) lines() int {
	b, err := os.ReadFile(s.table)
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	require.NoError(s.t, err)
	return bytes.Count(b, []byte("\n"))
}

// stands is the line that the program has to come to: that of the ledger's head.
func (b *biLedger) stands() string {
	b.t.Helper()
	var answer struct {
		AsOf struct {
			Sequence uint64 `json:"sequence"`
		} `json:"as_of"`
		Total domain.Money `json:"total"`
	}
	require.NoError(b.t, json.Unmarshal([]byte(b.run("compensation", "--format", "json")), &answer))
	require.Positive(b.t, int64(answer.Total))
	return fmt.Sprintf("event %d: %d öre", answer.AsOf.Sequence, int64(answer.Total))
}

// level waits until the program says what careledger compensation does.
func (s *subscriber) level(b *biLedger, within time.Duration) {
	s.t.Helper()
	want := b.stands()
	require.EventuallyWithT(s.t, func(c *assert.CollectT) {
		said, problem := s.last()
		assert.Equal(c, want, said, problem)
	}, within, 10*time.Millisecond)
}

// requireRows compares what the program wrote down with careledger compensation, row by row.
func (s *subscriber) requireRows(b *biLedger) {
	s.t.Helper()
	type group struct{ Provider, Unit, Month, Policy, Component string }
	type row struct {
		Type string
		Data struct {
			Key            string
			Effective      string
			SourceSequence uint64 `json:"source_sequence"`
			Provider       string
			Unit           string
			Policy         string
			Component      string
			Amount         domain.Money
		}
	}
	text, err := os.ReadFile(s.table)
	require.NoError(s.t, err)
	stand := map[string]row{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasSuffix(line, "}}") {
			continue // before the first line, and what a kill cut short: the program does not read it either
		}
		var r row
		require.NoError(s.t, json.Unmarshal([]byte(line), &r))
		if !strings.Contains(r.Type, "posting") && !strings.Contains(r.Type, "premium") {
			continue
		}
		if at := r.Type + r.Data.Key; stand[at].Data.SourceSequence <= r.Data.SourceSequence {
			stand[at] = r
		}
	}
	got := map[group]domain.Money{}
	for _, r := range stand {
		d := r.Data
		got[group{d.Provider, d.Unit, d.Effective, d.Policy, d.Component}] += d.Amount
	}
	var answer struct {
		Rows []struct {
			group
			Amount domain.Money
		}
	}
	require.NoError(s.t, json.Unmarshal([]byte(b.run("compensation", "--format", "json")), &answer))
	want := map[group]domain.Money{}
	for _, r := range answer.Rows {
		want[r.group] = r.Amount
	}
	for g, amount := range got {
		if _, has := want[g]; !has {
			require.Zero(s.t, amount, g) // withdrawn
			delete(got, g)
		}
	}
	require.Equal(s.t, want, got)
}

// A program in another language takes all that there was and then what comes, is killed, as the ledger's server is, and in the end has what the
// ledger has, to the öre: nothing missing, nothing twice.
func TestAProgramFollowsTheFeedThroughKillsOfBothSides(t *testing.T) {
	needsNode(t)
	t.Parallel()
	b := newBILedger(t)
	records := strings.SplitAfter(b.run("generate", "--preset", "municipality", "--persons", "60", "--years", "2", "--seed", "4"), "\n")
	part := func(i, n int) string {
		return b.file("part"+strconv.Itoa(i)+".ndjson", strings.Join(records[i*len(records)/n:(i+1)*len(records)/n], ""))
	}
	b.run("import", part(0, 4))
	b.serve()
	s := b.add("economics", 500*time.Millisecond)
	s.start()
	require.Eventually(t, func() bool { return s.lines() > 0 }, biWait, time.Millisecond)
	s.kill() // somewhere in what there was
	s.start()
	s.level(b, biWait)

	b.run("import", part(1, 4)) // what comes
	s.level(b, biWait)
	before := s.lines()
	b.run("import", part(2, 4))
	require.Eventually(t, func() bool { return s.lines() > before }, biWait, time.Millisecond)
	s.kill()
	b.kill()
	b.serve()
	s.start()
	s.level(b, biWait)

	b.kill() // the program stays, and finds the server again
	b.serve()
	b.run("import", part(3, 4))
	s.level(b, biWait)
	s.requireRows(b)
	require.Contains(t, b.run("bi", "lag", "--format", "csv"), ",0,messages\n")
}

// What is not a subscriber's own is refused to a program in another language too.
func TestAProgramIsRefusedEverythingButItsFeed(t *testing.T) {
	needsNode(t)
	t.Parallel()
	b := newBILedger(t)
	for _, authority := range []string{"1281", "1282"} {
		b.run("import", b.file(authority+".ndjson", `{"type": "provider-registered", "authority": "`+authority+`", "entity": "provider/p", "effective": "2015-01-01", "recorded": "2015-01-01T08:00:00Z", "actor": "a", "data": {"name": "P", "regime": "in-house"}}`))
	}
	b.serve()
	s := b.file("economics.json", b.run("bi", "add", "economics", "--authority", "1281", "--format", "json"))
	b.run("bi", "add", "neighbour", "--authority", "1282")
	b.run("bi", "add", "statistics", "--authority", "1281")
	requests := map[string]string{
		"careledger.ask":                               `{"question":"trail"}`,
		"careledger.record":                            `{}`,
		"bi.1281.posting":                              `{}`,
		"bi.1282.posting":                              `{}`,
		"care.1281.provider.p.forged":                  `{}`,
		"$JS.API.INFO":                                 "",
		"$JS.API.STREAM.NAMES":                         "",
		"$JS.API.STREAM.CREATE.X":                      `{"name":"X","subjects":["x"]}`,
		"$JS.API.STREAM.UPDATE.BI_1281":                `{"name":"BI_1281","subjects":["x"]}`,
		"$JS.API.STREAM.DELETE.BI_1281":                "",
		"$JS.API.STREAM.PURGE.BI_1281":                 "",
		"$JS.API.STREAM.MSG.DELETE.BI_1281":            `{"seq":1}`,
		"$JS.API.STREAM.INFO.CARE_1281":                "",
		"$JS.API.STREAM.MSG.GET.CARE_1281":             `{"seq":1}`,
		"$JS.API.STREAM.MSG.GET.ACCESS_1281":           `{"seq":1}`,
		"$JS.API.DIRECT.GET.CARE_1281":                 `{"seq":1}`,
		"$JS.API.DIRECT.GET.BI_1282":                   `{"seq":1}`,
		"$JS.API.CONSUMER.CREATE.BI_1281":              `{"stream_name":"BI_1281","config":{"deliver_subject":"x"}}`,
		"$JS.API.CONSUMER.CREATE.BI_1281.spare":        `{"stream_name":"BI_1281","config":{"durable_name":"spare","name":"spare"}}`,
		"$JS.API.CONSUMER.CREATE.CARE_1281.economics":  `{"stream_name":"CARE_1281","config":{"durable_name":"economics","name":"economics"}}`,
		"$JS.API.CONSUMER.MSG.NEXT.BI_1281.statistics": "1",
		"$JS.API.CONSUMER.MSG.NEXT.BI_1282.neighbour":  "1",
		"$JS.API.CONSUMER.DELETE.BI_1281.statistics":   "",
		"$JS.ACK.BI_1281.statistics.1.1.1.1.1":         "+ACK",
		"$SYS.REQ.SERVER.PING":                         "",
	}
	subscriptions := []string{"bi.>", "care.>", "access.>", "careledger.>", "$JS.>", ">"}
	tried, err := json.Marshal(map[string]any{"requests": requests, "subscriptions": subscriptions})
	require.NoError(t, err)
	out, err := exec.Command("node", "testdata/bi/reach.mjs", s, b.file("tried.json", string(tried))).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, fmt.Sprintf("refused %d\n", len(requests)+len(subscriptions)), string(out))

	b.run("bi", "remove", "economics") // the server that runs takes it up
	out, err = exec.Command("node", "testdata/bi/reach.mjs", s, b.file("tried.json", `{"requests":{},"subscriptions":[]}`)).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "AuthorizationError")
}
