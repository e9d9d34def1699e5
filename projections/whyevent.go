package projections

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
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

// WhyOfEvent returns what of the payouts an event ever touched. It reads the events of the event's own case, without the performed time of
// other months than the event's own, and the payouts of the providers that the case has been with; not the log. Errors: *WhyError; those of reading.
func (t *Table) WhyOfEvent(ctx context.Context, id string, at AsOf) (*Touched, error) {
	s := t.snapshot()
	v := s.visibility(at)
	sequence := s.sequenceOf(id)
	if sequence == 0 || !v.happened(uint32(sequence)) {
		return nil, t.nothingNamed("there is no event %s as known at event %d", id, v.moment.Sequence)
	}
	b := &backwards{table: t, snapshot: s, rules: newRulesThen(s)}
	if err := b.readCase(ctx, id, sequence); err != nil {
		return nil, err
	}
	payouts, err := b.payouts(v)
	if err != nil {
		return nil, err
	}
	versions := versionsOf(payouts)
	slices.SortStableFunc(versions, func(x, y payoutVersion) int { return cmp.Compare(x.FactsTo, y.FactsTo) }) // so that the case is folded once
	touched := make([][]WhyTouched, len(versions))
	for _, version := range versions {
		if touched[version.place], err = b.through(version.payout, version.PayoutVersion); err != nil {
			return nil, err
		}
	}
	lines := slices.Concat(touched...)
	return &Touched{t.authority, v.moment, b.event.event(len(lines) > 0, ""), append([]WhyTouched{}, lines...)}, nil
}

// sequenceOf returns the sequence of the event of an id, 0 for none. Ids are compared in their short form, all of them: 8 bytes an event.
func (s *snapshot) sequenceOf(id string) uint64 {
	return uint64(slices.Index(s.ids, domain.ShortID(id)) + 1)
}

// payoutVersion is a version with its payout, and its place among all versions in order of payout and version.
type payoutVersion struct {
	payout *domain.Payout
	*domain.PayoutVersion
	place int
}

func versionsOf(payouts *domain.Payouts) (all []payoutVersion) {
	for _, p := range payouts.All() {
		for _, version := range p.Versions {
			all = append(all, payoutVersion{p, version, len(all)})
		}
	}
	return all
}

// backwards goes from an event to the payouts.
type backwards struct {
	table *Table
	*snapshot
	event *whyRead
	raw   []*whyRead // the events of its case, or it alone

	rules *rulesThen
	own   *derivedCase        // the case as the version at hand knew it, nil where the event is of none
	byID  map[string]*whyRead // its events
}

// readCase reads the event, and with it the case or patient that it is of: of performed time only the months that the event ever was of, since
// other performed time has no part in what it touches. What opens a case, or asks for a patient's care, is a part of all of it.
func (b *backwards) readCase(ctx context.Context, id string, sequence uint64) error {
	all := []uint64{sequence}
	if cs := b.columns.cases[sequence-1]; cs != noCase {
		all = b.sequencesOf(cs, b.position)
	}
	months := b.performedChains(all).monthsOf(sequence)
	if err := b.read(ctx, b.ofMonths(all, func(m domain.Month) bool { return slices.Contains(months, m) }), id, sequence); err != nil {
		return err
	}
	if b.opens(b.event) {
		if err := b.read(ctx, all, id, sequence); err != nil {
			return err
		}
	}
	if hasCode(b.event.Entity.Kind()) {
		b.own, b.byID = newDerivedCase(), map[string]*whyRead{}
		b.own.state = domain.NewState(b.event.Entity)
	}
	return nil
}

// opens says whether an event says what holds of its whole case or patient, or corrects one that does.
func (b *backwards) opens(e *whyRead) bool {
	switch e.Data.(type) {
	case *domain.CaseOpened, *domain.CareRequested:
		return true
	}
	target := slices.IndexFunc(b.raw, func(r *whyRead) bool { return r.ID == e.Corrects() })
	return target >= 0 && b.opens(b.raw[target])
}

// read reads events of the case, one of which is the event itself.
func (b *backwards) read(ctx context.Context, sequences []uint64, id string, sequence uint64) error {
	b.raw = nil
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

// payouts folds the payouts that the event can have touched, as known at a moment: of the providers that its case ever was with, its own where it
// is of a payout, and those that name it. What is of a policy, a grant or a provider can have touched any.
func (b *backwards) payouts(v visible) (*domain.Payouts, error) {
	among := func(stored) bool { return true }
	switch kind := b.event.Entity.Kind(); {
	case kind == domain.KindPayout:
		among = func(p stored) bool { return p.entity == b.event.Entity }
	case hasCode(kind):
		providers, err := b.providersOfCase(v)
		if err != nil {
			return nil, err
		}
		name := []byte(strconv.Quote(b.event.ID))
		among = func(p stored) bool { return providers[payoutSuffix(p.entity)] || bytes.Contains(p.data, name) }
	}
	chosen := map[domain.Entity]bool{}
	for p := range b.columns.payouts.all() {
		chosen[p.entity] = chosen[p.entity] || among(p)
	}
	payouts := domain.NewPayouts()
	return payouts, v.each(b.columns.payouts.where(func(p stored) bool { return chosen[p.entity] }), payouts.Apply)
}

// payoutSuffix is what the entities of all of a provider's payouts end with.
func payoutSuffix(payout domain.Entity) string { return payout.ID()[len("2016-03"):] }

// providersOfCase returns the suffixes of the payouts of the providers at whose units the event's case ever had anything.
func (b *backwards) providersOfCase(v visible) (map[string]bool, error) {
	cs, units := b.columns.cases[b.event.Sequence-1], map[uint16]bool{}
	collect := func(of []uint32, unit []uint16) {
		for i, c := range of {
			if c == cs {
				units[unit[i]] = true
			}
		}
	}
	collect(b.grants.cs, b.grants.unit)
	collect(b.enrolments.cs, b.enrolments.unit)
	collect(b.keys.cs, b.keys.unit)
	for i, c := range b.followUps.cs {
		if c == cs {
			from, to := b.followUps.goalRows(uint32(i))
			for goal := from; goal < to; goal++ {
				units[b.goals.unit[goal]] = true
			}
		}
	}
	providers := map[string]bool{}
	err := v.each(b.parties.all(), func(e *domain.Event) error { // also of a unit whose registration was annulled or corrected later
		if said, ok := e.Data.(*domain.UnitRegistered); ok {
			code := b.units.index(said.Unit)
			if code >= 0 && units[uint16(code)] {
				providers[payoutSuffix(domain.PayoutEntity(e.Entity.ID(), domain.NewMonth(2016, time.March)))] = true
			}
		}
		return nil
	})
	return providers, err
}

// through returns what of one version the event touches. Versions come in order of what they knew.
func (b *backwards) through(p *domain.Payout, version *domain.PayoutVersion) (touched []WhyTouched, err error) {
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
			return nil, err
		}
		if err := d.touched(e, note); err != nil {
			return nil, err
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
			touched = append(touched, *t)
		}
	}
	return touched, nil
}

// derivation is of a version, over the policies and providers known to it and the event's own case.
func (b *backwards) derivation(p *domain.Payout, version *domain.PayoutVersion) (*derivation, error) {
	cut, err := b.rules.at(version.FactsTo)
	if err != nil {
		return nil, err
	}
	d := &derivation{table: b.table, snapshot: b.snapshot, query: WhyQuery{Payout: p.Entity}, version: version, known: b.upTo(version.FactsTo), cut: cut, cases: map[domain.Entity]*derivedCase{}}
	if b.own != nil {
		if err := b.foldTo(version.FactsTo); err != nil {
			return nil, err
		}
		d.cases[b.event.Entity] = b.own
	}
	for i := range version.Lines {
		l := &derivedLine{PayoutLine: &version.Lines[i]}
		l.document, l.component = d.componentOf(l.Policy, l.Component, l.Month.First())
		d.lines = append(d.lines, l)
	}
	return d, nil
}

// foldTo folds the event's own case on, up to a sequence.
func (b *backwards) foldTo(sequence uint64) error {
	from := len(b.own.events)
	for _, r := range b.raw[from:] {
		if r.Sequence > sequence {
			break
		}
		read := &whyRead{Event: r.Event, data: r.Data}
		if b.byID[r.ID] = read; b.byID[r.Corrects()] != nil {
			if err := read.correct(b.byID[r.Corrects()]); err != nil {
				return err
			}
		}
		if err := b.own.add(read); err != nil {
			return err
		}
	}
	if len(b.own.events) == from && from > 0 {
		return nil
	}
	return b.own.settle()
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
		if l.component != nil && l.component.Kind == compensation.KindFixed && l.component.Per == compensation.PerUnitMonth && d.gaveAt(l.Unit, e.Sequence) && slices.Contains(d.inForceAt(l.Unit, l.Month), e.Sequence) {
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
