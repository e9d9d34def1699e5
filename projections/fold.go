package projections

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"careledger/domain"
	"careledger/eventstore"
)

// Fold reads the log from where the table stands up to and including sequence to, and folds it. progress, if not nil, is called
// now and then with the position. On an error everything before the event at fault is folded. Where another call folds already, it
// waits until that one has come as far, or takes over from where it ended.
func (t *Table) Fold(ctx context.Context, to uint64, progress func(position uint64)) error {
	to = min(to, t.log.Head().Sequence)
	for {
		position, moved, failed := t.standing()
		switch {
		case position >= to:
			return nil
		case failed != nil:
			return failed
		}
		select {
		case t.folding <- struct{}{}:
			defer func() { <-t.folding }()
			defer t.letGo(t.Position())
			return t.fold(ctx, t.Position()+1, to, progress)
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("fold up to event %d (at %d): %w", to, position, context.Cause(ctx))
		}
	}
}

// standing returns where the table stands, what tells that it has moved on, and why it never will again.
func (t *Table) standing() (position uint64, moved <-chan struct{}, failed error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.position, t.moved, t.failed
}

// fold is Fold for whoever holds t.folding.
func (t *Table) fold(ctx context.Context, from, to uint64, progress func(position uint64)) error {
	if from > to {
		return nil
	}
	t.reserve(to - from + 1)
	p := newPipeline[*decoding](runtime.GOMAXPROCS(0))
	read, folded := make(chan error, 1), make(chan *decoding, cap(p.batches))
	go func() {
		defer close(p.batches)
		var batch *decoding
		err := t.log.Read(ctx, from, to, func(e eventstore.Event) error {
			if batch == nil {
				select {
				case batch = <-folded:
				default:
					batch = newDecoding()
				}
			}
			batch.raw = append(batch.raw, e)
			if len(batch.raw) < cap(batch.raw) {
				return nil
			}
			full := batch
			batch = nil
			return p.submit(full)
		})
		if err == nil && batch != nil {
			err = p.submit(batch)
		}
		read <- err
	}()
	var failed error
	for b := range p.batches {
		<-b.done
		if failed != nil {
			continue // drain, so that the reader ends
		}
		if failed = t.applyBatch(b); failed != nil {
			close(p.stop)
		} else if progress != nil {
			progress(t.Position())
		}
		b.clear()
		select {
		case folded <- b:
		default:
		}
	}
	err := <-read
	p.close()
	if failed != nil {
		return failed // err says only that the reader was stopped
	}
	return err
}

// letGo forgets the cases that a long fold held: they are those of the whole log, and of them the next events concern few, which are read again.
func (t *Table) letGo(from uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.position-from > statesKept/10 {
		t.states = states{limit: t.states.limit}
	}
}

// reserve makes room for events, nearly all of which are performed time.
func (t *Table) reserve(events uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, p := int(events), &t.performed
	t.reserveEvents(n)
	roomFor(t, &p.from, n)
	roomFor(t, &p.until, n)
	roomFor(t, &p.key, n)
	roomFor(t, &p.minutes, n)
	roomFor(t, &p.kind, n)
	if t.built {
		t.idRow.reserve(len(t.ids)+n, t.idHash)
	}
}

// reserveEvents makes room in what has one row an event.
func (t *Table) reserveEvents(n int) {
	roomFor(t, &t.recorded, n)
	roomFor(t, &t.ids, n)
	roomFor(t, &t.records, n)
	roomFor(t, &t.cases, n)
	roomFor(t, &t.typeOf, n)
}

// Follow folds what the log gains until the context ends, which is no error. Any other end of it, of an event or of the log itself,
// stops the fold for good: WaitFor returns it too. What stands on the log already is folded faster by Fold.
func (t *Table) Follow(ctx context.Context) error {
	select {
	case t.folding <- struct{}{}:
		defer func() { <-t.folding }()
	case <-ctx.Done():
		return nil
	}
	err := t.log.Follow(ctx, t.Position()+1, func(e eventstore.Event) error {
		b := &decoding{raw: []eventstore.Event{e}, done: make(chan struct{})}
		b.decode()
		return t.applyBatch(b)
	})
	if ctx.Err() != nil {
		return nil
	}
	t.stop(err)
	return err
}

// stop notes why the fold has stopped, unless that is known, and wakes those who wait for it.
func (t *Table) stop(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		t.failed = err
	}
	t.move()
}

// move wakes those who wait for the fold. t.mu is held.
func (t *Table) move() {
	close(t.moved)
	t.moved = make(chan struct{})
}

// pipeline decodes batches on several cores and hands them on in order.
type pipeline[B interface{ decode() }] struct {
	work    chan B
	batches chan B // in log order; the receiver waits until one is decoded
	stop    chan struct{}
}

var errStopped = errors.New("the fold has stopped")

func newPipeline[B interface{ decode() }](workers int) *pipeline[B] {
	p := &pipeline[B]{work: make(chan B), batches: make(chan B, 4*workers), stop: make(chan struct{})}
	for range workers {
		go func() {
			for b := range p.work {
				b.decode()
			}
		}()
	}
	return p
}

func (p *pipeline[B]) submit(b B) error {
	select {
	case p.batches <- b:
	case <-p.stop:
		return errStopped
	}
	p.work <- b
	return nil
}

func (p *pipeline[B]) close() { close(p.work) }

// decoding is a batch of events on its way from bytes to domain events. It is used again when it has been folded: nothing that is kept of an
// event points into it.
type decoding struct {
	raw    []eventstore.Event
	events []decoded
	err    error
	done   chan struct{}
}

// decoded is an event with what the fold keeps of its identity.
type decoded struct {
	domain.Event
	id, record uint64 // domain.ShortID, ShortHash
}

// batchEvents is how many events are decoded and folded at a time.
const batchEvents = 512

func newDecoding() *decoding {
	return &decoding{raw: make([]eventstore.Event, 0, batchEvents), done: make(chan struct{})}
}

// clear makes a batch empty, for other events.
func (b *decoding) clear() {
	clear(b.raw)
	clear(b.events)
	b.raw, b.events, b.done = b.raw[:0], b.events[:0], make(chan struct{})
}

func (b *decoding) decode() {
	defer close(b.done)
	b.events = slices.Grow(b.events, len(b.raw))
	for _, r := range b.raw {
		e, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
		if err != nil {
			b.err = err
			return
		}
		b.events = append(b.events, decoded{e, domain.ShortID(e.ID), ShortHash(e.RecordHash)})
	}
}

// applyBatch folds what was decoded.
func (t *Table) applyBatch(b *decoding) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.built {
		t.reindex()
	}
	for i := range b.events {
		if t.failed != nil {
			break
		}
		t.failed = t.apply(&b.events[i], b.raw[i].Data)
	}
	if t.failed == nil {
		t.failed = b.err
	}
	t.move()
	return t.failed
}
