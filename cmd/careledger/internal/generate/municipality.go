package generate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"careledger/domain"
)

// InventedAuthority is the code of the invented municipality: no county has the code 99, so no municipality has it.
const InventedAuthority = "9999"

// presentYear is the first year of which nothing is invented unless Size.StartYear asks for it, so that a default history
// never lies in the future.
const presentYear = 2026

// Size says what municipality to invent.
type Size struct {
	Authority string // four digits; default InventedAuthority
	Persons   int    // with home care at any time, at least 1
	Years     int    // 1 to 50
	Seed      uint64 // chooses one of many histories of that size
	StartYear int    // 1971 to 2150; default 2015, or earlier where Years would otherwise reach beyond 2025
}

// Check returns everything that is wrong with the size.
func (s Size) Check() error { _, err := s.check(); return err }

// check returns s with its defaults, or everything that is wrong with it.
func (s Size) check() (Size, error) {
	var wrong []error
	if s.Authority == "" {
		s.Authority = InventedAuthority
	}
	if err := domain.ParseAuthority(s.Authority); err != nil || len(s.Authority) != 4 {
		wrong = append(wrong, fmt.Errorf("authority: %q is not the code of a municipality; write four digits", s.Authority))
	}
	if s.Persons < 1 || s.Persons > 1_000_000 {
		wrong = append(wrong, fmt.Errorf("persons: %d is outside 1 to 1000000", s.Persons))
	}
	if s.Years < 1 || s.Years > 50 {
		wrong = append(wrong, fmt.Errorf("years: %d is outside 1 to 50", s.Years))
	}
	own := s.StartYear != 0
	if !own {
		s.StartYear = min(2015, presentYear-s.Years)
	}
	if own && (s.StartYear < 1971 || s.StartYear > 2150) {
		wrong = append(wrong, fmt.Errorf("start year: %d is outside 1971 to 2150", s.StartYear))
	}
	return s, errors.Join(wrong...)
}

// Municipality writes a whole invented municipality, from 1 January of the first year to 31 December of the last, in order of
// recorded. It returns an error if the size is out of bounds or w fails. With a StartYear of the caller's own, records can lie
// in the future, which the ledger refuses.
func Municipality(w io.Writer, s Size) error {
	s, err := s.check()
	if err != nil {
		return fmt.Errorf("generate a municipality: %w", err)
	}
	t := newTown(s)
	t.registerParties()
	t.adoptPolicies()
	out := bufio.NewWriterSize(w, 1<<18)
	for m := t.first.Month(); m <= t.last.Month(); m++ {
		t.open(m)
		t.month(m)
		if err := t.flush(out, m); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return nil
}

// countyMunicipalities is how many municipalities an invented county has.
const countyMunicipalities = 12

// County writes an invented county: as many municipalities as Örebro's, with codes from 9901 and a share of the persons each, one after
// the other. The size's authority is not asked for.
func County(w io.Writer, s Size) error {
	s.Authority = ""
	if err := s.Check(); err != nil {
		return fmt.Errorf("generate a county: %w", err)
	}
	persons := s.Persons
	for i := range countyMunicipalities {
		s.Authority = fmt.Sprintf("99%02d", i+1)
		if s.Persons = (persons + i) / countyMunicipalities; s.Persons == 0 { // the shares add up to persons
			continue
		}
		if err := Municipality(w, s); err != nil {
			return err
		}
		s.Seed++
	}
	return nil
}

// town is the invented municipality as it stands in one month.
type town struct {
	*recorder
	r          *rand.Rand
	size       Size
	frameStart domain.Date // new cases and changed needs get frame time from here on
	providers  []*partyProvider
	units      []*partyUnit
	cases      []*careCase // open, in order of opening
	opened     int         // cases in all
	vacancies  int         // cases to open this month
	quotas     quotas

	// The month being made.
	now      domain.Month
	monthDay domain.Date // its first day
	monthEnd domain.Date // its last day
}

func newTown(s Size) *town {
	first := domain.NewDate(s.StartYear, time.January, 1)
	last := domain.NewDate(s.StartYear+s.Years, time.January, 1) - 1
	return &town{
		recorder: newRecorder(s.Authority, first, last),
		r:        rand.New(rand.NewPCG(s.Seed, 9999)), size: s, vacancies: s.Persons, quotas: newQuotas(),
		// Ten years from 2015 give 2022-10-01, when the municipality of the source went over to frame time.
		frameStart: domain.NewDate(s.StartYear+s.Years*3/4, time.October, 1),
	}
}

// month makes what happens in one month. At most one thing a case happens at the authority's office in a month, so that what
// is recorded later never refers to what another record of the month undid.
func (t *town) month(m domain.Month) {
	t.now, t.monthDay, t.monthEnd = m, m.First(), m.Last()
	open := len(t.cases)
	for range t.vacancies {
		t.openCase()
	}
	t.vacancies = 0
	for i, c := range t.cases {
		if i < open {
			t.officeAct(c)
		}
		t.perform(c, t.monthEnd)
		t.reportTime(c)
	}
	left := len(t.cases)
	t.cases = slices.DeleteFunc(t.cases, func(c *careCase) bool { return c.closed })
	t.vacancies = left - len(t.cases)
}

func (t *town) officeTime(day domain.Date) int64 { return officeTime(t.r, day) }

func (t *town) careManager() string { return careManagers[t.r.IntN(len(careManagers))] }

var careManagers = [...]string{"care-manager-1", "care-manager-2", "care-manager-3", "care-manager-4", "care-manager-5", "care-manager-6"}

// quota decides how often something happens that is asked for again and again: on average per10000 of the times asked, and,
// unlike independent draws, never far from it, so that what is rare happens in a small municipality too.
type quota struct{ per10000, owed int }

func (q *quota) due(r *rand.Rand) bool {
	q.owed += r.IntN(2*q.per10000 + 1)
	if q.owed < 10000 {
		return false
	}
	q.owed -= 10000
	return true
}

// quotas are asked once a case and month where nothing else is said.
type quotas struct {
	end, mistakenEnd, needChange, moveUnit, mistakenMove, absence quota
	goalSet, goalChanged, goalWithdrawn, goalMistaken             quota
	correction, annulment                                         quota

	lateStart, lateChange, lateAbsence, lateFollowUp quota // asked once such a thing
	timeMonth                                        quota // a light case reports a sum this month
	visitLate, visitCorrected, visitAnnulled         quota // asked once a visit
	reportLate, reportCorrected                      quota // asked once a time report
}

func newQuotas() quotas {
	q := func(per10000 int) quota { return quota{per10000: per10000, owed: 5000} }
	return quotas{
		end: q(170), mistakenEnd: q(20), needChange: q(420), moveUnit: q(70), mistakenMove: q(20), absence: q(500),
		goalSet: q(100), goalChanged: q(160), goalWithdrawn: q(80), goalMistaken: q(30),
		correction: q(110), annulment: q(50),
		lateStart: q(600), lateChange: q(1200), lateAbsence: q(1500), lateFollowUp: q(900),
		timeMonth: q(250),
		visitLate: q(80), visitCorrected: q(50), visitAnnulled: q(20),
		reportLate: q(300), reportCorrected: q(200),
	}
}
