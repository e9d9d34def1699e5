package generate

import (
	"math/rand/v2"
	"strconv"

	"careledger/domain"
)

// stay is one recipient's enrolment in one municipality, which has at least a day of 2019.
type stay struct {
	person   string
	age, sex int         // index into domain.AgeGroups and domain.Sexes
	form     stayForm    // how long, and how often time is reported
	from, to domain.Date // to is 0 while it goes on
	movedOut bool        // to another municipality of the county
}

// stayForm says what a stay is like.
type stayForm uint8

const (
	brief       stayForm = iota // a few weeks: one month's time
	ongoing                     // months or years: one month's time or two
	intensive                   // the same, with time in every month of 2019
	psychiatric                 // the same, and invoiced to the region
)

// kind is the kind of enrolment.
func (f stayForm) kind() string {
	if f == psychiatric {
		return domain.PatientPsychiatric
	}
	return patientSomatic
}

const patientSomatic = "somatic"

// municipalityPlan is a municipality's part of the county: every recipient of 2019.
type municipalityPlan struct {
	countyRow
	stays []stay
}

// planCounty spreads the published numbers over persons. As many of each age group and sex as the county's row lacks move from one municipality
// to another during the year, and have the same pseudonym in both.
func planCounty(r *rand.Rand, table *countyTable) []municipalityPlan {
	plans := make([]municipalityPlan, len(table.municipalities))
	remaining := make([]cells, len(plans))
	for i, m := range table.municipalities {
		plans[i], remaining[i] = municipalityPlan{countyRow: m}, m.cells
	}
	persons := 0
	newPerson := func() string {
		persons++
		return "person-" + strconv.Itoa(persons)
	}
	for age := range table.shared {
		for sex, movers := range table.shared[age] {
			for range movers {
				from := pickMunicipality(r, remaining, age, sex, -1)
				to := pickMunicipality(r, remaining, age, sex, from)
				out, in := moverStays(r, newPerson(), age, sex)
				plans[from].stays, plans[to].stays = append(plans[from].stays, out), append(plans[to].stays, in)
				remaining[from][age][sex]--
				remaining[to][age][sex]--
			}
			for i := range plans {
				psychiatricPersons := plans[i].cells[age][sex] * psychiatricOf1000(age) / 1000
				for n := range remaining[i][age][sex] {
					s := stay{person: newPerson(), age: age, sex: sex, form: somaticForm(r)}
					if n < psychiatricPersons {
						s.form = psychiatric
					}
					s.from, s.to = stayDays(r, s.form)
					plans[i].stays = append(plans[i].stays, s)
				}
			}
		}
	}
	for i := range plans { // so that a patient's number says nothing about who it is
		s := plans[i].stays
		r.Shuffle(len(s), func(a, b int) { s[a], s[b] = s[b], s[a] })
	}
	return plans
}

// pickMunicipality picks another municipality than not, the more likely the more recipients of the age group and sex it has.
func pickMunicipality(r *rand.Rand, remaining []cells, age, sex, not int) int {
	sum := 0
	for i := range remaining {
		if i != not {
			sum += remaining[i][age][sex]
		}
	}
	n := r.IntN(sum)
	for i := range remaining {
		if i == not {
			continue
		}
		if n -= remaining[i][age][sex]; n < 0 {
			return i
		}
	}
	return -1 // cannot happen: n is less than the sum
}

// moverStays are the two stays of a person who moves within the county in 2019: discharged in one municipality, and enrolled in the
// other some days later.
func moverStays(r *rand.Rand, person string, age, sex int) (out, in stay) {
	first, _ := year2019()
	moved := first + 40 + domain.Date(r.IntN(260))
	out = stay{person: person, age: age, sex: sex, form: ongoing, from: moved - 30 - domain.Date(r.IntN(250)), to: moved, movedOut: true}
	in = stay{person: person, age: age, sex: sex, form: ongoing, from: moved + 1 + domain.Date(r.IntN(20))}
	return out, in
}

func somaticForm(r *rand.Rand) stayForm {
	switch {
	case r.IntN(intensiveOneIn) == 0:
		return intensive
	case r.IntN(10) < briefOfTen:
		return brief
	}
	return ongoing
}

// stayDays returns the first and last day of a stay with at least a day of 2019. A stay that goes on has no last day.
func stayDays(r *rand.Rand, form stayForm) (from, to domain.Date) {
	first, last := year2019()
	if form == brief {
		from = first - 20 + domain.Date(r.IntN(int(last-first)+20))
		return from, max(from+domain.Date(r.IntN(45)), first)
	}
	from = first - 280 + domain.Date(r.IntN(280+int(last-first)))
	if form == psychiatric || form == intensive {
		from = first - 280 + domain.Date(r.IntN(280+200)) // most of them through all or most of the year
	}
	if r.IntN(3) > 0 {
		return from, 0
	}
	return from, max(from, first) + domain.Date(r.IntN(int(last-max(from, first))+1))
}
