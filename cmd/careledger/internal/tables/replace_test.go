package tables

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"careledger/eventstore"
)

// content is what partitions hold, by table and month ("postings 2016-03"); of files what they are, by path below the directory.
type content map[string]string

// sent are tables as they come from the ledger, made from the log up to a position.
func sent(t testing.TB, position uint64, c content) *Reader {
	var b bytes.Buffer
	w, err := NewWriter(&b, Origin{Authority: "1281", AsOf: Moment{Sequence: position}, Log: Position{position, fmt.Sprint("root ", position)}})
	require.NoError(t, err)
	for _, name := range slices.Sorted(maps.Keys(c)) {
		table, month, _ := strings.Cut(name, " ")
		sum := sha256.Sum256([]byte(c[name]))
		require.NoError(t, w.Write(&Partition{Table: table, Month: month, Rows: 1, Bytes: len(c[name]), SHA256: hex.EncodeToString(sum[:]), Data: []byte(c[name])}))
	}
	require.NoError(t, w.Close())
	r, err := NewReader(&b)
	require.NoError(t, err)
	return r
}

// partitions returns what a reader of the tables finds.
func partitions(t testing.TB, dir string) content {
	found := content{}
	files, err := filepath.Glob(filepath.Join(dir, "*", "authority=1281", "month=*", "*.parquet"))
	require.NoError(t, err)
	for _, path := range files {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		parts := strings.Split(strings.TrimPrefix(path, dir+"/"), "/")
		found[parts[0]+" "+strings.TrimPrefix(parts[2], "month=")] = string(b)
	}
	return found
}

func opened(t testing.TB, dir string) *Directory {
	d, err := Open(dir, "1281")
	require.NoError(t, err)
	return d
}

// replaced makes a directory say what c is, and returns what that changed.
func replaced(t testing.TB, dir string, position uint64, c content) *Changes {
	d := opened(t, dir)
	changes, err := d.Replace(sent(t, position, c))
	require.NoError(t, err)
	require.NoError(t, d.Close())
	require.Equal(t, c, partitions(t, dir))
	return changes
}

func before() content {
	return content{"postings 2016-01": "a", "postings 2016-02": "b", "premiums 2016-01": "c", "payouts 2016-01": "d"}
}

// after differs by a partition that is new, two that say something else, and one that is gone, with the last of its table.
func after() content {
	return content{"postings 2016-01": "a", "postings 2016-02": "other", "postings 2016-03": "new", "premiums 2016-01": "C"}
}

func TestOnlyWhatDiffersIsReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tables")
	require.Equal(t, &Changes{Made: []string{"payouts 2016-01", "postings 2016-01", "postings 2016-02", "premiums 2016-01"}}, replaced(t, dir, 1, before()))
	kept := filepath.Join(dir, "postings", "authority=1281", "month=2016-01", partName)
	long := time.Now().Add(-time.Hour).Truncate(time.Second)
	require.NoError(t, os.Chtimes(kept, long, long))
	require.Equal(t, &Changes{Made: []string{"postings 2016-03"}, Rewritten: []string{"postings 2016-02", "premiums 2016-01"}, Removed: []string{"payouts 2016-01"}, Unchanged: 1},
		replaced(t, dir, 2, after()))
	info, err := os.Stat(kept)
	require.NoError(t, err)
	require.True(t, info.ModTime().Equal(long), "a partition that says the same keeps its file")
	require.NoDirExists(t, filepath.Join(dir, "payouts"), "what is empty is gone")

	require.Equal(t, &Changes{Unchanged: 4}, replaced(t, dir, 3, after()))
	m := opened(t, dir).Manifest
	require.Equal(t, Position{3, "root 3"}, m.Log, "the log has moved, and nothing of it shows in the tables")
	require.True(t, m.Complete)
	require.Len(t, m.Files, 4)
	require.Equal(t, File{Path: "postings/authority=1281/month=2016-03/part-0.parquet", Rows: 1, Bytes: 3, SHA256: m.Files[2].SHA256}, m.Files[2])
}

func TestAPartitionThatSomebodyHasAlteredIsRepaired(t *testing.T) {
	dir := t.TempDir()
	replaced(t, dir, 1, before())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "premiums", "authority=1281", "month=2016-01", partName), []byte("X"), 0o600))
	require.Equal(t, []string{"premiums 2016-01"}, replaced(t, dir, 1, before()).Rewritten)
}

var errCut = errors.New("cut")

// cutDisk does so many steps; the next one is begun and not ended, and then the machine is off.
type cutDisk struct {
	disk
	left int
}

func (c *cutDisk) step(whole, half func() error) error {
	c.left--
	switch {
	case c.left > 0:
		return whole()
	case c.left == 0 && half != nil:
		return errors.Join(errCut, half())
	}
	return errCut
}

func (c *cutDisk) mkdir(path string, perm fs.FileMode) error {
	return c.step(func() error { return c.disk.mkdir(path, perm) }, nil)
}

func (c *cutDisk) write(path string, data []byte, perm fs.FileMode) error {
	return c.step(func() error { return c.disk.write(path, data, perm) }, func() error { return os.WriteFile(path, data[:len(data)/2], perm) })
}

func (c *cutDisk) rename(from, to string) error {
	return c.step(func() error { return c.disk.rename(from, to) }, nil)
}

func (c *cutDisk) remove(path string) error {
	return c.step(func() error { return c.disk.remove(path) }, nil)
}

func (c *cutDisk) removeAll(path string) error {
	return c.step(func() error { return c.disk.removeAll(path) }, nil)
}

func (c *cutDisk) sync(dir string) error {
	return c.step(func() error { return c.disk.sync(dir) }, nil)
}

// Wherever a replacement is cut off, every partition is the old one or the new one, a manifest that says complete tells the truth, and the next
// replacement completes it.
func TestCutAnywhereEveryPartitionIsWhole(t *testing.T) {
	for steps := 1; ; steps++ {
		dir := filepath.Join(t.TempDir(), "tables")
		replaced(t, dir, 1, before())
		d := opened(t, dir)
		d.disk = &cutDisk{osDisk{}, steps}
		_, err := d.Replace(sent(t, 2, after()))
		require.NoError(t, d.Close())
		if err == nil {
			require.Greater(t, steps, 20)
			return
		}
		require.ErrorIs(t, err, errCut)
		found, old, new := partitions(t, dir), before(), after()
		for name, is := range found {
			require.True(t, is == old[name] || is == new[name], "cut after %d steps, %s is %q", steps, name, is)
		}
		for name := range new {
			_, has := old[name]
			require.True(t, !has || found[name] != "", "cut after %d steps, %s is gone", steps, name)
		}
		m, err := readManifest(filepath.Join(dir, own, "1281.json"))
		require.NoError(t, err)
		if m.Complete {
			is := map[uint64]content{1: old, 2: new}[m.Log.Sequence]
			require.Equal(t, is, found, "cut after %d steps", steps)
		}
		replaced(t, dir, 2, new)
		require.True(t, opened(t, dir).Manifest.Complete)
		require.NoDirExists(t, filepath.Join(dir, own, "1281.new"), "what was left behind is thrown away")
	}
}

// fullDisk has no room for a file.
type fullDisk struct{ disk }

func (fullDisk) write(path string, _ []byte, _ fs.FileMode) error {
	return &fs.PathError{Op: "write", Path: path, Err: unix.ENOSPC}
}

func TestWhatCannotBeReplacedStaysAsItWas(t *testing.T) {
	other := after()
	other["postings 2016-03"] = strings.Repeat("x", 1000)
	cases := map[string]struct {
		disk disk
		of   func(*Reader) *Reader
		err  string
	}{
		"a full disk": {fullDisk{osDisk{}}, nil, "has no room left"},
		"tables that are cut off": {osDisk{}, func(*Reader) *Reader {
			var b bytes.Buffer
			w, err := NewWriter(&b, Origin{Authority: "1281", Log: Position{2, "root 2"}})
			require.NoError(t, err)
			require.NoError(t, w.Write(&Partition{Table: "postings", Month: "2016-01", SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}))
			r, err := NewReader(&b)
			require.NoError(t, err)
			return r
		}, io.ErrUnexpectedEOF.Error()},
		"another authority's": {osDisk{}, func(r *Reader) *Reader { r.Authority = "1280"; return r }, "of authority 1280, and not of 1281"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			replaced(t, dir, 1, before())
			d := opened(t, dir)
			d.disk = c.disk
			r := sent(t, 2, other)
			if c.of != nil {
				r = c.of(r)
			}
			_, err := d.Replace(r)
			require.ErrorContains(t, err, c.err)
			require.Equal(t, before(), partitions(t, dir))
			require.NoError(t, d.Close())
			require.True(t, opened(t, dir).Manifest.Complete)
		})
	}
}

func TestADirectoryOfSomethingElseIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600))
	_, err := Open(dir, "1281")
	require.ErrorContains(t, err, "holds something else (notes.txt), and was left as it is")
	_, err = Open(filepath.Join(dir, "notes.txt"), "1281")
	require.ErrorContains(t, err, "is a file or lies below one")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// A reader would take it for rows of ours.
func TestAStrangeFileInATableIsRefused(t *testing.T) {
	dir := t.TempDir()
	replaced(t, dir, 1, before())
	strange := filepath.Join(dir, "postings", "authority=1281", "month=2016-02", "more.parquet")
	require.NoError(t, os.WriteFile(strange, nil, 0o600))
	d := opened(t, dir)
	_, err := d.Replace(sent(t, 2, after()))
	require.ErrorContains(t, err, strange+" is not from careledger")
	require.ErrorContains(t, err, "nothing was changed")
	require.NoError(t, os.Remove(strange))
	require.Equal(t, before(), partitions(t, dir))
}

func TestOneExportOfAnAuthorityAtATime(t *testing.T) {
	dir := t.TempDir()
	d := opened(t, dir)
	_, err := Open(dir, "1281")
	require.ErrorIs(t, err, eventstore.ErrLocked)
	require.ErrorContains(t, err, fmt.Sprintf("another careledger export (pid %d) writes the tables of authority 1281 to %s", os.Getpid(), dir))
	another, err := Open(dir, "1280")
	require.NoError(t, err, "another authority's tables stand beside")
	require.NoError(t, errors.Join(another.Close(), d.Close()))
	require.NoError(t, opened(t, dir).Close())
}

// Who may read the directory may read the tables.
func TestTablesHaveThePermissionsOfTheirDirectory(t *testing.T) {
	for _, perm := range []fs.FileMode{0o700, 0o750, 0o755} {
		dir := filepath.Join(t.TempDir(), "tables")
		require.NoError(t, os.Mkdir(dir, perm))
		require.NoError(t, os.Chmod(dir, perm))
		replaced(t, dir, 1, before())
		month, err := os.Stat(filepath.Join(dir, "payouts", "authority=1281", "month=2016-01"))
		require.NoError(t, err)
		require.Equal(t, perm, month.Mode().Perm())
		file, err := os.Stat(filepath.Join(dir, "payouts", "authority=1281", "month=2016-01", partName))
		require.NoError(t, err)
		require.Equal(t, perm&0o666, file.Mode().Perm())
	}
}
