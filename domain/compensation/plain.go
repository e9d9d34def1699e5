package compensation

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"careledger/domain"
)

// The plain evaluator: the contract's section 4 and 5 word for word, in decimals and exact fractions, one case at a time. It is written to be
// read, explains each posting, and awards the premiums that the ledger writes. The compiled evaluator (compiled.go) is the
// fast one; the two agree to the öre on every history.

// Plain is what the plain evaluator computes over.
type Plain struct {
	Authority   string
	Parties     *domain.Parties
	Cases       []domain.CaseFacts  // sorted by id, a case before a patient of the same id
	StateGrants []domain.StateGrant // sorted by id
	Policies    []Policy
	Period      Period
	// Passed is told what components give nothing for, and why; also for months outside the period. nil: nobody asks.
	Passed func(PassedOver)
}

// Evaluate returns the postings of the period in canonical order: by policy, document and component, and within a component
//
//   - time, fixed and supplement: by case, unit, category, band and month; a posting without a case comes first, that of a case
//     before that of a patient of the same id
//   - premiums: by case, day held, sequence and goal
//   - cap: in the order of the running sum, which is by month, unit, case, follow-up id and goal id, then by the order of the
//     components in the cap and the canonical order of their postings
//   - allocation and performance: by grant and recipient
func (in *Plain) Evaluate() ([]Posting, error) {
	var all []Posting
	for _, p := range in.Policies {
		paid, years := map[string]bool{}, map[capYear]*capSum{} // once-… and caps hold over all documents of a policy
		for _, d := range p.Documents {
			ps, err := in.document(p.ID, d, paid, years)
			if err != nil {
				return nil, err
			}
			all = append(all, ps...)
		}
	}
	return slices.DeleteFunc(all, func(p Posting) bool { return !in.Period.Has(p.Month) }), nil
}

// document returns the postings of one document, some of them for months that are not asked for. What a cap sums is evaluated from
// the January before the period on.
func (in *Plain) document(policy string, d InForce, paid map[string]bool, years map[capYear]*capSum) (all []Posting, err error) {
	fromJanuary, capped := *in, d.Model.capped()
	fromJanuary.Period = in.Period.wholeYears()
	components := d.Model.Components
	made, summed := make([][]Posting, len(components)), map[string][]Posting{}
	for i := range components {
		c := &components[i]
		switch {
		case c.Kind == KindCap:
		case capped[c.ID]:
			made[i], err = (&plainComponent{&fromJanuary, policy, d, c, paid}).postings()
			summed[c.ID] = made[i]
		default:
			made[i], err = (&plainComponent{in, policy, d, c, paid}).postings()
		}
		if err != nil {
			return nil, err
		}
	}
	for i := range components {
		if components[i].Kind == KindCap {
			if made[i], err = (&plainComponent{&fromJanuary, policy, d, &components[i], paid}).cap(summed, years); err != nil {
				return nil, err
			}
		}
	}
	return slices.Concat(made...), nil
}

// plainComponent is one component of one document in force.
type plainComponent struct {
	*Plain
	policy   string
	document InForce
	*Component
	paid map[string]bool
}

func (c *plainComponent) postings() ([]Posting, error) {
	switch {
	case c.Kind == KindTime:
		return c.time()
	case c.Kind == KindSupplement:
		return c.supplement()
	case c.Kind == KindFixed && c.Per == PerUnitMonth:
		return c.fixedUnits()
	case c.Kind == KindFixed && c.Per == PerCaseMonth:
		return c.fixedCases()
	case c.Kind == KindFixed && c.Per == PerPatientMonth:
		return c.fixedPatients()
	case c.ofGrants():
		return c.grants()
	}
	return c.premiums()
}

// months returns the months of the period whose first day the document is in force on.
func (c *plainComponent) months() (months []domain.Month) {
	for m := c.Period.From; m <= c.Period.To; m++ {
		if c.document.From <= m.First() && m.First() < c.document.End {
			months = append(months, m)
		}
	}
	return months
}

// row is what a `when` and a table can look at.
type row struct {
	unit             domain.Unit
	facts            *domain.CaseFacts // nil for a unit's own posting
	category, band   string
	method, occasion string
	lifeArea         string
	outcome          string
	month            domain.Month
}

// variable returns a when variable; what a component has no value for is empty.
func (c *plainComponent) variable(r *row, name string) string {
	switch name {
	case "authority":
		return c.Authority
	case "provider":
		return r.unit.Provider
	case "regime":
		return r.unit.Regime
	case "unit":
		return r.unit.ID
	case "area":
		return r.unit.Area
	case "category":
		return r.category
	case "band":
		return r.band
	case "method":
		return r.method
	case "life_area":
		return r.lifeArea
	case "occasion":
		return r.occasion
	case "outcome":
		return r.outcome
	case "month":
		return r.month.String()
	case "kind":
		return kindOf(r.category)
	}
	if r.facts == nil {
		return ""
	}
	switch strings.TrimPrefix(name, inclusionPrefix) {
	case "case":
		return r.facts.Case
	case "programme":
		return r.facts.Programme
	case "diagnosis_group":
		return r.facts.Inclusion.DiagnosisGroup
	case "rehabilitation_potential":
		return fmt.Sprint(r.facts.Inclusion.RehabilitationPotential)
	case "needs_expected_to_decrease":
		return fmt.Sprint(r.facts.Inclusion.NeedsExpectedToDecrease)
	}
	return ""
}

// kindOf returns the kind of a patient that a category is, "" for the categories of home care.
func kindOf(category string) string {
	if domain.PatientKinds.Has(category) {
		return category
	}
	return ""
}

func (c *plainComponent) applies(r *row) (bool, error) {
	if c.When == nil {
		return true, nil
	}
	return c.When.Eval(func(name string) string { return c.variable(r, name) })
}

// value returns the parameter's value in force on a day, for a row.
func (c *plainComponent) value(parameter string, r *row, day domain.Date) (domain.Decimal, error) {
	p := c.document.Model.Parameter(parameter)
	v, ok := p.At(day)
	if !ok {
		return domain.Decimal{}, &RateError{Policy: c.policy, Component: c.ID, Parameter: parameter, Day: day, First: p.Values[0].From, Capped: c.document.Model.sumsYears(c.Component)}
	}
	if len(p.By) == 0 {
		return v.Scalar.Value, nil
	}
	key := make([]string, len(p.By))
	for i, by := range p.By {
		key[i] = c.variable(r, by)
	}
	k := strings.Join(key, "/")
	entry, ok := v.Table[k]
	if !ok {
		return domain.Decimal{}, &RateError{Policy: c.policy, Component: c.ID, Parameter: parameter, Key: k, Day: day}
	}
	return entry.Value, nil
}

// number returns what an operand is worth on a day, for a row.
func (c *plainComponent) number(o Operand, r *row, day domain.Date) (domain.Decimal, error) {
	if o.Parameter == "" {
		return o.Number, nil
	}
	return c.value(o.Parameter, r, day)
}

// post makes a posting of quantity × rate / per, rounded once.
func (c *plainComponent) post(r *row, q Quantity, rate domain.Decimal, per int64) (Posting, error) {
	exact := new(big.Rat).Mul(q.Rat(), rational(rate))
	amount, err := toOre(exact.Quo(exact, new(big.Rat).SetInt64(per)))
	if err != nil {
		return Posting{}, fmt.Errorf("model %s, component %s, unit %s, %s: %w", c.policy, c.ID, r.unit.ID, r.month, err)
	}
	p := Posting{Policy: c.policy, Component: c.ID, Provider: r.unit.Provider, Unit: r.unit.ID, Month: r.month,
		Category: r.category, Band: r.band, LifeArea: r.lifeArea, Occasion: r.occasion,
		Quantity: q, QuantityUnit: c.QuantityUnit(), Rate: rate, Amount: amount}
	if r.facts != nil {
		p.Case, p.Patient = r.facts.Case, r.facts.Patient
	}
	return p, nil
}

// unit returns a unit as known then; by time, one whose registration was annulled before what happened there has its id alone.
func (c *plainComponent) unit(id string) domain.Unit {
	if u, ok := c.Parties.Unit(id); ok {
		return u
	}
	return domain.Unit{ID: id}
}
