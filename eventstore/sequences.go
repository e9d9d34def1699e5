package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	// Where at least one of denseStep events is asked for, the span between is read whole: an event in a range costs the
	// server a fraction of one that is asked for alone. denseSlack lets a gap pass, denseFrom is how many events make it pay.
	denseStep  = 4
	denseSlack = 64
	denseFrom  = 256

	getsFirst = 16       // requests under way at first, before anything is known of the sizes
	getsMost  = 512      // and at most
	getsBytes = 32 << 20 // what is under way may be this large, by the largest event seen
)

// ReadSequences calls fn for the events at the given sequences, which increase and do not go beyond the head, in order, each
// checked like Read's. It stops at fn's error and returns it. It costs some 12 µs for each event, and 3 to 6 ms for each of
// the server's 8 MB blocks that it touches and that is not in memory (decisions.md, 12). Where sequences stand close
// together it reads what is between them too, and reports damage that it meets there.
func (l *Log) ReadSequences(ctx context.Context, sequences []uint64, fn func(Event) error) error {
	head := l.Head().Sequence
	for i, seq := range sequences {
		if seq == 0 || seq > head {
			return fmt.Errorf("log %s: there is no sequence %d; it reaches from 1 to %d", l.id, seq, head)
		}
		if i > 0 && seq <= sequences[i-1] {
			return fmt.Errorf("log %s: sequence %d is asked for after %d; they must increase", l.id, seq, sequences[i-1])
		}
	}
	for len(sequences) > 0 {
		n, dense := nextStretch(sequences)
		stretch := sequences[:n]
		sequences = sequences[n:]
		var err error
		if dense {
			err = l.readAmong(ctx, stretch, fn)
		} else {
			err = l.readScattered(ctx, head, stretch, fn)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nextStretch is how many of the sequences, from the first on, to read in the same way.
func nextStretch(sequences []uint64) (n int, dense bool) {
	for from := 0; from < len(sequences); {
		if to := denseUntil(sequences[from:]); to < denseFrom {
			from += to
		} else if from > 0 {
			return from, false
		} else {
			return to, true
		}
	}
	return len(sequences), false
}

// denseUntil is for how many of the sequences the span from the first one stays dense; at least one.
func denseUntil(sequences []uint64) int {
	for i, seq := range sequences {
		if seq-sequences[0] > denseStep*uint64(i)+denseSlack {
			return i
		}
	}
	return len(sequences)
}

// readAmong reads the span of the sequences and passes those on.
func (l *Log) readAmong(ctx context.Context, sequences []uint64, fn func(Event) error) error {
	return l.Read(ctx, sequences[0], sequences[len(sequences)-1], func(e Event) error {
		if e.Sequence != sequences[0] {
			return nil
		}
		sequences = sequences[1:]
		return fn(e)
	})
}

// readScattered gets one event after the other, with many requests under way.
func (l *Log) readScattered(ctx context.Context, head uint64, sequences []uint64, fn func(Event) error) error {
	check := l.newChecker(head, 2*tlog.HashSize)
	g, err := l.newGetter(sequences)
	if err != nil {
		return err
	}
	defer g.stop()
	for range sequences {
		m, err := g.next(ctx)
		if err != nil {
			return err
		}
		e, err := check.event(m)
		if err != nil {
			return err
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

// getter gets messages with direct get, each with a request of its own, many under way. Any replica answers, and one that
// lags says that it does not have the message: the leader is then asked. So it is for whatever else goes wrong.
type getter struct {
	log       *Log
	sequences []uint64
	given     int // how many next has returned
	asked     int
	got       map[int]stored // answers that are not due yet, by index
	missed    map[int]bool   // answers that were none
	largest   int            // bytes of the largest message so far
	inbox     string
	msgs      chan *nats.Msg
	sub       *nats.Subscription
	stall     *time.Timer
}

func (l *Log) newGetter(sequences []uint64) (*getter, error) {
	g := &getter{log: l, sequences: sequences, got: map[int]stored{}, missed: map[int]bool{}, inbox: nats.NewInbox(), largest: 1}
	// An answer for each request; what comes late after asking the leader finds room too, or is dropped and not missed.
	g.msgs = make(chan *nats.Msg, 2*min(len(sequences), getsMost))
	var err error
	if g.sub, err = l.store.reads.ChanSubscribe(g.inbox+".*", g.msgs); err != nil {
		return nil, fmt.Errorf("reading the log of %s: %w", l.id, err)
	}
	g.stall = time.NewTimer(fetchStall)
	return g, nil
}

func (g *getter) stop() {
	g.stall.Stop()
	_ = g.sub.Unsubscribe() // a closed connection has no subscriptions
}

// next returns the next message.
func (g *getter) next(ctx context.Context) (stored, error) {
	if err := g.ask(); err != nil {
		return g.fromLeader(ctx, err)
	}
	g.stall.Reset(fetchStall)
	for {
		if m, ok := g.got[g.given]; ok {
			g.passed()
			return m, nil
		}
		if g.missed[g.given] {
			return g.fromLeader(ctx, errRetry)
		}
		select {
		case <-ctx.Done():
			return stored{}, ctx.Err()
		case <-g.log.stopped:
			return stored{}, ErrClosed
		case <-g.stall.C:
			for i := g.given; i < g.asked; i++ { // the connection was lost, or the replica that had the requests
				if _, ok := g.got[i]; !ok {
					g.missed[i] = true
				}
			}
		case m := <-g.msgs:
			g.take(m)
		}
	}
}

// ask keeps as many requests under way as memory allows, by what has been seen. They go out in bursts, so that one
// wake-up of the connection's writer carries many.
func (g *getter) ask() error {
	window := min(getsMost, getsFirst+2*g.given, max(1, getsBytes/g.largest))
	if flying := g.asked - g.given; flying > window/2 || g.asked == len(g.sequences) {
		return nil
	}
	subj := "$JS.API.DIRECT.GET." + g.log.name
	for ; g.asked < len(g.sequences) && g.asked-g.given < window; g.asked++ {
		question := strconv.AppendUint([]byte(`{"seq":`), g.sequences[g.asked], 10)
		if err := g.log.store.reads.PublishRequest(subj, g.inbox+"."+strconv.Itoa(g.asked), append(question, '}')); err != nil {
			return err
		}
	}
	return nil
}

func (g *getter) take(m *nats.Msg) {
	i, err := strconv.Atoi(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:])
	if err != nil || i < g.given || i >= g.asked {
		return // late: the leader was faster
	}
	if m.Header.Get("Status") == "" {
		if s, err := parseDirect(m); err == nil && s.seq == g.sequences[i] {
			g.got[i] = s
			g.largest = max(g.largest, m.Size())
			return
		}
	}
	g.missed[i] = true
}

// fromLeader asks the leader for the message that is due. What the leader does not have is lost.
func (g *getter) fromLeader(ctx context.Context, cause error) (stored, error) {
	seq := g.sequences[g.given]
	m, found, err := g.log.getFromLeader(ctx, seq)
	switch {
	case ctx.Err() != nil:
		return m, ctx.Err()
	case errors.Is(err, ErrCorrupt):
		return m, err
	case err != nil:
		return m, fmt.Errorf("reading the log of %s at sequence %d: %w", g.log.id, seq, errors.Join(cause, err))
	case !found:
		return m, g.log.corrupt(seq, "the server does not have it")
	}
	g.passed()
	return m, nil
}

// passed: the message that was due has been returned.
func (g *getter) passed() {
	delete(g.got, g.given)
	delete(g.missed, g.given)
	g.given++
	g.asked = max(g.asked, g.given)
}
