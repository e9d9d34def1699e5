package compensation

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"careledger/domain"
)

// span is the days, both included, on which something is in force.
type span struct{ from, to domain.Date }

// decided returns the days of the case's decisions at each unit.
func decided(facts *domain.CaseFacts) map[string][]span {
	inForce := map[string][]span{}
	for _, g := range facts.Grants {
		if g.Class == domain.GrantInForce {
			inForce[g.Unit] = append(inForce[g.Unit], span{g.From, g.To})
		}
	}
	return inForce
}

// fixedUnits pays an amount for each unit and month, from the first to the last month in which it has a decision or a patient in force.
func (c *plainComponent) fixedUnits() (all []Posting, err error) {
	inForce := map[string][]span{}
	for i := range c.Cases {
		for unit, days := range decided(&c.Cases[i]) {
			inForce[unit] = append(inForce[unit], days...)
		}
		for _, e := range c.Cases[i].Enrolments {
			inForce[e.Unit] = append(inForce[e.Unit], span{e.From, e.To})
		}
	}
	for _, u := range c.Parties.Units() {
		days := inForce[u.ID]
		if len(days) == 0 {
			continue
		}
		first, last := domain.MaxDate, domain.MinDate
		for _, s := range days {
			first, last = min(first, s.from), max(last, s.to)
		}
		for _, month := range c.months() {
			if month.Last() < first || last < month.First() {
				continue
			}
			all, err = c.fixed(all, &row{unit: u, month: month}, days)
			if err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// fixedCases pays an amount for each case, unit and month in which a decision is in force.
func (c *plainComponent) fixedCases() (all []Posting, err error) {
	for i := range c.Cases {
		facts := &c.Cases[i]
		inForce := decided(facts)
		for _, u := range slices.Sorted(maps.Keys(inForce)) {
			if all, err = c.fixedPerson(all, row{unit: c.unit(u), facts: facts}, inForce[u]); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// fixedPatients pays an amount for each patient, unit, kind and month in which the patient is enrolled.
func (c *plainComponent) fixedPatients() (all []Posting, err error) {
	for i := range c.Cases {
		facts := &c.Cases[i]
		enrolled := map[[2]string][]span{}
		for _, e := range facts.Enrolments {
			key := [2]string{e.Unit, e.Kind}
			enrolled[key] = append(enrolled[key], span{e.From, e.To})
		}
		keys := slices.SortedFunc(maps.Keys(enrolled), func(a, b [2]string) int {
			return cmp.Or(strings.Compare(a[0], b[0]), domain.PatientKinds.Index(a[1])-domain.PatientKinds.Index(b[1]))
		})
		for _, key := range keys {
			r := row{unit: c.unit(key[0]), facts: facts, category: key[1], band: domain.BandHealth}
			if all, err = c.fixedPerson(all, r, enrolled[key]); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// fixedPerson pays an amount for each month with a day in force.
func (c *plainComponent) fixedPerson(all []Posting, r row, days []span) (_ []Posting, err error) {
	for _, month := range c.months() {
		if daysInForce(days, month) == 0 {
			continue
		}
		r.month = month
		if all, err = c.fixed(all, &r, days); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// daysInForce counts the days of the month on which at least one of the spans is in force.
func daysInForce(spans []span, month domain.Month) (days int64) {
	for day := month.First(); day <= month.Last(); day++ {
		if slices.ContainsFunc(spans, func(s span) bool { return s.from <= day && day <= s.to }) {
			days++
		}
	}
	return days
}

func (c *plainComponent) fixed(all []Posting, r *row, inForce []span) ([]Posting, error) {
	q := whole(1)
	if c.Prorate {
		days := daysInForce(inForce, r.month)
		if days == 0 {
			c.pass(r, "", "", PassedNoDays)
			return all, nil // within the unit's time, but nothing in force this month
		}
		q = ratio(days, int64(r.month.Days()))
	}
	if ok, err := c.admits(r, "", ""); err != nil || !ok {
		return all, err
	}
	rate, err := c.value(c.Amount, r, r.month.First())
	if err != nil {
		return all, err
	}
	p, err := c.post(r, q, rate, 1)
	return append(all, p), err
}
