package compensation

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"careledger/domain"
)

// Parameter is a number of a model with its values over time, one number or a table of them.
type Parameter struct {
	Name, Unit string       // Unit is free text, such as SEK/hour
	By         []string     // the dimensions of the tables, different words of Dimensions; empty for one number
	Values     []DatedValue // sorted by From, at least one
}

// DatedValue is what a parameter is worth from a day on, until its next dated value.
type DatedValue struct {
	From   domain.Date
	Scalar Value            // when By is empty
	Table  map[string]Value // when By is set, not empty; the key's words are joined with "/" in the order of By
}

// Value is a decimal with where it comes from. Status is "" or "preliminary".
type Value struct {
	Value          domain.Decimal
	Source, Status string
}

// Dimensions are what a parameter's table can be by.
var Dimensions = domain.Codes{"category", "band", "regime", "area", "unit", "kind", dimensionRecipient}

// dimensionRecipient is what the weights of a state grant are by; nothing else is.
const dimensionRecipient = "recipient"

// StatusPreliminary marks a value that is assumed until the real one is known.
const StatusPreliminary = "preliminary"

// At returns the dated value in force on day, false before the first.
func (p *Parameter) At(day domain.Date) (DatedValue, bool) {
	i := sort.Search(len(p.Values), func(i int) bool { return p.Values[i].From > day })
	if i == 0 {
		return DatedValue{}, false
	}
	return p.Values[i-1], true
}

// Keys returns the keys that any of the parameter's tables has, sorted; nil for a parameter of one value.
func (p *Parameter) Keys() []string {
	var keys []string
	for _, v := range p.Values {
		for k := range v.Table {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// checkKey says whether key names a value of p, as Model.With wants it.
func (p *Parameter) checkKey(key string) error {
	keys := p.Keys()
	switch {
	case len(p.By) == 0 && key != "":
		return fmt.Errorf("parameter %s is one value and has no key %q", p.Name, key)
	case len(p.By) > 0 && key == "":
		return fmt.Errorf("parameter %s is a table by %s; name one of its keys: %s", p.Name, strings.Join(p.By, "/"), strings.Join(keys, ", "))
	case len(p.By) > 0 && !slices.Contains(keys, key):
		return fmt.Errorf("parameter %s has no key %q; its keys are %s", p.Name, key, strings.Join(keys, ", "))
	}
	return nil
}

// parameter reads one parameter.
func (r *modelReader) parameter(name string, s spot) Parameter {
	p := Parameter{Name: name}
	if !modelID.MatchString(name) {
		r.problem(s, "%q is not a parameter name; use 1 to 64 of A-Z a-z 0-9 . _ -", name)
	}
	if !r.mapping(s, domain.Codes{"unit", "by", "values"}) {
		return p
	}
	p.Unit = r.text(s.field("unit"))
	problems := len(r.problems)
	p.By = r.words(s.field("by"), Dimensions)
	byIsGood := len(r.problems) == problems
	values := s.required("values")
	if !r.present(values) {
		return p
	}
	if values.tree.kind != treeMapping || len(values.tree.pairs) == 0 {
		r.problem(values, `write each value under the day that it holds from, for example {2015-01-01: "297"}`)
		return p
	}
	r.mapping(values, nil)
	for _, pair := range values.tree.pairs {
		at := values.at(pair)
		from, err := domain.ParseDate(pair.key)
		if err != nil {
			r.problem(at, "%s", err)
		}
		v := DatedValue{From: from}
		switch {
		case !byIsGood: // what the table should look like is not known
		case s.field("by").absent():
			v.Scalar = r.scalar(at)
		default:
			v.Table = r.table(at, p.By)
		}
		p.Values = append(p.Values, v)
	}
	slices.SortFunc(p.Values, func(a, b DatedValue) int { return int(a.From) - int(b.From) })
	return p
}

// scalar reads the value of a parameter that is not a table.
func (r *modelReader) scalar(s spot) Value {
	if s.tree.kind == treeMapping && s.tree.get("value") == nil && len(s.tree.pairs) > 0 {
		r.problem(s, "is a table, but the parameter does not say by what; add for example by: [category, regime], or write {value: …}")
		return Value{}
	}
	return r.value(s)
}

// value reads a decimal, or a decimal with its source and status.
func (r *modelReader) value(s spot) Value {
	if s.tree.kind != treeMapping {
		return Value{Value: r.decimal(s)}
	}
	r.mapping(s, domain.Codes{"value", "source", "status"})
	return Value{
		Value:  r.decimal(s.required("value")),
		Source: r.text(s.field("source")),
		Status: r.word(s.field("status"), domain.Codes{StatusPreliminary}),
	}
}

// table reads the values of a parameter that has them by something.
func (r *modelReader) table(s spot, by []string) map[string]Value {
	if !r.present(s) {
		return nil
	}
	if s.tree.kind != treeMapping || len(s.tree.pairs) == 0 {
		r.problem(s, "the parameter is by %s; write a value for each, for example {%s: \"297\"}", strings.Join(by, "/"), exampleKey(by))
		return nil
	}
	r.mapping(s, nil)
	table := make(map[string]Value, len(s.tree.pairs))
	for _, pair := range s.tree.pairs {
		at := s.at(pair)
		r.tableKey(at, pair.key, by)
		table[pair.key] = r.value(at)
	}
	return table
}

// tableKey checks a key of a table.
func (r *modelReader) tableKey(s spot, key string, by []string) {
	parts := strings.Split(key, "/")
	if len(parts) != len(by) {
		r.problem(s, "%q has %d of the %d parts of %s; write for example %s", key, len(parts), len(by), strings.Join(by, "/"), exampleKey(by))
		return
	}
	for i, part := range parts {
		codes, listed := whenCodes[by[i]]
		switch {
		case !listed: // unit or recipient
			if !modelID.MatchString(part) {
				r.problem(s, "%q is not a %s's id", part, by[i])
			}
		case codes.Has(part):
		case codes.Closest(part) != "":
			r.problem(s, "%q is not %s %s; did you mean %q?", part, article(by[i]), by[i], codes.Closest(part))
		default:
			r.problem(s, "%q is not %s %s; use one of %s", part, article(by[i]), by[i], codes)
		}
	}
}

func exampleKey(by []string) string {
	parts := make([]string, len(by))
	for i, dimension := range by {
		if parts[i] = dimension + "-1"; whenCodes[dimension] != nil {
			parts[i] = whenCodes[dimension][0]
		}
	}
	return strings.Join(parts, "/")
}
