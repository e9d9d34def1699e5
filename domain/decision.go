package domain

// What a reader of one case's decisions asks for: the state that folds them keeps them in its own form (view.go).

// Decision is what is known of one decision of a case.
type Decision struct {
	DecisionMade        // as corrected
	Event        string // id of the decision-made
	Last         Date   // last day in force, MaxDate while open: earlier than To where it was ended or superseded
	Ended        bool   // by decision-ended
	SupersededBy string // "" for none
}

// Decisions returns the case's decisions in log order, without annulled ones.
func (c *Case) Decisions() []Decision {
	all := make([]Decision, len(c.view.decisions))
	for i, d := range c.view.decisions {
		all[i] = Decision{DecisionMade: d.DecisionMade, Event: c.entries[d.ordinal].id, Last: d.last, Ended: d.ended}
		if d.superseder != nil {
			all[i].SupersededBy = d.superseder.Decision
		}
	}
	return all
}

// CarriedOutBy returns who carries a decision of the case out on a day: before its first day the first provider and unit, after its
// end the last. Both are "" where the case has no such decision.
func (c *Case) CarriedOutBy(decision string, day Date) (provider, unit string) {
	d := c.view.decision(decision)
	if d == nil {
		return "", ""
	}
	s := d.unitOn(day)
	return s.provider, s.unit
}

// Goal is what is known of a goal on a day. Assessed and Intended are ICF qualifiers.
type Goal struct {
	ID       string `json:"goal"`
	LifeArea string `json:"life_area"`
	Assessed int    `json:"assessed"`
	Intended int    `json:"intended"`
}

// GoalsOn returns the goals that belong to a decision and are open on a day, in log order. From the day on which a decision is
// superseded its goals belong to the one that supersedes it.
func (c *Case) GoalsOn(decision string, day Date) (goals []Goal) {
	for _, g := range c.view.goals {
		if d := c.view.decisionOn(g, day); d != nil && d.Decision == decision && g.openOn(day) {
			goals = append(goals, g.on(day))
		}
	}
	return goals
}

func (g *goal) on(day Date) Goal {
	known := Goal{ID: g.Goal, LifeArea: g.lifeAreaOn(day), Assessed: *g.Assessed, Intended: *g.Intended}
	if c := g.changeOn(day, func(c *GoalChanged) bool { return c.Assessed != nil }); c != nil {
		known.Assessed = *c.Assessed
	}
	if c := g.changeOn(day, func(c *GoalChanged) bool { return c.Intended != nil }); c != nil {
		known.Intended = *c.Intended
	}
	return known
}
