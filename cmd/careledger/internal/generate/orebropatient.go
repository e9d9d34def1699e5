package generate

import (
	"fmt"

	"careledger/domain"
)

// homePatient is a patient of a municipality while the records are made. Each step of the process is recorded after the one before.
type homePatient struct {
	*healthOffice
	entity
	stay *stay
	unit string
	at   int64 // when the latest event was recorded

	wrong       *domain.HealthTimeReported // the latest report, which is wrong and not yet corrected; nil for none
	wrongNumber int
}

func (o *healthOffice) newPatient(s *stay) *homePatient {
	o.patients++
	return &homePatient{
		healthOffice: o, entity: newEntity(domain.KindPatient, fmt.Sprintf("%s-%d", o.plan.code, o.patients)), stay: s,
		unit: o.units[o.r.IntN(len(o.units))],
	}
}

// record writes an event that is registered in the office hours of a day, or after the event before it where that is later. It
// returns the event's number.
func (p *homePatient) record(t domain.Type, effective, day domain.Date, actor string, data any) int {
	p.tick(day)
	return p.rec.add(&p.entity, t, effective, p.at, actor, data)
}

// tick moves the time of recording into the office hours of a day, or on by some minutes where it is past them.
func (p *homePatient) tick(day domain.Date) {
	p.at = max(officeTime(p.r, day), p.at+int64(60+p.r.IntN(1200)))
}

// history writes the steps of the process: care request, assessment, coordinated plan and care plan, enrolment, time, discharge.
func (p *homePatient) history() {
	s := p.stay
	asked := s.from - 2 - domain.Date(p.r.IntN(12))
	p.request(asked)
	p.disagree(asked + 1)
	p.record(domain.TypeEnrolmentAssessed, asked+1, asked+1, p.staff("nurse"), &domain.EnrolmentAssessed{Outcome: "enrol"})
	switch {
	case s.form == psychiatric && p.r.IntN(psychiatricWithoutPlan) > 0, s.form == intensive, s.form == ongoing && p.r.IntN(8) == 0:
		p.record(domain.TypeCoordinatedPlanHeld, s.from-1, s.from-1, p.staff("nurse"), &domain.CoordinatedPlanHeld{Parties: []string{"person", "municipality", "region"}})
	}
	if s.form != brief || p.r.IntN(2) == 0 {
		p.record(domain.TypeCarePlanAgreed, s.from-1, s.from-1, p.staff("nurse"), &domain.CarePlanAgreed{Plan: "plan-" + p.id})
	}
	p.record(domain.TypePatientEnrolled, s.from, s.from, p.staff("nurse"), &domain.PatientEnrolled{
		Provider: p.provider.id, Unit: p.unit, From: s.from, Kind: s.form.kind()})
	p.careAndDischarge()
}

func (p *homePatient) request(day domain.Date) {
	s := p.stay
	from := [...]string{"health centre", "hospital", "person", "relative", "home care"}[p.r.IntN(5)]
	if s.form == psychiatric {
		from = "psychiatric clinic"
	}
	p.record(domain.TypeCareRequested, day, day, p.staff("nurse"), &domain.CareRequested{
		Person: s.person, RequestedBy: from, AgeGroup: domain.AgeGroups[s.age], Sex: domain.Sexes[s.sex]})
}

// disagree has municipality and region disagree, for some, and come to terms before the enrolment.
func (p *homePatient) disagree(day domain.Date) {
	if p.r.IntN(disputeOneIn) == 0 {
		p.record(domain.TypeDisputeRaised, day, day, p.staff("nurse"), &domain.DisputeRaised{About: "enrolment", By: "municipality"})
		p.record(domain.TypeDisputeResolved, day, day, p.staff("nurse"), &domain.DisputeResolved{Outcome: "the municipality enrols"})
	}
}

// careAndDischarge writes the time of the months that are reported and the discharge, in the order in which they are recorded: a
// month's time comes in during the next month.
func (p *homePatient) careAndDischarge() {
	s := p.stay
	_, last := year2019()
	until := last
	if s.to != 0 {
		until = s.to
	}
	discharged := s.to == 0
	discharge := func() {
		day := s.to + domain.Date(p.r.IntN(4))
		if p.r.IntN(disputeOneIn) == 0 {
			p.record(domain.TypeDisputeRaised, s.to, day, p.staff("nurse"), &domain.DisputeRaised{About: "discharge", By: "region"})
			if p.r.IntN(3) > 0 { // the others are still open when the history ends
				p.record(domain.TypeDisputeResolved, day, day, p.staff("nurse"), &domain.DisputeResolved{Outcome: "the person is discharged"})
			}
		}
		p.record(domain.TypePatientDischarged, s.to, day, p.staff("nurse"), &domain.PatientDischarged{LastDay: s.to, Reason: p.dischargeReason()})
		discharged = true
	}
	for _, m := range p.reportedMonths(s.from.Month(), until.Month()) {
		reported := workday((m + 1).First() + 1 + domain.Date(p.r.IntN(8)))
		if !discharged && s.to < reported {
			discharge()
		}
		if p.wrong != nil {
			p.correctTime(reported)
		}
		p.month(m, reported)
	}
	if !discharged {
		discharge()
	}
}

// reportedMonths are the months whose time is reported: every month of 2019 for those whose time is paid, else one or two.
func (p *homePatient) reportedMonths(first, last domain.Month) (months []domain.Month) {
	january := domain.NewMonth(2019, 1)
	if p.stay.form == psychiatric || p.stay.form == intensive {
		for m := max(first, january); m <= last; m++ {
			months = append(months, m)
		}
		return months
	}
	m := first + domain.Month(p.r.IntN(int(last-first)+1))
	months = []domain.Month{m}
	if p.stay.form == ongoing && m < last && p.r.IntN(2) == 0 {
		months = append(months, m+1)
	}
	return months
}

// month reports a month's time: of licensed staff, with an activity code where the municipality reports them, and of care staff by
// delegation, which never has one.
func (p *homePatient) month(m domain.Month, day domain.Date) {
	const quarter = 15 // minutes are reported in quarters of an hour
	licensed, delegated := 2+p.r.IntN(10), 0
	switch p.stay.form {
	case brief:
		if p.r.IntN(4) == 0 {
			delegated = 4 + p.r.IntN(36)
		}
	case ongoing:
		delegated = 8 + p.r.IntN(60)
	case intensive:
		licensed, delegated = 16+p.r.IntN(50), 60+p.r.IntN(200)
	case psychiatric:
		if p.r.IntN(3) == 0 {
			delegated = 8 + p.r.IntN(32)
		}
	}
	profession := "nurse"
	if p.stay.form != psychiatric && p.r.IntN(6) == 0 {
		profession = [...]string{"occupational therapist", "physiotherapist"}[p.r.IntN(2)]
	}
	p.time(m, day, profession, licensed*quarter, false)
	if delegated > 0 {
		p.time(m, day, "care staff", delegated*quarter, true)
	}
}

func (p *homePatient) time(m domain.Month, day domain.Date, profession string, minutes int, delegated bool) {
	d := domain.HealthTimeReported{Unit: p.unit, Month: m, Kind: p.stay.form.kind(), Profession: profession, Minutes: &minutes, Delegated: &delegated}
	if !delegated && p.reportsCodes {
		d.ActivityCode = activityCodeOf(profession)
	}
	n := p.record(domain.TypeHealthTimeReported, m.First(), day, p.staff(profession), &d)
	if p.r.IntN(wrongTimeOneIn) == 0 && !delegated {
		p.wrong, p.wrongNumber = &d, n
	}
}

// correctTime corrects the report that is wrong, a month after it came in: after the month has been paid.
func (p *homePatient) correctTime(day domain.Date) {
	minutes := *p.wrong.Minutes + 15
	p.wrong.Minutes = &minutes
	p.tick(day)
	p.rec.correct(&p.entity, p.wrongNumber, p.wrong.Month.First(), p.at, p.staff("nurse"), "a visit was left out", p.wrong)
	p.wrong = nil
}

// activityCodeOf returns a code in the form of the classification (KVÅ); which activities were performed nobody has published.
func activityCodeOf(profession string) string {
	if profession == "nurse" {
		return "DT021"
	}
	return "QT010"
}

func (p *homePatient) dischargeReason() string {
	if p.stay.movedOut {
		return "moved to another municipality of the county"
	}
	return [...]string{"needs ceased", "needs ceased", "cares for it themselves", "the health centre", "deceased"}[p.r.IntN(5)]
}

func (p *homePatient) staff(profession string) string {
	short := map[string]string{"occupational therapist": "ot", "physiotherapist": "pt", "care staff": "care"}[profession]
	if short == "" {
		short = profession
	}
	return fmt.Sprintf("%s/%s-%d", p.unit, short, 1+p.r.IntN(8))
}
