package compensation

import (
	"fmt"
	"strings"

	"careledger/domain"
)

// values answers what an operand of a component is worth: by month or day, and by the words that its parameter's tables are by. Each
// value is looked up once, and made ready by worth.
type values[T any] struct {
	k              *compiled
	parameter      *Parameter // nil: the document writes the number
	number         T          // then
	worth          func(value domain.Decimal, day domain.Date) (T, error)
	category, band axis
	unit           axis
	size           int
	known          []known[T] // by dated value, then index
	months         []int      // the dated value in force on the first day of each month of the period, -1 for none
}

type known[T any] struct {
	value T
	known bool
}

func newValues[T any](k *compiled, o Operand, worth func(domain.Decimal, domain.Date) (T, error)) (*values[T], error) {
	v := &values[T]{k: k, parameter: k.document.Model.Parameter(o.Parameter), worth: worth}
	if o.Parameter == "" {
		var err error
		v.number, err = worth(o.Number, k.document.From)
		return v, err
	}
	if v.parameter == nil { // the document was checked when it was parsed
		return nil, fmt.Errorf("model %s, component %s: its parameter is not declared", k.out.Policy, k.ID)
	}
	p := v.parameter
	all := axes{reads: p.By, size: 1}
	digits, n := distinct(len(k.Units), p.By, unitVariables, func(i int, v string) string { return unitWord(&k.Units[i], v) })
	all.use(&v.unit, n, digits, unitVariables...)
	all.useCodes(&v.category, domain.Categories, "category", "kind")
	all.useCodes(&v.band, domain.Bands, "band")
	v.size = all.size // never above denseLimit: at most 65 536 units × 6 categories × 7 bands
	v.known = make([]known[T], v.size*len(p.Values))
	for m := range max(0, len(k.firsts)-1) {
		v.months = append(v.months, v.valueOn(k.firsts[m]))
	}
	return v, nil
}

// newRates returns what the component pays per quantum of its quantities.
func newRates(k *compiled) (*values[rate], error) {
	name := k.rateParameter()
	decimals := 0
	if p := k.document.Model.Parameter(name); p != nil {
		decimals = p.decimals()
	}
	return newValues(k, Operand{Parameter: name}, func(value domain.Decimal, _ domain.Date) (rate, error) {
		r, err := newRate(value, decimals, k.out.Quantum, k.per())
		if err != nil {
			err = fmt.Errorf("model %s, parameters.%s: %w", k.out.Policy, name, err)
		}
		return r, err
	})
}

// decimals returns how many decimals the parameter's values have at most.
func (p *Parameter) decimals() (n int) {
	for _, v := range p.Values {
		n = max(n, v.Scalar.Value.Decimals())
		for _, e := range v.Table {
			n = max(n, e.Value.Decimals())
		}
	}
	return n
}

// valueOn returns the position of the dated value in force on a day, -1 before the first.
func (v *values[T]) valueOn(day domain.Date) int {
	i := len(v.parameter.Values) - 1
	for i >= 0 && v.parameter.Values[i].From > day {
		i--
	}
	return i
}

func (v *values[T]) inMonth(month uint16, at codes) (T, error) {
	if v.parameter == nil {
		return v.number, nil
	}
	return v.lookUp(v.months[month], at, func() domain.Date { return (v.k.From + domain.Month(month)).First() })
}

func (v *values[T]) onDay(day domain.Date, at codes) (T, error) {
	if v.parameter == nil {
		return v.number, nil
	}
	return v.lookUp(v.valueOn(day), at, func() domain.Date { return day })
}

func (v *values[T]) lookUp(value int, at codes, day func() domain.Date) (none T, err error) {
	p := v.parameter
	if value < 0 {
		return none, &RateError{Policy: v.k.out.Policy, Component: v.k.ID, Parameter: p.Name, Day: day(), First: p.Values[0].From, Capped: v.k.document.Model.sumsYears(v.k.Component)}
	}
	i := value*v.size + v.unit.at(uint32(at.unit)) + v.category.at(uint32(at.category)) + v.band.at(uint32(at.band))
	if v.known[i].known {
		return v.known[i].value, nil
	}
	entry := p.Values[value].Scalar
	if len(p.By) > 0 {
		key := make([]string, len(p.By))
		for j, by := range p.By {
			key[j] = v.k.word(at, 0, by)
		}
		k, ok := strings.Join(key, "/"), false
		if entry, ok = p.Values[value].Table[k]; !ok {
			return none, &RateError{Policy: v.k.out.Policy, Component: v.k.ID, Parameter: p.Name, Key: k, Day: day()}
		}
	}
	worth, err := v.worth(entry.Value, day())
	if err != nil {
		return none, err
	}
	v.known[i] = known[T]{worth, true}
	return worth, nil
}
