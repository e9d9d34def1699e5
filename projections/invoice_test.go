package projections

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/historytest"
)

type placeOf struct{ patient, unit string }

// A basis has exactly the rows that the events known then call for, with their time and what they say of the plan, whatever the order
// and corrections in which they came.
func TestAnInvoiceBasisIsWhatTheEventsKnownThenSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, of := drawPatients(t, "1880"), month(t, "2019-02")
		whole := l.table(t)
		n := rapid.IntRange(0, len(l.events)).Draw(t, "as of")
		b, err := whole.InvoiceBasis(AsOf{Sequence: uint64(n)}, of)
		require.NoError(t, err)
		want := map[placeOf]InvoiceRow{}
		for _, p := range foldPatients(t, historytest.KnownAt(l.events, uint64(n)), func(*domain.Event, *domain.Patient) {}) {
			f := p.Facts()
			plan, held := PlanNotEnrolled, domain.Date(0)
			unplanned := map[string]bool{}
			for _, e := range f.Enrolments {
				if e.Kind != domain.PatientPsychiatric || domain.Overlap(e.From, e.To, of.First(), of.Last()) == 0 {
					continue
				}
				if plan, held = PlanHeld, e.Plan; e.Plan > of.Last() {
					plan, held = PlanMissing, 0
					unplanned[e.Unit] = true
				}
			}
			row := func(unit string) InvoiceRow {
				return InvoiceRow{Patient: f.Case, Unit: unit, Plan: plan, PlanHeld: held}
			}
			for unit := range unplanned {
				want[placeOf{f.Case, unit}] = row(unit)
			}
			for _, time := range f.Performed {
				if time.Category == domain.PatientPsychiatric && time.Month == of && time.Minutes > 0 {
					r := row(time.Unit)
					r.Minutes = int64(time.Minutes)
					want[placeOf{f.Case, time.Unit}] = r
				}
			}
		}
		got := map[placeOf]InvoiceRow{}
		for _, r := range b.Rows {
			got[placeOf{r.Patient, r.Unit}] = r
		}
		require.Equal(t, want, got)
		require.Len(t, b.Rows, len(got))
	})
}

// The amounts of a basis are those of the postings of psychiatric time under the policies adopted then, and its rates are theirs.
func TestTheAmountsOfAnInvoiceBasisAreThePostings(t *testing.T) {
	l := newPatientLog("1880")
	record := func(typ, entity, effective, recorded, data string) {
		require.True(t, l.submit(entity, recorded+"T08:00:00Z", `"type":"`+typ+`","effective":"`+effective+`","data":`+data))
	}
	record("policy-adopted", "policy/m", "2019-01-01", "2019-01-01", `{"model":{"id":"m","title":"t","currency":"SEK","parameters":{`+
		`"rate":{"by":["area","kind"],"values":{"2019-01-01":{"urban/psychiatric":"520","rural/psychiatric":"500.10","urban/somatic":"1","rural/somatic":"1"},`+
		`"2019-03-01":{"urban/psychiatric":"600","rural/psychiatric":"600","urban/somatic":"1","rural/somatic":"1"}}},`+
		`"month":{"values":{"2019-01-01":"100"}}},"components":[{"id":"time","kind":"time","basis":"health","rate":"rate"},`+
		`{"id":"over","kind":"supplement","basis":"health","threshold_minutes":0,"rate":"month"},`+
		`{"id":"place","kind":"fixed","per":"patient-month","amount":"month","when":"kind == \"psychiatric\" && unit == \"u1\""}]},"from":"2019-01-01","decided_by":"b","decided_on":"2019-01-01"}`)
	record("care-requested", "patient/p", "2019-01-02", "2019-01-02", `{"person":"x","requested_by":"r"}`)
	record("patient-enrolled", "patient/p", "2019-01-02", "2019-01-02", `{"provider":"health","unit":"u1","from":"2019-01-02","kind":"psychiatric"}`)
	for _, unit := range []string{"u1", "u2"} {
		for _, kind := range domain.PatientKinds {
			record("health-time-reported", "patient/p", "2019-02-01", "2019-03-01", `{"unit":"`+unit+`","month":"2019-02","kind":"`+kind+`","profession":"nurse","minutes":50,"delegated":false}`)
		}
	}
	table := l.table(t)
	b, err := table.InvoiceBasis(Now, month(t, "2019-02"))
	require.NoError(t, err)
	text := func(r InvoiceRow) string {
		s := r.Patient + " " + r.Unit + " " + strconv.FormatInt(r.Minutes, 10) + " " + Hours(r.Minutes) + " " + r.Amount.String() + " " + r.Plan
		for _, rate := range r.Rates {
			s += " " + rate.String()
		}
		return s
	}
	require.Len(t, b.Rows, 2)
	require.Equal(t, "p u1 50 0.83 533.33 missing 100 520", text(b.Rows[0]), "50 minutes at 520 and a month's 100")
	require.Equal(t, "p u2 50 0.83 416.75 missing 500.1", text(b.Rows[1]), "no somatic time, and no supplement")
	require.Equal(t, InvoiceSum{Patients: 1, PlanMissing: 1, Minutes: 100, Amount: 95_008}, b.Sum())

	earlier, err := table.InvoiceBasis(AsOf{Time: at(t, "2019-02-28T00:00:00Z")}, month(t, "2019-02"))
	require.NoError(t, err)
	require.Len(t, earlier.Rows, 1)
	require.Equal(t, "p u1 0 0.00 100.00 missing 100", text(earlier.Rows[0]), "the time was not known")
}

func TestHoursAreMinutesWithTwoDecimals(t *testing.T) {
	for minutes, want := range map[int64]string{0: "0.00", 1: "0.02", 50: "0.83", 60: "1.00", 90: "1.50", 125: "2.08", 627: "10.45", 600_003: "10000.05"} {
		require.Equal(t, want, Hours(minutes))
	}
}
