package projections

import (
	"slices"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"careledger/domain"
	"careledger/domain/authority"
)

// registersKept is how many states of the registers are kept. They change seldom: all moments between two of their events have one in common.
const registersKept = 16

// keptRegisters are the registers (providers, policies and grants) as known at the moments asked about last, by how many of their events were known.
type keptRegisters = lru.Cache[int, func() (*foldedRegisters, error)]

func newKeptRegisters() *keptRegisters {
	kept, _ := lru.New[int, func() (*foldedRegisters, error)](registersKept) // its error is a size that is not positive
	return kept
}

type foldedRegisters struct {
	state  *authority.State
	grants []domain.StateGrant
}

// stateAt returns the providers and policies as known at a moment, and the grants beside them. Others have them too: they must not be changed.
func (s *snapshot) stateAt(v visible) (*authority.State, []domain.StateGrant, error) {
	if v.byTime {
		return s.foldRegisters(v)
	}
	known, _ := slices.BinarySearch(s.parties.sequence, uint64(v.sequence)+1)
	fold, has := s.registers.Get(known)
	if !has {
		fold = sync.OnceValues(func() (*foldedRegisters, error) {
			state, grants, err := s.foldRegisters(v)
			return &foldedRegisters{state, grants}, err
		})
		s.registers.Add(known, fold) // another one who comes at the same time may do so too
	}
	folded, err := fold()
	return folded.state, folded.grants, err
}

// foldRegisters folds the registers as known at a moment.
func (s *snapshot) foldRegisters(v visible) (*authority.State, []domain.StateGrant, error) {
	var events []domain.Event
	grants := map[domain.Entity]*domain.GrantState{}
	err := v.each(s.parties.all(), func(e *domain.Event) error {
		switch e.Entity.Kind() {
		case domain.KindProvider, domain.KindPolicy:
			events = append(events, *e)
		case domain.KindGrant:
			if grants[e.Entity] == nil {
				grants[e.Entity] = domain.NewGrant(e.Entity)
			}
			return grants[e.Entity].Apply(e)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var facts []domain.StateGrant
	for _, g := range grants {
		if f, ok := g.Facts(); ok {
			facts = append(facts, f)
		}
	}
	slices.SortFunc(facts, func(a, b domain.StateGrant) int { return strings.Compare(a.ID, b.ID) })
	state := authority.New(s.authority)
	return state, facts, state.Fold(events)
}
