package eventstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// dirLock is the exclusive flock on DIR/lock, or on another file. The kernel drops it with the process, however that ends; the text in the
// file (pid, then what it does) is for people and may be stale when nobody holds the lock.
type dirLock struct{ file *os.File }

// lockDir takes the lock or returns *LockedError.
func lockDir(dir, doing string) (*dirLock, error) {
	return lockFile(filepath.Join(dir, "lock"), dir, doing)
}

// Lock takes the exclusive lock on a file of a directory that this package does not own, and makes the file where it is missing. doing is told to
// who finds it taken, by a *[LockedError]. release lets go; so does the end of the process.
func Lock(path, doing string) (release func() error, err error) {
	l, err := lockFile(path, filepath.Dir(path), doing)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

func lockFile(path, dir, doing string) (*dirLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock file: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		locked := readHolder(f, dir)
		_ = f.Close() // read only; nothing to lose
		return nil, locked
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	text := fmt.Sprintf("%d\n%s\n", os.Getpid(), strings.ReplaceAll(doing, "\n", " "))
	if err := errors.Join(f.Truncate(0), writeAt(f, []byte(text), 0)); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	return &dirLock{f}, nil
}

func readHolder(f *os.File, dir string) *LockedError {
	e := &LockedError{Dir: dir}
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return e
	}
	pid, doing, _ := strings.Cut(string(text), "\n")
	if n, err := strconv.Atoi(strings.TrimSpace(pid)); err == nil {
		e.PID = n
	}
	e.Doing = strings.TrimSpace(doing)
	return e
}

// release empties the file, so that nobody reads a stale pid, and lets go. It unlocks before it closes: a child that is
// being forked at this moment has the descriptor too, until its exec, and closing ours would leave the lock with it.
func (l *dirLock) release() error {
	return errors.Join(l.file.Truncate(0), unix.Flock(int(l.file.Fd()), unix.LOCK_UN), l.file.Close())
}

func writeAt(w io.WriterAt, b []byte, off int64) error {
	_, err := w.WriteAt(b, off)
	return err
}
