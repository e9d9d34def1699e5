package projections

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"careledger/domain"
)

// payouts computes every payout on the log again, as of the position that it was calculated at and with the payouts known then, and counts what
// became of them. What the steps of a payout may say of one another (four eyes, vouchers, amounts) was checked in their order; here the amounts
// are compared with the events that they rest on.
func (v *Verification) payouts(ctx context.Context, t *Table, r *VerifyRequest) error {
	s := t.snapshot()
	events, calculated, err := s.payoutEvents()
	if err != nil {
		return err
	}
	p := &recomputing{found: v, snapshot: s, events: events, known: domain.NewPayouts()}
	for at := 0; at < len(calculated); {
		if err := ctx.Err(); err != nil {
			return err
		}
		run := calculated[at:]
		first := run[0].Data.(*domain.PayoutCalculated)
		run = run[:sort.Search(len(run), func(i int) bool {
			d := run[i].Data.(*domain.PayoutCalculated)
			return d.KnownTo != first.KnownTo || d.Month != first.Month
		})]
		p.run(run, first.KnownTo, first.Month)
		at += len(run)
		r.Progress("computing the payouts of "+v.Authority+" again", uint64(at), uint64(len(calculated)))
	}
	v.countPayouts(events)
	return nil
}

// payoutEvents returns the events of payouts in log order, and the calculations among them in order of what they were known to rest on, month
// and sequence.
func (s *snapshot) payoutEvents() (events, calculated []*domain.Event, err error) {
	v := s.visibility(Now)
	err = v.each(s.columns.payouts.all(), func(e *domain.Event) error {
		kept := *e
		events = append(events, &kept)
		if _, ok := e.Data.(*domain.PayoutCalculated); ok {
			calculated = append(calculated, &kept)
		}
		return nil
	})
	slices.SortStableFunc(calculated, func(a, b *domain.Event) int {
		x, y := a.Data.(*domain.PayoutCalculated), b.Data.(*domain.PayoutCalculated)
		return cmp.Or(cmp.Compare(x.KnownTo, y.KnownTo), int(x.Month)-int(y.Month), cmp.Compare(a.Sequence, b.Sequence))
	})
	return events, calculated, err
}

// recomputing computes runs of payouts again, in order of what they were known to rest on.
type recomputing struct {
	found *Verification
	*snapshot
	events []*domain.Event // of payouts, that known does not hold yet
	known  *domain.Payouts
	cut    *Cut // the last one, of what stood on the log at cutAt
	cutAt  uint64
}

// run compares the payouts of a month that were calculated at the same position.
func (p *recomputing) run(calculated []*domain.Event, knownTo uint64, month domain.Month) {
	var all []domain.PayoutCalculated
	err := guarded(func() (err error) {
		all, err = p.calculate(knownTo, month)
		return err
	})
	for _, e := range calculated {
		d := e.Data.(*domain.PayoutCalculated)
		find := func(format string, args ...any) {
			p.found.find(Finding{e.Sequence, e.Entity, e.Type, fmt.Sprintf(format, args...), doPay})
		}
		i := slices.IndexFunc(all, func(c domain.PayoutCalculated) bool { return c.Provider == d.Provider })
		switch {
		case d.KnownTo >= e.Sequence:
			find("it says that it rests on what was known at event %d, which comes after it", d.KnownTo)
		case err != nil:
			find("it cannot be computed again as known at event %d: %v", d.KnownTo, err)
		case i < 0:
			find("nothing was to be paid to %s for %s as known at event %d, and it says %s kr", d.Provider, d.Month, d.KnownTo, d.Total)
		default:
			if wrong := payoutDiffers(d, &all[i]); len(wrong) > 0 {
				find("it does not come out again as known at event %d: %s", d.KnownTo, strings.Join(wrong, "; "))
			} else {
				p.found.Payouts.Recomputed++
			}
		}
	}
}

// calculate returns the payouts of a month as of a position.
func (p *recomputing) calculate(sequence uint64, month domain.Month) ([]domain.PayoutCalculated, error) {
	for ; len(p.events) > 0 && p.events[0].Sequence <= sequence; p.events = p.events[1:] {
		if err := p.known.Apply(p.events[0]); err != nil {
			return nil, err
		}
	}
	at := p.factsTo(sequence)
	if p.cut == nil || p.cutAt != at {
		p.cut = nil // let the memory go before the next one is made
		cut, err := p.snapshot.cut(AsOf{Sequence: at})
		if err != nil {
			return nil, err
		}
		p.cut, p.cutAt = cut, at
	}
	v := p.visibility(AsOf{Sequence: sequence})
	c, err := p.newPayoutCalculation(p.cut, v.moment, p.known, month)
	if err != nil {
		return nil, err
	}
	return c.calculated(""), nil
}

// payoutDiffers says what a payout says that its computation does not. What an adjustment follows from is an explanation, and not compared.
func payoutDiffers(says, computed *domain.PayoutCalculated) (wrong []string) {
	differ := func(cond bool, format string, args ...any) {
		if cond && len(wrong) < 10 {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	differ(len(says.Lines) != len(computed.Lines), "it has %d lines, and %d come out", len(says.Lines), len(computed.Lines))
	for i := range min(len(says.Lines), len(computed.Lines)) {
		a, b := says.Lines[i], computed.Lines[i]
		differ(lineText(&a) != lineText(&b), "line %d says %s, and %s comes out", i+1, lineText(&a), lineText(&b))
	}
	differ(says.Total != computed.Total, "its total is %s kr, and %s comes out", says.Total, computed.Total)
	differ(says.Digest != computed.Digest, "the digest of its postings is another one")
	differ(!slices.Equal(says.Models, computed.Models), "it names other model documents than were in force")
	differ(says.FactsTo != computed.FactsTo, "it says that its facts end at event %d, and they end at event %d", says.FactsTo, computed.FactsTo)
	differ(!says.KnownAt.Equal(computed.KnownAt), "it says that it was known at %s, and that was %s", says.KnownAt, computed.KnownAt)
	return wrong
}

// lineText is all that a line says but for its causes.
func lineText(l *domain.PayoutLine) string {
	return fmt.Sprintf("%d: %s %s %s/%s account %q, %d cases, %s %s, %s kr known less %s kr settled is %s kr", l.Line, l.Month, l.Unit, l.Policy, l.Component, l.Account,
		l.Cases, l.Quantity, l.QuantityUnit, l.Known, l.Settled, l.Amount)
}

// countPayouts counts the payouts and vouchers.
func (v *Verification) countPayouts(events []*domain.Event) {
	all := domain.NewPayouts()
	for _, e := range events {
		if guarded(func() error { return all.Apply(e) }) != nil {
			continue // named where it stands
		}
		switch e.Data.(type) {
		case *domain.PayoutCalculated:
			v.Payouts.Versions++
		case *domain.PayoutApproved:
			v.Payouts.Vouchers++
		}
	}
	for _, p := range all.All() {
		v.Payouts.Payouts++
		latest := p.Latest()
		if latest.Settles() {
			v.Payouts.Settled += latest.Total
		}
		if latest.Paid != nil {
			v.Payouts.Paid += latest.Total
		}
	}
}
