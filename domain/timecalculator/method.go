package timecalculator

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"careledger/domain"
)

// Method is how frame time is calculated, as its document states it.
type Method struct {
	ID, Title, Source string
	WeeksPerMonth     Parameter // 1 to 6
	CoordinationGain  Parameter // percent of a service's minutes, 0 to 100
	LoneAddition      Parameter // minutes for each of the staff on an occasion, 0 to 1440
}

// Parameter is a number with where it comes from.
type Parameter struct {
	Name   string         `json:"name"`
	Value  domain.Decimal `json:"value"`
	Source string         `json:"source"`
	Status string         `json:"status,omitzero"` // "" or StatusPreliminary
}

// StatusPreliminary marks a value that is assumed until the real one is known.
const StatusPreliminary = "preliminary"

// BuiltIn is the id of the method that comes with the program.
const BuiltIn = "time-calculator-2022"

//go:embed library/*.yaml
var library embed.FS

// LibraryMethod returns the document of a built-in method, false if there is none of that id.
func LibraryMethod(id string) ([]byte, bool) {
	doc, err := library.ReadFile("library/" + id + ".yaml")
	return doc, err == nil
}

// Parameters returns the method's numbers.
func (m *Method) Parameters() []Parameter {
	return []Parameter{m.WeeksPerMonth, m.CoordinationGain, m.LoneAddition}
}

// maxDocumentBytes bounds a method document, which holds three numbers and their sources.
const maxDocumentBytes = 1 << 16

var methodID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// ParseMethod reads a method document in YAML or JSON: {id, title, source, parameters: {weeks_per_month, coordination_gain_percent,
// lone_addition_minutes: each {value, source, status?: preliminary}}}, values as decimal strings. The error is a domain.Problems with
// everything that is wrong, each with its line and place.
func ParseMethod(doc []byte) (*Method, error) {
	r := &methodReader{}
	root, err := readDocument(doc)
	if err != nil {
		return nil, domain.Problems{{Field: "method", Reason: err.Error()}}
	}
	members := r.members(root, "", "id", "title", "source", "parameters")
	if members == nil {
		return nil, r.problems
	}
	m := &Method{ID: r.text(root, members, "", "id"), Title: r.text(root, members, "", "title"), Source: r.text(root, members, "", "source")}
	if m.ID != "" && !methodID.MatchString(m.ID) {
		r.add(members["id"], "id", "%q is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -", m.ID)
	}
	if at := members["parameters"]; at == nil {
		r.add(root, "parameters", "is required")
	} else {
		parameters := r.members(at, "parameters", "weeks_per_month", "coordination_gain_percent", "lone_addition_minutes")
		m.WeeksPerMonth = r.parameter(at, parameters, "weeks_per_month", 1, 6)
		m.CoordinationGain = r.parameter(at, parameters, "coordination_gain_percent", 0, 100)
		m.LoneAddition = r.parameter(at, parameters, "lone_addition_minutes", 0, 1440)
	}
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b domain.Problem) int { return a.Line - b.Line })
		return nil, r.problems
	}
	return m, nil
}

func readDocument(doc []byte) (*yaml.Node, error) {
	if len(doc) > maxDocumentBytes {
		return nil, fmt.Errorf("the document is %d bytes long; at most %d are allowed", len(doc), maxDocumentBytes)
	}
	var root, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(doc))
	switch err := d.Decode(&root); {
	case errors.Is(err, io.EOF) || err == nil && len(root.Content) == 0:
		return nil, errors.New("the document is empty")
	case err != nil:
		return nil, fmt.Errorf("is neither YAML nor JSON: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file has more than one document; a file holds one method")
	}
	return root.Content[0], nil
}

// methodReader reads a document and collects what is wrong with it.
type methodReader struct{ problems domain.Problems }

func (r *methodReader) add(at *yaml.Node, field, format string, args ...any) {
	r.problems = append(r.problems, domain.Problem{Line: at.Line, Field: field, Reason: fmt.Sprintf(format, args...)})
}

func below(place, key string) string { return strings.TrimPrefix(place+"."+key, ".") }

// members returns the values of a mapping by their keys, and reports keys that are not known or stand twice.
func (r *methodReader) members(n *yaml.Node, place string, known ...string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		r.add(n, strings.TrimPrefix(place+" ", " ")+"document", "a mapping with the keys %s belongs here", strings.Join(known, ", "))
		return nil
	}
	values := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		near := domain.Codes(known).Closest(key)
		switch {
		case values[key] != nil:
			r.add(n.Content[i], below(place, key), "the key is there already, on line %d", values[key].Line)
		case domain.Codes(known).Has(key):
			values[key] = n.Content[i+1]
		case near != "":
			r.add(n.Content[i], below(place, key), "unknown key; did you mean %q?", near)
		default:
			r.add(n.Content[i], below(place, key), "unknown key; known here are %s", domain.Codes(known))
		}
	}
	return values
}

// text reads a required text of the mapping n.
func (r *methodReader) text(n *yaml.Node, members map[string]*yaml.Node, place, key string) string {
	v := members[key]
	switch {
	case v == nil:
		r.add(n, below(place, key), "is required")
	case v.Kind != yaml.ScalarNode:
		r.add(v, below(place, key), "a text belongs here, not a list or a mapping")
	case v.ShortTag() != "!!str":
		r.add(v, below(place, key), "%s is no text; write %q in quotes", v.Value, v.Value)
	case strings.TrimSpace(v.Value) == "":
		r.add(v, below(place, key), "is empty")
	default:
		return v.Value
	}
	return ""
}

// parameter reads a number from low to high with its source.
func (r *methodReader) parameter(n *yaml.Node, parameters map[string]*yaml.Node, name string, low, high int64) Parameter {
	p, v, place := Parameter{Name: name}, parameters[name], "parameters."+name
	if v == nil {
		r.add(n, place, "is required")
		return p
	}
	members := r.members(v, place, "value", "source", "status")
	if members == nil {
		return p
	}
	p.Source = r.text(v, members, place, "source")
	if members["status"] != nil {
		if p.Status = r.text(v, members, place, "status"); p.Status != "" && p.Status != StatusPreliminary {
			r.add(members["status"], place+".status", "%q is not a status; write preliminary, or leave it out", p.Status)
		}
	}
	text := r.text(v, members, place, "value")
	if text == "" {
		return p
	}
	value, err := domain.ParseDecimal(text)
	if err != nil {
		r.add(members["value"], place+".value", "%v", err)
	} else if value.Cmp(domain.DecimalOf(low, 0)) < 0 || value.Cmp(domain.DecimalOf(high, 0)) > 0 {
		r.add(members["value"], place+".value", "%s is outside %d to %d", value, low, high)
	}
	p.Value = value
	return p
}
