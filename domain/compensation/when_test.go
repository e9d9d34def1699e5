package compensation

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAWhenDecidesOnItsVariablesOnly(t *testing.T) {
	values := map[string]string{"unit": "ostra-torn-linero", "category": "care", "month": "2015-03",
		"inclusion.rehabilitation_potential": "true", "inclusion.needs_expected_to_decrease": "false", "inclusion.diagnosis_group": "orthopaedic"}
	for _, c := range []struct {
		source    string
		variables []string
		want      bool
	}{
		{`true`, nil, true},
		{`unit == "ostra-torn-linero"`, []string{"unit"}, true},
		{`.unit != "ostra-torn-linero"`, []string{"unit"}, false},
		{`month >= "2015-03" && month < "2016-01"`, []string{"month"}, true},
		{`month.startsWith("2016")`, []string{"month"}, false},
		{`category in ["service", "care"]`, []string{"category"}, true},
		{`"care" in [kind, category]`, []string{"category", "kind"}, true},
		{`[category, band] == ["care", ""]`, []string{"band", "category"}, true},
		{`life_area == ""`, []string{"life_area"}, true},
		{`unit.matches("^ostra-.*o$")`, []string{"unit"}, true},
		{`["vastra", "ostra"].exists(p, unit.startsWith(p)) && ["a", "b"].all(p, p != unit)`, []string{"unit"}, true},
		{`inclusion.rehabilitation_potential`, []string{"inclusion.rehabilitation_potential"}, true},
		{`inclusion.needs_expected_to_decrease || inclusion.diagnosis_group == "orthopaedic"`,
			[]string{"inclusion.diagnosis_group", "inclusion.needs_expected_to_decrease"}, true},
		{`["care"].exists(x, x == category) && !["day"].exists(x, x == band)`, []string{"band", "category"}, true},
	} {
		w, problems, warnings := compileWhen(c.source)
		require.Empty(t, problems, c.source)
		assert.Empty(t, warnings)
		assert.Equal(t, c.source, w.Source())
		assert.Equal(t, c.variables, w.Variables(), c.source)
		got, err := w.Eval(func(variable string) string {
			assert.Contains(t, c.variables, variable)
			return values[variable]
		})
		require.NoError(t, err)
		assert.Equal(t, c.want, got, c.source)
	}
}

func TestAWhenThatFailsOnAValueIsAnError(t *testing.T) {
	w, problems, _ := compileWhen(`int(unit) > 3`)
	require.Empty(t, problems)
	_, err := w.Eval(func(string) string { return "torn" })
	assert.ErrorContains(t, err, "when int(unit) > 3: ")
	got, err := w.Eval(func(string) string { return "4" })
	assert.NoError(t, err)
	assert.True(t, got)
}

func TestEveryVariableIsKnownToCEL(t *testing.T) {
	for _, v := range WhenVariables {
		source := v + ` == ""`
		if isBoolean(v) {
			source = v
		}
		w, problems, _ := compileWhen(source)
		require.Empty(t, problems, v)
		assert.Equal(t, []string{v}, w.Variables())
	}
	for v := range whenCodes {
		assert.True(t, WhenVariables.Has(v), v)
	}
}

func TestAProblemOfSeveralLinesNamesTheLine(t *testing.T) {
	_, problems, _ := compileWhen("unit == \"a\" &&\n  bnd == \"day\"")
	assert.Equal(t, []string{`line 2 column 3: "bnd" is not a variable; did you mean "band"?`}, problems)
}

func BenchmarkWhenEval(b *testing.B) {
	w, _, _ := compileWhen(`month >= "2015-03" && month < "2016-01" && unit == "ostra-torn-linero"`)
	for b.Loop() {
		if _, err := w.Eval(func(string) string { return "2015-04" }); err != nil {
			b.Fatal(err)
		}
	}
}
