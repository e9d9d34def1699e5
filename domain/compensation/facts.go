package compensation

import (
	"fmt"
	"slices"
	"sync"

	"careledger/domain"
)

// Facts are everything that a model can be charged on, as known at one moment, in columns. Words that repeat are small
// integers: a Unit is a position in Units, a Case in Cases, and categories, bands, methods, life areas, occasions and outcomes
// are positions in the domain's code lists. Rows are sorted as each column group says, which is the canonical order of postings.
//
// After the units of the parties Units has one without an id for each recipient of a state grant, whose provider is the recipient, so
// that what a batch pays always has a unit. SetStateGrants makes them; the other facts never refer to them.
type Facts struct {
	Authority   string
	Units       []domain.Unit // sorted by id; at most 65 535
	Cases       []CaseInfo    // sorted by id, a case before a patient of the same id
	Grants      GrantColumns
	Absences    AbsenceColumns
	Performed   PerformedColumns
	FollowUps   FollowUpColumns
	Goals       GoalColumns
	Enrolments  EnrolmentColumns
	StateGrants []domain.StateGrant // see SetStateGrants
}

// CaseInfo is what is said of a case, or of a patient of home health care, as a whole.
type CaseInfo struct {
	Patient               bool
	ID, Person, Programme string
	Inclusion             domain.Inclusion
}

// GrantColumns hold domain.Grant rows, sorted by case, unit, category, band, line and from. The rows of GrantInForce have
// category and band 0 and come first within their unit.
type GrantColumns struct {
	Case     []uint32
	Unit     []uint16
	Class    []domain.GrantClass
	Category []uint8
	Band     []uint8
	Method   []uint8
	Line     []int32
	From, To []domain.Date
	Amount   []int64
}

// AbsenceColumns hold domain.Absence rows, sorted by case.
type AbsenceColumns struct {
	Case     []uint32
	From, To []domain.Date
	Reason   []uint8
}

// PerformedColumns hold one row for each case, unit, category, band and month, sorted in that order. The time of patients has the
// band health.
type PerformedColumns struct {
	Case     []uint32
	Unit     []uint16
	Category []uint8
	Band     []uint8
	Month    []domain.Month
	Minutes  []int64
}

// EnrolmentColumns hold domain.Enrolment rows, sorted by case, unit, kind and from.
type EnrolmentColumns struct {
	Case           []uint32
	Unit           []uint16
	Kind           []uint8 // position in domain.PatientKinds
	From, To, Plan []domain.Date
}

// FollowUpColumns hold the held follow-ups, sorted by case, held on and sequence. The goals of row i are the rows
// GoalsTo[i-1] to GoalsTo[i] of Goals.
type FollowUpColumns struct {
	Case     []uint32
	ID       []string
	Sequence []uint64
	HeldOn   []domain.Date
	Occasion []uint8
	GoalsTo  []uint32
}

// GoalColumns hold the assessed goals, in the order of their record. Goal is a number that a goal keeps over all follow-ups of
// its case, below Distinct.
type GoalColumns struct {
	ID       []string
	Goal     []uint32
	LifeArea []uint8
	Outcome  []uint8
	Confirms []bool
	Unit     []uint16
	Distinct int
}

// goals returns the rows of Goals that belong to follow-up i.
func (f *FollowUpColumns) goals(i int) (from, to uint32) {
	if i > 0 {
		from = f.GoalsTo[i-1]
	}
	return from, f.GoalsTo[i]
}

// FirstMonth returns the first month with a fact, and false if there is no fact.
func (f *Facts) FirstMonth() (domain.Month, bool) {
	first, none := domain.MaxDate.Month(), domain.MaxDate.Month()
	for _, d := range f.Grants.From {
		first = min(first, d.Month())
	}
	for _, m := range f.Performed.Month {
		first = min(first, m)
	}
	for _, d := range f.FollowUps.HeldOn {
		first = min(first, d.Month())
	}
	for _, d := range f.Enrolments.From {
		first = min(first, d.Month())
	}
	for _, g := range f.StateGrants {
		first = min(first, g.AgreedOn.Month())
		for _, r := range g.Recipients {
			if r.ReportedOn != 0 {
				first = min(first, r.ReportedOn.Month())
			}
		}
	}
	return first, first != none
}

// SetStateGrants gives the facts their state grants, sorted by id, and a unit to each recipient: those that the grants name, and those that the
// policies give a weight. It is called once, when all other facts are there. The error is more units and recipients than the facts can hold.
func (f *Facts) SetStateGrants(grants []domain.StateGrant, policies []Policy) error {
	if len(grants) == 0 {
		return nil
	}
	recipients := weighted(policies)
	for _, g := range grants {
		for _, r := range g.Recipients {
			recipients = append(recipients, r.ID)
		}
	}
	f.StateGrants = grants
	return f.addRecipients(recipients)
}

// WithRecipients returns facts that have a unit for each recipient that the policies give a weight in state grants: the facts themselves
// where they have them or hold no grant, otherwise a copy that shares everything else. The error is that of SetStateGrants.
func (p *Prepared) WithRecipients(policies []Policy) (*Prepared, error) {
	if len(p.StateGrants) == 0 {
		return p, nil
	}
	known := p.recipientUnits()
	recipients := slices.DeleteFunc(weighted(policies), func(id string) bool { _, ok := known[id]; return ok })
	if len(recipients) == 0 {
		return p, nil
	}
	facts, with := *p.Facts, *p
	with.Facts = &facts
	return &with, facts.addRecipients(recipients)
}

// weighted returns the recipients that policies give a weight in state grants.
func weighted(policies []Policy) (recipients []string) {
	for _, policy := range policies {
		for _, d := range policy.Documents {
			for i := range d.Model.Components {
				if c := &d.Model.Components[i]; c.Weights != "" {
					recipients = append(recipients, d.Model.Parameter(c.Weights).Keys()...)
				}
			}
		}
	}
	return recipients
}

// addRecipients appends a unit for each recipient.
func (f *Facts) addRecipients(recipients []string) error {
	slices.Sort(recipients)
	recipients = slices.Compact(recipients)
	if all := len(f.Units) + len(recipients); all > unitsMax {
		return fmt.Errorf("authority %s has %d units and recipients of state grants, and this release can compute over %d", f.Authority, all, unitsMax)
	}
	f.Units = slices.Clip(f.Units)
	for _, id := range recipients {
		f.Units = append(f.Units, domain.Unit{Provider: id})
	}
	return nil
}

// unitsMax bounds Units, so that a position fits its column.
const unitsMax = 1<<16 - 1

// recipientUnits returns the positions in Units of the recipients of state grants.
func (f *Facts) recipientUnits() map[string]uint16 {
	units := map[string]uint16{}
	for i := len(f.Units) - 1; i >= 0 && f.Units[i].ID == ""; i-- {
		units[f.Units[i].Provider] = uint16(i)
	}
	return units
}

// Prepared are facts spread over the months of a period: what every model is evaluated over. It may be used by many
// evaluations, also at the same time.
type Prepared struct {
	*Facts
	Period
	granted   cells // need and frame minutes
	performed cells
	health    cells // performed minutes of patients
	// What follows is computed when a model first needs it.
	unitMonths, caseMonths, patientMonths func() *dayCounts
	wholeYears                            func() *Prepared // the same facts from the January of the first year on
}

// cells are minutes per case, unit, category, band and month, sorted in that order. Rows that differ in class or method only
// stand next to each other: a component sums those it counts before it rounds.
type cells struct {
	Case     []uint32
	Unit     []uint16
	Class    []domain.GrantClass
	Category []uint8
	Band     []uint8
	Method   []uint8 // position in domain.Methods; noMethod for performed time
	Month    []uint16
	Minutes  []int64
	// The lines behind the cells in whose month the person was away, for components with an absence ladder.
	absent []absentLine // sorted by cell, line
}

const noMethod = uint8(255)

// absentLine is one line's days in a cell's month.
type absentLine struct {
	cell     uint32
	line     int32
	class    domain.GrantClass
	from, to domain.Date
	amount   int64
}

// dayCounts are days in force by (case and) unit and month.
type dayCounts struct {
	Case     []uint32 // nil for units as a whole
	Unit     []uint16
	Category []uint8 // of patients, their kind; nil for units and cases
	Month    []uint16
	Days     []uint8 // 0 where a unit has nothing in force in a month between its first and last
}

// Prepare spreads the facts over the months of a period.
func (f *Facts) Prepare(p Period) *Prepared {
	pr := &Prepared{Facts: f, Period: p}
	pr.unitMonths, pr.caseMonths, pr.patientMonths = sync.OnceValue(pr.daysByUnit), sync.OnceValue(pr.daysByCase), sync.OnceValue(pr.daysByPatient)
	pr.wholeYears = sync.OnceValue(func() *Prepared {
		if years := p.wholeYears(); years != p {
			return f.Prepare(years)
		}
		return pr
	})
	if p.To >= p.From {
		pr.granted = f.spread(p)
		pr.performed, pr.health = f.performedCells(p)
	}
	return pr
}

// performedCells returns the performed minutes of cases and those of patients.
func (f *Facts) performedCells(p Period) (performed, health cells) {
	healthBand := uint8(domain.Bands.Index(domain.BandHealth))
	for i, m := range f.Performed.Month {
		if p.Has(m) {
			c := &performed
			if f.Performed.Band[i] == healthBand {
				c = &health
			}
			c.add(f.Performed.Case[i], f.Performed.Unit[i], domain.GrantNeed, f.Performed.Category[i], f.Performed.Band[i], noMethod, uint16(m-p.From), f.Performed.Minutes[i])
		}
	}
	return performed, health
}

func (c *cells) add(cs uint32, unit uint16, class domain.GrantClass, category, band, method uint8, month uint16, minutes int64) {
	c.Case = append(c.Case, cs)
	c.Unit = append(c.Unit, unit)
	c.Class = append(c.Class, class)
	c.Category = append(c.Category, category)
	c.Band = append(c.Band, band)
	c.Method = append(c.Method, method)
	c.Month = append(c.Month, month)
	c.Minutes = append(c.Minutes, minutes)
}

// sameCell says whether rows i and j have the same case, unit, category, band and month.
func (c *cells) sameCell(i, j int) bool {
	return c.Month[i] == c.Month[j] && c.Case[i] == c.Case[j] && c.Unit[i] == c.Unit[j] && c.Category[i] == c.Category[j] && c.Band[i] == c.Band[j]
}
