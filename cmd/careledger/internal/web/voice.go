package web

import (
	"strings"

	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
)

// voice says what the catalogue holds, and writes numbers and dates, in the language of a page. Whatever a template is given holds one.
type voice struct{ Lang words.Language }

// Say returns the text of a key, section.word. A test finds each key in the catalogue, in both languages.
func (v voice) Say(key string) string {
	section, word, _ := strings.Cut(key, ".")
	return v.Lang.Word(section, word)
}

// number writes a number in plain notation for people: 1 234,50 and −3 in Swedish, 1 234.50 and −3 in English, with spaces that do not break.
func (v voice) number(plain string) string {
	s := strings.ReplaceAll(strings.ReplaceAll(report.Thousands(plain), " ", "\u00a0"), "-", "\u2212")
	if v.Lang == words.Swedish {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// shown writes a plain value of a kind for people. What is empty stays so.
func (v voice) shown(k kind, plain string) string {
	if plain == "" {
		return ""
	}
	switch k {
	case amount:
		return v.number(plain) + "\u00a0kr"
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
		if d, err := domain.ParseDate(plain); err == nil && v.Lang == words.Swedish {
			return words.Date(d)
		}
	case month:
		if m, err := domain.ParseMonth(plain); err == nil && v.Lang == words.Swedish {
			return v.Lang.Word("month", m.String()[5:]) + "\u00a0" + m.String()[:4]
		}
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
