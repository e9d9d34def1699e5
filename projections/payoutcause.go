package projections

import (
	"context"
	"fmt"
	"slices"

	"careledger/domain"
	"careledger/domain/compensation"
)

// What an adjustment follows from: of the events on the log since the provider was last paid, those of the line's policy where other
// documents of it hold in the month now, and otherwise those of the cases and patients whose postings differ, that concern the month.

// adjusted are the adjustments of a month that were last paid as known at the same event.
type adjusted struct {
	since uint64
	month domain.Month
}

// adjustment is a line with its provider, and what may explain it.
type adjustment struct {
	provider string
	*domain.PayoutLine
	differ map[domain.Entity]bool // cases and patients whose postings differ; "" for a posting of none
	kinds  map[domain.Kind]bool   // kinds of other entities
	// inForce: only what changes when something is in force can explain it.
	inForce bool
}

// causes names the events that each adjustment follows from.
func (c *payoutCalculation) causes(ctx context.Context, t *Table, all []domain.PayoutCalculated) error {
	groups, order := map[adjusted][]*adjustment{}, []adjusted{}
	for i := range all {
		p := &all[i]
		since := c.knownBefore(p.Provider)
		for j := range p.Lines {
			if l := &p.Lines[j]; l.Adjusts(p.Month) {
				k := adjusted{since, l.Month}
				if groups[k] == nil {
					order = append(order, k)
				}
				groups[k] = append(groups[k], &adjustment{provider: p.Provider, PayoutLine: l, kinds: map[domain.Kind]bool{}})
			}
		}
	}
	var before *Cut
	slices.SortFunc(order, func(a, b adjusted) int { return int(a.since) - int(b.since) })
	for _, k := range order {
		if before == nil || before.Sequence != k.since {
			var err error
			if before, err = t.Cut(AsOf{Sequence: k.since}); err != nil {
				return fmt.Errorf("look at what was known at event %d: %w", k.since, err)
			}
		}
		if err := c.explain(ctx, t, k.month, groups[k], before); err != nil {
			return err
		}
	}
	return nil
}

// explain finds the causes of the adjustments of one month.
func (c *payoutCalculation) explain(ctx context.Context, t *Table, month domain.Month, lines []*adjustment, before *Cut) error {
	was, err := perCase(before, month)
	if err != nil {
		return err
	}
	is, err := perCase(c.Cut, month)
	if err != nil {
		return err
	}
	kinds, differ := map[domain.Kind]bool{}, map[domain.Entity]bool{}
	for _, l := range lines {
		l.compare(t, was, is, before, c.Cut)
		for k := range l.kinds {
			kinds[k] = true
		}
		for e := range l.differ {
			differ[e] = true
		}
	}
	return readEvents(ctx, t.log, t.snapshot().since(before.Sequence, c.Sequence, kinds, differ), func(e *domain.Event) error {
		if !concerns(e, month) {
			return nil
		}
		for _, l := range lines {
			if l.differ[e.Entity] || l.kinds[e.Entity.Kind()] && (e.Entity.Kind() != domain.KindPolicy || e.Entity.ID() == l.Policy) {
				l.explainedBy(e)
			}
		}
		return nil
	})
}

func (l *adjustment) explainedBy(e *domain.Event) {
	if l.inForce && hasCode(e.Entity.Kind()) && !changesForce[e.Type] {
		return
	}
	l.CausesInAll++
	if len(l.Causes) < domain.PayoutCausesMax {
		l.Causes = append(l.Causes, domain.PayoutCause{Event: e.ID, Sequence: e.Sequence, Type: e.Type, Entity: e.Entity})
	}
}

// changesForce are the events of cases and patients that change when something is in force. It must not be changed.
var changesForce = map[domain.Type]bool{domain.TypeDecisionMade: true, domain.TypeDecisionEnded: true, domain.TypeProviderChanged: true,
	domain.TypePatientEnrolled: true, domain.TypePatientDischarged: true, domain.TypeEventAnnulled: true, domain.TypeEventCorrected: true}

// since returns the sequences in (from, to] of entities of some kinds, and of some cases and patients.
func (s *snapshot) since(from, to uint64, kinds map[domain.Kind]bool, of map[domain.Entity]bool) (sequences []uint64) {
	for _, p := range s.parties {
		if p.sequence > from && p.sequence <= to && kinds[p.entity.Kind()] {
			sequences = append(sequences, p.sequence)
		}
	}
	for i := from; i < to; i++ {
		if cs := s.cases[i]; cs != noCase && of[domain.Entity(s.entities[cs])] {
			sequences = append(sequences, i+1)
		}
	}
	slices.Sort(sequences)
	return sequences
}

// contribution is what a case or patient ("" for a posting of none) contributes to.
type contribution struct {
	provider, unit, policy, component string
	entity                            domain.Entity
}

// perCase returns what each case and patient contributes to the lines of a month.
func perCase(cut *Cut, month domain.Month) (map[contribution]domain.Money, error) {
	amounts := map[contribution]domain.Money{}
	entities := make([]domain.Entity, len(cut.Cases))
	err := cut.Prepared(compensation.Period{From: month, To: month}).Evaluate(cut.Adopted, func(b *compensation.Batch) error {
		for i, unit := range b.Unit {
			u := &cut.Units[unit]
			k := contribution{u.Provider, u.ID, b.Policy, b.Component.ID, ""}
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
	if !slices.Equal(documentsIn(before.Adopted, l.Policy, l.Month), documentsIn(now.Adopted, l.Policy, l.Month)) {
		l.kinds[domain.KindPolicy] = true // every case may differ because of it
		return
	}
	l.differ = map[domain.Entity]bool{}
	of := func(k contribution) bool {
		return k.provider == l.provider && k.unit == l.Unit && k.policy == l.Policy && k.component == l.Component
	}
	for k, amount := range is {
		if of(k) && was[k] != amount {
			l.differ[k.entity] = true
		}
	}
	for k := range was {
		if _, still := is[k]; !still && of(k) {
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

// documentsIn names the documents of a policy in force in a month, with their days.
func documentsIn(adopted []compensation.Policy, id string, m domain.Month) (names []string) {
	for _, p := range adopted {
		for _, d := range p.Documents {
			if p.ID == id && d.From <= m.Last() && m.First() < d.End {
				names = append(names, d.Model.SHA256()+" "+max(d.From, m.First()).String()+" "+min(d.End, m.Last()+1).String())
			}
		}
	}
	return names
}

// concerns says whether an event may change what a month comes to. What is registered of other months, and the premiums that the ledger
// writes after their cause, do not explain it.
func concerns(e *domain.Event, m domain.Month) bool {
	if p, ok := domain.PerformedBy(e); ok {
		return p.Month == m
	}
	switch d := e.Data.(type) {
	case *domain.FollowUpHeld:
		return d.HeldOn.Month() == m
	case *domain.PremiumAwarded, *domain.PremiumReversed, *domain.NeedsAssessed, *domain.SubgoalSet:
		return false
	case *domain.EventAnnulled, *domain.EventCorrected:
		return true // the target's month is not in it
	}
	return e.Effective <= m.Last()
}
