package eventstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxCommit is the most messages of one commit: the server's limit for an atomic batch.
const MaxCommit = 1000

const (
	maxEventBytes = 7 << 20 // of data; leaves room for headers below the server's maximum payload
	tailCheck     = 4096    // events at the end that opening compares with the tree
)

// Message is an event as it is handed in.
type Message struct {
	Entity string // "case/k": kind and id
	Type   string // "visit-performed"
	ID     string // event id, opaque here; printable ASCII
	Data   []byte // stored as it is; not to be changed between Submit and the end of Wait
}

// Event is a message as it stands on the log. Its Data is the receiver's to keep and to change.
type Event struct {
	Sequence uint64
	Message
}

// Guard names an entity and the sequence of its last event as the decider knew it; 0: it has none.
type Guard struct {
	Entity string
	Last   uint64
}

// Commit is what one decision writes: all of it, at First and the sequences after it, or nothing.
type Commit struct {
	First    uint64    // the position the decision was made on, plus one; [Log.Next] when it is submitted
	Guards   []Guard   // one for each entity that Messages write to; may be absent, because First is the stronger guard; embedded, large batches go without
	Messages []Message // 1 to 1000
}

// Log is one log of an authority. Its methods are safe for concurrent use, except that the order of Submit calls is the
// order on the log, so deciders need one of their own.
type Log struct {
	store *Store
	id    logID
	name  string // of the stream

	// extending is held while tree and witness grow, by whoever learned of new events: the settler or a refresh.
	extending sync.Mutex
	tree      *tree
	witness   *witness

	refreshing sync.Mutex // one Refresh at a time
	signing    sync.Mutex // one checkpoint at a time; other processes are kept out by a lock on the directory

	mu           sync.Mutex
	changed      *sync.Cond // queue, flight, publishing, failed or closing changed
	head         Head
	headMoved    chan struct{} // closed when head moves, and replaced
	next         uint64
	queue        []*Pending
	queued       int     // messages in queue
	flight       []*unit // published and not settled, in order
	pendingBytes int64
	publishing   bool  // the publisher is outside the lock
	halted       bool  // the settler resolves an outcome; nothing may be published meanwhile
	failed       error // why Refresh is needed
	closing      bool
	pace         pace

	acks   *nats.Subscription
	inbox  string
	ackMu  sync.Mutex
	waits  map[string]wait // by the last token of the reply subject
	tokens uint64
	batch  string // prefix of this log's batch ids

	workers sync.WaitGroup
	stopped chan struct{} // closed when the log closes
	tail    *tailer       // wakes for what other processes append; nil unless ServerURL and followed
}

// openLog opens or creates. Order matters: the witness of a new log is durable before its stream exists, so that no
// stream with events ever lacks one. A crash in between leaves a witness of nothing, which the next CreateLog takes up.
func openLog(ctx context.Context, s *Store, id logID, create bool) (*Log, error) {
	l := &Log{store: s, id: id, name: id.stream(), headMoved: make(chan struct{}), stopped: make(chan struct{}), pace: newPace(), waits: map[string]wait{}}
	l.changed = sync.NewCond(&l.mu)
	w, witnessed, err := l.openWitness()
	missing := notExist(err)
	if err != nil && !missing {
		if errors.Is(err, errWitnessDamaged) {
			err = l.corrupt(0, err.Error())
		}
		return nil, err
	}
	st, err := s.stream(ctx, l.name)
	signed := uint64(0)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		signed = l.signedLast()
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound) && witnessed.Sequence > 0:
		err = l.corrupt(1, fmt.Sprintf("the server has no stream %s, but %d events were acknowledged", l.name, witnessed.Sequence))
	case signed > 0:
		err = l.corrupt(1, fmt.Sprintf("the server has no stream %s, but a checkpoint of %d events was signed", l.name, signed))
	case errors.Is(err, jetstream.ErrStreamNotFound) && create:
		if missing {
			if w, witnessed, err = l.newWitness(); err != nil {
				return nil, err
			}
			missing = false
		}
		st, err = s.createStream(ctx, id)
	case errors.Is(err, jetstream.ErrStreamNotFound):
		err = fmt.Errorf("%s: %w", id, ErrNoLog)
	case err != nil:
		err = fmt.Errorf("opening the log of %s: %w", id, err)
	}
	if err == nil {
		err = l.take(ctx, st, w, witnessed, missing)
	}
	if err != nil {
		if w != nil {
			_ = w.close() // nothing was written to it
		}
		return nil, err
	}
	return l, nil
}

// take checks the stream, compares it with the witness, takes up what is beyond it and starts the appender.
func (l *Log) take(ctx context.Context, st jetstream.Stream, w *witness, witnessed Head, missing bool) error {
	info, err := l.store.state(ctx, st)
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", l.id, err)
	}
	if err := checkStream(l.id, info.Config); err != nil {
		return err
	}
	if missing {
		if info.State.LastSeq > 0 && l.store.server != nil && !l.store.config.AcceptUnwitnessed {
			return l.corrupt(1, fmt.Sprintf("it has %d events and no witness (%s), so nothing proves that it is whole; if its directory was restored without the witness, restore DIR/witness of the same moment beside it",
				info.State.LastSeq, l.witnessPath(headSuffix)))
		}
		if w, witnessed, err = l.newWitness(); err != nil {
			return err
		}
	}
	l.witness, l.head = w, witnessed
	if err := l.compare(ctx, info.State, witnessed); err != nil {
		if missing {
			err = errors.Join(err, w.close()) // otherwise the caller's to close
		}
		return err
	}
	l.next = l.head.Sequence + 1
	return l.startAppender()
}

// compare refuses a log that lacks or changed what was acknowledged, takes up what is beyond, and refuses one that does not continue
// what was signed. After an error the tree is closed.
func (l *Log) compare(ctx context.Context, state jetstream.StreamState, witnessed Head) error {
	if err := l.checkWhole(state, witnessed); err != nil {
		return err
	}
	if err := l.openTree(ctx, witnessed); err != nil {
		return err
	}
	if err := l.checkTail(ctx, witnessed.Sequence); err != nil {
		return errors.Join(err, l.tree.store.Close())
	}
	if err := l.extendTo(ctx, state.LastSeq); err != nil {
		return errors.Join(err, l.tree.store.Close())
	}
	return l.compareSigned(ctx)
}

// checkWhole looks for what is missing at the start, in the middle and at the end, by the server's own account.
func (l *Log) checkWhole(state jetstream.StreamState, witnessed Head) error {
	// An empty stream counts sequence 0 among the deleted ones.
	gone := slices.DeleteFunc(state.Deleted, func(seq uint64) bool { return seq == 0 || seq > state.LastSeq })
	switch {
	case state.LastSeq > 0 && state.FirstSeq > 1:
		return l.corrupt(1, fmt.Sprintf("it begins at sequence %d", state.FirstSeq))
	case len(gone) > 0:
		return l.corrupt(slices.Min(gone), fmt.Sprintf("%d events in the middle are missing", len(gone)))
	case state.LastSeq < witnessed.Sequence:
		return l.corrupt(state.LastSeq+1, fmt.Sprintf("it ends at sequence %d, but %d events were acknowledged", state.LastSeq, witnessed.Sequence))
	}
	return nil
}

// openTree takes up the tree file if its root is the witnessed one, and rebuilds it from the log if not.
func (l *Log) openTree(ctx context.Context, witnessed Head) error {
	if l.store.config.Dir == "" {
		l.tree = &tree{store: &memoryStore{}}
		return nil
	}
	f, err := openTreeFile(l.witnessPath(treeSuffix))
	if err != nil {
		return err
	}
	l.tree = &tree{store: f}
	if l.tree.load(witnessed.Sequence) == nil && l.tree.root() == tlog.Hash(witnessed.Root) {
		return nil
	}
	return l.rebuildTree(ctx, f, witnessed)
}

// rebuildTree makes the tree again from the log, beside the old one, and puts it in its place if its root is the witnessed
// one. A crash before the rename leaves the old tree, and the next open does the same again.
func (l *Log) rebuildTree(ctx context.Context, old *os.File, witnessed Head) error {
	path := l.witnessPath(treeSuffix)
	f, err := os.OpenFile(path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return errors.Join(fmt.Errorf("rebuilding the tree: %w", err), old.Close())
	}
	l.tree = &tree{store: f}
	// differs is the first event that the old tree knew otherwise. Only a hint: the old tree is what may be damaged.
	differs := uint64(0)
	was := newLeafReader(old, witnessed.Sequence, leafBlockBytes)
	err = l.hashRange(ctx, 1, witnessed.Sequence, func(first uint64, leaves []tlog.Hash) error {
		for i, h := range leaves {
			seq := first + uint64(i)
			if o, err := was.leaf(seq); differs == 0 && err == nil && o != h && o != (tlog.Hash{}) {
				differs = seq
			}
		}
		return l.tree.append(leaves)
	})
	err = errors.Join(err, old.Close())
	if err == nil && l.tree.root() != tlog.Hash(witnessed.Root) {
		err = l.corrupt(differs, fmt.Sprintf("the %d events that were acknowledged do not give the witnessed root", witnessed.Sequence))
	}
	if err == nil {
		if err = errors.Join(f.Sync(), os.Rename(path+".new", path)); err == nil {
			return nil
		}
	}
	return errors.Join(err, f.Close(), os.Remove(path+".new"))
}

// checkTail compares the last events with the tree: the end is where a crash or a careless repair does its damage.
func (l *Log) checkTail(ctx context.Context, last uint64) error {
	if last == 0 || l.tree.size != last {
		return nil // nothing acknowledged, or a tree in memory that is built from the log next
	}
	from := uint64(1)
	if last > tailCheck {
		from = last - tailCheck + 1
	}
	return l.Read(ctx, from, last, func(Event) error { return nil })
}

func (l *Log) witnessPath(suffix string) string {
	return filepath.Join(l.store.witnessDir(), l.id.file()+suffix)
}

// openWitness opens the log's witness; without a directory there is none to lose, and the first sight of the log counts.
func (l *Log) openWitness() (*witness, Head, error) {
	if l.store.config.Dir == "" {
		return &witness{}, emptyHead(), nil
	}
	return openWitness(l.witnessPath(headSuffix))
}

func (l *Log) newWitness() (*witness, Head, error) {
	if err := os.Remove(l.witnessPath(treeSuffix)); err != nil && !notExist(err) {
		return nil, Head{}, fmt.Errorf("removing the tree of an earlier log: %w", err)
	}
	w, err := createWitness(l.witnessPath(headSuffix))
	return w, emptyHead(), err
}

func (l *Log) corrupt(seq uint64, reason string) *CorruptError {
	return &CorruptError{Authority: l.id.String(), Sequence: seq, Reason: reason}
}

// Authority is whose log it is.
func (l *Log) Authority() string { return l.id.authority }

// Head is how far the log reaches: verified and witnessed.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head
}

// Moved returns a channel that is closed when the head is no longer h. For waiting without polling.
func (l *Log) Moved(h Head) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.head != h {
		c := make(chan struct{})
		close(c)
		return c
	}
	return l.headMoved
}

// ReadHashes implements tlog.HashReader over the log's tree, for proofs up to any sequence that Head has reached. It reads
// one hash at a time from the page cache.
func (l *Log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	return readHashes(l.tree.store, indexes)
}

// Refresh waits for what is pending, takes up what others appended, and clears the failure after which Submit answered
// [ErrNeedsRefresh]. It returns the head to decide on. Errors: *[CorruptError]; the context's.
func (l *Log) Refresh(ctx context.Context) (Head, error) {
	l.refreshing.Lock()
	defer l.refreshing.Unlock()
	stop := context.AfterFunc(ctx, func() { l.mu.Lock(); l.changed.Broadcast(); l.mu.Unlock() })
	defer stop()
	l.mu.Lock()
	for (len(l.queue) > 0 || len(l.flight) > 0 || l.publishing) && ctx.Err() == nil && !l.closing {
		l.changed.Wait()
	}
	closing := l.closing
	l.mu.Unlock()
	if closing {
		return Head{}, ErrClosed
	}
	if ctx.Err() != nil {
		return Head{}, ctx.Err()
	}
	if err := l.catchUp(ctx); err != nil {
		return Head{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = nil
	if len(l.queue) == 0 && len(l.flight) == 0 {
		l.next = l.head.Sequence + 1
	}
	return l.head, nil
}

// catchUp verifies and witnesses what is on the log beyond the head.
func (l *Log) catchUp(ctx context.Context) error {
	head := l.Head() // before asking: it may move on in between
	last, err := l.lastSequence(ctx)
	if err != nil {
		return err
	}
	if last < head.Sequence {
		return l.corrupt(last+1, fmt.Sprintf("it ends at sequence %d, but %d events were acknowledged", last, head.Sequence))
	}
	return l.extendTo(ctx, last)
}

// extendTo reads the log from its head to last into the tree.
func (l *Log) extendTo(ctx context.Context, last uint64) error {
	first := l.Head().Sequence + 1
	if first > last {
		return nil
	}
	return l.hashRange(ctx, first, last, func(first uint64, leaves []tlog.Hash) error { return l.extend(first, leaves) })
}

// extend grows tree and witness by the leaves from first on; leaves that the tree has already must be the same. After it
// the head is durable. A crash between the two writes leaves a tree longer than the witness, of which open ignores the rest.
func (l *Log) extend(first uint64, leaves []tlog.Hash) error {
	l.extending.Lock()
	defer l.extending.Unlock()
	if first > l.tree.size+1 {
		return l.corrupt(l.tree.size+1, fmt.Sprintf("the next event found is %d", first))
	}
	if known := min(l.tree.size+1-first, uint64(len(leaves))); known > 0 {
		have := newLeafReader(l.tree.store, l.tree.size, int(known)*2*tlog.HashSize)
		for i, h := range leaves[:known] {
			seq := first + uint64(i)
			if old, err := have.leaf(seq); err != nil || old != h {
				return errors.Join(l.corrupt(seq, "another event is witnessed there"), err)
			}
		}
		leaves = leaves[known:]
	}
	if len(leaves) == 0 {
		return nil
	}
	size, left := l.tree.size, l.tree.left
	if err := l.tree.append(leaves); err != nil {
		return err
	}
	h := Head{Sequence: l.tree.size, Root: l.tree.root()}
	if err := l.witness.write(h); err != nil {
		l.tree.size, l.tree.left = size, left
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head = h
	if len(l.queue) == 0 && len(l.flight) == 0 && l.failed == nil {
		l.next = h.Sequence + 1
	}
	close(l.headMoved)
	l.headMoved = make(chan struct{})
	l.changed.Broadcast()
	return nil
}

// close waits for what is pending (each publish is bounded), stops the log's goroutines, and signs the head if it has grown.
func (l *Log) close() error {
	l.mu.Lock()
	l.closing = true
	close(l.stopped)
	tail := l.tail
	l.changed.Broadcast()
	l.mu.Unlock()
	if tail != nil {
		tail.stop()
	}
	l.workers.Wait()
	var errs []error
	if l.acks != nil && l.acks.IsValid() {
		errs = append(errs, l.acks.Unsubscribe())
	}
	// What is witnessed can be signed, also where a commit has failed.
	errs = append(errs, l.checkpointAtClose())
	// The tree is synced here only: losing its end costs a rebuild, never an event.
	return errors.Join(append(errs, l.tree.store.Sync(), l.tree.store.Close(), l.witness.close())...)
}
