package generate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

func TestOstersundPaysTheIncludedPersonsWhoConfirmOnceEach(t *testing.T) {
	for seed := range uint64(8) {
		l := requireAccepted(t, events(t, historyText(t, "ostersund-pilot", seed)))
		premiums := map[string]domain.Month{}
		for _, p := range l.postings(t, domain.NewMonth(2014, time.January), domain.NewMonth(2016, time.December)) {
			if p.Component == "premium" {
				require.Equal(t, domain.Money(10_000_00), p.Amount)
				require.Zero(t, premiums[p.Case], "case %s is paid twice", p.Case)
				premiums[p.Case] = p.Month
			}
		}
		// The second had not reached every goal the first time; the third's confirmation was left out at first; the fourth confirmed twice.
		// The fifth had not reached every goal, and the seventh did not confirm it.
		require.Equal(t, map[string]domain.Month{
			"o001": domain.NewMonth(2015, time.April), "o002": domain.NewMonth(2015, time.October), "o003": domain.NewMonth(2015, time.August),
			"o004": domain.NewMonth(2016, time.March), "o006": domain.NewMonth(2016, time.June),
		}, premiums)
	}
}

func TestOthersInOstersundConfirmTheirGoalsAndEarnNothing(t *testing.T) {
	all := events(t, historyText(t, "ostersund-pilot", 1))
	inclusion, confirming := map[domain.Entity]*domain.Inclusion{}, map[string]int{}
	for i := range all {
		switch d := all[i].Data.(type) {
		case *domain.CaseOpened:
			inclusion[all[i].Entity] = d.Inclusion
			included := d.Inclusion != nil && (&trialPlan{inclusion: *d.Inclusion}).included()
			require.Equal(t, included, d.Programme == trialProgramme)
		case *domain.FollowUpHeld:
			every := len(d.Assessments) > 0
			for _, a := range d.Assessments {
				every = every && a.Outcome == domain.OutcomeFulfilled && a.PersonConfirms
			}
			switch in := inclusion[all[i].Entity]; {
			case !every:
			case in == nil:
				confirming["not looked at"]++
			case in.DiagnosisGroup != "orthopaedic":
				confirming["another diagnosis"]++
			case !in.RehabilitationPotential:
				confirming["no potential"]++
			case !in.NeedsExpectedToDecrease:
				confirming["needs that stay"]++
			}
		}
	}
	for _, why := range []string{"not looked at", "another diagnosis", "no potential", "needs that stay"} {
		require.NotZero(t, confirming[why], why)
	}
}

func TestNeedsOfTheIncludedPersonsDecrease(t *testing.T) {
	weekly, decreased := map[string]int64{}, 0
	for _, e := range events(t, historyText(t, "ostersund-pilot", 1)) {
		d, ok := e.Data.(*domain.DecisionMade)
		if !ok {
			continue
		}
		for _, s := range d.Services {
			weekly[d.Decision] += s.WeeklyNano()
		}
		if d.Supersedes != "" && e.Entity.ID()[0] == 'o' {
			require.Less(t, weekly[d.Decision], weekly[d.Supersedes])
			decreased++
		}
	}
	require.GreaterOrEqual(t, decreased, 7)
}

func TestEveryProviderOfOstersundIsPaidEachMonth(t *testing.T) {
	requirePaidEachMonth(t, "ostersund-pilot", domain.NewMonth(2014, time.January), domain.NewMonth(2016, time.December))
}

// requirePaidEachMonth wants each unit of a history to be paid in each month of a period.
func requirePaidEachMonth(t *testing.T, history string, from, to domain.Month) {
	all := events(t, historyText(t, history, 1))
	l := requireAccepted(t, all)
	paid := map[string]map[domain.Month]domain.Money{}
	for _, e := range all {
		if d, ok := e.Data.(*domain.UnitRegistered); ok {
			paid[d.Unit] = map[domain.Month]domain.Money{}
		}
	}
	require.GreaterOrEqual(t, len(paid), 3)
	for _, p := range l.postings(t, from, to) {
		paid[p.Unit][p.Month] += p.Amount
	}
	for unit := range paid {
		for m := from; m <= to; m++ {
			require.Positive(t, paid[unit][m], "%s %s", unit, m)
		}
	}
}
