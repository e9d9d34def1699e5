package compensation

import (
	"cmp"
	"slices"
	"strings"

	"careledger/domain"
)

// capYear is one of a cap's groups (a unit, a provider, or "" for the authority) in one year.
type capYear struct {
	component, per, group string
	year                  int
}

// capSum is a running sum, and what the cap has taken of it so far.
type capSum struct{ sum, taken domain.Money }

// passed adds an amount and returns what the cap takes for it, which is negative where the sum falls or the limit rises.
func (s *capSum) passed(amount, limit domain.Money) domain.Money {
	s.sum += amount
	take := max(0, s.sum-limit) - s.taken
	s.taken += take
	return take
}

// cap takes back what postings sum to above the limit of their group and year. summed are the postings of the document's capped components.
func (c *plainComponent) cap(summed map[string][]Posting, years map[capYear]*capSum) (all []Posting, err error) {
	var postings []Posting // in the order of the components; those of one component in canonical order
	for _, id := range c.Of {
		for _, p := range summed[id] {
			if c.Period.Has(p.Month) { // what is paid once is also noted for other months
				postings = append(postings, p)
			}
		}
	}
	slices.SortStableFunc(postings, func(a, b Posting) int {
		return cmp.Or(int(a.Month-b.Month), strings.Compare(a.Unit, b.Unit), compareCases(a.Case, a.Patient, b.Case, b.Patient),
			strings.Compare(a.FollowUp, b.FollowUp), strings.Compare(a.Goal, b.Goal))
	})
	for i := range postings {
		p := &postings[i]
		r := row{unit: c.unit(p.Unit), facts: c.facts(p), category: p.Category, band: p.Band, lifeArea: p.LifeArea, occasion: p.Occasion, month: p.Month}
		if ok, err := c.admits(&r, p.FollowUp, p.Goal); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		limit, err := c.number(c.Limit, &r, p.Month.First())
		if err != nil {
			return nil, err
		}
		most, err := limit.Money()
		if err != nil {
			return nil, &ValueError{c.policy, c.ID, "limit", p.Month.First(), err.Error()}
		}
		year := capYear{c.ID, c.Per, c.group(&r), p.Month.Year()}
		if years[year] == nil {
			years[year] = &capSum{}
		}
		if take := years[year].passed(p.Amount, most); take != 0 {
			all = append(all, Posting{Policy: c.policy, Component: c.ID, Provider: p.Provider, Unit: p.Unit, Month: p.Month, Case: p.Case, Patient: p.Patient,
				FollowUp: p.FollowUp, Goal: p.Goal, LifeArea: p.LifeArea, Occasion: p.Occasion, HeldOn: p.HeldOn, QuantityUnit: p.QuantityUnit, Rate: limit, Amount: -take})
		}
	}
	return all, nil
}

// group returns which of the cap's groups a row belongs to.
func (c *plainComponent) group(r *row) string {
	switch c.Per {
	case PerProviderYear:
		return r.unit.Provider
	case PerUnitYear:
		return r.unit.ID
	}
	return ""
}

// facts returns those of the posting's case, nil for a unit's own posting.
func (c *plainComponent) facts(p *Posting) *domain.CaseFacts {
	i, found := slices.BinarySearchFunc(c.Cases, p, func(f domain.CaseFacts, p *Posting) int { return compareCases(f.Case, f.Patient, p.Case, p.Patient) })
	if !found {
		return nil
	}
	return &c.Cases[i]
}

// compareCases orders cases and patients by id, a case before a patient of the same id.
func compareCases(a string, aPatient bool, b string, bPatient bool) int {
	switch {
	case a != b || aPatient == bPatient:
		return strings.Compare(a, b)
	case bPatient:
		return -1
	}
	return 1
}
