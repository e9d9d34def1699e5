package compensation

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"careledger/domain"
)

// layout is what the rows of runs of the same series have in common: which there are, and into which row each place goes.
type layout struct {
	rows  []Row     // without amounts
	rowOf [][]int32 // by series and place; -1 where the place has no posting
}

// layoutKey is the same text for runs of the same series.
func layoutKey(all []paidSeries) string {
	var b strings.Builder
	for _, p := range all {
		fmt.Fprintf(&b, "%s %s %s %p\n", p.policy, p.component, p.unit, p.tally)
	}
	return b.String()
}

// asked is a field that rows are asked by, with its words in the order of rows.
type asked struct {
	words  []string
	stride int
}

// newAsked sorts the words of a field.
func newAsked(words []string) *asked {
	c := &asked{words: slices.Clone(words)}
	slices.Sort(c.words)
	c.words = slices.Compact(c.words)
	return c
}

// at returns what a word adds to a row's number.
func (c *asked) at(word string) int {
	i, _ := slices.BinarySearch(c.words, word)
	return i * c.stride
}

// newLayout numbers each group by its words, in the order of rows, and keeps those that have a posting.
func (s *Sums) newLayout(all []paidSeries) *layout {
	fields, space := s.fields(all)
	l := &layout{rowOf: make([][]int32, len(all))}
	numbers := make([][]int, len(all)) // by series and place
	var found []int
	byMonth := make([]int, max(0, int(s.To-s.From)+1))
	for i, f := range s.by {
		for m := range byMonth {
			switch month := s.From + domain.Month(m); f {
			case "month":
				byMonth[m] += fields[i].at(month.String())
			case "year":
				byMonth[m] += fields[i].at(strconv.Itoa(month.Year()))
			}
		}
	}
	for n, p := range all {
		numbers[n] = make([]int, len(p.tally.count))
		for i, b := range p.tally.blocks {
			number := 0
			for j, f := range s.by {
				if f != "month" && f != "year" {
					number += fields[j].at(s.wordOf(p, b, f))
				}
			}
			for m, add := range byMonth {
				if place := i*p.tally.months + m; p.tally.count[place] > 0 {
					numbers[n][place] = number + add
					found = append(found, number+add)
				}
			}
		}
	}
	found = sortedOnce(found, space)
	l.rows = make([]Row, len(found))
	groups, keys := make([]Group, len(found)), make([]string, len(found)*len(s.by))
	for i, number := range found {
		l.rows[i].Group = &groups[i]
		groups[i].Keys = keys[i*len(s.by) : (i+1)*len(s.by) : (i+1)*len(s.by)]
		for j, c := range fields {
			groups[i].Keys[j] = c.words[number/c.stride%len(c.words)]
		}
	}
	for n, p := range all {
		l.rowOf[n] = make([]int32, len(p.tally.count))
		for place, count := range p.tally.count {
			if l.rowOf[n][place] = -1; count > 0 {
				row, _ := slices.BinarySearch(found, numbers[n][place])
				l.rowOf[n][place] = int32(row)
			}
		}
	}
	l.quantities(all)
	return l
}

// fields returns the fields that rows are asked by, and how many groups there could be.
func (s *Sums) fields(all []paidSeries) (fields []*asked, space int) {
	for _, f := range s.by {
		var words []string
		for m := s.From; m <= s.To; m++ {
			switch f {
			case "month":
				words = append(words, m.String())
			case "year":
				words = append(words, strconv.Itoa(m.Year()))
			}
		}
		if f != "month" && f != "year" {
			for _, p := range all {
				for _, b := range p.tally.blocks {
					words = append(words, s.wordOf(p, b, f))
				}
			}
		}
		fields = append(fields, newAsked(words))
	}
	space = 1
	for i := len(fields) - 1; i >= 0; i-- {
		fields[i].stride = space
		space *= max(1, len(fields[i].words)) // at most 2^16 units and providers, 2^11 months, and the components of the runs: fits
	}
	return fields, space
}

// wordOf returns a field of a block, but for month and year.
func (s *Sums) wordOf(p paidSeries, b block, field string) string {
	switch field {
	case "authority":
		return s.Authority
	case "policy":
		return p.policy
	case "component":
		return p.component
	case "provider":
		return s.Units[b.unit].Provider
	case "unit":
		return s.Units[b.unit].ID
	case "life_area":
		return codeWord(domain.LifeAreas, b.lifeArea)
	case "occasion":
		return codeWord(domain.Occasions, b.occasion)
	}
	return ""
}

// sortedOnce returns the numbers below space that stand in a list, sorted, each once.
func sortedOnce(numbers []int, space int) []int {
	if space > denseLimit {
		slices.Sort(numbers)
		return slices.Compact(numbers)
	}
	is := make([]bool, space)
	for _, n := range numbers {
		is[n] = true
	}
	once := numbers[:0]
	for n, in := range is {
		if in {
			once = append(once, n)
		}
	}
	return once
}

// quantities sums the quantities of the rows.
func (l *layout) quantities(all []paidSeries) {
	sums := make([]*big.Rat, len(l.rows)) // of what is not whole
	wholes := make([]int64, len(l.rows))
	add := func(row int32, q *big.Rat) {
		if sums[row] == nil {
			sums[row] = new(big.Rat)
		}
		sums[row].Add(sums[row], q)
	}
	for n, p := range all {
		quanta := make([]int64, len(l.rows))
		for place, row := range l.rowOf[n] {
			if row < 0 {
				continue
			}
			if unit := &l.rows[row].QuantityUnit; *unit == "" {
				*unit = p.unit
			} else if *unit != p.unit {
				*unit = UnitMixed
			}
			if p.tally.quantum == 1 {
				wholes[row] += p.tally.quantity[place]
			} else {
				quanta[row] += p.tally.quantity[place]
			}
			if q := p.tally.fractions[place]; q != nil {
				add(row, q)
			}
		}
		for row, q := range quanta {
			if q != 0 {
				add(int32(row), big.NewRat(q, p.tally.quantum))
			}
		}
	}
	for row := range l.rows {
		if l.rows[row].Quantity = strconv.FormatInt(wholes[row], 10); sums[row] != nil {
			l.rows[row].Quantity = QuantityText(sums[row].Add(sums[row], new(big.Rat).SetInt64(wholes[row])))
		}
	}
}
