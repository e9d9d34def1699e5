package compensation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

func TestWhatAComponentGivesNothingForIsSaidWithTheReason(t *testing.T) {
	care := decided("d1", "u", "2020-02-01", service("7", 10), `"to":"2020-02-29"`)
	assessed := story(care, goal("g", "d1", "2020-02-01"), held("f1", "2020-02-10", "g=fulfilled"), held("f2", "2020-02-20", "g=partly"), held("f3", "2020-02-21", "g=fulfilled"))
	for name, c := range map[string]struct {
		lines     []string
		component string
		want      []string
	}{
		"the when": {story(care), timePaid("need", `,"when":"area == \"rural\" && category == \"care\""`), []string{`u 2020-02 care/day when area=urban category=care`}},
		"the when of a cap's posting, of a fixed amount": {story(care), `"kind":"fixed","per":"case-month","amount":"a","when":"regime == \"external\""`, []string{`u 2020-02 / when regime=in-house`}},
		"the threshold":                  {story(care), `"kind":"supplement","basis":"need","threshold_minutes":290,"rate":"a"`, []string{`u 2020-02 / threshold minutes=290 threshold_minutes=290`}},
		"no day in force":                {story(decided("d1", "u", "2020-01-01", service("7", 10), `"to":"2020-01-31"`), decided("d2", "u", "2020-03-01", service("7", 10), `"to":"2020-03-31"`)), `"kind":"fixed","per":"unit-month","amount":"a","prorate":true`, []string{`u 2020-02 / no-days`}},
		"the outcome, and paid before":   {assessed, `"kind":"goal-premium","amount":"a","outcomes":{"fulfilled":"1"},"repeat":"once-per-goal"`, []string{`u 2020-02 f2/g outcome outcome=partly`, `u 2020-02 f3/g paid-before`}},
		"the occasion":                   {assessed, `"kind":"goal-premium","amount":"a","outcomes":{"fulfilled":"1"},"occasions":["closure"],"repeat":"each-follow-up"`, []string{`u 2020-02 f1/g occasion occasion=annual`, `u 2020-02 f2/g occasion occasion=annual`, `u 2020-02 f3/g occasion occasion=annual`}},
		"the condition, and paid before": {assessed, `"kind":"person-premium","amount":"a","condition":"all-goals-fulfilled","repeat":"once-per-case"`, []string{`u 2020-02 f2/ condition condition=all-goals-fulfilled`, `u 2020-02 f3/ paid-before`}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, passedOver(t, append(c.lines, adopted("2020-01-01", c.component, hundred))))
		})
	}
}

func TestAFollowUpBeforeItsModelHoldsIsPassedOver(t *testing.T) {
	premium := `"kind":"goal-premium","amount":"a","outcomes":{"fulfilled":"1"},"repeat":"each-follow-up"`
	require.Equal(t, []string{"u 2020-02 f1/g not-in-force held_on=2020-02-10"}, passedOver(t, story(decided("d1", "u", "2020-02-01", service("7", 10)), goal("g", "d1", "2020-02-01"),
		held("f1", "2020-02-10", "g=fulfilled"), adopted("2020-02-11", premium, hundred))))
}

// passedOver evaluates the first half of 2020 plainly, and writes what was passed over as unit month what reason values.
func passedOver(t *testing.T, lines []string) (all []string) {
	l := historytest.NewLedger()
	for _, line := range lines {
		_, problems := l.Submit([]byte(line))
		require.Empty(t, problems, line)
	}
	plain := l.Plain(compensation.Period{From: domain.NewMonth(2020, 1), To: domain.NewMonth(2020, 6)})
	plain.Passed = func(p compensation.PassedOver) {
		require.Equal(t, "m", p.Policy)
		require.Equal(t, "c", p.Component)
		what := p.Category + "/" + p.Band
		if p.FollowUp != "" {
			what = p.FollowUp + "/" + p.Goal
		}
		said := fmt.Sprint(p.Unit, " ", p.Month, " ", what, " ", p.Reason)
		for _, s := range p.Saw {
			said += " " + s.Name + "=" + s.Value
		}
		all = append(all, strings.TrimSpace(said))
	}
	_, err := plain.Evaluate()
	require.NoError(t, err)
	return all
}
