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

// unitMonth is a unit in a month.
type unitMonth struct {
	unit  string
	month domain.Month
}

// resting gathers what the latest version of a payout rests on.
type resting struct {
	table *Table
	*snapshot
	version *domain.PayoutVersion
	cut     *Cut // of what was known when it was calculated
	grants  bool // state grants are part of it
	of      map[domain.Entity]*uses
	units   map[unitMonth]bool // of a unit's own postings: true where they are by days in force
	causes  map[string]bool    // ids of the events that its adjustments are said to follow from
}

// uses says what a case or patient gives to a payout: which of its events are part of an amount.
type uses struct {
	decisions bool // what is granted, when and where; of a patient, the enrolments
	absences  bool
	followUps bool               // goals and what they came to
	performed map[unitMonth]bool // performed time
}

// RestsOn returns the sequences of the events that the latest version of a payout rests on, increasing. Whoever has these events, and no
// others, computes the payout again:
//
//   - its own events, and those of the provider's payouts that had settled something of its lines when it was calculated
//   - the events of all providers up to its last step, and of all policies up to where its facts end
//   - the events, up to where its facts end, of each case, patient and state grant behind a posting of the provider in the payout's month or in
//     an adjusted line, and of those that an adjustment is said to follow from
//   - of a cap: those behind what it sums from January on, where it took something back; of a unit's own amount: those that show something in
//     force at the unit in the month (all of them where it is by days, otherwise one; where nothing is, one before and one after)
//
// least leaves out what the amounts do not need: earlier versions of the payout, and of cases and patients all that no posting is of (needs,
// sub-goals, premiums that the ledger wrote, time in other months or at other units, goals where no premium is paid). What a correction
// concerns stays or goes with it.
//
// Of a table that was folded from these events alone it gives the same sequences. Errors: *WhyError where there is no such payout; those of
// reading.
func (t *Table) RestsOn(ctx context.Context, payout domain.Entity, least bool) ([]uint64, error) {
	s := t.snapshot()
	payouts, err := s.payoutsAt(s.visibility(Now))
	if err != nil {
		return nil, err
	}
	p := payouts.Payout(payout)
	if p == nil {
		return nil, t.nothingNamed("there is no payout %s; careledger payout list shows what there is", payout.ID())
	}
	r := &resting{table: t, snapshot: s, version: p.Latest(), of: map[domain.Entity]*uses{}, units: map[unitMonth]bool{}, causes: map[string]bool{}}
	if r.cut, err = t.Cut(AsOf{Sequence: r.version.FactsTo}); err != nil {
		return nil, fmt.Errorf("look at what was known at event %d: %w", r.version.FactsTo, err)
	}
	if err := r.postings(); err != nil {
		return nil, err
	}
	r.adjustments()
	r.ofUnits()
	sequences, err := r.ofCases(ctx, least)
	if err != nil {
		return nil, err
	}
	sequences = append(append(sequences, r.ofParties()...), r.ofPayouts(payouts, payout, least)...)
	slices.Sort(sequences)
	return slices.Compact(sequences), nil
}

// postings takes up what is behind the payout's postings, and behind what their caps sum.
func (r *resting) postings() error {
	lines := map[domain.SettledKey]bool{}
	for i := range r.version.Lines {
		lines[r.version.Key(&r.version.Lines[i])] = true
	}
	for _, month := range payoutMonths(r.version.PayoutCalculated) {
		capped := map[policyComponent]bool{}
		err := r.evaluate(r.cut.Adopted, compensation.Period{From: month, To: month}, func(c *compensation.Component, p *compensation.Posting) {
			key := domain.SettledKey{Provider: p.Provider, Month: p.Month, Unit: p.Unit, Policy: p.Policy, Component: p.Component}
			if p.Provider != r.version.Provider || month != r.version.Month && !lines[key] {
				return
			}
			r.take(c, p)
			if c.Kind == compensation.KindCap {
				capped[policyComponent{p.Policy, c.ID}] = true
			}
		})
		if err == nil {
			err = r.caps(month, capped)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// evaluate visits the postings of some months under policies.
func (r *resting) evaluate(policies []compensation.Policy, period compensation.Period, visit func(*compensation.Component, *compensation.Posting)) error {
	return r.cut.Prepared(period).Evaluate(policies, func(b *compensation.Batch) error {
		for i := range b.Month {
			p := b.Posting(i)
			visit(b.Component, &p)
		}
		return nil
	})
}

// take notes what a posting is of.
func (r *resting) take(c *compensation.Component, p *compensation.Posting) {
	switch {
	case c.Kind == compensation.KindAllocation || c.Kind == compensation.KindPerformance:
		r.grants = true
	case p.Case == "":
		at := unitMonth{p.Unit, p.Month}
		r.units[at] = r.units[at] || c.Prorate
	case c.Kind == compensation.KindCap: // a part of what it sums, which is taken by itself
		r.use(entityBehind(p))
	default:
		r.use(entityBehind(p)).of(c, unitMonth{p.Unit, p.Month})
	}
}

func (r *resting) use(e domain.Entity) *uses {
	u := r.of[e]
	if u == nil {
		u = &uses{performed: map[unitMonth]bool{}}
		r.of[e] = u
	}
	return u
}

// of adds what a component of the given kind is paid for.
func (u *uses) of(c *compensation.Component, at unitMonth) {
	switch c.Kind {
	case compensation.KindGoalPremium, compensation.KindPersonPremium:
		u.followUps, u.decisions = true, true
	case compensation.KindTime, compensation.KindSupplement:
		if c.Basis == compensation.BasisPerformed || c.Basis == compensation.BasisHealth {
			u.performed[at] = true
			return
		}
		u.decisions, u.absences = true, u.absences || len(c.Absence) > 0
	default:
		u.decisions = true
	}
}

// policyComponent names a component over all documents of its policy.
type policyComponent struct{ policy, component string }

// caps takes up what the caps of a month sum from January on, where they took something back. Where an amount below zero is part of a sum, what
// the others are decides too whether the limit was passed on the way, so all of it is taken.
func (r *resting) caps(month domain.Month, tookBack map[policyComponent]bool) error {
	sums, policies := map[policyComponent]*capped{}, []compensation.Policy(nil) // with a cap
	for _, p := range r.cut.Adopted {
		known := len(sums)
		for _, d := range p.Documents {
			for i := range d.Model.Components {
				if c := &d.Model.Components[i]; c.Kind == compensation.KindCap {
					name := policyComponent{p.ID, c.ID}
					if sums[name] == nil {
						sums[name] = &capped{of: map[string]bool{}, all: tookBack[name]}
					}
					sums[name].per = append(sums[name].per, c.Per)
					for _, of := range c.Of {
						sums[name].of[of] = true
					}
				}
			}
		}
		if len(sums) > known {
			policies = append(policies, p)
		}
	}
	if len(sums) == 0 {
		return nil
	}
	period := compensation.Period{From: domain.NewMonth(month.Year(), time.January), To: month}
	each := func(visit func(*capped, *compensation.Component, *compensation.Posting)) error {
		return r.evaluate(policies, period, func(c *compensation.Component, p *compensation.Posting) {
			for name, sum := range sums {
				if name.policy == p.Policy && sum.of[c.ID] && (p.Provider == r.version.Provider || slices.Contains(sum.per, compensation.PerAuthorityYear)) {
					visit(sum, c, p)
				}
			}
		})
	}
	if err := each(func(sum *capped, _ *compensation.Component, p *compensation.Posting) {
		sum.all = sum.all || p.Amount < 0
	}); err != nil {
		return err
	}
	return each(func(sum *capped, c *compensation.Component, p *compensation.Posting) {
		if sum.all {
			r.take(c, p)
		}
	})
}

// capped is what a cap sums, under all documents of its policy.
type capped struct {
	of  map[string]bool
	per []string
	all bool // all of it is part of the payout
}

// adjustments takes up the cases, patients and grants that adjustments are said to follow from: what is gone has no posting.
func (r *resting) adjustments() {
	for i := range r.version.Lines {
		l := &r.version.Lines[i]
		for _, cause := range l.Causes {
			r.causes[cause.Event] = true
			switch cause.Entity.Kind() {
			case domain.KindGrant:
				r.grants = true
			case domain.KindCase, domain.KindPatient:
				u := r.use(cause.Entity)
				u.cause(cause.Type)
				for _, c := range r.components(l.Policy, l.Component) {
					u.of(c, unitMonth{l.Unit, l.Month})
				}
			}
		}
	}
}

// cause adds what an event that an adjustment follows from is told with: what it refers to. What a correction is of is not told by its type.
func (u *uses) cause(t domain.Type) {
	corrects := t == domain.TypeEventAnnulled || t == domain.TypeEventCorrected
	goals := ofGoals[t] || corrects
	u.followUps = u.followUps || goals
	u.decisions = u.decisions || goals || changesForce[t]
	u.absences = u.absences || corrects || t == domain.TypeAbsenceRegistered
}

// components returns a component as the documents of its policy say it.
func (r *resting) components(policy, id string) (all []*compensation.Component) {
	for _, p := range r.cut.Adopted {
		for _, d := range p.Documents {
			for i := range d.Model.Components {
				if c := &d.Model.Components[i]; p.ID == policy && c.ID == id {
					all = append(all, c)
				}
			}
		}
	}
	return all
}

// ofUnits takes up the cases and patients that show that something is in force at a unit, for its own postings.
func (r *resting) ofUnits() {
	before := map[domain.Entity]bool{} // taken up for something else
	for e := range r.of {
		before[e] = true
	}
	for at, byDays := range r.units {
		during, earlier, later := r.inForce(at)
		switch {
		case byDays:
		case len(during) == 0:
			during = append(earlier[:min(1, len(earlier))], later[:min(1, len(later))]...)
		default:
			i := max(0, slices.IndexFunc(during, func(e domain.Entity) bool { return before[e] }))
			during = during[i : i+1]
		}
		for _, e := range during {
			r.use(e).decisions = true
		}
	}
}

// inForce returns the cases and patients with a decision or enrolment in force at a unit in a month, and those with one that ends before it or
// begins after it, in order of the events that say so.
func (r *resting) inForce(at unitMonth) (during, earlier, later []domain.Entity) {
	v := r.visibility(AsOf{Sequence: r.version.FactsTo})
	code := r.columns.units.index(at.unit)
	look := func(k *known, i int, cs uint32, unit uint16, first, last domain.Date) {
		if int(unit) != code || !v.row(k, i) {
			return
		}
		switch e := domain.Entity(r.entities.at(int(cs))); {
		case last < at.month.First():
			earlier = append(earlier, e)
		case first > at.month.Last():
			later = append(later, e)
		default:
			during = append(during, e)
		}
	}
	for i, unit := range r.columns.grants.unit {
		if domain.GrantClass(r.columns.grants.class[i]) == domain.GrantInForce {
			look(&r.columns.grants.known, i, r.columns.grants.cs[i], unit, r.columns.grants.first[i], r.columns.grants.last[i])
		}
	}
	for i, unit := range r.enrolments.unit {
		look(&r.enrolments.known, i, r.enrolments.cs[i], unit, r.enrolments.first[i], r.enrolments.last[i])
	}
	return during, earlier, later
}

// ofCases returns the events of the cases and patients.
func (r *resting) ofCases(ctx context.Context, least bool) (sequences []uint64, err error) {
	wanted := make([]bool, r.entities.len())
	for i, e := range r.entities.all() {
		wanted[i] = r.of[domain.Entity(e)] != nil
	}
	for i, cs := range r.cases[:min(r.version.FactsTo, r.position)] {
		if cs != noCase && wanted[cs] {
			sequences = append(sequences, uint64(i+1))
		}
	}
	if !least {
		return sequences, nil
	}
	groups, of := []*eventGroup{}, map[[2]string]*eventGroup{} // an event with its corrections, by entity and id
	err = r.table.events.ReadSequences(ctx, sequences, func(raw eventstore.Event) error {
		e, err := domain.DecodeEvent(raw.Sequence, domain.Type(raw.Type), raw.Data)
		if err != nil {
			return err
		}
		read := &whyRead{Event: e, data: e.Data}
		g := of[[2]string{string(e.Entity), e.Corrects()}]
		if g == nil || e.Corrects() == "" {
			g = &eventGroup{}
			groups, of[[2]string{string(e.Entity), e.ID}] = append(groups, g), g
		} else if err := read.correct(g.events[0]); err != nil {
			return err
		}
		g.events = append(g.events, read)
		g.needed = g.needed || r.causes[e.ID] || r.of[e.Entity].needs(read.data)
		return nil
	})
	sequences = sequences[:0]
	for _, g := range groups {
		for _, e := range g.events {
			if g.needed {
				sequences = append(sequences, e.Sequence)
			}
		}
	}
	return sequences, err
}

// eventGroup is an event with what corrects it.
type eventGroup struct {
	events []*whyRead
	needed bool
}

// needs says whether what an event of the case or patient says is part of what it is used for.
func (u *uses) needs(data any) bool {
	switch data.(type) {
	case *domain.CaseOpened, *domain.CareRequested:
		return true
	case *domain.DecisionMade, *domain.DecisionEnded, *domain.ProviderChanged, *domain.PatientEnrolled, *domain.PatientDischarged:
		return u.decisions
	case *domain.AbsenceRegistered:
		return u.absences
	case *domain.GoalSet, *domain.GoalChanged, *domain.FollowUpHeld:
		return u.followUps
	}
	done, is := domain.PerformedBy(data)
	return is && u.performed[unitMonth{done.Unit, done.Month}]
}

// ofParties returns the events of the providers, policies and state grants.
func (r *resting) ofParties() (sequences []uint64) {
	last := r.version.LastStep().Sequence
	for p := range r.parties.all() {
		to := r.version.FactsTo
		switch p.entity.Kind() {
		case domain.KindProvider: // who belongs to one may not approve
			to = last
		case domain.KindPolicy:
		case domain.KindGrant:
			if !r.grants {
				continue
			}
		default:
			continue
		}
		if p.sequence <= to {
			sequences = append(sequences, p.sequence)
		}
	}
	return sequences
}

// ofPayouts returns the payout's own events, and those of the payouts that had settled something of its lines.
func (r *resting) ofPayouts(payouts *domain.Payouts, own domain.Entity, least bool) (sequences []uint64) {
	lines, settled := map[domain.SettledKey]bool{}, map[domain.Entity]bool{}
	for i := range r.version.Lines {
		lines[r.version.Key(&r.version.Lines[i])] = true
	}
	for _, p := range payouts.All() {
		for _, v := range p.Versions {
			if v.Approved != nil && v.Approved.Sequence <= r.version.KnownTo {
				for i := range v.Lines {
					settled[p.Entity] = settled[p.Entity] || lines[v.Key(&v.Lines[i])]
				}
			}
		}
	}
	for p := range r.columns.payouts.all() {
		switch {
		case p.entity == own && (!least || settled[own] || p.sequence >= r.version.Sequence),
			p.entity != own && settled[p.entity] && p.sequence <= r.version.KnownTo:
			sequences = append(sequences, p.sequence)
		}
	}
	return sequences
}
