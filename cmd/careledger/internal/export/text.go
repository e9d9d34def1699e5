package export

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold writes s with the characters that has accepts: others are spelled otherwise, lose their accents or, where neither helps, become
// unknown. Control and formatting characters go; white space of any kind and number becomes one space, and none at the ends.
func fold(s string, has func(rune) bool, unknown string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.In(r, unicode.Cc, unicode.Cf):
		case has(r):
			b.WriteRune(r)
		default:
			b.WriteString(substitute(r, has, unknown))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func substitute(r rune, has func(rune) bool, unknown string) string {
	if s, ok := spelled(r, has); ok {
		return s
	}
	var b strings.Builder
	for _, part := range norm.NFKD.String(string(r)) { // marks are in none of the sets, so accents fall away here
		if has(part) {
			b.WriteRune(part)
		} else if s, ok := spelled(part, has); ok {
			b.WriteString(s)
		}
	}
	if b.Len() == 0 {
		return unknown
	}
	return b.String()
}

func spelled(r rune, has func(rune) bool) (string, bool) {
	for _, s := range spellings(r) {
		if !slices.ContainsFunc([]rune(s), func(r rune) bool { return r != ' ' && !has(r) }) {
			return s, true
		}
	}
	return "", false
}

// spellings are ways to write a character that does not come apart into letter and accent, the best first. Ø and æ are what Swedish
// sorts them as.
func spellings(r rune) []string {
	switch r {
	case '‐', '‑', '‒', '–', '—', '―', '−', '_', '~':
		return []string{"-"}
	case '“', '”', '„', '‟', '"', '″':
		return []string{`"`, "'"}
	case '‘', '’', '‚', '‛', '′', '`', '´':
		return []string{"'"}
	case '…':
		return []string{"..."}
	case '•', '·':
		return []string{"·", "-"}
	case '€':
		return []string{"EUR"}
	case '&':
		return []string{"+"}
	case '\\', '|', '⁄':
		return []string{"/"}
	case '[', '{', '<', '«':
		return []string{"("}
	case ']', '}', '>', '»':
		return []string{")"}
	case ';':
		return []string{","}
	case '@':
		return []string{"(at)"}
	case '%':
		return []string{" procent"}
	case 'ß', 'ẞ':
		return []string{"ss"}
	}
	return letters(r)
}

// letters of the neighbours' alphabets whose stroke or ligature is part of the letter.
func letters(r rune) []string {
	switch r {
	case 'Ø':
		return []string{"Ö"}
	case 'ø':
		return []string{"ö"}
	case 'Æ':
		return []string{"Ä"}
	case 'æ':
		return []string{"ä"}
	case 'Œ':
		return []string{"OE"}
	case 'œ':
		return []string{"oe"}
	case 'Ł':
		return []string{"L"}
	case 'ł':
		return []string{"l"}
	case 'Đ', 'Ð':
		return []string{"D"}
	case 'đ', 'ð':
		return []string{"d"}
	case 'Þ':
		return []string{"Th"}
	case 'þ':
		return []string{"th"}
	case 'Ħ':
		return []string{"H"}
	case 'ħ':
		return []string{"h"}
	case 'Ŧ':
		return []string{"T"}
	case 'ŧ':
		return []string{"t"}
	case 'ı':
		return []string{"i"}
	}
	return nil
}

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimRight(string(r[:n]), " ")
	}
	return s
}
