package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// PayoutRequest is a command on payouts with everything it needs, so that it can be put to another process. Texts are as a person
// writes them; "" asks for the default.
type PayoutRequest struct {
	Action    string   `json:"action"` // one of PayoutActions
	Authority string   `json:"authority,omitempty"`
	Month     string   `json:"month,omitempty"`    // 2016-03 or 2016-01..2016-12: calculate, or all payouts of these months that wait for the step
	Provider  string   `json:"provider,omitempty"` // with Month: this one only
	Payouts   []string `json:"payouts,omitempty"`  // in place of Month: 2016-03-lund-hemvard
	Version   int      `json:"version,omitempty"`  // approve, reject: the version that was looked at; 0 the latest
	Actor     string   `json:"actor"`
	On        string   `json:"on,omitempty"`        // approve: the booking date; pay: the day of payment; today
	Reason    string   `json:"reason,omitempty"`    // reject, cancel
	Reference string   `json:"reference,omitempty"` // pay
	Key       string   `json:"key,omitempty"`       // a program's own word for this command, as the id of a record: the same command with the same key is carried out once (commandkey.go)
	Format    string   `json:"format,omitempty"`

	Progress ProgressFunc `json:"-"`
}

// PayoutActions are the commands on payouts.
var PayoutActions = domain.Codes{"calculate", "approve", "reject", "pay", "cancel"}

// payoutTakes is the state in which each step finds a payout. It must not be changed.
var payoutTakes = map[string]string{"approve": domain.PayoutStatusCalculated, "reject": domain.PayoutStatusCalculated,
	"pay": domain.PayoutStatusApproved, "cancel": domain.PayoutStatusApproved}

// payoutWork is a request that has been read.
type payoutWork struct {
	ledger *Local
	PayoutRequest
	book     *book
	from, to domain.Month // 0 where payouts are named
	on       domain.Date
	now      time.Time
}

// Payout carries out a command on payouts and writes what became of it. Each payout is a commit of its own: those before a refusal
// stand, and giving the command again takes up where it ended.
func (l *Local) Payout(ctx context.Context, r PayoutRequest, w io.Writer) (err error) {
	defer l.acted(true, r.name(), time.Now(), &err)
	format, err := report.ParseFormat(r.Format)
	if err != nil {
		return &Wrong{err}
	}
	work, err := l.payoutWork(r, time.Now())
	if err != nil {
		return &Wrong{err}
	}
	if work.Authority, err = l.writable(ctx, r.Authority); err != nil {
		return err
	}
	if _, err := l.answering(ctx, work.Authority); err != nil {
		return err
	}
	if work.book, err = l.book(ctx, work.Authority); err != nil {
		return err
	}
	outcomes, err := work.do(ctx)
	if r.Action == "approve" { // also where all was approved before: the signature may have failed then
		err = errors.Join(err, l.signApprovals(ctx, work.Authority))
	}
	if len(outcomes) > 0 || err == nil {
		err = errors.Join(report.PayoutOutcomes(w, format, outcomes), err)
	}
	return err
}

func (l *Local) payoutWork(r PayoutRequest, now time.Time) (*payoutWork, error) {
	p := &payoutWork{ledger: l, PayoutRequest: r, now: now, on: domain.LocalDate(now)}
	var errs []error
	if !PayoutActions.Has(r.Action) {
		errs = append(errs, fmt.Errorf("%q is not a command on payouts; use one of %s", r.Action, PayoutActions))
	}
	if r.Actor == "" {
		errs = append(errs, errors.New("--actor is required: the ledger keeps who did what, and another than who calculated approves"))
	} else if err := domain.CheckActor(r.Actor); err != nil {
		errs = append(errs, &FieldError{"actor", err})
	}
	if r.On != "" {
		day, err := domain.ParseDate(r.On)
		if err == nil && day > p.on {
			err = fmt.Errorf("%s %w", day, ErrFuture)
		}
		if err != nil {
			errs = append(errs, &FieldError{"on", err})
		}
		p.on = day
	}
	if (r.Action == "reject" || r.Action == "cancel") && strings.TrimSpace(r.Reason) == "" {
		errs = append(errs, ErrNoReason)
	}
	if err := domain.CheckEventID(r.Key); r.Key != "" && err != nil {
		errs = append(errs, fmt.Errorf("key: %w", err))
	}
	if err := domain.CheckText(r.Reason); err != nil {
		errs = append(errs, &FieldError{"reason", err})
	}
	if err := domain.CheckText(r.Reference); err != nil {
		errs = append(errs, &FieldError{"reference", err})
	}
	switch {
	case (r.Month == "") == (len(r.Payouts) == 0):
		errs = append(errs, ErrNoPayouts)
	case r.Action == "calculate" && r.Month == "":
		errs = append(errs, ErrNoMonth)
	case r.Action != "calculate" && r.Month != "" && r.Key != "":
		errs = append(errs, errors.New("with a key, name the payouts: given again, a month could take in others than the first time"))
	case r.Month != "":
		first, last, ranged := strings.Cut(r.Month, "..")
		var err error
		if p.from, err = domain.ParseMonth(first); err == nil {
			if p.to = p.from; ranged {
				p.to, err = domain.ParseMonth(last)
			}
		}
		if err == nil && p.from > p.to {
			err = fmt.Errorf("%s %w %s", p.from, ErrReversed, p.to)
		}
		if err == nil && p.to > domain.LocalMonth(now) {
			err = fmt.Errorf("%s %w", p.to, ErrNotBegun)
		}
		if err != nil {
			errs = append(errs, &FieldError{"month", err})
		}
	}
	return p, errors.Join(errs...)
}

func (p *payoutWork) do(ctx context.Context) (outcomes []report.PayoutOutcome, err error) {
	release, err := p.ledger.keys.hold(ctx, p.Key)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := p.checkKey(ctx); err != nil {
		return nil, err
	}
	if p.Action == "calculate" {
		for m := p.from; m <= p.to; m++ {
			p.Progress.report("calculating payouts", int64(m-p.from), int64(p.to-p.from)+1)
			of, err := p.calculate(ctx, m)
			if outcomes = append(outcomes, of...); err != nil {
				return outcomes, err
			}
		}
		return outcomes, nil
	}
	entities, err := p.entities(ctx)
	for i, e := range entities {
		p.Progress.report(p.Action+" payouts", int64(i), int64(len(entities)))
		o, err := p.step(ctx, e)
		if err != nil {
			return outcomes, fmt.Errorf("%s: %w", e, err)
		}
		if p.Action == "cancel" {
			o.Changes = append(o.Changes, p.ledger.concerns(p.Authority, o.Payout, o.Voucher)...)
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, err
}

// entities returns the payouts named, or those of the months that wait for the step.
func (p *payoutWork) entities(ctx context.Context) (all []domain.Entity, err error) {
	for _, id := range p.Payouts {
		e, err := domain.ParseEntity(string(domain.NewEntity(domain.KindPayout, strings.TrimPrefix(id, "payout/"))))
		if err != nil {
			return nil, &Wrong{err}
		}
		all = append(all, e)
	}
	if p.from == 0 {
		return all, nil
	}
	o, err := p.ledger.answering(ctx, p.Authority)
	if err != nil {
		return nil, err
	}
	payouts, _, err := o.table.Payouts(projections.Now)
	if err != nil {
		return nil, err
	}
	for _, payout := range payouts.All() {
		v := payout.Latest()
		if p.from <= v.Month && v.Month <= p.to && v.Status() == payoutTakes[p.Action] && (p.Provider == "" || v.Provider == p.Provider) {
			all = append(all, payout.Entity)
		}
	}
	return all, nil
}

// standing says that there is nothing to write: an event says it already.
type standing struct {
	outcome report.PayoutOutcome
	event   string // its id
}

func (s *standing) Error() string { return "stands already" }

// calculate calculates the payouts of a month. What has changed under the calculation is looked at again.
func (p *payoutWork) calculate(ctx context.Context, month domain.Month) (outcomes []report.PayoutOutcome, err error) {
	const tries = 5
	for try := 1; ; try++ {
		o, err := p.ledger.answering(ctx, p.Authority)
		if err != nil {
			return nil, err
		}
		all, err := o.table.CalculatePayouts(ctx, month, p.Provider)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 && p.Provider != "" {
			return nil, p.known(o)
		}
		outcomes = outcomes[:0]
		for _, c := range all {
			out, err := p.write(ctx, func(payouts *domain.Payouts, out *report.PayoutOutcome) (domain.Event, error) {
				return p.calculation(payouts, c, out)
			})
			var refused domain.Problems
			if errors.As(err, &refused) && try < tries {
				outcomes = nil
				break
			}
			if err != nil {
				return outcomes, fmt.Errorf("%s: %w", domain.PayoutEntity(c.Provider, month), err)
			}
			outcomes = append(outcomes, out)
		}
		if len(outcomes) == len(all) {
			return outcomes, nil
		}
	}
}

// known refuses a provider that nothing could ever be calculated for, since it is more likely a slip than a provider without anything to pay.
func (p *payoutWork) known(o *openLog) error {
	cut, err := o.table.Cut(projections.Now)
	if err != nil {
		return err
	}
	_, registered := cut.Parties.Provider(p.Provider)
	if registered || slices.ContainsFunc(cut.Units, func(u domain.Unit) bool { return u.Provider == p.Provider }) { // or the recipient of a grant
		return nil
	}
	return domain.Problems{{Field: "provider", Word: domain.PayoutNoProvider, Reason: fmt.Sprintf("authority %s has no provider %s, nor a state grant to it; upper and lower case count", p.Authority, p.Provider)}}
}

// calculation returns the event of the version that a calculation leads to.
func (p *payoutWork) calculation(payouts *domain.Payouts, c domain.PayoutCalculated, out *report.PayoutOutcome) (domain.Event, error) {
	entity := domain.PayoutEntity(c.Provider, c.Month)
	if done := p.underKey(payouts.Payout(entity)); len(done) > 0 {
		return domain.Event{}, p.again(done[0])
	}
	stands, next := payouts.Next(c)
	if stands != nil {
		said := "unchanged: nothing new is known"
		if stands.Settles() {
			said = "unchanged: a month that is " + stands.Status() + " is never reopened; what is known since comes in a later payout"
		}
		return domain.Event{}, &standing{report.OutcomeOf(entity, stands, said), stands.LastStep().EventID}
	}
	*out = calculated(entity, &next)
	return p.event(payouts, domain.TypePayoutCalculated, entity, &next, fmt.Sprint(next.Version))
}

// calculated is the outcome of a version that was just calculated.
func calculated(entity domain.Entity, c *domain.PayoutCalculated) report.PayoutOutcome {
	said := "calculated"
	if c.Version > 1 {
		said = "calculated anew"
	}
	return report.OutcomeOf(entity, &domain.PayoutVersion{PayoutCalculated: c}, said)
}

// step takes a payout one step further.
func (p *payoutWork) step(ctx context.Context, entity domain.Entity) (report.PayoutOutcome, error) {
	return p.write(ctx, func(payouts *domain.Payouts, out *report.PayoutOutcome) (domain.Event, error) {
		payout := payouts.Payout(entity)
		if payout == nil {
			return domain.Event{}, domain.Problems{{Field: "payout", Word: domain.PayoutUnknown, Reason: fmt.Sprintf("%s has not been calculated; careledger payout list shows what there is", entity.ID())}}
		}
		if done := p.underKey(payout); len(done) > 0 {
			return domain.Event{}, p.again(done[0])
		}
		v := payout.Latest()
		if p.Version != 0 && p.Version != v.Version {
			return domain.Event{}, domain.Problems{{Field: "version", Word: domain.PayoutVersionPast, Reason: fmt.Sprintf("version %d is not what counts, version %d is; look at it first (careledger payout show %s)", p.Version, v.Version, entity.ID())}}
		}
		if step := p.repeated(v); step != nil {
			said := fmt.Sprintf("unchanged: %s did this on %s; nothing was done again", step.Actor, domain.LocalDate(step.Recorded))
			return domain.Event{}, &standing{report.OutcomeOf(entity, v, said), step.EventID}
		}
		if takes := payoutTakes[p.Action]; v.Status() != takes {
			return domain.Event{}, domain.Problems{{Field: "payout", Word: domain.PayoutStatus, Reason: fmt.Sprintf("it is %s; %s takes one that is %s. careledger payout show %s tells who did what",
				v.Status(), p.Action, takes, entity.ID())}}
		}
		after := *v
		var e domain.Event
		var err error
		switch step := (&domain.PayoutStep{Actor: p.Actor, Date: p.on}); p.Action {
		case "approve":
			after.Approved, after.Voucher = step, payouts.NextVoucher(p.on.Month().Year())
			e, err = p.event(payouts, domain.TypePayoutApproved, entity, &domain.PayoutApproved{Calculated: v.EventID, Amount: v.Total, Voucher: after.Voucher}, v.EventID)
		case "reject":
			after.Rejected, after.Reason = step, p.Reason
			e, err = p.event(payouts, domain.TypePayoutRejected, entity, &domain.PayoutRejected{Calculated: v.EventID, Reason: p.Reason}, v.EventID)
		case "pay":
			after.Paid, after.Reference = step, p.Reference
			e, err = p.event(payouts, domain.TypePayoutPaid, entity, &domain.PayoutPaid{Approved: v.ApprovalID(), Amount: v.Total, Reference: p.Reference}, v.ApprovalID())
		case "cancel":
			after.Cancelled, after.Reason = step, p.Reason
			e, err = p.event(payouts, domain.TypePayoutCancelled, entity, &domain.PayoutCancelled{Approved: v.ApprovalID(), Reason: p.Reason}, v.ApprovalID())
		}
		*out = report.OutcomeOf(entity, &after, after.Status())
		return e, err
	})
}

// repeated returns the step that the same command took before, nil if it has not been given.
func (p *payoutWork) repeated(v *domain.PayoutVersion) *domain.PayoutStep {
	step := map[string]*domain.PayoutStep{"approve": v.Approved, "reject": v.Rejected, "pay": v.Paid, "cancel": v.Cancelled}[p.Action]
	if step == nil || step.Actor != p.Actor || p.Action == "pay" && v.Reference != p.Reference || p.Action == "approve" && v.Cancelled != nil {
		return nil
	}
	return step
}

// event makes an event of a payout. Clocks differ, and what rests on something is recorded no earlier than it.
func (p *payoutWork) event(payouts *domain.Payouts, t domain.Type, entity domain.Entity, data domain.Data, about string) (domain.Event, error) {
	recorded, restsOn := p.now, payouts.LatestRecorded()
	if c, ok := data.(*domain.PayoutCalculated); ok && c.KnownAt.After(restsOn) {
		restsOn = c.KnownAt
	}
	if restsOn.After(recorded) {
		recorded = restsOn
	}
	return domain.PayoutEvent(p.eventID(t, entity, about), t, p.Authority, entity, p.on, recorded, p.Actor, data)
}

// write appends the event that make returns, on the payouts as the writer knows them. What stands already is told when it is durable: it
// may be on its way to the log with another command.
func (p *payoutWork) write(ctx context.Context, make func(*domain.Payouts, *report.PayoutOutcome) (domain.Event, error)) (out report.PayoutOutcome, err error) {
	for {
		var onItsWay *eventstore.Pending
		stands := (*standing)(nil)
		_, err = p.ledger.append(ctx, p.book, func(w *writer) (candidate, error) {
			e, err := make(w.state.Payouts, &out)
			if errors.As(err, &stands) {
				onItsWay = w.ids.pending[domain.ShortID(stands.event)]
			}
			return newCandidate(e, err)
		})
		if !errors.As(err, &stands) {
			return out, err
		}
		if onItsWay == nil {
			return stands.outcome, nil
		}
		if err = onItsWay.Wait(ctx); err == nil {
			return stands.outcome, nil
		}
		if moved := errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrNeedsRefresh); !moved || ctx.Err() != nil {
			return out, err
		}
	}
}
