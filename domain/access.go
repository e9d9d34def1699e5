package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Access is one event of an authority's access log: somebody was shown cases or patients of its ledger. On the log it is a CloudEvents 1.0 JSON
// document like the ledger's own events, of type cases-read and about the question that was asked (question/trail), written before the answer
// was shown. It is of no use in the ledger itself: a record of this type is refused there.
type Access struct {
	Sequence    uint64 // position on the access log, from 1; 0 before it is written
	ID          string
	Authority   string
	Question    string    // as careledger.ask names it: trail, why, sheet
	Recorded    time.Time // UTC
	Actor       string    // opaque id of who read, as they or their program said
	Correlation string    // of the parts of one answer: the id of the first
	CasesRead
}

// CasesRead is the data of an access.
type CasesRead struct {
	Purpose   string         `json:"purpose"`         // as stated; see CheckPurpose
	Arguments jsontext.Value `json:"arguments"`       // of the question
	AsOf      *ReadMoment    `json:"as_of,omitempty"` // what the answer was of; nil of the access log itself
	Log       ReadLog        `json:"log"`             // what it was answered from
	Entities  []Entity       `json:"entities"`        // shown: cases, patients and payouts, sorted
	Part      int            `json:"part"`            // from 1, of Parts: an answer that shows very many entities is several events of one commit
	Parts     int            `json:"parts"`
}

// ReadMoment is the moment of knowledge that an answer was of: the sequence of the last event known, 0 for none, and the time as the answer
// states it, "" for none.
type ReadMoment struct {
	Sequence uint64 `json:"sequence"`
	Recorded string `json:"recorded,omitzero"`
}

// ReadLog is where the log stood that was answered from.
type ReadLog struct {
	Origin   string `json:"origin"` // careledger/1281; of the access log itself careledger/1281/access
	Sequence uint64 `json:"sequence"`
	Root     string `json:"root"` // hex
}

// TypeCasesRead is the type of every event of an access log.
const TypeCasesRead Type = "cases-read"

// kindQuestion is the kind of what an access is about.
const kindQuestion Kind = "question"

const (
	purposeMost    = 200    // characters of a purpose
	accessEntities = 20_000 // entities of one event
)

func (d *CasesRead) check(ps *Problems) {
	if err := CheckPurpose(d.Purpose); err != nil {
		ps.add("purpose", "%v", err)
	}
	if d.Part == 1 && !slices.ContainsFunc(d.Entities, Entity.OfPerson) { // payouts come last
		ps.add("entities", "no case or patient is among them")
	}
	if d.Part < 1 || d.Part > d.Parts {
		ps.add("part", "%d of %d is no part of an answer", d.Part, d.Parts)
	}
}

// CheckStored judges an access as it stands on the access log of an authority, from itself alone.
func (a *Access) CheckStored(authority string) (ps Problems) {
	if a.Authority != authority {
		ps.add("authority", "it is of %s", a.Authority)
	}
	if err := CheckActor(a.Actor); err != nil {
		ps.add("actor", "%v", err)
	}
	a.check(&ps)
	return ps
}

// accessSpec encodes and decodes accesses. It must not be changed.
var accessSpec = spec[CasesRead](kindQuestion, true)

// OfPerson says whether the entity is a person's: a case, or a patient of home health care.
func (e Entity) OfPerson() bool { return e.Kind() == KindCase || e.Kind() == KindPatient }

// CheckPurpose refuses a purpose that says nothing, is longer than 200 characters, does not stand on one line, or holds a personal identity number.
func CheckPurpose(purpose string) error {
	switch n := utf8.RuneCountInString(purpose); {
	case strings.IndexFunc(purpose, unicode.IsLetter) < 0:
		return fmt.Errorf("say in words what the reading is for, for example \"complaint 2026-114\"")
	case n > purposeMost:
		return fmt.Errorf("it is %d characters long; at most %d are allowed", n, purposeMost)
	case !utf8.ValidString(purpose) || strings.IndexFunc(purpose, unicode.IsControl) >= 0:
		return fmt.Errorf("it has a line break or another character that is no text; write it on one line")
	}
	return CheckText(purpose)
}

// InParts returns the access as the events of one commit, in order: one, unless it shows very many entities. newID gives each its id, unique on
// the log.
func (a *Access) InParts(newID func() string) []Access {
	entities := slices.Clone(a.Entities)
	slices.Sort(entities)
	entities = slices.Compact(entities)
	var all []Access
	for chunk := range slices.Chunk(entities, accessEntities) {
		part := *a
		part.ID, part.Entities, part.Part = newID(), chunk, len(all)+1
		all = append(all, part)
	}
	for i := range all {
		all[i].Parts, all[i].Correlation = len(all), all[0].ID
	}
	return all
}

// Entity is what the access is about, question/trail: the middle of its subject.
func (a *Access) Entity() Entity { return NewEntity(kindQuestion, a.Question) }

// Encode returns the bytes of a for the access log. It refuses what holds a personal identity number in any field.
func (a *Access) Encode() ([]byte, error) {
	b, err := accessSpec.encode(envelope{
		SpecVersion: "1.0", ID: a.ID, Source: "/careledger/" + a.Authority, Type: TypeCasesRead, Subject: a.Entity(), Time: a.Recorded,
		ContentType: "application/json", Authority: a.Authority, Effective: LocalDate(a.Recorded), Actor: a.Actor,
		Causation: a.ID, Correlation: a.Correlation, SchemaVersion: accessSpec.version,
	}, &a.CasesRead)
	if err != nil {
		return nil, fmt.Errorf("encode access %s: %w", a.ID, err)
	}
	if ps := refusePersonal(b, nil); len(ps) > 0 {
		return nil, ps
	}
	return b, nil
}

// DecodeAccess reads the bytes that stand at a sequence of an access log under the given type. Errors: *UnknownEventError.
func DecodeAccess(sequence uint64, t Type, raw []byte) (Access, error) {
	env, data, err := accessSpec.decode(raw)
	if v := versionOf(raw); t != TypeCasesRead || v != accessSpec.version {
		return Access{}, &UnknownEventError{Sequence: sequence, Type: t, Version: v}
	}
	if err == nil && (env.Type != t || env.Subject.Kind() != kindQuestion) {
		err = fmt.Errorf("it says that it is %s about %s", env.Type, env.Subject)
	}
	if err != nil {
		return Access{}, &UnknownEventError{Sequence: sequence, Type: t, Version: accessSpec.version, Err: err}
	}
	return Access{Sequence: sequence, ID: env.ID, Authority: env.Authority, Question: env.Subject.ID(), Recorded: env.Time, Actor: env.Actor,
		Correlation: env.Correlation, CasesRead: *data.(*CasesRead)}, nil
}
