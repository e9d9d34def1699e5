package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
)

// Trail is every event of one entity as known at a moment, with what each changed. Its JSON is
//
//	{"authority", "as_of": {"sequence", "recorded"}, "entity", "events": [{"sequence", "id", "type", "effective", "recorded", "actor",
//	 "causation", "state", "state_by"?, "data": {…}, "changes": [{"name", "before", "after"}]}]}
//
// with data as it stands on the log. What an event changed is the difference between what was known of the entity before it and after
// it, so it includes what follows from it: a decision that supersedes another changes that one's last day as well, and a correction
// changes all that its target had said.
type Trail struct {
	Authority string
	AsOf      Moment
	Entity    domain.Entity
	Events    []TrailEvent // in log order
}

// TrailEvent is one event of a trail.
type TrailEvent struct {
	Sequence  uint64
	ID        string
	Type      domain.Type
	Effective domain.Date
	Recorded  time.Time
	Actor     string
	Causation string // id of the event that caused it, its own where a record did
	State     string // one of TrailStates
	StateBy   string // id of the event that made the state another than standing
	Data      jsontext.Value
	Changes   []domain.Change // sorted by name
}

// TrailStates are what an event is known as at the moment of a trail: a premium is reversed by a premium-reversed, everything else
// corrected or annulled.
var TrailStates = domain.Codes{"standing", "corrected", "annulled", "reversed"}

// ErrUnknownEntity matches every *UnknownEntityError.
var ErrUnknownEntity = errors.New("unknown entity")

// UnknownEntityError says that no event of an entity was known at a moment.
type UnknownEntityError struct {
	Authority string
	Entity    domain.Entity
	AsOf      Moment
}

func (e *UnknownEntityError) Error() string {
	return fmt.Sprintf("authority %s: the log holds no event of %s as known at sequence %d. An entity is named kind/id, of kind case, patient, provider, policy, agreement, grant or payout, for example case/k-17; upper and lower case count",
		e.Authority, e.Entity, e.AsOf.Sequence)
}

// Is reports a match with ErrUnknownEntity.
func (e *UnknownEntityError) Is(target error) bool { return target == ErrUnknownEntity }

// Trail reads the events of an entity from the log. Errors: *UnknownEntityError; those of reading the log.
func (t *Table) Trail(ctx context.Context, entity domain.Entity, at AsOf) (*Trail, error) {
	s := t.snapshot()
	v := s.visibility(at)
	trail := &Trail{Authority: t.authority, AsOf: v.moment, Entity: entity}
	if _, err := domain.ParseEntity(string(entity)); err != nil {
		return nil, err
	}
	tracer := newTracer(entity)
	if tracer == nil {
		return nil, &UnknownEntityError{t.authority, entity, v.moment}
	}
	err := t.eachEvent(ctx, s, v, entity, func(e *domain.Event, raw []byte) error {
		var document struct {
			Data jsontext.Value `json:"data"`
		}
		if err := json.Unmarshal(raw, &document); err != nil {
			return fmt.Errorf("read event %d (%s): %w", e.Sequence, e.ID, err)
		}
		changes, err := tracer.apply(e)
		if err != nil {
			return fmt.Errorf("fold event %d (%s): %w", e.Sequence, e.ID, err)
		}
		trail.add(TrailEvent{Sequence: e.Sequence, ID: e.ID, Type: e.Type, Effective: e.Effective, Recorded: e.Recorded, Actor: e.Actor,
			Causation: e.Causation, State: "standing", Data: document.Data, Changes: changes}, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(trail.Events) == 0 {
		return nil, &UnknownEntityError{t.authority, entity, v.moment}
	}
	return trail, nil
}

// add appends an event and marks the one that it corrects.
func (t *Trail) add(event TrailEvent, e *domain.Event) {
	target, state := e.Corrects(), ""
	switch d := e.Data.(type) {
	case *domain.EventAnnulled:
		state = "annulled"
	case *domain.EventCorrected:
		state = "corrected"
	case *domain.PremiumReversed:
		target, state = d.Premium, "reversed"
	}
	if state != "" {
		for i := len(t.Events) - 1; i >= 0; i-- { // corrections mostly concern what is recent
			if t.Events[i].ID == target {
				t.Events[i].State, t.Events[i].StateBy = state, e.ID
				break
			}
		}
	}
	t.Events = append(t.Events, event)
}

// MarshalJSON writes the document that Trail describes.
func (t *Trail) MarshalJSON() ([]byte, error) {
	b := quote([]byte(`{"authority":`), t.Authority)
	b = t.AsOf.appendJSON(append(b, `,"as_of":`...))
	b = quote(append(b, `,"entity":`...), string(t.Entity))
	b = append(b, `,"events":[`...)
	for i := range t.Events {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = t.Events[i].appendJSON(b); err != nil {
			return nil, err
		}
	}
	return append(b, ']', '}'), nil
}

func (e *TrailEvent) appendJSON(b []byte) ([]byte, error) {
	b = strconv.AppendUint(append(b, `{"sequence":`...), e.Sequence, 10)
	fields := [][2]string{{"id", e.ID}, {"type", string(e.Type)}, {"effective", e.Effective.String()}, {"recorded", Moment{Recorded: e.Recorded}.Text()},
		{"actor", e.Actor}, {"causation", e.Causation}, {"state", e.State}, {"state_by", e.StateBy}}
	for _, f := range fields {
		if f[0] != "state_by" || f[1] != "" {
			b = quote(append(quote(append(b, ','), f[0]), ':'), f[1])
		}
	}
	b = append(append(b, `,"data":`...), e.Data...)
	changes, err := json.Marshal(e.Changes) // null does not occur: v2 writes an empty array
	return append(append(append(b, `,"changes":`...), changes...), '}'), err
}

// tracer folds one entity and tells what each event changes.
type tracer struct {
	fold     func(*domain.Event) error
	describe func() []domain.Statement
	said     []domain.Statement                                   // the last description
	passed   bool                                                 // something was folded since
	replaced func(domain.Entity, domain.Date) (domain.Date, bool) // of a policy
	performedTrail
}

// newTracer returns nil for a kind of entity that the log does not hold.
func newTracer(entity domain.Entity) *tracer {
	t := &tracer{performedTrail: performedTrail{events: map[string]*tracedTime{}, sums: map[domain.PerformedKey]*tracedSum{}}}
	switch entity.Kind() {
	case domain.KindProvider:
		p := domain.NewParties()
		t.fold, t.describe = p.Apply, func() []domain.Statement { return p.Describe(entity) }
	case domain.KindPolicy:
		p := domain.NewPolicies()
		t.fold, t.describe, t.replaced = p.Apply, func() []domain.Statement { return p.Describe(entity) }, p.Replaced
	case domain.KindPayout:
		p := domain.NewPayouts()
		t.fold, t.describe = p.Apply, func() []domain.Statement { return p.Describe(entity) }
	default:
		s := domain.NewState(entity)
		if s == nil {
			return nil
		}
		t.fold, t.describe = s.Apply, s.Describe
	}
	return t
}

// pass folds an event whose changes nobody asks for.
func (t *tracer) pass(e *domain.Event) error {
	if _, ok, err := t.performedTrail.apply(e); ok || err != nil {
		return err
	}
	t.passed = true
	return t.fold(e)
}

// apply folds an event and tells what it changes.
func (t *tracer) apply(e *domain.Event) ([]domain.Change, error) {
	if changes, ok, err := t.performedTrail.apply(e); ok || err != nil {
		return changes, err
	}
	if t.passed {
		t.said, t.passed = t.describe(), false
	}
	adopted, _ := e.Data.(*domain.PolicyAdopted)
	earlier, again := domain.Date(0), false
	if adopted != nil {
		earlier, again = t.replaced(e.Entity, adopted.From)
	}
	if err := t.fold(e); err != nil {
		return nil, err
	}
	before := t.said
	t.said = t.describe()
	changes := domain.Changes(before, t.said)
	if again {
		changes = fromDocument(changes, before, earlier, adopted.From)
	}
	return changes, nil
}

// fromDocument tells of a document that takes the place of another what differs from that one, in place of all that it says.
func fromDocument(changes []domain.Change, before []domain.Statement, earlier, from domain.Date) []domain.Change {
	if earlier == from {
		return changes // of one name, they are compared already
	}
	var was, is []domain.Statement
	for _, s := range before {
		if of, place := s.Name.OfModel(); of == earlier.String() {
			was = append(was, domain.Statement{Name: domain.PhraseOfModel(from, place), Value: s.Value})
		}
	}
	kept := []domain.Change{{Name: domain.NewPhrase("document from {date} replaces", from.String()), After: domain.NewPhrase("document from {date}; of its model what differs is told", earlier.String())}}
	for _, c := range changes {
		if of, _ := c.Name.OfModel(); c.Before == (domain.Phrase{}) && of == from.String() {
			is = append(is, domain.Statement{Name: c.Name, Value: c.After})
		} else {
			kept = append(kept, c)
		}
	}
	return changed(append(kept, domain.Changes(was, is)...)...)
}

// performedTrail keeps a case's visits and time reports apart, so that each costs the same however many there are.
type performedTrail struct {
	events map[string]*tracedTime
	sums   map[domain.PerformedKey]*tracedSum
}

type tracedTime struct {
	domain.PerformedEvent
}

type tracedSum struct{ minutes, events int }

// apply returns what e changes if it is about performed time, and false if it is not.
func (p *performedTrail) apply(e *domain.Event) ([]domain.Change, bool, error) {
	if now, ok := domain.PerformedBy(e.Data); ok {
		p.events[e.ID] = &tracedTime{now}
		before := p.text(now.PerformedKey)
		p.count(now.Performed, 1)
		return changed(p.change(now.PerformedKey, before)), true, nil
	}
	old := p.events[e.Corrects()]
	if old == nil {
		return nil, false, nil
	}
	now, ok, err := domain.PerformedAfter(e, old.Kind)
	if err != nil {
		return nil, true, err
	}
	was := old.Performed
	if !ok {
		now.PerformedKey = was.PerformedKey
	}
	beforeWas, beforeNow := p.text(was.PerformedKey), p.text(now.PerformedKey)
	p.count(was, -1)
	if ok {
		p.count(now.Performed, 1)
		old.PerformedEvent = now
	}
	return changed(p.change(was.PerformedKey, beforeWas), p.change(now.PerformedKey, beforeNow)), true, nil
}

// changed keeps the changes that are some, once each, sorted by name.
func changed(all ...domain.Change) (changes []domain.Change) {
	for _, c := range all {
		if c.Before != c.After && !slices.Contains(changes, c) {
			changes = append(changes, c)
		}
	}
	slices.SortFunc(changes, func(a, b domain.Change) int { return a.Name.Compare(b.Name) })
	return changes
}

func (p *performedTrail) count(of domain.Performed, by int) {
	s := p.sums[of.PerformedKey]
	if s == nil {
		s = &tracedSum{}
		p.sums[of.PerformedKey] = s
	}
	s.minutes, s.events = s.minutes+by*of.Minutes, s.events+by
}

// text is empty where nothing is known to have been performed.
func (p *performedTrail) text(k domain.PerformedKey) domain.Phrase {
	s := p.sums[k]
	switch {
	case s == nil || s.events == 0:
		return domain.Phrase{}
	case s.minutes == 1:
		return domain.NewPhrase("1 minute")
	}
	return domain.NewPhrase("{number} minutes", strconv.Itoa(s.minutes))
}

func (p *performedTrail) change(k domain.PerformedKey, before domain.Phrase) domain.Change {
	return domain.Change{Name: domain.NewPhrase("performed {unit} {category} {band} {month}", k.Unit, k.Category, k.Band, k.Month.String()), Before: before, After: p.text(k)}
}
