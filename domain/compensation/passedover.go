package compensation

import (
	"slices"

	"careledger/domain"
)

// PassedOver is what the plain evaluator looked at and a component gave nothing for: of a case (or patient), a unit and a month, with the words
// that its postings would have. What there is nothing of at all is not passed over: no minutes on the basis, no follow-up held.
type PassedOver struct {
	Policy, Component string
	From              domain.Date // of the document
	Case              string      // "" for a unit's own
	Patient           bool
	Provider, Unit    string
	Month             domain.Month
	Category, Band    string
	FollowUp, Goal    string
	Reason            string // one of PassedReasons
	// Saw are the values that the reason rests on: those that the when reads, the minutes and the threshold, the outcome, the occasion.
	Saw []Seen
}

// Seen is a value that a decision was made on, by its name in the model.
type Seen struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The reasons for which the plain evaluator passes something over.
const (
	PassedWhen       = "when"         // the component's when is false on Saw
	PassedThreshold  = "threshold"    // minutes not above threshold_minutes
	PassedOccasion   = "occasion"     // the follow-up's occasion is not among the component's
	PassedOutcome    = "outcome"      // the goal's outcome has no weight
	PassedCondition  = "condition"    // the person premium's condition is not met
	PassedPaidBefore = "paid-before"  // paid once already
	PassedNotInForce = "not-in-force" // the document is not in force on the day held
	PassedNoDays     = "no-days"      // prorated, and no day in force
)

// PassedReasons are all of them.
var PassedReasons = domain.Codes{PassedWhen, PassedThreshold, PassedOccasion, PassedOutcome, PassedCondition, PassedPaidBefore, PassedNotInForce, PassedNoDays}

// pass tells who asked (Plain.Passed) that the component gives nothing for a row.
func (c *plainComponent) pass(r *row, followUp, goal, reason string, saw ...Seen) {
	if c.Passed == nil {
		return
	}
	p := PassedOver{Policy: c.policy, Component: c.ID, From: c.document.From, Provider: r.unit.Provider, Unit: r.unit.ID, Month: r.month, Category: r.category, Band: r.band,
		FollowUp: followUp, Goal: goal, Reason: reason, Saw: saw}
	if r.facts != nil {
		p.Case, p.Patient = r.facts.Case, r.facts.Patient
	}
	c.Passed(p)
}

// admits decides the component's when for a row, and tells who asked where it is false, with the values that the expression reads. followUp and
// goal are of a premium.
func (c *plainComponent) admits(r *row, followUp, goal string) (bool, error) {
	ok, err := c.applies(r)
	if err == nil && !ok && c.Passed != nil {
		var saw []Seen
		for _, name := range c.When.Variables() {
			saw = append(saw, Seen{name, c.variable(r, name)})
		}
		c.pass(r, followUp, goal, PassedWhen, saw...)
	}
	return ok, err
}

// passFollowUp passes over a follow-up as a whole: once for each goal that it assessed, or for its person.
func (c *plainComponent) passFollowUp(facts *domain.CaseFacts, f *domain.FollowUp, reason string, saw ...Seen) {
	if c.Passed == nil {
		return
	}
	r := row{facts: facts, occasion: f.Occasion, month: f.HeldOn.Month()}
	if c.Kind == KindPersonPremium {
		if i := slices.IndexFunc(f.Goals, func(g domain.AssessedGoal) bool { return g.Outcome != domain.OutcomeNotAssessed }); i >= 0 {
			r.unit = c.unit(f.Goals[i].Unit)
		} else if len(f.Goals) > 0 {
			r.unit = c.unit(f.Goals[0].Unit)
		}
		c.pass(&r, f.ID, "", reason, saw...)
		return
	}
	for _, g := range f.Goals {
		r.unit, r.lifeArea, r.outcome = c.unit(g.Unit), g.LifeArea, g.Outcome
		c.pass(&r, f.ID, g.Goal, reason, saw...)
	}
}
