package projections

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"careledger/domain"
)

// Arrivals are what came in last, as known at a moment: the last events of the log, counted by the day on which they were registered and by type.
// They name no entity.
type Arrivals struct {
	AsOf   Moment
	Events int       // how many events are counted
	Rows   []Arrival // the last day first; the events of a day by type
}

// Arrival is how many of the events counted were registered on a day, in Sweden, and are of a type.
type Arrival struct {
	Day    domain.Date `json:"day"`
	Type   domain.Type `json:"type"`
	Events int         `json:"events"`
}

// Arrivals counts the last events of the log as known at a moment: back to where they would be of more than so many days, and at most so many
// events.
func (t *Table) Arrivals(at AsOf, days, most int) *Arrivals {
	s := t.snapshot()
	v := s.visibility(at)
	day := func(sequence uint64) domain.Date { return domain.LocalDate(time.Unix(0, s.recorded[sequence-1])) }
	type kind struct {
		day domain.Date
		of  uint8
	}
	counts, of := map[kind]int{}, map[domain.Date]bool{}
	a := &Arrivals{AsOf: v.moment, Rows: []Arrival{}}
	for n := uint64(v.sequence); n > 0 && a.Events < most; n-- {
		if !v.happened(uint32(n)) {
			continue
		}
		on := day(n)
		if of[on] = true; len(of) > days {
			break
		}
		a.Events++
		counts[kind{on, s.typeOf[n-1]}]++
	}
	for k, n := range counts {
		a.Rows = append(a.Rows, Arrival{k.day, domain.Type(s.types.at(int(k.of))), n})
	}
	slices.SortFunc(a.Rows, func(x, y Arrival) int {
		return cmp.Or(cmp.Compare(y.Day, x.Day), strings.Compare(string(x.Type), string(y.Type)))
	})
	return a
}
