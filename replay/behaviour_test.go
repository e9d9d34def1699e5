package replay

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
)

func assume(t require.TestingT, s string) []Assumption {
	all, err := ParseAssumptions(s)
	require.NoError(t, err)
	return all
}

func TestTheAdoptedRunAndTheHistoryStayWhatTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, models := drawnHistory(t)
		r := drawnRequest(t, models)
		r.Compare = nil
		assumed := replayed(t, h, r)
		r.Assume = nil
		history := replayed(t, h, r)
		require.Equal(t, history.Runs[0], assumed.Runs[0])
		require.Equal(t, history.Runs[1].Total+assumed.Runs[1].Behaviour, assumed.Runs[1].Total)
		if assumed.Behaviour != nil && len(assumed.Behaviour.Changes) == 0 {
			require.Equal(t, history.Runs[1].Digest, assumed.Runs[1].Digest)
		}
	})
}

func TestTheSameSeedChangesTheSameGoalsAndALargerShareThoseAndMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, _ := drawnHistory(t)
		sign := rapid.SampledFrom([]int64{-1, 1}).Draw(t, "sign")
		share := rapid.Int64Range(1, 100).Draw(t, "percent")
		larger := rapid.Int64Range(share, 100).Draw(t, "larger")
		seed := rapid.Uint64Range(0, 3).Draw(t, "seed")
		changes := func(percent int64) []AssumedChange {
			b, _ := h.behave([]Assumption{{"", domain.DecimalOf(sign*percent, 2)}}, seed)
			for _, a := range b.LifeAreas {
				want := (int64(a.Assessed)*percent*2 + 100) / 200 // half away from zero
				most := int64(a.Fulfilled)
				if sign > 0 {
					most = int64(a.Assessed - a.Fulfilled)
				}
				require.EqualValues(t, min(want, most), a.Changed())
			}
			return b.Changes
		}
		few := changes(share)
		require.Equal(t, few, changes(share))
		require.Subset(t, changes(larger), few)
		for _, c := range few {
			if sign > 0 {
				require.Equal(t, "fulfilled", c.Assumed)
				require.Contains(t, []string{"partly", "not-fulfilled"}, c.Outcome)
			} else {
				require.Equal(t, []string{"fulfilled", "not-fulfilled"}, []string{c.Outcome, c.Assumed})
			}
		}
	})
}

func TestWhatIsAssumedPaysAsIfItHadHappened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, _ := drawnHistory(t)
		b, assumed := h.behave([]Assumption{{"", domain.DecimalOf(rapid.Int64Range(1, 100).Draw(t, "percent"), 2)}}, 1)
		facts := *h.Facts // the same outcomes, prepared anew: also for what a cap sums before the period
		facts.Goals.Outcome = assumed.Goals.Outcome
		require.Equal(t, digestOf(t, facts.Prepare(h.Period), h.adopted), digestOf(t, assumed, h.adopted))
		changed := 0
		for i, outcome := range h.Goals.Outcome {
			if outcome != assumed.Goals.Outcome[i] {
				changed++
			}
		}
		require.Len(t, b.Changes, changed)
	})
}

func digestOf(t *rapid.T, p *compensation.Prepared, policies []compensation.Policy) string {
	d := compensation.NewDigest()
	err := p.Evaluate(policies, d.Add)
	drawAgain(t, err)
	require.NoError(t, err)
	return d.Sum()
}

// k's goal was fulfilled on 10 February and 10 April, m's partly on 10 March; a premium is 100 kr, half of it for partly.
func TestMoreGoalsAreFulfilledWhereThatIsAssumedFromTheDay(t *testing.T) {
	l := small(t)
	run := func(r Request) *Result {
		r.Models, r.Seed = []ModelSet{model("a", modelA)}, DefaultSeed
		return l.replay(r)
	}
	r := run(Request{Assume: assume(t, "fulfilled+1")})
	assert.Equal(t, "50.00", r.Runs[1].Behaviour.String(), "m's half premium is a whole one")
	assert.Equal(t, "a, assuming fulfilled+1 (seed 1)", r.Runs[1].Name)
	assert.Equal(t, "adopted", r.Runs[0].Name)
	assert.Equal(t, []AssumedChange{{"m", "mg", "f1", day(t, "2020-03-10"), "mobility", "partly", "fulfilled"}}, r.Behaviour.Changes)
	assert.Equal(t, AssumedArea{"mobility", domain.DecimalOf(1, 0), 3, 2, 3}, r.Behaviour.LifeAreas[0])
	found, assumed := r.Behaviour.LifeAreas[0].Rates()
	assert.Equal(t, "0.6667 1.0000", found+" "+assumed)

	assert.Equal(t, "-200.00", run(Request{Assume: assume(t, "fulfilled-1")}).Runs[1].Behaviour.String(), "a goal that was partly reached stays so")
	assert.Equal(t, "-100.00", run(Request{Assume: assume(t, "fulfilled-1"), InForceFrom: day(t, "2020-02-11")}).Runs[1].Behaviour.String(), "February was before the day")
	assert.Equal(t, "0.00", run(Request{Assume: assume(t, "fulfilled+1,mobility:fulfilled+0.1")}).Runs[1].Behaviour.String(), "a life area's own assumption holds there: 0.1 of three goals is none")
	assert.Equal(t, "0.00", run(Request{Assume: assume(t, "self-care:fulfilled+1")}).Runs[1].Behaviour.String(), "no goal is in self-care")
}

func TestTheAssumptionStandsInTheDocument(t *testing.T) {
	r := small(t).replay(Request{Set: set(t, "a.g=200"), Assume: assume(t, "mobility:fulfilled+0.5"), Seed: 3})
	b, err := json.Marshal(r.Behaviour)
	require.NoError(t, err)
	assert.Equal(t, `{"assumed":["mobility:fulfilled+0.5"],"seed":3,"life_areas":[{"life_area":"mobility","share":"0.5","assessed":3,"fulfilled":2,"assumed":3,"changed":1,`+
		`"rate":"0.6667","assumed_rate":"1.0000"}],"changes":[{"case":"m","goal":"mg","follow_up":"f1","held_on":"2020-03-10","life_area":"mobility","outcome":"partly","assumed":"fulfilled"}]}`, string(b))
	b, err = json.Marshal(r)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"behaviour":"100.00"`)
	assert.NotContains(t, string(b), `"follow_up"`, "an answer that is not by case names none")
	r.By = []string{"case"}
	byCase, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Contains(t, string(byCase), `"case":"m","goal":"mg"`)
	assert.NotContains(t, string(b[:len(b)/2]), `"behaviour":"0.00"`, "the adopted run has none")
}

func TestAnAssumptionThatCannotBeMadeIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"fulfilled":                         "write fulfilled+0.05",
		"fulfilled0.05":                     "write fulfilled+0.05",
		"partly+0.05":                       "write fulfilled+0.05",
		"fulfilled+0":                       "from -1 to 1, and not 0",
		"fulfilled-1.01":                    "from -1 to 1, and not 0",
		"fulfilled+5%":                      "is not a decimal number",
		"mobilty:fulfilled+0.1":             "did you mean mobility?",
		"fulfilled+0.1,fulfilled-0.1":       "the same goals are assumed of twice",
		"fulfilled+0.1, mobility:fulfilled": "write fulfilled+0.05",
	} {
		_, err := ParseAssumptions(text)
		assert.ErrorContains(t, err, want, text)
	}
}
