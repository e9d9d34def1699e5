package generate

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
	"careledger/domain/compensation"
)

// adoptLibraryModel writes the adoption of a built-in model from a day, under the model's own id.
func adoptLibraryModel(rec *recorder, id string, from domain.Date, at int64, decidedBy string, decidedOn domain.Date) {
	doc, ok := compensation.LibraryModel(id)
	if !ok {
		rec.fail(fmt.Errorf("there is no built-in model %s", id))
		return
	}
	m, _, err := compensation.ParseModel(id, doc)
	if err != nil {
		rec.fail(fmt.Errorf("read the built-in model %s: %w", id, err))
		return
	}
	e := newEntity(domain.KindPolicy, id)
	e.id = rec.authority + "-" + id // several logs of one file adopt it
	rec.add(&e, domain.TypePolicyAdopted, from, at, policyOfficer, &domain.PolicyAdopted{
		Model: jsontext.Value(m.CanonicalJSON()), From: from, DecidedBy: decidedBy, DecidedOn: decidedOn})
}
