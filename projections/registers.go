package projections

import "careledger/domain"

// Registers are the providers and units that were registered, as known at a moment. They name no case or patient.
type Registers struct {
	Authority string
	AsOf      Moment
	Units     []domain.Unit // by id, each with its provider
}

// Registers returns the registers. It looks at no fact: pages ask for it each time.
func (t *Table) Registers(at AsOf) (*Registers, error) {
	s := t.snapshot()
	v := s.visibility(at)
	state, _, err := s.stateAt(v)
	if err != nil {
		return nil, err
	}
	return &Registers{Authority: t.authority, AsOf: v.moment, Units: state.Parties.Units()}, nil
}
