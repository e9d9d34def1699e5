package generate

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"careledger/domain"
)

// The trial of Östersund, 2014–2016. Its document says how persons were included (a diagnosis, mostly orthopaedic, potential for
// rehabilitation, needs that will decrease), that they get care by the ordinary process, that the provider is paid 10 000 kr when the person
// at evaluation can express that the goals are met, and that a few persons had been found. Everything else here is invented.
const (
	ostersund      = "2380" // SCB's code
	trialProgramme = "goal-premium-trial"
	ordinaryCases  = 26
)

// How an evaluation of the trial turns out: whether every goal is fulfilled, and whether the person says so.
const (
	confirmed   = "confirmed"
	unconfirmed = "unconfirmed"
	unfinished  = "unfinished"
)

// evaluation is a planned follow-up of a trial case.
type evaluation struct {
	after     int // days from the first decision
	turnsOut  string
	corrected string // how it is corrected seven weeks later, "" where it is not
}

// trialPlan is one person who was looked at for the trial. Of the fourteen, the first seven are included.
type trialPlan struct {
	from        domain.Date
	home        int // index of the unit
	inclusion   domain.Inclusion
	evaluations []evaluation
}

func (p *trialPlan) included() bool {
	return p.inclusion.DiagnosisGroup == "orthopaedic" && p.inclusion.RehabilitationPotential && p.inclusion.NeedsExpectedToDecrease
}

func trialPlans() []trialPlan {
	day := domain.NewDate
	in := domain.Inclusion{DiagnosisGroup: "orthopaedic", RehabilitationPotential: true, NeedsExpectedToDecrease: true}
	noPotential := domain.Inclusion{DiagnosisGroup: "orthopaedic"}
	lasting := domain.Inclusion{DiagnosisGroup: "orthopaedic", RehabilitationPotential: true}
	stroke := domain.Inclusion{DiagnosisGroup: "neurological", RehabilitationPotential: true, NeedsExpectedToDecrease: true}
	heart := domain.Inclusion{DiagnosisGroup: "circulatory"}
	return []trialPlan{
		{day(2014, time.October, 6), 0, in, []evaluation{{180, confirmed, ""}}},
		{day(2015, time.January, 12), 2, in, []evaluation{{170, unfinished, ""}, {282, confirmed, ""}}},
		{day(2015, time.March, 2), 1, in, []evaluation{{155, unconfirmed, confirmed}, {300, confirmed, ""}}},
		{day(2015, time.September, 7), 3, in, []evaluation{{176, confirmed, ""}, {316, confirmed, ""}}}, // paid once
		{day(2015, time.November, 2), 0, in, []evaluation{{182, unfinished, ""}}},
		{day(2016, time.February, 1), 2, in, []evaluation{{141, confirmed, ""}}},
		{day(2016, time.March, 7), 0, in, []evaluation{{169, unconfirmed, ""}}},
		{day(2014, time.November, 10), 0, noPotential, []evaluation{{183, confirmed, ""}}},
		{day(2015, time.February, 9), 2, lasting, []evaluation{{175, confirmed, ""}}},
		{day(2015, time.May, 4), 1, stroke, []evaluation{{190, confirmed, ""}}},
		{day(2015, time.August, 17), 3, heart, []evaluation{{171, unfinished, ""}}},
		{day(2015, time.December, 7), 1, lasting, []evaluation{{184, unconfirmed, ""}}},
		{day(2016, time.January, 18), 3, stroke, []evaluation{{178, unfinished, ""}, {290, confirmed, ""}}},
		{day(2016, time.April, 11), 2, noPotential, []evaluation{{166, unfinished, ""}}},
	}
}

// trialServices is what a person gets who comes home and trains to manage without it.
func trialServices() []domain.Service {
	service := func(name, category string, minutes int, tenths int64) domain.Service {
		return domain.Service{Service: name, Category: category, Band: "day", StandardMinutes: minutes, TimesPerWeek: domain.DecimalOf(tenths, 1)}
	}
	return []domain.Service{
		service("dressing", "care", 20, 70), service("shower", "care", 40, 20), service("walking-practice", "care", 30, 50),
		service("meal", "care", 20, 70), service("cleaning", "service", 75, 5), service("shopping", "service", 45, 10),
	}
}

// halved returns the services with each half as often, and those left out that were given once a week or less.
func halved(services []domain.Service) (fewer []domain.Service) {
	for _, s := range services {
		if n := tenths(&s); n > 10 {
			s.TimesPerWeek = domain.DecimalOf(int64(n/2), 1)
			fewer = append(fewer, s)
		}
	}
	return fewer
}

// OstersundPilot writes Östersund's trial with a goal premium, authority 2380, 2014 to 2016, as NDJSON records: seven included
// persons, seven who were looked at and not included, and 26 cases beside. How each evaluation turns out is the same for every seed:
// under the adopted policy five premiums are paid. Dates within weeks, services and goals vary with it.
func OstersundPilot(w io.Writer, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 2380))
	first, last := domain.NewDate(2013, time.December, 1), domain.NewDate(2016, time.December, 31)
	rec := newRecorder(ostersund, first, last)
	homes := registerHouses(rec, domain.NewDate(2014, time.January, 1), time.Date(2013, 12, 2, 8, 0, 0, 0, time.UTC), []house{
		{provider: "ostersund-hemtjanst", name: "Östersund home care, in-house", regime: "in-house", units: []domain.UnitRegistered{
			{Unit: "ostersund-town", Name: "Unit in town (invented)", Area: "urban"},
			{Unit: "ostersund-country", Name: "Unit in the country (invented)", Area: "rural"}}},
		{provider: "lov-fjall", name: "External provider 1 (invented)", regime: "external", number: 201, units: []domain.UnitRegistered{
			{Unit: "lov-fjall-town", Name: "External unit in town (invented)", Area: "urban"}}},
		{provider: "lov-sjo", name: "External provider 2 (invented)", regime: "external", number: 202, units: []domain.UnitRegistered{
			{Unit: "lov-sjo-country", Name: "External unit in the country (invented)", Area: "rural"}}},
	})
	adoptBuiltIn(rec, decree{model: "ostersund-2014", by: "project steering group (reconstructed)",
		on: domain.NewDate(2013, time.December, 16), from: domain.NewDate(2014, time.January, 1)})
	for i, plan := range trialPlans() {
		newTrialCase(rec, r.Uint64(), fmt.Sprintf("o%03d", i+1), i, homes[plan.home]).trial(plan)
	}
	for i := range ordinaryCases {
		newTrialCase(rec, r.Uint64(), fmt.Sprintf("p%03d", i+1), i, homes[i%len(homes)]).ordinary(i, last)
	}
	return rec.flushAll(w)
}

// trialCase writes one case of Östersund's.
type trialCase struct {
	caseBook
	home home
}

func newTrialCase(rec *recorder, seed uint64, id string, n int, h home) *trialCase {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	manager, worker := fmt.Sprintf("care-manager-%d", 1+n%2), fmt.Sprintf("%s/cw-%d", h.unit, 1+n%5) // two care managers were in the project group
	return &trialCase{newCaseBook(rec, r, id, manager, worker), h}
}

// trial writes the case of a person who was looked at for the trial.
func (c *trialCase) trial(p trialPlan) {
	from, goals := p.from+domain.Date(c.r.IntN(5)), 2+c.r.IntN(2)
	opened := domain.CaseOpened{Person: "person-" + c.entity.id, Inclusion: &p.inclusion}
	if p.included() {
		opened.Programme = trialProgramme
	}
	visit := workday(from - 8)
	c.open(visit, opened)
	c.at(visit + 2) // the day of the decision
	c.decide(domain.DecisionMade{Provider: c.home.provider, Unit: c.home.unit, From: from, Services: trialServices()})
	c.setGoals(goals, from)
	c.subgoal(from + 5)
	steps := []step{}
	if p.inclusion.NeedsExpectedToDecrease {
		steps = append(steps, step{workday(from + 63 + domain.Date(c.r.IntN(14))), c.needLess})
	}
	for i, e := range p.evaluations {
		last := i == len(p.evaluations)-1
		steps = append(steps, step{workday(from + domain.Date(e.after)), func(on domain.Date) { c.evaluate(e, on, last && e.turnsOut == confirmed) }})
	}
	c.run(steps)
}

// needLess replaces the decision, from the day after, with one of half the time.
func (c *trialCase) needLess(on domain.Date) {
	c.at(on)
	c.decide(domain.DecisionMade{From: on + 1, Services: halved(c.decision.Services)})
}

// evaluate holds an evaluation. Where it is the last, and the person confirms it, care ends a week later.
func (c *trialCase) evaluate(e evaluation, on domain.Date, done bool) {
	occasion := "need-change"
	if done {
		occasion = "closure"
	}
	held, n := c.hold(on, workday(on+domain.Date(c.r.IntN(3))), occasion, c.turnOut(e.turnsOut))
	if e.corrected != "" {
		held.Assessments = c.turnOut(e.corrected)
		c.rec.correct(&c.entity, n, on, c.at(workday(on+49)), c.manager, "the person's own words had been left out", &held)
	}
	if done {
		c.end(on+7, c.soon(), c.manager, "needs-ceased")
	}
}

// turnOut judges the goals as planned. At an unfinished evaluation the first goal is fulfilled and confirmed, the others partly.
func (c *trialCase) turnOut(how string) (assessments []domain.Assessment) {
	for i, g := range c.goals {
		outcome := domain.OutcomeFulfilled
		if how == unfinished && i > 0 {
			outcome = domain.OutcomePartly
		}
		a := g.judge(outcome)
		a.PersonConfirms = outcome == domain.OutcomeFulfilled && (how != unconfirmed || i > 0)
		assessments = append(assessments, a)
	}
	return assessments
}

// ordinary writes a case that has nothing to do with the trial. The first eight go on through all three years, two at each unit, so
// that every unit is paid each month. Every other case has goals; they earn nothing.
func (c *trialCase) ordinary(n int, last domain.Date) {
	from := domain.NewDate(2014, time.January, 1)
	if n >= 8 {
		from += domain.Date(30 + (n-8)*50 + c.r.IntN(30))
	}
	visit := workday(from - 9)
	c.open(visit, domain.CaseOpened{Person: "person-" + c.entity.id})
	c.at(visit + 2)
	c.decide(domain.DecisionMade{Provider: c.home.provider, Unit: c.home.unit, From: from, Services: grant(c.r, n%4 == 1)})
	if n%2 == 0 {
		c.setGoals(1+c.r.IntN(2), from)
		c.subgoal(from + 6)
	}
	var steps []step
	for on := workday(from + 180); on < last-10; on = workday(on + 340 + domain.Date(c.r.IntN(40))) {
		steps = append(steps, step{on, c.yearly})
	}
	if ends := workday(from + 200 + domain.Date(c.r.IntN(700))); n >= 8 && ends < last-10 {
		steps = append(steps, step{ends, func(on domain.Date) {
			reason := [...]string{"moved", "deceased", "needs-ceased", "declined"}[c.r.IntN(4)]
			c.end(on, c.at(on), c.manager, reason)
		}})
	}
	c.run(steps)
}

// yearly holds the yearly follow-up. Some needs have changed.
func (c *trialCase) yearly(on domain.Date) {
	held, _ := c.hold(on, on, "annual", c.judgeAll(60))
	if len(held.Assessments) > 0 {
		c.renewGoals(held, 2, on+1)
	}
	if c.r.IntN(3) == 0 {
		c.decide(domain.DecisionMade{From: on + 1, Services: changed(c.r, c.decision.Services)})
	}
}
