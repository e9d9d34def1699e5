package compensation

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"careledger/domain"
)

// described returns everything that a model says, as text to compare: a compiled when counts by its source and variables.
func described(t require.TestingT, m *Model) []byte {
	type component struct {
		Component
		When      string
		Variables []string
	}
	all := struct {
		Currency   string
		Parameters []Parameter
		Components []component
	}{Currency: m.Currency, Parameters: m.Parameters}
	for _, c := range m.Components {
		d := component{Component: c}
		if c.When != nil {
			d.When, d.Variables = c.When.Source(), c.When.Variables()
		}
		d.Component.When = nil
		all.Components = append(all.Components, d)
	}
	b, err := json.MarshalIndent(all, "", " ")
	require.NoError(t, err)
	return b
}

func assertSame(t require.TestingT, a, b *Model) {
	assert.Equal(t, []string{a.ID, a.Title, a.Source}, []string{b.ID, b.Title, b.Source})
	assert.Equal(t, string(described(t, a)), string(described(t, b)))
	assert.Equal(t, string(a.CanonicalJSON()), string(b.CanonicalJSON()))
	assert.Equal(t, a.SHA256(), b.SHA256())
}

func oneOf(t *rapid.T, label string, words ...string) string {
	return rapid.SampledFrom(words).Draw(t, label)
}

// drawnValue is a value in either of its forms.
func drawnValue(t *rapid.T) any {
	return inEitherForm(t, domain.DecimalOf(rapid.Int64Range(-1e12, 1e12).Draw(t, "mantissa"), rapid.IntRange(0, 9).Draw(t, "scale")).String())
}

// drawnKronor is a value that can be shared out, or be shared by.
func drawnKronor(t *rapid.T) any {
	return inEitherForm(t, domain.DecimalOf(rapid.Int64Range(1, 1e12).Draw(t, "ore"), 2).String())
}

func inEitherForm(t *rapid.T, d string) any {
	if rapid.Bool().Draw(t, "bare") {
		return d
	}
	v := map[string]any{"value": d}
	if rapid.Bool().Draw(t, "source") {
		v["source"] = rapid.StringN(1, 20, 40).Filter(writable).Draw(t, "source text")
	}
	if rapid.Bool().Draw(t, "preliminary") {
		v["status"] = StatusPreliminary
	}
	return v
}

func drawnParameter(t *rapid.T, by []string, drawn func(*rapid.T) any) map[string]any {
	values := map[string]any{}
	p := map[string]any{"values": values}
	if len(by) > 0 {
		p["by"] = by
	}
	for range rapid.IntRange(1, 3).Draw(t, "dates") {
		from := (domain.NewDate(2000, 1, 1) + domain.Date(rapid.IntRange(0, 20_000).Draw(t, "from"))).String()
		if len(by) == 0 {
			values[from] = drawn(t)
			continue
		}
		table := map[string]any{}
		for range rapid.IntRange(1, 4).Draw(t, "entries") {
			parts := make([]string, len(by))
			for i, dimension := range by {
				if parts[i] = dimension + "-1"; whenCodes[dimension] != nil {
					parts[i] = rapid.SampledFrom(whenCodes[dimension]).Draw(t, dimension)
				}
			}
			table[strings.Join(parts, "/")] = drawn(t)
		}
		values[from] = table
	}
	return p
}

func drawnComponent(t *rapid.T, id string, parameters []string) map[string]any {
	// What a cap sums stands first, and the weights and the one number of grants are parameters of their own.
	c := map[string]any{"id": id, "kind": rapid.SampledFrom(cappedKinds).Draw(t, "kind")}
	if id != "c0" && rapid.Bool().Draw(t, "later kind") {
		c["kind"] = rapid.SampledFrom(componentKinds[len(cappedKinds):]).Draw(t, "kind")
	}
	number := func(field string) { c[field] = oneOf(t, field, "one-number", "0.5", "66000000") }
	if rapid.Bool().Draw(t, "when") {
		c["when"] = oneOf(t, "when", `unit == "a"`, `month >= "2015-03" && category in ["care", "service"]`, `!inclusion.rehabilitation_potential`, "true")
	}
	parameter := rapid.SampledFrom(parameters).Draw(t, "parameter")
	switch c["kind"] {
	case "time":
		c["rate"], c["basis"] = parameter, rapid.SampledFrom(bases).Draw(t, "basis")
		if c["basis"] == BasisNeed {
			c["absence"] = []any{map[string]any{"reason": "hospital", "after": rapid.IntRange(0, 100).Draw(t, "after"),
				"ladder": []any{map[string]any{"days": rapid.IntRange(1, 99).Draw(t, "days"), "percent": rapid.IntRange(0, 100).Draw(t, "percent")}}}}
		}
	case "fixed":
		c["amount"], c["per"], c["prorate"] = parameter, rapid.SampledFrom(periods).Draw(t, "per"), rapid.Bool().Draw(t, "prorate")
	case "goal-premium":
		c["amount"], c["outcomes"] = parameter, map[string]any{rapid.SampledFrom(domain.Outcomes).Draw(t, "outcome"): "0.5", "fulfilled": "1"}
		c["repeat"] = rapid.SampledFrom(goalRepeats).Draw(t, "repeat")
	case "person-premium":
		c["amount"], c["condition"] = parameter, rapid.SampledFrom(conditions).Draw(t, "condition")
		c["occasions"] = rapid.SliceOfNDistinct(rapid.SampledFrom(domain.Occasions), 1, 3, rapid.ID[string]).Draw(t, "occasions")
	case "supplement":
		c["rate"], c["basis"] = "one-number", rapid.SampledFrom(bases).Draw(t, "basis")
		c["threshold_minutes"] = rapid.SampledFrom([]any{600, "600"}).Draw(t, "threshold")
	case "cap":
		c["of"], c["per"] = []string{"c0"}, rapid.SampledFrom(capGroups).Draw(t, "per")
		c["limit"] = oneOf(t, "limit", "one-number", "500000", "0.25")
	case "allocation":
		c["weights"] = "weights"
		number("pot")
		number("floor")
		if rapid.Bool().Draw(t, "round") {
			number("round_to")
		}
	case "performance":
		number("pot")
		if c["share"] = oneOf(t, "share", "equal", "weights", "by-weights"); c["share"] == "by-weights" {
			c["weights"], c["degree"] = "weights", "results"
		}
	}
	return c
}

// writable says whether the YAML library reads back what it writes: a text that begins with white space (a tab, a line feed) it does not.
func writable(text string) bool { return strings.TrimSpace(text) == text }

// drawnDocument is the structure of a model without problems.
func drawnDocument(t *rapid.T) map[string]any {
	// A name that reads as a number would take the place of that number where a pot is drawn as one.
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Za-z0-9._-]{1,8}`).Filter(func(name string) bool { _, err := domain.ParseDecimal(name); return err != nil }), 1, 4, rapid.ID[string]).Draw(t, "names")
	parameters := map[string]any{}
	for _, name := range names {
		dimensions := rapid.SampledFrom(Dimensions[:len(Dimensions)-1])
		parameters[name] = drawnParameter(t, rapid.SliceOfNDistinct(dimensions, 0, 3, rapid.ID[string]).Draw(t, "by"), drawnValue)
	}
	parameters["weights"], parameters["one-number"] = drawnParameter(t, []string{dimensionRecipient}, drawnKronor), drawnParameter(t, nil, drawnKronor)
	var components []any
	for i := range rapid.IntRange(1, 4).Draw(t, "components") {
		components = append(components, drawnComponent(t, fmt.Sprint("c", i), names))
	}
	return map[string]any{"id": rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`).Draw(t, "id"), "title": rapid.StringN(1, 20, 80).Filter(writable).Draw(t, "title"),
		"currency": "SEK", "parameters": parameters, "components": components}
}

func TestTheCanonicalFormIsTheSameFromYAMLFromJSONAndFromItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		document := drawnDocument(t)
		j, err := json.Marshal(document)
		require.NoError(t, err)
		y, err := yaml.Marshal(document)
		require.NoError(t, err)

		fromJSON, _, err := ParseModel("", j)
		require.NoError(t, err, string(j))
		fromYAML, _, err := ParseModel("", y)
		require.NoError(t, err, string(y))
		again, _, err := ParseModel("", fromJSON.CanonicalJSON())
		require.NoError(t, err)
		assertSame(t, fromJSON, fromYAML)
		assertSame(t, fromJSON, again)
	})
}

func TestWithIsTheSameAsWritingTheValueIntoTheDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j, err := json.Marshal(drawnDocument(t))
		require.NoError(t, err)
		m, _, err := ParseModel("", j)
		require.NoError(t, err)
		p := rapid.SampledFrom(m.Parameters).Draw(t, "parameter")
		key := ""
		if keys := p.Keys(); keys != nil {
			key = rapid.SampledFrom(keys).Draw(t, "key")
		}
		changed, err := m.With(p.Name, key, domain.DecimalOf(12345, 2))
		require.NoError(t, err)
		again, _, err := ParseModel("", changed.CanonicalJSON())
		require.NoError(t, err)
		assertSame(t, changed, again)
	})
}

func FuzzParseModel(f *testing.F) {
	f.Add([]byte(contractExample))
	f.Add([]byte(kinds + "{id: c, kind: cap, of: [t], per: unit-year, limit: \"500000\"}\n  - {id: d, kind: supplement, basis: health, threshold_minutes: 600, rate: p}"))
	f.Add([]byte(kinds + "{id: c, kind: allocation, pot: p, floor: \"2000000\", weights: weights}\n  - {id: d, kind: performance, pot: p, share: by-weights, weights: weights, degree: results}"))
	for _, id := range Library() {
		doc, _ := LibraryModel(id)
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		m, warnings, err := ParseModel("f", doc)
		if err != nil {
			require.NotEmpty(t, err)
			require.Nil(t, m)
			require.Nil(t, warnings)
			require.IsType(t, ModelProblems{}, err)
			return
		}
		again, _, err := ParseModel("f", m.CanonicalJSON())
		require.NoError(t, err)
		assertSame(t, m, again)
	})
}
