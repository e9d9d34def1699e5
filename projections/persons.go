package projections

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
)

// Whom an answer shows: the cases and patients that it names, for the log of who has read what. Each is named once, sorted.

// PersonsIn returns the cases and patients that a document names in any string of it that is kind/id. What is shown is itself searched, so that a
// document which grows a field forgets nobody. document is what is marshalled, or its JSON.
func PersonsIn(document any) ([]domain.Entity, error) {
	raw, is := document.(jsontext.Value)
	if !is {
		var err error
		if raw, err = json.Marshal(document); err != nil {
			return nil, fmt.Errorf("look for whom the answer names: %w", err)
		}
	}
	named := map[domain.Entity]bool{}
	for d := jsontext.NewDecoder(bytes.NewReader(raw)); ; {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return persons(slices.Collect(maps.Keys(named))), nil
		}
		if err != nil {
			return nil, fmt.Errorf("look for whom the answer names: %w", err)
		}
		if token.Kind() != '"' {
			continue
		}
		if said := domain.Entity(token.String()); said.OfPerson() { // few strings are an entity at all
			if e, err := domain.ParseEntity(string(said)); err == nil {
				named[e] = true
			}
		}
	}
}

// Persons returns the patients of a basis.
func (b *InvoiceBasis) Persons() []domain.Entity {
	all := make([]domain.Entity, len(b.Rows))
	for i := range b.Rows {
		all[i] = domain.NewEntity(domain.KindPatient, b.Rows[i].Patient)
	}
	return persons(all)
}

// PersonsOf returns the cases and patients of the ids that rows grouped by case name: a case and a patient of one id share a row.
func (t *Table) PersonsOf(ids []string) []domain.Entity {
	t.reading()
	defer t.mu.RUnlock()
	var all []domain.Entity
	for _, id := range ids {
		for _, kind := range []domain.Kind{domain.KindCase, domain.KindPatient} {
			e := domain.NewEntity(kind, id)
			if _, ok := t.codeOf(e); ok {
				all = append(all, e)
			}
		}
	}
	return persons(all)
}

// PersonsOfPayout returns the cases and patients that the adjustments of a payout name as their causes, in any version.
func PersonsOfPayout(p *domain.Payout) []domain.Entity {
	var all []domain.Entity
	for _, v := range p.Versions {
		for i := range v.Lines {
			for _, c := range v.Lines[i].Causes {
				all = append(all, c.Entity)
			}
		}
	}
	return persons(all)
}

func persons(all []domain.Entity) []domain.Entity {
	all = slices.DeleteFunc(all, func(e domain.Entity) bool { return !e.OfPerson() })
	slices.Sort(all)
	return slices.Compact(all)
}
