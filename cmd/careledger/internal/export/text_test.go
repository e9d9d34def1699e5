package export

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestTextThatCP437HasSurvivesTheWayThroughTheFile(t *testing.T) {
	printable := []rune(upperCP437)
	for r := '!'; r <= '~'; r++ {
		if r != '\\' {
			printable = append(printable, r)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringOfN(rapid.SampledFrom(printable), 1, 10, -1)).Draw(t, "words")
		text := strings.Join(words, " ")
		assert.Equal(t, text, sieText(text))
		assert.Equal(t, text, fromCP437(appendCP437(nil, sieText(text))))
	})
}

func TestAnyTextBecomesPrintableOneLineText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		for name, folded := range map[string]string{"SIE": sieText(text), "bank": bankText(text)} {
			assert.Equal(t, strings.TrimSpace(folded), folded, name)
			assert.NotContains(t, folded, "  ", name)
			for _, r := range folded {
				has := inCP437(r)
				if name == "bank" {
					has = inBankText(r)
				}
				assert.True(t, has, "%s: %q in %q", name, r, folded)
			}
		}
		assert.Equal(t, sieText(text), fromCP437(appendCP437(nil, sieText(text))))
		assert.Equal(t, sieText(text), sieText(sieText(text)), "folding again changes nothing")
		assert.Equal(t, bankText(text), bankText(bankText(text)))
	})
}

func TestWhatACharacterSetLacksIsSpelledAsAReaderWould(t *testing.T) {
	for in, want := range map[string][2]string{ // in SIE, at the bank
		"Åsa Öberg, Ängby":           {"Åsa Öberg, Ängby", "Åsa Öberg, Ängby"},
		"A\u030asa":                  {"Åsa", "Åsa"}, // ring apart from its letter
		"Café René":                  {"Café René", "Cafe Rene"},
		"Kraków – Łódź":              {"Kraków - Lódz", "Krakow - Lodz"},
		"”Nord” & Søn":               {`"Nord" & Sön`, "'Nord' + Sön"},
		"Æblegård ß":                 {"Æblegård ß", "Äblegård ss"},
		"100 % €":                    {"100 % EUR", "100 procent EUR"},
		`a\b`:                        {"a/b", "a/b"},
		"line\r\nbreak\tand\x00\x1b": {"line break and", "line break and"},
		"hard\u00a0space, soft\u00adhyphen, \u200bzero": {"hard space, softhyphen, zero", "hard space, softhyphen, zero"},
		"李":    {"?", "."},
		"":     {"", ""},
		"\xff": {"?", "."},
	} {
		assert.Equal(t, want, [2]string{sieText(in), bankText(in)}, "%q", in)
	}
}

func TestATextIsCutBetweenCharacters(t *testing.T) {
	assert.Equal(t, "åäö", cut("åäöå", 3))
	assert.Equal(t, "åä", cut("åä öå", 3), "and not after a space")
	assert.Equal(t, "åäö", cut("åäö", 3))
	assert.True(t, utf8.ValidString(cut(strings.Repeat("å", 100), 70)))
}
