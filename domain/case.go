package domain

import "slices"

// Case is the state of one person's home-care case: what its events say, with corrections applied.
type Case struct {
	state[*view]
	premiums []Premium // outstanding: awarded and not reversed, in log order
}

// Premium is an outstanding premium: a premium-awarded that no premium-reversed has taken away.
type Premium struct {
	EventID string
	PremiumAwarded
}

// NewCase returns the state of a case before its first event.
func NewCase(e Entity) *Case {
	return &Case{state: state[*view]{Entity: e, view: &view{entity: e}}}
}

// Premiums returns the outstanding premiums in log order. The slice must not be changed.
func (c *Case) Premiums() []Premium { return c.premiums }

// Apply is State's. It also returns an error if e reverses a premium that is not outstanding.
func (c *Case) Apply(e *Event) error {
	switch d := e.Data.(type) {
	case *PremiumAwarded:
		c.premiums = append(c.premiums, Premium{EventID: e.ID, PremiumAwarded: *d})
	case *PremiumReversed:
		i := slices.IndexFunc(c.premiums, func(p Premium) bool { return p.EventID == d.Premium })
		if i < 0 {
			return Problems{{Field: "data.premium", Reason: "event " + d.Premium + " is no outstanding premium of " + string(c.Entity)}}
		}
		c.premiums = slices.Delete(slices.Clone(c.premiums), i, i+1)
	default:
		return c.state.Apply(e)
	}
	c.note(e)
	return nil
}

// HasFollowUps says whether a follow-up stands in the case.
func (c *Case) HasFollowUps() bool { return len(c.view.followUps) > 0 }

// WithoutPerformed returns a copy of the case that holds none of its performed time; an Apply to either leaves the other as it is.
// Its cost is that of the case's other events, not of its visits. An event that concerns no performed time is folded by the copy as
// by the case.
func (c *Case) WithoutPerformed() *Case {
	n := NewCase(c.Entity)
	n.history = c.history
	n.entries = slices.Clone(c.entries)
	n.premiums = slices.Clone(c.premiums)
	n.refold()
	return n
}

// Describe is State's.
func (c *Case) Describe() []Statement {
	d := &description{}
	c.describe(d)
	for _, p := range c.premiums {
		amount := NewPhrase("{amount} kr to unit {unit}", p.Amount.String(), p.Unit)
		if p.Goal == "" {
			d.say(amount, "premium {policy}/{component} {follow_up}", p.Policy, p.Component, p.FollowUp)
		} else {
			d.say(amount, "premium {policy}/{component} {follow_up} {goal}", p.Policy, p.Component, p.FollowUp, p.Goal)
		}
	}
	return d.sorted()
}
