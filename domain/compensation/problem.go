package compensation

import (
	"fmt"
	"strconv"
	"strings"
)

// ModelProblem is one thing that is wrong with a model document. File is the name given to ParseModel and may be empty;
// Place is the path to it (components[1].when), empty for the document as a whole; Line counts from 1, 0 when not known.
type ModelProblem struct {
	File, Place string
	Line        int
	Reason      string

	// Said is Reason as fmt takes it, before About was put in, for who says it in another language: "%q is not one of %s". It is "" where the reason is
	// another program's. About holds texts, numbers, domain.Codes and Found.
	Said  string
	About []any
}

// Found is what stands in a document where something else belongs.
type Found struct {
	Kind string // text, number, boolean, mapping, list, empty
	Text string // of the first three
}

func (f Found) String() string {
	switch f.Kind {
	case "text":
		return strconv.Quote(f.Text) + " is text"
	case "number", "boolean":
		return f.Text + " is a " + f.Kind
	case "empty":
		return "is empty"
	}
	return "is a " + f.Kind
}

// String returns file:line place: reason, without the parts that are not known.
func (p ModelProblem) String() string { return locate(p.File, p.Line, p.Place) + p.Reason }

// ModelProblems is a refusal of a model document: everything that is wrong with it, in the order of the document.
type ModelProblems []ModelProblem

// Error lists the problems, one a line.
func (ps ModelProblems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Warning is something in a model document that is allowed, but rarely meant. Its fields are those of ModelProblem.
type Warning struct {
	File, Place string
	Line        int
	Reason      string
}

// String returns file:line place: reason, without the parts that are not known.
func (w Warning) String() string { return locate(w.File, w.Line, w.Place) + w.Reason }

func locate(file string, line int, place string) string {
	at := file
	switch {
	case file != "" && line > 0:
		at = fmt.Sprintf("%s:%d", file, line)
	case line > 0:
		at = fmt.Sprintf("line %d", line)
	}
	if at != "" && place != "" {
		at += " "
	}
	if at += place; at != "" {
		at += ": "
	}
	return at
}
