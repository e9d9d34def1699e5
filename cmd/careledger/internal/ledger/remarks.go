package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"careledger/domain"
)

// remarks are what the register says of an export, told once for all payouts that it is said of.
type remarks struct {
	order []remark
	said  map[remark][]string // the payouts
}

// remark is what is said of payouts: before and after their names.
type remark struct{ before, one, several string }

func (rs *remarks) add(payout string, r remark) {
	if rs.said == nil {
		rs.said = map[remark][]string{}
	}
	if rs.said[r] == nil {
		rs.order = append(rs.order, r)
	}
	rs.said[r] = append(rs.said[r], payout)
}

// texts are the remarks in the order in which they first came.
func (rs *remarks) texts() (all []string) {
	for _, r := range rs.order {
		payouts, verb := rs.said[r], r.several
		if len(payouts) == 1 {
			verb = r.one
		}
		all = append(all, r.before+named(payouts)+verb)
	}
	return all
}

// named names up to three payouts, and counts the rest.
func named(payouts []string) string {
	const most = 3
	switch n := len(payouts); {
	case n == 1:
		return payouts[0]
	case n <= most:
		return strings.Join(payouts[:n-1], ", ") + " and " + payouts[n-1]
	default:
		return fmt.Sprintf("%s and %d more payouts", payouts[0], n-1)
	}
}

// remember says of each payout what the register knows: an export of the same kind before, and whether it said the same; and what went out
// and was taken back since.
func (r *register) remember(kind ExportKind, reference string, selected []*selected, now map[string]*domain.PayoutVersion) []string {
	last := r.last()
	among, newest := map[string]bool{}, map[string]string{} // the versions selected, and the newest of each payout
	for _, s := range selected {
		among[s.version.EventID], newest[s.payout.ID] = true, s.version.EventID
	}
	var rs remarks
	for _, s := range selected {
		id := s.payout.ID
		for _, e := range last[id] {
			if e.Version != s.version.EventID && (among[e.Version] || s.version.EventID != newest[id]) {
				continue // it is told with the version that it is of, or with the newest
			}
			rs.one(kind, reference, s, e, now[e.Version])
		}
	}
	return rs.texts()
}

// last returns by payout the last export of each kind, version and message: to the bank, each message is another. They are in the order in
// which the first of each was made.
func (r *register) last() map[string][]*exported {
	all := map[string][]*exported{}
	for i := range r.all {
		e := &r.all[i]
		at := slices.IndexFunc(all[e.Payout], func(o *exported) bool {
			return o.Kind == e.Kind && o.Version == e.Version && o.Reference == e.Reference
		})
		if at < 0 {
			all[e.Payout] = append(all[e.Payout], e)
		} else {
			all[e.Payout][at] = e
		}
	}
	return all
}

// went says how and where to an export went.
func (e *exported) went() string {
	file := e.File
	if file == "-" {
		file = "standard output"
	}
	return fmt.Sprintf(" exported as %s on %s to %s", e.Kind, e.At.UTC().Format(time.RFC3339), file)
}

// concerns says which exports a cancellation of a voucher concerns, and what to do about each.
func (l *Local) concerns(authority, payout, voucher string) (all []string) {
	if l.config.ServerURL != "" || l.config.Dir == "" {
		return nil // not remembered
	}
	l.exporting.Lock()
	defer l.exporting.Unlock()
	r, err := openRegister(l.config.Dir, authority)
	if err != nil {
		return []string{"whether it was exported is not known: " + err.Error()} // it is cancelled all the same
	}
	for _, e := range r.last()[payout] {
		if e.Voucher.String() == voucher && e.Status != domain.PayoutStatusCancelled {
			all = append(all, "warning: it was"+e.went()+"; "+e.Kind.takeBack(e))
		}
	}
	return all
}

// one says what there is to say of an earlier export e, now that s is selected; version is the one that was exported, as known now.
func (rs *remarks) one(kind ExportKind, reference string, s *selected, e *exported, version *domain.PayoutVersion) {
	when := e.went()
	same := e.Kind == kind && e.Version == s.version.EventID
	switch {
	case version == nil:
		at := when + " in a version that the log does not have; are the register of exports and the log from the same time?"
		rs.add(s.payout.ID, remark{"warning: ", " was" + at, " were" + at})
	case version.Cancelled != nil && e.Status != domain.PayoutStatusCancelled:
		at := fmt.Sprintf("%s and cancelled since; %s", when, e.Kind.takeBack(e))
		rs.add(fmt.Sprintf("%s (voucher %s, %s)", s.payout.ID, version.Voucher, e.Amount), remark{"warning: ", " was" + at, " were" + at})
	case same && s.content != "" && e.Reference != reference:
		at := when + " before, in message " + e.Reference + "; to the bank this file is another one, and it would pay both: send only one of them"
		rs.add(s.payout.ID, remark{"warning: ", " was" + at, " were" + at})
	case same && s.content == e.Content:
		at := when + " before, with the same content"
		rs.add(s.payout.ID, remark{"note: ", " was" + at, " were" + at})
	case same && s.content != "":
		at := when + " before, with other content; " + e.Kind.replaced()
		rs.add(s.payout.ID, remark{"warning: ", " was" + at, " were" + at})
	case e.Kind == kind && s.content != "" && version.Cancelled == nil:
		at := when + " before, in an earlier version"
		rs.add(s.payout.ID, remark{"note: ", " was" + at, " were" + at})
	}
}

// takeBack says what to do about a file that has a payout which has been cancelled since.
func (k ExportKind) takeBack(e *exported) string {
	switch k {
	case ExportSIE:
		return "reverse the voucher in the accounting system if it has been read in there"
	case ExportPain001:
		return "see that the bank does not carry out the payment of message " + e.Reference + ", or it is paid although it was taken back"
	default:
		return "tell the provider that the statement does not hold"
	}
}

// replaced says what to do about a file that says something else than the new one.
func (k ExportKind) replaced() string {
	if k == ExportSIE {
		return "an accounting system that has read that file must not read this one as well"
	}
	return "use only one of the two"
}
