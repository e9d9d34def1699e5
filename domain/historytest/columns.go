package historytest

import (
	"cmp"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// Columns returns the facts of the cases and patients, sorted by id and a case before a patient of the same id, as the compiled
// evaluator takes them; state grants are set on what it returns. It is written apart from the
// projections that build such columns from a log, so that the two can be compared.
func Columns(authority string, parties *domain.Parties, cases []domain.CaseFacts) *compensation.Facts {
	b := columns{Facts: &compensation.Facts{Authority: authority, Units: parties.Units()}, units: map[string]uint16{}, goals: map[string]uint32{}}
	for i, u := range b.Units {
		b.units[u.ID] = uint16(i)
	}
	for i := range cases {
		c := &cases[i]
		b.Cases = append(b.Cases, compensation.CaseInfo{ID: c.Case, Patient: c.Patient, Person: c.Person, Programme: c.Programme, Inclusion: c.Inclusion})
		b.grants(uint32(i), slices.Clone(c.Grants))
		for _, a := range c.Absences {
			t := &b.Absences
			t.Case, t.From, t.To, t.Reason = append(t.Case, uint32(i)), append(t.From, a.From), append(t.To, a.To), append(t.Reason, code(domain.AbsenceReason, a.Reason))
		}
		b.performed(uint32(i), slices.Clone(c.Performed))
		b.followUps(uint32(i), c.Case, slices.Clone(c.FollowUps))
		b.enrolments(uint32(i), slices.Clone(c.Enrolments))
	}
	b.Goals.Distinct = len(b.goals)
	return b.Facts
}

type columns struct {
	*compensation.Facts
	units map[string]uint16
	goals map[string]uint32
}

func code(c domain.Codes, word string) uint8 { return uint8(c.Index(word)) }

func (b *columns) grants(cs uint32, rows []domain.Grant) {
	inForceFirst := func(g domain.Grant) int {
		if g.Class == domain.GrantInForce {
			return 0
		}
		return 1
	}
	slices.SortFunc(rows, func(x, y domain.Grant) int {
		return cmp.Or(strings.Compare(x.Unit, y.Unit), inForceFirst(x)-inForceFirst(y), domain.Categories.Index(x.Category)-domain.Categories.Index(y.Category),
			domain.Bands.Index(x.Band)-domain.Bands.Index(y.Band), x.Line-y.Line, int(x.From-y.From))
	})
	t := &b.Grants
	for _, g := range rows {
		category, band := uint8(0), uint8(0)
		if g.Class != domain.GrantInForce {
			category, band = code(domain.Categories, g.Category), code(domain.Bands, g.Band)
		}
		t.Case, t.Unit, t.Class = append(t.Case, cs), append(t.Unit, b.units[g.Unit]), append(t.Class, g.Class)
		t.Category, t.Band, t.Method = append(t.Category, category), append(t.Band, band), append(t.Method, code(domain.Methods, g.Method))
		t.Line, t.From, t.To, t.Amount = append(t.Line, int32(g.Line)), append(t.From, g.From), append(t.To, g.To), append(t.Amount, g.Amount)
	}
}

func (b *columns) performed(cs uint32, rows []domain.Performed) {
	slices.SortFunc(rows, func(x, y domain.Performed) int {
		return cmp.Or(strings.Compare(x.Unit, y.Unit), domain.Categories.Index(x.Category)-domain.Categories.Index(y.Category),
			domain.Bands.Index(x.Band)-domain.Bands.Index(y.Band), int(x.Month-y.Month))
	})
	t := &b.Performed
	for _, p := range rows {
		t.Case, t.Unit = append(t.Case, cs), append(t.Unit, b.units[p.Unit])
		t.Category, t.Band = append(t.Category, code(domain.Categories, p.Category)), append(t.Band, code(domain.Bands, p.Band))
		t.Month, t.Minutes = append(t.Month, p.Month), append(t.Minutes, int64(p.Minutes))
	}
}

func (b *columns) followUps(cs uint32, id string, rows []domain.FollowUp) {
	slices.SortFunc(rows, func(x, y domain.FollowUp) int {
		return cmp.Or(int(x.HeldOn-y.HeldOn), cmp.Compare(x.Sequence, y.Sequence))
	})
	t, g := &b.FollowUps, &b.Goals
	for _, f := range rows {
		for _, a := range f.Goals {
			number, known := b.goals[id+"/"+a.Goal]
			if !known {
				number = uint32(len(b.goals))
				b.goals[id+"/"+a.Goal] = number
			}
			g.ID, g.Goal, g.LifeArea = append(g.ID, a.Goal), append(g.Goal, number), append(g.LifeArea, code(domain.LifeAreas, a.LifeArea))
			g.Outcome, g.Confirms, g.Unit = append(g.Outcome, code(domain.Outcomes, a.Outcome)), append(g.Confirms, a.Confirms), append(g.Unit, b.units[a.Unit])
		}
		t.Case, t.ID, t.Sequence = append(t.Case, cs), append(t.ID, f.ID), append(t.Sequence, f.Sequence)
		t.HeldOn, t.Occasion, t.GoalsTo = append(t.HeldOn, f.HeldOn), append(t.Occasion, code(domain.Occasions, f.Occasion)), append(t.GoalsTo, uint32(len(g.ID)))
	}
}

func (b *columns) enrolments(cs uint32, rows []domain.Enrolment) {
	slices.SortFunc(rows, func(x, y domain.Enrolment) int {
		return cmp.Or(strings.Compare(x.Unit, y.Unit), domain.PatientKinds.Index(x.Kind)-domain.PatientKinds.Index(y.Kind), int(x.From-y.From))
	})
	t := &b.Enrolments
	for _, e := range rows {
		t.Case, t.Unit, t.Kind = append(t.Case, cs), append(t.Unit, b.units[e.Unit]), append(t.Kind, code(domain.PatientKinds, e.Kind))
		t.From, t.To, t.Plan = append(t.From, e.From), append(t.To, e.To), append(t.Plan, e.Plan)
	}
}
