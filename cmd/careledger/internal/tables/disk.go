package tables

import (
	"errors"
	"io/fs"
	"os"
)

// disk is what changes files. Tests put one in its place that is cut off at any step.
type disk interface {
	mkdir(path string, perm fs.FileMode) error              // no error where it is there
	write(path string, data []byte, perm fs.FileMode) error // a file of its own, durable when it returns
	rename(from, to string) error
	remove(path string) error    // a file, or an empty directory
	removeAll(path string) error // no error where it is not there
	sync(dir string) error       // the names in a directory are durable when it returns
}

// osDisk is the machine's.
type osDisk struct{}

func (osDisk) mkdir(path string, perm fs.FileMode) error {
	err := os.Mkdir(path, perm)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chmod(path, perm) // whatever the umask
}

func (osDisk) write(path string, data []byte, perm fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = errors.Join(f.Chmod(perm), f.Sync())
	}
	return errors.Join(err, f.Close())
}

func (osDisk) rename(from, to string) error { return os.Rename(from, to) }
func (osDisk) remove(path string) error     { return os.Remove(path) }
func (osDisk) removeAll(path string) error  { return os.RemoveAll(path) }

func (osDisk) sync(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
