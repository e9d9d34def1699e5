package projections

import (
	"slices"

	"careledger/domain"
	"careledger/domain/compensation"
)

// whyPosting is a posting of a line with the case or patient that it is of.
type whyPosting struct {
	*derivedLine
	posting *compensation.Posting
	of      *derivedCase
}

// reason says why what an event of the case says is no part of the posting, "" where it is. A cap takes back what its case was paid for, and
// is treated as a premium where that has a follow-up.
func (w *whyPosting) reason(e *whyRead, data any) string {
	c, p := w.component, w.posting
	ofPremium := p.FollowUp != ""
	minutes := c.Kind == compensation.KindTime || c.Kind == compensation.KindSupplement
	ofPerformed := minutes && (c.Basis == compensation.BasisPerformed || c.Basis == compensation.BasisHealth)
	switch said := data.(type) {
	case *domain.CaseOpened, *domain.CareRequested:
		return ""
	case *domain.VisitPerformed, *domain.TimeReported, *domain.HealthTimeReported:
		if !ofPerformed && c.Kind != compensation.KindCap || ofPremium {
			return "not-counted"
		}
		return w.performed(data)
	case *domain.DecisionMade:
		if ofPerformed {
			return "not-counted"
		}
		return w.decided(said)
	case *domain.DecisionEnded:
		return w.decision(said.Decision, said.LastDay, ofPerformed)
	case *domain.ProviderChanged:
		return w.decision(said.Decision, said.From, ofPerformed)
	case *domain.AbsenceRegistered:
		return w.absent(said)
	case *domain.GoalSet:
		return w.goal(said.Goal, ofPremium)
	case *domain.GoalChanged:
		if ofPremium && e.Effective > p.HeldOn {
			return "other-month"
		}
		return w.goal(said.Goal, ofPremium)
	case *domain.FollowUpHeld:
		return w.followUp(said, ofPremium)
	case *domain.PatientEnrolled:
		return w.enrolled(said, ofPerformed)
	case *domain.PatientDischarged:
		if ofPerformed {
			return "not-counted"
		}
		if said.LastDay.Month() != p.Month {
			return "other-month"
		}
		return ""
	}
	return "not-counted"
}

// performed is about performed time.
func (w *whyPosting) performed(data any) string {
	done, _ := domain.PerformedBy(data)
	p := w.posting
	switch {
	case done.Month != p.Month:
		return "other-month"
	case done.Unit != p.Unit:
		return "other-unit"
	case p.Category != "" && (done.Category != p.Category || done.Band != p.Band):
		return "other-kind"
	}
	return ""
}

// decision is about what happens to a decision on a day, which is a part where the decision is, and where it happens no later than the posting.
func (w *whyPosting) decision(id string, day domain.Date, ofPerformed bool) string {
	last := w.posting.Month.Last()
	if w.posting.FollowUp != "" {
		last = w.posting.HeldOn
	}
	switch {
	case ofPerformed:
		return "not-counted"
	case day > last:
		return "other-month"
	}
	for _, e := range w.of.events {
		_, annuls := e.Data.(*domain.EventAnnulled)
		if d, ok := e.data.(*domain.DecisionMade); ok && d.Decision == id && e.by == nil && !annuls {
			return w.decided(d)
		}
	}
	return "not-in-force"
}

// decided is about a decision.
func (w *whyPosting) decided(d *domain.DecisionMade) string {
	p := w.posting
	if p.FollowUp != "" {
		for _, goal := range w.paidGoals() {
			if under := w.of.goals[goal]; d.Decision == under || d.From <= p.HeldOn && w.supersedes(d.Decision, under) {
				return ""
			}
		}
		return "other-goal"
	}
	cs, ok := w.of.state.(*domain.Case)
	if !ok {
		return "not-counted"
	}
	reason := "not-in-force"
	for _, now := range cs.Decisions() {
		if now.Decision != d.Decision {
			continue
		}
		for day := max(now.From, p.Month.First()); day <= min(now.Last, p.Month.Last()); day++ {
			if _, unit := cs.CarriedOutBy(d.Decision, day); unit == p.Unit {
				return w.ofKind(d)
			}
			reason = "other-unit"
		}
		if now.From > now.Last {
			return "not-in-force"
		}
		if reason == "not-in-force" && now.From > p.Month.Last() {
			return "other-month"
		}
	}
	return reason
}

// ofKind says whether a decision in force grants minutes of the posting's category and band.
func (w *whyPosting) ofKind(d *domain.DecisionMade) string {
	p := w.posting
	if p.Category == "" {
		return ""
	}
	if p.Category == domain.CategoryFrame {
		if d.Method == domain.MethodFrameTime {
			return ""
		}
		return "other-kind"
	}
	if w.component.Basis == compensation.BasisGranted && d.Method == domain.MethodFrameTime {
		return "other-kind"
	}
	if slices.ContainsFunc(d.Services, func(s domain.Service) bool { return s.Category == p.Category && s.Band == p.Band }) {
		return ""
	}
	return "other-kind"
}

// supersedes says whether a decision follows another, directly or not.
func (w *whyPosting) supersedes(decision, earlier string) bool {
	for range len(w.of.follows) + 1 {
		if decision = w.of.follows[decision]; decision == earlier {
			return true
		}
	}
	return false
}

// paidGoals are the goals that a premium is paid for: its own, or of a premium per person all that were assessed.
func (w *whyPosting) paidGoals() (goals []string) {
	if w.posting.Goal != "" {
		return []string{w.posting.Goal}
	}
	for _, f := range w.of.facts.FollowUps {
		if f.ID == w.posting.FollowUp {
			for _, g := range f.Goals {
				goals = append(goals, g.Goal)
			}
		}
	}
	return goals
}

func (w *whyPosting) goal(id string, ofPremium bool) string {
	switch {
	case !ofPremium:
		return "not-counted"
	case slices.Contains(w.paidGoals(), id):
		return ""
	}
	return "other-goal"
}

func (w *whyPosting) followUp(said *domain.FollowUpHeld, ofPremium bool) string {
	switch {
	case !ofPremium:
		return "not-counted"
	case said.FollowUp == w.posting.FollowUp:
		return ""
	case said.HeldOn.Month() != w.posting.Month:
		return "other-month"
	}
	return "other-follow-up"
}

// absent is about an absence, which counts where the component has a ladder for its reason.
func (w *whyPosting) absent(said *domain.AbsenceRegistered) string {
	rule := func(r compensation.AbsenceRule) bool { return r.Reason == said.Reason }
	month := w.posting.Month
	switch {
	case !slices.ContainsFunc(w.component.Absence, rule):
		return "not-counted"
	case said.To < month.First() || month.Last() < said.From:
		return "other-month"
	}
	return ""
}

// enrolled is about a patient's enrolment.
func (w *whyPosting) enrolled(said *domain.PatientEnrolled, ofPerformed bool) string {
	p := w.posting
	switch {
	case ofPerformed:
		return "not-counted"
	case said.Unit != p.Unit:
		return "other-unit"
	case p.Category != "" && said.Kind != p.Category:
		return "other-kind"
	}
	for _, n := range w.of.facts.Enrolments {
		if n.Unit == said.Unit && n.Kind == said.Kind && n.From == said.From && n.From <= p.Month.Last() && p.Month.First() <= n.To {
			return ""
		}
	}
	return "not-in-force"
}
