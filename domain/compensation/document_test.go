package compensation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// contractExample is the model of the contract, section 5, to the letter.
const contractExample = `id: lund-2015-pilot
title: Goal premium on top of need hours, pilot area
currency: SEK
source: where the figures come from
parameters:
  goal_premium: {unit: SEK/goal, values: {2015-01-01: "297"}}
  hourly_rate:
    unit: SEK/hour
    by: [category, regime]            # any of category, band, regime, area, unit, kind
    values:
      2015-01-01: {care/in-house: "385", care/external: "398", service/in-house: "342", service/external: "354"}
components:
  - {id: variable, kind: time, basis: granted, rate: hourly_rate, account: "5011"}
  - {id: premium, kind: goal-premium, amount: goal_premium, outcomes: {fulfilled: "1"}, repeat: each-follow-up,
     when: 'unit == "ostra-torn-linero"', account: "5019"}
`

func mustParse(t testing.TB, doc string) *Model {
	t.Helper()
	m, _, err := ParseModel("", []byte(doc))
	require.NoError(t, err)
	return m
}

func decimal(t testing.TB, s string) domain.Decimal {
	t.Helper()
	d, err := domain.ParseDecimal(s)
	require.NoError(t, err)
	return d
}

func day(t testing.TB, s string) domain.Date {
	t.Helper()
	d, err := domain.ParseDate(s)
	require.NoError(t, err)
	return d
}

func TestTheContractsExampleIsAModel(t *testing.T) {
	m, warnings, err := ParseModel("lund.yaml", []byte(contractExample))
	require.NoError(t, err)
	assert.Empty(t, warnings)
	assert.Equal(t, "lund-2015-pilot", m.ID)
	assert.Equal(t, "where the figures come from", m.Source)
	assert.Equal(t, domain.Codes{"goal_premium", "hourly_rate"}, m.parameterNames())

	rate := m.Parameter("hourly_rate")
	assert.Equal(t, []string{"category", "regime"}, rate.By)
	dated, ok := rate.At(day(t, "2015-01-01"))
	require.True(t, ok)
	assert.Equal(t, "354", dated.Table["service/external"].Value.String())
	assert.Nil(t, m.Parameter("nothing"))

	require.Len(t, m.Components, 2)
	v, p := m.Components[0], m.Components[1]
	assert.Equal(t, []any{KindTime, BasisGranted, "hourly_rate", "5011"}, []any{v.Kind, v.Basis, v.Rate, v.Account})
	assert.Nil(t, v.When)
	assert.Equal(t, []string{"hourly_rate"}, v.Uses())
	assert.Equal(t, []any{KindGoalPremium, "goal_premium", RepeatEachFollowUp}, []any{p.Kind, p.Amount, p.Repeat})
	assert.Equal(t, []string{"goal_premium"}, p.Uses())
	require.Len(t, p.Outcomes, 1)
	assert.Equal(t, "fulfilled", p.Outcomes[0].Outcome)
	assert.Equal(t, []string{"unit"}, p.When.Variables())
}

func TestTheWorkedExamplesModelParses(t *testing.T) {
	line, err := os.ReadFile("testdata/worked_policy_adopted.json")
	require.NoError(t, err)
	var record struct {
		Data struct{ Model json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(line, &record))
	m, warnings, err := ParseModel("worked.ndjson", record.Data.Model)
	require.NoError(t, err)
	assert.Empty(t, warnings)
	assert.Equal(t, []AbsenceRule{{Reason: "hospital", Ladder: []Rung{{1, 75}, {4, 25}}}}, m.Components[0].Absence)
}

func TestYAMLAndJSONOfAModelAreTheSame(t *testing.T) {
	y := mustParse(t, contractExample)
	// other order of keys, another writer's escapes and spaces
	j := mustParse(t, `{"components":[{"rate":"hourly_rate","id":"variable","kind":"time","basis":"granted","account":"5011"},
		{"when":"unit == \u0022ostra-torn-linero\u0022","id":"premium","kind":"goal-premium","amount":"goal_premium","outcomes":{"fulfilled":"1"},
		 "repeat":"each-follow-up","account":"5019"}],
		"parameters":{"hourly_rate":{"values":{"2015-01-01":{"service/external":"354","care/external":"398","care/in-house":"385","service/in-house":"342"}},
		"by":["category","regime"],"unit":"SEK/hour"},"goal_premium":{"unit":"SEK/goal","values":{"2015-01-01":"297"}}},
		"currency":"SEK","title":"Goal premium on top of need hours, pilot area","source":"where the figures come from","id":"lund-2015-pilot"}`)
	assert.Equal(t, string(y.CanonicalJSON()), string(j.CanonicalJSON()))
	assert.Equal(t, y.SHA256(), j.SHA256())
	assert.True(t, strings.HasPrefix(string(y.CanonicalJSON()), `{"components":[{"account":"5011","basis":"granted","id":"variable",`))
	// computed by another program (Python: json.dumps with sorted keys and no spaces)
	assert.Equal(t, "6bb042a0a889c1c1bae4b8171051cd20b5b1d3c4639fc5cff20c7065b4f4a6ee", y.SHA256())
}

func TestJSONBeyondYAML(t *testing.T) {
	m := mustParse(t, "{\t\"id\":\"m\",\n\t\"title\":\"\\ud83d\\ude00 \\u00e5\",\"currency\":\"SEK\",\"parameters\":{\"a\":{\"values\":{\"2015-01-01\":\"1\"}}},"+
		`"components":[{"id":"c","kind":"fixed","per":"unit-month","amount":"a","prorate":true}]}`)
	assert.Equal(t, "😀 å", m.Title)
	assert.True(t, m.Components[0].Prorate)
	assertSame(t, m, mustParse(t, string(m.CanonicalJSON())))

	_, _, err := ParseModel("m.json", []byte("{\n\"id\":\"m\",\n\"id\":\"n\",\n\"title\":\"t\",\"currency\":\"SEK\",\"parameters\":{},\n\"components\":[\n3]}"))
	assert.EqualError(t, err, "m.json:3 id: the key is there already, on line 2\nm.json:6 components[0]: 3 is a number; a mapping with keys belongs here")
}

func BenchmarkParseModelOfManyUnits(b *testing.B) {
	var doc strings.Builder
	doc.WriteString("id: m\ntitle: t\ncurrency: SEK\nparameters:\n  p:\n    by: [unit]\n    values:\n      2015-01-01:\n")
	for i := range 20_000 {
		fmt.Fprintf(&doc, "        unit-%d: \"%d.50\"\n", i, i)
	}
	doc.WriteString("components: [{id: c, kind: fixed, per: unit-month, amount: p}]\n")
	for b.Loop() {
		mustParse(b, doc.String())
	}
}

func TestWithChangesOneValueOnAllDates(t *testing.T) {
	doc := strings.Replace(contractExample, `{2015-01-01: "297"}`, `{2015-01-01: {value: "297", source: board}, 2016-01-01: "310"}`, 1)
	doc = strings.Replace(doc, "      2015-01-01: {care", "      2014-01-01: {care/external: \"390\"}\n      2015-01-01: {care", 1)
	m := mustParse(t, doc)
	before := string(m.CanonicalJSON())

	scalar, err := m.With("goal_premium", "", decimal(t, "350.50"))
	require.NoError(t, err)
	for _, v := range scalar.Parameter("goal_premium").Values {
		assert.Equal(t, "350.5", v.Scalar.Value.String())
		assert.Empty(t, v.Scalar.Source)
	}
	assertSame(t, scalar, mustParse(t, string(scalar.CanonicalJSON())))
	assert.NotEqual(t, m.SHA256(), scalar.SHA256())
	assert.Equal(t, mustParse(t, strings.NewReplacer(`{value: "297", source: board}`, `"350.5"`, `"310"`, `"350.5"`).Replace(doc)).SHA256(), scalar.SHA256())

	table, err := m.With("hourly_rate", "service/external", decimal(t, "1"))
	require.NoError(t, err)
	values := table.Parameter("hourly_rate").Values
	assert.NotContains(t, values[0].Table, "service/external", "a date without the entry does not get it")
	assert.Equal(t, "1", values[1].Table["service/external"].Value.String())
	assert.Equal(t, "398", values[1].Table["care/external"].Value.String())
	assertSame(t, table, mustParse(t, string(table.CanonicalJSON())))

	assert.Equal(t, before, string(m.CanonicalJSON()), "the original does not change")
	assertSame(t, m, mustParse(t, before))

	for want, args := range map[string][2]string{
		`model lund-2015-pilot has no parameter "x"; it has goal_premium, hourly_rate`:                                                                {"x", ""},
		`parameter goal_premium is one value and has no key "care"`:                                                                                   {"goal_premium", "care"},
		`parameter hourly_rate is a table by category/regime; name one of its keys: care/external, care/in-house, service/external, service/in-house`: {"hourly_rate", ""},
		`parameter hourly_rate has no key "care"; its keys are care/external, care/in-house, service/external, service/in-house`:                      {"hourly_rate", "care"},
	} {
		_, err := m.With(args[0], args[1], decimal(t, "1"))
		assert.EqualError(t, err, want)
	}
	_, err = m.With("goal_premium", "", domain.DecimalOf(1, 12))
	assert.ErrorContains(t, err, "9 after it")
}

func TestCheckFromNamesWhatHasNoValueYet(t *testing.T) {
	m := mustParse(t, strings.Replace(contractExample, "components:", "  spare: {values: {2020-01-01: \"1\"}}\ncomponents:", 1))
	assert.NoError(t, m.CheckFrom(day(t, "2015-01-01")))
	err := m.CheckFrom(day(t, "2014-11-01"))
	assert.EqualError(t, err, "parameters.goal_premium: has no value on 2014-11-01; its first is from 2015-01-01\n"+
		"parameters.hourly_rate: has no value on 2014-11-01; its first is from 2015-01-01")
	assert.IsType(t, ModelProblems{}, err)
}

func TestAParametersValueIsTheOneInForce(t *testing.T) {
	p := mustParse(t, strings.Replace(contractExample, `{2015-01-01: "297"}`, `{2016-01-01: "310", 2015-01-01: "297"}`, 1)).Parameter("goal_premium")
	for on, want := range map[string]string{"2015-01-01": "297", "2015-12-31": "297", "2016-01-01": "310", "2150-01-01": "310"} {
		v, ok := p.At(day(t, on))
		assert.True(t, ok)
		assert.Equal(t, want, v.Scalar.Value.String(), on)
	}
	_, ok := p.At(day(t, "2014-12-31"))
	assert.False(t, ok)
}

func TestEveryBuiltInModelIsWhatItsNameSays(t *testing.T) {
	assert.Equal(t, []string{"granted-time-2022", "lund-2006", "lund-2015-pilot", "lund-2015-premium", "lund-2017", "orebro-psychiatric", "orebro-somatic",
		"ostersund-2014", "performed-time-2022", "person-premium-10000", "person-premium-all-goals", "state-grant-2010", "state-grant-2010-rule", "state-grant-2010-rule-rounded"}, Library())
	for _, id := range Library() {
		doc, ok := LibraryModel(id)
		require.True(t, ok)
		m, warnings, err := ParseModel(id+".yaml", doc)
		require.NoError(t, err)
		assert.Empty(t, warnings)
		assert.Equal(t, id, m.ID)
		assertSame(t, m, mustParse(t, string(m.CanonicalJSON())))
	}
	_, ok := LibraryModel("../library.go")
	assert.False(t, ok)

	doc, _ := LibraryModel("lund-2015-pilot")
	lund, example := mustParse(t, string(doc)), mustParse(t, contractExample)
	for i, p := range example.Parameters {
		for j, v := range p.Values {
			assert.Equal(t, v.Scalar.Value, lund.Parameters[i].Values[j].Scalar.Value)
			for key, value := range v.Table {
				assert.Equal(t, value.Value, lund.Parameters[i].Values[j].Table[key].Value)
				assert.Equal(t, StatusPreliminary, lund.Parameters[i].Values[j].Table[key].Status)
			}
		}
	}
	lund.Parameters = example.Parameters
	assert.True(t, bytes.Equal(described(t, lund)[1:], described(t, example)[1:]))
}
