package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

// PayoutOutcome is what a command made of a payout.
type PayoutOutcome struct {
	Payout   string       `json:"payout"`
	Provider string       `json:"provider"`
	Month    string       `json:"month"`
	Version  int          `json:"version"`
	Status   string       `json:"status"`
	Total    domain.Money `json:"total"`
	Adjusted domain.Money `json:"adjusted"` // of Total, the adjustments of earlier months
	Voucher  string       `json:"voucher"`  // "" before it is approved
	Outcome  string       `json:"outcome"`  // what was done, or why nothing was
	Changes  []string     `json:"changes"`  // of a new version: what differs from the one before; of one cancelled: where it has been exported to
}

// OutcomeOf states a version.
func OutcomeOf(entity domain.Entity, v *domain.PayoutVersion, outcome string) PayoutOutcome {
	o := PayoutOutcome{Payout: entity.ID(), Provider: v.Provider, Month: v.Month.Text(), Version: v.Version, Status: v.Status(), Total: v.Total,
		Voucher: v.Voucher.String(), Outcome: outcome, Changes: append([]string{}, v.Changes...)}
	for i := range v.Lines {
		if v.Lines[i].Adjusts(v.Month) {
			o.Adjusted += v.Lines[i].Amount
		}
	}
	return o
}

// kronor is a column of amounts.
func kronor(name string) column { return column{name: name, number: true, amount: true} }

// eventNumber writes the number of an event.
func eventNumber(n uint64) string { return words.Thousands(strconv.FormatUint(n, 10)) }

// PayoutOutcomes writes what a command made of payouts.
func PayoutOutcomes(w io.Writer, format Format, outcomes []PayoutOutcome) error {
	s := &sheet{columns: []column{{name: "payout"}, {name: "version", number: true}, kronor("total"), kronor("adjusted"), {name: "voucher"}, {name: "outcome"}}}
	for _, o := range outcomes {
		s.rows = append(s.rows, []string{o.Payout, strconv.Itoa(o.Version), o.Total.String(), o.Adjusted.String(), o.Voucher, o.Outcome})
	}
	if format == Table {
		if len(outcomes) == 0 {
			_, err := fmt.Fprintln(w, "There is nothing to do: no payout is concerned.")
			return err
		}
		if err := s.write(w, format, nil); err != nil {
			return err
		}
		for _, o := range outcomes {
			for _, c := range o.Changes {
				if _, err := fmt.Fprintf(w, "%s: %s\n", o.Payout, c); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return s.write(w, format, struct {
		Payouts []PayoutOutcome `json:"payouts"`
	}{append([]PayoutOutcome{}, outcomes...)})
}

// PayoutStep is a step as programs read it.
type PayoutStep struct {
	EventID  string    `json:"event"`
	Sequence uint64    `json:"sequence"`
	Date     string    `json:"date"`
	Recorded time.Time `json:"recorded"`
	Actor    string    `json:"actor"`
}

func stepOf(s *domain.PayoutStep) *PayoutStep {
	if s == nil {
		return nil
	}
	return &PayoutStep{s.EventID, s.Sequence, s.Date.String(), s.Recorded, s.Actor}
}

// PayoutRow is a payout in a list.
type PayoutRow struct {
	Payout       string       `json:"payout"`
	Provider     string       `json:"provider"`
	Month        string       `json:"month"`
	Version      int          `json:"version"`
	Status       string       `json:"status"`
	Total        domain.Money `json:"total"`
	Voucher      string       `json:"voucher"`
	CalculatedBy string       `json:"calculated_by"`
	ApprovedBy   string       `json:"approved_by"`
	PaidOn       string       `json:"paid_on"`
}

// PayoutList is the payouts of a period as known at a moment. It names no case or patient.
type PayoutList struct {
	Authority string             `json:"-"`
	AsOf      projections.Moment `json:"as_of"`
	Settled   domain.Money       `json:"settled"` // of those approved or paid
	Payouts   []PayoutRow        `json:"payouts"` // in order of month and provider
}

// ListPayouts lists the payouts that a query leaves: of its months, of its provider, and with a line of its unit; as known at a moment.
func ListPayouts(authority string, at projections.Moment, all []*domain.Payout, q projections.Query) *PayoutList {
	list := &PayoutList{Authority: authority, AsOf: at, Payouts: []PayoutRow{}}
	for _, p := range all {
		v := p.Latest()
		if q.From != 0 && v.Month < q.From || q.To != 0 && v.Month > q.To || q.Provider != "" && v.Provider != q.Provider {
			continue
		}
		if q.Unit != "" && !slices.ContainsFunc(v.Lines, func(l domain.PayoutLine) bool { return l.Unit == q.Unit }) {
			continue
		}
		r := PayoutRow{Payout: p.Entity.ID(), Provider: v.Provider, Month: v.Month.Text(), Version: v.Version, Status: v.Status(), Total: v.Total, Voucher: v.Voucher.String(), CalculatedBy: v.Actor}
		if v.Approved != nil {
			r.ApprovedBy = v.Approved.Actor
		}
		if v.Paid != nil {
			r.PaidOn = v.Paid.Date.String()
		}
		if v.Settles() {
			list.Settled += v.Total
		}
		list.Payouts = append(list.Payouts, r)
	}
	return list
}

// Payouts writes a list of payouts.
func Payouts(w io.Writer, format Format, list *PayoutList) error {
	s := &sheet{columns: append(append(fields([]string{"payout", "version", "status"}), kronor("total")), fields([]string{"voucher", "calculated_by", "approved_by", "paid_on"})...)}
	for _, r := range list.Payouts {
		s.rows = append(s.rows, []string{r.Payout, strconv.Itoa(r.Version), r.Status, r.Total.String(), r.Voucher, r.CalculatedBy, r.ApprovedBy, r.PaidOn})
	}
	s.heading = []string{"Payouts", asKnown(list.Authority, list.AsOf)}
	s.footer = []string{"approved or paid", "", "", list.Settled.String(), "", "", "", ""}
	return s.write(w, format, list)
}

// PayoutVersion is a version as programs read it.
type PayoutVersion struct {
	*domain.PayoutCalculated
	Status     string      `json:"status"`
	Voucher    string      `json:"voucher"`
	Calculated *PayoutStep `json:"calculated"`
	Approved   *PayoutStep `json:"approved,omitempty"`
	Rejected   *PayoutStep `json:"rejected,omitempty"`
	Paid       *PayoutStep `json:"paid,omitempty"`
	Cancelled  *PayoutStep `json:"cancelled,omitempty"`
	Reason     string      `json:"reason,omitempty"`
	Reference  string      `json:"reference,omitempty"`
}

// PayoutHistory is one payout with all its versions, as known at a moment.
type PayoutHistory struct {
	Authority string             `json:"-"`
	AsOf      projections.Moment `json:"as_of"`
	Payout    string             `json:"payout"`
	Versions  []PayoutVersion    `json:"versions"`

	Of *domain.Payout `json:"-"` // the same as the domain has it
}

// HistoryOf returns a payout as it is shown.
func HistoryOf(authority string, at projections.Moment, p *domain.Payout) *PayoutHistory {
	h := &PayoutHistory{Authority: authority, AsOf: at, Payout: p.Entity.ID(), Versions: make([]PayoutVersion, len(p.Versions)), Of: p}
	for i, v := range p.Versions {
		h.Versions[i] = PayoutVersion{v.PayoutCalculated, v.Status(), v.Voucher.String(), stepOf(&v.PayoutStep), stepOf(v.Approved), stepOf(v.Rejected), stepOf(v.Paid), stepOf(v.Cancelled), v.Reason, v.Reference}
	}
	return h
}

// Payout shows one payout: its versions and their lines. CSV has the lines of the version that counts.
func Payout(w io.Writer, format Format, h *PayoutHistory) error {
	p := h.Of
	v := p.Latest()
	s := &sheet{columns: []column{{name: "line", number: true}, {name: "month"}, {name: "unit"}, {name: "component"}, {name: "account"}, {name: "cases", number: true},
		{name: "quantity", number: true}, {name: "unit_of_quantity"}, kronor("known"), kronor("settled"), kronor("amount")}}
	for i := range v.Lines {
		l := &v.Lines[i]
		s.rows = append(s.rows, []string{strconv.Itoa(l.Line), l.Month.String(), l.Unit, l.Policy + "/" + l.Component, l.Account, strconv.Itoa(l.Cases),
			l.Quantity, l.QuantityUnit, l.Known.String(), l.Settled.String(), l.Amount.String()})
	}
	s.footer = []string{"", "", "", "", "", "", "", "", "", "to pay", v.Total.String()}
	s.heading = []string{fmt.Sprintf("Payout %s: provider %s, %s, version %d, %s", p.Entity.ID(), v.Provider, v.Month, v.Version, v.Status()), asKnown(h.Authority, h.AsOf)}
	if format == Table {
		if err := s.write(w, format, nil); err != nil {
			return err
		}
		_, err := io.WriteString(w, payoutStory(p))
		return err
	}
	return s.write(w, format, h)
}

// payoutStory tells what happened to each version, and what each adjustment follows from.
func payoutStory(p *domain.Payout) string {
	var b strings.Builder
	for _, v := range p.Versions {
		fmt.Fprintf(&b, "\nVersion %d: %s kr, as known at event %s (recorded %s)\n", v.Version, words.Thousands(v.Total.String()), eventNumber(v.KnownTo), v.KnownAt.UTC().Format(time.RFC3339))
		step := func(what string, s *domain.PayoutStep, more string) {
			if s != nil {
				fmt.Fprintf(&b, "  %-10s by %s, %s%s (event %s)\n", what, s.Actor, s.Date, more, eventNumber(s.Sequence))
			}
		}
		step("calculated", &v.PayoutStep, "")
		voucher := ""
		if v.Approved != nil {
			voucher = ", voucher " + v.Voucher.String()
		}
		step("approved", v.Approved, voucher)
		step("rejected", v.Rejected, ": "+v.Reason)
		reference := ""
		if v.Reference != "" {
			reference = ", reference " + v.Reference
		}
		step("paid", v.Paid, reference)
		step("cancelled", v.Cancelled, ": "+v.Reason)
		for _, c := range v.Changes {
			fmt.Fprintf(&b, "  changed    %s\n", c)
		}
	}
	for i, v := 0, p.Latest(); i < len(v.Lines); i++ {
		l := &v.Lines[i]
		if !l.Adjusts(v.Month) {
			continue
		}
		fmt.Fprintf(&b, "\nLine %d adjusts %s by %s kr (%s known, %s settled) because of:\n", l.Line, l.Month, words.Thousands(l.Amount.String()), words.Thousands(l.Known.String()), words.Thousands(l.Settled.String()))
		payoutCauses(&b, "  ", l.Causes, l.CausesInAll)
	}
	return b.String()
}

// payoutCauses lists the events that an adjustment follows from.
func payoutCauses(b *strings.Builder, indent string, causes []domain.PayoutCause, inAll int) {
	for _, c := range causes {
		fmt.Fprintf(b, "%sevent %s %s %s (%s)\n", indent, eventNumber(c.Sequence), c.Type, c.Entity, c.Event)
	}
	if inAll > len(causes) {
		fmt.Fprintf(b, "%sand %d more\n", indent, inAll-len(causes))
	}
	if inAll == 0 {
		fmt.Fprintf(b, "%swhat was known before the provider's last payout: the month was not settled for it then\n", indent)
	}
}
