package eventstore

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// A subscriber is a program outside that follows the feed of one authority through a durable consumer with its own name, and can do
// nothing else. Embedded, a file for each says who they are, and each is in a NATS account of its own in which nothing
// exists but the calls on that consumer (decisions.md, 15). With ServerURL the users are the operator's, and the consumer is what there is.

const (
	subscriberSuffix = ".json"
	subscriberMark   = "careledger.subscriber" // metadata of the consumers that this store makes

	// subscriberUnacknowledged is how many messages a subscriber may hold without having acknowledged them, and what a consumer that it makes
	// itself may ask for. The server keeps a few bytes for each.
	subscriberUnacknowledged = 5000
	// subscriberFilters is how many filters such a consumer may have: the server looks at all of them for each message.
	subscriberFilters = 16
	// subscriberAckWait is after how long a message that was delivered and not acknowledged is delivered again.
	subscriberAckWait = 30 * time.Second
	// subscriberAckLeast is the shortest such time that a consumer that a subscriber makes itself may ask for. The server goes through all that is not
	// acknowledged each time that it is over.
	subscriberAckLeast = 100 * time.Millisecond
)

// Subscriber is a program that follows the feed of an authority, and how far it is.
type Subscriber struct {
	Name      string // its user, and its durable consumer: 1 to 64 of A-Za-z0-9_-
	Authority string
	Stream    string // the feed
	Added     time.Time
	Consumer  bool      // whether its consumer is there: it may have deleted it, to begin anew
	Position  uint64    // sequence in the feed up to which everything is acknowledged
	Pending   uint64    // messages of the feed that are not acknowledged yet; all of them without consumer
	Connected *bool     // whether it has a connection now; nil with ServerURL, where that is not known
	Seen      time.Time // when it last took or acknowledged something, since the server started; zero where that is not known
}

// ErrNoSubscriber: there is no subscriber of this name.
var ErrNoSubscriber = errors.New("no such subscriber")

// ErrSubscriberExists: there is a subscriber of this name, and its password is not known to anybody but itself.
var ErrSubscriberExists = errors.New("there is a subscriber of this name")

// admission is what the file of a subscriber says.
type admission struct {
	Name      string    `json:"name"`
	Authority string    `json:"authority"`
	Added     time.Time `json:"added"`
	Password  string    `json:"password_sha256"` // hex. The password is 256 random bits, so a plain hash cannot be searched

	account *server.Account
}

// CheckSubscriberName refuses what cannot be the name of a user, a consumer and a file.
func CheckSubscriberName(name string) error {
	if !isToken(name) {
		return fmt.Errorf("subscriber %q: 1 to 64 of A-Z, a-z, 0-9, _ and - are expected", name)
	}
	return nil
}

// AddSubscriber makes the durable consumer of a new subscriber, from the beginning of the feed, and embedded its user, whose password it
// returns: it is kept as a hash only. With ServerURL there is no password; users are the operator's. The feed must be there.
// Errors: [ErrSubscriberExists].
func (s *Store) AddSubscriber(ctx context.Context, name, authority string) (password string, err error) {
	if err := CheckSubscriberName(name); err != nil {
		return "", err
	}
	s.subscribing.Lock()
	defer s.subscribing.Unlock()
	stream := FeedStream(authority)
	if s.server == nil {
		if _, err := s.subscription(ctx, stream, name); err == nil {
			return "", fmt.Errorf("%s: %w: the stream %s has a consumer of this name", name, ErrSubscriberExists, stream)
		} else if !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return "", err
		}
		return "", s.createSubscription(ctx, stream, name)
	}
	if _, err := os.Lstat(s.subscriberFile(name)); err == nil {
		return "", fmt.Errorf("%s: %w; remove it first to give it a new password and begin anew", name, ErrSubscriberExists)
	}
	// A consumer without a file is what an interrupted removal left. Its position is nobody's.
	if err := s.deleteSubscription(ctx, stream, name); err != nil {
		return "", err
	}
	if err := s.createSubscription(ctx, stream, name); err != nil {
		return "", err
	}
	// A crash here leaves a consumer that nobody can use; adding again begins with it.
	password = randomSecret(32)
	hash := sha256.Sum256([]byte(password))
	a := admission{Name: name, Authority: authority, Added: time.Now().UTC().Truncate(time.Second), Password: hex.EncodeToString(hash[:])}
	b, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	if err := errors.Join(makeDir(s.subscribersDir()), writeAtomic(s.subscriberFile(name), append(b, '\n'))); err != nil {
		return "", fmt.Errorf("writing down the subscriber %s: %w", name, err)
	}
	return password, s.gate.admit(a)
}

// RemoveSubscriber ends a subscriber: its user is refused from here on, its connections are cut, its consumer is deleted. authority may be "" embedded,
// where a name is of one authority. Errors: [ErrNoSubscriber].
func (s *Store) RemoveSubscriber(ctx context.Context, name, authority string) error {
	if err := CheckSubscriberName(name); err != nil {
		return err
	}
	s.subscribing.Lock()
	defer s.subscribing.Unlock()
	if s.server == nil {
		stream := FeedStream(authority)
		i, err := s.subscription(ctx, stream, name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) || err == nil && !isSubscription(i) {
			return fmt.Errorf("%s: %w: careledger has made no consumer of this name on the stream %s", name, ErrNoSubscriber, stream)
		}
		if err != nil {
			return err
		}
		return s.deleteSubscription(ctx, stream, name)
	}
	a, err := s.readSubscriber(name)
	if errors.Is(err, os.ErrNotExist) || err == nil && authority != "" && a.Authority != authority {
		return fmt.Errorf("%s: %w", name, ErrNoSubscriber)
	}
	damaged := err // it is removed all the same; which stream its consumer is on is then not known
	if err := errors.Join(os.Remove(s.subscriberFile(name)), syncDir(s.subscribersDir())); err != nil {
		return fmt.Errorf("removing the subscriber %s: %w", name, err)
	}
	// From here on it is not let in, also after a crash. A consumer that stays behind costs nothing and is deleted when the name is added again.
	if err := s.gate.dismiss(name); err != nil {
		return err
	}
	if damaged != nil {
		return nil
	}
	return s.deleteSubscription(ctx, FeedStream(a.Authority), name)
}

// Subscribers lists who follows the feed of an authority, of all with "", by name. With ServerURL: the durable consumers that AddSubscriber made.
func (s *Store) Subscribers(ctx context.Context, authority string) ([]Subscriber, error) {
	var all []Subscriber
	if s.server == nil {
		return s.listSubscriptions(ctx, authority)
	}
	admitted, err := s.readSubscribers()
	if err != nil {
		return nil, err
	}
	for _, a := range admitted {
		if authority != "" && a.Authority != authority {
			continue
		}
		sub := Subscriber{Name: a.Name, Authority: a.Authority, Stream: FeedStream(a.Authority), Added: a.Added}
		if err := s.position(ctx, &sub); err != nil {
			return nil, err
		}
		connections, err := s.gate.connections(a.Name)
		if err != nil {
			return nil, err
		}
		connected := len(connections) > 0
		sub.Connected = &connected
		for _, c := range connections {
			sub.Seen = later(sub.Seen, c.LastActivity)
		}
		all = append(all, sub)
	}
	return all, nil
}

// position asks the server how far a subscriber is.
func (s *Store) position(ctx context.Context, sub *Subscriber) error {
	stream, err := s.stream(ctx, sub.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil // a copy of a data directory without its feed: it has to be added anew there
	}
	if err != nil {
		return fmt.Errorf("looking at the feed %s: %w", sub.Stream, err)
	}
	i, err := s.subscription(ctx, sub.Stream, sub.Name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		sub.Pending = stream.CachedInfo().State.Msgs
		return nil
	}
	if err != nil {
		return err
	}
	sub.stands(i)
	return nil
}

// stands takes over what the server says of the consumer.
func (sub *Subscriber) stands(i *jetstream.ConsumerInfo) {
	sub.Consumer = true
	sub.Position = i.AckFloor.Stream
	sub.Pending = i.NumPending + uint64(i.NumAckPending)
	for _, t := range []*time.Time{i.Delivered.Last, i.AckFloor.Last} {
		if t != nil {
			sub.Seen = later(sub.Seen, *t)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// listSubscriptions lists the consumers that AddSubscriber made on a server elsewhere.
func (s *Store) listSubscriptions(ctx context.Context, authority string) (all []Subscriber, err error) {
	authorities := []string{authority}
	if authority == "" {
		if authorities, err = s.Authorities(ctx); err != nil {
			return nil, err
		}
	}
	for _, a := range authorities {
		stream, err := s.stream(ctx, FeedStream(a))
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("looking at the feed %s: %w", FeedStream(a), err)
		}
		consumers := stream.ListConsumers(ctx)
		for i := range consumers.Info() {
			if !isSubscription(i) {
				continue
			}
			sub := Subscriber{Name: i.Name, Authority: a, Stream: i.Stream, Added: i.Created}
			sub.stands(i)
			all = append(all, sub)
		}
		if err := consumers.Err(); err != nil {
			return nil, fmt.Errorf("listing the consumers of %s: %w", FeedStream(a), err)
		}
	}
	slices.SortFunc(all, func(a, b Subscriber) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Authority, b.Authority))
	})
	return all, nil
}

// subscription looks the consumer of a subscriber up.
func (s *Store) subscription(ctx context.Context, stream, name string) (i *jetstream.ConsumerInfo, err error) {
	err = s.answered(ctx, func(ctx context.Context) error {
		consumer, err := s.js.Consumer(ctx, stream, name)
		if err == nil {
			i = consumer.CachedInfo()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking at the consumer %s of %s: %w", name, stream, err)
	}
	return i, nil
}

// isSubscription says whether AddSubscriber made the consumer.
func isSubscription(i *jetstream.ConsumerInfo) bool {
	_, ours := i.Config.Metadata[subscriberMark]
	return ours
}

// createSubscription makes the consumer of a subscriber.
func (s *Store) createSubscription(ctx context.Context, stream, name string) error {
	return s.answered(ctx, func(ctx context.Context) error {
		_, err := s.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
			Durable:       name,
			AckPolicy:     jetstream.AckExplicitPolicy,
			AckWait:       subscriberAckWait,
			MaxAckPending: subscriberUnacknowledged,
			Metadata:      map[string]string{subscriberMark: name},
		})
		if err != nil {
			return fmt.Errorf("making the consumer %s of %s: %w", name, stream, err)
		}
		return nil
	})
}

// deleteSubscription deletes the consumer of a subscriber, if it is there.
func (s *Store) deleteSubscription(ctx context.Context, stream, name string) error {
	err := s.answered(ctx, func(ctx context.Context) error { return s.js.DeleteConsumer(ctx, stream, name) })
	if err == nil || errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	return fmt.Errorf("deleting the consumer %s of %s: %w", name, stream, err)
}

func (s *Store) subscribersDir() string { return filepath.Join(s.config.Dir, "subscribers") }

func (s *Store) subscriberFile(name string) string {
	return filepath.Join(s.subscribersDir(), name+subscriberSuffix)
}

// readSubscribers reads the files of all subscribers, by name.
func (s *Store) readSubscribers() (all []admission, err error) {
	files, err := os.ReadDir(s.subscribersDir())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the subscribers: %w", err)
	}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), subscriberSuffix)
		if !ok {
			continue // one that was being written when the process was killed
		}
		a, err := s.readSubscriber(name)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// readSubscriber reads the file of a subscriber.
func (s *Store) readSubscriber(name string) (admission, error) {
	b, err := os.ReadFile(s.subscriberFile(name))
	if err != nil {
		return admission{}, fmt.Errorf("reading the subscriber %s: %w", name, err)
	}
	var a admission
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err = d.Decode(&a)
	if hash, bad := hex.DecodeString(a.Password); err == nil && (bad != nil || len(hash) != sha256.Size || a.Name != name || !authorityPattern.MatchString(a.Authority)) {
		err = errors.New("a part is missing or altered")
	}
	if err != nil {
		return admission{}, fmt.Errorf("the file %s of the subscriber %s is damaged (%w); remove the subscriber and add it again", s.subscriberFile(name), name, err)
	}
	return a, nil
}

// admitSubscribers lets those in that were added before. Only a server that listens lets anybody in.
func (s *Store) admitSubscribers() error {
	if s.config.Listen == "" {
		return nil
	}
	all, err := s.readSubscribers()
	if err != nil {
		return err
	}
	for _, a := range all {
		if err := s.gate.admit(a); err != nil {
			return err
		}
	}
	return nil
}
