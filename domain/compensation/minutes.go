package compensation

import (
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
	granted, performed := &p.granted, &p.performed
	months := make([]Minutes, max(0, int(p.To-p.From)+1))
	for g, f := 0, 0; g < len(granted.Case) || f < len(performed.Case); {
		at, is := granted.groupAt(g), performed.groupAt(f)
		if at > is {
			at = is
		}
		clear(months)
		for ; g < len(granted.Case) && granted.groupAt(g) == at; g++ {
			switch m := &months[granted.Month[g]]; {
			case granted.Class[g] == domain.GrantFrame:
				m.Frame += granted.Minutes[g]
			case domain.Methods[granted.Method[g]] != domain.MethodFrameTime:
				m.Need += granted.Minutes[g]
			}
		}
		for ; f < len(performed.Case) && performed.groupAt(f) == at; f++ {
			months[performed.Month[f]].Performed += performed.Minutes[f]
		}
		for i, m := range months {
			if m.Granted() != 0 || m.Performed != 0 {
				m.Case, m.Unit, m.Month = uint32(at>>16), uint16(at), p.From+domain.Month(i)
				visit(m)
			}
		}
	}
}

// groupAt orders the case and unit of a row; what is past the last row comes after all of them.
func (c *cells) groupAt(i int) uint64 {
	if i >= len(c.Case) {
		return 1 << 48
	}
	return uint64(c.Case[i])<<16 | uint64(c.Unit[i])
}
