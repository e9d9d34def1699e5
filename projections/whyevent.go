package projections

import (
	"context"
	"fmt"
	"slices"
	"time"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
)

// Touched is the way back: what of the payouts an event ever touched, as each version of them knew it. Its JSON is described by
// why.schema.json of the reports.
type Touched struct {
	Authority string       `json:"authority"`
	AsOf      Moment       `json:"as_of"`
	Event     WhyEvent     `json:"event"` // used: it touched something
	Lines     []WhyTouched `json:"lines"`
}

// WhyTouched is a line that an event touched.
type WhyTouched struct {
	Payout    string       `json:"payout"`
	Version   int          `json:"version"`
	Status    string       `json:"status"`
	Line      int          `json:"line"`
	Month     string       `json:"month"`
	Unit      string       `json:"unit"`
	Policy    string       `json:"policy"`
	Component string       `json:"component"`
	Amount    domain.Money `json:"amount"` // of the line
	How       string       `json:"how"`    // one of WhyHow
	Postings  []WhyThrough `json:"postings"`
}

// WhyThrough is a posting that rests on the event.
type WhyThrough struct {
	Entity   string       `json:"entity"`
	Category string       `json:"category"`
	Band     string       `json:"band"`
	FollowUp string       `json:"follow_up"`
	Goal     string       `json:"goal"`
	Amount   domain.Money `json:"amount"`
}

// WhyHow are the ways in which an event touches a line: a posting of it rests on it; a cap sums what rests on it; it puts something in force at
// the unit; it is of the line's unit, policy or grant; the adjustment names it as a cause, or it is a step of the payout itself.
var WhyHow = domain.Codes{"posting", "sums", "in-force", "rule", "cause", "step"}

// WhyOfEvent returns what of the payouts an event ever touched. It reads the events of the event's own case, not the log. Errors: *WhyError;
// those of reading.
func (t *Table) WhyOfEvent(ctx context.Context, id string, at AsOf) (*Touched, error) {
	s := t.snapshot()
	v := s.visibility(at)
	sequence, _, ok := t.Find(id)
	if !ok || !v.happened(uint32(sequence)) {
		return nil, t.noWhy("there is no event %s as known at event %d", id, v.moment.Sequence)
	}
	payouts, err := s.payoutsAt(v)
	if err != nil {
		return nil, err
	}
	b := &backwards{table: t, snapshot: s, known: map[uint64]knownThen{}}
	if err := b.readCase(ctx, id, sequence); err != nil {
		return nil, err
	}
	for _, p := range payouts.All() {
		for _, version := range p.Versions {
			if err := b.through(p, version); err != nil {
				return nil, err
			}
		}
	}
	return &Touched{t.authority, v.moment, b.event.event(len(b.touched) > 0, ""), append([]WhyTouched{}, b.touched...)}, nil
}

// backwards goes from an event to the payouts.
type backwards struct {
	table *Table
	*snapshot
	event   *whyRead
	raw     []*whyRead // the events of its case, or it alone
	known   map[uint64]knownThen
	touched []WhyTouched
}

// knownThen is what versions that rest on the same facts knew.
type knownThen struct {
	cut *Cut         // providers, policies and grants
	own *derivedCase // the event's own, nil where it is of none
}

// readCase reads the event, and with it the case or patient that it is of.
func (b *backwards) readCase(ctx context.Context, id string, sequence uint64) error {
	sequences := []uint64{sequence}
	if cs := b.columns.cases[sequence-1]; cs != noCase {
		sequences = b.sequencesOf(cs, b.position)
	}
	err := b.table.events.ReadSequences(ctx, sequences, func(r eventstore.Event) error {
		e, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
		if err != nil {
			return err
		}
		read := &whyRead{Event: e, leaf: eventstore.LeafHash(b.table.authority, r), data: e.Data}
		if b.raw = append(b.raw, read); r.Sequence == sequence {
			b.event = read
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("read the events behind %s: %w", id, err)
	case b.event.ID != id: // ids are found by a short form
		return b.table.noWhy("there is no event %s", id)
	}
	return nil
}

// through notes what of one version the event touches.
func (b *backwards) through(p *domain.Payout, version *domain.PayoutVersion) error {
	e := b.event
	found := map[int]*WhyTouched{}
	note := func(l *domain.PayoutLine, how string) *WhyTouched {
		if found[l.Line] == nil {
			found[l.Line] = &WhyTouched{Payout: p.Entity.ID(), Version: version.Version, Status: version.Status(), Line: l.Line, Month: l.Month.Text(), Unit: l.Unit, Policy: l.Policy,
				Component: l.Component, Amount: l.Amount, How: how, Postings: []WhyThrough{}}
		}
		return found[l.Line]
	}
	if e.Sequence <= version.FactsTo {
		d, err := b.derivation(p, version)
		if err != nil {
			return err
		}
		if err := d.touched(e, note); err != nil {
			return err
		}
	}
	isStep := slices.ContainsFunc(steps(version), func(s namedStep) bool { return s.EventID == e.ID })
	for i := range version.Lines {
		l := &version.Lines[i]
		if isStep {
			note(l, "step")
		}
		if slices.ContainsFunc(l.Causes, func(c domain.PayoutCause) bool { return c.Event == e.ID }) {
			note(l, "cause")
		}
		if t := found[l.Line]; t != nil {
			b.touched = append(b.touched, *t)
		}
	}
	return nil
}

// derivation is of a version, over the policies and providers known to it and the event's own case.
func (b *backwards) derivation(p *domain.Payout, version *domain.PayoutVersion) (*derivation, error) {
	known, ok := b.known[version.FactsTo]
	if !ok {
		var err error
		if known, err = b.knownAt(version.FactsTo); err != nil {
			return nil, err
		}
		b.known[version.FactsTo] = known
	}
	d := &derivation{table: b.table, snapshot: b.snapshot, query: WhyQuery{Payout: p.Entity}, version: version, cut: known.cut, cases: map[domain.Entity]*derivedCase{}}
	if known.own != nil {
		d.cases[b.event.Entity] = known.own
	}
	for i := range version.Lines {
		l := &derivedLine{PayoutLine: &version.Lines[i]}
		l.document, l.component = d.componentOf(l.Policy, l.Component, l.Month.First())
		d.lines = append(d.lines, l)
	}
	return d, nil
}

// knownAt folds the providers, policies and grants, and the event's own case, up to a sequence.
func (b *backwards) knownAt(sequence uint64) (k knownThen, err error) {
	state, grants, err := b.stateAt(b.visibility(AsOf{Sequence: sequence}))
	if err != nil {
		return k, err
	}
	k.cut = &Cut{Parties: state.Parties, Policies: state.Policies, Adopted: state.Adopted(), Facts: &compensation.Facts{StateGrants: grants}}
	if !hasCode(b.event.Entity.Kind()) {
		return k, nil
	}
	c := &derivedCase{goals: map[string]string{}, follows: map[string]string{}, state: domain.NewState(b.event.Entity)}
	byID := map[string]*whyRead{}
	for _, r := range b.raw {
		if r.Sequence > sequence {
			break
		}
		read := &whyRead{Event: r.Event, data: r.Data}
		if byID[r.ID] = read; byID[r.Corrects()] != nil {
			if err := read.correct(byID[r.Corrects()]); err != nil {
				return k, err
			}
		}
		c.events = append(c.events, read)
		if err := c.state.Apply(&read.Event); err != nil {
			return k, fmt.Errorf("fold event %d (%s): %w", r.Sequence, r.ID, err)
		}
	}
	k.own = c
	return k, c.settle()
}

// componentOf returns the component that a policy's document in force on a day has, nil if there is none.
func (d *derivation) componentOf(policy, component string, day domain.Date) (*compensation.InForce, *compensation.Component) {
	for _, p := range d.cut.Adopted {
		for i := range p.Documents {
			document := &p.Documents[i]
			if p.ID != policy || day < document.From || document.End <= day {
				continue
			}
			for j := range document.Model.Components {
				if c := &document.Model.Components[j]; c.ID == component {
					return document, c
				}
			}
		}
	}
	return nil, nil
}

// touched notes the lines that an event touches.
func (d *derivation) touched(e *whyRead, note func(*domain.PayoutLine, string) *WhyTouched) error {
	for _, l := range d.lines {
		switch {
		case e.Entity == domain.NewEntity(domain.KindProvider, d.version.Provider) && l.ofParties(e, "") == "",
			e.Entity == domain.NewEntity(domain.KindPolicy, l.Policy) && l.ofParties(e, d.documentEvent(l)) == "",
			e.Entity.Kind() == domain.KindGrant && l.component != nil && (l.component.Kind == compensation.KindAllocation || l.component.Kind == compensation.KindPerformance) &&
				standing(e, func(data any) string {
					return ofGrant(l.component, &compensation.Posting{Provider: d.version.Provider}, data)
				}) == "":
			note(l.PayoutLine, "rule")
		}
	}
	c := d.cases[e.Entity]
	if c == nil || !d.atProvider(c) {
		return nil
	}
	e = c.events[slices.IndexFunc(c.events, func(r *whyRead) bool { return r.Sequence == e.Sequence })] // as known then
	for _, l := range d.lines {
		if l.component != nil && l.component.Kind == compensation.KindFixed && l.component.Per == compensation.PerUnitMonth && slices.Contains(d.inForceAt(l.Unit, l.Month), e.Sequence) {
			note(l.PayoutLine, "in-force")
		}
	}
	return d.touchedPostings(e, c, note)
}

// atProvider says whether anything of the case is at a unit of the payout's provider.
func (d *derivation) atProvider(c *derivedCase) bool {
	at := func(unit string) bool {
		u, _ := d.cut.Parties.Unit(unit)
		return u.Provider == d.version.Provider
	}
	return slices.ContainsFunc(c.facts.Grants, func(g domain.Grant) bool { return at(g.Unit) }) ||
		slices.ContainsFunc(c.facts.Performed, func(p domain.Performed) bool { return at(p.Unit) }) ||
		slices.ContainsFunc(c.facts.Enrolments, func(n domain.Enrolment) bool { return at(n.Unit) }) ||
		slices.ContainsFunc(c.facts.FollowUps, func(f domain.FollowUp) bool {
			return slices.ContainsFunc(f.Goals, func(g domain.AssessedGoal) bool { return at(g.Unit) })
		})
}

// touchedPostings notes the lines with a posting of the case that rests on the event, and the caps that sum one.
func (d *derivation) touchedPostings(e *whyRead, c *derivedCase, note func(*domain.PayoutLine, string) *WhyTouched) error {
	postings, err := d.postingsOf(c)
	if err != nil {
		return err
	}
	for i := range postings {
		p := &postings[i]
		day := p.Month.First()
		if p.HeldOn != 0 {
			day = p.HeldOn
		}
		_, component := d.componentOf(p.Policy, p.Component, day)
		if component == nil || restsOnAll(component) {
			continue
		}
		w := &whyPosting{&derivedLine{component: component}, p, c}
		if standing(e, func(data any) string { return w.reason(e, data) }) != "" {
			continue
		}
		for _, l := range d.lines {
			switch {
			case d.has(l, p):
				t := note(l.PayoutLine, "posting")
				t.Postings = append(t.Postings, WhyThrough{string(entityBehind(p)), p.Category, p.Band, p.FollowUp, p.Goal, p.Amount})
			case l.component != nil && l.component.Kind == compensation.KindCap && l.Policy == p.Policy && slices.Contains(l.component.Of, p.Component) &&
				p.Month.Year() == l.Month.Year() && p.Month <= l.Month && (l.component.Per == compensation.PerAuthorityYear || p.Provider == d.version.Provider) &&
				(l.component.Per != compensation.PerUnitYear || p.Unit == l.Unit):
				note(l.PayoutLine, "sums")
			}
		}
	}
	return nil
}

// postingsOf computes what a case is paid for in the months of the lines, and before them in the years that their caps sum.
func (d *derivation) postingsOf(c *derivedCase) (all []compensation.Posting, err error) {
	months := d.months()
	for _, l := range d.lines {
		if l.component != nil && l.component.Kind == compensation.KindCap {
			for m := domain.NewMonth(l.Month.Year(), time.January); m < l.Month; m++ {
				months = append(months, m)
			}
		}
	}
	slices.Sort(months)
	for _, m := range slices.Compact(months) {
		plain := compensation.Plain{Authority: d.table.authority, Parties: d.cut.Parties, Cases: []domain.CaseFacts{c.facts}, Policies: d.cut.Adopted, Period: compensation.Period{From: m, To: m}}
		postings, err := plain.Evaluate()
		if err != nil {
			return nil, err
		}
		all = append(all, postings...)
	}
	return all, nil
}
