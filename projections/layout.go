package projections

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// The layout of the file that keeps a table, in the byte order of the machine that wrote it (another machine folds afresh):
//
//	header      magic, byte order mark, format version, fold version, number of sections      32 bytes
//	            authority                                                                      8 bytes
//	            SHA-256 of the sections' names and types                                      32 bytes
//	            for each section: offset and capacity in bytes                                16 bytes each
//	            CRC-32C of all that                                                            4 bytes
//	2 manifests generation, position, latest recorded time                                    24 bytes
//	            root of the log's tree at the position                                        32 bytes
//	            rows that each index of slots holds                                            8 bytes each
//	            for each section: length in bytes, and CRC-32C of those                       16 bytes each
//	            CRC-32C of all that                                                            4 bytes
//	sections    the columns in the order of columns.each and as they are in memory, the slots of the index, and retractions of
//	            rows that stood in the file already, as interval, row and sequence
//
// Header, manifests and sections begin at multiples of 4096. A section has room to grow, which takes no space on disk until it is
// used: the file is sparse, and its size says more than it takes.
//
// The header never changes. A table that has grown adds to the ends of its sections, syncs, and then writes the manifest that is not in
// force, with the next generation; the one of the highest generation that has its checksum is in force. So whatever a cut leaves, one
// manifest stands, and nothing that it covers has been touched. When a section has no room left the file is written anew beside the old
// one and renamed. What changes in place in memory, until, never does in the file: its changes are added up as retractions, which opening
// applies to the private mapping.
const (
	fileMagic     = "careledger facts"
	byteOrderMark = 0x01020304
	formatVersion = 2
	// foldVersion is that of what the fold makes of events. It MUST be raised with every change to apply.go, rows.go or the domain that
	// gives other rows for the same log, so that tables folded before it are folded again.
	foldVersion   = 3
	pageBytes     = 4096
	headerBytes   = 72
	placeBytes    = 16
	manifestBytes = 56
	slotTables    = 4
)

// region is where a section stands and how far it may grow.
type region struct{ offset, capacity uint64 }

// extent is how much of a section is in force. The checksum of a section that has grown follows from the one before and what was added.
type extent struct {
	length   uint64
	checksum uint32
}

func (e extent) grown(by []byte) extent {
	return extent{e.length + uint64(len(by)), crc32.Update(e.checksum, castagnoli, by)}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// manifest says what of the file is in force.
type manifest struct {
	generation, position uint64
	latest               int64 // greatest recorded time, nanoseconds since 1970
	root                 tlog.Hash
	used                 []uint64 // by index of slots: the rows below it are in
	sections             []extent
}

// layout is the header of a file.
type layout struct {
	authority string
	schema    [32]byte
	regions   []region
}

// newLayout makes room for sections of some lengths, and for a quarter more of those that grow.
func newLayout(authority string, schema [32]byte, lengths []uint64, grows func(section int) bool) layout {
	l := layout{authority, schema, make([]region, len(lengths))}
	offset := l.manifestAt(2)
	for i, n := range lengths {
		room := n
		if grows(i) {
			room += n/4 + pageBytes
		}
		l.regions[i] = region{offset, paged(room)}
		offset += paged(room)
	}
	return l
}

func paged(n uint64) uint64 { return (n + pageBytes - 1) / pageBytes * pageBytes }

func (l *layout) headerSize() uint64 { return uint64(headerBytes + placeBytes*len(l.regions) + 4) }
func (l *layout) manifestSize() uint64 {
	return uint64(manifestBytes + 8*slotTables + placeBytes*len(l.regions) + 4)
}

// manifestAt is where the manifest of a generation stands; of 2, where the sections begin.
func (l *layout) manifestAt(slot uint64) uint64 {
	return paged(l.headerSize()) + slot*paged(l.manifestSize())
}

// size is that of the whole file.
func (l *layout) size() uint64 {
	end := l.manifestAt(2)
	for _, r := range l.regions {
		end = max(end, r.offset+r.capacity)
	}
	return end
}

func (l *layout) bytes() []byte {
	b := append([]byte(nil), fileMagic...)
	for _, n := range []uint32{byteOrderMark, formatVersion, foldVersion, uint32(len(l.regions))} {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	b = append(b, (l.authority + "\x00\x00\x00\x00\x00\x00\x00\x00")[:8]...)
	b = append(b, l.schema[:]...)
	for _, r := range l.regions {
		b = binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(b, r.offset), r.capacity)
	}
	return sealed(b)
}

// sealed adds the checksum of b, and unsealed takes it off again, false if b does not have it.
func sealed(b []byte) []byte {
	return binary.NativeEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func unsealed(b []byte) ([]byte, bool) {
	n := len(b) - 4
	return b[:n], crc32.Checksum(b[:n], castagnoli) == binary.NativeEndian.Uint32(b[n:])
}

func (m *manifest) bytes() []byte {
	b := binary.NativeEndian.AppendUint64(nil, m.generation)
	b = binary.NativeEndian.AppendUint64(b, m.position)
	b = append(binary.NativeEndian.AppendUint64(b, uint64(m.latest)), m.root[:]...)
	for _, n := range m.used {
		b = binary.NativeEndian.AppendUint64(b, n)
	}
	for _, e := range m.sections {
		b = binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(b, e.length), uint64(e.checksum))
	}
	return sealed(b)
}

// readLayout reads the header of a file of some size, or says why it is of no use to a table of an authority with some schema.
func readLayout(f io.ReaderAt, size uint64, want layout) (l layout, reason string) {
	b := make([]byte, headerBytes)
	if _, err := f.ReadAt(b, 0); err != nil || string(b[:16]) != fileMagic {
		return l, "it is damaged or no such file"
	}
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(b[16+4*i:]) }
	switch {
	case word(0) != byteOrderMark:
		return l, "they were written by a machine of another kind"
	case word(1) != formatVersion || word(2) != foldVersion || [32]byte(b[40:]) != want.schema:
		return l, "they were written by another release"
	case int(word(3)) != len(want.regions):
		return l, "it is damaged"
	}
	l = layout{string(b[32:40]), [32]byte(b[40:]), make([]region, word(3))}
	b = make([]byte, l.headerSize())
	if _, err := f.ReadAt(b, 0); err != nil {
		return l, "it is damaged: it ends early"
	}
	b, ok := unsealed(b)
	if !ok {
		return l, "it is damaged: its header does not have its checksum"
	}
	if l.authority != (want.authority + "\x00\x00\x00\x00\x00\x00\x00\x00")[:8] {
		return l, fmt.Sprintf("they are those of authority %s", l.authority)
	}
	l.authority = want.authority
	for i := range l.regions {
		at := b[headerBytes+placeBytes*i:]
		r := region{binary.NativeEndian.Uint64(at), binary.NativeEndian.Uint64(at[8:])}
		if r.offset%pageBytes != 0 || r.offset > size || r.capacity > size-r.offset {
			return l, "it is damaged: it ends early"
		}
		l.regions[i] = r
	}
	return l, ""
}

// readManifest returns the manifest in force, false if there is none.
func (l *layout) readManifest(f io.ReaderAt) (in manifest, ok bool) {
	for slot := range uint64(2) {
		b := make([]byte, l.manifestSize())
		if _, err := f.ReadAt(b, int64(l.manifestAt(slot))); err != nil {
			continue
		}
		if m, whole := l.parseManifest(b); whole && m.generation%2 == slot && (!ok || m.generation > in.generation) {
			in, ok = m, true
		}
	}
	return in, ok
}

func (l *layout) parseManifest(b []byte) (m manifest, ok bool) {
	if b, ok = unsealed(b); !ok {
		return m, false
	}
	next := func() (n uint64) {
		n, b = binary.NativeEndian.Uint64(b), b[8:]
		return n
	}
	m.generation, m.position, m.latest = next(), next(), int64(next())
	m.root, b = tlog.Hash(b[:32]), b[32:]
	for range slotTables {
		m.used = append(m.used, next())
	}
	for _, r := range l.regions {
		e := extent{next(), uint32(next())}
		if e.length > r.capacity {
			return m, false
		}
		m.sections = append(m.sections, e)
	}
	return m, true
}

// schema is the SHA-256 of the sections' names and types.
func (t *Table) schema() [32]byte {
	h := sha256.New()
	t.each(func(name string, column any) { fmt.Fprintf(h, "%s %T\n", name, column) })
	t.eachSlots(func(name string, s *slots) { fmt.Fprintf(h, "%s %T\n", name, s.rows) })
	fmt.Fprintf(h, "retracted %T\n", []retraction(nil))
	return [32]byte(h.Sum(nil))
}
