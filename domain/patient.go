package domain

// Patient is the state of one person's home health care: what its events say, with corrections applied.
type Patient struct {
	state[*patientView]
}

// NewPatient returns the state of a patient before its first event.
func NewPatient(e Entity) *Patient {
	return &Patient{state[*patientView]{Entity: e, view: &patientView{entity: e, plan: MaxDate}}}
}

// Facts returns the facts of the patient as known now.
func (p *Patient) Facts() CaseFacts {
	f := CaseFacts{Case: p.Entity.ID(), Patient: true, Enrolments: p.Enrolments(), Performed: p.minutesByKey()}
	if r := p.view.requested; r != nil {
		f.Person = r.Person
	}
	return f
}

// Requested returns the latest care request that is known; false if there is none.
func (p *Patient) Requested() (CareRequested, bool) {
	if p.view.requested == nil {
		return CareRequested{}, false
	}
	return *p.view.requested, true
}

// Enrolments returns what the patient has been enrolled for, in log order.
func (p *Patient) Enrolments() []Enrolment {
	rows := make([]Enrolment, 0, len(p.view.enrolments))
	for _, n := range p.view.enrolments {
		if n.From <= n.last {
			rows = append(rows, Enrolment{Unit: n.Unit, Kind: n.Kind, From: n.From, To: n.last, Plan: p.view.plan})
		}
	}
	return rows
}

// patientView is what a patient's entries say now.
type patientView struct {
	entity     Entity
	requested  *CareRequested // the latest
	enrolments []*enrolment   // in log order
	plan       Date           // the first coordinated plan held, MaxDate if none
	disputed   int            // disputes that are open
}

type enrolment struct {
	PatientEnrolled
	last Date // MaxDate while open
}

func (v *patientView) empty() *patientView { return &patientView{entity: v.entity, plan: MaxDate} }
func (v *patientView) begun() bool         { return v.requested != nil }

func (v *patientView) check(en *entry, e *Event, parties *Parties, ps *Problems) {
	request, beginning := en.data.(*CareRequested)
	if !checkBegun(v.entity, v.begun(), beginning, true, ps) {
		return
	}
	switch d := en.data.(type) {
	case *CareRequested:
		if v.begun() && request.Person != v.requested.Person {
			ps.add("data.person", "%s is %s already; another person is a patient of its own", v.entity, v.requested.Person)
		}
	case *PatientEnrolled:
		checkUnit(parties, d.Unit, d.Provider, recordedOf(e), ps)
		for _, n := range v.enrolments {
			if n.Unit == d.Unit && n.Kind == d.Kind && d.From <= n.last {
				ps.add("data.unit", "the patient is enrolled at unit %s for %s care from %s already; discharge first, or correct that event", d.Unit, d.Kind, n.From)
			}
		}
	case *PatientDischarged:
		if !v.enrolledOn(d.LastDay) {
			ps.missing(missingEnrolment(v.entity), "data.last_day", "the patient has no open enrolment on %s; there is nothing to discharge from", d.LastDay)
		}
	case *DisputeResolved:
		if v.disputed == 0 {
			ps.missing(missingDispute(v.entity), "entity", "%s has no open dispute; register dispute-raised first", v.entity)
		}
	}
}

// enrolledOn says whether an enrolment that is not ended has begun on a day.
func (v *patientView) enrolledOn(day Date) bool {
	for _, n := range v.enrolments {
		if n.From <= day && n.last == MaxDate {
			return true
		}
	}
	return false
}

func (v *patientView) fold(en *entry) {
	switch d := en.data.(type) {
	case *CareRequested:
		v.requested = d
	case *CoordinatedPlanHeld:
		v.plan = min(v.plan, en.effective)
	case *PatientEnrolled:
		v.enrolments = append(v.enrolments, &enrolment{*d, MaxDate})
	case *PatientDischarged:
		for _, n := range v.enrolments {
			if n.From <= d.LastDay {
				n.last = min(n.last, d.LastDay)
			}
		}
	case *DisputeRaised:
		v.disputed++
	case *DisputeResolved:
		v.disputed = 0
	}
}

func (v *patientView) describe(d *description) {
	if r := v.requested; r != nil {
		d.say(PlainPhrase(r.Person), "person")
		d.say(NewPhrase("{age_group}", r.AgeGroup), "age group")
		d.say(NewPhrase("{sex}", r.Sex), "sex")
		d.say(PlainPhrase(r.RequestedBy), "requested by")
	}
	d.holds(v.disputed > 0, "dispute open")
	for _, n := range v.enrolments {
		d.last(n.last, "{category} enrolment at {provider}/{unit} from {date} last day", n.Kind, n.Provider, n.Unit, n.From.String())
		if n.Kind == PatientPsychiatric {
			d.holds(v.plan > n.From, "{category} enrolment at {provider}/{unit} from {date} begun without a coordinated plan", n.Kind, n.Provider, n.Unit, n.From.String())
		}
	}
}
