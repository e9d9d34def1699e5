package feedtest

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"careledger/eventstore"
)

// Outside is a feed as a program reads it that connects from outside.
type Outside struct {
	JS        jetstream.JetStream
	Authority string
}

// Read calls fn with the messages from a sequence on, up to what stands when it is called, and returns where that ends.
func (o Outside) Read(ctx context.Context, from uint64, fn func(eventstore.FeedMessage) error) (uint64, error) {
	stream, err := o.JS.Stream(ctx, eventstore.FeedStream(o.Authority))
	if err != nil {
		return 0, err
	}
	last := stream.CachedInfo().State.LastSeq
	if from = max(from, 1); from > last {
		return last, nil
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from})
	if err != nil {
		return 0, err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return 0, err
	}
	defer messages.Stop()
	for at := from - 1; at < last; {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return 0, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return 0, err
		}
		at = meta.Sequence.Stream
		if err := fn(eventstore.FeedMessage{Sequence: at, Kind: strings.TrimPrefix(m.Subject(), eventstore.FeedSubject(o.Authority, "")), Data: m.Data()}); err != nil {
			return 0, err
		}
	}
	return last, nil
}
