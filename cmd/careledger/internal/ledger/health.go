package ledger

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
)

// healthQuestion is one about home health care, asked of the log of every municipality or of those that --authority names.
type healthQuestion struct {
	inquiry
	logs   []*openLog           // by authority
	tables []*projections.Table // of the logs
}

// healthAnswers are the questions about the logs of municipalities. It must not be changed.
var healthAnswers = map[string]func(*healthQuestion) (*answer, error){
	QuestionRecipients: (*healthQuestion).recipients,
	QuestionActivities: (*healthQuestion).activities,
	QuestionInvoice:    (*healthQuestion).invoice,
}

// municipalityDigits and countyDigits are the lengths of authorities' codes.
const (
	municipalityDigits = 4
	countyDigits       = 2
)

// askMunicipalities answers a question about home health care.
func (l *Local) askMunicipalities(ctx context.Context, q *healthQuestion, answer func(*healthQuestion) (*answer, error)) (*answer, error) {
	codes, err := l.municipalities(ctx, q.Authority)
	if err != nil {
		return nil, err
	}
	if q.AsOfSequence != nil && len(codes) > 1 {
		return nil, &Wrong{fmt.Errorf("--as-of-sequence is an event number of one log, and this asks %d logs; name one with --authority, or say a time with --as-of", len(codes))}
	}
	for _, code := range codes {
		o, err := l.answering(ctx, code)
		if err == nil {
			err = o.reaches(q.AsOfSequence)
		}
		if err != nil {
			return nil, err
		}
		q.logs, q.tables = append(q.logs, o), append(q.tables, o.table)
	}
	return answer(q)
}

// municipalities returns the municipalities that the ledger holds: the one named, those of the county named, or all. One that is named and
// not there is refused; so is a county without any.
func (l *Local) municipalities(ctx context.Context, named string) ([]string, error) {
	all, err := l.store.Authorities(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, &NoLedgerError{Where: l.where()}
	}
	if named != "" {
		if err := domain.ParseAuthority(named); err != nil {
			return nil, &Wrong{&FieldError{"authority", err}}
		}
	}
	codes := slices.DeleteFunc(slices.Sorted(slices.Values(all)), func(code string) bool {
		return len(code) != municipalityDigits || named != "" && code[:len(named)] != named
	})
	switch {
	case len(codes) > 0 || named == "":
		return codes, nil
	case len(named) == countyDigits:
		return nil, fmt.Errorf("%s holds no log of a municipality whose code begins with %s; import their records first", l.where(), named)
	}
	return nil, &NoLedgerError{Where: l.where(), Authority: named}
}

func (a *healthQuestion) recipients() (*answer, error) {
	r, err := projections.CountRecipients(a.tables, a.query)
	if err != nil {
		return nil, err
	}
	return showsNobody(r, func(w io.Writer) error { return report.Recipients(w, a.format, r, len(a.Authority) == countyDigits) })
}

func (a *healthQuestion) activities() (*answer, error) {
	all, err := projections.CountActivities(a.tables, a.query)
	if err != nil {
		return nil, err
	}
	return showsNobody(all, func(w io.Writer) error { return report.Activities(w, a.format, all) })
}

func (a *healthQuestion) invoice() (*answer, error) {
	if a.Month == "" {
		return nil, &Wrong{fmt.Errorf("--month is required, for example --month 2019-03: an invoice is of one month")}
	}
	month, err := domain.ParseMonth(a.Month)
	if err != nil {
		return nil, &Wrong{fmt.Errorf("--month: %w", err)}
	}
	var all []*projections.InvoiceBasis
	var shows []shown
	for i, t := range a.tables {
		a.Progress.report("computing the invoice basis of "+t.Authority(), int64(i), int64(len(a.tables)))
		b, err := t.InvoiceBasis(a.query.AsOf, month)
		if err != nil {
			return nil, fmt.Errorf("authority %s: %w", t.Authority(), err)
		}
		all, shows = append(all, b), append(shows, a.logs[i].shown(b.AsOf, b.Persons()...))
	}
	return &answer{document: all, shows: shows, write: func(w io.Writer) error { return report.InvoiceBases(w, a.format, month, all) }}, nil
}

// parseYear returns the months of a year.
func parseYear(s string) (from, to domain.Month, err error) {
	from, err = domain.ParseMonth(s + "-01")
	if _, number := strconv.Atoi(s); err != nil || number != nil {
		return 0, 0, fmt.Errorf("--year: %q is not a year; write for example 2019", s)
	}
	return from, domain.NewMonth(from.Year(), time.December), nil
}
