package tables

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sys/unix"

	"careledger/eventstore"
)

const (
	own      = "_careledger"    // what in DIR is no table; readers of partitioned tables pass over names that begin so
	partName = "part-0.parquet" // a partition has one file
)

// Directory is where the tables of one authority are kept. While it is open no other export of that authority writes to it.
type Directory struct {
	path      string
	authority string
	perm      fs.FileMode // of DIR: its directories have it, its files what of it a file can have
	release   func() error
	disk      disk

	// Manifest is what the directory was made from, nil where it has no tables of the authority yet.
	Manifest *Manifest
}

// Open opens a directory, which is made where it is missing. One that holds something else than tables is refused; so is one that another
// export of the authority has open (*InUseError).
func Open(path, authority string) (*Directory, error) {
	d := &Directory{path: path, authority: authority, disk: osDisk{}}
	if err := os.MkdirAll(path, 0o700); err != nil {
		if errors.Is(err, unix.ENOTDIR) {
			return nil, fmt.Errorf("%s is a file or lies below one; name a directory for the tables", path)
		}
		return nil, fmt.Errorf("make the directory of the tables: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	d.perm = info.Mode().Perm()
	if err := d.holdsTables(); err != nil {
		return nil, err
	}
	if err := d.disk.mkdir(filepath.Join(path, own), d.perm); err != nil {
		return nil, fmt.Errorf("make the directory of the tables: %w", err)
	}
	d.release, err = eventstore.Lock(d.ownFile("lock"), "export parquet")
	if locked := (*eventstore.LockedError)(nil); errors.As(err, &locked) {
		return nil, &InUseError{Dir: path, Authority: authority, PID: locked.PID}
	}
	if err != nil {
		return nil, err
	}
	if d.Manifest, err = readManifest(d.ownFile("json")); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// InUseError says that another export of an authority has a directory of tables open. It matches eventstore.ErrLocked.
type InUseError struct {
	Dir, Authority string
	PID            int // 0 if it cannot be told
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("another careledger export (pid %d) writes the tables of authority %s to %s; wait for it to end, stop it, or name another directory", e.PID, e.Authority, e.Dir)
}

// Is reports a match with eventstore.ErrLocked.
func (e *InUseError) Is(target error) bool { return target == eventstore.ErrLocked }

// Authority returns whose tables they are.
func (d *Directory) Authority() string { return d.authority }

// Close lets others export to the directory.
func (d *Directory) Close() error { return d.release() }

// ownFile is a file of this package's, beside the tables.
func (d *Directory) ownFile(ending string) string {
	return filepath.Join(d.path, own, d.authority+"."+ending)
}

// holdsTables refuses a directory in which there is something, and not the mark that it is ours.
func (d *Directory) holdsTables() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("read the directory of the tables: %w", err)
	}
	if len(entries) == 0 || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == own }) {
		return nil
	}
	return fmt.Errorf("%s holds something else (%s), and was left as it is; name an empty directory, or a new one, for the tables", d.path, entries[0].Name())
}

func readManifest(path string) (*Manifest, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what the tables were made from: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); remove it, and every partition is compared with the log again", path, err)
	}
	return &m, nil
}

// place is where a partition stands, below DIR.
func (d *Directory) place(table, month string) string {
	return filepath.Join(table, "authority="+d.authority, "month="+month, partName)
}

// existing returns the places of the partitions that are there. What a reader of the tables would take for a part of them, and is not from here,
// is refused.
func (d *Directory) existing() (map[string]bool, error) {
	found := map[string]bool{}
	for _, table := range Names() {
		ours := filepath.Join(d.path, table, "authority="+d.authority)
		err := filepath.WalkDir(ours, func(path string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path == ours {
				return nil
			}
			if err != nil || path == ours {
				return err
			}
			below, err := filepath.Rel(d.path, path)
			if err != nil {
				return err
			}
			month, isMonth := strings.CutPrefix(filepath.Base(filepath.Dir(path)), "month=")
			switch {
			case e.Type().IsRegular() && isMonth && below == d.place(table, month):
				found[below] = true
			case !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(e.Name(), "_"):
				return fmt.Errorf("%s is not from careledger, and readers of the table would take it for a part of it; move it out of %s", path, d.path)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("look at the tables that are there: %w", err)
		}
	}
	return found, nil
}

// writeManifest replaces the manifest.
func (d *Directory) writeManifest(m *Manifest) error {
	b, err := json.Marshal(m, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	aside := d.ownFile("json.new")
	if err := d.disk.write(aside, append(b, '\n'), d.filePerm()); err != nil {
		return err
	}
	if err := d.disk.rename(aside, d.ownFile("json")); err != nil {
		return err
	}
	d.Manifest = m
	return d.disk.sync(filepath.Join(d.path, own))
}

func (d *Directory) filePerm() fs.FileMode { return d.perm & 0o666 }
