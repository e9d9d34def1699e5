package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"careledger/domain"
)

// Status is where a payout stands. A statement may also be made of one that is only calculated: the zero value.
type Status string

const (
	Calculated Status = ""
	Approved   Status = "approved"
	Paid       Status = "paid"
	Cancelled  Status = "cancelled"
)

// Payout is one version of a payout as the log has it: the one that was calculated last or, once approved, the one that was approved. A
// payout that was cancelled and approved anew is several, each with a voucher of its own, of which at most one stands.
type Payout struct {
	ID                 string // of the entity, for example 2016-03-lund-hemvard
	Status             Status
	ProviderName       string
	OrganisationNumber string // "" where the provider has none
	Calculated         *domain.PayoutCalculated
	CalculatedBy       string // actor
	ApprovedBy         string // actor; "" before approval
	Voucher            domain.Voucher
	BookedOn           domain.Date // the approval's effective date
	PayOn              domain.Date // the day it is to be paid; 0 for the one of PaymentSettings
}

// text of a payout in the books and at the bank: for which month, and who is paid.
func (p *Payout) text() string {
	return fmt.Sprintf("Ersättning %s %s", p.Calculated.Month, p.name())
}

// name is the provider's, or its id where it has none.
func (p *Payout) name() string { return cmp.Or(plainText(p.ProviderName), p.Calculated.Provider) }

// problems collects what is wrong, each with its place.
type problems struct{ list domain.Problems }

func (ps *problems) add(at, format string, args ...any) {
	ps.list = append(ps.list, domain.Problem{Field: at, Reason: fmt.Sprintf(format, args...)})
}

// err is nil where nothing was wrong.
func (ps *problems) err() error {
	if len(ps.list) == 0 {
		return nil
	}
	return ps.list
}

// sums checks that a payout is whole and that its lines come to its total.
func (ps *problems) sums(p *Payout) bool {
	at := "payout " + p.ID
	_, err := domain.ParseEntity(string(domain.KindPayout) + "/" + p.ID)
	switch {
	case err != nil:
		ps.add("payout", "%q is not a payout's id; use 1 to 64 of A-Z a-z 0-9 _ -", p.ID)
	case p.Calculated == nil:
		ps.add(at, "has no calculated version")
	default:
		var sum domain.Money
		for _, l := range p.Calculated.Lines {
			sum += l.Amount
		}
		if sum == p.Calculated.Total {
			return true
		}
		ps.add(at, "its lines come to %s but its total is %s; calculate it again", sum, p.Calculated.Total)
	}
	return false
}

// vouchers returns the payouts in order of their voucher numbers, having checked what goes for each, and that none is there twice. A
// payout with a problem is left out: what depends on it is not worth saying.
func (ps *problems) vouchers(payouts []Payout) []*Payout {
	ids := make(map[string]bool, len(payouts))
	numbers := make(map[domain.Voucher]string, len(payouts))
	var good []*Payout
	for i := range payouts {
		p := &payouts[i]
		if !ps.sums(p) {
			continue
		}
		before := len(ps.list)
		at := "payout " + p.ID
		if p.Status != Cancelled {
			if ids[p.ID] {
				ps.add(at, "is there twice")
			}
			ids[p.ID] = true
		}
		switch p.Status {
		case Approved, Paid, Cancelled:
			ps.voucher(at, p, numbers)
		case Calculated:
			ps.add(at, "is not approved; approve it first")
		default:
			ps.add(at, "its status %q is not one of approved, paid, cancelled", p.Status)
		}
		if len(ps.list) == before {
			good = append(good, p)
		}
	}
	slices.SortFunc(good, func(a, b *Payout) int { return compareVouchers(a.Voucher, b.Voucher) })
	return good
}

func (ps *problems) voucher(at string, p *Payout, numbers map[domain.Voucher]string) {
	v := p.Voucher
	if v.Number < 1 || v.Year < 1 {
		ps.add(at, "has no voucher number")
		return
	}
	if other, taken := numbers[v]; taken {
		ps.add(at, "has voucher %d of %d, which payout %s has too", v.Number, v.Year, other)
	}
	numbers[v] = p.ID
	switch {
	case p.BookedOn == 0:
		ps.add(at, "has no booking date")
	case p.BookedOn.Month().Year() != v.Year:
		ps.add(at, "is booked on %s, which is not in the year of its voucher %d of %d", p.BookedOn, v.Number, v.Year)
	}
}

func compareVouchers(a, b domain.Voucher) int {
	if a.Year != b.Year {
		return a.Year - b.Year
	}
	return a.Number - b.Number
}

// organisationNumber returns the number with a hyphen, as registers write it; "" for none, or for one that is wrong and reported.
func (ps *problems) organisationNumber(at, s string) string {
	if s == "" {
		return ""
	}
	if err := domain.CheckOrganisationNumber(s); err != nil {
		ps.add(at, "%v", err)
		return ""
	}
	digits := strings.Replace(s, "-", "", 1)
	return digits[:6] + "-" + digits[6:]
}
