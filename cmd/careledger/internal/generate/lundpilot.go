package generate

import (
	"io"
	"math/rand/v2"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
)

// The published figures of the pilot: Lund, Framtidens ersättningsystem för hemtjänst 2014-2016.
//
// "88 brukare … följde upp 58 av dem" (2014–15), "209 gånger … 137 brukare" (2014–2016), so 151 follow-ups in 2016; 83 % of
// the goals fulfilled in 2014–15 and 77 % in 2016; 297 kr per fulfilled goal; 67 000 kr paid for 2015 and 132 000 kr for 2016.
// The amounts are rounded: 226 × 297 = 67 122 and 444 × 297 = 131 868. 272 and 577 are the numbers of goals assessed that give
// those percentages.
const (
	personsMet    = 88  // in 2014–15
	reviewed2015  = 58  // of them followed up, once each
	assessed2015  = 272 // follows from 83 % and 67 000 kr
	fulfilled2015 = 226
	reviews2016   = 151 // 209 - 58
	assessed2016  = 577 // follows from 77 % and 132 000 kr
	fulfilled2016 = 444
	personsInAll  = 137
)

// Not published, and chosen here.
const (
	closed2015 = 8                                                       // of the 58 are followed up at closure and not met again
	again2016  = reviewed2015 - closed2015                               // have their second follow-up a year after the first
	extra2016  = reviews2016 - again2016 - (personsInAll - reviewed2015) // are followed up twice within 2016
	partly2015 = (assessed2015 - fulfilled2015) * 3 / 5                  // goals partly fulfilled: three in five of the rest
	partly2016 = (assessed2016 - fulfilled2016) * 3 / 5

	outsideCases = 20
)

const (
	lund            = "1281"              // SCB's code
	pilotName       = "lund-2015-pilot"   // contract, section 5
	pilotProvider   = "lund-hemvard"      // in-house
	pilotUnit       = "ostra-torn-linero" // Östra Torn/Linero
	outsideInHouse  = "outside-pilot"     // a unit of the same provider
	outsideProvider = "lov-example"       // under the freedom of choice act (LOV)
	outsideExternal = "lov-example-unit"

	premiumSource = "Lund, Framtidens ersättningsystem för hemtjänst 2014-2016"
	hourlySource  = "not published; invented for the reconstruction of the pilot"
)

// pilotModel is the policy of the pilot, the example of the contract, section 5.
const pilotModel = `{"id":"` + pilotName + `","title":"Goal premium on top of need hours, pilot area","currency":"SEK",` +
	`"source":"` + premiumSource + `; hourly rates invented",` +
	`"parameters":{"goal_premium":{"unit":"SEK/goal","values":{"2015-01-01":{"value":"297","source":"` + premiumSource + `"}}},` +
	`"hourly_rate":{"unit":"SEK/hour","by":["category","regime"],"values":{"2015-01-01":{` +
	`"care/in-house":{"value":"385","source":"` + hourlySource + `","status":"preliminary"},` +
	`"care/external":{"value":"398","source":"` + hourlySource + `","status":"preliminary"},` +
	`"service/in-house":{"value":"342","source":"` + hourlySource + `","status":"preliminary"},` +
	`"service/external":{"value":"354","source":"` + hourlySource + `","status":"preliminary"}}}}},` +
	`"components":[{"id":"variable","kind":"time","basis":"granted","rate":"hourly_rate","account":"5011"},` +
	`{"id":"premium","kind":"goal-premium","amount":"goal_premium","outcomes":{"fulfilled":"1"},"repeat":"each-follow-up",` +
	`"when":"unit == \"` + pilotUnit + `\"","account":"5019"}]}`

// review is one follow-up as planned: when, and the outcomes of the goals assessed at it.
type review struct {
	heldOn   domain.Date
	occasion string
	outcomes []string
}

// pilotPlan is one person's part in the pilot.
type pilotPlan struct {
	number  int         // 1 to 137
	from    domain.Date // of the first decision
	reviews []review
}

// LundPilot writes the reconstructed Lund pilot, authority 1281, as NDJSON records. The published figures are the same for
// every seed; dates, goals, services and who is who vary with it, but for case/l001, of which LundPilotCorrection corrects a follow-up.
//
// Besides the 137 persons of the pilot there are 20 cases outside its area, at another in-house unit and at an external
// provider. They have services, but no goals and no follow-ups, so they do not touch the published figures.
func LundPilot(w io.Writer, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 1281))
	rec := newRecorder(lund, pilotFirst(), pilotLast())
	pilotParties(rec)
	pilotPolicy(rec)
	for _, plan := range planPilot(r) {
		newPilotCase(rec, plan, r.Uint64()).history()
	}
	for i := range outsideCases {
		outsideCase(rec, i+1, r)
	}
	return rec.flushAll(w)
}

// LundPilotCorrection writes the one record that corrects the 2016 follow-up of case/l001: a goal that was recorded as
// fulfilled had been fulfilled partly. It goes in after the pilot of any seed. From then on 2016 has 443 goals fulfilled, and
// the premium of that goal is reversed; as known before it, 444.
func LundPilotCorrection(w io.Writer) error {
	c := newPilotCase(newRecorder(lund, pilotFirst(), pilotLast()), fixedPlan(), 0)
	c.history()
	if c.rec.err != nil {
		return c.rec.err
	}
	target := c.reviews[len(c.reviews)-1]
	target.data.Assessments[0].Outcome = "partly"
	c.rec = newRecorder(lund, pilotFirst(), pilotLast()) // for the correction alone
	at := time.Date(2017, time.January, 17, 9, 12, 0, 0, time.UTC).Unix()
	c.rec.correct(&c.entity, target.number, target.data.HeldOn, at, "care-manager-1", "outcome entered on the wrong goal", &target.data)
	return c.rec.flushAll(w)
}

// The first and the last day on which something of the pilot is recorded.
func pilotFirst() domain.Date { return domain.NewDate(2014, time.August, 1) }
func pilotLast() domain.Date  { return domain.NewDate(2017, time.January, 31) }

// fixedPlan is the plan of case/l001, the same for every seed.
func fixedPlan() pilotPlan {
	return pilotPlan{number: 1, from: domain.NewDate(2014, time.September, 15), reviews: []review{
		{domain.NewDate(2015, time.March, 17), "annual", []string{"fulfilled", "fulfilled", "partly", "fulfilled", "fulfilled"}},
		{domain.NewDate(2016, time.March, 8), "annual", []string{"fulfilled", "fulfilled", "partly", "fulfilled"}},
	}}
}

// planPilot spreads the published figures over 137 persons.
func planPilot(r *rand.Rand) []pilotPlan {
	plans := []pilotPlan{fixedPlan()}
	enter := func(n int, first, last domain.Date) {
		for i := range n {
			day := first + domain.Date(i*int(last-first)/n+r.IntN(5))
			plans = append(plans, pilotPlan{number: len(plans) + 1, from: workday(day)})
		}
	}
	enter(reviewed2015-1, domain.NewDate(2014, time.September, 8), domain.NewDate(2015, time.June, 5))
	enter(personsMet-reviewed2015, domain.NewDate(2015, time.July, 20), domain.NewDate(2015, time.December, 14))
	enter(personsInAll-personsMet, domain.NewDate(2016, time.January, 4), domain.NewDate(2016, time.June, 7))

	occasion := func(i int) string { // two in three are the yearly follow-up
		return [...]string{"annual", "annual", "after-hospital", "annual", "annual", "need-change", "annual", "annual", "after-short-term-stay"}[i%9]
	}
	// The first follow-up comes about six months after the decision.
	for i := 1; i < len(plans); i++ {
		p := &plans[i]
		held := workday(p.from + 165 + domain.Date(r.IntN(29)))
		p.reviews = append(p.reviews, review{heldOn: held, occasion: occasion(r.IntN(9))})
	}
	order := r.Perm(reviewed2015 - 1)
	for _, i := range order[:closed2015] {
		plans[i+1].reviews[0].occasion = "closure"
	}
	for _, i := range order[closed2015:] {
		p := &plans[i+1]
		p.reviews = append(p.reviews, review{heldOn: workday(p.reviews[0].heldOn + 330 + domain.Date(r.IntN(29))), occasion: "annual"})
	}
	extra := extra2016
	for _, i := range r.Perm(len(plans) - 1) {
		p := &plans[i+1]
		last := p.reviews[len(p.reviews)-1].heldOn
		if extra == 0 || last < domain.NewDate(2016, 1, 1) || last > domain.NewDate(2016, time.August, 31) {
			continue
		}
		extra--
		p.reviews = append(p.reviews, review{heldOn: workday(last + 60 + domain.Date(r.IntN(45))),
			occasion: [...]string{"after-hospital", "closure", "need-change", "after-short-term-stay"}[extra%4]})
	}
	dealOutcomes(r, plans, 2015, assessed2015-5, fulfilled2015-4, partly2015-1)
	dealOutcomes(r, plans, 2016, assessed2016-4, fulfilled2016-3, partly2016-1)
	return plans
}

// dealOutcomes gives each follow-up of a year, but for those of the fixed plan, two to seven outcomes, so that the year has the
// given numbers of goals assessed, fulfilled and partly fulfilled.
func dealOutcomes(r *rand.Rand, plans []pilotPlan, year, assessed, fulfilled, partly int) {
	var reviews []*review
	for i := 1; i < len(plans); i++ {
		for j := range plans[i].reviews {
			if rv := &plans[i].reviews[j]; rv.heldOn.Month().Year() == year {
				reviews = append(reviews, rv)
			}
		}
	}
	counts := make([]int, len(reviews))
	for i := range assessed {
		counts[i%len(counts)]++
	}
	for range 2 * len(counts) { // move a goal from one follow-up to another
		if a, b := r.IntN(len(counts)), r.IntN(len(counts)); counts[a] > 2 && counts[b] < 7 && a != b {
			counts[a], counts[b] = counts[a]-1, counts[b]+1
		}
	}
	outcomes := make([]string, assessed)
	for i := range outcomes {
		switch {
		case i < fulfilled:
			outcomes[i] = "fulfilled"
		case i < fulfilled+partly:
			outcomes[i] = "partly"
		default:
			outcomes[i] = "not-fulfilled"
		}
	}
	r.Shuffle(len(outcomes), func(i, j int) { outcomes[i], outcomes[j] = outcomes[j], outcomes[i] })
	for i, rv := range reviews {
		rv.outcomes, outcomes = outcomes[:counts[i]:counts[i]], outcomes[counts[i]:]
	}
}

func pilotPolicy(rec *recorder) {
	e := newEntity(domain.KindPolicy, pilotName)
	from := domain.NewDate(2015, time.January, 1)
	// No decision on the pilot's premium is published; that of 2016-12-14 on what came after it, from 2017-01-01, is.
	rec.add(&e, domain.TypePolicyAdopted, from, time.Date(2014, 12, 15, 9, 0, 0, 0, time.UTC).Unix(), "policy-officer-1", &domain.PolicyAdopted{
		Model: jsontext.Value(pilotModel), From: from, DecidedBy: "project steering group (reconstructed)", DecidedOn: domain.NewDate(2014, time.December, 10),
	})
	ended := domain.NewDate(2017, time.January, 1)
	rec.add(&e, domain.TypePolicyEnded, ended, time.Date(2016, 12, 14, 15, 0, 0, 0, time.UTC).Unix(), "policy-officer-1", &domain.PolicyEnded{From: ended})
}

func pilotParties(rec *recorder) {
	registerHouses(rec, domain.NewDate(2014, time.September, 1), time.Date(2014, 8, 25, 8, 0, 0, 0, time.UTC), []house{
		{provider: pilotProvider, name: "Lund home care, in-house", regime: "in-house", units: []domain.UnitRegistered{
			{Unit: pilotUnit, Name: "Östra Torn/Linero", Area: "urban"},
			{Unit: outsideInHouse, Name: "In-house unit outside the pilot (invented)", Area: "urban"}}},
		{provider: outsideProvider, name: "External provider (invented)", regime: "external", number: 1, units: []domain.UnitRegistered{
			{Unit: outsideExternal, Name: "External unit (invented)", Area: "urban"}}},
	})
}
