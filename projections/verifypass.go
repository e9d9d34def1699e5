package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/domain/parallel"
	"careledger/eventstore"
)

// verifyingPass folds a part of a log as a decider would have known it, event by event.
type verifyingPass struct {
	found     *Verification
	log       *eventstore.Log
	authority string
	now       time.Time
	n, of     int
	table     *Table // nil but in the first pass
	state     *authority.State
	own       map[domain.Entity]domain.State
	command   command
	position  uint64
	differ    map[domain.Entity]map[string]uint64 // premiums that have been found to be wrong, of cases where there are any
}

func newVerifyingPass(v *Verification, log *eventstore.Log, r *VerifyRequest, table *Table, n, of int) *verifyingPass {
	return &verifyingPass{found: v, log: log, authority: log.Authority(), now: r.Now, n: n, of: of, table: table, state: authority.New(log.Authority()),
		own: map[domain.Entity]domain.State{}, differ: map[domain.Entity]map[string]uint64{}}
}

// step checks the next event on what stands before it, and folds it. An event that no decider would have accepted is folded all the same where
// it can be: what came after it was decided on it.
func (p *verifyingPass) step(ctx context.Context, c *checked) {
	p.position = c.raw.Sequence
	t := domain.Type(c.raw.Type)
	premium := t == domain.TypePremiumAwarded || t == domain.TypePremiumReversed
	if !premium {
		p.finishCommand(false)
	}
	if p.table != nil {
		p.first(ctx, c, t)
	}
	if !c.read || !c.whole || !p.concerns(c.event.Entity) {
		return
	}
	e := &c.event.Event
	own := p.stateOf(e.Entity)
	if premium {
		p.premium(e, own)
		return
	}
	refused := p.state.Check(e, own, p.referring)
	p.problems(e, refused, doAsk)
	p.command = command{cause: e, others: authority.SettlesOthers(e)}
	if of, ok := own.(*domain.Case); ok && authority.ChangesPremiums(e, of) {
		p.command.touch(e.Entity)
	}
	apply := p.state.Apply
	if own != nil {
		apply = own.Apply
	}
	if err := guarded(func() error { return apply(e) }); err != nil && len(refused) == 0 {
		p.find(e, "it cannot be folded: "+err.Error(), doAsk)
	}
}

// stateOf returns the state of an entity that has one of its own, nil for others.
func (p *verifyingPass) stateOf(e domain.Entity) domain.State {
	own := p.own[e]
	if own == nil {
		if own = domain.NewState(e); own != nil {
			p.own[e] = own
		}
	}
	return own
}

// referring returns the events of this pass that refer to a unit.
func (p *verifyingPass) referring(unit string) (ids []string) {
	for _, own := range p.own {
		ids = append(ids, own.Referring(unit)...)
	}
	return ids
}

func (p *verifyingPass) find(e *domain.Event, what, do string) {
	p.found.find(Finding{e.Sequence, e.Entity, e.Type, what, do})
}

// problems names each reason why an event should not be on the log.
func (p *verifyingPass) problems(e *domain.Event, ps domain.Problems, do string) {
	if len(ps) == 0 {
		return
	}
	if p.n > 0 && e.Entity.Kind() == domain.KindPolicy { // the first pass said it; of a provider's, the units in use differ by pass
		return
	}
	reasons := make([]string, len(ps))
	for i, f := range ps {
		reasons[i] = f.Field + ": " + f.Reason
	}
	p.find(e, strings.Join(reasons, "; "), do)
}

// first is what the first pass does with every event: it counts it, judges it by itself and folds it into the table.
func (p *verifyingPass) first(ctx context.Context, c *checked, t domain.Type) {
	e := &c.event.Event
	if c.err != nil {
		f := Finding{c.raw.Sequence, domain.Entity(c.raw.Entity), t, c.err.Error(), doAsk}
		if unknown := (*domain.UnknownEventError)(nil); errors.As(c.err, &unknown) {
			f.Do = doRelease
		}
		p.found.find(f)
		p.skip(c)
		return
	}
	p.problems(e, c.problems, doAsk)
	p.unique(ctx, c)
	if c.same {
		p.found.RecordHashes++
	}
	switch e.Data.(type) {
	case *domain.PremiumAwarded:
		p.found.Premiums.Awarded++
	case *domain.PremiumReversed:
		p.found.Premiums.Reversed++
	}
	if !c.whole || !p.table.foldable(e) {
		p.skip(c)
		return
	}
	if err := guarded(func() error { return p.table.apply(&c.event, c.raw.Data) }); err != nil {
		p.skip(c)
		p.find(e, "it cannot be folded into facts, so that no amount can be computed from it: "+err.Error(), doAsk)
	}
}

// unique names an event whose id stands on the log already.
func (p *verifyingPass) unique(ctx context.Context, c *checked) {
	p.table.eachOf(domain.ShortID(c.raw.ID), func(sequence uint64) bool {
		if same, err := p.log.Get(ctx, sequence); err == nil && same.ID == c.raw.ID { // ids are kept in a short form
			p.find(&c.event.Event, fmt.Sprintf("its id %s stands already, as event %d; a ledger takes an id once", c.raw.ID, sequence), doAsk)
			return false
		}
		return true
	})
}

// foldable says whether a table can take an event up: nothing can be known of a case or patient before it is opened.
func (t *Table) foldable(e *domain.Event) bool {
	if !hasCode(e.Entity.Kind()) || e.Type == domain.TypeCaseOpened || e.Type == domain.TypeCareRequested {
		return true
	}
	cs, ok := t.codeOf(e.Entity)
	return ok && t.current[cs].opened >= 0
}

func (p *verifyingPass) skip(c *checked) {
	p.table.skip(c)
	p.found.skipped++
}

// skip passes an event by that cannot be folded.
func (t *Table) skip(c *checked) {
	t.position = c.raw.Sequence
	t.recorded, t.ids, t.records, t.cases = append(t.recorded, t.latest), append(t.ids, domain.ShortID(c.raw.ID)), append(t.records, 0), append(t.cases, noCase)
	t.idRow.add(uint32(c.raw.Sequence-1), t.idHash)
}

// guarded turns a panic of a fold, over data that no decider would have let onto the log, into an error.
func guarded(fold func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("its data is not what its type promises (%v)", parallel.Value(r))
		}
	}()
	return fold()
}
