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
// provider without anything to pay has none, unless it has been calculated before and nothing of it is known any more.
//
// A payout covers its month, and of each earlier month that is closed for the provider (closedMonths) the difference between what is
// known now and what has been settled.
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
	c, err := s.newPayoutCalculation(cut, cut.Moment, payouts, month)
	if err != nil {
		return nil, err
	}
	c.table = t
	all := c.calculated(provider)
	return all, c.causes(ctx, all)
}

// newPayoutCalculation computes the postings of a month, and of the closed months before it, on what was known at a moment: cut holds the facts
// and policies of that moment, and payouts what had been calculated and settled by then.
func (s *snapshot) newPayoutCalculation(cut *Cut, known Moment, payouts *domain.Payouts, month domain.Month) (*payoutCalculation, error) {
	c := &payoutCalculation{Cut: cut, known: known, factsTo: s.factsTo(known.Sequence), payouts: payouts, month: month, closed: monthsClosed(payouts, month), lines: map[string][]payoutLine{}}
	return c, c.evaluate()
}

// factsTo returns the last sequence up to one that is not of a payout.
func (s *snapshot) factsTo(to uint64) uint64 {
	for i := s.payouts.len() - 1; i >= 0 && s.payouts.sequence[i] >= to; i-- {
		if s.payouts.sequence[i] == to {
			to--
		}
	}
	return to
}

// closedMonths are the months before one that are settled, so that what is known of them since is an adjustment. A month is closed for a
// provider whose own payout for it stands, approved or paid, or of whom a later payout has settled something of it. One whose own payout
// has only been calculated, or was rejected or cancelled, has it open: what was sent back does not come in by the next month's payout. For
// a provider without a payout of its own it is closed where any of the authority stands for it, and where the payouts have gone past it:
// a run over a month with nothing to pay leaves no other trace.
type closedMonths struct {
	all   map[domain.Month]bool
	own   map[providerMonth]bool // also false: a payout of its own, which does not stand
	first domain.Month           // of all; the payout's own where there is none
}

type providerMonth struct {
	provider string
	month    domain.Month
}

func monthsClosed(payouts *domain.Payouts, before domain.Month) closedMonths {
	closed, waiting := closedMonths{map[domain.Month]bool{}, map[providerMonth]bool{}, before}, map[domain.Month]bool{}
	closes := func(provider string, m domain.Month) {
		if m < before {
			closed.own[providerMonth{provider, m}], closed.all[m], closed.first = true, true, min(closed.first, m)
		}
	}
	for _, p := range payouts.All() {
		if v := p.Latest(); v.Settles() {
			closes(v.Provider, v.Month)
		} else {
			closed.own[providerMonth{v.Provider, v.Month}], waiting[v.Month] = false, true
		}
	}
	payouts.EachSettled(func(k domain.SettledKey, _ domain.Money) { closes(k.Provider, k.Month) })
	for m := closed.first; m < before; m++ {
		closed.all[m] = closed.all[m] || !waiting[m]
	}
	return closed
}

func (c *closedMonths) has(provider string, month domain.Month) bool {
	own, has := c.own[providerMonth{provider, month}]
	return own || !has && c.all[month]
}

type payoutCalculation struct {
	*Cut
	known   Moment // that of the cut, or of a later event that is of a payout
	table   *Table // for what adjustments follow from
	factsTo uint64 // the last event of the cut that is not of a payout
	payouts *domain.Payouts
	month   domain.Month
	closed  closedMonths
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
	c.period = compensation.Period{From: c.closed.first, To: c.month}
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

// addSettled adds a line for what has been settled and of which nothing is known any more.
func (c *payoutCalculation) addSettled() {
	known := map[domain.SettledKey]bool{}
	for provider, lines := range c.lines {
		for i := range lines {
			known[settledKey(provider, &lines[i].PayoutLine)] = true
		}
	}
	c.payouts.EachSettled(func(k domain.SettledKey, settled domain.Money) {
		if settled != 0 && k.Month <= c.month && !known[k] {
			c.lines[k.Provider] = append(c.lines[k.Provider], payoutLine{PayoutLine: domain.PayoutLine{Month: k.Month, Unit: k.Unit, Policy: k.Policy, Component: k.Component,
				Account: c.accountSettled(k), Quantity: "0", QuantityUnit: compensation.UnitMixed}})
		}
	})
}

func settledKey(provider string, l *domain.PayoutLine) domain.SettledKey {
	return domain.SettledKey{Provider: provider, Month: l.Month, Unit: l.Unit, Policy: l.Policy, Component: l.Component}
}

// calculated makes the payouts of the lines.
func (c *payoutCalculation) calculated(only string) []domain.PayoutCalculated {
	c.addSettled()
	open := map[string]bool{} // a payout that was calculated and is not settled: that nothing is due any more is a version of it
	for _, p := range c.payouts.All() {
		if v := p.Latest(); v.Month == c.month && !v.Settles() {
			if open[v.Provider] = true; c.lines[v.Provider] == nil {
				c.lines[v.Provider] = []payoutLine{}
			}
		}
	}
	all := []domain.PayoutCalculated{}
	for provider, lines := range c.lines {
		if only != "" && provider != only {
			continue
		}
		p := domain.PayoutCalculated{Provider: provider, Month: c.month, KnownTo: c.known.Sequence, FactsTo: c.factsTo, KnownAt: c.known.Recorded, Models: []domain.PayoutModel{}, Lines: []domain.PayoutLine{}}
		for _, l := range lines {
			l.Cases = len(l.cases)
			l.Settled = c.payouts.Settled(settledKey(provider, &l.PayoutLine))
			l.Amount = l.Known - l.Settled
			if l.Month == c.month || c.closed.has(provider, l.Month) && l.Amount != 0 {
				p.Lines = append(p.Lines, l.PayoutLine)
				p.Total += l.Amount
			}
		}
		if len(p.Lines) == 0 && !open[provider] {
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
	for i := range p.Lines {
		p.Lines[i].Line = i + 1
	}
	digest := c.digests[p.Provider]
	if digest == nil {
		digest = compensation.NewDigest()
	}
	p.Digest = digest.Sum()
	p.Models = PayoutModels(p, c.Adopted)
}

// PayoutModels returns the documents in force in the month of a payout, or in one that its lines adjust.
func PayoutModels(d *domain.PayoutCalculated, adopted []compensation.Policy) []domain.PayoutModel {
	models, months := []domain.PayoutModel{}, payoutMonths(d)
	for _, policy := range adopted {
		for _, in := range policy.Documents {
			if slices.ContainsFunc(months, func(m domain.Month) bool { return in.From <= m.Last() && m.First() < in.End }) {
				models = append(models, domain.PayoutModel{Policy: policy.ID, SHA256: in.Model.SHA256(), From: in.From})
			}
		}
	}
	return models
}

// payoutMonths returns the payout's own month and those that its lines adjust, increasing.
func payoutMonths(d *domain.PayoutCalculated) []domain.Month {
	months := []domain.Month{d.Month}
	for i := range d.Lines {
		months = append(months, d.Lines[i].Month)
	}
	slices.Sort(months)
	return slices.Compact(months)
}

// accountSettled returns the account that a key was last settled on.
func (c *payoutCalculation) accountSettled(k domain.SettledKey) (account string) {
	for _, p := range c.payouts.All() {
		v := p.Latest()
		if v.Provider != k.Provider || !v.Settles() {
			continue
		}
		for _, l := range v.Lines {
			if settledKey(v.Provider, &l) == k {
				account = l.Account
			}
		}
	}
	return account
}

// knownBefore returns the position that what has been settled of a provider's month rests on: that of its own payout, or of a later one that
// was calculated when it stood. Where the provider has no payout for the month, it is the position of the last one that went past it, and
// where it has none at all, that of the authority's first. What is after it is new to an adjustment.
func (c *payoutCalculation) knownBefore(provider string, month domain.Month) uint64 {
	own := c.payouts.Payout(domain.PayoutEntity(provider, month))
	past, first := uint64(0), uint64(math.MaxUint64)
	for _, p := range c.payouts.All() {
		v := p.Latest()
		if !v.Settles() {
			continue
		}
		first = min(first, v.KnownTo)
		if v.Provider == provider && v.Month > month && (own == nil || !own.Latest().Settles() || v.Sequence > own.Latest().Approved.Sequence) {
			past = max(past, v.KnownTo)
		}
	}
	switch {
	case own != nil && own.Latest().Settles():
		return max(past, own.Latest().KnownTo)
	case past == 0 && first != math.MaxUint64:
		return first
	}
	return past
}
