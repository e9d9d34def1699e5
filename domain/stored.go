package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What can be judged of an event on the log from itself alone, for whoever checks a log after the fact: what ParseRecord refuses in a
// record, and what the ledger writes into its own events.

// CheckStored judges an event as it stands on the log in raw, without what came before it: its envelope, its data, and that nothing in it
// is a personal identity number. now is the reader's clock, for what is recorded in the future. What is not whole must not be folded: the folds
// rely on what every type's data promises.
func (e *Event) CheckStored(raw []byte, now time.Time) (ps Problems, whole bool) {
	spec := catalogue[e.Type] // known: it was decoded
	if err := ParseAuthority(e.Authority); err != nil {
		ps.add("authority", "%v", err)
	}
	(&Record{Type: e.Type, Entity: string(e.Entity)}).checkEntity(&Event{}, spec, true, &ps)
	if !eventID.MatchString(e.ID) {
		ps.add("id", "%q is not an id", maskPersonal(e.ID))
	}
	if !actorID.MatchString(e.Actor) {
		ps.add("actor", "%q is not an actor id", maskPersonal(e.Actor))
	}
	if e.Recorded.After(now.Add(RecordedGrace)) || e.Recorded.Year() < 1901 {
		ps.add("recorded", "%s is later than now, or before 1901", e.Recorded.Format(time.RFC3339))
	}
	if d, ok := e.Data.(dated); ok {
		if field, day := d.ownDate(); day != e.Effective {
			ps.add("effective", "%s is not equal to data.%s, %s", e.Effective, field, day)
		}
	}
	e.checkCause(&ps)
	var found Problems
	e.Data.check(&found)
	for i := range found {
		found[i].Field = "data." + found[i].Field
	}
	ps = append(ps, found...)
	if !spec.byLedger {
		ps = refusePersonal(raw, ps)
	}
	return ps, len(found) == 0
}

// checkCause judges by whom and because of what an event says that it was written.
func (e *Event) checkCause(ps *Problems) {
	switch e.Type {
	case TypePremiumAwarded, TypePremiumReversed:
		if e.Actor != ledgerActor || e.RecordHash != "" || e.Causation == e.ID {
			ps.add("actor", "%s is written by the ledger itself because of another event; this one says actor %s, caused by %s", e.Type, maskPersonal(e.Actor), maskPersonal(e.Causation))
		}
		return
	}
	if e.Causation != e.ID || e.Correlation != e.ID {
		ps.add("causation", "%s is a command of its own, and says that %s caused it", e.Type, maskPersonal(e.Causation))
	}
	if len(e.RecordHash) != 2*sha256.Size {
		ps.add("recordhash", "a hash of the record's content is missing")
	}
}

// RecordHashComputed computes the hash of an event's record again from the event: same is whether it is the one that the event carries. told is
// false where the log does not tell: a record's hash is of the text that its sender wrote (a time in another zone, a field that is left out),
// of which the log keeps the meaning. An event of a payout always tells.
func (e *Event) RecordHashComputed() (same, told bool) {
	if e.RecordHash == "" {
		return false, false
	}
	raw, err := json.Marshal(e.Data, json.Deterministic(true))
	if err != nil {
		return false, false
	}
	if e.Entity.Kind() == KindPayout {
		return payoutHash(e.Actor, e.Effective, raw) == e.RecordHash, true
	}
	data := jsontext.Value(raw)
	if data.Canonicalize() != nil {
		return false, false
	}
	r := Record{Type: e.Type, Authority: e.Authority, Entity: string(e.Entity), Effective: e.Effective.String(), Actor: e.Actor, Data: data}
	for _, recorded := range [...]string{e.Recorded.Format(time.RFC3339), "", e.Recorded.In(stockholm()).Format(time.RFC3339)} {
		r.Recorded = recorded
		if sum := sha256.Sum256(r.canonical()); hex.EncodeToString(sum[:]) == e.RecordHash {
			return true, true
		}
	}
	return false, false
}

// canonical is the record without its id, keys sorted, values in the form of RFC 8785. Data is in that form already.
func (r *Record) canonical() []byte {
	b := append([]byte(`{"actor":`), strconv.Quote(r.Actor)...)
	b = append(append(b, `,"authority":`...), strconv.Quote(r.Authority)...)
	b = append(append(b, `,"data":`...), r.Data...)
	b = append(append(b, `,"effective":`...), strconv.Quote(r.Effective)...)
	b = append(append(b, `,"entity":`...), strconv.Quote(r.Entity)...)
	if r.Recorded != "" {
		b = append(append(b, `,"recorded":`...), strconv.Quote(r.Recorded)...)
	}
	return append(append(append(b, `,"type":`...), strconv.Quote(string(r.Type))...), '}')
}
