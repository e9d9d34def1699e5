package domain

import (
	"bytes"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Swedish personal identity numbers [personnummer] and co-ordination numbers [samordningsnummer] are refused wherever they stand in a
// record: the log is never rewritten, so what must not be there has to be stopped at the door.
//
// A number is six digits of a date (or eight, of the centuries 18 to 20) and four more, with nothing between or up to three hyphens,
// dashes, pluses and spaces, whose date is one of the calendar (in a co-ordination number its day is 60 higher), whose last ten digits end in their Luhn
// check digit, and which no digit touches. An organisation number never is one: its third digit is at least 2, which no month
// begins with. What stands in a UUID is none either: its groups have the lengths of a number's, so chance would make some.
//
// Where a letter touches it (anna19121212-1212) it is one only if its date cannot be the stamp that many systems put in their ids
// (INV20200301-0012, of which one in ten would pass for a number): the year is of the 1800s or 1900s in four digits, or 30 to 99 in two and
// a separator follows. Ten digits in a row that a letter touches are none: one hash in some thousands has them.

// personalReason is what a field that holds a number is refused for. It does not repeat the number: refusals are kept in terminals and logs.
const personalReason = "holds a personal identity number (or a co-ordination number); the ledger takes none in any field. " +
	"Use an opaque pseudonym, and leave the number out of texts"

// personalMask stands in a message where a number stood.
const personalMask = "(personal identity number)"

// refusePersonal adds the fields of a record that hold a number to the other problems found in it, and masks the numbers that those
// would repeat. Where it finds none it returns found as it is, after one look at a sixth of the bytes.
func refusePersonal(line []byte, found Problems) Problems {
	if !mayHoldPersonal(line) {
		return found
	}
	fields := personalFields(line)
	if len(fields) == 0 {
		return found
	}
	var ps Problems
	for _, f := range fields {
		ps.add(f, "%s", personalReason)
	}
	for _, p := range found {
		p.Field, p.Reason = maskPersonal(p.Field), maskPersonal(p.Reason)
		ps = append(ps, p)
	}
	return ps
}

// ErrPersonalNumber says that a text holds a personal identity number. It does not repeat the number.
var ErrPersonalNumber = errors.New(personalReason)

// CheckText refuses a text that holds a number: what a person writes into a command of the ledger's own, which comes in without a record.
func CheckText(text string) error {
	if from, _ := findPersonal(text); from >= 0 {
		return ErrPersonalNumber
	}
	return nil
}

// mayHoldPersonal is false only for a line whose strings, once read, hold no number. It costs next to nothing on a line without long
// runs of digits: six digits in a row stand in every number, so it is enough to look at each sixth byte.
func mayHoldPersonal(line []byte) bool {
	for rest := line; ; {
		i := bytes.Index(rest, []byte(`\u`))
		if i < 0 {
			break
		}
		if rest = rest[i+2:]; hidesPersonal(rest) {
			return true
		}
	}
	for i := 5; i < len(line); {
		if !isDigit(line[i]) {
			i += 6
			continue
		}
		from, to := i, i+1
		for from > 0 && isDigit(line[from-1]) {
			from--
		}
		for to < len(line) && isDigit(line[to]) {
			to++
		}
		if personalEnd(line, from, to) > 0 {
			return true
		}
		i = to + 6
	}
	return false
}

// hidesPersonal says whether what follows \u in a line can be part of a number that the digits in the line do not show: an escaped
// digit or separator, or any escape that digits stand close after, since its own last digits would seem to be of their run.
func hidesPersonal(after []byte) bool {
	if len(after) < 5 {
		return false
	}
	code := after[:4]
	if code[0] == '0' && code[1] == '0' && (code[2] == '2' || code[2] == '3') {
		return true
	}
	next := after[4]
	return isDigit(next) || next == '-' || next == '+' || next == ' ' || next == '\\' || next >= 0x80
}

// personalFields names the fields that hold a number, in the order of the record, each once: strings and numbers at any depth, and the
// names of members. Of a line that is not JSON it reads as far as it can.
func personalFields(line []byte) (fields []string) {
	d := jsontext.NewDecoder(bytes.NewReader(line), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return fields
		}
		if kind := token.Kind(); kind != '"' && kind != '0' {
			continue
		}
		if from, _ := findPersonal(token.String()); from < 0 {
			continue
		}
		field := maskPersonal(joinPointer("", string(d.StackPointer())))
		if field == "" {
			field = "record"
		}
		if len(fields) == 0 || fields[len(fields)-1] != field {
			fields = append(fields, field)
		}
	}
}

// maskPersonal returns s with its numbers masked.
func maskPersonal(s string) string {
	from, to := findPersonal(s)
	if from < 0 {
		return s
	}
	return s[:from] + personalMask + maskPersonal(s[to:])
}

// findPersonal returns where the first number in s stands, -1 if s holds none.
func findPersonal(s string) (from, to int) {
	for from = 0; from < len(s); from = to + 1 {
		if to = from; !isDigit(s[from]) {
			continue
		}
		for to < len(s) && isDigit(s[to]) {
			to++
		}
		if end := personalEnd(s, from, to); end > 0 && tellsPerson(s, from, to, end) {
			return from, end
		}
	}
	return -1, -1
}

// personalEnd returns where a number ends whose first run of digits is s[from:to], 0 if there is none. No digit touches the run.
func personalEnd[T []byte | string](s T, from, to int) int {
	end, ten := to, to-10 // ten: where the ten digits begin
	switch to - from {
	case 10, 12:
	case 6, 8:
		last := to + separated(s, to) // where the last four begin
		if end, ten = last+4, to-6; last == to || end > len(s) || end < len(s) && isDigit(s[end]) {
			return 0
		}
		for i := last; i < end; i++ {
			if !isDigit(s[i]) {
				return 0
			}
		}
	default:
		return 0
	}
	century := 20 // its leap years are those of the other centuries, and the year 00 besides
	if ten > from {
		if century = twoAt(s, from); century < 18 || century > 20 {
			return 0
		}
	}
	if !birthDate(100*century+twoAt(s, ten), twoAt(s, ten+2), twoAt(s, ten+4)) || !Luhn(string(s[ten:end])) {
		return 0
	}
	return end
}

// separated returns how many bytes at s[at:] separate a date from the last four digits: one to three hyphens, pluses, dashes or spaces, also
// those that word processors put in their place.
func separated[T []byte | string](s T, at int) (n int) {
	for range 3 {
		rest := s[at+n:]
		switch {
		case len(rest) == 0:
			return n
		case rest[0] == '-' || rest[0] == '+' || rest[0] == ' ':
			n++
		case len(rest) > 1 && rest[0] == 0xc2 && (rest[1] == 0xa0 || rest[1] == 0xad): // no-break space, soft hyphen
			n += 2
		case len(rest) > 2 && rest[0] == 0xe2 && rest[1] == 0x80 && (rest[2] >= 0x90 && rest[2] <= 0x95 || rest[2] == 0xaf): // dashes, narrow no-break space
			n += 3
		default:
			return n
		}
	}
	return n
}

// twoAt returns the number that the digits s[i] and s[i+1] write.
func twoAt[T []byte | string](s T, i int) int { return 10*int(s[i]-'0') + int(s[i+1]-'0') }

// birthDate says whether the day is one of the calendar; in a co-ordination number 60 is added to it.
func birthDate(year, month, day int) bool {
	if day > 60 {
		day -= 60
	}
	return month >= 1 && month <= 12 && day >= 1 && day <= NewMonth(year, time.Month(month)).Days()
}

// tellsPerson says whether s[from:end], which is written as a number whose first run of digits is s[from:to], is one for what touches it too.
func tellsPerson(s string, from, to, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[end:])
	if unicode.IsDigit(before) || unicode.IsDigit(after) {
		return false
	}
	if unicode.IsLetter(before) || unicode.IsLetter(after) {
		switch year := twoAt(s, from); to - from { // its first two digits
		case 8, 12:
			if year == 20 {
				return false
			}
		case 6:
			if year < 30 {
				return false
			}
		default:
			return false
		}
	}
	for from > 0 && inUUID(s[from-1]) {
		from--
	}
	for end < len(s) && inUUID(s[end]) {
		end++
	}
	return !isUUID(s[from:end]) && !isHash(s[from:end])
}

// isHash says whether s is hexadecimal digits alone, and more than a short name and a number come to.
func isHash(s string) bool { return len(s) >= 24 && !strings.Contains(s, "-") }

func inUUID(c byte) bool { return c == '-' || isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// isUUID says whether s, of hexadecimal digits and hyphens, is grouped as a UUID is.
func isUUID(s string) bool {
	if len(s) != 36 || strings.Count(s, "-") != 4 {
		return false
	}
	return s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
