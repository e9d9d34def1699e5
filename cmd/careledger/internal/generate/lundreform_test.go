package generate

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// knownOn returns the events recorded before the end of a day, as an as-of of that day does.
func knownOn(all []domain.Event, day string) []domain.Event {
	end, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	for i := range all {
		if !all[i].Recorded.Before(end.AddDate(0, 0, 1)) {
			return all[:i]
		}
	}
	return all
}

// inForce returns the decisions in force on a day, by case.
func inForce(all []domain.Event, day domain.Date) map[domain.Entity]*domain.DecisionMade {
	decisions := map[domain.Entity]*domain.DecisionMade{}
	for i := range all {
		switch d := all[i].Data.(type) {
		case *domain.DecisionMade:
			if d.From <= day {
				decisions[all[i].Entity] = d
			}
		case *domain.DecisionEnded:
			if d.LastDay < day {
				delete(decisions, all[i].Entity)
			}
		}
	}
	return decisions
}

func ofNewTree(d *domain.DecisionMade) (n int) {
	for _, s := range d.Services {
		if strings.HasPrefix(s.Service, "support-") {
			n++
		}
	}
	return n
}

func TestTheNewServiceTreeHoldsBeforeItIsRegistered(t *testing.T) {
	for seed := range uint64(4) {
		all := events(t, historyText(t, "lund-reform", seed))
		january := domain.NewMonth(2017, time.January)
		before, after := inForce(knownOn(all, "2017-01-10"), january.First()), inForce(knownOn(all, "2017-02-01"), january.First())
		require.Greater(t, len(before), 30)
		require.Equal(t, len(before), len(after))
		for e, d := range before {
			require.Zero(t, ofNewTree(d), "%s", e)
			require.Len(t, after[e].Services, ofNewTree(after[e]), "%s", e)
			require.Equal(t, d.Decision, after[e].Supersedes)
			require.Equal(t, reformFrom(), after[e].From)
		}

		// January is the new model's either way, but the need hours of the old decisions are what is known on the tenth.
		minutes := func(known []domain.Event) (sum int64) {
			for _, p := range requireAccepted(t, known).postings(t, january, january) {
				require.Equal(t, "lund-2017", p.Policy)
				if p.Component == "variable" {
					require.True(t, p.Quantity.Rat().IsInt())
					sum += p.Quantity.Rat().Num().Int64()
				}
			}
			return sum
		}
		old, known := minutes(knownOn(all, "2017-01-10")), minutes(knownOn(all, "2017-02-01"))
		require.NotEqual(t, old, known)
		require.Equal(t, old, minutes(knownOn(all, "2017-01-15")))
		require.Equal(t, known, minutes(all), "nothing of January 2017 is registered after February began")
	}
}

func TestLundIsPaidByTheModelOfTheTime(t *testing.T) {
	l := requireAccepted(t, events(t, historyText(t, "lund-reform", 1)))
	seen := map[string]bool{}
	for _, p := range l.postings(t, domain.NewMonth(2014, time.January), domain.NewMonth(2018, time.December)) {
		year := p.Month.Year()
		seen[p.Policy+" "+p.Component] = true
		switch p.Policy {
		case "lund-2006":
			require.LessOrEqual(t, year, 2016)
		case "lund-2015-premium":
			require.Contains(t, []int{2015, 2016}, year)
			require.Equal(t, pilotUnit, p.Unit)
			require.Equal(t, domain.Money(297_00), p.Amount)
		case "lund-2017":
			require.GreaterOrEqual(t, year, 2017)
			seen[p.Component+" "+p.Unit] = true
		}
	}
	for _, want := range []string{"lund-2006 variable", "lund-2006 base", "lund-2015-premium premium",
		"lund-2017 variable", "lund-2017 base",
		"lund-2017 premium", "premium " + pilotUnit, "premium lund-unit-b", "premium lund-unit-c", "premium lov-one-unit", "premium lov-two-unit"} {
		require.True(t, seen[want], want)
	}
	requirePaidEachMonth(t, "lund-reform", domain.NewMonth(2014, time.January), domain.NewMonth(2018, time.December))
}

func TestLundHasGoalsOutsideThePilotAreaFromThe16thOfJanuary2017(t *testing.T) {
	unit, goals := map[string]string{}, map[bool]int{}
	for _, e := range events(t, historyText(t, "lund-reform", 1)) {
		switch d := e.Data.(type) {
		case *domain.DecisionMade:
			unit[d.Decision] = d.Unit
		case *domain.GoalSet:
			pilot := unit[d.Decision] == pilotUnit
			goals[pilot]++
			if !pilot {
				require.GreaterOrEqual(t, dayOf(e.Recorded.Unix()), reformRegistered())
				require.GreaterOrEqual(t, e.Effective, reformRegistered())
			}
			require.GreaterOrEqual(t, e.Effective, domain.NewDate(2014, time.September, 8))
		}
	}
	require.NotZero(t, goals[true])
	require.NotZero(t, goals[false])
}
