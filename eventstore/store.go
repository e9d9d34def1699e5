package eventstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Config says where the log lives. The zero value of each optional field is its default.
type Config struct {
	// Dir is the data directory. Embedded (ServerURL empty): required; Dir/jetstream is the server's store, Dir/witness the
	// witness and tree of each log, Dir/lock the lock. With ServerURL: optional, and holds witness, tree and lock only;
	// without it the tree is kept in memory and rebuilt from the log at each open.
	Dir string
	// ProofDir is where the signing keys (keys/) and the checkpoints (checkpoints/) are. Default: Dir. Processes that append to the same
	// cluster must share one, so that the log has one key and never two heads of one size. Without any, nothing is signed.
	ProofDir string
	// ServerURL is a NATS server or cluster elsewhere ("nats://host:4222,nats://host2:4222"). Empty: a server in this process.
	ServerURL string
	// Token authenticates to ServerURL. Optional.
	Token string
	// Replicas of a stream that CreateLog creates, 1 to 5. Default: 1 embedded; with ServerURL 3, or 1 if the server says that
	// it is not clustered.
	Replicas int
	// Listen is where the embedded server accepts outside clients, e.g. "127.0.0.1:0" (a free port). Default: nowhere.
	Listen string
	// ClientToken is what outside clients must present. Required with Listen.
	ClientToken string
	// AcceptUnwitnessed lets an embedded log that has events but no witness be opened: its witness is then written from what
	// is found. Without it such a log is refused, because nothing proves that it is whole. For restoring a copy of the
	// JetStream directory alone. Never needed after a crash.
	AcceptUnwitnessed bool
	// Doing is what the lock tells a second process this one does, e.g. "serve" or "import visits.ndjson".
	Doing string
	// AckTimeout is how long one publish is waited for before its outcome is read back. Default 10 s.
	AckTimeout time.Duration
	// OutcomeTimeout bounds reading back and publishing again; after it the outcome is unknown. Default 30 s.
	OutcomeTimeout time.Duration
	// MaxPendingBytes bounds what is submitted and not yet acknowledged; above it Submit waits. Default 64 MiB.
	MaxPendingBytes int64
	// ReserveBytes is the disk space the embedded log leaves free: an append that would go below it fails with ErrDiskFull
	// before anything is written. JetStream does not answer at all once its disk is full. Default 24 MiB.
	ReserveBytes int64

	// PositionGuardOnly leaves Commit.Guards out of all that is published; without it they are left out of batches of 500 events and
	// more. Embedded only, where the lock makes this process the only writer and the position says all that they say. For
	// each of them the server looks up the entity's last event, which costs 0.1 ms, and more when that stands in a block that
	// is not in memory (decisions.md, 1).
	PositionGuardOnly bool

	// Settled is told of each commit when its fate is known, right after whoever waits for it: in the order of the log, by the log's
	// own goroutine, which settles nothing more until it returns. So it must return at once and must not call the log. It may be
	// called for several logs at the same time. Default: nobody is told, and nothing is measured.
	Settled func(Settled)

	dropAck  func(first uint64) bool // tests: lose the acknowledgement of the publish at this sequence
	guardAll bool                    // benchmarks: guards of entities in large batches too, to see what they cost
}

func (c Config) withDefaults() Config {
	if c.ProofDir == "" {
		c.ProofDir = c.Dir
	}
	if c.AckTimeout == 0 {
		c.AckTimeout = 10 * time.Second
	}
	if c.OutcomeTimeout == 0 {
		c.OutcomeTimeout = 30 * time.Second
	}
	if c.MaxPendingBytes == 0 {
		c.MaxPendingBytes = 64 << 20
	}
	if c.ReserveBytes == 0 {
		c.ReserveBytes = 24 << 20
	}
	return c
}

// validate reports everything that is wrong at once.
func (c Config) validate() error {
	var errs []error
	bad := func(cond bool, format string, args ...any) {
		if cond {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	embedded := c.ServerURL == ""
	bad(embedded && c.Dir == "", "Dir is required unless ServerURL is given")
	bad(!embedded && c.Listen != "", "Listen is for the embedded server and cannot be combined with ServerURL")
	bad(embedded && c.Token != "", "Token is for ServerURL; outside clients of the embedded server present ClientToken")
	bad(c.Listen != "" && c.ClientToken == "", "ClientToken is required with Listen: the log is not for everyone on the network")
	bad(c.Replicas < 0 || c.Replicas > 5, "Replicas is %d; it must be 1 to 5, or 0 for the default", c.Replicas)
	bad(embedded && c.Replicas > 1, "Replicas is %d; the embedded server keeps one", c.Replicas)
	bad(!embedded && c.PositionGuardOnly, "PositionGuardOnly is for the embedded server, which has one writer")
	bad(c.AckTimeout < 0, "AckTimeout is negative")
	bad(c.OutcomeTimeout < 0, "OutcomeTimeout is negative")
	bad(c.MaxPendingBytes < 0, "MaxPendingBytes is negative")
	bad(c.ReserveBytes < 0, "ReserveBytes is negative")
	if c.Listen != "" {
		if _, _, err := splitListen(c.Listen); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("event store configuration: %w", errors.Join(errs...))
	}
	return nil
}

// Store is an open event store: the lock, the server or the connections to it, and the logs opened through it.
type Store struct {
	config Config
	lock   *dirLock       // nil without Dir
	server *server.Server // nil with ServerURL
	gate   *gatekeeper    // nil with ServerURL
	conn   *nats.Conn     // appends, administration
	reads  *nats.Conn     // bulk reads, so that they do not hold up acknowledgements
	js     jetstream.JetStream

	services *nats.Conn // the outside clients' side; nil with ServerURL
	clerk    *clerk     // makes consumers for outside clients; nil with ServerURL

	subscribing sync.Mutex // held while a subscriber is added or removed

	mu     sync.Mutex
	logs   map[logID]*Log
	closed bool
}

// Open validates c, takes the lock of its directory, starts or reaches the server and checks that it keeps what it
// acknowledges. It opens no log. Errors: *[LockedError], or text that says what to change. ctx bounds opening only.
func Open(ctx context.Context, c Config) (*Store, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := &Store{config: c.withDefaults(), logs: map[logID]*Log{}}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if s.config.Dir != "" {
		if err := os.MkdirAll(s.witnessDir(), 0o700); err != nil {
			return fmt.Errorf("making the data directory: %w", err)
		}
		lock, err := lockDir(s.config.Dir, s.config.Doing)
		if err != nil {
			return err
		}
		s.lock = lock
	}
	if s.config.ServerURL == "" {
		if err := s.openEmbedded(); err != nil {
			return err
		}
	} else if err := s.openRemote(); err != nil {
		return err
	}
	js, err := jetstream.New(s.conn)
	if err != nil {
		return fmt.Errorf("reaching JetStream: %w", err)
	}
	s.js = js
	return s.assertNoAsync(ctx)
}

func (s *Store) openEmbedded() error {
	gate := newGatekeeper(s.config.ClientToken)
	srv, err := startServer(s.config, gate)
	if err != nil {
		return err
	}
	s.server, s.gate = srv, gate
	for _, c := range []struct {
		conn **nats.Conn
		user string
	}{{&s.conn, logUser}, {&s.reads, logUser}, {&s.services, serviceUser}} {
		if *c.conn, err = nats.Connect("", append(connOptions(), nats.InProcessServer(srv), nats.UserInfo(c.user, gate.secret))...); err != nil {
			return fmt.Errorf("connecting to the embedded server: %w", err)
		}
	}
	if s.clerk, err = startClerk(s.services, s.conn, gate.subscribes); err != nil {
		return err
	}
	return s.admitSubscribers()
}

func (s *Store) openRemote() error {
	opts := connOptions()
	if s.config.Token != "" {
		opts = append(opts, nats.Token(s.config.Token))
	}
	for _, conn := range []**nats.Conn{&s.conn, &s.reads} {
		var err error
		if *conn, err = nats.Connect(s.config.ServerURL, opts...); err != nil {
			return fmt.Errorf("connecting to %s: %w; is the server running, and the token right?", s.config.ServerURL, err)
		}
	}
	return nil
}

// connOptions: nothing published while disconnected is kept for later, because an append's fate must not depend on a
// buffer; it fails, is read back and published again.
func connOptions() []nats.Option {
	return []nats.Option{
		nats.Name("careledger eventstore"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(50 * time.Millisecond),
		nats.ReconnectJitter(20*time.Millisecond, 50*time.Millisecond),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(5 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.Timeout(5 * time.Second),
	}
}

// isLog says whether a stream is a log of ours.
func isLog(stream string) bool {
	return slices.ContainsFunc(allSeries(), func(s Series) bool { return strings.HasPrefix(stream, s.prefix()) })
}

// assertNoAsync refuses a server with a log whose acknowledgements precede its writes.
func (s *Store) assertNoAsync(ctx context.Context) error {
	var async string
	err := s.answered(ctx, func(ctx context.Context) error {
		l := s.js.ListStreams(ctx)
		for info := range l.Info() {
			if isLog(info.Config.Name) && info.Config.PersistMode == jetstream.AsyncPersistMode {
				async = info.Config.Name
			}
		}
		return l.Err()
	})
	if err != nil {
		return fmt.Errorf("listing the streams: %w; is JetStream enabled on the server?", err)
	}
	if async != "" {
		return fmt.Errorf("stream %s has persist mode async: it acknowledges what it has not written; recreate it with the default mode", async)
	}
	return nil
}

// Close waits for what is pending, signs a checkpoint of every log that has grown since its last, closes every log, stops the embedded server and lets the lock go. Safe to call twice.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	logs := make([]*Log, 0, len(s.logs))
	for _, l := range s.logs {
		logs = append(logs, l)
	}
	s.mu.Unlock()

	var errs []error
	for _, l := range logs {
		errs = append(errs, l.close())
	}
	if s.clerk != nil {
		s.clerk.stop()
	}
	for _, c := range []*nats.Conn{s.services, s.reads, s.conn} {
		if c != nil {
			c.Close()
		}
	}
	if s.server != nil {
		stopServer(s.server)
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

// Conn is the store's connection for the request and reply services of the caller. Do not close it. Embedded it is in the
// account of the outside clients, where care.> is not the log; with ServerURL it is the store's own, so never publish to
// care.> on it.
func (s *Store) Conn() *nats.Conn {
	if s.services != nil {
		return s.services
	}
	return s.conn
}

// Connected says whether there is a connection with the server that holds the logs; lost, it is sought again until there is.
func (s *Store) Connected() bool { return s.conn.IsConnected() && s.reads.IsConnected() }

// ClientURL is where outside clients reach the embedded server, "" when it does not listen.
func (s *Store) ClientURL() string {
	if s.server == nil || s.config.Listen == "" {
		return ""
	}
	return s.server.ClientURL()
}

// Authorities lists whose ledgers there are, sorted. A log that the witness knows and the server has lost is listed too, so
// that opening it tells.
func (s *Store) Authorities(ctx context.Context) ([]string, error) {
	var found []string
	err := s.answered(ctx, func(ctx context.Context) error {
		found = nil
		names := s.js.StreamNames(ctx)
		for name := range names.Name() {
			if a, ok := strings.CutPrefix(name, Care.prefix()); ok {
				found = append(found, a)
			}
		}
		return names.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("listing the logs: %w", err)
	}
	if s.config.Dir != "" {
		heads, err := filepath.Glob(filepath.Join(s.witnessDir(), "*"+headSuffix))
		if err != nil {
			return nil, fmt.Errorf("listing the witnesses: %w", err)
		}
		for _, h := range heads {
			a := strings.TrimSuffix(filepath.Base(h), headSuffix)
			if !authorityPattern.MatchString(a) {
				continue // of another series
			}
			if w, err := readWitness(h); err == nil && w.Sequence == 0 {
				continue // a log that was about to be created; nothing can be missing
			}
			found = append(found, a)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func (s *Store) witnessDir() string { return filepath.Join(s.config.Dir, "witness") }

// OpenLog opens the log of an authority and compares it with its witness. The same log is returned each time. Errors:
// [ErrNoLog]; *[CorruptError].
func (s *Store) OpenLog(ctx context.Context, authority string) (*Log, error) {
	return s.log(ctx, careLog(authority), false)
}

// CreateLog is OpenLog, and creates the log if there is none. An existing stream whose configuration is not the
// immutable one is refused in words.
func (s *Store) CreateLog(ctx context.Context, authority string) (*Log, error) {
	return s.log(ctx, careLog(authority), true)
}

// OpenAccessLog is OpenLog for the log of who has read what of the authority's ledger.
func (s *Store) OpenAccessLog(ctx context.Context, authority string) (*Log, error) {
	return s.log(ctx, logID{Access, authority}, false)
}

// CreateAccessLog is CreateLog for the log of who has read what of the authority's ledger.
func (s *Store) CreateAccessLog(ctx context.Context, authority string) (*Log, error) {
	return s.log(ctx, logID{Access, authority}, true)
}

func (s *Store) log(ctx context.Context, id logID, create bool) (*Log, error) {
	if !authorityPattern.MatchString(id.authority) {
		return nil, fmt.Errorf("authority %q: 1 to 32 of A-Z, a-z, 0-9 and - are expected", id.authority)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if l, ok := s.logs[id]; ok {
		return l, nil
	}
	l, err := openLog(ctx, s, id, create)
	if err != nil {
		return nil, err
	}
	s.logs[id] = l
	return l, nil
}

var authorityPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,32}$`)
