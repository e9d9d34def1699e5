package domain_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

// payoutBook is an authority with payouts alone: commands go the way of the ledger, and what is refused changes nothing.
type payoutBook struct {
	*domain.Payouts
	parties *domain.Parties
	next    uint64
	written []domain.Event
}

func newPayoutBook() *payoutBook {
	return &payoutBook{Payouts: domain.NewPayouts(), parties: domain.NewParties()}
}

func (b *payoutBook) write(t domain.Type, e domain.Entity, on domain.Date, actor string, data domain.Data, about string) error {
	event, err := domain.PayoutEvent(domain.PayoutEventID(t, "1281", e, about), t, "1281", e, on, time.Date(2020, 1, 1, 0, 0, int(b.next), 0, time.UTC), actor, data)
	if err != nil {
		return err
	}
	if ps := b.Check(&event, b.parties); len(ps) > 0 {
		return ps
	}
	b.next++
	event.Sequence = b.next
	b.written = append(b.written, event)
	return b.Apply(&event)
}

// calculation states what is known of the months of a provider, one unit and component, less what is settled.
func (b *payoutBook) calculation(provider string, month domain.Month, known map[domain.Month]domain.Money) domain.PayoutCalculated {
	c := domain.PayoutCalculated{Provider: provider, Month: month}
	for m := month; m > month-24; m-- {
		settled := b.Settled(domain.SettledKey{Provider: provider, Month: m, Unit: "u", Policy: "p", Component: "c"})
		if known[m] == settled && m != month {
			continue
		}
		c.Lines = append(c.Lines, domain.PayoutLine{Line: len(c.Lines) + 1, Month: m, Unit: "u", Policy: "p", Component: "c", Quantity: "1", QuantityUnit: "goal",
			Known: known[m], Settled: settled, Amount: known[m] - settled})
		c.Total += known[m] - settled
	}
	return c
}

func (b *payoutBook) calculate(actor string, c domain.PayoutCalculated) error {
	stands, next := b.Next(c)
	if stands != nil {
		return nil
	}
	return b.write(domain.TypePayoutCalculated, domain.PayoutEntity(c.Provider, c.Month), 50000, actor, &next, fmt.Sprint(next.Version))
}

func (b *payoutBook) approve(actor string, e domain.Entity, on domain.Date) error {
	v := b.Payout(e).Latest()
	return b.write(domain.TypePayoutApproved, e, on, actor, &domain.PayoutApproved{Calculated: v.EventID, Amount: v.Total, Voucher: b.NextVoucher(on.Month().Year())}, v.EventID)
}

func (b *payoutBook) pay(e domain.Entity, amount domain.Money) error {
	v := b.Payout(e).Latest()
	return b.write(domain.TypePayoutPaid, e, 50000, "treasurer", &domain.PayoutPaid{Approved: v.ApprovalID(), Amount: amount}, v.ApprovalID())
}

func (b *payoutBook) cancel(e domain.Entity) error {
	v := b.Payout(e).Latest()
	return b.write(domain.TypePayoutCancelled, e, 50000, "controller", &domain.PayoutCancelled{Approved: v.ApprovalID(), Reason: "wrong account"}, v.ApprovalID())
}

var (
	march2016 = domain.NewMonth(2016, time.March)
	booked    = domain.NewDate(2016, time.April, 20)
	payout1   = domain.PayoutEntity("p1", march2016)
)

func known(amount domain.Money) map[domain.Month]domain.Money {
	return map[domain.Month]domain.Money{march2016: amount}
}

func TestFourEyes(t *testing.T) {
	b := newPayoutBook()
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	assert.ErrorContains(t, b.approve("anna", payout1, booked), "anna calculated this payout and cannot approve it")
	assert.ErrorContains(t, b.approve("Anna", payout1, booked), "cannot approve it", "the same actor in capitals")
	assert.ErrorContains(t, b.approve("anna/", payout1, booked), "cannot approve it", "the same actor with a separator")
	assert.Equal(t, domain.PayoutStatusCalculated, b.Payout(payout1).Latest().Status())
	require.NoError(t, b.approve("bo", payout1, booked))
	assert.Equal(t, domain.Voucher{Year: 2016, Number: 1}, b.Payout(payout1).Latest().Voucher)
}

func TestAProviderNeitherApprovesNorPays(t *testing.T) {
	b := newPayoutBook()
	e, ps := domain.ParseRecord([]byte(`{"type":"provider-registered","authority":"1281","entity":"provider/p1","effective":"2015-01-01","recorded":"2015-01-01T00:00:00Z","actor":"a","data":{"name":"P","regime":"in-house"}}`), time.Now())
	require.Empty(t, ps)
	require.NoError(t, b.parties.Apply(&e))
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	assert.ErrorContains(t, b.approve("p1/chef", payout1, booked), "belongs to a provider")
}

func TestWhatIsNotApprovedIsNotPaid(t *testing.T) {
	b := newPayoutBook()
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	assert.ErrorContains(t, b.pay(payout1, 29700), "is calculated; payout-paid takes one that is approved")
	require.NoError(t, b.approve("bo", payout1, booked))
	assert.ErrorContains(t, b.pay(payout1, 29701), "297.01 is not what was approved, 297.00")
	require.NoError(t, b.pay(payout1, 29700))
	assert.ErrorContains(t, b.pay(payout1, 29700), "is paid")
	assert.ErrorContains(t, b.cancel(payout1), "is paid")
}

func TestAnApprovalIsOfTheVersionThatCounts(t *testing.T) {
	b := newPayoutBook()
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	first := b.Payout(payout1).Latest()
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(59400))))
	assert.Equal(t, []string{"2016-03, u, p/c: 297.00 kr → 594.00 kr"}, b.Payout(payout1).Latest().Changes)
	err := b.write(domain.TypePayoutApproved, payout1, booked, "bo", &domain.PayoutApproved{Calculated: first.EventID, Amount: first.Total, Voucher: b.NextVoucher(2016)}, first.EventID)
	assert.ErrorContains(t, err, "is not what counts")
}

func TestCalculatingWithoutNewKnowledgeGivesTheSame(t *testing.T) {
	b := newPayoutBook()
	for range 3 {
		c := b.calculation("p1", march2016, known(29700))
		c.KnownTo = b.next + 100 // known later, and nothing new
		require.NoError(t, b.calculate("anna", c))
	}
	require.Len(t, b.written, 1)
	require.NoError(t, b.approve("bo", payout1, booked))
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(99))), "a settled month is never reopened")
	assert.Len(t, b.Payout(payout1).Versions, 1)
}

func TestALateCorrectionIsAnAdjustmentOfTheNextPayout(t *testing.T) {
	b, april := newPayoutBook(), march2016+1
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	require.NoError(t, b.approve("bo", payout1, booked))
	require.NoError(t, b.pay(payout1, 29700))
	c := b.calculation("p1", april, map[domain.Month]domain.Money{march2016: 10000, april: 5000})
	require.NoError(t, b.calculate("anna", c))
	v := b.Payout(domain.PayoutEntity("p1", april)).Latest()
	require.Len(t, v.Lines, 2)
	assert.Equal(t, domain.Money(-19700), v.Lines[1].Amount)
	assert.Equal(t, domain.Money(-14700), v.Total, "a payout below zero is a claim on the provider")
	assert.Equal(t, domain.Money(29700), b.Payout(payout1).Latest().Total, "the paid one is as it was")
}

func TestTheSameMonthIsNotSettledTwice(t *testing.T) {
	b, april := newPayoutBook(), march2016+1
	amounts := map[domain.Month]domain.Money{march2016: 29700, april: 5000}
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, amounts)))
	require.NoError(t, b.calculate("anna", b.calculation("p1", april, amounts)), "with March, which is not settled yet")
	require.NoError(t, b.approve("bo", payout1, booked))
	assert.ErrorContains(t, b.approve("bo", domain.PayoutEntity("p1", april), booked), "calculate it again")
	require.NoError(t, b.calculate("anna", b.calculation("p1", april, amounts)))
	require.NoError(t, b.approve("bo", domain.PayoutEntity("p1", april), booked))
	assert.Equal(t, domain.Money(5000), b.Payout(domain.PayoutEntity("p1", april)).Latest().Total)
}

func TestACancelledApprovalKeepsItsVoucherNumber(t *testing.T) {
	b := newPayoutBook()
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	require.NoError(t, b.approve("bo", payout1, booked))
	require.NoError(t, b.cancel(payout1))
	assert.Zero(t, b.Settled(domain.SettledKey{Provider: "p1", Month: march2016, Unit: "u", Policy: "p", Component: "c"}))
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	assert.Equal(t, []string{"version 1 was cancelled: wrong account"}, b.Payout(payout1).Latest().Changes)
	require.NoError(t, b.approve("bo", payout1, booked))
	assert.Equal(t, domain.Voucher{Year: 2016, Number: 2}, b.Payout(payout1).Latest().Voucher)
}

func TestAPayoutIsNamedByMonthAndProvider(t *testing.T) {
	assert.Equal(t, domain.Entity("payout/2016-03-lund-hemvard"), domain.PayoutEntity("lund-hemvard", march2016))
	long := domain.PayoutEntity("a-provider-with-an-id-that-is-as-long-as-an-id-may-be-0123456789", march2016)
	_, err := domain.ParseEntity(string(long))
	require.NoError(t, err)
	assert.NotEqual(t, long, domain.PayoutEntity("a-provider-with-an-id-that-is-as-long-as-an-id-may-be-0123456780", march2016))
	_, err = domain.ParseEntity(string(domain.PayoutEntity("a.b", march2016)))
	require.NoError(t, err)
}

// Whatever is calculated, approved, paid and cancelled in whatever order, as what is known of the months goes up and down: what stands settled
// of a month is what was known of it when it was last settled, no payment differs from its approval, and the vouchers have no gap.
func TestWhatIsSettledIsWhatWasKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newPayoutBook()
		amounts := map[string]map[domain.Month]domain.Money{"p1": {}, "p2": {}}
		settledAs := map[domain.SettledKey]domain.Money{}
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			provider := rapid.SampledFrom([]string{"p1", "p2"}).Draw(t, "provider")
			month := march2016 + domain.Month(rapid.IntRange(0, 5).Draw(t, "month"))
			e := domain.PayoutEntity(provider, month)
			p := b.Payout(e)
			switch command := rapid.IntRange(0, 9).Draw(t, "command"); {
			case command < 3:
				amounts[provider][month] = domain.Money(rapid.Int64Range(-5, 50).Draw(t, "known"))
			case command < 6 || p == nil:
				require.NoError(t, b.calculate(rapid.SampledFrom([]string{"anna", "bo"}).Draw(t, "actor"), b.calculation(provider, month, amounts[provider])))
			case command < 8:
				before := p.Latest()
				if b.approve(rapid.SampledFrom([]string{"anna", "bo"}).Draw(t, "actor"), e, booked+domain.Date(rapid.IntRange(0, 400).Draw(t, "on"))) == nil {
					require.NotEqual(t, before.Actor, before.Approved.Actor)
					for _, l := range before.Lines {
						settledAs[domain.SettledKey{Provider: provider, Month: l.Month, Unit: l.Unit, Policy: l.Policy, Component: l.Component}] = l.Known
					}
				}
			case command < 9:
				_ = b.pay(e, p.Latest().Total+domain.Money(rapid.Int64Range(0, 1).Draw(t, "too much"))) // refused or right: judged below
			default:
				v := p.Latest()
				if b.cancel(e) == nil {
					for _, l := range v.Lines {
						settledAs[domain.SettledKey{Provider: provider, Month: l.Month, Unit: l.Unit, Policy: l.Policy, Component: l.Component}] = l.Settled
					}
				}
			}
		}
		sums, vouchers, paid := map[domain.SettledKey]domain.Money{}, map[int][]int{}, map[string]int{}
		for _, p := range b.All() {
			for _, v := range p.Versions {
				if v.Approved != nil {
					vouchers[v.Voucher.Year] = append(vouchers[v.Voucher.Year], v.Voucher.Number)
				}
				for _, l := range v.Lines {
					if v.Settles() {
						sums[domain.SettledKey{Provider: v.Provider, Month: l.Month, Unit: l.Unit, Policy: l.Policy, Component: l.Component}] += l.Amount
					}
				}
			}
		}
		for k, amount := range settledAs {
			require.Equal(t, amount, sums[k], k)
			require.Equal(t, amount, b.Settled(k), k)
		}
		for year, numbers := range vouchers {
			slices.Sort(numbers)
			for i, n := range numbers {
				require.Equal(t, i+1, n, "voucher series of %d", year)
			}
		}
		for _, e := range b.written {
			if d, ok := e.Data.(*domain.PayoutPaid); ok {
				require.Equal(t, b.Payout(e.Entity).Latest().Total, d.Amount)
				paid[d.Approved]++
				require.Equal(t, 1, paid[d.Approved], "paid twice")
			}
		}
	})
}

// January waits, something becomes known, and February is calculated: February takes what January leaves to it as paid as known by then. So
// January is calculated again before it is approved, also where nothing of it differs.
func TestAMonthIsNotApprovedOnLessThanALaterOneRestsOn(t *testing.T) {
	b, april := newPayoutBook(), march2016+1
	at := func(facts uint64, c domain.PayoutCalculated) domain.PayoutCalculated { c.FactsTo = facts; return c }
	amounts := map[domain.Month]domain.Money{march2016: 29700, april: 5000}
	require.NoError(t, b.calculate("anna", at(10, b.calculation("p1", march2016, amounts))))
	require.NoError(t, b.calculate("anna", at(12, domain.PayoutCalculated{Provider: "p1", Month: april})))
	assert.ErrorContains(t, b.approve("bo", payout1, booked), "calculate 2016-03 again first")
	require.NoError(t, b.calculate("anna", at(12, b.calculation("p1", march2016, amounts))))
	assert.Equal(t, 2, b.Payout(payout1).Latest().Version)
	require.NoError(t, b.calculate("anna", at(12, b.calculation("p1", march2016, amounts))))
	assert.Equal(t, 2, b.Payout(payout1).Latest().Version, "once is enough")
	require.NoError(t, b.approve("bo", payout1, booked))
}

func TestAPayoutIsBookedInItsMonthOrLaterAndPaidAfterThat(t *testing.T) {
	b := newPayoutBook()
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	assert.ErrorContains(t, b.approve("bo", payout1, march2016.First()-1), "is before 2016-03 begins")
	require.NoError(t, b.approve("bo", payout1, 50001))
	assert.ErrorContains(t, b.pay(payout1, 29700), "is before it was booked")
}

// What an earlier month's payout had settled is due again when its approval is taken back: a later one that was calculated meanwhile does not
// hold it, and is calculated again before it is approved, also where nothing of it differs.
func TestAPayoutIsNotApprovedAfterAnEarlierOneItRestsOnWasCancelled(t *testing.T) {
	b, april := newPayoutBook(), march2016+1
	amounts := map[domain.Month]domain.Money{march2016: 29700, april: 5000}
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, amounts)))
	require.NoError(t, b.approve("bo", payout1, booked))
	require.NoError(t, b.calculate("anna", domain.PayoutCalculated{Provider: "p1", Month: april}))
	require.NoError(t, b.cancel(payout1))
	assert.ErrorContains(t, b.approve("bo", domain.PayoutEntity("p1", april), booked+30), "calculate 2016-04 again first")
	require.NoError(t, b.calculate("anna", domain.PayoutCalculated{Provider: "p1", Month: april}))
	assert.Equal(t, 2, b.Payout(domain.PayoutEntity("p1", april)).Latest().Version)
	require.NoError(t, b.approve("bo", domain.PayoutEntity("p1", april), booked+30))
}
