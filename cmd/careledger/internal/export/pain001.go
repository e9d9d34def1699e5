package export

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"careledger/domain"
)

// PaymentSettings says what a payment file needs to know besides the payouts.
type PaymentSettings struct {
	Authority string           // whose payouts they are; part of every id
	Created   time.Time        // when the file is made, for example the last approval's recorded time; written in UTC, in whole seconds
	ExecuteOn domain.Date      // the day to pay what has no day of its own
	Debtor    Debtor           // who pays
	Payees    map[string]Payee // by provider
}

// Debtor is who pays, and orders the payments.
type Debtor struct {
	Name               string
	OrganisationNumber string
	Scheme             string // of the number: BANK (the default) or what else the bank has agreed to, for example CUST
	Account            string // an IBAN, or a giro account as domain.ParseGiro reads it
	BIC                string // of the bank, 8 or 11 characters
}

// ErrNothingToPay says that none of the payouts is to be paid, so that there is no file to write.
var ErrNothingToPay = errors.New("no payout among these is to be paid")

// SkipReason says why a payout is not in a payment file.
type SkipReason string

const (
	AlreadyPaid  SkipReason = "already-paid"
	WasCancelled SkipReason = "cancelled"
	NoAccount    SkipReason = "no-account"     // the payee file has none for the provider
	NothingToPay SkipReason = "nothing-to-pay" // the total is 0.00
	Claim        SkipReason = "claim"          // the total is negative: the provider owes it
)

// Skipped is a payout that a payment file leaves out.
type Skipped struct {
	Payout   string
	Provider string
	Amount   domain.Money
	Reason   SkipReason
}

// String says what was left out, why, and what to do.
func (s Skipped) String() string {
	at := fmt.Sprintf("payout %s (%s): ", s.Payout, s.Amount)
	switch s.Reason {
	case AlreadyPaid:
		return at + "has been paid"
	case WasCancelled:
		return at + "has been cancelled"
	case NoAccount:
		return at + fmt.Sprintf("there is no account for %s; add it to the payee file, unless it is settled within the authority", s.Provider)
	case NothingToPay:
		return at + "there is nothing to pay"
	default:
		return at + fmt.Sprintf("is a claim on %s; invoice it, or agree with the provider on setting it off: later payouts do not contain it", s.Provider)
	}
}

// Order says what a payment file orders.
type Order struct {
	MessageID string       // what the bank knows the file by; "" where nothing is ordered
	Payouts   []string     // the ids of those to be paid, in order of their vouchers
	Sum       domain.Money // of the payments
	Skipped   []Skipped    // what was left out, in order of the vouchers
}

// Pain001 writes the payment order of the approved payouts that have something to pay: a pain.001.001.03 message in SEK to bankgiro and
// plusgiro, with one batch for each day of payment. What was left out is returned with ErrNothingToPay too.
func Pain001(w io.Writer, payouts []Payout, settings PaymentSettings) (Order, error) {
	o := paymentOrder{settings: settings}
	o.check(payouts)
	if err := o.err(); err != nil {
		return Order{}, fmt.Errorf("no payment file can be made:\n%w", err)
	}
	if len(o.days) == 0 {
		return o.order, ErrNothingToPay
	}
	m := o.message()
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(m); err != nil {
		return Order{}, fmt.Errorf("write the payment file: %w", err)
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	o.order.MessageID = m.Initiation.Header.MessageID
	return o.order, err
}

type paymentOrder struct {
	problems
	settings PaymentSettings
	debtor   painParty
	account  painAccount
	order    Order
	days     map[domain.Date][]painTransfer
	sums     map[domain.Date]domain.Money
}

// bicForm is BICIdentifier of the schema.
var (
	bicForm    = regexp.MustCompile(`^[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?$`)
	schemeForm = regexp.MustCompile(`^[A-Z0-9]{1,4}$`)
)

func (o *paymentOrder) check(payouts []Payout) {
	s := &o.settings
	if err := domain.ParseAuthority(s.Authority); err != nil {
		o.add("authority", "%v", err)
	}
	if s.Created.IsZero() {
		o.add("created", "is required: when the file is made")
	}
	o.debtorIs(&s.Debtor)
	o.days, o.sums = map[domain.Date][]painTransfer{}, map[domain.Date]domain.Money{}
	for _, p := range o.problems.vouchers(payouts) {
		if reason := o.skips(p); reason != "" {
			o.order.Skipped = append(o.order.Skipped, Skipped{p.ID, p.Calculated.Provider, p.Calculated.Total, reason})
			continue
		}
		day := s.ExecuteOn
		if p.PayOn != 0 {
			day = p.PayOn
		}
		switch {
		case day == 0:
			o.add("payout "+p.ID, "has no day of payment, and no day is given for all")
		case day < domain.LocalDate(s.Created):
			o.add("payout "+p.ID, "is to be paid on %s, before the file is made (%s)", day, domain.LocalDate(s.Created))
		}
		o.days[day] = append(o.days[day], o.transfer(p))
		o.sums[day] += p.Calculated.Total
		o.order.Payouts = append(o.order.Payouts, p.ID)
		o.order.Sum += p.Calculated.Total
	}
	if len(o.days) > maxBatches {
		o.add("payouts", "are to be paid on %d days; at most %d fit in a file", len(o.days), maxBatches)
	}
}

// Check returns what is wrong with who pays, whatever the payouts are; an error that lists it, or nil. [Pain001] checks it too.
func (d Debtor) Check() error {
	var o paymentOrder
	o.debtorIs(&d)
	return o.err()
}

func (o *paymentOrder) debtorIs(d *Debtor) {
	if d.Scheme == "" {
		d.Scheme = "BANK"
	}
	o.debtor.Name = o.partyName("debtor name", d.Name)
	if d.OrganisationNumber == "" {
		o.add("debtor organisation number", "is required")
	}
	number := strings.ReplaceAll(o.organisationNumber("debtor organisation number", d.OrganisationNumber), "-", "")
	if !schemeForm.MatchString(d.Scheme) {
		o.add("debtor scheme", "%q is not a code; write one to four capitals or digits, for example BANK", d.Scheme)
	}
	o.debtor.ID = &painOrgRef{ID: number, Scheme: painScheme{Code: d.Scheme}}
	if !bicForm.MatchString(d.BIC) {
		o.add("debtor BIC", "%q is not a BIC: 8 or 11 characters, for example SWEDSESS", d.BIC)
	}
	if giro, err := domain.ParseGiro(d.Account); err == nil {
		o.account = giroAccount(giro)
	} else if iban, err := domain.ParseIBAN(d.Account); err == nil {
		o.account.IBAN = iban
	} else {
		o.add("debtor account", "%q is neither an IBAN nor \"bankgiro NNNN-NNNN\" or \"plusgiro NN NN NN-N\" with a right check digit", d.Account)
	}
	o.account.Currency = "SEK"
}

func (o *paymentOrder) skips(p *Payout) SkipReason {
	switch {
	case p.Status == Paid:
		return AlreadyPaid
	case p.Status == Cancelled:
		return WasCancelled
	case p.Calculated.Total == 0:
		return NothingToPay
	case p.Calculated.Total < 0:
		return Claim
	case o.settings.Payees[p.Calculated.Provider].Giro == domain.Giro{}:
		return NoAccount
	}
	return ""
}

func (o *paymentOrder) transfer(p *Payout) painTransfer {
	payee := o.settings.Payees[p.Calculated.Provider]
	id := paymentID(o.settings.Authority, p)
	return painTransfer{
		InstructionID: id,
		EndToEndID:    id,
		Amount:        painAmount{"SEK", p.Calculated.Total.String()},
		Clearing:      "SESBA",
		Member:        clearingMember(payee.Giro.Kind),
		Creditor:      painParty{Name: o.partyName("payout "+p.ID+", payee's name", cmp.Or(payee.Name, p.name()))},
		Account:       giroAccount(payee.Giro),
		Remittance:    cut(bankText(fmt.Sprintf("Verifikation %d-%d, %s", p.Voucher.Year, p.Voucher.Number, p.text())), maxRemit),
	}
}

// giroAccount identifies a bankgiro number by the scheme BGNR; a plusgiro number is an account number like any other.
func giroAccount(g domain.Giro) painAccount {
	scheme := painScheme{Code: "BBAN"}
	if g.Kind == domain.Bankgiro {
		scheme = painScheme{Proprietary: "BGNR"}
	}
	return painAccount{Other: &painOrgRef{ID: g.Digits, Scheme: scheme}}
}

// clearingMember is the giro system's number among the Swedish clearing numbers (SESBA).
func clearingMember(k domain.GiroKind) string {
	if k == domain.Bankgiro {
		return "9900"
	}
	return "9960"
}

// message puts the payments together, the days in order.
func (o *paymentOrder) message() *painDocument {
	h := sha256.New()
	fmt.Fprintf(h, "%s %+v\n", o.settings.Debtor.BIC, painAccountText(o.account))
	days := slices.Sorted(maps.Keys(o.days))
	count := 0
	for _, day := range days {
		for _, t := range o.days[day] {
			fmt.Fprintf(h, "%s %s %s %s\n", day, t.EndToEndID, t.Amount.Amount, painAccountText(t.Account))
		}
		count += len(o.days[day])
	}
	id := fmt.Sprintf("CL%s-%s-%s", o.settings.Authority, strings.ReplaceAll(days[0].String(), "-", ""), hex.EncodeToString(h.Sum(nil)[:6]))
	m := painInitiation{Header: painHeader{
		MessageID: id,
		Created:   o.settings.Created.UTC().Format("2006-01-02T15:04:05Z"),
		Count:     count,
		Sum:       o.order.Sum.String(),
		Initiator: o.debtor,
	}}
	for i, day := range days {
		m.Batches = append(m.Batches, painBatch{
			ID:           fmt.Sprintf("%s-%d", id, i+1),
			Method:       "TRF",
			Count:        len(o.days[day]),
			Sum:          o.sums[day].String(),
			ServiceLevel: "NURG",
			Purpose:      "SUPP",
			ExecuteOn:    day.String(),
			Debtor:       o.debtor,
			Account:      o.account,
			BIC:          o.settings.Debtor.BIC,
			Transfers:    o.days[day],
		})
	}
	return &painDocument{Namespace: pain001Namespace, Initiation: m}
}

func painAccountText(a painAccount) string {
	if a.Other != nil {
		return a.Other.Scheme.Code + a.Other.Scheme.Proprietary + " " + a.Other.ID
	}
	return "IBAN " + a.IBAN
}

// paymentID names a payment for good: authority, voucher and as much of the payout's id as fits, its end replaced by a hash where it does
// not. The voucher alone makes it unique within the authority.
func paymentID(authority string, p *Payout) string {
	id := fmt.Sprintf("%s-%d-%d-%s", authority, p.Voucher.Year, p.Voucher.Number, strings.ReplaceAll(p.ID, "_", "-"))
	if len(id) <= maxIDText {
		return id
	}
	sum := sha256.Sum256([]byte(p.ID))
	return strings.TrimRight(id[:maxIDText-9], "-") + "-" + hex.EncodeToString(sum[:4])
}

// inBankText says whether every Swedish bank takes r: the Latin set of SEPA with å, ä and ö.
func inBankText(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/-?:().,'+ åäöÅÄÖ", r)
}

func bankText(s string) string { return fold(s, inBankText, ".") }

// partyName is a name as the bank takes it, cut to what it has room for.
func (o *paymentOrder) partyName(at, name string) string {
	n := cut(bankText(name), maxName)
	if !strings.ContainsFunc(n, unicode.IsLetter) {
		o.add(at, "%q has no letter that a bank takes; write a name in the Latin alphabet", name)
	}
	return n
}
