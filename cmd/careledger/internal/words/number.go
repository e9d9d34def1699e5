package words

import (
	"strings"

	"careledger/domain"
)

// Thousands puts spaces between the thousands of a plain decimal number.
func Thousands(s string) string {
	sign, digits := "", s
	if strings.HasPrefix(s, "-") {
		sign, digits = "-", s[1:]
	}
	whole, rest, dot := strings.Cut(digits, ".")
	if len(whole) <= 3 || strings.Trim(digits, "0123456789.") != "" {
		return s
	}
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	if dot {
		rest = "." + rest
	}
	return sign + b.String() + rest
}

// Number writes a number in plain notation for people: 1 234,50 and −3 in Swedish, 1 234.50 and −3 in English, with spaces that do not break and
// the sign for minus (U+2212), so that a number is never cut in two and a minus is not read as a hyphen. What is no number is returned as it is.
func (l Language) Number(plain string) string {
	if strings.Trim(plain, "-0123456789.") != "" {
		return plain
	}
	s := strings.ReplaceAll(strings.ReplaceAll(Thousands(plain), " ", "\u00a0"), "-", "\u2212") // a Replacer would take longer to make than to use
	if l == Swedish {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Amount writes kronor in plain notation for people: 1 234,50 kr.
func (l Language) Amount(plain string) string { return l.Number(plain) + "\u00a0kr" }

// Decimal returns a number with a decimal comma.
func Decimal(d domain.Decimal) string { return strings.Replace(d.String(), ".", ",", 1) }
