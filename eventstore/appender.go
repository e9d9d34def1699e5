package eventstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sys/unix"
)

// The appender of a log is two goroutines. The publisher groups what is waiting into units and sends them; the settler takes
// the server's answers in order, makes each unit's head durable in the witness and only then tells the waiting callers.
// So the witness is synced while the server already works on the next unit.
//
// A unit is published at a predicted position, which the server checks (Nats-Expected-Last-Sequence). Where this process is
// the only writer, several units may be under way: a unit whose predecessor failed finds another position and fails too.
// Where other processes append there is one unit at a time, because their events could fill exactly the predecessor's place.

const (
	// singlesMax bounds how many one-event commits are published alone, one after the other. Below it the log's own
	// measurements decide: a single is one sync, a batch has a staging cost of 12 to 40 of them, by disk (decisions.md, 3).
	singlesMax = 64
	// gatherMax is how long a batch waits for as many callers as the one before it had: they were all told at the same
	// moment and are deciding again.
	gatherMax = time.Millisecond
	// fullBatch is how many waiting messages are worth a batch while another is under way. Embedded, batches of as many go without
	// guards of entities.
	fullBatch = 500
	// flightBatches is how many full batches may be under way.
	flightBatches = 3
	// batchBytes bounds the data of one batch.
	batchBytes = 16 << 20

	retryPause = 50 * time.Millisecond
)

const (
	headerID          = "Care-Id" // the event id; not Nats-Msg-Id, whose window would refuse publishing the same again
	headerPosition    = "Nats-Expected-Last-Sequence"
	headerGuard       = "Nats-Expected-Last-Subject-Sequence"
	headerGuardFilter = "Nats-Expected-Last-Subject-Sequence-Subject"
	headerBatchID     = "Nats-Batch-Id"
	headerBatchSeq    = "Nats-Batch-Sequence"
	headerBatchCommit = "Nats-Batch-Commit"
)

// Pending is a commit that was submitted.
type Pending struct {
	commit Commit
	bytes  int64
	done   chan struct{} // closed when err is set
	err    error

	submitted time.Time // zero unless Config.Settled is to be told
}

// Wait returns nil when the commit is durable and witnessed, and otherwise why it failed: *[AppendError]. If ctx ends first
// it returns the context's error; the commit stays under way.
func (p *Pending) Wait(ctx context.Context) error {
	select {
	case <-p.done:
		return p.err
	default:
	}
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Done is closed when Wait would return at once.
func (p *Pending) Done() <-chan struct{} { return p.done }

// unit is what is published at once: commits in one atomic batch, or one event alone.
type unit struct {
	first, last uint64
	commits     []*Pending
	bytes       int64
	leaves      []tlog.Hash
	sent        time.Time
	answer      chan answer // of the newest attempt, one element; replaced by the settler only
	token       string      // of the newest attempt
	settled     *answer     // the answer once it was taken from the channel; the settler's
}

func (u *unit) single() bool { return u.first == u.last }

// Next is the sequence that the next submitted message gets: the head, plus all that is pending, plus one.
func (l *Log) Next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Submit queues a commit and returns before it is durable. It waits only while more than Config.MaxPendingBytes are
// pending. Errors: *[PositionError] if c.First is not [Log.Next]; [ErrNeedsRefresh] after a failed commit; [ErrClosed];
// text for a commit that could never be stored. The commit's data belongs to the log until Wait returns.
func (l *Log) Submit(c Commit) (*Pending, error) {
	p := &Pending{commit: c, done: make(chan struct{})}
	if err := validateCommit(c); err != nil {
		return nil, fmt.Errorf("log %s: commit at sequence %d: %w", l.id, c.First, err)
	}
	for _, m := range c.Messages {
		p.bytes += int64(len(m.Data)+len(m.ID)+len(m.Entity)+len(m.Type)) + 256
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.pendingBytes > 0 && l.pendingBytes+p.bytes > l.store.config.MaxPendingBytes && l.failed == nil && !l.closing {
		l.changed.Wait()
	}
	switch {
	case l.closing:
		return nil, ErrClosed
	case l.failed != nil:
		return nil, fmt.Errorf("log %s: %w", l.id, behind(l.failed))
	case c.First != l.next:
		return nil, &PositionError{Authority: l.id.String(), First: c.First, Next: l.next}
	}
	if l.store.config.Settled != nil {
		p.submitted = time.Now()
	}
	l.next += uint64(len(c.Messages))
	l.queue = append(l.queue, p)
	l.pendingBytes += p.bytes
	before := l.queued
	l.queued += len(c.Messages)
	// The publisher is the only one who waits for this, and these are the moments at which it could go on: of a thousand callers, one wakes it.
	if len(l.queue) == 1 || len(l.queue) == l.pace.commits || before < fullBatch && l.queued >= fullBatch {
		l.changed.Broadcast()
	}
	return p, nil
}

// Append is Submit and Wait.
func (l *Log) Append(ctx context.Context, c Commit) error {
	p, err := l.Submit(c)
	if err != nil {
		return err
	}
	return p.Wait(ctx)
}

func validateCommit(c Commit) error {
	if len(c.Messages) == 0 || len(c.Messages) > MaxCommit {
		return fmt.Errorf("%d events; 1 to %d are expected", len(c.Messages), MaxCommit)
	}
	var bytes int
	for _, m := range c.Messages {
		if err := validateMessage(m); err != nil {
			return err
		}
		bytes += len(m.Data)
	}
	if len(c.Messages) > 1 && bytes > 4*batchBytes {
		return fmt.Errorf("%d bytes of data; one commit takes %d", bytes, 4*batchBytes)
	}
	return nil
}

func (l *Log) startAppender() error {
	l.inbox = nats.NewInbox()
	l.batch = randomSecret(4)
	sub, err := l.store.conn.Subscribe(l.inbox+".*", l.answered)
	if err != nil {
		return fmt.Errorf("listening for acknowledgements: %w", err)
	}
	l.acks = sub
	l.workers.Go(l.publisher)
	l.workers.Go(l.settler)
	return nil
}

// publisher sends unit after unit, until the log closes and nothing waits.
func (l *Log) publisher() {
	for {
		units := l.nextUnits()
		if units == nil {
			return
		}
		if err := l.checkSpace(units); err != nil {
			for _, u := range units {
				u.answer <- answer{err: err}
			}
		} else {
			hasher := leafHasher{authority: l.id.authority}
			for _, u := range units {
				l.hash(u, &hasher)
				l.publish(u)
			}
		}
		l.mu.Lock()
		l.publishing = false
		l.changed.Broadcast()
		l.mu.Unlock()
	}
}

// nextUnits waits until something should be published and moves it from the queue into the flight. nil: the log is closed.
func (l *Log) nextUnits() []*unit {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if !l.halted && l.failed == nil && len(l.queue) > 0 && !l.gathering() {
			if units := l.group(); len(units) > 0 {
				l.flight = append(l.flight, units...)
				l.publishing = true
				l.changed.Broadcast()
				return units
			}
		}
		if l.closing && len(l.queue) == 0 {
			l.changed.Broadcast()
			return nil
		}
		l.changed.Wait()
	}
}

// gathering says whether to wait for more callers, and sees to it that the publisher is woken when that is over.
func (l *Log) gathering() bool {
	if len(l.flight) > 0 || len(l.queue) >= l.pace.commits || l.closing {
		return false
	}
	left := gatherMax - time.Since(l.pace.settled)
	if left <= 0 {
		return false
	}
	time.AfterFunc(left, l.wake)
	return true
}

func (l *Log) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
}

// group decides what to publish now, given what waits and what is under way.
func (l *Log) group() []*unit {
	if l.store.server == nil {
		if len(l.flight) > 0 {
			return nil
		}
		return []*unit{l.takeUnit()}
	}
	waiting, singles := l.queued, l.queued == len(l.queue)
	alone := true // only singles are under way
	for _, u := range l.flight {
		alone = alone && u.single()
	}
	switch {
	case singles && alone && waiting+len(l.flight) <= l.pace.singles():
		units := make([]*unit, 0, waiting)
		for range waiting {
			units = append(units, newUnit(l.shift()))
		}
		return units
	case len(l.flight) == 0, waiting >= fullBatch && len(l.flight) < flightBatches:
		return []*unit{l.takeUnit()}
	}
	return nil // wait: more gathers, and one larger batch is cheaper than two
}

// takeUnit takes as many whole commits as one batch holds, at least one.
func (l *Log) takeUnit() *unit {
	u := newUnit(l.shift())
	for len(l.queue) > 0 {
		p := l.queue[0]
		if int(u.last-u.first)+1+len(p.commit.Messages) > MaxCommit || u.bytes+p.bytes > batchBytes {
			break
		}
		u.add(l.shift())
	}
	return u
}

func (l *Log) shift() *Pending {
	p := l.queue[0]
	l.queued -= len(p.commit.Messages)
	l.queue[0] = nil
	if l.queue = l.queue[1:]; len(l.queue) == 0 {
		l.queue = nil
	}
	return p
}

// pace is what the log has measured of its server, and what the last settlement looked like.
type pace struct {
	single  time.Duration // one event alone; moving average
	batch   time.Duration // a batch, whatever its size; moving average of those up to fullBatch
	settled time.Time     // when units were settled last
	commits int           // how many commits those had
}

// newPace starts with what a common server disk takes.
func newPace() pace { return pace{single: 400 * time.Microsecond, batch: 5 * time.Millisecond} }

// singles is how many one-event commits take no longer alone than in a batch.
func (p *pace) singles() int { return min(singlesMax, int(p.batch/max(p.single, time.Microsecond))) }

// took notes that units were settled at now, having been under way alone since they were sent or since the settlement before.
func (p *pace) took(units []*unit, now time.Time) {
	since := units[0].sent
	if since.Before(p.settled) {
		since = p.settled
	}
	took := now.Sub(since) / time.Duration(len(units))
	switch u := units[0]; {
	case u.single():
		p.single += (took - p.single) / 16
	case u.last-u.first < fullBatch && len(units) == 1:
		p.batch += (took - p.batch) / 16
	}
	p.settled, p.commits = now, 0
	for _, u := range units {
		p.commits += len(u.commits)
	}
}

func newUnit(p *Pending) *unit {
	u := &unit{first: p.commit.First, last: p.commit.First - 1, answer: make(chan answer, 1), sent: time.Now()}
	u.add(p)
	return u
}

func (u *unit) add(p *Pending) {
	u.commits = append(u.commits, p)
	u.last += uint64(len(p.commit.Messages))
	u.bytes += p.bytes
}

// each calls fn for the unit's messages with their sequences.
func (u *unit) each(fn func(seq uint64, p *Pending, m Message) error) error {
	seq := u.first
	for _, p := range u.commits {
		for _, m := range p.commit.Messages {
			if err := fn(seq, p, m); err != nil {
				return err
			}
			seq++
		}
	}
	return nil
}

func (l *Log) hash(u *unit, h *leafHasher) {
	u.leaves = make([]tlog.Hash, 0, u.last-u.first+1)
	_ = u.each(func(seq uint64, _ *Pending, m Message) error {
		u.leaves = append(u.leaves, h.leaf(stored{seq: seq, subject: l.id.subject(m.Entity, m.Type), id: m.ID, data: m.Data}))
		return nil // fn never fails
	})
}

// checkSpace refuses to write on a disk that is nearly full: once a write of its store fails, JetStream never answers
// again. A batch is written twice, staged and stored, and its tree beside it.
func (l *Log) checkSpace(units []*unit) error {
	bytes := int64(0)
	for _, u := range units {
		bytes += u.bytes
	}
	return l.store.checkSpace(3 * bytes)
}

// checkSpace says whether the embedded server can take so many bytes and leave the reserve.
func (s *Store) checkSpace(bytes int64) error {
	if s.server == nil {
		return nil
	}
	var st unix.Statfs_t
	if err := unix.Statfs(s.config.Dir, &st); err != nil {
		return fmt.Errorf("asking for the space left: %w", err)
	}
	if free := int64(st.Bavail) * st.Bsize; free < s.config.ReserveBytes+bytes {
		return fmt.Errorf("%w: %d MiB are free under %s, and this append must leave %d MiB; make room and try again",
			ErrDiskFull, free>>20, s.config.Dir, s.config.ReserveBytes>>20)
	}
	return nil
}

// publish sends a unit once. Its answer arrives on u.answer; sending never waits for it. A crash here leaves nothing, or
// the whole unit without a witness, which open takes up.
func (l *Log) publish(u *unit) {
	l.ackMu.Lock()
	l.tokens++
	u.token = strconv.FormatUint(l.tokens, 36)
	l.waits[u.token] = wait{first: u.first, last: u.last, answer: u.answer}
	l.ackMu.Unlock()
	batch := l.batch + u.token

	// For each guard of an entity the server looks up its last event. Where this process is the only writer the position says all
	// that they say, so what is written in bulk goes without (decisions.md, 1).
	c := l.store.config
	entityGuards := l.store.server == nil || c.guardAll || (u.last-u.first+1 < fullBatch && !c.PositionGuardOnly)
	guarded := make(map[string]bool, len(u.commits))
	err := u.each(func(seq uint64, p *Pending, m Message) error {
		h := make(nats.Header, 6)
		h[headerID] = []string{m.ID}
		if seq == u.first {
			h[headerPosition] = []string{strconv.FormatUint(seq-1, 10)}
		}
		if entityGuards && !guarded[m.Entity] {
			guarded[m.Entity] = true
			l.guard(h, p, m.Entity)
		}
		msg := &nats.Msg{Subject: l.id.subject(m.Entity, m.Type), Header: h, Data: m.Data}
		if seq == u.last {
			msg.Reply = l.inbox + "." + u.token
		}
		if !u.single() {
			h[headerBatchID] = []string{batch}
			h[headerBatchSeq] = []string{strconv.FormatUint(seq-u.first+1, 10)}
			if seq == u.last {
				h[headerBatchCommit] = []string{"1"}
			}
		}
		return l.store.conn.PublishMsg(msg)
	})
	if err != nil {
		// Whether the end of it left the process is not known: resolved like a timeout.
		l.forget(u)
		select {
		case u.answer <- answer{err: fmt.Errorf("publishing: %w", err), unknown: true}:
		default: // answered all the same
		}
	}
}

// wait is a publish whose answer is to come.
type wait struct {
	first, last uint64
	answer      chan answer
}

// guard adds the entity's canonical guard. The first commit of a unit that writes an entity carries it; the later ones
// build on that one.
func (l *Log) guard(h nats.Header, p *Pending, entity string) {
	for _, g := range p.commit.Guards {
		if g.Entity == entity {
			h[headerGuard] = []string{strconv.FormatUint(g.Last, 10)}
			h[headerGuardFilter] = []string{l.id.entityFilter(entity)}
			return
		}
	}
}

// answered is called for every reply to a publish.
func (l *Log) answered(m *nats.Msg) {
	token := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	l.ackMu.Lock()
	w, ok := l.waits[token]
	delete(l.waits, token)
	l.ackMu.Unlock()
	if !ok {
		return // of an attempt that was given up
	}
	if drop := l.store.config.dropAck; drop != nil && drop(w.first) {
		return
	}
	w.answer <- parseAnswer(m, w.last)
}
