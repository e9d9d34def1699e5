package ledger

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
)

// A program that does not learn what became of a command gives it again, with the same key. The log is the memory of keys: the id of an event that a
// command writes follows from its key, beside what it is about, so that every event of a key is found again, at any later time, after any restart and
// by any process (decisions.md, 9). The id ends with a hash of the whole command, so that it is told from another with the same key. Given again, what stands
// is answered as it was the first time and not done again, what does not stand is done; and a key that another command has used is refused. A
// command that wrote nothing has left no key.

// keyed is a step that a command took under the work's key.
type keyed struct {
	entity  domain.Entity
	action  string
	version domain.PayoutVersion // as the step left it
	step    *domain.PayoutStep
	command string // whole, as payoutWork.whole; "" where the id does not tell, since it is older
}

// eventID is the id of a step's event: under a key {UUID of the key and what the step is about}.{whole}.
func (p *payoutWork) eventID(t domain.Type, entity domain.Entity, about string) string {
	if p.Key == "" {
		return domain.PayoutEventID(t, p.Authority, entity, about)
	}
	return p.underKeyID(t, entity, about) + "." + p.whole()
}

// underKeyID is what the ids of all events about something begin with that have the work's key. In ledgers from before the whole command was part of it, it
// is all of the id.
func (p *payoutWork) underKeyID(t domain.Type, entity domain.Entity, about string) string {
	return domain.PayoutEventID(t, p.Authority, entity, about, p.Key)
}

// wholeLength is in letters: an id has 64 characters at most, and 36 of them are the UUID. 26 are 104 bits.
const wholeLength = 26

// whole is a hash of all that the command says but for its key: the same for the same payouts in another order or named in full, and another for whatever
// else is said or left unsaid. It is in letters alone, since chance could make a personal identity number of digits.
func (p *payoutWork) whole() string {
	payouts := make([]string, len(p.Payouts))
	for i, name := range p.Payouts {
		payouts[i] = strings.TrimPrefix(name, string(domain.KindPayout)+"/")
	}
	slices.Sort(payouts)
	b, err := json.Marshal(PayoutRequest{Action: p.Action, Authority: p.Authority, Month: p.Month, Provider: p.Provider, Payouts: slices.Compact(payouts),
		Version: p.Version, Actor: p.Actor, On: p.On, Reason: p.Reason, Reference: p.Reference}, json.Deterministic(true))
	if err != nil {
		panic("a command that was read cannot be written: " + err.Error())
	}
	sum := sha256.Sum256(b)
	letters := make([]byte, 0, 2*len(sum))
	for _, c := range sum {
		letters = append(letters, 'a'+c>>4, 'a'+c&15)
	}
	return string(letters[:wholeLength])
}

// underKey returns what commands with the work's key did to a payout; nil is a payout that has not been calculated.
func (p *payoutWork) underKey(payout *domain.Payout) (all []keyed) {
	if p.Key == "" || payout == nil {
		return nil
	}
	for _, v := range payout.Versions {
		approval := ""
		if v.Approved != nil {
			approval = v.Approved.EventID
		}
		for _, s := range []struct {
			action string
			typ    domain.Type
			step   *domain.PayoutStep
			about  string
			then   domain.PayoutVersion
		}{
			{"calculate", domain.TypePayoutCalculated, &v.PayoutStep, fmt.Sprint(v.Version), domain.PayoutVersion{}},
			{"approve", domain.TypePayoutApproved, v.Approved, v.EventID, domain.PayoutVersion{Approved: v.Approved, Voucher: v.Voucher}},
			{"reject", domain.TypePayoutRejected, v.Rejected, v.EventID, domain.PayoutVersion{Rejected: v.Rejected, Reason: v.Reason}},
			{"pay", domain.TypePayoutPaid, v.Paid, approval, domain.PayoutVersion{Approved: v.Approved, Voucher: v.Voucher, Paid: v.Paid, Reference: v.Reference}},
			{"cancel", domain.TypePayoutCancelled, v.Cancelled, approval, domain.PayoutVersion{Approved: v.Approved, Voucher: v.Voucher, Cancelled: v.Cancelled, Reason: v.Reason}},
		} {
			if s.step == nil {
				continue
			}
			if under, command, _ := strings.Cut(s.step.EventID, "."); under == p.underKeyID(s.typ, payout.Entity, s.about) {
				s.then.PayoutStep, s.then.PayoutCalculated = v.PayoutStep, v.PayoutCalculated
				all = append(all, keyed{payout.Entity, s.action, s.then, s.step, command})
			}
		}
	}
	return all
}

// again says that a step under the work's key stands, as it was said when it was taken; or refuses the key, if another command took it, as another process may
// have since checkKey.
func (p *payoutWork) again(k keyed) error {
	if err := p.refuseKey(k); err != nil {
		return err
	}
	if k.action == "calculate" {
		return &standing{calculated(k.entity, k.version.PayoutCalculated), k.step.EventID}
	}
	return &standing{report.OutcomeOf(k.entity, &k.version, k.version.Status()), k.step.EventID}
}

// keysUnderWay are the keys of the commands on payouts that are under way in this process. One key is for one command at a time: what checkKey finds
// of it is then all there is.
type keysUnderWay struct {
	mu   sync.Mutex
	held map[string]chan struct{} // closed when the command has ended
}

// hold waits until no other command has the key, and takes it until release is called. "" is no key.
func (k *keysUnderWay) hold(ctx context.Context, key string) (release func(), err error) {
	if key == "" {
		return func() {}, nil
	}
	for {
		k.mu.Lock()
		other, taken := k.held[key]
		if !taken {
			if k.held == nil {
				k.held = map[string]chan struct{}{}
			}
			ended := make(chan struct{})
			k.held[key] = ended
			k.mu.Unlock()
			return func() {
				k.mu.Lock()
				defer k.mu.Unlock()
				delete(k.held, key)
				close(ended)
			}, nil
		}
		k.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// checkKey refuses a key under which another command than this one has been carried out.
func (p *payoutWork) checkKey(ctx context.Context) error {
	if p.Key == "" {
		return nil
	}
	o, err := p.ledger.answering(ctx, p.Authority)
	if err != nil {
		return err
	}
	payouts, _, err := o.table.Payouts(projections.Now)
	if err != nil {
		return err
	}
	for _, payout := range payouts.All() {
		for _, k := range p.underKey(payout) {
			if err := p.refuseKey(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseKey refuses the work's key if the step that was taken under it is another command's.
func (p *payoutWork) refuseKey(k keyed) error {
	if k.command == p.whole() || k.command == "" && p.says(k) {
		return nil
	}
	return domain.Problems{{Field: fieldKey, Reason: fmt.Sprintf("%s stands for another command: %s of %s (event %d), or the same with other words or payouts; give a new command a new key",
		p.Key, k.action, k.entity.ID(), k.step.Sequence)}}
}

// says says whether the command is one that could have taken a step whose id does not tell. What it leaves to the ledger (the date, the version) may have
// been left to it then.
func (p *payoutWork) says(k keyed) bool {
	v := &k.version
	named := slices.Contains(p.Payouts, k.entity.ID()) || slices.Contains(p.Payouts, string(k.entity)) ||
		p.from != 0 && p.from <= v.Month && v.Month <= p.to && (p.Provider == "" || p.Provider == v.Provider)
	return named && k.action == p.Action && k.step.Actor == p.Actor && (p.On == "" || k.step.Date == p.on) && (p.Version == 0 || p.Version == v.Version) &&
		v.Reason == p.Reason && v.Reference == p.Reference
}

// OfAnotherCommand says whether a refusal is that the command's key, or the record's id, stands for another one with other content.
func OfAnotherCommand(refused domain.Problems) bool {
	return slices.ContainsFunc(refused, func(p domain.Problem) bool { return p.Field == fieldKey || p.Field == "id" })
}

// fieldKey is the field of a problem with a command's key.
const fieldKey = "key"
