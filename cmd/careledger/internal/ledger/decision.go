package ledger

import (
	"fmt"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
)

// sheet answers with the information sheet of a decision.
func (a *question) sheet() error {
	entity, err := domain.ParseEntity(a.Entity)
	if err != nil {
		return &Wrong{err}
	}
	if entity.Kind() != domain.KindCase {
		return &Wrong{fmt.Errorf("%s has no decisions; name a case, for example case/k-17", entity)}
	}
	ask := projections.SheetQuery{AsOf: a.query.AsOf, Entity: entity, Decision: a.Decision}
	if a.On != "" {
		if ask.On, err = domain.ParseDate(a.On); err != nil {
			return &Wrong{fmt.Errorf("--on: %w", err)}
		}
	}
	s, err := a.table.Sheet(a.ctx, ask)
	if err != nil {
		return err
	}
	return report.DecisionSheet(a.w, a.format, s)
}

// deviation answers with what was performed beside what was granted.
func (a *question) deviation() error {
	d, err := a.table.Deviation(a.query)
	if err != nil {
		return err
	}
	return report.Deviation(a.w, a.format, d)
}
