package compensation

import (
	"fmt"
	"time"

	"careledger/domain"
)

// Policy is one policy id with the documents that are in force under it, one after the other.
type Policy struct {
	ID        string
	Documents []InForce // in order of From, not overlapping
}

// InForce is a model document over the days [From, End).
type InForce struct {
	Model     *Model
	From, End domain.Date
}

// Adopted parses the adopted documents. It returns an error if one of them is no model; adoption refuses those. parsed holds the
// models of the documents parsed before, by their text, and gains those that are new.
func Adopted(p *domain.Policies, parsed map[string]*Model) ([]Policy, error) {
	var policies []Policy
	for _, d := range p.Documents() {
		m := parsed[string(d.Model)]
		if m == nil {
			var err error
			if m, _, err = ParseModel("policy "+d.Policy, d.Model); err != nil {
				return nil, fmt.Errorf("read the adopted policy %s (event %s): %w", d.Policy, d.EventID, err)
			}
			parsed[string(d.Model)] = m
		}
		if n := len(policies); n == 0 || policies[n-1].ID != d.Policy {
			policies = append(policies, Policy{ID: d.Policy})
		}
		last := &policies[len(policies)-1]
		last.Documents = append(last.Documents, InForce{m, d.From, d.End})
	}
	return policies, nil
}

// Period is a closed interval of months.
type Period struct{ From, To domain.Month }

// Has says whether m lies in the period.
func (p Period) Has(m domain.Month) bool { return p.From <= m && m <= p.To }

// wholeYears returns the period from the January of its first year on: what the sums of its caps rest on.
func (p Period) wholeYears() Period {
	return Period{domain.NewMonth(p.From.Year(), time.January), p.To}
}

// Posting is one computed amount.
type Posting struct {
	Policy, Component    string
	Provider, Unit       string // of an allocation or performance: the recipient, and no unit
	Month                domain.Month
	Case, Category, Band string
	Patient              bool // Case is a patient's id
	FollowUp, Goal       string
	LifeArea, Occasion   string
	Grant                string      // of an allocation or performance: the state grant's id
	HeldOn               domain.Date // of a premium's follow-up
	Quantity             Quantity
	QuantityUnit         string
	// Rate is what the quantity was multiplied by; of a cap its limit, of an allocation the amount, of a performance the share, with
	// nine decimals where it does not end.
	Rate   domain.Decimal
	Amount domain.Money
}

// The units of a posting's quantity; those of a fixed amount are what it is per (PerUnitMonth, PerCaseMonth, PerPatientMonth).
const (
	UnitMinute    = "minute"
	UnitGoal      = "goal"
	UnitPerson    = "person"
	UnitRecipient = "recipient"
)

// QuantityUnit returns what the component's quantities count; "" for a cap, whose postings count what the capped ones do.
func (c *Component) QuantityUnit() string {
	switch c.Kind {
	case KindTime, KindSupplement:
		return UnitMinute
	case KindCap:
		return ""
	case KindAllocation, KindPerformance:
		return UnitRecipient
	case KindGoalPremium:
		return UnitGoal
	case KindPersonPremium:
		return UnitPerson
	}
	return c.Per
}

// RateError says that a component needs a value that its parameter does not have.
type RateError struct {
	Policy, Component, Parameter string
	Key                          string // of the table, "" for a scalar
	Day                          domain.Date
	First                        domain.Date // the parameter's first date, where Day lies before it
	Capped                       bool        // a cap sums the component, or is it: Day may lie in the year before the period
}

func (e *RateError) Error() string {
	switch {
	case e.First > e.Day && e.Capped:
		return fmt.Sprintf("model %s: parameters.%s has no value on %s, where component %s uses it; its first value is from %s. Add an earlier value, since a cap sums whole years, or let the model hold from that date on (--in-force-from %s)",
			e.Policy, e.Parameter, e.Day, e.Component, e.First, e.First)
	case e.First > e.Day:
		return fmt.Sprintf("model %s: parameters.%s has no value on %s, where component %s uses it; its first value is from %s. Add an earlier value, or ask from that date on (--from %s, --in-force-from %s)",
			e.Policy, e.Parameter, e.Day, e.Component, e.First, e.First.Month(), e.First)
	}
	return fmt.Sprintf("model %s: parameters.%s has no value for %q on %s, where component %s uses it; add one, or leave such rows out with a when",
		e.Policy, e.Parameter, e.Key, e.Day, e.Component)
}

// ValueError says that a value that a component needs is not one that can be computed with.
type ValueError struct {
	Policy, Component string
	Field             string // of the component: threshold_minutes, limit, pot, floor, weights, round_to
	Day               domain.Date
	Reason            string
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("model %s: %s of component %s on %s: %s", e.Policy, e.Field, e.Component, e.Day, e.Reason)
}
