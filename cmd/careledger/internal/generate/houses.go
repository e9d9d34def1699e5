package generate

import (
	"cmp"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
	"careledger/domain/compensation"
)

// house is a provider of a small history with its units.
type house struct {
	provider, name, regime string
	number                 int // of which an external provider's organisation number is made
	units                  []domain.UnitRegistered
}

// home is the unit that carries out a case's decision.
type home struct{ provider, unit string }

// registerHouses registers providers and their units from a day, and returns the units in order.
func registerHouses(rec *recorder, from domain.Date, recorded time.Time, houses []house) (homes []home) {
	at := recorded.Unix()
	for _, h := range houses {
		e := newEntity(domain.KindProvider, h.provider)
		d := domain.ProviderRegistered{Name: h.name, Regime: h.regime}
		if h.regime != domain.RegimeInHouse {
			d.OrganisationNumber = organisationNumber(h.number)
		}
		rec.add(&e, domain.TypeProviderRegistered, from, at, registrar, &d)
		for i := range h.units {
			rec.add(&e, domain.TypeUnitRegistered, from, at, registrar, &h.units[i])
			homes = append(homes, home{h.provider, h.units[i].Unit})
		}
	}
	return homes
}

// decree is a board's decision on a built-in model.
type decree struct {
	model     string      // its id, which is the policy's
	records   string      // what the record ids begin with, where several logs of one history adopt the model; "" for the model's id
	by        string      // who decided
	on, from  domain.Date // when, and from when it is in force
	until     domain.Date // the first day on which it is not in force any more; 0 while it is
	ended     domain.Date // when that was registered
	reference string
}

// adoptBuiltIn registers a decision, at nine on the day it was made, and its end.
func adoptBuiltIn(rec *recorder, d decree) {
	document, ok := compensation.LibraryModel(d.model)
	if !ok { // it is part of the program
		panic("generate: no built-in model " + d.model)
	}
	m, _, err := compensation.ParseModel(d.model, document)
	if err != nil {
		panic("generate: " + err.Error())
	}
	e := newEntity(domain.KindPolicy, d.model)
	e.id = cmp.Or(d.records, e.id)
	at := func(day domain.Date) int64 { return int64(day-epoch())*daySeconds + 9*3600 }
	rec.add(&e, domain.TypePolicyAdopted, d.from, at(d.on), policyOfficer, &domain.PolicyAdopted{
		Model: jsontext.Value(m.CanonicalJSON()), From: d.from, DecidedBy: d.by, DecidedOn: d.on, Reference: d.reference})
	if d.until != 0 {
		rec.add(&e, domain.TypePolicyEnded, d.until, at(d.ended), policyOfficer, &domain.PolicyEnded{From: d.until})
	}
}
