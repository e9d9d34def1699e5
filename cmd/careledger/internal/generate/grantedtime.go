package generate

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"careledger/domain"
)

// A municipality that goes over from performed to granted time on 2022-10-01. Its page says that new cases and changed needs
// get a frame time from a new time calculator from then on, the others keep the old calculation until it is replaced; that staff tag
// when they come and when they leave; that performed time may be above or below the frame; that municipal and private providers
// are treated alike; that the authority sets goals and the provider sub-goals. Everything else here is invented: the page names no municipality.
const (
	grantedAuthority = "9998" // no county has the code 99
	grantedAlready   = 30     // cases that have care when 2022 begins
	grantedNew       = 14     // cases that come evenly until April 2023
	grantedBoard     = "Vård- och omsorgsnämnden (municipality not named)"
)

func grantedStart() domain.Date { return domain.NewDate(2022, time.January, 1) }
func grantedFrom() domain.Date  { return domain.NewDate(2022, time.October, 1) } // payment for granted time
func grantedLast() domain.Date  { return domain.NewDate(2023, time.June, 30) }

// GrantedTime writes the change to granted time, authority 9998, January 2022 to June 2023, as NDJSON records: 44 cases at two
// in-house and two external units. Three in five have each visit tagged; the others report a monthly sum. From 2022-10-01 new
// cases and changed needs get frame time and the rest keep standard time, side by side in each unit.
func GrantedTime(w io.Writer, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 9998))
	rec := newRecorder(grantedAuthority, domain.NewDate(2021, time.November, 1), grantedLast())
	homes := registerHouses(rec, grantedStart(), time.Date(2021, 11, 15, 8, 0, 0, 0, time.UTC), []house{
		{provider: "hemtjanst", name: "In-house home care (invented)", regime: "in-house", units: []domain.UnitRegistered{
			{Unit: "hemtjanst-town", Name: "Unit in town (invented)", Area: "urban"},
			{Unit: "hemtjanst-country", Name: "Unit in the country (invented)", Area: "rural"}}},
		{provider: "lov-norr", name: "External provider 1 (invented)", regime: "external", number: 401, units: []domain.UnitRegistered{
			{Unit: "lov-norr-unit", Name: "External unit 1 (invented)", Area: "urban"}}},
		{provider: "lov-soder", name: "External provider 2 (invented)", regime: "external", number: 402, units: []domain.UnitRegistered{
			{Unit: "lov-soder-unit", Name: "External unit 2 (invented)", Area: "urban"}}},
	})
	decided := domain.NewDate(2022, time.May, 25) // "decided before", the page says
	adoptBuiltIn(rec, decree{model: "performed-time-2022", by: grantedBoard, on: domain.NewDate(2021, time.November, 24),
		from: grantedStart(), until: grantedFrom(), ended: decided})
	adoptBuiltIn(rec, decree{model: "granted-time-2022", by: grantedBoard, on: decided, from: grantedFrom()})
	for i := range grantedAlready + grantedNew {
		newGrantedCase(rec, r.Uint64(), i, homes[i%len(homes)]).history(i)
	}
	return rec.flushAll(w)
}

// grantedCase writes one case through the change.
type grantedCase struct {
	caseBook
	home   home
	number int
	byTime bool // reports a monthly sum
	pace   int  // performed time, per cent of what the services' standard times give

	from       domain.Date                       // of the first decision
	gone, back domain.Date                       // the days away are those in [gone, back)
	sums       []timeSum                         // of the month being made
	toReport   []timeSum                         // of the month before it
	office     map[domain.Date]func(domain.Date) // what is registered in the morning of a day
}

func newGrantedCase(rec *recorder, seed uint64, n int, h home) *grantedCase {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	manager, worker := fmt.Sprintf("care-manager-%d", 1+n%4), fmt.Sprintf("%s/cw-%d", h.unit, 1+n%8)
	return &grantedCase{caseBook: newCaseBook(rec, r, fmt.Sprintf("f%03d", n+1), manager, worker), home: h, number: n,
		byTime: n%5 >= 3, pace: 72 + (n*23)%56} // 72 to 127 per cent
}

// history writes a case day by day: what the office registers in the morning, then the visits of the day, and in the first days of a
// month the sums of the month before.
func (c *grantedCase) history(n int) {
	c.from = grantedStart()
	if n >= grantedAlready {
		c.from = domain.NewDate(2022, time.February, 14) + domain.Date((n-grantedAlready)*32+c.r.IntN(8))
	}
	visit := workday(c.from - 9)
	c.open(visit, domain.CaseOpened{Person: "person-" + c.entity.id})
	c.at(visit + 2)
	c.grantTime(c.from, grant(c.r, c.byTime))
	c.setGoals(1+c.r.IntN(3), c.from)
	c.schedule(n)
	for day := c.from; day <= grantedLast() && !c.closed; day++ {
		if act := c.office[day]; act != nil {
			act(day)
		}
		m := day.Month()
		if day == m.First() {
			c.sums, c.toReport = nil, c.sums
		}
		if day == m.First()+4 {
			c.report(m - 1)
		}
		if day < c.gone || day >= c.back {
			c.perform(day)
		}
	}
	if c.closed {
		m := dayOf(c.clock).Month()
		c.report(m - 1) // where it closes before that has been done
		c.toReport = c.sums
		c.report(m)
	}
}

// schedule plans what is registered in the morning of a day.
func (c *grantedCase) schedule(n int) {
	c.office = map[domain.Date]func(domain.Date){c.from + 6: c.subgoal}
	for on := workday(c.from + 160 + domain.Date(c.r.IntN(40))); on < grantedLast(); on = workday(on + 175 + domain.Date(c.r.IntN(30))) {
		c.office[on] = c.review
	}
	if c.r.IntN(3) == 0 {
		c.office[workday(c.from+60+domain.Date(c.r.IntN(300)))] = c.stay
	}
	if on, changes := c.changesOn(n); changes {
		c.office[on] = c.change
	}
	if n%11 == 10 {
		c.office[workday(domain.NewDate(2023, time.February, 6)+domain.Date(4*n))] = c.moves
	}
}

// changesOn says when a case's needs change: of those that have care when 2022 begins, some before granted time is paid and some after.
func (c *grantedCase) changesOn(n int) (on domain.Date, changes bool) {
	switch {
	case n >= grantedAlready:
		return 0, false
	case n%6 == 1:
		return workday(grantedStart() + domain.Date(60+6*n)), true
	case n%3 == 2:
		return workday(grantedFrom() + domain.Date(5+7*n)), true
	}
	return 0, false
}

// grantTime decides on services: from 2022-10-01 with the frame time that the calculator gives.
func (c *grantedCase) grantTime(from domain.Date, services []domain.Service) {
	d := domain.DecisionMade{Provider: c.home.provider, Unit: c.home.unit, From: from, Services: services}
	if from >= grantedFrom() {
		d.Method, d.FrameMinutes = domain.MethodFrameTime, calculatedFrame(services)
	}
	c.decide(d)
}

// calculatedFrame stands in for the time calculator, of which the source says that it credits services done in one visit and gives more time
// to a lone one, without figures: a tenth less for two services or more, a tenth more for one. Both tenths are invented.
func calculatedFrame(services []domain.Service) int {
	frame := frameMinutes(services) // a tenth less
	if len(services) == 1 {
		frame = frame * 11 / 9
	}
	return frame
}

// change replaces the decision from the day after.
func (c *grantedCase) change(on domain.Date) {
	c.at(on)
	c.assessNeeds(on)
	c.grantTime(on+1, changed(c.r, c.decision.Services))
}

// review follows up the goals half-yearly.
func (c *grantedCase) review(on domain.Date) {
	held, _ := c.hold(on, on, "annual", c.judgeAll(70))
	c.renewGoals(held, 1+c.r.IntN(3), on+1)
	if c.office[on+1] == nil {
		c.office[on+1] = c.subgoal
	}
}

// moves ends the case.
func (c *grantedCase) moves(on domain.Date) { c.end(on, c.at(on), c.manager, "moved") }

// stay registers a stay at hospital on its first day.
func (c *grantedCase) stay(on domain.Date) {
	c.gone, c.back = on, on+domain.Date(4+c.r.IntN(9))
	c.away(c.gone, c.back-1, on, "hospital")
}

// perform makes the visits of a day, or adds to the sums of the month.
func (c *grantedCase) perform(day domain.Date) {
	if day < c.decision.From { // the care manager is there, and the decision of that day begins the day after
		return
	}
	for i := range c.decision.Services {
		s := &c.decision.Services[i]
		if n := tenths(s); c.byTime {
			c.sums = addTime(c.sums, nil, s, n*s.StandardMinutes*max(1, s.Staff))
		} else if due(c.number, i, n, s.Band, day) {
			c.visit(s, day)
		}
	}
}

// report reports the sums of a month. One in twenty is corrected some minutes later.
func (c *grantedCase) report(m domain.Month) {
	for _, k := range c.toReport {
		minutes := k.weekly / 70 * c.pace / 100 * (95 + c.r.IntN(11)) / 100
		d := domain.TimeReported{Unit: c.home.unit, Month: m, Category: k.category, Band: k.band, Minutes: &minutes}
		n := c.rec.add(&c.entity, domain.TypeTimeReported, m.First(), c.at(m.Last()+5), c.worker, &d)
		if c.r.IntN(20) == 0 {
			minutes += 15 * (1 + c.r.IntN(6))
			c.rec.correct(&c.entity, n, m.First(), c.soon(), c.worker, "a visit was missing", &d)
		}
	}
	c.toReport = nil
}

// visit makes one tagged visit, at an hour of its band. It is recorded two minutes after.
func (c *grantedCase) visit(s *domain.Service, day domain.Date) {
	arrived, offset := c.rec.arrival(c.r, s.Band, day)
	left := arrived + int64(s.StandardMinutes*c.pace*(90+c.r.IntN(21))*60/10000)
	zone := time.FixedZone("", int(offset))
	c.clock = max(c.clock+60, left+120)
	c.rec.add(&c.entity, domain.TypeVisitPerformed, day, c.clock, c.worker, &domain.VisitPerformed{Unit: c.home.unit, Category: s.Category,
		Band: s.Band, Arrived: time.Unix(arrived, 0).In(zone), Left: time.Unix(left, 0).In(zone), Staff: s.Staff})
}
