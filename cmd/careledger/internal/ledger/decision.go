package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
)

// sheet answers with the information sheet of a decision.
func (l *Local) sheet(ctx context.Context, o *openLog, r Request, q projections.Query, format report.Format, w io.Writer) error {
	entity, err := domain.ParseEntity(r.Entity)
	if err != nil {
		return &Wrong{err}
	}
	if entity.Kind() != domain.KindCase {
		return &Wrong{fmt.Errorf("%s has no decisions; name a case, for example case/k-17", entity)}
	}
	ask := projections.SheetQuery{AsOf: q.AsOf, Entity: entity, Decision: r.Decision}
	if r.On != "" {
		if ask.On, err = domain.ParseDate(r.On); err != nil {
			return &Wrong{fmt.Errorf("--on: %w", err)}
		}
	}
	s, err := o.table.Sheet(ctx, ask)
	if err != nil {
		return err
	}
	return report.DecisionSheet(w, format, s)
}

// deviation answers with what was performed beside what was granted.
func (l *Local) deviation(o *openLog, q projections.Query, format report.Format, w io.Writer) error {
	d, err := o.table.Deviation(q)
	if field := (*projections.FieldError)(nil); errors.As(err, &field) {
		return &Wrong{err}
	}
	if err != nil {
		return err
	}
	return report.Deviation(w, format, d)
}
