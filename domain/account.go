package domain

import (
	"fmt"
	"regexp"
	"strings"
)

// Numbers that organisations and their accounts are known by outside the ledger. Each ends in a check digit, so that a number with one
// wrong digit is refused where it is typed and not found out at the bank.

// CheckOrganisationNumber checks a Swedish organisation number: ten digits, with or without a hyphen, of which the last is a Luhn check
// digit (SFS 1974:174).
func CheckOrganisationNumber(s string) error {
	if digits := strings.Replace(s, "-", "", 1); len(digits) != 10 || strings.Trim(digits, "0123456789") != "" || !Luhn(digits) {
		return fmt.Errorf("%q is not an organisation number: ten digits (NNNNNN-NNNN) of which the last is a check digit", s)
	}
	return nil
}

// GiroKind is the system that a giro account belongs to.
type GiroKind string

const (
	Bankgiro GiroKind = "bankgiro"
	Plusgiro GiroKind = "plusgiro"
)

// Giro is a checked giro account; the zero value is none. Digits has the digits alone: 7 or 8 of a bankgiro, 2 to 8 of a plusgiro.
type Giro struct {
	Kind   GiroKind
	Digits string
}

// The forms of a giro number once its spaces are gone: the hyphen may be left out, but not stand anywhere else, since a number that lost
// or gained a digit passes the check digit one time in ten.
var (
	bankgiroForm = regexp.MustCompile(`^[1-9][0-9]{2,3}-?[0-9]{4}$`)
	plusgiroForm = regexp.MustCompile(`^[1-9][0-9]{0,6}-?[0-9]$`)
)

// ParseBankgiro reads a bankgiro number, NNN-NNNN or NNNN-NNNN, of which the last digit is a Luhn check digit (Bankgirot). Spaces, and a
// missing hyphen, are accepted.
func ParseBankgiro(s string) (Giro, error) {
	n := unspaced(s)
	if !bankgiroForm.MatchString(n) || !Luhn(n) {
		return Giro{}, fmt.Errorf("%q is not a bankgiro number: seven or eight digits (NNN-NNNN or NNNN-NNNN) of which the last is a check digit", s)
	}
	return Giro{Bankgiro, strings.ReplaceAll(n, "-", "")}, nil
}

// ParsePlusgiro reads a plusgiro number, 2 to 8 digits of which the last, after a hyphen, is a Luhn check digit. Spaces, and a missing
// hyphen, are accepted.
func ParsePlusgiro(s string) (Giro, error) {
	n := unspaced(s)
	if !plusgiroForm.MatchString(n) || !Luhn(n) {
		return Giro{}, fmt.Errorf("%q is not a plusgiro number: two to eight digits (NN NN NN-N) of which the last is a check digit", s)
	}
	return Giro{Plusgiro, strings.ReplaceAll(n, "-", "")}, nil
}

// ParseGiro reads a giro account with its system before it: "bankgiro 5050-1055", "bg 5050-1055", "plusgiro 28 65 43-4" or
// "pg 28 65 43-4", in capitals or not.
func ParseGiro(s string) (Giro, error) {
	at := strings.IndexAny(s, " \u00a00123456789")
	if at >= 0 {
		switch strings.ToLower(strings.TrimRight(s[:at], ":.")) {
		case "bankgiro", "bg":
			return ParseBankgiro(strings.TrimSpace(s[at:]))
		case "plusgiro", "pg":
			return ParsePlusgiro(strings.TrimSpace(s[at:]))
		}
	}
	return Giro{}, fmt.Errorf("%q is not a giro account; write \"bankgiro 5050-1055\" (or bg) or \"plusgiro 28 65 43-4\" (or pg)", s)
}

// String returns the account as ParseGiro reads it, its number grouped as on an invoice; "" for none.
func (g Giro) String() string {
	d := g.Digits
	switch g.Kind {
	case Bankgiro:
		return fmt.Sprintf("%s %s-%s", g.Kind, d[:len(d)-4], d[len(d)-4:])
	case Plusgiro:
		var b strings.Builder
		for i := range len(d) - 1 { // pairs, counted from the hyphen
			if i > 0 && (len(d)-1-i)%2 == 0 {
				b.WriteByte(' ')
			}
			b.WriteByte(d[i])
		}
		return fmt.Sprintf("%s %s-%s", g.Kind, b.String(), d[len(d)-1:])
	}
	return ""
}

var ibanForm = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)

// swedishIBAN is the length of an IBAN that begins with SE.
const swedishIBAN = 24

// ParseIBAN reads an IBAN (ISO 13616), with or without spaces, and returns it without them. Its check digits are checked, and the length
// of a Swedish one.
func ParseIBAN(s string) (string, error) {
	n := unspaced(s)
	if !ibanForm.MatchString(n) || strings.HasPrefix(n, "SE") && len(n) != swedishIBAN || ibanRemainder(n) != 1 {
		return "", fmt.Errorf("%q is not an IBAN: a country, two check digits and the account, for example SE45 5000 0000 0583 9825 7466", s)
	}
	return n, nil
}

// ibanRemainder is the remainder modulo 97 of the IBAN as a number, its first four characters last and A to Z counting as 10 to 35.
func ibanRemainder(n string) int {
	rest := 0
	for _, r := range n[4:] + n[:4] {
		if r >= 'A' {
			rest = (rest*100 + int(r-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(r-'0')) % 97
		}
	}
	return rest
}

func unspaced(s string) string { return strings.NewReplacer(" ", "", "\u00a0", "").Replace(s) }
