package projections

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// WhyNothing is a component in force in the payout's month that gave nothing to the payout at all, neither for that month nor for an earlier one.
type WhyNothing struct {
	Policy    string       `json:"policy"`
	Component string       `json:"component"`
	Kind      string       `json:"kind"`
	From      string       `json:"from"` // of the document
	When      string       `json:"when"`
	Reasons   []WhyReasonN `json:"reasons"` // sorted by the order of WhyPasses; one no-facts where there was nothing to look at
}

// WhyReasonN is how often a component passed something over for a reason, and the values of the first time.
type WhyReasonN struct {
	Reason string              `json:"reason"`
	Times  int                 `json:"times"` // 0: there was nothing to look at
	Entity string              `json:"entity"`
	Saw    []compensation.Seen `json:"saw"`
}

// WhyUnpaid is a case or patient with something at the provider's units in the payout's month, also what has been annulled, for which the payout
// pays nothing in that month.
type WhyUnpaid struct {
	Entity     string          `json:"entity"`
	NotApplied []WhyNotApplied `json:"not_applied"`
	Events     []WhyEvent      `json:"events"` // of it in log order, with why they are no part; without performed time of other months
}

// whole looks at the payout as a whole: what gave nothing to it, and who was not paid for.
func (d *derivation) whole() error {
	month, facts := d.version.Month, caseFacts(d.cut.Facts)
	apart := func() *derivation { // from what the plain evaluator said of the postings shown
		return &derivation{table: d.table, snapshot: d.snapshot, version: d.version, cut: d.cut, caps: d.caps}
	}
	unpaid := d.notPaidFor()
	theirs := apart()
	of := slices.DeleteFunc(slices.Clone(facts), func(f domain.CaseFacts) bool { return !unpaid[factsEntity(&f)] })
	if _, err := theirs.plainly(month, of, d.cut.Adopted); err != nil {
		return err
	}
	d.unpaid = theirs.unpaidFor(unpaid)

	silent := func(policy string, c *compensation.Component) bool {
		return !slices.ContainsFunc(d.lines, func(l *derivedLine) bool { return l.Policy == policy && l.Component == c.ID && len(l.compiled) > 0 })
	}
	rest := apart()
	if err := rest.passedBySilent(month, facts, silent); err != nil {
		return err
	}
	d.nothing = rest.gaveNothing(silent)
	return nil
}

// passedBySilent notes what the components without a line pass over of all cases; nothing is computed where there are none.
func (d *derivation) passedBySilent(month domain.Month, facts []domain.CaseFacts, silent func(policy string, c *compensation.Component) bool) error {
	var policies []compensation.Policy
	for _, p := range d.cut.Adopted {
		some := only([]compensation.Policy{p}, func(c *compensation.Component) bool { return c.Kind != compensation.KindCap && silent(p.ID, c) })
		if slices.ContainsFunc(some[0].Documents, func(in compensation.InForce) bool { return len(in.Model.Components) > 0 && inMonth(&in, month) }) {
			policies = append(policies, some...)
		}
	}
	if len(policies) == 0 {
		return nil
	}
	_, err := d.plainly(month, slices.DeleteFunc(facts, func(f domain.CaseFacts) bool { return !d.atProvider(&derivedCase{facts: f}) }), policies)
	return err
}

func factsEntity(f *domain.CaseFacts) domain.Entity {
	return entityOf(&compensation.CaseInfo{ID: f.Case, Patient: f.Patient})
}

// gaveNothing returns the components in force in the payout's month without a line.
func (d *derivation) gaveNothing(silent func(policy string, c *compensation.Component) bool) []WhyNothing {
	all, places := []WhyNothing{}, d.places()
	eachComponent(d.cut.Adopted, func(policy string, in *compensation.InForce, c *compensation.Component) {
		if !inMonth(in, d.version.Month) || !silent(policy, c) {
			return
		}
		w := WhyNothing{Policy: policy, Component: c.ID, Kind: string(c.Kind), From: in.From.String(), Reasons: []WhyReasonN{}}
		if c.When != nil {
			w.When = c.When.Source()
		}
		counted := map[string]*WhyReasonN{}
		for _, at := range places {
			for _, p := range d.passed[at].passed {
				if p.Policy == policy && p.Component == c.ID && p.From == in.From {
					if counted[p.Reason] == nil {
						counted[p.Reason] = &WhyReasonN{p.Reason, 0, string(entityBehind(&compensation.Posting{Case: p.Case, Patient: p.Patient})), append([]compensation.Seen{}, p.Saw...)}
					}
					counted[p.Reason].Times++
				}
			}
		}
		if n := notReached(policy, c, d.caps); n != nil {
			counted[passedLimit] = n
		}
		for _, reason := range WhyPasses {
			if counted[reason] != nil {
				w.Reasons = append(w.Reasons, *counted[reason])
			}
		}
		if len(w.Reasons) == 0 {
			w.Reasons = append(w.Reasons, WhyReasonN{Reason: passedNoFacts, Saw: []compensation.Seen{}})
		}
		all = append(all, w)
	})
	return all
}

// notReached counts what a cap summed of the provider in the month without passing its limit, with the sum that came nearest; nil for none.
func notReached(policy string, c *compensation.Component, caps capSteps) *WhyReasonN {
	n, most := 0, WhyCap{}
	for taken, step := range caps.spent {
		if taken.policy == policy && taken.cap == c.ID {
			if n++; n == 1 || step.SumAfter > most.SumAfter {
				most = step
			}
		}
	}
	if n == 0 {
		return nil
	}
	return &WhyReasonN{Reason: passedLimit, Times: n, Saw: []compensation.Seen{{Name: "sum", Value: most.SumAfter.String()}, {Name: "limit", Value: most.Limit.String()}}}
}

// places are those that the plain evaluator said anything of, in order.
func (d *derivation) places() (all []casePlace) {
	for at := range d.passed {
		all = append(all, at)
	}
	slices.SortFunc(all, func(a, b casePlace) int {
		return cmp.Or(strings.Compare(a.cs, b.cs), boolOrder(a.patient)-boolOrder(b.patient), strings.Compare(a.unit, b.unit), int(a.month-b.month))
	})
	return all
}

// notPaidFor returns the cases with anything at the provider's units in the payout's month that no posting of that month is of.
func (d *derivation) notPaidFor() map[domain.Entity]bool {
	units := make([]bool, d.units.len())
	for i, id := range d.units.all() {
		units[i] = d.providerOf(id) == d.version.Provider
	}
	unpaid := map[domain.Entity]bool{}
	for cs, there := range d.thereIn(units, compensation.Period{From: d.version.Month, To: d.version.Month}, d.known) {
		if entity := domain.Entity(d.entities.at(int(cs))); there && !d.paidFor[entity] {
			unpaid[entity] = true
		}
	}
	return unpaid
}

// unpaidFor says of cases that were not paid for what passed over them, sorted.
func (d *derivation) unpaidFor(cases map[domain.Entity]bool) []WhyUnpaid {
	places := map[domain.Entity][]casePlace{}
	for _, at := range d.places() {
		entity := entityOf(&compensation.CaseInfo{ID: at.cs, Patient: at.patient})
		places[entity] = append(places[entity], at)
	}
	unpaid := []WhyUnpaid{}
	for entity := range cases {
		if len(places[entity]) == 0 { // nothing to look at, which each component says
			places[entity] = []casePlace{{cs: entity.ID(), patient: entity.Kind() == domain.KindPatient, month: d.version.Month}}
		}
		w := WhyUnpaid{Entity: string(entity), NotApplied: []WhyNotApplied{}, Events: []WhyEvent{}}
		for _, at := range places[entity] {
			w.NotApplied = append(w.NotApplied, d.notApplied(&compensation.Posting{Case: at.cs, Patient: at.patient, Unit: at.unit, Month: at.month, Provider: d.version.Provider})...)
		}
		unpaid = append(unpaid, w)
	}
	slices.SortFunc(unpaid, func(a, b WhyUnpaid) int { return strings.Compare(a.Entity, b.Entity) })
	return unpaid
}

// readUnpaid reads the events of those that were not paid for.
func (d *derivation) readUnpaid(ctx context.Context) error {
	wanted := make([]bool, d.entities.len())
	for i, e := range d.entities.all() {
		wanted[i] = slices.ContainsFunc(d.unpaid, func(u WhyUnpaid) bool { return u.Entity == e })
	}
	of := map[domain.Entity]*derivedCase{}
	for _, u := range d.unpaid {
		of[domain.Entity(u.Entity)] = newDerivedCase()
	}
	reading := &derivation{table: d.table, snapshot: d.snapshot, query: d.query, version: d.version, cases: of, read: map[uint64]*whyRead{}}
	if err := reading.fold(ctx, d.eventsOf(wanted, d.version.FactsTo, func(m domain.Month) bool { return m == d.version.Month }).sequences); err != nil {
		return err
	}
	for i := range d.unpaid {
		u := &d.unpaid[i]
		for _, e := range of[domain.Entity(u.Entity)].events {
			u.Events = append(u.Events, e.event(false, standing(e, d.notPaid)))
		}
	}
	return nil
}

// notPaid says why what an event says is no part of a payout that pays nothing for its case.
func (d *derivation) notPaid(data any) string {
	month, provider := d.version.Month, ""
	switch said := data.(type) {
	case *domain.VisitPerformed, *domain.TimeReported, *domain.HealthTimeReported:
		done, _ := domain.PerformedBy(data)
		month, provider = done.Month, d.providerOf(done.Unit)
	case *domain.FollowUpHeld:
		month = said.HeldOn.Month()
	case *domain.DecisionMade:
		provider = said.Provider
	case *domain.PatientEnrolled:
		provider = said.Provider
	}
	switch {
	case month != d.version.Month:
		return "other-month"
	case provider != "" && provider != d.version.Provider:
		return "other-unit"
	}
	return "no-posting"
}

func (d *derivation) providerOf(unit string) string {
	u, _ := d.cut.Parties.Unit(unit)
	return u.Provider
}
