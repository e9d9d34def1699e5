package compensation

import (
	"cmp"
	"slices"
	"strings"

	"careledger/domain"
)

// keep evaluates the components of a document that a cap sums, from the January before the period on, and returns their postings.
func (e *evaluation) keep(number int, d InForce) (map[string]*Batch, error) {
	kept, capped := map[string]*Batch{}, d.Model.capped()
	for i := range d.Model.Components {
		c := &d.Model.Components[i]
		if !capped[c.ID] {
			continue
		}
		all := &Batch{Facts: e.asked.Facts, Policy: e.policy, Document: number, Component: c, QuantityUnit: c.QuantityUnit(), Quantum: c.quantum()}
		kept[c.ID] = all
		k := e.over(e.asked.wholeYears(), number, d, c, func(b *Batch) error {
			all.append(b)
			return nil
		})
		if err := k.compile(); err != nil {
			return nil, err
		}
		if err := k.run(); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

func (b *Batch) append(more *Batch) {
	b.Unit, b.Month, b.Case = append(b.Unit, more.Unit...), append(b.Month, more.Month...), append(b.Case, more.Case...)
	b.Category, b.Band = append(b.Category, more.Category...), append(b.Band, more.Band...)
	b.FollowUp, b.Goal = append(b.FollowUp, more.FollowUp...), append(b.Goal, more.Goal...)
	b.Quantity, b.Amount = append(b.Quantity, more.Quantity...), append(b.Amount, more.Amount...)
}

// handOut gives the consumer what was kept of the component for the months asked for.
func (k *compiled) handOut(kept *Batch) error {
	for i, month := range kept.Month {
		if !k.Has(month) {
			continue
		}
		k.out.add(kept.Unit[i], month, kept.Case[i], kept.Category[i], kept.Band[i], kept.FollowUp[i], kept.Goal[i], kept.Quantity[i], kept.Amount[i])
		if len(k.out.Unit) >= batchSize {
			if err := k.flush(); err != nil {
				return err
			}
		}
	}
	return k.flush()
}

// cappedRow is one posting that a cap sums: what it is ordered by, and where it was kept.
type cappedRow struct {
	key       uint64 // month, unit and case; without a case first
	component uint16 // position in the cap's components
	row       uint32
}

// cappedRows returns the kept postings in the order of the running sum.
func (k *compiled) cappedRows(kept []*Batch) []cappedRow {
	n := 0
	for _, b := range kept {
		n += len(b.Unit)
	}
	rows := make([]cappedRow, 0, n)
	for c, b := range kept {
		for i := range b.Unit {
			key := uint64(b.Month[i]-k.From)<<48 | uint64(b.Unit[i])<<32 | uint64(b.Case[i]+1) // NoCase + 1 is 0
			rows = append(rows, cappedRow{key, uint16(c), uint32(i)})
		}
	}
	slices.SortFunc(rows, func(x, y cappedRow) int {
		if x.key != y.key {
			return cmp.Compare(x.key, y.key)
		}
		a, b := kept[x.component], kept[y.component]
		return cmp.Or(strings.Compare(k.followUpID(a.FollowUp[x.row]), k.followUpID(b.FollowUp[y.row])),
			strings.Compare(k.goalID(a.Goal[x.row]), k.goalID(b.Goal[y.row])), cmp.Compare(x.component, y.component), cmp.Compare(x.row, y.row))
	})
	return rows
}

func (f *Facts) followUpID(row int32) string {
	if row < 0 {
		return ""
	}
	return f.FollowUps.ID[row]
}

func (f *Facts) goalID(row int32) string {
	if row < 0 {
		return ""
	}
	return f.Goals.ID[row]
}

// capGroups returns, by unit, which of the cap's groups it belongs to, and the running sums by group and year, which all documents of
// the policy share.
func (k *compiled) capGroups() (groupOf []uint16, sums []capSum, years int) {
	groupOf, groups := make([]uint16, len(k.Units)), 1
	switch k.Per {
	case PerProviderYear:
		groups = len(k.Units)
		first := map[string]uint16{}
		for i, u := range k.Units {
			if _, known := first[u.Provider]; !known {
				first[u.Provider] = uint16(i)
			}
			groupOf[i] = first[u.Provider]
		}
	case PerUnitYear:
		groups = len(k.Units)
		for i := range groupOf {
			groupOf[i] = uint16(i)
		}
	}
	years = k.To.Year() - k.From.Year() + 1
	key := k.Per + " " + k.ID
	if k.years[key] == nil {
		k.years[key] = make([]capSum, groups*max(0, years))
	}
	return groupOf, k.years[key], years
}

// codesOfPosting returns the codes of what a kept posting says itself.
func (k *compiled) codesOfPosting(b *Batch, i uint32) codes {
	at := codesOf(b.Case[i], b.Unit[i], uint16(b.Month[i]-k.From))
	at.category, at.band = b.Category[i], b.Band[i]
	if f := b.FollowUp[i]; f >= 0 {
		at.occasion = k.FollowUps.Occasion[f]
	}
	if g := b.Goal[i]; g >= 0 {
		at.lifeArea = k.Goals.LifeArea[g]
	}
	return at
}

// limitOf returns a limit in whole öre.
func (k *compiled) limitOf(value domain.Decimal, day domain.Date) (domain.Money, error) {
	limit, err := value.Money()
	if err != nil {
		return 0, &ValueError{k.policy, k.ID, "limit", day, err.Error()}
	}
	return limit, nil
}

// cap takes back what the kept postings sum to above the limit of their group and year. The component is compiled from the January
// before the period on.
func (k *compiled) cap(kept map[string]*Batch) error {
	var capped []*Batch
	var counts []string // what the postings of each count
	for _, id := range k.Of {
		if b := kept[id]; b != nil { // a model may be evaluated without some of its components
			capped, counts = append(capped, b), append(counts, b.QuantityUnit)
		}
	}
	groupOf, sums, years := k.capGroups()
	for _, row := range k.cappedRows(capped) {
		b, i := capped[row.component], row.row
		at := k.codesOfPosting(b, i)
		if ok, err := k.when.holds(at); err != nil {
			return err
		} else if !ok {
			continue
		}
		limit, err := k.limit.inMonth(at.month, at)
		if err != nil {
			return err
		}
		sum := &sums[int(groupOf[b.Unit[i]])*years+b.Month[i].Year()-k.From.Year()]
		before := *sum
		take := sum.passed(b.Amount[i], limit)
		if k.evaluation.watch != nil {
			k.evaluation.watch(&CapStep{k.out.Document, k.Component, b, int(i), before.sum, sum.sum, limit, before.taken, sum.taken})
		}
		if take == 0 || !k.asked.Period.Has(b.Month[i]) {
			continue
		}
		if k.out.QuantityUnit != counts[row.component] || len(k.out.Unit) >= batchSize {
			if err := k.flush(); err != nil {
				return err
			}
			k.out.QuantityUnit = counts[row.component]
		}
		k.out.add(b.Unit[i], b.Month[i], b.Case[i], NoCode, NoCode, b.FollowUp[i], b.Goal[i], 0, -take)
	}
	return k.flush()
}
