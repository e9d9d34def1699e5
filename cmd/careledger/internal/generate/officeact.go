package generate

import (
	"slices"

	"careledger/domain"
)

// officeAct makes the one thing, if any, that the authority's office registers about a case in the month being made.
func (t *town) officeAct(c *careCase) {
	c.byTime = c.heavy || t.quotas.timeMonth.due(t.r)
	day := workday(t.monthDay + domain.Date(t.r.IntN(24)))
	at, manager := t.officeTime(day), t.careManager()
	if c.decision.To != 0 && c.decision.To <= t.monthEnd {
		t.runOut(c, day, at, manager)
		return
	}
	q := &t.quotas
	switch {
	case c.busy >= t.now:
	case c.reviewOn <= t.monthEnd:
		t.review(c, max(day, c.reviewOn), manager)
	case q.end.due(t.r):
		t.end(c, day, at, manager)
	case q.mistakenEnd.due(t.r):
		last := max(day, c.decision.touched)
		n := t.add(&c.entity, domain.TypeDecisionEnded, last, at, manager, &domain.DecisionEnded{Decision: c.decision.Decision, LastDay: last, Reason: "other"})
		t.undo(c, n, last, at, manager, "registered on the wrong case")
	case q.needChange.due(t.r):
		t.needChange(c, day, at, manager)
	case (c.absence == nil || c.absence.To < day) && q.absence.due(t.r):
		t.absent(c, day, at, manager)
	case q.moveUnit.due(t.r):
		if from, u := max(day+1, c.decision.touched+1), t.pickUnit(day, c.decision.unit); from <= t.monthEnd && u != c.decision.unit {
			t.perform(c, from-1)
			t.move(c, from, u, at, manager)
			c.decision.unit, c.decision.touched = u, from
		}
	case q.mistakenMove.due(t.r):
		if from, u := max(day+1, c.decision.touched+1), t.pickUnit(day, c.decision.unit); u != c.decision.unit {
			t.undo(c, t.move(c, from, u, at, manager), from, at, manager, "the person stays with the provider")
		}
	default:
		t.goalAct(c, day, at, manager)
	}
}

// goalAct changes the case's goals, or corrects something, or does nothing.
func (t *town) goalAct(c *careCase, day domain.Date, at int64, manager string) {
	q := &t.quotas
	day = max(day, c.decision.touched)
	switch {
	case q.goalSet.due(t.r):
		t.setGoal(c, day, at, manager)
		t.subgoal(c, day, at)
	case len(c.goals) > 0 && q.goalChanged.due(t.r):
		g := c.goals[t.r.IntN(len(c.goals))]
		d := domain.GoalChanged{Goal: g.id}
		switch t.r.IntN(3) {
		case 0:
			d.LifeArea = domain.LifeAreas[t.r.IntN(len(domain.LifeAreas))]
		case 1:
			g.assessed = min(4, g.assessed+1)
			assessed := g.assessed
			d.Assessed = &assessed
		default:
			g.intended = t.r.IntN(g.assessed)
			intended := g.intended
			d.Intended = &intended
		}
		t.add(&c.entity, domain.TypeGoalChanged, day, at, manager, &d)
	case len(c.goals) > 1 && q.goalWithdrawn.due(t.r):
		t.withdraw(c, t.r.IntN(len(c.goals)), day, at, manager, "no longer wanted")
	case q.goalMistaken.due(t.r):
		t.setGoal(c, day, at, manager)
		c.goals = c.goals[:len(c.goals)-1]
		t.undo(c, c.entity.events, day, at, manager, "set on the wrong case")
	case q.correction.due(t.r):
		t.correctOne(c, at, manager)
	case q.annulment.due(t.r):
		t.annulOne(c, at, manager)
	}
}

// undo annuls record n of the case one to four days after it was recorded.
func (t *town) undo(c *careCase, n int, effective domain.Date, at int64, actor, reason string) {
	at += daySeconds * int64(1+t.r.IntN(4))
	t.annul(&c.entity, n, effective, at, actor, reason)
	c.busyUntil(t, at)
}

// review holds the follow-up that is due. One in eleven is registered weeks or months later, and nothing else until then.
func (t *town) review(c *careCase, heldOn domain.Date, manager string) {
	at := t.officeTime(heldOn)
	late := t.quotas.lateFollowUp.due(t.r)
	if late {
		at = t.officeTime(heldOn + 14 + domain.Date(t.r.IntN(70)))
	}
	if !t.followUpHeld(c, heldOn, c.occasion, at, manager) {
		t.setGoal(c, max(heldOn, c.decision.touched), at, manager)
		c.reviewOn = heldOn + 180
		c.busyUntil(t, at)
		return
	}
	if late {
		return
	}
	for i := len(c.goals) - 1; i >= 0; i-- {
		judged := slices.IndexFunc(c.followUp.Assessments, func(a domain.Assessment) bool { return a.Goal == c.goals[i].id })
		if judged >= 0 && c.followUp.Assessments[judged].Outcome == domain.OutcomeFulfilled && t.r.IntN(4) == 0 {
			at += 120
			t.withdraw(c, i, heldOn+1, at, manager, "fulfilled")
		}
	}
	if len(c.goals) == 0 {
		t.setGoal(c, max(heldOn+1, c.decision.touched), at+120, manager)
	}
}

// end ends the decision and the case, in three of four with a follow-up at closure. Some ends are registered days after.
func (t *town) end(c *careCase, day domain.Date, at int64, manager string) {
	reason := [...]string{"deceased", "deceased", "deceased", "moved", "moved", "needs-ceased", "needs-ceased", "declined", "other"}[t.r.IntN(9)]
	last := min(day+domain.Date(t.r.IntN(10)), t.monthEnd)
	switch {
	case reason == "deceased":
		last = day - domain.Date(t.r.IntN(12))
	case t.r.IntN(4) > 0:
		t.followUpHeld(c, day, "closure", at, manager)
	}
	last = max(last, c.decision.touched)
	t.perform(c, last)
	t.add(&c.entity, domain.TypeDecisionEnded, last, at+900, manager, &domain.DecisionEnded{Decision: c.decision.Decision, LastDay: last, Reason: reason})
	c.closed = true
}

// needChange replaces the decision with one of changed services, sometimes at another unit, sometimes after a follow-up that
// the change gave reason for, sometimes registered weeks after it began.
func (t *town) needChange(c *careCase, day domain.Date, at int64, manager string) {
	from := max(day+domain.Date(t.r.IntN(8)), c.decision.touched+1)
	if t.quotas.lateChange.due(t.r) {
		from = max(day-14-domain.Date(t.r.IntN(46)), c.decision.touched+1)
	}
	if from > t.monthEnd {
		return
	}
	t.perform(c, from-1)
	if t.r.IntN(3) == 0 {
		t.followUpHeld(c, day, "need-change", at, manager)
	}
	t.assessNeeds(c, day, at+300, manager)
	u := c.decision.unit
	if t.r.IntN(10) == 0 {
		u = t.pickUnit(from, u)
	}
	services := changed(t.r, c.decision.Services)
	if t.r.IntN(4) == 0 {
		services = grant(t.r, c.heavy)
	}
	t.decide(c, domain.DecisionMade{From: from, Supersedes: c.decision.Decision, Services: services}, u, at+900, manager)
	if len(c.goals) < 4 && t.r.IntN(2) == 0 {
		t.setGoal(c, max(day, from), at+1200, manager)
		t.subgoal(c, max(day, from), at+1200)
	}
}

// runOut is the last month of a decision for a limited time: a new one follows it, with goals of its own, or care ends there.
func (t *town) runOut(c *careCase, day domain.Date, at int64, manager string) {
	to := c.decision.To
	t.perform(c, to)
	if c.busy >= t.now || t.r.IntN(3) == 0 {
		c.closed = true
		return
	}
	t.assessNeeds(c, day, at, manager)
	t.decide(c, domain.DecisionMade{From: to + 1, Services: changed(t.r, c.decision.Services)}, c.decision.unit, at+600, manager)
	c.goals = nil
	t.setGoal(c, to+1, at+900, manager)
	c.reviewOn, c.occasion = to+180, "annual"
}

// absent registers an absence; one in seven only weeks after. A stay may give reason for a follow-up when the person is home.
func (t *town) absent(c *careCase, day domain.Date, at int64, manager string) {
	from := day - domain.Date(t.r.IntN(4))
	d := domain.AbsenceRegistered{From: from, To: from + 1 + domain.Date(t.r.IntN(20)), Reason: [...]string{"hospital", "hospital", "short-term-stay", "other"}[t.r.IntN(4)]}
	if t.quotas.lateAbsence.due(t.r) {
		at += daySeconds * int64(20+t.r.IntN(50))
	}
	t.perform(c, from-1)
	n := t.add(&c.entity, domain.TypeAbsenceRegistered, from, at, manager, &d)
	c.absence = &madeAbsence{d, n, at}
	if d.Reason != "other" && t.r.IntN(5) < 2 {
		c.reviewOn, c.occasion = max(d.To+7, (t.now+1).First())+domain.Date(t.r.IntN(10)), "after-"+d.Reason
	}
}

// move registers that another unit carries out the decision from a day, and returns the record's number.
func (t *town) move(c *careCase, from domain.Date, u *partyUnit, at int64, actor string) int {
	return t.add(&c.entity, domain.TypeProviderChanged, from, at, actor, &domain.ProviderChanged{
		Decision: c.decision.Decision, Provider: u.provider.entity.id, Unit: u.id, From: from})
}

// correctOne corrects the latest follow-up, the decision in force or the latest absence, the first of them to be found from a
// random one on. What has been corrected may be corrected again; the latest wins.
func (t *town) correctOne(c *careCase, at int64, actor string) {
	first := t.r.IntN(3)
	for i := range 3 {
		switch f, a := c.followUp, c.absence; (first + i) % 3 {
		case 0:
			if f == nil {
				continue
			}
			f.Assessments = slices.Clone(f.Assessments)
			judged := &f.Assessments[t.r.IntN(len(f.Assessments))]
			judged.Outcome = domain.Outcomes[(domain.Outcomes.Index(judged.Outcome)+1)%3]
			judged.Result, judged.PersonConfirms = nil, false
			t.correct(&c.entity, f.number, f.HeldOn, at, actor, "outcome entered wrongly", &f.FollowUpHeld)
		case 1:
			c.decision.Services = changed(t.r, c.decision.Services)
			t.correct(&c.entity, c.decision.number, c.decision.From, at, actor, "services entered wrongly", &c.decision.DecisionMade)
		default:
			if a == nil || a.recorded > at {
				continue
			}
			if a.To > a.From && t.r.IntN(2) == 0 {
				a.To--
			} else {
				a.From-- // registered a day late
			}
			t.correct(&c.entity, a.number, a.From, at, actor, "dates entered wrongly", &a.AbsenceRegistered)
		}
		return
	}
}

// annulOne annuls the latest follow-up, which is then held anew, or the latest absence.
func (t *town) annulOne(c *careCase, at int64, actor string) {
	if f := c.followUp; f != nil && t.r.IntN(2) == 0 {
		t.annul(&c.entity, f.number, f.HeldOn, at, actor, "registered on the wrong case")
		c.followUp, c.reviewOn = nil, dayOf(at)+30
	} else if a := c.absence; a != nil && a.recorded <= at {
		t.annul(&c.entity, a.number, a.From, at, actor, "the person was at home")
		c.absence = nil
	}
}
