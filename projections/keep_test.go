package projections

import (
	"bytes"
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain/historytest"
)

// cutDisk does what it is asked and notes every step, so that a test can say what a power cut after any of them leaves.
type cutDisk struct {
	osDisk
	steps []diskStep
}

// diskStep is a write, a change of length, a sync or a rename.
type diskStep struct {
	path, replaced string
	sync           bool
	data           []byte
	at             int64
	length         int64 // -1 where it does not change
}

type cutFile struct {
	diskFile
	path string
	disk *cutDisk
}

func (d *cutDisk) create(path string) (diskFile, error) {
	d.steps = append(d.steps, diskStep{path: path, length: 0})
	f, err := d.osDisk.create(path)
	return &cutFile{f, path, d}, err
}

func (d *cutDisk) open(path string) (diskFile, error) {
	f, err := d.osDisk.open(path)
	if err != nil {
		return nil, err
	}
	return &cutFile{f, path, d}, nil
}

func (d *cutDisk) replace(path, with string) error {
	d.steps = append(d.steps, diskStep{path: with, replaced: path, length: -1})
	return d.osDisk.replace(path, with)
}

func (f *cutFile) WriteAt(b []byte, at int64) (int, error) {
	if len(b) > 0 {
		f.disk.steps = append(f.disk.steps, diskStep{path: f.path, data: bytes.Clone(b), at: at, length: -1})
	}
	return f.diskFile.WriteAt(b, at)
}

func (f *cutFile) Truncate(size int64) error {
	f.disk.steps = append(f.disk.steps, diskStep{path: f.path, length: size})
	return f.diskFile.Truncate(size)
}

func (f *cutFile) Sync() error {
	f.disk.steps = append(f.disk.steps, diskStep{path: f.path, sync: true, length: -1})
	return f.diskFile.Sync()
}

// rewrites is how often a whole file was put in place.
func (d *cutDisk) rewrites() (n int) {
	for _, s := range d.steps {
		if s.replaced != "" {
			n++
		}
	}
	return n
}

// apply does a write or a change of length to the files that were there; part of a write may have reached them.
func (s *diskStep) apply(files map[string][]byte, part int) {
	b := files[s.path]
	if s.length >= 0 {
		b = slices.Grow(b, max(0, int(s.length)-len(b)))[:s.length]
	}
	if end := int(s.at) + part; part > 0 {
		if end > len(b) {
			b = append(b, make([]byte, end-len(b))...)
		}
		copy(b[s.at:], s.data[:part])
	}
	files[s.path] = b
}

// cut returns the files as a power cut after some steps may leave them: what was synced, and of what was not each step whole, in part or not
// at all, as chance has it. A rename stands only once what it names is synced.
func cut(before map[string][]byte, steps []diskStep, chance *rand.Rand) map[string][]byte {
	files := map[string][]byte{}
	for path, b := range before {
		files[path] = bytes.Clone(b)
	}
	var waiting []diskStep
	reach := func(s *diskStep) int { return len(s.data) }
	settle := func(path string, reach func(*diskStep) int) {
		waiting = slices.DeleteFunc(waiting, func(s diskStep) bool {
			if s.path == path {
				s.apply(files, reach(&s))
			}
			return s.path == path
		})
	}
	torn := func(s *diskStep) int {
		switch chance.IntN(3) {
		case 0:
			return 0
		case 1:
			return len(s.data)
		}
		return chance.IntN(len(s.data) + 1)
	}
	for _, s := range steps {
		switch {
		case s.sync:
			settle(s.path, reach)
		case s.replaced != "":
			settle(s.path, torn) // what was not synced before may never have reached the disk
			files[s.replaced] = files[s.path]
			delete(files, s.path)
		default:
			waiting = append(waiting, s)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		settle(path, torn)
	}
	return files
}

func requireNoMixture(t *testing.T, steps []diskStep, before map[string][]byte, path string, load func(path string) [32]byte, states ...[32]byte) {
	t.Helper()
	seen, dir := map[[32]byte]int{}, t.TempDir()
	for n := range len(steps) + 1 {
		for chance := range uint64(3) {
			files := cut(before, steps[:n], rand.New(rand.NewPCG(uint64(n), chance)))
			after := filepath.Join(dir, "facts")
			require.NoError(t, os.RemoveAll(after))
			if b, ok := files[path]; ok {
				require.NoError(t, os.WriteFile(after, b, 0o600))
			}
			found := load(after)
			require.Contains(t, states, found, "after step %d of %d", n, len(steps))
			seen[found]++
		}
	}
	require.Len(t, seen, len(states), "both what was and what is")
}

func TestWhateverCutsASaveOffTheFileHoldsTheTableAsItWasOrAsItIs(t *testing.T) {
	history := historytest.FromSeed(3, 600)
	events := history.Events(-1)
	half := len(history.Events(len(history.Records) * 19 / 20))
	log, path := newLog(t), filepath.Join(t.TempDir(), "facts")
	write(t, log, events[:half])
	table := coldFold(t, log)
	steps := &cutDisk{}
	table.disk = steps
	load := func(path string) [32]byte {
		loaded, err := Load(path, log)
		if err != nil {
			require.ErrorIs(t, err, ErrStale)
			return [32]byte{}
		}
		return loaded.contents()
	}

	first := table.contents()
	require.NoError(t, table.Save(path))
	require.Equal(t, 1, steps.rewrites())
	requireNoMixture(t, steps.steps, nil, path, load, [32]byte{}, first) // no file, or a whole one

	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	write(t, log, events[half:])
	require.NoError(t, table.Fold(context.Background(), Head, nil))
	second := table.contents()
	require.NotEqual(t, first, second)
	steps.steps = nil
	require.NoError(t, table.Save(path))
	require.Zero(t, steps.rewrites(), "it grows where it stands")
	require.NotZero(t, table.kept.sections[len(table.kept.sections)-1].length, "and rows that stood there were retracted")
	requireNoMixture(t, steps.steps, map[string][]byte{path: whole}, path, load, first, second)

	// What a cut left of growing is no hindrance to the next.
	for n := range len(steps.steps) + 1 {
		require.NoError(t, os.WriteFile(path, cut(map[string][]byte{path: whole}, steps.steps[:n], rand.New(rand.NewPCG(uint64(n), 9)))[path], 0o600))
		again, err := Open(context.Background(), log, path, nil)
		require.NoError(t, err)
		require.NoError(t, again.Save(path))
		require.Equal(t, second, load(path))
	}
}

func TestATableThatGrowsInItsFileIsTheOneThatWasFolded(t *testing.T) {
	events := historytest.FromSeed(11, 1200).Events(-1)
	log, path, chance := newLog(t), filepath.Join(t.TempDir(), "facts"), rand.New(rand.NewPCG(1, 1))
	steps := &cutDisk{}
	table, saves := NewTable(log), 0
	for left := events; len(left) > 0; {
		n := min(len(left), 1+chance.IntN(60))
		write(t, log, left[:n])
		left = left[n:]
		require.NoError(t, table.Fold(context.Background(), Head, nil))
		if chance.IntN(3) == 0 {
			continue // it is saved after the next events
		}
		table.disk = steps
		require.NoError(t, table.Save(path))
		require.Zero(t, table.Unsaved())
		saves++
		if chance.IntN(2) == 0 {
			loaded, err := Load(path, log)
			require.NoError(t, err)
			requireSameColumns(t, table, loaded)
			table = loaded
		}
	}
	requireSameColumns(t, coldFold(t, log), table)
	for i := range events {
		sequence, record, ok := table.Find(events[i].ID)
		require.True(t, ok)
		require.Equal(t, events[i].Sequence, sequence)
		require.Equal(t, ShortHash(events[i].RecordHash), record)
	}
	require.Greater(t, saves-steps.rewrites(), 5, "saved where it stands")
	require.Greater(t, steps.rewrites(), 2, "and anew when it has no room left")
}

func TestATableDoesNotGrowAFileThatAnotherHasWrittenInto(t *testing.T) {
	events := historytest.FromSeed(11, 600).Events(-1)
	log, path := newLog(t), filepath.Join(t.TempDir(), "facts")
	write(t, log, events[:len(events)-20])
	one := coldFold(t, log)
	require.NoError(t, one.Save(path))
	two, err := Load(path, log)
	require.NoError(t, err)
	write(t, log, events[len(events)-20:len(events)-10])
	require.NoError(t, one.Fold(context.Background(), Head, nil))
	require.NoError(t, one.Save(path))
	write(t, log, events[len(events)-10:])
	require.NoError(t, two.Fold(context.Background(), Head, nil))
	require.NoError(t, two.Save(path))
	loaded, err := Load(path, log)
	require.NoError(t, err)
	requireSameColumns(t, coldFold(t, log), loaded)
}

// A process that has a table open goes on answering from it while another puts a new file in its place.
func TestATableThatIsOpenStaysWhenItsFileIsReplaced(t *testing.T) {
	log, table, path := kept(t, 1)
	loaded, err := Load(path, log)
	require.NoError(t, err)
	other := NewTable(log)
	require.NoError(t, other.Fold(context.Background(), Head, nil))
	require.NoError(t, other.Save(path))
	requireSameColumns(t, table, loaded)
}

// Large columns are kept outside the heap, small ones in it: what they hold is the same.
func TestColumnsOutsideTheHeapHoldWhatTheyHoldInIt(t *testing.T) {
	events := historytest.FromSeed(13, 800).Events(-1)
	log, path := newLog(t), filepath.Join(t.TempDir(), "facts")
	write(t, log, events[:len(events)/2])
	outside := NewTable(log)
	outside.hugeFrom = 1
	require.NoError(t, outside.Fold(context.Background(), Head, nil))
	require.NotEmpty(t, outside.memories)
	requireSameColumns(t, coldFold(t, log), outside)
	require.NoError(t, outside.Save(path))
	loaded, err := Load(path, log)
	require.NoError(t, err)
	loaded.hugeFrom = 1
	write(t, log, events[len(events)/2:])
	want := coldFold(t, log)
	for _, table := range []*Table{outside, loaded} {
		require.NoError(t, table.Fold(context.Background(), Head, nil))
		requireSameColumns(t, want, table)
		for i := range events {
			sequence, _, ok := table.Find(events[i].ID)
			require.True(t, ok)
			require.Equal(t, events[i].Sequence, sequence)
		}
	}
	require.NotEmpty(t, loaded.memories)
	loaded.release()
	requireSameColumns(t, want, outside)
}
