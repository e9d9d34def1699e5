package projections

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// line is a record of the worked example's world; data is JSON.
func line(id, typ, entity, effective, recorded, data string) string {
	return fmt.Sprintf(`{"id":%q,"type":%q,"authority":"1281","entity":%q,"effective":%q,"recorded":%q,"actor":"a","data":%s}`, id, typ, entity, effective, recorded, data)
}

const (
	may  = "2020-05-01T10:00:00Z"
	june = "2020-06-01T10:00:00Z"
)

func corrected(entity, id, effective, data string) string {
	return line("c-"+id, "event-corrected", entity, effective, june, fmt.Sprintf(`{"event":%q,"reason":"wrong","data":%s}`, id, data))
}

func annulled(entity, id, effective string) string {
	return line("c-"+id, "event-annulled", entity, effective, june, fmt.Sprintf(`{"event":%q,"reason":"never happened"}`, id))
}

// performedPolicy pays performed minutes by the minute, one krona each.
var performedPolicy = line("pf", "policy-adopted", "policy/pf", "2020-01-01", may, `{"model":{"id":"pf","title":"t","currency":"SEK","parameters":{"rate":{"unit":"SEK/hour","values":{"2020-01-01":"60"}}},"components":[{"id":"v","kind":"time","basis":"performed","rate":"rate"}]},"from":"2020-01-01","decided_by":"b","decided_on":"2019-12-01"}`)

var (
	visit  = line("v1", "visit-performed", "case/k", "2020-02-03", may, `{"unit":"u","category":"care","band":"day","arrived":"2020-02-03T08:00:00+01:00","left":"2020-02-03T08:45:00+01:00"}`)
	report = line("t1", "time-reported", "case/k", "2020-02-29", may, `{"unit":"u","month":"2020-02","category":"service","band":"day","minutes":100}`)
)

const d1 = `{"decision":"d1","provider":"p","unit":"u","method":"standard-time","from":"2020-01-10","services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":%d}]}`

func TestACorrectionChangesTodaysFigureAndNotTheOneKnownBefore(t *testing.T) {
	two := line("v2", "visit-performed", "case/k", "2020-02-04", may, `{"unit":"u","category":"care","band":"day","arrived":"2020-02-04T08:00:00+01:00","left":"2020-02-04T08:10:00+01:00"}`)
	for _, test := range []struct {
		name          string
		before        []string
		correction    string
		was, is       string // January to March
		otherAsked    string // a field to group by whose rows change where the total does not
		rowWas, rowIs string
	}{
		{name: "a visit was longer", before: []string{performedPolicy, visit}, was: "6747.00", is: "6762.00",
			correction: corrected("case/k", "v1", "2020-02-03", `{"unit":"u","category":"care","band":"day","arrived":"2020-02-03T08:00:00+01:00","left":"2020-02-03T09:00:00+01:00"}`)},
		{name: "a visit was at another unit in another month", before: []string{performedPolicy, visit, two}, was: "6757.00", is: "6757.00",
			correction: corrected("case/k", "v1", "2020-03-03", `{"unit":"w","category":"care","band":"day","arrived":"2020-03-03T08:00:00+01:00","left":"2020-03-03T08:45:00+01:00"}`),
			otherAsked: "unit", rowWas: "1660.00", rowIs: "1615.00"},
		{name: "a visit never happened", before: []string{performedPolicy, visit, two}, was: "6757.00", is: "6712.00", correction: annulled("case/k", "v1", "2020-02-03")},
		{name: "a time report said too much", before: []string{performedPolicy, report}, was: "6802.00", is: "6792.00",
			correction: corrected("case/k", "t1", "2020-02-29", `{"unit":"u","month":"2020-02","category":"service","band":"day","minutes":90}`)},
		{name: "a time report was none", before: []string{performedPolicy, report}, was: "6802.00", is: "6702.00", correction: annulled("case/k", "t1", "2020-02-29")},
		{name: "a decision granted half the time", was: "6702.00", is: "5900.00", // January 502.5, rounded to 503, and February 300 minutes
			correction: corrected("case/k", "5", "2020-01-10", fmt.Sprintf(d1, 30))},
		{name: "an absence never happened", was: "6702.00", is: "7017.00", correction: annulled("case/k", "7", "2020-01-20")},
		{name: "an absence was one day", was: "6702.00", is: "7002.00", correction: corrected("case/k", "7", "2020-01-20", `{"from":"2020-01-20","to":"2020-01-20","reason":"hospital"}`)},
		{name: "a follow-up never happened", was: "6702.00", is: "6405.00", correction: annulled("case/k", "9", "2020-03-05")},
		{name: "a follow-up found the goal partly fulfilled", was: "6702.00", is: "6405.00",
			correction: corrected("case/k", "9", "2020-03-05", `{"follow_up":"f","occasion":"annual","held_on":"2020-03-05","participants":["person"],"assessments":[{"goal":"g1","outcome":"partly"}]}`)},
		{name: "a follow-up was held before the decision that supersedes", was: "6702.00", is: "6702.00",
			correction: corrected("case/k", "9", "2020-02-10", `{"follow_up":"f","occasion":"annual","held_on":"2020-02-10","participants":["person"],"assessments":[{"goal":"g1","outcome":"fulfilled"}]}`),
			otherAsked: "unit", rowWas: "1605.00", rowIs: "1902.00"},
		{name: "a decision that supersedes never was", was: "6702.00", is: "4902.00", // 1 005 + 29 × 60 + 31 × 60 + 297
			correction: annulled("case/k", "8", "2020-02-11"), otherAsked: "unit", rowWas: "1605.00", rowIs: "4902.00"},
		{name: "a goal was about another life area", was: "6702.00", is: "6702.00",
			before:     []string{line("gc", "goal-changed", "case/k", "2020-03-01", may, `{"goal":"g1","life_area":"community"}`)},
			correction: corrected("case/k", "gc", "2020-03-01", `{"goal":"g1","life_area":"learning"}`), otherAsked: "life_area", rowWas: " 6405.00 community 297.00", rowIs: " 6405.00 learning 297.00"},
		{name: "a case was another programme's", was: "6702.00", is: "6702.00",
			correction: corrected("case/k", "4", "2020-01-10", `{"person":"x","programme":"lund"}`)},
		{name: "a provider was external", was: "6702.00", is: "6702.00", correction: corrected("provider/p", "1", "2020-01-01", `{"name":"P","regime":"external"}`)},
		{name: "a policy paid less", was: "6702.00", is: "6502.00", correction: corrected("policy/m", "3", "2020-01-01", lessPolicy())},
		{name: "a policy was never adopted", was: "6702.00", is: "0.00", correction: annulled("policy/m", "3", "2020-01-01")},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := worked(t)
			l.record(test.before...)
			head := l.table.Position()
			require.Equal(t, test.was, l.pays(Now, "2020-01", "2020-03"))
			l.record(test.correction)
			after, justBefore := at(t, june), at(t, june).Add(-time.Nanosecond)
			require.Equal(t, test.is, l.pays(Now, "2020-01", "2020-03"))
			require.Equal(t, test.is, l.pays(AsOf{Time: after}, "2020-01", "2020-03"))
			require.Equal(t, test.was, l.pays(AsOf{Time: justBefore}, "2020-01", "2020-03"))
			require.Equal(t, test.was, l.pays(AsOf{Sequence: head}, "2020-01", "2020-03"))
			if test.otherAsked != "" {
				require.Contains(t, l.groups(Now, test.otherAsked), test.rowIs)
				require.Contains(t, l.groups(AsOf{Sequence: head}, test.otherAsked), test.rowWas)
				require.NotContains(t, l.groups(Now, test.otherAsked), test.rowWas)
			}
		})
	}
}

func lessPolicy() string {
	return `{"model":{"id":"m","title":"t","currency":"SEK","parameters":{"rate":{"unit":"SEK/hour","values":{"2020-01-01":"60"}},"g":{"unit":"SEK/goal","values":{"2020-01-01":"97"}}},"components":[{"id":"v","kind":"time","basis":"granted","rate":"rate","absence":[{"reason":"hospital","ladder":[{"days":1,"percent":75},{"days":4,"percent":25}]}]},{"id":"p","kind":"goal-premium","amount":"g","outcomes":{"fulfilled":"1"},"repeat":"each-follow-up"}]},"from":"2020-01-01","decided_by":"b","decided_on":"2019-12-01"}`
}

// groups are the amounts by one field, January to March.
func (l *ledger) groups(asOf AsOf, by string) string {
	c, err := l.table.Compensation(Query{AsOf: asOf, From: month(l.t, "2020-01"), To: month(l.t, "2020-03"), By: []string{by}})
	require.NoError(l.t, err)
	var all []string
	for _, r := range c.Rows {
		all = append(all, r.Keys[0]+" "+r.Amount.String())
	}
	return strings.Join(all, " ")
}

func TestACorrectionOfAProviderAndACaseIsSeenFromItsOwnTimeOn(t *testing.T) {
	l := worked(t)
	head := l.table.Position()
	l.record(corrected("provider/p", "1", "2020-01-01", `{"name":"Q","regime":"external"}`), corrected("case/k", "4", "2020-01-10", `{"person":"y","programme":"lund"}`))
	before, err := l.table.Cut(AsOf{Sequence: head})
	require.NoError(t, err)
	now, err := l.table.Cut(Now)
	require.NoError(t, err)
	require.Equal(t, []string{"in-house", "P", "x", ""}, []string{before.Units[0].Regime, before.Units[0].ProviderName, before.Cases[0].Person, before.Cases[0].Programme})
	require.Equal(t, []string{"external", "Q", "y", "lund"}, []string{now.Units[0].Regime, now.Units[0].ProviderName, now.Cases[0].Person, now.Cases[0].Programme})
}

// The registration of a unit is annulled with an earlier recorded than the annulment of the last visit there. As of a time
// between the two the visit stands at a unit that is not registered.
func TestAVisitAtAUnitWhoseRegistrationIsAnnulledCountsUntilItIsAnnulledItself(t *testing.T) {
	l := worked(t)
	l.record(line("x", "unit-registered", "provider/p", "2020-01-01", "2020-04-01T10:00:00Z", `{"unit":"x","name":"X","area":"rural"}`), performedPolicy,
		strings.ReplaceAll(visit, `"unit":"u"`, `"unit":"x"`), annulled("case/k", "v1", "2020-02-03"),
		line("xx", "event-annulled", "provider/p", "2020-01-01", "2020-05-15T10:00:00Z", `{"event":"x","reason":"mistake"}`))
	require.Equal(t, "6702.00", l.pays(Now, "2020-01", "2020-03"))
	require.Equal(t, "6747.00", l.pays(AsOf{Time: at(t, "2020-05-02T00:00:00Z")}, "2020-01", "2020-03"))
	between := AsOf{Time: at(t, "2020-05-20T00:00:00Z")}
	require.Equal(t, "6747.00", l.pays(between, "2020-01", "2020-03"))
	require.Equal(t, "u 1605.00 w 5097.00 x 45.00", l.groups(between, "unit"))
	require.Equal(t, " 45.00 p 6702.00", l.groups(between, "provider"))
}

// What corrects a correction concerns the original event, and the latest wins.
func TestTheLatestCorrectionWinsAndAnAnnulmentStays(t *testing.T) {
	l := worked(t)
	l.record(performedPolicy, visit)
	for i, minutes := range []int{50, 30, 59} {
		l.record(strings.Replace(corrected("case/k", "v1", "2020-02-03", `{"unit":"u","category":"care","band":"day","arrived":"2020-02-03T08:00:00+01:00","left":"2020-02-03T08:`+fmt.Sprint(minutes)+`:00+01:00"}`), `"c-v1"`, fmt.Sprintf(`"c%d"`, i), 1))
		require.Equal(t, fmt.Sprintf("67%d.00", 2+minutes), l.pays(Now, "2020-01", "2020-03"))
	}
	l.record(strings.Replace(annulled("case/k", "v1", "2020-02-03"), `"c-v1"`, `"c9"`, 1))
	require.Equal(t, "6702.00", l.pays(Now, "2020-01", "2020-03"))
	requireSameColumns(t, coldFold(t, l.log), l.table)
}
