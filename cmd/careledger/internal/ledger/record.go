package ledger

import (
	"context"
	"errors"
	"time"

	"careledger/domain"
	"careledger/eventstore"
)

// Record takes one record and returns the sequence of its event when it is durable, and whether it was there before. Many may be
// under way at once. It returns domain.Problems if the record is refused.
func (l *Local) Record(ctx context.Context, line []byte) (sequence uint64, duplicate bool, err error) {
	e, ps := domain.ParseRecord(line, time.Now())
	if len(ps) > 0 {
		return 0, false, ps
	}
	b, err := l.book(ctx, e.Authority)
	if err != nil {
		return 0, false, err
	}
	d, err := l.append(ctx, b, func(*writer) (domain.Event, error) { return e, nil })
	return d.sequence, d.duplicate, err
}

// standing is what make returns in place of an event where there is nothing to write: the event of an id says it already. That may be on
// its way to the log still, so whoever is told so is told when it is durable.
type standing struct{ event string }

func (s *standing) Error() string { return "event " + s.event + " says it already" }

// append decides the event that make returns on what the writer holds, and returns when it is durable. make is called again where
// somebody else wrote in between. It returns domain.Problems if the event is refused, and the error of make.
func (l *Local) append(ctx context.Context, b *book, make func(*writer) (domain.Event, error)) (decision, error) {
	for ours := false; ; {
		w, d, pending, err := l.submit(ctx, b, make)
		for _, p := range pending {
			if err == nil {
				err = p.Wait(ctx)
			}
		}
		if err == nil {
			d.duplicate = d.duplicate && !ours
			return d, nil
		}
		if refused := (domain.Problems)(nil); errors.As(err, &refused) {
			return d, refused
		}
		ours = ours || !d.duplicate && len(pending) > 0 // it may be on the log after all, and is then found there
		l.forget(b, w)
		moved := errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrNeedsRefresh)
		if !moved || ctx.Err() != nil {
			return d, err
		}
	}
}

// writerKeeps bounds the ids and cases that a writer of single records holds, before it is made anew.
const writerKeeps = 200_000

// submit decides an event and hands it to the log. w is the writer that decided, nil where make failed. What it returns as pending must be durable before the record is acknowledged:
// for a duplicate that is on its way, what somebody else submitted.
func (l *Local) submit(ctx context.Context, b *book, make func(*writer) (domain.Event, error)) (w *writer, d decision, pending []*eventstore.Pending, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.writer != nil && len(b.writer.ids) > writerKeeps {
		b.writer = nil // made anew when what it submitted is on the log
	}
	if w, err = l.decider(ctx, b); err != nil {
		return nil, d, nil, err
	}
	e, err := make(w)
	switch stands := (*standing)(nil); {
	case errors.As(err, &stands):
		s, _ := w.seen(stands.event)
		d, err = decision{duplicate: true, sequence: s.sequence, pending: s.pending}, nil
	case err != nil:
		return nil, d, nil, err // the writer holds what it held
	default:
		if d, err = w.decide(ctx, e); err != nil {
			b.writer = nil
		}
	}
	if len(d.problems) > 0 {
		return w, d, nil, d.problems
	}
	if err != nil {
		return w, d, nil, err
	}
	if d.pending != nil {
		return w, d, []*eventstore.Pending{d.pending}, nil
	}
	for _, c := range d.commits {
		if w.at == nil {
			if err := l.createLog(ctx, b); err != nil {
				b.writer = nil
				return w, d, nil, err
			}
			w.at = b.opened.Load()
		}
		p, err := w.at.log.Submit(c)
		if err != nil {
			b.writer = nil
			return w, d, pending, err
		}
		pending = append(pending, p)
		for _, m := range c.Messages {
			id := domain.ShortID(m.ID)
			s := w.ids[id]
			s.pending = p
			w.ids[id] = s
		}
	}
	return w, d, pending, nil
}

// forget throws a writer away after something it decided failed; nil for none.
func (l *Local) forget(b *book, w *writer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w != nil && b.writer == w {
		b.writer = nil
	}
}
