package projections

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"careledger/domain"
	"careledger/eventstore"
)

// Verification is what checking a whole log found: that its bytes are those of the tree, the witness and the checkpoints, that every event
// follows from what stands before it, that the premiums on it are the premium postings, and that every payout comes out again.
type Verification struct {
	Authority string `json:"authority"`
	Sequence  uint64 `json:"sequence"` // of the last event verified
	Root      string `json:"root"`     // of the log's tree there, computed from the bytes; "" where they could not all be read
	Events    uint64 `json:"events"`
	Entities  int    `json:"entities"`
	// RecordHashes counts the events whose record's hash was computed again from the event; of the others the log does not tell
	// (domain.Event.RecordHashComputed), or the ledger wrote them.
	RecordHashes uint64           `json:"record_hashes"`
	Checkpoints  int              `json:"checkpoints"` // compared
	Premiums     VerifiedPremiums `json:"premiums"`
	Payouts      VerifiedPayouts  `json:"payouts"`
	Accesses     VerifiedAccesses `json:"accesses"`
	Facts        string           `json:"facts"` // of the file that keeps the facts: one of the words below
	Notes        []string         `json:"notes"` // what is no finding, and good to know
	Findings     []Finding        `json:"findings"`
	FindingsMore int              `json:"findings_more"` // beyond the findingsKept that are named

	skipped int             // events that the facts lack
	told    map[string]bool // findings, so that what several passes find is named once
}

// VerifiedPremiums counts the premiums on a log.
type VerifiedPremiums struct {
	Awarded     int          `json:"awarded"`
	Reversed    int          `json:"reversed"`
	Outstanding int          `json:"outstanding"`
	Amount      domain.Money `json:"amount"` // of the outstanding ones
}

// VerifiedPayouts counts the payouts on a log.
type VerifiedPayouts struct {
	Payouts    int          `json:"payouts"`
	Versions   int          `json:"versions"`
	Recomputed int          `json:"recomputed"` // versions that came out again, to the öre and to the digest
	Vouchers   int          `json:"vouchers"`
	Settled    domain.Money `json:"settled"` // of what stands approved or paid
	Paid       domain.Money `json:"paid"`
}

// What is said of the file that keeps the facts.
const (
	FactsEqual  = "equal"     // it holds what the log gives
	FactsUnused = "not used"  // it is missing, damaged, old or of another log, and is made again
	FactsWrong  = "different" // a finding
	FactsNone   = "none"      // there is none, or it was not compared
)

// Finding is something on a log that should not be there, or that is missing.
type Finding struct {
	Sequence uint64        `json:"sequence"` // 0 where it is of no one event
	Entity   domain.Entity `json:"entity"`
	Type     domain.Type   `json:"type"`
	What     string        `json:"what"`
	Do       string        `json:"do"` // what to do about it
}

// What to do about a finding.
const (
	doRestore = "compare with a backup, a replica or a signed checkpoint of this log, and restore the one that agrees with them"
	doAsk     = "nothing that careledger decides gives this: find out how it came onto the log and who had access, and compare with a backup; correct it with a new event where it stands for something that happened"
	doPay     = "hold payments of it back, and compare with payout show and with a backup; if the log is right, the next payout adjusts it"
	doRelease = "read the log with the careledger release that wrote it, or compare the event with a backup"
)

// findingsKept bounds the findings that are named.
const findingsKept = 10_000

// find adds a finding. What has been told of the same event is not told again.
func (v *Verification) find(f Finding) {
	key := fmt.Sprint(f.Sequence, f.Entity, f.What)
	if v.told == nil {
		v.told = map[string]bool{}
	}
	if v.told[key] {
		return
	}
	if len(v.Findings) >= findingsKept {
		v.FindingsMore++
		return
	}
	v.told[key] = true
	v.Findings = append(v.Findings, f)
}

// damaged adds what eventstore says of bytes that are not those that were acknowledged.
func (v *Verification) damaged(err *eventstore.CorruptError) {
	v.find(Finding{Sequence: err.Sequence, What: err.Reason, Do: doRestore})
}

// differing adds the signed heads that are not of the log.
func (v *Verification) differing(heads []eventstore.Head) {
	for _, h := range heads {
		v.find(Finding{Sequence: h.Sequence, What: fmt.Sprintf("the signed checkpoint of event %d is not of this log: another root was signed (%x)", h.Sequence, h.Root),
			Do: "keep both, and compare with the checkpoints that are filed elsewhere: the log was replaced, or one was signed for another"})
	}
}

// CheckpointsDamaged adds that the signed checkpoints beside the log cannot be trusted, so that the log was not compared with them.
func (v *Verification) CheckpointsDamaged(err *eventstore.CheckpointError) {
	v.find(Finding{What: err.Error(), Do: doRestore})
}

// Unopened is the verification of a log that does not open, since it is not what was acknowledged.
func Unopened(authority string, err *eventstore.CorruptError) *Verification {
	v := &Verification{Authority: authority, Facts: FactsNone, Notes: []string{"the log does not open; nothing after this finding was verified"}}
	v.damaged(err)
	return v
}

// VerifyRequest says what to verify a log against.
type VerifyRequest struct {
	Checkpoints []eventstore.Head // heads that were signed, in order of their sequences
	Facts       string            // path of the file that keeps the facts of the log, "" for none
	Now         time.Time         // the clock that nothing may be recorded after
	Progress    func(doing string, done, total uint64)

	passEvents uint64 // in place of verifyPass, for tests
}

// verifyPass is how many events of a log one pass keeps the cases and patients of: the log is read once for every so many events, each time
// for another part of them. A case takes some 400 bytes for each of its events but 24 for each visit and time report.
const verifyPass = 2_000_000

// Verify checks a whole log. It reads nothing but the log, its tree, its witness and the facts named, and writes nothing. A finding does not stop
// it, unless bytes are not those of the tree: what comes after them proves nothing. It returns an error only if it could not do its work.
func Verify(ctx context.Context, log *eventstore.Log, r VerifyRequest) (*Verification, error) {
	v := &Verification{Authority: log.Authority(), Facts: FactsNone, Checkpoints: len(r.Checkpoints)}
	if r.Progress == nil {
		r.Progress = func(string, uint64, uint64) {}
	}
	head := log.Head().Sequence
	passes := int(head/cmp.Or(r.passEvents, verifyPass)) + 1
	table := NewTable(log)
	table.reserve(head)
	end, differ, err := v.pass(ctx, log, &r, table, 0, passes)
	var damage *eventstore.CorruptError
	switch {
	case errors.As(err, &damage):
		v.damaged(damage)
		v.Notes = append(v.Notes, fmt.Sprintf("the log was verified up to event %d; what follows proves nothing", v.Sequence))
		passes = 1 // another pass would stop at the same bytes, and cases of which a part is missing say little
	case err != nil:
		return nil, err
	default:
		v.Root = hex.EncodeToString(end.Root[:])
	}
	v.differing(differ)
	v.Entities = table.countEntities()
	if err := v.payouts(ctx, table, &r); err != nil {
		return nil, err
	}
	if damage == nil && r.Facts != "" {
		if err := v.facts(ctx, table, &r); err != nil {
			return nil, err
		}
	}
	table.release()
	for n := 1; n < passes; n++ {
		if _, _, err := v.pass(ctx, log, &r, nil, n, passes); err != nil && !errors.As(err, &damage) {
			return nil, err
		} else if err != nil { // damaged since the first pass
			v.damaged(damage)
			break
		}
	}
	slices.SortStableFunc(v.Findings, func(a, b Finding) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return v, nil
}

// countEntities counts the entities that have an event.
func (t *Table) countEntities() int {
	others := map[domain.Entity]bool{}
	for _, few := range []*storedColumns{&t.parties, &t.columns.payouts} {
		for p := range few.all() {
			others[p.entity] = true
		}
	}
	return t.entities.len() + len(others)
}
