package compensation

import (
	"careledger/domain"
)

// time counts minutes that are paid by the hour, of the segment's line at a position.
func (k *compiled) time(l *line, at int) error {
	c, s := k.segment, k.begin(l.cs, l.unit, l.category, l.band)
	if k.lines != nil {
		s.hash = &k.lines[at]
	}
	decided, applies := false, k.when == nil // of the line
	for row := l.from; row < l.to; {
		month, sum := c.Month[row], int64(0)
		for ; row < l.to && c.Month[row] == month; row++ {
			if k.count[row] == 0 || !k.months.Has(month) || c.Variety != nil && !k.counted[c.Variety[row]] {
				continue
			}
			if k.when != nil && !(decided && k.byLine) {
				var err error
				if applies, err = k.when.holds(k.codesOf(l, row)); err != nil {
					return err
				}
				decided = true
			}
			if applies {
				sum += k.count[row]
			}
		}
		if sum > 0 {
			s.add(month, sum)
		}
	}
	return k.end(s)
}

// codesOf returns the codes of a row of a line.
func (k *compiled) codesOf(l *line, row uint32) codes {
	at := codesOf(l.cs, l.unit, uint16(k.segment.Month[row]-k.From))
	at.category, at.band = l.category, l.band
	_, at.method = k.segment.varietyAt(row)
	return at
}

// supplement counts the minutes above a threshold, over all categories and bands. lines are those of a case.
func (k *compiled) supplement(lines []line) error {
	c := k.segment
	if k.sums == nil {
		k.sums = make([]int64, int(k.To-k.From)+1)
	}
	for i := 0; i < len(lines); {
		cs, unit := lines[i].cs, lines[i].unit
		low, high := k.To+1, k.From-1
		for ; i < len(lines) && lines[i].unit == unit; i++ {
			l := &lines[i]
			for row := l.from; row < l.to; row++ {
				month := c.Month[row]
				if k.count[row] == 0 || !k.months.Has(month) || c.Variety != nil && !k.counted[c.Variety[row]] {
					continue
				}
				if applies, err := k.when.holds(k.codesOf(l, row)); err != nil {
					return err
				} else if applies {
					k.sums[month-k.From] += k.count[row]
					low, high = min(low, month), max(high, month)
				}
			}
		}
		s := k.begin(cs, unit, NoCode, NoCode)
		for month := low; month <= high; month++ {
			sum := k.sums[month-k.From]
			if k.sums[month-k.From] = 0; sum == 0 {
				continue
			}
			threshold, err := k.threshold.inMonth(uint16(month-k.From), codesOf(cs, unit, uint16(month-k.From)))
			if err != nil {
				return err
			}
			if sum > threshold {
				s.add(month, sum-threshold)
			}
		}
		if err := k.end(s); err != nil {
			return err
		}
	}
	return nil
}

// thresholdOf returns a threshold in minutes.
func (k *compiled) thresholdOf(value domain.Decimal, day domain.Date) (int64, error) {
	minutes, problem := wholeMinutes(value)
	if problem != "" {
		return 0, &ValueError{k.policy, k.ID, "threshold_minutes", day, value.String() + " is " + problem}
	}
	return minutes, nil
}
