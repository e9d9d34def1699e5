package domain

import (
	"fmt"
	"regexp"
)

// The data of the events of home health care, patient/….

// CareRequested begins home health care, or a new round of it after a discharge. AgeGroup and Sex are coarse attributes for statistics
// only.
type CareRequested struct {
	Person      string `json:"person"`
	RequestedBy string `json:"requested_by"`
	AgeGroup    string `json:"age_group,omitzero"`
	Sex         string `json:"sex,omitzero"`
}

func (d *CareRequested) check(ps *Problems) {
	ps.id("person", d.Person)
	ps.text("requested_by", d.RequestedBy, 200)
	if d.AgeGroup != "" {
		ps.code("age_group", d.AgeGroup, AgeGroups)
	}
	if d.Sex != "" {
		ps.code("sex", d.Sex, Sexes)
	}
}

// EnrolmentAssessed says what the assessment of a care request came to.
type EnrolmentAssessed struct {
	Outcome string `json:"outcome"`
	Level   string `json:"level,omitzero"`
}

func (d *EnrolmentAssessed) check(ps *Problems) {
	ps.code("outcome", d.Outcome, EnrolmentOutcomes)
	if d.Level != "" {
		ps.text("level", d.Level, 64)
	}
}

// CoordinatedPlanHeld is a coordinated individual plan [SIP] held by its parties.
type CoordinatedPlanHeld struct {
	Parties []string `json:"parties"`
}

func (d *CoordinatedPlanHeld) check(ps *Problems) {
	ps.required("parties", len(d.Parties) > 0)
	for i, p := range d.Parties {
		ps.text(fmt.Sprintf("parties[%d]", i), p, 200)
	}
}

// CarePlanAgreed names the care plan that was agreed.
type CarePlanAgreed struct {
	Plan string `json:"plan"`
}

func (d *CarePlanAgreed) check(ps *Problems) { ps.text("plan", d.Plan, 200) }

// PatientEnrolled puts the patient in the care of a unit from a day.
type PatientEnrolled struct {
	Provider string `json:"provider"`
	Unit     string `json:"unit"`
	From     Date   `json:"from"`
	Kind     string `json:"kind"`
}

func (d *PatientEnrolled) check(ps *Problems) {
	ps.id("provider", d.Provider)
	ps.id("unit", d.Unit)
	ps.required("from", d.From != 0)
	ps.code("kind", d.Kind, PatientKinds)
}

// HealthTimeReported is a month's time of one profession at a patient. Delegated time is performed by others than licensed staff.
type HealthTimeReported struct {
	Unit         string `json:"unit"`
	Month        Month  `json:"month"`
	Kind         string `json:"kind"`
	Profession   string `json:"profession"`
	Minutes      *int   `json:"minutes"`
	Delegated    *bool  `json:"delegated"`
	ActivityCode string `json:"activity_code,omitzero"`
}

var activityCode = regexp.MustCompile(`^[A-Z]{2}[A-Z0-9]{3}$`)

func (d *HealthTimeReported) check(ps *Problems) {
	ps.id("unit", d.Unit)
	ps.required("month", d.Month != 0)
	ps.code("kind", d.Kind, PatientKinds)
	ps.text("profession", d.Profession, 64)
	if ps.required("minutes", d.Minutes != nil) {
		ps.between("minutes", *d.Minutes, 0, 1_000_000)
	}
	ps.required("delegated", d.Delegated != nil)
	if d.ActivityCode != "" && !activityCode.MatchString(d.ActivityCode) {
		ps.add("activity_code", "%q is not an activity code: five characters, two capital letters first, for example QT010", d.ActivityCode)
	}
}

// PatientDischarged sets the last day of what the patient is enrolled for.
type PatientDischarged struct {
	LastDay Date   `json:"last_day"`
	Reason  string `json:"reason"`
}

func (d *PatientDischarged) check(ps *Problems) {
	ps.required("last_day", d.LastDay != 0)
	ps.text("reason", d.Reason, 500)
}

// DisputeRaised is a disagreement between municipality and region about an enrolment or discharge.
type DisputeRaised struct {
	About string `json:"about"`
	By    string `json:"by"`
}

func (d *DisputeRaised) check(ps *Problems) {
	ps.code("about", d.About, DisputeSubjects)
	ps.text("by", d.By, 200)
}

// DisputeResolved ends the patient's open dispute.
type DisputeResolved struct {
	Outcome string `json:"outcome"`
}

func (d *DisputeResolved) check(ps *Problems) { ps.text("outcome", d.Outcome, 500) }

func (d *PatientEnrolled) ownDate() (string, Date)   { return "from", d.From }
func (d *PatientDischarged) ownDate() (string, Date) { return "last_day", d.LastDay }
