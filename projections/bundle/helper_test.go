package bundle

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/historytest"
	"careledger/eventstore"
	"careledger/projections"
)

// paid is a ledger whose payouts have been calculated, approved and paid.
type paid struct {
	testing.TB
	log   *eventstore.Log
	table *projections.Table
}

// now is a clock after everything that the histories record.
var now = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)

func newPaid(t testing.TB, dir string) *paid {
	store, err := eventstore.Open(t.Context(), eventstore.Config{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	log, err := store.CreateLog(t.Context(), historytest.Authority)
	require.NoError(t, err)
	return &paid{t, log, projections.NewTable(log)}
}

// history is a generated history, paid in the middle and at its end, so that what comes between is adjusted.
func history(t testing.TB, seed uint64, candidates int) *paid {
	p := newPaid(t, t.TempDir())
	lines, mem := historytest.FromSeed(seed, candidates).Lines, historytest.NewLedger()
	for i, line := range lines {
		events, problems := mem.Submit(line)
		require.Empty(t, problems)
		p.write(events)
		if i == len(lines)/2 || i == len(lines)-1 {
			before := p.log.Head().Sequence
			p.payMonths()
			require.NoError(t, p.log.Read(t.Context(), before+1, p.log.Head().Sequence, func(r eventstore.Event) error {
				e, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
				mem.Events = append(mem.Events, e)
				return err
			}))
		}
	}
	return p
}

func (p *paid) write(events []domain.Event) {
	if len(events) == 0 {
		return
	}
	c := eventstore.Commit{First: p.log.Head().Sequence + 1}
	for i := range events {
		raw, err := events[i].Encode()
		require.NoError(p, err)
		c.Messages = append(c.Messages, eventstore.Message{Entity: string(events[i].Entity), Type: string(events[i].Type), ID: events[i].ID, Data: raw})
	}
	pending, err := p.log.Submit(c)
	require.NoError(p, err)
	require.NoError(p, pending.Wait(context.Background()))
	require.NoError(p, p.table.Fold(context.Background(), projections.Head, nil))
}

// payMonths pays the last three months.
func (p *paid) payMonths() {
	require.NoError(p, p.table.Fold(p.Context(), projections.Head, nil))
	cut, err := p.table.Cut(projections.Now)
	require.NoError(p, err)
	period, err := cut.Period(0, 0)
	require.NoError(p, err)
	for m := max(period.From, period.To-2); m <= period.To; m++ {
		p.pay(m)
	}
}

// pay takes every payout of a month from calculation to payment.
func (p *paid) pay(m domain.Month) {
	all, err := p.table.CalculatePayouts(p.Context(), m, "")
	require.NoError(p, err)
	for _, c := range all {
		payouts, _, err := p.table.Payouts(projections.Now)
		require.NoError(p, err)
		stands, next := payouts.Next(c)
		if stands != nil {
			continue
		}
		entity := domain.PayoutEntity(c.Provider, c.Month)
		calculated := p.step(entity, "economist-1", domain.TypePayoutCalculated, &next, fmt.Sprint(next.Version))
		approved := p.step(entity, "controller-1", domain.TypePayoutApproved,
			&domain.PayoutApproved{Calculated: calculated, Amount: next.Total, Voucher: payouts.NextVoucher(2029)}, calculated)
		p.step(entity, "treasurer-1", domain.TypePayoutPaid, &domain.PayoutPaid{Approved: approved, Amount: next.Total}, approved)
	}
}

// step writes an event of a payout as a command does, and returns its id.
func (p *paid) step(entity domain.Entity, actor string, typ domain.Type, data domain.Data, about string) string {
	at := time.Date(2029, 6, 1, 12, 0, int(p.log.Head().Sequence), 0, time.UTC)
	e, err := domain.PayoutEvent(domain.PayoutEventID(typ, historytest.Authority, entity, about), typ, historytest.Authority, entity, domain.LocalDate(at), at, actor, data)
	require.NoError(p, err)
	p.write([]domain.Event{e})
	return e.ID
}

// payouts are those of the ledger.
func (p *paid) payouts() []*domain.Payout {
	all, _, err := p.table.Payouts(projections.Now)
	require.NoError(p, err)
	return all.All()
}

// made is the bundle of a payout.
func (p *paid) made(payout domain.Entity, redact bool) (*Bundle, []byte) {
	b, file, err := Make(p.Context(), p.log, p.table, payout, Options{Redact: redact, Now: now})
	require.NoError(p, err, "%s redact %t", payout, redact)
	return b, file
}
