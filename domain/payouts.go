package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Payouts are the payouts of an authority as known at one moment. What one payout may say depends on the others: what has been settled
// of a month before, and which voucher number comes next.
type Payouts struct {
	states   map[Entity]*Payout
	settled  map[SettledKey]settlement // of the versions that stand approved or paid
	vouchers map[int]int               // by year: the last number given
	latest   time.Time                 // greatest recorded time of any payout's event
}

// Payout is one provider's payout for one month, with every version that has been calculated.
type Payout struct {
	Entity   Entity
	Versions []*PayoutVersion // at least one, in order
	history
}

// PayoutVersion is one calculation and what became of it.
type PayoutVersion struct {
	PayoutStep
	*PayoutCalculated
	Approved, Rejected, Paid, Cancelled *PayoutStep
	Voucher                             Voucher // zero unless Approved
	Reason                              string  // of Rejected or Cancelled
	Reference                           string  // of Paid
}

// PayoutStep is one event of a payout's life.
type PayoutStep struct {
	EventID  string
	Sequence uint64
	Date     Date // effective: of an approval the booking date, of a payment the day of payment
	Recorded time.Time
	Actor    string
}

// The states of a payout.
const (
	PayoutStatusCalculated = "calculated"
	PayoutStatusApproved   = "approved"
	PayoutStatusRejected   = "rejected"
	PayoutStatusPaid       = "paid"
	PayoutStatusCancelled  = "cancelled"
)

// Status says how far the version has come.
func (v *PayoutVersion) Status() string {
	switch {
	case v.Cancelled != nil:
		return PayoutStatusCancelled
	case v.Paid != nil:
		return PayoutStatusPaid
	case v.Approved != nil:
		return PayoutStatusApproved
	case v.Rejected != nil:
		return PayoutStatusRejected
	}
	return PayoutStatusCalculated
}

// LastStep returns the last step of the version's life: that of its calculation where nothing came after.
func (v *PayoutVersion) LastStep() *PayoutStep {
	return cmp.Or(v.Cancelled, v.Paid, v.Approved, v.Rejected, &v.PayoutStep)
}

// Settles says whether the version stands approved or paid, so that its amounts count as settled.
func (v *PayoutVersion) Settles() bool { return v.Approved != nil && v.Cancelled == nil }

// Latest returns the version that counts: the last one calculated.
func (p *Payout) Latest() *PayoutVersion { return p.Versions[len(p.Versions)-1] }

// SettledKey is what amounts are settled by.
type SettledKey struct {
	Provider                string
	Month                   Month
	Unit, Policy, Component string
}

type settlement struct {
	amount Money
	by     []string // event ids of the versions, in order of their approvals
}

// NewPayouts returns an authority without payouts.
func NewPayouts() *Payouts {
	return &Payouts{states: map[Entity]*Payout{}, settled: map[SettledKey]settlement{}, vouchers: map[int]int{}}
}

// PayoutEntity returns the entity of a provider's payout for a month: payout/2016-03-lund-hemvard. A provider's id that is too long
// for it is cut and told apart by a hash.
func PayoutEntity(provider string, month Month) Entity {
	const most = 64 - len("2016-03-")
	if len(provider) > most || !entityID.MatchString(provider) {
		sum := sha256.Sum256([]byte(provider))
		clean := strings.Map(func(r rune) rune {
			if entityID.MatchString(string(r)) {
				return r
			}
			return '_'
		}, provider)
		provider = clean[:min(len(clean), most-9)] + "-" + hex.EncodeToString(sum[:4])
	}
	return NewEntity(KindPayout, month.Text()+"-"+provider)
}

// Payout returns a payout, nil if it has not been calculated.
func (p *Payouts) Payout(e Entity) *Payout { return p.states[e] }

// All returns the payouts in order of their entities: by month, then provider.
func (p *Payouts) All() []*Payout {
	return slices.SortedFunc(maps.Values(p.states), func(a, b *Payout) int { return cmp.Compare(a.Entity, b.Entity) })
}

// Settled returns what payouts, approved or paid, have settled of a key.
func (p *Payouts) Settled(k SettledKey) Money { return p.settled[k].amount }

// EachSettled visits what payouts, approved or paid, have settled, in no particular order; that may be 0.00.
func (p *Payouts) EachSettled(visit func(SettledKey, Money)) {
	for k, s := range p.settled {
		visit(k, s.amount)
	}
}

// NextVoucher returns the number that the next approval booked in a year gets.
func (p *Payouts) NextVoucher(year int) Voucher { return Voucher{year, p.vouchers[year] + 1} }

// Last returns the sequence and recorded time of the payout's last event.
func (p *Payouts) Last(e Entity) (uint64, time.Time) {
	if s := p.states[e]; s != nil {
		return s.history.Last()
	}
	return 0, time.Time{}
}

// LatestRecorded returns the greatest recorded time among the events of all payouts. What comes next is recorded no earlier: what a payout
// settles rests on those before, so that what was known of them at any time has to be a prefix of them all.
func (p *Payouts) LatestRecorded() time.Time { return p.latest }

// Check says whether e, an event of a payout, may follow. Its promises: an approval is by another than who calculated; its amounts
// are what is known less what is settled at that moment, so that nothing is settled twice; a payment is of exactly what stands
// approved, once.
func (p *Payouts) Check(e *Event, parties *Parties) (ps Problems) {
	s := p.states[e.Entity]
	if d, ok := e.Data.(*PayoutCalculated); ok {
		return p.checkCalculated(s, e, d)
	}
	if s == nil {
		ps.missing(missingEntity(e.Entity), "entity", "%s has not been calculated; payout list shows what there is", e.Entity)
		return ps
	}
	s.checkOrder(e, &ps)
	v := s.Latest()
	if v.CheckStep(e, parties, &ps) {
		switch d := e.Data.(type) {
		case *PayoutApproved:
			p.checkApproved(e, v, d, &ps)
		case *PayoutCancelled:
			p.checkCancelled(v, &ps)
		}
	}
	return ps
}

// CheckStep judges a step of a payout's life on the version that it is about, without the other payouts: that it is about this version
// and comes in the state that it takes (false where not), that it is of exactly the amount, and that it is done by who may: an approval by
// another than who calculated, neither it nor a payment by a provider.
func (v *PayoutVersion) CheckStep(e *Event, parties *Parties, ps *Problems) (about bool) {
	switch d := e.Data.(type) {
	case *PayoutApproved:
		if about = v.checkStep(e, d.Calculated, v.EventID, PayoutStatusCalculated, ps); about {
			v.checkApproval(e, d, parties, ps)
		}
	case *PayoutRejected:
		about = v.checkStep(e, d.Calculated, v.EventID, PayoutStatusCalculated, ps)
		ps.text("data.reason", d.Reason, 500)
	case *PayoutPaid:
		if about = v.checkStep(e, d.Approved, v.ApprovalID(), PayoutStatusApproved, ps); about && d.Amount != v.Total {
			ps.add("data.amount", "%s is not what was approved, %s", d.Amount, v.Total)
		}
		if d.Reference != "" {
			ps.text("data.reference", d.Reference, 200)
		}
		if parties.Belongs(e.Actor) {
			ps.refuse(PayoutByProvider, "actor", "%s belongs to a provider; a payout is paid by the authority", e.Actor)
		}
		if v.Approved != nil && e.Effective < v.Approved.Date {
			ps.refuse(PayoutPaidEarly, "effective", "%s is before it was booked, %s", e.Effective, v.Approved.Date)
		}
	case *PayoutCancelled:
		ps.text("data.reason", d.Reason, 500)
		about = v.checkStep(e, d.Approved, v.ApprovalID(), PayoutStatusApproved, ps)
	default:
		ps.add("type", "%s is no step of a payout", e.Type)
	}
	return about
}

func (v *PayoutVersion) checkApproval(e *Event, d *PayoutApproved, parties *Parties, ps *Problems) {
	if sameActor(e.Actor, v.Actor) {
		ps.refuse(PayoutFourEyes, "actor", "%s calculated this payout and cannot approve it; someone else has to (four eyes, for in-house units too)", e.Actor)
	}
	if parties.Belongs(e.Actor) {
		ps.refuse(PayoutByProvider, "actor", "%s belongs to a provider; a payout is approved by the authority, never by a provider", e.Actor)
	}
	if d.Amount != v.Total {
		ps.add("data.amount", "%s is not what was calculated, %s", d.Amount, v.Total)
	}
	if first := v.Month.First(); e.Effective < first {
		ps.refuse(PayoutBookedEarly, "effective", "%s is before %s begins; a payout is booked in its month or later", e.Effective, v.Month)
	}
}

// ApprovalID returns the event id of the approval, "" where there is none.
func (v *PayoutVersion) ApprovalID() string {
	if v.Approved == nil {
		return ""
	}
	return v.Approved.EventID
}

// checkStep says whether a step concerns the version that counts, and comes in the state that it takes.
func (v *PayoutVersion) checkStep(e *Event, about, concerns, state string, ps *Problems) bool {
	switch status := v.Status(); {
	case status != state:
		ps.refuse(PayoutStatus, "entity", "%s is %s; %s takes one that is %s", e.Entity, status, e.Type, state)
	case about != concerns:
		ps.refuse(PayoutMoved, "data", "event %s is not what counts for %s any more; look at it again (payout show) before going on", about, e.Entity)
	default:
		return true
	}
	return false
}

func (p *Payouts) checkCalculated(s *Payout, e *Event, d *PayoutCalculated) (ps Problems) {
	version := 1
	if s != nil {
		s.checkOrder(e, &ps)
		version = len(s.Versions) + 1
		if v := s.Latest(); v.Settles() {
			ps.refuse(PayoutStatus, "entity", "%s is %s and is never reopened; what is known since comes in a later payout", e.Entity, v.Status())
		} else if d.KnownTo < v.KnownTo {
			ps.refuse(PayoutMoved, "data.known_to", "version %d rests on more, event %d (here %d); calculate it again", v.Version, v.KnownTo, d.KnownTo)
		}
	}
	if d.Version != version {
		ps.refuse(PayoutMoved, "data.version", "%d is not the next version, %d", d.Version, version)
	}
	p.checkSettled(d, &ps)
	return append(ps, d.CheckLines(e.Entity)...)
}

// CheckLines judges a calculation by itself: that its lines stand in order, each once, and that its amounts add up.
func (d *PayoutCalculated) CheckLines(entity Entity) (ps Problems) {
	if entity != PayoutEntity(d.Provider, d.Month) {
		ps.add("entity", "%s is not the payout of provider %s for %s", entity, d.Provider, d.Month)
	}
	total, lines := Money(0), map[lineKey]bool{}
	for i, l := range d.Lines {
		at := fmt.Sprintf("data.lines[%d]", i)
		if l.Line != i+1 || l.Month > d.Month || lines[l.key()] {
			ps.add(at, "line %d of %s does not belong there", l.Line, l.key())
		}
		lines[l.key()] = true
		if l.Amount != l.Known-l.Settled {
			ps.add(at+".amount", "%s is not %s known less %s settled", l.Amount, l.Known, l.Settled)
		}
		total += l.Amount
	}
	if total != d.Total {
		ps.add("data.total", "%s is not the sum of the lines, %s", d.Total, total)
	}
	return ps
}

// checkSettled refuses a version whose lines do not stand on what is settled now.
func (p *Payouts) checkSettled(d *PayoutCalculated, ps *Problems) {
	for i, l := range d.Lines {
		if settled := p.Settled(d.Key(&l)); settled != l.Settled {
			ps.refuse(PayoutMoved, fmt.Sprintf("data.lines[%d].settled", i), "another payout has settled %s of %s %s %s/%s since this was calculated (%s then); calculate it again",
				settled, l.Month, l.Unit, l.Policy, l.Component, l.Settled)
		}
	}
}

// Key is what a line of the payout is settled by.
func (d *PayoutCalculated) Key(l *PayoutLine) SettledKey {
	return SettledKey{d.Provider, l.Month, l.Unit, l.Policy, l.Component}
}

// checkApproved judges an approval on what the other payouts say.
func (p *Payouts) checkApproved(e *Event, v *PayoutVersion, d *PayoutApproved, ps *Problems) {
	if next := p.NextVoucher(e.Effective.Month().Year()); d.Voucher != next {
		ps.add("data.voucher", "%d-%d is not the next voucher number, %d-%d", d.Voucher.Year, d.Voucher.Number, next.Year, next.Number)
	}
	p.checkSettled(v.PayoutCalculated, ps)
	if later := p.overtakes(v); later != nil {
		ps.refuse(PayoutOvertaken, "entity", "the payout of %s rests on later knowledge (event %d) than this one of %s (event %d); calculate %s again first, so that what is settled was known at one time",
			later.Month, later.FactsTo, v.Month, v.FactsTo, v.Month)
	}
	if earlier := p.cancelledSince(v); earlier != nil {
		ps.refuse(PayoutOvertaken, "entity", "the payout of %s was cancelled since this was calculated, with what it had settled of earlier months; calculate %s again first", earlier.Month, v.Month)
	}
}

// sameActor says whether two ids are one person's: capitals and what separates parts at the ends do not make another.
func sameActor(a, b string) bool {
	const separators = "._:/-"
	return strings.EqualFold(strings.Trim(a, separators), strings.Trim(b, separators))
}

// overtakes returns a payout of the same provider that was calculated with later knowledge than v and is settled, or is of a later month and
// waits: what stands settled would be known of at different times, or the later month took v's for one that is paid as known then. nil if
// there is none.
func (p *Payouts) overtakes(v *PayoutVersion) *PayoutVersion {
	for _, other := range p.states {
		if w := other.Latest(); w.Provider == v.Provider && w.FactsTo > v.FactsTo && (w.Settles() || w.Month > v.Month && w.Status() == PayoutStatusCalculated) {
			return w
		}
	}
	return nil
}

// cancelledSince returns an earlier month's payout of the same provider whose approval was taken back after v was calculated: v took what that
// had settled for paid. nil if there is none.
func (p *Payouts) cancelledSince(v *PayoutVersion) *PayoutVersion {
	for _, other := range p.states {
		for _, w := range other.Versions {
			if w.Provider == v.Provider && w.Month < v.Month && w.Cancelled != nil && w.Cancelled.Sequence > v.Sequence {
				return w
			}
		}
	}
	return nil
}

// checkCancelled refuses to take back what a later payout stands on.
func (p *Payouts) checkCancelled(v *PayoutVersion, ps *Problems) {
	for i := range v.Lines {
		if by := p.settled[v.Key(&v.Lines[i])].by; len(by) > 0 && by[len(by)-1] != v.EventID {
			ps.refuse(PayoutAdjusted, "entity", "a later payout has adjusted %s and stands on this approval; cancel that one first", v.Lines[i].Month)
			return
		}
	}
}

// Apply folds e, an event of a payout that Check accepts.
func (p *Payouts) Apply(e *Event) error {
	if e.Recorded.After(p.latest) {
		p.latest = e.Recorded
	}
	step := &PayoutStep{EventID: e.ID, Sequence: e.Sequence, Date: e.Effective, Recorded: e.Recorded, Actor: e.Actor}
	s := p.states[e.Entity]
	if d, ok := e.Data.(*PayoutCalculated); ok {
		if s == nil {
			s = &Payout{Entity: e.Entity}
			p.states[e.Entity] = s
		}
		s.Versions = append(s.Versions, &PayoutVersion{PayoutStep: *step, PayoutCalculated: d})
		s.note(e)
		return nil
	}
	if s == nil {
		return Problems{{Field: "entity", Reason: string(e.Entity) + " has not been calculated"}}
	}
	v := s.Latest()
	switch d := e.Data.(type) {
	case *PayoutApproved:
		v.Approved, v.Voucher = step, d.Voucher
		p.vouchers[d.Voucher.Year] = max(p.vouchers[d.Voucher.Year], d.Voucher.Number)
		p.settle(v)
	case *PayoutRejected:
		v.Rejected, v.Reason = step, d.Reason
	case *PayoutPaid:
		v.Paid, v.Reference = step, d.Reference
	case *PayoutCancelled:
		v.Cancelled, v.Reason = step, d.Reason
		p.unsettle(v)
	}
	s.note(e)
	return nil
}

func (p *Payouts) settle(v *PayoutVersion) {
	for i := range v.Lines {
		k := v.Key(&v.Lines[i])
		p.settled[k] = settlement{p.settled[k].amount + v.Lines[i].Amount, append(p.settled[k].by, v.EventID)}
	}
}

// unsettle takes back what v settled, which nobody has adjusted.
func (p *Payouts) unsettle(v *PayoutVersion) {
	for i := range v.Lines {
		k := v.Key(&v.Lines[i])
		s := p.settled[k]
		s.amount -= v.Lines[i].Amount
		if s.by = slices.DeleteFunc(s.by, func(by string) bool { return by == v.EventID }); len(s.by) > 0 {
			p.settled[k] = s
		} else {
			delete(p.settled, k)
		}
	}
}

// PayoutEvent returns an event of a payout, which a command of the ledger's own writes. Its id, of [PayoutEventID], follows from what it is about, so that
// a command whose outcome was not known can be given again.
func PayoutEvent(id string, t Type, authority string, entity Entity, effective Date, recorded time.Time, actor string, data payload) (Event, error) {
	raw, err := json.Marshal(data, json.Deterministic(true))
	if err != nil {
		return Event{}, fmt.Errorf("encode %s of %s: %w", t, entity, err)
	}
	return Event{ID: id, Type: t, Authority: authority, Entity: entity, Effective: effective, Recorded: recorded.UTC(), Actor: actor,
		Causation: id, Correlation: id, RecordHash: payoutHash(actor, effective, raw), Data: data}, nil
}

// PayoutEventID returns the id of such an event: a UUID, which words about its command may follow (at most 64 characters in all).
func PayoutEventID(t Type, authority string, entity Entity, about ...string) string {
	return deriveID(append([]string{"command", authority, string(t), string(entity)}, about...)...)
}

// payoutHash is the record hash of an event of a payout, whose data is raw.
func payoutHash(actor string, effective Date, raw []byte) string {
	sum := sha256.Sum256([]byte(actor + "\x00" + effective.String() + "\x00" + string(raw)))
	return hex.EncodeToString(sum[:])
}

// CheckActor says whether an actor's id can stand in an event.
func CheckActor(actor string) error {
	if !actorID.MatchString(actor) {
		return fmt.Errorf("%q is not an actor id; use 1 to 64 of A-Z a-z 0-9 . _ : / -", maskPersonal(actor))
	}
	return CheckText(actor)
}
