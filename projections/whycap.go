package projections

import (
	"cmp"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// WhyCap is where a cap stood when it took a posting back: amount = taken_before - taken_after, where taken is what the sum is above the limit, or
// nothing.
type WhyCap struct {
	Per         string       `json:"per"`
	Group       string       `json:"group"`  // the provider or unit whose postings are summed; "" for the whole authority
	Number      int          `json:"number"` // which posting of the year it was, in the order of the running sum
	Of          string       `json:"of"`     // the component whose posting it was: that of the same entity, follow-up and goal
	OfAmount    domain.Money `json:"of_amount"`
	Limit       domain.Money `json:"limit"`
	SumBefore   domain.Money `json:"sum_before"`
	SumAfter    domain.Money `json:"sum_after"`
	TakenBefore domain.Money `json:"taken_before"`
	TakenAfter  domain.Money `json:"taken_after"`
}

// WhySum is a part of what a cap's running sum rests on: the postings of a component at a unit in a month. The parts of a year, in order, sum to
// what the sum was after the last posting of the last of them.
type WhySum struct {
	Group     string       `json:"group"`
	Month     string       `json:"month"`
	Unit      string       `json:"unit"`
	Component string       `json:"component"`
	Postings  int          `json:"postings"`
	Amount    domain.Money `json:"amount"`
}

// capGroup is one running sum: a cap of a policy, over its documents, and what it sums in a year.
type capGroup struct {
	policy, cap, group string
	year               int
}

// capPart is what WhySum sums.
type capPart struct {
	month           domain.Month
	unit, component string
}

type capSums struct {
	postings int
	parts    map[capPart]*WhySum
}

// capSteps are the steps of a provider's caps that the lines need.
type capSteps struct {
	sums  map[capGroup]*capSums
	spent map[capTaken]WhyCap // the last step over each posting of the lines' months
}

// capTaken names a posting that a cap summed.
type capTaken struct {
	policy, cap, of, unit string
	month                 domain.Month
	postingName
}

// groupOf is what a cap sums a unit's postings with.
func groupOf(c *compensation.Component, u domain.Unit) string {
	switch c.Per {
	case compensation.PerProviderYear:
		return u.Provider
	case compensation.PerUnitYear:
		return u.ID
	}
	return ""
}

// watch notes the steps of caps in one month's evaluation: the sums of the groups that the provider has a part in, and the steps over postings of
// the provider in that month. A line of a cap gets its steps in the order of its postings.
func (d *derivation) watch(month domain.Month) func(*compensation.CapStep) {
	if d.caps.sums == nil {
		d.caps = capSteps{map[capGroup]*capSums{}, map[capTaken]WhyCap{}}
	}
	own := map[capGroup]*capSums{} // of this evaluation
	return func(s *compensation.CapStep) {
		unit, at := s.Batch.Facts.Units[s.Batch.Unit[s.Row]], s.Batch.Month[s.Row]
		group := groupOf(s.Cap, unit)
		if group != "" && unit.Provider != d.version.Provider || at.Year() != month.Year() {
			return
		}
		key := capGroup{s.Batch.Policy, s.Cap.ID, group, at.Year()}
		sums := own[key]
		if sums == nil {
			sums = &capSums{parts: map[capPart]*WhySum{}}
			own[key], d.caps.sums[key] = sums, sums
		}
		sums.postings++
		part := capPart{at, unit.ID, s.Batch.Component.ID}
		if sums.parts[part] == nil {
			sums.parts[part] = &WhySum{Group: group, Month: at.Text(), Unit: unit.ID, Component: part.component}
		}
		sums.parts[part].Postings++
		sums.parts[part].Amount += s.Batch.Amount[s.Row]
		if at != month || unit.Provider != d.version.Provider {
			return
		}
		step := WhyCap{Per: s.Cap.Per, Group: group, Number: sums.postings, Of: part.component, OfAmount: s.Batch.Amount[s.Row], Limit: s.Limit,
			SumBefore: s.SumBefore, SumAfter: s.SumAfter, TakenBefore: s.TakenBefore, TakenAfter: s.TakenAfter}
		posting := s.Batch.Posting(s.Row)
		d.caps.spent[capTaken{s.Batch.Policy, s.Cap.ID, part.component, unit.ID, at, nameOf(&posting)}] = step
		if s.TakenAfter == s.TakenBefore {
			return
		}
		for _, l := range d.lines {
			if l.Month == month && l.Unit == unit.ID && l.Policy == s.Batch.Policy && l.Component == s.Cap.ID {
				l.steps = append(l.steps, step)
			}
		}
	}
}

// sums returns what the running sums behind a cap's line rest on, from January to its month; none for a line of another component.
func (d *derivation) sums(l *derivedLine) []WhySum {
	all := []WhySum{}
	if l.component == nil || l.component.Kind != compensation.KindCap {
		return all
	}
	unit, _ := d.cut.Parties.Unit(l.Unit)
	sums := d.caps.sums[capGroup{l.Policy, l.Component, groupOf(l.component, unit), l.Month.Year()}]
	if sums == nil {
		return all
	}
	for part, sum := range sums.parts {
		if part.month <= l.Month {
			all = append(all, *sum)
		}
	}
	slices.SortFunc(all, func(a, b WhySum) int {
		return cmp.Or(strings.Compare(a.Month, b.Month), strings.Compare(a.Unit, b.Unit), strings.Compare(a.Component, b.Component))
	})
	return all
}
