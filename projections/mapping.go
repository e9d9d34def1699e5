package projections

import (
	"fmt"
	"os"

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
