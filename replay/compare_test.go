package replay

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// worlds are drawn once for all tests: drawing one takes longer than what is tested on it.
var worlds = sync.OnceValue(func() (all []*historytest.World) {
	for seed := range uint64(60) {
		w, err := historytest.Fold(historytest.FromSeed(seed, 120).Events(-1))
		if err != nil { // a drawn history folds
			panic(err)
		}
		all = append(all, w)
	}
	return all
})

// drawnHistory is a drawn history of two years, and the models that another one adopts, as alternatives to its own.
func drawnHistory(t *rapid.T) (*history, []ModelSet) {
	w, other := worlds()[rapid.IntRange(0, len(worlds())-1).Draw(t, "history")], worlds()[rapid.IntRange(0, len(worlds())-1).Draw(t, "alternative")]
	from := domain.NewMonth(2020, 1) + domain.Month(rapid.IntRange(0, 8).Draw(t, "first month"))
	period := compensation.Period{From: from, To: from + domain.Month(rapid.IntRange(0, 20).Draw(t, "months"))}
	h := &history{Prepared: w.Columns().Prepare(period), adopted: w.State.Adopted()}
	var together ModelSet
	for _, p := range other.State.Adopted() {
		together.Documents = append(together.Documents, Document{p.ID, p.Documents[0].Model.CanonicalJSON()})
	}
	if together.Documents == nil {
		together.Documents = []Document{{"b", []byte(onceModel("b", "3.335"))}}
	}
	return h, []ModelSet{together}
}

// drawAgain gives up a draw whose models have no value for what was drawn, which tells nothing. Any other error stays the test's.
func drawAgain(t *rapid.T, err error) {
	if missing := (*compensation.RateError)(nil); errors.As(err, &missing) {
		t.Skip(missing)
	}
	if invalid := (*compensation.ValueError)(nil); errors.As(err, &invalid) {
		t.Skip(invalid)
	}
}

// replayed replays over a drawn history.
func replayed(t *rapid.T, h *history, r Request) *Result {
	h.inForceFrom = r.InForceFrom
	result, err := h.replay(context.Background(), &r, nil)
	drawAgain(t, err)
	require.NoError(t, err)
	return result
}

func drawnAssumptions(t *rapid.T) (all []Assumption) {
	for _, area := range rapid.SampledFrom([][]string{nil, nil, {""}, {"self-care"}, {"", "mobility"}}).Draw(t, "assumed of") {
		share := rapid.SampledFrom([]int64{-100, -37, -5, 5, 50, 100}).Draw(t, "percent")
		all = append(all, Assumption{area, domain.DecimalOf(share, 2)})
	}
	return all
}

func drawnRequest(t *rapid.T, models []ModelSet) Request {
	r := Request{Models: models, Compare: CompareFields, Assume: drawnAssumptions(t), Seed: 7}
	if rapid.Bool().Draw(t, "in force from a day") {
		r.InForceFrom = domain.NewDate(2020, 1, 1) + domain.Date(rapid.IntRange(0, 500).Draw(t, "day"))
	}
	return r
}

func TestPriceVolumeMixAndBehaviourSumToEveryDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, models := drawnHistory(t)
		result := replayed(t, h, drawnRequest(t, models))
		for _, run := range result.Runs[1:] {
			c := run.Comparison
			require.Equal(t, result.Adopted().Total, c.Adopted)
			require.Equal(t, run.Total, c.Alternative)
			require.Equal(t, run.Difference, c.Difference())
			require.Equal(t, run.Behaviour, c.Behaviour)
			if result.Behaviour == nil {
				require.Zero(t, c.Behaviour)
			}
			require.Len(t, c.By, len(CompareFields))
			for _, by := range c.By {
				var sum Effects
				for _, row := range by.Rows {
					require.Equal(t, row.Difference(), row.Price+row.Volume+row.Mix+row.Behaviour, "%s %s", by.Field, row.Keys)
					sum.add(row.Effects)
				}
				sum.inAdopted, sum.inAlternative = c.inAdopted, c.inAlternative
				require.Equal(t, c.Effects, sum, by.Field)
			}
		}
	})
}

func TestTheSplitIsThatOfTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, models := drawnHistory(t)
		request := drawnRequest(t, models)
		request.Assume = nil
		result := replayed(t, h, request)
		h.Prepared, _ = h.WithRecipients(h.adopted)
		plans, err := h.plans(context.Background(), &request)
		require.NoError(t, err)
		h.Prepared, err = h.WithRecipients(plans[1].policies)
		require.NoError(t, err)
		want := definedSplit(t, postingsOf(t, h, h.adopted), postingsOf(t, h, plans[1].policies))
		got := result.Runs[1].Comparison
		require.Equal(t, want, [3]domain.Money{got.Price, got.Volume, got.Mix})
	})
}

func postingsOf(t *rapid.T, h *history, policies []compensation.Policy) (all []compensation.Posting) {
	require.NoError(t, h.Evaluate(policies, func(b *compensation.Batch) error {
		for i := range b.Unit {
			all = append(all, b.Posting(i))
		}
		return nil
	}))
	return all
}

// definedSplit is effects.go's definition over postings in words, with a map for everything. It is one function, to be read beside the
// definition.
func definedSplit(t *rapid.T, adopted, alternative []compensation.Posting) (sums [3]domain.Money) {
	type kind struct{ recipient, unit, year, counted, category, band, lifeArea, occasion string }
	type cell struct {
		kind
		month domain.Month
	}
	type side = map[cell]*big.Rat
	amount, quantity, groups := [2]side{{}, {}}, [2]side{{}, {}}, [2]map[kind]*big.Rat{{}, {}}
	kinds := map[kind]map[cell]bool{}
	zero := func() *big.Rat { return new(big.Rat) }
	get := func(s side, c cell) *big.Rat {
		if s[c] == nil {
			return zero()
		}
		return s[c]
	}
	for i, postings := range [][]compensation.Posting{adopted, alternative} {
		for _, p := range postings {
			k := kind{p.Provider, p.Unit, fmt.Sprint(p.Month.Year()), p.QuantityUnit, p.Category, p.Band, p.LifeArea, p.Occasion}
			c := cell{k, p.Month}
			if kinds[k] == nil {
				kinds[k] = map[cell]bool{}
			}
			kinds[k][c] = true
			g := kind{recipient: p.Provider, unit: p.Unit, year: k.year, counted: k.counted}
			amount[i][c] = zero().Add(get(amount[i], c), big.NewRat(int64(p.Amount), 1))
			quantity[i][c] = zero().Add(get(quantity[i], c), p.Quantity.Rat())
			if groups[i][g] == nil {
				groups[i][g] = zero()
			}
			groups[i][g].Add(groups[i][g], p.Quantity.Rat())
		}
	}
	round := func(r *big.Rat) domain.Money {
		text := r.FloatString(0) // rounds half away from zero
		var n int64
		_, err := fmt.Sscan(text, &n)
		require.NoError(t, err)
		return domain.Money(n)
	}
	for k, cells := range kinds {
		g := kind{recipient: k.recipient, unit: k.unit, year: k.year, counted: k.counted}
		q0, q1 := groups[0][g], groups[1][g]
		price, volume, difference := zero(), zero(), zero()
		for c := range cells {
			a0, a1, n0, n1 := get(amount[0], c), get(amount[1], c), get(quantity[0], c), get(quantity[1], c)
			difference.Add(difference, zero().Sub(a1, a0))
			value := zero()
			switch {
			case n0.Sign() != 0:
				value.Mul(n1, zero().Quo(a0, n0))
			case n1.Sign() != 0:
				value.Set(a1)
			}
			price.Add(price, zero().Sub(a1, value))
			if n0.Sign() == 0 {
				price.Sub(price, a0)
			}
			if q0 == nil || q0.Sign() == 0 {
				volume.Add(volume, value)
			} else if n0.Sign() != 0 {
				if q1 == nil {
					q1 = zero()
				}
				volume.Add(volume, zero().Mul(a0, zero().Quo(zero().Sub(q1, q0), q0)))
			}
		}
		p := round(price)
		v := round(zero().Add(price, volume)) - p
		sums[0], sums[1], sums[2] = sums[0]+p, sums[1]+v, sums[2]+round(difference)-p-v
	}
	return sums
}

func TestAnotherRateForTheSameQuantitiesIsAllPrice(t *testing.T) {
	l := small(t)
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom([]string{"a.g", "a.rate.care/in-house", "a.rate.service/external"}).Draw(t, "target")
		v := domain.DecimalOf(rapid.Int64Range(-100_000, 100_000).Draw(t, "value"), rapid.IntRange(0, 5).Draw(t, "decimals"))
		run := l.replay(Request{Set: []Setting{{target, v}}, Compare: CompareFields}).Runs[1]
		require.Equal(t, run.Difference, run.Comparison.Price)
		for _, by := range run.Comparison.By {
			for _, row := range by.Rows {
				require.Zero(t, row.Volume)
				require.Zero(t, row.Mix)
			}
		}
	})
}

// Unit u has 31 days of 60 minutes care and of 30 minutes service in January; the adopted policies pay care only, so that service is new.
func TestVolumeIsAtTheAdoptedRateAndMixIsTheShiftBetweenRates(t *testing.T) {
	l := newLedger(t)
	l.add("provider-registered", "provider/p", "2020-01-01", object{"name": "p", "regime": "in-house"})
	l.add("unit-registered", "provider/p", "2020-01-01", object{"unit": "u", "name": "u", "area": "urban"})
	rates := func(id, basis, care, service string) string {
		return fmt.Sprintf(`{"id": %q, "title": "t", "currency": "SEK", "parameters": {"rate": {"by": ["category"], "values": {"2000-01-01": {"care": %q, "service": %q}}}},
			"components": [{"id": "time-%s", "kind": "time", "basis": %q, "rate": "rate"}]}`, id, care, service, basis, basis)
	}
	l.adopt("2020-01-01", rates("a", "need", "60", "30"))
	l.careCase("k", "p", "u", "care", 60)    // 31 hours in January
	l.careCase("m", "p", "u", "service", 60) // and as many
	for category, minutes := range map[string]int{"care": 30 * 60, "service": 40 * 60} {
		l.add("time-reported", "case/"+map[string]string{"care": "k", "service": "m"}[category], "2020-01-31",
			object{"unit": "u", "month": "2020-01", "category": category, "band": "day", "minutes": minutes})
	}
	r := l.replay(Request{From: 2020 * 12, To: 2020 * 12, Models: []ModelSet{model("b", rates("b", "performed", "66", "30"))}, Compare: []string{"category"}})
	c := r.Runs[1].Comparison
	// Adopted: 31 × 60 + 31 × 30 = 2790 kr for 62 hours, 45 kr an hour. Performed: 30 × 66 + 40 × 30 = 3180 kr for 70 hours.
	assert.Equal(t, "2790.00 3180.00", c.Adopted.String()+" "+c.Alternative.String())
	assert.Equal(t, "180.00", c.Price.String(), "30 hours at 6 kr more")
	assert.Equal(t, "360.00", c.Volume.String(), "8 hours at 45 kr")
	assert.Equal(t, "-150.00", c.Mix.String(), "70 hours would be 35 of each: 5 hours moved from 60 to 30 kr")
	assert.Equal(t, "care gain-over-5-percent 120.00 180.00 240.00 -300.00 0.00\nservice gain-over-5-percent 270.00 0.00 120.00 150.00 0.00", compared(c.By[0]))
}

// compared are the rows of a comparison: keys, class, difference, price, volume, mix, behaviour.
func compared(by ComparisonBy) string {
	var all []string
	for _, r := range by.Rows {
		all = append(all, fmt.Sprint(strings.Join(r.Keys, "/"), " ", r.Class, " ", r.Difference(), " ", r.Price, " ", r.Volume, " ", r.Mix, " ", r.Behaviour))
	}
	return strings.Join(all, "\n")
}

func TestAComponentOfAnotherNameThatChargesTheSameIsNoDifference(t *testing.T) {
	l := small(t)
	renamed := strings.NewReplacer(`"id": "a"`, `"id": "b"`, `"id": "time"`, `"id": "hours"`, `"id": "goals"`, `"id": "reached"`).Replace(modelA)
	c := l.replay(Request{Models: []ModelSet{model("b", renamed)}, Compare: CompareFields}).Runs[1].Comparison
	require.NotZero(t, c.Adopted)
	require.Equal(t, Effects{Adopted: c.Adopted, Alternative: c.Adopted, inAdopted: true, inAlternative: true}, c.Effects)
	for _, by := range c.By {
		require.Len(t, by.Classes, 1)
		require.Equal(t, ClassUnchanged, by.Classes[0].Class)
	}
}

func TestACapThatLowersAnAmountIsPrice(t *testing.T) {
	l := small(t)
	capped := strings.Replace(modelA, `"components": [`, `"components": [{"id": "most", "kind": "cap", "of": ["time"], "limit": "5000", "per": "unit-year"},`, 1)
	c := l.replay(Request{Models: []ModelSet{model("a", capped)}, Compare: []string{"provider"}}).Runs[1].Comparison
	require.Negative(t, c.Difference())
	require.Equal(t, []domain.Money{c.Difference(), 0, 0}, []domain.Money{c.Price, c.Volume, c.Mix})
}

func TestEveryRowHasTheOneClassThatItsDifferenceSays(t *testing.T) {
	type amounts struct{ adopted, alternative domain.Money }
	for class, cases := range map[Class][]amounts{
		ClassGainOver:  {{100_00, 105_01}, {0, 1}, {-100_00, -94_99}},
		ClassGainTo:    {{100_00, 105_00}, {100_00, 100_01}, {-100_00, -95_00}},
		ClassUnchanged: {{100_00, 100_00}, {0, 0}},
		ClassLossTo:    {{100_00, 95_00}, {100_00, 99_99}},
		ClassLossOver:  {{100_00, 94_99}, {100_00, -1}, {0, -1}},
	} {
		for _, a := range cases {
			e := Effects{Adopted: a.adopted, Alternative: a.alternative, inAdopted: true, inAlternative: true}
			assert.Equal(t, class, e.class(), "%s to %s", a.adopted, a.alternative)
		}
	}
	assert.Equal(t, ClassNew, (&Effects{Alternative: 1, inAlternative: true}).class())
	assert.Equal(t, ClassGone, (&Effects{Adopted: 1, inAdopted: true}).class())
}

func TestTheClassesPartTheRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, models := drawnHistory(t)
		for _, by := range replayed(t, h, drawnRequest(t, models)).Runs[1].Comparison.By {
			rows, sum := map[string]bool{}, Effects{}
			for _, class := range by.Classes {
				count, of := 0, Effects{}
				for _, row := range by.Rows {
					if row.Class != class.Class {
						continue
					}
					require.False(t, rows[strings.Join(row.Keys, "/")])
					rows[strings.Join(row.Keys, "/")] = true
					require.LessOrEqual(t, row.size(), class.Largest.size())
					count++
					of.add(row.Effects)
				}
				require.Equal(t, class.Count, count)
				require.Equal(t, class.Effects, of)
				sum.add(of)
			}
			require.Len(t, rows, len(by.Rows))
		}
	})
}

func TestProvidersAndUnitsStandByTheSizeOfTheirDifference(t *testing.T) {
	r := small(t).replay(Request{Set: set(t, "a.g=200", "a.rate.service/external=60"), Compare: []string{"provider", "unit", "year", "life_area"}})
	c := r.Runs[1].Comparison
	assert.Equal(t, "q loss-over-5-percent -3580.00 -3580.00 0.00 0.00 0.00\np gain-to-5-percent 200.00 200.00 0.00 0.00 0.00", compared(c.By[0]))
	assert.Equal(t, "q/v loss-over-5-percent -3580.00 -3580.00 0.00 0.00 0.00\np/u gain-to-5-percent 200.00 200.00 0.00 0.00 0.00", compared(c.By[1]))
	assert.Equal(t, []string{"provider", "unit"}, c.By[1].Columns)
	assert.Equal(t, "2020 loss-over-5-percent -3380.00 -3380.00 0.00 0.00 0.00", compared(c.By[2]))
	assert.Equal(t, " loss-over-5-percent -3630.00 -3630.00 0.00 0.00 0.00\nmobility gain-over-5-percent 250.00 250.00 0.00 0.00 0.00", compared(c.By[3]))
	assert.Equal(t, "-49.0", c.By[0].Rows[0].Percent())
}

func TestWhatACompareCannotBeByIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"uint":       "did you mean unit?",
		"month":      "--compare: runs cannot be compared by \"month\"",
		"unit, unit": "--compare: unit stands twice",
	} {
		_, err := ParseCompare(text)
		assert.ErrorContains(t, err, want)
	}
	by, err := ParseCompare("provider, life_area")
	require.NoError(t, err)
	assert.Equal(t, []string{"provider", "life_area"}, by)

	_, err = small(t).try(Request{Compare: []string{"unit", "month"}, Assume: []Assumption{{}}, LimitChange: new(domain.Decimal)})
	for _, want := range []string{"by \"month\"", "--assume fulfilled0: the share", "--limit-change: 0 % a year"} {
		assert.ErrorContains(t, err, want, "everything that is wrong is said at once")
	}
}
