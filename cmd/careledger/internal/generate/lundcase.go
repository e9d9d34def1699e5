package generate

import (
	"fmt"
	"math/rand/v2"
	"time"

	"careledger/domain"
)

// pilotCase writes one person's case in the pilot.
type pilotCase struct {
	caseBook
	plan     pilotPlan
	services []domain.Service
	reviews  []pilotReview
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
	manager, worker := fmt.Sprintf("care-manager-%d", 1+plan.number%2), fmt.Sprintf("%s/cw-%d", pilotProvider, 1+plan.number%14)
	return &pilotCase{caseBook: newCaseBook(rec, r, fmt.Sprintf("l%03d", plan.number), manager, worker), plan: plan}
}

func (c *pilotCase) history() {
	visit := workday(c.plan.from - 9)
	c.open(visit, domain.CaseOpened{Person: fmt.Sprintf("person-%03d", c.plan.number), Programme: "goal-premium-pilot"})
	c.at(visit + 2) // the day of the decision
	c.services = grant(c.r, c.r.IntN(3) == 0)
	c.decide(domain.DecisionMade{Provider: pilotProvider, Unit: pilotUnit, From: c.plan.from, Services: c.services})
	c.setGoals(len(c.plan.reviews[0].outcomes), c.plan.from)
	if c.r.IntN(7) == 0 {
		c.setGoals(c.openGoals()+1, c.plan.from) // set too late to be assessed at the first follow-up
	}
	c.subgoal(c.plan.from + 4)
	for i, rv := range c.plan.reviews {
		c.absence(rv)
		held := c.followUp(rv)
		if rv.occasion == "closure" {
			reason := [...]string{"needs-ceased", "moved", "declined", "needs-ceased"}[c.r.IntN(4)]
			c.end(rv.heldOn, c.soon(), c.manager, reason)
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
	c.end(last, c.at(last-1), registrar, "other")
}

// absence writes the stay that a follow-up after hospital or a short-term stay comes after.
func (c *pilotCase) absence(rv review) {
	reason := map[string]string{"after-hospital": "hospital", "after-short-term-stay": "short-term-stay"}[rv.occasion]
	if reason == "" {
		return
	}
	to := rv.heldOn - 7 - domain.Date(c.r.IntN(10))
	from := to - 3 - domain.Date(c.r.IntN(14))
	c.away(from, to, to, reason)
}

// followUp registers a planned follow-up: the goals that it judges, and as not assessed those set beyond them.
func (c *pilotCase) followUp(rv review) domain.FollowUpHeld {
	var assessments []domain.Assessment
	outcomes := rv.outcomes
	for _, g := range c.goals {
		if g.withdrawn {
			continue
		}
		a := g.judge(domain.OutcomeNotAssessed)
		if len(outcomes) > 0 {
			a, outcomes = g.judge(outcomes[0]), outcomes[1:]
			a.PersonConfirms = a.Outcome == domain.OutcomeFulfilled && c.r.IntN(5) > 0
		}
		assessments = append(assessments, a)
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
	held, n := c.hold(rv.heldOn, day, rv.occasion, assessments) // a joint home visit
	c.reviews = append(c.reviews, pilotReview{n, held})
	return held
}

// revise draws the consequences of a follow-up: a need change gives a new decision, some fulfilled goals are withdrawn and
// others changed, and at least next goals are open for the next follow-up.
func (c *pilotCase) revise(rv review, held domain.FollowUpHeld, next int) {
	from := rv.heldOn + 1
	if rv.occasion == "need-change" {
		c.services = changed(c.r, c.services)
		c.decide(domain.DecisionMade{From: from, Services: c.services})
	}
	outcome := map[string]string{}
	for _, a := range held.Assessments {
		outcome[a.Goal] = a.Outcome
	}
	for _, g := range c.goals {
		switch {
		case g.withdrawn:
		case outcome[g.id] == domain.OutcomeFulfilled && c.r.IntN(2) == 0 && c.openGoals() > 2:
			c.withdraw(g, from, "fulfilled")
		case outcome[g.id] == domain.OutcomePartly && g.intended < 3 && c.r.IntN(3) == 0:
			g.intended++
			intended := g.intended
			c.rec.add(&c.entity, domain.TypeGoalChanged, from, c.soon(), c.manager, &domain.GoalChanged{Goal: g.id, Intended: &intended})
		}
	}
	// Where more stay open than the next follow-up has room for, the newest are not assessed there; at most two.
	for i := len(c.goals) - 1; i >= 0 && c.openGoals() > next+2; i-- {
		if g := c.goals[i]; !g.withdrawn {
			c.withdraw(g, from, "no longer wanted")
		}
	}
	if c.openGoals() < next {
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
