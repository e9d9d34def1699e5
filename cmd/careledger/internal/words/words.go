// Package words holds every word that pages and sheets show to people, in Swedish and English, in one catalogue, and writes dates, times, numbers
// and frequencies as each language does. What the command line says is English and stands where it is said.
package words

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"careledger/domain"
)

// Language is a language of the catalogue, as HTML names it.
type Language string

const (
	Swedish Language = "sv"
	English Language = "en"
)

// Languages are those that a page can be in, the default first. It must not be changed.
var Languages = domain.Codes{string(Swedish), string(English)}

//go:embed catalogue.yaml
var document []byte

// catalogue is by section, code and language.
var catalogue = sync.OnceValue(func() map[string]map[string]map[Language]string {
	var words map[string]map[string]map[Language]string
	if err := yaml.Unmarshal(document, &words); err != nil { // it is part of the program
		panic("words: catalogue.yaml: " + err.Error())
	}
	return words
})

// Word returns the word of a section: Swedish.Word("life_area", "mobility"). A word that the catalogue lacks is a mistake in the program, and
// shows as its code; Has says whether it is there, for tests.
func (l Language) Word(section, code string) string {
	if w, ok := catalogue()[section][code][l]; ok {
		return w
	}
	return code
}

// Has says whether the catalogue has a word in the language.
func (l Language) Has(section, code string) bool {
	_, ok := catalogue()[section][code][l]
	return ok
}

// Codes returns the codes of a section in order, none where there is no such section.
func Codes(section string) []string { return slices.Sorted(maps.Keys(catalogue()[section])) }

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
	return strconv.Itoa(n) + " " + Swedish.Word("number", word)
}

// TimesPerWeek returns a frequency as people say it: varannan vecka, en gång i veckan, 3,5 gånger i veckan.
func TimesPerWeek(times domain.Decimal) string {
	if Swedish.Has("times", times.String()) {
		return Swedish.Word("times", times.String())
	}
	return Decimal(times) + " " + Swedish.Word("times", "other")
}
