package generate

import (
	"math/rand/v2"
	"time"

	"careledger/domain"
)

// What the final report 2025:04 says of the agreements: one of 2004, one on psychiatric care from September 2015, followed up in 2018,
// and the proposal that was sent to the parties on 2024-09-26, to hold from 2025-01-01. It does not say which day in 2004, on which
// day each party decided, or how.

// regionLog writes the log of the region: the agreements between the county's thirteen parties.
func regionLog(table *countyTable, r *rand.Rand) (*recorder, error) {
	a := &agreements{r: r, rec: newRecorder(orebroRegion, domain.NewDate(2003, time.December, 1), domain.NewDate(2025, time.March, 31))}
	for _, m := range table.municipalities {
		a.parties = append(a.parties, m.code)
	}
	a.parties = append(a.parties, orebroRegion)

	a.accepted("home-health-care-2004", "Home health care in Örebro county (2004)", domain.NewDate(2004, time.January, 1))
	psychiatric := a.accepted("psychiatric-home-health-care-2015", "Home health care at psychiatric disorder in ordinary housing", domain.NewDate(2015, time.September, 1))
	findings := 3 // those that the survey of 2020 retells: invoice bases not used as meant, plans not always held, costs that stay with the psychiatry
	held := domain.NewDate(2018, time.December, 31)
	a.rec.add(&psychiatric, domain.TypeAgreementFollowedUp, held, officeTime(r, held+9), agreementOfficer, &domain.AgreementFollowedUp{HeldOn: held, Findings: &findings})
	a.of2025()
	return a.rec, a.rec.err
}

const agreementOfficer = "agreement-officer-1"

type agreements struct {
	r       *rand.Rand
	rec     *recorder
	parties []string
}

func (a *agreements) propose(id, title string, from, sent domain.Date) entity {
	e := newEntity(domain.KindAgreement, id)
	a.rec.add(&e, domain.TypeAgreementProposed, from, officeTime(a.r, sent), agreementOfficer, &domain.AgreementProposed{Title: title, Parties: a.parties, From: from})
	return e
}

func (a *agreements) decide(e *entity, party, decision string, day domain.Date, second int64) {
	at := int64(day-epoch())*daySeconds + 15*3600 + second // after office hours, so that a proposal of the same day comes first
	a.rec.add(e, domain.TypeAgreementPartyDecided, day, at, agreementOfficer, &domain.AgreementPartyDecided{Party: party, Decision: decision})
}

// accepted is an agreement that was in force: the parties' decisions are reconstructed, all on one day a fortnight before.
func (a *agreements) accepted(id, title string, from domain.Date) entity {
	e := a.propose(id, title, from, from-30)
	for i, p := range a.parties {
		a.decide(&e, p, "accepted", from-14, int64(i))
	}
	return e
}

// of2025 is the agreement that replaces the two. All parties but one decide in October to December 2024, two of them with a
// reservation; the last one decides in January 2025, so that the agreement, which is to hold from the new year, is accepted by all only then. Who
// is late and who has a reservation varies with the seed: nothing is said of any real party.
func (a *agreements) of2025() {
	e := a.propose("home-health-care-2025", "Health care at home in Örebro county", domain.NewDate(2025, time.January, 1), domain.NewDate(2024, time.September, 26))
	first := domain.NewDate(2024, time.October, 14)
	for i, n := range a.r.Perm(len(a.parties)) {
		decision, day := "accepted", workday(first+domain.Date(5*i))
		switch i {
		case 4, 9:
			decision = "accepted-with-reservation"
		case len(a.parties) - 1:
			day = domain.NewDate(2025, time.January, 22)
		}
		a.decide(&e, a.parties[n], decision, day, int64(i))
	}
}
