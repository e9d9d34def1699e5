package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/eventstore"
	"careledger/projections"
)

// writer decides for one authority. It holds the log as of base plus everything decided since, whether durable yet or not; it is
// thrown away when something it decided did not reach the log.
type writer struct {
	at    *openLog // nil while the authority has no log
	state *authority.State
	own   map[domain.Entity]domain.State // of the entities that have one of their own
	ids   decided                        // what was decided since base
	base  uint64                         // the log position it was made on
	next  uint64                         // the sequence the next event gets

	reading map[domain.Entity]chan struct{} // of those being read ahead for own; closed when that is over
}

// decided are the ids of events in the order they were decided. An import holds one for each record, so they are kept small and without
// anything that the collector has to look at, but for the few that are on their way to the log.
type decided struct {
	place   map[uint64]uint32              // by short id: position in records
	records []uint64                       // projections.ShortHash
	pending map[uint64]*eventstore.Pending // by short id; those that are durable are let go
	sent    []sent                         // what pending holds, in the order it was submitted
}

type sent struct {
	short uint64 // id
	*eventstore.Pending
}

func newDecided() decided {
	return decided{place: map[uint64]uint32{}, pending: map[uint64]*eventstore.Pending{}}
}

func (d *decided) add(e *domain.Event) {
	d.place[domain.ShortID(e.ID)] = uint32(len(d.records)) // a log has no more events than that counts
	d.records = append(d.records, projections.ShortHash(e.RecordHash))
}

// submitted notes that messages are on their way, and lets go of those before them that have arrived: an id that stands needs no waiting for.
// One that failed stays, so that its duplicate fails too, until the writer is thrown away.
func (d *decided) submitted(messages []eventstore.Message, p *eventstore.Pending) {
	for len(d.sent) > 0 && d.sent[0].durable() {
		delete(d.pending, d.sent[0].short)
		d.sent = d.sent[1:]
	}
	for _, m := range messages {
		short := domain.ShortID(m.ID)
		d.pending[short] = p
		d.sent = append(d.sent, sent{short, p})
	}
}

func (s sent) durable() bool {
	select {
	case <-s.Done():
		return s.Wait(context.Background()) == nil
	default:
		return false
	}
}

// seen is an event id that stands on the log or has been decided.
type seen struct {
	sequence, record uint64
	pending          *eventstore.Pending // on its way to the log; nil for what stands there
}

// decider returns the book's writer, made anew on what the log holds where there is none. b.mu is held.
func (l *Local) decider(ctx context.Context, b *book) (*writer, error) {
	if b.writer != nil {
		return b.writer, nil
	}
	o := b.opened.Load()
	if o == nil {
		b.writer = &writer{state: authority.New(b.authority), own: map[domain.Entity]domain.State{}, ids: newDecided(), next: 1, reading: map[domain.Entity]chan struct{}{}}
		return b.writer, nil
	}
	head, err := o.log.Refresh(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.refresh(ctx, o); err != nil {
		return nil, err
	}
	if o.table.Position() != head.Sequence { // somebody else wrote in between
		return nil, fmt.Errorf("authority %s: %w", b.authority, eventstore.ErrConflict)
	}
	w, err := newWriter(o)
	if err != nil {
		return nil, err
	}
	if _, err := w.finish(ctx); err != nil {
		return nil, err
	}
	b.writer = w
	return w, nil
}

// newWriter returns a writer on what the table has folded.
func newWriter(o *openLog) (*writer, error) {
	state, err := o.table.State()
	if err != nil {
		return nil, err
	}
	base := o.table.Position()
	return &writer{at: o, state: state, own: map[domain.Entity]domain.State{}, ids: newDecided(), base: base, next: base + 1, reading: map[domain.Entity]chan struct{}{}}, nil
}

// finish completes what an interruption left: the premiums that follow from the last command, where that is one that settles
// others. Every other command carries its premiums in its own commit. It returns the number of commits that this took.
func (w *writer) finish(ctx context.Context) (written int, err error) {
	for sequence := w.base; sequence > 0; sequence-- {
		r, err := w.at.log.Get(ctx, sequence)
		if err != nil {
			return 0, err
		}
		if t := domain.Type(r.Type); t == domain.TypePremiumAwarded || t == domain.TypePremiumReversed {
			continue
		}
		cause, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
		if err != nil || !authority.SettlesOthers(&cause) {
			return 0, err
		}
		commits, err := w.settle(ctx, &cause)
		if err != nil {
			return 0, err
		}
		for _, c := range commits {
			if err := w.at.log.Append(ctx, c); err != nil {
				return 0, err
			}
		}
		return len(commits), nil
	}
	return 0, nil
}

// stateOf returns the state of an entity that has one of its own, read from the log where the writer does not hold it yet.
func (w *writer) stateOf(ctx context.Context, e domain.Entity) (domain.State, error) {
	if w.own[e] == nil {
		if err := w.load(ctx, []domain.Entity{e}); err != nil {
			return nil, err
		}
	}
	return w.own[e], nil
}

// load reads the states of entities that the writer does not hold yet, all in one pass over the log.
func (w *writer) load(ctx context.Context, entities []domain.Entity) error {
	entities = slices.DeleteFunc(entities, func(e domain.Entity) bool { return w.own[e] != nil })
	if w.base == 0 {
		for _, e := range entities {
			w.own[e] = domain.NewState(e)
		}
		return nil
	}
	if len(entities) == 0 {
		return nil
	}
	states, err := w.at.table.States(ctx, entities, w.base)
	if err != nil {
		return err
	}
	maps.Copy(w.own, states)
	return nil
}

// decision is what became of a record.
type decision struct {
	duplicate bool
	sequence  uint64              // of the record's event
	pending   *eventstore.Pending // of a duplicate that is on its way to the log
	commits   []eventstore.Commit // what to write, in order
	problems  domain.Problems
}

// candidate is an event that may come to stand on the log, with its bytes there. They do not depend on what was decided before, so they
// are made before the event's turn comes.
type candidate struct {
	domain.Event
	bytes []byte
}

// newCandidate encodes an event that was made; err is that of making it.
func newCandidate(e domain.Event, err error) (candidate, error) {
	if err != nil {
		return candidate{Event: e}, err
	}
	raw, err := e.Encode()
	return candidate{e, raw}, err
}

// errTainted says that the writer holds something that will not be written.
var errTainted = errors.New("the writer must be made anew")

// decide judges one record on all that was decided before. Where it is refused, nothing of it is held, unless errTainted is
// returned beside the problems.
func (w *writer) decide(ctx context.Context, e candidate) (d decision, err error) {
	if s, ok := w.seen(e.ID); ok {
		if s.pending == nil && s.sequence >= w.next { // the table has seen what somebody else wrote meanwhile, the writer has not
			return d, fmt.Errorf("authority %s: %w", w.state.Code, eventstore.ErrConflict)
		}
		if s.record == projections.ShortHash(e.RecordHash) {
			return decision{duplicate: true, sequence: s.sequence, pending: s.pending}, nil
		}
		return decision{problems: domain.Problems{{Field: "id", Reason: fmt.Sprintf(
			"id %s stands already, as event %d, with other content; give a new record a new id, and correct a wrong one with event-corrected", e.ID, s.sequence)}}}, nil
	}
	last := w.state.Last(e.Entity)
	own := domain.NewState(e.Entity)
	if own != nil {
		if own, err = w.stateOf(ctx, e.Entity); err != nil {
			return d, err
		}
		last, _ = own.Last()
	}
	var inUse error
	events, ps := w.state.Decide(e.Event, w.next, own, func(unit string) []string {
		ids, err := w.referring(ctx, unit)
		inUse = err
		return ids
	})
	if inUse != nil || len(ps) > 0 {
		return decision{problems: ps}, inUse
	}
	if len(events) > eventstore.MaxCommit {
		return decision{problems: domain.Problems{{Field: "record", Reason: fmt.Sprintf("it would change %d premiums at once; at most %d fit in one command", len(events)-1, eventstore.MaxCommit-1)}}}, errTainted
	}
	commit, err := w.commit(e.Entity, last, events, e.bytes)
	if err != nil {
		return d, err
	}
	d = decision{sequence: commit.First, commits: []eventstore.Commit{commit}}
	if authority.SettlesOthers(&events[0]) {
		settled, err := w.settle(ctx, &events[0])
		if rate := (*settleError)(nil); errors.As(err, &rate) {
			return decision{problems: domain.Problems{{Field: "data", Reason: rate.Error()}}}, errTainted
		} else if err != nil {
			return d, err
		}
		d.commits = append(d.commits, settled...)
	}
	return d, nil
}

// seen looks an event id up among what was decided and what stands on the log.
func (w *writer) seen(id string) (seen, bool) {
	short := domain.ShortID(id)
	if i, ok := w.ids.place[short]; ok {
		return seen{w.base + 1 + uint64(i), w.ids.records[i], w.ids.pending[short]}, true
	}
	if w.base == 0 {
		return seen{}, false
	}
	sequence, record, ok := w.at.table.Find(id)
	return seen{sequence, record, nil}, ok
}

// commit takes the place of events of one entity on the log. first are the bytes of the first of them, nil where they are not known yet.
func (w *writer) commit(entity domain.Entity, last uint64, events []domain.Event, first []byte) (eventstore.Commit, error) {
	c := eventstore.Commit{First: w.next, Guards: []eventstore.Guard{{Entity: string(entity), Last: last}}, Messages: make([]eventstore.Message, len(events))}
	for i := range events {
		raw := first
		if i > 0 || raw == nil {
			var err error
			if raw, err = events[i].Encode(); err != nil {
				return c, err
			}
		}
		c.Messages[i] = eventstore.Message{Entity: string(entity), Type: string(events[i].Type), ID: events[i].ID, Data: raw}
		w.ids.add(&events[i])
	}
	w.next += uint64(len(events))
	return c, nil
}

// settleError says that premiums cannot be computed under what a command would bring in force.
type settleError struct {
	entity domain.Entity
	err    error
}

func (e *settleError) Error() string {
	return fmt.Sprintf("the premiums of %s cannot be computed under it: %v", e.entity, e.err)
}

// settle brings the premiums of all cases in line after a command on a provider or policy, a commit a case.
func (w *writer) settle(ctx context.Context, cause *domain.Event) (commits []eventstore.Commit, err error) {
	affected := w.casesWithFollowUps()
	if err := w.load(ctx, slices.Clone(affected)); err != nil {
		return nil, err
	}
	for _, entity := range affected {
		own, err := w.stateOf(ctx, entity)
		if err != nil {
			return nil, err
		}
		last, _ := own.Last()
		events, err := w.state.Settle(cause, w.next, own.(*domain.Case)) // only cases have follow-ups
		if err != nil {
			return nil, &settleError{entity, err}
		}
		for len(events) > 0 {
			n := min(len(events), eventstore.MaxCommit)
			commit, err := w.commit(entity, last, events[:n], nil)
			if err != nil {
				return nil, err
			}
			last, events = w.next-1, events[n:]
			commits = append(commits, commit)
		}
	}
	return commits, nil
}

func (w *writer) casesWithFollowUps() []domain.Entity {
	var all []domain.Entity
	if w.at != nil {
		all = w.at.table.CasesWithFollowUps()
	}
	for e, own := range w.own {
		if c, ok := own.(*domain.Case); ok && c.HasFollowUps() {
			all = append(all, e)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// referring returns the events that refer to a unit.
func (w *writer) referring(ctx context.Context, unit string) (ids []string, err error) {
	var all []domain.Entity
	if w.at != nil {
		all = w.at.table.At(unit)
	}
	for e := range w.own {
		all = append(all, e)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if err := w.load(ctx, slices.Clone(all)); err != nil {
		return nil, err
	}
	for _, e := range all {
		own, err := w.stateOf(ctx, e)
		if err != nil {
			return nil, err
		}
		ids = append(ids, own.Referring(unit)...)
	}
	return ids, nil
}
