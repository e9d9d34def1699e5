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

// The county is large: what is said of one history is said of one reading of it.
func TestOrebroCounty(t *testing.T) {
	text, all := countyEvents(t, 1)
	for name, statement := range map[string]func(*testing.T, []domain.Event){
		"PaidAsByHand":                     paidByHand2019,
		"PublishedRecipientsInEveryCell":   publishedRecipientsInEveryCell,
		"EveryRecordIsAcceptedByTheLedger": acceptedByTheLedger,
		"PatientsAreEnrolledAfterTheirRequestAndTimeComesInAfterItsMonth":      patientsFollowTheProcess,
		"ActivityCodesAreForLicensedTimeAndNotFromAllMunicipalities":           activityCodes,
		"PsychiatricPatientsSomeWithoutACoordinatedPlan":                       psychiatricCare,
		"TheAgreementOf2025IsAcceptedByAllThirteenPartiesOnlyAfterItsFirstDay": agreementOf2025,
	} {
		t.Run(name, func(t *testing.T) { statement(t, all) })
	}
	t.Run("TheSameOnEveryMachine", func(t *testing.T) {
		require.Equal(t, "b0380095b9189f05c6b852f09bb706fb5f8711572a6094c32149b4eb975126ad", fmt.Sprintf("%x", sha256.Sum256(text)))
		require.Less(t, bytes.Count(text, []byte("\n")), 120_000)
	})
}

func TestEverySeedOfTheCountyHasThePublishedRecipients(t *testing.T) {
	for _, seed := range []uint64{0, 7} {
		_, all := countyEvents(t, seed)
		publishedRecipientsInEveryCell(t, all)
		acceptedByTheLedger(t, all)
	}
}

func publishedRecipientsInEveryCell(t *testing.T, all []domain.Event) {
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

// byAuthority gives the events of each log, in the order of the file.
func byAuthority(all []domain.Event) map[string][]domain.Event {
	logs := map[string][]domain.Event{}
	for _, e := range all {
		logs[e.Authority] = append(logs[e.Authority], e)
	}
	return logs
}

func acceptedByTheLedger(t *testing.T, all []domain.Event) {
	logs := byAuthority(all)
	require.Len(t, logs, 13)
	for _, authority := range logs {
		requireAccepted(t, authority)
	}
}

func patientsFollowTheProcess(t *testing.T, all []domain.Event) {
	ids, asked, reported := map[string]bool{}, map[domain.Entity]domain.Date{}, map[string]bool{}
	corrections := 0
	for i := range all {
		e := &all[i]
		require.False(t, ids[e.ID], "id %s twice in the file", e.ID)
		ids[e.ID] = true
		switch d := e.Data.(type) {
		case *domain.CareRequested:
			asked[e.Entity] = e.Effective
		case *domain.PatientEnrolled:
			require.Greater(t, d.From, asked[e.Entity], "event %s", e.ID)
		case *domain.HealthTimeReported:
			key := fmt.Sprint(e.Entity, d.Unit, d.Month, d.Kind, d.Profession)
			require.False(t, reported[key], "event %s is reported twice", e.ID)
			reported[key] = true
			require.Greater(t, domain.LocalMonth(e.Recorded), d.Month, "event %s", e.ID)
		case *domain.EventCorrected:
			corrections++
		}
	}
	require.Greater(t, corrections, 50) // so that payouts have earlier months to adjust
}

// The text beside the table names three municipalities in which men are more than women, all at 65-79.
func TestThePublishedTableHasMoreMenThanWomenWhereItsTextSays(t *testing.T) {
	table, err := readCountyTable()
	require.NoError(t, err)
	found := map[string][]string{}
	for _, m := range table.municipalities {
		for age, c := range m.cells {
			if c[1] > c[0] {
				found[domain.AgeGroups[age]] = append(found[domain.AgeGroups[age]], m.name)
			}
		}
	}
	require.Subset(t, found["65-79"], []string{"Lekeberg", "Laxå", "Ljusnarsberg"})
	// ... and what it does not say; the page of the system does.
	require.ElementsMatch(t, []string{"Askersund", "Laxå", "Lekeberg", "Ljusnarsberg"}, found["65-79"])
	require.ElementsMatch(t, []string{"Laxå", "Lekeberg", "Lindesberg"}, found["0-64"])
	require.Empty(t, found["80+"])
}

func activityCodes(t *testing.T, all []domain.Event) {
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
func psychiatricCare(t *testing.T, all []domain.Event) {
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
	page, err := os.ReadFile("../../../../domain/compensation/library/orebro-county.md")
	require.NoError(t, err)
	require.Contains(t, string(page), fmt.Sprintf("| %d of the recipients:", psychiatricPatients))
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

func agreementOf2025(t *testing.T, all []domain.Event) {
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
