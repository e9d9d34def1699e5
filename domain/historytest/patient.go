package historytest

import (
	"fmt"

	"careledger/domain"
)

// patient draws an event of home health care. Patients take their ids from the same pool as cases, and are the same persons.
func (d *drawer) patient(c *candidate) {
	id := fmt.Sprintf("k%d", 1+d.IntN(d.patients))
	c.entity = domain.NewEntity(domain.KindPatient, id)
	unit, provider := d.unit()
	switch c.typ {
	case domain.TypeCareRequested:
		r := &domain.CareRequested{Person: "person-" + id, RequestedBy: pick(d.Rand, "hospital", "the person", "primary care")}
		if d.chance(60) {
			r.AgeGroup, r.Sex = pick(d.Rand, domain.AgeGroups...), pick(d.Rand, domain.Sexes...)
		}
		if d.chance(3) {
			r.Person = "someone-else"
		}
		c.data = r
	case domain.TypeEnrolmentAssessed:
		c.data = &domain.EnrolmentAssessed{Outcome: pick(d.Rand, domain.EnrolmentOutcomes...), Level: pick(d.Rand, "", "2")}
	case domain.TypeCoordinatedPlanHeld:
		c.data = &domain.CoordinatedPlanHeld{Parties: []string{"1281", pick(d.Rand, "12", "the person")}}
	case domain.TypeCarePlanAgreed:
		c.data = &domain.CarePlanAgreed{Plan: d.fresh("plan")}
	case domain.TypePatientEnrolled:
		c.data = &domain.PatientEnrolled{Provider: provider, Unit: unit, From: c.effective, Kind: pick(d.Rand, domain.PatientKinds...)}
	case domain.TypeHealthTimeReported:
		delegated := d.chance(30)
		h := &domain.HealthTimeReported{Unit: unit, Month: domain.NewMonth(2020, 1) + domain.Month(d.IntN(14)), Kind: pick(d.Rand, domain.PatientKinds...),
			Profession: pick(d.Rand, "nurse", "occupational therapist"), Minutes: number(pick(d.Rand, 0, 59, 600, 1+d.IntN(4000))), Delegated: &delegated}
		if !delegated {
			h.ActivityCode = pick(d.Rand, "", "QT010", "DV053")
		}
		c.data = h
	case domain.TypePatientDischarged:
		c.effective += domain.Date(d.IntN(90))
		c.data = &domain.PatientDischarged{LastDay: c.effective, Reason: pick(d.Rand, "recovered", "moved")}
	case domain.TypeDisputeRaised:
		c.data = &domain.DisputeRaised{About: pick(d.Rand, domain.DisputeSubjects...), By: pick(d.Rand, "the municipality", "the region")}
	default:
		c.data = &domain.DisputeResolved{Outcome: pick(d.Rand, "enrolled", "stays with the region")}
	}
}
