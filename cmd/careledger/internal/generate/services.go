package generate

import (
	"fmt"
	"math/rand/v2"

	"careledger/domain"
)

// offer is a service as a municipality may grant it. Names, times and how often are invented, of the size that Swedish
// standard-time lists have.
type offer struct {
	name, category, band string
	minutes              int
	tenths               []int // times a week, in tenths
}

var (
	lightOffers = [...]offer{
		{"cleaning", "service", "day", 75, []int{5, 5, 10}},
		{"shower", "care", "day", 35, []int{10, 10, 20}},
		{"shopping", "service", "day", 45, []int{10}},
		{"laundry", "service", "day", 40, []int{5, 10}},
		{"walk", "care", "day", 30, []int{10, 20}},
		{"evening-support", "care", "evening", 20, []int{10, 20}},
		{"weekend-meal", "care", "weekend", 30, []int{10}},
		{"night-visit", "care", "night", 20, []int{10}},
	}
	heavyOffers = [...]offer{
		{"dressing", "care", "day", 20, []int{70}},
		{"meal", "care", "day", 20, []int{70, 140}},
		{"evening-routine", "care", "evening", 25, []int{70}},
		{"night-check", "care", "night", 15, []int{70}},
		{"shower", "care", "day", 40, []int{20, 30}},
		{"weekend-meal", "care", "weekend", 30, []int{20, 40}},
		{"cleaning", "service", "day", 75, []int{5, 10}},
		{"breakfast", "care", "day", 15, []int{70, 140}},
	}
)

// grant draws a few services. A light case has one to three, a heavy one four to six. Some heavy lifting takes two.
func grant(r *rand.Rand, heavy bool) []domain.Service {
	offers, n := lightOffers[:], 1+r.IntN(3)
	if heavy {
		offers, n = heavyOffers[:], 4+r.IntN(3)
	}
	services := make([]domain.Service, 0, n)
	for _, i := range r.Perm(len(offers))[:n] {
		o := &offers[i]
		s := domain.Service{Service: o.name, Category: o.category, Band: o.band, StandardMinutes: o.minutes,
			TimesPerWeek: domain.DecimalOf(int64(o.tenths[r.IntN(len(o.tenths))]), 1)}
		if o.category == "care" && r.IntN(25) == 0 {
			s.Staff = 2
		}
		services = append(services, s)
	}
	return services
}

// changed returns the services with one of them given more or less time, and now and then two persons.
func changed(r *rand.Rand, services []domain.Service) []domain.Service {
	services = append([]domain.Service(nil), services...)
	s := &services[r.IntN(len(services))]
	s.StandardMinutes += 5 * (1 + r.IntN(3))
	if s.StandardMinutes > 90 {
		s.StandardMinutes -= 60
	}
	if s.Category == "care" && r.IntN(10) == 0 {
		s.Staff = 2
	}
	return services
}

// tenths returns how often a week a service of this package is granted, in tenths.
func tenths(s *domain.Service) int {
	n, _ := s.TimesPerWeek.Scaled(1) // offers have one decimal
	return int(n)
}

// frameMinutes is what the time calculator of this package grants a month for services: their time in 30 days, and a tenth
// less, because services done in one visit are credited.
func frameMinutes(services []domain.Service) int {
	sum := 0
	for i := range services {
		sum += tenths(&services[i]) * services[i].StandardMinutes * max(1, services[i].Staff)
	}
	return max(60, sum*30*9/(10*7*10))
}

// subgoals are steps that a provider may set towards a goal of any life area.
var subgoals = [...]string{"prepare together", "take one step alone", "do it with support nearby", "do it alone twice a week", "choose when and how"}

// organisationNumber returns an organisation number with a check digit. It begins with 0, which no legal form has.
func organisationNumber(n int) string {
	for check := range 10 {
		if number := fmt.Sprintf("002%03d-%03d%d", n/1000, n%1000, check); domain.Luhn(number) {
			return number
		}
	}
	panic("generate: no check digit fits") // one of ten always does
}
