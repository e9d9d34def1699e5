package replay

import (
	"fmt"
	"slices"

	"careledger/domain"
	"careledger/domain/compensation"
)

// silent returns a warning for each component of the alternative that gave no posting at all: a fact that the history does not hold yields
// nothing, and whoever compares totals must know it.
func (h *history) silent(p *plan, sum *compensation.Sum) (warnings []string) {
	for _, e := range p.expected {
		if !slices.ContainsFunc(e.components, sum.Yields) {
			warnings = append(warnings, fmt.Sprintf("component %s of model %s yields nothing on this history: %s", e.components[0].ID, e.policy, h.why(e.components[0])))
		}
	}
	return warnings
}

// why says what is missing for a component that gave no posting.
func (h *history) why(c *compensation.Component) string {
	if missing := h.missing(c); missing != "" {
		return missing
	}
	if c.When != nil {
		return "nothing in the period that it pays for meets its when (" + c.When.Source() + ")"
	}
	return "nothing in the period is what it pays for"
}

// missing names the kind of fact that a component pays for and the period does not hold, "" if it holds some.
func (h *history) missing(c *compensation.Component) string {
	switch {
	case c.Kind == compensation.KindCap:
		return "no running sum of what it limits passes the limit"
	case c.Kind == compensation.KindAllocation, c.Kind == compensation.KindPerformance:
		if len(h.StateGrants) == 0 {
			return "it has no state grant"
		}
	case c.Per == compensation.PerPatientMonth:
		if len(h.Enrolments.Case) == 0 {
			return "it has no home health care"
		}
	case c.Kind == compensation.KindFixed:
		ofUnits := c.Per == compensation.PerUnitMonth && len(h.Enrolments.Case) > 0 // a patient keeps a unit in force, too
		if !ofUnits && !h.anyGrant(func(class domain.GrantClass) bool { return class == domain.GrantInForce }) {
			return "there is no decision in force in the period"
		}
	case c.Kind == compensation.KindTime, c.Kind == compensation.KindSupplement:
		return h.missingMinutes(c.Basis)
	case !slices.ContainsFunc(h.FollowUps.HeldOn, func(d domain.Date) bool { return h.Has(d.Month()) }): // premiums
		return "there is no follow-up held in the period"
	}
	return ""
}

func (h *history) missingMinutes(basis string) string {
	health := uint8(domain.Bands.Index(domain.BandHealth))
	performed := func(ofHealth bool) bool {
		for i, m := range h.Performed.Month {
			if h.Has(m) && (h.Performed.Band[i] == health) == ofHealth {
				return true
			}
		}
		return false
	}
	switch basis {
	case compensation.BasisHealth:
		if !performed(true) {
			return "it has no home health care with time reported in the period"
		}
	case compensation.BasisPerformed:
		if !performed(false) {
			return "there is no visit or time report in the period"
		}
	default:
		if !h.hasGrant(basis != compensation.BasisFrame, basis != compensation.BasisNeed) {
			return fmt.Sprintf("there are no %s minutes in the period", basis)
		}
	}
	return ""
}

func (h *history) hasGrant(need, frame bool) bool {
	return h.anyGrant(func(class domain.GrantClass) bool {
		return need && class == domain.GrantNeed || frame && class == domain.GrantFrame
	})
}

// anyGrant says whether a line of a class that is asked for has a day in the period.
func (h *history) anyGrant(asked func(domain.GrantClass) bool) bool {
	first, last := h.From.First(), h.To.Last()
	for i, class := range h.Grants.Class {
		if asked(class) && h.Grants.From[i] <= last && h.Grants.To[i] >= first {
			return true
		}
	}
	return false
}
