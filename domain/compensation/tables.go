package compensation

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"careledger/domain"
)

// codes are the small integers of one row: what a when and a table of values can look at. A code of domain.Codes that the row has
// none of is NoCode (noMethod for method), as codesOf has it of all of them.
type codes struct {
	cs                     uint32
	unit                   uint16
	category, band, method uint8
	lifeArea, occasion     uint8
	outcome                uint8
	month                  uint16 // position in the table's months
}

// codesOf returns the codes of a row that has a unit, a month and perhaps a case.
func codesOf(cs uint32, unit uint16, month uint16) codes {
	return codes{cs: cs, unit: unit, month: month, category: NoCode, band: NoCode, method: noMethod, lifeArea: NoCode, occasion: NoCode, outcome: NoCode}
}

// axis maps one aspect of a row to the digits of a table's index. Several variables that follow from the same code (a unit's
// provider, regime and area; a case's programme and inclusion) share an axis, with one digit for each distinct combination.
// The last digit is that of rows without the code. An axis that is not read has that one digit only.
type axis struct {
	size   int
	digits []uint32 // by code; nil: the code itself
	stride int
}

// digit returns the digit of a code, from 0 to size-1.
func (a *axis) digit(code uint32) int {
	if uint64(code) < uint64(len(a.digits)) {
		return int(a.digits[code])
	}
	return int(min(code, uint32(a.size-1)))
}

// at returns what a code adds to an index.
func (a *axis) at(code uint32) int { return a.digit(code) * a.stride }

// axes lays out a table over the axes that are read.
type axes struct {
	reads []string
	size  int // of the table so far; above denseLimit only that it is larger
}

// use adds an axis of n digits if one of the variables is read.
func (all *axes) use(a *axis, n int, digits []uint32, variables ...string) {
	if !slices.ContainsFunc(variables, func(v string) bool { return slices.Contains(all.reads, v) }) {
		a.size = 1
		return
	}
	a.size, a.digits, a.stride = n, digits, all.size
	all.size = product(all.size, n)
}

// useCodes adds the axis of a code list: one digit for each of its words, and one for none of them.
func (all *axes) useCodes(a *axis, c domain.Codes, variables ...string) {
	all.use(a, len(c)+1, nil, variables...)
}

// product returns a × b, denseLimit+1 where it is larger than that.
func product(a, b int) int {
	if hi, lo := bits.Mul64(uint64(a), uint64(b)); hi == 0 && lo <= denseLimit {
		return int(lo)
	}
	return denseLimit + 1
}

// table answers a component's when by looking up the combination of the codes it reads. A combination is evaluated when it
// first occurs.
type table struct {
	k                                       *compiled
	cs, unit, category, band, method, month axis
	lifeArea, occasion, outcome             axis
	first                                   domain.Month    // month of position 0
	dense                                   []uint8         // 0 not evaluated, 1 false, 2 true; nil above denseLimit
	sparse                                  map[codes]uint8 // by the digits of the axes
}

// denseLimit is the largest table kept as an array; of a larger one only the combinations that occur are kept.
const denseLimit = 1 << 24

var (
	caseVariables = domain.Codes{"case", "programme",
		"diagnosis_group", "rehabilitation_potential", "needs_expected_to_decrease",
		"inclusion.diagnosis_group", "inclusion.rehabilitation_potential", "inclusion.needs_expected_to_decrease"}
	unitVariables = domain.Codes{"provider", "regime", "unit", "area"}
)

// newTable returns the table of the component's when, nil if it has none.
func newTable(k *compiled) *table {
	if k.When == nil {
		return nil
	}
	t := &table{k: k, first: k.From}
	months := max(1, int(k.To-k.From)+1)
	if k.ofFollowUps() { // follow-ups of all months are looked at
		low, high := k.From, k.From
		for _, d := range k.FollowUps.HeldOn {
			low, high = min(low, d.Month()), max(high, d.Month())
		}
		t.first, months = low, int(high-low)+1
	}
	reads := k.When.Variables()
	all := axes{reads: reads, size: 1}
	digits, n := distinct(len(k.Cases), reads, caseVariables, func(i int, v string) string { return k.caseWord(uint32(i), v) })
	all.use(&t.cs, n, digits, caseVariables...)
	digits, n = distinct(len(k.Units), reads, unitVariables, func(i int, v string) string { return unitWord(&k.Units[i], v) })
	all.use(&t.unit, n, digits, unitVariables...)
	all.useCodes(&t.category, domain.Categories, "category", "kind") // a patient's kind is the category
	all.useCodes(&t.band, domain.Bands, "band")
	all.useCodes(&t.method, domain.Methods, "method")
	all.useCodes(&t.lifeArea, domain.LifeAreas, "life_area")
	all.useCodes(&t.occasion, domain.Occasions, "occasion")
	all.useCodes(&t.outcome, domain.Outcomes, "outcome")
	all.use(&t.month, months, nil, "month")
	if all.size <= denseLimit {
		t.dense = make([]uint8, all.size)
	} else {
		t.sparse = map[codes]uint8{}
	}
	return t
}

// distinct numbers the combinations of the words that are read. Position n is kept for a row without the code.
func distinct(n int, reads []string, of domain.Codes, word func(i int, variable string) string) ([]uint32, int) {
	var variables []string
	for _, v := range of {
		if slices.Contains(reads, v) {
			variables = append(variables, v)
		}
	}
	if len(variables) == 0 {
		return nil, 1
	}
	digits, numbers := make([]uint32, n), map[string]uint32{}
	var key []byte
	for i := range digits {
		key = key[:0]
		for _, v := range variables {
			key = append(append(key, word(i, v)...), 0)
		}
		d, ok := numbers[string(key)]
		if !ok {
			d = uint32(len(numbers))
			numbers[string(key)] = d
		}
		digits[i] = d
	}
	return digits, len(numbers) + 1
}

// holds says whether the component applies to a row whose month is a position in the period.
func (t *table) holds(r codes) (bool, error) {
	if t == nil {
		return true, nil
	}
	return t.lookUp(r, t.k.From+domain.Month(r.month))
}

// holdsOn is holds for a row of any month.
func (t *table) holdsOn(r codes, month domain.Month) (bool, error) {
	if t == nil {
		return true, nil
	}
	return t.lookUp(r, month)
}

func (t *table) lookUp(r codes, month domain.Month) (bool, error) {
	if t.dense == nil {
		key := t.combination(r, month)
		known, err := t.evaluated(t.sparse[key], r, month)
		if err == nil {
			t.sparse[key] = known
		}
		return known == 2, err
	}
	i := t.cs.at(r.cs) + t.unit.at(uint32(r.unit)) + t.category.at(uint32(r.category)) + t.band.at(uint32(r.band)) + t.method.at(uint32(r.method)) +
		t.lifeArea.at(uint32(r.lifeArea)) + t.occasion.at(uint32(r.occasion)) + t.outcome.at(uint32(r.outcome)) + t.month.at(uint32(month-t.first))
	if known := t.dense[i]; known > 0 {
		return known == 2, nil
	}
	known, err := t.evaluated(0, r, month)
	t.dense[i] = known
	return known == 2, err
}

// combination returns the digits of a row, 0 on the axes that are not read.
func (t *table) combination(r codes, month domain.Month) codes {
	return codes{
		cs: uint32(t.cs.digit(r.cs)), unit: uint16(t.unit.digit(uint32(r.unit))), month: uint16(t.month.digit(uint32(month - t.first))),
		category: uint8(t.category.digit(uint32(r.category))), band: uint8(t.band.digit(uint32(r.band))), method: uint8(t.method.digit(uint32(r.method))),
		lifeArea: uint8(t.lifeArea.digit(uint32(r.lifeArea))), occasion: uint8(t.occasion.digit(uint32(r.occasion))), outcome: uint8(t.outcome.digit(uint32(r.outcome))),
	}
}

// evaluated returns known, or what the when says of the row where nothing is known yet.
func (t *table) evaluated(known uint8, r codes, month domain.Month) (uint8, error) {
	if known > 0 {
		return known, nil
	}
	ok, err := t.k.When.Eval(func(variable string) string { return t.k.word(r, month, variable) })
	if err != nil {
		return 0, fmt.Errorf("model %s, component %s: when: %w", t.k.out.Policy, t.k.ID, err)
	}
	if ok {
		return 2, nil
	}
	return 1, nil
}

// word returns a when variable of a row; what the component has no value for is empty.
func (k *compiled) word(r codes, month domain.Month, variable string) string {
	switch variable {
	case "authority":
		return k.Authority
	case "category":
		return codeWord(domain.Categories, r.category)
	case "kind":
		return kindOf(codeWord(domain.Categories, r.category))
	case "band":
		return codeWord(domain.Bands, r.band)
	case "method":
		return codeWord(domain.Methods, r.method)
	case "life_area":
		return codeWord(domain.LifeAreas, r.lifeArea)
	case "occasion":
		return codeWord(domain.Occasions, r.occasion)
	case "outcome":
		return codeWord(domain.Outcomes, r.outcome)
	case "month":
		return month.String()
	}
	if unitVariables.Has(variable) {
		return unitWord(&k.Units[r.unit], variable)
	}
	if caseVariables.Has(variable) && r.cs != NoCase {
		return k.caseWord(r.cs, variable)
	}
	return ""
}

func codeWord(c domain.Codes, code uint8) string {
	if int(code) < len(c) {
		return c[code]
	}
	return ""
}

func unitWord(u *domain.Unit, variable string) string {
	switch variable {
	case "provider":
		return u.Provider
	case "regime":
		return u.Regime
	case "area":
		return u.Area
	}
	return u.ID
}

func (f *Facts) caseWord(cs uint32, variable string) string {
	c := &f.Cases[cs]
	switch strings.TrimPrefix(variable, inclusionPrefix) {
	case "programme":
		return c.Programme
	case "diagnosis_group":
		return c.Inclusion.DiagnosisGroup
	case "rehabilitation_potential":
		return fmt.Sprint(c.Inclusion.RehabilitationPotential)
	case "needs_expected_to_decrease":
		return fmt.Sprint(c.Inclusion.NeedsExpectedToDecrease)
	}
	return c.ID
}
