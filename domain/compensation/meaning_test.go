package compensation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// What the figures mean: each test is a rule of the contract, section 4 or 5, with figures computed by hand.

func rec(typ, entity, effective, data string) string {
	line, err := json.Marshal(map[string]any{"type": typ, "authority": "1281", "entity": entity, "effective": effective,
		"recorded": "2020-12-01T10:00:00Z", "actor": "officer-1", "data": jsontext.Value(data)}, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return string(line)
}

// parties are unit u in-house in town and unit w external in the country.
func parties() []string {
	return []string{
		rec("provider-registered", "provider/p", "2020-01-01", `{"name":"P","regime":"in-house"}`),
		rec("unit-registered", "provider/p", "2020-01-01", `{"unit":"u","name":"U","area":"urban"}`),
		rec("provider-registered", "provider/q", "2020-01-01", `{"name":"Q","regime":"external"}`),
		rec("unit-registered", "provider/q", "2020-01-01", `{"unit":"w","name":"W","area":"rural"}`),
		rec("case-opened", "case/k", "2020-01-01", `{"person":"x"}`),
	}
}

func decided(id, unit, from, services string, more ...string) string {
	provider := map[string]string{"u": "p", "w": "q"}[unit]
	method := "standard-time"
	if strings.Contains(strings.Join(more, ""), "frame_minutes") {
		method = "frame-time"
	}
	return rec("decision-made", "case/k", from, fmt.Sprintf(`{"decision":%q,"provider":%q,"unit":%q,"method":%q,"from":%q,%s"services":[%s]}`,
		id, provider, unit, method, from, strings.Join(append(more, ""), ","), services))
}

func service(timesPerWeek string, minutes int, more ...string) string {
	return fmt.Sprintf(`{"service":"s","category":"care","band":"day","times_per_week":%q,"standard_minutes":%d%s}`, timesPerWeek, minutes, strings.Join(more, ""))
}

func goal(id, decision, day string) string {
	return rec("goal-set", "case/k", day, fmt.Sprintf(`{"goal":%q,"decision":%q,"life_area":"mobility","assessed":3,"intended":1}`, id, decision))
}

// held is a follow-up; each assessment is goal=outcome, with ! where the person confirms.
func held(id, day string, assessments ...string) string {
	var all []string
	for _, a := range assessments {
		g, outcome, _ := strings.Cut(a, "=")
		outcome, confirms := strings.CutSuffix(outcome, "!")
		all = append(all, fmt.Sprintf(`{"goal":%q,"outcome":%q,"person_confirms":%t}`, g, outcome, confirms))
	}
	return rec("follow-up-held", "case/k", day, fmt.Sprintf(`{"follow_up":%q,"occasion":"annual","held_on":%q,"participants":["person"],"assessments":[%s]}`, id, day, strings.Join(all, ",")))
}

func away(from, to, reason string) string {
	return rec("absence-registered", "case/k", from, fmt.Sprintf(`{"from":%q,"to":%q,"reason":%q}`, from, to, reason))
}

func changed(decision, unit, from string) string {
	provider := map[string]string{"u": "p", "w": "q"}[unit]
	return rec("provider-changed", "case/k", from, fmt.Sprintf(`{"decision":%q,"provider":%q,"unit":%q,"from":%q}`, decision, provider, unit, from))
}

// adopted is a policy m of one component, whose parameter a is worth values ("day": "amount" or tables).
func adopted(from, component, values string, by ...string) string {
	dimensions := ""
	if len(by) > 0 {
		dimensions = `"by":["` + strings.Join(by, `","`) + `"],`
	}
	return rec("policy-adopted", "policy/m", from, fmt.Sprintf(`{"model":{"id":"m","title":"t","currency":"SEK","parameters":{"a":{%s"values":{%s}}},"components":[{"id":"c",%s}]},"from":%q,"decided_by":"b","decided_on":"2019-12-01"}`,
		dimensions, values, component, from))
}

const (
	sixtyAnHour = `"2020-01-01":"60"` // one krona a minute
	hundred     = `"2020-01-01":"100"`
)

func timePaid(basis string, more ...string) string {
	return `"kind":"time","rate":"a","basis":"` + basis + `"` + strings.Join(more, "")
}

// assertPaid evaluates the first half of 2020 with both evaluators and compares the postings, written as
// month unit what quantity = amount.
func assertPaid(t *testing.T, lines []string, want ...string) *historytest.Ledger {
	t.Helper()
	l := historytest.NewLedger()
	for _, line := range lines {
		written, problems := l.Submit([]byte(line))
		require.Empty(t, problems, line)
		require.NotEmpty(t, written, line)
	}
	assertPostings(t, l.Plain(compensation.Period{From: domain.NewMonth(2020, 1), To: domain.NewMonth(2020, 6)}), want...)
	return l
}

// assertPostings evaluates with both evaluators and compares the postings, in any order.
func assertPostings(t *testing.T, plain *compensation.Plain, want ...string) {
	t.Helper()
	postings, err := plain.Evaluate()
	require.NoError(t, err)
	assert.ElementsMatch(t, want, inFigures(postings))
	compiled, _, _, err := compiledPostings(columnsOf(t, plain), plain.Policies, plain.Period, nil)
	require.NoError(t, err)
	assert.Equal(t, inFigures(postings), inFigures(compiled))
}

// columnsOf returns what the plain evaluator computes over, as the compiled one takes it.
func columnsOf(t *testing.T, plain *compensation.Plain) *compensation.Facts {
	t.Helper()
	facts := historytest.Columns(plain.Authority, plain.Parties, plain.Cases)
	require.NoError(t, facts.SetStateGrants(plain.StateGrants, plain.Policies))
	return facts
}

// inFigures writes postings as month unit what quantity = amount, with the recipient for what has no unit.
func inFigures(postings []compensation.Posting) []string {
	all := []string{}
	for _, p := range postings {
		what, where := p.Category+"/"+p.Band, p.Unit
		if p.FollowUp != "" {
			what = strings.TrimSuffix(p.FollowUp+"/"+p.Goal, "/")
		} else if p.Category == "" {
			what = p.QuantityUnit
		}
		if where == "" {
			where = p.Provider
		}
		all = append(all, fmt.Sprintf("%s %s %s %s = %s", p.Month, where, what, p.Quantity, p.Amount))
	}
	return all
}

func story(lines ...string) []string { return append(parties(), lines...) }

func TestNeedIsRoundedForEachServiceLine(t *testing.T) {
	// February 2020 has 29 days. 10 × 29/7 = 41.43 twice is 41 + 41, not 83; 3.5 × 15 × 2 × 29/7 = 435; half a week's 7 minutes
	// are 3.5 × 29/7 = 14.5, which is 15.
	assertPaid(t, story(adopted("2020-01-01", timePaid("need"), sixtyAnHour),
		decided("d1", "u", "2020-02-01", service("1", 10)+","+service("1", 10)+","+service("3.5", 15, `,"staff":2`)+","+
			strings.Replace(service("0.5", 7), "day", "night", 1), `"to":"2020-02-29"`)),
		"2020-02 u care/day 517 = 517.00", "2020-02 u care/night 15 = 15.00")
}

func TestFrameIsRoundedForTheDecision(t *testing.T) {
	// 1 000 × 19/29 = 655.17. 45 × 1/30 = 1.5, which is 2.
	assertPaid(t, story(adopted("2020-01-01", timePaid("frame"), sixtyAnHour),
		decided("d1", "u", "2020-02-11", "", `"frame_minutes":1000`, `"to":"2020-02-29"`), decided("d2", "u", "2020-04-30", "", `"frame_minutes":45`, `"to":"2020-04-30"`)),
		"2020-02 u frame/frame 655 = 655.00", "2020-04 u frame/frame 2 = 2.00")
}

// d1 is standard time at u until 10 February, superseded by frame time at w; d3 is standard time at u beside them in February.
func sideBySide() []string {
	return []string{decided("d1", "u", "2020-02-01", service("7", 60)), decided("d3", "u", "2020-02-01", service("1", 70), `"to":"2020-02-29"`),
		decided("d2", "w", "2020-02-11", service("7", 60), `"frame_minutes":2900`, `"supersedes":"d1"`, `"to":"2020-02-29"`)}
}

func TestGrantedTakesFrameOrNeedByTheDecisionsMethod(t *testing.T) {
	// u: 60 × 10 + 70 × 29/7 = 600 + 290. w: 2 900 × 19/29 = 1 900.
	assertPaid(t, story(append(sideBySide(), adopted("2020-01-01", timePaid("granted"), sixtyAnHour))...),
		"2020-02 u care/day 890 = 890.00", "2020-02 w frame/frame 1900 = 1900.00")
}

func TestNeedCountsTheServicesOfFrameTimeToo(t *testing.T) {
	assertPaid(t, story(append(sideBySide(), adopted("2020-01-01", timePaid("need"), sixtyAnHour))...),
		"2020-02 u care/day 890 = 890.00", "2020-02 w care/day 1140 = 1140.00") // 60 × 19
}

func TestAWhenOnTheMethodChoosesDecisions(t *testing.T) {
	assertPaid(t, story(append(sideBySide(), adopted("2020-01-01", timePaid("need", `,"when":"method == 'frame-time'"`), sixtyAnHour))...),
		"2020-02 w care/day 1140 = 1140.00")
}

func TestARateIsTakenFromItsTable(t *testing.T) {
	assertPaid(t, story(append(sideBySide(), adopted("2020-01-01", timePaid("granted"), `"2020-01-01":{"care/in-house":"385","frame/external":"398.5"}`, "category", "regime"))...),
		"2020-02 u care/day 890 = 5710.83", "2020-02 w frame/frame 1900 = 12619.17") // 890 × 385/60 = 5 710.833…, 1 900 × 398.5/60 = 12 619.1666…
}

func TestDaysAtAUnitAreCountedTogetherWhenTheDecisionComesBack(t *testing.T) {
	// One minute a week in January: u has 1-10 and 22-31, 20/7 = 2.86 or 3 (10/7 twice would be 1 + 1); w has 11, 11/7 = 1.57 or 2.
	assertPaid(t, story(adopted("2020-01-01", timePaid("need"), sixtyAnHour), decided("d1", "u", "2020-01-01", service("1", 1), `"to":"2020-01-31"`),
		changed("d1", "w", "2020-01-11"), changed("d1", "u", "2020-01-22")),
		"2020-01 u care/day 3 = 3.00", "2020-01 w care/day 2 = 2.00")
}

const hospital = `,"absence":[{"reason":"hospital","ladder":[{"days":1,"percent":75},{"days":4,"percent":25}]}]`

func TestAbsenceTakesTheRungsOfItsLadder(t *testing.T) {
	need := decided("d1", "u", "2020-01-10", service("7", 60), `"to":"2020-02-05"`)
	t.Run("past the ladder nothing", func(t *testing.T) { // 15 days + 0.75 + 4 × 0.25 + 2 × 0 = 16.75
		assertPaid(t, story(adopted("2020-01-01", timePaid("need", hospital), sixtyAnHour), need, away("2020-01-20", "2020-01-26", "hospital")),
			"2020-01 u care/day 1005 = 1005.00", "2020-02 u care/day 300 = 300.00")
	})
	t.Run("past the ladder what after says", func(t *testing.T) { // + 2 × 0.10
		assertPaid(t, story(adopted("2020-01-01", timePaid("need", strings.Replace(hospital, `}]}]`, `}],"after":10}]`, 1)), sixtyAnHour), need, away("2020-01-20", "2020-01-26", "hospital")),
			"2020-01 u care/day 1017 = 1017.00", "2020-02 u care/day 300 = 300.00")
	})
	t.Run("the lowest percent where absences overlap", func(t *testing.T) { // 13 days + 75, 4 × 25, 0, 0, 25, 25 = 15.25
		assertPaid(t, story(adopted("2020-01-01", timePaid("need", hospital), sixtyAnHour), need,
			away("2020-01-24", "2020-01-28", "hospital"), away("2020-01-20", "2020-01-26", "hospital"), away("2020-01-21", "2020-01-30", "other")),
			"2020-01 u care/day 915 = 915.00", "2020-02 u care/day 300 = 300.00")
	})
	t.Run("the ladder goes on in the next month", func(t *testing.T) { // 20 + 0.75 + 0.25 in January; 3 × 0.25 + 2 in February
		assertPaid(t, story(adopted("2020-01-01", timePaid("need", hospital), sixtyAnHour), need, away("2020-01-30", "2020-02-03", "hospital")),
			"2020-01 u care/day 1260 = 1260.00", "2020-02 u care/day 165 = 165.00")
	})
	t.Run("without a ladder it counts in full", func(t *testing.T) {
		assertPaid(t, story(adopted("2020-01-01", timePaid("need"), sixtyAnHour), need, away("2020-01-20", "2020-01-26", "hospital")),
			"2020-01 u care/day 1320 = 1320.00", "2020-02 u care/day 300 = 300.00")
	})
	t.Run("frame days, too", func(t *testing.T) { // 3 100 × 16.75/31
		assertPaid(t, story(adopted("2020-01-01", timePaid("granted", hospital), sixtyAnHour),
			decided("d1", "u", "2020-01-10", service("7", 60), `"frame_minutes":3100`, `"to":"2020-01-31"`), away("2020-01-20", "2020-01-26", "hospital")),
			"2020-01 u frame/frame 1675 = 1675.00")
	})
	t.Run("a month away in full gives no posting", func(t *testing.T) {
		assertPaid(t, story(adopted("2020-01-01", timePaid("need", hospital), sixtyAnHour), decided("d1", "u", "2020-02-01", service("7", 60), `"to":"2020-02-29"`), away("2020-01-01", "2020-03-31", "hospital")))
	})
}

func TestPerformedMinutesAreThoseOfTheMonthOfArrival(t *testing.T) {
	visit := func(arrived, left string, more ...string) string {
		return rec("visit-performed", "case/k", "2020-01-31", fmt.Sprintf(`{"unit":"u","category":"care","band":"night","arrived":%q,"left":%q%s}`, arrived, left, strings.Join(more, "")))
	}
	assertPaid(t, story(adopted("2020-01-01", timePaid("performed"), sixtyAnHour),
		visit("2020-01-31T22:59:00Z", "2020-01-31T23:29:59Z"),               // 23.59 in Stockholm: 30 minutes of January
		visit("2020-01-31T23:00:00Z", "2020-01-31T23:10:00Z", `,"staff":2`), // midnight: 20 of February
		visit("2020-03-29T01:50:00+01:00", "2020-03-29T03:10:00+02:00"),     // 20, as the clock goes forward
		rec("time-reported", "case/k", "2020-04-30", `{"unit":"w","month":"2020-04","category":"service","band":"day","minutes":600}`),
		rec("time-reported", "case/k", "2020-05-31", `{"unit":"w","month":"2020-05","category":"service","band":"day","minutes":0}`)), // nothing to pay
		"2020-01 u care/night 30 = 30.00", "2020-02 u care/night 20 = 20.00", "2020-03 u care/night 20 = 20.00", "2020-04 w service/day 600 = 600.00")
}

func TestAmountsAreRoundedHalfAwayFromZeroOncePerPosting(t *testing.T) {
	minute := []string{decided("d1", "u", "2020-02-01", service("7", 1)+","+strings.Replace(service("7", 3), "day", "night", 1), `"to":"2020-02-01"`)}
	assertPaid(t, story(append(minute, adopted("2020-01-01", timePaid("need"), `"2020-01-01":"0.30"`))...), // 1 × 0.30/60 = 0.005; 3 × 0.30/60 = 0.015
		"2020-02 u care/day 1 = 0.01", "2020-02 u care/night 3 = 0.02")
	assertPaid(t, story(append(minute, adopted("2020-01-01", timePaid("need"), `"2020-01-01":"-0.30"`))...),
		"2020-02 u care/day 1 = -0.01", "2020-02 u care/night 3 = -0.02")
	assertPaid(t, story(append(minute, adopted("2020-01-01", timePaid("need"), `"2020-01-01":"0.299999999"`))...),
		"2020-02 u care/day 1 = 0.00", "2020-02 u care/night 3 = 0.01")
}

func TestAParameterIsWorthWhatItIsOnTheFirstOfTheMonthOrTheDayHeld(t *testing.T) {
	values := `"2020-01-01":"60","2020-03-15":"120"`
	need := []string{decided("d1", "u", "2020-02-01", service("7", 1), `"to":"2020-04-30"`), goal("g", "d1", "2020-02-01"),
		held("f1", "2020-03-14", "g=fulfilled"), held("f2", "2020-03-15", "g=fulfilled")}
	assertPaid(t, story(append(need, adopted("2020-01-01", timePaid("need"), values))...),
		"2020-02 u care/day 29 = 29.00", "2020-03 u care/day 31 = 31.00", "2020-04 u care/day 30 = 60.00")
	assertPaid(t, story(append(need, adopted("2020-01-01", `"kind":"goal-premium","amount":"a","outcomes":{"fulfilled":"1"}`, values))...),
		"2020-03 u f1/g 1 = 60.00", "2020-03 u f2/g 1 = 120.00")
}

func TestAPolicyPaysForMonthsThatBeginAndFollowUpsHeldWhileItIsInForce(t *testing.T) {
	lines := []string{decided("d1", "u", "2020-01-01", service("7", 1)), goal("g", "d1", "2020-01-01"), held("f1", "2020-02-14", "g=fulfilled"),
		held("f2", "2020-02-15", "g=fulfilled"), held("f3", "2020-03-31", "g=fulfilled"), held("f4", "2020-04-01", "g=fulfilled")}
	ended := rec("policy-ended", "policy/m", "2020-04-01", `{"from":"2020-04-01"}`)
	assertPaid(t, story(append(lines, adopted("2020-02-15", timePaid("need"), sixtyAnHour), ended)...), "2020-03 u care/day 31 = 31.00")
	assertPaid(t, story(append(lines, adopted("2020-02-15", `"kind":"goal-premium","amount":"a","outcomes":{"fulfilled":"1"}`, hundred), ended)...),
		"2020-02 u f2/g 1 = 100.00", "2020-03 u f3/g 1 = 100.00")
	// Adopted again under the same id, the new document begins where the old one ends.
	assertPaid(t, story(append(lines, adopted("2020-01-01", timePaid("need"), sixtyAnHour), adopted("2020-03-02", timePaid("need"), `"2020-01-01":"600"`))...),
		"2020-01 u care/day 31 = 31.00", "2020-02 u care/day 29 = 29.00", "2020-03 u care/day 31 = 31.00",
		"2020-04 u care/day 30 = 300.00", "2020-05 u care/day 31 = 310.00", "2020-06 u care/day 30 = 300.00")
}

func TestAUnitMonthCountsFromTheUnitsFirstToItsLast(t *testing.T) {
	lines := []string{decided("d1", "u", "2020-01-20", service("7", 1), `"to":"2020-02-10"`), decided("d2", "u", "2020-04-05", service("7", 1), `"to":"2020-05-31"`)}
	t.Run("whole", func(t *testing.T) {
		assertPaid(t, story(append(lines, adopted("2020-01-01", `"kind":"fixed","per":"unit-month","amount":"a"`, hundred))...),
			"2020-01 u unit-month 1 = 100.00", "2020-02 u unit-month 1 = 100.00", "2020-03 u unit-month 1 = 100.00", "2020-04 u unit-month 1 = 100.00", "2020-05 u unit-month 1 = 100.00")
	})
	t.Run("prorated", func(t *testing.T) {
		assertPaid(t, story(append(lines, adopted("2020-01-01", `"kind":"fixed","per":"unit-month","amount":"a","prorate":true`, hundred))...),
			"2020-01 u unit-month 12/31 = 38.71", "2020-02 u unit-month 10/29 = 34.48", "2020-04 u unit-month 13/15 = 86.67", "2020-05 u unit-month 1 = 100.00")
	})
	t.Run("per case", func(t *testing.T) {
		assertPaid(t, story(append(lines, adopted("2020-01-01", `"kind":"fixed","per":"case-month","amount":"a"`, hundred))...),
			"2020-01 u case-month 1 = 100.00", "2020-02 u case-month 1 = 100.00", "2020-04 u case-month 1 = 100.00", "2020-05 u case-month 1 = 100.00")
	})
	t.Run("two decisions on the same days count once", func(t *testing.T) {
		assertPaid(t, story(append(lines, decided("d3", "u", "2020-02-01", service("7", 1), `"to":"2020-02-20"`), adopted("2020-01-01", `"kind":"fixed","per":"case-month","amount":"a","prorate":true`, hundred))...),
			"2020-01 u case-month 12/31 = 38.71", "2020-02 u case-month 20/29 = 68.97", "2020-04 u case-month 13/15 = 86.67", "2020-05 u case-month 1 = 100.00")
	})
}

const premium = `"kind":"goal-premium","amount":"a","outcomes":{"fulfilled":"1","partly":"0.333"}`

func TestAPremiumGoesToTheUnitThatCarriesOutTheGoalsDecision(t *testing.T) {
	base := []string{adopted("2020-01-01", premium, hundred), decided("d1", "u", "2020-01-10", service("7", 60)), goal("g", "d1", "2020-01-10")}
	superseded := append(base, decided("d2", "w", "2020-04-01", service("7", 60), `"supersedes":"d1"`))
	t.Run("the superseding decision's from its first day", func(t *testing.T) {
		assertPaid(t, story(append(superseded, held("f1", "2020-03-31", "g=fulfilled"), held("f2", "2020-04-01", "g=partly"))...),
			"2020-03 u f1/g 1 = 100.00", "2020-04 w f2/g 333/1000 = 33.30")
	})
	t.Run("the unit that the decision was moved to", func(t *testing.T) {
		assertPaid(t, story(append(base, changed("d1", "w", "2020-03-15"), held("f1", "2020-03-14", "g=fulfilled"), held("f2", "2020-03-15", "g=fulfilled"))...),
			"2020-03 u f1/g 1 = 100.00", "2020-03 w f2/g 1 = 100.00")
	})
	t.Run("after the end the last unit", func(t *testing.T) {
		assertPaid(t, story(append(base, changed("d1", "w", "2020-03-15"), rec("decision-ended", "case/k", "2020-03-31", `{"decision":"d1","last_day":"2020-03-31","reason":"moved"}`),
			held("f1", "2020-05-02", "g=fulfilled"))...), "2020-05 w f1/g 1 = 100.00")
	})
	t.Run("the last unit that carried it out, not one that never did", func(t *testing.T) {
		assertPaid(t, story(append(base, changed("d1", "w", "2020-03-15"), rec("decision-ended", "case/k", "2020-03-14", `{"decision":"d1","last_day":"2020-03-14","reason":"moved"}`),
			held("f1", "2020-05-02", "g=fulfilled"))...), "2020-05 u f1/g 1 = 100.00")
	})
	t.Run("a decision superseded twice", func(t *testing.T) {
		assertPaid(t, story(append(superseded, decided("d3", "u", "2020-05-01", service("7", 60), `"supersedes":"d2"`), held("f1", "2020-04-30", "g=fulfilled"), held("f2", "2020-05-01", "g=fulfilled"))...),
			"2020-04 w f1/g 1 = 100.00", "2020-05 u f2/g 1 = 100.00")
	})
}

func TestOncePerGoalIsPaidForTheFirstHeldNotTheFirstRegistered(t *testing.T) {
	base := []string{adopted("2020-01-01", premium+`,"repeat":"once-per-goal"`, hundred), decided("d1", "u", "2020-01-10", service("7", 60)), goal("g", "d1", "2020-01-10"), goal("h", "d1", "2020-01-10")}
	l := assertPaid(t, story(append(base, held("f2", "2020-05-01", "g=fulfilled"))...), "2020-05 u f2/g 1 = 100.00")
	require.Len(t, l.Case("case/k").Premiums(), 1)
	l = assertPaid(t, story(append(base, held("f2", "2020-05-01", "g=fulfilled"), held("f1", "2020-03-01", "g=not-fulfilled", "h=fulfilled"), held("f3", "2020-02-01", "g=partly"))...),
		"2020-02 u f3/g 333/1000 = 33.30", "2020-03 u f1/h 1 = 100.00")
	var written []string
	for _, e := range l.Events {
		switch d := e.Data.(type) {
		case *domain.PremiumAwarded:
			written = append(written, fmt.Sprintf("%s awarded %s/%s %s", e.Effective, d.FollowUp, d.Goal, d.Amount))
		case *domain.PremiumReversed:
			written = append(written, fmt.Sprintf("%s reversed", e.Effective))
		}
	}
	assert.Equal(t, []string{"2020-05-01 awarded f2/g 100.00", "2020-03-01 awarded f1/h 100.00", "2020-02-01 reversed", "2020-02-01 awarded f3/g 33.30"}, written)
	assertPaid(t, story(append(base, held("f2", "2020-05-01", "g=fulfilled"), held("f1", "2020-05-01", "g=partly"))...), "2020-05 u f2/g 1 = 100.00") // held the same day: by sequence
}

func TestAPersonPremiumAsksForEveryGoalAssessed(t *testing.T) {
	base := func(condition string) []string {
		return []string{adopted("2020-01-01", `"kind":"person-premium","amount":"a","condition":"`+condition+`"`, hundred), decided("d1", "u", "2020-01-10", service("7", 60)),
			decided("d2", "w", "2020-01-10", service("7", 60)), goal("g", "d1", "2020-01-10"), goal("h", "d2", "2020-01-10")}
	}
	follow := []string{held("f1", "2020-02-01", "g=fulfilled", "h=fulfilled!"), held("f2", "2020-02-02", "g=fulfilled!", "h=partly!"), held("f3", "2020-02-03", "g=not-assessed", "h=fulfilled!"),
		held("f4", "2020-02-04", "g=not-assessed"), held("f5", "2020-02-05"), held("f6", "2020-03-06", "h=fulfilled!", "g=fulfilled!")}
	assertPaid(t, story(append(base("all-goals-fulfilled"), follow...)...), "2020-02 u f1 1 = 100.00", "2020-02 w f3 1 = 100.00", "2020-03 w f6 1 = 100.00")
	assertPaid(t, story(append(base("person-confirms"), follow...)...), "2020-02 w f3 1 = 100.00", "2020-03 w f6 1 = 100.00")
	once := base("person-confirms")
	once[0] = strings.Replace(once[0], `"condition"`, `"repeat":"once-per-case","condition"`, 1)
	assertPaid(t, story(append(once, follow...)...), "2020-02 w f3 1 = 100.00")
}

func TestALifeAreaIsTheOneOnTheDayHeld(t *testing.T) {
	assertPaid(t, story(adopted("2020-01-01", premium+`,"when":"life_area == 'self-care'"`, hundred), decided("d1", "u", "2020-01-10", service("7", 60)), goal("g", "d1", "2020-01-10"),
		rec("goal-changed", "case/k", "2020-03-01", `{"goal":"g","life_area":"self-care"}`), held("f1", "2020-02-29", "g=fulfilled"), held("f2", "2020-03-01", "g=fulfilled")),
		"2020-03 u f2/g 1 = 100.00")
}

func TestAModelWithoutAValueSaysWhatIsMissing(t *testing.T) {
	l := historytest.NewLedger()
	for _, line := range story(append(sideBySide(), adopted("2020-01-01", timePaid("granted"), `"2020-01-01":{"care/in-house":"385"}`, "category", "regime"))...) {
		_, problems := l.Submit([]byte(line))
		require.Empty(t, problems)
	}
	const want = `model m: parameters.a has no value for "frame/external" on 2020-02-01, where component c uses it; add one, or leave such rows out with a when`
	plain := l.Plain(compensation.Period{From: domain.NewMonth(2020, 1), To: domain.NewMonth(2020, 6)})
	_, err := plain.Evaluate()
	assert.EqualError(t, err, want)
	_, _, _, err = compiledPostings(historytest.Columns("1281", l.State.Parties, plain.Cases), plain.Policies, plain.Period, nil)
	assert.EqualError(t, err, want)
	var missing *compensation.RateError
	require.ErrorAs(t, err, &missing)
	plain.Policies[0].Documents[0].From = domain.MinDate // as a replay over the whole period may have it
	plain.Period.From, plain.Policies[0].Documents[0].Model.Parameters[0].Values[0].From = domain.NewMonth(2020, 1), domain.NewDate(2020, 3, 1)
	_, err = plain.Evaluate()
	assert.EqualError(t, err, `model m: parameters.a has no value on 2020-02-01, where component c uses it; its first value is from 2020-03-01. Add an earlier value, or ask from that date on (--from 2020-03, --in-force-from 2020-03-01)`)
}

func TestFieldsToGroupByAreParsed(t *testing.T) {
	by, err := compensation.ParseFields(" year , provider", nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"year", "provider"}, by)
	by, err = compensation.ParseFields("", compensation.DefaultFields)
	require.NoError(t, err)
	assert.Equal(t, compensation.DefaultFields, by)
	_, err = compensation.ParseFields("providr", nil)
	assert.EqualError(t, err, `rows cannot be grouped by "providr"; did you mean provider? (known: authority, provider, unit, month, year, component, policy, case, life_area, occasion)`)
	_, err = compensation.ParseFields("unit,unit", nil)
	assert.EqualError(t, err, "unit stands twice in the list to group by")
}

func TestFrameMinutesOfAStandardTimeDecisionAreNotCharged(t *testing.T) {
	stated := strings.Replace(decided("d1", "u", "2020-02-01", service("7", 60), `"frame_minutes":2900`, `"to":"2020-02-29"`), "frame-time", "standard-time", 1)
	assertPaid(t, story(stated, adopted("2020-01-01", timePaid("granted"), sixtyAnHour)), "2020-02 u care/day 1740 = 1740.00")
	assertPaid(t, story(stated, adopted("2020-01-01", timePaid("frame"), sixtyAnHour)))
}
