package projections

import (
	"slices"

	"careledger/domain"
)

// Whom an answer shows: the cases and patients that it names, for the log of who has read what. Each is named once, sorted.

// Persons returns the cases and patients that a derivation names.
func (w *Why) Persons() []domain.Entity {
	var all []domain.Entity
	for i := range w.Lines {
		l := &w.Lines[i]
		for j := range l.Postings {
			all = append(all, domain.Entity(l.Postings[j].Entity))
		}
		for j := range l.Events {
			all = append(all, domain.Entity(l.Events[j].Entity))
		}
		for j := range l.Causes {
			all = append(all, l.Causes[j].Entity)
		}
	}
	return persons(all)
}

// Persons returns the cases and patients that are named on the way back from an event.
func (t *Touched) Persons() []domain.Entity {
	all := []domain.Entity{domain.Entity(t.Event.Entity)}
	for i := range t.Lines {
		for _, p := range t.Lines[i].Postings {
			all = append(all, domain.Entity(p.Entity))
		}
	}
	return persons(all)
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
			if _, ok := t.caseCode[string(e)]; ok {
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
	all = slices.DeleteFunc(all, func(e domain.Entity) bool { return !e.Concerns() })
	slices.Sort(all)
	return slices.Compact(all)
}
