package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	fetchBatch    = 2048            // messages asked for at once
	fetchBytes    = 4 << 20         // and bytes, so that memory stays bounded with large events
	fetchStall    = 5 * time.Second // without an answer, ask again
	fetchAttempts = 12              // at replicas, in a row without progress; then the leader is asked
	fetchBackoff  = 100 * time.Millisecond

	// streamFrom is from how many events on a consumer is worth its set-up. It costs the server less for each message than
	// direct get does, which writes six headers into every one (decisions.md, 6).
	streamFrom  = 4 * fetchBatch
	streamBytes = 2 * maxPayloadBytes // asked for at once; more than any one message
)

// fetch gets the messages from to to (with filter: of those, the matching ones) in order, in runs that fn must not keep.
// While fn works on one run the next is under way. Without a filter a missing message is *CorruptError.
func (l *Log) fetch(ctx context.Context, from, to uint64, filter string, fn func([]stored) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	runs := make(chan []stored, 1)
	failed := make(chan error, 1)
	go func() { // ends before fetch returns
		defer close(runs)
		f := &fetcher{log: l, filter: filter, to: to}
		failed <- f.run(ctx, from, runs)
	}()
	var err error
	for run := range runs {
		if err != nil {
			continue
		}
		if err = fn(run); err != nil {
			cancel()
		}
	}
	fetchErr := <-failed
	if err != nil {
		return err
	}
	return fetchErr
}

// fetcher asks for runs of messages with direct get, one request after the other.
type fetcher struct {
	log    *Log
	filter string
	to     uint64
	inbox  string
	msgs   chan *nats.Msg
	asked  int
}

var errRetry = errors.New("ask again")

func (f *fetcher) run(ctx context.Context, next uint64, runs chan<- []stored) error {
	f.inbox = nats.NewInbox()
	most := uint64(fetchBatch)
	if f.filter == "" {
		most = min(most, f.to-next+1)
	}
	f.msgs = make(chan *nats.Msg, 4*most+16) // one answer, and what is left of one given up: never full
	sub, err := f.log.store.reads.ChanSubscribe(f.inbox+".*", f.msgs)
	if err != nil {
		return fmt.Errorf("reading the log of %s: %w", f.log.id, err)
	}
	defer sub.Unsubscribe() //nolint:errcheck // a closed connection has no subscriptions
	if f.filter == "" && f.to-next >= streamFrom {
		if next, err = f.stream(ctx, next, runs); ctx.Err() != nil {
			return ctx.Err()
		} else if err == nil || errors.Is(err, ErrClosed) {
			return err
		} // otherwise direct get goes on where the consumer stopped
	}
	attempt, since := 0, time.Now() // of failures in a row
	for next <= f.to {
		run, done, err := f.ask(ctx, next)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, ErrClosed) {
			return err
		}
		if err == nil && len(run) == 0 && !done {
			err = errRetry
		}
		if err != nil {
			// A replica may lag behind what was acknowledged, or its node be down; the one embedded server never lags.
			attempt++
			if errors.Is(err, errRetry) && (attempt >= fetchAttempts || f.log.store.server != nil) {
				run, err = f.askLeader(ctx, next, err)
			}
			if errors.Is(err, ErrCorrupt) {
				return err
			}
			if err != nil && time.Since(since) > f.log.store.config.OutcomeTimeout {
				return fmt.Errorf("reading the log of %s at sequence %d: %w", f.log.id, next, err)
			}
			if err != nil {
				if err := pause(ctx, fetchBackoff); err != nil {
					return err
				}
				continue
			}
		}
		attempt, since = 0, time.Now()
		if len(run) > 0 {
			next = run[len(run)-1].seq + 1
			if err := hand(ctx, runs, run); err != nil {
				return err
			}
		}
		if done {
			return nil
		}
	}
	return nil
}

// ask gets one run from next on. done: there is nothing after it that matches.
func (f *fetcher) ask(ctx context.Context, next uint64) (run []stored, done bool, err error) {
	n := fetchBatch
	if f.filter == "" {
		n = int(min(uint64(n), f.to-next+1))
	}
	req, err := json.Marshal(directGet{Seq: next, NextFor: f.filter, Batch: n, MaxBytes: fetchBytes})
	if err != nil {
		return nil, false, err
	}
	f.asked++
	reply := f.inbox + "." + strconv.Itoa(f.asked)
	if err := f.log.store.reads.PublishRequest("$JS.API.DIRECT.GET."+f.log.name, reply, req); err != nil {
		return nil, false, err
	}
	stall := time.NewTimer(fetchStall)
	defer stall.Stop()
	run = make([]stored, 0, n)
	for {
		select {
		case <-ctx.Done():
			return nil, false, ctx.Err()
		case <-f.log.stopped:
			return nil, false, ErrClosed
		case <-stall.C:
			return nil, false, fmt.Errorf("no answer within %v", fetchStall)
		case m := <-f.msgs:
			if m.Subject != reply {
				continue // of a request that was given up
			}
			if status := m.Header.Get("Status"); status != "" {
				return f.end(run, done, status, m)
			}
			s, err := parseDirect(m)
			switch {
			case err != nil && len(run) > 0:
				return run, false, nil // the next request begins at what cannot be read
			case err != nil:
				return nil, false, fmt.Errorf("%w: %w", errRetry, err)
			case s.seq > f.to:
				done = true // only with a filter
			case f.filter == "" && s.seq != next+uint64(len(run)):
				if len(run) > 0 {
					return run, false, nil // the next request begins at the gap
				}
				return nil, false, fmt.Errorf("%w: sequence %d is skipped", errRetry, next+uint64(len(run)))
			default:
				run = append(run, s)
			}
		}
	}
}

// end reads the status that ends an answer.
func (f *fetcher) end(run []stored, done bool, status string, m *nats.Msg) ([]stored, bool, error) {
	switch status {
	case "204":
		if len(run) > 0 && run[len(run)-1].seq >= f.to {
			done = true
		}
		if f.filter != "" && m.Header.Get("Nats-Num-Pending") == "0" {
			done = true
		}
		return run, done, nil
	case "404":
		if f.filter != "" {
			return run, true, nil
		}
		return nil, false, fmt.Errorf("%w: not found", errRetry)
	default:
		return nil, false, fmt.Errorf("the server answers %s %s", status, m.Header.Get("Description"))
	}
}

// askLeader gets the message at next from the leader, if replicas do not have it. What the leader does not have is lost.
func (f *fetcher) askLeader(ctx context.Context, next uint64, cause error) ([]stored, error) {
	if f.filter != "" {
		return nil, cause
	}
	m, found, err := f.log.getFromLeader(ctx, next)
	if err != nil {
		return nil, errors.Join(cause, err)
	}
	if !found {
		return nil, f.log.corrupt(next, "the server does not have it")
	}
	return []stored{m}, nil
}

func parseDirect(m *nats.Msg) (stored, error) {
	seq, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil {
		return stored{}, fmt.Errorf("an answer without a sequence: %w", err)
	}
	return stored{seq: seq, subject: m.Header.Get("Nats-Subject"), id: m.Header.Get(headerID), data: m.Data}, nil
}

// hand passes a run on.
func hand(ctx context.Context, runs chan<- []stored, run []stored) error {
	select {
	case runs <- run:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stream reads from next to f.to through a consumer of its own. It returns where it got to; at any hiccup it gives up and
// leaves the rest to direct get.
func (f *fetcher) stream(ctx context.Context, next uint64, runs chan<- []stored) (uint64, error) {
	s := f.log.store
	c, err := s.js.CreateConsumer(ctx, f.log.name, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       next,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: 6 * fetchStall, // if this process dies
	})
	if err != nil {
		return next, err
	}
	name := c.CachedInfo().Name
	defer func() {
		// Best effort: the server removes it by itself once it is idle.
		_ = s.reads.Publish("$JS.API.CONSUMER.DELETE."+f.log.name+"."+name, nil)
	}()
	for next <= f.to {
		n := int(min(2*fetchBatch, f.to-next+1))
		req := fmt.Sprintf(`{"batch":%d,"max_bytes":%d,"expires":%d}`, n, streamBytes, 2*fetchStall)
		f.asked++
		reply := f.inbox + "." + strconv.Itoa(f.asked)
		if err := s.reads.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+f.log.name+"."+name, reply, []byte(req)); err != nil {
			return next, err
		}
		for n > 0 {
			run, ended, err := f.pulled(ctx, reply, next, min(n, fetchBatch))
			if len(run) > 0 {
				next += uint64(len(run))
				n -= len(run)
				if err := hand(ctx, runs, run); err != nil {
					return next, err
				}
			}
			if err != nil {
				return next, err
			}
			if ended {
				break
			}
		}
	}
	return next, nil
}

// pulled collects n messages, or those before the server ended the request because of its size.
func (f *fetcher) pulled(ctx context.Context, reply string, next uint64, n int) (run []stored, ended bool, err error) {
	stall := time.NewTimer(fetchStall)
	defer stall.Stop()
	run = make([]stored, 0, n)
	for len(run) < n {
		select {
		case <-ctx.Done():
			return run, false, ctx.Err()
		case <-f.log.stopped:
			return run, false, ErrClosed
		case <-stall.C:
			return run, false, errRetry
		case m := <-f.msgs:
			if status := m.Header.Get("Status"); status != "" {
				if m.Subject != reply {
					continue // the end of the request before
				}
				if status == "409" && len(run) > 0 {
					return run, true, nil
				}
				return run, false, errRetry
			}
			seq, err := deliveredSequence(m)
			if err != nil || seq != next+uint64(len(run)) {
				return run, false, errRetry
			}
			run = append(run, stored{seq: seq, subject: m.Subject, id: m.Header.Get(headerID), data: m.Data})
		}
	}
	return run, false, nil
}

// deliveredSequence is the stream sequence in $JS.ACK.{stream}.{consumer}.{deliveries}.{stream sequence}.…; servers with
// domains have a longer form, which the client library reads.
func deliveredSequence(m *nats.Msg) (uint64, error) {
	if strings.Count(m.Reply, ".") == 8 {
		rest := m.Reply
		for range 5 {
			_, rest, _ = strings.Cut(rest, ".")
		}
		seq, _, _ := strings.Cut(rest, ".")
		return strconv.ParseUint(seq, 10, 64)
	}
	meta, err := m.Metadata()
	if err != nil {
		return 0, err
	}
	return meta.Sequence.Stream, nil
}
