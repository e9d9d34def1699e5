package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"careledger/domain"
	"careledger/domain/compensation"
)

// Why is the derivation of a payout, of one of its lines or of one posting, down to the events that it rests on, as known at the position
// that it was calculated at. Every amount in it has been computed again: the postings of a line sum to what the line says is known, and the
// derivation is refused where they do not. Its JSON is described by why.schema.json of the reports.
type Why struct {
	Authority string       `json:"authority"`
	AsOf      Moment       `json:"as_of"` // of what became of the payout
	Payout    string       `json:"payout"`
	Provider  string       `json:"provider"`
	Month     string       `json:"month"`
	Version   int          `json:"version"`
	Status    string       `json:"status"`
	Voucher   string       `json:"voucher"`
	Reference string       `json:"reference"`
	Total     domain.Money `json:"total"`
	KnownTo   uint64       `json:"known_to"`
	FactsTo   uint64       `json:"facts_to"`
	KnownAt   time.Time    `json:"known_at"`
	Digest    string       `json:"digest"`
	Steps     []WhyStep    `json:"steps"`
	FourEyes  bool         `json:"four_eyes"` // it is approved, by another than who calculated it
	Lines     []WhyLine    `json:"lines"`
	LinesLeft int          `json:"lines_left_out"` // of the payout, that were not asked for
	// Of a payout that is asked for as a whole: the components that gave nothing to it, and the cases with something at the provider in its month
	// that it pays nothing for.
	Nothing []WhyNothing `json:"components_without_postings"`
	Unpaid  []WhyUnpaid  `json:"cases_without_postings"`
}

// WhyStep is a step of the payout's life.
type WhyStep struct {
	Step string `json:"step"` // a status of a payout
	WhyEvent
}

// WhyLine is a line with the postings that it sums.
type WhyLine struct {
	Line         int                  `json:"line"`
	Month        string               `json:"month"`
	Adjusts      bool                 `json:"adjusts"` // of an earlier month than the payout's
	Unit         string               `json:"unit"`
	Policy       string               `json:"policy"`
	Component    string               `json:"component"`
	Account      string               `json:"account"`
	Quantity     string               `json:"quantity"`
	QuantityUnit string               `json:"unit_of_quantity"`
	Known        domain.Money         `json:"known"`
	Settled      domain.Money         `json:"settled"`
	Amount       domain.Money         `json:"amount"`
	Evaluator    string               `json:"evaluator"` // one of WhyEvaluators
	Model        *WhyModel            `json:"model"`     // null where nothing of the line is known any more
	PostingsAll  int                  `json:"postings_in_all"`
	Postings     []WhyPosting         `json:"postings"`
	Events       []WhyEvent           `json:"events"`                 // of the cases, providers, policies and grants behind the postings, in log order
	OtherMonths  int                  `json:"events_of_other_months"` // performed time of the same cases in other months, with its corrections, which is left out
	Causes       []domain.PayoutCause `json:"causes"`                 // of an adjustment
	CausesAll    int                  `json:"causes_in_all"`
	NotInForce   []WhyDocument        `json:"not_in_force"` // adopted, but not in force in the line's month
	Corrections  []WhyCorrection      `json:"corrections"`  // that touched the postings shown, or that the adjustment follows from
	Sums         []WhySum             `json:"sums"`         // of a cap: what its running sum rests on
}

// WhyEvaluators are how a line's postings were computed again: those that rest on single cases or on state grants by the plain evaluator, in
// agreement with the compiled one; those that rest on all that is in force by the compiled one alone.
var WhyEvaluators = domain.Codes{"plain", "compiled"}

// WhyModel is the component that a line is paid under, with the decision that it rests on.
type WhyModel struct {
	SHA256    string `json:"sha256"`
	Title     string `json:"title"`
	Source    string `json:"source"`
	DecidedBy string `json:"decided_by"`
	DecidedOn string `json:"decided_on"`
	Reference string `json:"reference"`
	From      string `json:"from"`
	Until     string `json:"until"` // the first day that it is not in force; "" while open
	Event     string `json:"event"` // the policy-adopted
	Kind      string `json:"kind"`
	Basis     string `json:"basis"`
	When      string `json:"when"`
}

// WhyPosting is one amount and the operation that gave it.
type WhyPosting struct {
	Posting      int             `json:"posting"` // from 1, within the line
	Entity       string          `json:"entity"`  // case, patient or grant; "" for a unit's own
	Category     string          `json:"category"`
	Band         string          `json:"band"`
	FollowUp     string          `json:"follow_up"`
	Goal         string          `json:"goal"`
	HeldOn       string          `json:"held_on"`
	Quantity     string          `json:"quantity"` // a whole number or a reduced fraction
	QuantityUnit string          `json:"unit_of_quantity"`
	Rate         string          `json:"rate"`
	Per          int             `json:"per"`   // the rate is for so many: 60 minutes an hour
	Exact        string          `json:"exact"` // quantity × rate / per before it is rounded, a number or a fraction; "" where it is no product
	Amount       domain.Money    `json:"amount"`
	Values       []WhyValue      `json:"values"`
	RestsOn      []uint64        `json:"rests_on"` // sequences of events of the line
	Cap          *WhyCap         `json:"cap"`      // of a cap; null otherwise
	NotApplied   []WhyNotApplied `json:"not_applied"`
}

// WhyValue is what a parameter of the model was worth for a posting.
type WhyValue struct {
	Parameter string   `json:"parameter"`
	Key       string   `json:"key"` // of a table
	By        []string `json:"-"`   // what the parts of the key are, of compensation.Dimensions
	Value     string   `json:"value"`
	Unit      string   `json:"unit"`
	From      string   `json:"from"`
	Source    string   `json:"source"`
	Status    string   `json:"status"` // "preliminary", or ""
}

// WhyEvent is an event on the log, with what a proof of it starts from.
type WhyEvent struct {
	Sequence  uint64    `json:"sequence"`
	Event     string    `json:"event"`
	Type      string    `json:"type"`
	Entity    string    `json:"entity"`
	Effective string    `json:"effective"`
	Recorded  time.Time `json:"recorded"`
	Actor     string    `json:"actor"`
	Leaf      string    `json:"leaf"` // its leaf hash in the log's Merkle tree, hex
	Used      bool      `json:"used"`
	Reason    string    `json:"reason"`       // of one that is not used: one of WhyReasons; "" otherwise
	By        string    `json:"corrected_by"` // id of the event that corrected or annulled it
}

// WhyReasons are why an event of a case, provider or policy is no part of an amount.
var WhyReasons = domain.Codes{"other-month", "other-unit", "other-kind", "other-goal", "other-follow-up", "not-in-force", "not-counted", "corrected", "annulled", "by-the-ledger", "no-posting"}

// WhyQuery asks for a payout, for a line of it, or for one posting of a line.
type WhyQuery struct {
	Payout        domain.Entity
	Line, Posting int // from 1; 0 for all
	First         int // number of the first posting shown of a line; 0 for 1
	Most          int // postings shown of a line; 0 for all
	FewLines      int // of a payout with more lines than so many, postings of the first line alone are shown; 0: of all
	AsOf          AsOf
}

// ErrNoWhy matches every *WhyError.
var ErrNoWhy = errors.New("no derivation")

// WhyError says that there is nothing of that name to derive, or that what is recorded does not come out again.
type WhyError struct {
	Authority, Reason string
	Unknown           bool // there is nothing of the name asked for
}

func (e *WhyError) Error() string { return fmt.Sprintf("authority %s: %s", e.Authority, e.Reason) }

// Is reports a match with ErrNoWhy.
func (e *WhyError) Is(target error) bool { return target == ErrNoWhy }

// Why derives a payout. It reads the events of the cases behind the postings that are shown, not the log. Errors: *WhyError; those of reading.
func (t *Table) Why(ctx context.Context, q WhyQuery) (*Why, error) {
	d, p, asOf, err := t.derivation(q)
	if err != nil {
		return nil, err
	}
	if err := d.derive(ctx); err != nil {
		return nil, err
	}
	return d.why(p, asOf), nil
}

// derivation returns the derivation that a query asks for, of which nothing is computed yet, with its payout as of the moment that is returned.
func (t *Table) derivation(q WhyQuery) (*derivation, *domain.Payout, Moment, error) {
	s := t.snapshot()
	v := s.visibility(q.AsOf)
	p, err := s.payoutAt(v, q.Payout)
	if err != nil {
		return nil, nil, Moment{}, err
	}
	if p == nil {
		return nil, nil, Moment{}, t.nothingNamed("there is no payout %s as known at event %d; careledger payout list shows what there is", q.Payout.ID(), v.moment.Sequence)
	}
	latest := p.Latest()
	if q.Line < 0 || q.Line > len(latest.Lines) {
		return nil, nil, Moment{}, t.nothingNamed("payout %s has lines 1 to %d, and no line %d", q.Payout.ID(), len(latest.Lines), q.Line)
	}
	d := &derivation{table: t, snapshot: s, query: q, version: latest, known: s.upTo(latest.FactsTo), rules: newRulesThen(s), paidFor: map[domain.Entity]bool{}, read: map[uint64]*whyRead{}}
	for i := range latest.Lines {
		if q.Line == 0 || q.Line == i+1 {
			d.lines = append(d.lines, &derivedLine{PayoutLine: &latest.Lines[i], known: map[postingName][]int{}})
		}
	}
	if d.cut, err = s.cutOf(d.known, d.choose); err != nil {
		return nil, nil, Moment{}, fmt.Errorf("look at what was known at event %d: %w", latest.FactsTo, err)
	}
	return d, p, v.moment, nil
}

func (t *Table) noWhy(format string, args ...any) error {
	return &WhyError{Authority: t.authority, Reason: fmt.Sprintf(format, args...)}
}

func (t *Table) nothingNamed(format string, args ...any) error {
	return &WhyError{t.authority, fmt.Sprintf(format, args...), true}
}

// why writes the derivation down.
func (d *derivation) why(p *domain.Payout, asOf Moment) *Why {
	v := d.version
	w := &Why{Authority: d.table.authority, AsOf: asOf, Payout: p.Entity.ID(), Provider: v.Provider, Month: v.Month.Text(), Version: v.Version, Status: v.Status(),
		Voucher: v.Voucher.String(), Reference: v.Reference, Total: v.Total, KnownTo: v.KnownTo, FactsTo: v.FactsTo, KnownAt: v.KnownAt, Digest: v.Digest,
		Steps: []WhyStep{}, Lines: []WhyLine{}, LinesLeft: len(v.Lines) - len(d.lines),
		Nothing: append([]WhyNothing{}, d.nothing...), Unpaid: append([]WhyUnpaid{}, d.unpaid...)}
	for _, s := range steps(v) {
		w.Steps = append(w.Steps, WhyStep{s.name, d.read[s.Sequence].event(true, "")})
	}
	w.FourEyes = v.Approved != nil && v.Approved.Actor != v.Actor
	for _, l := range d.lines {
		w.Lines = append(w.Lines, d.line(l))
	}
	return w
}

type namedStep struct {
	name string
	*domain.PayoutStep
}

// steps returns what happened to a version, in order.
func steps(v *domain.PayoutVersion) (all []namedStep) {
	for _, s := range []namedStep{{domain.PayoutStatusCalculated, &v.PayoutStep}, {domain.PayoutStatusApproved, v.Approved}, {domain.PayoutStatusRejected, v.Rejected},
		{domain.PayoutStatusPaid, v.Paid}, {domain.PayoutStatusCancelled, v.Cancelled}} {
		if s.PayoutStep != nil {
			all = append(all, s)
		}
	}
	return all
}

func (d *derivation) line(l *derivedLine) WhyLine {
	w := WhyLine{Line: l.Line, Month: l.Month.Text(), Adjusts: l.Adjusts(d.version.Month), Unit: l.Unit, Policy: l.Policy, Component: l.Component, Account: l.Account,
		Quantity: l.Quantity, QuantityUnit: l.QuantityUnit, Known: l.Known, Settled: l.Settled, Amount: l.Amount, Evaluator: "plain", Model: d.model(l),
		NotInForce: d.outOfForce(l.Month), Corrections: append([]WhyCorrection{}, l.corrected...), Sums: d.sums(l), PostingsAll: len(l.compiled), Postings: []WhyPosting{}, Events: []WhyEvent{}, OtherMonths: d.ofOtherMonths(l), Causes: append([]domain.PayoutCause{}, l.Causes...), CausesAll: l.CausesInAll}
	if l.component != nil && restsOnAll(l.component) {
		w.Evaluator = "compiled"
	}
	used := map[uint64]bool{}
	for _, i := range l.shown {
		p := d.posting(l, i)
		for _, s := range p.RestsOn {
			used[s] = true
		}
		w.Postings = append(w.Postings, p)
	}
	sequences := make([]uint64, 0, len(l.reasons))
	for s := range l.reasons {
		sequences = append(sequences, s)
	}
	slices.Sort(sequences)
	for _, s := range sequences {
		w.Events = append(w.Events, d.read[s].event(used[s], l.reasons[s]))
	}
	return w
}

// model states the document and component of a line; nil where no posting is known.
func (d *derivation) model(l *derivedLine) *WhyModel {
	if l.component == nil {
		return nil
	}
	m := &WhyModel{SHA256: l.document.Model.SHA256(), Title: l.document.Model.Title, Source: l.document.Model.Source, From: l.document.From.String(),
		Kind: string(l.component.Kind), Basis: l.component.Basis}
	if l.component.When != nil {
		m.When = l.component.When.Source()
	}
	if l.document.End != domain.MaxDate {
		m.Until = l.document.End.String()
	}
	for _, doc := range d.cut.Policies.Documents() {
		if doc.Policy == l.Policy && doc.From == l.document.From {
			m.DecidedBy, m.DecidedOn, m.Reference, m.Event = doc.DecidedBy, doc.DecidedOn.String(), doc.Reference, doc.EventID
		}
	}
	return m
}

// restsOnAll says whether a component's postings rest on more than their own case or grant.
func restsOnAll(c *compensation.Component) bool {
	return c.Kind == compensation.KindCap || c.Kind == compensation.KindFixed && c.Per == compensation.PerUnitMonth
}
