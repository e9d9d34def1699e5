package domain

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
)

// Kind is the kind of an entity, the part of its name before the slash.
type Kind string

const (
	KindProvider  Kind = "provider"
	KindPolicy    Kind = "policy"
	KindCase      Kind = "case"
	KindPatient   Kind = "patient"
	KindAgreement Kind = "agreement"
	KindGrant     Kind = "grant"
	KindPayout    Kind = "payout"
)

// recordKinds are the kinds of entities that records are about. It must not be changed.
var recordKinds = Codes{string(KindCase), string(KindPatient), string(KindProvider), string(KindPolicy), string(KindAgreement), string(KindGrant)}

// Entity names an entity as kind/id, for example case/k-17. Optimistic concurrency is per entity.
type Entity string

// ID and authority patterns of the contract, section 2.
var (
	entityID    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	eventID     = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	actorID     = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,64}$`)
	authorityID = regexp.MustCompile(`^([0-9]{4}|[0-9]{2})$`)
)

// NewEntity joins kind and id.
func NewEntity(k Kind, id string) Entity { return Entity(string(k) + "/" + id) }

// ParseEntity checks the form kind/id; it does not check that the kind is known.
func ParseEntity(s string) (Entity, error) {
	kind, id, ok := strings.Cut(s, "/")
	if !ok || kind == "" || !entityID.MatchString(id) {
		return "", fmt.Errorf("%q is not an entity; write kind/id, for example case/k-17, the id 1 to 64 of A-Z a-z 0-9 _ -", s)
	}
	return Entity(s), nil
}

// Kind returns the part before the slash.
func (e Entity) Kind() Kind { k, _, _ := strings.Cut(string(e), "/"); return Kind(k) }

// ID returns the part after the slash.
func (e Entity) ID() string { _, id, _ := strings.Cut(string(e), "/"); return id }

// ParseAuthority checks an authority code: four digits for a municipality, two for a county, a region or (00) the state.
func ParseAuthority(s string) error {
	if !authorityID.MatchString(s) {
		return fmt.Errorf("%q is not an authority; write the four digits of a municipality (\"1281\"), the two of a county (\"18\") or \"00\" for the state", s)
	}
	return nil
}

// Luhn says whether the digits of s (other characters are passed over) end in their Luhn check digit.
func Luhn(s string) bool {
	sum, double, digits := 0, false, 0
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] < '0' || s[i] > '9' {
			continue
		}
		d := int(s[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, double, digits = sum+d, !double, digits+1
	}
	return digits > 1 && sum%10 == 0
}

// CheckEventID says whether a word of a sender's can be the id of an event, which is also the form of a command's key.
func CheckEventID(id string) error {
	if !eventID.MatchString(id) {
		return fmt.Errorf("%q is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -", maskPersonal(id))
	}
	return CheckText(id)
}

// ShortID is the form in which many event ids are kept: the first eight bytes of their SHA-256.
func ShortID(id string) uint64 {
	sum := sha256.Sum256([]byte(id))
	return binary.BigEndian.Uint64(sum[:])
}
