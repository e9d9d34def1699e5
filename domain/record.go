package domain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Record is how an event comes in: one JSON object a line.
type Record struct {
	ID        string         `json:"id,omitzero"`
	Type      Type           `json:"type"`
	Authority string         `json:"authority"`
	Entity    string         `json:"entity"`
	Effective string         `json:"effective"`
	Recorded  string         `json:"recorded,omitzero"`
	Actor     string         `json:"actor"`
	Data      jsontext.Value `json:"data"`
}

// NewRecord returns a record with the given data, for programs that write records.
func NewRecord(t Type, authority string, entity Entity, effective Date, recorded time.Time, actor string, data payload) (Record, error) {
	raw, err := json.Marshal(data, json.Deterministic(true))
	r := Record{Type: t, Authority: authority, Entity: string(entity), Effective: effective.String(), Actor: actor, Data: raw}
	if !recorded.IsZero() {
		r.Recorded = recorded.UTC().Format(time.RFC3339)
	}
	return r, err
}

// RecordedGrace is how far in the future recorded may lie, for clocks that differ.
const RecordedGrace = 5 * time.Minute

// ParseRecord reads one line and checks everything that can be judged from the line alone. now is the reader's clock, UTC.
// It returns the event as it will stand on the log, but for its sequence, or every problem found. A field that holds a personal identity
// number is a problem, and no problem repeats the number.
func ParseRecord(line []byte, now time.Time) (Event, Problems) {
	e, ps := parseRecord(line, now)
	if ps = refusePersonal(line, ps); len(ps) > 0 {
		return Event{}, ps
	}
	return e, nil
}

// parseRecord is ParseRecord but for personal identity numbers.
func parseRecord(line []byte, now time.Time) (Event, Problems) {
	if len(bytes.TrimSpace(line)) == 0 {
		return Event{}, Problems{{Field: "record", Reason: "the line is empty; write one JSON object a line"}}
	}
	var r Record
	if err := json.Unmarshal(line, &r, json.RejectUnknownMembers(true)); err != nil {
		return Event{}, Problems{jsonProblem(err, "", line)}
	}
	var ps Problems
	e := Event{Type: r.Type, Authority: r.Authority, Actor: r.Actor, Recorded: now.UTC()}
	spec, known := catalogue[r.Type]
	switch {
	case r.Type == "":
		ps.add("type", "is required")
	case !known:
		ps.code("type", string(r.Type), recordTypes())
	case spec.byLedger:
		ps.add("type", "%s is written by the ledger itself, with what causes it; it cannot come in as a record", r.Type)
	}
	if ps.required("authority", r.Authority != "") {
		if err := ParseAuthority(r.Authority); err != nil {
			ps.add("authority", "%v", err)
		}
	}
	r.checkEntity(&e, spec, known, &ps)
	r.checkTimes(&e, now, &ps)
	if ps.required("actor", r.Actor != "") && !actorID.MatchString(r.Actor) {
		ps.add("actor", "%q is not an actor id; use 1 to 64 of A-Z a-z 0-9 . _ : / -", r.Actor)
	}
	if r.ID != "" && !eventID.MatchString(r.ID) {
		ps.add("id", "%q is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -", r.ID)
	}
	if ps.required("data", len(r.Data) > 0) && known && !spec.byLedger {
		if err := r.Data.Canonicalize(); err != nil { // the form that is hashed and that nested documents keep on the log
			return Event{}, append(ps, Problem{Field: "data", Reason: "cannot be put in canonical form: " + err.Error()})
		}
		data, found := decodeData(r.Type, r.Data, "data")
		e.Data, ps = data, append(ps, found...)
		if d, ok := data.(dated); ok && e.Effective != 0 {
			if field, day := d.ownDate(); day != 0 && day != e.Effective {
				ps.add("effective", "%s is not equal to data.%s, %s; the two say the same thing", e.Effective, field, day)
			}
		}
	}
	if len(ps) > 0 {
		return Event{}, ps
	}
	r.identify(&e)
	return e, nil
}

func (r *Record) checkEntity(e *Event, spec typeSpec, known bool, ps *Problems) {
	if !ps.required("entity", r.Entity != "") {
		return
	}
	entity, err := ParseEntity(r.Entity)
	switch {
	case err != nil:
		ps.add("entity", "%v", err)
	case known && spec.kind != "" && entity.Kind() != spec.kind:
		ps.add("entity", "%s goes into %s/…, not %s", r.Type, spec.kind, r.Entity)
	case known && spec.kind == "" && entity.Kind() == KindPayout:
		ps.add("entity", "a payout is not corrected; it is rejected or cancelled, and what is known later is adjusted in the next one")
	case known && spec.kind == "" && !recordKinds.Has(string(entity.Kind())):
		ps.add("entity", "%q is not a kind of entity; use one of %s", entity.Kind(), recordKinds)
	}
	e.Entity = entity
}

func (r *Record) checkTimes(e *Event, now time.Time, ps *Problems) {
	if ps.required("effective", r.Effective != "") {
		var err error
		if e.Effective, err = ParseDate(r.Effective); err != nil {
			ps.add("effective", "%v", err)
		}
	}
	if r.Recorded == "" {
		return
	}
	t, err := time.Parse(time.RFC3339, r.Recorded)
	switch {
	case err != nil:
		ps.add("recorded", "%q is not a time; write RFC 3339, for example 2015-03-01T08:00:00Z", r.Recorded)
	case t.After(now.Add(RecordedGrace)):
		ps.add("recorded", "%s is later than now, %s", r.Recorded, now.UTC().Format(time.RFC3339))
	case t.Year() < 1901:
		ps.add("recorded", "the year %d is before 1901", t.Year())
	}
	e.Recorded = t.UTC()
}

// identify gives e its id and the hash of the record's canonical content.
func (r *Record) identify(e *Event) {
	b := r.canonical()
	sum := sha256.Sum256(b)
	e.RecordHash = hex.EncodeToString(sum[:])
	if e.ID = r.ID; e.ID == "" {
		e.ID = deriveID("record", string(b))
	}
	e.Causation, e.Correlation = e.ID, e.ID
}
