package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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
	Feeds       []FeedStanding          `json:"feeds,omitempty"`       // lag, by authority
	Subscribers []eventstore.Subscriber `json:"subscribers,omitempty"` // list, lag; by name
}

// Subscribers carries out a command on the subscribers of the BI feed.
func (l *Local) Subscribers(ctx context.Context, r SubscriberRequest) (answer *SubscriberAnswer, err error) {
	if r.Action == SubscriberAdd || r.Action == SubscriberRemove { // the others change nothing, and metrics ask them
		defer l.acted(true, commandSubscriber+string(r.Action), time.Now(), &err)
	}
	switch r.Action {
	case SubscriberAdd, SubscriberRemove:
		if err := eventstore.CheckSubscriberName(r.Name); err != nil {
			return nil, &Wrong{err}
		}
	case SubscriberList, SubscriberLag:
	default:
		return nil, &Wrong{fmt.Errorf("%q is not asked of subscribers; use add, list, lag or remove", r.Action)}
	}
	if err := l.holds(ctx, r.Authority); err != nil {
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
		feeds, err := l.Feeds(ctx)
		if err != nil {
			return nil, err
		}
		for _, f := range feeds {
			if r.Authority == "" || f.Authority == r.Authority {
				a.Feeds = append(a.Feeds, f)
			}
		}
	}
	a.Subscribers, err = l.store.Subscribers(ctx, r.Authority)
	return a, err
}

// Lags returns how far the feeds and their subscribers are, nothing while the logs are still being opened and folded.
func (l *Local) Lags(ctx context.Context) (*SubscriberAnswer, error) {
	l.mu.Lock()
	following := l.follow != nil
	l.mu.Unlock()
	if !following {
		return &SubscriberAnswer{}, nil
	}
	return l.Subscribers(ctx, SubscriberRequest{Action: SubscriberLag})
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

// holds refuses an authority that has no log here; "" names none.
func (l *Local) holds(ctx context.Context, authority string) error {
	if authority == "" {
		return nil
	}
	if err := domain.ParseAuthority(authority); err != nil {
		return &Wrong{fmt.Errorf("--authority: %w", err)}
	}
	all, err := l.store.Authorities(ctx)
	if err == nil && !slices.Contains(all, authority) {
		err = &NoLedgerError{Where: l.where(), Authority: authority}
	}
	return err
}
