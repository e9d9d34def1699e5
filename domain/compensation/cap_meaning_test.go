package compensation_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
)

// What a cap takes back. A krona a minute; the postings that it sums are told apart from its own by their quantity, which is not 0.

const perMinute = `{"id":"t","kind":"time","rate":"a","basis":"performed"}`

func capOf(per, limit, more string) string {
	return fmt.Sprintf(`{"id":"cap","kind":"cap","of":["t"],"per":%q,"limit":%q%s}`, per, limit, more)
}

// worked is a case with so many minutes of care at a unit from January on, month by month.
func worked(id, unit string, minutes ...int) domain.CaseFacts {
	facts := domain.CaseFacts{Case: id}
	for i, n := range minutes {
		facts.Performed = append(facts.Performed, done(unit, "care", "day", fmt.Sprintf("2020-%02d", i+1), n))
	}
	return facts
}

// takenBack returns what the caps take, in their order.
func takenBack(t *testing.T, plain *compensation.Plain) []string {
	t.Helper()
	postings, err := plain.Evaluate()
	require.NoError(t, err)
	var all []string
	for _, p := range postings {
		if p.Quantity.Rat().Sign() == 0 {
			all = append(all, fmt.Sprintf("%s %s %s %s %s", p.Month, p.Unit, p.Case, p.QuantityUnit, p.Amount))
		}
	}
	compiled, _, digest, err := compiledPostings(columnsOf(t, plain), plain.Policies, plain.Period, nil)
	require.NoError(t, err)
	assert.Equal(t, inFigures(postings), inFigures(compiled))
	assert.Equal(t, digestOf(postings), digest)
	return all
}

func TestACapTakesBackWhatPassesItsLimit(t *testing.T) {
	plain := charged(t, inForce(t, krona, perMinute+`,`+capOf("authority-year", "1000", "")), worked("k", "u", 600, 600, 300))
	assertPostings(t, plain, "2020-01 u care/day 600 = 600.00", "2020-02 u care/day 600 = 600.00", "2020-03 u care/day 300 = 300.00",
		"2020-02 u minute 0 = -200.00", "2020-03 u minute 0 = -300.00")
	postings, err := plain.Evaluate()
	require.NoError(t, err)
	last := postings[len(postings)-1]
	assert.Equal(t, []any{"cap", "k", "1000"}, []any{last.Component, last.Case, last.Rate.String()})
}

func TestACapSumsTheYearThatThePeriodBeginsIn(t *testing.T) {
	facts := []domain.CaseFacts{worked("k", "u", 600, 300, 0, 0, 200, 50)}
	plain := charged(t, inForce(t, krona, capOf("unit-year", "1000", "")+`,`+perMinute), facts...)
	plain.Period.From = domain.NewMonth(2020, 5)
	assertPostings(t, plain, "2020-05 u care/day 200 = 200.00", "2020-06 u care/day 50 = 50.00", "2020-05 u minute 0 = -100.00", "2020-06 u minute 0 = -50.00")
	t.Run("and begins anew in January", func(t *testing.T) {
		facts[0].Performed = append(facts[0].Performed, done("u", "care", "day", "2021-01", 900), done("u", "care", "day", "2021-02", 150))
		plain.Period.To = domain.NewMonth(2021, 2)
		assert.Equal(t, []string{"2020-05 u k minute -100.00", "2020-06 u k minute -50.00", "2021-02 u k minute -50.00"}, takenBack(t, plain))
	})
	t.Run("without asking for values before it that only others need", func(t *testing.T) {
		parameters := `"a":{"values":{"2020-01-01":"60"}},"late":{"values":{"2020-05-01":"60"}}`
		plain.Policies = inForce(t, parameters, perMinute+`,`+capOf("unit-year", "1000", "")+`,{"id":"o","kind":"time","rate":"late","basis":"performed"}`)
		assert.Len(t, takenBack(t, plain), 3)
	})
}

func TestACapHoldsPerAuthorityProviderOrUnit(t *testing.T) {
	// u and v are p's, w is q's. In order of month, unit and case: u 500, v 400, w 300 in January and again in February.
	facts := []domain.CaseFacts{worked("k", "v", 400, 400), worked("l", "u", 500, 500), worked("m", "w", 300, 300)}
	for per, want := range map[string][]string{
		"authority-year": {"2020-01 w m minute -200.00", "2020-02 u l minute -500.00", "2020-02 v k minute -400.00", "2020-02 w m minute -300.00"}, // 500, 900, 1200 …
		"provider-year":  {"2020-02 u l minute -400.00", "2020-02 v k minute -400.00"},                                                             // p: 900, 1400, 1800
		"unit-year":      nil,
	} {
		assert.Equal(t, want, takenBack(t, charged(t, inForce(t, krona, perMinute+`,`+capOf(per, "1000", "")), facts...)), per)
	}
	assert.Equal(t, []string{"2020-02 u l minute -100.00"}, takenBack(t, charged(t, inForce(t, krona, perMinute+`,`+capOf("unit-year", "900", "")), facts...)))
	byRegime := `,"limit":{"by":["regime"],"values":{"2020-01-01":{"in-house":"1200","external":"350"}}}`
	assert.Equal(t, []string{"2020-02 u l minute -200.00", "2020-02 v k minute -400.00", "2020-02 w m minute -250.00"},
		takenBack(t, charged(t, inForce(t, krona+byRegime, perMinute+`,`+capOf("provider-year", "limit", "")), facts...)))
}

func TestACapSumsWhatItsWhenAdmits(t *testing.T) {
	facts := []domain.CaseFacts{worked("k", "u", 600, 600), worked("l", "w", 600, 600)}
	assert.Equal(t, []string{"2020-02 w l minute -200.00"},
		takenBack(t, charged(t, inForce(t, krona, perMinute+`,`+capOf("authority-year", "1000", `,"when":"regime == 'external'"`)), facts...)))
	assert.Equal(t, []string{"2020-02 u k minute -200.00"},
		takenBack(t, charged(t, inForce(t, krona, perMinute+`,`+capOf("authority-year", "1000", `,"when":"case == 'k' && category == 'care' && kind == ''"`)), facts...)))
}

func TestACapGivesBackWhenItsSumFallsOrItsLimitRises(t *testing.T) {
	// January: 600, of which 100 is above 500. From February on the limit is 800: 1 000 is 200 above; from March on 1 500, and nothing is.
	limit := `,"limit":{"values":{"2020-01-01":"500","2020-02-01":"800","2020-02-02":"1500"}}`
	assert.Equal(t, []string{"2020-01 u k minute -100.00", "2020-02 u k minute -100.00", "2020-03 u k minute 200.00"},
		takenBack(t, charged(t, inForce(t, krona+limit, perMinute+`,`+capOf("unit-year", "limit", "")), worked("k", "u", 600, 400, 1))))
	falling := `"a":{"values":{"2020-01-01":"60","2020-03-01":"-60"}}`
	assert.Equal(t, []string{"2020-02 u k minute -500.00", "2020-03 u k minute 300.00", "2020-04 u k minute 200.00"}, // 1500, 1200, 600
		takenBack(t, charged(t, inForce(t, falling, perMinute+`,`+capOf("unit-year", "1000", "")), worked("k", "u", 1000, 500, 300, 600))))
}

func TestDocumentsOfAPolicyShareTheRunningSumOfTheirYear(t *testing.T) {
	facts := []domain.CaseFacts{worked("k", "u", 400, 400, 400, 400)}
	two := func(limit string) []compensation.Policy {
		first, second := inForce(t, krona, perMinute+`,`+capOf("unit-year", "1000", "")), inForce(t, krona, perMinute+`,`+capOf("unit-year", limit, ""))
		first[0].Documents[0].End, second[0].Documents[0].From = on("2020-03-01"), on("2020-03-01")
		first[0].Documents = append(first[0].Documents, second[0].Documents...)
		return first
	}
	assert.Equal(t, []string{"2020-03 u k minute -200.00", "2020-04 u k minute -400.00"}, takenBack(t, charged(t, two("1000"), facts...)))
	// The second document's limit has been passed before it begins: what is above it is taken at once.
	assert.Equal(t, []string{"2020-03 u k minute -700.00", "2020-04 u k minute -400.00"}, takenBack(t, charged(t, two("500"), facts...)))
	apart := two("1000")
	apart = append(apart, compensation.Policy{ID: "n", Documents: apart[0].Documents[1:]})
	apart[0].Documents = apart[0].Documents[:1]
	assert.Empty(t, takenBack(t, charged(t, apart, facts...)), "another policy has a sum of its own")
}

// followed is a case whose goal was fulfilled at unit u on the days.
func followed(id string, days ...string) domain.CaseFacts {
	facts := domain.CaseFacts{Case: id}
	for i, day := range days {
		facts.FollowUps = append(facts.FollowUps, domain.FollowUp{ID: fmt.Sprintf("f%d", i), Sequence: uint64(i + 1), HeldOn: on(day), Occasion: "annual",
			Goals: []domain.AssessedGoal{{Goal: "g", LifeArea: "mobility", Outcome: "fulfilled", Unit: "u"}}})
	}
	return facts
}

const goalEach = `{"id":"g","kind":"goal-premium","amount":"p","outcomes":{"fulfilled":"1"}%s}`

func TestACapSumsComponentsOfSeveralKindsInOneOrder(t *testing.T) {
	// February: k's time 300 (sum 300), k's premium 297 (597), l's premium 297 (894); March: k's time 200 (1 094).
	k, l := followed("k", "2020-02-20"), followed("l", "2020-02-03")
	k.Performed = worked("k", "u", 0, 300, 200).Performed
	both := `{"id":"cap","kind":"cap","of":["g","t"],"per":"unit-year","limit":"500"}`
	plain := charged(t, inForce(t, krona+`,"p":{"values":{"2020-01-01":"297"}}`, both+`,`+fmt.Sprintf(goalEach, "")+`,`+perMinute), k, l)
	assert.Equal(t, []string{"2020-02 u k goal -97.00", "2020-02 u l goal -297.00", "2020-03 u k minute -200.00"}, takenBack(t, plain))
	postings, err := plain.Evaluate()
	require.NoError(t, err)
	assert.Equal(t, []string{"2020-02 u f0/g 0 = -97.00", "2020-02 u f0/g 0 = -297.00", "2020-03 u minute 0 = -200.00"}, inFigures(postings)[:3])
	assert.Equal(t, []any{"mobility", "annual", on("2020-02-20")}, []any{postings[0].LifeArea, postings[0].Occasion, postings[0].HeldOn})
}

func TestWithinACaseARunningSumGoesByTheIdsOfFollowUpsAndGoals(t *testing.T) {
	k := domain.CaseFacts{Case: "k"}
	for i, f := range []string{"late", "early"} { // held in this order, but early comes first by its id
		k.FollowUps = append(k.FollowUps, domain.FollowUp{ID: f, Sequence: uint64(i + 1), HeldOn: on("2020-02-01") + domain.Date(i), Occasion: []string{"annual", "closure"}[i],
			Goals: []domain.AssessedGoal{{Goal: "h", LifeArea: "mobility", Outcome: "fulfilled", Unit: "u"}, {Goal: "g", LifeArea: "learning", Outcome: "fulfilled", Unit: "u"}}})
	}
	capped := func(more string) *compensation.Plain {
		return charged(t, inForce(t, `"p":{"values":{"2020-01-01":"100"}}`, fmt.Sprintf(goalEach, "")+`,{"id":"cap","kind":"cap","of":["g"],"per":"unit-year","limit":"50"`+more+`}`), k)
	}
	premiums := []string{"2020-02 u late/h 1 = 100.00", "2020-02 u late/g 1 = 100.00", "2020-02 u early/h 1 = 100.00", "2020-02 u early/g 1 = 100.00"}
	assertPostings(t, capped(""), append(premiums, "2020-02 u early/g 0 = -50.00", "2020-02 u early/h 0 = -100.00", "2020-02 u late/g 0 = -100.00", "2020-02 u late/h 0 = -100.00")...)
	assertPostings(t, capped(`,"when":"occasion == 'annual'"`), append(premiums, "2020-02 u late/g 0 = -50.00", "2020-02 u late/h 0 = -100.00")...)
	assertPostings(t, capped(`,"when":"life_area == 'mobility' && outcome == ''"`), append(premiums, "2020-02 u early/h 0 = -50.00", "2020-02 u late/h 0 = -100.00")...)
}

func TestWhatWasPaidInEarlierYearsAsksForNoLimit(t *testing.T) {
	policies := inForce(t, `"p":{"values":{"2019-01-01":"300"}},"limit":{"values":{"2020-01-01":"100"}}`,
		fmt.Sprintf(goalEach, `,"repeat":"once-per-goal"`)+`,{"id":"cap","kind":"cap","of":["g"],"per":"unit-year","limit":"limit"}`)
	policies[0].Documents[0].From = domain.MinDate
	assertPostings(t, charged(t, policies, followed("k", "2019-02-01", "2020-05-01"), followed("l", "2020-05-01")), "2020-05 u f0/g 1 = 300.00", "2020-05 u f0/g 0 = -200.00")
}

func TestWhatACapSumsIsStillPaidOnce(t *testing.T) {
	policies := inForce(t, `"p":{"values":{"2020-01-01":"300"}}`, fmt.Sprintf(goalEach, `,"repeat":"once-per-goal"`)+`,{"id":"cap","kind":"cap","of":["g"],"per":"unit-year","limit":"500"}`)
	facts := []domain.CaseFacts{followed("k", "2020-02-01", "2020-05-01"), followed("l", "2020-05-02", "2020-06-02")}
	plain := charged(t, policies, facts...)
	plain.Period.From = domain.NewMonth(2020, 5)
	assertPostings(t, plain, "2020-05 u f0/g 1 = 300.00", "2020-05 u f0/g 0 = -100.00") // l's; k's was paid in February, and counts
}

func TestACapWithoutALimitOnTheDaySaysSo(t *testing.T) {
	policies := inForce(t, krona+`,"limit":{"values":{"2020-03-01":"500"}}`, perMinute+`,`+capOf("unit-year", "limit", ""))
	plain := charged(t, policies, worked("k", "u", 600, 0, 600))
	plain.Period.From = domain.NewMonth(2020, 3)
	assertRefused(t, plain, "model m: parameters.limit has no value on 2020-01-01, where component cap uses it; its first value is from 2020-03-01. Add an earlier value, since a cap sums whole years, or let the model hold from that date on (--in-force-from 2020-03-01)")
}
