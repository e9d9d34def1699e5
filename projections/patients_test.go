package projections

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/historytest"
)

// patientLog accepts records of providers and patients as a ledger does and drops those that it refuses; policies it takes as they are.
type patientLog struct {
	authority string
	parties   *domain.Parties
	states    map[domain.Entity]domain.State
	events    []domain.Event
	originals map[domain.Entity][]string // ids that a correction can name
}

func newPatientLog(authority string) *patientLog {
	l := &patientLog{authority, domain.NewParties(), map[domain.Entity]domain.State{}, nil, map[domain.Entity][]string{}}
	for _, line := range []string{
		`"type":"provider-registered","effective":"2018-01-01","data":{"name":"Health","regime":"in-house"}`,
		`"type":"unit-registered","effective":"2018-01-01","data":{"unit":"u1","name":"One","area":"urban"}`,
		`"type":"unit-registered","effective":"2018-01-01","data":{"unit":"u2","name":"Two","area":"rural"}`,
	} {
		if !l.submit("provider/health", "2018-01-01T08:00:00Z", line) {
			panic(line)
		}
	}
	return l
}

// submit records the rest of a record, and says whether it was accepted.
func (l *patientLog) submit(entity, recorded, rest string) bool {
	line := fmt.Sprintf(`{"id":"%s-%d","authority":"%s","entity":"%s","recorded":"%s","actor":"a",%s}`, l.authority, len(l.events), l.authority, entity, recorded, rest)
	e, ps := domain.ParseRecord([]byte(line), historytest.Now)
	if len(ps) > 0 {
		panic(line + ": " + ps.Error())
	}
	e.Sequence = uint64(len(l.events) + 1)
	switch e.Entity.Kind() {
	case domain.KindProvider:
		if len(l.parties.Check(&e, func(string) []string { return nil })) > 0 || l.parties.Apply(&e) != nil {
			return false
		}
		fallthrough
	case domain.KindPolicy:
		l.events = append(l.events, e)
		return true
	}
	s := l.states[e.Entity]
	if s == nil {
		s = domain.NewState(e.Entity)
	}
	if len(s.Check(&e, l.parties)) > 0 || s.Apply(&e) != nil {
		return false
	}
	l.states[e.Entity] = s
	if e.Corrects() == "" {
		l.originals[e.Entity] = append(l.originals[e.Entity], e.ID)
	}
	l.events = append(l.events, e)
	return true
}

// drawPatients draws a history of a few patients, some of whom are the same person, with its corrections and annulments.
func drawPatients(t *rapid.T, authority string) *patientLog {
	l := newPatientLog(authority)
	start := time.Date(2019, 1, 1, 8, 0, 0, 0, time.UTC)
	for i := range rapid.IntRange(1, 60).Draw(t, "candidates "+authority) {
		n := rapid.IntRange(0, 4).Draw(t, "patient")
		entity := domain.Entity(fmt.Sprintf("patient/%s-%d", authority, n))
		recorded := start.Add(time.Duration(i*30-rapid.IntRange(0, 2).Draw(t, "late")*45) * 24 * time.Hour / 20).Format(time.RFC3339)
		day := func(name string) string {
			return rapid.SampledFrom([]string{"2018-12-31", "2019-01-01", "2019-02-15", "2019-03-31", "2019-04-01"}).Draw(t, name)
		}
		request := func() string {
			data := fmt.Sprintf(`{"person":"person-%d","requested_by":"x"`, n/2)
			if age := rapid.SampledFrom(append(domain.Codes{""}, domain.AgeGroups...)).Draw(t, "age"); age != "" {
				data += `,"age_group":"` + age + `"`
			}
			if sex := rapid.SampledFrom(append(domain.Codes{""}, domain.Sexes...)).Draw(t, "sex"); sex != "" {
				data += `,"sex":"` + sex + `"`
			}
			return data + "}"
		}
		enrolment := func(from string) string {
			return fmt.Sprintf(`{"provider":"health","unit":"%s","from":"%s","kind":"%s"}`, rapid.SampledFrom([]string{"u1", "u2"}).Draw(t, "unit"), from,
				rapid.SampledFrom(domain.PatientKinds).Draw(t, "kind"))
		}
		report := func() string {
			code := rapid.SampledFrom([]string{"", `,"activity_code":"QT010"`, `,"activity_code":"DT021"`}).Draw(t, "code")
			return fmt.Sprintf(`{"unit":"%s","month":"2019-0%d","kind":"%s","profession":"nurse","minutes":%d,"delegated":%t%s}`, rapid.SampledFrom([]string{"u1", "u2"}).Draw(t, "unit"),
				rapid.IntRange(1, 4).Draw(t, "month"), rapid.SampledFrom(domain.PatientKinds).Draw(t, "kind"), rapid.IntRange(0, 90).Draw(t, "minutes"), rapid.Bool().Draw(t, "delegated"), code)
		}
		what := rapid.SampledFrom([]string{"request", "enrol", "enrol", "discharge", "plan", "time", "time", "annul", "correct"}).Draw(t, "what")
		target := ""
		if ids := l.originals[entity]; len(ids) > 0 && (what == "annul" || what == "correct") {
			target = rapid.SampledFrom(ids).Draw(t, "target")
		}
		if target == "" && (what == "annul" || what == "correct" || l.states[entity] == nil) {
			what = "request"
		}
		from := day("day")
		rest := map[string]func() string{
			"request": func() string { return `"type":"care-requested","effective":"2019-01-01","data":` + request() },
			"enrol":   func() string { return `"type":"patient-enrolled","effective":"` + from + `","data":` + enrolment(from) },
			"discharge": func() string {
				return `"type":"patient-discharged","effective":"` + from + `","data":{"last_day":"` + from + `","reason":"r"}`
			},
			"plan": func() string {
				return `"type":"coordinated-plan-held","effective":"` + from + `","data":{"parties":["person"]}`
			},
			"time": func() string { return `"type":"health-time-reported","effective":"2019-01-01","data":` + report() },
			"annul": func() string {
				return `"type":"event-annulled","effective":"2019-06-01","data":{"event":"` + target + `","reason":"r"}`
			},
			"correct": func() string {
				data := map[domain.Type]func() string{domain.TypeCareRequested: request, domain.TypePatientEnrolled: func() string { return enrolment(from) }, domain.TypeHealthTimeReported: report,
					domain.TypePatientDischarged: func() string { return `{"last_day":"` + from + `","reason":"r"}` }}[l.typeOf(target)]
				if data == nil {
					return `"type":"event-annulled","effective":"2019-06-01","data":{"event":"` + target + `","reason":"r"}`
				}
				return `"type":"event-corrected","effective":"` + from + `","data":{"event":"` + target + `","reason":"r","data":` + data() + `}`
			},
		}[what]()
		l.submit(string(entity), recorded, rest)
	}
	return l
}

func (l *patientLog) typeOf(id string) domain.Type {
	for i := range l.events {
		if l.events[i].ID == id {
			return l.events[i].Type
		}
	}
	return ""
}

func (l *patientLog) table(t fataler) *Table {
	table := newTable(l.authority)
	add(t, table, l.events, 16)
	return table
}

// foldPatients folds the patients of some events, one after the other.
func foldPatients(t fataler, events []domain.Event, after func(e *domain.Event, p *domain.Patient)) map[domain.Entity]*domain.Patient {
	patients := map[domain.Entity]*domain.Patient{}
	for i := range events {
		e := &events[i]
		if e.Entity.Kind() != domain.KindPatient {
			continue
		}
		if patients[e.Entity] == nil {
			patients[e.Entity] = domain.NewPatient(e.Entity)
		}
		require.NoError(t, patients[e.Entity].Apply(e))
		after(e, patients[e.Entity])
	}
	return patients
}
