package compensation

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"careledger/domain"
)

func withValues(t testing.TB, parameters string) *Model {
	return mustParse(t, "id: m\ntitle: A model\ncurrency: SEK\nparameters:\n  hourly: {unit: SEK/hour, by: [category], "+parameters+
		"}\ncomponents:\n  - {id: c, kind: time, basis: granted, rate: hourly}\n")
}

func TestEachValueStandsWithTheDaysThatItHoldsOn(t *testing.T) {
	m := withValues(t, `values: {2016-01-01: {care: "390", service: {value: "350", source: "the budget", status: preliminary}}, 2015-01-01: {care: "385"}}`)
	var said []string
	for _, v := range m.ParameterValues() {
		said = append(said, fmt.Sprintf("%s %s %s..%s %s %s %s %s", v.Parameter, v.Key, v.From, v.Until, v.Value.Value, v.Unit, v.Source, v.Status))
	}
	end := domain.Date(domain.MaxDate).String()
	assert.Equal(t, []string{"hourly care 2015-01-01..2016-01-01 385 SEK/hour  ", "hourly care 2016-01-01.." + end + " 390 SEK/hour  ",
		"hourly service 2016-01-01.." + end + " 350 SEK/hour the budget preliminary"}, said)
}

func TestTwoDocumentsDifferInWhatTheySayOfADayAndLater(t *testing.T) {
	before := `values: {2015-01-01: {care: "385", service: "342"}, 2018-01-01: {care: "400", service: "342"}}`
	for name, c := range map[string]struct {
		after, day string
		want       []string
	}{
		"nothing":                               {before, "2016-01-01", nil},
		"written otherwise":                     {`values: {2015-01-01: {care: "385.00", service: "342.0"}, 2018-01-01: {care: "400", service: "342"}}`, "2015-01-01", nil},
		"what held before it is no difference":  {`values: {2016-01-01: {care: "385", service: "342"}, 2018-01-01: {care: "400", service: "342"}}`, "2016-01-01", nil},
		"a new value":                           {`values: {2016-01-01: {care: "392", service: "342"}}`, "2016-01-01", []string{"care 2016-01-01 385 392", "care 2018-01-01 400 392"}},
		"a value less":                          {`values: {2015-01-01: {care: "385"}, 2018-01-01: {care: "400"}}`, "2016-01-01", []string{"service 2016-01-01 342 -"}},
		"a value more":                          {`values: {2015-01-01: {care: "385", service: "342", frame: "1"}, 2018-01-01: {care: "400", service: "342", frame: "1"}}`, "2016-01-01", []string{"frame 2016-01-01 - 1"}},
		"a source":                              {`values: {2015-01-01: {care: {value: "385", source: "the board"}, service: "342"}, 2018-01-01: {care: "400", service: "342"}}`, "2016-01-01", []string{"care 2016-01-01 385 385"}},
		"a later day":                           {`values: {2015-01-01: {care: "385", service: "342"}, 2018-01-01: {care: "400", service: "350"}}`, "2016-01-01", []string{"service 2018-01-01 342 350"}},
		"and then the same again":               {`values: {2015-01-01: {care: "390", service: "342"}, 2018-01-01: {care: "400", service: "342"}}`, "2016-01-01", []string{"care 2016-01-01 385 390"}},
		"days of a change that leaves the pair": {`values: {2015-01-01: {care: "385", service: "350"}, 2017-01-01: {care: "385", service: "350"}, 2018-01-01: {care: "400", service: "350"}}`, "2016-01-01", []string{"service 2016-01-01 342 350"}},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			number := func(v *Value) string {
				if v == nil {
					return "-"
				}
				return v.Value.String()
			}
			for _, d := range ValueDifferences(withValues(t, before), withValues(t, c.after), day(t, c.day)) {
				assert.Equal(t, "hourly", d.Parameter)
				assert.Equal(t, "SEK/hour", d.Unit)
				said = append(said, fmt.Sprintf("%s %s %s %s", d.Key, d.From, number(d.Before), number(d.After)))
			}
			assert.Equal(t, c.want, said)
		})
	}
}

// Whatever two documents say: turned round, the differences are the same, and of a document and itself there are none.
func TestDifferencesTurnedRoundAreTheSame(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		draw := func(label string) *Model {
			text := ""
			for _, year := range rapid.SliceOfNDistinct(rapid.IntRange(2010, 2014), 1, 4, rapid.ID).Draw(r, label) {
				text += fmt.Sprintf("%d-01-01: {care: \"%d\", service: \"%d\"}, ", year, rapid.IntRange(1, 3).Draw(r, "care"), rapid.IntRange(1, 3).Draw(r, "service"))
			}
			return withValues(t, "values: {"+text+"}")
		}
		a, b := draw("before"), draw("after")
		from := domain.NewDate(rapid.IntRange(2009, 2015).Draw(r, "day"), 1, 1)
		assert.Empty(t, ValueDifferences(a, a, from))
		forth, back := ValueDifferences(a, b, from), ValueDifferences(b, a, from)
		for i := range back {
			back[i].Before, back[i].After = back[i].After, back[i].Before
		}
		assert.Equal(t, forth, back)
	})
}
