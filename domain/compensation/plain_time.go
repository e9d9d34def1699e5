package compensation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"careledger/domain"
)

// time pays minutes by the hour, per case, unit, category, band and month.
func (c *plainComponent) time() (all []Posting, err error) {
	for i := range c.Cases {
		facts := &c.Cases[i]
		var postings []Posting
		for _, month := range c.months() {
			minutes, err := c.admitted(facts, month, func(r row) row {
				r.method = "" // read by when, but no part of what a posting is per
				return r
			})
			if err != nil {
				return nil, err
			}
			for _, r := range sortedRows(minutes) {
				rate, err := c.value(c.Rate, &r, month.First())
				if err != nil {
					return nil, err
				}
				p, err := c.post(&r, whole(minutes[r]), rate, 60)
				if err != nil {
					return nil, err
				}
				postings = append(postings, p)
			}
		}
		slices.SortFunc(postings, func(a, b Posting) int {
			return cmp.Or(strings.Compare(a.Unit, b.Unit), domain.Categories.Index(a.Category)-domain.Categories.Index(b.Category),
				domain.Bands.Index(a.Band)-domain.Bands.Index(b.Band), int(a.Month-b.Month))
		})
		all = append(all, postings...)
	}
	return all, nil
}

// supplement pays by the hour what of a case's minutes at a unit in a month, over all categories and bands, is above the threshold.
func (c *plainComponent) supplement() (all []Posting, err error) {
	for i := range c.Cases {
		facts := &c.Cases[i]
		var postings []Posting
		for _, month := range c.months() {
			minutes, err := c.admitted(facts, month, func(r row) row { return row{unit: r.unit, facts: r.facts, month: r.month} })
			if err != nil {
				return nil, err
			}
			for _, r := range sortedRows(minutes) {
				p, above, err := c.above(&r, minutes[r])
				if err != nil {
					return nil, err
				}
				if above {
					postings = append(postings, p)
				}
			}
		}
		slices.SortStableFunc(postings, func(a, b Posting) int { return strings.Compare(a.Unit, b.Unit) })
		all = append(all, postings...)
	}
	return all, nil
}

// above makes the posting of minutes above the threshold, if there are any.
func (c *plainComponent) above(r *row, minutes int64) (p Posting, above bool, err error) {
	day := r.month.First()
	threshold, err := c.number(c.Threshold, r, day)
	if err != nil {
		return p, false, err
	}
	least, problem := wholeMinutes(threshold)
	if problem != "" {
		return p, false, &ValueError{c.policy, c.ID, "threshold_minutes", day, threshold.String() + " is " + problem}
	}
	if minutes <= least {
		c.pass(r, "", "", PassedThreshold, Seen{"minutes", strconv.FormatInt(minutes, 10)}, Seen{"threshold_minutes", threshold.String()})
		return p, false, nil
	}
	rate, err := c.value(c.Rate, r, day)
	if err != nil {
		return p, false, err
	}
	p, err = c.post(r, whole(minutes-least), rate, 60)
	return p, true, err
}

// admitted sums the minutes of a month that the when admits, by what per makes of their rows.
func (c *plainComponent) admitted(facts *domain.CaseFacts, month domain.Month, per func(row) row) (map[row]int64, error) {
	minutes, counted := map[row]int64{}, c.minutes(facts, month)
	for _, r := range sortedRows(counted) {
		ok, err := c.admits(&r, "", "")
		if err != nil {
			return nil, err
		}
		if ok {
			minutes[per(r)] += counted[r]
		}
	}
	return minutes, nil
}

// sortedRows returns the rows of one case and month that have minutes, in an order that does not change from run to run, so
// that of two errors the same one is always reported.
func sortedRows(minutes map[row]int64) (rows []row) {
	for r, n := range minutes {
		if n != 0 {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.unit.ID, b.unit.ID), strings.Compare(a.category, b.category), strings.Compare(a.band, b.band), strings.Compare(a.method, b.method))
	})
	return rows
}

// minutes returns a case's minutes of a month on the component's basis.
func (c *plainComponent) minutes(facts *domain.CaseFacts, month domain.Month) map[row]int64 {
	minutes := map[row]int64{}
	if c.ChargesPerformed() {
		for _, p := range facts.Performed {
			if p.Month == month && (p.Band == domain.BandHealth) == (c.Basis == BasisHealth) {
				minutes[row{unit: c.unit(p.Unit), facts: facts, category: p.Category, band: p.Band, month: month}] += int64(p.Minutes)
			}
		}
		return minutes
	}
	type line struct {
		number int
		class  domain.GrantClass
		row    row
		amount int64
	}
	days := map[line]int64{} // in hundredths of a day
	for _, g := range facts.Grants {
		if c.counts(g) {
			r := row{unit: c.unit(g.Unit), facts: facts, category: g.Category, band: g.Band, method: g.Method, month: month}
			days[line{g.Line, g.Class, r, g.Amount}] += c.dayPercents(facts.Absences, g, month)
		}
	}
	for l, percents := range days {
		per := domain.DecimalOf(700, 0).Mul(domain.DecimalOf(1_000_000_000, 0)) // a week, in hundredths; Amount in billionths
		if l.class == domain.GrantFrame {
			per = domain.DecimalOf(int64(100*month.Days()), 0)
		}
		whole, _ := domain.DecimalOf(l.amount, 0).Mul(domain.DecimalOf(percents, 0)).QuoRound(per, 0).Scaled(0)
		minutes[l.row] += whole
	}
	return minutes
}

// counts says whether a grant line is of the component's basis.
func (c *plainComponent) counts(g domain.Grant) bool {
	frameTime := g.Method == domain.MethodFrameTime
	switch c.Basis {
	case BasisNeed:
		return g.Class == domain.GrantNeed
	case BasisFrame:
		return g.Class == domain.GrantFrame
	case BasisGranted:
		return g.Class == domain.GrantFrame || g.Class == domain.GrantNeed && !frameTime
	}
	return false
}

// dayPercents counts the days of the month on which the line is in force, each as a percentage.
func (c *plainComponent) dayPercents(absences []domain.Absence, g domain.Grant, month domain.Month) (sum int64) {
	for day := max(g.From, month.First()); day <= min(g.To, month.Last()); day++ {
		percent := 100
		for _, a := range absences {
			if a.From <= day && day <= a.To {
				percent = min(percent, c.percentOf(a.Reason, int(day-a.From)))
			}
		}
		sum += int64(percent)
	}
	return sum
}

// percentOf returns how much the nth day (from 0) of an absence counts.
func (c *Component) percentOf(reason string, n int) int {
	for _, rule := range c.Absence {
		if rule.Reason != reason {
			continue
		}
		for _, rung := range rule.Ladder {
			if n < rung.Days {
				return rung.Percent
			}
			n -= rung.Days
		}
		return rule.After
	}
	return 100
}
