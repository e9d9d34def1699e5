package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"careledger/cmd/careledger/internal/feed"
	"careledger/eventstore"
)

// A serving ledger keeps a feed for each authority (package feed). It is written from the facts, behind the log: nothing that goes wrong with it holds up
// the ledger or ends serving; it is told (Config.Fed) and tried again.

// FeedReport is what Config.Fed is told: a feed has come level with its log for the first time, or again after something went wrong; or what goes wrong.
type FeedReport struct {
	Authority string
	Position  uint64 // the event of the ledger that the feed is level with
	Err       error
}

// FeedStanding is how far an authority's feed reaches.
type FeedStanding struct {
	Authority string `json:"authority"`
	Log       uint64 `json:"log"`      // the last event of the ledger
	Position  uint64 `json:"position"` // the event up to which the feed says all that is known
	Messages  uint64 `json:"messages"`
	Bytes     uint64 `json:"bytes"`          // on disk
	Held      string `json:"held,omitempty"` // why this process does not get on with it, and tries again; "" where it does, or does not serve
}

// Lag returns how many events the ledger has that the feed does not speak of yet.
func (s FeedStanding) Lag() uint64 { return s.Log - min(s.Log, s.Position) }

const (
	feedRetry     = time.Second // after the first failure; twice as long after each that follows
	feedRetryMost = 30 * time.Second
)

// Feeds returns how far the feeds reach, in order of authority; an authority that has never been served has none. Where this process does not serve, the
// position is that of the feed's last message: events after it that changed nothing are not counted.
func (l *Local) Feeds(ctx context.Context) ([]FeedStanding, error) {
	authorities, err := l.store.Authorities(ctx)
	if err != nil {
		return nil, err
	}
	var all []FeedStanding
	for _, a := range authorities {
		stream, err := l.store.OpenFeed(ctx, a)
		if errors.Is(err, eventstore.ErrNoFeed) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s, err := l.feedStanding(ctx, stream)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (l *Local) feedStanding(ctx context.Context, stream *eventstore.Feed) (s FeedStanding, err error) {
	s.Authority = stream.Authority()
	b, err := l.book(ctx, s.Authority)
	if err != nil {
		return s, err
	}
	o := b.opened.Load()
	if o == nil {
		return s, &NoLedgerError{Where: l.where(), Authority: s.Authority}
	}
	if f := o.feed.Load(); f != nil {
		s.Position = f.Position()
	}
	if held := o.held.Load(); held != nil {
		s.Held = *held
	}
	if s.Position == 0 {
		if s.Position, err = feed.Level(ctx, stream); err != nil {
			return s, err
		}
	}
	s.Log = o.log.Head().Sequence // after the position: it only grows
	s.Messages, s.Bytes, err = stream.Bytes(ctx)
	return s, err
}

// keepFeed keeps an authority's feed until the follower ends.
func (f *follower) keepFeed(l *Local, o *openLog) {
	// Told once after each start: by then the feed says what the log held when it began.
	telling, goal := true, uint64(0)
	level := func(position uint64) {
		if telling && position >= goal {
			telling = false
			o.held.Store(nil)
			l.fed(FeedReport{Authority: o.log.Authority(), Position: position})
		}
	}
	var following *feed.Follower
	for wait := feedRetry; f.ctx.Err() == nil; wait = min(2*wait, feedRetryMost) {
		telling, goal = true, o.log.Head().Sequence
		var err error
		if following == nil {
			following, err = l.openFeed(f.ctx, o, level)
		}
		if err == nil {
			o.feed.Store(following)
			err = following.Run(f.ctx)
		}
		if err == nil || f.ctx.Err() != nil {
			return
		}
		if !telling {
			wait = feedRetry // it went well in between
		}
		if errors.Is(err, eventstore.ErrNoFeed) {
			following = nil // somebody removed the stream: it is made again
		}
		held := err.Error()
		o.held.Store(&held)
		l.fed(FeedReport{Authority: o.log.Authority(), Err: err})
		select {
		case <-f.ctx.Done():
		case <-time.After(wait):
		}
	}
}

// openFeed opens an authority's feed, or makes it.
func (l *Local) openFeed(ctx context.Context, o *openLog, level func(position uint64)) (*feed.Follower, error) {
	stream, err := l.store.CreateFeed(ctx, o.log.Authority())
	if err != nil {
		return nil, err
	}
	at, err := feed.Level(ctx, stream)
	if err != nil {
		return nil, err
	}
	// On a cluster another process may have seen more of the log; embedded, nobody has.
	if head := o.log.Head(); l.config.ServerURL == "" && at > head.Sequence {
		return nil, fmt.Errorf("the feed of %s speaks of event %d, and the log ends at event %d: it is the feed of a longer log, from before the log was restored; remove the stream %s, and it is made again",
			o.log.Authority(), at, head.Sequence, eventstore.FeedStream(o.log.Authority()))
	}
	return feed.NewFollower(o.table, stream, level), nil
}

func (l *Local) fed(r FeedReport) {
	if l.config.Fed != nil {
		l.config.Fed(r)
	}
}
