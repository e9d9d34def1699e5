package eventstore

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	flog "github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a signed head of a log: a C2SP tlog-checkpoint, which is a signed note of three lines: the log's origin, the size of
// its tree, the root in base64. It has been verified by whoever made the value.
type Checkpoint struct {
	Origin string // careledger/{authority}, of its access log careledger/{authority}/access: the identity of the log, and the name of its key
	Head          // how many events, and the RFC 6962 tree hash of them
	Note   []byte // as it is kept and handed on: text, the log's signature, cosignatures

	Cosignatures []Cosignature // verified
	Unknown      []string      // names of signatures that no given key checks
}

// Cosignature says that an auditor has seen the checkpoint, and when.
type Cosignature struct {
	Name string    // of the cosigner's key
	Time time.Time // in whole seconds; as the cosigner says
}

// Origin is the identity of an authority's ledger (series Care), and the name of the key that signs its checkpoints (C2SP tlog-checkpoint: these
// should be the same). Two ledgers of one authority, say a test and the real one, have the same origin and different keys, so that
// it takes the verifier key to tell them apart.
func Origin(authority string) string { return careLog(authority).origin() }

// AccessOrigin is Origin of an authority's access log.
func AccessOrigin(authority string) string { return logID{Access, authority}.origin() }

// ParseOrigin returns whose log an origin is, and which; false if it is none of ours.
func ParseOrigin(origin string) (authority string, s Series, ok bool) {
	id, ok := parseOrigin(origin)
	return id.authority, id.series, ok
}

// VerifyCheckpoint reads a checkpoint and checks that the key signed it, and each cosignature that one of cosigners is the key of
// (C2SP tlog-cosignature, cosignature/v1). It takes the canonical form only. Errors: *[CheckpointError].
func VerifyCheckpoint(b []byte, verifierKey string, cosigners ...string) (*Checkpoint, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return nil, &CheckpointError{Where: "the log's verifier key", Reason: fmt.Sprintf("%q is not one (%v); careledger checkpoint shows it", verifierKey, err)}
	}
	known, err := cosignerVerifiers(cosigners)
	if err != nil {
		return nil, err
	}
	_, c, err := openNote(b, verifier, known)
	return c, err
}

// ParseCosignerKey returns a cosigner's verifier key in the form of C2SP tlog-cosignature, which is how it is kept. Errors: *[CheckpointError].
func ParseCosignerKey(key string) (string, error) {
	if as4, err := fnote.VKeyToCosignatureV1(key); err == nil {
		key = as4
	}
	_, err := cosignerVerifiers([]string{key})
	return key, err
}

func cosignerVerifiers(keys []string) ([]note.Verifier, error) {
	var all []note.Verifier
	for _, k := range keys {
		v, err := fnote.NewVerifierForCosignatureV1(k)
		if err == nil && !isCanonicalKey(k, v) {
			err = errors.New("its id is not that of its name and key")
		}
		if err != nil {
			return nil, &CheckpointError{Where: "the cosigner's verifier key", Reason: fmt.Sprintf("%q is not one (%v); careledger checkpoint key shows it when it makes one", k, err)}
		}
		all = append(all, v)
	}
	return all, nil
}

// isCanonicalKey: the id in a cosigner's verifier key is not looked at by the library.
func isCanonicalKey(vkey string, v note.Verifier) bool {
	if as4, err := fnote.VKeyToCosignatureV1(vkey); err == nil {
		vkey = as4 // a key for plain signatures, whose id was checked
	}
	prefix := fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash())
	if len(vkey) < len(prefix) || vkey[:len(prefix)] != prefix {
		return false
	}
	_, ok := canonicalBase64(vkey[len(prefix):])
	return ok
}

// canonicalBase64 decodes the one encoding that bytes have: the decoder overlooks line breaks and spare bits.
func canonicalBase64(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil && base64.StdEncoding.EncodeToString(b) == s
}

// openNote checks a note and what it says.
func openNote(b []byte, verifier note.Verifier, cosigners []note.Verifier) (*note.Note, *Checkpoint, error) {
	bad := func(format string, args ...any) (*note.Note, *Checkpoint, error) {
		return nil, nil, &CheckpointError{Where: "the checkpoint", Reason: fmt.Sprintf(format, args...)}
	}
	n, err := note.Open(b, note.VerifierList(append([]note.Verifier{verifier}, cosigners...)...))
	unverified, invalid := (*note.UnverifiedNoteError)(nil), (*note.InvalidSignatureError)(nil)
	switch {
	case errors.As(err, &unverified):
		return bad("no signature on it is by the key %s (id %08x); was it signed by another ledger?", verifier.Name(), verifier.KeyHash())
	case errors.As(err, &invalid):
		return bad("the signature of %s is not of this text: either has been altered", invalid.Name)
	case err != nil:
		return bad("it is not a signed note (%v)", err)
	}
	var head flog.Checkpoint
	rest, err := head.Unmarshal([]byte(n.Text))
	switch {
	case err != nil:
		return bad("it is a signed note but not a checkpoint (%v)", err)
	case len(rest) > 0 || len(head.Hash) != sha256.Size || head.Size > math.MaxInt64 || string(head.Marshal()) != n.Text:
		return bad("it is not origin, size and root in three lines in their canonical form")
	case head.Origin != verifier.Name():
		return bad("it is of %q, and the key is of %q", head.Origin, verifier.Name())
	}
	c := &Checkpoint{Origin: head.Origin, Head: Head{Sequence: head.Size}, Note: slices.Clone(b)}
	copy(c.Root[:], head.Hash)
	signed := false
	for _, s := range n.Sigs {
		if s.Name == verifier.Name() && s.Hash == verifier.KeyHash() {
			signed = true
			continue
		}
		at, err := fnote.CoSigV1Timestamp(s)
		if err != nil {
			return bad("the cosignature of %s has no time (%v)", s.Name, err)
		}
		c.Cosignatures = append(c.Cosignatures, Cosignature{Name: s.Name, Time: at.UTC()})
	}
	if !signed {
		return bad("the log's own key %s has not signed it", verifier.Name())
	}
	for _, s := range n.UnverifiedSigs {
		c.Unknown = append(c.Unknown, s.Name)
	}
	if again, err := note.Sign(n); err != nil || !canonicalSignatures(n) || len(again) != len(b) {
		return bad("its signatures are not in their canonical form: something was added or altered")
	}
	return n, c, nil
}

// canonicalSignatures: base64 of a signature's length has spare bits, which are to be zero.
func canonicalSignatures(n *note.Note) bool {
	for _, s := range slices.Concat(n.Sigs, n.UnverifiedSigs) {
		if _, ok := canonicalBase64(s.Base64); !ok {
			return false
		}
	}
	return true
}

// Cosign adds a cosignature to a checkpoint that the cosigner has verified, or renews theirs: the statement, as of now, that no later
// checkpoint of this log is known to them and that it continues all that they have seen (C2SP tlog-cosignature, Ed25519
// cosignature/v1). Checking that, with [CheckConsistency], is the cosigner's duty. cosigners are the keys of the others on it; a
// signature that none of the keys checks is carried along.
func Cosign(c *Checkpoint, verifierKey string, key *Key) (*Checkpoint, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return nil, err
	}
	if key.name == c.Origin {
		return nil, &CheckpointError{Where: "the cosigner's key", Reason: "it has the name of the log; a log cannot vouch for itself"}
	}
	n, _, err := openNote(c.Note, verifier, nil)
	if err != nil {
		return nil, err
	}
	signer, err := fnote.NewSignerForCosignatureV1(key.secret)
	if err != nil {
		return nil, fmt.Errorf("cosigning: %w", err)
	}
	b, err := note.Sign(n, signer)
	if err != nil {
		return nil, fmt.Errorf("cosigning: %w", err)
	}
	public, err := key.CosignerKey()
	if err != nil {
		return nil, err
	}
	return VerifyCheckpoint(b, verifierKey, public)
}

// CheckConsistency returns nil if the proof shows that the log of the later checkpoint is the one of the earlier with events added
// (RFC 6962, section 2.1.2), and otherwise *[InconsistentError]. Of equal sizes the roots must be equal, and the proof is empty.
func CheckConsistency(earlier, later *Checkpoint, proof []tlog.Hash) error {
	if earlier.Origin != later.Origin {
		return &InconsistentError{Origin: later.Origin, Earlier: earlier.Head, Later: later.Head, Reason: fmt.Sprintf("the first is of another log, %s", earlier.Origin)}
	}
	return checkHeads(later.Origin, earlier.Head, later.Head, proof)
}

func checkHeads(origin string, earlier, later Head, proof []tlog.Hash) error {
	bad := func(reason string) error {
		return &InconsistentError{Origin: origin, Earlier: earlier, Later: later, Reason: reason}
	}
	switch {
	case earlier.Sequence > later.Sequence:
		return bad("the second has fewer events than the first")
	case earlier.Sequence == later.Sequence && earlier.Root != later.Root:
		return bad("they are of the same size and differ: a fork")
	case earlier.Sequence == 0 && earlier.Root == emptyHead().Root && len(proof) == 0, earlier.Sequence == later.Sequence && len(proof) == 0:
		return nil
	}
	if err := tlog.CheckTree(proof, int64(later.Sequence), later.Root, int64(earlier.Sequence), earlier.Root); err != nil {
		return bad("the proof does not lead from one to the other: a fork, or not the proof of these two")
	}
	return nil
}
