package domain

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// Event is one immutable event, decoded. Data is a pointer to the payload struct of its Type.
type Event struct {
	Sequence    uint64 // position on the authority's log, from 1; 0 before it is written
	ID          string
	Type        Type
	Authority   string
	Entity      Entity
	Effective   Date      // when it holds in the world
	Recorded    time.Time // when it was first registered, UTC
	Actor       string
	Causation   string // id of the event that caused it, its own where a record did
	Correlation string // id of the first event of its chain of causes
	RecordHash  string // SHA-256 of the record's canonical content, hex; "" where the ledger itself wrote it
	Data        payload
}

// envelope is the CloudEvents 1.0 form of an event but for its data; the extension attributes are lower case as the
// specification asks.
type envelope struct {
	SpecVersion   string    `json:"specversion"`
	ID            string    `json:"id"`
	Source        string    `json:"source"`
	Type          Type      `json:"type"`
	Subject       Entity    `json:"subject"`
	Time          time.Time `json:"time"`
	ContentType   string    `json:"datacontenttype"`
	Authority     string    `json:"authority"`
	Effective     Date      `json:"effective"`
	Actor         string    `json:"actor"`
	Causation     string    `json:"causationid"`
	Correlation   string    `json:"correlationid"`
	SchemaVersion int       `json:"schemaversion"`
	RecordHash    string    `json:"recordhash,omitzero"`
}

// UnknownEventError says that a stored event cannot be understood by this program. Nothing skips it.
type UnknownEventError struct {
	Sequence uint64
	Type     Type
	Version  int
	Err      error // what the decoder said, where the type and version are known
}

func (e *UnknownEventError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("event %d (%s, version %d) cannot be read: %v; nothing after it was used. Compare the log with a backup or replica", e.Sequence, e.Type, e.Version, e.Err)
	}
	return fmt.Sprintf("event %d is of type %q version %d, which this program does not know; nothing after it was used. Use the careledger release that wrote it, or a later one", e.Sequence, e.Type, e.Version)
}

func (e *UnknownEventError) Unwrap() error { return e.Err }

// Encode returns the bytes of e for the log: a CloudEvents 1.0 JSON document in structured mode.
func (e *Event) Encode() ([]byte, error) {
	s, ok := catalogue[e.Type]
	if !ok {
		return nil, fmt.Errorf("encode event %s: unknown type %q", e.ID, e.Type)
	}
	b, err := s.encode(envelope{
		SpecVersion: "1.0", ID: e.ID, Source: "/careledger/" + e.Authority, Type: e.Type, Subject: e.Entity, Time: e.Recorded,
		ContentType: "application/json", Authority: e.Authority, Effective: e.Effective, Actor: e.Actor,
		Causation: e.Causation, Correlation: e.Correlation, SchemaVersion: s.version, RecordHash: e.RecordHash,
	}, e.Data)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return b, nil
}

// lacking is a payload whose fold cannot do without a field that the bytes may lack: no record without it is accepted, but bytes on a log
// may have come there otherwise.
type lacking interface{ lacks() string }

func (d *TimeReported) lacks() string {
	if d.Minutes == nil {
		return "minutes"
	}
	return ""
}

func (d *HealthTimeReported) lacks() string {
	switch {
	case d.Minutes == nil:
		return "minutes"
	case d.Delegated == nil:
		return "delegated"
	}
	return ""
}

// DecodeEvent reads the bytes that stand at a sequence of the log under the given type. It returns *UnknownEventError if
// the type or its schema version is not known, or the bytes are not such an event.
func DecodeEvent(sequence uint64, t Type, raw []byte) (Event, error) {
	s, ok := catalogue[t]
	if !ok {
		return Event{}, &UnknownEventError{Sequence: sequence, Type: t, Version: versionOf(raw)}
	}
	env, data, err := s.decode(raw)
	if err != nil || env.SchemaVersion != s.version || env.Type != t {
		if v := versionOf(raw); v != s.version {
			return Event{}, &UnknownEventError{Sequence: sequence, Type: t, Version: v}
		}
		if err == nil {
			err = fmt.Errorf("its subject says %s and its document %s", t, env.Type)
		}
		return Event{}, &UnknownEventError{Sequence: sequence, Type: t, Version: s.version, Err: err}
	}
	if p, ok := data.(lacking); ok {
		if field := p.lacks(); field != "" {
			return Event{}, &UnknownEventError{Sequence: sequence, Type: t, Version: s.version, Err: fmt.Errorf("it has no data.%s", field)}
		}
	}
	return Event{
		Sequence: sequence, ID: env.ID, Type: t, Authority: env.Authority, Entity: env.Subject, Effective: env.Effective,
		Recorded: env.Time, Actor: env.Actor, Causation: env.Causation, Correlation: env.Correlation, RecordHash: env.RecordHash, Data: data,
	}, nil
}

func versionOf(raw []byte) int {
	var head struct {
		SchemaVersion int `json:"schemaversion"`
	}
	_ = json.Unmarshal(raw, &head) // zero when it cannot be read, which no version is
	return head.SchemaVersion
}

// idSpace is the namespace of ids that careledger derives (UUIDv5). It must never change.
var idSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://careledger/ids/v1"))

// deriveID returns the id that follows from the given parts.
func deriveID(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = append(append(b, p...), 0)
	}
	return uuid.NewSHA1(idSpace, b).String()
}

// ledgerActor is the actor of what the ledger itself writes because of another event.
const ledgerActor = "careledger"

// Caused returns an event that the ledger itself writes because of cause: its id follows from the cause and what it is about.
// Recorded is that of the cause, or last (that of the entity's last event) where it is later.
func Caused(cause *Event, t Type, entity Entity, effective Date, last time.Time, data payload, about ...string) Event {
	recorded := cause.Recorded
	if last.After(recorded) {
		recorded = last
	}
	return Event{
		ID: deriveID(append([]string{"caused", cause.ID, string(t), string(entity)}, about...)...), Type: t, Authority: cause.Authority,
		Entity: entity, Effective: effective, Recorded: recorded, Actor: ledgerActor,
		Causation: cause.ID, Correlation: cause.Correlation, Data: data,
	}
}

func asType[T error](err error) (T, bool) {
	var t T
	ok := errors.As(err, &t)
	return t, ok
}
