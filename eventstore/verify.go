package eventstore

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// Verify reads the whole log and computes its root from nothing but the bytes and the head it started with. Read compares
// each event with its leaf; Verify also proves that the leaves are those of the witnessed root. It returns the head that
// was verified, or *[CorruptError]. It takes as long as reading the log.
func (l *Log) Verify(ctx context.Context) (Head, error) {
	head := l.Head()
	t := &tree{store: discard{}}
	hasher := leafHasher{authority: l.authority}
	err := l.Read(ctx, 1, head.Sequence, func(e Event) error {
		return t.append([]tlog.Hash{hasher.leaf(stored{seq: e.Sequence, subject: subject(l.authority, e.Entity, e.Type), id: e.ID, data: e.Data})})
	})
	if err != nil {
		return Head{}, err
	}
	if t.size != head.Sequence || t.root() != tlog.Hash(head.Root) {
		return Head{}, l.corrupt(0, fmt.Sprintf("its %d events do not give the witnessed root, though each agrees with the tree file", head.Sequence))
	}
	return head, nil
}

// discard is a hashStore for a tree of which only the root is wanted.
type discard struct{}

func (discard) ReadAt([]byte, int64) (int, error)      { return 0, io.EOF }
func (discard) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (discard) Sync() error                            { return nil }
func (discard) Close() error                           { return nil }
