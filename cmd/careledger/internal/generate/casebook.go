package generate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"careledger/domain"
)

// caseBook writes the records of one case of a history that is made as a whole, in the order in which they are made.
type caseBook struct {
	rec     *recorder
	r       *rand.Rand
	entity  entity
	manager string // actor of the authority
	worker  string // contact worker, an actor of the provider
	areas   []int  // the person's life areas in the order in which goals take them

	clock     int64               // when something was last recorded in the case
	decision  domain.DecisionMade // the latest; zero before the first
	decisions int
	goals     []*bookGoal // withdrawn ones included
	followUps int
	closed    bool // nothing more happens in it
}

type bookGoal struct {
	id                 string
	assessed, intended int
	withdrawn          bool
}

func newCaseBook(rec *recorder, r *rand.Rand, id, manager, worker string) caseBook {
	return caseBook{rec: rec, r: r, entity: newEntity(domain.KindCase, id), manager: manager, worker: worker, areas: r.Perm(len(domain.LifeAreas))}
}

// step is something that happens in a case on a day.
type step struct {
	on domain.Date
	do func(on domain.Date)
}

// run does the steps in order of their days, those of one day in the order given, until the case is closed.
func (c *caseBook) run(steps []step) {
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.on, b.on) })
	for _, s := range steps {
		if c.closed {
			return
		}
		s.do(s.on)
	}
}

// at returns a time of recording on a day, or as soon after the case's last record as that lets.
func (c *caseBook) at(day domain.Date) int64 {
	morning := int64(day-epoch())*daySeconds + 8*3600 + int64(c.r.IntN(7*3600))
	c.clock = max(c.clock+60, morning)
	return c.clock
}

// soon returns a time of recording some minutes after the last.
func (c *caseBook) soon() int64 {
	c.clock += 60 + int64(c.r.IntN(900))
	return c.clock
}

// open opens the case at a visit, with an assessment of needs in five life areas.
func (c *caseBook) open(visit domain.Date, opened domain.CaseOpened) {
	c.rec.add(&c.entity, domain.TypeCaseOpened, visit, c.at(visit), c.manager, &opened)
	c.assessNeeds(visit)
}

func (c *caseBook) assessNeeds(visit domain.Date) {
	needs := domain.NeedsAssessed{}
	for _, i := range c.areas[:5] {
		status := 1 + c.r.IntN(4)
		needs.Assessments = append(needs.Assessments, domain.NeedAssessment{LifeArea: domain.LifeAreas[i], Status: &status})
	}
	c.rec.add(&c.entity, domain.TypeNeedsAssessed, visit, c.soon(), c.manager, &needs)
}

// decide makes a decision, superseding the one before. Provider and unit left out are those of the one before, method left out
// is standard time.
func (c *caseBook) decide(d domain.DecisionMade) {
	d.Supersedes = c.decision.Decision
	d.Provider, d.Unit = cmp.Or(d.Provider, c.decision.Provider), cmp.Or(d.Unit, c.decision.Unit)
	d.Method = cmp.Or(d.Method, domain.MethodStandardTime)
	c.decisions++
	d.Decision = fmt.Sprintf("%s-d%d", c.entity.id, c.decisions)
	c.rec.add(&c.entity, domain.TypeDecisionMade, d.From, c.soon(), c.manager, &d)
	c.decision = d
}

// end ends the decision, and with it the case.
func (c *caseBook) end(last domain.Date, recorded int64, actor, reason string) {
	c.rec.add(&c.entity, domain.TypeDecisionEnded, last, recorded, actor, &domain.DecisionEnded{
		Decision: c.decision.Decision, LastDay: last, Reason: reason})
	c.closed = true
}

// openGoals returns how many goals are not withdrawn.
func (c *caseBook) openGoals() (n int) {
	for _, g := range c.goals {
		if !g.withdrawn {
			n++
		}
	}
	return n
}

// setGoals sets goals from a day until n are open.
func (c *caseBook) setGoals(n int, effective domain.Date) {
	for c.openGoals() < n {
		g := &bookGoal{id: fmt.Sprintf("%s-g%d", c.entity.id, len(c.goals)+1), assessed: 1 + c.r.IntN(4)}
		g.intended = c.r.IntN(g.assessed)
		area := domain.LifeAreas[c.areas[len(c.goals)%len(c.areas)]]
		c.goals = append(c.goals, g)
		c.rec.add(&c.entity, domain.TypeGoalSet, effective, c.soon(), c.manager, &domain.GoalSet{
			Goal: g.id, Decision: c.decision.Decision, LifeArea: area, Assessed: &g.assessed, Intended: &g.intended})
	}
}

// subgoal has the contact worker set a step towards the newest goal that is open.
func (c *caseBook) subgoal(day domain.Date) {
	i := len(c.goals) - 1
	for c.goals[i].withdrawn {
		i--
	}
	g := c.goals[i]
	c.rec.add(&c.entity, domain.TypeSubgoalSet, day, c.at(day), c.worker, &domain.SubgoalSet{Goal: g.id, Subgoal: subgoals[c.r.IntN(len(subgoals))]})
}

func (c *caseBook) withdraw(g *bookGoal, from domain.Date, reason string) {
	g.withdrawn = true
	c.rec.add(&c.entity, domain.TypeGoalWithdrawn, from, c.soon(), c.manager, &domain.GoalWithdrawn{Goal: g.id, Reason: reason})
}

// away registers a stay, on a day of recording.
func (c *caseBook) away(from, to, recorded domain.Date, reason string) {
	c.rec.add(&c.entity, domain.TypeAbsenceRegistered, from, c.at(recorded), c.worker, &domain.AbsenceRegistered{From: from, To: to, Reason: reason})
}

// judge gives a goal an outcome, with the result that goes with it. Whether the person confirms it is the caller's to say.
func (g *bookGoal) judge(outcome string) domain.Assessment {
	a := domain.Assessment{Goal: g.id, Outcome: outcome}
	result := g.assessed
	switch outcome {
	case domain.OutcomeNotAssessed:
		return a
	case domain.OutcomeFulfilled:
		result = g.intended
	case domain.OutcomePartly:
		result = (g.assessed + g.intended + 1) / 2
	}
	a.Result = &result
	return a
}

// hold registers, on a day of recording, a follow-up that the care manager held with the person and the contact worker. It returns
// it with the number of its record.
func (c *caseBook) hold(heldOn, recorded domain.Date, occasion string, assessments []domain.Assessment) (domain.FollowUpHeld, int) {
	c.followUps++
	held := domain.FollowUpHeld{
		FollowUp: fmt.Sprintf("%s-f%d", c.entity.id, c.followUps), Occasion: occasion, HeldOn: heldOn,
		Participants: []string{"care-manager", "contact-worker", "person"}, Assessments: assessments,
	}
	return held, c.rec.add(&c.entity, domain.TypeFollowUpHeld, heldOn, c.at(recorded), c.manager, &held)
}

// judgeAll judges each open goal, of a hundred so many fulfilled; of those the person confirms four in five.
func (c *caseBook) judgeAll(fulfilled int) []domain.Assessment {
	assessments := []domain.Assessment{}
	for _, g := range c.goals {
		if g.withdrawn {
			continue
		}
		switch p := c.r.IntN(100); {
		case p < fulfilled:
			a := g.judge(domain.OutcomeFulfilled)
			a.PersonConfirms = c.r.IntN(5) > 0
			assessments = append(assessments, a)
		case p < (100+fulfilled)/2:
			assessments = append(assessments, g.judge(domain.OutcomePartly))
		default:
			assessments = append(assessments, g.judge("not-fulfilled"))
		}
	}
	return assessments
}

// renewGoals withdraws from a day on the goals that a follow-up found fulfilled, and sets new ones until n are open.
func (c *caseBook) renewGoals(held domain.FollowUpHeld, n int, from domain.Date) {
	for _, g := range c.goals {
		judged := slices.IndexFunc(held.Assessments, func(a domain.Assessment) bool { return a.Goal == g.id })
		if !g.withdrawn && judged >= 0 && held.Assessments[judged].Outcome == domain.OutcomeFulfilled {
			c.withdraw(g, from, "fulfilled")
		}
	}
	c.setGoals(n, from)
}
