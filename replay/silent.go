package replay

import (
	"fmt"
	"slices"

	"careledger/domain"
	"careledger/domain/compensation"
)

// silent returns a warning for each component of the alternative that gave no posting at all: a fact that the history does not hold yields
// nothing, and whoever compares totals must know it.
func (h *history) silent(p *plan, ps *postings) (warnings []string) {
	for _, e := range p.expected {
		if !slices.ContainsFunc(e.components, func(c *compensation.Component) bool { return ps.yields[c] }) {
			warnings = append(warnings, fmt.Sprintf("component %s of model %s yields nothing on this history: %s", e.components[0].ID, e.policy, h.why(e.components[0])))
		}
	}
	return warnings
}

// why says what is missing for a component that gave no posting.
func (h *history) why(c *compensation.Component) string {
	missing := ""
	switch {
	case c.Kind == compensation.KindTime && c.Basis == compensation.BasisHealth, c.Per == compensation.PerPatientMonth:
		return "it has no home health care"
	case c.Kind == compensation.KindTime && c.Basis == compensation.BasisPerformed:
		if !slices.ContainsFunc(h.Performed.Month, h.Has) {
			missing = "there is no visit or time report in the period"
		}
	case c.Kind == compensation.KindTime:
		if !h.hasGrant(c.Basis != compensation.BasisFrame, c.Basis != compensation.BasisNeed) {
			missing = fmt.Sprintf("there are no %s minutes in the period", c.Basis)
		}
	case c.Kind == compensation.KindFixed:
		if !h.anyGrant(func(class domain.GrantClass) bool { return class == domain.GrantInForce }) {
			missing = "there is no decision in force in the period"
		}
	default: // premiums
		if !slices.ContainsFunc(h.FollowUps.HeldOn, func(d domain.Date) bool { return h.Has(d.Month()) }) {
			missing = "there is no follow-up held in the period"
		}
	}
	if missing != "" {
		return missing
	}
	if c.When != nil {
		return "nothing in the period that it pays for meets its when (" + c.When.Source() + ")"
	}
	return "nothing in the period is what it pays for"
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
