package generate

import (
	"fmt"
	"math/rand/v2"
	"time"

	"careledger/domain"
)

// pilotCase writes one person's case in the pilot.
type pilotCase struct {
	rec    *recorder
	r      *rand.Rand
	entity entity
	plan   pilotPlan

	clock     int64 // when something was last recorded in the case
	decision  string
	decisions int
	services  []domain.Service
	areas     []int // the person's life areas in the order in which goals take them
	goals     []*pilotGoal
	reviews   []pilotReview
}

type pilotGoal struct {
	id                 string
	assessed, intended int
	withdrawn          bool
}

// pilotReview is a follow-up as written.
type pilotReview struct {
	number int // of its record in the entity
	data   domain.FollowUpHeld
}

// newPilotCase returns a case before its first record. What the plan leaves open follows from its number and the seed.
func newPilotCase(rec *recorder, plan pilotPlan, seed uint64) *pilotCase {
	if plan.number == 1 {
		seed = 0 // the fixed plan's case is the same for every seed
	}
	r := rand.New(rand.NewPCG(seed, uint64(plan.number)))
	return &pilotCase{
		rec: rec, r: r, plan: plan, areas: r.Perm(len(domain.LifeAreas)),
		entity: newEntity(domain.KindCase, fmt.Sprintf("l%03d", plan.number)),
	}
}

// at returns a time of recording on a day, or as soon after the case's last record as that lets.
func (c *pilotCase) at(day domain.Date) int64 {
	morning := int64(day-epoch())*daySeconds + 8*3600 + int64(c.r.IntN(7*3600))
	c.clock = max(c.clock+60, morning)
	return c.clock
}

// soon returns a time of recording some minutes after the last.
func (c *pilotCase) soon() int64 {
	c.clock += 60 + int64(c.r.IntN(900))
	return c.clock
}

func (c *pilotCase) careManager() string { return fmt.Sprintf("care-manager-%d", 1+c.plan.number%2) }

func (c *pilotCase) contactWorker() string {
	return fmt.Sprintf("%s/cw-%d", pilotProvider, 1+c.plan.number%14)
}

func (c *pilotCase) history() {
	visit := workday(c.plan.from - 9)
	c.rec.add(&c.entity, domain.TypeCaseOpened, visit, c.at(visit), c.careManager(), &domain.CaseOpened{Person: fmt.Sprintf("person-%03d", c.plan.number), Programme: "goal-premium-pilot"})
	needs := domain.NeedsAssessed{}
	for _, i := range c.areas[:5] {
		status := 1 + c.r.IntN(4)
		needs.Assessments = append(needs.Assessments, domain.NeedAssessment{LifeArea: domain.LifeAreas[i], Status: &status})
	}
	c.rec.add(&c.entity, domain.TypeNeedsAssessed, visit, c.soon(), c.careManager(), &needs)
	c.at(visit + 2) // the day of the decision
	c.services = grant(c.r, c.r.IntN(3) == 0)
	c.decide(c.plan.from)
	c.setGoals(len(c.plan.reviews[0].outcomes), c.plan.from)
	if c.r.IntN(7) == 0 {
		c.setGoals(c.open()+1, c.plan.from) // set too late to be assessed at the first follow-up
	}
	c.subgoal(c.plan.from + 4)
	for i, rv := range c.plan.reviews {
		c.absence(rv)
		held := c.followUp(i, rv)
		if rv.occasion == "closure" {
			reason := [...]string{"needs-ceased", "moved", "declined", "needs-ceased"}[c.r.IntN(4)]
			c.rec.add(&c.entity, domain.TypeDecisionEnded, rv.heldOn, c.soon(), c.careManager(), &domain.DecisionEnded{Decision: c.decision, LastDay: rv.heldOn, Reason: reason})
			return
		}
		next := 2
		if i+1 < len(c.plan.reviews) {
			next = len(c.plan.reviews[i+1].outcomes)
		}
		c.revise(rv, held, next)
	}
	// The new service tree holds from 2017-01-01, so every decision is replaced; what comes after is no part of the pilot.
	last := domain.NewDate(2016, time.December, 31)
	c.rec.add(&c.entity, domain.TypeDecisionEnded, last, c.at(last-1), "system-manager-1", &domain.DecisionEnded{Decision: c.decision, LastDay: last, Reason: "other"})
}

// decide makes a decision from a day, superseding the one before.
func (c *pilotCase) decide(from domain.Date) {
	before := c.decision
	c.decisions++
	c.decision = fmt.Sprintf("%s-d%d", c.entity.id, c.decisions)
	c.rec.add(&c.entity, domain.TypeDecisionMade, from, c.soon(), c.careManager(), &domain.DecisionMade{
		Decision: c.decision, Provider: pilotProvider, Unit: pilotUnit, Method: domain.MethodStandardTime, From: from, Supersedes: before, Services: c.services})
}

// open returns how many goals are not withdrawn.
func (c *pilotCase) open() (n int) {
	for _, g := range c.goals {
		if !g.withdrawn {
			n++
		}
	}
	return n
}

// setGoals sets goals from a day until n are open.
func (c *pilotCase) setGoals(n int, effective domain.Date) {
	for c.open() < n {
		g := &pilotGoal{id: fmt.Sprintf("%s-g%d", c.entity.id, len(c.goals)+1), assessed: 1 + c.r.IntN(4)}
		g.intended = c.r.IntN(g.assessed)
		area := domain.LifeAreas[c.areas[len(c.goals)%len(c.areas)]]
		c.goals = append(c.goals, g)
		c.rec.add(&c.entity, domain.TypeGoalSet, effective, c.soon(), c.careManager(), &domain.GoalSet{Goal: g.id, Decision: c.decision, LifeArea: area, Assessed: &g.assessed, Intended: &g.intended})
	}
}

// subgoal has the contact worker set a step towards the newest goal.
func (c *pilotCase) subgoal(day domain.Date) {
	g := c.goals[len(c.goals)-1]
	c.rec.add(&c.entity, domain.TypeSubgoalSet, day, c.at(day), c.contactWorker(), &domain.SubgoalSet{Goal: g.id, Subgoal: subgoals[c.r.IntN(len(subgoals))]})
}

// absence writes the stay that a follow-up after hospital or a short-term stay comes after.
func (c *pilotCase) absence(rv review) {
	reason := map[string]string{"after-hospital": "hospital", "after-short-term-stay": "short-term-stay"}[rv.occasion]
	if reason == "" {
		return
	}
	to := rv.heldOn - 7 - domain.Date(c.r.IntN(10))
	from := to - 3 - domain.Date(c.r.IntN(14))
	c.rec.add(&c.entity, domain.TypeAbsenceRegistered, from, c.at(to), c.contactWorker(), &domain.AbsenceRegistered{From: from, To: to, Reason: reason})
}

// followUp registers a planned follow-up: the goals that it judges, and as not assessed those set beyond them.
func (c *pilotCase) followUp(i int, rv review) domain.FollowUpHeld {
	held := domain.FollowUpHeld{
		FollowUp: fmt.Sprintf("%s-f%d", c.entity.id, i+1), Occasion: rv.occasion, HeldOn: rv.heldOn,
		Participants: []string{"care-manager", "contact-worker", "person"}, // a joint home visit
	}
	outcomes := rv.outcomes
	for _, g := range c.goals {
		if g.withdrawn {
			continue
		}
		a := domain.Assessment{Goal: g.id, Outcome: domain.OutcomeNotAssessed}
		if len(outcomes) > 0 {
			a.Outcome, outcomes = outcomes[0], outcomes[1:]
			result := g.assessed
			switch a.Outcome {
			case domain.OutcomeFulfilled:
				result, a.PersonConfirms = g.intended, c.r.IntN(5) > 0
			case domain.OutcomePartly:
				result = (g.assessed + g.intended + 1) / 2
			}
			a.Result = &result
		}
		held.Assessments = append(held.Assessments, a)
	}
	// Most are registered the same day, some within the week, a few weeks later: valid time and recorded time differ.
	day := rv.heldOn
	switch c.r.IntN(20) {
	case 0:
		day += 14 + domain.Date(c.r.IntN(14))
	case 1, 2, 3, 4:
		day += 1 + domain.Date(c.r.IntN(5))
	}
	day = min(day, domain.NewDate(2016, time.December, 29))
	n := c.rec.add(&c.entity, domain.TypeFollowUpHeld, rv.heldOn, c.at(day), c.careManager(), &held)
	c.reviews = append(c.reviews, pilotReview{n, held})
	return held
}

// revise draws the consequences of a follow-up: a need change gives a new decision, some fulfilled goals are withdrawn and
// others changed, and at least next goals are open for the next follow-up.
func (c *pilotCase) revise(rv review, held domain.FollowUpHeld, next int) {
	from := rv.heldOn + 1
	if rv.occasion == "need-change" {
		c.services = changed(c.r, c.services)
		c.decide(from)
	}
	outcome := map[string]string{}
	for _, a := range held.Assessments {
		outcome[a.Goal] = a.Outcome
	}
	for _, g := range c.goals {
		switch {
		case g.withdrawn:
		case outcome[g.id] == domain.OutcomeFulfilled && c.r.IntN(2) == 0 && c.open() > 2:
			g.withdrawn = true
			c.rec.add(&c.entity, domain.TypeGoalWithdrawn, from, c.soon(), c.careManager(), &domain.GoalWithdrawn{Goal: g.id, Reason: "fulfilled"})
		case outcome[g.id] == domain.OutcomePartly && g.intended < 3 && c.r.IntN(3) == 0:
			g.intended++
			intended := g.intended
			c.rec.add(&c.entity, domain.TypeGoalChanged, from, c.soon(), c.careManager(), &domain.GoalChanged{Goal: g.id, Intended: &intended})
		}
	}
	// Where more stay open than the next follow-up has room for, the newest are not assessed there; at most two.
	for i := len(c.goals) - 1; i >= 0 && c.open() > next+2; i-- {
		if g := c.goals[i]; !g.withdrawn {
			g.withdrawn = true
			c.rec.add(&c.entity, domain.TypeGoalWithdrawn, from, c.soon(), c.careManager(), &domain.GoalWithdrawn{Goal: g.id, Reason: "no longer wanted"})
		}
	}
	if c.open() < next {
		c.setGoals(next, from)
		c.subgoal(from + 3)
	}
}

// outsideCase writes a case outside the pilot: services at a unit that earns no premium, without goals and follow-ups.
func outsideCase(rec *recorder, n int, r *rand.Rand) {
	e := newEntity(domain.KindCase, fmt.Sprintf("x%03d", n))
	from := domain.NewDate(2014, time.November, 3) + domain.Date(r.IntN(500))
	at := int64(workday(from-7)-epoch())*daySeconds + 9*3600 + int64(r.IntN(20000))
	provider, unit := pilotProvider, outsideInHouse
	if n%2 == 0 {
		provider, unit = outsideProvider, outsideExternal
	}
	rec.add(&e, domain.TypeCaseOpened, dayOf(at), at, "care-manager-3", &domain.CaseOpened{Person: fmt.Sprintf("person-x%03d", n)})
	d := domain.DecisionMade{Decision: e.id + "-d1", Provider: provider, Unit: unit, Method: domain.MethodStandardTime, From: from, Services: grant(r, r.IntN(4) == 0)}
	rec.add(&e, domain.TypeDecisionMade, from, at+1200, "care-manager-3", &d)
	last := domain.NewDate(2016, time.December, 31)
	at = int64(last-1-epoch())*daySeconds + 9*3600
	rec.add(&e, domain.TypeDecisionEnded, last, at, "system-manager-1", &domain.DecisionEnded{Decision: d.Decision, LastDay: last, Reason: "other"})
}
