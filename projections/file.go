package projections

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"careledger/eventstore"
)

// The file that keeps a table is a cache of the log: losing it costs a fold, never a fact. Its layout, in the byte order of the
// machine that wrote it (another machine folds afresh):
//
//	0     magic, byte order mark, format version, fold version, number of sections   32 bytes
//	32    position, root of the log's tree there                                     40 bytes
//	72    authority                                                                   8 bytes
//	80    SHA-256 of the columns' names and types                                    32 bytes
//	112   for each section: offset, length in bytes, CRC-32C                         24 bytes each
//	      CRC-32C of all that                                                         4 bytes
//	then the sections, each at a multiple of 4096, in the order of columns.each and as they are in memory, so that a column can be
//	read in place.
const (
	fileMagic     = "careledger facts"
	byteOrderMark = 0x01020304
	formatVersion = 1
	// foldVersion is that of what the fold makes of events. It MUST be raised with every change to apply.go, rows.go or the domain that
	// gives other rows for the same log, so that tables folded before it are folded again.
	foldVersion  = 2
	pageBytes    = 4096
	headerBytes  = 112
	sectionBytes = 24
)

// ErrStale matches every *StaleError.
var ErrStale = errors.New("the file is no table of this log")

// StaleError says why a file cannot be used. The log is as it was; fold it again.
type StaleError struct{ Path, Reason string }

func (e *StaleError) Error() string {
	return fmt.Sprintf("the facts in %s are not used: %s", e.Path, e.Reason)
}

// Is reports a match with ErrStale.
func (e *StaleError) Is(target error) bool { return target == ErrStale }

// Open returns the table of a log, folded to its head: from the file at path where it holds one of this log, otherwise from the
// beginning. progress, if not nil, is called now and then with the position.
func Open(ctx context.Context, log *eventstore.Log, path string, progress func(position uint64)) (*Table, error) {
	t, err := Load(path, log)
	if errors.Is(err, ErrStale) {
		t, err = NewTable(log), nil
	}
	if err != nil {
		return nil, err
	}
	return t, t.Fold(ctx, log.Head().Sequence, progress)
}

// Unsaved returns how many events have been folded since the table was last saved or loaded.
func (t *Table) Unsaved() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.position - t.saved
}

// Save writes the table to a file, which is whole or as it was before. The fold may go on meanwhile. A table whose fold has
// failed is not saved.
func (t *Table) Save(path string) error {
	t.saving.Lock()
	defer t.saving.Unlock()
	s, err := t.frozen()
	if err != nil {
		return err
	}
	root, err := rootAt(t.log, s.position)
	if err != nil {
		return fmt.Errorf("save the facts of %s: %w", t.authority, err)
	}
	sections, err := s.sections()
	if err != nil {
		return fmt.Errorf("save the facts of %s: %w", t.authority, err)
	}
	if err := replaceFile(path, append([][]byte{s.header(root, sections)}, sections...)); err != nil {
		return fmt.Errorf("save the facts of %s: %w", t.authority, err)
	}
	t.mu.Lock()
	t.saved = max(t.saved, s.position)
	t.mu.Unlock()
	return nil
}

// frozen is a snapshot that holds copies of what changes in place.
func (t *Table) frozen() (*snapshot, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.failed != nil {
		return nil, t.failed
	}
	s := &snapshot{t.authority, t.columns}
	for _, k := range []*known{&s.opened.known, &s.grants.known, &s.absences.known, &s.performed.known, &s.followUps.known, &s.enrolments.known} {
		k.until = slices.Clone(k.until)
	}
	s.correctedRow = slices.Clone(s.correctedRow)
	return s, nil
}

func rootAt(log *eventstore.Log, position uint64) (tlog.Hash, error) {
	if position == 0 {
		return tlog.Hash{}, nil
	}
	return tlog.TreeHash(int64(position), log)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header returns the header and the directory of sections, which begin on the page after it.
func (s *snapshot) header(root tlog.Hash, sections [][]byte) []byte {
	b := append([]byte(nil), fileMagic...)
	for _, n := range []uint32{byteOrderMark, formatVersion, foldVersion, uint32(len(sections))} {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	b = append(binary.NativeEndian.AppendUint64(b, s.position), root[:]...)
	b = append(b, (s.authority + "\x00\x00\x00\x00\x00\x00\x00\x00")[:8]...)
	schema := s.schema()
	b = append(b, schema[:]...)
	offset := paged(uint64(len(b) + sectionBytes*len(sections) + 4))
	for _, section := range sections {
		b = binary.NativeEndian.AppendUint64(b, offset)
		b = binary.NativeEndian.AppendUint64(b, uint64(len(section)))
		b = binary.NativeEndian.AppendUint64(b, uint64(crc32.Checksum(section, castagnoli)))
		offset = paged(offset + uint64(len(section)))
	}
	return binary.NativeEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// schema is the SHA-256 of the columns' names and types.
func (c *columns) schema() [32]byte {
	h := sha256.New()
	c.each(func(name string, column any) { fmt.Fprintf(h, "%s %T\n", name, column) })
	return [32]byte(h.Sum(nil))
}

func paged(n uint64) uint64 { return (n + pageBytes - 1) / pageBytes * pageBytes }

// replaceFile writes parts, each at a multiple of pageBytes, in place of the file at path.
func replaceFile(path string, parts [][]byte) (err error) {
	// A crash up to the rename leaves a .new file, which the next Save overwrites, beside the old table or none.
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	offset := int64(0)
	for _, part := range parts {
		if _, err := f.WriteAt(part, offset); err != nil {
			return err
		}
		offset = int64(paged(uint64(offset) + uint64(len(part))))
	}
	// Without this a crash after the rename could leave a file of zeros under path. Load would find it damaged: a cold fold, no harm.
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	// A crash here leaves the old table or the new one, each whole, since a rename is one step.
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	// Until the directory is on disk a crash may bring the old table back: its position is on the log, and the rest is folded.
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// Load reads the table of a log from a file. It returns a *StaleError if the file is missing or damaged, or holds a table of another
// version, authority or log: the root of the log's tree at the table's position is compared.
func Load(path string, log *eventstore.Log) (*Table, error) {
	stale := func(format string, args ...any) error { return &StaleError{path, fmt.Sprintf(format, args...)} }
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, stale("there is no such file")
	}
	if err != nil {
		return nil, fmt.Errorf("load the facts of %s: %w", log.Authority(), err)
	}
	defer f.Close()
	t := NewTable(log)
	t.index = index{}
	h, reason := t.readHeader(f)
	if reason != "" {
		return nil, stale("%s", reason)
	}
	if head := log.Head().Sequence; h.position > head {
		return nil, stale("they were folded up to event %d, and the log ends at %d", h.position, head)
	}
	root, err := rootAt(log, h.position)
	if err != nil {
		return nil, fmt.Errorf("load the facts of %s: %w", log.Authority(), err)
	}
	if root != h.root {
		return nil, stale("they were folded from another log")
	}
	if err := t.readSections(f, h.sections); err != nil {
		return nil, stale("%v", err)
	}
	if uint64(len(t.recorded)) != h.position {
		return nil, stale("they hold %d events, not the %d that they name", len(t.recorded), h.position)
	}
	t.position, t.saved, t.latest = h.position, h.position, math.MinInt64
	for _, at := range t.recorded {
		t.latest = max(t.latest, at)
	}
	return t, nil
}

// header is what is read of one.
type header struct {
	position uint64
	root     tlog.Hash
	sections []place
}

// place is where a section stands.
type place struct {
	offset, length uint64
	checksum       uint32
}

// readHeader returns the header, or why the file is of no use.
func (t *Table) readHeader(f *os.File) (h header, reason string) {
	info, err := f.Stat()
	if err != nil {
		return h, err.Error()
	}
	b := make([]byte, headerBytes)
	if _, err := f.ReadAt(b, 0); err != nil || string(b[:16]) != fileMagic {
		return h, "it is damaged or no such file"
	}
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(b[16+4*i:]) }
	schema := t.schema()
	switch {
	case word(0) != byteOrderMark:
		return h, "they were written by a machine of another kind"
	case word(1) != formatVersion || word(2) != foldVersion || [32]byte(b[80:]) != schema:
		return h, "they were written by another release"
	case word(3) > 1000:
		return h, "it is damaged"
	}
	directory := make([]byte, sectionBytes*int(word(3))+4)
	if _, err := f.ReadAt(directory, headerBytes); err != nil {
		return h, "it is damaged: it ends early"
	}
	sum := crc32.Update(crc32.Checksum(b, castagnoli), castagnoli, directory[:len(directory)-4])
	if sum != binary.NativeEndian.Uint32(directory[len(directory)-4:]) {
		return h, "it is damaged: its header does not have its checksum"
	}
	if authority := string(b[72:80]); authority != (t.authority + "\x00\x00\x00\x00\x00\x00\x00\x00")[:8] {
		return h, fmt.Sprintf("they are those of authority %s", authority)
	}
	h.position, h.root = binary.NativeEndian.Uint64(b[32:]), tlog.Hash(b[40:72])
	for i := range int(word(3)) {
		d := directory[sectionBytes*i:]
		p := place{binary.NativeEndian.Uint64(d), binary.NativeEndian.Uint64(d[8:]), uint32(binary.NativeEndian.Uint64(d[16:]))}
		if p.length > 0 && (p.offset > uint64(info.Size()) || p.length > uint64(info.Size())-p.offset) {
			return h, "it is damaged: it ends early"
		}
		h.sections = append(h.sections, p)
	}
	return h, ""
}
