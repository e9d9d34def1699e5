package compensation

import (
	"fmt"
	"slices"

	"careledger/domain"
)

// outcomes is what a premium component pays for.
type outcomes struct {
	weights   []int64 // by outcome, in quanta
	occasions []bool
	paid      []bool // goals or cases that have been paid, over all documents of the policy
	from, end domain.Date
}

func (k *compiled) newOutcomes() (*outcomes, error) {
	o := &outcomes{weights: make([]int64, len(domain.Outcomes)), occasions: make([]bool, len(domain.Occasions)), from: k.document.From, end: k.document.End}
	for _, w := range k.Outcomes {
		weight, ok := w.Weight.Mul(domain.DecimalOf(k.out.Quantum, 0)).Scaled(0)
		if !ok {
			return nil, fmt.Errorf("model %s, component %s: the weight %s has more digits than can be computed with", k.out.Policy, k.ID, w.Weight)
		}
		o.weights[domain.Outcomes.Index(w.Outcome)] = weight
	}
	for i, occasion := range domain.Occasions {
		o.occasions[i] = len(k.Occasions) == 0 || slices.Contains(k.Occasions, occasion)
	}
	key := string(k.Kind) + " " + k.ID
	if k.paid[key] == nil {
		k.paid[key] = make([]bool, max(k.Goals.Distinct, len(k.Cases)))
	}
	o.paid = k.paid[key]
	return o, nil
}

// premiums counts the outcomes of a case that are paid for. It goes through all follow-ups, since one outside the period may use up what is
// paid once.
func (k *compiled) premiums(cs uint32) (err error) {
	rows := k.followUps()
	for row := rows[cs]; row < rows[cs+1] && err == nil; row++ {
		held := k.FollowUps.HeldOn[row]
		if held < k.premium.from || held >= k.premium.end || !k.premium.occasions[k.FollowUps.Occasion[row]] {
			continue
		}
		if k.Kind == KindGoalPremium {
			err = k.goalPremiums(int(row))
		} else {
			err = k.personPremium(int(row))
		}
	}
	return err
}

func (k *compiled) goalPremiums(followUp int) error {
	g, paid := &k.Goals, k.premium.paid
	from, to := k.FollowUps.goals(followUp)
	for row := from; row < to; row++ {
		weight, goal := k.premium.weights[g.Outcome[row]], g.Goal[row]
		if weight <= 0 || k.Repeat == RepeatOncePerGoal && paid[goal] {
			continue
		}
		earned, err := k.earn(followUp, int32(row), g.Unit[row], g.LifeArea[row], g.Outcome[row], weight)
		if err != nil {
			return err
		}
		if earned {
			paid[goal] = true
		}
	}
	return nil
}

func (k *compiled) personPremium(followUp int) error {
	g, cs, paid := &k.Goals, k.FollowUps.Case[followUp], k.premium.paid
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
	earned, err := k.earn(followUp, -1, unit, NoCode, NoCode, 1)
	if earned {
		paid[cs] = true
	}
	return err
}

// earn counts a premium if the component applies, and says whether it does, also where the month is not asked for.
func (k *compiled) earn(followUp int, goal int32, unit uint16, lifeArea, outcome uint8, quantity int64) (bool, error) {
	month := k.FollowUps.HeldOn[followUp].Month()
	at := codesOf(k.FollowUps.Case[followUp], unit, 0)
	at.lifeArea, at.occasion, at.outcome = lifeArea, k.FollowUps.Occasion[followUp], outcome
	applies, err := k.when.holdsOn(at, month)
	if err != nil || !applies {
		return false, err
	}
	if !k.Has(month) {
		return true, nil
	}
	s := k.begin(at.cs, unit, NoCode, NoCode)
	s.followUp, s.goal = int32(followUp), goal
	s.add(month, quantity)
	return true, k.end(s)
}
