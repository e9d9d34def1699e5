package compensation

import (
	"fmt"
	"slices"

	"careledger/domain"
)

// premiums pays for outcomes. It goes through all follow-ups, since one outside the period may use up what is paid once.
func (k *compiled) premiums() error {
	weights := make([]int64, len(domain.Outcomes))
	for _, o := range k.Outcomes {
		weight, ok := o.Weight.Mul(domain.DecimalOf(k.out.Quantum, 0)).Scaled(0)
		if !ok {
			return fmt.Errorf("model %s, component %s: the weight %s has more digits than can be computed with", k.out.Policy, k.ID, o.Weight)
		}
		weights[domain.Outcomes.Index(o.Outcome)] = weight
	}
	occasions := make([]bool, len(domain.Occasions))
	for i, o := range domain.Occasions {
		occasions[i] = len(k.Occasions) == 0 || slices.Contains(k.Occasions, o)
	}
	key := string(k.Kind) + " " + k.ID
	paid := k.paid[key]
	if paid == nil {
		paid = make([]bool, max(k.Goals.Distinct, len(k.Cases)))
		k.paid[key] = paid
	}
	f := &k.FollowUps
	for i, held := range f.HeldOn {
		if held < k.document.From || held >= k.document.End || !occasions[f.Occasion[i]] {
			continue
		}
		var err error
		if k.Kind == KindGoalPremium {
			err = k.goalPremiums(i, weights, paid)
		} else {
			err = k.personPremium(i, paid)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (k *compiled) goalPremiums(followUp int, weights []int64, paid []bool) error {
	g := &k.Goals
	from, to := k.FollowUps.goals(followUp)
	for row := from; row < to; row++ {
		weight, goal := weights[g.Outcome[row]], g.Goal[row]
		if weight <= 0 || k.Repeat == RepeatOncePerGoal && paid[goal] {
			continue
		}
		posted, err := k.premium(followUp, int32(row), g.Unit[row], g.LifeArea[row], g.Outcome[row], weight)
		if err != nil {
			return err
		}
		if posted {
			paid[goal] = true
		}
	}
	return nil
}

func (k *compiled) personPremium(followUp int, paid []bool) error {
	g, cs := &k.Goals, k.FollowUps.Case[followUp]
	if k.Repeat == RepeatOncePerCase && paid[cs] {
		return nil
	}
	unit, earned := uint16(0), false
	from, to := k.FollowUps.goals(followUp)
	for row := from; row < to; row++ {
		switch domain.Outcomes[g.Outcome[row]] {
		case domain.OutcomeNotAssessed:
			continue
		case domain.OutcomeFulfilled:
			if k.Condition == ConditionPersonConfirms && !g.Confirms[row] {
				return nil
			}
		default:
			return nil
		}
		if !earned {
			unit, earned = g.Unit[row], true
		}
	}
	if !earned {
		return nil
	}
	posted, err := k.premium(followUp, -1, unit, NoCode, NoCode, 1)
	if posted {
		paid[cs] = true
	}
	return err
}

// premium posts a premium if the component applies, and says whether it does, also where the month is not asked for.
func (k *compiled) premium(followUp int, goal int32, unit uint16, lifeArea, outcome uint8, quantity int64) (bool, error) {
	held := k.FollowUps.HeldOn[followUp]
	month := held.Month()
	at := codesOf(k.FollowUps.Case[followUp], unit, 0)
	at.lifeArea, at.occasion, at.outcome = lifeArea, k.FollowUps.Occasion[followUp], outcome
	applies, err := k.when.holdsOn(at, month)
	if err != nil || !applies {
		return false, err
	}
	if !k.Has(month) {
		return true, nil
	}
	r, err := k.rates.onDay(held, at)
	if err != nil {
		return false, err
	}
	return true, k.post(r, unit, month, at.cs, NoCode, NoCode, int32(followUp), goal, quantity)
}
