package projections

import (
	"fmt"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapFile maps a file into memory, privately: what is written there stays in this process, page by page as it is touched, and never
// reaches the file. Pages that are only read are the page cache itself, shared by all processes and dropped when memory is short.
//
// A table's mapping is never undone: its columns, and strings within them, are handed to whoever asks, and a process opens a table once.
// A file that is cut while it is mapped ends the process at the next touch (SIGBUS); the lock of the data directory keeps others from it,
// and this package itself never shortens a file but puts a new one in its place.
func mapFile(f *os.File, size uint64) ([]byte, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("map %s into memory: %w", f.Name(), err)
	}
	return b, nil
}

// unmap takes a mapping back that nothing refers to.
func unmap(b []byte) error { return unix.Munmap(b) }

// hugeFrom is from how many bytes on a column that is about to grow is given memory of its own, in huge pages where the machine has them.
// Columns hold no pointers, so the collector has no business with them: on its heap hundreds of megabytes of them would have it keep as much
// again free, and in pages of 4 KiB every access by hash is a miss of the page table too.
const hugeFrom = 16 << 20

// roomFor makes room for so many more values of a column, so that a fold of many events does not copy its longest columns again and again.
func roomFor[T any](t *Table, column *[]T, more int) {
	width, rows := int(unsafe.Sizeof(*new(T))), len(*column)+more
	if rows <= cap(*column) {
		return
	}
	if room := t.memory((rows + rows/8) * width); room != nil { // what is not touched takes none
		was := *column
		*column = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(room))), len(room)/width)[:len(was)]
		copy(*column, was)
		return
	}
	*column = slices.Grow(*column, more)
}

// memory returns so many bytes of zeros outside the heap, nil where they are few or the machine refuses. They are the table's until release.
func (t *Table) memory(bytes int) []byte {
	from := hugeFrom
	if t.hugeFrom > 0 {
		from = t.hugeFrom
	}
	if bytes < from {
		return nil
	}
	b, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil // then the heap, which says so if it cannot either
	}
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE) // a kernel without them gives small ones
	t.memoriesMu.Lock()
	defer t.memoriesMu.Unlock()
	t.memories = append(t.memories, b)
	return b
}

// release gives back what memory gave. Nothing may use the table, or what was read of it in place, any more: whoever cannot say that
// leaves it, as a mapped file, until the process ends.
func (t *Table) release() {
	for _, b := range t.memories {
		_ = unmap(b) // it was mapped so
	}
	*t = Table{}
}
