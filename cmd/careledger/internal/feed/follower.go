package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// markEvery is how often a position is said at most where events change no row.
const markEvery = time.Second

// restAfterWhole bounds what following costs the ledger where everything has to be looked at again and again (a cap under which events keep coming): after
// each such look, so many times its duration of rest, in which events gather.
const restAfterWhole = 4

// Follower keeps a feed saying what a fact table says.
//
// What it knows of the feed is the feed itself: held are the rows that stand on it, put together as a subscriber does. So a crash at any point is made
// good by starting again: what was written stands in held, and what was not still differs from what the table says. Each message names the place
// where it is to stand, so that of two followers of one feed one writes it and the other reads what was written.
type Follower struct {
	feed  Stream
	told  func(position uint64)
	watch *projections.Watch

	last   uint64          // of the feed's messages: the last one read or written, or the place before the first
	held   map[string]held // by key
	on     uint64          // the greatest source sequence on the feed
	marked uint64          // that of its last position

	at      Known               // what the table says, as far as the watch has seen
	says    map[string]datum    // by key; nil before the first
	payouts map[string][]string // by payout: its keys in says
	dirty   map[string]bool     // keys whose row on the feed may not be what the table says

	markedAt time.Time // when a position was written or found last
	resting  time.Time // until when nothing is looked at
	level    atomic.Uint64
}

// Stream is what a follower needs of a feed; *eventstore.Feed is one.
type Stream interface {
	Authority() string
	Read(ctx context.Context, from uint64, fn func(eventstore.FeedMessage) error) (last uint64, err error)
	Publish(ctx context.Context, after uint64, messages []eventstore.FeedMessage) error
}

// held is a row that stands on the feed.
type held struct {
	id       string
	sequence uint64 // source sequence
	datum
}

// NewFollower returns a follower that has read nothing yet. told, if not nil, is called by Run with each Position that it comes to.
func NewFollower(table *projections.Table, feed Stream, told func(position uint64)) *Follower {
	if told == nil {
		told = func(uint64) {}
	}
	return &Follower{feed: feed, told: told, watch: table.Watch(), held: map[string]held{}, payouts: map[string][]string{}, dirty: map[string]bool{}}
}

// Position returns the event of the ledger up to which the feed says all that is known. It may be called from any goroutine.
func (f *Follower) Position() uint64 { return f.level.Load() }

// Run follows until the context ends, which is no error, or something fails: the feed cannot be read or written, or what stands cannot be computed. It may
// be called again after an error and goes on where it was, but for [eventstore.ErrNoFeed].
func (f *Follower) Run(ctx context.Context) error {
	if err := f.read(ctx); err != nil {
		return ended(ctx, err)
	}
	for {
		if err := f.next(ctx); err != nil {
			return ended(ctx, err)
		}
		if err := f.write(ctx); err != nil {
			return ended(ctx, err)
		}
	}
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// next waits until there is something to write: a change of what the table says, or a position that is due.
func (f *Follower) next(ctx context.Context) error {
	waiting := ctx
	if f.owing() {
		due, cancel := context.WithDeadline(ctx, f.markedAt.Add(markEvery))
		defer cancel()
		waiting = due
	}
	change, err := f.look(waiting)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return nil
		}
		return err
	}
	f.take(change)
	return nil
}

// look waits for the next change, and rests first where the last one took long.
func (f *Follower) look(ctx context.Context) (*projections.Change, error) {
	rest := time.NewTimer(time.Until(f.resting))
	defer rest.Stop()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-rest.C:
	}
	if err := f.watch.Wait(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	change, err := f.watch.Next(ctx)
	if err == nil && change.Whole {
		f.resting = time.Now().Add(restAfterWhole * time.Since(began))
	}
	return change, err
}

// owing says whether the feed stands further than its last position says, and it is for this follower to say so.
func (f *Follower) owing() bool {
	return f.says != nil && f.at.SourceSequence > f.marked && f.at.SourceSequence >= f.on
}

// take notes what the table says after a change.
func (f *Follower) take(c *projections.Change) {
	f.at = Known{Authority: f.feed.Authority(), Recorded: c.Recorded, SourceSequence: c.Sequence}
	if c.Whole {
		for key := range f.says {
			f.dirty[key] = true
		}
		for key := range f.held {
			f.dirty[key] = true
		}
		f.says, f.payouts = map[string]datum{}, map[string][]string{}
	}
	for _, d := range rowsOf(&c.Was) {
		f.add(d, -1)
	}
	for _, d := range rowsOf(&c.Is) {
		f.add(d, 1)
	}
	for _, p := range c.Payouts {
		f.takePayout(p)
	}
}

// add adds the numbers of a row to what the table says.
func (f *Follower) add(d datum, sign int64) {
	key := keyOf(f.at.Authority, d)
	f.dirty[key] = true
	was := f.says[key]
	if was == nil {
		was = d.emptied()
	}
	if is := was.plus(d, sign); !is.none() {
		f.says[key] = is
	} else {
		delete(f.says, key)
	}
}

// takePayout puts the lines of a payout's latest version in place of those before.
func (f *Follower) takePayout(p *domain.Payout) {
	id := p.Entity.ID()
	for _, key := range f.payouts[id] {
		f.dirty[key] = true
		delete(f.says, key)
	}
	f.payouts[id] = nil
	for _, d := range rowsOfPayout(p) {
		key := keyOf(f.at.Authority, d)
		f.dirty[key], f.says[key] = true, d
		f.payouts[id] = append(f.payouts[id], key)
	}
}

// write brings the feed to what the table says. What another follower wrote in between is read first, and only what it has not written is.
func (f *Follower) write(ctx context.Context) error {
	for {
		if f.on > f.at.SourceSequence { // the other one has seen more: what is dirty waits until the table has, too
			return nil
		}
		err := f.writeRows(ctx, f.differing())
		if err == nil {
			clear(f.dirty)
			f.level.Store(f.at.SourceSequence)
			f.told(f.at.SourceSequence)
			return nil
		}
		if !errors.Is(err, eventstore.ErrConflict) {
			return err
		}
		if err := f.read(ctx); err != nil {
			return err
		}
	}
}

// differing are the rows that the feed lacks, in their order.
func (f *Follower) differing() (rows []datum) {
	for key := range f.dirty {
		want, have := f.says[key], f.held[key]
		// A row that is known at this position stands: another follower wrote it, from the same facts.
		if want == have.datum || have.datum != nil && have.sequence == f.at.SourceSequence {
			continue
		}
		row := Row{Key: key, Known: f.at}
		if have.datum != nil {
			row.Retracts = have.id
		}
		if want == nil {
			want, row.Withdrawn = have.datum.emptied(), true
		}
		row.Effective = want.row().Effective
		rows = append(rows, want.with(row))
	}
	slices.SortFunc(rows, order)
	return rows
}

// writeRows writes rows and then the position; without rows the position alone, once it is due. A crash leaves a beginning of them, and the next follower
// finds the rest to differ still.
func (f *Follower) writeRows(ctx context.Context, rows []datum) error {
	due := f.owing() && (len(rows) > 0 || time.Since(f.markedAt) >= markEvery)
	for len(rows) > 0 || due {
		n := min(len(rows), eventstore.MaxCommit-1)
		messages := make([]eventstore.FeedMessage, 0, n+1)
		for _, d := range rows[:n] {
			r := d.row()
			m, err := encoded(d.kind(), r.Known, fmt.Sprintf("%s.%d", r.Key, r.SourceSequence), r.Key, d)
			if err != nil {
				return err
			}
			messages = append(messages, m)
		}
		if rows = rows[n:]; len(rows) == 0 && due {
			due = false
			mark, err := encoded(Position, f.at, strconv.FormatUint(f.at.SourceSequence, 10), "", PositionMark{f.at})
			if err != nil {
				return err
			}
			messages = append(messages, mark)
		}
		if err := f.feed.Publish(ctx, f.last, messages); err != nil {
			return err
		}
		for _, m := range messages {
			m.Sequence = f.last + 1
			if err := f.fold(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// read takes in what the feed has gained.
func (f *Follower) read(ctx context.Context) error {
	last, err := f.feed.Read(ctx, f.last+1, func(m eventstore.FeedMessage) error { return f.fold(m) })
	if err == nil {
		f.last = max(f.last, last) // an empty feed has a place to begin at too
	}
	return err
}

// fold puts one message to what stands on the feed.
func (f *Follower) fold(m eventstore.FeedMessage) error {
	d, err := decode(m)
	if err != nil {
		return err
	}
	f.last, f.on = m.Sequence, max(f.on, d.mark.SourceSequence)
	if d.row == nil {
		f.marked, f.markedAt = d.mark.SourceSequence, time.Now()
		return nil
	}
	r := d.row.row()
	f.dirty[r.Key] = true
	if r.Withdrawn {
		delete(f.held, r.Key)
		return nil
	}
	f.held[r.Key] = held{d.id, r.SourceSequence, d.row.with(Row{Effective: r.Effective})}
	return nil
}
