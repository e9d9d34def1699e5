package compensation

import (
	"math"

	"careledger/domain"
)

// Minutes are what was granted to one case at one unit in one month, and what was performed there. Case and Unit are positions in the
// facts' Cases and Units.
type Minutes struct {
	Case      uint32
	Unit      uint16
	Month     domain.Month
	Need      int64 // under standard-time decisions
	Frame     int64 // under frame-time decisions
	Performed int64
}

// Granted returns the minutes granted under decisions of either method.
func (m Minutes) Granted() int64 { return m.Need + m.Frame }

// EachMinutes visits the case, unit and month combinations of the period with minutes granted or performed, sorted. Absences do not
// reduce what is granted: that is each model's own rule. Time of home health care is left out, since nothing is granted for it.
func (p *Prepared) EachMinutes(visit func(Minutes)) {
	granted, performed := p.granted(), p.performed()
	months := make([]Minutes, max(0, int(p.To-p.From)+1))
	for i := range granted {
		g, f := &granted[i], &performed[i]
		for cs := g.first; cs < g.end; cs++ {
			was, is := g.linesOf(cs), f.linesOf(cs)
			for len(was) > 0 || len(is) > 0 {
				unit := uint16(math.MaxUint16)
				if len(was) > 0 {
					unit = was[0].unit
				}
				if len(is) > 0 {
					unit = min(unit, is[0].unit)
				}
				clear(months)
				for ; len(was) > 0 && was[0].unit == unit; was = was[1:] {
					for row := was[0].from; row < was[0].to; row++ {
						switch class, method := g.varietyAt(row); {
						case class == domain.GrantFrame:
							months[g.Month[row]-p.From].Frame += g.Count[row]
						case domain.Methods[method] != domain.MethodFrameTime:
							months[g.Month[row]-p.From].Need += g.Count[row]
						}
					}
				}
				for ; len(is) > 0 && is[0].unit == unit; is = is[1:] {
					for row := is[0].from; row < is[0].to; row++ {
						months[f.Month[row]-p.From].Performed += f.Count[row]
					}
				}
				for i, m := range months {
					if m.Granted() != 0 || m.Performed != 0 {
						m.Case, m.Unit, m.Month = cs, unit, p.From+domain.Month(i)
						visit(m)
					}
				}
			}
		}
	}
}
