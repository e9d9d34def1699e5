package timecalculator_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/timecalculator"
)

func method(t require.TestingT, weeks, gain, lone string) *timecalculator.Method {
	m, err := timecalculator.ParseMethod(fmt.Appendf(nil, `{"id":"m","title":"t","source":"s","parameters":{"weeks_per_month":{"value":%q,"source":"s"},`+
		`"coordination_gain_percent":{"value":%q,"source":"s"},"lone_addition_minutes":{"value":%q,"source":"s"}}}`, weeks, gain, lone))
	require.NoError(t, err)
	return m
}

// service writes one service of a file; visit "" is none.
func service(name, times string, minutes, staff int, visit string) string {
	return fmt.Sprintf(`{"service":%q,"category":"care","band":"day","times_per_week":%q,"standard_minutes":%d,"staff":%d,"visit":%q}`, name, times, minutes, staff, visit)
}

func services(t require.TestingT, all ...string) []timecalculator.Service {
	s, err := timecalculator.ParseServices([]byte(`{"services":[` + strings.Join(all, ",") + `]}`))
	require.NoError(t, err)
	return s
}

// Computed by hand.
func TestFrameTimeOfServices(t *testing.T) {
	for _, c := range []struct {
		name        string
		weeks       string
		gain, lone  string
		services    []string
		week, exact string
		minutes     int
	}{
		// 30 + 5 minutes, seven times a week: 245; × 4.
		{"a lone service", "4", "10", "5", []string{service("a", "7", 30, 1, "")}, "245", "980", 980},
		// 30 whole and 20 with a tenth off: 48, seven times: 336.
		{"two in one visit", "4", "10", "5", []string{service("a", "7", 30, 1, "v"), service("b", "7", 20, 1, "v")}, "336", "1344", 1344},
		// Apart: (30 + 5) × 7 + (20 + 5) × 7 = 420.
		{"the same two apart", "4", "10", "5", []string{service("a", "7", 30, 1, "v"), service("b", "7", 20, 1, "w")}, "420", "1680", 1680},
		// Twice a week 20 + 15 × 0.9 = 33.5, five times 15 + 5 = 20: 67 + 100.
		{"a shower on two of seven mornings", "4.348214286", "10", "5", []string{service("a", "7", 15, 1, "v"), service("b", "2", 20, 1, "v")}, "167", "726.151785762", 726},
		// Once 60 + (30 + 10) × 0.75 = 90, once 60 + 30 × 0.75 = 82.5, 1.5 times 30 + 2 = 32.
		{"three of different frequency", "4", "25", "2", []string{service("c", "1", 10, 1, "v"), service("b", "3.5", 30, 1, "v"), service("a", "2", 60, 1, "v")},
			"220.5", "882", 882},
		// Two staff: 2 × (20 + 5), three times a week.
		{"two staff alone", "4", "10", "5", []string{service("a", "3", 20, 2, "")}, "150", "600", 600},
		// 2 × 20 = 40 is the longest; 30 × 0.9 = 27.
		{"two staff in a visit", "4", "10", "5", []string{service("a", "3", 20, 2, "v"), service("b", "3", 30, 1, "v")}, "201", "804", 804},
		// 0.5 rounds up: 1 minute a week × 4.5 weeks = 4.5.
		{"half a minute", "4.5", "0", "0", []string{service("a", "1", 1, 1, "")}, "1", "4.5", 5},
		// Rounded once: 2 × 2.25 = 4.5 and not 2 + 2.
		{"rounded once", "4.5", "0", "0", []string{service("a", "0.5", 1, 1, ""), service("b", "0.5", 1, 1, "")}, "1", "4.5", 5},
		{"all is gained", "4", "100", "0", []string{service("a", "1", 30, 1, "v"), service("b", "1", 30, 1, "v")}, "30", "120", 120},
	} {
		got, err := timecalculator.Calculate(method(t, c.weeks, c.gain, c.lone), services(t, c.services...))
		require.NoError(t, err, c.name)
		assert.Equal(t, []string{c.week, c.exact, fmt.Sprint(c.minutes)}, []string{got.WeeklyMinutes.String(), got.ExactMinutes.String(), fmt.Sprint(got.FrameMinutes)}, c.name)
	}
}

// Each step of the derivation follows from the one before, down to the minutes.
func TestTheDerivationAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, err := timecalculator.Calculate(drawMethod(t), services(t, drawServices(t)...))
		require.NoError(t, err)
		week := domain.Decimal{}
		for _, v := range c.Visits {
			sum := domain.Decimal{}
			for _, o := range v.Occasions {
				require.Equal(t, o.Sum.Sub(o.Gain).Add(o.Addition).String(), o.Minutes.String())
				require.Equal(t, o.Minutes.Mul(o.TimesPerWeek).String(), o.WeeklyMinutes.String())
				require.True(t, o.Gain.Sign() == 0 || o.Addition.Sign() == 0, "a lone service gains nothing, others are not alone")
				sum = sum.Add(o.WeeklyMinutes)
			}
			require.Equal(t, sum.String(), v.WeeklyMinutes.String())
			week = week.Add(sum)
		}
		require.Equal(t, week.String(), c.WeeklyMinutes.String())
		require.Equal(t, week.Mul(c.Method.Parameters[0].Value).String(), c.ExactMinutes.String())
		require.Equal(t, c.ExactMinutes.QuoRound(domain.DecimalOf(1, 0), 0).String(), fmt.Sprint(c.FrameMinutes))
	})
}

func TestTheOrderOfServicesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, all := drawMethod(t), services(t, drawServices(t)...)
		want, err := timecalculator.Calculate(m, all)
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		got, err := timecalculator.Calculate(m, all)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestServicesInOneVisitNeverCostMoreThanApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, together := drawMethod(t), services(t, drawServices(t)...)
		apart := append([]timecalculator.Service(nil), together...)
		apart[rapid.IntRange(0, len(apart)-1).Draw(t, "apart")].Visit = ""
		joined, err := timecalculator.Calculate(m, together)
		require.NoError(t, err)
		split, err := timecalculator.Calculate(m, apart)
		require.NoError(t, err)
		require.LessOrEqual(t, joined.WeeklyMinutes.Cmp(split.WeeklyMinutes), 0, "%s together, %s apart", joined.WeeklyMinutes, split.WeeklyMinutes)
		require.LessOrEqual(t, joined.FrameMinutes, split.FrameMinutes)
	})
}

func TestMoreStandardTimeIsNeverLessFrameTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, all := drawMethod(t), services(t, drawServices(t)...)
		before, err := timecalculator.Calculate(m, all)
		require.NoError(t, err)
		all[rapid.IntRange(0, len(all)-1).Draw(t, "longer")].StandardMinutes += rapid.IntRange(1, 60).Draw(t, "by")
		after, err := timecalculator.Calculate(m, all)
		require.NoError(t, err)
		require.LessOrEqual(t, before.ExactMinutes.Cmp(after.ExactMinutes), 0, "%s before, %s after", before.ExactMinutes, after.ExactMinutes)
	})
}

func drawMethod(t *rapid.T) *timecalculator.Method {
	decimal := func(name string, low, high int64) string { // two decimals
		return domain.DecimalOf(rapid.Int64Range(100*low, 100*high).Draw(t, name), 2).String()
	}
	return method(t, decimal("weeks", 1, 6), decimal("gain", 0, 100), decimal("lone", 0, 30))
}

func drawServices(t *rapid.T) (all []string) {
	for range rapid.IntRange(1, 6).Draw(t, "services") {
		all = append(all, service(rapid.StringMatching("[a-c]").Draw(t, "service"), rapid.SampledFrom([]string{"0.25", "0.5", "1", "2", "3.5", "7", "14"}).Draw(t, "times"),
			rapid.IntRange(1, 120).Draw(t, "minutes"), rapid.IntRange(1, 2).Draw(t, "staff"), rapid.SampledFrom([]string{"", "v", "w"}).Draw(t, "visit")))
	}
	return all
}

// No number of the built-in method may be taken for a norm.
func TestTheBuiltInMethodIsPreliminaryThroughout(t *testing.T) {
	doc, ok := timecalculator.LibraryMethod(timecalculator.BuiltIn)
	require.True(t, ok)
	m, err := timecalculator.ParseMethod(doc)
	require.NoError(t, err)
	require.Equal(t, timecalculator.BuiltIn, m.ID)
	for _, p := range m.Parameters() {
		assert.Equal(t, timecalculator.StatusPreliminary, p.Status, p.Name)
		assert.Contains(t, p.Source, "assumed: the source gives no numbers", p.Name)
	}
	_, ok = timecalculator.LibraryMethod("nothing")
	require.False(t, ok)
}

func TestWhatAMethodIsRefusedFor(t *testing.T) {
	parameters := func(s string) string { return "id: m\ntitle: t\nsource: s\nparameters:\n" + s }
	good := "  weeks_per_month: {value: \"4\", source: s}\n  coordination_gain_percent: {value: \"1\", source: s}\n  lone_addition_minutes: {value: \"1\", source: s}\n"
	replaced := func(old, with string) string { return parameters(strings.Replace(good, old, with, 1)) }
	for doc, want := range map[string]string{
		"":                                    "method: the document is empty",
		"{":                                   "method: is neither YAML nor JSON: line 1: did not find expected node content",
		"- a":                                 "line 1, document: a mapping with the keys id, title, source, parameters belongs here",
		parameters(good) + "id: n":            "line 8, id: the key is there already, on line 1",
		replaced(`"4"`, `"0.5"`):              "line 5, parameters.weeks_per_month.value: 0.5 is outside 1 to 6",
		replaced(`"4"`, `4`):                  `line 5, parameters.weeks_per_month.value: 4 is no text; write "4" in quotes`,
		replaced(`"4"`, `"4,3"`):              `line 5, parameters.weeks_per_month.value: "4,3" is not a decimal number; write for example "297" or "0.25", with at most 15 digits before the point and 9 after it`,
		replaced(`value: "1"`, `value: "-1"`): "line 6, parameters.coordination_gain_percent.value: -1 is outside 0 to 100",
		replaced(`, source: s`, ``):           "line 5, parameters.weeks_per_month.source: is required",
		replaced(`source: s`, `source: s, status: ok`):           `line 5, parameters.weeks_per_month.status: "ok" is not a status; write preliminary, or leave it out`,
		parameters(good) + "---\nid: n":                          "method: the file has more than one document; a file holds one method",
		strings.Replace(parameters(good), "id: m", "id: m m", 1): `line 1, id: "m m" is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -`,
	} {
		_, err := timecalculator.ParseMethod([]byte(doc))
		assert.EqualError(t, err, want, doc)
	}
}

func TestWhatServicesAreRefusedFor(t *testing.T) {
	for doc, want := range map[string]string{
		`{}`:     "services: is required, with at least one service",
		`[]`:     "services: is required, with at least one service",
		`[{}`:    "services: is not valid JSON: unexpected EOF",
		`{"a":1`: "a: is not a field here; remove it or correct its name",
		`7`:      "document: 7 is a number; write decimal numbers, dates and ids in quotes",
		`{"services":[` + service("a", "7", 0, 0, "") + `]}`:                    "services[0].staff: 0 is outside 1 to 2\nservices[0].standard_minutes: 0 is outside 1 to 1440",
		`[` + strings.Replace(service("a", "7", 1, 1, ""), `"7"`, `7`, 1) + `]`: "services[0].times_per_week: 7 is a number; write decimal numbers, dates and ids in quotes",
		`[{"servce":"a"}]`: "services[0].servce: is not a field here; remove it or correct its name",
		`[` + service("a", "7", 1, 1, "v") + `,` + strings.Replace(service("b", "7", 1, 1, "v"), `"day"`, `"night"`, 1) + `]`: "services: visit v has a in the day and b in the night; services of one visit have the same band",
	} {
		_, err := timecalculator.ParseServices([]byte(doc))
		assert.EqualError(t, err, want, doc)
	}
}

func TestMoreThanADecisionHoldsIsRefused(t *testing.T) {
	_, err := timecalculator.Calculate(method(t, "4", "0", "0"), services(t, service("a", "1000", 1440, 2, "")))
	require.ErrorContains(t, err, "the services take 11520000 minutes a month, more than the 100000 that a decision holds")
}
