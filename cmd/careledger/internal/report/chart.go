package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"

	"careledger/domain"
	"careledger/replay"
)

// A chart is drawn in whole tenths of its units, so that the same answer is the same bytes on every machine. It is black on white, told apart by
// strokes and not by colours, and says in words what it shows, for those who do not see it. Charting libraries have neither, and a line with
// two axes is little to draw.

// chart is totals against the values of a parameter.
type chart struct {
	title, subtitle, note string
	desc                  string
	xTitle, yTitle        string
	points                []chartPoint
	decimals              int          // of the values: a point's x counts 10^-decimals
	adopted               domain.Money // a line beside the points
}

type chartPoint struct {
	x     int64
	value string
	y     domain.Money
}

// The layout, in units of the drawing, under a heading of two lines.
const (
	chartWidth, chartHeight, chartLeft       = 960, 540, 30
	plotLeft, plotRight, plotTop, plotBottom = 150, 930, 96, 430
	headingHeight                            = 48
	chartTicks                               = 6  // that fit well
	statedPoints                             = 60 // of more points only the line is drawn, and none is said
)

const chartNoSweep = "a chart is drawn of a sweep, and there is none; give --sweep POLICY.PARAM=A..B:STEP, or write the answer to a file that ends in .xlsx or .csv"

const chartOfGrid = "a chart is drawn of one swept parameter; give --sweep once, or write the grid to a file that ends in .xlsx or .csv"

// sweepChart draws the totals of a sweep.
func sweepChart(w io.Writer, r *replay.Result) error {
	if r.Swept == nil {
		return errors.New(chartNoSweep)
	}
	if r.SweptAcross != nil {
		return errors.New(chartOfGrid)
	}
	c := &chart{title: "Total compensation by " + r.Swept.Parameter, subtitle: "Replay" + months(r.Period) + ". " + asKnown(r.Authority, r.AsOf),
		note: assumedNote(r), xTitle: r.Swept.Parameter, yTitle: "Total, kronor", adopted: r.Adopted().Total}
	if r.Swept.Unit != "" {
		c.xTitle += ", " + r.Swept.Unit
	}
	if err := c.read(r.Runs); err != nil {
		return err
	}
	c.desc = c.describe(r)
	var b bytes.Buffer
	c.draw(&b, r)
	_, err := w.Write(b.Bytes())
	return err
}

// read takes the steps of the sweep as points.
func (c *chart) read(runs []replay.Run) error {
	var values []domain.Decimal
	for _, run := range runs {
		if !run.Step {
			continue
		}
		v, err := domain.ParseDecimal(run.Value)
		if err != nil {
			return err
		}
		values = append(values, v)
		c.decimals = max(c.decimals, v.Decimals())
		c.points = append(c.points, chartPoint{value: run.Value, y: run.Total})
	}
	for i, v := range values {
		x, fits := v.Scaled(c.decimals)
		if !fits {
			return fmt.Errorf("the value %s has more digits than a chart can be drawn with", v)
		}
		c.points[i].x = x
	}
	return nil
}

// describe says in words what the chart shows.
func (c *chart) describe(r *replay.Result) string {
	first, last := c.points[0], c.points[len(c.points)-1]
	var b strings.Builder
	b.WriteString(c.subtitle + ". ")
	if c.note != "" {
		b.WriteString(c.note + " ")
	}
	fmt.Fprintf(&b, "A line from %s kr at %s to %s kr at %s in %d steps; a dashed line at what the adopted policies pay, %s kr.",
		kronorText(first.y), comma(first.value), kronorText(last.y), comma(last.value), len(c.points), kronorText(c.adopted))
	if len(c.points) <= statedPoints {
		b.WriteString(" The points:")
		for i, p := range c.points {
			if i > 0 {
				b.WriteByte(';')
			}
			fmt.Fprintf(&b, " %s: %s kr", comma(p.value), kronorText(p.y))
		}
		b.WriteByte('.')
	}
	for _, l := range stampLines(r) {
		fmt.Fprintf(&b, " %s: %s.", l[0], l[1])
	}
	return b.String()
}

// kronorText writes an amount as it is written in Sweden: 17 260 478,10, with spaces that do not break.
func kronorText(m domain.Money) string { return swedishNumber(m.String()) }

func swedishNumber(s string) string {
	return strings.Replace(strings.ReplaceAll(strings.ReplaceAll(Thousands(s), " ", "\u00a0"), ".", ","), "-", "\u2212", 1)
}

func comma(s string) string { return strings.Replace(s, ".", ",", 1) }

// scale maps values between two ends to tenths of drawing units.
type scale struct {
	low, high int64 // multiples of step
	step      int64 // between ticks
	from, to  int64 // tenths
}

// newScale returns a scale over values, whose ticks stand at 1, 2 or 5 times a power of ten.
func newScale(values []int64, from, to int64) scale {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if low == high { // one value: it stands in the middle
		low, high = low-1, high+1
	}
	s := scale{step: 1, from: from, to: to}
	for i := 0; (high-low)/s.step >= chartTicks; i++ {
		s.step = s.step / [3]int64{1, 2, 5}[i%3] * [3]int64{2, 5, 10}[i%3]
	}
	s.low, s.high = floorTo(low, s.step), -floorTo(-high, s.step)
	return s
}

// floorTo returns the largest multiple of step that is not above v.
func floorTo(v, step int64) int64 {
	rest := v % step
	if rest < 0 {
		rest += step
	}
	return v - rest
}

// at returns where a value stands.
func (s scale) at(v int64) string {
	n := new(big.Int).Mul(big.NewInt(v-s.low), big.NewInt(s.to-s.from))
	tenths := s.from + n.Quo(n, big.NewInt(s.high-s.low)).Int64()
	return fmt.Sprintf("%d.%d", tenths/10, tenths%10)
}

// ticks visits the values at which a tick stands.
func (s scale) ticks(visit func(v int64)) {
	for v := s.low; v <= s.high; v += s.step {
		visit(v)
	}
}

func (c *chart) draw(b *bytes.Buffer, r *replay.Result) {
	var xs []int64
	ys := []int64{int64(c.adopted)}
	for _, p := range c.points {
		xs, ys = append(xs, p.x), append(ys, int64(p.y))
	}
	x, y := newScale(xs, plotLeft*10, plotRight*10), newScale(ys, plotBottom*10, plotTop*10)
	heading, below := c.heading()
	height := chartHeight + below
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="chart-title chart-desc" font-family="Helvetica, Arial, sans-serif" font-size="14">`+"\n",
		chartWidth, height, chartWidth, height)
	fmt.Fprintf(b, "<title id=\"chart-title\">%s</title>\n<desc id=\"chart-desc\">%s</desc>\n", escaped(c.title), escaped(c.desc))
	fmt.Fprintf(b, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n%s<g transform=\"translate(0,%d)\">\n", chartWidth, height, heading, below)
	text := func(at, anchor, style, s string) {
		fmt.Fprintf(b, "<text %s text-anchor=\"%s\"%s>%s</text>\n", at, anchor, style, escaped(s))
	}
	yTitle := c.yTitle
	if y.low > 0 || y.high < 0 {
		yTitle += "; the axis does not begin at 0"
	}
	text(fmt.Sprintf(`x="%d" y="%d"`, chartLeft, plotTop-18), "start", "", yTitle)
	y.ticks(func(v int64) {
		fmt.Fprintf(b, "<line x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%s\" stroke=\"#ccc\"/>\n", plotLeft, plotRight, y.at(v), y.at(v))
		text(fmt.Sprintf(`x="%d" y="%s" dy="5"`, plotLeft-10, y.at(v)), "end", "", tickText(v, 2, y.step))
	})
	x.ticks(func(v int64) {
		fmt.Fprintf(b, "<line x1=\"%s\" x2=\"%s\" y1=\"%d\" y2=\"%d\" stroke=\"#000\"/>\n", x.at(v), x.at(v), plotBottom, plotBottom+6)
		text(fmt.Sprintf(`x="%s" y="%d"`, x.at(v), plotBottom+24), "middle", "", tickText(v, c.decimals, x.step))
	})
	fmt.Fprintf(b, "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#000\"/>\n", plotLeft, plotTop, plotBottom, plotRight)
	text(fmt.Sprintf(`x="%d" y="%d"`, (plotLeft+plotRight)/2, plotBottom+50), "middle", "", c.xTitle)
	c.lines(b, x, y)
	if r.Stamp != nil {
		text(fmt.Sprintf(`x="%d" y="%d"`, chartLeft, chartHeight-16), "start", ` font-size="11"`, fmt.Sprintf("Log of authority %s at event %s, root %s…; %s",
			r.Authority, swedishNumber(fmt.Sprint(r.Stamp.Sequence)), r.Stamp.Root[:16], r.Stamp.Engine))
	}
	b.WriteString("</g>\n</svg>\n")
}

// heading returns the lines above the plot, and how far they push it down.
func (c *chart) heading() (drawn string, below int) {
	var b strings.Builder
	y := 0
	for _, part := range []struct {
		text, style string
		wide, line  int // characters that fit on a line, and its height
	}{
		{c.title, `font-size="20" font-weight="bold"`, 75, 28}, {c.subtitle, `font-size="13"`, 115, 20}, {c.note, `font-size="13" font-weight="bold"`, 105, 20},
	} {
		for _, line := range wrapped(part.text, part.wide) {
			y += part.line
			fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" %s>%s</text>\n", chartLeft, y, part.style, escaped(line))
		}
	}
	return b.String(), y - headingHeight
}

// lines draws the totals, and what is adopted.
func (c *chart) lines(b *bytes.Buffer, x, y scale) {
	adopted := y.at(int64(c.adopted))
	fmt.Fprintf(b, "<line x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%s\" stroke=\"#000\" stroke-dasharray=\"8 5\"/>\n", plotLeft, plotRight, adopted, adopted)
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%s\" dy=\"-6\" text-anchor=\"end\" stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\">%s</text>\n", plotRight, adopted,
		escaped("adopted "+kronorText(c.adopted)+" kr"))
	at := make([]string, len(c.points))
	for i, p := range c.points {
		at[i] = x.at(p.x) + "," + y.at(int64(p.y))
	}
	fmt.Fprintf(b, "<polyline points=\"%s\" fill=\"none\" stroke=\"#000\" stroke-width=\"2\"/>\n", strings.Join(at, " "))
	if len(c.points) > statedPoints {
		return
	}
	for _, p := range c.points {
		fmt.Fprintf(b, "<circle cx=\"%s\" cy=\"%s\" r=\"4\"><title>%s: %s kr</title></circle>\n", x.at(p.x), y.at(int64(p.y)), escaped(comma(p.value)), kronorText(p.y))
	}
}

// tickText writes a tick's value, which counts 10^-decimals, with the decimals that the step needs.
func tickText(v int64, decimals int, step int64) string {
	shown := domain.DecimalOf(step, decimals).Decimals()
	d := domain.DecimalOf(v, decimals)
	text := d.String()
	if have := d.Decimals(); shown > have {
		if have == 0 {
			text += "."
		}
		text += strings.Repeat("0", shown-have)
	}
	return swedishNumber(text)
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes all
	return b.String()
}
