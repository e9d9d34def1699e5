package web

import (
	"fmt"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain/compensation"
)

// What is wrong in a model document is said by package compensation, in English, with the place. The catalogue has it in Swedish by what is said there; what
// another program says of a document (YAML, CEL) it has not.

// wrongsOfModel are the problems of a document, and those that there are no Swedish words for.
func wrongsOfModel(problems compensation.ModelProblems) (all []*wrong, rest []error) {
	for _, p := range problems {
		if p.Said == "" || !words.Swedish.Has("model_wrong", p.Said) {
			rest = append(rest, compensation.ModelProblems{p})
			continue
		}
		all = append(all, &wrong{key: "model_wrong." + p.Said, about: p.About, document: &p})
	}
	return all, rest
}

// sayModel says a problem of a document.
func (v wrongVoice) sayModel(w *wrong, about []any) string {
	if v.plain || v.Lang == words.English {
		return w.document.String()
	}
	return v.place(w.document) + fmt.Sprintf(v.Say(w.key), about...) + "."
}

// place is where in a document something is wrong: Rad 12, components[1].when.
func (v wrongVoice) place(p *compensation.ModelProblem) string {
	switch line := fmt.Sprint(p.Line); {
	case p.Line > 0 && p.Place != "":
		return fmt.Sprintf(v.Say("model_found.at"), line, p.Place) + ": "
	case p.Line > 0:
		return fmt.Sprintf(v.Say("model_found.at_line"), line) + ": "
	case p.Place != "":
		return p.Place + ": "
	}
	return v.Say("model_found.whole") + ": "
}

// found says what stands in a document where something else belongs.
func (v wrongVoice) found(f compensation.Found) string {
	text := v.Say("model_found." + f.Kind)
	if f.Text == "" {
		return text
	}
	return fmt.Sprintf(text, f.Text)
}
