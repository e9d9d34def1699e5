package export

import "golang.org/x/text/encoding/charmap"

// inCP437 says whether a SIE text may hold r as it is: a printable character of code page 437 (SIE calls it PC8), and not the backslash.
func inCP437(r rune) bool {
	if r < ' ' || r == 0x7f || r == '\\' {
		return false
	}
	_, ok := charmap.CodePage437.EncodeRune(r)
	return ok
}

// sieText is s as a SIE file can hold it, still as UTF-8; what it cannot be spelled with becomes a question mark.
func sieText(s string) string { return fold(s, inCP437, "?") }

// appendCP437 appends s, which is made of line ends and characters of sieText, in code page 437.
func appendCP437(b []byte, s string) []byte {
	for _, r := range s {
		c, ok := charmap.CodePage437.EncodeRune(r)
		if !ok { // sieText lets nothing else through
			c = '?'
		}
		b = append(b, c)
	}
	return b
}
