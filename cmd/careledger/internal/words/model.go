package words

import (
	"strconv"
	"strings"

	"careledger/domain"
)

// A model document is written in keys and codes of the contract. A page says them in the words of its language, with what is the document's own (ids,
// names of parameters, a condition, a source) as it stands.

// ModelPlace says a place in a model, as domain.DescribeDocument names it: components[premium].outcomes.fulfilled is komponent premium, vikt för utfallet
// uppfyllt.
func (l Language) ModelPlace(place string) string {
	var said []string
	within := "" // the key that the next name stands under
	for _, name := range placesIn(place) {
		name, element, listed := cutElement(name)
		under := within
		within = ""
		switch {
		case under == "parameters": // a name of the document's own
		case under == "values":
			name = l.Date(name)
		case under == "outcomes":
			name = l.Word("outcome", name)
		case l.Has("model", name):
			under, within, name = "", name, l.Word("model", name)
		}
		if listed {
			name += " " + element
			if n, err := strconv.Atoi(element); err == nil { // counted from 1
				name = strings.TrimSuffix(name, element) + strconv.Itoa(n+1)
			}
		}
		if under == "parameters" || under == "values" || under == "outcomes" { // one thing with what it stands under
			said[len(said)-1] += " " + name
		} else {
			said = append(said, name)
		}
	}
	return strings.Join(said, ", ")
}

// cutElement takes apart the name of a list and which element of it: components[premium].
func cutElement(name string) (list, element string, listed bool) {
	return strings.Cut(strings.TrimSuffix(name, "]"), "[")
}

// placesIn splits a place at its full stops, but for those within brackets.
func placesIn(place string) []string {
	depth := 0
	return strings.FieldsFunc(place, func(r rune) bool {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		}
		return r == '.' && depth == 0
	})
}

// modelCodes are the sections of the catalogue with the words of codes that stand at a place of a model, by the last name of it.
var modelCodes = map[string]string{
	"kind": "component_kind", "basis": "basis", "per": "per", "repeat": "repeat", "condition": "condition", "occasions": "occasion", "reason": "absence_reason",
	"prorate": "truth", "share": "share", "degree": "degree", "by": "dimension", "status": "value_status",
}

// ModelValue says what a model states at a place.
func (l Language) ModelValue(place, value string) string {
	at := placesIn(place)
	if len(at) == 0 {
		return value
	}
	last, _, _ := cutElement(at[len(at)-1])
	if section, coded := modelCodes[last]; coded && l.Has(section, value) {
		return l.Word(section, value)
	}
	if last == "unit" {
		return l.UnitOfValue(value)
	}
	if last == "id" || last == "account" {
		return value
	}
	return l.Number(value)
}

// UnitOfValue says what a parameter's values count, which a document writes in words of its own choice: those that documents mostly have are said in the
// language, others as they stand.
func (l Language) UnitOfValue(unit string) string { return l.Word("unit_of_value", unit) }

// Key says a key of a table of values, the codes of by in order with slashes between them: care/in-house by category and regime.
func (l Language) Key(by []string, key string) string {
	parts := strings.Split(key, "/")
	if len(parts) != len(by) {
		return key
	}
	for i, dimension := range by {
		if dimension == "kind" { // of home health care, where minutes have it as their category
			dimension = "category"
		}
		if l.Has(dimension, parts[i]) && dimension != "unit" && dimension != "recipient" {
			parts[i] = l.Word(dimension, parts[i])
		}
	}
	return strings.Join(parts, "/")
}

// Change says what an event changed: its name, and what was known before and after it.
func (l Language) Change(c domain.Change) (name, before, after string) {
	if _, place := c.Name.OfModel(); place != "" {
		return l.Phrase(c.Name), l.ModelValue(place, c.Before.String()), l.ModelValue(place, c.After.String())
	}
	return l.Phrase(c.Name), l.Phrase(c.Before), l.Phrase(c.After)
}
