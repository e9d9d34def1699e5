package domain

import (
	"fmt"
	"slices"
	"time"
)

// State is what the events of one entity say: a case, patient, agreement or grant. Providers, policies and payouts, which what other
// entities do depends on, are kept for an authority as a whole (Parties, Policies, Payouts).
type State interface {
	// Last returns the sequence and the recorded time of the entity's last event, zero where it has none.
	Last() (uint64, time.Time)
	// Check says whether e may follow what the entity already holds, under the providers and units of its authority. It returns
	// every reason why not, and changes nothing.
	Check(e *Event, parties *Parties) Problems
	// Apply folds e, the next event of the entity on the log, which Check accepted before it was written. It returns an error, and
	// changes nothing, if e corrects something that the entity does not hold.
	Apply(e *Event) error
	// ApplyPerformed folds what is kept of an event about performed time in place of the event. Those of an entity are folded in log
	// order; whether before or after its other events makes no difference. It returns an error, and changes nothing, if p corrects
	// something that the entity does not hold.
	ApplyPerformed(p *PerformedFold) error
	// Describe returns what is known of the entity, sorted by name, but for its performed time.
	Describe() []Statement
	// Referring names the events, not annulled, that refer to a unit.
	Referring(unit string) []string
}

// NewState returns the state of an entity before its first event, nil for a kind that is kept for the authority as a whole or
// that the ledger does not know.
func NewState(e Entity) State {
	switch e.Kind() {
	case KindCase:
		return NewCase(e)
	case KindPatient:
		return NewPatient(e)
	case KindAgreement:
		return NewAgreement(e)
	case KindGrant:
		return NewGrant(e)
	}
	return nil
}

// folding is what the entries of an entity, folded in log order, say. It is made anew when one of them is corrected.
type folding[V any] interface {
	// check says whether an entry may be folded next. e is the event that registers it, nil when the entry was accepted before and
	// is only folded again.
	check(en *entry, e *Event, parties *Parties, ps *Problems)
	// fold applies one entry that check accepted. What an entry refers to exists, because a correction that takes it away is
	// refused; where a log breaks that all the same, the entry is without effect.
	fold(en *entry)
	// begun says whether the event that an entity begins with has been folded.
	begun() bool
	describe(d *description)
	// empty returns what the entity says before its first entry.
	empty() V
}

// state is what Case, Patient, Agreement and Grant have in common. Performed time is by far the most of a case, so it is kept apart in a
// compact form; everything else is kept as entries, from which the view is folded again when one of them is corrected.
type state[V folding[V]] struct {
	Entity Entity
	history
	view      V
	performed performedTime
}

// Check is State's.
func (s *state[V]) Check(e *Event, parties *Parties) Problems {
	var ps Problems
	s.checkOrder(e, &ps)
	switch {
	case targetID(e) != "":
		return append(ps, s.checkCorrection(e, parties)...)
	case isPerformed(e.Data):
		if !s.view.begun() {
			ps.missing(missingEntity(s.Entity), "entity", "%s is not opened; its first event is %s", s.Entity, beginnings[s.Entity.Kind()])
		}
		s.checkPerformed(e.Data, e.Recorded, parties, nil, &ps)
	default:
		s.view.check(&entry{typ: e.Type, effective: e.Effective, data: e.Data}, e, parties, &ps)
	}
	return ps
}

// beginnings are the events that an entity begins with. It must not be changed.
var beginnings = map[Kind]Type{KindCase: TypeCaseOpened, KindPatient: TypeCareRequested, KindAgreement: TypeAgreementProposed, KindGrant: TypeGrantAgreed}

// checkBegun says whether an entry may stand where it does: the beginning first, and everything else after it. again is whether an
// entity may begin several times.
func checkBegun(entity Entity, begun, beginning, again bool, ps *Problems) bool {
	switch {
	case beginning && begun && !again:
		ps.add("entity", "%s is already begun with %s; correct that event instead", entity, beginnings[entity.Kind()])
	case !beginning && !begun:
		ps.missing(missingEntity(entity), "entity", "%s is not opened; its first event is %s", entity, beginnings[entity.Kind()])
	default:
		return true
	}
	return false
}

func (s *state[V]) checkPerformed(data payload, recorded time.Time, parties *Parties, without *performedEvent, ps *Problems) {
	key, _, kind := performedOf(data)
	checkUnit(parties, key.Unit, "", recorded, ps)
	if clash := s.performed.clash(key, kind, without); clash != "" {
		ps.add("data", "%s", clash)
	}
}

func (s *state[V]) checkCorrection(e *Event, parties *Parties) Problems {
	id := targetID(e)
	if t := s.performed.find(id); t != nil {
		c, ps := resolve(e, t.kind().typ(), e.Effective, t.minutes < 0)
		if len(ps) == 0 && !c.annul {
			s.checkPerformed(c.data, e.Recorded, parties, t, &ps)
			return corrected(ps)
		}
		return ps
	}
	target := s.find(id)
	if target == nil {
		return noTarget(e)
	}
	c, ps := resolve(e, target.typ, target.effective, target.annulled)
	if len(ps) > 0 {
		return ps
	}
	return s.checkRefold(e, c, parties)
}

// checkRefold folds the entity as it would stand and names the later events that would not fit any more.
func (s *state[V]) checkRefold(e *Event, c correction, parties *Parties) Problems {
	trial, broken := s.view.empty(), []string(nil)
	for _, en := range s.applied(c) {
		if en.annulled {
			continue
		}
		var found Problems
		var registering *Event // what the target is corrected to is registered with e
		if en.id == c.target {
			registering = e
		}
		trial.check(&en, registering, parties, &found)
		if len(found) > 0 && en.id == c.target {
			return corrected(found)
		}
		if len(found) > 0 {
			broken = append(broken, en.name())
			continue
		}
		trial.fold(&en)
	}
	if !trial.begun() {
		for _, t := range s.performed.times {
			if t.minutes >= 0 {
				broken = append(broken, t.name())
			}
		}
	}
	if len(broken) > 0 {
		return dependents(e, broken)
	}
	return nil
}

// Apply is State's.
func (s *state[V]) Apply(e *Event) error {
	switch {
	case isPerformed(e.Data):
		k, minutes, kind := performedOf(e.Data)
		s.performed.add(ShortID(e.ID), e.Sequence, Performed{k, minutes}, kind)
	case targetID(e) != "":
		if err := s.applyCorrection(e); err != nil {
			return err
		}
	default:
		s.add(e)
		s.view.fold(&s.entries[len(s.entries)-1])
	}
	s.note(e)
	return nil
}

// ApplyPerformed is State's.
func (s *state[V]) ApplyPerformed(p *PerformedFold) error {
	if p.Corrects == 0 {
		s.performed.add(p.ID, p.Sequence, p.Performed, p.Kind)
	} else if t := s.performed.at(p.Corrects); t == nil {
		return fmt.Errorf("event %d corrects event %d, which is no performed time of %s", p.Sequence, p.Corrects, s.Entity)
	} else if p.Annuls {
		s.performed.annul(t)
	} else {
		s.performed.correct(t, p.Performed)
	}
	s.noteAt(p.Sequence, p.Recorded)
	return nil
}

func (s *state[V]) applyCorrection(e *Event) error {
	id := targetID(e)
	if t := s.performed.find(id); t != nil {
		c, _ := resolve(e, t.kind().typ(), e.Effective, false)
		if c.annul {
			s.performed.annul(t)
		} else {
			k, minutes, _ := performedOf(c.data)
			s.performed.correct(t, Performed{k, minutes})
		}
		return nil
	}
	target := s.find(id)
	if target == nil {
		return noTarget(e)
	}
	c, _ := resolve(e, target.typ, target.effective, false)
	s.entries = s.applied(c)
	s.refold()
	return nil
}

// refold makes the view anew from the entries.
func (s *state[V]) refold() {
	s.view = s.view.empty()
	for i := range s.entries {
		if !s.entries[i].annulled {
			s.view.fold(&s.entries[i])
		}
	}
}

// PerformedTarget returns the sequence of the performed time that e corrects, false if e corrects something else.
func (s *state[V]) PerformedTarget(e *Event) (uint64, bool) {
	if id := targetID(e); id != "" {
		if t := s.performed.find(id); t != nil {
			return t.sequence, true
		}
	}
	return 0, false
}

// Referring is State's.
func (s *state[V]) Referring(unit string) (ids []string) {
	for i := range s.entries {
		if en := &s.entries[i]; !en.annulled && unitOf(en.data) == unit {
			ids = append(ids, en.name())
		}
	}
	for _, t := range s.performed.times {
		if t.minutes >= 0 && s.performed.key(t.key()).Unit == unit {
			ids = append(ids, t.name())
		}
	}
	return ids
}

// unitOf returns the unit that an entry names, "" for none.
func unitOf(data payload) string {
	switch d := data.(type) {
	case *DecisionMade:
		return d.Unit
	case *ProviderChanged:
		return d.Unit
	case *PatientEnrolled:
		return d.Unit
	}
	return ""
}

// Describe is State's.
func (s *state[V]) Describe() []Statement {
	d := &description{}
	s.describe(d)
	return d.sorted()
}

func (s *state[V]) describe(d *description) {
	s.view.describe(d)
	for i := range s.entries {
		if !s.entries[i].annulled {
			d.entry(&s.entries[i])
		}
	}
}

// minutesByKey returns the performed minutes of each key that something stands under.
func (s *state[V]) minutesByKey() (rows []Performed) {
	minutes := make([]int, len(s.performed.sums))
	for _, t := range s.performed.times {
		minutes[t.key()] += int(max(0, t.minutes))
	}
	for i := range s.performed.sums {
		if slices.Max(s.performed.sums[i].usage[:]) > 0 {
			rows = append(rows, Performed{s.performed.key(i), minutes[i]})
		}
	}
	return rows
}
