package bundle

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"careledger/domain"
	"careledger/domain/parallel"
	"careledger/eventstore"
	"careledger/projections"
)

// Verification is what checking a bundle found. With a finding it holds no figure.
type Verification struct {
	Findings []Finding `json:"findings"`

	Authority   string `json:"authority,omitzero"`
	Payout      string `json:"payout,omitzero"`
	Redacted    bool   `json:"redacted"`
	VerifierKey string `json:"verifier_key,omitzero"`
	Fingerprint string `json:"fingerprint,omitzero"` // SHA-256 of the public key, hex
	KeyExpected bool   `json:"key_expected"`         // the key is one that was expected, not just the one that the bundle brought

	Checkpoint *VerifiedCheckpoint `json:"checkpoint"` // null where there is a finding, like what follows
	Result     *Result             `json:"result"`
}

// VerifiedCheckpoint is the head of the log that the events are proven in.
type VerifiedCheckpoint struct {
	Events       uint64                `json:"events"`
	Root         string                `json:"root"` // hex
	Cosignatures []VerifiedCosignature `json:"cosignatures"`
	Compared     string                `json:"compared,omitzero"` // with a checkpoint that the caller kept: how
}

// VerifiedCosignature is an auditor's signature on it.
type VerifiedCosignature struct {
	Name     string    `json:"name"`
	Time     time.Time `json:"time"`
	Expected bool      `json:"expected"` // its key is one that was expected
}

// Finding is something in a bundle that should not be there, or that is missing.
type Finding struct {
	Line     int    `json:"line"`     // of the file, from 1; 0 where it is of none
	Section  string `json:"section"`  // one of the sections; "" where it is of none
	Sequence uint64 `json:"sequence"` // of the event; 0 where it is of none
	What     string `json:"what"`
	Do       string `json:"do"`
}

// What to do about a finding.
const (
	doGetAgain = "the file was damaged or altered: get it again from who made it, by another way"
	doKey      = "compare the fingerprint with the one that the ledger's owner told by another way; do not go by this bundle before they are the same"
	doCosign   = "ask for a bundle made after that auditor cosigned a checkpoint that holds its events; do not go by one without"
	doFork     = "keep the bundle and the checkpoint: both have the ledger's signature, and they are not of one log"
	doProve    = "the bundle does not show that this amount is right: ask for one that does, and for careledger verify of the whole log"
)

// Where says where a finding is.
func (f *Finding) Where() string {
	switch {
	case f.Sequence > 0 && f.Line > 0:
		return fmt.Sprintf("line %d, event %d", f.Line, f.Sequence)
	case f.Sequence > 0:
		return fmt.Sprintf("event %d", f.Sequence)
	case f.Line > 0:
		return fmt.Sprintf("line %d, section %s", f.Line, f.Section)
	case f.Section != "":
		return "section " + f.Section
	}
	return "the bundle as a whole"
}

// Expected is what the caller knows from elsewhere.
type Expected struct {
	Key       string   // the verifier key of the log's checkpoints, or its fingerprint (64 hex digits, lower case); "" takes the one that the bundle brings
	Cosigners []string // verifier keys of auditors, each of whom must have cosigned the checkpoint
	// Continues, if not nil, is asked to compare the bundle's checkpoint with one that the caller kept, under the verifier key that has been
	// accepted. It says in words how they were compared, or returns *eventstore.InconsistentError.
	Continues func(c *eventstore.Checkpoint, key string) (string, error)
	Now       time.Time // the clock that nothing may be recorded after
}

// Verify checks a bundle by itself. A finding stops it where what follows would rest on what is wrong. It returns an error only if it could not
// do its work.
func Verify(ctx context.Context, file []byte, x Expected) (*Verification, error) {
	b, found := Parse(file)
	v := &verifying{bundle: b, expected: x, found: &Verification{Findings: found}}
	if len(found) > 0 {
		return v.found, nil
	}
	f := v.found
	f.Authority, f.Payout, f.Redacted, f.VerifierKey = b.Authority, b.Payout.ID(), b.Redacted, b.VerifierKey
	for _, step := range []func(context.Context) error{v.checkpoint, v.proofs, v.stored, v.fold, v.recompute, v.belongs, v.derivation} {
		if err := v.guarded(ctx, step); err != nil {
			return nil, err
		}
		if len(f.Findings) > 0 {
			f.Checkpoint, f.Result = nil, nil
			return f, nil
		}
	}
	return f, nil
}

// guarded takes a step. Events that no ledger would have let onto its log, with a signature of whoever wrote them, may be more than a fold can take.
func (v *verifying) guarded(ctx context.Context, step func(context.Context) error) error {
	defer func() {
		if r := recover(); r != nil {
			v.find(Finding{Section: SectionEvent, What: fmt.Sprintf("the events cannot be folded together: something that they refer to is missing, or is not what its type promises (%v)", parallel.Value(r)), Do: doProve})
		}
	}()
	return step(ctx)
}

// verifying is a bundle on its way to its verification.
type verifying struct {
	bundle   *Bundle
	expected Expected
	found    *Verification

	signed  *eventstore.Checkpoint
	raw     []eventstore.Event
	events  []domain.Event // decoded, by the same index
	table   *projections.Table
	version *domain.PayoutVersion
	settled *domain.Payouts // as known when the payout was calculated
}

// eventLineAt is the line of an event by its index.
func eventLineAt(i int) int { return i + 3 }

func (v *verifying) find(f Finding) { v.found.Findings = append(v.found.Findings, f) }

// ofEvent adds a finding about an event, by its index.
func (v *verifying) ofEvent(i int, do, format string, args ...any) {
	v.find(Finding{eventLineAt(i), SectionEvent, v.bundle.Events[i].Sequence, fmt.Sprintf(format, args...), do})
}

// checkpoint checks the keys and signatures.
func (v *verifying) checkpoint(context.Context) (err error) {
	b, f := v.bundle, v.found
	bad := func(do, format string, args ...any) {
		v.find(Finding{2, SectionCheckpoint, 0, fmt.Sprintf(format, args...), do})
	}
	if f.Fingerprint, err = eventstore.Fingerprint(b.VerifierKey); err != nil {
		bad(doGetAgain, "%v", err)
		return nil
	}
	if want := v.expected.Key; want != "" {
		if f.KeyExpected = want == b.VerifierKey || want == f.Fingerprint; !f.KeyExpected {
			expected := want
			if !fingerprint.MatchString(want) {
				if expected, err = eventstore.Fingerprint(want); err != nil {
					return err
				}
			}
			bad(doKey, "it brings another public key than the one that is expected: its fingerprint is %s, and that of the expected one %s", f.Fingerprint, expected)
			return nil
		}
	}
	if v.signed, err = eventstore.VerifyCheckpoint(b.Checkpoint, b.VerifierKey, b.Cosigners...); err != nil {
		bad(doGetAgain, "%v", err)
		return nil
	}
	if len(v.signed.Unknown) > 0 || len(v.signed.Cosignatures) != len(b.Cosigners) {
		bad(doGetAgain, "its cosignatures are not those of the cosigners whose keys it brings")
	}
	if want := eventstore.Origin(b.Authority); v.signed.Origin != want {
		bad(doGetAgain, "the checkpoint is of %s, and the bundle of %s", v.signed.Origin, want)
	}
	f.Checkpoint = &VerifiedCheckpoint{Events: v.signed.Sequence, Root: fmt.Sprintf("%x", v.signed.Root), Cosignatures: []VerifiedCosignature{}}
	if len(f.Findings) == 0 {
		if err := v.cosigned(); err != nil {
			return err
		}
	}
	if v.expected.Continues != nil && len(f.Findings) == 0 {
		differ := (*eventstore.InconsistentError)(nil)
		if f.Checkpoint.Compared, err = v.expected.Continues(v.signed, b.VerifierKey); errors.As(err, &differ) {
			bad(doFork, "it is not of the log whose checkpoint is kept: %v", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// fingerprint is the form of what eventstore.Fingerprint returns.
var fingerprint = regexp.MustCompile(`^[0-9a-f]{64}$`)

// cosigned notes the cosignatures, and which of them are by an expected key. One that is expected and is not there is a finding: whoever goes by
// an auditor's signature is not told a figure without it.
func (v *verifying) cosigned() error {
	known := map[eventstore.Cosignature]bool{}
	for _, key := range v.expected.Cosigners {
		c, err := eventstore.VerifyCheckpoint(v.bundle.Checkpoint, v.bundle.VerifierKey, key)
		if err != nil {
			return err
		}
		if len(c.Cosignatures) == 0 {
			v.find(Finding{2, SectionCheckpoint, 0, fmt.Sprintf("it does not have the cosignature of %s, which is expected", key), doCosign})
		}
		for _, s := range c.Cosignatures {
			known[s] = true
		}
	}
	for _, s := range v.signed.Cosignatures {
		v.found.Checkpoint.Cosignatures = append(v.found.Checkpoint.Cosignatures, VerifiedCosignature{s.Name, s.Time, known[s]})
	}
	return nil
}

// proofs checks each event's inclusion proof.
func (v *verifying) proofs(context.Context) error {
	paths := eventstore.NewPaths(v.signed.Sequence)
	for i := range v.bundle.Events {
		e := &v.bundle.Events[i]
		proof, err := paths.Complete(e.Sequence, e.Proof)
		if err == nil {
			err = eventstore.CheckInclusion(e.Event, v.signed, proof)
		}
		if err != nil {
			v.ofEvent(i, doGetAgain, "%v; the proofs after it were not looked at, since they share its hashes", err)
			return nil
		}
		paths.TakeUp(e.Sequence, eventstore.LeafHash(v.bundle.Authority, e.Event), proof)
		v.raw = append(v.raw, e.Event)
	}
	if len(v.raw) == 0 {
		v.find(Finding{What: "there is no event in it", Do: doGetAgain})
	}
	return nil
}

// stored decodes each event and judges it by itself.
func (v *verifying) stored(context.Context) error {
	ids := map[string]uint64{}
	for i := range v.raw {
		r := &v.raw[i]
		e, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
		if err != nil {
			v.ofEvent(i, "read it with the careledger release that made it, or a later one", "%v", err)
			continue
		}
		if e.Authority != v.bundle.Authority || string(e.Entity) != r.Entity || e.ID != r.ID {
			v.ofEvent(i, doProve, "it stands on the log as %s of %s, and its document says %s of %s of authority %s", r.ID, r.Entity, e.ID, e.Entity, e.Authority)
		}
		if problems, _ := e.CheckStored(r.Data, v.expected.Now); len(problems) > 0 {
			v.ofEvent(i, doProve, "the ledger would not have taken it: %v", problems)
		}
		if before, twice := ids[e.ID]; twice {
			v.ofEvent(i, doProve, "its id %s stands already, as event %d", e.ID, before)
		}
		ids[e.ID] = e.Sequence
		v.events = append(v.events, e)
	}
	return nil
}
