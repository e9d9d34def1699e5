package eventstore

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// Key is an Ed25519 signing key with a name: of a log, made by the ledger, or of an auditor who cosigns. In a file it is one line in
// the form of golang.org/x/mod/sumdb/note: PRIVATE+KEY+name+id+base64.
type Key struct {
	name   string
	secret string // as in the file
	public string // the verifier key (C2SP signed-note): name+id+base64
}

// NewKey makes a key. A name is printable, without spaces and plus signs; for an auditor best a host and path that is theirs
// ("audit.example.se/1").
func NewKey(name string) (*Key, error) {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r == '+' || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return nil, fmt.Errorf("%q is not the name of a key: one or more characters without spaces and plus signs, for example audit.example.se/1", name)
	}
	secret, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return parseKey(secret)
}

// ReadKey reads a key from its file.
func ReadKey(path string) (*Key, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	line, ended := strings.CutSuffix(string(b), "\n")
	if !ended {
		return nil, &CheckpointError{Where: path, Reason: "the key does not end with a line break: it is cut short"}
	}
	k, err := parseKey(line)
	if err != nil {
		return nil, &CheckpointError{Where: path, Reason: err.Error()}
	}
	return k, nil
}

// parseKey takes the canonical form only, so that no altered byte goes unnoticed: the id is a hash of name and public key.
func parseKey(secret string) (*Key, error) {
	s, err := note.NewSigner(secret)
	if err != nil {
		return nil, fmt.Errorf("it is not a signing key, or has been altered (%w); a key is one line PRIVATE+KEY+name+id+base64, and the name has no spaces or plus signs", err)
	}
	parts := strings.SplitN(secret, "+", 5) // base64 may hold plus signs, a name may not
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return nil, errors.New("it is not an Ed25519 signing key")
	}
	private := ed25519.NewKeyFromSeed(seed[1:])
	public, err := note.NewEd25519VerifierKey(s.Name(), private.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	if canonical := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", s.Name(), s.KeyHash(), base64.StdEncoding.EncodeToString(seed)); canonical != secret {
		return nil, errors.New("it is not a signing key in its canonical form: it has been altered")
	}
	return &Key{name: s.Name(), secret: secret, public: public}, nil
}

// Name is what the key's signatures are made under.
func (k *Key) Name() string { return k.name }

// VerifierKey is the public key for signatures of a log (C2SP signed-note, type 0x01).
func (k *Key) VerifierKey() string { return k.public }

// Fingerprint is the SHA-256 of the Ed25519 public key in a verifier key, in hex: short enough to be read out and compared. Errors:
// *[CheckpointError].
func Fingerprint(verifierKey string) (string, error) {
	v, err := note.NewVerifier(verifierKey)
	if err == nil {
		prefix := fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash())
		if b, ok := canonicalBase64(strings.TrimPrefix(verifierKey, prefix)); ok && len(b) == 1+ed25519.PublicKeySize {
			sum := sha256.Sum256(b[1:])
			return hex.EncodeToString(sum[:]), nil
		}
		err = errors.New("it is not in its canonical form")
	}
	return "", &CheckpointError{Where: "the log's verifier key", Reason: fmt.Sprintf("%q is not one (%v); careledger checkpoint shows it", verifierKey, err)}
}

// CosignerKey is the public key for cosignatures (C2SP tlog-cosignature, type 0x04).
func (k *Key) CosignerKey() (string, error) { return fnote.VKeyToCosignatureV1(k.public) }

// Write puts the key into a new file that only its owner can read, and returns when it is on disk. The error is fs.ErrExist if a file
// is there: a key is never overwritten, because what it signed could then not be continued.
func (k *Key) Write(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("writing the key: %s: %w", path, os.ErrExist)
	}
	if err := writeAtomic(path, []byte(k.secret+"\n")); err != nil {
		return fmt.Errorf("writing the key: %w", err)
	}
	return nil
}

// writeAtomic makes a file that only its owner can read. It is made under another name, synced and renamed, so that a crash leaves what
// was there before or the whole file.
func writeAtomic(path string, b []byte) error {
	tmp := path + ".new"
	err := writeSynced(tmp, b)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	return err
}

// makeDir makes a directory in one that is there, and returns when it is on disk.
func makeDir(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	return syncDir(filepath.Dir(path))
}
