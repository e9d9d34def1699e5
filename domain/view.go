package domain

import "slices"

// view is what a case's entries, folded in log order, say now. It is rebuilt when one of them is corrected.
type view struct {
	entity    Entity
	opened    *CaseOpened
	decisions []*decision // in log order
	goals     []*goal
	followUps []*followUp
	absences  []*AbsenceRegistered
}

type decision struct {
	DecisionMade
	ordinal    int       // place among the case's entries: stable under corrections
	last       Date      // last day in force, MaxDate while open
	ended      bool      // by decision-ended
	superseder *decision // nil if none
	segments   []segment // which unit carries it out from when, in order of from
}

// segment: the unit carries the decision out from a day until the next segment.
type segment struct {
	from           Date
	provider, unit string
}

type goal struct {
	GoalSet
	effective Date
	withdrawn Date // 0 while open
	changes   []goalChange
}

type goalChange struct {
	from Date
	*GoalChanged
}

type followUp struct {
	*FollowUpHeld
	sequence uint64
	ordinal  int
}

func (v *view) empty() *view { return &view{entity: v.entity} }
func (v *view) begun() bool  { return v.opened != nil }

func (v *view) decision(id string) *decision {
	for _, d := range v.decisions {
		if d.Decision == id {
			return d
		}
	}
	return nil
}

func (v *view) goal(id string) *goal {
	for _, g := range v.goals {
		if g.Goal == id {
			return g
		}
	}
	return nil
}

func (v *view) fold(en *entry) {
	switch d := en.data.(type) {
	case *CaseOpened:
		v.opened = d
	case *DecisionMade:
		v.foldDecision(en, d)
	case *DecisionEnded:
		if dec := v.decision(d.Decision); dec != nil {
			dec.last, dec.ended = min(dec.last, d.LastDay), true
		}
	case *ProviderChanged:
		if dec := v.decision(d.Decision); dec != nil {
			dec.change(segment{d.From, d.Provider, d.Unit})
		}
	case *GoalSet:
		v.goals = append(v.goals, &goal{GoalSet: *d, effective: en.effective})
	case *GoalChanged:
		if g := v.goal(d.Goal); g != nil {
			g.changes = append(g.changes, goalChange{en.effective, d})
		}
	case *GoalWithdrawn:
		if g := v.goal(d.Goal); g != nil {
			g.withdrawn = en.effective
		}
	case *FollowUpHeld:
		v.followUps = append(v.followUps, &followUp{d, en.sequence, en.ordinal})
	case *AbsenceRegistered:
		v.absences = append(v.absences, d)
	}
}

func (v *view) foldDecision(en *entry, d *DecisionMade) {
	dec := &decision{DecisionMade: *d, ordinal: en.ordinal, last: MaxDate, segments: []segment{{d.From, d.Provider, d.Unit}}}
	if d.To != 0 {
		dec.last = d.To
	}
	if old := v.decision(d.Supersedes); old != nil && d.Supersedes != "" {
		old.last, old.superseder = min(old.last, d.From-1), dec
	}
	v.decisions = append(v.decisions, dec)
}

// change notes who carries the decision out from a day. Of two statements about the same day the later one wins.
func (d *decision) change(s segment) {
	at, same := slices.BinarySearchFunc(d.segments, s.from, func(old segment, from Date) int { return int(old.from - from) })
	d.segments = slices.Clone(d.segments)
	if same {
		d.segments[at] = s
	} else {
		d.segments = slices.Insert(d.segments, at, s)
	}
}

// unitOn returns the unit that carries the decision out on a day; before its first day the first one, after its end the last.
func (d *decision) unitOn(day Date) segment {
	day = min(day, d.last)
	for i := len(d.segments) - 1; i > 0; i-- {
		if d.segments[i].from <= day {
			return d.segments[i]
		}
	}
	return d.segments[0]
}

// decisionOn returns the decision that the goal belongs to on a day: from its from on a superseding decision takes over.
func (v *view) decisionOn(g *goal, day Date) *decision {
	d := v.decision(g.Decision)
	for d != nil && d.superseder != nil && d.superseder.From <= day {
		d = d.superseder
	}
	return d
}

// changeOn returns the last change until a day that says something about a field, of two from the same day the later one; nil if there
// is none.
func (g *goal) changeOn(day Date, says func(*GoalChanged) bool) (last *GoalChanged) {
	since := Date(0)
	for _, c := range g.changes {
		if since <= c.from && c.from <= day && says(c.GoalChanged) {
			last, since = c.GoalChanged, c.from
		}
	}
	return last
}

// lifeAreaOn returns the goal's life area on a day.
func (g *goal) lifeAreaOn(day Date) string {
	if c := g.changeOn(day, func(c *GoalChanged) bool { return c.LifeArea != "" }); c != nil {
		return c.LifeArea
	}
	return g.LifeArea
}

// openOn says whether the goal is set and not withdrawn on a day.
func (g *goal) openOn(day Date) bool {
	return g.effective <= day && (g.withdrawn == 0 || day < g.withdrawn)
}
