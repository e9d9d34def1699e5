package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/words"
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
	lines                 []chartLine
	decimals              int          // of the values: a point's x counts 10^-decimals
	adopted               domain.Money // a level beside the lines
	right                 int          // end of the plot
	language              words.Language
	part                  bool       // of a page, which has the heading, the stamp and the numbers of its language
	mark                  *ChartMark // nil for none
	markAt                int64      // its x
}

// ChartMark is a value that a chart of a sweep points out, and the total there.
type ChartMark struct {
	Value domain.Decimal
	Total domain.Money
}

// chartLine is the totals of a sweep; of a grid, those of one value of its second parameter.
type chartLine struct {
	across string
	points []chartPoint
}

type chartPoint struct {
	value domain.Decimal
	x     int64
	y     domain.Money
}

// said is a point in words.
func (c *chart) said(p chartPoint) string {
	return c.number(p.value.String()) + ": " + c.number(p.y.String()) + " kr"
}

// say returns a text of the catalogue with words in it.
func (c *chart) say(key string, words ...any) string {
	return fmt.Sprintf(c.language.Word("chart", key), words...)
}

// The layout, in units of the drawing, under a heading of two lines.
const (
	chartWidth, chartHeight, chartLeft       = 960, 540, 30
	plotLeft, plotRight, plotTop, plotBottom = 150, 930, 96, 430
	labelWidth, labelHeight                  = 130, 17 // of what stands at the end of a grid's lines
	headingHeight, stampHeight               = 48, 48
	chartTicks                               = 6  // that fit well
	statedPoints                             = 60 // of more points only the line is drawn, and none is said
)

// ErrNoSweep says that a chart was asked for of a replay without a sweep.
var ErrNoSweep = errors.New("a chart is drawn of a sweep, and there is none; give --sweep POLICY.PARAM=A..B:STEP, or write the answer to a file that ends in .xlsx or .csv")

// ChartLinesError says that a grid has more lines than a chart tells apart.
type ChartLinesError struct {
	Most      int
	Parameter string // whose values are the lines
	Values    int
}

func (e *ChartLinesError) Error() string {
	return fmt.Sprintf("a chart tells %d lines apart, and %s has %d values; write longer steps, or write the grid to a file that ends in .xlsx or .csv", e.Most, e.Parameter, e.Values)
}

// chartStrokes tell the lines of a grid apart, beside what stands at their ends: the dashes of each.
func chartStrokes() []string {
	return []string{"", "14 4", "2 3", "14 4 2 4", "6 3", "14 4 2 4 2 4", "20 3", "4 6"}
}

// sweepChart draws the totals of a sweep, or of a grid as a line for each value of the second parameter.
func sweepChart(w io.Writer, r *replay.Result) error {
	if r.Swept == nil {
		return ErrNoSweep
	}
	c := &chart{language: words.English, subtitle: "Replay" + months(r.Period) + ". " + asKnown(r.Authority, r.AsOf) + ".", note: assumedNote(r)}
	return c.write(w, r)
}

// SweepFigure writes the chart of a sweep or grid as SVG for a page in a language. The page says of when and what it is, and has the stamp: the figure
// has neither. mark is a value that it points out, nil for none. It returns an error where there is no sweep, or too many lines to tell apart.
func SweepFigure(w io.Writer, l words.Language, r *replay.Result, mark *ChartMark) error {
	if r.Swept == nil {
		return ErrNoSweep
	}
	c := &chart{language: l, note: assumedNote(r), part: true, mark: mark}
	return c.write(w, r)
}

// write draws a sweep.
func (c *chart) write(w io.Writer, r *replay.Result) error {
	c.title, c.yTitle = c.say("title", r.Swept.Parameter), c.say("y_title")
	c.xTitle, c.adopted, c.right = c.swept(r.Swept), r.Adopted().Total, plotRight
	if r.SweptAcross != nil {
		c.title += c.say("and", r.SweptAcross.Parameter)
		c.subtitle = strings.TrimSpace(c.subtitle + " " + c.say("each_line", c.swept(r.SweptAcross)))
		c.right -= labelWidth
	}
	if err := c.read(r.Runs); err != nil {
		return err
	}
	if most := len(chartStrokes()); len(c.lines) > most {
		return &ChartLinesError{most, r.SweptAcross.Parameter, len(c.lines)}
	}
	c.desc = c.describe(r)
	var b bytes.Buffer
	c.draw(&b, r)
	_, err := w.Write(b.Bytes())
	return err
}

// read takes the steps of the sweep as points, in lines of the same second value.
func (c *chart) read(runs []replay.Run) error {
	for _, run := range runs {
		if !run.Step {
			continue
		}
		v, err := domain.ParseDecimal(run.Value)
		if err != nil {
			return err
		}
		c.decimals = max(c.decimals, v.Decimals())
		i := slices.IndexFunc(c.lines, func(l chartLine) bool { return l.across == run.Across })
		if i < 0 {
			i = len(c.lines)
			c.lines = append(c.lines, chartLine{across: run.Across})
		}
		c.lines[i].points = append(c.lines[i].points, chartPoint{value: v, y: run.Total})
	}
	fits := true
	if c.mark != nil {
		c.decimals = max(c.decimals, c.mark.Value.Decimals())
		if c.markAt, fits = c.mark.Value.Scaled(c.decimals); !fits {
			return fmt.Errorf("the value %s has more digits than a chart can be drawn with", c.mark.Value)
		}
	}
	for _, l := range c.lines {
		for i := range l.points {
			p := &l.points[i]
			if p.x, fits = p.value.Scaled(c.decimals); !fits {
				return fmt.Errorf("the value %s has more digits than a chart can be drawn with", p.value)
			}
		}
	}
	return nil
}

// stated says whether the points are marked and said one by one: not where they are too many to be read.
func (c *chart) stated() bool {
	n := 0
	for _, l := range c.lines {
		n += len(l.points)
	}
	return n <= statedPoints
}

// describe says in words what the chart shows.
func (c *chart) describe(r *replay.Result) string {
	var b strings.Builder
	for _, said := range []string{c.subtitle, c.note} {
		if said != "" {
			b.WriteString(said + " ")
		}
	}
	for _, l := range c.lines {
		first, last := l.points[0], l.points[len(l.points)-1]
		b.WriteString(c.say("line"))
		if r.SweptAcross != nil {
			b.WriteString(c.say("line_of", r.SweptAcross.Parameter, c.number(l.across)))
		}
		b.WriteString(c.say("from_to", c.number(first.y.String()), c.number(first.value.String()), c.number(last.y.String()), c.number(last.value.String()), len(l.points)))
		if c.stated() {
			for i, p := range l.points {
				b.WriteString([2]string{": ", "; "}[min(i, 1)] + c.said(p))
			}
		}
		b.WriteString(". ")
	}
	b.WriteString(c.say("level", c.number(c.adopted.String())))
	if c.mark != nil {
		b.WriteString(" " + c.say("mark", c.number(c.mark.Value.String()), c.number(c.mark.Total.String())))
	}
	if c.part {
		return b.String()
	}
	for i, l := range stampLines(r) { // no full stop after the command, which is copied from here
		fmt.Fprintf(&b, "%s %s: %s", [2]string{"", "."}[min(i, 1)], l[0], l[1])
	}
	return b.String()
}

// swept is a swept parameter with its unit, on a page in its language.
func (c *chart) swept(s *replay.Swept) string {
	if !c.part {
		return sweptText(s)
	}
	of := *s
	of.Unit = c.language.UnitOfValue(s.Unit)
	return sweptText(&of)
}

// number writes a number in plain notation with spaces that do not break: as it is written in Sweden (17 260 478,10) but on a page in English, which has a point.
func (c *chart) number(plain string) string {
	if c.part {
		return c.language.Number(plain)
	}
	return words.Swedish.Number(plain)
}

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

// tenths returns where a value stands.
func (s scale) tenths(v int64) int64 {
	n := new(big.Int).Mul(big.NewInt(v-s.low), big.NewInt(s.to-s.from))
	return s.from + n.Quo(n, big.NewInt(s.high-s.low)).Int64()
}

// at returns where a value stands, in drawing units.
func (s scale) at(v int64) string {
	tenths := s.tenths(v)
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
	for _, l := range c.lines {
		for _, p := range l.points {
			xs, ys = append(xs, p.x), append(ys, int64(p.y))
		}
	}
	if c.mark != nil {
		xs, ys = append(xs, c.markAt), append(ys, int64(c.mark.Total))
	}
	x, y := newScale(xs, plotLeft*10, int64(c.right)*10), newScale(ys, plotBottom*10, plotTop*10)
	heading, below := c.heading()
	height := chartHeight + below
	if c.part {
		heading, below = "", -headingHeight
		height = chartHeight - headingHeight - stampHeight
	}
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="chart-title chart-desc" font-family="Helvetica, Arial, sans-serif" font-size="14">`+"\n",
		chartWidth, height, chartWidth, height)
	fmt.Fprintf(b, "<title id=\"chart-title\">%s</title>\n<desc id=\"chart-desc\">%s</desc>\n", escaped(c.title), escaped(c.desc))
	fmt.Fprintf(b, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n%s<g transform=\"translate(0,%d)\">\n", chartWidth, height, heading, below)
	text := func(at, anchor, style, s string) {
		fmt.Fprintf(b, "<text %s text-anchor=\"%s\"%s>%s</text>\n", at, anchor, style, escaped(s))
	}
	yTitle := c.yTitle
	if y.low > 0 || y.high < 0 {
		yTitle += c.say("not_zero")
	}
	text(fmt.Sprintf(`x="%d" y="%d"`, chartLeft, plotTop-18), "start", "", yTitle)
	y.ticks(func(v int64) {
		fmt.Fprintf(b, "<line x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%s\" stroke=\"#ccc\"/>\n", plotLeft, c.right, y.at(v), y.at(v))
		text(fmt.Sprintf(`x="%d" y="%s" dy="5"`, plotLeft-10, y.at(v)), "end", "", c.tickText(v, 2, y.step))
	})
	x.ticks(func(v int64) {
		fmt.Fprintf(b, "<line x1=\"%s\" x2=\"%s\" y1=\"%d\" y2=\"%d\" stroke=\"#000\"/>\n", x.at(v), x.at(v), plotBottom, plotBottom+6)
		text(fmt.Sprintf(`x="%s" y="%d"`, x.at(v), plotBottom+24), "middle", "", c.tickText(v, c.decimals, x.step))
	})
	fmt.Fprintf(b, "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#000\"/>\n", plotLeft, plotTop, plotBottom, c.right)
	text(fmt.Sprintf(`x="%d" y="%d"`, (plotLeft+c.right)/2, plotBottom+50), "middle", "", c.xTitle)
	c.drawLines(b, x, y)
	if r.Stamp != nil && !c.part {
		text(fmt.Sprintf(`x="%d" y="%d"`, chartLeft, chartHeight-16), "start", ` font-size="11"`, fmt.Sprintf("Log of authority %s at event %s, root %s…; %s",
			r.Authority, c.number(fmt.Sprint(r.Stamp.Sequence)), r.Stamp.Root[:16], r.Stamp.Engine))
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

// drawLines draws the totals, and what is adopted.
func (c *chart) drawLines(b *bytes.Buffer, x, y scale) {
	adopted := y.at(int64(c.adopted))
	fmt.Fprintf(b, "<line x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%s\" stroke=\"#000\" stroke-dasharray=\"8 5\"/>\n", plotLeft, c.right, adopted, adopted)
	for i, l := range c.lines {
		at := make([]string, len(l.points))
		for j, p := range l.points {
			at[j] = x.at(p.x) + "," + y.at(int64(p.y))
		}
		dashes := ""
		if s := chartStrokes()[i]; s != "" {
			dashes = fmt.Sprintf(" stroke-dasharray=\"%s\"", s)
		}
		fmt.Fprintf(b, "<polyline points=\"%s\" fill=\"none\" stroke=\"#000\" stroke-width=\"2\"%s/>\n", strings.Join(at, " "), dashes)
		if !c.stated() {
			continue
		}
		for _, p := range l.points {
			fmt.Fprintf(b, "<circle cx=\"%s\" cy=\"%s\" r=\"4\"><title>%s</title></circle>\n", x.at(p.x), y.at(int64(p.y)), c.said(p))
		}
	}
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%s\" dy=\"-6\" text-anchor=\"end\" stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\">%s</text>\n", c.right, adopted,
		escaped(c.say("adopted", c.number(c.adopted.String()))))
	c.label(b, y)
	if c.mark != nil {
		fmt.Fprintf(b, "<circle cx=\"%s\" cy=\"%s\" r=\"9\" fill=\"none\" stroke=\"#000\" stroke-width=\"3\"/>\n", x.at(c.markAt), y.at(int64(c.mark.Total)))
	}
}

// label writes the second value of each line of a grid at its end, below each other where lines end close together.
func (c *chart) label(b *bytes.Buffer, y scale) {
	ends := slices.Clone(c.lines)
	last := func(l chartLine) domain.Money { return l.points[len(l.points)-1].y }
	slices.SortStableFunc(ends, func(l, m chartLine) int { return cmp.Compare(last(m), last(l)) })
	free := int64(0) // tenths from the top
	for _, l := range ends {
		if l.across == "" {
			continue
		}
		at := max(y.tenths(int64(last(l))), free)
		free = at + labelHeight*10
		fmt.Fprintf(b, "<text x=\"%d\" y=\"%d.%d\" dy=\"5\">%s</text>\n", c.right+12, at/10, at%10, escaped(c.number(l.across)))
	}
}

// tickText writes a tick's value, which counts 10^-decimals, with the decimals that the step needs.
func (c *chart) tickText(v int64, decimals int, step int64) string {
	shown := domain.DecimalOf(step, decimals).Decimals()
	d := domain.DecimalOf(v, decimals)
	text := d.String()
	if have := d.Decimals(); shown > have {
		if have == 0 {
			text += "."
		}
		text += strings.Repeat("0", shown-have)
	}
	return c.number(text)
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes all
	return b.String()
}
