package web

// A chart of bars is for shares of a whole: drawn in whole units, told apart by where they stand and not by colour, with its data in the table beneath.
// The chart of a sweep is another one (internal/report).

// The layout, in units of the drawing.
const (
	barsMost   = 24  // that are read one by one
	barsWidth  = 600 // of a whole share
	barHeight  = 20
	barLine    = 48 // a bar and its label above
	barsMargin = 16
)

// barsView is a chart of bars.
type barsView struct {
	voice
	ID          string // unique on the page
	Title, Desc string
	Bars        []barView
}

type barView struct {
	Label, Value string
	Width        int // of barsWidth
	Y            int
}

func (b *barsView) add(label, value string, width int) {
	b.Bars = append(b.Bars, barView{label, value, width, barsMargin + len(b.Bars)*barLine})
}

// Height, BarHeight and the others are for the template.
func (b *barsView) Height() int    { return 2*barsMargin + len(b.Bars)*barLine }
func (b *barsView) Width() int     { return barsWidth + 160 }
func (b *barsView) Whole() int     { return barsWidth }
func (b *barsView) BarHeight() int { return barHeight }

// LabelY, BarY and ValueX are where the parts of a bar stand.
func (b barView) LabelY() int { return b.Y + 12 }
func (b barView) BarY() int   { return b.Y + 18 }
func (b barView) ValueY() int { return b.Y + 33 }
func (b barView) ValueX() int { return b.Width + 8 }
