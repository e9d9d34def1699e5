package projections

import (
	"context"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
)

// whyRead is an event that was read for a derivation.
type whyRead struct {
	domain.Event
	leaf [32]byte
	data any      // what it is known to say: of a correction, the data that it gives its target
	by   *whyRead // what corrected or annulled it last, nil for none
	of   *whyRead // what it corrects or annuls, nil for none
}

// derivedCase is a case or patient behind a posting, folded to where the payout's facts end.
type derivedCase struct {
	events  []*whyRead
	state   domain.State
	facts   domain.CaseFacts
	goals   map[string]string // by goal: the decision that it is set under
	follows map[string]string // by decision: the one that it supersedes
}

func newDerivedCase() *derivedCase {
	return &derivedCase{goals: map[string]string{}, follows: map[string]string{}}
}

// add folds the next event of the case.
func (c *derivedCase) add(e *whyRead) error {
	c.events = append(c.events, e)
	if err := c.state.Apply(&e.Event); err != nil {
		return fmt.Errorf("fold event %d (%s): %w", e.Sequence, e.ID, err)
	}
	return nil
}

func (e *whyRead) event(used bool, reason string) WhyEvent {
	w := WhyEvent{Sequence: e.Sequence, Event: e.ID, Type: string(e.Type), Entity: string(e.Entity), Effective: e.Effective.String(), Recorded: e.Recorded,
		Actor: e.Actor, Leaf: hex.EncodeToString(e.leaf[:]), Used: used}
	if !used {
		w.Reason = reason
	}
	if e.by != nil {
		w.By = e.by.ID
	}
	return w
}

// readEvents reads what the postings shown may rest on: the events of their cases, grants, policy and provider up to where the facts end, and the
// payout's own steps.
func (d *derivation) readEvents(ctx context.Context) error {
	d.cases = map[domain.Entity]*derivedCase{}
	sequences, few := []uint64{}, map[domain.Entity]bool{domain.NewEntity(domain.KindProvider, d.version.Provider): true}
	for _, s := range steps(d.version) {
		sequences = append(sequences, s.Sequence)
	}
	for _, l := range d.lines {
		few[domain.NewEntity(domain.KindPolicy, l.Policy)] = true
		for _, c := range l.Causes {
			if corrects := c.Type == domain.TypeEventAnnulled || c.Type == domain.TypeEventCorrected; corrects && hasCode(c.Entity.Kind()) {
				d.cases[c.Entity] = newDerivedCase()
			} else if corrects {
				few[c.Entity] = true
			}
		}
		if l.component == nil {
			continue
		}
		if l.component.Kind == compensation.KindAllocation || l.component.Kind == compensation.KindPerformance {
			for _, g := range d.cut.StateGrants {
				few[domain.NewEntity(domain.KindGrant, g.ID)] = true
			}
		}
		for _, i := range l.shown {
			if p := &l.compiled[i]; p.Case != "" {
				d.cases[entityBehind(p)] = newDerivedCase()
			} else if p.Unit != "" {
				l.own = d.inForceAt(p.Unit, p.Month)
				sequences = append(sequences, l.own...)
			}
		}
	}
	for p := range d.parties.all() {
		if few[p.entity] && p.sequence <= d.version.FactsTo {
			sequences = append(sequences, p.sequence)
		}
	}
	sequences = append(sequences, d.sequencesOfCases()...)
	slices.Sort(sequences)
	return d.fold(ctx, slices.Compact(sequences))
}

// sequencesOfCases returns the events of all cases behind the postings, without the performed time of other months than the lines'.
func (d *derivation) sequencesOfCases() []uint64 {
	d.left = map[domain.Entity]int{}
	if len(d.cases) == 0 {
		return nil
	}
	wanted, months := make([]bool, d.entities.len()), d.months()
	for i, e := range d.entities.all() {
		wanted[i] = d.cases[domain.Entity(e)] != nil
	}
	found := d.eventsOf(wanted, d.version.FactsTo, func(m domain.Month) bool { return slices.Contains(months, m) })
	for cs, left := range found.left {
		d.left[domain.Entity(d.entities.at(int(cs)))] = left
	}
	return found.sequences
}

// ofOtherMonths counts the events that were left out behind a line's postings.
func (d *derivation) ofOtherMonths(l *derivedLine) (left int) {
	counted := map[domain.Entity]bool{}
	for _, i := range l.shown {
		if entity := entityBehind(&l.compiled[i]); !counted[entity] {
			counted[entity], left = true, left+d.left[entity]
		}
	}
	return left
}

// gaveAt says whether an event put anything in force at a unit, in any month.
func (d *derivation) gaveAt(unit string, sequence uint64) bool {
	gave := func(k *known, at []uint16) bool {
		from, _ := slices.BinarySearch(k.from, uint32(sequence))
		to, _ := slices.BinarySearch(k.from, uint32(sequence)+1)
		return slices.ContainsFunc(at[from:to], func(code uint16) bool { return d.units.at(int(code)) == unit })
	}
	return gave(&d.grants.known, d.grants.unit) || gave(&d.enrolments.known, d.enrolments.unit)
}

// inForceAt returns the events that put a decision or an enrolment in force at a unit in a month; where there is none, those before and after.
func (d *derivation) inForceAt(unit string, month domain.Month) (sequences []uint64) {
	v := d.known
	code := d.units.index(unit)
	var around []uint64
	look := func(k *known, i int, at uint16, first, last domain.Date) {
		if int(at) != code || !v.row(k, i) {
			return
		}
		if around = append(around, uint64(k.from[i])); first <= month.Last() && month.First() <= last {
			sequences = append(sequences, uint64(k.from[i]))
		}
	}
	for i, at := range d.grants.unit {
		if domain.GrantClass(d.grants.class[i]) == domain.GrantInForce {
			look(&d.grants.known, i, at, d.grants.first[i], d.grants.last[i])
		}
	}
	for i, at := range d.enrolments.unit {
		look(&d.enrolments.known, i, at, d.enrolments.first[i], d.enrolments.last[i])
	}
	if len(sequences) == 0 {
		sequences = around
	}
	slices.Sort(sequences)
	return slices.Compact(sequences)
}

// fold reads events and folds the cases among them.
func (d *derivation) fold(ctx context.Context, sequences []uint64) error {
	byID := map[string]*whyRead{}
	d.readOf = map[domain.Entity][]*whyRead{}
	err := d.table.events.ReadSequences(ctx, sequences, func(r eventstore.Event) error {
		e, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
		if err != nil {
			return err
		}
		read := &whyRead{Event: e, leaf: eventstore.LeafHash(d.table.authority, r), data: e.Data}
		if r.Sequence <= d.version.FactsTo {
			d.readOf[e.Entity] = append(d.readOf[e.Entity], read)
		}
		d.read[r.Sequence], byID[string(e.Entity)+"\x00"+e.ID] = read, read
		if of := byID[string(e.Entity)+"\x00"+e.Corrects()]; e.Corrects() != "" && of != nil {
			if err := read.correct(of); err != nil {
				return err
			}
		}
		c := d.cases[e.Entity]
		if c == nil || r.Sequence > d.version.FactsTo {
			return nil
		}
		if c.state == nil {
			c.state = domain.NewState(e.Entity)
		}
		return c.add(read)
	})
	if err != nil {
		return fmt.Errorf("read the events behind payout %s: %w", d.query.Payout.ID(), err)
	}
	for entity, c := range d.cases {
		if err := c.settle(); err != nil {
			return fmt.Errorf("fold %s: %w", entity, err)
		}
	}
	return nil
}

// correct notes that an event corrects or annuls another, and what it says in its place.
func (e *whyRead) correct(of *whyRead) error {
	of.by, e.of = e, of
	switch c := e.Data.(type) {
	case *domain.EventAnnulled:
		e.data = of.Data
	case *domain.EventCorrected:
		now := reflect.New(reflect.TypeOf(of.Data).Elem()).Interface() // as its target's type
		if err := json.Unmarshal(c.Data, now); err != nil {
			return fmt.Errorf("read the correction %d (%s): %w", e.Sequence, e.ID, err)
		}
		e.data = now
	}
	return nil
}

// settle takes the facts, and what the goals and decisions say of each other.
func (c *derivedCase) settle() error {
	switch s := c.state.(type) {
	case *domain.Case:
		c.facts = s.Facts()
	case *domain.Patient:
		c.facts = s.Facts()
	default:
		return fmt.Errorf("it has no events")
	}
	for _, e := range c.events {
		switch said := e.data.(type) {
		case *domain.GoalSet:
			c.goals[said.Goal] = said.Decision
		case *domain.DecisionMade:
			if said.Supersedes != "" {
				c.follows[said.Decision] = said.Supersedes
			}
		}
	}
	return nil
}

// class notes for each event behind a line why it is no part of its postings, and for each posting what it rests on.
func (d *derivation) class(l *derivedLine) {
	if len(l.shown) == 0 {
		return
	}
	provider, policy := domain.NewEntity(domain.KindProvider, d.version.Provider), domain.NewEntity(domain.KindPolicy, l.Policy)
	var shared []uint64 // by all postings
	for _, e := range slices.Concat(d.readOf[provider], d.readOf[policy]) {
		reason := l.ofParties(e, d.documentEvent(l))
		l.reasons[e.Sequence] = reason
		if reason == "" {
			shared = append(shared, e.Sequence)
		}
	}
	for _, i := range l.shown {
		p := &l.compiled[i]
		rests := append([]uint64{}, shared...)
		note := func(e *whyRead, reason string) {
			if was, seen := l.reasons[e.Sequence]; !seen || was != "" && reason == "" {
				l.reasons[e.Sequence] = reason
			}
			if reason == "" {
				rests = append(rests, e.Sequence)
			}
		}
		entity := entityBehind(p)
		if c := d.cases[entity]; c != nil {
			for _, e := range c.events {
				note(e, standing(e, func(data any) string { return (&whyPosting{l, p, c}).reason(e, data) }))
			}
		}
		if entity.Kind() == domain.KindGrant {
			for _, e := range d.readOf[entity] {
				note(e, standing(e, func(data any) string { return ofGrant(l.component, p, data) }))
			}
		}
		if p.Case == "" && p.Unit != "" {
			for _, s := range l.own {
				note(d.read[s], "")
			}
		}
		slices.Sort(rests)
		l.rests[i] = slices.Compact(rests)
	}
}

// documentEvent is the id of the policy-adopted whose document the line is paid under.
func (d *derivation) documentEvent(l *derivedLine) string {
	if m := d.model(l); m != nil {
		return m.Event
	}
	return ""
}

// ofParties says why an event of the line's provider or policy is no part of it.
func (l *derivedLine) ofParties(e *whyRead, document string) string {
	return standing(e, func(data any) string {
		switch said := data.(type) {
		case *domain.UnitRegistered:
			if said.Unit != l.Unit {
				return "other-unit"
			}
		case *domain.PolicyAdopted:
			if target := e; e.ID != document && (target.of == nil || target.of.ID != document) {
				return "not-in-force"
			}
		case *domain.PolicyEnded:
			if said.From <= l.Month.First() {
				return "not-in-force"
			}
			return "other-month"
		}
		return ""
	})
}

// standing says why an event is no part of an amount, given why the data that it says would be none. Of one that was corrected or annulled it is
// that; a correction is a part where what it gives, or what it takes away, is.
func standing(e *whyRead, reason func(data any) string) string {
	switch e.Data.(type) {
	case *domain.PremiumAwarded, *domain.PremiumReversed:
		return "by-the-ledger"
	case *domain.EventAnnulled:
		return reason(e.data)
	case *domain.EventCorrected:
		if e.of != nil && e.of.by != e {
			return "corrected"
		}
		now := reason(e.data)
		if now != "" && e.of != nil && reason(e.of.Data) == "" {
			return ""
		}
		return now
	}
	if e.by != nil {
		if _, annulled := e.by.Data.(*domain.EventAnnulled); annulled {
			return "annulled"
		}
		return "corrected"
	}
	return reason(e.data)
}

// ofGrant says why what an event of a state grant says is no part of a recipient's amount.
func ofGrant(c *compensation.Component, p *compensation.Posting, data any) string {
	switch said := data.(type) {
	case *domain.GrantAgreed:
		return ""
	case *domain.GrantTargetSet:
		if c.Kind == compensation.KindPerformance && said.Recipient == p.Provider {
			return ""
		}
	case *domain.GrantResultReported:
		if c.Kind == compensation.KindPerformance && said.Recipient == p.Provider {
			return ""
		}
	}
	return "not-counted"
}
