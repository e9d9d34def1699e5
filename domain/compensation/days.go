package compensation

import (
	"math/bits"

	"careledger/domain"
)

// Fixed amounts count days in force: of units, of cases and of patients.

// daysByUnit returns the months from each unit's first to its last day in force, with the days on which a decision or a patient is; 0 where
// nothing is in a month between.
func (p *Prepared) daysByUnit() *cells {
	d := &cells{end: uint32(len(p.Units)), of: make([]uint32, 1, len(p.Units)+1)}
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
		d.begin(uint32(u), uint16(u), NoCode, NoCode)
		standing := int32(0)
		for m := p.From; m <= p.To; m++ {
			days, start, next := int64(0), p.firsts[m-p.From], p.firsts[m-p.From+1]
			for day := start; day < next; day++ {
				if standing += change[day-first]; standing > 0 {
					days++
				}
			}
			if domain.Overlap(spans[u][0], spans[u][1], start, next-1) > 0 {
				d.Month, d.Count = append(d.Month, m), append(d.Count, days)
			}
		}
		d.endLine()
	}
	d.upTo(d.end)
	return d
}

// daysByCase fills a segment with the months in which a case has a decision in force at a unit.
func (p *Prepared) daysByCase(d *cells) {
	g := &p.Grants
	from, to := d.rowsOf(g.Case)
	for i := from; i < to; {
		j := i
		for j < to && g.Case[j] == g.Case[i] && g.Unit[j] == g.Unit[i] {
			j++
		}
		d.begin(g.Case[i], g.Unit[i], NoCode, NoCode)
		p.daysInForce(d, i, j, g.From, g.To, func(row int) bool { return g.Class[row] == domain.GrantInForce })
		i = j
	}
}

// daysByPatient fills a segment with the months in which a patient is enrolled at a unit in a kind of care.
func (p *Prepared) daysByPatient(d *cells) {
	e, health := &p.Enrolments, uint8(domain.Bands.Index(domain.BandHealth))
	from, to := d.rowsOf(e.Case)
	for i := from; i < to; {
		j := i
		for j < to && e.Case[j] == e.Case[i] && e.Unit[j] == e.Unit[i] && e.Kind[j] == e.Kind[i] {
			j++
		}
		d.begin(e.Case[i], e.Unit[i], uint8(domain.Categories.Index(domain.PatientKinds[e.Kind[i]])), health)
		p.daysInForce(d, i, j, e.From, e.To, func(int) bool { return true })
		i = j
	}
}

// daysInForce adds the rows of a line: the months in which at least one of rows [from, to) that counts is in force.
func (p *Prepared) daysInForce(d *cells, from, to int, starts, ends []domain.Date, counts func(row int) bool) {
	first, last := p.To+1, p.From-1
	for row := from; row < to; row++ {
		if counts(row) {
			first, last = min(first, starts[row].Month()), max(last, ends[row].Month())
		}
	}
	for m := max(first, p.From); m <= min(last, p.To); m++ {
		days := daySet(0)
		for row := from; row < to; row++ {
			if counts(row) {
				days.add(starts[row], ends[row], p.firsts[m-p.From], p.firsts[m-p.From+1]-1)
			}
		}
		if days > 0 {
			d.Month, d.Count = append(d.Month, m), append(d.Count, int64(days.count()))
		}
	}
	d.endLine()
}

// daySet is a set of days of a month, a bit a day.
type daySet uint32

// add adds the days from..to that lie in the month first..last.
func (s *daySet) add(from, to, first, last domain.Date) {
	if start, end := max(from, first), min(to, last); start <= end {
		*s |= daySet((uint64(1)<<(end-start+1) - 1) << (start - first))
	}
}

func (s daySet) count() uint8 { return uint8(bits.OnesCount32(uint32(s))) }
