package generate

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

func TestFrameTimeIsForNewCasesAndChangedNeedsFromOctober2022(t *testing.T) {
	for seed := range uint64(4) {
		seen := map[string]int{}
		for _, e := range events(t, historyText(t, "granted-time-2022", seed)) {
			d, ok := e.Data.(*domain.DecisionMade)
			if !ok {
				continue
			}
			kind := "new"
			if d.Supersedes != "" {
				kind = "changed"
			}
			seen[kind+" "+d.Method]++
			require.Equal(t, d.From >= grantedFrom(), d.Method == domain.MethodFrameTime, "%s from %s", d.Decision, d.From)
		}
		for _, want := range []string{"new standard-time", "changed standard-time", "new frame-time", "changed frame-time"} {
			require.NotZero(t, seen[want], want)
		}
	}
}

func TestFrameAndStandardTimeStandSideBySideInEachUnit(t *testing.T) {
	l := requireAccepted(t, events(t, historyText(t, "granted-time-2022", 1)))
	from, to := grantedStart().Month(), grantedLast().Month()
	june, months := map[string]map[bool]bool{}, map[domain.Month]string{}
	for _, p := range l.postings(t, from, to) {
		require.Equal(t, p.Month >= grantedFrom().Month(), p.Policy == "granted-time-2022")
		months[p.Month] = p.Policy
		if p.Month == to {
			if june[p.Unit] == nil {
				june[p.Unit] = map[bool]bool{}
			}
			june[p.Unit][p.Category == domain.CategoryFrame] = true
		}
	}
	require.Len(t, months, 18)
	require.Len(t, june, 4)
	for unit, both := range june {
		require.Len(t, both, 2, unit)
	}
	requirePaidEachMonth(t, "granted-time-2022", from, to)
}

func TestPerformedTimeIsAboveTheFrameInSomeCasesAndBelowItInOthers(t *testing.T) {
	l := requireAccepted(t, events(t, historyText(t, "granted-time-2022", 1)))
	above, below, month := 0, 0, domain.NewMonth(2023, time.May)
	for _, state := range l.states {
		f, frame, performed := state.(*domain.Case).Facts(), 0, 0
		for _, g := range f.Grants {
			if g.Class == domain.GrantFrame && g.From <= month.First() && g.To >= month.Last() {
				frame = int(g.Amount)
			}
		}
		for _, p := range f.Performed {
			if p.Month == month {
				performed += p.Minutes
			}
		}
		switch {
		case frame == 0 || performed == 0:
		case performed > frame:
			above++
		case performed < frame:
			below++
		}
	}
	require.Greater(t, above, 2)
	require.Greater(t, below, 2)
}

func TestVisitsAndMonthlySumsTellTheMonthsTheyWerePerformedIn(t *testing.T) {
	seen, first := map[domain.Type]int{}, map[domain.Entity]domain.Date{}
	for _, e := range events(t, historyText(t, "granted-time-2022", 1)) {
		seen[e.Type]++
		switch d := e.Data.(type) {
		case *domain.DecisionMade:
			if first[e.Entity] == 0 {
				first[e.Entity] = d.From
			}
		case *domain.VisitPerformed:
			require.Equal(t, e.Effective.Month(), domain.LocalMonth(d.Arrived))
			require.GreaterOrEqual(t, e.Effective, first[e.Entity])
		case *domain.TimeReported:
			require.GreaterOrEqual(t, d.Month, first[e.Entity].Month())
		case *domain.SubgoalSet: // the provider's
			require.True(t, strings.Contains(e.Actor, "/cw-"), e.Actor)
		case *domain.GoalSet: // the authority's
			require.True(t, strings.HasPrefix(e.Actor, "care-manager-"), e.Actor)
		}
	}
	for _, typ := range []domain.Type{domain.TypeVisitPerformed, domain.TypeTimeReported, domain.TypeEventCorrected, domain.TypeAbsenceRegistered,
		domain.TypeSubgoalSet, domain.TypeGoalSet, domain.TypeFollowUpHeld, domain.TypeDecisionEnded} {
		require.NotZero(t, seen[typ], typ)
	}
}
