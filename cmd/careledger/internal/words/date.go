package words

import (
	"strings"
	"time"

	"careledger/domain"
)

// Date returns a day as 1 oktober 2022.
func Date(d domain.Date) string {
	text := d.String() // YYYY-MM-DD
	return strings.TrimPrefix(text[8:], "0") + " " + Swedish.Word("month", text[5:7]) + " " + text[:4]
}

// Date writes a day, YYYY-MM-DD, for people: 1 oktober 2022 in Swedish, as it stands in English. What is no day is returned as it is.
func (l Language) Date(iso string) string {
	if d, err := domain.ParseDate(iso); err == nil && l == Swedish {
		return Date(d)
	}
	return iso
}

// Month writes a month, YYYY-MM, for people: oktober 2022 in Swedish, as it stands in English. What is no month is returned as it is.
func (l Language) Month(iso string) string {
	if m, err := domain.ParseMonth(iso); err == nil && l == Swedish {
		text := m.String()
		return l.Word("month", text[5:]) + "\u00a0" + text[:4]
	}
	return iso
}

// Moment writes a time to the second, for both languages alike: it is compared with what stands in documents and logs.
func Moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }
