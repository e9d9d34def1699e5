package compensation

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"careledger/domain"
)

// ParameterValue is one value of a parameter over the days [From, Until) on which a document says it holds. Until is domain.MaxDate for the last one.
type ParameterValue struct {
	Parameter, Unit string
	Key             string   // of a table, "" for a parameter of one value
	By              []string // what the parts of the key are, of Dimensions
	From, Until     domain.Date
	Value
}

// ParameterValues returns every value of every parameter, by parameter, key and day.
func (m *Model) ParameterValues() (all []ParameterValue) {
	for i := range m.Parameters {
		p := &m.Parameters[i]
		for j, dated := range p.Values {
			until := domain.Date(domain.MaxDate)
			if j+1 < len(p.Values) {
				until = p.Values[j+1].From
			}
			for key, v := range dated.values() {
				all = append(all, ParameterValue{p.Name, p.Unit, key, p.By, dated.From, until, v})
			}
		}
	}
	slices.SortFunc(all, func(a, b ParameterValue) int {
		return cmp.Or(strings.Compare(a.Parameter, b.Parameter), strings.Compare(a.Key, b.Key), cmp.Compare(a.From, b.From))
	})
	return all
}

// values returns the values by key; one without a table has the key "".
func (d *DatedValue) values() map[string]Value {
	if d.Table != nil {
		return d.Table
	}
	return map[string]Value{"": d.Scalar}
}

// ValueDifference is a value that two documents state differently from a day on: its number, its source or its status. Before or After is nil where that
// document has none.
type ValueDifference struct {
	Parameter, Unit, Key string
	By                   []string // what the parts of the key are, of Dimensions
	From                 domain.Date
	Before, After        *Value
}

// ValueDifferences returns what two documents say differently of the values of parameters on a day and later, by parameter, key and day: first what
// each says on the day itself, and then each later day on which the pair of what they say changes to another that differs. What a document said of days
// before is no difference.
func ValueDifferences(before, after *Model, day domain.Date) (all []ValueDifference) {
	names := map[string]bool{}
	for _, m := range []*Model{before, after} {
		for i := range m.Parameters {
			names[m.Parameters[i].Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		all = append(all, parameterDifferences(before.Parameter(name), after.Parameter(name), day)...)
	}
	return all
}

// parameterDifferences is ValueDifferences of one parameter, which either document may lack.
func parameterDifferences(before, after *Parameter, day domain.Date) (all []ValueDifference) {
	keys, days := map[string]bool{}, map[domain.Date]bool{day: true}
	d := ValueDifference{}
	for _, p := range []*Parameter{before, after} {
		if p == nil {
			continue
		}
		d.Parameter, d.Unit, d.By = p.Name, p.Unit, p.By
		for i := range p.Values {
			for key := range p.Values[i].values() {
				keys[key] = true
			}
			if p.Values[i].From > day {
				days[p.Values[i].From] = true
			}
		}
	}
	for _, d.Key = range slices.Sorted(maps.Keys(keys)) {
		var was, is *Value
		for i, from := range slices.Sorted(maps.Keys(days)) {
			b, a := before.keyAt(d.Key, from), after.keyAt(d.Key, from)
			if i > 0 && same(was, b) && same(is, a) {
				continue
			}
			if was, is = b, a; !same(b, a) {
				d.From, d.Before, d.After = from, b, a
				all = append(all, d)
			}
		}
	}
	return all
}

// keyAt returns the value of a key on a day, nil if there is none.
func (p *Parameter) keyAt(key string, day domain.Date) *Value {
	if p == nil {
		return nil
	}
	dated, ok := p.At(day)
	if !ok {
		return nil
	}
	v, ok := dated.values()[key]
	if !ok {
		return nil
	}
	return &v
}

// same says whether two values are the same, also in source and status; as written, "297" and "297.00" are.
func same(a, b *Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Value.Cmp(b.Value) == 0 && a.Source == b.Source && a.Status == b.Status
}
