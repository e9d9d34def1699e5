package compensation

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kinds has the parameters that supplements, caps and state grants name; a test adds a component.
const kinds = `id: m
title: t
currency: SEK
parameters:
  p: {values: {2015-01-01: "297"}}
  by-unit: {by: [unit], values: {2015-01-01: {u: "1"}}}
  "600": {values: {2015-01-01: "1"}}
  weights: {by: [recipient], values: {2015-01-01: {skane: "33"}}}
components:
  - {id: t, kind: time, basis: health, rate: p}
  - `

func kind(t *testing.T, component string) *Component {
	t.Helper()
	return &mustParse(t, kinds+component).Components[1]
}

func TestANumberIsAParameterOrStandsInTheDocument(t *testing.T) {
	limit := func(text string) Operand {
		return kind(t, `{id: c, kind: cap, of: [t], per: unit-year, limit: `+text+`}`).Limit
	}
	assert.Equal(t, Operand{Parameter: "by-unit"}, limit("by-unit"))
	assert.Equal(t, Operand{Number: decimal(t, "500000.50")}, limit(`"500000.50"`))
	assert.Equal(t, Operand{Parameter: "600"}, limit(`"600"`), "a parameter of that name goes first")

	threshold := func(text string) Operand {
		return kind(t, `{id: c, kind: supplement, basis: need, rate: p, threshold_minutes: `+text+`}`).Threshold
	}
	assert.Equal(t, "900", threshold("900").Number.String())
	assert.Equal(t, "900", threshold(`"900"`).Number.String())
	assert.Equal(t, Operand{Parameter: "p"}, threshold("p"))
	assert.Equal(t, Operand{Parameter: "600"}, threshold(`"600"`))
	assert.Equal(t, "600", threshold("600").Number.String(), "a number without quotes is no name")
}

func TestAComponentUsesEveryParameterThatItNames(t *testing.T) {
	for component, want := range map[string][]string{
		`{id: c, kind: supplement, basis: need, rate: p, threshold_minutes: by-unit}`:         {"p", "by-unit"},
		`{id: c, kind: cap, of: [t], per: unit-year, limit: p}`:                               {"p"},
		`{id: c, kind: cap, of: [t], per: unit-year, limit: "5"}`:                             nil,
		`{id: c, kind: allocation, pot: p, floor: "600", weights: weights, round_to: "1"}`:    {"p", "600", "weights"},
		`{id: c, kind: performance, pot: "1", share: equal}`:                                  nil,
		`{id: c, kind: performance, pot: p, share: weights}`:                                  {"p", "weights"},
		`{id: c, kind: performance, pot: p, share: by-weights, weights: weights}`:             {"p", "weights"},
		`{id: c, kind: performance, pot: p, share: weights, weights: weights}`:                {"p", "weights"},
		`{id: c, kind: performance, pot: p, share: weights, degree: results}`:                 {"p", "weights"},
		`{id: c, kind: performance, pot: "1", share: equal, degree: "min(1, result/target)"}`: nil,
	} {
		assert.Equal(t, want, kind(t, component).Uses(), component)
	}
}

func TestARemainderIsRoundedToTheOreUnlessTheModelSaysMore(t *testing.T) {
	assert.Equal(t, "0.01", kind(t, `{id: c, kind: allocation, pot: p, floor: "0", weights: weights}`).RoundTo.Number.String())
	assert.Equal(t, "500000", kind(t, `{id: c, kind: allocation, pot: p, floor: "0", weights: weights, round_to: "500000"}`).RoundTo.Number.String())
}

func TestAParameterOfALaterKindHasToHaveAValueToo(t *testing.T) {
	m := mustParse(t, kinds+`{id: c, kind: performance, pot: p, share: weights}`)
	require.NoError(t, m.CheckFrom(day(t, "2015-01-01")))
	assert.Len(t, strings.Split(m.CheckFrom(day(t, "2014-12-31")).Error(), "\n"), 2)
}
