package eventstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/tlog"
)

// answer is what is known of one publish. The zero value: it is on the log.
type answer struct {
	err     error
	unknown bool // err does not tell whether it is on the log: read back, publish again
}

// Error codes of a conflict: the position or the entity moved on, or (10164) is being written in this moment.
const (
	codeWrongLastSequence  = jetstream.ErrorCode(10071)
	codeWrongLastConstant  = jetstream.ErrorCode(10164)
	codeNotLeader          = jetstream.ErrorCode(10009)
	codeClusterUnavailable = jetstream.ErrorCode(10008)
	codeSequenceMismatch   = jetstream.ErrorCode(10063)
	codeStreamOffline      = jetstream.ErrorCode(10118)
	codeTooManyRequests    = jetstream.ErrorCode(10167)
	codeBatchIncomplete    = jetstream.ErrorCode(10176)
	codeBatchesInFlight    = jetstream.ErrorCode(10210)
)

func parseAnswer(m *nats.Msg, last uint64) answer {
	if m.Header.Get("Status") == "503" && len(m.Data) == 0 {
		return answer{err: errors.New("nobody serves the stream at the moment"), unknown: true}
	}
	var ack struct {
		Error    *jetstream.APIError `json:"error"`
		Sequence uint64              `json:"seq"`
	}
	if err := json.Unmarshal(m.Data, &ack); err != nil {
		return answer{err: fmt.Errorf("an answer that cannot be read: %w", err), unknown: true}
	}
	if ack.Error == nil {
		if ack.Sequence != last {
			return answer{err: fmt.Errorf("acknowledged at sequence %d instead of %d", ack.Sequence, last), unknown: true}
		}
		return answer{}
	}
	switch ack.Error.ErrorCode {
	case codeWrongLastSequence, codeWrongLastConstant:
		return answer{err: fmt.Errorf("%w (%w)", ErrConflict, ack.Error)}
	case codeNotLeader, codeClusterUnavailable, codeSequenceMismatch, codeStreamOffline,
		codeTooManyRequests, codeBatchIncomplete, codeBatchesInFlight:
		return answer{err: ack.Error, unknown: true}
	}
	return answer{err: ack.Error}
}

// settler takes the units of the flight in order, until the log closes and nothing is under way.
func (l *Log) settler() {
	for {
		u := l.oldest()
		if u == nil {
			return
		}
		a := l.await(u, l.ackDeadline())
		switch {
		case a.err == nil:
			l.settle(l.readyAfter(u))
		case !a.unknown:
			l.fail(u, a.err)
		default:
			l.resolve(a)
		}
	}
}

// oldest waits for a unit under way. nil: the log is closed and nothing will be under way any more.
func (l *Log) oldest() *unit {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if len(l.flight) > 0 {
			return l.flight[0]
		}
		if l.closing && len(l.queue) == 0 && !l.publishing {
			return nil
		}
		l.changed.Wait()
	}
}

func (l *Log) ackDeadline() time.Time { return time.Now().Add(l.store.config.AckTimeout) }

// await returns the answer to the unit's newest attempt, or that there was none in time. It answers the same again.
func (l *Log) await(u *unit, deadline time.Time) answer {
	if u.settled != nil {
		return *u.settled
	}
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	a := answer{err: fmt.Errorf("no acknowledgement within %v", l.store.config.AckTimeout), unknown: true}
	select {
	case a = <-u.answer:
	case <-t.C:
	}
	u.settled = &a
	return a
}

// readyAfter returns the acknowledged units from u on whose answers are here already: one witness write does for all.
func (l *Log) readyAfter(u *unit) []*unit {
	ready := []*unit{u}
	l.mu.Lock()
	rest := l.flight[1:]
	l.mu.Unlock()
	for _, u := range rest {
		select {
		case a := <-u.answer:
			u.settled = &a
		default:
			return ready
		}
		if u.settled.err != nil {
			return ready
		}
		ready = append(ready, u)
	}
	return ready
}

// settle makes the head of acknowledged units durable, then tells their callers. A crash before the witness is written
// leaves events that nobody was told of; open verifies them and takes them up.
func (l *Log) settle(units []*unit) bool {
	var leaves []tlog.Hash
	for _, u := range units {
		leaves = append(leaves, u.leaves...)
	}
	if err := l.extend(units[0].first, leaves); err != nil {
		// On the log, but not witnessed, so not promised: a refresh will find and witness them.
		l.fail(units[0], fmt.Errorf("%w: %w", ErrUnknownOutcome, err))
		return false
	}
	l.mu.Lock()
	l.flight = l.flight[len(units):]
	if len(l.flight) == 0 {
		l.flight = nil
	}
	for _, u := range units {
		l.pendingBytes -= u.bytes
	}
	l.pace.took(units, time.Now())
	l.changed.Broadcast()
	l.mu.Unlock()
	for _, u := range units {
		for _, p := range u.commits {
			close(p.done)
			l.settled(p)
		}
	}
	return true
}

// fail ends the unit u, the oldest under way, with cause, and everything behind it, whose predicted positions do not hold
// any more. It first waits (within AckTimeout) for the answers of what is under way, so that nothing of it can arrive
// at the server after a refresh.
func (l *Log) fail(u *unit, cause error) {
	l.mu.Lock()
	l.halted = true
	for l.publishing {
		l.changed.Wait()
	}
	flight := l.flight
	l.mu.Unlock()

	errs := map[*unit]error{u: cause}
	answers := l.ackDeadline() // for all of them
	for _, v := range flight {
		if v == u {
			continue
		}
		errs[v] = behind(cause)
		if a := l.await(v, answers); a.err == nil || a.unknown {
			errs[v] = fmt.Errorf("%w: %w", ErrUnknownOutcome, errs[v])
		}
	}
	l.mu.Lock()
	queue := l.queue
	l.queue, l.queued, l.flight, l.pendingBytes, l.halted = nil, 0, nil, 0, false
	l.failed = cause
	l.changed.Broadcast()
	l.mu.Unlock()

	for _, v := range flight {
		l.forget(v)
		for _, p := range v.commits {
			l.failCommit(p, errs[v])
		}
	}
	for _, p := range queue {
		l.failCommit(p, behind(cause))
	}
}

// behind is the error of a commit that is not on the log because the one before it failed. It matches the cause, except that
// an unknown outcome is the other commit's alone.
func behind(cause error) error {
	if errors.Is(cause, ErrUnknownOutcome) {
		return fmt.Errorf("%w (%v)", ErrNeedsRefresh, cause)
	}
	return fmt.Errorf("%w (%w)", ErrNeedsRefresh, cause)
}

func (l *Log) failCommit(p *Pending, cause error) {
	p.err = &AppendError{Authority: l.id.String(), First: p.commit.First, Cause: cause}
	close(p.done)
	l.settled(p)
}

func (l *Log) forget(u *unit) {
	l.ackMu.Lock()
	defer l.ackMu.Unlock()
	delete(l.waits, u.token)
}

// resolve finds out what became of the units under way when the oldest one's fate is unknown. It stops publishing, waits
// for the other answers, and then goes unit by unit: read back; if nothing is there, publish the same again, which is
// safe because it names its position.
func (l *Log) resolve(first answer) {
	l.mu.Lock()
	l.halted = true
	for l.publishing {
		l.changed.Wait()
	}
	flight := l.flight
	l.mu.Unlock()
	answers := l.ackDeadline()
	for _, u := range flight {
		l.await(u, answers)
	}
	deadline := time.Now().Add(l.store.config.OutcomeTimeout)
	for _, u := range flight {
		a := l.await(u, answers)
		if a.unknown || (a.err != nil && u != flight[0]) {
			a = l.settleOutcome(u, deadline)
		}
		if a.err != nil {
			if a.unknown {
				a.err = fmt.Errorf("%w: %w", ErrUnknownOutcome, errors.Join(first.err, a.err))
			}
			l.fail(u, a.err)
			return
		}
		if !l.settle([]*unit{u}) {
			return
		}
	}
	l.mu.Lock()
	l.halted = false
	l.changed.Broadcast()
	l.mu.Unlock()
}

// settleOutcome reads back and publishes again until the unit's fate is known or the deadline has passed.
func (l *Log) settleOutcome(u *unit, deadline time.Time) answer {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	for {
		there, err := l.readBack(ctx, u)
		switch {
		case errors.Is(err, ErrConflict):
			return answer{err: err}
		case err == nil && there:
			return answer{}
		case err == nil:
			l.forget(u)
			u.answer, u.settled = make(chan answer, 1), nil
			l.publish(u)
			if a := l.await(u, l.ackDeadline()); a.err == nil || (!a.unknown && !errors.Is(a.err, ErrConflict)) {
				return a
			}
			// A conflict may be with the earlier attempt: the next read tells.
		}
		if pauseErr := pause(ctx, retryPause); pauseErr != nil {
			return answer{err: errors.Join(err, pauseErr), unknown: true}
		}
	}
}

// readBack tells whether the unit's events stand where they should. ErrConflict: others do. A part of them is an error,
// because a batch is all or nothing: the server is still at it, or broken.
func (l *Log) readBack(ctx context.Context, u *unit) (bool, error) {
	found := 0
	err := u.each(func(seq uint64, _ *Pending, m Message) error {
		have, ok, err := l.getFromLeader(ctx, seq)
		if err != nil || !ok {
			return err
		}
		if have.subject != l.id.subject(m.Entity, m.Type) || have.id != m.ID || !bytes.Equal(have.data, m.Data) {
			return fmt.Errorf("%w (sequence %d holds another event)", ErrConflict, seq)
		}
		found++
		return nil
	})
	switch {
	case err != nil:
		return false, err
	case found == 0:
		return false, nil
	case found < int(u.last-u.first)+1:
		return false, fmt.Errorf("%d of %d events are there", found, u.last-u.first+1)
	}
	return true, nil
}
