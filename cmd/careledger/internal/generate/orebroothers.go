package generate

import (
	"fmt"

	"careledger/domain"
)

// others writes those who ask for care and are no recipients of 2019: discharged before the year, enrolled after it, declined, or
// referred to the region.
func (o *healthOffice) others() {
	first, last := year2019()
	for i := range len(o.plan.stays) / elsewhereOneIn {
		from := first - 250 + domain.Date(o.r.IntN(200))
		s := o.otherPerson(i, "before")
		s.from, s.to = from, min(from+domain.Date(o.r.IntN(100)), first-1)
		o.newPatient(&s).history()
	}
	for i := range len(o.plan.stays) / laterOneIn {
		s := o.otherPerson(i, "after")
		s.from, s.to = last+1+domain.Date(o.r.IntN(20)), last+25
		o.newPatient(&s).history()
	}
	for i := range 1 + len(o.plan.stays)/declinedOneIn {
		s := o.otherPerson(i, "asked")
		o.newPatient(&s).declined(first + domain.Date(o.r.IntN(350)))
	}
}

// otherPerson is a person whom no other municipality knows. Their stay is brief.
func (o *healthOffice) otherPerson(i int, when string) stay {
	return stay{person: fmt.Sprintf("person-%s-%s-%d", o.plan.code, when, i+1), age: o.r.IntN(3), sex: o.r.IntN(2), form: brief}
}

// declined is a care request that does not lead to an enrolment. On some, municipality and region disagree at first; of the disputes
// one in four is still open when the history ends.
func (p *homePatient) declined(asked domain.Date) {
	p.request(asked)
	outcome := [...]string{"decline", "refer-to-region"}[p.r.IntN(2)]
	if p.r.IntN(4) == 0 {
		p.record(domain.TypeDisputeRaised, asked+2, asked+2, p.staff("nurse"), &domain.DisputeRaised{About: "enrolment", By: "region"})
		if p.r.IntN(4) == 0 {
			return
		}
		outcome = "refer-to-region"
		p.record(domain.TypeDisputeResolved, asked+9, asked+9, p.staff("nurse"), &domain.DisputeResolved{Outcome: "the region keeps the responsibility"})
	}
	p.record(domain.TypeEnrolmentAssessed, asked+10, asked+10, p.staff("nurse"), &domain.EnrolmentAssessed{Outcome: outcome})
}
