package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// verifyBlock is how many leaves are compared with the tree at once.
const verifyBlock = 1024

// Verify reads the whole log and computes its tree from nothing but the bytes and the head it started with. Read compares
// each event with its leaf; Verify also proves that every hash of the tree is what the leaves give, and that its root is the
// witnessed one. It returns the head that was verified, or *[CorruptError]. It takes as long as reading the log.
func (l *Log) Verify(ctx context.Context) (Head, error) {
	head := l.Head()
	t := &tree{store: &comparing{stored: l.tree.store}}
	hasher := leafHasher{authority: l.authority}
	leaves := make([]tlog.Hash, 0, verifyBlock)
	compare := func() error {
		err := t.append(leaves)
		leaves = leaves[:0]
		if bad := (*alteredHash)(nil); errors.As(err, &bad) {
			return l.corrupt(bad.sequence, fmt.Sprintf("the tree file holds another hash above it than its events give, at level %d. If nothing else is wrong, "+
				"the file may be removed (%s): it is made again from the log", bad.level, l.witnessPath(treeSuffix)))
		}
		return err
	}
	err := l.Read(ctx, 1, head.Sequence, func(e Event) error {
		leaves = append(leaves, hasher.leaf(stored{seq: e.Sequence, subject: subject(l.authority, e.Entity, e.Type), id: e.ID, data: e.Data}))
		if len(leaves) < verifyBlock {
			return nil
		}
		return compare()
	})
	if err == nil {
		err = compare()
	}
	if err != nil {
		return Head{}, err
	}
	if t.size != head.Sequence || t.root() != tlog.Hash(head.Root) {
		return Head{}, l.corrupt(0, fmt.Sprintf("its %d events do not give the witnessed root, though each agrees with the tree file", head.Sequence))
	}
	return head, nil
}

// comparing is a hashStore that holds what is written against what is stored.
type comparing struct {
	stored io.ReaderAt
	buf    []byte
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
	n, err := c.stored.ReadAt(stored, off)
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

func (c *comparing) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }
func (c *comparing) Sync() error                       { return nil }
func (c *comparing) Close() error                      { return nil }
