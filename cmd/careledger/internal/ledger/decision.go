package ledger

import (
	"fmt"
	"io"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
)

// sheet answers with the information sheet of a decision.
func (a *question) sheet() (*answer, error) {
	entity, err := domain.ParseEntity(a.Entity)
	if err != nil {
		return nil, &Wrong{err}
	}
	if entity.Kind() != domain.KindCase {
		return nil, &Wrong{fmt.Errorf("%s has no decisions; name a case, for example case/k-17", entity)}
	}
	ask := projections.SheetQuery{AsOf: a.query.AsOf, Entity: entity, Decision: a.Decision}
	if a.On != "" {
		if ask.On, err = domain.ParseDate(a.On); err != nil {
			return nil, &Wrong{fmt.Errorf("--on: %w", err)}
		}
	}
	s, err := a.table.Sheet(a.ctx, ask)
	if err != nil {
		return nil, err
	}
	return a.shows(s.AsOf, []domain.Entity{entity}, s, func(w io.Writer) error { return report.DecisionSheet(w, a.format, s) })
}

// deviation answers with what was performed beside what was granted.
func (a *question) deviation() (*answer, error) {
	d, err := a.table.Deviation(a.query)
	if err != nil {
		return nil, err
	}
	cases := a.casesIn(d.By, len(d.Rows), func(i int) []string { return d.Rows[i].Keys })
	return a.shows(d.AsOf, cases, d, func(w io.Writer) error { return report.Deviation(w, a.format, d) })
}
