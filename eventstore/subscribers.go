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
	Damaged   string // why it is not let in: what is wrong with which file, and what to do; then nothing but Name is known. "" where nothing is wrong
	Authority string
	Stream    string // the feed
	Added     time.Time
	Consumer  bool      // whether its consumer is there: it may have deleted it, to begin anew
	Position  uint64    // how many messages from the beginning of the feed are acknowledged without gap
	Pending   uint64    // messages of the feed that are not acknowledged yet; all of them without consumer
	Connected *bool     // whether it has a connection now; nil with ServerURL, where that is not known
	Seen      time.Time // when it last took or acknowledged something, since the server started; zero where that is not known
}

// ErrNoSubscriber: there is no subscriber of this name.
var ErrNoSubscriber = errors.New("no such subscriber")

// ErrSubscriberExists: there is a subscriber of this name, or of one that differs in upper and lower case alone, and its password is not
// known to anybody but itself.
var ErrSubscriberExists = errors.New("there is a subscriber of this name")

// admission is what the file of a subscriber says.
type admission struct {
	Name      string    `json:"name"`
	Authority string    `json:"authority"`
	Added     time.Time `json:"added"`
	Password  string    `json:"password_sha256"` // hex. The password is 256 random bits, so a plain hash cannot be searched

	damaged error // the file cannot be read as one; then only Name is set
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
		taken, err := s.consumerNames(ctx, stream)
		if err != nil {
			return "", err
		}
		if other, is := sameName(taken, name); is {
			return "", fmt.Errorf("%s: %w: the stream %s has a consumer %s", name, ErrSubscriberExists, stream, other)
		}
		return "", s.createSubscription(ctx, stream, name)
	}
	taken, err := s.subscriberNames()
	if err != nil {
		return "", err
	}
	if other, is := sameName(taken, name); other == name && is {
		return "", fmt.Errorf("%s: %w; remove it first to give it a new password and begin anew", name, ErrSubscriberExists)
	} else if is {
		return "", fmt.Errorf("%s: %w in other letters, %s: not every disk tells upper and lower case apart; take another name", name, ErrSubscriberExists, other)
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
	names, err := s.subscriberNames()
	if err != nil {
		return err
	}
	a := s.readSubscriber(name)
	if !slices.Contains(names, name) || a.damaged == nil && authority != "" && a.Authority != authority {
		return fmt.Errorf("%s: %w", name, ErrNoSubscriber)
	}
	if err := errors.Join(os.Remove(s.subscriberFile(name)), syncDir(s.subscribersDir())); err != nil {
		return fmt.Errorf("removing the subscriber %s: %w", name, err)
	}
	// From here on it is not let in, also after a crash. A consumer that stays behind costs nothing and is deleted when the name is added again.
	if err := s.gate.dismiss(name); err != nil {
		return err
	}
	authorities := []string{a.Authority}
	if a.damaged != nil { // which feed it followed is not known; on the others there is none of this name
		if authorities, err = s.Authorities(ctx); err != nil {
			return err
		}
	}
	for _, authority := range authorities {
		if err := s.deleteSubscription(ctx, FeedStream(authority), name); err != nil {
			return err
		}
	}
	return nil
}

// Subscribers lists who follows the feed of an authority, of all with "", by name; and those whose file is damaged, because of which authority they are is
// not known. With ServerURL: the durable consumers that AddSubscriber made.
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
		if a.damaged != nil {
			all = append(all, Subscriber{Name: a.Name, Damaged: a.damaged.Error()})
			continue
		}
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
	sub.stands(i, beforeFirst(stream.CachedInfo().Config))
	return nil
}

// stands takes over what the server says of the consumer of a feed whose first message follows a place.
func (sub *Subscriber) stands(i *jetstream.ConsumerInfo, before uint64) {
	sub.Consumer = true
	sub.Position = max(i.AckFloor.Stream, before) - before
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
			sub.stands(i, beforeFirst(stream.CachedInfo().Config))
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

// sameName finds the name that is this one but for upper and lower case, and this one itself before others.
func sameName(names []string, name string) (same string, is bool) {
	if slices.Contains(names, name) {
		return name, true
	}
	i := slices.IndexFunc(names, func(other string) bool { return strings.EqualFold(other, name) })
	if i < 0 {
		return "", false
	}
	return names[i], true
}

// consumerNames are the names of a stream's consumers.
func (s *Store) consumerNames(ctx context.Context, stream string) (names []string, err error) {
	err = s.answered(ctx, func(ctx context.Context) error {
		names = nil
		st, err := s.js.Stream(ctx, stream)
		if err != nil {
			return err
		}
		lister := st.ConsumerNames(ctx)
		for name := range lister.Name() {
			names = append(names, name)
		}
		return lister.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("listing the consumers of %s: %w", stream, err)
	}
	return names, nil
}

// subscriberNames are the names of all subscribers, in order: those of their files, as they are spelt there.
func (s *Store) subscriberNames() (names []string, err error) {
	files, err := os.ReadDir(s.subscribersDir())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the subscribers: %w", err)
	}
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), subscriberSuffix); ok { // another is one that was being written when the process was killed
			names = append(names, name)
		}
	}
	return names, nil
}

// readSubscribers reads the files of all subscribers, by name.
func (s *Store) readSubscribers() (all []admission, err error) {
	names, err := s.subscriberNames()
	for _, name := range names {
		all = append(all, s.readSubscriber(name))
	}
	return all, err
}

// readSubscriber reads the file of a subscriber. One that is damaged is that subscriber's loss and nobody else's.
func (s *Store) readSubscriber(name string) admission {
	var a admission
	b, err := os.ReadFile(s.subscriberFile(name))
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		err = d.Decode(&a)
	}
	if hash, bad := hex.DecodeString(a.Password); err == nil && (bad != nil || len(hash) != sha256.Size || a.Name != name || CheckSubscriberName(name) != nil || !authorityPattern.MatchString(a.Authority)) {
		err = errors.New("a part is missing or altered")
	}
	if err == nil {
		return a
	}
	cure := "remove the subscriber and add it again, or put the file back from a backup before the next start"
	if CheckSubscriberName(name) != nil {
		cure = "it is no name of a subscriber, so remove the file"
	}
	return admission{Name: name, damaged: fmt.Errorf("the file %s of the subscriber %s is damaged (%w); it is not let in; %s", s.subscriberFile(name), name, err, cure)}
}

// admitSubscribers lets those in that were added before, except those whose file is damaged (Subscribers tells of them). Only a server that listens lets
// anybody in.
func (s *Store) admitSubscribers() error {
	if s.config.Listen == "" {
		return nil
	}
	all, err := s.readSubscribers()
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.damaged != nil {
			continue
		}
		if err := s.gate.admit(a); err != nil {
			return err
		}
	}
	return nil
}
