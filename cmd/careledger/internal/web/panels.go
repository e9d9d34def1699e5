package web

import (
	"fmt"
	"math/big"
	"strconv"

	"careledger/domain"
)

// A chart of panels shows numbers over time, a panel for each of several parties: columns beside each other, all panels on one scale, so that heights
// are compared across them. It is drawn in whole tenths of its units and told apart by what stands above each panel, not by colour.

// The layout of a panel, in units of the drawing.
const (
	panelsMost   = 12 // that are looked at side by side
	panelWidth   = 320
	panelTop     = 44 // of the highest value of the scale
	panelBase    = 140
	panelHeight  = 164
	columnGap    = 2
	columnTitles = 40 // of more columns none is named
)

// panelsView is a chart of panels.
type panelsView struct {
	voice
	Title string
	Scale string // what the line at the top of each panel is
	Left  string // that some are not drawn, "" for none
	All   []panelView
}

// panelView is a panel. Above names it, and Value what it comes to in all.
type panelView struct {
	ID, Above, Value, Desc string
	First, Last            string // steps of time at its ends
	Zero                   string // where 0 stands
	Columns                []columnBar
}

type columnBar struct {
	X, Y, Width, Height string // in units of the drawing, with one decimal
	Title               string
}

// panelSeries is the numbers of a party, of which nil is none.
type panelSeries struct {
	name, value string
	of          []*int64
}

// Width, Height, Top and the others are for the template.
func (p *panelsView) Width() int  { return panelWidth }
func (p *panelsView) Height() int { return panelHeight }
func (p *panelsView) Top() int    { return panelTop }
func (p *panelsView) Below() int  { return panelHeight - 4 }

// columnPanels draws series over steps of time, nil where there is nothing to draw. top is the largest value that the scale has at least; say writes a value.
func (v *visit) columnPanels(id, title string, steps []string, all []panelSeries, top int64, say func(int64) string) *panelsView {
	if len(steps) == 0 || len(all) == 0 {
		return nil
	}
	p := &panelsView{voice: v.voice, Title: title}
	if left := len(all) - panelsMost; left > 0 {
		p.Left = fmt.Sprintf(v.Say("overview.left"), v.number(strconv.Itoa(left)))
		all = all[:panelsMost]
	}
	low := int64(0)
	for _, s := range all {
		for _, n := range s.of {
			if n != nil {
				low, top = min(low, *n), max(top, *n)
			}
		}
	}
	if top == low {
		top = low + 1
	}
	p.Scale = fmt.Sprintf(v.Say("overview.scale"), say(top))
	height := func(n int64) int64 { // tenths from the base
		h := new(big.Int).Mul(big.NewInt(n-low), big.NewInt(10*(panelBase-panelTop)))
		return h.Quo(h, big.NewInt(top-low)).Int64()
	}
	for i, s := range all {
		zero := 10*panelBase - height(0)
		one := panelView{ID: id + "-" + strconv.Itoa(i+1), Above: s.name, Value: s.value, First: steps[0], Zero: tenths(zero)}
		if len(steps) > 1 {
			one.Last = steps[len(steps)-1]
		}
		for j, n := range s.of {
			if n == nil {
				continue
			}
			from, to := int64(10*panelWidth*j/len(steps)), int64(10*panelWidth*(j+1)/len(steps))
			if wide := to - from; wide > 4*10*columnGap {
				to -= 10 * columnGap
			}
			y := 10*panelBase - height(*n)
			bar := columnBar{X: tenths(from), Width: tenths(to - from), Y: tenths(min(y, zero)), Height: tenths(max(y, zero) - min(y, zero))}
			if len(steps) <= columnTitles {
				bar.Title = steps[j] + ": " + say(*n)
			}
			one.Columns = append(one.Columns, bar)
		}
		one.Desc = v.panelDesc(steps, s.of, say)
		p.All = append(p.All, one)
	}
	return p
}

// panelDesc says in words what a panel shows: its ends, and the largest and smallest value.
func (v *visit) panelDesc(steps []string, of []*int64, say func(int64) string) string {
	least, most := -1, -1
	for i, n := range of {
		if n == nil {
			continue
		}
		if least < 0 || *n < *of[least] {
			least = i
		}
		if most < 0 || *n > *of[most] {
			most = i
		}
	}
	if most < 0 {
		return v.Say("overview.no_columns")
	}
	return fmt.Sprintf(v.Say("overview.columns"), steps[0], steps[len(steps)-1], say(*of[most]), steps[most], say(*of[least]), steps[least])
}

// tenths writes tenths of a unit of a drawing.
func tenths(n int64) string { return domain.DecimalOf(n, 1).String() }
