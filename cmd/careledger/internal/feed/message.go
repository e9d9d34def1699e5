package feed

import (
	"time"

	"careledger/domain"
)

// Kind is what a message is about: the last word of its subject, bi.{authority}.{kind}, and of its type.
type Kind string

// The kinds of messages. The amounts of Posting and Premium together are what careledger compensation answers: a posting is on one of the
// two, never on both.
const (
	Posting    Kind = "posting"    // PostingRow: postings that are not premiums
	Premium    Kind = "premium"    // PremiumRow: postings whose quantity counts goals or persons
	Payout     Kind = "payout"     // PayoutRow: a line of a payout and how far it has come
	Fulfilment Kind = "fulfilment" // FulfilmentRow: goals assessed and what became of them
	Decision   Kind = "decision"   // DecisionRow: decisions in force and what they grant
	Position   Kind = "position"   // PositionMark: no row; all that is known at an event stands above it
)

// Kinds are all there are, in the order in which the rows of one event of the log stand on the feed.
func Kinds() []Kind { return []Kind{Posting, Premium, Payout, Fulfilment, Decision, Position} }

// Type is the CloudEvents type of the kind's messages. The number changes when a field changes its meaning or goes; fields may be added without.
func (k Kind) Type() string { return "careledger.bi." + string(k) + ".v1" }

// DataSchema is the CloudEvents dataschema of the kind's messages: the $id of the JSON Schema of their data.
func (k Kind) DataSchema() string { return "urn:careledger:bi:" + string(k) + ":v1" }

// Source is the CloudEvents source of an authority's messages.
func Source(authority string) string { return "urn:careledger:" + authority }

// Message is what stands on the stream: a CloudEvents 1.0 JSON document in structured mode. D is the row of its kind, or PositionMark.
type Message[D any] struct {
	SpecVersion     string    `json:"specversion"`                // "1.0"
	ID              string    `json:"id"`                         // {key}.{source_sequence}, of a position {source_sequence}; no two messages of an authority and kind share one
	Source          string    `json:"source"`                     // Source of the authority
	Type            string    `json:"type"`                       // Type of the kind
	Subject         string    `json:"subject,omitempty,omitzero"` // the row's key; absent of a position
	Time            time.Time `json:"time"`                       // data.recorded
	DataContentType string    `json:"datacontenttype"`            // "application/json"
	DataSchema      string    `json:"dataschema"`                 // DataSchema of the kind
	Data            D         `json:"data"`
}

// Row is what all rows have. A row is a sum over all persons that its dimensions hold for. What stands are the rows that no later message
// retracts; what they add up to is the read model as known at the source sequence of the last position.
type Row struct {
	// Key names what the row is the sum of: 26 characters made from its dimensions alone. At most one row of a key stands.
	Key string `json:"key"`
	// Retracts is the id of the message whose row this one withdraws, and stands in place of. Absent where none stood.
	Retracts string `json:"retracts,omitempty,omitzero"`
	// Withdrawn says that nothing is left of what the row is the sum of: its quantities, counts and amounts are zero.
	Withdrawn bool `json:"withdrawn,omitempty,omitzero"`
	// Effective is when it holds in the world.
	Effective domain.Month `json:"effective"`
	Known
}

// Known is when a row was known.
type Known struct {
	Authority string `json:"authority"` // SCB code of the authority
	// Recorded is the latest time at which an event of the ledger up to SourceSequence was registered, UTC.
	Recorded time.Time `json:"recorded"`
	// SourceSequence is the event of the ledger that made the row known. Where several events were read at once, it is the last of them:
	// the row is what careledger answers with --as-of-sequence of this number.
	SourceSequence uint64 `json:"source_sequence"`
}

// Carrier is who carries it out. Unit is empty for the recipient of a state grant, and both for a follow-up that assessed no goal.
type Carrier struct {
	Provider string `json:"provider"`
	Unit     string `json:"unit"`
}

// Charge is the component of a policy that pays.
type Charge struct {
	Policy    string `json:"policy"`
	Component string `json:"component"`
}

// Sum is what postings add up to.
type Sum struct {
	// Quantity is the sum of the postings' quantities: a decimal without trailing zeros, with six decimals where it does not end.
	Quantity string `json:"quantity"`
	// QuantityUnit is what the quantity counts: minute, goal, person, unit-month, case-month, patient-month, recipient; mixed where the
	// postings count different things.
	QuantityUnit string `json:"unit_of_quantity"`
	// Amount is in kronor with two decimals.
	Amount   domain.Money `json:"amount"`
	Currency string       `json:"currency"` // SEK
}

// PostingRow is what a component pays a unit for a month: the row of careledger compensation, of postings that are not premiums.
type PostingRow struct {
	Row
	Carrier
	Charge
	Sum
}

// PremiumRow is what a component pays a unit for goals reached, by life area and occasion, in the month of held_on.
type PremiumRow struct {
	Row
	Carrier
	Charge
	LifeArea string `json:"life_area"` // code; empty for a premium of a person
	Occasion string `json:"occasion"`  // code of the follow-up's occasion
	Sum
}

// PayoutRow is a line of the latest version of a payout. Its effective month is the one that is paid for: that of the payout, or an earlier one
// that is adjusted.
type PayoutRow struct {
	Row
	Payout      string       `json:"payout"`       // id: 2016-03-lund-hemvard
	PayoutMonth domain.Month `json:"payout_month"` // of the payout
	Carrier
	Charge
	Account  string       `json:"account"`   // in the books; empty where the model names none
	Version  int          `json:"version"`   // of the calculation, from 1
	Status   string       `json:"status"`    // calculated, approved, rejected, paid, cancelled
	StatusOn domain.Date  `json:"status_on"` // of an approval the booking date, of a payment the day of payment
	Voucher  string       `json:"voucher"`   // 2017-12 where it was approved; otherwise empty
	Amount   domain.Money `json:"amount"`    // in kronor with two decimals
	Currency string       `json:"currency"`  // SEK
}

// FulfilmentRow counts the outcomes of goals by the month of held_on. Provider and unit are those that a premium for the goal would go to.
type FulfilmentRow struct {
	Row
	Carrier
	LifeArea string `json:"life_area"` // code
	Occasion string `json:"occasion"`  // code
	// FollowUps are the follow-ups held, each counted once: in the row of the first goal that it assesses.
	FollowUps int `json:"follow_ups"`
	Assessed  int `json:"assessed"` // goals, without those not-assessed
	Fulfilled int `json:"fulfilled"`
	Partly    int `json:"partly"`
}

// DecisionRow is what is granted at a unit in a month by decisions of one method.
type DecisionRow struct {
	Row
	Carrier
	Method string `json:"method"` // standard-time, frame-time
	// Decisions have a day in force at the unit in the month. A decision that is in force in several months is counted in each.
	Decisions int `json:"decisions"`
	// GrantedMinutes are need minutes under standard-time, frame minutes under frame-time; absences do not reduce them.
	GrantedMinutes int64 `json:"granted_minutes"`
}

// PositionMark says that what stands above it is all that is known at an event of the ledger: a subscriber that has come to it holds exactly
// what careledger answers as known there. It follows the rows of each event, and comes at most once a second where events change no row.
type PositionMark struct {
	Known
}
