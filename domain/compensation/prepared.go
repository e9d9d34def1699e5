package compensation

import (
	"slices"
	"sync"

	"careledger/domain"
	"careledger/domain/parallel"
)

// Prepared are facts spread over the months of a period: what every model is evaluated over. It may be used by many
// evaluations, also at the same time. Each kind of cells is made when a model first needs it.
type Prepared struct {
	*Facts
	Period
	firsts     []domain.Date  // the first day of each month, and of the one after the last
	granted    func() []cells // need and frame minutes, by segment of the cases
	performed  func() []cells // performed minutes of cases
	health     func() []cells // performed minutes of patients
	unitMonths func() *cells  // days in force, of units as a whole: by unit in place of case
	caseMonths func() []cells // days in force
	patients   func() []cells // days enrolled
	followUps  func() []int32 // by case, and one more: its first row of FollowUps
	wholeYears func() *Prepared
	made       *counts // what has been counted
}

// Prepare spreads the facts over the months of a period.
func (f *Facts) Prepare(p Period) *Prepared {
	pr := &Prepared{Facts: f, Period: p, made: newCounts(f)}
	for m := p.From; m <= p.To+1; m++ {
		pr.firsts = append(pr.firsts, m.First())
	}
	pr.granted = pr.segments(pr.spread)
	pr.performed = pr.segments(func(s *cells) { pr.performedCells(s, false) })
	pr.health = pr.segments(func(s *cells) { pr.performedCells(s, true) })
	pr.caseMonths, pr.patients = pr.segments(pr.daysByCase), pr.segments(pr.daysByPatient)
	pr.unitMonths = sync.OnceValue(pr.daysByUnit)
	pr.followUps = sync.OnceValue(func() []int32 { return startsByCase(f.FollowUps.Case, len(f.Cases)) })
	pr.wholeYears = sync.OnceValue(func() *Prepared { // from the January of the first year on: what the sums of caps rest on
		if years := p.wholeYears(); years != p {
			return f.Prepare(years)
		}
		return pr
	})
	return pr
}

// segmentCases is how many cases one segment of cells has: enough work for a processor to take at a time, and few enough that it stays
// in its cache.
const segmentCases = 1024

// cells are what is counted of a segment of the cases, minutes or days, by case, unit, category, band and month. A line has all that share
// all but the month, in order of month; where rows of one line and month differ in class or method, they stand next to each other, since a
// component sums those it counts before it rounds.
type cells struct {
	first, end uint32   // the cases of the segment
	of         []uint32 // by case less first, and one more: its first line
	lines      []line   // sorted by case, unit, category, band
	Month      []domain.Month
	Count      []int64
	Variety    []variety // nil where all are performed time, or days
	// The lines behind the rows in whose month the person was away, for components with an absence ladder.
	absent []absentLine // sorted by row, line
}

// line is the rows [from, to) of one case, unit, category and band.
type line struct {
	cs             uint32
	unit           uint16
	category, band uint8
	from, to       uint32
}

// variety tells rows of one line and month apart: need under either method, and frame time.
type variety uint8

func varietyOf(class domain.GrantClass, method uint8) variety {
	return variety(class)<<4 | variety(method)
}

func (v variety) class() domain.GrantClass { return domain.GrantClass(v >> 4) }
func (v variety) method() uint8            { return uint8(v & 15) }

// noMethod stands for the method of performed time.
const noMethod = uint8(255)

// absentLine is one line's days in a row's month.
type absentLine struct {
	row      uint32
	line     int32
	class    domain.GrantClass
	from, to domain.Date
	amount   int64
}

// segments returns a function that fills the segments of all cases, on all processors, when it is first called.
func (p *Prepared) segments(fill func(*cells)) func() []cells {
	return sync.OnceValue(func() []cells {
		if p.To < p.From {
			return nil
		}
		all := make([]cells, (len(p.Cases)+segmentCases-1)/segmentCases)
		parallel.Each(len(all), func() func(int) {
			return func(i int) {
				s := &all[i]
				s.first, s.end = uint32(i*segmentCases), uint32(min((i+1)*segmentCases, len(p.Cases)))
				s.of = make([]uint32, 1, s.end-s.first+1)
				fill(s)
				s.upTo(s.end)
			}
		})
		return all
	})
}

// begin begins a line. Its rows follow, and endLine closes it.
func (s *cells) begin(cs uint32, unit uint16, category, band uint8) {
	s.upTo(cs)
	n := uint32(len(s.Month))
	s.lines = append(s.lines, line{cs, unit, category, band, n, n})
}

// upTo notes that the cases before cs have all their lines.
func (s *cells) upTo(cs uint32) {
	for uint32(len(s.of)) <= cs-s.first {
		s.of = append(s.of, uint32(len(s.lines)))
	}
}

// endLine closes the line that was begun last; one without rows is none.
func (s *cells) endLine() {
	l := &s.lines[len(s.lines)-1]
	if l.to = uint32(len(s.Month)); l.to == l.from {
		s.lines = s.lines[:len(s.lines)-1]
	}
}

// linesOf returns the lines of a case of the segment.
func (s *cells) linesOf(cs uint32) []line {
	return s.lines[s.of[cs-s.first]:s.of[cs-s.first+1]]
}

// varietyAt returns the variety of a row.
func (s *cells) varietyAt(row uint32) (class domain.GrantClass, method uint8) {
	if s.Variety == nil {
		return domain.GrantNeed, noMethod
	}
	v := s.Variety[row]
	return v.class(), v.method()
}

// startsByCase returns, by case and one more, the first of its rows in a column sorted by case.
func startsByCase[T int32 | uint32](cs []T, cases int) []int32 {
	starts, row := make([]int32, cases+1), 0
	for c := range starts {
		for row < len(cs) && int(cs[row]) < c {
			row++
		}
		starts[c] = int32(row)
	}
	return starts
}

// rowsOf returns the rows of a segment's cases in a column sorted by case.
func (s *cells) rowsOf(cs []uint32) (from, to int) {
	from, _ = slices.BinarySearch(cs, s.first)
	to, _ = slices.BinarySearch(cs, s.end)
	return from, to
}

// performedCells fills a segment with the performed minutes of cases, or with those of patients. Its columns are those of the facts.
func (p *Prepared) performedCells(s *cells, health bool) {
	t, healthBand := &p.Performed, uint8(domain.Bands.Index(domain.BandHealth))
	from, to := s.rowsOf(t.Case)
	s.Month, s.Count = t.Month, t.Minutes
	for i := from; i < to; {
		j := i + 1
		for j < to && t.Band[j] == t.Band[i] && t.Category[j] == t.Category[i] && t.Unit[j] == t.Unit[i] && t.Case[j] == t.Case[i] {
			j++
		}
		first, last := i, j // those of the period
		for first < last && t.Month[first] < p.From {
			first++
		}
		for last > first && t.Month[last-1] > p.To {
			last--
		}
		if (t.Band[i] == healthBand) == health && first < last {
			s.upTo(t.Case[i])
			s.lines = append(s.lines, line{t.Case[i], t.Unit[i], t.Category[i], t.Band[i], uint32(first), uint32(last)})
		}
		i = j
	}
}
