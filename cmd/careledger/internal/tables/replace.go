package tables

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// Changes are what a replacement did, by table and month: "postings 2016-03".
type Changes struct {
	Made      []string
	Rewritten []string
	Removed   []string
	Unchanged int
}

// Any says whether anything was changed.
func (c *Changes) Any() bool { return len(c.Made)+len(c.Rewritten)+len(c.Removed) > 0 }

// Replace makes the directory say what r does. An error before the first file is replaced leaves everything as it was.
func (d *Directory) Replace(r *Reader) (*Changes, error) {
	if r.Authority != d.authority {
		return nil, fmt.Errorf("the tables are of authority %s, and not of %s", r.Authority, d.authority)
	}
	n := &replacement{Directory: d, staging: d.ownFile("new"), to: &Manifest{Origin: r.Origin, Complete: true, Files: []File{}}}
	if err := n.prepare(r); err != nil {
		return nil, n.told(errors.Join(err, d.disk.removeAll(n.staging)), "nothing was changed")
	}
	if err := n.commit(); err != nil {
		return nil, n.told(err, "every partition is whole, old or new; give the command again to complete it")
	}
	return &n.changes, nil
}

// replacement is one on its way.
type replacement struct {
	*Directory
	staging string
	to      *Manifest
	staged  []staged
	removed []string // places
	changes Changes
}

// staged is a partition that is on disk, whole, under a name that does not count yet.
type staged struct{ aside, place string }

func (n *replacement) told(err error, state string) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fmt.Errorf("the disk of %s has no room left (%w): %s. Make room, and give the command again", n.path, err, state)
	}
	return fmt.Errorf("%w (%s: %s)", err, n.path, state)
}

// prepare writes what differs aside, durably. A crash leaves that behind, and the next replacement throws it away.
func (n *replacement) prepare(r *Reader) error {
	if err := n.disk.removeAll(n.staging); err != nil {
		return err
	}
	if err := n.disk.mkdir(n.staging, n.perm); err != nil {
		return err
	}
	there, err := n.existing()
	if err != nil {
		return err
	}
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		place := n.place(p.Table, p.Month)
		n.to.Files = append(n.to.Files, File{Path: filepath.ToSlash(place), Rows: p.Rows, Bytes: p.Bytes, SHA256: p.SHA256})
		name := p.Table + " " + p.Month
		switch {
		case !there[place]:
			n.changes.Made = append(n.changes.Made, name)
		case n.same(place, p.Data):
			n.changes.Unchanged++
			delete(there, place)
			continue
		default:
			n.changes.Rewritten = append(n.changes.Rewritten, name)
		}
		delete(there, place)
		aside := filepath.Join(n.staging, p.Table+"-"+p.Month)
		if err := n.disk.write(aside, p.Data, n.filePerm()); err != nil {
			return err
		}
		n.staged = append(n.staged, staged{aside, place})
	}
	n.removed = slices.Sorted(maps.Keys(there))
	for _, place := range n.removed {
		table, month := filepath.Dir(filepath.Dir(filepath.Dir(place))), filepath.Base(filepath.Dir(place))
		n.changes.Removed = append(n.changes.Removed, table+" "+month[len("month="):])
	}
	return nil
}

// same says whether a partition is there with these bytes. One that cannot be read is replaced.
func (n *replacement) same(place string, data []byte) bool {
	path := filepath.Join(n.path, place)
	info, err := os.Stat(path)
	if err != nil || info.Size() != int64(len(data)) {
		return false
	}
	there, err := os.ReadFile(path)
	return err == nil && bytes.Equal(there, data)
}

// commit gives the files their names.
func (n *replacement) commit() error {
	if !n.changes.Any() {
		if n.Manifest == nil || !n.Manifest.Complete || n.Manifest.Origin != n.to.Origin {
			if err := n.writeManifest(n.to); err != nil {
				return err
			}
		}
		return n.disk.removeAll(n.staging)
	}
	// From here on a reader is told that partitions may be of either moment; a crash leaves it so, and the next replacement compares them all.
	if err := n.writeManifest(&Manifest{Origin: n.to.Origin, Files: []File{}}); err != nil {
		return err
	}
	touched := map[string]bool{}
	for _, s := range n.staged {
		if err := n.directories(filepath.Dir(s.place), touched); err != nil {
			return err
		}
		// A crash here leaves the old partition or the new one: a rename is one step, and what is renamed is on disk.
		if err := n.disk.rename(s.aside, filepath.Join(n.path, s.place)); err != nil {
			return err
		}
	}
	for _, place := range n.removed {
		if err := n.remove(place, touched); err != nil {
			return err
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(touched)) {
		if err := n.disk.sync(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // one that has been removed since
			return err
		}
	}
	// Every name is durable: only now it is said that they are of one moment.
	if err := n.writeManifest(n.to); err != nil {
		return err
	}
	return n.disk.removeAll(n.staging)
}

// directories makes those that a place lies in, and notes them as touched.
func (n *replacement) directories(place string, touched map[string]bool) error {
	if place == "." {
		touched[n.path] = true
		return nil
	}
	if err := n.directories(filepath.Dir(place), touched); err != nil {
		return err
	}
	path := filepath.Join(n.path, place)
	if touched[path] {
		return nil
	}
	touched[path] = true
	return n.disk.mkdir(path, n.perm)
}

// remove removes a partition, and the directories that are empty without it. A crash may leave one of these, in which readers find nothing.
func (n *replacement) remove(place string, touched map[string]bool) error {
	if err := n.disk.remove(filepath.Join(n.path, place)); err != nil {
		return err
	}
	for place = filepath.Dir(place); place != "."; place = filepath.Dir(place) {
		path := filepath.Join(n.path, place)
		entries, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		if touched[path] = true; len(entries) > 0 {
			return nil
		}
		if err := n.disk.remove(path); err != nil {
			return err
		}
	}
	touched[n.path] = true
	return nil
}
