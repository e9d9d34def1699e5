package compensation

import (
	"math/bits"

	"careledger/domain"
)

// Fixed amounts count days in force: of units, of cases and of patients.

// daysByUnit returns the months from each unit's first to its last day in force, with the days on which a decision or a patient is.
func (p *Prepared) daysByUnit() *dayCounts {
	d := &dayCounts{}
	first, last := p.From.First(), p.To.Last()
	changes := make([][]int32, len(p.Units)) // by unit and day: how many lines begin less how many ended the day before
	spans := make([][2]domain.Date, len(p.Units))
	inForce := func(u uint16, from, to domain.Date) {
		if changes[u] == nil {
			changes[u] = make([]int32, int(max(last-first, 0))+2)
			spans[u] = [2]domain.Date{from, to}
		}
		spans[u] = [2]domain.Date{min(spans[u][0], from), max(spans[u][1], to)}
		if start, end := max(from, first), min(to, last); start <= end {
			changes[u][start-first]++
			changes[u][end-first+1]--
		}
	}
	for i, class := range p.Grants.Class {
		if class == domain.GrantInForce {
			inForce(p.Grants.Unit[i], p.Grants.From[i], p.Grants.To[i])
		}
	}
	for i, u := range p.Enrolments.Unit {
		inForce(u, p.Enrolments.From[i], p.Enrolments.To[i])
	}
	for u, change := range changes {
		if change == nil {
			continue
		}
		standing := int32(0)
		for m := p.From; m <= p.To; m++ {
			days := uint8(0)
			for day := m.First(); day <= m.Last(); day++ {
				if standing += change[day-first]; standing > 0 {
					days++
				}
			}
			if domain.Overlap(spans[u][0], spans[u][1], m.First(), m.Last()) > 0 {
				d.Unit, d.Month, d.Days = append(d.Unit, uint16(u)), append(d.Month, uint16(m-p.From)), append(d.Days, days)
			}
		}
	}
	return d
}

// daysByCase returns the months in which a case has a decision in force at a unit.
func (p *Prepared) daysByCase() *dayCounts {
	g, d := &p.Grants, &dayCounts{}
	for i := 0; i < len(g.Case); {
		j := i
		for j < len(g.Case) && g.Case[j] == g.Case[i] && g.Unit[j] == g.Unit[i] {
			j++
		}
		for m := p.From; m <= p.To; m++ {
			days := daySet(0)
			for row := i; row < j; row++ {
				if g.Class[row] == domain.GrantInForce {
					days.add(g.From[row], g.To[row], m)
				}
			}
			if days > 0 {
				d.Case, d.Unit, d.Month, d.Days = append(d.Case, g.Case[i]), append(d.Unit, g.Unit[i]), append(d.Month, uint16(m-p.From)), append(d.Days, days.count())
			}
		}
		i = j
	}
	return d
}

// daysByPatient returns the months in which a patient is enrolled at a unit in a kind of care.
func (p *Prepared) daysByPatient() *dayCounts {
	e, d := &p.Enrolments, &dayCounts{}
	for i := 0; i < len(e.Case); {
		j := i
		for j < len(e.Case) && e.Case[j] == e.Case[i] && e.Unit[j] == e.Unit[i] && e.Kind[j] == e.Kind[i] {
			j++
		}
		category := uint8(domain.Categories.Index(domain.PatientKinds[e.Kind[i]]))
		for m := p.From; m <= p.To; m++ {
			days := daySet(0)
			for row := i; row < j; row++ {
				days.add(e.From[row], e.To[row], m)
			}
			if days > 0 {
				d.Case, d.Unit, d.Category = append(d.Case, e.Case[i]), append(d.Unit, e.Unit[i]), append(d.Category, category)
				d.Month, d.Days = append(d.Month, uint16(m-p.From)), append(d.Days, days.count())
			}
		}
		i = j
	}
	return d
}

// daySet is a set of days of a month, a bit a day.
type daySet uint32

// add adds the days from..to that lie in m.
func (s *daySet) add(from, to domain.Date, m domain.Month) {
	if start, end := max(from, m.First()), min(to, m.Last()); start <= end {
		*s |= daySet((uint64(1)<<(end-start+1) - 1) << (start - m.First()))
	}
}

func (s daySet) count() uint8 { return uint8(bits.OnesCount32(uint32(s))) }
