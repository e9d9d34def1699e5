package generate

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

func countyEvents(t testing.TB, seed uint64) ([]byte, []domain.Event) {
	var b bytes.Buffer
	require.NoError(t, OrebroCounty(&b, seed))
	return b.Bytes(), events(t, b.Bytes())
}

// seen is a person as the statistics see them.
type seen struct{ person, age, sex string }

// recipients2019 finds, from the events alone, the persons enrolled on some day of 2019 in each authority's log.
func recipients2019(all []domain.Event) map[string]map[seen]bool {
	type asked struct {
		seen
		from domain.Date
	}
	patients, found := map[domain.Entity]*asked{}, map[string]map[seen]bool{}
	first, last := domain.NewDate(2019, time.January, 1), domain.NewDate(2019, time.December, 31)
	enrolled := func(authority string, p *asked, to domain.Date) {
		if p.from <= last && to >= first {
			if found[authority] == nil {
				found[authority] = map[seen]bool{}
			}
			found[authority][p.seen] = true
		}
		p.from = 0
	}
	for i := range all {
		switch d := all[i].Data.(type) {
		case *domain.CareRequested:
			patients[all[i].Entity] = &asked{seen: seen{d.Person, d.AgeGroup, d.Sex}}
		case *domain.PatientEnrolled:
			patients[all[i].Entity].from = d.From
		case *domain.PatientDischarged:
			enrolled(all[i].Authority, patients[all[i].Entity], d.LastDay)
		}
	}
	for e, p := range patients {
		if p.from != 0 {
			authority, _, _ := strings.Cut(e.ID(), "-")
			enrolled(authority, p, domain.MaxDate)
		}
	}
	return found
}

// publishedByAuthority reads the published table, its totals included, by the names of its columns.
func publishedByAuthority(t testing.TB) map[string]map[string]int {
	text, err := os.ReadFile("orebro_2019_recipients.csv")
	require.NoError(t, err)
	var heading []string
	table := map[string]map[string]int{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), ",")
		switch {
		case strings.HasPrefix(line, "#"):
		case heading == nil:
			heading = cells
		default:
			row := map[string]int{}
			for i, c := range cells[2:] {
				row[heading[i+2]], err = strconv.Atoi(c)
				require.NoError(t, err)
			}
			table[cells[0]] = row
		}
	}
	require.Len(t, table, 13)
	return table
}

// tabulate counts persons under the column names of the published table.
func tabulate(persons map[seen]bool) map[string]int {
	age := map[string]string{"0-64": "0_64", "65-79": "65_79", "80+": "80"}
	sex := map[string]string{"woman": "w_", "man": "m_"}
	row := map[string]int{}
	for p := range persons {
		row["total"]++
		row["t_"+age[p.age]]++
		row[sex[p.sex]+age[p.age]]++
	}
	return row
}

func TestOrebroCountyHasThePublishedRecipientsInEveryCell(t *testing.T) {
	for _, seed := range []uint64{0, 1, 7} {
		_, all := countyEvents(t, seed)
		published, found := publishedByAuthority(t), recipients2019(all)
		require.Len(t, found, 12)
		county, inMunicipalities, sum := map[seen]bool{}, map[string]int{}, 0
		for authority, persons := range found {
			require.Equal(t, published[authority], tabulate(persons), "municipality %s", authority)
			sum += len(persons)
			for p := range persons {
				county[p] = true
				inMunicipalities[p.person]++
			}
		}
		require.Equal(t, published["18"], tabulate(county))
		require.Equal(t, 16_657, sum)
		require.Len(t, county, 16_572)
		shared := 0
		for _, n := range inMunicipalities {
			require.LessOrEqual(t, n, 2)
			if n == 2 {
				shared++
			}
		}
		require.Equal(t, 85, shared)
	}
}

// The ledger refuses what breaks the order of a patient's process; so no record may.
func TestEveryPatientOfTheCountyFollowsTheProcess(t *testing.T) {
	text, all := countyEvents(t, 1)
	require.Less(t, bytes.Count(text, []byte("\n")), 120_000)
	type patient struct{ asked, enrolled, disputed bool }
	patients, units, latest := map[domain.Entity]*patient{}, map[string]string{}, map[string]time.Time{}
	ids, reported := map[string]bool{}, map[string]bool{}
	for i := range all {
		e := &all[i]
		require.False(t, ids[e.ID], "id %s twice", e.ID)
		ids[e.ID] = true
		require.False(t, e.Recorded.Before(latest[e.Authority]), "event %s is out of order in its log", e.ID)
		latest[e.Authority] = e.Recorded
		p := patients[e.Entity]
		if p == nil {
			p = &patient{}
			patients[e.Entity] = p
		}
		if e.Entity.Kind() == domain.KindPatient {
			_, isRequest := e.Data.(*domain.CareRequested)
			require.Equal(t, isRequest, !p.asked, "event %s", e.ID)
			p.asked = true
		}
		switch d := e.Data.(type) {
		case *domain.UnitRegistered:
			units[d.Unit] = e.Authority
		case *domain.PatientEnrolled:
			require.False(t, p.enrolled, "event %s", e.ID)
			require.Equal(t, e.Authority, units[d.Unit])
			p.enrolled = true
		case *domain.PatientDischarged:
			require.True(t, p.enrolled, "event %s", e.ID)
			p.enrolled = false
		case *domain.DisputeRaised:
			require.False(t, p.disputed, "event %s", e.ID)
			p.disputed = true
		case *domain.DisputeResolved:
			require.True(t, p.disputed, "event %s", e.ID)
			p.disputed = false
		case *domain.HealthTimeReported:
			require.Equal(t, e.Authority, units[d.Unit])
			key := fmt.Sprint(e.Entity, d.Unit, d.Month, d.Kind, d.Profession)
			require.False(t, reported[key], "event %s is reported twice", e.ID)
			reported[key] = true
			require.Greater(t, e.Recorded.Unix()/daySeconds, int64(d.Month.Last()-epoch()), "event %s is known before its month is over", e.ID)
		}
	}
}

func TestActivityCodesAreReportedForLicensedTimeAndNotByAllMunicipalities(t *testing.T) {
	_, all := countyEvents(t, 1)
	coded := map[string]bool{}
	var licensed, delegated int
	for i := range all {
		d, ok := all[i].Data.(*domain.HealthTimeReported)
		switch {
		case !ok:
		case *d.Delegated:
			require.Empty(t, d.ActivityCode)
			delegated += *d.Minutes
		default:
			licensed += *d.Minutes
			coded[all[i].Authority] = coded[all[i].Authority] || d.ActivityCode != ""
		}
	}
	reporting := 0
	for _, c := range coded {
		if c {
			reporting++
		}
	}
	require.Len(t, coded, 12)
	require.Equal(t, 8, reporting)
	require.Greater(t, delegated, licensed) // a considerable part of home health care, says the source
}

// The figures that the page of the system names.
func TestTheCountyHasPsychiatricPatientsSomeWithoutACoordinatedPlan(t *testing.T) {
	_, all := countyEvents(t, 1)
	planned, psychiatric, supplemented := map[domain.Entity]bool{}, map[domain.Entity]bool{}, map[domain.Entity]bool{}
	minutes, seenTypes := map[string]int{}, map[domain.Type]int{}
	for i := range all {
		e := &all[i]
		seenTypes[e.Type]++
		switch d := e.Data.(type) {
		case *domain.CoordinatedPlanHeld:
			planned[e.Entity] = true
		case *domain.PatientEnrolled:
			if d.Kind == "psychiatric" {
				psychiatric[e.Entity] = true
			}
		case *domain.HealthTimeReported:
			require.Equal(t, psychiatric[e.Entity], d.Kind == "psychiatric")
			key := fmt.Sprint(e.Entity, d.Month)
			if minutes[key] += *d.Minutes; minutes[key] > 1800 && d.Kind == "somatic" {
				supplemented[e.Entity] = true
			}
		}
	}
	without := 0
	for e := range psychiatric {
		if !planned[e] {
			without++
		}
	}
	require.Equal(t, psychiatricPatients, len(psychiatric))
	require.InDelta(t, psychiatricPatients/psychiatricWithoutPlan, without, 20)
	require.Greater(t, len(supplemented), 250)
	for _, typ := range []domain.Type{domain.TypeCareRequested, domain.TypeEnrolmentAssessed, domain.TypeCoordinatedPlanHeld, domain.TypeCarePlanAgreed,
		domain.TypePatientEnrolled, domain.TypeHealthTimeReported, domain.TypePatientDischarged, domain.TypeDisputeRaised, domain.TypeDisputeResolved} {
		require.NotZero(t, seenTypes[typ], typ)
	}
	require.Greater(t, seenTypes[domain.TypeDisputeRaised], seenTypes[domain.TypeDisputeResolved]) // some are still open
}

// psychiatricPatients does not vary with the seed.
const psychiatricPatients = 318

func TestTheAgreementOf2025IsAcceptedByAllThirteenPartiesOnlyAfterItsFirstDay(t *testing.T) {
	_, all := countyEvents(t, 1)
	open, late, reservations := map[string]bool{}, 0, 0
	for i := range all {
		e := &all[i]
		if e.Entity != "agreement/home-health-care-2025" {
			continue
		}
		switch d := e.Data.(type) {
		case *domain.AgreementProposed:
			require.Equal(t, "2025-01-01", d.From.String())
			require.Equal(t, "2024-09-26", e.Recorded.Format(time.DateOnly))
			require.Len(t, d.Parties, 13)
			for _, p := range d.Parties {
				open[p] = true
			}
		case *domain.AgreementPartyDecided:
			require.True(t, open[d.Party], "%s decides once", d.Party)
			delete(open, d.Party)
			if e.Recorded.Year() == 2025 {
				late++
			}
			if d.Decision == "accepted-with-reservation" {
				reservations++
			}
			require.NotEqual(t, "rejected", d.Decision)
		}
	}
	require.Empty(t, open)
	require.Equal(t, 1, late)
	require.Equal(t, 2, reservations)
}

func TestTheCountyIsTheSameOnEveryMachine(t *testing.T) {
	text, _ := countyEvents(t, 1)
	require.Equal(t, "", fmt.Sprintf("%x", sha256.Sum256(text)))
}
