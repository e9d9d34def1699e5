package replay

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAComponentThatYieldsNothingIsNamedWithTheReason(t *testing.T) {
	l := small(t)
	warnings := func(component string) []string {
		doc := `{"id": "w", "title": "t", "currency": "SEK", "parameters": {"x": {"values": {"2000-01-01": "1"}}}, "components": [` + component + `]}`
		return l.replay(Request{Models: []ModelSet{model("w.yaml", doc)}}).Runs[1].Warnings
	}
	for component, reason := range map[string]string{
		`{"id": "c", "kind": "time", "basis": "performed", "rate": "x"}`:                                                      "there is no visit or time report in the period",
		`{"id": "c", "kind": "time", "basis": "frame", "rate": "x"}`:                                                          "there are no frame minutes in the period",
		`{"id": "c", "kind": "time", "basis": "health", "rate": "x"}`:                                                         "it has no home health care with time reported in the period",
		`{"id": "c", "kind": "supplement", "basis": "health", "threshold_minutes": 60, "rate": "x"}`:                          "it has no home health care with time reported in the period",
		`{"id": "c", "kind": "performance", "pot": "100", "share": "equal"}`:                                                  "it has no state grant",
		`{"id": "c", "kind": "fixed", "per": "patient-month", "amount": "x"}`:                                                 "it has no home health care",
		`{"id": "c", "kind": "time", "basis": "need", "rate": "x", "when": "unit == \"nowhere\""}`:                            `nothing in the period that it pays for meets its when (unit == "nowhere")`,
		`{"id": "c", "kind": "person-premium", "amount": "x", "condition": "person-confirms"}`:                                "nothing in the period is what it pays for",
		`{"id": "c", "kind": "goal-premium", "amount": "x", "outcomes": {"fulfilled": "1"}, "occasions": ["after-hospital"]}`: "nothing in the period is what it pays for",
	} {
		assert.Contains(t, warnings(component), "component c of model w yields nothing on this history: "+reason, component)
	}
	assert.Empty(t, warnings(`{"id": "c", "kind": "time", "basis": "need", "rate": "x"}`))
	assert.Empty(t, l.replay(Request{}).Runs[0].Warnings)
}

func TestNothingBeforeTheDayCountsForTheAlternative(t *testing.T) {
	l := small(t)
	changed := `{"id": "a", "title": "t", "currency": "SEK", "parameters": {"g": {"values": {"2020-01-01": "100"}}},
		"components": [{"id": "goals", "kind": "goal-premium", "amount": "g", "outcomes": {"not-fulfilled": "1"}}]}`
	r := l.replay(Request{Models: []ModelSet{model("a.yaml", changed)}, InForceFrom: day(t, "2020-03-01")})
	assert.Equal(t, []string{"component goals of model a yields nothing on this history: nothing in the period is what it pays for"}, r.Runs[1].Warnings)
}

func TestWarningsOfTheDocumentArePassedOn(t *testing.T) {
	r := small(t).replay(Request{Models: []ModelSet{model("w.yaml", `{"id": "w", "title": "t", "currency": "SEK",
		"parameters": {"x": {"values": {"2000-01-01": "1"}}, "spare": {"values": {"2000-01-01": "1"}}}, "components": [{"id": "c", "kind": "time", "basis": "need", "rate": "x"}]}`)}})
	assert.Equal(t, []string{"w.yaml:2 parameters.spare: is not used by any component"}, r.Runs[1].Warnings)
}

func TestAChangeWithoutEffectIsNamed(t *testing.T) {
	l := small(t)
	l.adopt("2030-01-01", onceModel("later", "10"))
	assert.Equal(t, []string{"later.g changes nothing: no component in force in the period uses it"}, l.replay(Request{Set: set(t, "later.g=5"), To: 2020*12 + 3}).Runs[1].Warnings)

	for _, run := range l.replay(Request{Set: set(t, "a.g=5"), Models: []ModelSet{model("b", onceModel("b", "1"))}, InForceFrom: day(t, "2020-05-01"), To: 2020*12 + 3}).Runs[1:] {
		assert.Equal(t, []string{"the alternative is in force from 2020-05-01, after the period (to 2020-04): it changes nothing"}, run.Warnings)
	}

	l.adopt("2020-03-01", `{"id": "a", "title": "t", "currency": "SEK", "parameters": {"rate": {"values": {"2020-01-01": "1"}}},
		"components": [{"id": "time", "kind": "time", "basis": "need", "rate": "rate"}]}`)
	assert.Equal(t, []string{`a.rate.care/in-house is unchanged in the document of policy a in force from 2020-03-01: rate is one value and has no entry "care/in-house"`},
		l.replay(Request{Set: set(t, "a.rate.care/in-house=5")}).Runs[1].Warnings)
}

func TestASweepSaysOnceWhatYieldsNothing(t *testing.T) {
	l := small(t)
	l.adopt("2020-01-01", `{"id": "n", "title": "t", "currency": "SEK", "parameters": {"x": {"values": {"2020-01-01": "1"}}},
		"components": [{"id": "c", "kind": "time", "basis": "performed", "rate": "x"}]}`)
	r := l.replay(Request{Sweep: sweep(t, "n.x=1..3:1")})
	assert.Len(t, r.Runs[1].Warnings, 1)
	assert.Empty(t, r.Runs[2].Warnings)
	assert.Empty(t, r.Runs[3].Warnings)
}

func TestAUnitWithPatientsAloneIsNotSaidToHaveNothingInForce(t *testing.T) {
	l := newLedger(t)
	l.add("provider-registered", "provider/p", "2020-01-01", object{"name": "P", "regime": "in-house"})
	l.add("unit-registered", "provider/p", "2020-01-01", object{"unit": "u", "name": "U", "area": "urban"})
	l.add("care-requested", "patient/k", "2020-01-01", object{"person": "x", "requested_by": "region"})
	l.add("patient-enrolled", "patient/k", "2020-01-01", object{"provider": "p", "unit": "u", "from": "2020-01-01", "kind": "somatic"})
	run := l.replay(Request{Models: []ModelSet{model("w.yaml", `{"id": "w", "title": "t", "currency": "SEK", "parameters": {"x": {"values": {"2000-01-01": "1"}}},
		"components": [{"id": "c", "kind": "fixed", "per": "unit-month", "amount": "x", "when": "area == \"rural\""}]}`)}}).Runs[1]
	assert.Equal(t, []string{`component c of model w yields nothing on this history: nothing in the period that it pays for meets its when (area == "rural")`}, run.Warnings)
}
