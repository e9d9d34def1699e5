package generate

import (
	"fmt"

	"careledger/domain"
)

// careCase is one open case of the invented municipality, with what its coming records depend on.
type careCase struct {
	entity entity
	number int
	heavy  bool // several visits a day, reported as a monthly sum
	closed bool // nothing more happens in it

	decision  decision
	decisions int
	goals     []*careGoal // set and not withdrawn
	goalsSet  int
	followUps int

	reviewOn domain.Date // when the next follow-up is due, and on what occasion
	occasion string
	busy     domain.Month // nothing happens at the office up to and including this month

	performedTo domain.Date // performed time has been made up to and including this day
	sums        []timeSum   // of the month being made, where it is reported as a sum
	byTime      bool        // it is so

	followUp *madeFollowUp
	absence  *madeAbsence
}

// decision is the decision in force, as it was made.
type decision struct {
	domain.DecisionMade
	number  int         // of its record
	unit    *partyUnit  // that carries it out now
	tenths  []int       // times a week of each service, in tenths
	touched domain.Date // the latest effective date of what refers to it
}

type careGoal struct {
	id                 string
	assessed, intended int
	since              domain.Date
}

// madeFollowUp and madeAbsence are the case's latest, for corrections.
type madeFollowUp struct {
	domain.FollowUpHeld
	number int
}

type madeAbsence struct {
	domain.AbsenceRegistered
	number   int
	recorded int64
}

// openCase opens a case in the month being made: an assessment, a decision, goals. A few are registered after care began.
func (t *town) openCase() {
	t.opened++
	c := &careCase{entity: newEntity(domain.KindCase, fmt.Sprintf("k%d", t.opened)), number: t.opened, heavy: t.r.IntN(5) == 0}
	c.byTime = c.heavy
	t.cases = append(t.cases, c)
	day := workday(t.monthDay + domain.Date(t.r.IntN(20)))
	at, from := t.officeTime(day), min(day+1+domain.Date(t.r.IntN(6)), t.monthEnd)
	c.performedTo = from - 1
	if day > t.first+30 && t.quotas.lateStart.due(t.r) {
		from, c.performedTo = day-7-domain.Date(t.r.IntN(21)), day
	}
	opened := domain.CaseOpened{Person: fmt.Sprintf("person-%d", t.opened)}
	switch t.opened % 12 {
	case 3:
		opened.Programme = "rehabilitation"
		opened.Inclusion = &domain.Inclusion{DiagnosisGroup: "orthopaedic", RehabilitationPotential: true, NeedsExpectedToDecrease: t.r.IntN(3) > 0}
	case 8:
		opened.Programme = "palliative"
	}
	manager := t.careManager()
	t.add(&c.entity, domain.TypeCaseOpened, min(day, from), at, manager, &opened)
	t.assessNeeds(c, min(day, from), at+600, manager)
	to := domain.Date(0)
	if t.r.IntN(16) == 0 { // for a limited time
		to = (t.now + 2 + domain.Month(t.r.IntN(6))).Last()
	}
	t.decide(c, domain.DecisionMade{From: from, To: to, Services: grant(t.r, c.heavy)}, t.pickUnit(from, nil), at+1500, manager)
	for range 1 + t.r.IntN(3) {
		t.setGoal(c, from, at+1800+int64(60*len(c.goals)), manager)
	}
	t.subgoal(c, from, at)
	c.reviewOn, c.occasion = from+165+domain.Date(t.r.IntN(30)), "annual" // the first about six months after the decision
}

func (t *town) assessNeeds(c *careCase, day domain.Date, at int64, actor string) {
	d := domain.NeedsAssessed{}
	for i := range 2 + t.r.IntN(4) {
		status := [...]int{0, 1, 2, 3, 4, 1, 2, 3, 8, 9}[t.r.IntN(10)]
		d.Assessments = append(d.Assessments, domain.NeedAssessment{LifeArea: domain.LifeAreas[(c.number+3*i)%len(domain.LifeAreas)], Status: &status})
	}
	t.add(&c.entity, domain.TypeNeedsAssessed, day, at, actor, &d)
}

// decide makes the case's next decision. The caller gives its dates, its services and what it supersedes.
func (t *town) decide(c *careCase, d domain.DecisionMade, u *partyUnit, at int64, actor string) {
	c.decisions++
	d.Decision = fmt.Sprintf("%s-d%d", c.entity.id, c.decisions)
	d.Provider, d.Unit, d.Method = u.provider.entity.id, u.id, domain.MethodStandardTime
	if d.From >= t.frameStart {
		d.Method, d.FrameMinutes = domain.MethodFrameTime, frameMinutes(d.Services)
	}
	n := t.add(&c.entity, domain.TypeDecisionMade, d.From, at, actor, &d)
	c.decision = decision{DecisionMade: d, number: n, unit: u, touched: d.From}
	for i := range d.Services {
		c.decision.tenths = append(c.decision.tenths, tenths(&d.Services[i]))
	}
}

func (t *town) setGoal(c *careCase, day domain.Date, at int64, actor string) *careGoal {
	c.goalsSet++
	g := &careGoal{id: fmt.Sprintf("%s-g%d", c.entity.id, c.goalsSet), assessed: 1 + t.r.IntN(4), since: day}
	g.intended = t.r.IntN(g.assessed)
	c.goals = append(c.goals, g)
	c.decision.touched = max(c.decision.touched, day)
	t.add(&c.entity, domain.TypeGoalSet, day, at, actor, &domain.GoalSet{Goal: g.id, Decision: c.decision.Decision,
		LifeArea: domain.LifeAreas[t.r.IntN(len(domain.LifeAreas))], Assessed: &g.assessed, Intended: &g.intended})
	return g
}

// subgoal has the unit set a step towards the newest goal a day or two after at.
func (t *town) subgoal(c *careCase, day domain.Date, at int64) {
	g := c.goals[len(c.goals)-1]
	at += daySeconds * int64(1+t.r.IntN(2))
	day = max(day, dayOf(at))
	t.add(&c.entity, domain.TypeSubgoalSet, day, at, c.worker(t), &domain.SubgoalSet{Goal: g.id, Subgoal: subgoals[t.r.IntN(len(subgoals))]})
	c.busyUntil(t, at)
}

// busyUntil keeps the office away from the case until what is recorded at a time has been recorded.
func (c *careCase) busyUntil(t *town, at int64) {
	if m := dayOf(at).Month(); m > t.now {
		c.busy = max(c.busy, m)
	}
}

// worker returns an actor of the unit that carries out the case's decision.
func (c *careCase) worker(t *town) string {
	return c.decision.unit.workers[(c.number+t.r.IntN(3))%workersPerUnit]
}

// withdraw takes a goal from the list and registers its withdrawal from a day on.
func (t *town) withdraw(c *careCase, i int, day domain.Date, at int64, actor, reason string) {
	t.add(&c.entity, domain.TypeGoalWithdrawn, day, at, actor, &domain.GoalWithdrawn{Goal: c.goals[i].id, Reason: reason})
	c.goals = append(c.goals[:i], c.goals[i+1:]...)
}

// followUpHeld holds a follow-up of every goal set by then. It returns false, and does nothing, when there is none.
func (t *town) followUpHeld(c *careCase, heldOn domain.Date, occasion string, at int64, actor string) bool {
	d := domain.FollowUpHeld{Occasion: occasion, HeldOn: heldOn, Participants: []string{"care-manager", "contact-worker", "person"}}
	if extra := [...]string{"relative", "nurse", "", ""}[t.r.IntN(4)]; extra != "" {
		d.Participants = append(d.Participants, extra)
	}
	for _, g := range c.goals {
		if g.since <= heldOn {
			d.Assessments = append(d.Assessments, t.assess(g))
		}
	}
	if len(d.Assessments) == 0 {
		return false
	}
	c.followUps++
	d.FollowUp = fmt.Sprintf("%s-f%d", c.entity.id, c.followUps)
	n := t.add(&c.entity, domain.TypeFollowUpHeld, heldOn, at, actor, &d)
	c.followUp = &madeFollowUp{d, n}
	c.reviewOn, c.occasion = heldOn+330+domain.Date(t.r.IntN(40)), "annual"
	c.busyUntil(t, at)
	return true
}

// assess judges one goal: 70 % fulfilled, 17 % partly, 8 % not, 5 % not assessed. Result and confirmation are there sometimes.
func (t *town) assess(g *careGoal) domain.Assessment {
	a := domain.Assessment{Goal: g.id, Outcome: domain.OutcomeNotAssessed}
	result := g.assessed
	switch p := t.r.IntN(100); {
	case p < 70:
		a.Outcome, result = domain.OutcomeFulfilled, g.intended
		a.PersonConfirms = t.r.IntN(3) > 0
	case p < 87:
		a.Outcome = domain.OutcomePartly
	case p < 95:
		a.Outcome = "not-fulfilled"
	}
	if a.Outcome != domain.OutcomeNotAssessed && t.r.IntN(4) > 0 {
		a.Result = &result
	}
	return a
}
