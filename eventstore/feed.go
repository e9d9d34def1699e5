package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A feed is what an authority's ledger tells programs that read it live: stream BI_{authority}, subjects bi.{authority}.{kind}. It is no log:
// nothing in it is a source of anything, it can be made again from the log, and no witness, tree or checkpoint goes with it. Its names begin with
// what no series' do, so that neither is ever taken for the other.
const feedPrefix = "BI_"

// FeedStream is the name of the stream of an authority's feed.
func FeedStream(authority string) string { return feedPrefix + authority }

// FeedSubject is the subject of the feed's messages of a kind; ">" for those of all.
func FeedSubject(authority, kind string) string { return "bi." + authority + "." + kind }

// feedConfig is the configuration of a feed whose messages are numbered from first on.
func feedConfig(authority string, replicas int, first uint64) jetstream.StreamConfig {
	c := keepAll(FeedStream(authority), "careledger: what BI reads of "+authority, FeedSubject(authority, ">"), replicas)
	c.FirstSeq = first
	return c
}

// feedSequencesPerMilli is how far apart the numbers of two feeds begin that are made a millisecond apart: more than a feed can gain in one. Times it the
// milliseconds since 1970 stay below 2^53, which a program in JavaScript can count to, until the year 2255.
const feedSequencesPerMilli = 1000

// firstOfFeed is the number of a new feed's first message. On a cluster a feed may be removed and made again while another process goes on writing to the
// one that it opened; the numbers of the two are apart, so a place in one is never a place in the other, however long they are (decisions.md, 16).
// Embedded there is no other process, and 0 leaves it to the server: from 1 on.
func (s *Store) firstOfFeed() uint64 {
	if s.server != nil {
		return 0
	}
	return uint64(time.Now().UnixMilli())*feedSequencesPerMilli + 1
}

// beforeFirst is the place before the first message of a feed with this configuration.
func beforeFirst(c jetstream.StreamConfig) uint64 { return max(c.FirstSeq, 1) - 1 }

// feedSingles is how many messages are published one after the other; more go in atomic batches. A single is one sync, a batch has a staging
// cost of 12 to 40 of them (decisions.md, 3).
const feedSingles = 16

// Feed is an authority's feed, to write to and to read back. It is for one goroutine.
type Feed struct {
	store     *Store
	authority string
	name      string // of the stream
	created   time.Time
	before    uint64 // the place before its first message
	batch     string // prefix of this feed's batch ids
	batches   uint64
}

// FeedMessage is a message as it is handed in, and as it stands.
type FeedMessage struct {
	Sequence uint64 // where it stands, without gap; the first is 1 in a data directory, and a great number on a cluster. Not looked at where it is handed in
	Kind     string // the last word of its subject: 1 to 64 of A-Z, a-z, 0-9, _ and -
	Data     []byte
}

// OpenFeed opens the feed of an authority. Errors: [ErrNoFeed]; text for a stream of its name that could lose or change what is on it.
func (s *Store) OpenFeed(ctx context.Context, authority string) (*Feed, error) {
	return s.feed(ctx, authority, func() (jetstream.Stream, error) { return s.stream(ctx, FeedStream(authority)) })
}

// CreateFeed is OpenFeed, and creates the feed if there is none.
func (s *Store) CreateFeed(ctx context.Context, authority string) (*Feed, error) {
	return s.feed(ctx, authority, func() (jetstream.Stream, error) {
		first := s.firstOfFeed()
		return s.createReplicated(ctx, func(replicas int) jetstream.StreamConfig { return feedConfig(authority, replicas, first) })
	})
}

func (s *Store) feed(ctx context.Context, authority string, open func() (jetstream.Stream, error)) (*Feed, error) {
	if !authorityPattern.MatchString(authority) {
		return nil, fmt.Errorf("authority %q: 1 to 32 of A-Z, a-z, 0-9 and - are expected", authority)
	}
	st, err := open()
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("%s: %w", authority, ErrNoFeed)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the feed of %s: %w", authority, err)
	}
	if err := checkFeed(authority, st.CachedInfo().Config); err != nil {
		return nil, err
	}
	return &Feed{store: s, authority: authority, name: FeedStream(authority), created: st.CachedInfo().Created, before: beforeFirst(st.CachedInfo().Config), batch: randomSecret(4)}, nil
}

// checkFeed refuses a stream that is not what a feed is, and says every reason.
func checkFeed(authority string, c jetstream.StreamConfig) error {
	bad := losses(feedConfig(authority, c.Replicas, c.FirstSeq), c)
	if len(bad) > 0 {
		return fmt.Errorf("stream %s is not a feed: %s; remove the stream, and careledger serve makes the feed again from the log", c.Name, strings.Join(bad, "; "))
	}
	return nil
}

// Authority is whose feed it is.
func (f *Feed) Authority() string { return f.authority }

// Last returns the message at the end of the feed; false where there is none.
func (f *Feed) Last(ctx context.Context) (FeedMessage, bool, error) {
	m, _, found, err := f.store.messageFromLeader(ctx, f.name, directGet{Last: FeedSubject(f.authority, ">")})
	if err != nil || !found {
		return FeedMessage{}, false, err
	}
	return f.message(m), true, nil
}

func (f *Feed) message(m stored) FeedMessage {
	return FeedMessage{Sequence: m.seq, Kind: strings.TrimPrefix(m.subject, FeedSubject(f.authority, "")), Data: m.data}
}

// Read calls fn with the messages from a sequence on (0 for all), in order, up to what stands when it is called, and returns where that ends, which is where
// the next message is to follow. Errors: [ErrNoFeed] if the
// stream that was opened has been removed, also where another stands in its place; fn's;
// what a reader meets; text if the feed lacks a message, because what stands can then not be summed.
func (f *Feed) Read(ctx context.Context, from uint64, fn func(FeedMessage) error) (last uint64, err error) {
	state, err := f.state(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading the feed of %s: %w", f.authority, err)
	}
	from = max(from, f.before+1)
	if state.LastSeq < from {
		return state.LastSeq, nil
	}
	js, err := jetstream.New(f.store.reads)
	if err != nil {
		return 0, err
	}
	consumer, err := js.OrderedConsumer(ctx, f.name, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from})
	if err != nil {
		return 0, fmt.Errorf("reading the feed of %s: %w", f.authority, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(fetchBatch))
	if err != nil {
		return 0, fmt.Errorf("reading the feed of %s: %w", f.authority, err)
	}
	defer messages.Stop()
	for next := from; next <= state.LastSeq; next++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return 0, fmt.Errorf("reading the feed of %s at %d: %w", f.authority, next, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return 0, fmt.Errorf("reading the feed of %s at %d: %w", f.authority, next, err)
		}
		if meta.Sequence.Stream != next {
			return 0, fmt.Errorf("the feed of %s lacks its message %d, so what stands on it cannot be summed; remove the stream %s, and careledger serve makes the feed again from the log", f.authority, next, f.name)
		}
		if err := fn(f.message(stored{seq: next, subject: m.Subject(), data: m.Data()})); err != nil {
			return 0, err
		}
	}
	return state.LastSeq, nil
}

// state is that of the stream that was opened. [ErrNoFeed]: it has been removed.
func (f *Feed) state(ctx context.Context) (jetstream.StreamState, error) {
	info, err := f.store.infoFromLeader(ctx, f.name)
	if errors.Is(err, jetstream.ErrStreamNotFound) || err == nil && !info.Created.Equal(f.created) {
		return info.State, fmt.Errorf("%w any more: the stream %s was removed", ErrNoFeed, f.name)
	}
	return info.State, err
}

// Publish puts messages at the end of the feed, if its last one is that of sequence after; they stand at the sequences that follow, in their order. After
// an error a beginning of them may stand there, and nothing else of them. Errors: [ErrConflict] if another message stands where one was to;
// [ErrDiskFull]; [ErrNoFeed]; [ErrUnknownOutcome] if the server does not say, and reading back does not tell.
func (f *Feed) Publish(ctx context.Context, after uint64, messages []FeedMessage) error {
	for len(messages) > 0 {
		n := min(len(messages), MaxCommit)
		if len(messages) <= feedSingles {
			n = 1
		}
		if err := f.publish(ctx, after, messages[:n]); err != nil {
			return fmt.Errorf("feed of %s, at %d: %w", f.authority, after+1, err)
		}
		after, messages = after+uint64(n), messages[n:]
	}
	return nil
}

// publish puts a piece on the feed whole. A crash leaves it whole or not there.
func (f *Feed) publish(ctx context.Context, after uint64, piece []FeedMessage) error {
	size := int64(0)
	for _, m := range piece {
		size += int64(len(m.Data)) + 256
	}
	if err := f.store.checkSpace(3 * size); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.store.config.OutcomeTimeout)
	defer cancel()
	for {
		a := f.send(ctx, after, piece)
		if !a.unknown {
			return a.err
		}
		if _, err := f.state(ctx); errors.Is(err, ErrNoFeed) {
			return err // its places are those of another feed, if there is one
		}
		// What is published again names its position, so it cannot stand there twice.
		there, err := f.readBack(ctx, after, piece)
		if err == nil && there || errors.Is(err, ErrConflict) {
			return err
		}
		if pause(ctx, retryPause) != nil {
			return fmt.Errorf("%w: %w", ErrUnknownOutcome, errors.Join(a.err, err))
		}
	}
}

// send publishes once and waits for the answer.
func (f *Feed) send(ctx context.Context, after uint64, piece []FeedMessage) answer {
	f.batches++
	var reply *nats.Msg
	for i, m := range piece {
		msg := &nats.Msg{Subject: FeedSubject(f.authority, m.Kind), Header: nats.Header{}, Data: m.Data}
		if i == 0 {
			msg.Header[headerPosition] = []string{strconv.FormatUint(after, 10)}
		}
		if len(piece) > 1 {
			msg.Header[headerBatchID] = []string{f.batch + strconv.FormatUint(f.batches, 36)}
			msg.Header[headerBatchSeq] = []string{strconv.Itoa(i + 1)}
		}
		if i < len(piece)-1 {
			if err := f.store.conn.PublishMsg(msg); err != nil {
				return answer{err: fmt.Errorf("publishing: %w", err), unknown: true}
			}
			continue
		}
		if len(piece) > 1 {
			msg.Header[headerBatchCommit] = []string{"1"}
		}
		ctx, cancel := context.WithTimeout(ctx, f.store.config.AckTimeout)
		defer cancel()
		var err error
		if reply, err = f.store.conn.RequestMsgWithContext(ctx, msg); err != nil {
			return answer{err: fmt.Errorf("publishing: %w", err), unknown: true}
		}
	}
	if drop := f.store.config.dropAck; drop != nil && drop(after+1) {
		return answer{err: errors.New("dropped"), unknown: true}
	}
	return parseAnswer(reply, after+uint64(len(piece)))
}

// readBack tells whether a piece stands where it should. ErrConflict: something else does.
func (f *Feed) readBack(ctx context.Context, after uint64, piece []FeedMessage) (bool, error) {
	for i, m := range piece {
		seq := after + uint64(i) + 1
		have, _, found, err := f.store.messageFromLeader(ctx, f.name, directGet{Seq: seq})
		switch {
		case err != nil:
			return false, err
		case !found && i == 0:
			return false, nil
		case !found:
			return false, fmt.Errorf("%d of %d messages are there", i, len(piece))
		case have.subject != FeedSubject(f.authority, m.Kind) || !bytes.Equal(have.data, m.Data):
			return false, fmt.Errorf("%w (message %d is another)", ErrConflict, seq)
		}
	}
	return true, nil
}

// Bytes returns how many messages the feed holds, and what they take on disk.
func (f *Feed) Bytes(ctx context.Context) (messages, bytes uint64, err error) {
	state, err := f.store.stateFromLeader(ctx, f.name)
	return state.Msgs, state.Bytes, err
}
