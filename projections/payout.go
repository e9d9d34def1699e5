package projections

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// Payouts returns the payouts of the authority as known at a moment.
func (t *Table) Payouts(at AsOf) (*domain.Payouts, Moment, error) {
	s := t.snapshot()
	v := s.visibility(at)
	payouts, err := s.payoutsAt(v)
	return payouts, v.moment, err
}

// CalculatePayouts returns what each provider is to be paid for a month as known now, sorted by provider; one only where it is named. A
// provider without anything to pay has none.
//
// A payout covers its month, and of each earlier month that a payout of the authority, approved or paid, stands for, the difference
// between what is known now and what has been settled: also where the provider itself had nothing to be paid then.
func (t *Table) CalculatePayouts(ctx context.Context, month domain.Month, provider string) ([]domain.PayoutCalculated, error) {
	cut, err := t.Cut(Now)
	if err != nil {
		return nil, err
	}
	s := t.snapshot()
	payouts, err := s.payoutsAt(s.visibility(AsOf{Sequence: cut.Sequence}))
	if err != nil {
		return nil, err
	}
	c, err := newPayoutCalculation(cut, cut.Moment, payouts, month)
	if err != nil {
		return nil, err
	}
	all := c.calculated(provider)
	return all, c.causes(ctx, t, all)
}

// newPayoutCalculation computes the postings of a month, and of the closed months before it, on what was known at a moment: cut holds the facts
// and policies of that moment, and payouts what had been calculated and settled by then.
func newPayoutCalculation(cut *Cut, known Moment, payouts *domain.Payouts, month domain.Month) (*payoutCalculation, error) {
	c := &payoutCalculation{Cut: cut, known: known, payouts: payouts, month: month, closed: closedMonths(payouts, month), lines: map[string][]payoutLine{}}
	return c, c.evaluate()
}

// closedMonths are the months before one that a payout stands for, approved or paid.
func closedMonths(payouts *domain.Payouts, before domain.Month) map[domain.Month]bool {
	closed := map[domain.Month]bool{}
	for _, p := range payouts.All() {
		if v := p.Latest(); v.Settles() && v.Month < before {
			closed[v.Month] = true
		}
	}
	payouts.EachSettled(func(k domain.SettledKey, _ domain.Money) {
		if k.Month < before {
			closed[k.Month] = true
		}
	})
	return closed
}

type payoutCalculation struct {
	*Cut
	known   Moment // that of the cut, or of a later event that says nothing which facts or policies rest on
	payouts *domain.Payouts
	month   domain.Month
	closed  map[domain.Month]bool
	period  compensation.Period

	lines   map[string][]payoutLine // by provider
	digests map[string]*compensation.Digest
}

// payoutLine is a line with the cases behind it.
type payoutLine struct {
	domain.PayoutLine
	cases []uint32
}

// postingKey is what postings are summed to lines by.
type postingKey struct {
	unit      uint16
	month     domain.Month
	policy    string
	component string
}

// evaluate computes the postings of the month and the closed ones, and sums them to lines.
func (c *payoutCalculation) evaluate() error {
	c.period = compensation.Period{From: c.month, To: c.month}
	for m := range c.closed {
		c.period.From = min(c.period.From, m)
	}
	prepared := c.Prepared(c.period)
	sums := compensation.NewAggregate(prepared, compensation.DefaultFields)
	cases, accounts := map[postingKey][]uint32{}, map[postingKey]string{}
	c.digests = map[string]*compensation.Digest{}
	err := prepared.Evaluate(c.Adopted, func(b *compensation.Batch) error {
		if err := sums.Add(b); err != nil {
			return err
		}
		for i, unit := range b.Unit {
			k := postingKey{unit, b.Month[i], b.Policy, b.Component.ID}
			accounts[k] = b.Component.Account
			if all := cases[k]; b.Case[i] != compensation.NoCase && (len(all) == 0 || all[len(all)-1] != b.Case[i]) {
				cases[k] = append(all, b.Case[i])
			}
		}
		return c.digest(b)
	})
	if err != nil {
		return err
	}
	units := map[[2]string]uint16{}
	for i, u := range c.Units {
		units[[2]string{u.Provider, u.ID}] = uint16(i)
	}
	for _, r := range sums.Rows() {
		provider := r.Keys[0]
		month, err := domain.ParseMonth(r.Keys[2])
		if err != nil { // it was written by the aggregate
			return err
		}
		k := postingKey{units[[2]string{provider, r.Keys[1]}], month, r.Keys[3], r.Keys[4]}
		slices.Sort(cases[k])
		c.lines[provider] = append(c.lines[provider], payoutLine{domain.PayoutLine{Month: month, Unit: r.Keys[1], Policy: k.policy, Component: k.component,
			Account: accounts[k], Quantity: r.Quantity, QuantityUnit: r.QuantityUnit, Known: r.Amount}, slices.Compact(cases[k])})
	}
	return nil
}

// digest adds the postings of the payout's own month to the digest of their provider.
func (c *payoutCalculation) digest(b *compensation.Batch) error {
	rows := map[string][]int{}
	for i, month := range b.Month {
		if month == c.month {
			p := c.Units[b.Unit[i]].Provider
			rows[p] = append(rows[p], i)
		}
	}
	for provider, of := range rows {
		if c.digests[provider] == nil {
			c.digests[provider] = compensation.NewDigest()
		}
		if err := c.digests[provider].Add(b.Select(of)); err != nil {
			return err
		}
	}
	return nil
}

// calculated makes the payouts of the lines, all or that of one provider, but for what their adjustments follow from. It is called once.
func (c *payoutCalculation) calculated(only string) []domain.PayoutCalculated {
	c.payouts.EachSettled(func(k domain.SettledKey, settled domain.Money) { // settled, and nothing is known of it any more
		same := func(l payoutLine) bool {
			return l.Month == k.Month && l.Unit == k.Unit && l.Policy == k.Policy && l.Component == k.Component
		}
		if settled != 0 && k.Month <= c.month && !slices.ContainsFunc(c.lines[k.Provider], same) {
			c.lines[k.Provider] = append(c.lines[k.Provider], payoutLine{PayoutLine: domain.PayoutLine{Month: k.Month, Unit: k.Unit, Policy: k.Policy, Component: k.Component,
				Account: c.accountSettled(k), Quantity: "0", QuantityUnit: compensation.UnitMixed}})
		}
	})
	all := []domain.PayoutCalculated{}
	for provider, lines := range c.lines {
		if only != "" && provider != only {
			continue
		}
		p := domain.PayoutCalculated{Provider: provider, Month: c.month, KnownTo: c.known.Sequence, KnownAt: c.known.Recorded, Models: []domain.PayoutModel{}, Lines: []domain.PayoutLine{}}
		for _, l := range lines {
			l.Cases = len(l.cases)
			l.Settled = c.payouts.Settled(domain.SettledKey{Provider: provider, Month: l.Month, Unit: l.Unit, Policy: l.Policy, Component: l.Component})
			l.Amount = l.Known - l.Settled
			if l.Month == c.month || c.closed[l.Month] && l.Amount != 0 {
				p.Lines = append(p.Lines, l.PayoutLine)
				p.Total += l.Amount
			}
		}
		if len(p.Lines) == 0 {
			continue
		}
		c.finish(&p)
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b domain.PayoutCalculated) int { return strings.Compare(a.Provider, b.Provider) })
	return all
}

// finish orders and numbers the lines, and states the models and the digest.
func (c *payoutCalculation) finish(p *domain.PayoutCalculated) {
	slices.SortFunc(p.Lines, func(a, b domain.PayoutLine) int {
		return cmp.Or(int(b.Month)-int(a.Month), strings.Compare(a.Unit, b.Unit), strings.Compare(a.Policy, b.Policy), strings.Compare(a.Component, b.Component))
	})
	months := map[domain.Month]bool{c.month: true}
	for i := range p.Lines {
		p.Lines[i].Line = i + 1
		months[p.Lines[i].Month] = true
	}
	digest := c.digests[p.Provider]
	if digest == nil {
		digest = compensation.NewDigest()
	}
	p.Digest = digest.Sum()
	for _, policy := range c.Adopted {
		for _, d := range policy.Documents {
			for m := range months {
				if d.From <= m.Last() && m.First() < d.End {
					p.Models = append(p.Models, domain.PayoutModel{Policy: policy.ID, SHA256: d.Model.SHA256(), From: d.From})
					break
				}
			}
		}
	}
}

// accountSettled returns the account that a key was last settled on.
func (c *payoutCalculation) accountSettled(k domain.SettledKey) (account string) {
	for _, p := range c.payouts.All() {
		v := p.Latest()
		if v.Provider != k.Provider || !v.Settles() {
			continue
		}
		for _, l := range v.Lines {
			if l.Month == k.Month && l.Unit == k.Unit && l.Policy == k.Policy && l.Component == k.Component {
				account = l.Account
			}
		}
	}
	return account
}

// knownBefore returns the position that the provider's last settled payout rests on, or that of the authority where it has none: what is
// after it is new to an adjustment.
func (c *payoutCalculation) knownBefore(provider string) uint64 {
	own, any := uint64(0), uint64(math.MaxUint64)
	for _, p := range c.payouts.All() {
		if v := p.Latest(); v.Settles() {
			any = min(any, v.KnownTo)
			if v.Provider == provider {
				own = max(own, v.KnownTo)
			}
		}
	}
	if own == 0 && any != math.MaxUint64 {
		return any
	}
	return own
}
