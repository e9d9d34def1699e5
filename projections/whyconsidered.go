package projections

import (
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// WhyNotApplied is a component that was considered for something and gave nothing for it: for a posting, every other component that gave none for
// the same case (or the same unit itself), unit and month, and where the posting has them for the same category and band, follow-up and goal.
type WhyNotApplied struct {
	Policy    string              `json:"policy"`
	Component string              `json:"component"`
	Kind      string              `json:"kind"`
	From      string              `json:"from"`     // of the document
	Category  string              `json:"category"` // of what was passed over, "" where that has none
	Band      string              `json:"band"`
	FollowUp  string              `json:"follow_up"`
	Goal      string              `json:"goal"`
	Reason    string              `json:"reason"` // one of WhyPasses
	When      string              `json:"when"`   // the expression, where it is the reason
	Saw       []compensation.Seen `json:"saw"`    // the values that the reason rests on
}

// WhyDocument is an adopted document that is not in force in a line's month.
type WhyDocument struct {
	Policy string `json:"policy"`
	Title  string `json:"title"`
	SHA256 string `json:"sha256"`
	From   string `json:"from"`
	Until  string `json:"until"` // the first day that it is not in force; "" while open
}

// Why a component gives nothing, beside compensation.PassedReasons.
const (
	passedNoFacts   = "no-facts"   // there is nothing of what it pays for
	passedLimit     = "limit"      // a cap's running sum has not passed its limit
	passedNotSummed = "not-summed" // a cap sums other components
)

// WhyPasses are why a component gives nothing.
var WhyPasses = append(slices.Clone(compensation.PassedReasons), passedNoFacts, passedLimit, passedNotSummed)

// casePlace is a case's (or a unit's own) month at a unit, which postings and what is passed over are looked up by.
type casePlace struct {
	cs      string
	patient bool
	unit    string
	month   domain.Month
}

// passedAt is what the plain evaluator said of a place.
type passedAt struct {
	postings []compensation.Posting
	passed   []compensation.PassedOver
}

// plainly evaluates cases over a month with the plain evaluator, and notes what it gives and passes over of the payout's provider.
func (d *derivation) plainly(month domain.Month, cases []domain.CaseFacts, policies []compensation.Policy) ([]compensation.Posting, error) {
	plain := compensation.Plain{Authority: d.table.authority, Parties: d.cut.Parties, StateGrants: d.cut.StateGrants, Policies: policies, Cases: cases,
		Period: compensation.Period{From: month, To: month}}
	plain.Passed = func(p compensation.PassedOver) {
		if p.Provider == d.version.Provider && p.Month == month {
			at := d.at(casePlace{p.Case, p.Patient, p.Unit, month})
			at.passed = append(at.passed, p)
		}
	}
	postings, err := plain.Evaluate()
	for i := range postings {
		if p := &postings[i]; p.Provider == d.version.Provider {
			at := d.at(casePlaceOf(p))
			at.postings = append(at.postings, *p)
		}
	}
	return postings, err
}

func casePlaceOf(p *compensation.Posting) casePlace {
	return casePlace{p.Case, p.Patient, p.Unit, p.Month}
}

func (d *derivation) at(p casePlace) *passedAt {
	if d.passed == nil {
		d.passed = map[casePlace]*passedAt{}
	}
	if d.passed[p] == nil {
		d.passed[p] = &passedAt{}
	}
	return d.passed[p]
}

// inMonth says whether a document is in force on any day of a month.
func inMonth(document *compensation.InForce, month domain.Month) bool {
	return document.From <= month.Last() && month.First() < document.End
}

// outOfForce returns the adopted documents that are not in force in a month.
func (d *derivation) outOfForce(month domain.Month) []WhyDocument {
	all := []WhyDocument{}
	for i := range d.cut.Adopted {
		p := &d.cut.Adopted[i]
		for j := range p.Documents {
			document := &p.Documents[j]
			if inMonth(document, month) {
				continue
			}
			w := WhyDocument{Policy: p.ID, Title: document.Model.Title, SHA256: document.Model.SHA256(), From: document.From.String()}
			if document.End != domain.MaxDate {
				w.Until = document.End.String()
			}
			all = append(all, w)
		}
	}
	return all
}

// notApplied returns the components that were considered for a posting and gave nothing.
func (d *derivation) notApplied(p *compensation.Posting) []WhyNotApplied {
	all, at := []WhyNotApplied{}, d.at(casePlaceOf(p))
	eachComponent(d.cut.Adopted, func(policy string, in *compensation.InForce, c *compensation.Component) {
		if inMonth(in, p.Month) && paysSuch(c, p) {
			all = append(all, d.considered(p, at, policy, in, c)...)
		}
	})
	return all
}

// paysSuch says whether a component is for what a posting is of at all: a grant's recipient, a unit as a whole, or a case.
func paysSuch(c *compensation.Component, p *compensation.Posting) bool {
	ofGrants := c.Kind == compensation.KindAllocation || c.Kind == compensation.KindPerformance
	ofUnits := c.Kind == compensation.KindFixed && c.Per == compensation.PerUnitMonth
	switch {
	case p.Grant != "" || p.Case == "" && p.Unit == "":
		return ofGrants
	case p.Case == "":
		return ofUnits || c.Kind == compensation.KindCap
	}
	return !ofGrants && !ofUnits
}

// considered says why a component gave nothing for a posting's place; nothing where it gave something.
func (d *derivation) considered(p *compensation.Posting, at *passedAt, policy string, in *compensation.InForce, c *compensation.Component) (all []WhyNotApplied) {
	why := WhyNotApplied{Policy: policy, Component: c.ID, Kind: string(c.Kind), From: in.From.String(), Saw: []compensation.Seen{}}
	if p.Policy == policy && p.Component == c.ID {
		return nil
	}
	if slices.ContainsFunc(at.postings, func(q compensation.Posting) bool {
		return c.Kind != compensation.KindCap && q.Policy == policy && q.Component == c.ID && alike(p, q.Category, q.Band, q.FollowUp, q.Goal)
	}) {
		return nil
	}
	for _, q := range at.passed {
		if q.Policy == policy && q.Component == c.ID && q.From == in.From && alike(p, q.Category, q.Band, q.FollowUp, q.Goal) {
			one := why
			one.Category, one.Band, one.FollowUp, one.Goal, one.Reason, one.Saw = q.Category, q.Band, q.FollowUp, q.Goal, q.Reason, append([]compensation.Seen{}, q.Saw...)
			if q.Reason == compensation.PassedWhen {
				one.When = c.When.Source()
			}
			all = append(all, one)
		}
	}
	if len(all) > 0 {
		return all
	}
	switch ofMonth := in.From <= p.Month.First() && p.Month.First() < in.End; {
	case c.Kind == compensation.KindCap:
		return d.notCapped(why, p, c)
	case !ofMonth && c.Kind != compensation.KindGoalPremium && c.Kind != compensation.KindPersonPremium:
		why.Reason = compensation.PassedNotInForce
	default:
		why.Reason = passedNoFacts
	}
	return []WhyNotApplied{why}
}

// alike says whether what has these words concerns the same as a posting does, as far as both have them.
func alike(p *compensation.Posting, category, band, followUp, goal string) bool {
	either := func(a, b string) bool { return a == "" || b == "" || a == b }
	return either(p.Category, category) && either(p.Band, band) && either(p.FollowUp, followUp) && either(p.Goal, goal)
}

// notCapped says why a cap took nothing of a posting.
func (d *derivation) notCapped(why WhyNotApplied, p *compensation.Posting, c *compensation.Component) []WhyNotApplied {
	if p.Policy != why.Policy || !slices.Contains(c.Of, p.Component) {
		why.Reason, why.Saw = passedNotSummed, []compensation.Seen{{Name: "of", Value: strings.Join(c.Of, ", ")}}
		return []WhyNotApplied{why}
	}
	step, ok := d.caps.spent[capTaken{p.Policy, c.ID, p.Component, p.Unit, p.Month, nameOf(p)}]
	switch {
	case ok && step.TakenAfter != step.TakenBefore:
		return nil
	case !ok: // of a document that the year's sum does not reach
		why.Reason = passedNoFacts
	default:
		why.Reason = passedLimit
		why.Saw = []compensation.Seen{{Name: "sum", Value: step.SumAfter.String()}, {Name: "limit", Value: step.Limit.String()}}
	}
	return []WhyNotApplied{why}
}
