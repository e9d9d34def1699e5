package eventstore

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// tailPoll is how often a followed log asks for its end even if nothing woke it.
const tailPoll = 2 * time.Second

// tailer moves the head for what other processes append. A consumer that carries no data is the wake-up; the events
// themselves are read, verified and witnessed like any others, so a wake-up lost in a reconnect costs time only.
type tailer struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// startTail starts the log's tailer where other processes may append, once.
func (l *Log) startTail() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return ErrClosed
	}
	if l.tail != nil || l.store.server != nil {
		return nil // embedded: the lock says that nobody else appends
	}
	ctx, cancel := context.WithCancel(context.Background())
	t := &tailer{cancel: cancel}
	l.tail = t
	t.done.Go(func() { t.run(ctx, l) })
	return nil
}

func (t *tailer) run(ctx context.Context, l *Log) {
	wake := make(chan struct{}, 1)
	nudge := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	var consuming jetstream.ConsumeContext
	defer func() {
		if consuming != nil {
			consuming.Stop()
		}
	}()
	poll := time.NewTicker(tailPoll)
	defer poll.Stop()
	for {
		if consuming == nil {
			consuming = l.wakeUps(ctx, nudge) // nil: the poll does until the server is back
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-poll.C:
		}
		if err := l.catchUp(ctx); err != nil {
			continue // asked again at the next wake-up; a reader meets what is damaged and says so
		}
	}
}

func (l *Log) wakeUps(ctx context.Context, nudge func()) jetstream.ConsumeContext {
	c, err := l.store.js.OrderedConsumer(ctx, l.name, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   l.Head().Sequence + 1,
		HeadersOnly:   true,
	})
	if err != nil {
		return nil
	}
	consuming, err := c.Consume(func(jetstream.Msg) { nudge() })
	if err != nil {
		return nil
	}
	return consuming
}

func (t *tailer) stop() {
	t.cancel()
	t.done.Wait()
}
