package projections

import "careledger/domain"

// Registers are the providers and units that were registered, as known at a moment. They name no case or patient.
type Registers struct {
	Authority string
	AsOf      Moment
	Units     []domain.Unit // by id, each with its provider
}

// Registers reads the registers from the events of providers, which the table holds. It looks at no fact and no policy: pages ask for it each time.
func (t *Table) Registers(at AsOf) (*Registers, error) {
	s := t.snapshot()
	v := s.visibility(at)
	parties := domain.NewParties()
	if err := v.each(s.parties.where(func(p stored) bool { return p.entity.Kind() == domain.KindProvider }), parties.Apply); err != nil {
		return nil, err
	}
	return &Registers{Authority: t.authority, AsOf: v.moment, Units: parties.Units()}, nil
}
