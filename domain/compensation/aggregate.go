package compensation

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"careledger/domain"
)

// Fields are the words that rows can be grouped by.
var Fields = domain.Codes{"authority", "provider", "unit", "month", "year", "component", "policy", "case", "life_area", "occasion"}

// DefaultFields are those of a row where nothing else is asked for.
var DefaultFields = []string{"provider", "unit", "month", "policy", "component"}

// ParseFields reads a comma-separated list of Fields; "" gives the default.
func ParseFields(s string, otherwise []string) ([]string, error) {
	if strings.TrimSpace(s) == "" {
		return otherwise, nil
	}
	var by []string
	for f := range strings.SplitSeq(s, ",") {
		f = strings.TrimSpace(f)
		if !Fields.Has(f) {
			hint := ""
			if near := Fields.Closest(f); near != "" {
				hint = fmt.Sprintf("; did you mean %s?", near)
			}
			return nil, fmt.Errorf("rows cannot be grouped by %q%s (known: %s)", f, hint, Fields)
		}
		if slices.Contains(by, f) {
			return nil, fmt.Errorf("%s stands twice in the list to group by", f)
		}
		by = append(by, f)
	}
	return by, nil
}

// Row is the sum of the postings of a group. Rows of several runs may share their groups, which are not to be changed.
type Row struct {
	*Group
	Amount domain.Money
}

// Group is what stands in a row whatever is paid. Keys stand in the order of the fields asked for.
type Group struct {
	Keys         []string
	Quantity     string // exact, or six decimals where it does not end
	QuantityUnit string // UnitMixed where the postings count different things
}

// UnitMixed stands where a row sums postings whose quantities count different things.
const UnitMixed = "mixed"

// Aggregate sums postings by fields, in dense arrays where the number of groups allows it.
type Aggregate struct {
	facts  *Facts
	period Period
	by     []string

	provider []uint32 // by unit
	names    []string // providers
	sizes    []int    // of each row field of by, 1 for those that a whole batch shares
	groups   int
	series   map[seriesKey]*sums
	order    []*sums
	Postings int // how many have been consumed
}

type seriesKey struct {
	policy    string
	document  int
	component string
	unit      string // of quantity
}

// sums are the groups of one component of one document, and of a cap those that count the same.
type sums struct {
	seriesKey
	quantum   int64
	dense     []sum
	sparse    map[int]*sum
	fractions map[int]*big.Rat // by group, what batches with a fraction add to the quantity
}

type sum struct{ quantity, amount, postings int64 }

// NewAggregate returns an empty sum of postings over the facts.
func NewAggregate(p *Prepared, by []string) *Aggregate {
	a := &Aggregate{facts: p.Facts, period: p.Period, by: by, series: map[seriesKey]*sums{}, groups: 1}
	numbers := map[string]uint32{}
	for _, u := range p.Units {
		n, ok := numbers[u.Provider]
		if !ok {
			n = uint32(len(numbers))
			numbers[u.Provider] = n
			a.names = append(a.names, u.Provider)
		}
		a.provider = append(a.provider, n)
	}
	months := max(1, int(p.To-p.From)+1)
	for _, f := range by {
		size := 1
		switch f {
		case "provider":
			size = len(a.names)
		case "unit":
			size = len(p.Units)
		case "month":
			size = months
		case "year":
			size = p.To.Year() - p.From.Year() + 1
		case "case":
			size = len(p.Cases) + 1
		case "life_area":
			size = len(domain.LifeAreas) + 1
		case "occasion":
			size = len(domain.Occasions) + 1
		}
		a.sizes = append(a.sizes, max(1, size))
		a.groups *= max(1, size) // at most 2^16 units × 2^12 months × 2^32 cases: fits
	}
	return a
}

// denseGroups bounds the groups that are kept in an array.
const denseGroups = 1 << 20

// Add consumes a batch.
func (a *Aggregate) Add(b *Batch) error {
	s := a.seriesOf(b)
	for i := range b.Unit {
		group := 0
		for f, field := range a.by {
			group = group*a.sizes[f] + a.code(b, i, field)
		}
		var t *sum
		if s.dense != nil {
			t = &s.dense[group]
		} else if t = s.sparse[group]; t == nil {
			t = &sum{}
			s.sparse[group] = t
		}
		t.quantity += b.Quantity[i]
		t.amount += int64(b.Amount[i])
		t.postings++
		if b.Fraction != nil {
			s.addFraction(group, b.Fraction)
		}
	}
	a.Postings += len(b.Unit)
	return nil
}

func (s *sums) addFraction(group int, f *big.Rat) {
	if s.fractions == nil {
		s.fractions = map[int]*big.Rat{}
	}
	if s.fractions[group] == nil {
		s.fractions[group] = new(big.Rat)
	}
	s.fractions[group].Add(s.fractions[group], f)
}

func (a *Aggregate) seriesOf(b *Batch) *sums {
	key := seriesKey{b.Policy, b.Document, b.Component.ID, b.QuantityUnit}
	s := a.series[key]
	if s == nil {
		s = &sums{seriesKey: key, quantum: b.Quantum}
		if a.groups <= denseGroups {
			s.dense = make([]sum, a.groups)
		} else {
			s.sparse = map[int]*sum{}
		}
		a.series[key] = s
		a.order = append(a.order, s)
	}
	return s
}

func (a *Aggregate) code(b *Batch, i int, field string) int {
	switch field {
	case "provider":
		return int(a.provider[b.Unit[i]])
	case "unit":
		return int(b.Unit[i])
	case "month":
		return int(b.Month[i] - a.period.From)
	case "year":
		return b.Month[i].Year() - a.period.From.Year()
	case "case":
		if b.Case[i] == NoCase {
			return len(a.facts.Cases)
		}
		return int(b.Case[i])
	case "life_area":
		if g := b.Goal[i]; g >= 0 && a.facts.Goals.LifeArea[g] != NoCode {
			return int(a.facts.Goals.LifeArea[g])
		}
		return len(domain.LifeAreas)
	case "occasion":
		if f := b.FollowUp[i]; f >= 0 {
			return int(a.facts.FollowUps.Occasion[f])
		}
		return len(domain.Occasions)
	}
	return 0
}

// word is the inverse of code.
func (a *Aggregate) word(s *sums, field string, code int) string {
	switch field {
	case "authority":
		return a.facts.Authority
	case "policy":
		return s.policy
	case "component":
		return s.component
	case "provider":
		return a.names[code]
	case "unit":
		return a.facts.Units[code].ID
	case "month":
		return (a.period.From + domain.Month(code)).String()
	case "year":
		return fmt.Sprint(a.period.From.Year() + code)
	case "case":
		if code < len(a.facts.Cases) {
			return a.facts.Cases[code].ID
		}
	case "life_area":
		return codeWord(domain.LifeAreas, uint8(code))
	case "occasion":
		return codeWord(domain.Occasions, uint8(code))
	}
	return ""
}

// Rows returns the groups that have a posting, sorted by their keys.
func (a *Aggregate) Rows() []Row {
	type open struct {
		Row
		quantity *big.Rat
	}
	found := map[string]*open{}
	for _, s := range a.order {
		s.each(func(group int, t *sum) {
			quantity := big.NewRat(t.quantity, s.quantum)
			if f := s.fractions[group]; f != nil {
				quantity.Add(quantity, f)
			}
			keys := make([]string, len(a.by))
			for f := len(a.by) - 1; f >= 0; f-- {
				keys[f] = a.word(s, a.by[f], group%a.sizes[f])
				group /= a.sizes[f]
			}
			id := strings.Join(keys, "\x00")
			o := found[id]
			if o == nil {
				o = &open{Row: Row{Group: &Group{Keys: keys, QuantityUnit: s.unit}}, quantity: new(big.Rat)}
				found[id] = o
			}
			if o.QuantityUnit != s.unit {
				o.QuantityUnit = UnitMixed
			}
			o.quantity.Add(o.quantity, quantity)
			o.Amount += domain.Money(t.amount)
		})
	}
	rows := make([]Row, 0, len(found))
	for _, o := range found {
		o.Quantity = QuantityText(o.quantity)
		rows = append(rows, o.Row)
	}
	slices.SortFunc(rows, func(x, y Row) int { return slices.Compare(x.Keys, y.Keys) })
	return rows
}

func (s *sums) each(visit func(group int, t *sum)) {
	for g := range s.dense {
		if s.dense[g].postings > 0 {
			visit(g, &s.dense[g])
		}
	}
	for g, t := range s.sparse {
		visit(g, t)
	}
}

// QuantityText writes a quantity without trailing zeros, or with six decimals where it does not end.
func QuantityText(q *big.Rat) string {
	if q.IsInt() {
		return q.Num().String()
	}
	if n, exact := q.FloatPrec(); exact {
		return q.FloatString(n)
	}
	return q.FloatString(6) // rounds half away from zero
}
