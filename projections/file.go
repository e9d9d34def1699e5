package projections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"careledger/eventstore"
)

// The file that keeps a table is a cache of the log: losing it costs a fold, never a fact. It is read in place (mapFile) and grows by
// what is new (layout.go).

// ErrStale matches every *StaleError.
var ErrStale = errors.New("the file is no table of this log")

// StaleError says why a file cannot be used. The log is as it was; fold it again.
type StaleError struct{ Path, Reason string }

func (e *StaleError) Error() string {
	return fmt.Sprintf("the facts in %s are not used: %s", e.Path, e.Reason)
}

// Is reports a match with ErrStale.
func (e *StaleError) Is(target error) bool { return target == ErrStale }

// Open returns the table of a log, folded to its head: from the file at path where it holds one of this log, otherwise from the
// beginning. progress, if not nil, is called now and then with the position.
func Open(ctx context.Context, log *eventstore.Log, path string, progress func(position uint64)) (*Table, error) {
	t, err := Load(path, log)
	if errors.Is(err, ErrStale) {
		t, err = NewTable(log), nil
	}
	if err != nil {
		return nil, err
	}
	return t, t.Fold(ctx, log.Head().Sequence, progress)
}

// Unsaved returns how many events have been folded since the table was last saved or loaded.
func (t *Table) Unsaved() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.position - t.saved
}

// keptFile is the file that keeps a table, as this process last read or wrote it.
type keptFile struct {
	path string
	info os.FileInfo
	layout
	manifest
}

// retraction is the end of a row's interval, set after the row was written to the file.
type retraction struct{ interval, row, until uint32 }

// Save brings the file at path up to the table: what is new is added where the file is the one that the table was read from or saved to last
// and has room for it, otherwise the table is written anew. Whatever cuts it off, the file holds the table as it was before or as it
// is now. The fold may go on meanwhile. A table whose fold has failed is not saved.
func (t *Table) Save(path string) error {
	t.saving.Lock()
	defer t.saving.Unlock()
	err := t.save(path)
	if err != nil {
		return fmt.Errorf("save the facts of %s: %w", t.authority, err)
	}
	return nil
}

func (t *Table) save(path string) error {
	if t.kept != nil && t.kept.path == path {
		f, err := t.disk.open(path)
		if err == nil {
			grown, err := t.grow(f)
			if err = errors.Join(err, f.Close()); err != nil || grown {
				return err
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return t.rewrite(path)
}

// frozen is a table at one position: what it holds beyond the extents that a file keeps already.
type frozen struct {
	manifest
	parts   [][]byte // by section, what is to be added
	changed []int    // by interval, how many of its changes the last part holds
	rebuilt bool     // the slots of the index are others than those in the file
}

// freeze takes the table as it is beyond what a file keeps, nil for none. What changes in place is copied; the rest may be read while the
// fold goes on.
func (t *Table) freeze(from []extent) (f *frozen, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed != nil {
		return nil, t.failed
	}
	f = &frozen{manifest: manifest{position: t.position, latest: t.latest}, changed: make([]int, len(t.intervals()))}
	var retracted []retraction
	for _, s := range t.sections() {
		part, had := s.bytes(), uint64(0)
		if from != nil {
			had = from[len(f.parts)].length
		}
		switch {
		case s.slots != nil && from != nil:
			// They change in place, and are kept as they were when the file was written; opening adds the rows since. Too few of them for the rows
			// that there are would have to be made again by every process, so they are written with the rest.
			f.rebuilt = f.rebuilt || uint64(len(part)) != had
			part = nil
		case s.slots != nil:
			part = bytes.Clone(part)
			f.used = append(f.used, uint64(s.slots.used))
		case s.until != nil:
			part = bytes.Clone(part[had:])
			// From here on what is retracted of the rows is noted. Where this Save fails, the next one finds them noted in vain, and passes them over.
			k := s.until
			k.kept = len(k.from)
			for _, row := range k.changed {
				if uint64(row) < had/4 {
					retracted = append(retracted, retraction{uint32(s.interval), row, k.until[row]})
				}
			}
			f.changed[s.interval] = len(k.changed)
		default:
			part = part[had:]
		}
		f.parts = append(f.parts, part)
	}
	f.parts = append(f.parts, slices.Clone(blockOf(&retracted).bytes()))
	return f, nil
}

// wrote notes that the file holds what was frozen.
func (t *Table) wrote(f *frozen, k *keptFile) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, interval := range t.intervals() {
		interval.changed = slices.Delete(interval.changed, 0, f.changed[i])
	}
	t.kept, t.saved = k, max(t.saved, f.position)
}

// grow adds what is new to the file that keeps the table. false: it is not that file any longer, or has no room left.
func (t *Table) grow(file diskFile) (grown bool, err error) {
	k := t.kept
	if info, err := file.Stat(); err != nil || !os.SameFile(info, k.info) || info.Size() != k.info.Size() {
		return false, err
	}
	if m, ok := k.readManifest(file); !ok || m.generation != k.generation {
		return false, nil // somebody else has written into it
	}
	f, err := t.freeze(k.sections)
	if err != nil || f.rebuilt {
		return false, err
	}
	if f.position == k.position {
		return true, nil
	}
	f.generation, f.used, f.manifest.sections = k.generation+1, k.used, slices.Clone(k.sections)
	for i, part := range f.parts {
		if k.sections[i].length+uint64(len(part)) > k.regions[i].capacity {
			return false, nil
		}
	}
	if f.root, err = rootAt(t.log, f.position); err != nil {
		return false, err
	}
	for i, part := range f.parts {
		if len(part) == 0 {
			continue
		}
		if _, err := file.WriteAt(part, int64(k.regions[i].offset+k.sections[i].length)); err != nil {
			return false, err
		}
		f.sections[i] = k.sections[i].grown(part)
	}
	// A crash up to here leaves bytes beyond what the manifest in force covers. They are written over.
	if err := file.Sync(); err != nil {
		return false, err
	}
	// A crash here leaves the new manifest whole, or damaged, which its checksum tells: then the old one is in force.
	if _, err := file.WriteAt(f.manifest.bytes(), int64(k.manifestAt(f.generation%2))); err != nil {
		return false, err
	}
	if err := file.Sync(); err != nil {
		return false, err
	}
	t.wrote(f, &keptFile{k.path, k.info, k.layout, f.manifest})
	return true, nil
}

// rewrite writes the whole table in place of the file at path.
func (t *Table) rewrite(path string) (err error) {
	f, err := t.freeze(nil)
	if err != nil {
		return err
	}
	if f.root, err = rootAt(t.log, f.position); err != nil {
		return err
	}
	schema, lengths := t.schema(), make([]uint64, len(f.parts))
	for i, part := range f.parts {
		lengths[i] = uint64(len(part))
		f.sections = append(f.sections, extent{}.grown(part))
	}
	sections := t.sections()
	l := newLayout(t.authority, schema, lengths, func(i int) bool { return i == len(sections) || sections[i].slots == nil })
	// A crash up to the rename leaves a .new file, which the next Save overwrites, beside the old table or none.
	file, err := t.disk.create(path + ".new")
	if err != nil {
		return err
	}
	k := &keptFile{path: path, layout: l, manifest: f.manifest}
	if k.info, err = k.write(file, f.parts); err != nil {
		t.disk.remove(path + ".new")
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	// A crash here leaves the old table or the new one, each whole, since a rename is one step.
	if err := t.disk.replace(path, path+".new"); err != nil {
		return err
	}
	t.wrote(f, k)
	return nil
}

// write writes all of a new file and makes it durable.
func (k *keptFile) write(file diskFile, parts [][]byte) (os.FileInfo, error) {
	if err := file.Truncate(int64(k.size())); err != nil {
		return nil, err
	}
	put := func(b []byte, at uint64) error {
		_, err := file.WriteAt(b, int64(at))
		return err
	}
	for i, part := range parts {
		if err := put(part, k.regions[i].offset); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(put(k.layout.bytes(), 0), put(k.manifest.bytes(), k.manifestAt(k.generation%2))); err != nil {
		return nil, err
	}
	// Without this a crash after the rename could leave a file of zeros under path. Load would find it damaged: a cold fold, no harm.
	if err := file.Sync(); err != nil {
		return nil, err
	}
	return file.Stat()
}

func rootAt(log *eventstore.Log, position uint64) (tlog.Hash, error) {
	if position == 0 {
		return tlog.Hash{}, nil
	}
	return tlog.TreeHash(int64(position), log)
}

// Load takes up the table of a log that a file keeps, in place. Every byte of it is compared with its checksum. It returns a *StaleError
// if the file is missing or damaged, or holds a table of another version, authority or log: the root of the log's tree at the table's position
// is compared.
func Load(path string, log *eventstore.Log) (*Table, error) {
	stale := func(format string, args ...any) error { return &StaleError{path, fmt.Sprintf(format, args...)} }
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, stale("there is no such file")
	}
	if err != nil {
		return nil, fmt.Errorf("load the facts of %s: %w", log.Authority(), err)
	}
	defer f.Close()
	t := NewTable(log)
	k, reason := t.readKept(f)
	if reason != "" {
		return nil, stale("%s", reason)
	}
	if head := log.Head().Sequence; k.position > head {
		return nil, stale("they were folded up to event %d, and the log ends at %d", k.position, head)
	}
	root, err := rootAt(log, k.position)
	if err != nil {
		return nil, fmt.Errorf("load the facts of %s: %w", log.Authority(), err)
	}
	if root != k.root {
		return nil, stale("they were folded from another log")
	}
	if err := k.check(f); err != nil {
		return nil, stale("%v", err)
	}
	k.path = path
	if err := t.take(f, k); err != nil {
		return nil, stale("%v", err)
	}
	return t, nil
}

// readKept returns what the file says of itself, or why it is of no use.
func (t *Table) readKept(f *os.File) (k *keptFile, reason string) {
	info, err := f.Stat()
	if err != nil {
		return nil, err.Error()
	}
	l, reason := readLayout(f, uint64(info.Size()), layout{t.authority, t.schema(), make([]region, len(t.sections())+1)})
	if reason != "" {
		return nil, reason
	}
	m, ok := l.readManifest(f)
	if !ok {
		return nil, "it is damaged: it does not say what of it is in force"
	}
	return &keptFile{info: info, layout: l, manifest: m}, ""
}

// check compares every section with its checksum, on all cores. It reads them beside the mapping, so that a disk that cannot read a byte
// gives an error here, in place of ending the process at the touch of it, and what a question does not touch takes no memory.
func (k *keptFile) check(f *os.File) error {
	next, errs := make(chan int, len(k.sections)), make([]error, len(k.sections))
	for i := range k.sections {
		next <- i
	}
	close(next)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			buffer := make([]byte, checkBytes)
			for i := range next {
				errs[i] = k.checkSection(f, i, buffer)
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}

// checkBytes are read at a time: few enough to stay in the processor's cache.
const checkBytes = 256 << 10

func (k *keptFile) checkSection(f *os.File, i int, buffer []byte) error {
	var is extent
	for is.length < k.sections[i].length {
		b := buffer[:min(uint64(len(buffer)), k.sections[i].length-is.length)]
		if _, err := f.ReadAt(b, int64(k.regions[i].offset+is.length)); err != nil {
			return fmt.Errorf("it cannot be read: %w", err)
		}
		is = is.grown(b)
	}
	if is != k.sections[i] {
		return fmt.Errorf("it is damaged: the section at %d does not have its checksum", k.regions[i].offset)
	}
	return nil
}

// take makes the columns those of the file. Its bytes are those that were written, so that what is found wrong here was written so.
func (t *Table) take(f *os.File, k *keptFile) error {
	mapped, err := mapFile(f, k.size())
	if err != nil {
		return err
	}
	t.index = index{}
	var retracted []retraction
	sections := append(t.sections(), section{block: blockOf(&retracted)})
	for i, s := range sections {
		r := k.regions[i]
		if !s.place(mapped[r.offset:r.offset+r.capacity:r.offset+r.capacity], k.sections[i].length) {
			err = errors.Join(err, fmt.Errorf("it is damaged: a section of %d bytes is no column", k.sections[i].length))
		}
	}
	if err == nil {
		err = t.whole(k, retracted)
	}
	if err != nil {
		return errors.Join(err, unmap(mapped))
	}
	t.position, t.latest, t.saved, t.kept = k.position, k.latest, k.position, k
	for i, s := range []*slots{&t.entityRow, &t.wordRow, &t.keyRow, &t.idRow} {
		s.used = int(k.used[i])
	}
	intervals := t.intervals()
	for _, interval := range intervals {
		interval.kept = len(interval.from)
	}
	for _, r := range retracted {
		intervals[r.interval].until[r.row] = r.until
	}
	return nil
}

// whole says what of the columns cannot be: they have their checksums, so that only another release could have written it.
func (t *Table) whole(k *keptFile, retracted []retraction) error {
	if uint64(len(t.recorded)) != k.position {
		return fmt.Errorf("they hold %d events, not the %d that they name", len(t.recorded), k.position)
	}
	for _, c := range t.textColumns() {
		if !c.whole() {
			return errors.New("it is damaged: its texts overlap")
		}
	}
	intervals := t.intervals()
	for _, r := range retracted {
		if int(r.interval) >= len(intervals) || int(r.row) >= len(intervals[r.interval].until) {
			return errors.New("it is damaged: it retracts a row that it does not have")
		}
	}
	return nil
}
