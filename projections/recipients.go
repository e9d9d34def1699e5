package projections

import (
	"cmp"
	"fmt"
	"slices"

	"careledger/domain"
	"careledger/domain/compensation"
)

// Recipients are the distinct persons, by pseudonym, who were enrolled in home health care on some day of a period: those of each
// municipality, and of each county over the logs of its municipalities.
//
// A county counts a person once, whatever number of municipal logs the person stands in; so it is no sum. An age group or sex that differs
// between a person's patients counts as it came to be known last, in the municipality's row by its own log and in the county's row by all of them; of
// what came to be known at the same time, what stands in the log of the greater code, or later in the same log. One that is not stated gives
// way to one that is. Only patients who are enrolled in the period say anything.
type Recipients struct {
	Logs           []LogMoment // sorted by authority
	Period         compensation.Period
	Counties       []RecipientsRow // sorted by code: those with a municipality among the logs
	Municipalities []RecipientsRow // sorted by code
}

// RecipientsRow counts the persons of a municipality or county.
type RecipientsRow struct {
	Code string
	// Persons by age group, in the order of domain.AgeGroups, and sex, in that of domain.Sexes; after them those without.
	Persons        [AgeNotStated + 1][SexNotStated + 1]int
	Municipalities int // of a county: how many have a log here
	Shared         int // of a county: persons who are enrolled in more than one of them
}

// The positions in RecipientsRow.Persons of what is not stated: the lengths of domain.AgeGroups and domain.Sexes.
const (
	AgeNotStated = 3
	SexNotStated = 2
)

// Age returns the persons of an age group, of whatever sex.
func (r *RecipientsRow) Age(age int) (persons int) {
	for _, n := range r.Persons[age] {
		persons += n
	}
	return persons
}

// Total returns all persons.
func (r *RecipientsRow) Total() (persons int) {
	for age := range r.Persons {
		persons += r.Age(age)
	}
	return persons
}

// CountRecipients answers from the tables of municipalities, each its own. Without q.From and q.To the period is from the month of the first
// enrolment to that of the as-of. q.By is not looked at. A q.AsOf by sequence makes sense for one table only.
func CountRecipients(tables []*Table, q Query) (*Recipients, error) {
	logs, moments, latest := knownLogs(tables, q.AsOf)
	first := domain.MaxDate
	for _, l := range logs {
		l.eachEnrolment(func(row int) { first = min(first, l.enrolments.first[row]) })
	}
	period, err := periodAsked(q.From, q.To, latest, first.Month(), first != domain.MaxDate)
	if err != nil {
		return nil, err
	}
	answer := &Recipients{Logs: moments, Period: period}
	counties := map[string]*countyPersons{}
	for _, l := range logs {
		persons, err := l.persons(answer.Period)
		if err != nil {
			return nil, err
		}
		row := RecipientsRow{Code: l.authority}
		for _, said := range persons {
			row.add(said)
		}
		answer.Municipalities = append(answer.Municipalities, row)
		code := l.authority[:min(2, len(l.authority))]
		if counties[code] == nil {
			counties[code] = &countyPersons{row: RecipientsRow{Code: code}, persons: map[string]*countyPerson{}}
		}
		counties[code].add(l, persons)
	}
	for _, c := range counties {
		answer.Counties = append(answer.Counties, c.count())
	}
	slices.SortFunc(answer.Counties, func(a, b RecipientsRow) int { return cmp.Compare(a.Code, b.Code) })
	return answer, nil
}

// eachEnrolment visits the rows of enrolments that were known.
func (l *knownLog) eachEnrolment(visit func(row int)) {
	for i := range l.enrolments.cs {
		if l.row(&l.enrolments.known, i) {
			visit(i)
		}
	}
}

// attribute is an age group or sex with when it came to be known, in nanoseconds since 1970.
type attribute struct {
	code uint8 // NoCode where it is not stated
	at   int64
}

// hear takes what is said after what was heard before: by the recorded time, and of the same time what comes later.
func (a *attribute) hear(b attribute) {
	if b.code != compensation.NoCode && (a.code == compensation.NoCode || b.at >= a.at) {
		*a = b
	}
}

// personSaid is what is known of a person.
type personSaid struct{ age, sex attribute }

func (p *personSaid) hear(q personSaid) {
	p.age.hear(q.age)
	p.sex.hear(q.sex)
}

func (r *RecipientsRow) add(p personSaid) {
	r.Persons[min(p.age.code, AgeNotStated)][min(p.sex.code, SexNotStated)]++
}

// persons returns who was enrolled on some day of a period, by the code of the pseudonym.
func (l *knownLog) persons(p compensation.Period) (map[uint32]personSaid, error) {
	enrolled, patients := make([]bool, l.entities.len()), 0
	from, to := p.From.First(), p.To.Last()
	l.eachEnrolment(func(row int) {
		if e := &l.enrolments; e.first[row] <= to && e.last[row] >= from && !enrolled[e.cs[row]] {
			enrolled[e.cs[row]] = true
			patients++
		}
	})
	persons := make(map[uint32]personSaid, patients)
	for i, cs := range l.opened.cs {
		if !enrolled[cs] || !l.row(&l.opened.known, i) {
			continue
		}
		patients--
		at := l.columns.recorded[l.opened.from[i]-1]
		said := personSaid{attribute{l.opened.age[i], at}, attribute{l.opened.sex[i], at}}
		if before, again := persons[l.opened.person[i]]; again {
			before.hear(said)
			said = before
		}
		persons[l.opened.person[i]] = said
	}
	if patients != 0 {
		return nil, fmt.Errorf("authority %s: %d patients are enrolled for whom no care was requested as known then; %s", l.authority, patients, foldAgain)
	}
	return persons, nil
}

// foldAgain is what to do about facts that contradict each other.
const foldAgain = "delete the table's file so that it is folded from the log again, and if this stays, verify the log"

// countyPersons gathers the persons of a county over its municipalities.
type countyPersons struct {
	row     RecipientsRow
	persons map[string]*countyPerson
}

type countyPerson struct {
	personSaid
	municipalities int
}

func (c *countyPersons) add(l *knownLog, persons map[uint32]personSaid) {
	c.row.Municipalities++
	for code, said := range persons {
		id := l.words.at(int(code))
		if p := c.persons[id]; p != nil {
			p.hear(said)
			p.municipalities++
			continue
		}
		c.persons[id] = &countyPerson{said, 1}
	}
}

func (c *countyPersons) count() RecipientsRow {
	for _, p := range c.persons {
		c.row.add(p.personSaid)
		if p.municipalities > 1 {
			c.row.Shared++
		}
	}
	return c.row
}
