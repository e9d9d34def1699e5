package report

import (
	"io"

	"careledger/domain"
	"careledger/projections"
)

// RegisterList is the providers and units that were registered at a moment.
type RegisterList struct {
	Authority string             `json:"authority"`
	AsOf      projections.Moment `json:"as_of"`
	Units     []RegisterRow      `json:"units"` // by id
}

// RegisterRow is a unit with its provider.
type RegisterRow struct {
	Provider     string `json:"provider"`
	ProviderName string `json:"provider_name"`
	Regime       string `json:"regime"`
	Unit         string `json:"unit"`
	Name         string `json:"name"`
	Area         string `json:"area"`
}

// ListRegisters returns the registers as a list.
func ListRegisters(r *projections.Registers) *RegisterList {
	l := &RegisterList{Authority: r.Authority, AsOf: r.AsOf, Units: make([]RegisterRow, len(r.Units))}
	for i, u := range r.Units {
		l.Units[i] = registerRow(u)
	}
	return l
}

func registerRow(u domain.Unit) RegisterRow {
	return RegisterRow{Provider: u.Provider, ProviderName: u.ProviderName, Regime: u.Regime, Unit: u.ID, Name: u.Name, Area: u.Area}
}

// Registers writes the providers and units.
func Registers(w io.Writer, format Format, l *RegisterList) error {
	s := &sheet{columns: []column{{name: "provider"}, {name: "provider_name"}, {name: "regime"}, {name: "unit"}, {name: "name"}, {name: "area"}},
		heading: []string{"Providers and units", asKnown(l.Authority, l.AsOf)}}
	for _, u := range l.Units {
		s.rows = append(s.rows, []string{u.Provider, u.ProviderName, u.Regime, u.Unit, u.Name, u.Area})
	}
	return s.write(w, format, l)
}
