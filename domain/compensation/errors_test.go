package compensation

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// base is a small model; a test replaces one part of it. Lines: 1 id, 2 title, 3 currency, 4 parameters, 5 p, 6 rate, 7 components, 8 time, 9 premium.
const base = `id: m
title: t
currency: SEK
parameters:
  p: {unit: SEK/goal, values: {2015-01-01: "297"}}
  rate: {by: [category, regime], values: {2015-01-01: {care/external: "398"}}}
components:
  - {id: v, kind: time, basis: need, rate: rate}
  - {id: g, kind: goal-premium, amount: p, outcomes: {fulfilled: "1"}}
`

const (
	timeLine    = `{id: v, kind: time, basis: need, rate: rate}`
	premiumLine = `{id: g, kind: goal-premium, amount: p, outcomes: {fulfilled: "1"}}`
	pLine       = `{unit: SEK/goal, values: {2015-01-01: "297"}}`
	rateLine    = `{by: [category, regime], values: {2015-01-01: {care/external: "398"}}}`
)

func TestEveryErrorNamesItsPlaceAndWhatWasMeant(t *testing.T) {
	require.NotNil(t, mustParse(t, base))
	for _, c := range append(errorCases, kindErrorCases...) {
		t.Run(c.name, func(t *testing.T) {
			doc := c.with
			if c.old != "" {
				require.Equal(t, 1, strings.Count(base, c.old))
				doc = strings.Replace(base, c.old, c.with, 1)
			}
			m, warnings, err := ParseModel("m.yaml", []byte(doc))
			require.Error(t, err)
			assert.Nil(t, m)
			assert.Nil(t, warnings)
			assert.Equal(t, c.want, strings.Split(err.Error(), "\n"))
		})
	}
}

func TestAProblemHasItsPartsForPrograms(t *testing.T) {
	_, _, err := ParseModel("m.yaml", []byte(strings.Replace(base, premiumLine, `{id: g, kind: fixed, per: month, amount: p}`, 1)))
	var problems ModelProblems
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, ModelProblems{{File: "m.yaml", Place: "components[1].per", Line: 9, Reason: `"month" is not one of unit-month, case-month, patient-month`,
		Said: "%q is not one of %s", About: []any{"month", domain.Codes{"unit-month", "case-month", "patient-month"}}}}, problems)

	_, _, err = ParseModel("", []byte("id: 3"))
	assert.Contains(t, err.Error(), `line 1 id: 3 is a number; write "3" in quotes`)
}

func TestAWarningDoesNotRefuse(t *testing.T) {
	doc := strings.Replace(base, "components:", "  spare: {values: {2015-01-01: \"1\"}}\ncomponents:", 1)
	doc = strings.Replace(doc, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: 'provider in ["anna", "bo"] || provider.startsWith("c") || "d" != provider'}`, 1)
	m, warnings, err := ParseModel("m.yaml", []byte(doc))
	require.NoError(t, err)
	require.NotNil(t, m)
	var got []string
	for _, w := range warnings {
		got = append(got, w.String())
	}
	assert.Equal(t, []string{
		`m.yaml:7 parameters.spare: is not used by any component`,
		`m.yaml:9 components[0].when: names the provider "anna"; a model should hold for every provider alike`,
		`m.yaml:9 components[0].when: names the provider "bo"; a model should hold for every provider alike`,
		`m.yaml:9 components[0].when: names the provider "c"; a model should hold for every provider alike`,
		`m.yaml:9 components[0].when: names the provider "d"; a model should hold for every provider alike`,
	}, got)
}

func TestWhatMayBeLeftOut(t *testing.T) {
	m := mustParse(t, strings.Replace(base, "unit: SEK/goal, ", "", 1))
	assert.Empty(t, m.Source)
	assert.Empty(t, m.Components[0].Account)
	assert.Equal(t, RepeatEachFollowUp, m.Components[1].Repeat)
	assert.Nil(t, m.Components[1].Occasions)
	m = mustParse(t, strings.Replace(base, timeLine, `{id: v, kind: time, basis: need, rate: rate, absence: [{reason: other, ladder: []}]}`, 1))
	assert.Equal(t, []AbsenceRule{{Reason: "other"}}, m.Components[0].Absence)
}

type errorCase struct {
	name, old, with string // in base, old is replaced by with; without old, with is the document
	want            []string
}
