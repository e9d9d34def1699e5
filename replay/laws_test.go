package replay

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

func TestASweepsValueIsTheSettingOfThatValue(t *testing.T) {
	l := small(t)
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom([]string{"a.g", "a.rate.care/in-house", "a.rate.service/external"}).Draw(t, "target")
		from := domain.DecimalOf(rapid.Int64Range(-100_000, 100_000).Draw(t, "from"), rapid.IntRange(0, 5).Draw(t, "decimals"))
		step := domain.DecimalOf(rapid.Int64Range(1, 10_000).Draw(t, "step"), rapid.IntRange(0, 5).Draw(t, "decimals"))
		w := Sweep{target, from, from.Add(step.Mul(domain.DecimalOf(rapid.Int64Range(0, 5).Draw(t, "steps"), 0))), step}
		from0 := rapid.SampledFrom([]domain.Date{0, domain.NewDate(2020, 2, 1), domain.NewDate(2020, 2, 15)}).Draw(t, "in force from")
		swept := l.replay(Request{Sweep: &w, InForceFrom: from0})
		i := rapid.IntRange(1, len(swept.Runs)-1).Draw(t, "step looked at")
		v, err := domain.ParseDecimal(swept.Runs[i].Value)
		require.NoError(t, err)
		one := l.replay(Request{Set: []Setting{{target, v}}, InForceFrom: from0}).Runs[1]
		require.Equal(t, []any{one.Digest, one.Total, one.Models, one.Rows, one.Providers},
			[]any{swept.Runs[i].Digest, swept.Runs[i].Total, swept.Runs[i].Models, swept.Runs[i].Rows, swept.Runs[i].Providers})
	})
}

func TestTheAdoptedDocumentAsAnAlternativeIsTheAdoptedRun(t *testing.T) {
	for _, l := range []*ledger{small(t), worked(t)} {
		cut, err := l.table.Cut(projections.Now)
		require.NoError(t, err)
		doc := string(cut.Adopted[0].Documents[0].Model.CanonicalJSON())
		rapid.Check(t, func(t *rapid.T) {
			r := l.replay(Request{Models: []ModelSet{model("x", doc)}, InForceFrom: drawnDay(t)})
			require.Equal(t, r.Runs[0].Digest, r.Runs[1].Digest)
			require.Equal(t, r.Runs[0].Rows, r.Runs[1].Rows)
			require.Equal(t, r.Runs[0].Models, r.Runs[1].Models)
		})
	}
}

func drawnDay(t *rapid.T) domain.Date {
	return domain.NewDate(2019, 12, 1) + domain.Date(rapid.IntRange(0, 200).Draw(t, "day"))
}

func TestFromBeforeEverythingIsTheWholeAndFromAfterEverythingIsNothing(t *testing.T) {
	l := small(t)
	request := func(day domain.Date) Request {
		return Request{Models: []ModelSet{model("b", onceModel("b", "500")), model("a", onceModel("a", "9"))}, Set: set(t, "a.rate.care/in-house=3"), Sweep: sweep(t, "a.g=1..2:1"), InForceFrom: day}
	}
	whole, early, late := l.replay(request(0)), l.replay(request(day(t, "1990-01-01"))), l.replay(request(day(t, "2090-01-01")))
	for i := range whole.Runs {
		require.Equal(t, whole.Runs[i], early.Runs[i])
		require.Equal(t, late.Runs[0].Digest, late.Runs[i].Digest)
		require.Equal(t, late.Runs[0].Models, late.Runs[i].Models)
		require.Zero(t, late.Runs[i].Difference)
	}
}

func TestRowsSumToTheTotalUnderAnyGrouping(t *testing.T) {
	l := small(t)
	rapid.Check(t, func(t *rapid.T) {
		by := rapid.SliceOfNDistinct(rapid.SampledFrom(compensation.Fields), 0, 5, rapid.ID[string]).Draw(t, "by")
		r := l.replay(Request{By: append([]string{}, by...), Models: []ModelSet{model("b", onceModel("b", "500"))}, Set: set(t, "a.g=12.345"), InForceFrom: drawnDay(t)})
		for _, run := range r.Runs {
			var rows, adopted, alternative domain.Money
			for _, row := range run.Rows {
				require.Len(t, row.Keys, len(by))
				rows += row.Amount
			}
			for _, p := range run.Providers {
				adopted, alternative = adopted+p.Adopted, alternative+p.Alternative
				require.Equal(t, p.Alternative-p.Adopted, p.Difference)
			}
			require.Equal(t, run.Total, rows)
			require.Equal(t, run.Total, alternative)
			require.Equal(t, r.Adopted().Total, adopted)
			require.Equal(t, run.Total-adopted, run.Difference)
		}
	})
}

func TestEveryDayIsPaidByTheAdoptedPoliciesBeforeItAndTheAlternativeFromIt(t *testing.T) {
	l := small(t)
	plain := fmt.Sprintf(`{"id": "z", "title": "t", "currency": "SEK", "parameters": {"h": {"values": {"2000-01-01": %q}}, "g": {"values": {"2000-01-01": "33"}}},
		"components": [{"id": "time", "kind": "time", "basis": "need", "rate": "h"}, {"id": "goals", "kind": "goal-premium", "amount": "g", "outcomes": {"fulfilled": "1"}}]}`, "7")
	by := []string{"month", "component"}
	whole := l.replay(Request{Models: []ModelSet{model("z", plain)}, By: by})
	amounts := func(r Run) map[string]domain.Money {
		all := map[string]domain.Money{}
		for _, row := range r.Rows {
			all[row.Keys[0]+row.Keys[1]] = row.Amount
		}
		return all
	}
	before, after := amounts(whole.Runs[0]), amounts(whole.Runs[1])
	rapid.Check(t, func(t *rapid.T) {
		d := drawnDay(t)
		mixed := amounts(l.replay(Request{Models: []ModelSet{model("z", plain)}, By: by, InForceFrom: d}).Runs[1])
		for i, m := range []domain.Month{2020 * 12, 2020*12 + 1, 2020*12 + 2, 2020*12 + 3} {
			for component, from := range map[string]domain.Date{"time": m.First(), "goals": m.First() + 9} { // follow-ups are held on the tenth
				want := before
				if from >= d {
					want = after
				}
				key := m.String() + component
				require.Equal(t, want[key], mixed[key], "%d %s from %s", i, key, d)
			}
		}
	})
}

// A grid is the runs of both settings, pair by pair, whatever the two parameters are.
func TestAPairOfAGridIsTheSettingsOfItsValues(t *testing.T) {
	l := small(t)
	l.adopt("2020-02-01", `{"id": "n", "title": "t", "currency": "SEK", "parameters": {"rate": {"values": {"2020-01-01": "60"}}, "most": {"values": {"2020-01-01": "5000"}}},
		"components": [{"id": "hours", "kind": "time", "basis": "granted", "rate": "rate"},
			{"id": "once", "kind": "goal-premium", "amount": "most", "outcomes": {"fulfilled": "0.25"}, "repeat": "once-per-goal"},
			{"id": "days", "kind": "fixed", "per": "case-month", "prorate": true, "amount": "rate"},
			{"id": "cap", "kind": "cap", "of": ["hours", "days"], "per": "unit-year", "limit": "most"}]}`)
	rapid.Check(t, func(t *rapid.T) {
		targets := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a.g", "a.rate.care/in-house", "a.rate.service/external", "n.rate", "n.most"}), 2, 2, rapid.ID[string]).Draw(t, "targets")
		drawn := func(target string) *Sweep {
			from := domain.DecimalOf(rapid.Int64Range(0, 1_000_000).Draw(t, "from"), rapid.IntRange(0, 4).Draw(t, "decimals"))
			step := domain.DecimalOf(rapid.Int64Range(1, 10_000).Draw(t, "step"), rapid.IntRange(0, 2).Draw(t, "decimals"))
			return &Sweep{target, from, from.Add(step.Mul(domain.DecimalOf(rapid.Int64Range(0, 2).Draw(t, "steps"), 0))), step}
		}
		down, across := drawn(targets[0]), drawn(targets[1])
		r := Request{Sweep: down, Across: across, By: []string{"unit", "month", "component"}, InForceFrom: rapid.SampledFrom([]domain.Date{0, domain.NewDate(2020, 2, 15)}).Draw(t, "in force from")}
		grid := l.replay(r)
		require.Equal(t, []string{targets[0], targets[1]}, []string{grid.Swept.Parameter, grid.SweptAcross.Parameter})
		require.Len(t, grid.Runs, 1+len(down.Values())*len(across.Values()))
		i := rapid.IntRange(1, len(grid.Runs)-1).Draw(t, "pair looked at")
		step := grid.Runs[i]
		v, w := down.Values()[(i-1)/len(across.Values())], across.Values()[(i-1)%len(across.Values())]
		require.Equal(t, []string{v.String(), w.String()}, []string{step.Value, step.Across})
		set := l.replay(Request{Set: []Setting{{targets[0], v}, {targets[1], w}}, By: r.By, InForceFrom: r.InForceFrom}).Runs[1]
		require.Equal(t, set.Rows, step.Rows)
		require.Equal(t, set.Digest, step.Digest)
		require.Equal(t, set.Models, step.Models)
		require.Equal(t, set.Total, step.Total)
		require.Equal(t, set.Providers, step.Providers)
	})
}

func TestASecondSweepThatMakesNoGridIsRefused(t *testing.T) {
	l := small(t)
	for reason, r := range map[string]Request{
		"the sweep of a.g is across another sweep, and there is none":         {Across: sweep(t, "a.g=1..2:1")},
		"--sweep is given twice for a.g; a grid is over two parameters":       {Sweep: sweep(t, "a.g=1..2:1"), Across: sweep(t, "a.g=3..4:1")},
		"a.g is given a value by --set and by --sweep; leave one of them out": {Set: set(t, "a.g=3"), Sweep: sweep(t, "a.rate.care/in-house=1..2:1"), Across: sweep(t, "a.g=3..4:1")},
		"have 101 × 100 pairs of values, more than 10000; write longer steps": {Sweep: sweep(t, "a.g=0..100:1"), Across: sweep(t, "a.rate.care/in-house=1..100:1")},
		"--sweep a.nothing: policy a has no parameter \"nothing\"":            {Sweep: sweep(t, "a.g=0..100:1"), Across: sweep(t, "a.nothing=1..2:1")},
	} {
		_, err := l.try(r)
		require.ErrorContains(t, err, reason)
	}
}
