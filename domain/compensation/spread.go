package compensation

import (
	"slices"

	"careledger/domain"
	"careledger/domain/parallel"
)

// Spreading turns lines with their days ("60 minutes seven times a week from 10 January") into minutes per month. It is done
// once for all models. Minutes of a line in a month depend on the number of days alone, so they are computed once per
// number of days (at most 31 values a line), and the months of a line are then table look-ups.

// spreader holds the buffers of one case, unit, category and band.
type spreader struct {
	*Facts
	Period
	out       *cells
	firsts    []domain.Date
	varieties []variety
	minutes   [][]int64 // by variety and month
	days      []uint8   // of the line at hand, by month
	low, high int       // months that the group touches
}

// weekNano is a week of days, with amounts in billionths of a minute. The largest amount (1 000 times a week × 1 440 minutes × 2
// staff) × 31 days × 100 percent stays below 2^63.
const weekNano = 7 * 1_000_000_000

// spread fills a segment with the granted minutes.
func (p *Prepared) spread(out *cells) {
	s := &spreader{Facts: p.Facts, Period: p.Period, out: out, firsts: p.firsts, days: make([]uint8, int(p.To-p.From)+1)}
	g := &p.Grants
	from, to := out.rowsOf(g.Case)
	rows := s.mostRows(from, to)
	out.Month, out.Count, out.Variety = make([]domain.Month, 0, rows), make([]int64, 0, rows), make([]variety, 0, rows)
	absences, away := out.rowsOf(p.Absences.Case)
	gaveWay := from
	for i := from; i < to; {
		if i-gaveWay > 64 {
			gaveWay = i
			parallel.GiveWay()
		}
		j := i + 1
		for j < to && g.Case[j] == g.Case[i] && g.Unit[j] == g.Unit[i] && g.Category[j] == g.Category[i] && g.Band[j] == g.Band[i] &&
			(g.Class[j] == domain.GrantInForce) == (g.Class[i] == domain.GrantInForce) {
			j++
		}
		if g.Class[i] != domain.GrantInForce {
			for absences < away && p.Absences.Case[absences] < g.Case[i] {
				absences++
			}
			back := absences
			for back < away && p.Absences.Case[back] == g.Case[i] {
				back++
			}
			s.group(i, j, absences, back)
		}
		i = j
	}
}

// mostRows bounds the rows that grants give.
func (s *spreader) mostRows(from, to int) (n int) {
	first, last := s.firsts[0], s.firsts[len(s.days)]-1
	for i := from; i < to; i++ {
		if days := domain.Overlap(s.Grants.From[i], s.Grants.To[i], first, last); days > 0 && s.Grants.Class[i] != domain.GrantInForce {
			n += days/28 + 2
		}
	}
	return n
}

// group spreads the rows [from,to) of one case, unit, category and band; [away,back) are the case's absences.
func (s *spreader) group(from, to, away, back int) {
	g := &s.Grants
	s.low, s.high = len(s.days), -1
	for i := from; i < to; {
		j := i + 1
		for j < to && g.Line[j] == g.Line[i] && g.Class[j] == g.Class[i] {
			j++
		}
		s.line(i, j)
		i = j
	}
	s.out.begin(g.Case[from], g.Unit[from], g.Category[from], g.Band[from])
	for m := s.low; m <= s.high; m++ {
		for v := range s.varieties {
			n := s.minutes[v][m]
			if n == 0 {
				continue
			}
			s.minutes[v][m] = 0
			if away < back && s.away(away, back, m) {
				s.keepLines(from, to, s.varieties[v], m)
			}
			s.out.Month, s.out.Count, s.out.Variety = append(s.out.Month, s.From+domain.Month(m)), append(s.out.Count, n), append(s.out.Variety, s.varieties[v])
		}
	}
	s.out.endLine()
}

// line adds the minutes of rows [from,to), which are one line while one unit carries it out.
func (s *spreader) line(from, to int) {
	g := &s.Grants
	minutes := s.minutes[s.varietyAt(varietyOf(g.Class[from], g.Method[from]))]
	first, last := len(s.days), -1
	for i := from; i < to; i++ {
		start, end := max(g.From[i], s.firsts[0]), min(g.To[i], s.firsts[len(s.days)]-1)
		if start > end {
			continue
		}
		lo, hi := int(start.Month()-s.From), int(end.Month()-s.From)
		first, last = min(first, lo), max(last, hi)
		for m := lo; m <= hi; m++ {
			s.days[m] += uint8(s.firsts[m+1] - s.firsts[m])
		}
		s.days[lo] -= uint8(start - s.firsts[lo])
		s.days[hi] -= uint8(s.firsts[hi+1] - 1 - end)
	}
	var known [32]int64 // minutes by number of days, +1; 0 while not computed
	for m := first; m <= last; m++ {
		days := s.days[m]
		s.days[m] = 0
		if days == 0 {
			continue
		}
		if g.Class[from] == domain.GrantFrame {
			minutes[m] += roundedQuotient(g.Amount[from]*int64(days), int64(s.firsts[m+1]-s.firsts[m]))
			continue
		}
		if known[days] == 0 {
			known[days] = roundedQuotient(g.Amount[from]*int64(days), weekNano) + 1
		}
		minutes[m] += known[days] - 1
	}
	s.low, s.high = min(s.low, first), max(s.high, last)
}

func (s *spreader) varietyAt(v variety) int {
	for i, known := range s.varieties {
		if known == v {
			return i
		}
	}
	s.varieties = append(s.varieties, v)
	s.minutes = append(s.minutes, make([]int64, len(s.days)))
	return len(s.varieties) - 1
}

// away says whether one of the absences [from,to) touches month m.
func (s *spreader) away(from, to, m int) bool {
	for i := from; i < to; i++ {
		if domain.Overlap(s.Absences.From[i], s.Absences.To[i], s.firsts[m], s.firsts[m+1]-1) > 0 {
			return true
		}
	}
	return false
}

// keepLines notes the lines behind the row that is added next.
func (s *spreader) keepLines(from, to int, v variety, m int) {
	g := &s.Grants
	for i := from; i < to; i++ {
		start, end := max(g.From[i], s.firsts[m]), min(g.To[i], s.firsts[m+1]-1)
		if varietyOf(g.Class[i], g.Method[i]) == v && start <= end {
			s.out.absent = append(s.out.absent, absentLine{uint32(len(s.out.Month)), g.Line[i], g.Class[i], start, end, g.Amount[i]})
		}
	}
}

// roundedQuotient returns n/d rounded half up; n is not negative and d positive.
func roundedQuotient(n, d int64) int64 {
	q, r := n/d, n%d
	if r >= d-r {
		q++
	}
	return q
}

// minutesUnder returns the minutes of a segment where absence days count as the component's ladders say, in the buffer if it is large enough.
func (p *Prepared) minutesUnder(c *Component, s *cells, buffer []int64) []int64 {
	minutes := append(buffer[:0], s.Count...)
	lines := s.absent
	at := 0 // the line of cells that a row is in
	away, _ := s.rowsOf(p.Absences.Case)
	of, back := NoCase, away  // the case at hand, and the end of its absences
	var months []percentMonth // of that case, which its other lines find again
	for i := 0; i < len(lines); {
		row := lines[i].row
		for s.lines[at].to <= row {
			at++
		}
		if cs := s.lines[at].cs; cs != of {
			away = back
			for away < len(p.Absences.Case) && p.Absences.Case[away] < cs {
				away++
			}
			back = away
			for back < len(p.Absences.Case) && p.Absences.Case[back] == cs {
				back++
			}
			of, months = cs, months[:0]
		}
		minutes[row] = 0
		month := s.Month[row] - p.From
		start := p.firsts[month]
		known := slices.IndexFunc(months, func(m percentMonth) bool { return m.month == month })
		if known < 0 {
			known, months = len(months), append(months, percentMonth{month, p.percents(c, start, away, back)})
		}
		percents := &months[known].percents
		for i < len(lines) && lines[i].row == row {
			first, sum := lines[i], int64(0)
			for i < len(lines) && lines[i].row == row && lines[i].line == first.line {
				for day := lines[i].from; day <= lines[i].to; day++ {
					sum += int64(percents[day-start])
				}
				i++
			}
			if first.class == domain.GrantFrame {
				minutes[row] += roundedQuotient(first.amount*sum, 100*int64(p.firsts[month+1]-start))
			} else {
				minutes[row] += roundedQuotient(first.amount*sum, 100*weekNano)
			}
		}
	}
	return minutes
}

// percentMonth is how much each day of a month of the period counts.
type percentMonth struct {
	month    domain.Month // since the first of the period
	percents [31]uint8
}

// percents returns how much each of 31 days counts under the component's ladders and the absences [away, back): the lowest percent of those
// that cover it.
func (p *Prepared) percents(c *Component, first domain.Date, away, back int) (percents [31]uint8) {
	for i := range percents {
		percents[i] = 100
	}
	for i := away; i < back; i++ {
		reason := domain.AbsenceReason[p.Absences.Reason[i]]
		rule := slices.IndexFunc(c.Absence, func(r AbsenceRule) bool { return r.Reason == reason })
		if rule < 0 {
			continue
		}
		r, last := &c.Absence[rule], min(first+30, p.Absences.To[i])
		counts := func(from, to domain.Date, percent int) { // of an absence
			for day := max(first, from); day <= min(to, last); day++ {
				percents[day-first] = min(percents[day-first], uint8(percent))
			}
		}
		day := p.Absences.From[i]
		for _, rung := range r.Ladder {
			counts(day, day+domain.Date(rung.Days)-1, rung.Percent)
			if day += domain.Date(rung.Days); day > last {
				break
			}
		}
		counts(day, last, r.After)
	}
	return percents
}
