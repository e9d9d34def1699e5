package projections

import (
	"cmp"
	"fmt"
	"slices"

	"careledger/domain"
	"careledger/domain/compensation"
)

// InvoiceBasis is the psychiatric home health care of a month that a municipality invoices the region, by patient and unit.
//
// A row stands for time reported, for an amount under the adopted policies, or for an enrolment that lacks a coordinated plan, also without
// time. Time that no policy pays for has no amount; so a basis also shows what an invoice would leave out.
type InvoiceBasis struct {
	Authority string
	AsOf      Moment
	Month     domain.Month
	Rows      []InvoiceRow // sorted by patient and unit
}

// InvoiceRow is a patient's psychiatric care at a unit.
type InvoiceRow struct {
	Patient, Unit string
	Minutes       int64
	Rates         []domain.Decimal // what the postings' quantities were multiplied by, increasing; none where there is no posting
	Amount        domain.Money     // sum of the postings whose category is psychiatric
	Plan          string           // one of CoordinatedPlans
	PlanHeld      domain.Date      // the first coordinated plan held for the patient; 0 unless Plan is PlanHeld
}

// CoordinatedPlans are what a row says of the patient's coordinated plan: one had been held by the end of the month; none had; or the patient was
// not enrolled for psychiatric care on any day of the month, at any unit, so that there was nothing to hold one for.
var CoordinatedPlans = domain.Codes{PlanHeld, PlanMissing, PlanNotEnrolled}

// The words of CoordinatedPlans.
const (
	PlanHeld        = "yes"
	PlanMissing     = "missing"
	PlanNotEnrolled = "not enrolled"
)

// InvoiceSum is what the rows of a basis come to.
type InvoiceSum struct {
	Patients, PlanMissing, NotEnrolled int // distinct patients, and of those how many a row flags
	Minutes                            int64
	Amount                             domain.Money
}

// Hours returns minutes as hours with two decimals, rounded half up. minutes is not negative.
func Hours(minutes int64) string {
	hundredths := (minutes*100 + 30) / 60
	return fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
}

// Sum returns the sum of the rows.
func (b *InvoiceBasis) Sum() (sum InvoiceSum) {
	for i, r := range b.Rows {
		sum.Minutes, sum.Amount = sum.Minutes+r.Minutes, sum.Amount+r.Amount
		if i > 0 && b.Rows[i-1].Patient == r.Patient { // its rows stand together, and say the same of its plan
			continue
		}
		sum.Patients++
		switch r.Plan {
		case PlanMissing:
			sum.PlanMissing++
		case PlanNotEnrolled:
			sum.NotEnrolled++
		}
	}
	return sum
}

// InvoiceBasis answers with the basis of a month.
func (t *Table) InvoiceBasis(at AsOf, month domain.Month) (*InvoiceBasis, error) {
	cut, err := t.Cut(at)
	if err != nil {
		return nil, err
	}
	b := &invoicing{Cut: cut, month: month, rows: map[invoiceKey]*InvoiceRow{}, plan: map[uint32]domain.Date{}}
	b.enrolled()
	b.time()
	if err := b.amounts(); err != nil {
		return nil, err
	}
	answer := &InvoiceBasis{Authority: t.authority, AsOf: cut.Moment, Month: month}
	for key, r := range b.rows {
		plan, enrolled := b.plan[key.patient]
		switch {
		case !enrolled:
			r.Plan = PlanNotEnrolled
		case plan > month.Last():
			r.Plan = PlanMissing
		default:
			r.Plan, r.PlanHeld = PlanHeld, plan
		}
		slices.SortFunc(r.Rates, domain.Decimal.Cmp)
		answer.Rows = append(answer.Rows, *r)
	}
	slices.SortFunc(answer.Rows, func(x, y InvoiceRow) int {
		return cmp.Or(cmp.Compare(x.Patient, y.Patient), cmp.Compare(x.Unit, y.Unit))
	})
	return answer, nil
}

// invoicing is a basis on its way.
type invoicing struct {
	*Cut
	month domain.Month
	rows  map[invoiceKey]*InvoiceRow
	plan  map[uint32]domain.Date // by patient enrolled for psychiatric care in the month; MaxDate where none has been held
}

type invoiceKey struct {
	patient uint32 // a position in Cases
	unit    uint16
}

func (b *invoicing) at(patient uint32, unit uint16) *InvoiceRow {
	key := invoiceKey{patient, unit}
	if b.rows[key] == nil {
		b.rows[key] = &InvoiceRow{Patient: b.Cases[patient].ID, Unit: b.Units[unit].ID}
	}
	return b.rows[key]
}

// enrolled notes who is enrolled in the month, and makes a row for whoever lacks a plan.
func (b *invoicing) enrolled() {
	e, psychiatric := &b.Enrolments, uint8(domain.PatientKinds.Index(domain.PatientPsychiatric))
	for i, patient := range e.Case {
		if e.Kind[i] != psychiatric || e.From[i] > b.month.Last() || e.To[i] < b.month.First() {
			continue
		}
		b.plan[patient] = e.Plan[i]
		if e.Plan[i] > b.month.Last() {
			b.at(patient, e.Unit[i])
		}
	}
}

func (b *invoicing) time() {
	p, psychiatric := &b.Performed, categoryPsychiatric()
	for i, minutes := range p.Minutes {
		if p.Month[i] == b.month && p.Category[i] == psychiatric && minutes > 0 {
			b.at(p.Case[i], p.Unit[i]).Minutes += minutes
		}
	}
}

// amounts adds the postings of time and patient-months; what a supplement or a cap pays has no category.
func (b *invoicing) amounts() error {
	psychiatric := categoryPsychiatric()
	documents := map[string][]compensation.InForce{}
	for _, p := range b.Adopted {
		documents[p.ID] = p.Documents
	}
	return b.Prepared(compensation.Period{From: b.month, To: b.month}).Evaluate(b.Adopted, func(batch *compensation.Batch) error {
		for i, category := range batch.Category {
			if category != psychiatric || batch.Case[i] == compensation.NoCase {
				continue
			}
			rate, err := batch.Rate(documents[batch.Policy][batch.Document], i)
			if err != nil {
				return err
			}
			row := b.at(batch.Case[i], batch.Unit[i])
			row.Amount += batch.Amount[i]
			if !slices.ContainsFunc(row.Rates, func(r domain.Decimal) bool { return r.Cmp(rate) == 0 }) {
				row.Rates = append(row.Rates, rate)
			}
		}
		return nil
	})
}

func categoryPsychiatric() uint8 { return uint8(domain.Categories.Index(domain.PatientPsychiatric)) }
