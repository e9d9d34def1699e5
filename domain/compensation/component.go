package compensation

import "careledger/domain"

// ComponentKind is what a component pays for.
type ComponentKind string

// The component kinds that this release knows.
const (
	KindTime          ComponentKind = "time"
	KindFixed         ComponentKind = "fixed"
	KindGoalPremium   ComponentKind = "goal-premium"
	KindPersonPremium ComponentKind = "person-premium"
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

	Basis   string        // time
	Rate    string        // time: the name of a parameter, per hour
	Absence []AbsenceRule // time with basis need, frame or granted

	Per     string // fixed
	Amount  string // fixed and premiums: the name of a parameter
	Prorate bool   // fixed: by days in force

	Outcomes  []OutcomeWeight // goal-premium, in the order of domain.Outcomes
	Occasions []string        // premiums: nil for every occasion
	Repeat    string          // premiums
	Condition string          // person-premium
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
	for _, name := range []string{c.Rate, c.Amount} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// The words of the contract, section 5.
var (
	componentKinds = domain.Codes{string(KindTime), string(KindFixed), string(KindGoalPremium), string(KindPersonPremium)}
	laterKinds     = domain.Codes{"supplement", "cap", "allocation", "performance"}
	bases          = domain.Codes{BasisNeed, BasisFrame, BasisGranted, BasisPerformed, BasisHealth}
	periods        = domain.Codes{PerUnitMonth, PerCaseMonth, PerPatientMonth}
	goalRepeats    = domain.Codes{RepeatEachFollowUp, RepeatOncePerGoal}
	personRepeats  = domain.Codes{RepeatEachFollowUp, RepeatOncePerCase}
	conditions     = domain.Codes{ConditionAllGoalsFulfilled, ConditionPersonConfirms}

	commonFields = domain.Codes{"id", "kind", "account", "when"}
	kindFields   = map[ComponentKind]domain.Codes{
		KindTime:          {"basis", "rate", "absence"},
		KindFixed:         {"per", "amount", "prorate"},
		KindGoalPremium:   {"amount", "outcomes", "occasions", "repeat"},
		KindPersonPremium: {"amount", "condition", "occasions", "repeat"},
	}
)

// ladderDaysMax bounds a rung, so that sums of days stay small.
const ladderDaysMax = 36_500

// component reads one component.
func (r *modelReader) component(s spot) Component {
	if !r.mapping(s, nil) {
		return Component{}
	}
	c := Component{ID: r.id(s.required("id")), Kind: r.kind(s.required("kind")), Account: r.text(s.field("account")), When: r.when(s.field("when"))}
	if c.Kind == "" {
		return c // which fields belong is not known
	}
	r.componentFields(s, c.Kind)
	switch c.Kind {
	case KindTime:
		c.Basis = r.word(s.required("basis"), bases)
		c.Rate = r.text(s.required("rate"))
		c.Absence = r.absence(s.field("absence"), c.Basis)
	case KindFixed:
		c.Per = r.word(s.required("per"), periods)
		c.Amount = r.text(s.required("amount"))
		c.Prorate = r.boolean(s.field("prorate"))
	case KindGoalPremium:
		c.Amount = r.text(s.required("amount"))
		c.Outcomes = r.outcomes(s.required("outcomes"))
		c.Occasions = r.words(s.field("occasions"), domain.Occasions)
		c.Repeat = r.repeat(s.field("repeat"), goalRepeats)
	case KindPersonPremium:
		c.Amount = r.text(s.required("amount"))
		c.Condition = r.word(s.required("condition"), conditions)
		c.Occasions = r.words(s.field("occasions"), domain.Occasions)
		c.Repeat = r.repeat(s.field("repeat"), personRepeats)
	}
	return c
}

// kind reads the kind of a component, "" when it is not one that this release knows.
func (r *modelReader) kind(s spot) ComponentKind {
	word := r.text(s)
	switch {
	case word == "" || componentKinds.Has(word):
		return ComponentKind(word)
	case laterKinds.Has(word):
		r.problem(s, "%s is not known to this release; it knows %s", word, componentKinds)
	case componentKinds.Closest(word) != "":
		r.problem(s, "%q is not a component kind; did you mean %q? This release knows %s", word, componentKinds.Closest(word), componentKinds)
	default:
		r.problem(s, "%q is not a component kind; this release knows %s", word, componentKinds)
	}
	return ""
}

// componentFields reports the fields that do not belong to a component's kind, and those that no kind has.
func (r *modelReader) componentFields(s spot, kind ComponentKind) {
	own := append(append(domain.Codes{}, commonFields...), kindFields[kind]...)
	for _, p := range s.tree.pairs {
		if own.Has(p.key) {
			continue
		}
		at, foreign := spot{tree: &tree{line: p.line}, place: s.placeOf(p.key)}, false
		for _, fields := range kindFields {
			foreign = foreign || fields.Has(p.key)
		}
		if foreign {
			r.problem(at, "does not belong to a %s component; it has %s", kind, own)
		} else {
			r.unknown(at, p.key, own)
		}
	}
}

// when reads and compiles a condition; nil when there is none, or none that compiles.
func (r *modelReader) when(s spot) *When {
	if s.tree != nil && s.tree.kind == treeBoolean {
		r.problem(s, "%s; write the condition in quotes", s.tree.describe())
		return nil
	}
	source := r.text(s)
	if source == "" {
		return nil
	}
	w, problems, warnings := compileWhen(source)
	for _, p := range problems {
		r.problem(s, "%s", p)
	}
	for _, warning := range warnings {
		r.warn(s, "%s", warning)
	}
	return w
}

// repeat reads how often a premium is paid, for each follow-up when it is left out.
func (r *modelReader) repeat(s spot, words domain.Codes) string {
	if s.absent() {
		return RepeatEachFollowUp
	}
	return r.word(s, words)
}

// outcomes reads the weights of a goal premium.
func (r *modelReader) outcomes(s spot) []OutcomeWeight {
	if !r.mapping(s, nil) {
		return nil
	}
	if len(s.tree.pairs) == 0 {
		r.problem(s, `is empty; write for example {fulfilled: "1"}`)
	}
	weights := map[string]domain.Decimal{}
	for _, p := range s.tree.pairs {
		at := s.at(p)
		if !domain.Outcomes.Has(p.key) {
			r.word(spot{tree: &tree{kind: treeText, text: p.key, line: p.line}, place: at.place}, domain.Outcomes)
		}
		weight := r.decimal(at)
		if weight.Sign() < 0 {
			r.problem(at, "%s is negative; a weight is 0 or more", weight)
		}
		weights[p.key] = weight
	}
	var sorted []OutcomeWeight
	for _, outcome := range domain.Outcomes {
		if weight, ok := weights[outcome]; ok {
			sorted = append(sorted, OutcomeWeight{outcome, weight})
		}
	}
	return sorted
}

// absence reads the rules for days of absence.
func (r *modelReader) absence(s spot, basis string) []AbsenceRule {
	if s.absent() || !r.list(s) {
		return nil
	}
	if basis == BasisPerformed || basis == BasisHealth {
		r.problem(s, "does not belong to basis %s: absence reduces granted time only", basis)
	}
	if len(s.tree.items) == 0 {
		r.problem(s, "is empty; give it a value or leave it out")
	}
	var rules []AbsenceRule
	seen := map[string]bool{}
	for i := range s.tree.items {
		at := s.item(i)
		if !r.mapping(at, domain.Codes{"reason", "ladder", "after"}) {
			continue
		}
		rule := AbsenceRule{Reason: r.word(at.required("reason"), domain.AbsenceReason), After: r.integer(at.field("after"), 0, 100)}
		if rule.Reason != "" && seen[rule.Reason] {
			r.problem(at.field("reason"), "%q has a rule already", rule.Reason)
		}
		seen[rule.Reason] = true
		if ladder := at.required("ladder"); r.list(ladder) {
			for j := range ladder.tree.items {
				rung := ladder.item(j)
				if r.mapping(rung, domain.Codes{"days", "percent"}) {
					rule.Ladder = append(rule.Ladder, Rung{
						Days: r.integer(rung.required("days"), 1, ladderDaysMax), Percent: r.integer(rung.required("percent"), 0, 100)})
				}
			}
		}
		rules = append(rules, rule)
	}
	return rules
}
