package generate

import (
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"careledger/domain"
)

// The county as its authorities are numbered: the region is the county's two digits, the municipalities have SCB's four.
const orebroRegion = "18"

// The days on which something of a municipality's log is recorded. Policies and parties come years before the patients, of whom the
// first are asked for in 2018 and the last in January 2020.
func orebroFirst() domain.Date { return domain.NewDate(2015, time.August, 3) }
func orebroLast() domain.Date  { return domain.NewDate(2020, time.March, 31) }

// year2019 is the first and the last day of the year of the published table.
func year2019() (first, last domain.Date) {
	return domain.NewDate(2019, time.January, 1), domain.NewDate(2019, time.December, 31)
}

// OrebroCounty writes home health care in Örebro county as NDJSON records: the logs of its twelve municipalities, one after another,
// and then that of the region, which holds the agreements. Within a log the lines stand in order of recorded.
//
// Whoever is enrolled on some day of 2019 is a recipient of that year. Counted by municipality, age group and sex they are those of
// the published table, for every seed; so are those of the county, which counts the persons of two municipalities once. Everything else
// is invented, and varies with the seed: dates, time, professions, disputes, and which municipalities report activity codes.
//
// A record for each month of each of 16 657 patients would be a file of a million lines that says no more. Psychiatric patients,
// whose time is invoiced, and one somatic patient in forty have their time of every month; the others that of one month or two.
func OrebroCounty(w io.Writer, seed uint64) error {
	table, err := readCountyTable()
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(seed, 18))
	plan := planCounty(r, &table)
	unreported := r.Perm(len(plan))[:municipalitiesWithoutCodes]
	for i := range plan {
		o := newHealthOffice(&plan[i], r.Uint64())
		o.reportsCodes = true
		for _, u := range unreported {
			o.reportsCodes = o.reportsCodes && u != i
		}
		o.history()
		if err := o.rec.flushAll(w); err != nil {
			return err
		}
	}
	region, err := regionLog(&table, r)
	if err != nil {
		return err
	}
	return region.flushAll(w)
}

// Not published, and chosen here. A share is one in so many.
const (
	municipalitiesWithoutCodes = 4   // the source: not all have changed over to activity codes
	intensiveOneIn             = 40  // of the somatic patients: time in every month, in most above the threshold of the supplement
	briefOfTen                 = 7   // of ten other somatic patients: a few weeks, the rest go on for months and years
	elsewhereOneIn             = 100 // patients who were discharged before 2019, one to so many recipients
	laterOneIn                 = 200 // patients who were enrolled first in January 2020
	declinedOneIn              = 120 // care requests that were declined or referred to the region
	disputeOneIn               = 150 // enrolments that municipality and region did not agree on at first
	wrongTimeOneIn             = 60  // reports of licensed staff that are corrected with the next month's, where there is one
	psychiatricWithoutPlan     = 5   // one in so many has no coordinated plan
)

// psychiatricOf1000 says how many of 1000 recipients of an age group have psychiatric home health care. The source: some, and nobody
// knows how many; assumed.
func psychiatricOf1000(age int) int { return [...]int{80, 12, 2}[age] }

// healthOffice writes the log of one municipality.
type healthOffice struct {
	plan         *municipalityPlan
	r            *rand.Rand
	rec          *recorder
	provider     entity
	units        []string
	reportsCodes bool
	patients     int // so far
}

func newHealthOffice(plan *municipalityPlan, seed uint64) *healthOffice {
	return &healthOffice{
		plan: plan, r: rand.New(rand.NewPCG(seed, 2019)), rec: newRecorder(plan.code, orebroFirst(), orebroLast()),
		provider: newEntity(domain.KindProvider, "health-"+plan.code),
	}
}

func (o *healthOffice) history() {
	o.registerParties()
	o.adoptPolicies()
	for i := range o.plan.stays {
		o.newPatient(&o.plan.stays[i]).history()
	}
	o.others()
}

// registerParties registers the municipality's own provider, with a unit and one more per 1500 recipients.
func (o *healthOffice) registerParties() {
	from := domain.NewDate(2015, time.September, 1)
	at := officeTime(o.r, from-21)
	o.rec.add(&o.provider, domain.TypeProviderRegistered, from, at, registrar, &domain.ProviderRegistered{
		Name: o.plan.name + ", home health care, in-house", Regime: domain.RegimeInHouse})
	for i := range 1 + len(o.plan.stays)/1500 {
		unit := o.provider.id + "-" + strconv.Itoa(i+1)
		o.units = append(o.units, unit)
		o.rec.add(&o.provider, domain.TypeUnitRegistered, from, at, registrar, &domain.UnitRegistered{
			Unit: unit, Name: o.plan.name + ", home health care " + strconv.Itoa(i+1) + " (invented)", Area: domain.Areas[i%2]})
	}
}

// adoptPolicies adopts the models of the two agreements. That on psychiatric care holds from September 2015. Since when the supplement
// amounts are paid the source does not say; they are adopted for the reconstruction, from the year in which it begins.
func (o *healthOffice) adoptPolicies() {
	for _, d := range []decree{
		{model: "orebro-psychiatric", from: domain.NewDate(2015, time.September, 1)},
		{model: "orebro-somatic", from: domain.NewDate(2018, time.January, 1)},
	} {
		d.records, d.by, d.on = o.plan.code+"-"+d.model, "Board of the municipality (reconstructed)", workday(d.from-20)
		adoptBuiltIn(o.rec, d)
	}
}
