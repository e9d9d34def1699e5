package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"careledger/domain"
	"careledger/projections"
)

// invoiceRow is a row of an invoice basis as programs read it.
type invoiceRow struct {
	Authority string       `json:"authority"`
	Name      string       `json:"name"`
	Month     string       `json:"month"`
	Patient   string       `json:"patient"`
	Unit      string       `json:"unit"`
	Minutes   int64        `json:"minutes"`
	Hours     string       `json:"hours"`
	Rates     []string     `json:"rates"` // kronor per hour, or per month of a fixed amount; none where no policy pays
	Amount    domain.Money `json:"amount"`
	Plan      string       `json:"coordinated_plan"` // one of projections.CoordinatedPlans
	PlanHeld  string       `json:"plan_held_on"`     // "" where none had been held
}

// invoiceSum is the sum of a municipality, or of all.
type invoiceSum struct {
	Authority   string       `json:"authority,omitzero"`
	Name        string       `json:"name,omitzero"`
	Patients    int          `json:"patients"`
	Minutes     int64        `json:"minutes"`
	Hours       string       `json:"hours"`
	Amount      domain.Money `json:"amount"`
	PlanMissing int          `json:"plan_missing"` // patients
	NotEnrolled int          `json:"not_enrolled"` // patients
}

func invoiceRowOf(b *projections.InvoiceBasis, r *projections.InvoiceRow) invoiceRow {
	row := invoiceRow{Authority: b.Authority, Name: authorityName(b.Authority), Month: b.Month.Text(), Patient: r.Patient, Unit: r.Unit, Minutes: r.Minutes,
		Hours: projections.Hours(r.Minutes), Rates: []string{}, Amount: r.Amount, Plan: r.Plan}
	for _, rate := range r.Rates {
		row.Rates = append(row.Rates, rate.String())
	}
	if r.PlanHeld != 0 {
		row.PlanHeld = r.PlanHeld.String()
	}
	return row
}

func (s *invoiceSum) add(of projections.InvoiceSum) {
	s.Patients, s.PlanMissing, s.NotEnrolled = s.Patients+of.Patients, s.PlanMissing+of.PlanMissing, s.NotEnrolled+of.NotEnrolled
	s.Minutes, s.Amount = s.Minutes+of.Minutes, s.Amount+of.Amount
	s.Hours = projections.Hours(s.Minutes)
}

func (s *invoiceSum) cells(authority string) []string {
	return []string{authority, s.Name, strconv.Itoa(s.Patients), strconv.FormatInt(s.Minutes, 10), s.Hours, s.Amount.String(), strconv.Itoa(s.PlanMissing), strconv.Itoa(s.NotEnrolled)}
}

// InvoiceBases writes the invoice bases of a month, one of each municipality. CSV has the rows, a table and JSON the sums as well.
func InvoiceBases(w io.Writer, format Format, month domain.Month, all []*projections.InvoiceBasis) error {
	number := func(name string) column { return column{name: name, number: true} }
	s := &sheet{columns: append(append(fields([]string{"authority", "name", "month", "patient", "unit"}), number("minutes"), number("hours"), number("rate"), kronor("amount")),
		fields([]string{"coordinated_plan", "plan_held_on"})...)}
	sums := &sheet{columns: append(fields([]string{"authority", "name"}), number("patients"), number("minutes"), number("hours"), kronor("amount"), number("plan_missing"), number("not_enrolled"))}
	var logs []projections.LogMoment
	rows, each, total := []invoiceRow{}, []invoiceSum{}, invoiceSum{Hours: projections.Hours(0)}
	unpaid := 0
	for _, b := range all {
		logs = append(logs, projections.LogMoment{Authority: b.Authority, AsOf: b.AsOf})
		for i := range b.Rows {
			r := invoiceRowOf(b, &b.Rows[i])
			rows = append(rows, r)
			s.rows = append(s.rows, []string{r.Authority, r.Name, r.Month, r.Patient, r.Unit, strconv.FormatInt(r.Minutes, 10), r.Hours, strings.Join(r.Rates, ", "),
				r.Amount.String(), r.Plan, r.PlanHeld})
			if r.Minutes > 0 && len(r.Rates) == 0 {
				unpaid++
			}
		}
		sum := invoiceSum{Authority: b.Authority, Name: authorityName(b.Authority)}
		sum.add(b.Sum())
		total.add(b.Sum())
		each = append(each, sum)
		sums.rows = append(sums.rows, sum.cells(sum.Authority))
	}
	s.heading = []string{"Psychiatric home health care to invoice the region, " + month.String(), asKnownIn(logs)}
	if format != Table {
		return s.write(w, format, struct {
			Logs           []logMoment  `json:"logs"`
			Month          string       `json:"month"`
			Total          invoiceSum   `json:"total"`
			Municipalities []invoiceSum `json:"municipalities"`
			Rows           []invoiceRow `json:"rows"`
		}{logMoments(logs), month.Text(), total, each, rows})
	}
	var notes []string
	if unpaid > 0 {
		notes = append(notes, fmt.Sprintf("Rows with time that no policy in force pays for: %d. careledger policy list shows the policies adopted.", unpaid))
	}
	if err := s.withNotes(w, format, nil, notes); err != nil {
		return err
	}
	if len(all) > 1 {
		sums.footer = total.cells("total")
	}
	sums.heading = []string{"", "By municipality"}
	return sums.write(w, format, nil)
}
