package projections

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// disk is what keeping a table does to files. Tests put one in its place that is cut off after any step.
type disk interface {
	create(path string) (diskFile, error) // an empty file, in place of one that a crash left
	open(path string) (diskFile, error)   // one that is there, to write into
	replace(path, with string) error      // in one step, and durable
	remove(path string)                   // best effort
}

type diskFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
	Stat() (os.FileInfo, error)
}

// osDisk is the machine's.
type osDisk struct{}

func (osDisk) create(path string) (diskFile, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
}

func (osDisk) open(path string) (diskFile, error) { return os.OpenFile(path, os.O_RDWR, 0o600) }

func (osDisk) remove(path string) { _ = os.Remove(path) } // the next one overwrites it

func (osDisk) replace(path, with string) error {
	if err := os.Rename(with, path); err != nil {
		return err
	}
	// Until the directory is on disk a crash may bring the old table back: its position is on the log, and the rest is folded.
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
