package domain

import (
	"fmt"
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // Europe/Stockholm must mean the same on a machine without a zone database
)

// Date is a calendar day, counted in days since 1899-12-31, so that the zero value is no date. Its text is YYYY-MM-DD.
type Date int32

const unixEpoch Date = 25568 // 1970-01-01

// The open ends of an interval of dates. Neither has a text form; they never leave the program.
const (
	MinDate Date = -1 << 30
	MaxDate Date = 1 << 30
)

// NewDate returns the day y-m-d of the Gregorian calendar.
func NewDate(y int, m time.Month, d int) Date {
	return unixEpoch + Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400)
}

// ParseDate reads YYYY-MM-DD, years 1900 to 2199; an impossible day (2015-02-29) is an error.
func ParseDate(s string) (Date, error) {
	m, err := ParseMonth(s[:min(len(s), 7)])
	if err != nil || len(s) != 10 || s[7] != '-' {
		return 0, fmt.Errorf("%q is not a date; write YYYY-MM-DD, for example 2015-03-01", s)
	}
	d, ok := twoDigits(s[8:])
	if !ok || d < 1 || d > m.Days() {
		return 0, fmt.Errorf("%q is not a day of the calendar", s)
	}
	return m.First() + Date(d-1), nil
}

func (d Date) time() time.Time { return time.Unix(int64(d-unixEpoch)*86400, 0).UTC() }

// String returns YYYY-MM-DD.
func (d Date) String() string { return d.time().Format(time.DateOnly) }

// MarshalText and UnmarshalText give a Date its JSON form.
func (d Date) MarshalText() ([]byte, error)      { return []byte(d.String()), nil }
func (d *Date) UnmarshalText(b []byte) (e error) { *d, e = ParseDate(string(b)); return e }

// Month returns the month that d lies in.
func (d Date) Month() Month { t := d.time(); return NewMonth(t.Year(), t.Month()) }

// Month is a calendar month, counted in months since January of year 0; the zero value is no month. Its text is YYYY-MM.
type Month int32

// NewMonth returns month m of year y.
func NewMonth(y int, m time.Month) Month { return Month(y*12 + int(m) - 1) }

// ParseMonth reads YYYY-MM, years 1900 to 2199.
func ParseMonth(s string) (Month, error) {
	if len(s) == 7 && s[4] == '-' {
		c, ok1 := twoDigits(s[:2])
		y, ok2 := twoDigits(s[2:4])
		m, ok3 := twoDigits(s[5:])
		if ok1 && ok2 && ok3 && 1 <= m && m <= 12 && 19 <= c && c <= 21 {
			return NewMonth(c*100+y, time.Month(m)), nil
		}
	}
	return 0, fmt.Errorf("%q is not a month; write YYYY-MM, for example 2015-03", s)
}

func twoDigits(s string) (int, bool) {
	if len(s) != 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return 0, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

// Year returns the calendar year of m.
func (m Month) Year() int { return int(m) / 12 }

// First and Last return the first and the last day of m.
func (m Month) First() Date { return NewDate(int(m)/12, time.Month(int(m)%12+1), 1) }
func (m Month) Last() Date  { return (m + 1).First() - 1 }

// Days returns the number of days of m, 28 to 31.
func (m Month) Days() int { return int((m + 1).First() - m.First()) }

// String returns YYYY-MM.
func (m Month) String() string {
	b := strconv.AppendInt(nil, int64(m)/12, 10)
	mm := int(m)%12 + 1
	return string(append(b, '-', byte('0'+mm/10), byte('0'+mm%10)))
}

// Text is String, but "" for no month: the period of an empty log has none.
func (m Month) Text() string {
	if m == 0 {
		return ""
	}
	return m.String()
}

func (m Month) MarshalText() ([]byte, error)      { return []byte(m.String()), nil }
func (m *Month) UnmarshalText(b []byte) (e error) { *m, e = ParseMonth(string(b)); return e }

// Overlap returns how many days the closed intervals [a1,a2] and [b1,b2] share.
func Overlap(a1, a2, b1, b2 Date) int {
	return max(0, int(min(a2, b2)-max(a1, b1))+1)
}

var stockholm = sync.OnceValue(func() *time.Location {
	l, err := time.LoadLocation("Europe/Stockholm")
	if err != nil { // cannot happen: the zone database is linked in
		panic(err)
	}
	return l
})

// LocalDate returns the day in Europe/Stockholm on which t falls.
func LocalDate(t time.Time) Date {
	y, m, d := t.In(stockholm()).Date()
	return NewDate(y, m, d)
}

// LocalMonth returns the month in Europe/Stockholm in which t falls.
func LocalMonth(t time.Time) Month { return LocalDate(t).Month() }

// EndOfDay returns the last moment of d in Europe/Stockholm.
func EndOfDay(d Date) time.Time {
	next := (d + 1).time()
	return time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, 0, stockholm()).Add(-time.Nanosecond)
}
