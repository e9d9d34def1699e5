package ledger

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/export"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
)

// take selects the payouts asked for, as the log has them now. Names of providers and units are those known now, whatever they were when
// a payout was calculated.
func (w *exportWork) take(o *openLog) error {
	cut, err := o.table.Cut(projections.Now)
	if err != nil {
		return err
	}
	payouts, _, err := o.table.Payouts(projections.AsOf{Sequence: cut.Sequence})
	if err != nil {
		return err
	}
	w.answer.Authority, w.payouts, w.parties, w.unitNames = o.log.Authority(), payouts, cut.Parties, map[string]string{}
	for _, u := range cut.Parties.Units() {
		w.unitNames[u.ID] = u.Name
	}
	if len(w.Payouts) > 0 {
		return w.takeNamed()
	}
	for _, p := range payouts.All() {
		w.takeVersions(p, func(v *domain.PayoutVersion) bool {
			return (w.From == "" || v.Month >= w.from) && (w.To == "" || v.Month <= w.to) && (w.Year == 0 || v.Voucher.Year == w.Year)
		})
	}
	if len(w.selected) == 0 {
		return fmt.Errorf("authority %s: no payout that can be exported is among these; careledger payout list shows what there is%s",
			w.answer.Authority, indented(w.answer.Left))
	}
	return nil
}

func (w *exportWork) takeNamed() error {
	named := map[string]bool{}
	for _, name := range w.Payouts {
		id := strings.TrimPrefix(name, string(domain.KindPayout)+"/")
		if named[id] {
			continue
		}
		named[id] = true
		p := w.payouts.Payout(domain.NewEntity(domain.KindPayout, id))
		if p == nil {
			return fmt.Errorf("authority %s: there is no payout %s; careledger payout list shows what there is", w.answer.Authority, name)
		}
		before := len(w.selected)
		if w.takeVersions(p, func(*domain.PayoutVersion) bool { return true }); len(w.selected) == before {
			return fmt.Errorf("payout %s is %s, and %s", id, p.Latest().Status(), w.needs())
		}
	}
	return nil
}

// needs says what a payout has to be for this export.
func (w *exportWork) needs() string {
	switch w.Kind {
	case ExportSIE:
		return "only one that has been approved has a voucher; approve it first"
	case ExportPain001:
		return "only one that is approved is paid; approve it first"
	default:
		return "what was rejected is no statement to a provider; calculate it again first"
	}
}

// takeVersions selects the versions of a payout that an export takes, among those in the period asked for: of a SIE file each that got a
// voucher, of the others the one that counts. What is asked for and not yet far enough is left out, and said.
func (w *exportWork) takeVersions(p *domain.Payout, asked func(*domain.PayoutVersion) bool) {
	latest := p.Latest()
	for _, v := range p.Versions {
		if !asked(v) || v != latest && w.Kind != ExportSIE {
			continue
		}
		takes := v.Approved != nil
		if w.Kind == ExportStatementCSV || w.Kind == ExportStatementXLSX {
			takes = v.Rejected == nil
		}
		switch {
		case takes:
			w.selected = append(w.selected, &selected{payout: w.payout(p, v), version: v})
		case v == latest:
			w.answer.Left = append(w.answer.Left, fmt.Sprintf("payout %s (%s): is %s, and %s", p.Entity.ID(), v.Total, v.Status(), w.needs()))
		}
	}
}

// payout is a version as a file has it. Who receives a grant is no provider on the log, and goes by its id.
func (w *exportWork) payout(p *domain.Payout, v *domain.PayoutVersion) export.Payout {
	e := export.Payout{ID: p.Entity.ID(), Calculated: v.PayoutCalculated, CalculatedBy: v.Actor, Voucher: v.Voucher}
	if provider, ok := w.parties.Provider(v.Provider); ok {
		e.ProviderName, e.OrganisationNumber = provider.Name, provider.OrganisationNumber
	}
	if v.Approved != nil {
		e.Status, e.ApprovedBy, e.BookedOn = export.Status(v.Status()), v.Approved.Actor, v.Approved.Date
	}
	return e
}

func (w *exportWork) make() error {
	switch w.Kind {
	case ExportSIE:
		return w.sie()
	case ExportPain001:
		return w.pain001()
	default:
		return w.statements()
	}
}

func (w *exportWork) all() (all []export.Payout, total domain.Money) {
	for _, s := range w.selected {
		all = append(all, s.payout)
		if s.version.Cancelled == nil {
			total += s.version.Total
		}
	}
	return all, total
}

// sie makes one SIE file. What it says of a payout is its voucher: the names in the header are not compared when it is exported again.
func (w *exportWork) sie() error {
	settings := w.SIE
	settings.UnitNames, settings.Complete = w.unitNames, w.Year != 0 && w.From == "" && w.To == ""
	payouts, total := w.all()
	var b bytes.Buffer
	if err := export.SIE(&b, payouts, settings); err != nil {
		return err
	}
	settings.Company, settings.OrganisationNumber, settings.UnitNames, settings.AccountNames, settings.Complete = "-", "", nil, nil, false
	first, last, empty := payouts[0].Voucher, payouts[0].Voucher, 0
	for _, s := range w.selected {
		var one bytes.Buffer
		if err := export.SIE(&one, []export.Payout{s.payout}, settings); err != nil {
			return err
		}
		s.content = sha(one.Bytes())
		first, last = minVoucher(first, s.payout.Voucher), maxVoucher(last, s.payout.Voucher)
		if s.payout.Status == export.Cancelled {
			empty++
		}
	}
	w.answer.Files = []ExportFile{{Data: b.Bytes()}}
	w.answer.Summary = fmt.Sprintf("%s, %s to %s, %s kr", report.Counted(len(payouts), "voucher"), first, last, total)
	if empty > 0 {
		w.answer.Summary += fmt.Sprintf("; %s cancelled and empty", report.Counted(empty, "of them is", "of them are"))
	}
	return nil
}

func minVoucher(a, b domain.Voucher) domain.Voucher {
	if b.Year < a.Year || b.Year == a.Year && b.Number < a.Number {
		return b
	}
	return a
}

func maxVoucher(a, b domain.Voucher) domain.Voucher {
	if minVoucher(a, b) == a {
		return b
	}
	return a
}

// pain001 makes one payment file. It was made, as far as it says, when the last of the payouts that wait for payment was approved: so
// the same payouts give the same bytes, and no day of payment can lie before.
func (w *exportWork) pain001() error {
	settings := export.PaymentSettings{Authority: w.answer.Authority, ExecuteOn: w.on, Debtor: w.Debtor, Payees: w.Payees}
	payouts, _ := w.all()
	settings.Created = w.approvedLast(w.selected)
	var b bytes.Buffer
	order, err := export.Pain001(&b, payouts, settings)
	for _, s := range order.Skipped {
		w.answer.Left = append(w.answer.Left, s.String())
	}
	if err != nil {
		return err
	}
	ordered := map[string]bool{}
	for _, id := range order.Payouts {
		ordered[id] = true
	}
	for _, s := range w.selected {
		if !ordered[s.payout.ID] {
			continue
		}
		var one bytes.Buffer
		settings.Created = s.version.Approved.Recorded
		if _, err := export.Pain001(&one, []export.Payout{s.payout}, settings); err != nil {
			return err
		}
		s.content = sha(one.Bytes())
	}
	w.answer.Files, w.answer.Reference, w.answer.Ordered = []ExportFile{{Data: b.Bytes()}}, order.MessageID, order.Payouts
	w.answer.Summary = fmt.Sprintf("%s, %s kr to be paid on %s, message %s", report.Counted(len(order.Payouts), "payment"), order.Sum, w.on, order.MessageID)
	return nil
}

// approvedLast is when the last of those that wait for payment was approved or, if none does, the last of all.
func (w *exportWork) approvedLast(all []*selected) (last time.Time) {
	waits := false
	for _, s := range all {
		waiting := s.payout.Status == export.Approved
		if at := s.version.Approved.Recorded; waiting && !waits || waiting == waits && at.After(last) {
			last, waits = at, waiting
		}
	}
	return last
}

// statements makes a file for each payout; the only one that was named is named by the asker.
func (w *exportWork) statements() error {
	write, extension := export.StatementCSV, ".csv"
	if w.Kind == ExportStatementXLSX {
		write, extension = export.StatementXLSX, ".xlsx"
	}
	_, total := w.all()
	for i, s := range w.selected {
		var b bytes.Buffer
		if err := write(&b, s.payout, export.StatementSettings{Authority: w.Company, UnitNames: w.unitNames}); err != nil {
			return err
		}
		f := ExportFile{Data: b.Bytes()}
		if len(w.Payouts) != 1 {
			f.Name = s.payout.ID + extension
		}
		s.content, s.file = sha(f.Data), i
		w.answer.Files = append(w.answer.Files, f)
	}
	w.answer.Summary = fmt.Sprintf("%s, %s kr", report.Counted(len(w.answer.Files), "statement"), total)
	return nil
}
