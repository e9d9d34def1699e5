package projections

import (
	"careledger/domain"
	"careledger/domain/compensation"
)

// caseFacts returns the facts of a cut case by case, for the plain evaluator: what a fold of the events of each gives, in the cut's order.
func caseFacts(f *compensation.Facts) []domain.CaseFacts {
	cases := make([]domain.CaseFacts, len(f.Cases))
	for i, c := range f.Cases {
		cases[i] = domain.CaseFacts{Case: c.ID, Patient: c.Patient, Person: c.Person, Programme: c.Programme, Inclusion: c.Inclusion}
	}
	g := &f.Grants
	for i, cs := range g.Case {
		grant := domain.Grant{Line: int(g.Line[i]), Class: g.Class[i], Unit: f.Units[g.Unit[i]].ID, Method: domain.Methods[g.Method[i]], From: g.From[i], To: g.To[i], Amount: g.Amount[i]}
		if g.Class[i] != domain.GrantInForce {
			grant.Category, grant.Band = domain.Categories[g.Category[i]], domain.Bands[g.Band[i]]
		}
		cases[cs].Grants = append(cases[cs].Grants, grant)
	}
	a := &f.Absences
	for i, cs := range a.Case {
		cases[cs].Absences = append(cases[cs].Absences, domain.Absence{From: a.From[i], To: a.To[i], Reason: domain.AbsenceReason[a.Reason[i]]})
	}
	p := &f.Performed
	for i, cs := range p.Case {
		key := domain.PerformedKey{Unit: f.Units[p.Unit[i]].ID, Category: domain.Categories[p.Category[i]], Band: domain.Bands[p.Band[i]], Month: p.Month[i]}
		cases[cs].Performed = append(cases[cs].Performed, domain.Performed{PerformedKey: key, Minutes: int(p.Minutes[i])})
	}
	n := &f.Enrolments
	for i, cs := range n.Case {
		cases[cs].Enrolments = append(cases[cs].Enrolments, domain.Enrolment{Unit: f.Units[n.Unit[i]].ID, Kind: domain.PatientKinds[n.Kind[i]], From: n.From[i], To: n.To[i], Plan: n.Plan[i]})
	}
	held, goals := &f.FollowUps, &f.Goals
	from := uint32(0)
	for i, cs := range held.Case {
		followUp := domain.FollowUp{ID: held.ID[i], Sequence: held.Sequence[i], HeldOn: held.HeldOn[i], Occasion: domain.Occasions[held.Occasion[i]]}
		for ; from < held.GoalsTo[i]; from++ {
			followUp.Goals = append(followUp.Goals, domain.AssessedGoal{Goal: goals.ID[from], LifeArea: domain.LifeAreas[goals.LifeArea[from]],
				Outcome: domain.Outcomes[goals.Outcome[from]], Confirms: goals.Confirms[from], Unit: f.Units[goals.Unit[from]].ID})
		}
		cases[cs].FollowUps = append(cases[cs].FollowUps, followUp)
	}
	return cases
}
