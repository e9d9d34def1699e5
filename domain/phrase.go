package domain

import "strings"

// Phrase is a text in the record's own words together with what it was made of, so that a page can say it in another language: a form, and what
// fills the form's places. The text is what the command line prints and what stands in a document for programs. Phrases can be compared; two that are
// made alike are equal.
type Phrase struct {
	// Form is the text with a name in braces for each place: "decision {decision} last day". The name says what stands there: a code of the list of
	// that name ({life_area}), a {date}, a {month}, an amount in {kr}, a number of {minutes}, or an id or text of the log's own.
	// It is "" for a text that is nobody's words but the log's.
	Form string

	text   string
	places string // what fills the places, in order, with placeEnd after each
}

// placeEnd ends what fills a place. No text of a record needs it; where one holds it all the same, Places gives that place in parts.
const placeEnd = "\x00"

// NewPhrase fills the places of a form in order. A place without anything to fill it is empty.
func NewPhrase(form string, places ...string) Phrase {
	var text, all strings.Builder
	for rest, i := form, 0; ; i++ {
		before, after, found := strings.Cut(rest, "{")
		text.WriteString(before)
		if !found {
			break
		}
		_, rest, _ = strings.Cut(after, "}")
		if i < len(places) {
			text.WriteString(places[i])
			all.WriteString(places[i] + placeEnd)
		}
	}
	return Phrase{Form: form, text: text.String(), places: all.String()}
}

// PlainPhrase is a text that is the log's own: a name, a reason.
func PlainPhrase(text string) Phrase { return Phrase{text: text} }

// String returns the text in the record's own words.
func (p Phrase) String() string { return p.text }

// Compare orders phrases by their texts, as strings.Compare does.
func (p Phrase) Compare(q Phrase) int { return strings.Compare(p.text, q.text) }

// Places returns what fills the places of the form, in order.
func (p Phrase) Places() []string {
	if p.places == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(p.places, placeEnd), placeEnd)
}

// MarshalText writes the text.
func (p Phrase) MarshalText() ([]byte, error) { return []byte(p.text), nil }

// UnmarshalText reads what MarshalText wrote, of which the form is not known any more.
func (p *Phrase) UnmarshalText(text []byte) error {
	*p = PlainPhrase(string(text))
	return nil
}
