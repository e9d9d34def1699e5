package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// What calculating again leads to, as more becomes known.

func correction(id, of, entity, data string) string {
	return record(id, "event-corrected", entity, "2020-04-01", "2020-04-01", `{"event":"`+of+`","reason":"wrong","data":`+data+`}`)
}

func TestCalculatingAgainWithoutNewKnowledgeWritesNothing(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)))
	calculate := PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"}
	did(t, l, calculate)
	before := position(t, l)
	for _, actor := range []string{"anna", "carl"} {
		calculate.Actor = actor
		for _, o := range did(t, l, calculate) {
			require.Equal(t, "unchanged: nothing new is known", o.Outcome)
		}
	}
	// What is new of another month, or changes nothing, makes no version either.
	imported(t, l, file(t, record("later", "time-reported", "case/k0", "2020-03-01", "2020-04-01", reported(0, "2020-03", 60))))
	did(t, l, calculate)
	require.Equal(t, before+1, position(t, l))

	did(t, l, PayoutRequest{Action: "approve", Month: "2020-01", Actor: "bo", On: "2020-06-01"})
	did(t, l, PayoutRequest{Action: "pay", Month: "2020-01", Actor: "bo", On: "2020-06-01"})
	before = position(t, l)
	imported(t, l, file(t, correction("c", "time0-2020-01", "case/k0", reported(0, "2020-01", 60))))
	for _, o := range did(t, l, calculate) {
		require.Contains(t, o.Outcome, "a month that is paid is never reopened")
	}
	require.Equal(t, before+1, position(t, l))
}

func TestNewKnowledgeOfAnUnpaidMonthMakesANewVersion(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)))
	calculate := PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"}
	did(t, l, calculate)
	imported(t, l, file(t, correction("c", "time0-2020-01", "case/k0", reported(0, "2020-01", 660))))
	outcomes := did(t, l, calculate)
	require.Equal(t, "calculated anew", outcomes[0].Outcome)
	require.Equal(t, []string{"2020-01, u0, m/time: 1200.00 kr → 1320.00 kr"}, latest(t, l, "2020-01-p0").Changes)
	require.Contains(t, outcomes[1].Outcome, "unchanged")

	// Nothing is due any more: that is a version, too, so that what was due before cannot be approved.
	imported(t, l, file(t, record("gone", "event-annulled", "case/k0", "2020-04-02", "2020-04-02", `{"event":"time0-2020-01","reason":"another person"}`)))
	require.Equal(t, "calculated anew", did(t, l, calculate)[0].Outcome)
	v := latest(t, l, "2020-01-p0")
	require.Equal(t, 3, v.Version)
	require.Zero(t, v.Total)
	require.Equal(t, []string{"2020-01, u0, m/time: 1320.00 kr is gone"}, v.Changes)
	_, err := carryOut(t.Context(), l, PayoutRequest{Action: "approve", Payouts: []string{"2020-01-p0"}, Version: 2, Actor: "bo"})
	require.ErrorContains(t, err, "version 2 is not what counts")
	before := position(t, l)
	did(t, l, calculate)
	require.Equal(t, before, position(t, l))
}

// adjusted imports what becomes known after January is paid, and returns the adjustment line of February's payout to p0.
func adjusted(t *testing.T, records string) domain.PayoutLine {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)))
	paidMonth(t, l, "2020-01")
	paid := latest(t, l, "2020-01-p0")
	imported(t, l, file(t, records))
	paidMonth(t, l, "2020-02")
	require.Equal(t, paid, latest(t, l, "2020-01-p0"), "a paid month is never reopened")
	for _, other := range latest(t, l, "2020-02-p1").Lines {
		if other.Policy == "m" {
			require.Equal(t, "2020-02", other.Month.Text(), "of p1 nothing has changed")
		}
	}
	lines := latest(t, l, "2020-02-p0").Lines
	require.Equal(t, "2020-01", lines[len(lines)-1].Month.Text(), "earlier months stand last")
	requireBooks(t, eventsOf(t, l))
	return lines[len(lines)-1]
}

// causes are the types and ids of a line's causes.
func causes(l domain.PayoutLine) (all []string) {
	for _, c := range l.Causes {
		all = append(all, string(c.Type)+" "+c.Event)
	}
	return all
}

func TestACorrectionInAPaidMonthIsAnAdjustmentOfTheNext(t *testing.T) {
	line := adjusted(t, correction("c", "time0-2020-01", "case/k0", reported(0, "2020-01", 630))+
		record("other", "time-reported", "case/k0", "2020-03-01", "2020-04-01", reported(0, "2020-03", 60)))
	require.Equal(t, [3]domain.Money{1260_00, 1200_00, 60_00}, [3]domain.Money{line.Known, line.Settled, line.Amount})
	require.Equal(t, []string{"event-corrected c"}, causes(line))
}

func TestALateRegistrationInAPaidMonthIsAnAdjustmentOfTheNext(t *testing.T) {
	line := adjusted(t, record("late", "visit-performed", "case/k0", "2020-01-20", "2020-04-01",
		`{"unit":"u0","category":"service","band":"day","arrived":"2020-01-20T08:00:00+01:00","left":"2020-01-20T08:30:00+01:00"}`))
	require.Equal(t, domain.Money(60_00), line.Amount)
	require.Equal(t, []string{"visit-performed late"}, causes(line))
}

func TestAnAnnulledReportOfAPaidMonthIsTakenBackInTheNext(t *testing.T) {
	line := adjusted(t, record("gone", "event-annulled", "case/k0", "2020-04-02", "2020-04-02", `{"event":"time0-2020-01","reason":"another person"}`))
	require.Equal(t, [3]domain.Money{0, 1200_00, -1200_00}, [3]domain.Money{line.Known, line.Settled, line.Amount})
	require.Equal(t, "5011", line.Account)
	require.Equal(t, []string{"event-annulled gone"}, causes(line))
}

func TestAPolicyAdoptedBackInTimeAdjustsWhatIsPaid(t *testing.T) {
	line := adjusted(t, adoption("adopt-duty", dutyModel, "2020-04-01"))
	require.Equal(t, "duty", line.Policy)
	require.Equal(t, domain.Money(1000_00), line.Amount)
	require.Equal(t, []string{"policy-adopted adopt-duty"}, causes(line))
}

// A unit that had nothing in force in the paid month has it by a decision registered late, and the fixed amount for it.
func TestALateDecisionIsWhyAUnitGetsItsFixedAmount(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(1)+adoption("adopt-duty", dutyModel, "2020-03-01")+
		record("v", "unit-registered", "provider/p0", "2019-12-01", "2020-03-01", `{"unit":"v","name":"V","area":"rural"}`)))
	paidMonth(t, l, "2020-01")
	imported(t, l, file(t, record("open-z", "case-opened", "case/z", "2020-01-01", "2020-04-01", `{"person":"z"}`)+
		record("decision-z", "decision-made", "case/z", "2020-01-15", "2020-04-01",
			`{"decision":"d","provider":"p0","unit":"v","method":"standard-time","from":"2020-01-15","services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":30}]}`)))
	paidMonth(t, l, "2020-02")
	v := latest(t, l, "2020-02-p0")
	line := v.Lines[len(v.Lines)-1]
	require.Equal(t, [3]string{"2020-01", "v", "duty"}, [3]string{line.Month.Text(), line.Unit, line.Policy})
	require.Equal(t, domain.Money(1000_00), line.Amount)
	require.Equal(t, []string{"decision-made decision-z"}, causes(line))
}

// What a model sees of a unit changes with the provider's registration.
func TestACorrectedProviderIsWhyItsAmountsChange(t *testing.T) {
	const byRegime = `{"id":"regime","title":"by regime","currency":"SEK","parameters":{"rate":{"by":["regime"],"values":{"2020-01-01":{"external":"60","in-house":"30"}}}},"components":[{"id":"time","kind":"time","basis":"performed","rate":"rate"}]}`
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)+adoption("adopt-regime", byRegime, "2020-03-01")))
	paidMonth(t, l, "2020-01")
	imported(t, l, file(t, correction("c", "p0", "provider/p0", `{"name":"P","regime":"in-house"}`)))
	paidMonth(t, l, "2020-02")
	line := latest(t, l, "2020-02-p0").Lines[2]
	require.Equal(t, [3]domain.Money{300_00, 600_00, -300_00}, [3]domain.Money{line.Known, line.Settled, line.Amount})
	require.Equal(t, []string{"event-corrected c"}, causes(line))
	require.Len(t, latest(t, l, "2020-02-p1").Lines, 2)
}

// A cap of February follows from what January used up of it.
func TestACapFollowsFromEarlierMonths(t *testing.T) {
	const capped = `{"id":"capped","title":"at most 2 000 a year","currency":"SEK","parameters":{"rate":{"values":{"2020-01-01":"120"}}},"components":[{"id":"time","kind":"time","basis":"performed","rate":"rate"},{"id":"most","kind":"cap","of":["time"],"limit":"2000","per":"provider-year"}]}`
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)+adoption("adopt-capped", capped, "2020-03-01")))
	paidMonth(t, l, "2020-01")
	paidMonth(t, l, "2020-02")
	imported(t, l, file(t, correction("c", "time0-2020-01", "case/k0", reported(0, "2020-01", 660))))
	paidMonth(t, l, "2020-03")
	for _, line := range latest(t, l, "2020-03-p0").Lines {
		require.Equal(t, []string{"event-corrected c"}, causes(line), "%s %s/%s", line.Month, line.Policy, line.Component)
		if line.Component == "most" {
			require.Equal(t, "2020-02", line.Month.Text())
			require.Equal(t, [3]domain.Money{-520_00, -400_00, -120_00}, [3]domain.Money{line.Known, line.Settled, line.Amount})
		}
	}
	require.Len(t, latest(t, l, "2020-03-p0").Lines, 3)
}

// A month in which nobody was due anything leaves no payout. What becomes known of it later is paid all the same.
func TestAMonthWithoutPayoutsIsAdjustedLater(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(1)))
	for _, month := range []string{"2020-01", "2020-02", "2020-03"} {
		paidMonth(t, l, month)
	}
	imported(t, l, file(t, record("march", "time-reported", "case/k0", "2020-03-01", "2020-05-01", reported(0, "2020-03", 90))+
		record("april", "time-reported", "case/k0", "2020-04-01", "2020-05-01", reported(0, "2020-04", 60))))
	paidMonth(t, l, "2020-04")
	v := latest(t, l, "2020-04-p0")
	require.Equal(t, domain.Money(300_00), v.Total)
	require.Equal(t, "2020-03", v.Lines[1].Month.Text())
	require.Equal(t, []string{"time-reported march"}, causes(v.Lines[1]))
}
