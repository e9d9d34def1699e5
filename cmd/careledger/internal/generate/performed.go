package generate

import (
	"math/rand/v2"
	"strconv"

	"careledger/domain"
)

// timeSum is what a unit performed of a category and band in a month, where it is reported as a sum.
type timeSum struct {
	unit           *partyUnit
	category, band string
	weekly         int // tenths of minutes a week, summed over the days
}

// perform makes the visits of a case, or adds to its sums, up to and including a day of the month being made. Nothing is
// performed on days of absence.
func (t *town) perform(c *careCase, until domain.Date) {
	if c.closed {
		return
	}
	d := &c.decision
	for day := c.performedTo + 1; day <= until; day++ {
		if a := c.absence; a != nil && day >= a.From && day <= a.To {
			continue
		}
		for i := range d.Services {
			s := &d.Services[i]
			switch {
			case c.byTime:
				c.sums = addTime(c.sums, d.unit, s, d.tenths[i]*s.StandardMinutes*max(1, s.Staff))
			case due(c.number, i, d.tenths[i], s.Band, day):
				t.visit(c, s, day)
			}
		}
	}
	c.performedTo = max(c.performedTo, until)
}

// due says whether the service of a light case, its i-th, is done on a day: once or twice a week, or every other week.
func due(number, i, tenths int, band string, day domain.Date) bool {
	w := weekday(day)
	if band == "weekend" {
		return w == 5+number%2
	}
	first := (number + 2*i) % 5
	switch tenths {
	case 5:
		return w == first && int(day-epoch()+3)/7%2 == number%2
	case 10:
		return w == first
	}
	return w == first || w == (first+2)%5
}

// addTime adds to the sum of a service's category and band at a unit.
func addTime(sums []timeSum, u *partyUnit, s *domain.Service, weekly int) []timeSum {
	for i := range sums {
		if k := &sums[i]; k.unit == u && k.category == s.Category && k.band == s.Band {
			k.weekly += weekly
			return sums
		}
	}
	return append(sums, timeSum{u, s.Category, s.Band, weekly})
}

// reportTime reports the month's sums in the first days of the month after. Some are late, some are corrected.
func (t *town) reportTime(c *careCase) {
	for i := range c.sums {
		k := &c.sums[i]
		minutes := k.weekly / 70 * (90 + t.r.IntN(21)) / 100
		d := domain.TimeReported{Unit: k.unit.id, Month: t.now, Category: k.category, Band: k.band, Minutes: &minutes}
		at := t.officeTime(t.monthEnd + 2 + domain.Date(t.r.IntN(8)))
		if t.quotas.reportLate.due(t.r) {
			at += daySeconds * int64(30+t.r.IntN(60))
		}
		worker := k.unit.workers[c.number%workersPerUnit]
		n := t.add(&c.entity, domain.TypeTimeReported, t.monthDay, at, worker, &d)
		if t.quotas.reportCorrected.due(t.r) {
			minutes += 15 * (1 + t.r.IntN(8))
			at += daySeconds * int64(1+t.r.IntN(25))
			t.correct(&c.entity, n, t.monthDay, at, worker, "a visit was missing", &d)
		}
	}
	c.sums = c.sums[:0]
}

// tagged is a visit as its tags recorded it, at times of the day in Europe/Stockholm.
type tagged struct {
	unit, category, band string
	arrived, left        int64 // Unix seconds
	offset               int32 // seconds east of UTC
	staff                int
}

// arrival draws when a visit of a band begins on a day, in Unix seconds, with the offset from UTC.
func (r *recorder) arrival(draw *rand.Rand, band string, day domain.Date) (at int64, offset int32) {
	offset = r.calendar.offset[day-r.calendar.first]
	hour := 8 + draw.IntN(7)
	switch band {
	case "evening":
		hour = 17 + draw.IntN(4)
	case "night": // before clocks change, so at the offset of the day before; in UTC it is the day before, too
		hour, offset = draw.IntN(2), r.calendar.offset[day-1-r.calendar.first]
	}
	return int64(day-epoch())*daySeconds + int64(hour*3600+draw.IntN(3600)) - int64(offset), offset
}

// visit makes one visit: at an hour of its band, of about the standard time. One in 125 is registered weeks or months late, one in
// 200 is corrected, one in 500 annulled.
func (t *town) visit(c *careCase, s *domain.Service, day domain.Date) {
	if t.r.IntN(50) == 0 {
		return // did not take place
	}
	u := c.decision.unit
	v := tagged{unit: u.id, category: s.Category, band: s.Band, staff: s.Staff}
	v.arrived, v.offset = t.arrival(t.r, s.Band, day)
	v.left = v.arrived + int64(s.StandardMinutes*(42+t.r.IntN(37))) // 70 to 130 per cent of the standard time, in seconds
	at := v.left + 20 + int64(t.r.IntN(300))
	if s.Band == "night" {
		at += 5 * 3600 // when the shift ends
	}
	if t.quotas.visitLate.due(t.r) {
		at += daySeconds * int64(15+t.r.IntN(80))
	}
	worker := u.workers[(c.number+t.r.IntN(3))%workersPerUnit]
	b, n := t.begin(&c.entity, domain.TypeVisitPerformed, day, at, worker)
	b.text = t.appendVisit(b.text, &v)
	b.end()
	if t.quotas.visitCorrected.due(t.r) {
		v.left += int64(300 + t.r.IntN(900))
		at += daySeconds * int64(1+t.r.IntN(20))
		b, _ := t.begin(&c.entity, domain.TypeEventCorrected, day, at, worker)
		b.text = append(append(append(b.text, `{"event":"`...), c.entity.id...), '.')
		b.text = strconv.AppendInt(b.text, int64(n), 10)
		b.text = t.appendVisit(append(b.text, `","reason":"left without tagging","data":`...), &v)
		b.text = append(b.text, '}')
		b.end()
	}
	if t.quotas.visitAnnulled.due(t.r) {
		t.annul(&c.entity, n, day, at+daySeconds*int64(1+t.r.IntN(20)), worker, "tagged at another person's door")
	}
}

// appendVisit appends the data of a visit-performed.
func (t *town) appendVisit(b []byte, v *tagged) []byte {
	b = append(append(b, `{"unit":"`...), v.unit...)
	b = append(append(b, `","category":"`...), v.category...)
	b = append(append(b, `","band":"`...), v.band...)
	b = t.calendar.appendTime(append(b, `","arrived":"`...), v.arrived, v.offset)
	b = t.calendar.appendTime(append(b, `","left":"`...), v.left, v.offset)
	b = append(b, '"')
	if v.staff != 0 {
		b = strconv.AppendInt(append(b, `,"staff":`...), int64(v.staff), 10)
	}
	return append(b, '}')
}
