// Package swedish holds the Swedish words of pages and sheets for people in Sweden, in one catalogue, and writes dates, times and
// frequencies as they are written there. Everything else that the program says is English.
package swedish

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"careledger/domain"
)

//go:embed catalogue.yaml
var document []byte

var catalogue = sync.OnceValue(func() map[string]map[string]string {
	var words map[string]map[string]string
	if err := yaml.Unmarshal(document, &words); err != nil { // it is part of the program
		panic("swedish: catalogue.yaml: " + err.Error())
	}
	return words
})

// Word returns the word of a section: Word("life_area", "mobility"). A word that the catalogue lacks is a mistake in the program, and
// shows as its code; Has says whether it is there, for tests.
func Word(section, code string) string {
	if w, ok := catalogue()[section][code]; ok {
		return w
	}
	return code
}

// Has says whether the catalogue has a word.
func Has(section, code string) bool { _, ok := catalogue()[section][code]; return ok }

// Date returns a day as 1 oktober 2022.
func Date(d domain.Date) string {
	text := d.String() // YYYY-MM-DD
	return strings.TrimPrefix(text[8:], "0") + " " + Word("month", text[5:7]) + " " + text[:4]
}

// Minutes returns a time as 32 timmar 30 minuter; no minutes at all are 0 minuter.
func Minutes(n int) string {
	var parts []string
	if hours := n / 60; hours > 0 {
		parts = append(parts, counted(hours, "hour"))
	}
	if rest := n % 60; rest > 0 || n == 0 {
		parts = append(parts, counted(rest, "minute"))
	}
	return strings.Join(parts, " ")
}

func counted(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return strconv.Itoa(n) + " " + Word("number", word)
}

// TimesPerWeek returns a frequency as people say it: varannan vecka, en gång i veckan, 3,5 gånger i veckan.
func TimesPerWeek(times domain.Decimal) string {
	if Has("times", times.String()) {
		return Word("times", times.String())
	}
	return Decimal(times) + " " + Word("times", "other")
}

// Decimal returns a number with a decimal comma.
func Decimal(d domain.Decimal) string { return strings.Replace(fmt.Sprint(d), ".", ",", 1) }
