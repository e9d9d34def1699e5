package ledger

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
	"careledger/eventstore"
	"careledger/projections"
)

// Payouts over time: a drawn history comes in piece by piece, with late registrations, corrections and policies adopted back in time,
// and between the pieces each month in turn is calculated, now and then sent back or taken back, approved and paid.

// office is who pays out of a ledger while its history comes in.
type office struct {
	t      *testing.T
	ledger *Local
	*rand.Rand
	history historytest.History
	next    int // the record that comes in next
}

// do carries out a command on payouts.
func (o *office) do(r PayoutRequest) error {
	var b strings.Builder
	r.Format = "json"
	return o.ledger.Payout(o.t.Context(), r, &b)
}

func (o *office) must(r PayoutRequest) { require.NoError(o.t, o.do(r), "%+v", r) }

// comeIn takes in the next n records: a file of them, or one by one.
func (o *office) comeIn(n int) {
	lines := o.history.Lines[o.next:min(o.next+n, len(o.history.Lines))]
	o.next += len(lines)
	if len(lines) > 3 {
		imported(o.t, o.ledger, file(o.t, string(joined(lines))))
		return
	}
	for _, line := range lines {
		_, duplicate, err := o.ledger.Record(o.t.Context(), line)
		require.NoError(o.t, err, "%s", line)
		require.False(o.t, duplicate)
	}
}

func joined(lines [][]byte) []byte {
	return append([]byte(strings.Join(asTexts(lines), "\n")), '\n')
}

func asTexts(lines [][]byte) (texts []string) {
	for _, line := range lines {
		texts = append(texts, string(line))
	}
	return texts
}

func (o *office) payouts() *domain.Payouts {
	payouts, _, err := o.table().Payouts(projections.Now)
	require.NoError(o.t, err)
	return payouts
}

func (o *office) table() *projections.Table {
	table, err := o.ledger.Table(o.t.Context(), historytest.Authority)
	require.NoError(o.t, err)
	return table
}

// waiting are the payouts of a month that are not approved.
func (o *office) waiting(month domain.Month) (ids []string) {
	for _, p := range o.payouts().All() {
		if v := p.Latest(); v.Month == month && !v.Settles() {
			ids = append(ids, p.Entity.ID())
		}
	}
	return ids
}

// run brings a month's payouts to where all are approved, with detours, and returns the position that the last calculation stands on.
func (o *office) run(month domain.Month) (knownTo uint64) {
	for detours := o.IntN(4); ; detours-- {
		knownTo = o.table().Position()
		o.must(PayoutRequest{Action: "calculate", Month: month.String(), Actor: "calculator"})
		for _, id := range o.waiting(month) {
			approve := PayoutRequest{Action: "approve", Payouts: []string{id}, Actor: "approver", On: o.day(month)}
			pay := PayoutRequest{Action: "pay", Payouts: []string{id}, Actor: "payer", Reference: "file-1"}
			switch at := o.IntN(10); {
			case detours > 0 && at < 2:
				o.must(PayoutRequest{Action: "reject", Payouts: []string{id}, Actor: "approver", Reason: "look again"})
			case detours > 0 && at < 4:
				o.must(approve)
				o.must(PayoutRequest{Action: "cancel", Payouts: []string{id}, Actor: "approver", Reason: "look again"})
			case detours > 0 && at < 5: // it waits
			case at < 6:
				own := approve
				own.Actor = "Calculator"
				require.ErrorContains(o.t, o.do(own), "four eyes")
				require.ErrorContains(o.t, o.do(pay), "pay takes one that is approved")
				fallthrough
			case at < 7:
				o.must(approve)
			default:
				o.must(approve)
				o.must(pay)
			}
		}
		if len(o.waiting(month)) == 0 {
			return knownTo
		}
		o.comeIn(o.IntN(6))
	}
}

// day draws a booking date: mostly after the month, at times a year later.
func (o *office) day(month domain.Month) string {
	return (month + 1 + domain.Month(o.IntN(2)*o.IntN(12))).First().String()
}

// requireSums: what is approved or paid to each provider is what it is due for the months so far, as known where its payout of the
// last month stands on; where it has none, as known at the run.
func (o *office) requireSums(month domain.Month, run uint64) {
	settled, at := map[string]domain.Money{}, map[string]uint64{}
	for _, p := range o.payouts().All() {
		if v := p.Latest(); v.Settles() {
			settled[v.Provider] += v.Total
			if v.Month == month {
				at[v.Provider] = v.KnownTo
			}
		}
	}
	first, due := o.firstSettled(month), map[uint64]map[string]domain.Money{}
	for _, knownTo := range append(valuesOf(at), run) {
		if due[knownTo] == nil {
			due[knownTo] = o.due(knownTo, first, month)
		}
	}
	for provider := range due[run] {
		if _, ok := at[provider]; !ok {
			at[provider] = run
		}
	}
	for provider, knownTo := range at {
		require.Equal(o.t, due[knownTo][provider].String(), settled[provider].String(), "provider %s, %s to %s as known at %d", provider, first, month, knownTo)
	}
	for provider, amount := range settled {
		if _, ok := at[provider]; !ok {
			require.Zero(o.t, amount, "provider %s has been paid, and nothing of it is known any more", provider)
		}
	}
}

func valuesOf(m map[string]uint64) (all []uint64) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

// firstSettled is the month that payouts began with.
func (o *office) firstSettled(first domain.Month) domain.Month {
	for _, p := range o.payouts().All() {
		if v := p.Latest(); v.Settles() {
			first = min(first, v.Month)
		}
	}
	return first
}

// due is what each provider is due for a period as known at an event.
func (o *office) due(knownTo uint64, from, to domain.Month) map[string]domain.Money {
	c, err := o.table().Compensation(projections.Query{AsOf: projections.AsOf{Sequence: knownTo}, From: from, To: to, By: []string{"provider"}})
	require.NoError(o.t, err)
	due := map[string]domain.Money{}
	for _, r := range c.Rows {
		due[r.Keys[0]] = r.Amount
	}
	return due
}

func TestTheSumOverPayoutsIsCompensationAsKnown(t *testing.T) {
	payments, adjustments, negative := 0, 0, 0
	seeds := 20
	if testing.Short() { // under the race detector
		seeds = 5
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			o := &office{t: t, ledger: opened(t, Config{Dir: t.TempDir()}), Rand: rand.New(rand.NewPCG(uint64(seed), 99)), history: historytest.FromSeed(uint64(seed), 600)}
			o.comeIn(len(o.history.Lines) / 5)
			for month := domain.NewMonth(2020, 1); month <= domain.NewMonth(2021, 3); month++ {
				run := o.run(month)
				o.requireSums(month, run)
				o.comeIn(o.IntN(2 * len(o.history.Lines) / 15))
			}
			events := eventsOf(t, o.ledger)
			payments += requireBooks(t, events)
			requireDigests(t, events)
			o.requireSameFolds(events)
			for _, p := range o.payouts().All() {
				for _, v := range p.Versions {
					adjustments += requireCauses(t, v)
				}
				if p.Latest().Total < 0 {
					negative++
				}
			}
		})
	}
	t.Logf("%d payments, %d adjustments, %d payouts below zero", payments, adjustments, negative)
	require.Greater(t, payments, 3*seeds)
	require.Positive(t, adjustments)
	if !testing.Short() {
		require.Greater(t, adjustments, 60, "histories go back in time")
	}
	require.Positive(t, negative)
}

// requireSameFolds: what the table says of payouts at any event, and after it was saved and loaded, is what the log until then folds to.
func (o *office) requireSameFolds(events []domain.Event) {
	table, n := o.table(), uint64(1+o.IntN(len(events)))
	world, err := historytest.Fold(historytest.KnownAt(events, n))
	require.NoError(o.t, err)
	then, moment, err := table.Payouts(projections.AsOf{Sequence: n})
	require.NoError(o.t, err)
	require.Equal(o.t, n, moment.Sequence)
	require.Equal(o.t, world.State.Payouts, then)

	path := filepath.Join(o.t.TempDir(), "facts")
	require.NoError(o.t, table.Save(path))
	opened, err := o.ledger.answering(o.t.Context(), historytest.Authority)
	require.NoError(o.t, err)
	loaded, err := projections.Load(path, opened.log)
	require.NoError(o.t, err)
	again, _, err := loaded.Payouts(projections.Now)
	require.NoError(o.t, err)
	require.Equal(o.t, o.payouts(), again)
}

// requireCauses finds a cause of every adjustment of what has been paid, and returns how many adjustments there are.
func requireCauses(t *testing.T, v *domain.PayoutVersion) (adjustments int) {
	for i := range v.Lines {
		l := &v.Lines[i]
		if !l.Adjusts(v.Month) {
			require.Empty(t, l.Causes)
			continue
		}
		adjustments++
		require.True(t, len(l.Causes) > 0 || l.Settled == 0, "%s of %s is adjusted by %s as known at %d, and nothing says why", l.Month, v.Provider, l.Amount, v.KnownTo)
		for _, c := range l.Causes {
			require.LessOrEqual(t, c.Sequence, v.KnownTo)
			require.True(t, c.Entity.Kind() != domain.KindPayout || c.Type == domain.TypePayoutCancelled, "of payouts only an approval that was taken back explains anything")
		}
	}
	return adjustments
}

// eventsOf reads the whole log.
func eventsOf(t testing.TB, l *Local) (events []domain.Event) {
	o, err := l.answering(t.Context(), "")
	require.NoError(t, err)
	require.NoError(t, o.log.Read(t.Context(), 1, o.log.Head().Sequence, func(r eventstore.Event) error {
		e, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
		events = append(events, e)
		return err
	}))
	return events
}

// requireBooks reads the log of payouts as an auditor would: line by line, version by version, voucher by voucher. It returns how many
// have been paid.
func requireBooks(t *testing.T, events []domain.Event) (payments int) {
	settled, versions, calculatedBy := map[domain.SettledKey]domain.Money{}, map[string]*domain.PayoutCalculated{}, map[string]string{}
	approved, paid, cancelled, vouchers := map[string]*domain.PayoutApproved{}, map[string]bool{}, map[string]bool{}, map[int]int{}
	settle := func(c *domain.PayoutCalculated, sign domain.Money) {
		for _, l := range c.Lines {
			settled[domain.SettledKey{Provider: c.Provider, Month: l.Month, Unit: l.Unit, Policy: l.Policy, Component: l.Component}] += sign * l.Amount
		}
	}
	for i := range events {
		e := &events[i]
		switch d := e.Data.(type) {
		case *domain.PayoutCalculated:
			total := domain.Money(0)
			for _, l := range d.Lines {
				was := settled[domain.SettledKey{Provider: d.Provider, Month: l.Month, Unit: l.Unit, Policy: l.Policy, Component: l.Component}]
				require.Equal(t, was, l.Settled, "%s, %s", e.Entity, l.Month)
				require.Equal(t, l.Known-l.Settled, l.Amount)
				total += l.Amount
			}
			require.Equal(t, total, d.Total)
			versions[e.ID], calculatedBy[e.ID] = d, e.Actor
		case *domain.PayoutApproved:
			vouchers[d.Voucher.Year]++
			require.Equal(t, domain.Voucher{Year: e.Effective.Month().Year(), Number: vouchers[d.Voucher.Year]}, d.Voucher, "the series has a gap")
			require.Equal(t, versions[d.Calculated].Total, d.Amount)
			require.False(t, strings.EqualFold(e.Actor, calculatedBy[d.Calculated]))
			approved[e.ID] = d
			settle(versions[d.Calculated], 1)
		case *domain.PayoutPaid:
			require.Equal(t, approved[d.Approved].Amount, d.Amount)
			require.False(t, paid[d.Approved] || cancelled[d.Approved], "%s is paid twice", e.Entity)
			paid[d.Approved] = true
		case *domain.PayoutCancelled:
			require.False(t, paid[d.Approved] || cancelled[d.Approved])
			cancelled[d.Approved] = true
			settle(versions[approved[d.Approved].Calculated], -1)
		}
	}
	return len(paid)
}

// requireDigests computes the postings that each version stands on again, from what the domain says of the log until then.
func requireDigests(t *testing.T, events []domain.Event) {
	worlds := map[uint64]*historytest.World{}
	for i := range events {
		d, ok := events[i].Data.(*domain.PayoutCalculated)
		if !ok {
			continue
		}
		if worlds[d.KnownTo] == nil {
			w, err := historytest.Fold(historytest.KnownAt(events, d.KnownTo))
			require.NoError(t, err)
			worlds[d.KnownTo] = w
		}
		w := worlds[d.KnownTo]
		facts, digest := w.Columns().Prepare(compensation.Period{From: d.Month, To: d.Month}), compensation.NewDigest()
		require.NoError(t, facts.Evaluate(w.State.Adopted(), func(b *compensation.Batch) error {
			var own []int
			for i, unit := range b.Unit {
				if facts.Units[unit].Provider == d.Provider {
					own = append(own, i)
				}
			}
			return digest.Add(b.Select(own))
		}))
		require.Equal(t, digest.Sum(), d.Digest, "%s version %d", events[i].Entity, d.Version)
		require.True(t, slices.IsSortedFunc(d.Lines, func(a, b domain.PayoutLine) int { return a.Line - b.Line }))
	}
}
