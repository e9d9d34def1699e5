package export

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"careledger/domain"
)

// SIESettings says what a SIE file needs to know besides the payouts.
type SIESettings struct {
	Company            string            // the authority's name (#FNAMN); required
	OrganisationNumber string            // the authority's; "" for none
	ProgramVersion     string            // of careledger; "" is written as 0
	GeneratedOn        domain.Date       `json:",omitzero"` // #GEN; 0 for the latest booking date in the file
	Series             string            // of the vouchers; "" is U
	Dimension          int               // what units are booked as: 1 (also for 0) cost centre, 2 cost unit, 6 project, or one of the company's own from 20
	DimensionName      string            // "" for what the number stands for
	CreditAccount      string            // what the payouts are owed on; "" is 2440
	Accounts           map[string]string // the account of lines that carry none, by "policy/component"
	AccountNames       map[string]string // by account; an account without one gets a general name
	UnitNames          map[string]string // by unit; a unit without one is named by its id
	Complete           bool              // the payouts are every voucher between the first and the last of each year: a gap is an error
}

// What SIESettings leaves out.
const (
	defaultSeries        = "U"
	defaultCreditAccount = "2440"
	creditAccountName    = "Leverantörsskulder"
	debitAccountName     = "Ersättning till utförare"
)

// dimensionName is what SIE reserves a dimension for; those from 20 on are free. "" for one that units cannot be booked as.
func dimensionName(dimension int) string {
	switch {
	case dimension == 1:
		return "Kostnadsställe"
	case dimension == 2:
		return "Kostnadsbärare"
	case dimension == 6:
		return "Projekt"
	case dimension >= 20 && dimension <= 9999:
		return "Enhet"
	}
	return ""
}

var (
	accountForm = regexp.MustCompile(`^[0-9]{1,10}$`)
	seriesForm  = regexp.MustCompile(`^[A-Za-z0-9]{1,10}$`)
)

// SIE writes the vouchers of approved, paid and cancelled payouts as a SIE 4I file, in order of their numbers. Each line of a payout is
// a debit on its account and unit (a credit where an adjustment is negative), and what they come to a credit on the credit account, so that
// every voucher balances to 0.00. A cancelled payout is an empty voucher.
func SIE(w io.Writer, payouts []Payout, settings SIESettings) error {
	f := sieFile{settings: settings}
	f.check(payouts)
	if err := f.err(); err != nil {
		return fmt.Errorf("no SIE file can be made:\n%w", err)
	}
	f.header()
	for _, p := range f.payouts {
		f.voucher(p)
	}
	_, err := w.Write(appendCP437(nil, f.text.String()))
	return err
}

type sieFile struct {
	problems
	settings SIESettings
	payouts  []*Payout
	text     strings.Builder // in the characters of CP437, as UTF-8
}

// Check returns what is wrong with the settings themselves, whatever the payouts are; an error that lists it, or nil. [SIE] checks it too.
func (s SIESettings) Check() error {
	f := sieFile{settings: s}
	f.checkSettings()
	return f.err()
}

func (f *sieFile) checkSettings() {
	s := &f.settings
	if s.Series == "" {
		s.Series = defaultSeries
	}
	if s.CreditAccount == "" {
		s.CreditAccount = defaultCreditAccount
	}
	if s.Dimension == 0 {
		s.Dimension = 1
	}
	if dimensionName(s.Dimension) == "" {
		f.add("dimension", "%d cannot stand for units; use 1 (cost centre), 2 (cost unit), 6 (project) or a number of your own from 20", s.Dimension)
	}
	if sieText(s.Company) == "" {
		f.add("company", "is required: the name of the authority whose books these are")
	}
	if !seriesForm.MatchString(s.Series) {
		f.add("series", "%q is not a voucher series; write one to ten letters or digits", s.Series)
	}
	if !accountForm.MatchString(s.CreditAccount) {
		f.add("credit account", "%q is not an account; write digits only", s.CreditAccount)
	}
	s.OrganisationNumber = f.organisationNumber("organisation number", s.OrganisationNumber)
}

func (f *sieFile) check(payouts []Payout) {
	s := &f.settings
	f.checkSettings()
	if len(payouts) == 0 {
		f.add("payouts", "there is none to book")
	}
	f.payouts = f.vouchers(payouts)
	f.accounts()
	if s.Complete {
		f.gaps()
	}
	if s.GeneratedOn == 0 {
		for _, p := range f.payouts {
			s.GeneratedOn = max(s.GeneratedOn, p.BookedOn)
		}
	}
}

// accounts checks that every line has an account to be booked on. What lacks one lacks it in every payout of its model, so it is said once.
func (f *sieFile) accounts() {
	type lack struct {
		first string
		lines int
		sum   domain.Money
	}
	lacking := map[string]*lack{}
	for _, p := range f.payouts {
		for _, l := range booked(p) {
			switch account := f.account(l); {
			case account == "":
				component := l.Policy + "/" + l.Component
				if lacking[component] == nil {
					lacking[component] = &lack{first: fmt.Sprintf("payout %s, line %d", p.ID, l.Line)}
				}
				lacking[component].lines++
				lacking[component].sum += l.Amount
			case !accountForm.MatchString(account):
				f.add(fmt.Sprintf("payout %s, line %d", p.ID, l.Line), "its account %q (policy %s, component %s) is not an account; write digits only",
					account, l.Policy, l.Component)
			}
		}
	}
	for _, component := range slices.Sorted(maps.Keys(lacking)) {
		policy, name, _ := strings.Cut(component, "/")
		l := lacking[component]
		f.add(fmt.Sprintf("policy %s, component %s", policy, name),
			"has no account to book %s on (%d payout lines, the first in %s); give the component an account in the model, or name one for this export",
			l.sum, l.lines, l.first)
	}
}

// booked are the lines of a payout that its voucher has.
func booked(p *Payout) []*domain.PayoutLine {
	var lines []*domain.PayoutLine
	if p.Status == Cancelled {
		return nil
	}
	for i := range p.Calculated.Lines {
		if l := &p.Calculated.Lines[i]; l.Amount != 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

func (f *sieFile) account(l *domain.PayoutLine) string {
	if l.Account != "" {
		return l.Account
	}
	return f.settings.Accounts[l.Policy+"/"+l.Component]
}

func (f *sieFile) gaps() {
	for i, p := range f.payouts[min(1, len(f.payouts)):] {
		before, v := f.payouts[i].Voucher, p.Voucher
		switch {
		case v.Year != before.Year || v.Number <= before.Number+1:
		case v.Number == before.Number+2:
			f.add("vouchers", "%d of %d is missing; take every payout that has been approved, the cancelled ones too", v.Number-1, v.Year)
		default:
			f.add("vouchers", "%d to %d of %d are missing; take every payout that has been approved, the cancelled ones too",
				before.Number+1, v.Number-1, v.Year)
		}
	}
}

// header writes the identification records, then the dimension, its objects and the accounts that the vouchers use.
func (f *sieFile) header() {
	s := &f.settings
	version := sieText(s.ProgramVersion)
	if version == "" {
		version = "0"
	}
	f.record("#FLAGGA", "0")
	f.record("#PROGRAM", quoted("careledger"), quoted(version))
	f.record("#FORMAT", "PC8")
	f.record("#GEN", sieDate(s.GeneratedOn))
	f.record("#SIETYP", "4")
	f.record("#FNAMN", quoted(s.Company))
	if s.OrganisationNumber != "" {
		f.record("#ORGNR", s.OrganisationNumber)
	}
	units, accounts := map[string]bool{}, map[string]string{}
	for _, p := range f.payouts {
		for _, l := range booked(p) {
			accounts[f.account(l)] = debitAccountName
			if l.Unit != "" {
				units[l.Unit] = true
			}
		}
	}
	dimension := strconv.Itoa(s.Dimension)
	f.record("#DIM", dimension, quoted(cmp.Or(sieText(s.DimensionName), dimensionName(s.Dimension))))
	for _, u := range slices.Sorted(maps.Keys(units)) {
		f.record("#OBJEKT", dimension, quoted(u), quoted(cmp.Or(sieText(s.UnitNames[u]), u)))
	}
	accounts[s.CreditAccount] = creditAccountName
	for _, a := range slices.Sorted(maps.Keys(accounts)) {
		f.record("#KONTO", a, quoted(cmp.Or(sieText(s.AccountNames[a]), accounts[a])))
	}
}

func (f *sieFile) voucher(p *Payout) {
	text := p.text()
	if p.Status == Cancelled {
		text = "Makulerad: " + text
	}
	f.record("#VER", quoted(f.settings.Series), strconv.Itoa(p.Voucher.Number), sieDate(p.BookedOn), quoted(text))
	f.record("{")
	var owed domain.Money
	for _, l := range booked(p) {
		f.transaction(f.account(l), l.Unit, l.Amount, lineText(l, p.Calculated.Month))
		owed += l.Amount
	}
	if owed != 0 {
		f.transaction(f.settings.CreditAccount, "", -owed, text)
	}
	f.record("}")
}

func (f *sieFile) transaction(account, unit string, amount domain.Money, text string) {
	objects := "{}"
	if unit != "" {
		objects = "{" + strconv.Itoa(f.settings.Dimension) + " " + quoted(unit) + "}"
	}
	f.record("   #TRANS", account, objects, amount.String(), quoted(""), quoted(text))
}

// lineText says what a line of a payout is for.
func lineText(l *domain.PayoutLine, own domain.Month) string {
	text := fmt.Sprintf("%s %s %s", l.Month, l.Policy, l.Component)
	if l.Adjusts(own) {
		return "Justering " + text
	}
	return text
}

func (f *sieFile) record(fields ...string) { f.text.WriteString(strings.Join(fields, " ") + "\r\n") }

// quoted is a text field: in quotation marks, those inside it escaped by a backslash.
func quoted(s string) string { return `"` + strings.ReplaceAll(sieText(s), `"`, `\"`) + `"` }

func sieDate(d domain.Date) string { return strings.ReplaceAll(d.String(), "-", "") }
