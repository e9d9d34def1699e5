package words

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
)

// everyKey is a model with each key and each code that a document may hold.
const everyKey = `
id: every-key
title: T
currency: SEK
source: S
parameters:
  scalar: {unit: SEK, values: {2015-01-01: {value: "1", source: S, status: preliminary}}}
  rate: {unit: SEK/hour, by: [category, band, regime, area, unit, kind], values: {2015-01-01: {care/day/in-house/urban/u/somatic: "1"}}}
  weight: {unit: municipality, by: [recipient], values: {2015-01-01: {r: "1"}}}
components:
  - {id: need, kind: time, basis: need, rate: scalar, account: "1000", absence: [{reason: hospital, ladder: [{days: 1, percent: 50}], after: 10}], when: 'unit == "u"'}
  - {id: performed, kind: time, basis: performed, rate: rate}
  - {id: health, kind: time, basis: health, rate: rate}
  - {id: frame, kind: supplement, basis: frame, threshold_minutes: 60, rate: scalar}
  - {id: granted, kind: supplement, basis: granted, threshold_minutes: 60, rate: scalar}
  - {id: unit, kind: fixed, per: unit-month, amount: scalar, prorate: true}
  - {id: case, kind: fixed, per: case-month, amount: scalar}
  - {id: patient, kind: fixed, per: patient-month, amount: scalar}
  - {id: each, kind: goal-premium, amount: scalar, outcomes: {fulfilled: "1", partly: "0.5", not-fulfilled: "0", not-assessed: "0"}, occasions: [annual, closure], repeat: each-follow-up}
  - {id: once, kind: goal-premium, amount: scalar, outcomes: {fulfilled: "1"}, repeat: once-per-goal}
  - {id: all, kind: person-premium, amount: scalar, condition: all-goals-fulfilled, repeat: once-per-case}
  - {id: confirms, kind: person-premium, amount: scalar, condition: person-confirms}
  - {id: authority, kind: cap, of: [need], limit: scalar, per: authority-year}
  - {id: provider, kind: cap, of: [each], limit: scalar, per: provider-year}
  - {id: of-unit, kind: cap, of: [once], limit: scalar, per: unit-year}
  - {id: allocation, kind: allocation, pot: scalar, floor: scalar, weights: weight, round_to: "1"}
  - {id: equal, kind: performance, pot: scalar, share: equal, degree: results}
  - {id: weighted, kind: performance, pot: scalar, share: by-weights, weights: weight, degree: "min(1, result/target)"}
`

func TestEveryKeyAndCodeOfAModelHasItsWords(t *testing.T) {
	m, _, err := compensation.ParseModel("every-key.yaml", []byte(everyKey))
	require.NoError(t, err)
	own := domain.Codes{"scalar", "rate", "weight", "care/day/in-house/urban/u/somatic", "r"} // names of this document
	codes := 0
	for _, s := range domain.DescribeDocument(m.CanonicalJSON()) {
		place := s.Name.String()
		for _, l := range []Language{Swedish, English} {
			for _, name := range placesIn(place) {
				key, _, _ := cutElement(name)
				_, err := domain.ParseDate(key)
				assert.True(t, own.Has(key) || err == nil || domain.Outcomes.Has(key) || l.Has("model", key), "%s of %s in %s", key, place, l)
			}
			last, _, _ := cutElement(placesIn(place)[len(placesIn(place))-1])
			if section := modelCodes[last]; section != "" {
				assert.True(t, l.Has(section, s.Value.String()), "%s: %s in %s", place, s.Value, l)
				codes++
			}
		}
	}
	assert.Greater(t, codes, 80)
	for _, d := range compensation.Dimensions {
		assert.True(t, Swedish.Has("dimension", d) && English.Has("dimension", d), d)
	}
}

func TestAModelIsSaidInTheWordsOfTheLanguage(t *testing.T) {
	for place, want := range map[string][2]string{
		"components[premium].outcomes.fulfilled":            {"komponent premium, vikt för utfallet uppfyllt", "component premium, weight of the outcome fulfilled"},
		"components[a.b].absence[0].ladder[1].days":         {"komponent a.b, frånvaro 1, steg 2, dagar", "component a.b, absence 1, step 2, days"},
		"parameters.unit.values.2015-01-01.care/day.source": {"parameter unit, värden från och med 1 januari 2015, care/day, källa", "parameter unit, values from 2015-01-01, care/day, source"},
		"parameters.goal_premium.unit":                      {"parameter goal_premium, enhet för värdet", "parameter goal_premium, unit of the value"},
		"":                                                  {"", ""},
	} {
		assert.Equal(t, want, [2]string{Swedish.ModelPlace(place), English.ModelPlace(place)}, place)
	}
	for _, c := range [][3]string{{"kind", "goal-premium", "premie per mål"}, {"components[x].occasions[1]", "closure", "avslut"}, {"account", "5019", "5019"}, {"limit", "12500.50", "12\u00a0500,50"},
		{"rate", "hourly_rate", "hourly_rate"}, {"unit", "SEK/goal", "kr per mål"}, {"unit", "SEK/meal", "SEK/meal"}, {"", "x", "x"}, {"when", `kind == "time"`, `kind == "time"`}} {
		assert.Equal(t, c[2], Swedish.ModelValue(c[0], c[1]), c[0])
	}
	assert.Equal(t, "omvårdnad/egen regi", Swedish.Key([]string{"category", "regime"}, "care/in-house"))
	assert.Equal(t, "somatisk hemsjukvård/day", Swedish.Key([]string{"kind", "unit"}, "somatic/day"), "an id is an id")
	assert.Equal(t, "", Swedish.Key(nil, ""))
}
