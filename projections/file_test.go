package projections

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain/historytest"
	"careledger/eventstore"
)

// kept is a log of a history, its table, and the file that keeps it.
func kept(t *testing.T, seed uint64) (*eventstore.Log, *Table, string) {
	log, path := newLog(t), filepath.Join(t.TempDir(), "facts")
	write(t, log, historytest.FromSeed(seed, 300).Events(-1))
	table := coldFold(t, log)
	require.NoError(t, table.Save(path))
	return log, table, path
}

func requireStale(t *testing.T, path string, log *eventstore.Log, reason string) {
	t.Helper()
	_, err := Load(path, log)
	require.ErrorIs(t, err, ErrStale)
	var stale *StaleError
	require.ErrorAs(t, err, &stale)
	require.Equal(t, path, stale.Path)
	require.Contains(t, stale.Reason, reason)
	table, err := Open(context.Background(), log, path, nil)
	require.NoError(t, err, "what is stale is folded again")
	requireSameColumns(t, coldFold(t, log), table)
}

func TestAFileThatIsNotThereIsStale(t *testing.T) {
	log, _, path := kept(t, 1)
	require.NoError(t, os.Remove(path))
	requireStale(t, path, log, "no such file")
}

func TestATableOfAnotherLogIsStale(t *testing.T) {
	_, _, path := kept(t, 1)
	other := newLog(t)
	write(t, other, historytest.FromSeed(2, 400).Events(-1))
	requireStale(t, path, other, "folded from another log")
}

func TestATableThatReachesBeyondTheLogIsStale(t *testing.T) {
	_, _, path := kept(t, 1)
	other := newLog(t)
	write(t, other, historytest.FromSeed(1, 300).Events(-1)[:10])
	requireStale(t, path, other, "the log ends at 10")
}

func TestATableOfAnotherAuthorityIsStale(t *testing.T) {
	_, _, path := kept(t, 1)
	store, err := eventstore.Open(context.Background(), eventstore.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	defer store.Close()
	log, err := store.CreateLog(context.Background(), "1280")
	require.NoError(t, err)
	_, err = Load(path, log)
	require.ErrorIs(t, err, ErrStale)
	require.ErrorContains(t, err, "authority 1281")
}

func TestAnyByteThatIsAlteredIsNoticed(t *testing.T) {
	log, table, path := kept(t, 1)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	noticed := 0
	for at := 0; at < len(whole); at += 797 {
		damaged := append([]byte(nil), whole...)
		damaged[at] ^= 0x40
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		loaded, err := Load(path, log)
		if errors.Is(err, ErrStale) {
			noticed++
			continue
		}
		require.NoError(t, err)
		requireSameColumns(t, table, loaded) // it lies between sections
	}
	require.Greater(t, noticed, 10)
}

func TestAFileThatEndsEarlyIsStale(t *testing.T) {
	log, _, path := kept(t, 1)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, length := range []int{0, 10, headerBytes, headerBytes + 30, pageBytes, len(whole) / 2, len(whole) - 1} {
		require.NoError(t, os.WriteFile(path, whole[:length], 0o600))
		requireStale(t, path, log, "")
	}
}

func TestATableOfAnotherReleaseIsStale(t *testing.T) {
	log, _, path := kept(t, 1)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for at, reason := range map[int]string{16: "a machine of another kind", 20: "another release", 24: "another release", 40: "another release"} {
		changed := append([]byte(nil), whole...)
		changed[at]++
		require.NoError(t, os.WriteFile(path, changed, 0o600))
		requireStale(t, path, log, reason)
	}
}

func TestASaveThatFailsLeavesTheTableThatWasThere(t *testing.T) {
	log, table, path := kept(t, 1)
	require.NoError(t, os.WriteFile(path, []byte("another file than the table knows, so that it is written anew"), 0o600))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(path+".new", 0o700)) // the new file cannot be made
	require.Error(t, table.Save(path))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.NoError(t, os.Remove(path+".new"))
	require.NoError(t, os.WriteFile(path+".new", []byte("what a crash left"), 0o600))
	require.NoError(t, table.Save(path))
	_, err = Load(path, log)
	require.NoError(t, err)
	require.NoFileExists(t, path+".new")
}

func TestAnEmptyTableIsKeptToo(t *testing.T) {
	log, path := newLog(t), filepath.Join(t.TempDir(), "facts")
	require.NoError(t, NewTable(log).Save(path))
	write(t, log, historytest.FromSeed(4, 300).Events(-1))
	table, err := Load(path, log)
	require.NoError(t, err)
	require.NoError(t, table.Fold(context.Background(), Head, nil))
	requireSameColumns(t, coldFold(t, log), table)
}

func TestCasesThatWereLetGoAreReadAgainFromTheLog(t *testing.T) {
	log := newLog(t)
	write(t, log, historytest.FromSeed(6, 1000).Events(-1))
	forgetful := NewTable(log)
	forgetful.states.limit = 5
	require.NoError(t, forgetful.Fold(context.Background(), Head, nil))
	requireSameColumns(t, coldFold(t, log), forgetful)
}
