package domain

import (
	"slices"
	"strings"
	"time"
)

// Policies holds what the boards of an authority have adopted.
type Policies struct {
	states map[Entity]*policyState
}

type policyState struct {
	history
	documents []PolicyDocument
}

// PolicyDocument is one adopted model document and the days [From, End) on which it is in force.
type PolicyDocument struct {
	Policy  string // the policy's id
	EventID string
	PolicyAdopted
	End Date // MaxDate while open
}

// NewPolicies returns an authority that has adopted nothing.
func NewPolicies() *Policies { return &Policies{states: map[Entity]*policyState{}} }

// Last returns the sequence and recorded time of the policy's last event.
func (p *Policies) Last(e Entity) (uint64, time.Time) {
	if s := p.states[e]; s != nil {
		return s.Last()
	}
	return 0, time.Time{}
}

// Documents returns every document that is in force on some day, by policy id and then From.
func (p *Policies) Documents() (docs []PolicyDocument) {
	for _, s := range p.states {
		for _, d := range s.documents {
			if d.From < d.End {
				docs = append(docs, d)
			}
		}
	}
	slices.SortFunc(docs, func(a, b PolicyDocument) int {
		if c := strings.Compare(a.Policy, b.Policy); c != 0 {
			return c
		}
		return int(a.From - b.From)
	})
	return docs
}

// Replaced returns the first day of the document that an adoption takes the place of: the one in force on its first day, or else the last before
// it, or else the next after it; false where the policy has none. It is asked before the adoption is applied.
func (p *Policies) Replaced(e Entity, from Date) (earlier Date, ok bool) {
	s := p.states[e]
	if s == nil {
		return 0, false
	}
	for _, doc := range s.documents {
		if doc.From >= doc.End {
			continue
		}
		if !ok || earlier > from && doc.From < earlier || earlier < doc.From && doc.From <= from {
			earlier, ok = doc.From, true
		}
	}
	return earlier, ok
}

// ModelCheck judges the model document of an adoption; its problems' fields are below data.
type ModelCheck func(policy string, d *PolicyAdopted) Problems

// Check says whether e, an event of a policy entity, may follow.
func (p *Policies) Check(e *Event, model ModelCheck) Problems {
	s := p.states[e.Entity]
	if s == nil {
		s = &policyState{}
	}
	var ps Problems
	s.checkOrder(e, &ps)
	if targetID(e) == "" {
		return append(ps, s.check(e.Entity, e.Data, model)...)
	}
	target := s.find(targetID(e))
	if target == nil {
		return append(ps, noTarget(e)...)
	}
	c, found := resolve(e, target.typ, target.effective, target.annulled)
	if ps = append(ps, found...); len(ps) > 0 {
		return ps
	}
	trial, broken := &policyState{}, []string(nil)
	for _, en := range s.applied(c) {
		if en.annulled {
			continue
		}
		check := model
		if en.id != c.target {
			check = nil // judged when it was adopted
		}
		if found := trial.check(e.Entity, en.data, check); len(found) > 0 {
			if en.id == c.target {
				return corrected(found)
			}
			broken = append(broken, en.name())
			continue
		}
		trial.fold(e.Entity, &en)
	}
	if len(broken) > 0 {
		return dependents(e, broken)
	}
	return nil
}

func (s *policyState) check(entity Entity, data payload, model ModelCheck) (ps Problems) {
	switch d := data.(type) {
	case *PolicyAdopted:
		if model != nil {
			ps = model(entity.ID(), d)
		}
	case *PolicyEnded:
		if !slices.ContainsFunc(s.documents, func(doc PolicyDocument) bool { return doc.From < doc.End && d.From < doc.End }) {
			ps.missing(missingEntity(entity), "data.from", "policy %s has no document in force on %s or later; there is nothing to end", entity.ID(), d.From)
		}
	}
	return ps
}

// Apply folds e, an event of a policy entity that Check accepts. It returns an error, and changes nothing, if e corrects an
// event that the entity does not hold.
func (p *Policies) Apply(e *Event) error {
	s := p.states[e.Entity]
	if s == nil {
		s = &policyState{}
		p.states[e.Entity] = s
	}
	if id := targetID(e); id != "" {
		target := s.find(id)
		if target == nil {
			return noTarget(e)
		}
		c, _ := resolve(e, target.typ, target.effective, false)
		s.entries, s.documents = s.applied(c), nil
		for i := range s.entries {
			if !s.entries[i].annulled {
				s.fold(e.Entity, &s.entries[i])
			}
		}
	} else {
		s.add(e)
		s.fold(e.Entity, &s.entries[len(s.entries)-1])
	}
	s.note(e)
	return nil
}

// fold lets a later statement win from its day on.
func (s *policyState) fold(entity Entity, en *entry) {
	cut := func(from Date) {
		for i := range s.documents {
			s.documents[i].End = min(s.documents[i].End, max(from, s.documents[i].From))
		}
	}
	switch d := en.data.(type) {
	case *PolicyAdopted:
		cut(d.From)
		s.documents = append(s.documents, PolicyDocument{Policy: entity.ID(), EventID: en.id, PolicyAdopted: *d, End: MaxDate})
	case *PolicyEnded:
		cut(d.From)
	}
}
