package domain

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Type is an event type of the contract, section 3.
type Type string

const (
	TypeProviderRegistered Type = "provider-registered"
	TypeUnitRegistered     Type = "unit-registered"
	TypePolicyAdopted      Type = "policy-adopted"
	TypePolicyEnded        Type = "policy-ended"
	TypeCaseOpened         Type = "case-opened"
	TypeNeedsAssessed      Type = "needs-assessed"
	TypeDecisionMade       Type = "decision-made"
	TypeDecisionEnded      Type = "decision-ended"
	TypeProviderChanged    Type = "provider-changed"
	TypeGoalSet            Type = "goal-set"
	TypeGoalChanged        Type = "goal-changed"
	TypeGoalWithdrawn      Type = "goal-withdrawn"
	TypeSubgoalSet         Type = "subgoal-set"
	TypeFollowUpHeld       Type = "follow-up-held"
	TypeVisitPerformed     Type = "visit-performed"
	TypeTimeReported       Type = "time-reported"
	TypeAbsenceRegistered  Type = "absence-registered"
	TypeEventAnnulled      Type = "event-annulled"
	TypeEventCorrected     Type = "event-corrected"
	TypePremiumAwarded     Type = "premium-awarded"
	TypePremiumReversed    Type = "premium-reversed"

	TypeCareRequested       Type = "care-requested"
	TypeEnrolmentAssessed   Type = "enrolment-assessed"
	TypeCoordinatedPlanHeld Type = "coordinated-plan-held"
	TypeCarePlanAgreed      Type = "care-plan-agreed"
	TypePatientEnrolled     Type = "patient-enrolled"
	TypeHealthTimeReported  Type = "health-time-reported"
	TypePatientDischarged   Type = "patient-discharged"
	TypeDisputeRaised       Type = "dispute-raised"
	TypeDisputeResolved     Type = "dispute-resolved"

	TypeAgreementProposed     Type = "agreement-proposed"
	TypeAgreementPartyDecided Type = "agreement-party-decided"
	TypeAgreementFollowedUp   Type = "agreement-followed-up"

	TypeGrantAgreed         Type = "grant-agreed"
	TypeGrantAllocated      Type = "grant-allocated"
	TypeGrantTargetSet      Type = "grant-target-set"
	TypeGrantResultReported Type = "grant-result-reported"
	TypeGrantPaid           Type = "grant-paid"

	TypePayoutCalculated Type = "payout-calculated"
	TypePayoutApproved   Type = "payout-approved"
	TypePayoutRejected   Type = "payout-rejected"
	TypePayoutPaid       Type = "payout-paid"
	TypePayoutCancelled  Type = "payout-cancelled"
)

// payload is the data of one event.
type payload interface{ check(*Problems) }

// Data is a pointer to one of the payload structs, for what writes events of a type that it does not choose itself.
type Data = payload

// stating is a payload with required numbers, which once decoded cannot be told from ones left out: 0 is a number.
type stating interface {
	states() []string // their fields
}

// dated is a payload with its own valid date, which the record's effective must equal.
type dated interface {
	ownDate() (field string, day Date)
}

func (d *PolicyAdopted) ownDate() (string, Date)     { return "from", d.From }
func (d *PolicyEnded) ownDate() (string, Date)       { return "from", d.From }
func (d *DecisionMade) ownDate() (string, Date)      { return "from", d.From }
func (d *DecisionEnded) ownDate() (string, Date)     { return "last_day", d.LastDay }
func (d *ProviderChanged) ownDate() (string, Date)   { return "from", d.From }
func (d *FollowUpHeld) ownDate() (string, Date)      { return "held_on", d.HeldOn }
func (d *AbsenceRegistered) ownDate() (string, Date) { return "from", d.From }

// typeSpec is what the catalogue knows of an event type.
type typeSpec struct {
	kind     Kind // "" for corrections, which go into the entity of the event they concern
	version  int  // schema version that this program writes and reads
	byLedger bool // written by the ledger itself, refused in a record
	decode   func(raw []byte) (*envelope, payload, error)
	data     func(raw []byte) (payload, error)
	encode   func(env envelope, data payload) ([]byte, error)
}

func spec[T any, P interface {
	*T
	payload
}](kind Kind, byLedger bool) typeSpec {
	return typeSpec{
		kind: kind, version: 1, byLedger: byLedger,
		decode: func(raw []byte) (*envelope, payload, error) {
			var doc struct { // one step: the subject names the type before the bytes are read
				envelope
				Data *T `json:"data"`
			}
			doc.Data = new(T) // on its own, so that a state that keeps it does not keep the envelope with all its strings
			err := json.Unmarshal(raw, &doc, json.RejectUnknownMembers(true))
			if doc.Data == nil { // null
				doc.Data = new(T)
			}
			return &doc.envelope, P(doc.Data), err
		},
		data: func(raw []byte) (payload, error) {
			var data T
			err := json.Unmarshal(raw, &data, json.RejectUnknownMembers(true))
			return P(&data), err
		},
		encode: func(env envelope, data payload) ([]byte, error) {
			return json.Marshal(struct {
				envelope
				Data payload `json:"data"`
			}{env, data}, json.Deterministic(true))
		},
	}
}

// catalogue holds every event type this program knows. It must not be changed.
var catalogue = map[Type]typeSpec{
	TypeProviderRegistered: spec[ProviderRegistered](KindProvider, false),
	TypeUnitRegistered:     spec[UnitRegistered](KindProvider, false),
	TypePolicyAdopted:      spec[PolicyAdopted](KindPolicy, false),
	TypePolicyEnded:        spec[PolicyEnded](KindPolicy, false),
	TypeCaseOpened:         spec[CaseOpened](KindCase, false),
	TypeNeedsAssessed:      spec[NeedsAssessed](KindCase, false),
	TypeDecisionMade:       spec[DecisionMade](KindCase, false),
	TypeDecisionEnded:      spec[DecisionEnded](KindCase, false),
	TypeProviderChanged:    spec[ProviderChanged](KindCase, false),
	TypeGoalSet:            spec[GoalSet](KindCase, false),
	TypeGoalChanged:        spec[GoalChanged](KindCase, false),
	TypeGoalWithdrawn:      spec[GoalWithdrawn](KindCase, false),
	TypeSubgoalSet:         spec[SubgoalSet](KindCase, false),
	TypeFollowUpHeld:       spec[FollowUpHeld](KindCase, false),
	TypeVisitPerformed:     spec[VisitPerformed](KindCase, false),
	TypeTimeReported:       spec[TimeReported](KindCase, false),
	TypeAbsenceRegistered:  spec[AbsenceRegistered](KindCase, false),
	TypeEventAnnulled:      spec[EventAnnulled]("", false),
	TypeEventCorrected:     spec[EventCorrected]("", false),
	TypePremiumAwarded:     spec[PremiumAwarded](KindCase, true),
	TypePremiumReversed:    spec[PremiumReversed](KindCase, true),

	TypeCareRequested:       spec[CareRequested](KindPatient, false),
	TypeEnrolmentAssessed:   spec[EnrolmentAssessed](KindPatient, false),
	TypeCoordinatedPlanHeld: spec[CoordinatedPlanHeld](KindPatient, false),
	TypeCarePlanAgreed:      spec[CarePlanAgreed](KindPatient, false),
	TypePatientEnrolled:     spec[PatientEnrolled](KindPatient, false),
	TypeHealthTimeReported:  spec[HealthTimeReported](KindPatient, false),
	TypePatientDischarged:   spec[PatientDischarged](KindPatient, false),
	TypeDisputeRaised:       spec[DisputeRaised](KindPatient, false),
	TypeDisputeResolved:     spec[DisputeResolved](KindPatient, false),

	TypeAgreementProposed:     spec[AgreementProposed](KindAgreement, false),
	TypeAgreementPartyDecided: spec[AgreementPartyDecided](KindAgreement, false),
	TypeAgreementFollowedUp:   spec[AgreementFollowedUp](KindAgreement, false),

	TypeGrantAgreed:         spec[GrantAgreed](KindGrant, false),
	TypeGrantAllocated:      spec[GrantAllocated](KindGrant, false),
	TypeGrantTargetSet:      spec[GrantTargetSet](KindGrant, false),
	TypeGrantResultReported: spec[GrantResultReported](KindGrant, false),
	TypeGrantPaid:           spec[GrantPaid](KindGrant, false),

	TypePayoutCalculated: spec[PayoutCalculated](KindPayout, true),
	TypePayoutApproved:   spec[PayoutApproved](KindPayout, true),
	TypePayoutRejected:   spec[PayoutRejected](KindPayout, true),
	TypePayoutPaid:       spec[PayoutPaid](KindPayout, true),
	TypePayoutCancelled:  spec[PayoutCancelled](KindPayout, true),
}

// Types lists the event types, sorted.
func Types() Codes {
	types := make(Codes, 0, len(catalogue))
	for t := range catalogue {
		types = append(types, string(t))
	}
	slices.Sort(types)
	return types
}

// recordTypes lists the event types that come in as records, sorted.
func recordTypes() Codes {
	return slices.DeleteFunc(Types(), func(t string) bool { return catalogue[Type(t)].byLedger })
}

// decodeData reads and checks the data of an event of type t. Fields are named below data.
func decodeData(t Type, raw jsontext.Value, at string) (payload, Problems) {
	p, err := catalogue[t].data(raw)
	if err != nil {
		return nil, Problems{jsonProblem(err, at, raw)}
	}
	var found Problems
	p.check(&found)
	checkStated(p, raw, &found)
	checkStaff(raw, &found)
	for i := range found {
		found[i].Field = at + "." + found[i].Field
	}
	return p, found
}

// checkStated refuses required numbers that are not there.
func checkStated(p payload, raw jsontext.Value, ps *Problems) {
	s, ok := p.(stating)
	if !ok {
		return
	}
	members := map[string]jsontext.Value{}
	if err := json.Unmarshal(raw, &members); err != nil { // it was decoded before
		ps.add("data", "%v", err)
	}
	for _, field := range s.states() {
		if v := members[field]; len(v) == 0 || v.Kind() == 'n' {
			ps.add(field, "is required")
		}
	}
}

// checkStaff refuses a staff of 0, which the decoded data cannot tell from staff left out.
func checkStaff(raw jsontext.Value, ps *Problems) {
	if !bytes.Contains(raw, []byte(`"staff":0`)) { // raw is canonical: no spaces
		return
	}
	type staffed struct {
		Staff *int `json:"staff"`
	}
	var doc struct {
		staffed
		Services []staffed `json:"services"`
	}
	if json.Unmarshal(raw, &doc) != nil {
		return
	}
	if doc.Staff != nil {
		ps.between("staff", *doc.Staff, 1, 2)
	}
	for i, s := range doc.Services {
		if s.Staff != nil {
			ps.between(fmt.Sprintf("services[%d].staff", i), *s.Staff, 1, 2)
		}
	}
}

// jsonProblem turns a decoder's error into the field it stands at and a sentence.
func jsonProblem(err error, at string, raw []byte) Problem {
	field, reason := at, err.Error()
	if s, ok := asType[*json.SemanticError](err); ok {
		field, reason = joinPointer(at, string(s.JSONPointer)), semanticReason(s, raw)
	} else if s, ok := asType[*jsontext.SyntacticError](err); ok {
		field = joinPointer(at, string(s.JSONPointer))
		if s.Err != nil {
			reason = s.Err.Error()
		}
		reason = "is not valid JSON: " + strings.TrimPrefix(reason, "jsontext: ")
	}
	if field == "" {
		field = "record"
	}
	return Problem{Field: field, Reason: reason}
}

// semanticReason says what is wrong with well-formed JSON in a place where something else belongs.
func semanticReason(s *json.SemanticError, raw []byte) string {
	value := valueAt(raw, s.JSONPointer)
	if value == "" || len(value) > 64 {
		value = "a JSON " + jsonKind(s.JSONKind)
	}
	is := func(kinds ...reflect.Kind) bool { return s.GoType != nil && slices.Contains(kinds, s.GoType.Kind()) }
	wholeNumber := is(reflect.Int, reflect.Int32, reflect.Int64) && !s.GoType.Implements(reflect.TypeFor[encoding.TextMarshaler]())
	switch {
	case errors.Is(s.Err, json.ErrUnknownName):
		return "is not a field here; remove it or correct its name" + nearField(s)
	case s.GoType == reflect.TypeFor[time.Time]():
		return value + " is not a time; write RFC 3339 with its time zone, for example \"2015-03-01T08:00:00+01:00\""
	case wholeNumber && s.JSONKind == '"':
		return value + " is in quotes; write a whole number without quotes"
	case wholeNumber && s.JSONKind == '0':
		return value + " is not a whole number that fits here"
	case wholeNumber:
		return "holds " + value + ", where a whole number belongs"
	case s.JSONKind == '0' && !is(reflect.Bool, reflect.Slice):
		return value + " is a number; write decimal numbers, dates and ids in quotes"
	case s.Err != nil && s.JSONKind == '"':
		return s.Err.Error()
	case is(reflect.Slice):
		return "holds " + value + ", where a list belongs"
	case is(reflect.Struct) && s.JSONPointer == "":
		return "holds " + value + ", where a JSON object with named fields belongs"
	case is(reflect.Bool):
		return "holds " + value + "; write true or false without quotes"
	}
	return "holds " + value + ", which does not fit here"
}

// valueAt returns what stands at a place of a JSON text, "" if nothing does.
func valueAt(raw []byte, at jsontext.Pointer) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	for token := range at.Tokens() {
		switch within := v.(type) {
		case map[string]any:
			v = within[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i >= len(within) {
				return ""
			}
			v = within[i]
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// nearField suggests the field that an unknown one was most likely meant to be.
func nearField(s *json.SemanticError) string {
	if s.GoType == nil || s.GoType.Kind() != reflect.Struct {
		return ""
	}
	var names Codes
	for _, f := range reflect.VisibleFields(s.GoType) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	if near := names.Closest(s.JSONPointer.LastToken()); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

func jsonKind(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "boolean"
	case '"':
		return "string"
	case '0':
		return "number"
	case '{':
		return "object"
	case '[':
		return "array"
	}
	return "value"
}

// joinPointer writes a JSON pointer (/services/0/band) below at as services[0].band.
func joinPointer(at, pointer string) string {
	var b strings.Builder
	b.WriteString(at)
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch {
		case part == "":
		case strings.Trim(part, "0123456789") == "":
			b.WriteString("[" + part + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
		}
	}
	return b.String()
}
