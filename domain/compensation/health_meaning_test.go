package compensation_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// Home health care, and what is above a threshold. The facts are stated as such; a krona a minute unless said otherwise.

// inForce is a policy of one document of the components, over 2020 and later.
func inForce(t *testing.T, parameters, components string) []compensation.Policy {
	t.Helper()
	doc := fmt.Sprintf(`{"id":"m","title":"t","currency":"SEK","parameters":{%s},"components":[%s]}`, parameters, components)
	m, _, err := compensation.ParseModel("m", []byte(doc))
	require.NoError(t, err)
	return []compensation.Policy{{ID: "m", Documents: []compensation.InForce{{Model: m, From: domain.NewDate(2020, 1, 1), End: domain.MaxDate}}}}
}

// charged is units u and v of p in-house in town and w of q external in the country, and what happened there, in the first half of 2020.
func charged(t *testing.T, policies []compensation.Policy, cases ...domain.CaseFacts) *compensation.Plain {
	t.Helper()
	l := historytest.NewLedger()
	for _, line := range append(parties()[:4], rec("unit-registered", "provider/p", "2020-01-01", `{"unit":"v","name":"V","area":"urban"}`)) {
		_, problems := l.Submit([]byte(line))
		require.Empty(t, problems)
	}
	return &compensation.Plain{Authority: "1281", Parties: l.State.Parties, Cases: cases, Policies: policies,
		Period: compensation.Period{From: domain.NewMonth(2020, 1), To: domain.NewMonth(2020, 6)}}
}

func done(unit, category, band, month string, minutes int) domain.Performed {
	m, err := domain.ParseMonth(month)
	if err != nil {
		panic(err)
	}
	return domain.Performed{PerformedKey: domain.PerformedKey{Unit: unit, Category: category, Band: band, Month: m}, Minutes: minutes}
}

func on(s string) domain.Date {
	d, err := domain.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

const krona = `"a":{"values":{"2020-01-01":"60"}}`

// atHome is a case and a patient with the same id.
func atHome() []domain.CaseFacts {
	return []domain.CaseFacts{
		{Case: "k", Performed: []domain.Performed{done("u", "care", "day", "2020-02", 500), done("u", "service", "night", "2020-02", 200), done("w", "care", "day", "2020-02", 650)}},
		{Case: "k", Patient: true, Performed: []domain.Performed{done("u", "somatic", "health", "2020-02", 100), done("u", "psychiatric", "health", "2020-02", 50), done("u", "somatic", "health", "2020-03", 30)}},
	}
}

func TestHealthTimeIsThatOfPatientsByTheirKind(t *testing.T) {
	component := func(more string) string { return `{"id":"c","kind":"time","rate":"a",` + more + `}` }
	assertPostings(t, charged(t, inForce(t, krona, component(`"basis":"health"`)), atHome()...),
		"2020-02 u somatic/health 100 = 100.00", "2020-02 u psychiatric/health 50 = 50.00", "2020-03 u somatic/health 30 = 30.00")
	assertPostings(t, charged(t, inForce(t, krona, component(`"basis":"performed"`)), atHome()...),
		"2020-02 u care/day 500 = 500.00", "2020-02 u service/night 200 = 200.00", "2020-02 w care/day 650 = 650.00")
	assertPostings(t, charged(t, inForce(t, krona, component(`"basis":"health","when":"kind == 'psychiatric'"`)), atHome()...), "2020-02 u psychiatric/health 50 = 50.00")
	assertPostings(t, charged(t, inForce(t, krona, component(`"basis":"performed","when":"kind == ''"`)), atHome()[0]),
		"2020-02 u care/day 500 = 500.00", "2020-02 u service/night 200 = 200.00", "2020-02 w care/day 650 = 650.00")
	byKind := `"a":{"by":["kind"],"values":{"2020-01-01":{"somatic":"60","psychiatric":"1260"}}}` // 50 × 1 260/60
	assertPostings(t, charged(t, inForce(t, byKind, component(`"basis":"health"`)), atHome()...),
		"2020-02 u somatic/health 100 = 100.00", "2020-02 u psychiatric/health 50 = 1050.00", "2020-03 u somatic/health 30 = 30.00")
}

func enrolled(unit, kind, from, to string) domain.Enrolment {
	return domain.Enrolment{Unit: unit, Kind: kind, From: on(from), To: on(to), Plan: domain.MaxDate}
}

func TestAPatientMonthIsPaidForEachUnitAndKind(t *testing.T) {
	patient := domain.CaseFacts{Case: "k", Patient: true, Enrolments: []domain.Enrolment{
		enrolled("u", "somatic", "2020-01-20", "2020-02-10"), enrolled("u", "somatic", "2020-02-05", "2020-02-29"), // all of February
		enrolled("u", "psychiatric", "2020-02-01", "2020-02-10"), enrolled("w", "somatic", "2020-04-30", "2020-04-30")}}
	hundredEach := `"a":{"by":["kind"],"values":{"2020-01-01":{"somatic":"100","psychiatric":"200"}}}`
	assertPostings(t, charged(t, inForce(t, hundredEach, `{"id":"c","kind":"fixed","per":"patient-month","amount":"a"}`), patient),
		"2020-01 u somatic/health 1 = 100.00", "2020-02 u somatic/health 1 = 100.00", "2020-02 u psychiatric/health 1 = 200.00", "2020-04 w somatic/health 1 = 100.00")
	prorated := charged(t, inForce(t, hundredEach, `{"id":"c","kind":"fixed","per":"patient-month","amount":"a","prorate":true}`), patient)
	assertPostings(t, prorated, "2020-01 u somatic/health 12/31 = 38.71", "2020-02 u somatic/health 1 = 100.00",
		"2020-02 u psychiatric/health 10/29 = 68.97", "2020-04 w somatic/health 1/30 = 3.33") // 12/31 × 100, 10/29 × 200, 100/30
	postings, err := prorated.Evaluate()
	require.NoError(t, err)
	assert.Equal(t, compensation.PerPatientMonth, postings[0].QuantityUnit)
	assert.True(t, postings[0].Patient)
	assert.Equal(t, "100", postings[0].Rate.String())
}

func TestAUnitCountsFromItsFirstToItsLastDecisionOrPatient(t *testing.T) {
	facts := []domain.CaseFacts{
		{Case: "k", Grants: []domain.Grant{{Unit: "u", From: on("2020-02-01"), To: on("2020-02-10")}}},
		{Case: "k", Patient: true, Enrolments: []domain.Enrolment{enrolled("u", "somatic", "2020-02-06", "2020-02-15"), enrolled("u", "somatic", "2020-04-30", "2020-04-30")}}}
	amount := `"a":{"values":{"2020-01-01":"100"}}`
	assertPostings(t, charged(t, inForce(t, amount, `{"id":"c","kind":"fixed","per":"unit-month","amount":"a"}`), facts...),
		"2020-02 u unit-month 1 = 100.00", "2020-03 u unit-month 1 = 100.00", "2020-04 u unit-month 1 = 100.00")
	assertPostings(t, charged(t, inForce(t, amount, `{"id":"c","kind":"fixed","per":"unit-month","amount":"a","prorate":true}`), facts...),
		"2020-02 u unit-month 15/29 = 51.72", "2020-04 u unit-month 1/30 = 3.33") // the 15 days that either is in force
}

func TestASupplementPaysWhatIsAboveTheThresholdOverAllCategories(t *testing.T) {
	supplement := func(more string) string {
		return `{"id":"c","kind":"supplement","rate":"a","basis":"performed",` + more + `}`
	}
	// u: 500 + 200 − 600 = 100 minutes; w: 650 − 600 = 50.
	assertPostings(t, charged(t, inForce(t, krona, supplement(`"threshold_minutes":600`)), atHome()...), "2020-02 u minute 100 = 100.00", "2020-02 w minute 50 = 50.00")
	assertPostings(t, charged(t, inForce(t, krona, supplement(`"threshold_minutes":"700"`)), atHome()...)) // not a minute above
	assertPostings(t, charged(t, inForce(t, krona, supplement(`"threshold_minutes":600,"when":"category == 'care'"`)), atHome()...), "2020-02 w minute 50 = 50.00")
	// 100 × 0.35/60 = 0.58333, 50 × 0.35/60 = 0.29167
	assertPostings(t, charged(t, inForce(t, `"a":{"values":{"2020-01-01":"0.35"}}`, supplement(`"threshold_minutes":600`)), atHome()...), "2020-02 u minute 100 = 0.58", "2020-02 w minute 50 = 0.29")
	t.Run("of a patient", func(t *testing.T) {
		assertPostings(t, charged(t, inForce(t, krona, `{"id":"c","kind":"supplement","rate":"a","basis":"health","threshold_minutes":120}`), atHome()...), "2020-02 u minute 30 = 30.00")
	})
	t.Run("of frame time by its method", func(t *testing.T) {
		granted := domain.CaseFacts{Case: "k", Grants: []domain.Grant{
			{Line: 1, Class: domain.GrantFrame, Unit: "u", Category: "frame", Band: "frame", Method: "frame-time", From: on("2020-02-01"), To: on("2020-02-29"), Amount: 900},
			{Line: 2, Class: domain.GrantNeed, Unit: "u", Category: "care", Band: "day", Method: "standard-time", From: on("2020-02-01"), To: on("2020-02-07"), Amount: 300_000_000_000}}}
		component := `{"id":"c","kind":"supplement","rate":"a","basis":"granted","threshold_minutes":800%s}`
		assertPostings(t, charged(t, inForce(t, krona, fmt.Sprintf(component, "")), granted), "2020-02 u minute 400 = 400.00") // 900 + 300 − 800
		assertPostings(t, charged(t, inForce(t, krona, fmt.Sprintf(component, `,"when":"method == 'frame-time'"`)), granted), "2020-02 u minute 100 = 100.00")
	})
	t.Run("by a parameter, as it is on the first of the month", func(t *testing.T) {
		limits := krona + `,"limit":{"by":["regime"],"values":{"2020-01-01":{"in-house":"600","external":"100"},"2020-02-15":{"in-house":"650","external":"100"}}}`
		later := append(atHome()[:1:1], domain.CaseFacts{Case: "l", Performed: []domain.Performed{done("u", "care", "day", "2020-03", 700)}})
		assertPostings(t, charged(t, inForce(t, limits, supplement(`"threshold_minutes":"limit"`)), later...),
			"2020-02 u minute 100 = 100.00", "2020-02 w minute 550 = 550.00", "2020-03 u minute 50 = 50.00")
	})
}

// assertRefused: both evaluators give the error, in the same words.
func assertRefused(t *testing.T, plain *compensation.Plain, want string) {
	t.Helper()
	_, err := plain.Evaluate()
	assert.EqualError(t, err, want)
	_, _, _, err = compiledPostings(columnsOf(t, plain), plain.Policies, plain.Period, nil)
	assert.EqualError(t, err, want)
}
