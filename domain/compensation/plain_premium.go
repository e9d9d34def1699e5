package compensation

import (
	"cmp"
	"slices"

	"careledger/domain"
)

// premiums pays for outcomes, goal by goal or person by person. Follow-ups are looked at in order of held_on, then sequence.
func (c *plainComponent) premiums() (all []Posting, err error) {
	for i := range c.Cases {
		facts := &c.Cases[i]
		held := slices.Clone(facts.FollowUps)
		slices.SortFunc(held, func(a, b domain.FollowUp) int {
			return cmp.Or(int(a.HeldOn-b.HeldOn), cmp.Compare(a.Sequence, b.Sequence))
		})
		for j := range held {
			f := &held[j]
			if f.HeldOn < c.document.From || c.document.End <= f.HeldOn {
				c.passFollowUp(facts, f, PassedNotInForce, Seen{"held_on", f.HeldOn.String()})
				continue
			}
			if len(c.Occasions) > 0 && !slices.Contains(c.Occasions, f.Occasion) {
				c.passFollowUp(facts, f, PassedOccasion, Seen{"occasion", f.Occasion})
				continue
			}
			if c.Kind == KindGoalPremium {
				all, err = c.goals(all, facts, f)
			} else {
				all, err = c.person(all, facts, f)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func (c *plainComponent) goals(all []Posting, facts *domain.CaseFacts, f *domain.FollowUp) ([]Posting, error) {
	for _, g := range f.Goals {
		weight := c.weight(g.Outcome)
		once := "goal\x00" + c.ID + "\x00" + facts.Case + "\x00" + g.Goal
		r := row{unit: c.unit(g.Unit), facts: facts, lifeArea: g.LifeArea, outcome: g.Outcome, occasion: f.Occasion, month: f.HeldOn.Month()}
		if weight.Sign() <= 0 {
			c.pass(&r, f.ID, g.Goal, PassedOutcome, Seen{"outcome", g.Outcome})
			continue
		}
		if c.Repeat == RepeatOncePerGoal && c.paid[once] {
			c.pass(&r, f.ID, g.Goal, PassedPaidBefore)
			continue
		}
		p, ok, err := c.premium(&r, f, g.Goal, Quantity{rational(weight)})
		if err != nil {
			return all, err
		}
		if ok {
			p.Goal = g.Goal
			c.paid[once] = true
			all = append(all, p)
		}
	}
	return all, nil
}

func (c *plainComponent) weight(outcome string) domain.Decimal {
	for _, o := range c.Outcomes {
		if o.Outcome == outcome {
			return o.Weight
		}
	}
	return domain.Decimal{}
}

func (c *plainComponent) person(all []Posting, facts *domain.CaseFacts, f *domain.FollowUp) ([]Posting, error) {
	unit, earned := c.earned(f)
	once := "case\x00" + c.ID + "\x00" + facts.Case
	if !earned {
		c.passFollowUp(facts, f, PassedCondition, Seen{"condition", c.Condition})
		return all, nil
	}
	if c.Repeat == RepeatOncePerCase && c.paid[once] {
		c.passFollowUp(facts, f, PassedPaidBefore)
		return all, nil
	}
	r := row{unit: c.unit(unit), facts: facts, occasion: f.Occasion, month: f.HeldOn.Month()}
	p, ok, err := c.premium(&r, f, "", whole(1))
	if err != nil || !ok {
		return all, err
	}
	c.paid[once] = true
	return append(all, p), nil
}

// earned says whether the follow-up meets the component's condition, and the first assessed goal's unit.
func (c *Component) earned(f *domain.FollowUp) (unit string, earned bool) {
	for _, g := range f.Goals {
		if g.Outcome == domain.OutcomeNotAssessed {
			continue
		}
		if !earned {
			unit, earned = g.Unit, true
		}
		if g.Outcome != domain.OutcomeFulfilled || c.Condition == ConditionPersonConfirms && !g.Confirms {
			return "", false
		}
	}
	return unit, earned
}

// premium makes the posting if the component applies; the value is the one in force on the day held.
func (c *plainComponent) premium(r *row, f *domain.FollowUp, goal string, q Quantity) (Posting, bool, error) {
	if ok, err := c.admits(r, f.ID, goal); err != nil || !ok {
		return Posting{}, false, err
	}
	if !c.Period.Has(r.month) {
		return Posting{Month: r.month}, true, nil // not asked for, but it uses up what is paid once
	}
	amount, err := c.value(c.Amount, r, f.HeldOn)
	if err != nil {
		return Posting{}, false, err
	}
	p, err := c.post(r, q, amount, 1)
	p.FollowUp, p.HeldOn = f.ID, f.HeldOn
	return p, true, err
}

// Premiums returns the premium postings of one case under the adopted policies, all months. They are what premium-awarded
// events, less the reversed ones, must equal. Performed time is not looked at (domain.Case.PremiumFacts).
func Premiums(authority string, parties *domain.Parties, facts domain.CaseFacts, adopted []Policy) ([]Posting, error) {
	in := &Plain{Authority: authority, Parties: parties, Cases: []domain.CaseFacts{facts}, Period: Period{0, domain.MaxDate.Month()}}
	var all []Posting
	for _, p := range adopted {
		paid := map[string]bool{}
		for _, d := range p.Documents {
			for i := range d.Model.Components {
				c := &plainComponent{in, p.ID, d, &d.Model.Components[i], paid}
				if !c.ofFollowUps() {
					continue
				}
				ps, err := c.premiums()
				if err != nil {
					return nil, err
				}
				all = append(all, ps...)
			}
		}
	}
	return all, nil
}
