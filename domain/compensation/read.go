package compensation

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"careledger/domain"
)

// modelReader reads a tree into a model and collects what is wrong with it. Its readers return zero values for what
// they report, so that reading goes on.
type modelReader struct {
	file       string
	root       spot
	parameters domain.Codes // names, sorted; known once the parameters are read
	problems   ModelProblems
	warnings   []Warning
}

// spot is a place in a document: what stands there, nil when nothing does, and where that is.
type spot struct {
	tree  *tree
	place string
	line  int  // of the mapping around it, when nothing stands there
	must  bool // something has to stand there
}

var bareKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// field returns the spot of a key in the mapping at s.
func (s spot) field(key string) spot {
	f := spot{place: s.placeOf(key), line: s.lineNumber()}
	if s.tree != nil {
		f.tree = s.tree.get(key)
	}
	return f
}

func (s spot) placeOf(key string) string {
	switch {
	case !bareKey.MatchString(key):
		return s.place + "[" + strconv.Quote(key) + "]"
	case s.place == "":
		return key
	default:
		return s.place + "." + key
	}
}

// required returns the spot of a key that has to be there; the reader of its value reports it if it is not.
func (s spot) required(key string) spot {
	f := s.field(key)
	f.must = true
	return f
}

// at returns the spot of one pair. Unlike field it does not search, so that walking a large table stays linear.
func (s spot) at(p pair) spot { return spot{tree: p.value, place: s.placeOf(p.key)} }

// item returns the spot of an item in the list at s.
func (s spot) item(i int) spot {
	return spot{tree: s.tree.items[i], place: fmt.Sprintf("%s[%d]", s.place, i)}
}

func (s spot) lineNumber() int {
	if s.tree != nil {
		return s.tree.line
	}
	return s.line
}

func (s spot) absent() bool { return s.tree == nil }

func lineOf(err error) int {
	var at *lineError
	if errors.As(err, &at) {
		return at.line
	}
	return 0
}

func (r *modelReader) problem(s spot, format string, args ...any) {
	r.problems = append(r.problems, ModelProblem{r.file, s.place, s.lineNumber(), fmt.Sprintf(format, args...), format, args})
}

func (r *modelReader) warn(s spot, format string, args ...any) {
	r.warnings = append(r.warnings, Warning{r.file, s.place, s.lineNumber(), fmt.Sprintf(format, args...)})
}

// present says whether something stands at s, and reports what is missing or null.
func (r *modelReader) present(s spot) bool {
	switch {
	case s.absent() && s.must:
		r.problem(s, "is required")
	case s.absent():
	case s.tree.kind == treeNull:
		r.problem(s, "is empty; give it a value or leave it out")
	default:
		return true
	}
	return false
}

// mapping says whether s holds a mapping. It reports duplicate keys, and unknown ones unless known is nil.
func (r *modelReader) mapping(s spot, known domain.Codes) bool {
	if !r.present(s) {
		return false
	}
	if s.tree.kind != treeMapping {
		r.problem(s, "%s; a mapping with keys belongs here", s.tree.describe())
		return false
	}
	first := map[string]int{}
	for _, p := range s.tree.pairs {
		at := spot{tree: &tree{line: p.line}, place: s.placeOf(p.key)}
		if line, again := first[p.key]; again {
			r.problem(at, "the key is there already, on line %d", line)
			continue
		}
		first[p.key] = p.line
		if known != nil && !known.Has(p.key) {
			r.unknown(at, p.key, known)
		}
	}
	return true
}

func (r *modelReader) unknown(at spot, key string, known domain.Codes) {
	if near := known.Closest(key); near != "" {
		r.problem(at, "unknown key; did you mean %q?", near)
	} else {
		r.problem(at, "unknown key; known here are %s", known)
	}
}

// list says whether s holds a list.
func (r *modelReader) list(s spot) bool {
	if !r.present(s) {
		return false
	}
	if s.tree.kind != treeList {
		r.problem(s, "%s; a list belongs here", s.tree.describe())
		return false
	}
	return true
}

// text reads a text that is not empty.
func (r *modelReader) text(s spot) string {
	if !r.present(s) {
		return ""
	}
	switch {
	case s.tree.kind == treeInteger || s.tree.kind == treeFraction || s.tree.kind == treeBoolean:
		r.problem(s, "%s; write %q in quotes", s.tree.describe(), s.tree.text)
	case s.tree.kind != treeText:
		r.problem(s, "%s; a text belongs here", s.tree.describe())
	case s.tree.text == "":
		r.problem(s, "is empty; give it a value or leave it out")
	default:
		return s.tree.text
	}
	return ""
}

// id reads an identifier.
func (r *modelReader) id(s spot) string {
	text := r.text(s)
	if text != "" && !modelID.MatchString(text) {
		r.problem(s, "%q is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -", text)
		return ""
	}
	return text
}

// word reads a word of a code list.
func (r *modelReader) word(s spot, codes domain.Codes) string {
	text := r.text(s)
	if text == "" || codes.Has(text) {
		return text
	}
	if near := codes.Closest(text); near != "" {
		r.problem(s, "%q is not one of %s; did you mean %q?", text, codes, near)
	} else {
		r.problem(s, "%q is not one of %s", text, codes)
	}
	return ""
}

// words reads a list of different words of a code list, which may be left out but not empty.
func (r *modelReader) words(s spot, codes domain.Codes) []string {
	if !r.list(s) {
		return nil
	}
	if len(s.tree.items) == 0 {
		r.problem(s, "is empty; give it a value or leave it out")
	}
	var words []string
	seen := map[string]bool{}
	for i := range s.tree.items {
		word := r.word(s.item(i), codes)
		if word != "" && seen[word] {
			r.problem(s.item(i), "%q is in the list already", word)
		}
		seen[word] = true
		words = append(words, word)
	}
	return words
}

// decimal reads a decimal, which must stand in quotes: YAML and JSON numbers are binary for most programs that read them.
func (r *modelReader) decimal(s spot) domain.Decimal {
	if !r.present(s) {
		return domain.Decimal{}
	}
	switch s.tree.kind {
	case treeText:
		d, err := domain.ParseDecimal(s.tree.text)
		if err != nil {
			r.problem(s, "%s", err)
		}
		return d
	case treeInteger, treeFraction:
		if _, err := domain.ParseDecimal(s.tree.text); err == nil {
			r.problem(s, "%s; write %q in quotes", s.tree.describe(), s.tree.text)
			break
		}
		fallthrough
	default:
		r.problem(s, `%s; write a decimal in quotes, for example "297"`, s.tree.describe())
	}
	return domain.Decimal{}
}

var plainInteger = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,8})$`)

// integer reads a whole number from low to high.
func (r *modelReader) integer(s spot, low, high int) int {
	if !r.present(s) {
		return 0
	}
	text := s.tree.text
	switch {
	case s.tree.kind == treeText && plainInteger.MatchString(text):
		r.problem(s, "%q is text; write %s without quotes", text, text)
	case s.tree.kind != treeInteger || !plainInteger.MatchString(text) || text == "-0":
		r.problem(s, "%s; a whole number from %d to %d belongs here", s.tree.describe(), low, high)
	default:
		n, _ := strconv.Atoi(text) // nine digits
		if n < low || n > high {
			r.problem(s, "%d is outside %d to %d", n, low, high)
			return 0
		}
		return n
	}
	return 0
}

// boolean reads true or false.
func (r *modelReader) boolean(s spot) bool {
	if !r.present(s) {
		return false
	}
	if s.tree.kind != treeBoolean {
		r.problem(s, "%s; write true or false without quotes", s.tree.describe())
	}
	return s.tree.text == "true"
}

// describe says what t is, for a message.
func (t *tree) describe() Found {
	switch t.kind {
	case treeText:
		return Found{"text", t.text}
	case treeInteger, treeFraction:
		return Found{"number", t.text}
	case treeBoolean:
		return Found{"boolean", t.text}
	case treeMapping:
		return Found{Kind: "mapping"}
	case treeList:
		return Found{Kind: "list"}
	default:
		return Found{Kind: "empty"}
	}
}
