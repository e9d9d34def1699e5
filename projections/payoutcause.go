package projections

import (
	"context"
	"fmt"
	"slices"
	"time"

	"careledger/domain"
	"careledger/domain/compensation"
)

// What an adjustment follows from: of the events on the log since the provider was last paid, those of the line's policy where other
// documents of it hold in the month now, and otherwise those of the cases and patients whose postings differ, that concern the month,
// and of the provider where its unit is another one now. A cap follows from what it sums, over the year until the month.

// adjusted are the adjustments of a month that were last paid as known at the same event.
type adjusted struct {
	since uint64
	month domain.Month
}

// adjustment is a line with its provider, and what may explain it.
type adjustment struct {
	provider string
	*domain.PayoutLine
	from   domain.Month            // the first month that it follows from: its own, of a cap the January before
	cap    *compensation.Component // nil for any other line
	differ map[domain.Entity]bool  // cases and patients whose postings differ; "" for a posting of none
	kinds  map[domain.Kind]bool    // kinds of other entities
	// inForce: only what changes when something is in force can explain it.
	inForce bool
}

// causes names the events that each adjustment follows from.
func (c *payoutCalculation) causes(ctx context.Context, all []domain.PayoutCalculated) error {
	groups, order := map[adjusted][]*adjustment{}, []adjusted{}
	for i := range all {
		p := &all[i]
		for j := range p.Lines {
			if l := &p.Lines[j]; l.Adjusts(p.Month) {
				k := adjusted{c.knownBefore(p.Provider, l.Month), l.Month}
				if groups[k] == nil {
					order = append(order, k)
				}
				a := &adjustment{provider: p.Provider, PayoutLine: l, from: l.Month, kinds: map[domain.Kind]bool{}}
				if a.cap = capIn(c.Adopted, l); a.cap != nil {
					a.from = domain.NewMonth(l.Month.Year(), 1)
				}
				groups[k] = append(groups[k], a)
			}
		}
	}
	var before *Cut
	slices.SortFunc(order, func(a, b adjusted) int { return int(a.since) - int(b.since) })
	for _, k := range order {
		if before == nil || before.Sequence != k.since {
			var err error
			if before, err = c.table.Cut(AsOf{Sequence: k.since}); err != nil {
				return fmt.Errorf("look at what was known at event %d: %w", k.since, err)
			}
		}
		if err := c.explain(ctx, k.month, groups[k], before); err != nil {
			return err
		}
	}
	return nil
}

// explain finds the causes of the adjustments of one month.
func (c *payoutCalculation) explain(ctx context.Context, month domain.Month, lines []*adjustment, before *Cut) error {
	period := compensation.Period{From: month, To: month}
	for _, l := range lines {
		period.From = min(period.From, l.from)
	}
	was, err := perCase(before, period)
	if err != nil {
		return err
	}
	is, err := perCase(c.Cut, period)
	if err != nil {
		return err
	}
	kinds, differ := map[domain.Kind]bool{}, map[domain.Entity]bool{}
	for _, l := range lines {
		c.cancellations(l, before.Sequence)
		l.compare(c.table, was, is, before, c.Cut)
		for k := range l.kinds {
			kinds[k] = true
		}
		for e := range l.differ {
			differ[e] = true
		}
	}
	return readEvents(ctx, c.table.events, c.table.snapshot().since(before.Sequence, c.Sequence, kinds, differ), func(e *domain.Event) error {
		for _, l := range lines {
			if concerns(e, l.from, month) && (l.differ[e.Entity] || l.kinds[e.Entity.Kind()] && l.own(e.Entity)) {
				l.explainedBy(e)
			}
		}
		return nil
	})
}

// cancellations names the approvals of the line's key that were taken back after an event: what they had settled is due again.
func (c *payoutCalculation) cancellations(l *adjustment, since uint64) {
	for _, p := range c.payouts.All() {
		for _, v := range p.Versions {
			if v.Cancelled != nil && v.Cancelled.Sequence > since && slices.ContainsFunc(v.Lines, func(of domain.PayoutLine) bool {
				return settledKey(v.Provider, &of) == settledKey(l.provider, l.PayoutLine)
			}) {
				l.causedBy(domain.PayoutCause{Event: v.Cancelled.EventID, Sequence: v.Cancelled.Sequence, Type: domain.TypePayoutCancelled, Entity: p.Entity})
			}
		}
	}
}

// own says whether an entity of a kind that explains the line is the line's own.
func (l *adjustment) own(e domain.Entity) bool {
	switch e.Kind() {
	case domain.KindPolicy:
		return e.ID() == l.Policy
	case domain.KindProvider:
		return e.ID() == l.provider
	}
	return true
}

func (l *adjustment) explainedBy(e *domain.Event) {
	if ofGoals[e.Type] && l.cap == nil && l.QuantityUnit != compensation.UnitGoal && l.QuantityUnit != compensation.UnitPerson && l.QuantityUnit != compensation.UnitMixed {
		return
	}
	if l.inForce && hasCode(e.Entity.Kind()) && !changesForce[e.Type] {
		return
	}
	l.causedBy(domain.PayoutCause{Event: e.ID, Sequence: e.Sequence, Type: e.Type, Entity: e.Entity})
}

func (l *adjustment) causedBy(c domain.PayoutCause) {
	l.CausesInAll++
	if len(l.Causes) < domain.PayoutCausesMax {
		l.Causes = append(l.Causes, c)
	}
}

// changesForce are the events of cases and patients that change when something is in force. It must not be changed.
var changesForce = map[domain.Type]bool{domain.TypeDecisionMade: true, domain.TypeDecisionEnded: true, domain.TypeProviderChanged: true,
	domain.TypePatientEnrolled: true, domain.TypePatientDischarged: true, domain.TypeEventAnnulled: true, domain.TypeEventCorrected: true}

// ofGoals are the events that change premiums only. It must not be changed.
var ofGoals = map[domain.Type]bool{domain.TypeGoalSet: true, domain.TypeGoalChanged: true, domain.TypeGoalWithdrawn: true, domain.TypeFollowUpHeld: true}

// since returns the sequences in (from, to] of entities of some kinds, and of some cases and patients.
func (s *snapshot) since(from, to uint64, kinds map[domain.Kind]bool, of map[domain.Entity]bool) (sequences []uint64) {
	for p := range s.parties.all() {
		if p.sequence > from && p.sequence <= to && kinds[p.entity.Kind()] {
			sequences = append(sequences, p.sequence)
		}
	}
	for i := from; i < to; i++ {
		if cs := s.cases[i]; cs != noCase && of[domain.Entity(s.entities.at(int(cs)))] {
			sequences = append(sequences, i+1)
		}
	}
	slices.Sort(sequences)
	return sequences
}

// contribution is what a case or patient ("" for a posting of none) contributes to.
type contribution struct {
	month                             domain.Month
	provider, unit, policy, component string
	entity                            domain.Entity
}

// perCase returns what each case and patient contributes to the lines of each month.
func perCase(cut *Cut, period compensation.Period) (map[contribution]domain.Money, error) {
	amounts := map[contribution]domain.Money{}
	entities := make([]domain.Entity, len(cut.Cases))
	err := cut.Prepared(period).Evaluate(cut.Adopted, func(b *compensation.Batch) error {
		for i, unit := range b.Unit {
			u := &cut.Units[unit]
			k := contribution{b.Month[i], u.Provider, u.ID, b.Policy, b.Component.ID, ""}
			if cs := b.Case[i]; cs != compensation.NoCase {
				if entities[cs] == "" {
					entities[cs] = entityOf(&cut.Cases[cs])
				}
				k.entity = entities[cs]
			}
			amounts[k] += b.Amount[i]
		}
		return nil
	})
	return amounts, err
}

func entityOf(c *compensation.CaseInfo) domain.Entity {
	if c.Patient {
		return domain.NewEntity(domain.KindPatient, c.ID)
	}
	return domain.NewEntity(domain.KindCase, c.ID)
}

// compare notes which kinds of entities, or which cases, explain the line.
func (l *adjustment) compare(t *Table, was, is map[contribution]domain.Money, before, now *Cut) {
	if !slices.Equal(documentsIn(before.Adopted, l.Policy, l.from, l.Month), documentsIn(now.Adopted, l.Policy, l.from, l.Month)) {
		l.kinds[domain.KindPolicy] = true // every case may differ because of it
		return
	}
	if !slices.Equal(unitsOf(before, l.provider), unitsOf(now, l.provider)) {
		l.kinds[domain.KindProvider] = true
	}
	l.differ = map[domain.Entity]bool{}
	for k, amount := range is {
		if l.restsOn(k) && was[k] != amount {
			l.differ[k.entity] = true
		}
	}
	for k := range was {
		if _, still := is[k]; !still && l.restsOn(k) {
			l.differ[k.entity] = true
		}
	}
	if l.differ[""] { // a grant's, or a unit's own, which rests on all that is in force there
		delete(l.differ, "")
		l.kinds[domain.KindProvider], l.kinds[domain.KindGrant], l.inForce = true, true, true
		for _, e := range t.At(l.Unit) {
			l.differ[e] = true
		}
	}
}

// restsOn says whether a contribution is a part of the line, or of what the line caps.
func (l *adjustment) restsOn(k contribution) bool {
	if k.policy != l.Policy {
		return false
	}
	if l.cap == nil {
		return k.month == l.Month && k.provider == l.provider && k.unit == l.Unit && k.component == l.Component
	}
	within := l.cap.Per == compensation.PerAuthorityYear || k.provider == l.provider && (l.cap.Per == compensation.PerProviderYear || k.unit == l.Unit)
	return within && l.from <= k.month && k.month <= l.Month && slices.Contains(l.cap.Of, k.component)
}

// capIn returns the cap that a line is of, nil if it is of another component.
func capIn(adopted []compensation.Policy, l *domain.PayoutLine) *compensation.Component {
	for _, p := range adopted {
		for _, d := range p.Documents {
			if p.ID != l.Policy || d.From > l.Month.First() || l.Month.First() >= d.End {
				continue
			}
			for i := range d.Model.Components {
				if c := &d.Model.Components[i]; c.ID == l.Component && c.Kind == compensation.KindCap {
					return c
				}
			}
		}
	}
	return nil
}

// unitsOf are a provider's units as a model sees them.
func unitsOf(cut *Cut, provider string) (units []domain.Unit) {
	for _, u := range cut.Units {
		if u.Provider == provider {
			u.Registered = time.Time{}
			units = append(units, u)
		}
	}
	return units
}

// documentsIn names the documents of a policy in force in some months, with their days.
func documentsIn(adopted []compensation.Policy, id string, from, to domain.Month) (names []string) {
	for _, p := range adopted {
		for _, d := range p.Documents {
			if p.ID == id && d.From <= to.Last() && from.First() < d.End {
				names = append(names, d.Model.SHA256()+" "+max(d.From, from.First()).String()+" "+min(d.End, to.Last()+1).String())
			}
		}
	}
	return names
}

// concerns says whether an event may change what the months come to. What is registered of other months, and the premiums that the ledger
// writes after their cause, do not explain it.
func concerns(e *domain.Event, from, to domain.Month) bool {
	if p, ok := domain.PerformedBy(e.Data); ok {
		return from <= p.Month && p.Month <= to
	}
	switch d := e.Data.(type) {
	case *domain.FollowUpHeld:
		return from <= d.HeldOn.Month() && d.HeldOn.Month() <= to
	case *domain.PremiumAwarded, *domain.PremiumReversed, *domain.NeedsAssessed, *domain.SubgoalSet:
		return false
	case *domain.EventAnnulled, *domain.EventCorrected:
		return true // the target's month is not in it
	}
	if e.Entity.Kind() == domain.KindGrant {
		return true // a later result moves what was paid for an earlier one to its own month
	}
	return e.Effective <= to.Last()
}
