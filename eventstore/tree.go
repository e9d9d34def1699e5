package eventstore

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// frameMagic separates this hash from every other use of SHA-256, and says how to read what follows it.
const frameMagic = "careledger event v1\n"

// appendFrame appends to dst what a leaf of the tree is the hash of:
//
//	"careledger event v1\n"
//	sequence            8 bytes, big endian
//	authority           each of these: its length, 4 bytes big endian, then its bytes
//	subject             care.{authority}.{kind}.{id}.{type}
//	event id
//	data                exactly the bytes that are stored
//
// The lengths make the frame injective: no two events share one.
func appendFrame(dst []byte, authority string, m stored) []byte {
	dst = append(dst, frameMagic...)
	dst = binary.BigEndian.AppendUint64(dst, m.seq)
	for _, s := range [...]string{authority, m.subject, m.id} {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(s)))
		dst = append(dst, s...)
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(m.data)))
	return append(dst, m.data...)
}

// leafHasher hashes frames without allocating: a leaf is tlog.RecordHash of its event's frame. Not for concurrent use.
type leafHasher struct {
	authority string
	buf       []byte
}

func (h *leafHasher) leaf(m stored) tlog.Hash {
	h.buf = appendFrame(append(h.buf[:0], 0x00), h.authority, m) // 0x00: a leaf, RFC 6962 section 2.1
	return sha256.Sum256(h.buf)
}

// hashStore holds stored hashes at 32 times their tlog index.
type hashStore interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
}

// tree is the Merkle tree of one log. Appending belongs to one goroutine at a time; reading hashes of leaves that were
// appended before is safe beside it.
type tree struct {
	store hashStore
	size  uint64                   // leaves
	left  [bits.UintSize]tlog.Hash // left[k]: root of the complete subtree of 2^k leaves that is waiting for its right sibling; valid where bit k of size is set
	buf   []byte
}

// append adds leaves: one write, no sync. A crash leaves a short or torn end, which open finds because the root it gives
// is not the witnessed one.
func (t *tree) append(leaves []tlog.Hash) error {
	if len(leaves) == 0 {
		return nil
	}
	size, left := t.size, t.left
	off := tlog.StoredHashIndex(0, int64(size)) * tlog.HashSize
	t.buf = t.buf[:0]
	for _, h := range leaves {
		t.buf = append(t.buf, h[:]...)
		k := 0
		for ; size>>k&1 == 1; k++ {
			h = tlog.NodeHash(left[k], h)
			t.buf = append(t.buf, h[:]...)
		}
		left[k] = h
		size++
	}
	if err := writeAt(t.store, t.buf, off); err != nil {
		return fmt.Errorf("writing the tree: %w", err)
	}
	t.size, t.left = size, left
	return nil
}

// root is the RFC 6962 tree hash of what has been appended.
func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	k := bits.TrailingZeros64(t.size)
	h := t.left[k]
	for k++; t.size>>k != 0; k++ {
		if t.size>>k&1 == 1 {
			h = tlog.NodeHash(t.left[k], h)
		}
	}
	return h
}

// load takes up the tree that the store holds for size leaves. It reads one hash per set bit of size.
func (t *tree) load(size uint64) error {
	t.size = size
	start := uint64(0)
	for k := bits.UintSize - 1; k >= 0; k-- {
		if size>>k&1 == 0 {
			continue
		}
		hs, err := readHashes(t.store, []int64{tlog.StoredHashIndex(k, int64(start>>k))})
		if err != nil {
			return err
		}
		t.left[k] = hs[0]
		start += 1 << k
	}
	return nil
}

// readHashes reads stored hashes by their tlog index.
func readHashes(r io.ReaderAt, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if _, err := r.ReadAt(out[i][:], x*tlog.HashSize); err != nil {
			return nil, fmt.Errorf("reading hash %d of the tree: %w", x, err)
		}
	}
	return out, nil
}

// leafReader reads leaves in blocks, for sequential access. Not for concurrent use.
type leafReader struct {
	r     io.ReaderAt
	limit int64 // bytes that belong to leaves up to the head it was made for
	buf   []byte
	off   int64 // of buf
}

const leafBlockBytes = 256 << 10

// newLeafReader reads leaves 1 to size.
func newLeafReader(r io.ReaderAt, size uint64, blockBytes int) *leafReader {
	return &leafReader{r: r, limit: tlog.StoredHashCount(int64(size)) * tlog.HashSize, buf: make([]byte, 0, blockBytes)}
}

// leaf is the hash of the event at seq.
func (l *leafReader) leaf(seq uint64) (h tlog.Hash, err error) {
	at := tlog.StoredHashIndex(0, int64(seq-1)) * tlog.HashSize
	if at+tlog.HashSize > l.limit {
		return h, fmt.Errorf("reading the tree: sequence %d is beyond its end", seq)
	}
	if at < l.off || at+tlog.HashSize > l.off+int64(len(l.buf)) {
		n := min(int64(cap(l.buf)), l.limit-at)
		got, err := l.r.ReadAt(l.buf[:n], at)
		l.buf, l.off = l.buf[:got], at
		if got < tlog.HashSize {
			return h, fmt.Errorf("reading the tree at sequence %d: %w", seq, err)
		}
	}
	copy(h[:], l.buf[at-l.off:])
	return h, nil
}

// memoryStore is a hashStore for a log without a directory.
type memoryStore struct {
	mu sync.RWMutex
	b  []byte
}

func (m *memoryStore) ReadAt(p []byte, off int64) (int, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if off >= int64(len(m.b)) {
		return 0, io.EOF
	}
	n := copy(p, m.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memoryStore) WriteAt(p []byte, off int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if off > int64(len(m.b)) {
		return 0, errors.New("write beyond the end of the tree")
	}
	m.b = append(m.b[:off], p...)
	return len(p), nil
}

func (m *memoryStore) Sync() error  { return nil }
func (m *memoryStore) Close() error { return nil }

func openTreeFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the tree: %w", err)
	}
	return f, nil
}
