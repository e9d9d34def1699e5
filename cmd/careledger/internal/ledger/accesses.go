package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// reviewPurpose is what reading an access log is for, where nothing else is said: that is what the log is there for.
const reviewPurpose = "review of the access log"

// accesses answers who has read what. That shows cases and patients too, so it is an access of its own; it is not among those that it shows.
func (l *Local) accesses(ctx context.Context, r Request, format report.Format) (*answer, error) {
	q, err := r.accessQuery()
	if err != nil {
		return nil, &Wrong{err}
	}
	code, err := l.writable(ctx, r.Authority)
	if err != nil {
		return nil, err
	}
	log, err := l.accessLog(ctx, code)
	if err != nil {
		return nil, err
	}
	if log == nil { // nobody has been shown anything
		none := &projections.Accesses{Authority: code, Accesses: []projections.AccessRead{}}
		return showsNobody(none, func(w io.Writer) error { return report.Accesses(w, format, none) })
	}
	all, err := projections.ReadAccesses(ctx, log, q)
	if err != nil {
		return nil, err
	}
	from := domain.ReadLog{Origin: eventstore.AccessOrigin(code), Sequence: all.Sequence, Root: all.Root}
	return &answer{document: all, shows: []shown{{authority: code, from: from, entities: all.Entities()}},
		write: func(w io.Writer) error { return report.Accesses(w, format, all) }}, nil
}

// accessLog returns the access log of an authority at its head, nil where there is none yet.
func (l *Local) accessLog(ctx context.Context, code string) (*eventstore.Log, error) {
	log, err := l.store.OpenAccessLog(ctx, code)
	if errors.Is(err, eventstore.ErrNoLog) {
		return nil, nil
	}
	if err == nil && l.config.ServerURL != "" { // others may have written
		_, err = log.Refresh(ctx)
	}
	return log, err
}

func (r *Request) accessQuery() (q projections.AccessQuery, err error) {
	if r.From != "" {
		if q.From, err = domain.ParseDate(r.From); err != nil {
			return q, &FieldError{"from", err}
		}
	}
	if r.To != "" {
		if q.To, err = domain.ParseDate(r.To); err != nil {
			return q, &FieldError{"to", err}
		}
	}
	if q.From != 0 && q.To != 0 && q.From > q.To {
		return q, fmt.Errorf("--from %s is after --to %s", q.From, q.To)
	}
	if q.Actor = r.ReadBy; q.Actor != "" {
		if err := domain.CheckActor(q.Actor); err != nil {
			return q, &FieldError{"actor", err}
		}
	}
	if r.Entity != "" {
		if q.Entity, err = domain.ParseEntity(r.Entity); err != nil {
			return q, &FieldError{"entity", err}
		}
	}
	return q, nil
}
