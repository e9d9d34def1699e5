package projections

import (
	"fmt"
	"slices"
	"unsafe"

	"careledger/domain"
)

// block is a column of a fixed width as bytes. Columns stand in the table's file as they are in memory, so that one is read in place.
type block struct {
	bytes func() []byte
	// place makes the column what stands in a region of the file: length bytes of values, and room to grow in place as far as the region goes.
	// false: the bytes are no whole values.
	place func(region []byte, length uint64) bool
}

func blockOf[T any](column *[]T) block {
	width := uint64(unsafe.Sizeof(*new(T)))
	bytes := func() []byte {
		if len(*column) == 0 {
			return nil
		}
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(*column))), uint64(len(*column))*width)
	}
	return block{bytes, func(region []byte, length uint64) bool {
		*column = nil
		if room := uint64(len(region)) / width; room > 0 {
			*column = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(region))), room)[:length/width]
		}
		return length%width == 0
	}}
}

// section is a part of the table's file.
type section struct {
	name string
	block
	until    *known // the interval whose end it is, where it is a column that changes in place
	interval int    // its position in intervals
	slots    *slots // the part of the index that it is, if any: changes in place too, and is written with the whole file only
}

// sections returns the parts of the table's file in their fixed order: the columns, and the slots of the index.
func (t *Table) sections() (all []section) {
	intervals := t.intervals()
	t.each(func(name string, column any) {
		s := section{name: name, block: asBlock(column)}
		if i := slices.IndexFunc(intervals, func(k *known) bool { return column == &k.until }); i >= 0 {
			s.until, s.interval = intervals[i], i
		}
		all = append(all, s)
	})
	t.eachSlots(func(name string, s *slots) { all = append(all, section{name: name, block: blockOf(&s.rows), slots: s}) })
	return all
}

func asBlock(column any) block {
	switch c := column.(type) {
	case *[]uint8:
		return blockOf(c)
	case *[]uint16:
		return blockOf(c)
	case *[]uint32:
		return blockOf(c)
	case *[]uint64:
		return blockOf(c)
	case *[]int32:
		return blockOf(c)
	case *[]int64:
		return blockOf(c)
	case *[]domain.Date:
		return blockOf(c)
	case *[]domain.Month:
		return blockOf(c)
	}
	panic(fmt.Sprintf("projections: no way to keep a column of %T", column)) // a new kind of column, met by every test
}

// textColumns returns the columns of strings, for what checks those that come from a file.
func (c *columns) textColumns() []*textColumn {
	all := []*textColumn{&c.entities, &c.units, &c.words}
	for _, s := range []*storedColumns{&c.parties, &c.payouts} {
		all = append(all, &s.entity, &s.typ, &s.data)
	}
	return all
}
