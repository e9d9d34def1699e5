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
	defer l.acted(true, CommandRecord, time.Now(), &err)
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
		if len(pending) == 0 && l.outdated(ctx, b, w) {
			continue
		}
		if refused := (domain.Problems)(nil); errors.As(err, &refused) {
			return d, refused
		}
		ours = ours || !d.duplicate && len(pending) > 0 // it may be on the log after all, and is then found there
		if len(pending) > 0 {                           // otherwise it stands as it was, or has been thrown away already
			l.forget(b, w)
		}
		moved := errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrNeedsRefresh)
		if !moved || ctx.Err() != nil {
			return d, err
		}
	}
}

// outdated says whether somebody else has written what a writer did not know when it refused, and forgets the writer if so.
func (l *Local) outdated(ctx context.Context, b *book, w *writer) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !l.behind(ctx, b, w) {
		return false
	}
	if b.writer == w {
		b.writer = nil
	}
	return true
}

// behind says whether the log holds more than a writer knows. Only on a server do others write. The book's mu is held.
func (l *Local) behind(ctx context.Context, b *book, w *writer) bool {
	if w == nil || l.config.ServerURL == "" {
		return false
	}
	if w.at == nil {
		return b.opened.Load() != nil
	}
	head, err := w.at.log.Refresh(ctx)
	return err == nil && head.Sequence >= w.next
}

// writerKeeps bounds the ids and cases that a writer of single records holds, before it is made anew.
const writerKeeps = 200_000

// submit decides an event and hands it to the log. What it returns as pending must be durable before the record is acknowledged:
// for a duplicate that is on its way, what somebody else submitted.
func (l *Local) submit(ctx context.Context, b *book, make func(*writer) (domain.Event, error)) (w *writer, d decision, pending []*eventstore.Pending, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.writer != nil && len(b.writer.ids.records) > writerKeeps {
		b.writer = nil // made anew when what it submitted is on the log
	}
	if w, err = l.decider(ctx, b); err != nil {
		return nil, d, nil, err
	}
	e, err := make(w)
	if err != nil {
		return w, d, nil, err
	}
	if d, err = w.decide(ctx, e); err != nil {
		b.writer = nil
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
			w.ids.pending[domain.ShortID(m.ID)] = p
		}
	}
	return w, d, pending, nil
}

// forget throws a writer away after something it decided failed.
func (l *Local) forget(b *book, w *writer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.writer == w {
		b.writer = nil
	}
}
