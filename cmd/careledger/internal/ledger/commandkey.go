package ledger

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
)

// A program that does not learn what became of a command gives it again, with the same key. The log is the memory of keys: the id of an event that a
// command writes follows from its key, beside what it is about, so that every event of a key is found again, at any later time, after any restart and
// by any process (decisions.md, 9). Given again, what stands is answered as it was the first time and not done again, what does not stand is done; and
// a key that another command has used is refused. A command that wrote nothing has left no key.

// keyed is a step that a command took under the work's key.
type keyed struct {
	entity  domain.Entity
	action  string
	version domain.PayoutVersion // as the step left it
	step    *domain.PayoutStep
}

// about adds the key to what the id of an event follows from.
func (p *payoutWork) about(what string) []string {
	if p.Key == "" {
		return []string{what}
	}
	return []string{what, p.Key}
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
			if s.step != nil && s.step.EventID == domain.PayoutEventID(s.typ, p.Authority, payout.Entity, p.about(s.about)...) {
				s.then.PayoutStep, s.then.PayoutCalculated = v.PayoutStep, v.PayoutCalculated
				all = append(all, keyed{payout.Entity, s.action, s.then, s.step})
			}
		}
	}
	return all
}

// again says that a step stands, as it was said when it was taken.
func (k keyed) again() *standing {
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
			if !p.says(k) {
				return domain.Problems{{Field: fieldKey, Reason: fmt.Sprintf("%s stands for another command: %s of %s (event %d), or the same with other words; give a new command a new key",
					p.Key, k.action, k.entity.ID(), k.step.Sequence)}}
			}
		}
	}
	return nil
}

// OfAnotherCommand says whether a refusal is that the command's key, or the record's id, stands for another one with other content.
func OfAnotherCommand(refused domain.Problems) bool {
	return slices.ContainsFunc(refused, func(p domain.Problem) bool { return p.Field == fieldKey || p.Field == "id" })
}

// fieldKey is the field of a problem with a command's key.
const fieldKey = "key"

// says says whether the command is the one that took a step. What it leaves to the ledger (the date, the version) may have been left to it then.
func (p *payoutWork) says(k keyed) bool {
	v := &k.version
	named := slices.Contains(p.Payouts, k.entity.ID()) || slices.Contains(p.Payouts, string(k.entity)) ||
		p.from != 0 && p.from <= v.Month && v.Month <= p.to && (p.Provider == "" || p.Provider == v.Provider)
	return named && k.action == p.Action && k.step.Actor == p.Actor && (p.On == "" || k.step.Date == p.on) && (p.Version == 0 || p.Version == v.Version) &&
		v.Reason == p.Reason && v.Reference == p.Reference
}
