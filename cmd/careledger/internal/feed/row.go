package feed

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
	"careledger/projections"
)

// datum is a row without what is known of it: its Row holds the effective month alone. Two are compared with ==.
type datum interface {
	kind() Kind
	// dimensions are what the row is the sum over, the effective month first.
	dimensions() []string
	// plus returns the row with the numbers of another of the same dimensions added; sign -1 takes them away.
	plus(other datum, sign int64) datum
	// none says that all numbers are zero; emptied is the row with such numbers.
	none() bool
	emptied() datum
	// with is the row as it stands in a message.
	with(r Row) datum
	row() Row
}

func (r Row) row() Row { return r }

func (r PostingRow) kind() Kind { return Posting }
func (r PostingRow) dimensions() []string {
	return []string{r.Effective.String(), r.Provider, r.Unit, r.Policy, r.Component}
}
func (r PostingRow) plus(other datum, sign int64) datum {
	r.Sum = r.Sum.plus(other.(PostingRow).Sum, sign)
	return r
}
func (r PostingRow) none() bool       { return r.Sum.none() }
func (r PostingRow) emptied() datum   { r.Sum = r.Sum.emptied(); return r }
func (r PostingRow) with(k Row) datum { r.Row = k; return r }

func (r PremiumRow) kind() Kind { return Premium }
func (r PremiumRow) dimensions() []string {
	return []string{r.Effective.String(), r.Provider, r.Unit, r.Policy, r.Component, r.LifeArea, r.Occasion}
}
func (r PremiumRow) plus(other datum, sign int64) datum {
	r.Sum = r.Sum.plus(other.(PremiumRow).Sum, sign)
	return r
}
func (r PremiumRow) none() bool       { return r.Sum.none() }
func (r PremiumRow) emptied() datum   { r.Sum = r.Sum.emptied(); return r }
func (r PremiumRow) with(k Row) datum { r.Row = k; return r }

func (r PayoutRow) kind() Kind { return Payout }
func (r PayoutRow) dimensions() []string {
	return []string{r.Effective.String(), r.Payout, r.Unit, r.Policy, r.Component}
}

// plus adds nothing: a line of a payout is what its latest version says.
func (r PayoutRow) plus(datum, int64) datum { return r }
func (r PayoutRow) none() bool              { return r.Version == 0 }
func (r PayoutRow) emptied() datum          { r.Amount = 0; return r }
func (r PayoutRow) with(k Row) datum        { r.Row = k; return r }

func (r FulfilmentRow) kind() Kind { return Fulfilment }
func (r FulfilmentRow) dimensions() []string {
	return []string{r.Effective.String(), r.Provider, r.Unit, r.LifeArea, r.Occasion}
}
func (r FulfilmentRow) plus(other datum, sign int64) datum {
	o, s := other.(FulfilmentRow), int(sign)
	r.FollowUps, r.Assessed, r.Fulfilled, r.Partly = r.FollowUps+s*o.FollowUps, r.Assessed+s*o.Assessed, r.Fulfilled+s*o.Fulfilled, r.Partly+s*o.Partly
	return r
}
func (r FulfilmentRow) none() bool {
	return r.FollowUps == 0 && r.Assessed == 0 && r.Fulfilled == 0 && r.Partly == 0
}
func (r FulfilmentRow) emptied() datum {
	r.FollowUps, r.Assessed, r.Fulfilled, r.Partly = 0, 0, 0, 0
	return r
}
func (r FulfilmentRow) with(k Row) datum { r.Row = k; return r }

func (r DecisionRow) kind() Kind { return Decision }
func (r DecisionRow) dimensions() []string {
	return []string{r.Effective.String(), r.Provider, r.Unit, r.Method}
}
func (r DecisionRow) plus(other datum, sign int64) datum {
	o := other.(DecisionRow)
	r.Decisions, r.GrantedMinutes = r.Decisions+int(sign)*o.Decisions, r.GrantedMinutes+sign*o.GrantedMinutes
	return r
}
func (r DecisionRow) none() bool       { return r.Decisions == 0 && r.GrantedMinutes == 0 }
func (r DecisionRow) emptied() datum   { r.Decisions, r.GrantedMinutes = 0, 0; return r }
func (r DecisionRow) with(k Row) datum { r.Row = k; return r }

func (s Sum) plus(o Sum, sign int64) Sum {
	if s.QuantityUnit != o.QuantityUnit {
		s.QuantityUnit = compensation.UnitMixed
	}
	q, p := new(big.Rat), new(big.Rat)
	// Both were written by compensation.QuantityText. What does not end is never added (projections.Change), so that no digit is lost.
	q.SetString(s.Quantity)
	p.SetString(o.Quantity)
	s.Quantity = compensation.QuantityText(q.Add(q, p.Mul(p, big.NewRat(sign, 1))))
	s.Amount += domain.Money(sign) * o.Amount
	return s
}
func (s Sum) none() bool   { return s.Quantity == "0" && s.Amount == 0 }
func (s Sum) emptied() Sum { s.Quantity, s.Amount = "0", 0; return s }

// currency is that of every model document (domain/compensation).
const currency = "SEK"

// keyOf names a row by its kind and dimensions: 128 bits of a SHA-256, in lower-case base32. Nobody is among the dimensions.
func keyOf(authority string, d datum) string {
	sum := sha256.Sum256([]byte(authority + "\x00" + string(d.kind()) + "\x00" + strings.Join(d.dimensions(), "\x00")))
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// rowsOf are the rows of what stands. Those of one key are to be added up.
func rowsOf(s *projections.Standing) (rows []datum) {
	for _, p := range s.Postings {
		month, err := domain.ParseMonth(p.Keys[2])
		if err != nil { // the aggregate wrote it
			panic(err)
		}
		row, carrier, charge := Row{Effective: month}, Carrier{p.Keys[0], p.Keys[1]}, Charge{p.Keys[3], p.Keys[4]}
		sum := Sum{Quantity: p.Quantity, QuantityUnit: p.QuantityUnit, Amount: p.Amount, Currency: currency}
		if p.QuantityUnit == compensation.UnitGoal || p.QuantityUnit == compensation.UnitPerson {
			rows = append(rows, PremiumRow{row, carrier, charge, p.Keys[5], p.Keys[6], sum})
		} else {
			rows = append(rows, PostingRow{row, carrier, charge, sum})
		}
	}
	for _, o := range s.Fulfilment {
		rows = append(rows, FulfilmentRow{Row{Effective: o.Month}, Carrier{o.Provider, o.Unit}, o.LifeArea, o.Occasion, o.FollowUps, o.Assessed, o.Fulfilled, o.Partly})
	}
	for _, g := range s.Granted {
		rows = append(rows, DecisionRow{Row{Effective: g.Month}, Carrier{g.Provider, g.Unit}, g.Method, g.Decisions, g.Minutes})
	}
	return rows
}

// rowsOfPayout are the lines of a payout's latest version.
func rowsOfPayout(p *domain.Payout) (rows []datum) {
	v := p.Latest()
	voucher := ""
	if v.Approved != nil {
		voucher = v.Voucher.String()
	}
	for _, l := range v.Lines {
		rows = append(rows, PayoutRow{Row{Effective: l.Month}, p.Entity.ID(), v.Month, Carrier{v.Provider, l.Unit}, Charge{l.Policy, l.Component}, l.Account,
			v.Version, v.Status(), v.LastStep().Date, voucher, l.Amount, currency})
	}
	return rows
}

// order is that of the messages of one position.
func order(a, b datum) int {
	return cmp.Or(cmp.Compare(slices.Index(Kinds(), a.kind()), slices.Index(Kinds(), b.kind())), slices.Compare(a.dimensions(), b.dimensions()))
}

// encoded is a message as bytes.
func encoded[D any](kind Kind, known Known, id, subject string, data D) (eventstore.FeedMessage, error) {
	b, err := json.Marshal(Message[D]{SpecVersion: "1.0", ID: id, Source: Source(known.Authority), Type: kind.Type(), Subject: subject, Time: known.Recorded,
		DataContentType: "application/json", DataSchema: kind.DataSchema(), Data: data})
	return eventstore.FeedMessage{Kind: string(kind), Data: b}, err
}

// decoded is a message that stands on the feed.
type decoded struct {
	id   string
	row  datum // as it stands; nil of a position
	mark Known
}

// decode reads a message of any kind.
func decode(m eventstore.FeedMessage) (decoded, error) {
	switch Kind(m.Kind) {
	case Posting:
		return decodeRow[PostingRow](m)
	case Premium:
		return decodeRow[PremiumRow](m)
	case Payout:
		return decodeRow[PayoutRow](m)
	case Fulfilment:
		return decodeRow[FulfilmentRow](m)
	case Decision:
		return decodeRow[DecisionRow](m)
	case Position:
		d, err := decodeAs[PositionMark](m)
		return decoded{id: d.ID, mark: d.Data.Known}, err
	}
	return decoded{}, fmt.Errorf("message %d of the feed is of kind %q, which this release does not know; use the release that wrote it", m.Sequence, m.Kind)
}

func decodeRow[D datum](m eventstore.FeedMessage) (decoded, error) {
	d, err := decodeAs[D](m)
	return decoded{id: d.ID, row: d.Data, mark: d.Data.row().Known}, err
}

func decodeAs[D any](m eventstore.FeedMessage) (d Message[D], err error) {
	if err := json.Unmarshal(m.Data, &d, json.RejectUnknownMembers(true)); err != nil {
		return d, fmt.Errorf("message %d of the feed cannot be read: %w", m.Sequence, err)
	}
	if want := Kind(m.Kind).Type(); d.Type != want {
		return d, fmt.Errorf("message %d of the feed is %s, where this release writes %s; use the release that wrote it", m.Sequence, d.Type, want)
	}
	return d, nil
}

// Level returns the event of the ledger that the last message of a feed is known at, 0 where there is none. Up to the one before it, all that is known stands
// on the feed.
func Level(ctx context.Context, feed *eventstore.Feed) (uint64, error) {
	m, found, err := feed.Last(ctx)
	if err != nil || !found {
		return 0, err
	}
	d, err := decode(m)
	return d.mark.SourceSequence, err
}
