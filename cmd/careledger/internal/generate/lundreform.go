package generate

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"careledger/domain"
)

// Lund's reform, after the same document as the pilot: since 2006 need hours are paid; from 2015 the pilot area has goals and a premium; on
// 2016-12-14 the board decides on a new system and a new service tree, which hold from 2017-01-01; from 2017-01-16 investigations and
// the outcomes of goals are registered in the new system. The persons, units beside the pilot's, services and goals are invented.
const (
	reformCases     = 75
	reformAlready   = 30 // of them have care when 2014 begins
	reformPilotEach = 3  // every third is in the pilot area
	reformPilotRate = 80 // of a hundred goals are fulfilled: between the 83 of 2014–15 and the 77 of 2016
	reformBoard     = "Vård- och omsorgsnämnden"
)

func reformFrom() domain.Date       { return domain.NewDate(2017, time.January, 1) }
func reformRegistered() domain.Date { return domain.NewDate(2017, time.January, 16) }
func reformLast() domain.Date       { return domain.NewDate(2018, time.December, 31) }

// placeInNewTree returns the service of the tree from 2017 that takes the place of one of the old tree, and its standard time. The
// source publishes neither; names and times are invented.
func placeInNewTree(service string) (name string, minutes int) {
	switch service {
	case "cleaning":
		return "support-with-cleaning", 70
	case "shower":
		return "support-with-washing", 40
	case "shopping":
		return "support-with-shopping", 40
	case "laundry":
		return "support-with-clothes", 35
	case "walk":
		return "support-to-move-outdoors", 40
	case "evening-support", "evening-routine":
		return "support-in-the-evening", 25
	case "night-visit", "night-check":
		return "support-to-feel-safe-at-night", 15
	case "dressing":
		return "support-to-dress", 20
	case "meal", "breakfast", "weekend-meal":
		return "support-to-eat", 25
	}
	panic("generate: the new service tree has no place for " + service)
}

// LundReform writes Lund's change of system, authority 1281, 2014 to 2018, as NDJSON records: 75 cases at three in-house units and
// two external providers, under the model of 2006, the pilot's premium beside it in 2015 and 2016, and the model of 2017. Decisions of the
// new service tree hold from 2017-01-01 and are registered from 2017-01-16 to 2017-01-31, so the same month looks different before and after.
//
// The totals of the pilot are LundPilot's to reproduce; here it is a part of the whole, at a smaller size. Both presets have the
// authority 1281 and keep their ids apart, but describe the same area twice: import them into ledgers of their own.
func LundReform(w io.Writer, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 2017))
	rec := newRecorder(lund, domain.NewDate(2005, time.December, 1), reformLast())
	homes := registerHouses(rec, domain.NewDate(2013, time.December, 2), time.Date(2013, 12, 2, 8, 0, 0, 0, time.UTC), []house{
		{provider: pilotProvider, name: "Lund home care, in-house", regime: "in-house", units: []domain.UnitRegistered{
			{Unit: pilotUnit, Name: "Östra Torn/Linero", Area: "urban"},
			{Unit: "lund-unit-b", Name: "In-house unit B (invented)", Area: "urban"},
			{Unit: "lund-unit-c", Name: "In-house unit C (invented)", Area: "rural"}}},
		{provider: "lov-one", name: "External provider 1 (invented)", regime: "external", number: 301, units: []domain.UnitRegistered{
			{Unit: "lov-one-unit", Name: "External unit 1 (invented)", Area: "urban"}}},
		{provider: "lov-two", name: "External provider 2 (invented)", regime: "external", number: 302, units: []domain.UnitRegistered{
			{Unit: "lov-two-unit", Name: "External unit 2 (invented)", Area: "rural"}}},
	})
	decided := domain.NewDate(2016, time.December, 14)
	adoptBuiltIn(rec, decree{model: "lund-2006", by: reformBoard + " (reconstructed)", on: domain.NewDate(2005, time.December, 14),
		from: domain.NewDate(2006, time.January, 1), until: reformFrom(), ended: decided})
	adoptBuiltIn(rec, decree{model: "lund-2015-premium", by: "project steering group (reconstructed)", on: domain.NewDate(2014, time.December, 10),
		from: domain.NewDate(2015, time.January, 1), until: reformFrom(), ended: decided})
	adoptBuiltIn(rec, decree{model: "lund-2017", by: reformBoard, on: decided, from: reformFrom()})
	for i := range reformCases {
		h := homes[0]
		if i%reformPilotEach != 0 {
			h = homes[1+(i-1-i/reformPilotEach)%(len(homes)-1)]
		}
		newReformCase(rec, r.Uint64(), i, h).history(reformStart(i, r))
	}
	return rec.flushAll(w)
}

// reformStart returns when a case's first decision begins: 30 have care when 2014 begins, the others come evenly until September 2018,
// but none in the weeks of the change.
func reformStart(n int, r *rand.Rand) domain.Date {
	if n < reformAlready {
		return domain.NewDate(2014, time.January, 1) + domain.Date(n%3)
	}
	first, last := domain.NewDate(2014, time.February, 3), domain.NewDate(2018, time.September, 3)
	from := first + domain.Date((n-reformAlready)*int(last-first)/(reformCases-reformAlready)+r.IntN(10))
	if change := domain.NewDate(2016, time.November, 28); from >= change && from < reformRegistered()+21 {
		from += 70
	}
	return from
}

// reformCase writes one case through the change.
type reformCase struct {
	caseBook
	home  home
	pilot bool // in the pilot area
}

func newReformCase(rec *recorder, seed uint64, n int, h home) *reformCase {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	manager, worker := fmt.Sprintf("care-manager-%d", 1+n%5), fmt.Sprintf("%s/cw-%d", h.unit, 1+n%9)
	return &reformCase{newCaseBook(rec, r, fmt.Sprintf("r%03d", n+1), manager, worker), h, h.unit == pilotUnit}
}

func (c *reformCase) history(from domain.Date) {
	visit := workday(from - 10)
	c.open(visit, domain.CaseOpened{Person: "person-" + c.entity.id})
	c.at(visit + 2)
	services := grant(c.r, c.r.IntN(3) == 0)
	if from >= reformFrom() {
		services = inNewTree(services)
	}
	c.decide(domain.DecisionMade{Provider: c.home.provider, Unit: c.home.unit, From: from, Services: services})
	var steps []step
	follow := func(first, last domain.Date) { // about half a year after something new, and then yearly
		for on := workday(first + 165 + domain.Date(c.r.IntN(30))); on < last; on = workday(on + 335 + domain.Date(c.r.IntN(45))) {
			steps = append(steps, step{on, c.review})
		}
	}
	pilotFrom := domain.NewDate(2014, time.September, 8)
	if c.pilot && from < pilotFrom { // met in the autumn of 2014
		on := workday(pilotFrom + domain.Date(c.r.IntN(80)))
		steps = append(steps, step{on, c.met})
		follow(on, reformFrom()-20)
	} else {
		if c.pilot || from >= reformFrom() {
			c.setGoals(2+c.r.IntN(3), from)
			c.subgoal(from + 4)
		}
		follow(from, reformFrom()-20)
	}
	after := from
	if from < reformFrom() {
		after = workday(reformRegistered() + domain.Date(c.r.IntN(14)))
		steps = append(steps, step{after, c.reform})
	}
	follow(after, reformLast()-7)
	c.run(steps)
}

// met is the visit in the autumn of 2014 at which a person of the pilot area, who has care already, gets goals.
func (c *reformCase) met(on domain.Date) {
	c.at(on)
	c.assessNeeds(on)
	c.setGoals(2+c.r.IntN(3), on)
	c.subgoal(on + 5)
}

// reform registers the decision of the new service tree, which holds from 2017-01-01. Who has no goals gets some on the same day.
func (c *reformCase) reform(on domain.Date) {
	c.at(on)
	c.decide(domain.DecisionMade{From: reformFrom(), Services: inNewTree(c.decision.Services)})
	if len(c.goals) == 0 {
		c.setGoals(2+c.r.IntN(3), on)
		c.subgoal(on + 3)
	}
}

// review holds a follow-up: yearly, or after a stay, or at a need change, or at closure. Before 2017 the ones outside the pilot area judge
// no goals. Some are registered some days late.
func (c *reformCase) review(on domain.Date) {
	occasion := [...]string{"annual", "annual", "annual", "annual", "annual",
		"after-hospital", "after-short-term-stay", "need-change", "need-change", "closure"}[c.r.IntN(10)]
	if stay, ok := map[string]string{"after-hospital": "hospital", "after-short-term-stay": "short-term-stay"}[occasion]; ok {
		c.away(on-14-domain.Date(c.r.IntN(9)), on-7, on-7, stay)
	}
	late := domain.Date(0)
	if c.r.IntN(4) == 0 {
		late = domain.Date(1 + c.r.IntN(6))
	}
	held, _ := c.hold(on, on+late, occasion, c.judgeAll(reformPilotRate))
	switch occasion {
	case "closure":
		c.end(on, c.soon(), c.manager, [...]string{"needs-ceased", "moved", "declined"}[c.r.IntN(3)])
		return
	case "need-change":
		c.decide(domain.DecisionMade{From: on + 1, Services: changed(c.r, c.decision.Services)})
	}
	if len(held.Assessments) > 0 {
		c.renewGoals(held, 2+c.r.IntN(2), on+1)
	}
}

// inNewTree returns services of the old tree by the new one.
func inNewTree(services []domain.Service) []domain.Service {
	renamed := append([]domain.Service(nil), services...)
	for i := range renamed {
		renamed[i].Service, renamed[i].StandardMinutes = placeInNewTree(renamed[i].Service)
	}
	return renamed
}
