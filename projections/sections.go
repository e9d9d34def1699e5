package projections

import (
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"unsafe"

	"careledger/domain"
)

// Columns of a fixed width go to the file and come back as the bytes that they are in memory: no copy on the way out, and one, into
// the column itself, on the way in. Strings are written as two sections, where each ends and all of them joined.

// block is a column of a fixed width as bytes.
type block struct {
	bytes func() []byte
	grow  func(bytes uint64) ([]byte, bool) // makes the column anew for so many bytes; false if they are no whole values
}

func blockOf[T any](column *[]T) block {
	width := uint64(unsafe.Sizeof(*new(T)))
	view := func() []byte {
		if len(*column) == 0 {
			return nil
		}
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(*column))), uint64(len(*column))*width)
	}
	return block{view, func(bytes uint64) ([]byte, bool) {
		n := bytes / width
		*column = make([]T, n, n+n/32) // some room, so that the first event after a load does not copy the column
		return view(), n*width == bytes
	}}
}

// fixed returns a column as a block, false for one of strings.
func fixed(column any) (block, bool) {
	switch c := column.(type) {
	case *[]uint8:
		return blockOf(c), true
	case *[]uint16:
		return blockOf(c), true
	case *[]uint32:
		return blockOf(c), true
	case *[]uint64:
		return blockOf(c), true
	case *[]int32:
		return blockOf(c), true
	case *[]int64:
		return blockOf(c), true
	case *[]domain.Date:
		return blockOf(c), true
	case *[]domain.Month:
		return blockOf(c), true
	}
	return block{}, false
}

// sections returns the columns as they stand in the file.
func (c *columns) sections() (sections [][]byte, err error) {
	text := func(n int, at func(i int) string) {
		var ends []uint32
		var joined []byte
		for i := range n {
			joined = append(joined, at(i)...)
			ends = append(ends, uint32(len(joined)))
		}
		if len(joined) > math.MaxUint32 {
			err = fmt.Errorf("more than 4 GiB of text in one column")
		}
		sections = append(sections, blockOf(&ends).bytes(), joined)
	}
	c.each(func(_ string, column any) {
		if b, ok := fixed(column); ok {
			sections = append(sections, b.bytes())
			return
		}
		switch c := column.(type) {
		case *[]string:
			text(len(*c), func(i int) string { return (*c)[i] })
		case *[]stored:
			var sequences []uint64
			for _, s := range *c {
				sequences = append(sequences, s.sequence)
			}
			sections = append(sections, blockOf(&sequences).bytes())
			text(len(*c), func(i int) string { return string((*c)[i].entity) })
			text(len(*c), func(i int) string { return string((*c)[i].typ) })
			text(len(*c), func(i int) string { return string((*c)[i].data) })
		default:
			panic(fmt.Sprintf("projections: no way to write a column of %T", column)) // a new kind of column, met by every test
		}
	})
	return sections, err
}

// sectionReader reads sections one after the other; after an error it goes on with empty ones.
type sectionReader struct {
	from   io.ReaderAt
	places []place
	err    error
}

func (r *sectionReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// next fills b with the next section.
func (r *sectionReader) next(b block) {
	if len(r.places) == 0 {
		r.fail("it is damaged: it has too few sections")
	}
	if r.err != nil {
		return
	}
	p := r.places[0]
	r.places = r.places[1:]
	bytes, whole := b.grow(p.length)
	if !whole {
		r.fail("it is damaged: a section of %d bytes is no column", p.length)
		return
	}
	if _, err := r.from.ReadAt(bytes, int64(p.offset)); err != nil && len(bytes) > 0 {
		r.fail("it cannot be read: %v", err)
	} else if crc32.Checksum(bytes, castagnoli) != p.checksum {
		r.fail("it is damaged: the section at %d does not have its checksum", p.offset)
	}
}

func (r *sectionReader) text() []string {
	var ends []uint32
	var joined []byte
	r.next(blockOf(&ends))
	r.next(blockOf(&joined))
	if r.err != nil {
		return nil
	}
	all, texts, from := string(joined), make([]string, len(ends)), uint32(0)
	for i, end := range ends {
		if end < from || uint64(end) > uint64(len(all)) {
			r.fail("it is damaged: its texts overlap")
			return nil
		}
		texts[i], from = all[from:end], end
	}
	return texts
}

// readSections fills the columns.
func (c *columns) readSections(from io.ReaderAt, places []place) error {
	r := &sectionReader{from: from, places: places}
	c.each(func(_ string, column any) {
		if b, ok := fixed(column); ok {
			r.next(b)
			return
		}
		switch c := column.(type) {
		case *[]string:
			*c = r.text()
		case *[]stored:
			var sequences []uint64
			r.next(blockOf(&sequences))
			entities, types, data := r.text(), r.text(), r.text()
			if len(entities) != len(sequences) || len(types) != len(sequences) || len(data) != len(sequences) {
				r.fail("it is damaged: its events of providers and policies are not whole")
				return
			}
			for i, sequence := range sequences {
				*c = append(*c, stored{sequence, domain.Entity(entities[i]), domain.Type(types[i]), []byte(data[i])})
			}
		}
	})
	if len(r.places) > 0 {
		r.fail("it is damaged: it has too many sections")
	}
	return r.err
}
