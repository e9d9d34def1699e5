package generate

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// published counts what the sources publish of the pilot, from the events alone.
type published struct {
	met, followedUp                     map[domain.Entity]bool // persons in 2014–15
	persons                             map[domain.Entity]bool // followed up in all
	followUps, assessed, fulfilled      map[int]int            // by year
	occasions, lifeAreas, participants  map[string]int
	notAssessed, outsidePilot, absences int
}

func count(all []domain.Event) published {
	p := published{
		met: map[domain.Entity]bool{}, followedUp: map[domain.Entity]bool{}, persons: map[domain.Entity]bool{},
		followUps: map[int]int{}, assessed: map[int]int{}, fulfilled: map[int]int{},
		occasions: map[string]int{}, lifeAreas: map[string]int{}, participants: map[string]int{},
	}
	area, unit := map[string]string{}, map[string]string{}
	for _, e := range all {
		year := e.Effective.Month().Year()
		switch d := e.Data.(type) {
		case *domain.DecisionMade:
			unit[d.Decision] = d.Unit
		case *domain.AbsenceRegistered:
			p.absences++
		case *domain.GoalSet:
			area[d.Goal] = d.LifeArea
			if year <= 2015 {
				p.met[e.Entity] = true
			}
			if unit[d.Decision] != pilotUnit {
				p.outsidePilot++
			}
		case *domain.FollowUpHeld:
			p.persons[e.Entity] = true
			if year <= 2015 {
				p.followedUp[e.Entity] = true
			}
			p.followUps[year]++
			p.occasions[d.Occasion]++
			for _, who := range d.Participants {
				p.participants[who]++
			}
			for _, a := range d.Assessments {
				if a.Outcome == "not-assessed" {
					p.notAssessed++
					continue
				}
				p.lifeAreas[area[a.Goal]]++
				p.assessed[year]++
				if a.Outcome == "fulfilled" {
					p.fulfilled[year]++
				}
			}
		}
	}
	return p
}

func TestLundPilotGivesThePublishedFigures(t *testing.T) {
	for seed := range uint64(8) {
		p := count(events(t, pilotText(t, seed)))
		require.Len(t, p.met, 88)
		require.Len(t, p.followedUp, 58)
		require.Len(t, p.persons, 137)
		require.Equal(t, map[int]int{2015: 58, 2016: 151}, p.followUps)
		require.Equal(t, map[int]int{2015: 272, 2016: 577}, p.assessed)
		require.Equal(t, map[int]int{2015: 226, 2016: 444}, p.fulfilled)
		require.Equal(t, 83, (100*226+272/2)/272)
		require.Equal(t, 77, (100*444+577/2)/577)
		require.Len(t, p.occasions, 5) // the four of the source; coming home from hospital and from a short-term stay are two words
		require.Len(t, p.lifeAreas, 11)
		require.Equal(t, map[string]int{"care-manager": 209, "contact-worker": 209, "person": 209}, p.participants)
		require.NotZero(t, p.notAssessed)
		require.Less(t, p.notAssessed, 260)
		require.NotZero(t, p.absences)
		require.Zero(t, p.outsidePilot)
	}
}

func TestLundPilotPaysThePublishedAmounts(t *testing.T) {
	l := requireAccepted(t, events(t, pilotText(t, 1)))
	premiums, goals := map[int]domain.Money{}, 0
	for _, p := range l.postings(t, domain.NewMonth(2014, time.January), domain.NewMonth(2026, time.December)) {
		year := p.Month.Year()
		require.Contains(t, []int{2015, 2016}, year)
		if p.Component == "premium" {
			require.Equal(t, pilotUnit, p.Unit)
			premiums[year] += p.Amount
			goals++
		}
	}
	require.Equal(t, map[int]domain.Money{2015: 67_122_00, 2016: 131_868_00}, premiums) // published as 67 000 and 132 000 kr
	require.Equal(t, 670, goals)
}

func TestFirstFollowUpsOfThePilotComeAboutSixMonthsAfterTheDecision(t *testing.T) {
	decided, followed := map[domain.Entity]domain.Date{}, map[domain.Entity]bool{}
	for _, e := range events(t, pilotText(t, 1)) {
		if _, ok := e.Data.(*domain.DecisionMade); ok && decided[e.Entity] == 0 {
			decided[e.Entity] = e.Effective
		}
		if _, ok := e.Data.(*domain.FollowUpHeld); ok && !followed[e.Entity] {
			followed[e.Entity] = true
			require.InDelta(t, 183, int(e.Effective-decided[e.Entity]), 20, "%s", e.Entity)
		}
	}
}

func TestTheCorrectionTurnsOneFulfilledGoalOf2016IntoPartly(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, LundPilotCorrection(&b))
	for seed := range uint64(3) {
		before := pilotText(t, seed)
		all := events(t, append(bytes.Clone(before), b.Bytes()...))
		requireAccepted(t, all)
		correction := all[len(all)-1]
		require.Equal(t, "2017-01", correction.Recorded.Format("2006-01"))

		// Replace the target's data by the corrected data, and count again.
		d := correction.Data.(*domain.EventCorrected)
		corrected := bytes.Replace(before, targetData(t, before, d.Event), d.Data, 1)
		p := count(events(t, corrected))
		require.Equal(t, map[int]int{2015: 226, 2016: 443}, p.fulfilled)
		require.Equal(t, map[int]int{2015: 272, 2016: 577}, p.assessed)
	}
}

// targetData returns the bytes of a record's data.
func targetData(t *testing.T, text []byte, id string) []byte {
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte(`{"id":"`+id+`"`)) {
			_, data, _ := bytes.Cut(line, []byte(`"data":`))
			return bytes.TrimSuffix(data, []byte("}\n"))
		}
	}
	t.Fatalf("no record %s", id)
	return nil
}
