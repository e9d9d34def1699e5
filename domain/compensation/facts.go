package compensation

import (
	"fmt"
	"slices"

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
	with.Facts, with.made = &facts, newCounts(&facts)
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
