package replay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/projections"
)

func TestParseSetting(t *testing.T) {
	s, err := ParseSetting("p.hourly_rate.care/external=400.50")
	require.NoError(t, err)
	assert.Equal(t, "p.hourly_rate.care/external", s.Target)
	assert.Equal(t, "400.5", s.Value.String())
	for text, reason := range map[string]string{
		"":         `"" is not a setting; write POLICY.PARAM=VALUE, for example lund-2015-pilot.goal_premium=350`,
		"p.g":      `"p.g" is not a setting`,
		"g=3":      `"g=3" is not a setting`,
		".g=3":     `".g=3" is not a setting`,
		"p.=3":     `"p.=3" is not a setting`,
		"p.g=":     `the setting of p.g: "" is not a decimal number`,
		"p.g=3,5":  `the setting of p.g: "3,5" is not a decimal number`,
		"p.g=1e3":  `the setting of p.g: "1e3" is not a decimal number`,
		"p.g=3 kr": `the setting of p.g: "3 kr" is not a decimal number`,
	} {
		_, err := ParseSetting(text)
		require.ErrorContains(t, err, reason, text)
	}
}

func TestParseSweep(t *testing.T) {
	for text, want := range map[string]string{
		"p.g=200..400:50":   "200 250 300 350 400",
		"p.g=0.1..0.3:0.1":  "0.1 0.2 0.3",
		"p.g=-1..1:1":       "-1 0 1",
		"p.g=5..5:1":        "5",
		"p.g=1..2:0.4":      "1 1.4 1.8",
		"p.k.a/b=1..2:0.50": "1 1.5 2",
	} {
		w, err := ParseSweep(text)
		require.NoError(t, err, text)
		var values []string
		for _, v := range w.Values() {
			values = append(values, v.String())
		}
		assert.Equal(t, want, strings.Join(values, " "), text)
	}
	for text, reason := range map[string]string{
		"p.g=1..2":                      `"p.g=1..2" is not a sweep; write POLICY.PARAM=A..B:STEP, for example lund-2015-pilot.goal_premium=200..400:50`,
		"p.g=1:1":                       `is not a sweep`,
		"g=1..2:1":                      `is not a sweep`,
		"p.g=a..2:1":                    `the sweep of p.g: "a" is not a decimal number`,
		"p.g=1..2:0":                    "the sweep of p.g: the step is 0; write one greater than 0",
		"p.g=1..2:-1":                   "the sweep of p.g: the step is -1",
		"p.g=2..1:1":                    "the sweep of p.g goes from 2 down to 1; write the lower end first",
		"p.g=0..10000:1":                "the sweep of p.g from 0 to 10000 by 1 has more than 10000 steps; write a longer step",
		"p.g=0..999999999999:0.0000001": "has more than 10000 steps",
	} {
		_, err := ParseSweep(text)
		require.ErrorContains(t, err, reason, text)
	}
	w, err := ParseSweep("p.g=1..10000:1")
	require.NoError(t, err)
	assert.Len(t, w.Values(), 10_000)
}

func TestParseSeek(t *testing.T) {
	s, err := ParseSeek("p.g", "1000000.50")
	require.NoError(t, err)
	assert.Equal(t, Seek{"p.g", domain.Money(100000050)}, s)
	for _, bad := range [][3]string{
		{"g", "1", `"g" is not a parameter to seek; write POLICY.PARAM, for example lund-2015-pilot.goal_premium`},
		{"p.g=3", "1", `"p.g=3" is not a parameter to seek`},
		{"p.g", "1.005", `the budget: "1.005" is not an amount in kronor and öre`},
		{"p.g", "-1", "the budget -1.00 is negative"},
		{"p.g", "", `the budget: "" is not a decimal number`},
	} {
		_, err := ParseSeek(bad[0], bad[1])
		require.ErrorContains(t, err, bad[2])
	}
}

func TestEverythingWrongWithARequestIsSaidAtOnce(t *testing.T) {
	l := small(t)
	_, err := l.try(Request{By: []string{"month", "colour", "month"}, Models: []ModelSet{{}}, Set: set(t, "a.g=1", "a.g=2", "a.x=1"), Sweep: sweep(t, "a.x=1..2:1"), Seek: &Seek{Target: "a.x", Budget: -1}})
	assert.EqualError(t, err, `rows cannot be grouped by "colour" (known: `+strings.Join([]string{"authority", "provider", "unit", "month", "year", "component", "policy", "case", "life_area", "occasion"}, ", ")+`)
month stands twice in the list to group by
the model set 1 names no document
--set gives a.g two values; leave one out
a.x is given a value by --set and by --sweep; leave one of them out
a.x is given a value by --set and by --seek; leave one of them out
--budget -0.01 is negative`)

	_, err = l.try(Request{Models: []ModelSet{model("x.yaml", "id: [", "y.yaml", `{"id": "y"}`), model("b.yaml", onceModel("b", "1"), "c.yaml", onceModel("b", "2"))}, Set: set(t, "a.q=1")})
	for _, reason := range []string{"x.yaml: is neither YAML nor JSON", "y.yaml:1 components: is required", "b.yaml and c.yaml are both model b, and are to hold together; give one another id, or make them runs of their own (--model b.yaml --model c.yaml)",
		`--set a.q: policy a has no parameter "q"`} {
		assert.ErrorContains(t, err, reason)
	}
}

func TestATargetIsResolvedAgainstTheAdoptedPolicies(t *testing.T) {
	_, err := newLedger(t).try(Request{Set: set(t, "a.g=1")})
	require.EqualError(t, err, "--set a.g: no policy is adopted as known then; adopt one, or replay a document with --model")

	l := small(t)
	for target, reason := range map[string]string{
		"b.g":              "--set b.g: begins with no adopted policy's id; there are a.g, a.rate",
		"a.goal":           `--set a.goal: policy a has no parameter "goal". It has g, rate`,
		"a.rat":            `--set a.rat: policy a has no parameter "rat"; did you mean a.rate? It has g, rate`,
		"a.g.care":         `--set a.g.care: g is one value and has no entry "care"`,
		"a.rate":           "--set a.rate: rate is a table by category/regime; name one of its entries after a dot: care/in-house, service/external",
		"a.rate.care":      `--set a.rate.care: rate has no entry "care"; it has care/in-house, service/external`,
		"a.rate.care/both": `--set a.rate.care/both: rate has no entry "care/both"`,
	} {
		_, err := l.try(Request{Set: set(t, target+"=1")})
		require.ErrorContains(t, err, reason)
	}
}

func TestNamesWithDotsAreResolvedLongestFirst(t *testing.T) {
	l := small(t)
	l.adopt("2020-01-01", `{"id": "d", "title": "t", "currency": "SEK", "parameters": {
		"x": {"by": ["unit"], "values": {"2020-01-01": {"y": "1", "u.v": "1"}}}, "x.y": {"values": {"2020-01-01": "1"}}},
		"components": [{"id": "c", "kind": "time", "basis": "performed", "rate": "x"}, {"id": "d", "kind": "time", "basis": "performed", "rate": "x.y"}]}`)
	cut, err := l.table.Cut(projections.Now)
	require.NoError(t, err)
	for target, want := range map[string]parameter{"d.x.y": {"d", "x.y", ""}, "d.x.u.v": {"d", "x", "u.v"}, "a.rate.care/in-house": {"a", "rate", "care/in-house"}} {
		p, err := find(cut.Adopted, "--set", target)
		require.NoError(t, err)
		assert.Equal(t, want, p)
		assert.Equal(t, target, p.String())
	}
}
