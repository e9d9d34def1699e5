package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// Verify reads the whole log and computes its root from nothing but the bytes and the head it started with. Read compares
// each event with its leaf; Verify also proves that the leaves are those of the witnessed root, that the tree file holds what follows
// from them, and that the witness on disk says what this process believes. It returns the head that was verified, or
// *[CorruptError]. It takes as long as reading the log.
func (l *Log) Verify(ctx context.Context) (Head, error) {
	head, _, err := l.VerifyEach(ctx, nil, nil)
	return head, err
}

// VerifyEach is Verify, calls visit (which may be nil) for each event in order, and compares the tree with heads that were known
// before, in order of their sequences: those of signed checkpoints. It returns the head that was verified and the known heads that are
// not of this log. It stops at visit's error. After *[CorruptError] visit has seen all before the bad sequence, or all where only
// the whole does not fit.
func (l *Log) VerifyEach(ctx context.Context, known []Head, visit func(Event) error) (Head, []Head, error) {
	head, err := l.witnessedHead()
	if err != nil {
		return Head{}, nil, err
	}
	v := &verifying{log: l, hasher: leafHasher{authority: l.id.authority}, known: known}
	for ; len(v.known) > 0 && v.known[0] == emptyHead(); v.known = v.known[1:] { // of the log before its first event: of every log
	}
	v.tree.store = &comparing{with: l.tree.store}
	err = l.Read(ctx, 1, head.Sequence, func(e Event) error {
		// A leaf is hashed before visit may change the event's data.
		if err := v.add(v.hasher.leaf(stored{seq: e.Sequence, subject: l.id.subject(e.Entity, e.Type), id: e.ID, data: e.Data})); err != nil || visit == nil {
			return err
		}
		return visit(e)
	})
	if err == nil {
		err = v.grow()
	}
	if err != nil {
		return Head{}, v.differ, err
	}
	if v.tree.size != head.Sequence || v.tree.root() != tlog.Hash(head.Root) {
		return Head{}, v.differ, l.corrupt(0, fmt.Sprintf("its %d events do not give the witnessed root, though each agrees with the tree file", head.Sequence))
	}
	return head, append(v.differ, v.known...), nil // a known head beyond the log is of another log, or of what was lost
}

// witnessedHead returns the head, after comparing it with the witness on disk.
func (l *Log) witnessedHead() (Head, error) {
	l.extending.Lock() // the witness is not written meanwhile
	defer l.extending.Unlock()
	head := l.Head()
	if l.witness.file == nil {
		return head, nil
	}
	written, _, err := newestHead(l.witness.file)
	if errors.Is(err, errWitnessDamaged) {
		return Head{}, l.corrupt(0, err.Error())
	}
	if err != nil {
		return Head{}, fmt.Errorf("reading the witness of %s: %w", l.id, err)
	}
	switch {
	case written.Sequence != head.Sequence:
		err = l.corrupt(min(written.Sequence, head.Sequence)+1, fmt.Sprintf("the witness on disk says that the log ends at sequence %d, and it ends at %d", written.Sequence, head.Sequence))
	case written != head:
		err = l.corrupt(0, "the witness on disk has another root than this log")
	}
	return head, err
}

// verifyBatch is how many leaves the tree grows by at a time, so that the tree file is read in large pieces.
const verifyBatch = 1024

// verifying grows a second tree from the bytes of the log.
type verifying struct {
	log    *Log
	hasher leafHasher
	tree   tree
	leaves []tlog.Hash // not in the tree yet
	known  []Head      // not compared yet
	differ []Head
}

func (v *verifying) add(leaf tlog.Hash) error {
	v.leaves = append(v.leaves, leaf)
	size := v.tree.size + uint64(len(v.leaves))
	if len(v.leaves) < verifyBatch && (len(v.known) == 0 || v.known[0].Sequence > size) {
		return nil
	}
	if err := v.grow(); err != nil {
		return err
	}
	for ; len(v.known) > 0 && v.known[0].Sequence <= size; v.known = v.known[1:] {
		if v.known[0].Sequence < size || tlog.Hash(v.known[0].Root) != v.tree.root() {
			v.differ = append(v.differ, v.known[0]) // one out of order, or without an event, is no head either
		}
	}
	return nil
}

func (v *verifying) grow() error {
	err := v.tree.append(v.leaves)
	v.leaves = v.leaves[:0]
	if bad := (*alteredHash)(nil); errors.As(err, &bad) {
		return v.log.corrupt(bad.sequence, fmt.Sprintf("the tree file holds another hash above it than its events give, at level %d. If nothing else is wrong, "+
			"the file may be removed (%s): it is made again from the log", bad.level, v.log.witnessPath(treeSuffix)))
	}
	return err
}

// comparing is a hashStore that holds what is written against what is stored.
type comparing struct {
	discard
	with hashStore
	buf  []byte
}

// alteredHash says where the stored tree is not what was computed.
type alteredHash struct {
	sequence uint64 // the first event below
	level    int
}

func (a *alteredHash) Error() string {
	return fmt.Sprintf("another hash is stored at level %d above event %d", a.level, a.sequence)
}

func (c *comparing) WriteAt(p []byte, off int64) (int, error) {
	if cap(c.buf) < len(p) {
		c.buf = make([]byte, len(p))
	}
	stored := c.buf[:len(p)]
	n, err := c.with.ReadAt(stored, off)
	for i := 0; i < len(p); i += tlog.HashSize {
		if i+tlog.HashSize > n || !bytes.Equal(stored[i:i+tlog.HashSize], p[i:i+tlog.HashSize]) {
			level, at := tlog.SplitStoredHashIndex((off + int64(i)) / tlog.HashSize)
			return i, &alteredHash{sequence: uint64(at)<<level + 1, level: level}
		}
	}
	if n == len(p) {
		err = nil // io.EOF may come with the last bytes
	}
	return n, err
}

// discard is a hashStore for a tree of which only the root is wanted.
type discard struct{}

func (discard) ReadAt([]byte, int64) (int, error)      { return 0, io.EOF }
func (discard) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (discard) Sync() error                            { return nil }
func (discard) Close() error                           { return nil }
