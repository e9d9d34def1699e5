// Package authority decides: given what an authority's log holds and one more event, it returns the events to write, whole, or
// every reason to refuse.
//
// It adds to package domain what spans entities: units and policies that cases refer to, and the premiums that the ledger itself
// writes with their cause. It promises that after each decided command the outstanding premiums of every case it was given equal
// the case's premium postings under the adopted policies as known then.
//
// A command on a case carries its premiums in the same commit. A command on a provider or policy may change the premiums of
// any number of cases; each case is settled in a commit of its own after it (Settle), and whoever opens the log finishes what an
// interruption left (the ids follow from the cause, so nothing doubles).
package authority

import (
	"errors"
	"fmt"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// State is what spans the entities of one authority: its providers, units, adopted policies and payouts.
type State struct {
	Code     string
	Parties  *domain.Parties
	Policies *domain.Policies
	Payouts  *domain.Payouts
	adopted  []compensation.Policy
	parsed   map[string]*compensation.Model // by the text of their documents
}

// New returns an authority that has no events.
func New(code string) *State {
	return &State{Code: code, Parties: domain.NewParties(), Policies: domain.NewPolicies(), Payouts: domain.NewPayouts(), parsed: map[string]*compensation.Model{}}
}

// Adopted returns the adopted policies. The slice must not be changed.
func (s *State) Adopted() []compensation.Policy { return s.adopted }

// Apply folds an event of a provider, policy or payout that was accepted before it was written; events of other entities pass it by.
func (s *State) Apply(e *domain.Event) error {
	if err := s.apply(e); err != nil {
		return err
	}
	if e.Entity.Kind() == domain.KindPolicy {
		adopted, err := compensation.Adopted(s.Policies, s.parsed)
		if err != nil {
			return fmt.Errorf("event %d: %w", e.Sequence, err)
		}
		s.adopted = adopted
	}
	return nil
}

func (s *State) apply(e *domain.Event) error {
	switch e.Entity.Kind() {
	case domain.KindProvider:
		return s.Parties.Apply(e)
	case domain.KindPolicy:
		return s.Policies.Apply(e)
	case domain.KindPayout:
		return s.Payouts.Apply(e)
	}
	return nil
}

// Fold is Apply for many events; the adopted documents are read once, after the last.
func (s *State) Fold(events []domain.Event) (err error) {
	for i := range events {
		if err := s.apply(&events[i]); err != nil {
			return fmt.Errorf("fold event %d (%s): %w", events[i].Sequence, events[i].ID, err)
		}
	}
	s.adopted, err = compensation.Adopted(s.Policies, s.parsed)
	return err
}

// Last returns the sequence of the last event of a provider, policy or payout.
func (s *State) Last(entity domain.Entity) uint64 {
	sequence := uint64(0)
	switch entity.Kind() {
	case domain.KindProvider:
		sequence, _ = s.Parties.Last(entity)
	case domain.KindPolicy:
		sequence, _ = s.Policies.Last(entity)
	case domain.KindPayout:
		sequence, _ = s.Payouts.Last(entity)
	}
	return sequence
}

// Decide checks e against the state and, for an entity that has one of its own (domain.NewState), against own. If it may be written,
// s and own hold it afterwards and the events to write in one commit are returned, e first, with sequences from first on; otherwise
// nothing has changed. unitInUse returns the events that refer to a unit.
func (s *State) Decide(e domain.Event, first uint64, own domain.State, unitInUse func(unit string) []string) ([]domain.Event, domain.Problems) {
	e.Sequence = first
	if ps := s.Check(&e, own, unitInUse); len(ps) > 0 {
		return nil, ps
	}
	switch e.Entity.Kind() {
	case domain.KindProvider, domain.KindPolicy, domain.KindPayout:
		return decided(e, s.Apply)
	case domain.KindCase:
		return s.decideCase(e, own.(*domain.Case))
	}
	return decided(e, own.Apply)
}

// Check returns every reason why e may not follow what s and own hold, and changes nothing. It depends on them and on e alone, on no clock:
// an event that was accepted is accepted again on what was known before it.
func (s *State) Check(e *domain.Event, own domain.State, unitInUse func(unit string) []string) domain.Problems {
	switch e.Entity.Kind() {
	case domain.KindProvider:
		return s.Parties.Check(e, unitInUse)
	case domain.KindPolicy:
		return s.Policies.Check(e, s.checkModel)
	case domain.KindPayout:
		return s.Payouts.Check(e, s.Parties)
	}
	if own == nil {
		return domain.Problems{{Field: "entity", Reason: fmt.Sprintf("%q is no kind of entity that the ledger keeps", e.Entity.Kind())}}
	}
	return own.Check(e, s.Parties)
}

// decided folds an accepted event that is all of its command.
func decided(e domain.Event, apply func(*domain.Event) error) ([]domain.Event, domain.Problems) {
	if err := apply(&e); err != nil {
		return nil, domain.Problems{{Field: "record", Reason: err.Error()}}
	}
	return []domain.Event{e}, nil
}

func (s *State) decideCase(e domain.Event, c *domain.Case) ([]domain.Event, domain.Problems) {
	if !ChangesPremiums(&e, c) {
		return decided(e, c.Apply)
	}
	tried := c.WithoutPerformed() // so that a refusal leaves c as it is, at a cost that does not grow with its visits
	if err := tried.Apply(&e); err != nil {
		return nil, domain.Problems{{Field: "record", Reason: err.Error()}}
	}
	premiums, err := s.Settle(&e, e.Sequence+1, tried)
	if err != nil {
		return nil, domain.Problems{{Field: "data", Reason: err.Error()}}
	}
	events := append([]domain.Event{e}, premiums...)
	for i := range events {
		if err := c.Apply(&events[i]); err != nil { // cannot happen: neither e nor a premium concerns performed time
			return nil, domain.Problems{{Field: "record", Reason: err.Error()}}
		}
	}
	return events, nil
}

// ChangesPremiums says whether e, which c does not hold yet, can change a premium of the case: what happens in a case without follow-ups, and performed
// time in any, cannot.
func ChangesPremiums(e *domain.Event, c *domain.Case) bool {
	switch e.Type {
	case domain.TypeFollowUpHeld:
		return true
	case domain.TypeVisitPerformed, domain.TypeTimeReported, domain.TypeNeedsAssessed, domain.TypeAbsenceRegistered, domain.TypeSubgoalSet, domain.TypeGoalSet:
		return false
	}
	_, performed := c.PerformedTarget(e)
	return !performed && c.HasFollowUps()
}

// SettlesOthers says whether e can change premiums of cases that it is no event of, so that they are settled after it: an event of
// a policy, or the correction or annulment of an event of a provider. A provider or unit that is new can change none, since what a
// case refers to was registered before; what a case's own event changes is settled with it.
func SettlesOthers(e *domain.Event) bool {
	switch e.Entity.Kind() {
	case domain.KindPolicy:
		return true
	case domain.KindProvider:
		return e.Corrects() != ""
	}
	return false
}

// Settle returns the premium events that make the case's outstanding premiums equal its premium postings under the adopted
// policies, because of cause, with sequences from first on; c holds them afterwards. On an error c is unchanged. The cost does not
// grow with the case's visits.
func (s *State) Settle(cause *domain.Event, first uint64, c *domain.Case) ([]domain.Event, error) {
	postings, err := s.premiums(c)
	if err != nil {
		return nil, err
	}
	due := map[domain.PremiumAwarded]bool{}
	for _, p := range postings {
		due[award(p)] = true
	}
	_, last := c.Last()
	var events []domain.Event
	for _, p := range c.Premiums() {
		if due[p.PremiumAwarded] {
			delete(due, p.PremiumAwarded)
			continue
		}
		events = append(events, domain.Caused(cause, domain.TypePremiumReversed, c.Entity, cause.Effective, last,
			&domain.PremiumReversed{Premium: p.EventID, Reason: string(cause.Type)}, p.EventID))
	}
	for _, p := range postings {
		if a := award(p); due[a] {
			events = append(events, domain.Caused(cause, domain.TypePremiumAwarded, c.Entity, p.HeldOn, last, &a,
				a.Policy, a.Component, a.FollowUp, a.Goal))
		}
	}
	for i := range events {
		events[i].Sequence = first + uint64(i)
		if err := c.Apply(&events[i]); err != nil {
			return nil, fmt.Errorf("settle premiums of %s: %w", c.Entity, err)
		}
	}
	return events, nil
}

func (s *State) premiums(c *domain.Case) ([]compensation.Posting, error) {
	return compensation.Premiums(s.Code, s.Parties, c.PremiumFacts(), s.adopted)
}

// Due returns the premiums that the case's follow-ups earn under the adopted policies: what its outstanding premiums must be.
func (s *State) Due(c *domain.Case) (due []domain.PremiumAwarded, err error) {
	postings, err := s.premiums(c)
	for _, p := range postings {
		due = append(due, award(p))
	}
	return due, err
}

func award(p compensation.Posting) domain.PremiumAwarded {
	return domain.PremiumAwarded{FollowUp: p.FollowUp, Goal: p.Goal, Provider: p.Provider, Unit: p.Unit, Policy: p.Policy, Component: p.Component, Amount: p.Amount}
}

// checkModel judges the model document of an adoption, and keeps it parsed for when it is adopted.
func (s *State) checkModel(policy string, d *domain.PolicyAdopted) (ps domain.Problems) {
	m := s.parsed[string(d.Model)]
	if m == nil {
		var err error
		if m, _, err = compensation.ParseModel("", d.Model); err != nil {
			return modelProblems(err)
		}
		s.parsed[string(d.Model)] = m
	}
	if m.ID != policy {
		ps = append(ps, domain.Problem{Field: "data.model.id", Reason: fmt.Sprintf("%q is not the id of the entity, policy/%s; the two say the same thing", m.ID, policy)})
	}
	if err := m.CheckFrom(d.From); err != nil {
		ps = append(ps, modelProblems(err)...)
	}
	return ps
}

// modelProblems gives each problem of a model document its field in the record.
func modelProblems(err error) (ps domain.Problems) {
	var problems compensation.ModelProblems
	if !errors.As(err, &problems) {
		return domain.Problems{{Field: "data.model", Reason: err.Error()}}
	}
	for _, p := range problems {
		field := "data.model"
		if p.Place != "" && !strings.HasPrefix(p.Place, "[") {
			field += "."
		}
		ps = append(ps, domain.Problem{Field: field + p.Place, Reason: p.Reason})
	}
	return ps
}
