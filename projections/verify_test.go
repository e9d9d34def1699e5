package projections

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
	"careledger/eventstore"
)

func verified(t fataler, log *eventstore.Log, r VerifyRequest) *Verification {
	t.Helper()
	r.Now = historytest.Now
	v, err := Verify(context.Background(), log, r)
	require.NoError(t, err)
	return v
}

func requireClean(t fataler, v *Verification) {
	t.Helper()
	require.Empty(t, v.Findings)
	require.Empty(t, v.Notes)
	require.Equal(t, v.Payouts.Versions, v.Payouts.Recomputed)
}

// paying is a history with the payouts of its months, on a log.
type paying struct {
	*ledger
	seed uint64
}

// paidHistory draws a history, and pays its months in the middle and at its end: what is known later comes as adjustments.
func paidHistory(t testing.TB, seed uint64, candidates int) *paying {
	p := &paying{newLedger(t), seed}
	lines := historytest.FromSeed(seed, candidates).Lines
	for i, line := range lines {
		p.record(string(line))
		if i == len(lines)/2 || i == len(lines)-1 {
			p.payAll()
		}
	}
	return p
}

// payAll calculates, approves and pays what is due of three months.
func (p *paying) payAll() {
	cut, err := p.table.Cut(Now)
	require.NoError(p.t, err)
	period, err := cut.Period(0, 0)
	require.NoError(p.t, err)
	for m := max(period.From, period.To-2); m <= period.To; m++ {
		all, err := p.table.CalculatePayouts(context.Background(), m, "")
		require.NoError(p.t, err)
		for _, c := range all {
			payouts, _, err := p.table.Payouts(Now)
			require.NoError(p.t, err)
			stands, next := payouts.Next(c)
			if stands != nil {
				continue
			}
			entity := domain.PayoutEntity(c.Provider, c.Month)
			calculated := p.payout(entity, "economist-1", domain.TypePayoutCalculated, &next, fmt.Sprint(next.Version))
			approved := p.payout(entity, "controller-1", domain.TypePayoutApproved,
				&domain.PayoutApproved{Calculated: calculated.ID, Amount: next.Total, Voucher: payouts.NextVoucher(2029)}, calculated.ID)
			p.payout(entity, "treasurer-1", domain.TypePayoutPaid, &domain.PayoutPaid{Approved: approved.ID, Amount: next.Total}, approved.ID)
		}
	}
}

// payout writes an event of a payout as a command does.
func (p *paying) payout(entity domain.Entity, actor string, typ domain.Type, data domain.Data, about string) domain.Event {
	at := time.Date(2029, 6, 1, 12, 0, int(p.log.Head().Sequence), 0, time.UTC)
	e, err := domain.PayoutEvent(domain.PayoutEventID(typ, historytest.Authority, entity, about), typ, historytest.Authority, entity, domain.LocalDate(at), at, actor, data)
	require.NoError(p.t, err)
	p.force(&e)
	return e
}

// force writes an event at the end of the log past every decider.
func (p *paying) force(e *domain.Event) {
	e.Sequence = p.log.Head().Sequence + 1
	p.mem.Events = append(p.mem.Events, *e) // so that the ledger in memory goes on after it
	write(p.t, p.log, []domain.Event{*e})
	_ = p.table.Fold(context.Background(), Head, nil) // it may be one that cannot be folded
}

func TestAHistoryThatALedgerAcceptedHasNoFinding(t *testing.T) {
	for seed := range seeds(12) {
		p := paidHistory(t, seed, 260)
		facts := filepath.Join(t.TempDir(), "facts")
		require.NoError(t, p.table.Save(facts))
		v := verified(t, p.log, VerifyRequest{Facts: facts})
		requireClean(t, v)
		require.Equal(t, FactsEqual, v.Facts)
		require.Equal(t, p.log.Head().Sequence, v.Sequence)
		require.Equal(t, fmt.Sprintf("%x", p.log.Head().Root), v.Root)
		parts := verified(t, p.log, VerifyRequest{passEvents: 40})
		require.Equal(t, v.Premiums, parts.Premiums, "in parts as in one")
		requireClean(t, parts)
	}
}

func TestHistoriesAreVerifiedAsTheyWereAccepted(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		store, err := eventstore.Open(context.Background(), eventstore.Config{Dir: filepath.Join(dir, fmt.Sprint(n))})
		require.NoError(t, err)
		defer store.Close() //nolint:errcheck // of no more use
		log, err := store.CreateLog(context.Background(), historytest.Authority)
		require.NoError(t, err)
		write(t, log, historytest.Draw(t).Events(-1))
		v := verified(t, log, VerifyRequest{passEvents: uint64(rapid.IntRange(20, 400).Draw(t, "pass"))})
		require.Empty(t, v.Findings)
		require.Empty(t, v.Notes)
	})
}

// The digests and lines of payouts, by the plain evaluator over nothing but the events known then.
func TestPayoutsAreWhatTheEventsBeforeThemGive(t *testing.T) {
	p, payouts := paidHistory(t, 5, 400), 0
	for i := range p.mem.Events {
		d, ok := p.mem.Events[i].Data.(*domain.PayoutCalculated)
		if !ok {
			continue
		}
		payouts++
		world, err := historytest.Fold(slices.DeleteFunc(slices.Clone(historytest.KnownAt(p.mem.Events, d.KnownTo)), func(e domain.Event) bool { return e.Entity.Kind() == domain.KindPayout }))
		require.NoError(t, err)
		from := d.Month
		for _, l := range d.Lines {
			from = min(from, l.Month)
		}
		all, err := world.Plain(compensation.Period{From: from, To: d.Month}).Evaluate()
		require.NoError(t, err)
		var own []compensation.Posting
		known := map[domain.Month]domain.Money{}
		for _, posting := range all {
			if posting.Provider == d.Provider && posting.Month == d.Month {
				own = append(own, posting)
			}
			if posting.Provider == d.Provider {
				known[posting.Month] += posting.Amount
			}
		}
		require.Equal(t, plainDigest(own), d.Digest)
		lines := domain.Money(0)
		for _, l := range d.Lines {
			if l.Month == d.Month {
				lines += l.Known
			}
		}
		require.Equal(t, known[d.Month], lines)
	}
	require.Greater(t, payouts, 3)
}

func TestCheckpointsAreComparedWithTheTree(t *testing.T) {
	p := paidHistory(t, 3, 100)
	head := p.log.Head()
	p.record(`{"type":"provider-registered","authority":"1281","entity":"provider/later","effective":"2021-01-01","recorded":"2022-01-01T00:00:00Z","actor":"a","data":{"name":"Later","regime":"external"}}`)
	v := verified(t, p.log, VerifyRequest{Checkpoints: []eventstore.Head{head, p.log.Head()}})
	requireClean(t, v)
	require.Equal(t, 2, v.Checkpoints)
	other := head
	other.Root[7] ^= 1
	beyond := p.log.Head()
	beyond.Sequence++
	v = verified(t, p.log, VerifyRequest{Checkpoints: []eventstore.Head{other, beyond}})
	require.Len(t, v.Findings, 2)
	require.Equal(t, head.Sequence, v.Findings[0].Sequence)
	require.Contains(t, v.Findings[0].What, "is not of this log")
	require.Equal(t, beyond.Sequence, v.Findings[1].Sequence)
}

// requireFound: a finding at the sequence says all of the words.
func requireFound(t fataler, v *Verification, sequence uint64, words ...string) {
	t.Helper()
	for _, f := range v.Findings {
		if f.Sequence == sequence && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(f.What, w) }) {
			require.NotEmpty(t, f.Do)
			return
		}
	}
	require.Failf(t, "not found", "event %d, %q among %+v", sequence, words, v.Findings)
}
