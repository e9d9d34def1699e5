package projections

import (
	"sync"
	"unsafe"

	"careledger/domain"
)

// index is what is derived from the columns to fold the next event. A table that was loaded and only answers needs none of it, so
// the rest of it is built when it is first needed: the slots come with the table's file, as they were when that was last written whole.
type index struct {
	built     bool
	entityRow slots // of entities
	wordRow   slots // of words
	keyRow    slots // of keyColumns
	idRow     slots // of ids: sequence less one
	unitCode  map[string]uint16
	typeCode  map[domain.Type]uint8
	current   []currentRows     // by case code: the rows not retracted
	moves     map[uint32]uint32 // sequence of performed time that was corrected: the row that says what it is known to be
}

type currentRows struct {
	opened                      int32 // -1 for none
	grants, absences, followUps []uint32
	enrolments                  []uint32
}

// reading takes the read lock with the index built.
func (t *Table) reading() {
	t.mu.RLock()
	if t.built {
		return
	}
	t.mu.RUnlock()
	t.mu.Lock()
	if !t.built {
		t.reindex()
	}
	t.mu.Unlock()
	t.mu.RLock() // built stays so
}

// reindex derives the index from the columns, going on from what the slots hold already.
func (t *Table) reindex() {
	t.eachSlots(func(_ string, s *slots) { s.memory = t.memory })
	var group sync.WaitGroup
	group.Go(func() { t.idRow.cover(len(t.ids), t.idHash) })
	group.Go(func() { t.keyRow.cover(len(t.keys.cs), t.keyHash) })
	group.Go(func() { t.wordRow.cover(t.words.len(), t.wordHash) })
	defer group.Wait()
	t.entityRow.cover(t.entities.len(), t.entityHash)
	t.built, t.unitCode, t.typeCode, t.moves = true, map[string]uint16{}, map[domain.Type]uint8{}, make(map[uint32]uint32, len(t.corrected))
	t.current = make([]currentRows, t.entities.len())
	for i := range t.current {
		t.current[i].opened = -1
	}
	for i, s := range t.units.all() {
		t.unitCode[s] = uint16(i)
	}
	for i, s := range t.types.all() {
		t.typeCode[domain.Type(s)] = uint8(i)
	}
	for i, s := range t.corrected {
		t.moves[s] = t.correctedRow[i]
	}
	for i, until := range t.opened.until {
		if until == 0 {
			t.current[t.opened.cs[i]].opened = int32(i)
		}
	}
	collect := func(cs, until []uint32, rows func(*currentRows) *[]uint32) {
		for i := range cs {
			if until[i] == 0 {
				r := rows(&t.current[cs[i]])
				*r = append(*r, uint32(i))
			}
		}
	}
	collect(t.grants.cs, t.grants.until, func(c *currentRows) *[]uint32 { return &c.grants })
	collect(t.absences.cs, t.absences.until, func(c *currentRows) *[]uint32 { return &c.absences })
	collect(t.followUps.cs, t.followUps.until, func(c *currentRows) *[]uint32 { return &c.followUps })
	collect(t.enrolments.cs, t.enrolments.until, func(c *currentRows) *[]uint32 { return &c.enrolments })
}

// performedKey is one row of keyColumns.
type performedKey struct {
	cs             uint32
	unit           uint16
	category, band uint8
	month          domain.Month
}

func (k performedKey) hash() uint64 {
	h := uint64(k.cs)<<32 | uint64(k.unit)<<16 | uint64(k.category)<<8 | uint64(k.band)
	h = (h ^ uint64(k.month)<<40 ^ uint64(k.month)) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

func (t *Table) keyAt(row uint32) performedKey {
	k := &t.keys
	return performedKey{k.cs[row], k.unit[row], k.category[row], k.band[row], k.month[row]}
}

func (t *Table) entityHash(row uint32) uint64 { return textHash(t.entities.at(int(row))) }
func (t *Table) wordHash(row uint32) uint64   { return textHash(t.words.at(int(row))) }
func (t *Table) keyHash(row uint32) uint64    { return t.keyAt(row).hash() }
func (t *Table) idHash(row uint32) uint64     { return t.ids[row] }

// eachSlots visits the slots that are kept on disk, in a fixed order.
func (x *index) eachSlots(visit func(name string, s *slots)) {
	visit("entities.slots", &x.entityRow)
	visit("words.slots", &x.wordRow)
	visit("keys.slots", &x.keyRow)
	visit("ids.slots", &x.idRow)
}

// codeOf returns the code of a case or patient, false for one without an event. It needs the index.
func (t *Table) codeOf(e domain.Entity) (code uint32, ok bool) {
	return t.entityRow.find(textHash(string(e)), func(row uint32) bool { return t.entities.at(int(row)) == string(e) })
}

// keyOf returns the row of a key, added if it is new.
func (t *Table) keyOf(k performedKey) uint32 {
	row, ok := t.keyRow.find(k.hash(), func(row uint32) bool { return t.keyAt(row) == k })
	if !ok {
		row = uint32(len(t.keys.cs))
		t.keys.cs, t.keys.unit = append(t.keys.cs, k.cs), append(t.keys.unit, k.unit)
		t.keys.category, t.keys.band, t.keys.month = append(t.keys.category, k.category), append(t.keys.band, k.band), append(t.keys.month, k.month)
		t.keyRow.add(row, t.keyHash)
	}
	return row
}

// eachOf visits the sequences of the events with a short id, until visit returns false. Nearly always there is one or none.
func (t *Table) eachOf(id uint64, visit func(sequence uint64) bool) {
	t.idRow.find(id, func(row uint32) bool { return t.ids[row] == id && !visit(uint64(row)+1) })
}

// slots is a hash index of rows that knows their hashes only by asking: four bytes a slot, where a map of ten million would take
// half a gigabyte. It holds row+1, 0 for a free slot; its length is a power of two. Rows are put in in their order, none is taken out.
type slots struct {
	rows []uint32
	used int // rows below it are in

	memory func(bytes int) []byte // gives what many rows are kept in; nil, or nil for few: the heap
}

// cover puts in the rows up to n that are not in yet.
func (s *slots) cover(n int, hash func(row uint32) uint64) {
	if s.used < n {
		s.reserve(n, hash)
	}
	for s.used < n {
		s.add(uint32(s.used), hash)
	}
}

// find returns the first row that same accepts among those whose hash may be this one.
func (s *slots) find(hash uint64, same func(row uint32) bool) (row uint32, ok bool) {
	if len(s.rows) == 0 {
		return 0, false
	}
	mask := uint64(len(s.rows) - 1)
	for i := hash & mask; s.rows[i] != 0; i = (i + 1) & mask {
		if same(s.rows[i] - 1) {
			return s.rows[i] - 1, true
		}
	}
	return 0, false
}

// add puts a row in; at most three slots in four are used.
func (s *slots) add(row uint32, hash func(row uint32) uint64) {
	if (s.used+1)*4 > len(s.rows)*3 {
		s.reserve(max(16, 2*s.used), hash)
	}
	s.put(row, hash(row))
	s.used++
}

// reserve makes room for n rows.
func (s *slots) reserve(n int, hash func(row uint32) uint64) {
	size := 16
	for size*3 < n*4 {
		size *= 2
	}
	if size <= len(s.rows) {
		return
	}
	old := s.rows
	if s.rows = s.room(size); s.rows == nil {
		s.rows = make([]uint32, size)
	}
	for _, r := range old {
		if r != 0 {
			s.put(r-1, hash(r-1))
		}
	}
}

func (s *slots) room(size int) []uint32 {
	if s.memory == nil {
		return nil
	}
	b := s.memory(4 * size)
	if b == nil {
		return nil
	}
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), size)
}

func (s *slots) put(row uint32, hash uint64) {
	mask := uint64(len(s.rows) - 1)
	i := hash & mask
	for s.rows[i] != 0 {
		i = (i + 1) & mask
	}
	s.rows[i] = row + 1
}
