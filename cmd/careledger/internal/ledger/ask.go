package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
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
	QuestionWhy          = "why"
	QuestionBundle       = "bundle"
	QuestionSheet        = "sheet"
	QuestionDeviation    = "deviation"
	QuestionRecipients   = "recipients"
	QuestionActivities   = "activities"
	QuestionInvoice      = "invoice-basis"
	QuestionVerify       = "verify"
	QuestionAccess       = "access"
	QuestionStanding     = "standing"  // how far the log reaches, what is signed of it, and what came in last
	QuestionRegisters    = "registers" // the providers and units that are registered
	QuestionAuthority    = "authority" // the one to write to: the one named, if the ledger holds it or none, or the only one
)

// filtered are the questions that can be about one provider or unit alone. It must not be changed.
var filtered = domain.Codes{QuestionCompensation, QuestionFulfilment, QuestionPayouts}

// NoPayoutError says that no payout of a name was known at an event.
type NoPayoutError struct {
	Authority, Payout string
	Sequence          uint64
}

func (e *NoPayoutError) Error() string {
	return fmt.Sprintf("authority %s: there is no payout %s as known at event %d; careledger payout list shows what there is", e.Authority, e.Payout, e.Sequence)
}

// Request is a question with everything it needs, so that it can be put to another process. Texts are as a person writes them;
// "" asks for the default.
type Request struct {
	Question string `json:"question"`
	Reader

	Authority    string  `json:"authority,omitempty"`
	AsOfSequence *uint64 `json:"as_of_sequence,omitempty"`
	AsOf         string  `json:"as_of,omitempty"` // RFC 3339, or a date: the end of that day in Sweden
	From         string  `json:"from,omitempty"`
	To           string  `json:"to,omitempty"`
	By           string  `json:"by,omitempty"`
	Provider     string  `json:"provider,omitempty"` // compensation, fulfilment, payouts: of this provider only
	Unit         string  `json:"unit,omitempty"`     // compensation, fulfilment: of this unit only; payouts: with a line of it
	Format       string  `json:"format,omitempty"`   // table, json, csv; html for a sheet and a derivation
	Year         string  `json:"year,omitempty"`     // in place of From and To
	Month        string  `json:"month,omitempty"`    // invoice-basis

	Entity   string `json:"entity,omitempty"`   // trail, sheet; access: only what showed it
	ReadBy   string `json:"read_by,omitempty"`  // access: only what this actor read
	Event    string `json:"event,omitempty"`    // why, in place of a payout
	Lang     string `json:"lang,omitempty"`     // why as a page: sv, en
	First    int    `json:"first,omitzero"`     // why as a table or page: number of the first posting that is shown of a line; 1 if left out
	Redact   bool   `json:"redact,omitzero"`    // bundle
	Policy   string `json:"policy,omitempty"`   // policy
	Payout   string `json:"payout,omitempty"`   // payout, bundle; why, with its line and posting: 2016-03-lund-hemvard/2/1
	Decision string `json:"decision,omitempty"` // sheet
	On       string `json:"on,omitempty"`       // sheet

	Models      []replay.ModelSet `json:"models,omitempty"` // replay
	Set         []string          `json:"set,omitempty"`
	Sweep       string            `json:"sweep,omitempty"`
	Across      string            `json:"across,omitempty"` // a second sweep, of another parameter: a grid
	Seek        string            `json:"seek,omitempty"`
	Budget      string            `json:"budget,omitempty"`
	InForceFrom string            `json:"in_force_from,omitempty"`
	Compare     string            `json:"compare,omitempty"`
	LimitChange string            `json:"limit_change,omitempty"`
	Assume      []string          `json:"assume,omitempty"`
	AssumeSeed  *uint64           `json:"assume_seed,omitempty"` // replay.DefaultSeed if left out

	// GivenBy is what finds the ledger and where the answer goes, as the asker gave it but without a password: for the command that a stamp names.
	GivenBy []string `json:"given_by,omitempty"`

	Progress ProgressFunc `json:"-"`
}

// Ask writes the answer from what the log holds now, in the format asked for.
func (l *Local) Ask(ctx context.Context, r Request, w io.Writer) (err error) {
	defer l.acted(false, r.name(), time.Now(), &err)
	var more []report.Format
	switch {
	case r.Question == QuestionSheet, r.Question == QuestionWhy && r.Event == "":
		more = append(more, report.HTML)
	case r.Question == QuestionReplay:
		more = append(more, report.XLSX, report.SVG, report.SwedishCSV)
	}
	format, err := report.ParseFormat(r.Format, more...)
	if err != nil {
		return &Wrong{err}
	}
	answered, err := l.answered(ctx, r, format)
	if err != nil {
		return err
	}
	if err := l.show(ctx, r, answered); err != nil {
		return err
	}
	return answered.write(w)
}

// Read returns the document of an answer from what the log holds now, for what shows it in its own way: what the answer's JSON holds, as its type.
// Like Ask it returns once whom the document shows is on the access log; an error is then what Ask's would be. Format may be "html" for a derivation,
// which has no more of its postings than a page shows, or "rows" for a *projections.WhyRows.
//
//	compensation   *projections.Compensation    payouts        *report.PayoutList         sheet       *projections.Sheet
//	fulfilment     *projections.Fulfilment      payout         *report.PayoutHistory      recipients  *projections.Recipients
//	replay         *replay.Result               why            *projections.Why           activities  *projections.Activities
//	trail          *projections.Trail           why, Event     *projections.Touched       invoice-basis  []*projections.InvoiceBasis
//	policies       *report.PolicyList           bundle         []byte, the file           verify      []*projections.Verification
//	policy         *report.PolicyList           deviation      *projections.Deviation     access      *projections.Accesses
//	authority      string                       standing       *report.LogStanding
//	registers      *report.RegisterList
func (l *Local) Read(ctx context.Context, r Request) (document any, err error) {
	defer l.acted(false, r.name(), time.Now(), &err)
	format := report.JSON
	if as := report.Format(r.Format); r.Question == QuestionWhy && (as == report.HTML || as == whyRows && r.Event == "") {
		format = as
	} else if r.Format != "" {
		return nil, &Wrong{fmt.Errorf("a document of %s has no format %q; leave it out", r.Question, r.Format)}
	}
	answered, err := l.answered(ctx, r, format)
	if err != nil {
		return nil, err
	}
	if err := l.show(ctx, r, answered); err != nil {
		return nil, err
	}
	return answered.document, nil
}

// Authorities returns the codes of those that have a log here, in order.
func (l *Local) Authorities(ctx context.Context) ([]string, error) {
	all, err := l.store.Authorities(ctx)
	slices.Sort(all)
	return all, err
}

// answered computes the answer to a question, of which nothing is shown yet.
func (l *Local) answered(ctx context.Context, r Request, format report.Format) (*answer, error) {
	q, err := r.read()
	if err != nil {
		return nil, &Wrong{err}
	}
	switch r.Question {
	case QuestionAuthority:
		code, err := l.writable(ctx, r.Authority)
		if err != nil {
			return nil, err
		}
		return showsNobody(code, func(w io.Writer) error {
			_, err := io.WriteString(w, code)
			return err
		})
	case QuestionVerify:
		return l.verify(ctx, r, format)
	case QuestionAccess:
		return l.accesses(ctx, r, format)
	}
	if err := r.checkAlternative(); err != nil {
		return nil, &Wrong{err}
	}
	if r.Provider+r.Unit != "" && !filtered.Has(r.Question) {
		return nil, &Wrong{fmt.Errorf("--provider and --unit are of %s; leave them out of %s", filtered, r.Question)}
	}
	answered, err := l.answerTo(ctx, r, q, format)
	if wronglyAsked(err) {
		return nil, &Wrong{err}
	}
	return answered, err
}

// wronglyAsked says whether an error is in what a question says, though it takes the history to see that.
func wronglyAsked(err error) bool {
	var (
		field  *projections.FieldError
		period *projections.PeriodError
	)
	return errors.As(err, &field) || errors.As(err, &period)
}

// answerTo computes the answer to a question about what was recorded. Where the question names a case or patient itself, a reader who may not
// see one is refused before: whether there is such a case is not told either.
func (l *Local) answerTo(ctx context.Context, r Request, q projections.Query, format report.Format) (*answer, error) {
	about := inquiry{r, q, format}
	if domain.Entity(r.Entity).OfPerson() {
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	if answer := healthAnswers[r.Question]; answer != nil {
		return l.askMunicipalities(ctx, &healthQuestion{inquiry: about}, answer)
	}
	answer := answers[r.Question]
	if answer == nil {
		return nil, &Wrong{fmt.Errorf("%q is not a question that this ledger answers", r.Question)}
	}
	o, err := l.existing(ctx, r.Authority)
	if err != nil {
		return nil, err
	}
	if r.AsOfSequence == nil || *r.AsOfSequence > o.table.Position() { // otherwise nothing that it does not hold yet was known then
		if err := l.refresh(ctx, o); err != nil {
			return nil, err
		}
	}
	if err := o.reaches(r.AsOfSequence); err != nil {
		return nil, err
	}
	return answer(&question{ctx, o, about})
}

// arguments are what an access log says of a question: all of it but who asks, what for, and the text of model documents that it brings.
func (r Request) arguments() Request {
	r.Reader = Reader{}
	sets := r.Models
	r.Models = nil
	for _, m := range sets {
		var named replay.ModelSet
		for _, d := range m.Documents {
			named.Documents = append(named.Documents, replay.Document{Name: d.Name})
		}
		r.Models = append(r.Models, named)
	}
	return r
}

// inquiry is a question that has been read.
type inquiry struct {
	Request
	query  projections.Query
	format report.Format
}

// question is one about the log of one authority, on its way to its answer.
type question struct {
	ctx context.Context
	*openLog
	inquiry
}

// read reads what all questions share.
func (r Request) read() (q projections.Query, err error) {
	q.AsOf, q.Provider, q.Unit = projections.Now, r.Provider, r.Unit
	switch {
	case r.AsOfSequence != nil && *r.AsOfSequence == 0 && r.AsOf != "":
		return q, fmt.Errorf("--as-of-sequence 0 is before the first event; leave --as-of out")
	case r.AsOfSequence != nil:
		q.AsOf.Sequence = *r.AsOfSequence
	}
	if r.AsOf != "" {
		if q.AsOf.Time, err = parseMoment(r.AsOf); err != nil {
			return q, err
		}
	}
	if r.Question == QuestionAccess { // its period is of days
		return q, nil
	}
	if r.From != "" {
		if q.From, err = domain.ParseMonth(r.From); err != nil {
			return q, &FieldError{"from", err}
		}
	}
	if r.To != "" {
		if q.To, err = domain.ParseMonth(r.To); err != nil {
			return q, &FieldError{"to", err}
		}
	}
	if r.Year != "" {
		if r.From != "" || r.To != "" {
			return q, fmt.Errorf("--year and --from, --to exclude each other; give the year or the months")
		}
		if q.From, q.To, err = parseYear(r.Year); err != nil {
			return q, err
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
