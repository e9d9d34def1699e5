package domain

import (
	"fmt"
	"time"
)

// recordedOf returns when an entry is registered, zero where it was accepted before and is only folded again.
func recordedOf(e *Event) time.Time {
	if e == nil {
		return time.Time{}
	}
	return e.Recorded
}

// checkUnit looks a unit up. provider is "" where the event names no provider; recorded is zero where the event was accepted
// before and is only folded again.
func checkUnit(parties *Parties, unit, provider string, recorded time.Time, ps *Problems) {
	u, ok := parties.Unit(unit)
	switch {
	case !ok:
		ps.missing(missingUnit(unit), "data.unit", "unit %s is not registered in this authority; register it first", unit)
	case provider != "" && u.Provider != provider:
		ps.add("data.unit", "unit %s belongs to provider %s, not %s", unit, u.Provider, provider)
	case !recorded.IsZero() && recorded.Before(u.Registered):
		ps.add("recorded", "%s is earlier than that of the registration of unit %s, %s", recorded.Format(time.RFC3339), unit, u.Registered.Format(time.RFC3339))
	}
}

func (v *view) check(en *entry, e *Event, parties *Parties, ps *Problems) {
	_, opening := en.data.(*CaseOpened)
	if !checkBegun(v.entity, v.begun(), opening, false, ps) {
		return
	}
	recorded := recordedOf(e)
	switch d := en.data.(type) {
	case *DecisionMade:
		checkUnit(parties, d.Unit, d.Provider, recorded, ps)
		v.checkDecision(d, ps)
	case *DecisionEnded:
		v.checkEnd(d, ps)
	case *ProviderChanged:
		checkUnit(parties, d.Unit, d.Provider, recorded, ps)
		v.openDecision(d.Decision, d.From, "data.decision", ps)
	case *GoalSet:
		if v.goal(d.Goal) != nil {
			ps.add("data.goal", "goal %s is already set in this case; give a new goal an id of its own, or change this one with goal-changed", d.Goal)
		}
		if dec := v.decision(d.Decision); dec != nil && en.effective < dec.From && dec.last >= dec.From {
			break // agreed at the assessment, before the decision begins
		}
		v.openDecision(d.Decision, en.effective, "data.decision", ps)
	case *GoalChanged:
		v.openGoal(d.Goal, en.effective, "data.goal", ps)
	case *GoalWithdrawn:
		v.openGoal(d.Goal, en.effective, "data.goal", ps)
	case *SubgoalSet:
		v.openGoal(d.Goal, en.effective, "data.goal", ps)
	case *FollowUpHeld:
		if e != nil && parties.Belongs(e.Actor) {
			ps.add("actor", "%s belongs to a provider; the outcomes of a follow-up are registered and corrected by the authority, never by the provider it pays", e.Actor)
		}
		for _, f := range v.followUps {
			if f.FollowUp == d.FollowUp {
				ps.add("data.follow_up", "follow-up %s is already registered in this case; give a new follow-up an id of its own, or correct that event", d.FollowUp)
			}
		}
		for i, a := range d.Assessments {
			v.openGoal(a.Goal, d.HeldOn, fmt.Sprintf("data.assessments[%d].goal", i), ps)
		}
	}
}

func (v *view) checkDecision(d *DecisionMade, ps *Problems) {
	if v.decision(d.Decision) != nil {
		ps.add("data.decision", "decision %s is already made in this case; give a new decision an id of its own", d.Decision)
	}
	if d.Supersedes == "" {
		return
	}
	old := v.decision(d.Supersedes)
	switch {
	case old == nil:
		ps.missing(missingDecision(v.entity, d.Supersedes), "data.supersedes", "there is no decision %s in this case; correct the id, or register the decision first", d.Supersedes)
	case old.superseder != nil:
		ps.add("data.supersedes", "decision %s is already superseded by %s; supersede that one instead", d.Supersedes, old.superseder.Decision)
	case old.ended && old.last < d.From-1:
		ps.add("data.supersedes", "decision %s ended on %s; a new decision from %s does not supersede it", d.Supersedes, old.last, d.From)
	}
}

func (v *view) checkEnd(d *DecisionEnded, ps *Problems) {
	dec := v.decision(d.Decision)
	switch {
	case dec == nil:
		ps.missing(missingDecision(v.entity, d.Decision), "data.decision", "there is no decision %s in this case; correct the id, or register the decision first", d.Decision)
	case dec.ended:
		ps.add("data.decision", "decision %s has ended already, on %s; correct that event instead", d.Decision, dec.last)
	case d.LastDay > dec.last && dec.superseder != nil:
		ps.add("data.last_day", "decision %s is superseded by %s from %s; it cannot end on %s", d.Decision, dec.superseder.Decision, dec.superseder.From, d.LastDay)
	case d.LastDay < dec.From-1:
		ps.add("data.last_day", "%s is before decision %s begins, %s", d.LastDay, d.Decision, dec.From)
	}
}

// openDecision refuses a decision that does not exist, has not begun, or has been ended or superseded before a day. One whose
// planned last day (to) has merely passed still takes what is registered about it.
func (v *view) openDecision(id string, day Date, field string, ps *Problems) {
	dec := v.decision(id)
	switch {
	case dec == nil:
		ps.missing(missingDecision(v.entity, id), field, "there is no decision %s in this case; correct the id, or register the decision first", id)
	case day > dec.last && dec.superseder != nil:
		ps.add(field, "decision %s is superseded by %s from %s; it is not open on %s", id, dec.superseder.Decision, dec.superseder.From, day)
	case day > dec.last && dec.ended:
		ps.add(field, "decision %s ended on %s; it is not open on %s", id, dec.last, day)
	case day < dec.From:
		ps.add(field, "decision %s begins on %s; it is not open on %s", id, dec.From, day)
	}
}

// openGoal refuses a goal that does not exist or is not open on a day.
func (v *view) openGoal(id string, day Date, field string, ps *Problems) {
	g := v.goal(id)
	switch {
	case g == nil:
		ps.missing(missingGoal(v.entity, id), field, "there is no goal %s in this case; correct the id, or register the goal first", id)
	case !g.openOn(day) && g.effective > day:
		ps.add(field, "goal %s is set from %s; it does not exist on %s", id, g.effective, day)
	case !g.openOn(day):
		ps.add(field, "goal %s is withdrawn from %s; it is not open on %s", id, g.withdrawn, day)
	}
}
