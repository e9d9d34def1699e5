package generate

import (
	"math/rand/v2"
	"time"
	_ "time/tzdata" // Europe/Stockholm must mean the same on a machine without a zone database

	"careledger/domain"
)

// margin is how many days before the first and after the last day of recording a record's effective date may lie.
const margin = 400

// calendar holds what is asked of every day again and again: its text, its month and its offset from UTC.
type calendar struct {
	first  domain.Date
	text   []byte // ten bytes a day
	month  []domain.Month
	offset []int32 // seconds east of UTC in Europe/Stockholm from 04:00 on that day, after any change of the clocks
}

func newCalendar(first, last domain.Date) calendar {
	c := calendar{first: first - margin}
	stockholm, err := time.LoadLocation("Europe/Stockholm")
	if err != nil { // cannot happen: the zone database is linked in
		panic(err)
	}
	for d := c.first; d <= last+margin; d++ {
		noon := time.Unix(int64(d-epoch())*daySeconds+daySeconds/2, 0)
		_, offset := noon.In(stockholm).Zone()
		c.text = append(c.text, d.String()...)
		c.month = append(c.month, d.Month())
		c.offset = append(c.offset, int32(offset))
	}
	return c
}

func (c *calendar) monthOf(d domain.Date) domain.Month { return c.month[d-c.first] }

func (c *calendar) appendDate(b []byte, d domain.Date) []byte {
	i := int(d-c.first) * len(time.DateOnly)
	return append(b, c.text[i:i+len(time.DateOnly)]...)
}

// appendTime appends t in RFC 3339 at an offset of whole hours, 0 being Z.
func (c *calendar) appendTime(b []byte, t int64, offset int32) []byte {
	local := t + int64(offset)
	b = c.appendDate(b, epoch()+domain.Date(local/daySeconds))
	s := int(local % daySeconds)
	b = appendTwo(append(b, 'T'), s/3600)
	b = appendTwo(append(b, ':'), s/60%60)
	b = appendTwo(append(b, ':'), s%60)
	if offset == 0 {
		return append(b, 'Z')
	}
	return append(appendTwo(append(b, '+'), int(offset/3600)), ":00"...)
}

func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// dayOf returns the day of t in UTC.
func dayOf(t int64) domain.Date { return epoch() + domain.Date(t/daySeconds) }

// weekday returns 0 for Monday to 6 for Sunday.
func weekday(d domain.Date) int { return int(d-epoch()+3) % 7 }

// workday returns d, or the Monday after it where d falls on a weekend.
func workday(d domain.Date) domain.Date {
	if w := weekday(d); w >= 5 {
		return d + domain.Date(7-w)
	}
	return d
}

// officeTime returns a time of recording in the office hours of a day, UTC.
func officeTime(r *rand.Rand, day domain.Date) int64 {
	return int64(day-epoch())*daySeconds + 7*3600 + int64(r.IntN(8*3600))
}
