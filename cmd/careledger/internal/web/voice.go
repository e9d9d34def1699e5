package web

import (
	"strings"

	"careledger/cmd/careledger/internal/words"
)

// voice says what the catalogue holds, and writes numbers and dates, in the language of a page. Whatever a template is given holds one.
type voice struct{ Lang words.Language }

// Say returns the text of a key, section.word. A test finds each key in the catalogue, in both languages.
func (v voice) Say(key string) string {
	section, word, _ := strings.Cut(key, ".")
	return v.Lang.Word(section, word)
}

// number writes a number in plain notation for people.
func (v voice) number(plain string) string { return v.Lang.Number(plain) }

// shown writes a plain value of a kind for people. What is empty stays so.
func (v voice) shown(k kind, plain string) string {
	if plain == "" {
		return ""
	}
	switch k {
	case amount:
		return v.Lang.Amount(plain)
	case count, quantity:
		return v.number(plain)
	case percent:
		if v.Lang == words.Swedish {
			return v.number(plain) + "\u00a0%"
		}
		return v.number(plain) + "%"
	case rate:
		return v.percent(plain)
	case date:
		return v.Lang.Date(plain)
	case month:
		return v.Lang.Month(plain)
	}
	return plain
}

// percent writes a rate with four decimals, 0.7250, as 72,50 %.
func (v voice) percent(plain string) string {
	whole, decimals, _ := strings.Cut(plain, ".")
	if len(decimals) != 4 {
		return v.number(plain)
	}
	digits := strings.TrimLeft(whole+decimals[:2], "0")
	if digits == "" {
		digits = "0"
	}
	if v.Lang == words.Swedish {
		return v.number(digits+"."+decimals[2:]) + "\u00a0%"
	}
	return v.number(digits+"."+decimals[2:]) + "%"
}
