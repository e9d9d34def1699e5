package compensation

// monthQuantum makes days of any month a whole number of parts: the least common multiple of 28, 29, 30 and 31.
const monthQuantum = 377_580

// fixed counts the months, or the days of them, that an amount is paid for. cs is the line's case, NoCase for a unit as a whole.
func (k *compiled) fixed(l *line, cs uint32) error {
	s, decided, applies := k.begin(cs, l.unit, l.category, l.band), false, k.when == nil
	for row := l.from; row < l.to; row++ {
		month, days := k.segment.Month[row], k.count[row]
		if !k.months.Has(month) || k.Prorate && days == 0 {
			continue
		}
		if k.when != nil && !(decided && k.byLine) {
			at := codesOf(cs, l.unit, uint16(month-k.From))
			at.category, at.band = l.category, l.band
			var err error
			if applies, err = k.when.holds(at); err != nil {
				return err
			}
			decided = true
		}
		switch {
		case !applies:
		case k.Prorate:
			s.add(month, days*(k.out.Quantum/int64(k.firsts[month-k.From+1]-k.firsts[month-k.From])))
		default:
			s.add(month, k.out.Quantum)
		}
	}
	return k.end(s)
}
