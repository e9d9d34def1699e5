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

	all string // the text, and after it what fills the places, in order, with placeEnd after each; of a form that is one place, the text alone is both
	end int    // of the text in it
}

// placeEnd ends what fills a place. No text of a record needs it; where one holds it all the same, Places gives that place in parts.
const placeEnd = "\x00"

// NewPhrase fills the places of a form in order. A place without anything to fill it is empty.
func NewPhrase(form string, places ...string) Phrase {
	if len(places) == 1 && onePlace(form) {
		return Phrase{form, places[0], len(places[0])}
	}
	size := len(form)
	for _, place := range places {
		size += 2*len(place) + len(placeEnd)
	}
	var b strings.Builder
	b.Grow(size) // a trail is made of many: each takes one piece of memory
	for rest, i := form, 0; ; i++ {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		_, rest, _ = strings.Cut(after, "}")
		if i < len(places) {
			b.WriteString(places[i])
		}
	}
	end := b.Len()
	for _, place := range places {
		b.WriteString(place)
		b.WriteString(placeEnd)
	}
	return Phrase{form, b.String(), end}
}

// onePlace says whether a form is a place and nothing else.
func onePlace(form string) bool {
	return strings.HasPrefix(form, "{") && strings.IndexByte(form, '}') == len(form)-1
}

// PlainPhrase is a text that is the log's own: a name, a reason.
func PlainPhrase(text string) Phrase { return Phrase{all: text, end: len(text)} }

// String returns the text in the record's own words.
func (p Phrase) String() string { return p.all[:p.end] }

// Compare orders phrases by their texts, as strings.Compare does.
func (p Phrase) Compare(q Phrase) int { return strings.Compare(p.String(), q.String()) }

// Places returns what fills the places of the form, in order.
func (p Phrase) Places() []string {
	switch places := p.all[p.end:]; {
	case onePlace(p.Form):
		return []string{p.all}
	case places == "":
		return nil
	default:
		return strings.Split(strings.TrimSuffix(places, placeEnd), placeEnd)
	}
}

// MarshalText writes the text.
func (p Phrase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote, of which the form is not known any more.
func (p *Phrase) UnmarshalText(text []byte) error {
	*p = PlainPhrase(string(text))
	return nil
}
