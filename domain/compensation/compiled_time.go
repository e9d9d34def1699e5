package compensation

import (
	"careledger/domain"
)

// time pays minutes by the hour.
func (k *compiled) time(c *cells, minutes []int64) error {
	inForce := k.inForce()
	for i := 0; i < len(c.Case); {
		sum, j := int64(0), i
		for ; j < len(c.Case) && (j == i || c.sameCell(i, j)); j++ {
			if minutes[j] == 0 || !inForce[c.Month[j]] || !k.counted(c.Class[j], c.Method[j]) {
				continue
			}
			if k.when != nil { // most have none, and this is where the evaluator spends its time
				if applies, err := k.when.holds(c.codes(j)); err != nil {
					return err
				} else if !applies {
					continue
				}
			}
			sum += minutes[j]
		}
		if sum > 0 {
			month := k.From + domain.Month(c.Month[i])
			r, err := k.rates.inMonth(c.Month[i], codes{unit: c.Unit[i], category: c.Category[i], band: c.Band[i]})
			if err != nil {
				return err
			}
			if err := k.post(r, c.Unit[i], month, c.Case[i], c.Category[i], c.Band[i], -1, -1, sum); err != nil {
				return err
			}
		}
		i = j
	}
	return nil
}

// codes returns those of row i.
func (c *cells) codes(i int) codes {
	at := codesOf(c.Case[i], c.Unit[i], c.Month[i])
	at.category, at.band, at.method = c.Category[i], c.Band[i], c.Method[i]
	return at
}

// supplement pays by the hour the minutes above a threshold, over all categories and bands.
func (k *compiled) supplement(c *cells, minutes []int64) error {
	inForce := k.inForce()
	sums := make([]int64, len(inForce)) // by month, of the case and unit at hand
	for i := 0; i < len(c.Case); {
		j, low, high := i, len(sums), -1
		for ; j < len(c.Case) && c.Case[j] == c.Case[i] && c.Unit[j] == c.Unit[i]; j++ {
			if minutes[j] == 0 || !inForce[c.Month[j]] || !k.counted(c.Class[j], c.Method[j]) {
				continue
			}
			applies, err := k.when.holds(c.codes(j))
			if err != nil {
				return err
			}
			if applies {
				month := int(c.Month[j])
				sums[month] += minutes[j]
				low, high = min(low, month), max(high, month)
			}
		}
		for month := low; month <= high; month++ {
			sum := sums[month]
			if sums[month] = 0; sum == 0 {
				continue
			}
			if err := k.above(codesOf(c.Case[i], c.Unit[i], uint16(month)), sum); err != nil {
				return err
			}
		}
		i = j
	}
	return nil
}

// above posts the minutes above the threshold, if there are any.
func (k *compiled) above(at codes, minutes int64) error {
	threshold, err := k.threshold.inMonth(at.month, at)
	if err != nil || minutes <= threshold {
		return err
	}
	r, err := k.rates.inMonth(at.month, at)
	if err != nil {
		return err
	}
	return k.post(r, at.unit, k.From+domain.Month(at.month), at.cs, NoCode, NoCode, -1, -1, minutes-threshold)
}

// thresholdOf returns a threshold in minutes.
func (k *compiled) thresholdOf(value domain.Decimal, day domain.Date) (int64, error) {
	minutes, problem := wholeMinutes(value)
	if problem != "" {
		return 0, &ValueError{k.policy, k.ID, "threshold_minutes", day, value.String() + " is " + problem}
	}
	return minutes, nil
}
