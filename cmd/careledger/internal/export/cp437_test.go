package export

import "strings"

// upperCP437 is the upper half of code page 437, from 0x80 on, as IBM's chart has it; the last, a hard space, is left out.
const upperCP437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■"

func fromCP437(b []byte) string {
	upper := []rune(upperCP437)
	var s strings.Builder
	for _, c := range b {
		switch {
		case c < 0x80:
			s.WriteByte(c)
		case int(c)-0x80 < len(upper):
			s.WriteRune(upper[c-0x80])
		default:
			s.WriteRune('\u00a0')
		}
	}
	return s.String()
}
