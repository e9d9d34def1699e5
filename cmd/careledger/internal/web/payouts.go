package web

import (
	"fmt"
	"iter"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
)

// payoutStatuses are the states of a payout, in the order of its life.
var payoutStatuses = domain.Codes{domain.PayoutStatusCalculated, domain.PayoutStatusApproved, domain.PayoutStatusPaid, domain.PayoutStatusRejected, domain.PayoutStatusCancelled}

// payoutsPage lists the payouts of a period, a provider, a unit and a state.
func payoutsPage() *page {
	return &page{path: "/payouts", title: "web.payouts", name: "payouts", asks: domain.Codes{"status", calculatedWord}, answer: payouts}
}

// payoutsView is what the list says beside its table.
type payoutsView struct {
	voice
	Statuses  []choiceView
	Sums      string
	Calculate *calculateView // nil where nothing can be calculated: a program has its own command, and the past is over
	Done      string         // what was just calculated, "" for nothing
	Refused   *refusedView
}

func payouts(v *visit) (*view, error) {
	status := v.own.Get("status")
	if status != "" && !payoutStatuses.Has(status) {
		return nil, wrongAddress(wrongly("status", "wrong.one_of", status, payoutStatuses))
	}
	r := v.ask(ledger.QuestionPayouts)
	r.Provider, r.Unit = v.filter.Provider, v.filter.Unit
	list, err := document[*report.PayoutList](v, r)
	if err != nil {
		return nil, err
	}
	content := &payoutsView{voice: v.voice}
	if content.Done, err = v.justCalculated(); err != nil {
		return nil, err
	}
	if err := v.offerCalculation(content); err != nil {
		return nil, err
	}
	for _, s := range payoutStatuses {
		content.Statuses = append(content.Statuses, choiceView{s, v.Say("why." + s), s == status})
	}
	var rows []report.PayoutRow
	sum := domain.Money(0)
	for _, p := range list.Payouts {
		if status == "" || p.Status == status {
			rows, sum = append(rows, p), sum+p.Total
		}
	}
	content.Sums = fmt.Sprintf("%s %s, %s %s.", v.number(fmt.Sprint(len(rows))), v.Say("web.payouts_in_all"), v.Say("web.together"), v.shown(amount, sum.String()))
	return &view{title: v.Say("web.payouts"), authority: list.Authority, asOf: list.AsOf, content: content, tables: []*table{{
		caption: v.Say("web.payouts_table"), none: v.Say("web.no_payouts"), rows: v.payoutRows(rows),
		columns: v.columns(""),
	}}}, nil
}

func (v *visit) payoutRows(rows []report.PayoutRow) iter.Seq[[]cell] {
	return func(yield func([]cell) bool) {
		for _, p := range rows {
			if !yield([]cell{{plain: p.Payout, href: v.link("/payouts/"+p.Payout, nil)}, {plain: p.Month}, {plain: p.Provider, href: v.trail("provider/" + p.Provider)}, {plain: p.Status, word: v.Say("why." + p.Status)}, {plain: p.Total.String()},
				{plain: p.Voucher}, {plain: fmt.Sprint(p.Version)}, {plain: p.CalculatedBy}, {plain: p.ApprovedBy}, {plain: p.PaidOn}}) {
				return
			}
		}
	}
}
