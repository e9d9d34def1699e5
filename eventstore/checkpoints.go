package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	flog "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sys/unix"
)

// checkpoints are the signed heads of one log, and what signs them:
//
//	keys/AUTHORITY.key                          the signing key
//	checkpoints/AUTHORITY/000007-1042.note      the seventh checkpoint, of 1 042 events, with its cosignatures
//	checkpoints/AUTHORITY/cosigners             a line for each auditor whose cosignature was taken: the verifier key
//
// AUTHORITY is the ledger's own log; of the access log it is ACCESS_AUTHORITY. Notes are numbered without a gap and grow in size, so that one taken away in the middle is missed. A note is only ever replaced by
// itself with more cosignatures. Whoever writes holds a lock on checkpoints/AUTHORITY, so that several processes may share them.
type checkpoints struct {
	dir string // Config.ProofDir
	id  logID
}

const (
	noteSuffix = ".note"
	lockPoll   = 5 * time.Millisecond
	lockWait   = 10 * time.Second
)

// storedNote is a checkpoint by the name of its file.
type storedNote struct {
	path string
	size uint64
}

func (c *checkpoints) folder() string        { return filepath.Join(c.dir, "checkpoints", c.id.file()) }
func (c *checkpoints) keyPath() string       { return filepath.Join(c.dir, "keys", c.id.file()+".key") }
func (c *checkpoints) cosignersPath() string { return filepath.Join(c.folder(), "cosigners") }

// noteName is the name of a checkpoint's file.
func noteName(number int, size uint64) string {
	return fmt.Sprintf("%06d-%d%s", number, size, noteSuffix)
}

func parseNoteName(name string) (number int, size uint64, err error) {
	first, second, _ := strings.Cut(strings.TrimSuffix(name, noteSuffix), "-")
	number, err = strconv.Atoi(first)
	size, err2 := strconv.ParseUint(second, 10, 63)
	if err != nil || err2 != nil || number < 1 || noteName(number, size) != name {
		return 0, 0, errors.New("this is not the name of a checkpoint, which is NUMBER-SIZE.note")
	}
	return number, size, nil
}

// hold keeps every other writer out while work goes on, and hands it the checkpoints' files and the key.
func (c *checkpoints) hold(ctx context.Context, work func(names []storedNote, key *Key) error) (err error) {
	unlock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	names, err := c.names()
	if err != nil {
		return err
	}
	key, err := c.key(len(names) > 0)
	if err != nil {
		return err
	}
	return work(names, key)
}

// lock keeps every other writer of these checkpoints out, in this process and in others, until unlock. The kernel drops it with the
// process.
func (c *checkpoints) lock(ctx context.Context) (unlock func() error, err error) {
	for _, dir := range []string{c.dir, filepath.Join(c.dir, "keys"), filepath.Join(c.dir, "checkpoints"), c.folder()} {
		if err := makeDir(dir); err != nil {
			return nil, fmt.Errorf("making the directory of checkpoints: %w", err)
		}
	}
	d, err := os.Open(c.folder())
	if err != nil {
		return nil, fmt.Errorf("locking the checkpoints: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		err := unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() error { return errors.Join(unix.Flock(int(d.Fd()), unix.LOCK_UN), d.Close()) }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("locking the checkpoints in %s: %w", c.folder(), err), d.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("another process holds the checkpoints in %s: %w; give the command again", c.folder(), ctx.Err()), d.Close())
		case <-time.After(lockPoll):
		}
	}
}

// names lists the checkpoints by their files, oldest first.
func (c *checkpoints) names() ([]storedNote, error) {
	entries, err := os.ReadDir(c.folder())
	if err != nil && !notExist(err) {
		return nil, fmt.Errorf("listing the checkpoints: %w", err)
	}
	found := map[int]storedNote{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), noteSuffix) {
			continue // the cosigners, or what a crash left under a name that does not count
		}
		path := filepath.Join(c.folder(), e.Name())
		number, size, err := parseNoteName(e.Name())
		if err != nil {
			return nil, &CheckpointError{Where: path, Reason: err.Error()}
		}
		if other, twice := found[number]; twice {
			return nil, &CheckpointError{Where: path, Reason: fmt.Sprintf("%s has the same number", filepath.Base(other.path))}
		}
		found[number] = storedNote{path, size}
	}
	all := make([]storedNote, len(found))
	for i := range all {
		n, ok := found[i+1]
		if !ok {
			return nil, &CheckpointError{Where: c.folder(), Reason: fmt.Sprintf("checkpoint %d is missing, and there are later ones; restore it from a backup or from where it was filed", i+1)}
		}
		if i > 0 && n.size <= all[i-1].size {
			return nil, &CheckpointError{Where: n.path, Reason: fmt.Sprintf("it is of %d events, and the one before it of %d", n.size, all[i-1].size)}
		}
		all[i] = n
	}
	return all, nil
}

// key reads the log's key. Where there is none, it is made if nothing was signed yet. A crash leaves no key, or a whole one that has
// signed nothing and is taken up.
func (c *checkpoints) key(signed bool) (*Key, error) {
	k, err := ReadKey(c.keyPath())
	switch {
	case notExist(err) && signed:
		return nil, &CheckpointError{Where: c.keyPath(), Reason: "the signing key is missing, and there are checkpoints that it signed; restore it from a backup"}
	case notExist(err):
		if k, err = NewKey(c.id.origin()); err == nil {
			err = k.Write(c.keyPath())
		}
	}
	if err != nil {
		return nil, err
	}
	if k.name != c.id.origin() {
		return nil, &CheckpointError{Where: c.keyPath(), Reason: fmt.Sprintf("it is the key of %s, not of %s", k.name, c.id.origin())}
	}
	return k, nil
}

// cosigners reads the verifier keys of the auditors whose cosignatures were taken.
func (c *checkpoints) cosigners() ([]string, error) {
	b, err := os.ReadFile(c.cosignersPath())
	if notExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the cosigners: %w", err)
	}
	text, ended := strings.CutSuffix(string(b), "\n")
	if !ended {
		return nil, &CheckpointError{Where: c.cosignersPath(), Reason: "the last line is cut short"}
	}
	keys := strings.Split(text, "\n")
	if _, err := cosignerVerifiers(keys); err != nil {
		return nil, &CheckpointError{Where: c.cosignersPath(), Reason: err.Error()}
	}
	return keys, nil
}

// read reads a stored checkpoint. Every signature on it is checked; one that no key is known for is damage, because only checked
// cosignatures are taken.
func (c *checkpoints) read(n storedNote, key *Key, cosigners []string) (*Checkpoint, error) {
	b, err := os.ReadFile(n.path)
	if err != nil {
		return nil, fmt.Errorf("reading a checkpoint: %w", err)
	}
	cp, err := VerifyCheckpoint(b, key.public, cosigners...)
	bad := (*CheckpointError)(nil)
	switch {
	case errors.As(err, &bad):
		return nil, &CheckpointError{Where: n.path, Reason: bad.Reason + ". Restore it from a backup or from where it was filed"}
	case err != nil:
		return nil, err
	case len(cp.Unknown) > 0:
		return nil, &CheckpointError{Where: n.path, Reason: fmt.Sprintf("it has a signature of %s, whose key is not among the cosigners: something was altered", cp.Unknown[0])}
	case cp.Sequence != n.size:
		return nil, &CheckpointError{Where: n.path, Reason: fmt.Sprintf("it is of %d events, and its name says %d", cp.Sequence, n.size)}
	}
	return cp, nil
}

// list reads and verifies all of them, oldest first.
func (c *checkpoints) list() ([]*Checkpoint, error) {
	names, err := c.names()
	if err != nil || len(names) == 0 {
		return nil, err
	}
	return c.readAll(names)
}

func (c *checkpoints) readAll(names []storedNote) ([]*Checkpoint, error) {
	key, err := c.key(true)
	if err != nil {
		return nil, err
	}
	cosigners, err := c.cosigners()
	if err != nil {
		return nil, err
	}
	all := make([]*Checkpoint, len(names))
	for i, n := range names {
		if all[i], err = c.read(n, key, cosigners); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// last reads and verifies the newest one; nil if there is none.
func (c *checkpoints) last(names []storedNote) (*Checkpoint, error) {
	if len(names) == 0 {
		return nil, nil
	}
	all, err := c.readAll(names[len(names)-1:])
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// sign returns the checkpoint of head, which must be durable on the log and in its witness. Step by step:
//
//  1. The key is there, on disk. A crash here leaves a key that signed nothing.
//  2. The tree gives head's root, and a proof leads from the last checkpoint to it. If not: an error, nothing is signed. A head of the
//     last checkpoint's size is that checkpoint or an error; a smaller one is an error.
//  3. The note is signed in memory. A crash here leaves a signature that nobody has seen. The next attempt signs this head again, which
//     gives the same bytes (Ed25519), or a larger one, which continues it: the head was witnessed before.
//  4. The note is written under a name that does not count, synced, renamed, and its directory synced. A crash here leaves the list as
//     it was or with the whole note. Only then is it shown to anybody.
func (c *checkpoints) sign(ctx context.Context, head Head, hashes tlog.HashReader) (cp *Checkpoint, err error) {
	if head.Sequence == 0 {
		return nil, ErrEmptyLog
	}
	err = c.hold(ctx, func(names []storedNote, key *Key) (err error) {
		cp, err = c.signNext(names, key, head, hashes)
		return err
	})
	return cp, err
}

// signNext is sign while the checkpoints are held.
func (c *checkpoints) signNext(names []storedNote, key *Key, head Head, hashes tlog.HashReader) (*Checkpoint, error) {
	if err := c.checkRoot(head, hashes); err != nil {
		return nil, err
	}
	last, err := c.last(names)
	if err != nil || last != nil && last.Head == head {
		return last, err
	}
	if last != nil {
		if err := c.checkContinues(last.Head, head, hashes); err != nil {
			return nil, err
		}
	}
	signer, err := note.NewSigner(key.secret)
	if err != nil {
		return nil, err
	}
	text := flog.Checkpoint{Origin: key.name, Size: head.Sequence, Hash: head.Root[:]}.Marshal()
	b, err := note.Sign(&note.Note{Text: string(text)}, signer)
	if err != nil {
		return nil, fmt.Errorf("signing a checkpoint: %w", err)
	}
	path := filepath.Join(c.folder(), noteName(len(names)+1, head.Sequence))
	if err := writeAtomic(path, b); err != nil {
		return nil, fmt.Errorf("writing a checkpoint: %w", err)
	}
	return VerifyCheckpoint(b, key.public)
}

// checkRoot refuses a head that the tree does not give.
func (c *checkpoints) checkRoot(head Head, hashes tlog.HashReader) error {
	root, err := tlog.TreeHash(int64(head.Sequence), hashes)
	if err != nil {
		return fmt.Errorf("reading the tree: %w", err)
	}
	if root != tlog.Hash(head.Root) {
		return &InconsistentError{Origin: c.id.origin(), Earlier: Head{head.Sequence, root}, Later: head,
			Reason: "the first is what the tree file gives and the second what is witnessed. The tree file is damaged: close the ledger and remove it, and it is made again from the log"}
	}
	return nil
}

// checkContinues refuses a head that does not continue the last signed one.
func (c *checkpoints) checkContinues(last, head Head, hashes tlog.HashReader) error {
	if last.Sequence > head.Sequence {
		return checkHeads(c.id.origin(), last, head, nil)
	}
	var proof tlog.TreeProof
	if last.Sequence < head.Sequence {
		var err error
		if proof, err = tlog.ProveTree(int64(head.Sequence), int64(last.Sequence), hashes); err != nil {
			return fmt.Errorf("reading the tree: %w", err)
		}
	}
	err := checkHeads(c.id.origin(), last, head, proof)
	if bad := (*InconsistentError)(nil); errors.As(err, &bad) {
		bad.Reason = "the first was signed and the second is what the ledger holds now. Either the log was replaced by another after that, or the tree file is damaged (close the ledger and remove it, and it is made again from the log)"
	}
	return err
}

// accept takes the cosignatures of a checkpoint that was signed here. A crash between the two writes leaves a cosigner known who has
// not signed.
func (c *checkpoints) accept(ctx context.Context, b []byte, keys []string) (cp *Checkpoint, err error) {
	err = c.hold(ctx, func(names []storedNote, key *Key) (err error) {
		cp, err = c.merge(names, key, b, keys)
		return err
	})
	return cp, err
}

// merge is accept while the checkpoints are held.
func (c *checkpoints) merge(names []storedNote, key *Key, b []byte, keys []string) (*Checkpoint, error) {
	known, err := c.cosigners()
	if err != nil {
		return nil, err
	}
	all := slices.Clone(known)
	for _, k := range keys {
		if as4, err := ParseCosignerKey(k); err == nil && !slices.Contains(all, as4) {
			all = append(all, as4)
		} else if err != nil {
			return nil, err
		}
	}
	got, err := VerifyCheckpoint(b, key.public, all...)
	if err != nil {
		return nil, err
	}
	switch {
	case len(got.Unknown) > 0:
		return nil, &CheckpointError{Where: "the checkpoint", Reason: fmt.Sprintf("the signature of %s cannot be checked: give the verifier key with --cosigner-key", strings.Join(got.Unknown, ", "))}
	case len(got.Cosignatures) == 0:
		return nil, &CheckpointError{Where: "the checkpoint", Reason: "there is no cosignature on it"}
	case slices.ContainsFunc(got.Cosignatures, func(s Cosignature) bool { return s.Name == got.Origin }):
		return nil, &CheckpointError{Where: "the checkpoint", Reason: "a cosigner has the name of the log; a log cannot vouch for itself"}
	}
	at := slices.IndexFunc(names, func(n storedNote) bool { return n.size == got.Sequence })
	if at < 0 {
		return nil, &CheckpointError{Where: "the checkpoint", Reason: fmt.Sprintf("the ledger keeps none of %d events; careledger checkpoint --list shows them", got.Sequence)}
	}
	stored, err := c.read(names[at], key, known)
	if err != nil {
		return nil, err
	}
	if stored.Head != got.Head {
		return nil, &InconsistentError{Origin: got.Origin, Earlier: stored.Head, Later: got.Head, Reason: "the first is kept here, the second was handed in, and both have the log's signature: a fork"}
	}
	merged, err := mergeCosignatures(stored, got, key, all)
	if err != nil || bytes.Equal(merged, stored.Note) {
		return stored, err
	}
	if len(all) > len(known) {
		if err := writeAtomic(c.cosignersPath(), []byte(strings.Join(all, "\n")+"\n")); err != nil {
			return nil, fmt.Errorf("writing the cosigners: %w", err)
		}
	}
	if err := rewriteNote(names[at].path, merged); err != nil {
		return nil, fmt.Errorf("writing the cosignatures: %w", err)
	}
	return VerifyCheckpoint(merged, key.public, all...)
}

// rewriteNote replaces a checkpoint by itself with more cosignatures. Its file goes on saying when it was signed. A crash before that is
// restored leaves a file that says when it was cosigned.
func rewriteNote(path string, b []byte) error {
	signed, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := writeAtomic(path, b); err != nil {
		return err
	}
	return os.Chtimes(path, time.Time{}, signed.ModTime())
}

// mergeCosignatures returns the stored note with those of the other that it lacks; what was taken before stays.
func mergeCosignatures(stored, got *Checkpoint, key *Key, cosigners []string) ([]byte, error) {
	verifier, err := note.NewVerifier(key.public)
	if err != nil {
		return nil, err
	}
	known, err := cosignerVerifiers(cosigners)
	if err != nil {
		return nil, err
	}
	have, _, err := openNote(stored.Note, verifier, known)
	if err != nil {
		return nil, err
	}
	more, _, err := openNote(got.Note, verifier, known)
	if err != nil {
		return nil, err
	}
	for _, s := range more.Sigs {
		if !slices.ContainsFunc(have.Sigs, func(h note.Signature) bool { return h.Name == s.Name && h.Hash == s.Hash }) {
			have.Sigs = append(have.Sigs, s)
		}
	}
	return note.Sign(have)
}
