package eventstore

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"
)

// VerifierKey is the public key of the log's checkpoints, in the form of C2SP signed-note: name+id+base64. The key is made if there is
// none. Errors: [ErrNoProofDir]; *[CheckpointError].
func (l *Log) VerifierKey(ctx context.Context) (key string, err error) {
	c, err := l.checkpoints()
	if err != nil {
		return "", err
	}
	err = c.hold(ctx, func(_ []storedNote, k *Key) error {
		key = k.public
		return nil
	})
	return key, err
}

// Checkpoint returns the signed checkpoint of the log's head: the last one, if nothing was appended since, or a new one, which is
// proven to continue the last before it is signed and is on disk when it is returned. It takes some 40 reads of the tree whatever the
// size of the log, and three syncs if it is new.
//
// Errors: [ErrNoProofDir]; [ErrEmptyLog]; *[InconsistentError] if the log does not continue the last checkpoint, with both sizes and
// roots; *[CheckpointError] if the key or the last checkpoint is damaged or missing. After an error nothing was signed.
func (l *Log) Checkpoint(ctx context.Context) (*Checkpoint, error) {
	c, err := l.checkpoints()
	if err != nil {
		return nil, err
	}
	l.signing.Lock()
	defer l.signing.Unlock()
	for {
		cp, err := c.sign(ctx, l.Head(), l)
		if !l.isBehind(err) {
			return cp, err
		}
		before := l.Head()
		if now, refreshErr := l.Refresh(ctx); refreshErr != nil || now == before {
			return nil, errors.Join(err, refreshErr)
		}
	}
}

// isBehind says that another process, which appends to the same cluster, has signed a larger head than this one knows.
func (l *Log) isBehind(err error) bool {
	bad := (*InconsistentError)(nil)
	return l.store.server == nil && errors.As(err, &bad) && bad.Earlier.Sequence > bad.Later.Sequence
}

// compareSigned refuses a log that does not continue its last checkpoint. The tree file is made again before that is believed, because
// its inner hashes are not looked at before. A checkpoint that is itself damaged does not keep the log from being read: it is an error
// when the next is signed and wherever checkpoints are listed.
func (l *Log) compareSigned(ctx context.Context) error {
	c, err := l.checkpoints()
	if errors.Is(err, ErrNoProofDir) {
		return nil
	}
	names, err := c.names()
	var last *Checkpoint
	if err == nil {
		last, err = c.last(names)
	}
	if errors.Is(err, ErrCheckpoint) || err == nil && last == nil {
		return nil
	}
	if err == nil && last.Sequence > l.head.Sequence && l.store.server == nil {
		err = l.catchUp(ctx) // another process has appended and signed meanwhile
	}
	if err == nil {
		err = c.checkContinues(last.Head, l.head, l)
	}
	if file, ok := l.tree.store.(*os.File); ok && errors.Is(err, ErrInconsistent) && last.Sequence <= l.head.Sequence {
		if err := l.rebuildTree(ctx, file, l.head); err != nil {
			return err
		}
		err = c.checkContinues(last.Head, l.head, l)
	}
	if bad := (*InconsistentError)(nil); errors.As(err, &bad) {
		err = l.corrupt(0, "it is not the log whose checkpoint was signed. "+bad.Error())
		if last.Sequence > l.head.Sequence {
			err = l.corrupt(l.head.Sequence+1, fmt.Sprintf("it ends at sequence %d, and a checkpoint of %d events was signed", l.head.Sequence, last.Sequence))
		}
	}
	if err != nil {
		return errors.Join(err, l.tree.store.Close())
	}
	return nil
}

// signedLast returns the size that the name of the log's last checkpoint says, 0 where there is none or it cannot be told.
func (l *Log) signedLast() uint64 {
	size, _, err := l.LastSigned()
	if err != nil {
		return 0
	}
	return size
}

// LastSigned returns of how many events the last checkpoint is, and when it was signed: by the name and the time of its file, which are
// not verified ([Log.Checkpoints] does that). 0 where nothing was signed. Errors: [ErrNoProofDir]; *[CheckpointError]. It reads a directory.
func (l *Log) LastSigned() (events uint64, at time.Time, err error) {
	c, err := l.checkpoints()
	if err != nil {
		return 0, time.Time{}, err
	}
	names, err := c.names()
	if err != nil || len(names) == 0 {
		return 0, time.Time{}, err
	}
	last := names[len(names)-1]
	file, err := os.Stat(last.path)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("reading when the last checkpoint was signed: %w", err)
	}
	return last.size, file.ModTime(), nil
}

// checkpointAtClose signs the head if the log has grown by signAfter since the last checkpoint. It looks at names only where it has not.
func (l *Log) checkpointAtClose() error {
	c, err := l.checkpoints()
	if errors.Is(err, ErrNoProofDir) {
		return nil
	}
	head := l.Head()
	if head.Sequence == 0 {
		return nil
	}
	names, err := c.names()
	if err != nil {
		return err
	}
	signed := uint64(0) // larger than head where another process of a cluster signed
	if len(names) > 0 {
		signed = names[len(names)-1].size
	}
	if head.Sequence < signed+l.id.series.signAfter() {
		return nil
	}
	l.signing.Lock()
	defer l.signing.Unlock()
	if _, err = c.sign(context.Background(), head, l); l.isBehind(err) { // waiting is bounded by lockWait
		return nil
	}
	return err
}

// Checkpoints returns every checkpoint of the log, oldest first, each verified: every signature, and that there is none missing
// before another. Whether the log continues them is [Log.CheckCheckpoints]. Errors: [ErrNoProofDir]; *[CheckpointError].
func (l *Log) Checkpoints() ([]*Checkpoint, error) {
	c, err := l.checkpoints()
	if err != nil {
		return nil, err
	}
	return c.list()
}

// CheckCheckpoints returns every checkpoint, verified, and compared with the tree: each is a head that this log has had. Errors as
// those of Checkpoints, and *[InconsistentError].
func (l *Log) CheckCheckpoints() ([]*Checkpoint, error) {
	c, err := l.checkpoints()
	if err != nil {
		return nil, err
	}
	all, err := c.list()
	if err != nil {
		return nil, err
	}
	head := l.Head()
	for _, cp := range all {
		if err := c.checkContinues(cp.Head, head, l); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// AcceptCosignatures adds the cosignatures on a checkpoint that this log has signed to the stored one, with which they are handed on
// from now on. keys are the verifier keys of cosigners that are not known yet; they are remembered. Errors: [ErrNoProofDir];
// *[CheckpointError]; *[InconsistentError] if the log's key has signed another head of that size, which is a fork.
func (l *Log) AcceptCosignatures(ctx context.Context, note []byte, keys ...string) (*Checkpoint, error) {
	c, err := l.checkpoints()
	if err != nil {
		return nil, err
	}
	l.signing.Lock()
	defer l.signing.Unlock()
	return c.accept(ctx, note, keys)
}

// Cosigners returns the verifier keys of the auditors whose cosignatures were taken.
func (l *Log) Cosigners() ([]string, error) {
	c, err := l.checkpoints()
	if err != nil {
		return nil, err
	}
	return c.cosigners()
}

func (l *Log) checkpoints() (*checkpoints, error) {
	dir := l.store.config.ProofDir
	if dir == "" {
		return nil, fmt.Errorf("log %s: %w", l.id, ErrNoProofDir)
	}
	return &checkpoints{dir: dir, id: l.id}, nil
}

// LeafHash is the leaf of an event in the tree of an authority's ledger (series Care): the RFC 6962 leaf hash of its frame (tree.go). Whoever has the
// event's bytes computes it without the log.
func LeafHash(authority string, e Event) [32]byte {
	return careLog(authority).leaf(e)
}

// ProveInclusion proves that the event at sequence is in the log as a checkpoint signed it (RFC 6962, section 2.1.1). The proof is
// checked before it is handed out. Errors: *[CorruptError] if the tree does not give the checkpoint's root.
func (l *Log) ProveInclusion(sequence uint64, in *Checkpoint) (tlog.RecordProof, error) {
	if sequence == 0 || sequence > in.Sequence || in.Sequence > l.Head().Sequence {
		return nil, fmt.Errorf("log %s: there is no proof of event %d in a checkpoint of %d events; the log has %d", l.id, sequence, in.Sequence, l.Head().Sequence)
	}
	p, err := tlog.ProveRecord(int64(in.Sequence), int64(sequence-1), l)
	if err != nil {
		return nil, fmt.Errorf("reading the tree: %w", err)
	}
	leaf, err := l.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(sequence-1))})
	if err != nil {
		return nil, err
	}
	if err := tlog.CheckRecord(p, int64(in.Sequence), in.Root, int64(sequence-1), leaf[0]); err != nil {
		return nil, l.corrupt(sequence, fmt.Sprintf("its tree does not lead from this event to the checkpoint of %d events (%v); Verify finds what is altered", in.Sequence, err))
	}
	return p, nil
}

// ProveEvent is ProveInclusion in the form of C2SP tlog-proof, with the checkpoint: Marshal gives the text.
func (l *Log) ProveEvent(sequence uint64, in *Checkpoint) (proof.TLogProof, error) {
	hashes, err := l.ProveInclusion(sequence, in)
	p := proof.TLogProof{Index: sequence - 1, Checkpoint: in.Note}
	for _, h := range hashes {
		p.Hashes = append(p.Hashes, h)
	}
	return p, err
}

// CheckInclusion returns nil if the proof shows that the event is in the log of the checkpoint, which the caller has verified. The
// log is the one of the checkpoint's origin. Errors: *[CheckpointError].
func CheckInclusion(e Event, in *Checkpoint, p tlog.RecordProof) error {
	id, ours := parseOrigin(in.Origin)
	if !ours || e.Sequence == 0 || e.Sequence > in.Sequence || in.Sequence == 0 {
		return &CheckpointError{Where: fmt.Sprintf("event %d", e.Sequence), Reason: fmt.Sprintf("it cannot be in the checkpoint of %d events of %s", in.Sequence, in.Origin)}
	}
	if err := tlog.CheckRecord(p, int64(in.Sequence), in.Root, int64(e.Sequence-1), id.leaf(e)); err != nil {
		return &CheckpointError{Where: fmt.Sprintf("event %d", e.Sequence), Reason: fmt.Sprintf("the proof does not show it in the checkpoint of %d events of %s: the event or the proof has been altered", in.Sequence, in.Origin)}
	}
	return nil
}

// ProveConsistency proves that the log of a later checkpoint is the one of an earlier head with events added (RFC 6962, section
// 2.1.2). The root of the earlier head may be unknown (zero); if it is given, the proof is checked against it before it is handed out,
// and the error is *[InconsistentError] if the earlier head is not of this log.
func (l *Log) ProveConsistency(earlier Head, later *Checkpoint) (ConsistencyProof, error) {
	if earlier.Sequence == 0 || earlier.Sequence > later.Sequence || later.Sequence > l.Head().Sequence {
		return ConsistencyProof{}, fmt.Errorf("log %s: there is no proof from %d to %d events; the first is 1 or more, the second not smaller, and the log has %d", l.id, earlier.Sequence, later.Sequence, l.Head().Sequence)
	}
	if earlier.Root == ([32]byte{}) {
		root, err := tlog.TreeHash(int64(earlier.Sequence), l)
		if err != nil {
			return ConsistencyProof{}, fmt.Errorf("reading the tree: %w", err)
		}
		earlier.Root = root
	}
	p := ConsistencyProof{Earlier: earlier.Sequence, Checkpoint: later.Note}
	if earlier.Sequence < later.Sequence {
		hashes, err := tlog.ProveTree(int64(later.Sequence), int64(earlier.Sequence), l)
		if err != nil {
			return ConsistencyProof{}, fmt.Errorf("reading the tree: %w", err)
		}
		p.Hashes = hashes
	}
	return p, checkHeads(later.Origin, earlier, later.Head, p.Hashes)
}

// ConsistencyProof is a proof that the log of a checkpoint continues its head of Earlier events. As text it has the form in which C2SP
// tlog-witness asks a witness to cosign: a line "old N", the hashes in base64, an empty line, the checkpoint.
type ConsistencyProof struct {
	Earlier    uint64
	Hashes     tlog.TreeProof
	Checkpoint []byte // the later one
}

// Marshal is the proof as text.
func (p ConsistencyProof) Marshal() []byte {
	b := fmt.Appendf(nil, "old %d\n", p.Earlier)
	for _, h := range p.Hashes {
		b = fmt.Appendf(b, "%s\n", base64.StdEncoding.EncodeToString(h[:]))
	}
	return append(append(b, '\n'), p.Checkpoint...)
}

// ParseConsistencyProof reads what Marshal wrote. Errors: *[CheckpointError].
func ParseConsistencyProof(b []byte) (p ConsistencyProof, err error) {
	bad := func(reason string) (ConsistencyProof, error) {
		return ConsistencyProof{}, &CheckpointError{Where: "the proof", Reason: reason + "; a proof is what careledger checkpoint --since SIZE prints, whole"}
	}
	head, checkpoint, found := bytes.Cut(b, []byte("\n\n"))
	if !found {
		return bad("it has no empty line")
	}
	lines := strings.Split(string(head), "\n")
	old, is := strings.CutPrefix(lines[0], "old ")
	if p.Earlier, err = strconv.ParseUint(old, 10, 63); !is || err != nil || strconv.FormatUint(p.Earlier, 10) != old {
		return bad(`its first line is not "old" and a number`)
	}
	for _, line := range lines[1:] {
		h, ok := canonicalBase64(line)
		if !ok || len(h) != tlog.HashSize || len(p.Hashes) == 63 {
			return bad(fmt.Sprintf("%q is not a hash in base64, or there are more than 63", line))
		}
		p.Hashes = append(p.Hashes, tlog.Hash(h))
	}
	p.Checkpoint = bytes.Clone(checkpoint)
	return p, nil
}
