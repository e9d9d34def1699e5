package compensation_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// The two evaluators say the same of every history, posting by posting, at any moment of knowledge and for any period.

// compiledPostings evaluates with the compiled evaluator and gives its postings in words, its rows and its digest.
func compiledPostings(facts *compensation.Facts, policies []compensation.Policy, period compensation.Period, by []string) ([]compensation.Posting, *compensation.Aggregate, string, error) {
	prepared := facts.Prepare(period)
	var postings []compensation.Posting
	sum, digest := compensation.NewAggregate(prepared, by), compensation.NewDigest()
	err := prepared.Evaluate(policies, func(b *compensation.Batch) error {
		for i := range b.Unit {
			postings = append(postings, b.Posting(i))
		}
		if err := sum.Add(b); err != nil {
			return err
		}
		return digest.Add(b)
	})
	return postings, sum, digest.Sum(), err
}

// inWords writes every field of a posting but its rate.
func inWords(p compensation.Posting) string {
	return fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s", p.Policy, p.Component, p.Provider, p.Unit, p.Month, fmt.Sprint(p.Case, p.Patient), p.Category, p.Band,
		p.FollowUp, p.Goal, p.LifeArea, p.Occasion, p.HeldOn, p.Quantity.String(), p.QuantityUnit, p.Amount)
}

// digestOf is the digest as its documentation says, written apart from it.
func digestOf(postings []compensation.Posting) string {
	h := sha256.New()
	fmt.Fprint(h, "careledger postings v1\n")
	for _, p := range postings {
		fmt.Fprint(h, strings.Join([]string{p.Policy, p.Component, p.Provider, p.Unit, p.Month.String(), p.Case, p.Category, p.Band,
			p.FollowUp, p.Goal, p.Quantity.String(), p.QuantityUnit, p.Amount.String()}, "\t"), "\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// rowsOf sums postings by fields, written apart from Aggregate.
func rowsOf(postings []compensation.Posting, by []string) []compensation.Row {
	sums, quantities := map[string]*compensation.Row{}, map[string]*big.Rat{}
	for _, p := range postings {
		words := map[string]string{"authority": historytest.Authority, "provider": p.Provider, "unit": p.Unit, "month": p.Month.String(), "year": p.Month.String()[:4],
			"component": p.Component, "policy": p.Policy, "case": p.Case, "life_area": p.LifeArea, "occasion": p.Occasion}
		keys := []string{}
		for _, f := range by {
			keys = append(keys, words[f])
		}
		id := strings.Join(keys, "\x00")
		if sums[id] == nil {
			sums[id], quantities[id] = &compensation.Row{Group: &compensation.Group{Keys: keys, QuantityUnit: p.QuantityUnit}}, new(big.Rat)
		}
		if sums[id].QuantityUnit != p.QuantityUnit {
			sums[id].QuantityUnit = compensation.UnitMixed
		}
		sums[id].Amount += p.Amount
		quantities[id].Add(quantities[id], p.Quantity.Rat())
	}
	rows := []compensation.Row{}
	for id, r := range sums {
		q := quantities[id]
		if r.Quantity = q.FloatString(6); !terminates(q) {
			rows = append(rows, *r)
			continue
		}
		if r.Quantity = q.FloatString(40); strings.Contains(r.Quantity, ".") {
			r.Quantity = strings.TrimRight(strings.TrimRight(r.Quantity, "0"), ".")
		}
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b compensation.Row) int { return slices.Compare(a.Keys, b.Keys) })
	return rows
}

func terminates(q *big.Rat) bool {
	d, zero := new(big.Int).Set(q.Denom()), new(big.Int)
	for _, f := range []*big.Int{big.NewInt(2), big.NewInt(5)} {
		for zero.Mod(d, f).Sign() == 0 {
			d.Quo(d, f)
		}
	}
	return d.Cmp(big.NewInt(1)) == 0
}

func drawnPeriod(t *rapid.T) compensation.Period {
	from := domain.NewMonth(2019, 6) + domain.Month(rapid.IntRange(0, 24).Draw(t, "from"))
	return compensation.Period{From: from, To: from + domain.Month(rapid.IntRange(0, 30).Draw(t, "months"))}
}

func assertAgree(t *rapid.T, w *historytest.World, policies []compensation.Policy, period compensation.Period) {
	plain, facts := w.Plain(period), w.Columns()
	plain.Policies = policies
	want, wantErr := plain.Evaluate()
	by := rapid.SampledFrom([][]string{compensation.DefaultFields, {}, {"year", "provider"}, {"life_area", "occasion"}, {"case", "month"}, {"authority", "policy", "component", "unit"}}).Draw(t, "by")
	got, sum, digest, gotErr := compiledPostings(facts, policies, period, by)
	if wantErr != nil || gotErr != nil {
		assert.IsType(t, wantErr, gotErr, "%v", gotErr)
		return
	}
	words := func(postings []compensation.Posting) (all []string) {
		for _, p := range postings {
			all = append(all, inWords(p))
		}
		return all
	}
	require.Equal(t, words(want), words(got))
	total := domain.Money(0)
	for _, p := range want {
		total += p.Amount
	}
	for _, row := range sum.Rows() {
		total -= row.Amount
	}
	assert.Zero(t, total)
	assert.Equal(t, len(want), sum.Postings)
	assert.Equal(t, digestOf(want), digest)
	plainly := compensation.NewDigest()
	for i := range want {
		plainly.AddPosting(&want[i])
	}
	assert.Equal(t, digest, plainly.Sum())
	assert.Equal(t, rowsOf(want, by), sum.Rows())
}

func TestTheCompiledEvaluatorSaysWhatThePlainOneSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		w, err := historytest.Fold(historytest.KnownAt(events, uint64(rapid.IntRange(len(events)/2, len(events)).Draw(t, "as of"))))
		require.NoError(t, err)
		assertAgree(t, w, w.State.Adopted(), drawnPeriod(t))
	})
}

func TestTheEvaluatorsAgreeOnModelsWithGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, err := historytest.Fold(historytest.DrawWithGaps(t).Events(-1))
		require.NoError(t, err)
		assertAgree(t, w, w.State.Adopted(), drawnPeriod(t))
	})
}

// Every adopted document in force over the whole of time, as a replay of an alternative has it.
func TestTheEvaluatorsAgreeOnAlternativeModels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, err := historytest.Fold(historytest.Draw(t).Events(-1))
		require.NoError(t, err)
		var policies []compensation.Policy
		for _, p := range w.State.Adopted() {
			for i, d := range p.Documents {
				policies = append(policies, compensation.Policy{ID: fmt.Sprintf("%s-%d", p.ID, i), Documents: []compensation.InForce{{Model: d.Model, From: domain.MinDate, End: domain.MaxDate}}})
			}
		}
		assertAgree(t, w, policies, drawnPeriod(t))
	})
}

func TestPreparedFactsCanBeEvaluatedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, err := historytest.Fold(historytest.Draw(t).Events(-1))
		require.NoError(t, err)
		prepared := w.Columns().Prepare(drawnPeriod(t))
		run := func() string {
			digest := compensation.NewDigest()
			require.NoError(t, prepared.Evaluate(w.State.Adopted(), digest.Add))
			return digest.Sum()
		}
		assert.Equal(t, run(), run())
	})
}

func TestTheFirstMonthIsThatOfTheEarliestFact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, err := historytest.Fold(historytest.Draw(t).Events(-1))
		require.NoError(t, err)
		first, any := domain.Month(0), false
		note := func(m domain.Month) {
			if !any || m < first {
				first, any = m, true
			}
		}
		for _, g := range w.StateGrants() {
			note(g.AgreedOn.Month())
			for _, r := range g.Recipients {
				if r.ReportedOn > 0 {
					note(r.ReportedOn.Month())
				}
			}
		}
		for _, c := range w.Facts() {
			for _, e := range c.Enrolments {
				note(e.From.Month())
			}
			for _, g := range c.Grants {
				note(g.From.Month())
			}
			for _, p := range c.Performed {
				note(p.Month)
			}
			for _, f := range c.FollowUps {
				note(f.HeldOn.Month())
			}
		}
		got, ok := w.Columns().FirstMonth()
		require.Equal(t, any, ok)
		if any {
			assert.Equal(t, first, got)
		}
	})
}
