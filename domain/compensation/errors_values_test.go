package compensation

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What could never be computed is refused when the document is read: adopted, it would stop everything that the authority is to pay.
func TestWhatNoEvaluationCouldUseIsRefused(t *testing.T) {
	for want, parts := range map[string][2]string{
		`components[0].threshold_minutes: -1 is not a number of minutes`:       {`p: {values: {2020-01-01: "1"}}`, `{id: c, kind: supplement, basis: need, threshold_minutes: "-1", rate: p}`},
		`parameters.t.values["2021-01-01"]: 600.5 is not a number of minutes`:  {`p: {values: {2020-01-01: "1"}}, t: {values: {2020-01-01: "60", 2021-01-01: "600.5"}}`, `{id: c, kind: supplement, basis: need, threshold_minutes: t, rate: p}`},
		`components[0].rate: a supplement sums over categories and bands`:      {`p: {by: [category], values: {2020-01-01: {care: "1"}}}`, `{id: c, kind: supplement, basis: need, threshold_minutes: 60, rate: p}`},
		`components[1].limit: -5 is negative`:                                  {`p: {values: {2020-01-01: "1"}}`, `{id: t, kind: time, basis: need, rate: p}, {id: c, kind: cap, of: [t], per: unit-year, limit: "-5"}`},
		`components[0].pot: 66.005 is not an amount`:                           {`w: {by: [recipient], values: {2020-01-01: {a: "1"}}}`, `{id: c, kind: allocation, pot: "66.005", floor: "0", weights: w}`},
		`components[0].floor: -1 is not an amount`:                             {`w: {by: [recipient], values: {2020-01-01: {a: "1"}}}`, `{id: c, kind: allocation, pot: "66", floor: "-1", weights: w}`},
		`components[0].round_to: 0 is no step`:                                 {`w: {by: [recipient], values: {2020-01-01: {a: "1"}}}`, `{id: c, kind: allocation, pot: "66", floor: "1", weights: w, round_to: "0"}`},
		`parameters.w.values["2020-01-01"].b: -1 is negative`:                  {`w: {by: [recipient], values: {2020-01-01: {a: "1", b: "-1"}}}`, `{id: c, kind: allocation, pot: "66", floor: "1", weights: w}`},
		`parameters.w.values["2020-01-01"]: no recipient has a weight above 0`: {`w: {by: [recipient], values: {2020-01-01: {a: "0"}}}`, `{id: c, kind: performance, pot: "66", share: w}`},
	} {
		_, _, err := ParseModel("", []byte("id: m\ntitle: t\ncurrency: SEK\nparameters: {"+parts[0]+"}\ncomponents: ["+parts[1]+"]\n"))
		assert.ErrorContains(t, err, want)
	}
}
