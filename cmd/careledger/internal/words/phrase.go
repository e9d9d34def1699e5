package words

import (
	"strings"
	"time"

	"careledger/domain"
)

// placeCodes are the places of phrases that hold a code: the section of the catalogue with its words.
var placeCodes = map[string]string{
	"life_area": "life_area", "occasion": "occasion", "outcome": "outcome", "category": "category", "band": "band", "method": "method", "regime": "regime", "area": "area",
	"age_group": "age_group", "sex": "sex", "end_reason": "end_reason", "absence_reason": "absence_reason", "participant": "participant", "enrolment_outcome": "enrolment_outcome",
	"dispute_subject": "dispute_subject", "party_decision": "party_decision", "event_type": "event_type", "payout_status": "why", "unit_of_quantity": "why",
}

// listed is what the name of a place ends in that holds several codes, with commas between them.
const listed = "..."

// Phrase says a phrase of the record in the language. The record's own words are English, so in English it is the form itself; in both
// languages codes, numbers and dates in its places are said as they are elsewhere. What is nobody's words but the log's is said as it stands.
func (l Language) Phrase(p domain.Phrase) string {
	if p.Form == "" {
		return p.String()
	}
	said := p.Form
	if l != English {
		said = l.Word("phrase", p.Form)
	}
	places, filled := p.Places(), map[string][]string{}
	for i, name := range placeNames(p.Form) {
		if i < len(places) {
			filled[name] = append(filled[name], l.place(name, places[i]))
		}
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(said, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		var name string
		if name, said, _ = strings.Cut(after, "}"); len(filled[name]) > 0 {
			b.WriteString(filled[name][0])
			filled[name] = filled[name][1:]
		}
	}
}

// placeNames returns the names of a form's places, in order.
func placeNames(form string) (names []string) {
	for {
		_, after, found := strings.Cut(form, "{")
		if !found {
			return names
		}
		var name string
		name, form, _ = strings.Cut(after, "}")
		names = append(names, name)
	}
}

// place says what fills a place, by the place's name.
func (l Language) place(name, value string) string {
	switch name {
	case "date":
		return l.Date(value)
	case "month":
		return l.Month(value)
	case "amount", "decimal", "number", "minutes":
		return l.Number(value)
	case "status":
		return value + " (" + l.Word("status", value) + ")"
	case "times_per_week":
		if times, err := domain.ParseDecimal(value); err == nil && l == Swedish {
			return TimesPerWeek(times)
		}
		return l.Number(value)
	case "place":
		if l != English { // in which the document's own keys are
			return l.ModelPlace(value)
		}
	case "time":
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			return Moment(at)
		}
	}
	one, several := strings.CutSuffix(name, listed)
	section, coded := placeCodes[one]
	switch {
	case !coded:
		return value
	case !several:
		return l.Word(section, value)
	}
	codes := strings.Split(value, ", ")
	for i, code := range codes {
		codes[i] = l.Word(section, code)
	}
	return strings.Join(codes, ", ")
}
