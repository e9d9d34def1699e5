package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// loop is the floor: one pass over ready columns in memory, on one core, into an array by unit and month. The columns are those of DuckDB's
// facts (writeColumns), in the narrowest types.
type loop struct {
	units []unit

	minutesUnit, minutesCategory []uint8
	minutesMonth                 []uint16 // since January 1970
	minutes                      []int32

	goalUnit, goalPartly []uint8
	goalMonth            []uint16
}

type unit struct {
	name, provider string
	external       bool
}

func openLoop(dir string) (*loop, error) {
	f, err := os.Open(columnsFile(dir))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	l := &loop{}
	var text []uint8
	for _, column := range []any{&text, &l.minutesUnit, &l.minutesCategory, &l.minutesMonth, &l.minutes, &l.goalUnit, &l.goalPartly, &l.goalMonth} {
		if err := readColumn(f, column); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		l.units = append(l.units, unit{string(fields[0]), string(fields[1]), string(fields[2]) == "external"})
	}
	return l, nil
}

func readColumn(r io.Reader, column any) error {
	var n uint64
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return err
	}
	switch c := column.(type) {
	case *[]uint8:
		*c = make([]uint8, n)
		return binary.Read(r, binary.LittleEndian, *c)
	case *[]uint16:
		*c = make([]uint16, n)
		return binary.Read(r, binary.LittleEndian, *c)
	case *[]int32:
		*c = make([]int32, n)
		return binary.Read(r, binary.LittleEndian, *c)
	}
	return fmt.Errorf("no column: %T", column)
}

// monthsMax is how many months since 1970 the sums have room for: to the end of 2099.
const monthsMax = 130 * 12

// Ask implements Peer.
func (l *loop) Ask(_ context.Context, q *Question) (rows []Row, err error) {
	if !q.AsOf.IsZero() {
		return nil, fmt.Errorf("the columns say what is known now only")
	}
	sums := make([]int64, len(l.units)*monthsMax)
	paid := make([]bool, len(sums)) // a sum of 0 is a row where something was paid
	rates := make([]int64, 2*len(l.units))
	for i := range q.Models {
		clear(sums)
		clear(paid)
		m := &q.Models[i]
		for u, unit := range l.units {
			rates[2*u], rates[2*u+1] = m.Hour[0], m.Hour[2]
			if unit.external {
				rates[2*u], rates[2*u+1] = m.Hour[1], m.Hour[3]
			}
		}
		l.pay(m, rates, sums, paid, q.Kind != Sweep)
		rows = l.rows(rows, i, sums, paid, q.byMonth())
	}
	sortRows(rows)
	return rows, nil
}

// pay adds up the amounts of one model, each rounded to the öre.
func (l *loop) pay(m *Model, rates, sums []int64, paid []bool, goals bool) {
	units, categories, months := l.minutesUnit, l.minutesCategory[:len(l.minutes)], l.minutesMonth[:len(l.minutes)]
	for i, minutes := range l.minutes {
		u := int(units[i])
		at := u*monthsMax + int(months[i])
		sums[at] += (int64(minutes)*rates[2*u+int(categories[i])]*2 + 60) / 120
		paid[at] = true
	}
	if !goals {
		return
	}
	premium := [2]int64{m.Goal, (m.Goal + 1) / 2}
	for i, u := range l.goalUnit {
		at := int(u)*monthsMax + int(l.goalMonth[i])
		sums[at] += premium[l.goalPartly[i]]
		paid[at] = true
	}
}

// rows appends the answer of one model.
func (l *loop) rows(rows []Row, model int, sums []int64, paid []bool, byMonth bool) []Row {
	providers := map[string]int{} // position in rows
	for u, unit := range l.units {
		for month := range monthsMax {
			at := u*monthsMax + month
			if !paid[at] {
				continue
			}
			if byMonth {
				rows = append(rows, Row{model, unit.provider, unit.name, fmt.Sprintf("%d-%02d", 1970+month/12, 1+month%12), sums[at]})
				continue
			}
			i, ok := providers[unit.provider]
			if !ok {
				i = len(rows)
				providers[unit.provider] = i
				rows = append(rows, Row{Model: model, Provider: unit.provider})
			}
			rows[i].Ore += sums[at]
		}
	}
	return rows
}

// Close implements Peer.
func (l *loop) Close() error { return nil }
