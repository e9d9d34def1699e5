package projections

import (
	"slices"

	"careledger/domain"
)

// The facts of a case that are not performed time are few. After an event that can change them they are derived again (domain,
// facts.go) and compared with the rows not yet retracted: a row that is gone is retracted, a new one is added.

// replace compares the rows that stand with those that should; it returns the rows that stand afterwards.
func replace[R any](k *known, standing []uint32, should []R, sequence uint64, equal func(a, b R) bool, at func(row uint32) R, add func(R)) []uint32 {
	kept := make([]uint32, 0, len(should))
	taken := make([]bool, len(should))
next:
	for _, row := range standing {
		fact := at(row)
		for i, r := range should {
			if !taken[i] && equal(r, fact) {
				taken[i] = true
				kept = append(kept, row)
				continue next
			}
		}
		k.retract(row, sequence)
	}
	for i, r := range should {
		if !taken[i] {
			kept = append(kept, k.add(sequence))
			add(r)
		}
	}
	return kept
}

func same[R comparable](a, b R) bool { return a == b }

// opened is what is said of a case or patient as a whole.
type opened struct {
	person, programme string
	inclusion         domain.Inclusion
	age, sex          string
}

// openedCase and openedPatient return what stands, none where the case or patient is not begun.
func openedCase(c *domain.Case) (rows []opened) {
	if o, ok := c.Opened(); ok {
		row := opened{person: o.Person, programme: o.Programme}
		if o.Inclusion != nil {
			row.inclusion = *o.Inclusion
		}
		rows = append(rows, row)
	}
	return rows
}

func openedPatient(p *domain.Patient) (rows []opened) {
	if r, ok := p.Requested(); ok {
		rows = append(rows, opened{person: r.Person, age: r.AgeGroup, sex: r.Sex})
	}
	return rows
}

func sameFollowUp(a, b domain.FollowUp) bool {
	return a.ID == b.ID && a.Sequence == b.Sequence && a.HeldOn == b.HeldOn && a.Occasion == b.Occasion && slices.Equal(a.Goals, b.Goals)
}

func (t *Table) setOpened(cs uint32, should []opened, sequence uint64) {
	var standing []uint32
	if row := t.current[cs].opened; row >= 0 {
		standing = append(standing, uint32(row))
	}
	rows := replace(&t.opened.known, standing, should, sequence, same, t.openedAt, func(o opened) {
		c := &t.opened
		c.cs, c.person, c.programme = append(c.cs, cs), append(c.person, t.word(o.person)), append(c.programme, t.word(o.programme))
		c.diagnosis = append(c.diagnosis, t.word(o.inclusion.DiagnosisGroup))
		c.flags = append(c.flags, flag(o.inclusion.RehabilitationPotential)|flag(o.inclusion.NeedsExpectedToDecrease)<<1)
		c.age, c.sex = append(c.age, uint8(domain.AgeGroups.Index(o.age))), append(c.sex, uint8(domain.Sexes.Index(o.sex))) // -1 is NoCode
	})
	t.current[cs].opened = -1
	if len(rows) > 0 {
		t.current[cs].opened = int32(rows[0])
	}
}

func (s *columns) openedAt(row uint32) opened {
	c := &s.opened
	return opened{person: s.words.at(int(c.person[row])), programme: s.words.at(int(c.programme[row])), age: wordOf(domain.AgeGroups, c.age[row]), sex: wordOf(domain.Sexes, c.sex[row]),
		inclusion: domain.Inclusion{DiagnosisGroup: s.words.at(int(c.diagnosis[row])), RehabilitationPotential: c.flags[row]&1 != 0, NeedsExpectedToDecrease: c.flags[row]&2 != 0}}
}

// wordOf returns the word of a code, "" for none.
func wordOf(c domain.Codes, code uint8) string {
	if int(code) < len(c) {
		return c[code]
	}
	return ""
}

func (t *Table) setEnrolments(cs uint32, state *domain.Patient, sequence uint64) error {
	var failed error
	t.current[cs].enrolments = replace(&t.enrolments.known, t.current[cs].enrolments, state.Enrolments(), sequence, same, t.enrolmentAt, func(n domain.Enrolment) {
		unit, err := t.unitOf(n.Unit)
		if err != nil {
			failed = err
		}
		c := &t.enrolments
		c.cs, c.unit, c.kind = append(c.cs, cs), append(c.unit, unit), append(c.kind, uint8(domain.PatientKinds.Index(n.Kind)))
		c.first, c.last, c.plan = append(c.first, n.From), append(c.last, n.To), append(c.plan, n.Plan)
	})
	return failed
}

func (s *columns) enrolmentAt(row uint32) domain.Enrolment {
	c := &s.enrolments
	return domain.Enrolment{Unit: s.units.at(int(c.unit[row])), Kind: domain.PatientKinds[c.kind[row]], From: c.first[row], To: c.last[row], Plan: c.plan[row]}
}

func (t *Table) setGrants(cs uint32, state *domain.Case, sequence uint64) error {
	var failed error
	t.current[cs].grants = replace(&t.grants.known, t.current[cs].grants, state.Grants(), sequence, same, t.grantAt, func(g domain.Grant) {
		unit, err := t.unitOf(g.Unit)
		if err != nil {
			failed = err
		}
		c := &t.grants
		c.cs, c.unit, c.class = append(c.cs, cs), append(c.unit, unit), append(c.class, uint8(g.Class))
		c.category, c.band = append(c.category, uint8(max(0, domain.Categories.Index(g.Category)))), append(c.band, uint8(max(0, domain.Bands.Index(g.Band))))
		c.method, c.line = append(c.method, uint8(domain.Methods.Index(g.Method))), append(c.line, int32(g.Line))
		c.first, c.last, c.amount = append(c.first, g.From), append(c.last, g.To), append(c.amount, g.Amount)
	})
	return failed
}

func (t *Table) grantAt(row uint32) domain.Grant {
	c := &t.grants
	g := domain.Grant{Line: int(c.line[row]), Class: domain.GrantClass(c.class[row]), Unit: t.units.at(int(c.unit[row])), Method: domain.Methods[c.method[row]],
		From: c.first[row], To: c.last[row], Amount: c.amount[row]}
	if g.Class != domain.GrantInForce {
		g.Category, g.Band = domain.Categories[c.category[row]], domain.Bands[c.band[row]]
	}
	return g
}

func (t *Table) setAbsences(cs uint32, state *domain.Case, sequence uint64) error {
	t.current[cs].absences = replace(&t.absences.known, t.current[cs].absences, state.Absences(), sequence, same,
		func(row uint32) domain.Absence {
			c := &t.absences
			return domain.Absence{From: c.first[row], To: c.last[row], Reason: domain.AbsenceReason[c.reason[row]]}
		},
		func(a domain.Absence) {
			c := &t.absences
			c.cs, c.first, c.last = append(c.cs, cs), append(c.first, a.From), append(c.last, a.To)
			c.reason = append(c.reason, uint8(domain.AbsenceReason.Index(a.Reason)))
		})
	return nil
}

func (t *Table) setFollowUps(cs uint32, state *domain.Case, sequence uint64) error {
	if len(t.current[cs].followUps) == 0 && !state.HasFollowUps() {
		return nil
	}
	var failed error
	t.current[cs].followUps = replace(&t.followUps.known, t.current[cs].followUps, state.FollowUps(), sequence, sameFollowUp, t.followUpAt, func(f domain.FollowUp) {
		for _, a := range f.Goals {
			unit, err := t.unitOf(a.Unit)
			if err != nil {
				failed = err
			}
			g := &t.goals
			g.id, g.lifeArea = append(g.id, t.word(a.Goal)), append(g.lifeArea, uint8(domain.LifeAreas.Index(a.LifeArea)))
			g.outcome, g.confirms, g.unit = append(g.outcome, uint8(domain.Outcomes.Index(a.Outcome))), append(g.confirms, flag(a.Confirms)), append(g.unit, unit)
		}
		c := &t.followUps
		c.cs, c.id, c.sequence = append(c.cs, cs), append(c.id, t.word(f.ID)), append(c.sequence, uint32(f.Sequence))
		c.heldOn, c.occasion = append(c.heldOn, f.HeldOn), append(c.occasion, uint8(domain.Occasions.Index(f.Occasion)))
		c.goalsTo = append(c.goalsTo, uint32(len(t.goals.id)))
	})
	return failed
}

// goalRows returns the rows of goals of a follow-up row.
func (c *followUpColumns) goalRows(row uint32) (from, to uint32) {
	if row > 0 {
		from = c.goalsTo[row-1]
	}
	return from, c.goalsTo[row]
}

func (t *Table) followUpAt(row uint32) domain.FollowUp {
	c, g := &t.followUps, &t.goals
	f := domain.FollowUp{ID: t.words.at(int(c.id[row])), Sequence: uint64(c.sequence[row]), HeldOn: c.heldOn[row], Occasion: domain.Occasions[c.occasion[row]]}
	from, to := c.goalRows(row)
	for i := from; i < to; i++ {
		f.Goals = append(f.Goals, domain.AssessedGoal{Goal: t.words.at(int(g.id[i])), LifeArea: domain.LifeAreas[g.lifeArea[i]], Outcome: domain.Outcomes[g.outcome[i]],
			Confirms: g.confirms[i] == 1, Unit: t.units.at(int(g.unit[i]))})
	}
	return f
}
