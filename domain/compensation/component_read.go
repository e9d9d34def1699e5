package compensation

import (
	"slices"

	"careledger/domain"
)

// The words of the contract, section 5.
var (
	componentKinds = domain.Codes{string(KindTime), string(KindFixed), string(KindGoalPremium), string(KindPersonPremium),
		string(KindSupplement), string(KindCap), string(KindAllocation), string(KindPerformance)}
	cappedKinds   = componentKinds[:5] // those whose postings a cap can sum
	bases         = domain.Codes{BasisNeed, BasisFrame, BasisGranted, BasisPerformed, BasisHealth}
	periods       = domain.Codes{PerUnitMonth, PerCaseMonth, PerPatientMonth}
	capGroups     = domain.Codes{PerAuthorityYear, PerProviderYear, PerUnitYear}
	goalRepeats   = domain.Codes{RepeatEachFollowUp, RepeatOncePerGoal}
	personRepeats = domain.Codes{RepeatEachFollowUp, RepeatOncePerCase}
	conditions    = domain.Codes{ConditionAllGoalsFulfilled, ConditionPersonConfirms}

	commonFields = domain.Codes{"id", "kind", "account", "when"}
	kindFields   = map[ComponentKind]domain.Codes{
		KindTime:          {"basis", "rate", "absence"},
		KindFixed:         {"per", "amount", "prorate"},
		KindGoalPremium:   {"amount", "outcomes", "occasions", "repeat"},
		KindPersonPremium: {"amount", "condition", "occasions", "repeat"},
		KindSupplement:    {"basis", "threshold_minutes", "rate"},
		KindCap:           {"of", "limit", "per"},
		KindAllocation:    {"pot", "floor", "weights", "round_to"},
		KindPerformance:   {"pot", "share", "weights", "degree"},
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
	case KindSupplement:
		c.Basis = r.word(s.required("basis"), bases)
		c.Threshold = r.minutes(s.required("threshold_minutes"))
		c.Rate = r.text(s.required("rate"))
	case KindCap:
		c.Of = r.ids(s.required("of"))
		c.Limit = r.operand(s.required("limit"))
		c.Per = r.word(s.required("per"), capGroups)
	case KindAllocation:
		c.Pot, c.Floor = r.operand(s.required("pot")), r.operand(s.required("floor"))
		c.Weights = r.text(s.required("weights"))
		if c.RoundTo = r.operand(s.field("round_to")); s.field("round_to").absent() {
			c.RoundTo.Number = domain.DecimalOf(1, 2)
		}
	case KindPerformance:
		c.Pot = r.operand(s.required("pot"))
		c.Weights = r.share(s)
		r.degree(s.field("degree"))
	}
	return c
}

// kind reads the kind of a component, "" when there is no such kind.
func (r *modelReader) kind(s spot) ComponentKind {
	word := r.text(s)
	switch {
	case word == "" || componentKinds.Has(word):
		return ComponentKind(word)
	case componentKinds.Closest(word) != "":
		r.problem(s, "%q is not a component kind; did you mean %q? The kinds are %s", word, componentKinds.Closest(word), componentKinds)
	default:
		r.problem(s, "%q is not a component kind; use one of %s", word, componentKinds)
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

// ids reads a list of different ids, which may not be empty.
func (r *modelReader) ids(s spot) (ids []string) {
	if !r.list(s) {
		return nil
	}
	if len(s.tree.items) == 0 {
		r.problem(s, "is empty; name at least one component")
	}
	for i := range s.tree.items {
		id := r.id(s.item(i))
		if id != "" && slices.Contains(ids, id) {
			r.problem(s.item(i), "%q is in the list already", id)
		}
		ids = append(ids, id)
	}
	return ids
}

// The spellings of a performance's share: equal; by weights, which the field weights then names; or the name of the weights.
const shareEqual = "equal"

var shareByWeights = domain.Codes{"by-weights", "by weights", "weights"}

// share reads how a performance's pot is shared: the name of the parameter with the weights, "" for equal shares.
func (r *modelReader) share(s spot) string {
	share, weights := r.text(s.required("share")), s.field("weights")
	switch {
	case share == "": // reported
	case share == shareEqual && !weights.absent():
		r.problem(weights, "does not belong to share: equal; write share: by-weights, or leave it out")
	case share == shareEqual:
	case shareByWeights.Has(share) && (!weights.absent() || !r.parameters.Has(share)):
		weights.must = true
		return r.text(weights)
	case !weights.absent():
		r.problem(weights, "share names the weights already (%q); write share: by-weights, or leave it out", share)
	default:
		return share
	}
	return ""
}

// degreeResults and degreeInFull say what the degree of a performance always is.
const (
	degreeResults = "results"
	degreeInFull  = "min(1, result/target)"
)

// degree reads the degree of a performance, of which there is one.
func (r *modelReader) degree(s spot) {
	if word := r.text(s); word != "" && word != degreeResults && word != degreeInFull {
		r.problem(s, "%q is not a degree; leave it out or write %q: it is always %s, averaged over the recipient's indicators", word, degreeResults, degreeInFull)
	}
}
