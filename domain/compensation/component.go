package compensation

import "careledger/domain"

// ComponentKind is what a component pays for.
type ComponentKind string

// The component kinds of the contract, section 5.
const (
	KindTime          ComponentKind = "time"
	KindFixed         ComponentKind = "fixed"
	KindGoalPremium   ComponentKind = "goal-premium"
	KindPersonPremium ComponentKind = "person-premium"
	KindSupplement    ComponentKind = "supplement"
	KindCap           ComponentKind = "cap"
	KindAllocation    ComponentKind = "allocation"
	KindPerformance   ComponentKind = "performance"
)

// The words of a component's fields that the evaluators have to name.
const (
	BasisNeed      = "need"
	BasisFrame     = "frame"
	BasisGranted   = "granted"
	BasisPerformed = "performed"
	BasisHealth    = "health"

	PerUnitMonth    = "unit-month"
	PerCaseMonth    = "case-month"
	PerPatientMonth = "patient-month"

	PerAuthorityYear = "authority-year"
	PerProviderYear  = "provider-year"
	PerUnitYear      = "unit-year"

	RepeatEachFollowUp = "each-follow-up"
	RepeatOncePerGoal  = "once-per-goal"
	RepeatOncePerCase  = "once-per-case"

	ConditionAllGoalsFulfilled = "all-goals-fulfilled"
	ConditionPersonConfirms    = "person-confirms"
)

// Component is one part of a model that yields postings. Fields that do not belong to its kind are zero.
type Component struct {
	ID      string
	Kind    ComponentKind
	Account string
	When    *When // nil: always

	Basis     string        // time and supplement
	Rate      string        // time and supplement: the name of a parameter, per hour
	Absence   []AbsenceRule // time with basis need, frame or granted
	Threshold Operand       // supplement: whole minutes, not negative

	Per     string // fixed and cap
	Amount  string // fixed and premiums: the name of a parameter
	Prorate bool   // fixed: by days in force

	Outcomes  []OutcomeWeight // goal-premium, in the order of domain.Outcomes
	Occasions []string        // premiums: nil for every occasion
	Repeat    string          // premiums
	Condition string          // person-premium

	Of    []string // cap: ids of components of the same model whose postings are summed, at least one
	Limit Operand  // cap: kronor a year

	Pot     Operand // allocation and performance: kronor
	Floor   Operand // allocation: kronor that each recipient has at least
	RoundTo Operand // allocation: kronor; each recipient's part of the rest is a multiple of it
	Weights string  // allocation and performance: the name of a parameter by recipient; "" in a performance with equal shares
}

// ofFollowUps says whether the component pays premiums.
func (c *Component) ofFollowUps() bool {
	return c.Kind == KindGoalPremium || c.Kind == KindPersonPremium
}

// ofGrants says whether the component pays out of a state grant.
func (c *Component) ofGrants() bool { return c.Kind == KindAllocation || c.Kind == KindPerformance }

// OfOneCase says whether each of the component's postings is about one case or patient, and rests on nothing else than that one and the registers
// of providers and units. A cap sums others' postings, an amount of a unit's own looks at all that is in force there, and a grant has no case.
func (c *Component) OfOneCase() bool { return c.Kind != KindCap && !c.ofGrants() && !c.ofUnits() }

// ChargesPerformed says whether the component's postings rest on performed time, also that of home health care.
func (c *Component) ChargesPerformed() bool {
	return c.Basis == BasisPerformed || c.Basis == BasisHealth
}

// OutcomeWeight is the share of the amount that an outcome earns. Weight is never negative.
type OutcomeWeight struct {
	Outcome string
	Weight  domain.Decimal
}

// AbsenceRule says how much of a day counts while the person is away for Reason.
type AbsenceRule struct {
	Reason string
	Ladder []Rung
	After  int // percent past the ladder, 0 to 100
}

// Rung is a number of days of an absence (at least 1) and the percent (0 to 100) that each of them counts.
type Rung struct{ Days, Percent int }

// Uses returns the names of the parameters that the component reads.
func (c *Component) Uses() []string {
	var names []string
	for _, u := range c.uses() {
		names = append(names, u.parameter)
	}
	return names
}

// use is a field of a component that names a parameter.
type use struct {
	field, parameter string
	number           bool // the field holds one number: the parameter may not be a table
	own              bool // ... and the document may write that number itself
	byRecipient      bool // the parameter must be a table by recipient
}

// uses returns the fields that name a parameter.
func (c *Component) uses() (all []use) {
	for _, u := range []use{
		{field: "rate", parameter: c.Rate},
		{field: "amount", parameter: c.Amount},
		{field: "threshold_minutes", parameter: c.Threshold.Parameter, own: true},
		{field: "limit", parameter: c.Limit.Parameter, own: true},
		{field: "pot", parameter: c.Pot.Parameter, own: true, number: true},
		{field: "floor", parameter: c.Floor.Parameter, own: true, number: true},
		{field: "round_to", parameter: c.RoundTo.Parameter, own: true, number: true},
		{field: "weights", parameter: c.Weights, byRecipient: true},
	} {
		if u.parameter != "" {
			all = append(all, u)
		}
	}
	return all
}
