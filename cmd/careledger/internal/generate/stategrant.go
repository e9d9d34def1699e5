package generate

import (
	"cmp"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
)

// What the document says (SKL, dnr 09/5304, 2010-05-18, with annexes of 2010-03-25): 271 million kr, of which 100 million for performance,
// paid after the new year 2011 by the degree of fulfilment of the targets of two quality registers, and 66 million to the counties,
// whose amounts it lists; the budget of Fyrbodal's application.
const (
	stateAuthority  = "00"
	grantPot        = domain.Money(271_000_000_00)
	developmentPot  = domain.Money(66_000_000_00)
	performancePot  = domain.Money(100_000_000_00)
	grantModel      = "state-grant-2010"
	grantRule       = `"state-grant-2010-rule"`
	grantOfficer    = "grant-officer-1"
	fyrbodalCounty  = "14" // Västra Götaland
	grantAgreedNote = "annex 2: %s municipalities"
)

func grantAgreedOn() domain.Date { return domain.NewDate(2010, time.March, 25) }

// Not published, and assumed: one target per register for all counties, in per cent.
func grantTargets() []grantTarget {
	return []grantTarget{{"palliativregistret", 60}, {"senior-alert", 50}}
}

type grantTarget struct {
	indicator string
	percent   int64
}

// county is a recipient of the grant.
type county struct {
	code, municipalities string
	published            domain.Money
	results              []int64 // tenths of per cent by register; -1 where none was reported
}

// StateGrant2010 writes the state grant of 2010 as NDJSON records: the log of the state (authority 00) and then that of Västra Götaland
// (authority 14), which holds the budget of Fyrbodal's application. The pots, the amounts of the counties and Fyrbodal's budget are
// those of the document for every seed. Targets, results, and the days of payment are invented, the results and days by the seed.
func StateGrant2010(w io.Writer, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 2010))
	g := &stateGrant{r: r, entity: newEntity(domain.KindGrant, "most-ill-elderly-2010"),
		rec: newRecorder(stateAuthority, domain.NewDate(2009, time.December, 1), domain.NewDate(2011, time.June, 30))}
	if err := g.readCounties(); err != nil {
		return err
	}
	// Adopted from the year's first day, so that it is in force on the first of the month in which the grant was agreed.
	adoptBuiltIn(g.rec, decree{model: grantModel, by: "SKL and the Ministry of Health and Social Affairs (reconstructed)",
		on: grantAgreedOn(), from: domain.NewDate(2010, time.January, 1)})
	g.agree()
	g.payDevelopment()
	g.report()
	g.payPerformance()
	if err := g.rec.flushAll(w); err != nil {
		return err
	}
	return fyrbodal().flushAll(w)
}

// stateGrant makes the records of the grant, in the order in which they are recorded.
type stateGrant struct {
	r        *rand.Rand
	rec      *recorder
	entity   entity
	counties []county
}

func (g *stateGrant) readCounties() error {
	rows, err := publishedRows("skl_2010_allocation.csv")
	if err != nil {
		return err
	}
	for _, row := range rows {
		n, err := wholeNumbers(row[2:])
		if err != nil {
			return err
		}
		c := county{code: row[0], municipalities: row[3], published: domain.Money(n[0]) * 100}
		for _, t := range grantTargets() { // from a third of the target to a third above it
			c.results = append(c.results, t.percent*10/3+g.r.Int64N(t.percent*10))
		}
		g.counties = append(g.counties, c)
	}
	g.counties[g.r.IntN(len(g.counties))].results[1] = -1 // one county reports nothing of one register
	return nil
}

// at is the n-th minute of the office hours of a day.
func (g *stateGrant) at(day domain.Date, n int) int64 {
	return int64(day-epoch())*daySeconds + 8*3600 + int64(n)*60
}

// agree begins the grant, allocates what was published, and sets the targets a fortnight later.
func (g *stateGrant) agree() {
	day := grantAgreedOn()
	g.rec.add(&g.entity, domain.TypeGrantAgreed, day, g.at(day, 1), grantOfficer, &domain.GrantAgreed{
		Title: "Performance-based state grant for the most ill elderly", Pot: grantPot, DevelopmentPot: developmentPot, PerformancePot: performancePot,
		Model: jsontext.Value(grantRule)})
	for i, c := range g.counties {
		g.rec.add(&g.entity, domain.TypeGrantAllocated, day, g.at(day, 2+i), grantOfficer, &domain.GrantAllocated{
			Recipient: c.code, Amount: c.published, Basis: fmt.Sprintf(grantAgreedNote, c.municipalities)})
	}
	day += 14
	for i, c := range g.counties {
		for j, t := range grantTargets() {
			g.rec.add(&g.entity, domain.TypeGrantTargetSet, day, g.at(day, 2*i+j), grantOfficer, &domain.GrantTargetSet{
				Recipient: c.code, Indicator: t.indicator, Target: domain.DecimalOf(t.percent, 0)})
		}
	}
}

// payDevelopment pays each county its amount on a day in June to September 2010: when its agreement was sent in and approved.
func (g *stateGrant) payDevelopment() {
	type payment struct {
		day domain.Date
		to  county
	}
	var payments []payment
	for _, c := range g.counties {
		payments = append(payments, payment{workday(domain.NewDate(2010, time.June, 7) + domain.Date(g.r.IntN(100))), c})
	}
	slices.SortStableFunc(payments, func(a, b payment) int { return cmp.Compare(a.day, b.day) })
	for i, p := range payments {
		g.rec.add(&g.entity, domain.TypeGrantPaid, p.day, g.at(p.day, i), grantOfficer, &domain.GrantPaid{
			Recipient: p.to.code, Amount: p.to.published, Part: "development"})
	}
}

// report registers in January 2011 what the counties reached by the end of 2010.
func (g *stateGrant) report() {
	reached, registered := domain.NewDate(2010, time.December, 31), domain.NewDate(2011, time.January, 20)
	for i, c := range g.counties {
		for j, t := range grantTargets() {
			if c.results[j] < 0 {
				continue
			}
			g.rec.add(&g.entity, domain.TypeGrantResultReported, reached, g.at(registered, 2*i+j), grantOfficer, &domain.GrantResultReported{
				Recipient: c.code, Indicator: t.indicator, Result: domain.DecimalOf(c.results[j], 1)})
		}
	}
}

// payPerformance pays after the new year 2011 what the adopted model comes to: equal shares of the pot, by the degree of fulfilment.
func (g *stateGrant) payPerformance() {
	day := domain.NewDate(2011, time.February, 15)
	for i, c := range g.counties {
		g.rec.add(&g.entity, domain.TypeGrantPaid, day, g.at(day, i), grantOfficer, &domain.GrantPaid{
			Recipient: c.code, Amount: c.performance(len(g.counties)), Part: "performance"})
	}
}

// performance is an equal share of the pot times the degree: min(1, result/target), averaged over the registers. Rounded once, half up.
func (c *county) performance(counties int) domain.Money {
	targets := grantTargets()
	degree := new(big.Rat)
	for j, t := range targets {
		if reached := max(0, c.results[j]); reached < 10*t.percent {
			degree.Add(degree, big.NewRat(reached, 10*t.percent))
		} else {
			degree.Add(degree, big.NewRat(1, 1))
		}
	}
	amount := degree.Mul(degree, big.NewRat(int64(performancePot), int64(counties*len(targets))))
	doubled := new(big.Int).Add(new(big.Int).Lsh(amount.Num(), 1), amount.Denom())
	return domain.Money(doubled.Quo(doubled, new(big.Int).Lsh(amount.Denom(), 1)).Int64())
}

// fyrbodal is the budget of the application of the association of municipalities in Fyrbodal, a part of Västra Götaland: a grant of
// its own in the county's log, so that nothing is counted twice, with each post of the budget as an allocation. It was to be
// accepted on 2010-05-21; whether it was, and paid, the document does not say.
func fyrbodal() *recorder {
	day := domain.NewDate(2010, time.May, 21)
	rec := newRecorder(fyrbodalCounty, day, day)
	e, at := newEntity(domain.KindGrant, "fyrbodal-2010"), int64(day-epoch())*daySeconds+9*3600
	posts := []struct {
		basis  string
		amount domain.Money
	}{
		{"a development leader in common", 900_000_00},
		{"qualitative follow-up of elderly with several illnesses", 400_000_00},
		{"other", 420_000_00},
	}
	var sum domain.Money
	for _, p := range posts {
		sum += p.amount
	}
	rec.add(&e, domain.TypeGrantAgreed, day, at, grantOfficer, &domain.GrantAgreed{Title: "Fyrbodal's budget for the development work", Pot: sum, DevelopmentPot: sum})
	for i, p := range posts {
		rec.add(&e, domain.TypeGrantAllocated, day, at+int64(60*(i+1)), grantOfficer, &domain.GrantAllocated{Recipient: "fyrbodal", Amount: p.amount, Basis: p.basis})
	}
	return rec
}
