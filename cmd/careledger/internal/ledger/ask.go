package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
	"careledger/replay"
)

// The questions that can be asked.
const (
	QuestionCompensation = "compensation"
	QuestionFulfilment   = "fulfilment"
	QuestionReplay       = "replay"
	QuestionTrail        = "trail"
	QuestionPolicies     = "policies"
	QuestionPolicy       = "policy"
	QuestionPayouts      = "payouts"
	QuestionPayout       = "payout"
	QuestionSheet        = "sheet"
	QuestionDeviation    = "deviation"
	QuestionAuthority    = "authority" // the one to write to: the one named, if the ledger holds it or none, or the only one
)

// Request is a question with everything it needs, so that it can be put to another process. Texts are as a person writes them;
// "" asks for the default.
type Request struct {
	Question     string  `json:"question"`
	Authority    string  `json:"authority,omitempty"`
	AsOfSequence *uint64 `json:"as_of_sequence,omitempty"`
	AsOf         string  `json:"as_of,omitempty"` // RFC 3339, or a date: the end of that day in Sweden
	From         string  `json:"from,omitempty"`
	To           string  `json:"to,omitempty"`
	By           string  `json:"by,omitempty"`
	Format       string  `json:"format,omitempty"` // table, json, csv; html for a sheet

	Entity   string `json:"entity,omitempty"`   // trail, sheet
	Policy   string `json:"policy,omitempty"`   // policy
	Payout   string `json:"payout,omitempty"`   // payout
	Decision string `json:"decision,omitempty"` // sheet
	On       string `json:"on,omitempty"`       // sheet

	Models      []replay.ModelSet `json:"models,omitempty"` // replay
	Set         []string          `json:"set,omitempty"`
	Sweep       string            `json:"sweep,omitempty"`
	Seek        string            `json:"seek,omitempty"`
	Budget      string            `json:"budget,omitempty"`
	InForceFrom string            `json:"in_force_from,omitempty"`

	Progress ProgressFunc `json:"-"`
}

// Ask answers from what the log holds now.
func (l *Local) Ask(ctx context.Context, r Request, w io.Writer) error {
	var more []report.Format
	if r.Question == QuestionSheet {
		more = append(more, report.HTML)
	}
	format, err := report.ParseFormat(r.Format, more...)
	if err != nil {
		return &Wrong{err}
	}
	q, err := r.query()
	if err != nil {
		return &Wrong{err}
	}
	if r.Question == QuestionAuthority {
		code, err := l.writable(ctx, r.Authority)
		if err == nil {
			_, err = io.WriteString(w, code)
		}
		return err
	}
	if r.InForceFrom != "" && len(r.Models)+len(r.Set) == 0 && r.Sweep == "" && r.Seek == "" {
		return &Wrong{fmt.Errorf("--in-force-from says from when an alternative holds; give one with --model, --set, --sweep or --seek")}
	}
	o, err := l.answering(ctx, r.Authority)
	if err != nil {
		return err
	}
	switch r.Question {
	case QuestionCompensation:
		c, err := o.table.Compensation(q)
		if err != nil {
			return err
		}
		return report.Compensation(w, format, c)
	case QuestionFulfilment:
		f, err := o.table.Fulfilment(q)
		if field := (*projections.FieldError)(nil); errors.As(err, &field) {
			return &Wrong{err}
		}
		if err != nil {
			return err
		}
		return report.Fulfilment(w, format, f)
	case QuestionReplay:
		return l.replay(ctx, o, r, q, format, w)
	case QuestionTrail:
		entity, err := domain.ParseEntity(r.Entity)
		if err != nil {
			return &Wrong{err}
		}
		t, err := o.table.Trail(ctx, entity, q.AsOf)
		if err != nil {
			return err
		}
		return report.Trail(w, format, t)
	case QuestionSheet:
		return l.sheet(ctx, o, r, q, format, w)
	case QuestionDeviation:
		return l.deviation(o, q, format, w)
	case QuestionPolicies, QuestionPolicy:
		c, err := o.table.Cut(q.AsOf)
		if err != nil {
			return err
		}
		if r.Question == QuestionPolicy {
			return report.Policy(w, format, c, r.Policy)
		}
		return report.Policies(w, format, c)
	case QuestionPayouts, QuestionPayout:
		payouts, moment, err := o.table.Payouts(q.AsOf)
		if err != nil {
			return err
		}
		if r.Question == QuestionPayouts {
			return report.Payouts(w, format, o.log.Authority(), moment, payouts.All(), q.From, q.To)
		}
		p := payouts.Payout(domain.NewEntity(domain.KindPayout, strings.TrimPrefix(r.Payout, "payout/")))
		if p == nil {
			return fmt.Errorf("authority %s: there is no payout %s as known at event %d; careledger payout list shows what there is", o.log.Authority(), r.Payout, moment.Sequence)
		}
		return report.Payout(w, format, o.log.Authority(), moment, p)
	}
	return &Wrong{fmt.Errorf("%q is not a question that this ledger answers", r.Question)}
}

func (l *Local) replay(ctx context.Context, o *openLog, r Request, q projections.Query, format report.Format, w io.Writer) error {
	request := replay.Request{AsOf: q.AsOf, From: q.From, To: q.To, By: q.By, Models: r.Models}
	for _, s := range r.Set {
		setting, err := replay.ParseSetting(s)
		if err != nil {
			return &Wrong{err}
		}
		request.Set = append(request.Set, setting)
	}
	if r.Sweep != "" {
		sweep, err := replay.ParseSweep(r.Sweep)
		if err != nil {
			return &Wrong{err}
		}
		request.Sweep = &sweep
	}
	if r.Seek != "" || r.Budget != "" {
		seek, err := replay.ParseSeek(r.Seek, r.Budget)
		if err != nil {
			return &Wrong{err}
		}
		request.Seek = &seek
	}
	if r.InForceFrom != "" {
		day, err := domain.ParseDate(r.InForceFrom)
		if err != nil {
			return &Wrong{fmt.Errorf("--in-force-from: %w", err)}
		}
		request.InForceFrom = day
	}
	result, err := replay.Replay(ctx, o.table, request, func(done, total int) {
		r.Progress.report("replaying", int64(done), int64(total))
	})
	if err != nil {
		return err
	}
	return report.Replay(w, format, result)
}

// query reads what all questions share.
func (r Request) query() (q projections.Query, err error) {
	q.AsOf = projections.Now
	switch {
	case r.AsOfSequence != nil && r.AsOf != "":
		return q, fmt.Errorf("--as-of and --as-of-sequence exclude each other; give one")
	case r.AsOfSequence != nil:
		q.AsOf.Sequence = *r.AsOfSequence
	case r.AsOf != "":
		if q.AsOf.Time, err = parseMoment(r.AsOf); err != nil {
			return q, err
		}
	}
	if r.From != "" {
		if q.From, err = domain.ParseMonth(r.From); err != nil {
			return q, fmt.Errorf("--from: %w", err)
		}
	}
	if r.To != "" {
		if q.To, err = domain.ParseMonth(r.To); err != nil {
			return q, fmt.Errorf("--to: %w", err)
		}
	}
	if r.From != "" && r.To != "" && q.From > q.To {
		return q, fmt.Errorf("--from %s is after --to %s", q.From, q.To)
	}
	q.By, err = compensation.ParseFields(r.By, nil)
	return q, err
}

// parseMoment reads an RFC 3339 time, or a date as the end of that day in Sweden.
func parseMoment(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	day, err := domain.ParseDate(s)
	if err != nil {
		return time.Time{}, fmt.Errorf("--as-of: %q is neither a time (2017-01-05T08:00:00Z) nor a date (2017-01-05, the end of that day in Sweden)", s)
	}
	return domain.EndOfDay(day), nil
}
