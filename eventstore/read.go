package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/tlog"
)

// entityLeafRead is how many bytes of tree are read for one event of an entity.
const entityLeafRead = 64

// stored is a message as the server keeps it.
type stored struct {
	seq     uint64
	subject string
	id      string
	data    []byte
}

// Read calls fn for the events from to to (inclusive; beyond the head means the head), in order, each checked against the
// tree. It stops at fn's error and returns it. *[CorruptError] names an event that is altered or missing; fn has then seen
// all before it.
func (l *Log) Read(ctx context.Context, from, to uint64, fn func(Event) error) error {
	head := l.Head().Sequence
	from, to = max(from, 1), min(to, head)
	if from > to {
		return nil
	}
	check := l.newChecker(head, int(min(leafBlockBytes, (to-from+1)*2*tlog.HashSize)))
	next := from
	return l.fetch(ctx, from, to, "", func(ms []stored) error {
		for _, m := range ms {
			if m.seq != next {
				return l.corrupt(next, fmt.Sprintf("the server skips it and goes on at %d", m.seq))
			}
			next++
			e, err := check.event(m)
			if err != nil {
				return err
			}
			if err := fn(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadEntity calls fn for the events of one entity with sequence up to to, in order, the bytes of each checked like Read's.
// The server finds them, in time proportional to the log's length divided by some ten thousand. An event that it lost in
// the middle of the log is not noticed here, as nothing says which entity it was of; Read and Verify notice.
func (l *Log) ReadEntity(ctx context.Context, entity string, to uint64, fn func(Event) error) error {
	if err := validateMessage(Message{Entity: entity, Type: "any", ID: "any"}); err != nil {
		return err
	}
	head := l.Head().Sequence
	to = min(to, head)
	if to == 0 {
		return nil
	}
	check := l.newChecker(head, entityLeafRead)
	filter := l.id.entityFilter(entity)
	pass := func(m stored) error {
		e, err := check.event(m)
		if err != nil {
			return err
		}
		return fn(e)
	}
	if l.store.server == nil {
		return l.readEntityFromLeader(ctx, filter, to, pass)
	}
	return l.fetch(ctx, 1, to, filter, func(ms []stored) error {
		for _, m := range ms {
			if err := pass(m); err != nil {
				return err
			}
		}
		return nil
	})
}

// readEntityFromLeader asks the leader for one event after the other. Direct get is answered by any replica, and one that
// lags would leave out the newest events without saying so.
func (l *Log) readEntityFromLeader(ctx context.Context, filter string, to uint64, fn func(stored) error) error {
	for next := uint64(1); next <= to; {
		m, found, err := l.askForMessage(ctx, directGet{Seq: next, NextFor: filter})
		if err != nil {
			return err
		}
		if !found || m.seq > to {
			return nil
		}
		if err := fn(m); err != nil {
			return err
		}
		next = m.seq + 1
	}
	return nil
}

// Get returns the event at seq, checked. Beyond the head it is an error.
func (l *Log) Get(ctx context.Context, seq uint64) (Event, error) {
	head := l.Head().Sequence
	if seq == 0 || seq > head {
		return Event{}, fmt.Errorf("log %s: there is no sequence %d; it reaches from 1 to %d", l.id, seq, head)
	}
	m, found, err := l.getFromLeader(ctx, seq)
	if err != nil {
		return Event{}, err
	}
	if !found {
		return Event{}, l.corrupt(seq, "the server does not have it")
	}
	return l.newChecker(head, entityLeafRead).event(m)
}

// Follow calls fn for the events from from on, in order, each once and checked, then for new ones as the head reaches them,
// until ctx ends (it returns the context's error) or fn fails (it returns that). What fn sees is acknowledged: it never
// goes away again. Reconnects show as a pause.
func (l *Log) Follow(ctx context.Context, from uint64, fn func(Event) error) error {
	if err := l.startTail(); err != nil {
		return err
	}
	next := max(from, 1)
	for {
		head := l.Head()
		if next <= head.Sequence {
			if err := l.Read(ctx, next, head.Sequence, fn); err != nil {
				return err
			}
			next = head.Sequence + 1
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.stopped:
			return ErrClosed
		case <-l.Moved(head):
		}
	}
}

// checker compares messages with the tree.
type checker struct {
	log    *Log
	hasher leafHasher
	leaves *leafReader
}

func (l *Log) newChecker(size uint64, blockBytes int) *checker {
	return &checker{log: l, hasher: leafHasher{authority: l.id.authority}, leaves: newLeafReader(l.tree.store, size, blockBytes)}
}

func (c *checker) event(m stored) (Event, error) {
	want, err := c.leaves.leaf(m.seq)
	if err != nil {
		return Event{}, err
	}
	if c.hasher.leaf(m) != want {
		return Event{}, c.log.corrupt(m.seq, "its bytes are not those that were acknowledged")
	}
	entity, typ, ok := c.log.id.parseSubject(m.subject)
	if !ok {
		return Event{}, c.log.corrupt(m.seq, fmt.Sprintf("its subject %q is not one of this log", m.subject))
	}
	return Event{Sequence: m.seq, Message: Message{Entity: entity, Type: typ, ID: m.id, Data: m.data}}, nil
}

// hashRange reads from to to without checking, for events that the tree does not know yet.
func (l *Log) hashRange(ctx context.Context, from, to uint64, fn func(first uint64, leaves []tlog.Hash) error) error {
	if from > to {
		return nil
	}
	hasher := leafHasher{authority: l.id.authority}
	next := from
	return l.fetch(ctx, from, to, "", func(ms []stored) error {
		leaves := make([]tlog.Hash, len(ms))
		for i, m := range ms {
			if m.seq != next+uint64(i) {
				return l.corrupt(next+uint64(i), fmt.Sprintf("the server skips it and goes on at %d", m.seq))
			}
			if _, _, ok := l.id.parseSubject(m.subject); !ok || m.id == "" {
				return l.corrupt(m.seq, fmt.Sprintf("the message (subject %q) was not written by careledger", m.subject))
			}
			leaves[i] = hasher.leaf(m)
		}
		if len(ms) == 0 {
			return nil
		}
		first := next
		next += uint64(len(ms))
		return fn(first, leaves)
	})
}

type directGet struct {
	Seq      uint64 `json:"seq,omitempty"`
	NextFor  string `json:"next_by_subj,omitempty"`
	Last     string `json:"last_by_subj,omitempty"`
	Batch    int    `json:"batch,omitempty"`
	MaxBytes int    `json:"max_bytes,omitempty"`
}

// getFromLeader asks the stream's leader, which never lags behind what it acknowledged.
func (l *Log) getFromLeader(ctx context.Context, seq uint64) (m stored, found bool, err error) {
	return l.askForMessage(ctx, directGet{Seq: seq})
}

func (l *Log) askForMessage(ctx context.Context, question directGet) (m stored, found bool, err error) {
	m, header, found, err := l.store.messageFromLeader(ctx, l.name, question)
	if err != nil || len(header) == 0 {
		return m, found, err
	}
	h, err := nats.DecodeHeadersMsg(header)
	if err != nil {
		return m, true, l.corrupt(m.seq, "its headers cannot be read")
	}
	m.id = h.Get(headerID)
	return m, true, nil
}

// messageFromLeader asks a stream's leader for one message, and returns it with its header as it stands.
func (s *Store) messageFromLeader(ctx context.Context, stream string, question directGet) (m stored, header []byte, found bool, err error) {
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *struct {
			Subject string `json:"subject"`
			Seq     uint64 `json:"seq"`
			Header  []byte `json:"hdrs"`
			Data    []byte `json:"data"`
		} `json:"message"`
	}
	if err := s.request(ctx, "$JS.API.STREAM.MSG.GET."+stream, question, &answer); err != nil {
		return m, nil, false, err
	}
	if answer.Error != nil {
		if answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound {
			return m, nil, false, nil
		}
		return m, nil, false, fmt.Errorf("reading sequence %d of %s: %w", question.Seq, stream, answer.Error)
	}
	if answer.Message == nil {
		return m, nil, false, fmt.Errorf("reading sequence %d of %s: an answer without a message", question.Seq, stream)
	}
	return stored{seq: answer.Message.Seq, subject: answer.Message.Subject, data: answer.Message.Data}, answer.Message.Header, true, nil
}

// lastSequence asks the leader how far the log reaches.
func (l *Log) lastSequence(ctx context.Context) (uint64, error) {
	state, err := l.store.stateFromLeader(ctx, l.name)
	return state.LastSeq, err
}

// stateFromLeader asks a stream's leader what it holds.
func (s *Store) stateFromLeader(ctx context.Context, stream string) (jetstream.StreamState, error) {
	info, err := s.infoFromLeader(ctx, stream)
	return info.State, err
}

// infoFromLeader is stateFromLeader, and says when the stream was made: one of the same name that was made later is another.
func (s *Store) infoFromLeader(ctx context.Context, stream string) (info jetstream.StreamInfo, err error) {
	var answer struct {
		Error *jetstream.APIError `json:"error"`
		jetstream.StreamInfo
	}
	if err := s.request(ctx, "$JS.API.STREAM.INFO."+stream, struct{}{}, &answer); err != nil {
		return info, err
	}
	if answer.Error != nil {
		return info, fmt.Errorf("asking how far %s reaches: %w", stream, answer.Error)
	}
	return answer.StreamInfo, nil
}

// request asks the server, within the time for outcomes.
func (s *Store) request(ctx context.Context, subj string, question, answer any) error {
	q, err := json.Marshal(question)
	if err != nil {
		return err
	}
	var m *nats.Msg
	err = s.answered(ctx, func(ctx context.Context) (err error) {
		if m, err = s.conn.RequestWithContext(ctx, subj, q); err != nil {
			return err
		}
		var refused struct {
			Error *jetstream.APIError `json:"error"`
		}
		if err := json.Unmarshal(m.Data, &refused); err == nil && refused.Error != nil && refused.Error.ErrorCode == codeClusterUnavailable {
			return refused.Error
		}
		return nil // what else it says is the caller's to read
	})
	if err != nil {
		return fmt.Errorf("asking %s: %w", subj, err)
	}
	if err := json.Unmarshal(m.Data, answer); err != nil {
		return fmt.Errorf("asking %s: the answer cannot be read: %w", subj, err)
	}
	return nil
}

// answered asks, and asks again while nobody answers or the cluster says that nobody can, within the time for outcomes: a cluster
// is silent about a stream whose leader is being elected. What is asked must bear being asked twice.
func (s *Store) answered(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.OutcomeTimeout)
	defer cancel()
	for {
		once, cancel := context.WithTimeout(ctx, fetchStall)
		err := ask(once)
		cancel()
		var said jetstream.JetStreamError
		answer := errors.As(err, &said) && (said.APIError() == nil || said.APIError().ErrorCode != codeClusterUnavailable)
		if err == nil || answer || errors.Is(err, nats.ErrConnectionClosed) || pause(ctx, fetchBackoff) != nil {
			return err
		}
	}
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
