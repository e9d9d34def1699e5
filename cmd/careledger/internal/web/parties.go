package web

import (
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
)

// partyChoices are the providers and units that a field offers: those registered, as known at the moment of the page. A field takes what is typed
// too: whoever knows an id need not look for it.
type partyChoices struct{ Providers, Units []choiceView }

// Choices are asked for by the template, so that a page or part without the filter does not ask. The units are those of the provider that is chosen.
func (f *filterView) Choices() (*partyChoices, error) {
	return f.visit.parties(f.visit.filter.Provider)
}

// parties returns what there is to choose; provider, if not "", is whose units.
func (v *visit) parties(provider string) (*partyChoices, error) {
	if v.registers == nil {
		r := v.ask(ledger.QuestionRegisters)
		r.From, r.To = "", ""
		var err error
		if v.registers, err = document[*report.RegisterList](v, r); err != nil {
			return nil, err
		}
	}
	c := &partyChoices{}
	for _, u := range v.registers.Units {
		if !slices.ContainsFunc(c.Providers, func(p choiceView) bool { return p.Value == u.Provider }) {
			c.Providers = append(c.Providers, choiceView{u.Provider, u.ProviderName, u.Provider == provider})
		}
		if provider == "" || u.Provider == provider {
			c.Units = append(c.Units, choiceView{u.Unit, u.Name + ", " + u.ProviderName, u.Unit == v.filter.Unit})
		}
	}
	slices.SortFunc(c.Providers, func(a, b choiceView) int { return strings.Compare(a.Value, b.Value) })
	return c, nil
}
