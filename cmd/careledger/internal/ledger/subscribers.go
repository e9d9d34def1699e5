package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"careledger/domain"
	"careledger/eventstore"
)

// SubscriberAction says what is asked of the subscribers of the BI feed.
type SubscriberAction string

// What can be asked.
const (
	SubscriberAdd    SubscriberAction = "add"    // Name of Authority gets a user and a consumer
	SubscriberRemove SubscriberAction = "remove" // Name is cut off
	SubscriberList   SubscriberAction = "list"   // all, or those of Authority
	SubscriberLag    SubscriberAction = "lag"    // list, and how far the feeds are
)

// SubscriberRequest is a command on the subscribers of the BI feed with everything it needs, so that it can be put to another process.
type SubscriberRequest struct {
	Action    SubscriberAction `json:"action"`
	Authority string           `json:"authority,omitempty"` // list and lag: "" for all; else "" where the ledger holds one
	Name      string           `json:"name,omitempty"`      // add, remove
}

// SubscriberAnswer is what there is now.
type SubscriberAnswer struct {
	Authority   string                  `json:"authority,omitempty"`   // add, remove: of the subscriber
	Password    string                  `json:"password,omitempty"`    // add: nobody can read it again. "" with --server, where users are the operator's
	URL         string                  `json:"url,omitempty"`         // add: where the careledger that serves listens; "" if none does
	Feeds       []FeedLag               `json:"feeds,omitempty"`       // lag, by authority
	Subscribers []eventstore.Subscriber `json:"subscribers,omitempty"` // list, lag; by name
}

// FeedLag is how far the feed of an authority is behind its ledger.
type FeedLag struct {
	Authority string `json:"authority"`
	Position  uint64 `json:"position"` // event of the ledger up to which the feed says what is known; 0 for a feed that was never published
	Head      uint64 `json:"head"`     // last event of the ledger
	Messages  uint64 `json:"messages"` // sequence of the last message of the feed
}

// Subscribers carries out a command on the subscribers of the BI feed.
func (l *Local) Subscribers(ctx context.Context, r SubscriberRequest) (*SubscriberAnswer, error) {
	switch r.Action {
	case SubscriberAdd, SubscriberRemove:
		if err := eventstore.CheckSubscriberName(r.Name); err != nil {
			return nil, &Wrong{err}
		}
	case SubscriberList, SubscriberLag:
	default:
		return nil, &Wrong{fmt.Errorf("%q is not asked of subscribers; use add, list, lag or remove", r.Action)}
	}
	authorities, err := l.held(ctx, r.Authority)
	if err != nil {
		return nil, err
	}
	switch r.Action {
	case SubscriberAdd:
		return l.addSubscriber(ctx, r)
	case SubscriberRemove:
		return l.removeSubscriber(ctx, r)
	}
	a := &SubscriberAnswer{}
	if r.Action == SubscriberLag {
		for _, authority := range authorities {
			lag, err := l.feedLag(ctx, authority)
			if err != nil {
				return nil, err
			}
			a.Feeds = append(a.Feeds, *lag)
		}
	}
	a.Subscribers, err = l.store.Subscribers(ctx, r.Authority)
	return a, err
}

func (l *Local) addSubscriber(ctx context.Context, r SubscriberRequest) (_ *SubscriberAnswer, err error) {
	if r.Authority == "" {
		if r.Authority, err = l.Authority(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := l.store.CreateFeed(ctx, r.Authority); err != nil { // a subscriber may be added before anything was published
		return nil, err
	}
	password, err := l.store.AddSubscriber(ctx, r.Name, r.Authority)
	if err != nil {
		return nil, err
	}
	return &SubscriberAnswer{Authority: r.Authority, Password: password, URL: l.store.ClientURL()}, nil
}

func (l *Local) removeSubscriber(ctx context.Context, r SubscriberRequest) (_ *SubscriberAnswer, err error) {
	if r.Authority == "" && l.config.ServerURL != "" { // a consumer is looked for on one stream; in a data directory the name says which
		if r.Authority, err = l.Authority(ctx); err != nil {
			return nil, err
		}
	}
	if err := l.store.RemoveSubscriber(ctx, r.Name, r.Authority); errors.Is(err, eventstore.ErrNoSubscriber) {
		return nil, fmt.Errorf("%w; careledger bi list shows those there are", err)
	} else if err != nil {
		return nil, err
	}
	return &SubscriberAnswer{Authority: r.Authority}, nil
}

// held are the authority that is named, or with "" all that have a log here.
func (l *Local) held(ctx context.Context, named string) ([]string, error) {
	if named != "" {
		if err := domain.ParseAuthority(named); err != nil {
			return nil, &Wrong{fmt.Errorf("--authority: %w", err)}
		}
	}
	all, err := l.store.Authorities(ctx)
	if err != nil || named == "" {
		return all, err
	}
	if !slices.Contains(all, named) {
		return nil, &NoLedgerError{Where: l.where(), Authority: named}
	}
	return []string{named}, nil
}

// feedLag compares a feed with its ledger.
func (l *Local) feedLag(ctx context.Context, authority string) (*FeedLag, error) {
	log, err := l.store.OpenLog(ctx, authority)
	if err != nil {
		return nil, err
	}
	head := log.Head()
	if l.config.ServerURL != "" { // others may have written
		if head, err = log.Refresh(ctx); err != nil {
			return nil, err
		}
	}
	return &FeedLag{Authority: authority, Head: head.Sequence}, nil
}
