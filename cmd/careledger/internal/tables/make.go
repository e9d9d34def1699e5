package tables

import (
	"cmp"
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// Source is what the tables are made from: what was known at one moment.
type Source struct {
	Cut     *projections.Cut
	Payouts *domain.Payouts // as known at the moment of the cut
}

// Make hands out the partitions of every table, table by table and in order of month; none is empty. Months are those that the ledger's
// questions answer for by themselves (projections.Cut.Period); payouts have their own. The error is that of the adopted policies where a rate
// is missing, the context's, or that of emit.
func Make(ctx context.Context, s Source, emit func(*Partition) error) error {
	period, err := s.Cut.Period(0, 0)
	if err != nil {
		return err
	}
	m := &maker{Source: s, ctx: ctx, period: period, prepared: s.Cut.Prepared(period), emit: emit}
	for _, table := range []func() error{m.postings, m.premiums, m.payouts, m.payoutLines, m.fulfilment, m.followUps, m.decisions} {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := table(); err != nil {
			return err
		}
	}
	return nil
}

type maker struct {
	Source
	ctx      context.Context
	period   compensation.Period
	prepared *compensation.Prepared
	emit     func(*Partition) error
}

// month reads the month of a row that begins with it.
func month(keys []string) (domain.Month, int32, error) {
	m, err := domain.ParseMonth(keys[0]) // it was written by the read model
	return m, day(m.First()), err
}

func (m *maker) postings() error {
	by := []string{"month", "provider", "unit", "policy", "component", "life_area", "occasion"}
	sum, err := m.prepared.Sums(by).Of(m.ctx, m.Cut.Adopted)
	if err != nil {
		return err
	}
	return partitioned("postings", sum.Rows, func(r *compensation.Row) (domain.Month, Posting, error) {
		of, first, err := month(r.Keys)
		k := r.Keys
		row := Posting{FirstDay: first, Provider: word(k[1]), Unit: word(k[2]), Policy: k[3], Component: k[4], LifeArea: word(k[5]), Occasion: word(k[6]), QuantityUnit: r.QuantityUnit}
		var errQuantity, errAmount error
		row.Quantity, errQuantity = quantity(r.Quantity)
		row.Amount, errAmount = ore(r.Amount)
		return of, row, errors.Join(err, errQuantity, errAmount)
	}, m.emit)
}

// premiumKey is what premiums are summed by, in the order of the table.
type premiumKey struct {
	heldOn             domain.Date
	unit               uint16
	policy, component  string
	lifeArea, occasion string
	quantityUnit       string
}

// premium is a group. Its quantum is that of the one document in force on its day.
type premium struct {
	premiumKey
	quantity, quantum int64
	amount            domain.Money
}

func (m *maker) premiums() error {
	var policies []compensation.Policy // those with a premium in any of their documents: once-… and caps hold within a policy
	for _, p := range m.Cut.Adopted {
		if slices.ContainsFunc(p.Documents, func(d compensation.InForce) bool { return slices.ContainsFunc(d.Model.Components, isPremium) }) {
			policies = append(policies, p)
		}
	}
	groups := map[premiumKey]*premium{}
	err := m.prepared.Evaluate(policies, func(b *compensation.Batch) error {
		if !isPremium(*b.Component) {
			return context.Cause(m.ctx)
		}
		for i := range b.Unit {
			p := b.Posting(i)
			k := premiumKey{heldOn: p.HeldOn, unit: b.Unit[i], policy: p.Policy, component: p.Component, lifeArea: p.LifeArea, occasion: p.Occasion, quantityUnit: p.QuantityUnit}
			if groups[k] == nil {
				groups[k] = &premium{premiumKey: k, quantum: b.Quantum}
			}
			groups[k].quantity += b.Quantity[i]
			groups[k].amount += b.Amount[i] // all postings together fit: the postings above were summed
		}
		return context.Cause(m.ctx)
	})
	if err != nil {
		return err
	}
	rows, units := make([]premium, 0, len(groups)), m.Cut.Units
	for _, g := range groups {
		rows = append(rows, *g)
	}
	slices.SortFunc(rows, func(x, y premium) int {
		return cmp.Or(cmp.Compare(x.heldOn, y.heldOn), strings.Compare(units[x.unit].Provider, units[y.unit].Provider), cmp.Compare(x.unit, y.unit),
			strings.Compare(x.policy, y.policy), strings.Compare(x.component, y.component), strings.Compare(x.lifeArea, y.lifeArea),
			strings.Compare(x.occasion, y.occasion), strings.Compare(x.quantityUnit, y.quantityUnit))
	})
	return partitioned("premiums", rows, func(p *premium) (domain.Month, Premium, error) {
		u, of := units[p.unit], p.heldOn.Month()
		row := Premium{FirstDay: day(of.First()), HeldOn: day(p.heldOn), Provider: word(u.Provider), Unit: word(u.ID), Policy: p.policy, Component: p.component,
			LifeArea: word(p.lifeArea), Occasion: p.occasion, QuantityUnit: p.quantityUnit}
		var errQuantity, errAmount error
		row.Quantity, errQuantity = millionths(big.NewRat(p.quantity, p.quantum))
		row.Amount, errAmount = ore(p.amount)
		return of, row, errors.Join(errQuantity, errAmount)
	}, m.emit)
}

func isPremium(c compensation.Component) bool {
	return c.Kind == compensation.KindGoalPremium || c.Kind == compensation.KindPersonPremium
}

func (m *maker) payouts() error {
	return partitioned("payouts", m.Payouts.All(), func(p **domain.Payout) (domain.Month, Payout, error) {
		v := (*p).Latest()
		row := Payout{FirstDay: day(v.Month.First()), Payout: (*p).Entity.ID(), Provider: v.Provider, Version: int32(v.Version), Status: v.Status(), Voucher: word(v.Voucher.String()),
			KnownTo: int64(v.KnownTo), CalculatedOn: day(v.Date), ApprovedOn: dayOf(v.Approved), RejectedOn: dayOf(v.Rejected), PaidOn: dayOf(v.Paid), CancelledOn: dayOf(v.Cancelled)}
		adjusted := domain.Money(0)
		for i := range v.Lines {
			if v.Lines[i].Adjusts(v.Month) {
				adjusted += v.Lines[i].Amount
			}
		}
		var errTotal, errAdjusted error
		row.Total, errTotal = ore(v.Total)
		row.Adjusted, errAdjusted = ore(adjusted)
		if v.Settles() {
			row.Settled = row.Total
		}
		return v.Month, row, errors.Join(errTotal, errAdjusted)
	}, m.emit)
}

// payoutLine is a line with the payout that it is of.
type payoutLine struct {
	payout *domain.Payout
	*domain.PayoutLine
}

func (m *maker) payoutLines() error {
	var lines []payoutLine
	for _, p := range m.Payouts.All() {
		v := p.Latest()
		for i := range v.Lines {
			lines = append(lines, payoutLine{p, &v.Lines[i]})
		}
	}
	return partitioned("payout_lines", lines, func(l *payoutLine) (domain.Month, PayoutLine, error) {
		v := l.payout.Latest()
		row := PayoutLine{FirstDay: day(v.Month.First()), Payout: l.payout.Entity.ID(), Provider: v.Provider, Line: int32(l.Line), OfMonth: day(l.Month.First()), Unit: word(l.Unit),
			Policy: l.Policy, Component: l.Component, Account: word(l.Account), Cases: int32(l.Cases), QuantityUnit: l.QuantityUnit}
		errs := make([]error, 4)
		row.Quantity, errs[0] = quantity(l.Quantity)
		row.Known, errs[1] = ore(l.Known)
		row.Settled, errs[2] = ore(l.Settled)
		row.Amount, errs[3] = ore(l.Amount)
		return v.Month, row, errors.Join(errs...)
	}, m.emit)
}

func (m *maker) fulfilment() error {
	rows := m.Cut.FulfilmentBy(m.period, []string{"month", "provider", "unit", "life_area", "occasion"})
	return partitioned("fulfilment", rows, func(r *projections.FulfilmentRow) (domain.Month, Fulfilment, error) {
		of, first, err := month(r.Keys)
		return of, Fulfilment{first, word(r.Keys[1]), word(r.Keys[2]), word(r.Keys[3]), r.Keys[4], int64(r.FollowUps), int64(r.Persons), int64(r.Assessed), int64(r.Fulfilled), int64(r.Partly)}, err
	}, m.emit)
}

func (m *maker) followUps() error {
	rows := m.Cut.FulfilmentBy(m.period, []string{"month", "provider", "unit", "occasion"})
	return partitioned("follow_ups", rows, func(r *projections.FulfilmentRow) (domain.Month, FollowUp, error) {
		of, first, err := month(r.Keys)
		return of, FollowUp{first, word(r.Keys[1]), word(r.Keys[2]), r.Keys[3], int64(r.FollowUps), int64(r.Persons)}, err
	}, m.emit)
}

// unitMonth is what decisions are counted by.
type unitMonth struct {
	month domain.Month
	unit  uint16
}

type decisionCount struct {
	unitMonth
	Decision
}

// decisions counts what is in force, granted and performed.
func (m *maker) decisions() error {
	groups := map[unitMonth]*decisionCount{}
	at := func(month domain.Month, unit uint16) *Decision {
		k := unitMonth{month, unit}
		if groups[k] == nil {
			u := m.Cut.Units[unit]
			groups[k] = &decisionCount{k, Decision{FirstDay: day(month.First()), Provider: word(u.Provider), Unit: word(u.ID)}}
		}
		return &groups[k].Decision
	}
	m.eachInForce(at)
	m.prepared.EachMinutes(func(n compensation.Minutes) {
		d := at(n.Month, n.Unit)
		d.Frame, d.Need, d.Granted, d.Performed = d.Frame+n.Frame, d.Need+n.Need, d.Granted+n.Granted(), d.Performed+n.Performed
	})
	rows, units := make([]decisionCount, 0, len(groups)), m.Cut.Units
	for _, g := range groups {
		rows = append(rows, *g)
	}
	slices.SortFunc(rows, func(x, y decisionCount) int {
		return cmp.Or(cmp.Compare(x.month, y.month), strings.Compare(units[x.unit].Provider, units[y.unit].Provider), cmp.Compare(x.unit, y.unit))
	})
	return partitioned("decisions", rows, func(d *decisionCount) (domain.Month, Decision, error) { return d.month, d.Decision, nil }, m.emit)
}

// eachInForce counts the decisions and cases in force in each month of the period. Rows are in order of case; a decision that comes back to a
// unit has two of the same line.
func (m *maker) eachInForce(at func(domain.Month, uint16) *Decision) {
	type carried struct {
		unit  uint16
		line  int32 // -1 for the case
		month domain.Month
	}
	g := &m.Cut.Grants
	counted := map[carried]bool{} // of the case at hand
	first := func(k carried) bool {
		was := counted[k]
		counted[k] = true
		return !was
	}
	for i, class := range g.Class {
		if i > 0 && g.Case[i] != g.Case[i-1] {
			clear(counted)
		}
		if class != domain.GrantInForce {
			continue
		}
		from, to := max(g.From[i], m.period.From.First()), min(g.To[i], m.period.To.Last())
		if from > to {
			continue
		}
		for month := from.Month(); month <= to.Month(); month++ {
			d := at(month, g.Unit[i])
			if first(carried{g.Unit[i], g.Line[i], month}) {
				d.Decisions++
				if domain.Methods[g.Method[i]] == domain.MethodFrameTime {
					d.FrameTime++
				}
			}
			if first(carried{g.Unit[i], -1, month}) {
				d.Cases++
			}
		}
		if from == g.From[i] {
			at(from.Month(), g.Unit[i]).Begun++
		}
		if to == g.To[i] {
			at(to.Month(), g.Unit[i]).Ended++
		}
	}
}
