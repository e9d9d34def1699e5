package projections

import (
	"cmp"
	"context"
	"slices"

	"careledger/domain"
	"careledger/domain/compensation"
)

// Standing is what the read models come to as known at one moment, of every case and patient or of some of them, in rows that are sums over
// persons. Rows of disjoint cases add up: every number in them is a count or a sum.
type Standing struct {
	Postings   []compensation.Row // by StandingFields
	Fulfilment []Outcomes
	Granted    []Granted
}

// StandingFields are what the postings of a Standing are summed by.
var StandingFields = []string{"provider", "unit", "month", "policy", "component", "life_area", "occasion"}

// Outcomes counts the goals assessed at a unit in a month, by life area and the occasion of the follow-up.
type Outcomes struct {
	Provider, Unit     string // those that a premium for the goal would go to; both "" for a follow-up that assessed none
	Month              domain.Month
	LifeArea, Occasion string
	FollowUps          int // each counted once, where its first goal is
	Assessed           int // goals, without those not-assessed
	Fulfilled, Partly  int
}

// Granted is what decisions of one method grant at a unit in a month.
type Granted struct {
	Provider, Unit string
	Month          domain.Month
	Method         string
	Decisions      int   // with a day in force there in the month
	Minutes        int64 // need or frame, which absences do not reduce
}

// standing sums what a cut holds under some policies, from its first fact to the month of its moment.
func (c *Cut) standing(ctx context.Context, policies []compensation.Policy) (*Standing, error) {
	period, err := c.Period(0, 0)
	if err != nil {
		return nil, err
	}
	prepared := c.Prepare(period) // not kept: it is asked for once
	sum, err := prepared.Sums(StandingFields).Of(ctx, policies)
	if err != nil {
		return nil, err
	}
	return &Standing{Postings: sum.Rows, Fulfilment: c.outcomes(period), Granted: c.granted(prepared)}, nil
}

// outcomes counts the follow-ups held in a period.
func (c *Cut) outcomes(period compensation.Period) []Outcomes {
	found := map[Outcomes]*FulfilmentRow{}
	row := func(followUp, goal int) *FulfilmentRow {
		k := Outcomes{Provider: c.word("provider", followUp, goal), Unit: c.word("unit", followUp, goal), Month: c.FollowUps.HeldOn[followUp].Month(),
			LifeArea: c.word("life_area", followUp, goal), Occasion: c.word("occasion", followUp, goal)}
		if found[k] == nil {
			found[k] = &FulfilmentRow{}
		}
		return found[k]
	}
	c.eachFollowUp(period, func(f, from, to int) {
		if from == to {
			row(f, -1).FollowUps++
		}
		for goal := from; goal < to; goal++ {
			r := row(f, goal)
			if goal == from {
				r.FollowUps++
			}
			r.add(domain.Outcomes[c.Goals.Outcome[goal]])
		}
	})
	all := make([]Outcomes, 0, len(found))
	for k, r := range found {
		k.FollowUps, k.Assessed, k.Fulfilled, k.Partly = r.FollowUps, r.Assessed, r.Fulfilled, r.Partly
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b Outcomes) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Month, b.Month), cmp.Compare(a.LifeArea, b.LifeArea), cmp.Compare(a.Occasion, b.Occasion))
	})
	return all
}

// granted counts the decisions in force in the prepared period, and sums what they grant.
func (c *Cut) granted(prepared *compensation.Prepared) []Granted {
	type count struct {
		decisions int
		minutes   int64
	}
	type place struct {
		unit   uint16
		month  domain.Month
		method uint8
	}
	found, g := map[place]*count{}, &c.Grants
	at := func(p place) *count {
		if found[p] == nil {
			found[p] = &count{}
		}
		return found[p]
	}
	seen := map[domain.Month]bool{} // months in which the decision at hand has been counted at the unit at hand
	for i, class := range g.Class {
		if class != domain.GrantInForce {
			continue
		}
		// The rows of one decision at a unit follow each other: one for each time that the unit carries it out.
		if i == 0 || g.Class[i-1] != domain.GrantInForce || g.Line[i-1] != g.Line[i] || g.Unit[i-1] != g.Unit[i] || g.Case[i-1] != g.Case[i] {
			clear(seen)
		}
		for m := max(prepared.From, g.From[i].Month()); m <= min(prepared.To, g.To[i].Month()); m++ {
			if !seen[m] {
				seen[m] = true
				at(place{g.Unit[i], m, g.Method[i]}).decisions++
			}
		}
	}
	standard, frame := uint8(domain.Methods.Index(domain.MethodStandardTime)), uint8(domain.Methods.Index(domain.MethodFrameTime))
	prepared.EachMinutes(func(m compensation.Minutes) {
		if m.Need != 0 {
			at(place{m.Unit, m.Month, standard}).minutes += m.Need
		}
		if m.Frame != 0 {
			at(place{m.Unit, m.Month, frame}).minutes += m.Frame
		}
	})
	all := make([]Granted, 0, len(found))
	for p, n := range found {
		u := &c.Units[p.unit]
		all = append(all, Granted{u.Provider, u.ID, p.month, domain.Methods[p.method], n.decisions, n.minutes})
	}
	slices.SortFunc(all, func(a, b Granted) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Method, b.Method))
	})
	return all
}
