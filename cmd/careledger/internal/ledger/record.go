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
	c, err := newCandidate(e, nil)
	if err != nil {
		return 0, false, err
	}
	if err := l.readAhead(ctx, b, e.Entity); err != nil {
		return 0, false, err
	}
	d, err := l.append(ctx, b, func(*writer) (candidate, error) { return c, nil })
	return d.sequence, d.duplicate, err
}

// readAhead has the writer hold a case or patient that stands on the log, so that no record waits while another one's case is read. It
// returns the context's error; any other is met again by whoever decides.
func (l *Local) readAhead(ctx context.Context, b *book, e domain.Entity) error {
	o := b.opened.Load()
	if o == nil || !o.table.Holds(e) {
		return nil
	}
	b.mu.Lock()
	w := b.writer
	if w == nil || w.at == nil || w.own[e] != nil {
		b.mu.Unlock()
		return nil
	}
	at := w.at
	read, begun := w.reading[e]
	if !begun {
		read = make(chan struct{})
		w.reading[e] = read
	}
	b.mu.Unlock()
	if begun {
		select {
		case <-read:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer close(read)
	// What was decided since base is not in it. Whoever decided on the case had it read first, and then it is held already.
	states, err := at.table.States(ctx, []domain.Entity{e}, w.base)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(w.reading, e)
	if err == nil && w.own[e] == nil {
		w.own[e] = states[e]
	}
	return ctx.Err()
}

// append decides the event that make returns on what the writer holds, and returns when it is durable. make is called again where
// somebody else wrote in between. It returns domain.Problems if the event is refused, and the error of make.
func (l *Local) append(ctx context.Context, b *book, make func(*writer) (candidate, error)) (decision, error) {
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
func (l *Local) submit(ctx context.Context, b *book, make func(*writer) (candidate, error)) (w *writer, d decision, pending []*eventstore.Pending, err error) {
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
		w.ids.submitted(c.Messages, p)
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
