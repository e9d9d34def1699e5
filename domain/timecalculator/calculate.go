package timecalculator

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"careledger/domain"
)

// Service is a granted service as in decision-made, with the visit that it is done in.
type Service struct {
	domain.Service
	Staff *int   `json:"staff,omitzero"` // nil: 1. In place of the embedded one, which cannot tell 0 from none
	Visit string `json:"visit,omitzero"` // a label, the same for services of the same visit; "" for a visit of its own
}

// ParseServices reads {"services": [{service, category, band, times_per_week, standard_minutes, staff?, visit?}]}, or the list alone.
// The error is a domain.Problems with everything that is wrong.
func ParseServices(doc []byte) ([]Service, error) {
	var file struct {
		Services []Service `json:"services"`
	}
	var ps domain.Problems
	if trimmed := bytes.TrimSpace(doc); len(trimmed) > 0 && trimmed[0] == '[' {
		ps = domain.ReadDocument(doc, "services", &file.Services)
	} else {
		ps = domain.ReadDocument(doc, "", &file)
	}
	if ps == nil && len(file.Services) == 0 {
		ps = domain.Problems{{Field: "services", Reason: "is required, with at least one service"}}
	}
	if ps != nil {
		return nil, ps
	}
	for i := range file.Services {
		s := &file.Services[i]
		if s.Staff != nil {
			if s.Service.Staff = *s.Staff; *s.Staff == 0 {
				ps = append(ps, domain.Problem{Field: fmt.Sprintf("services[%d].staff", i), Reason: "0 is outside 1 to 2"})
			}
		}
		ps = append(ps, domain.CheckService(i, s.Service)...)
	}
	if len(ps) > 0 {
		return nil, ps
	}
	if _, err := visits(file.Services); err != nil {
		return nil, err
	}
	return file.Services, nil
}

// Calculation is a frame time with how it came about. Decimals are exact.
type Calculation struct {
	FrameMinutes  int            `json:"frame_minutes"`  // a month, rounded half up
	ExactMinutes  domain.Decimal `json:"exact_minutes"`  // a month, before it was rounded
	WeeklyMinutes domain.Decimal `json:"weekly_minutes"` // of all visits
	Method        MethodUsed     `json:"method"`
	Visits        []Visit        `json:"visits"` // sorted by label, those without one last
}

// MethodUsed names a method and the numbers that were calculated with.
type MethodUsed struct {
	ID         string      `json:"id"`
	Title      string      `json:"title"`
	Source     string      `json:"source"`
	Parameters []Parameter `json:"parameters"`
}

// Visit is what is done in one visit, and what that takes in a week.
type Visit struct {
	Visit         string         `json:"visit,omitzero"` // "" for a service that is a visit of its own
	Band          string         `json:"band"`
	Occasions     []Occasion     `json:"occasions"` // those with the most services first
	WeeklyMinutes domain.Decimal `json:"weekly_minutes"`
}

// Occasion is the visit as it is on some times of the week. Minutes = Sum - Gain + Addition; WeeklyMinutes = Minutes × TimesPerWeek.
type Occasion struct {
	Services      []string       `json:"services"` // the most frequent first
	TimesPerWeek  domain.Decimal `json:"times_per_week"`
	Sum           domain.Decimal `json:"sum_minutes"`      // standard minutes × staff
	Gain          domain.Decimal `json:"gain_minutes"`     // of all services but the longest
	Addition      domain.Decimal `json:"addition_minutes"` // of a lone service
	Minutes       domain.Decimal `json:"minutes"`
	WeeklyMinutes domain.Decimal `json:"weekly_minutes"`
}

// maxFrameMinutes is the most that a decision holds.
const maxFrameMinutes = 100_000

// Calculate returns the frame time of services under a method. It returns an error if services of one visit have different bands, or the
// frame time is more than a decision holds.
func Calculate(m *Method, services []Service) (*Calculation, error) {
	groups, err := visits(services)
	if err != nil {
		return nil, err
	}
	c := &Calculation{Method: MethodUsed{m.ID, m.Title, m.Source, m.Parameters()}}
	for _, g := range groups {
		v := m.visit(g)
		c.Visits = append(c.Visits, v)
		c.WeeklyMinutes = c.WeeklyMinutes.Add(v.WeeklyMinutes)
	}
	c.ExactMinutes = c.WeeklyMinutes.Mul(m.WeeksPerMonth.Value)
	if c.ExactMinutes.Cmp(domain.DecimalOf(maxFrameMinutes, 0)) > 0 {
		return nil, fmt.Errorf("the services take %s minutes a month, more than the %d that a decision holds; check times_per_week and standard_minutes",
			c.ExactMinutes.QuoRound(domain.DecimalOf(1, 0), 0), maxFrameMinutes)
	}
	minutes, _ := c.ExactMinutes.QuoRound(domain.DecimalOf(1, 0), 0).Scaled(0) // bounded above
	c.FrameMinutes = int(minutes)
	return c, nil
}

// visits groups services by their visit and sorts all of them, so that the order in which they stand does not matter.
func visits(services []Service) (groups [][]Service, err error) {
	sorted := slices.Clone(services)
	slices.SortFunc(sorted, func(a, b Service) int {
		none := func(s Service) int {
			if s.Visit == "" {
				return 1
			}
			return 0
		}
		return cmp.Or(none(a)-none(b), strings.Compare(a.Visit, b.Visit), b.TimesPerWeek.Cmp(a.TimesPerWeek), strings.Compare(a.Service.Service, b.Service.Service),
			cmp.Compare(a.StandardMinutes, b.StandardMinutes), cmp.Compare(staff(a), staff(b)), strings.Compare(a.Band, b.Band), strings.Compare(a.Category, b.Category))
	})
	for i, s := range sorted {
		if i == 0 || s.Visit == "" || s.Visit != sorted[i-1].Visit {
			groups = append(groups, nil)
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], s)
		if first := groups[last][0]; first.Band != s.Band {
			return nil, domain.Problems{{Field: "services", Reason: fmt.Sprintf("visit %s has %s in the %s and %s in the %s; services of one visit have the same band",
				s.Visit, first.Service.Service, first.Band, s.Service.Service, s.Band)}}
		}
	}
	return groups, nil
}

func staff(s Service) int {
	if s.Staff != nil {
		return *s.Staff
	}
	return max(1, s.Service.Staff)
}

// visit calculates one visit; its services stand in order of how often they are done.
func (m *Method) visit(services []Service) Visit {
	v := Visit{Visit: services[0].Visit, Band: services[0].Band}
	for n := len(services); n > 0; n-- {
		times := services[n-1].TimesPerWeek
		if n < len(services) {
			times = times.Sub(services[n].TimesPerWeek)
		}
		if times.Sign() == 0 {
			continue
		}
		o := m.occasion(services[:n])
		o.TimesPerWeek, o.WeeklyMinutes = times, o.Minutes.Mul(times)
		v.Occasions = append(v.Occasions, o)
		v.WeeklyMinutes = v.WeeklyMinutes.Add(o.WeeklyMinutes)
	}
	return v
}

// occasion calculates the services that are done together once.
func (m *Method) occasion(services []Service) (o Occasion) {
	sum, longest := int64(0), int64(0)
	for _, s := range services {
		minutes := int64(s.StandardMinutes) * int64(staff(s))
		sum, longest = sum+minutes, max(longest, minutes)
		o.Services = append(o.Services, s.Service.Service)
	}
	o.Sum = domain.DecimalOf(sum, 0)
	if len(services) == 1 {
		o.Addition = m.LoneAddition.Value.Mul(domain.DecimalOf(int64(staff(services[0])), 0))
	} else {
		o.Gain = domain.DecimalOf(sum-longest, 0).Mul(m.CoordinationGain.Value).Mul(domain.DecimalOf(1, 2))
	}
	o.Minutes = o.Sum.Sub(o.Gain).Add(o.Addition)
	return o
}
