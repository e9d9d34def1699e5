package domain

import (
	"fmt"
	"time"
)

// The data of the events of payouts, payout/…. They are written by the ledger's own commands, never imported.

// PayoutCalculated is one version of what a provider is to be paid for a month, as known at a moment. A line stands for one month,
// unit, policy and component; Amount is what is known less what earlier payouts have settled of it, so that the lines of earlier
// months are adjustments.
type PayoutCalculated struct {
	Provider string        `json:"provider"`
	Month    Month         `json:"month"`
	Version  int           `json:"version"`           // from 1
	KnownTo  uint64        `json:"known_to"`          // sequence of the last event that it rests on
	FactsTo  uint64        `json:"facts_to"`          // of those that are not of payouts: what is owed rests on it
	KnownAt  time.Time     `json:"known_at"`          // the latest recorded time among them
	Models   []PayoutModel `json:"models"`            // the documents that gave the amounts
	Lines    []PayoutLine  `json:"lines"`             // in order of month, unit, policy and component
	Total    Money         `json:"total"`             // the sum of the lines' amounts; negative where earlier months were paid too much
	Digest   string        `json:"digest"`            // SHA-256 of the postings known then, in canonical form (compensation.Digest)
	Changes  []string      `json:"changes,omitempty"` // what differs from the version before, in words; none in version 1
}

// PayoutModel is a model document that was in force in a month of a payout.
type PayoutModel struct {
	Policy string `json:"policy"`
	SHA256 string `json:"sha256"`
	From   Date   `json:"from"` // of its adoption
}

// PayoutLine is one line of a payout. Quantity and Cases are those of what is known now for the month, not of the difference.
type PayoutLine struct {
	Line         int           `json:"line"` // from 1
	Month        Month         `json:"month"`
	Unit         string        `json:"unit,omitzero"` // absent for the recipient of a grant
	Policy       string        `json:"policy"`
	Component    string        `json:"component"`
	Account      string        `json:"account,omitzero"`
	Cases        int           `json:"cases"` // distinct cases or patients with a posting
	Quantity     string        `json:"quantity"`
	QuantityUnit string        `json:"unit_of_quantity"`
	Known        Money         `json:"known"`            // what the month comes to as known now
	Settled      Money         `json:"settled"`          // what earlier payouts, approved or paid, have settled of it
	Amount       Money         `json:"amount"`           // Known less Settled
	Causes       []PayoutCause `json:"causes,omitempty"` // of an adjustment: the events that it follows from, at most PayoutCausesMax
	CausesInAll  int           `json:"causes_in_all,omitzero"`
}

// PayoutCausesMax bounds the causes that a line names.
const PayoutCausesMax = 20

// PayoutCause is an event that an adjustment follows from.
type PayoutCause struct {
	Event    string `json:"event"`
	Sequence uint64 `json:"sequence"`
	Type     Type   `json:"type"`
	Entity   Entity `json:"entity"`
}

// Adjusts says whether the line concerns an earlier month than the payout's own.
func (l *PayoutLine) Adjusts(own Month) bool { return l.Month != own }

// PayoutApproved approves one version, by another than who calculated it.
type PayoutApproved struct {
	Calculated string  `json:"calculated"` // event id of the version
	Amount     Money   `json:"amount"`
	Voucher    Voucher `json:"voucher"`
}

// Voucher is the number of an approved payout in the books: without gaps, per authority and year.
type Voucher struct {
	Year   int `json:"year"`
	Number int `json:"number"` // from 1
}

// PayoutRejected sends a version back.
type PayoutRejected struct {
	Calculated string `json:"calculated"`
	Reason     string `json:"reason"`
}

// PayoutPaid says that what was approved has been paid.
type PayoutPaid struct {
	Approved  string `json:"approved"` // event id of the approval
	Amount    Money  `json:"amount"`
	Reference string `json:"reference,omitzero"` // the bank's or the payment file's
}

// PayoutCancelled takes an approval back before it is paid. Its voucher number stays taken.
type PayoutCancelled struct {
	Approved string `json:"approved"`
	Reason   string `json:"reason"`
}

func (d *PayoutCalculated) check(*Problems) {}
func (d *PayoutApproved) check(*Problems)   {}
func (d *PayoutRejected) check(*Problems)   {}
func (d *PayoutPaid) check(*Problems)       {}
func (d *PayoutCancelled) check(*Problems)  {}

// String writes a voucher number as people do: 2016-17; "" for none.
func (v Voucher) String() string {
	if v == (Voucher{}) {
		return ""
	}
	return fmt.Sprintf("%d-%d", v.Year, v.Number)
}
