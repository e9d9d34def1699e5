// Package compensation holds compensation models (the documents of CONTRACT.md, section 5) and computes postings under them.
//
// A document is read by ParseModel, which lists everything that is wrong with it, each with its place, and never skips what
// it does not know. A Model does not change once parsed, and depends on nothing but its document: the same bytes of
// CanonicalJSON mean the same model everywhere, and its SHA256 names it. A when is CEL without clock, time zone, map or
// random number, so that it can be decided once per distinct combination of its variables.
//
// # Where the contract is silent
//
//   - repeat left out is each-follow-up; occasions left out is every occasion; after left out is 0. An empty list of occasions,
//     an empty text and a null are errors: leave the key out.
//   - title is required; source, account and a parameter's unit are not.
//   - The canonical form keeps values as written: "297" and "297.00" pay the same, but are different documents.
//   - YAML anchors, aliases, merges and own tags are refused, so that what a board reads is what is computed.
//   - A value may be negative (a deduction); a weight may not.
//   - A table need not hold every combination. What is missing is an error when it is asked for.
//   - limit, pot, floor, round_to and threshold_minutes are the name of a parameter or, where the model has none of that name, the number
//     itself: in quotes, or for threshold_minutes also without. A threshold is whole minutes, not negative; pot, floor and round_to of an
//     allocation are whole öre, not negative. What a parameter is worth is checked when it is used (ValueError).
//
// Home health care:
//
//   - kind is the category of a row of health time or of a patient-month, "" for all else; such a row's band is health.
//   - A patient-month is per patient, unit, kind of enrolment and month. Days of overlapping enrolments count once.
//   - Among postings and rows, a patient stands after a case of the same id; --by case gives the two one row.
//
// A supplement has no absence ladder, and its posting no category, band, method or kind: its parameters are looked up without them. Its
// when sees each row that it sums, as that of time does.
//
// A cap:
//
//   - Its limit is rounded to the öre, and is that of the first of each posting's month, by the posting's words where it is a table. Where the
//     sum falls or the limit rises, the cap gives back.
//   - Its when, and the table of its limit, see what a posting says itself: method and outcome are "".
//   - Its own postings carry neither category nor band, and count nothing (quantity 0) in the unit of the capped posting.
//   - Caps of the same id and per in the documents of one policy share a running sum, document by document: within a month in which the
//     document changes, what the earlier one pays counts first.
//   - What it sums is evaluated from the January of the period's first year on, and has to have its values then.
//   - A cap cannot sum caps, allocations or performance pay.
//
// State grants:
//
//   - Recipients that the when leaves out have no part in the pot; the others share it. With weights, the
//     recipients are those that have one on the day, whether the grant names them yet or not; of one without a weight nothing is paid. With
//     equal shares they are those that the grant names.
//   - round_to left out is 0.01. Of equal remainders the earlier id goes first; what is left after whole steps goes to the next in that order.
//   - share is equal, the name of the weights, or by-weights (by weights, weights) with the field weights. degree is left out, results or
//     "min(1, result/target)", and always means that.
//   - A target without a result counts 0 in the average; a recipient that has reported nothing gets no posting, but has its share. Shares
//     are those of the day of a recipient's latest result. A degree of 0 gives no posting.
//   - An allocation is of the day agreed, and a performance of the day of the latest result: the policy holds if it does on that day.
package compensation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"careledger/domain"
)

// Model is a compensation model as its document states it. It does not change once parsed and may be shared.
type Model struct {
	ID, Title, Currency, Source string
	Parameters                  []Parameter // sorted by name
	Components                  []Component // in document order

	document  *tree
	canonical []byte
	sha256    string
}

var modelID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// ParseModel reads a model document in YAML or JSON. name is the file's name for the messages and may be empty.
//
// The error is a ModelProblems with everything that is wrong with the document, each with its place and line; there are no
// warnings then.
func ParseModel(name string, doc []byte) (*Model, []Warning, error) {
	r := modelReader{file: name}
	document, err := readTree(doc)
	if err != nil {
		return nil, nil, ModelProblems{{File: name, Line: lineOf(err), Reason: err.Error()}}
	}
	m := r.model(spot{tree: document})
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b ModelProblem) int { return a.Line - b.Line })
		return nil, nil, r.problems
	}
	slices.SortStableFunc(r.warnings, func(a, b Warning) int { return a.Line - b.Line })
	m.settle(document)
	return m, r.warnings, nil
}

// settle gives m the document that it was read from.
func (m *Model) settle(document *tree) {
	m.document, m.canonical = document, document.canonical()
	sum := sha256.Sum256(m.canonical)
	m.sha256 = hex.EncodeToString(sum[:])
}

// SHA256 returns the SHA-256 of CanonicalJSON in hexadecimal.
func (m *Model) SHA256() string { return m.sha256 }

// CanonicalJSON returns the document's structure as RFC 8785 JSON: the same bytes for YAML and JSON, whatever the order of the keys. Values stand as written
// ("297" and "297.00" differ). Parsing it gives an equal model.
func (m *Model) CanonicalJSON() []byte { return slices.Clone(m.canonical) }

// Parameter returns the parameter of that name, nil if there is none.
func (m *Model) Parameter(name string) *Parameter {
	i, found := slices.BinarySearchFunc(m.Parameters, name, func(p Parameter, name string) int { return strings.Compare(p.Name, name) })
	if !found {
		return nil
	}
	return &m.Parameters[i]
}

// With returns a copy of m in which a parameter has another value on all dates: each dated value keeps its start. key is
// "" for a parameter of one value; for a table it names the entry ("care/external"), which changes in each dated table
// that has it. The copy has its own canonical form; the changed value no longer has the source of the old one.
func (m *Model) With(param, key string, value domain.Decimal) (*Model, error) {
	text := value.String()
	value, err := domain.ParseDecimal(text)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(m.Parameters, func(p Parameter) bool { return p.Name == param })
	if at < 0 {
		return nil, fmt.Errorf("model %s has no parameter %q; it has %s", m.ID, param, m.parameterNames())
	}
	changed := m.Parameters[at]
	if err := changed.checkKey(key); err != nil {
		return nil, err
	}
	parameters := m.document.get("parameters")
	parameter := parameters.get(param)
	values := parameter.get("values")
	leaf := &tree{kind: treeText, text: text}

	changed.Values = slices.Clone(changed.Values)
	for i := range changed.Values {
		dated := &changed.Values[i]
		from := dated.From.String()
		if len(changed.By) == 0 {
			dated.Scalar = Value{Value: value}
			values = values.with(from, leaf)
			continue
		}
		if _, has := dated.Table[key]; !has {
			continue
		}
		table := make(map[string]Value, len(dated.Table))
		for k, v := range dated.Table {
			table[k] = v
		}
		table[key] = Value{Value: value}
		dated.Table = table
		values = values.with(from, values.get(from).with(key, leaf))
	}

	c := &Model{ID: m.ID, Title: m.Title, Currency: m.Currency, Source: m.Source,
		Parameters: slices.Clone(m.Parameters), Components: slices.Clone(m.Components)}
	c.Parameters[at] = changed
	c.settle(m.document.with("parameters", parameters.with(param, parameter.with("values", values))))
	return c, nil
}

// CheckFrom returns a ModelProblems of the parameters that components use and that have no value on day, the first day
// that the model is used on; nil if there are none. A parameter that has a value then has one on every later day.
func (m *Model) CheckFrom(day domain.Date) error {
	var problems ModelProblems
	for _, p := range m.used() {
		if _, ok := p.At(day); !ok {
			problems = append(problems, ModelProblem{
				Place:  spot{place: "parameters"}.placeOf(p.Name),
				Reason: fmt.Sprintf("has no value on %s; its first is from %s", day, p.Values[0].From),
			})
		}
	}
	if problems != nil {
		return problems
	}
	return nil
}

// FirstDay returns the first day on which every parameter that components use has a value: from it on CheckFrom has nothing to say. It is
// domain.MinDate where components use none.
func (m *Model) FirstDay() domain.Date {
	first := domain.Date(domain.MinDate)
	for _, p := range m.used() {
		first = max(first, p.Values[0].From)
	}
	return first
}

// used returns the parameters that components use, in the order of the document.
func (m *Model) used() (parameters []*Parameter) {
	used := map[string]bool{}
	for i := range m.Components {
		for _, name := range m.Components[i].Uses() {
			used[name] = true
		}
	}
	for i := range m.Parameters {
		if used[m.Parameters[i].Name] {
			parameters = append(parameters, &m.Parameters[i])
		}
	}
	return parameters
}

func (m *Model) parameterNames() domain.Codes {
	names := make(domain.Codes, len(m.Parameters))
	for i, p := range m.Parameters {
		names[i] = p.Name
	}
	return names
}

// model reads the document as a whole.
func (r *modelReader) model(s spot) *Model {
	r.root = s
	if !r.mapping(s, domain.Codes{"id", "title", "currency", "source", "parameters", "components"}) {
		return nil
	}
	m := &Model{
		ID:       r.id(s.required("id")),
		Title:    r.text(s.required("title")),
		Currency: r.text(s.required("currency")),
		Source:   r.text(s.field("source")),
	}
	if m.Currency != "" && m.Currency != "SEK" {
		r.problem(s.field("currency"), "%q is not a currency of this ledger; write SEK", m.Currency)
	}
	if p := s.required("parameters"); r.mapping(p, nil) {
		for _, pair := range p.tree.pairs {
			m.Parameters = append(m.Parameters, r.parameter(pair.key, p.at(pair)))
		}
		slices.SortStableFunc(m.Parameters, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
		r.parameters = m.parameterNames()
	}
	if c := s.required("components"); r.list(c) {
		if len(c.tree.items) == 0 {
			r.problem(c, "is empty; a model has at least one component")
		}
		for i := range c.tree.items {
			m.Components = append(m.Components, r.component(c.item(i)))
		}
		r.references(m, s)
	}
	return m
}
