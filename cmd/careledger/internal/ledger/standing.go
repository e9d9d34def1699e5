package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"careledger/cmd/careledger/internal/report"
	"careledger/eventstore"
)

// Standing is how far an authority's log reaches, and what rests on it.
type Standing struct {
	Authority string
	Position  uint64    // of the log: events that are durable and witnessed
	Folded    uint64    // of them, in the facts that questions are answered from
	Signed    uint64    // of them, under the last checkpoint; 0 if nothing was signed
	SignedAt  time.Time // zero if nothing was signed
}

// Standings returns how far each log that is open here reaches, by authority. What was signed is told by the names of files, which are not verified;
// an error of reading them is returned beside the rest.
func (l *Local) Standings() (all []Standing, err error) {
	for _, o := range l.openLogs() {
		s := Standing{Authority: o.log.Authority(), Folded: o.table.Position()} // first: a fold never passes the log's head
		s.Position = o.log.Head().Sequence
		var failed error
		s.Signed, s.SignedAt, failed = o.log.LastSigned()
		if failed != nil && !errors.Is(failed, eventstore.ErrNoProofDir) {
			err = errors.Join(err, fmt.Errorf("authority %s: %w", s.Authority, failed))
		}
		all = append(all, s)
	}
	return all, err
}

// Head returns the last event of an authority's log that is durable and witnessed (Standing.Position), false if the log is not open here. It
// reads no file: pages ask for it each time.
func (l *Local) Head(authority string) (sequence uint64, open bool) {
	for _, o := range l.openLogs() {
		if o.log.Authority() == authority {
			return o.log.Head().Sequence, true
		}
	}
	return 0, false
}

// openLogs returns the logs that are open here, by authority.
func (l *Local) openLogs() (all []*openLog) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.books {
		if o := b.opened.Load(); o != nil {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *openLog) int { return cmp.Compare(a.log.Authority(), b.log.Authority()) })
	return all
}

// Ready returns nil if the ledger serves as it should: every log is open, folded to the head that it has at the call, and followed from there. Otherwise the
// error says in words what is not so; it names no case. It waits for the folds until the context ends. A log that another process has made on a
// cluster since this one started is opened by the first question about it, and is no part of this.
func (l *Local) Ready(ctx context.Context) error {
	l.mu.Lock()
	f := l.follow
	l.mu.Unlock()
	if f == nil {
		return errors.New("the logs are still being opened and folded")
	}
	var errs []error
	if !l.store.Connected() {
		errs = append(errs, errors.New("there is no connection with the NATS server that holds the logs"))
	}
	for _, o := range l.openLogs() {
		authority, head := o.log.Authority(), o.log.Head().Sequence
		err := o.table.WaitFor(ctx, head)
		switch {
		case err != nil && ctx.Err() != nil:
			errs = append(errs, fmt.Errorf("the log of %s has %s, of which %d are folded so far", authority, report.Counted(head, "event"), o.table.Position()))
		case err != nil || f.ended(authority):
			errs = append(errs, fmt.Errorf("the log of %s is no longer folded, since event %d; restart careledger serve, which says why", authority, o.table.Position()))
		}
	}
	return errors.Join(errs...)
}
