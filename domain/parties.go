package domain

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Unit is a provider's unit as known at one moment.
type Unit struct {
	ID, Name, Area   string
	Provider, Regime string
	ProviderName     string
	Registered       time.Time // recorded of its registration
}

// Parties holds the providers and units of an authority.
type Parties struct {
	providers map[Entity]*providerState
	units     map[string]Unit
}

type providerState struct {
	history
	provider *ProviderRegistered
}

// NewParties returns an authority without providers.
func NewParties() *Parties {
	return &Parties{providers: map[Entity]*providerState{}, units: map[string]Unit{}}
}

// Provider returns a provider by its id; false where none is registered, which is so of the recipient of a grant too.
func (p *Parties) Provider(id string) (ProviderRegistered, bool) {
	if s := p.providers[NewEntity(KindProvider, id)]; s != nil && s.provider != nil {
		return *s.provider, true
	}
	return ProviderRegistered{}, false
}

// Unit returns a unit by its id.
func (p *Parties) Unit(id string) (Unit, bool) { u, ok := p.units[id]; return u, ok }

// Units returns all units, sorted by id.
func (p *Parties) Units() []Unit {
	return slices.SortedFunc(maps.Values(p.units), func(a, b Unit) int { return strings.Compare(a.ID, b.ID) })
}

// Last returns the sequence and recorded time of the provider's last event.
func (p *Parties) Last(e Entity) (uint64, time.Time) {
	if s := p.providers[e]; s != nil {
		return s.Last()
	}
	return 0, time.Time{}
}

// Belongs says whether an actor belongs to a provider; see the package documentation for the rule.
func (p *Parties) Belongs(actor string) bool {
	actor = strings.TrimPrefix(actor, "provider/")
	for at := 0; ; at++ {
		if at == len(actor) || strings.IndexByte("/:.", actor[at]) >= 0 {
			head := actor[:at]
			if _, unit := p.units[head]; unit || p.providers[NewEntity(KindProvider, head)] != nil {
				return true
			}
		}
		if at == len(actor) {
			return false
		}
	}
}

// Check says whether e, an event of a provider entity, may follow. inUse returns the events that refer to a unit.
func (p *Parties) Check(e *Event, inUse func(unit string) []string) Problems {
	s := p.providers[e.Entity]
	if s == nil {
		s = &providerState{}
	}
	var ps Problems
	s.checkOrder(e, &ps)
	if targetID(e) != "" {
		return append(ps, p.checkCorrection(s, e, inUse)...)
	}
	return append(ps, p.checkEntry(s, e.Entity, e.Data)...)
}

func (p *Parties) checkEntry(s *providerState, entity Entity, data payload) (ps Problems) {
	switch d := data.(type) {
	case *ProviderRegistered:
		if s.provider != nil {
			ps.add("entity", "%s is already registered; correct that event instead", entity)
		}
	case *UnitRegistered:
		if s.provider == nil {
			ps.missing(missingEntity(entity), "entity", "%s is not registered; register the provider before its units", entity)
		}
		if u, ok := p.units[d.Unit]; ok {
			ps.add("data.unit", "unit %s is already registered, by provider %s; a unit's id is unique in its authority", d.Unit, u.Provider)
		}
	}
	return ps
}

func (p *Parties) checkCorrection(s *providerState, e *Event, inUse func(string) []string) Problems {
	target := s.find(targetID(e))
	if target == nil {
		return noTarget(e)
	}
	c, ps := resolve(e, target.typ, target.effective, target.annulled)
	if len(ps) > 0 {
		return ps
	}
	if old, ok := target.data.(*UnitRegistered); ok {
		if now, ok := c.data.(*UnitRegistered); !ok || now.Unit != old.Unit {
			if users := inUse(old.Unit); len(users) > 0 {
				return dependents(e, users)
			}
		}
	}
	// Fold the provider again in an authority without it, and see what no longer fits.
	trial := &Parties{providers: map[Entity]*providerState{}, units: map[string]Unit{}}
	for id, u := range p.units {
		if u.Provider != e.Entity.ID() {
			trial.units[id] = u
		}
	}
	var broken []string
	for _, en := range s.applied(c) {
		if en.annulled {
			continue
		}
		st := trial.state(e.Entity)
		if found := trial.checkEntry(st, e.Entity, en.data); len(found) > 0 {
			if en.id == c.target {
				return corrected(found)
			}
			broken = append(broken, en.name())
			continue
		}
		trial.fold(e.Entity, st, en, e.Recorded)
	}
	if len(broken) > 0 {
		return dependents(e, broken)
	}
	return nil
}

func (p *Parties) state(e Entity) *providerState {
	s := p.providers[e]
	if s == nil {
		s = &providerState{}
		p.providers[e] = s
	}
	return s
}

// Apply folds e, an event of a provider entity that Check accepts. It returns an error, and changes nothing, if e corrects an
// event that the entity does not hold.
func (p *Parties) Apply(e *Event) error {
	s := p.state(e.Entity)
	if id := targetID(e); id != "" {
		target := s.find(id)
		if target == nil {
			return noTarget(e)
		}
		s.note(e)
		c, _ := resolve(e, target.typ, target.effective, false)
		s.entries = s.applied(c)
		registered := map[string]time.Time{}
		for id, u := range p.units {
			if u.Provider == e.Entity.ID() {
				registered[id] = u.Registered
				delete(p.units, id)
			}
		}
		s.provider = nil
		for _, en := range s.entries {
			if !en.annulled {
				at := e.Recorded
				if u, ok := en.data.(*UnitRegistered); ok && !registered[u.Unit].IsZero() {
					at = registered[u.Unit]
				}
				p.fold(e.Entity, s, en, at)
			}
		}
		return nil
	}
	s.note(e)
	s.add(e)
	p.fold(e.Entity, s, s.entries[len(s.entries)-1], e.Recorded)
	return nil
}

func (p *Parties) fold(entity Entity, s *providerState, en entry, recorded time.Time) {
	switch d := en.data.(type) {
	case *ProviderRegistered:
		s.provider = d
	case *UnitRegistered:
		u := Unit{ID: d.Unit, Name: d.Name, Area: d.Area, Provider: entity.ID(), Registered: recorded}
		if s.provider != nil {
			u.Regime, u.ProviderName = s.provider.Regime, s.provider.Name
		}
		p.units[d.Unit] = u
	}
}
