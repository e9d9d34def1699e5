package eventstore

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
)

// files are the paths and contents below a directory.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = b
		return err
	}))
	return all
}

// Whatever is flipped, cut, added, swapped or dropped in key, checkpoints and cosigners is found when they are listed, with one
// exception: the newest checkpoint dropped leaves the list as it was before. The next one is then signed where it stood; who has a copy
// elsewhere can tell, and the log is held to its witness all the same.
func TestMutationsOfWhatIsSignedAreFound(t *testing.T) {
	t.Parallel()
	c, tr := unsigned(t, 10)
	secret, public := auditor(t)
	for range 6 {
		cp, err := c.sign(t.Context(), tr.head(), tr)
		require.NoError(t, err)
		key, err := c.key(true)
		require.NoError(t, err)
		cosigned, err := Cosign(cp, key.VerifierKey(), secret)
		require.NoError(t, err)
		_, err = c.accept(t.Context(), cosigned.Note, []string{public})
		require.NoError(t, err)
		require.NoError(t, tr.append([]tlog.Hash{{byte(tr.size)}, {1}}))
	}
	want, err := c.list()
	require.NoError(t, err)
	whole := files(t, c.dir)
	paths := make([]string, 0, len(whole))
	for p := range whole {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	rng := rand.New(rand.NewPCG(4, 2026))
	found, dropped := 0, 0
	for i := range 1000 {
		what := mutateOne(t, rng, paths, whole)
		got, err := c.list()
		switch {
		case err != nil:
			found++
		default:
			require.Equal(t, want[:len(want)-1], got, "%s was not found", what)
			dropped++
		}
		for _, p := range paths {
			require.NoError(t, os.WriteFile(p, whole[p], 0o600), i)
		}
	}
	require.Equal(t, 1000, found+dropped)
	require.Less(t, dropped, 50, "one file of eight, one kind of seven")
}

// mutateOne changes one file, or two, and says how.
func mutateOne(t *testing.T, rng *rand.Rand, paths []string, whole map[string][]byte) string {
	t.Helper()
	path := paths[rng.IntN(len(paths))]
	b := bytes.Clone(whole[path])
	at := rng.IntN(len(b))
	kind := rng.IntN(7)
	switch kind {
	case 0:
		b[at] ^= 1 << rng.IntN(8)
	case 1:
		b = b[:at]
	case 2:
		b = slices.Insert(b, at, byte(rng.IntN(256)))
	case 3:
		b = slices.Delete(b, at, at+1)
	case 4: // a line twice
		end := bytes.IndexByte(b[at:], '\n') + at + 1
		start := bytes.LastIndexByte(b[:end-1], '\n') + 1
		b = slices.Insert(b, end, bytes.Clone(b[start:end])...)
	case 5: // dropped
		require.NoError(t, os.Remove(path))
		return "dropped " + path
	case 6: // swapped with another
		other := paths[(slices.Index(paths, path)+1+rng.IntN(len(paths)-1))%len(paths)]
		b = whole[other]
		require.NoError(t, os.WriteFile(other, whole[path], 0o600))
	}
	require.NoError(t, os.WriteFile(path, b, 0o600))
	return fmt.Sprintf("kind %d at byte %d of %s", kind, at, path)
}

// Whatever is flipped, swapped, zeroed or cut in the tree file under an open log is found when the log is verified.
func TestMutationsOfTheTreeAreFound(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 300)
	f := l.tree.store.(*os.File)
	whole, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	hashes := len(whole) / tlog.HashSize
	rng := rand.New(rand.NewPCG(6962, 2026))
	for i := range 200 {
		b := bytes.Clone(whole)
		at, other := rng.IntN(hashes)*tlog.HashSize, rng.IntN(hashes)*tlog.HashSize
		switch kind := rng.IntN(4); {
		case kind == 1 && at != other:
			copy(b[at:], whole[other:other+tlog.HashSize])
			copy(b[other:], whole[at:at+tlog.HashSize])
		case kind == 2:
			clear(b[at:min(at+rng.IntN(100)+1, len(b))])
		case kind == 3:
			b = b[:at+rng.IntN(tlog.HashSize)]
		default:
			b[at+rng.IntN(tlog.HashSize)] ^= 1 << rng.IntN(8)
		}
		require.NoError(t, f.Truncate(int64(len(b))))
		_, err := f.WriteAt(b, 0)
		require.NoError(t, err)
		_, err = l.Verify(t.Context())
		require.Error(t, err, i)
	}
	_, err = f.WriteAt(whole, 0)
	require.NoError(t, err)
	_, err = l.Verify(t.Context())
	require.NoError(t, err)
}

// A proof has one text: what is read is what would be written.
func FuzzParseConsistencyProof(f *testing.F) {
	f.Add([]byte("old 3\n\ncareledger/1281\n"))
	f.Add(ConsistencyProof{Earlier: 3, Hashes: tlog.TreeProof{{1}, {2}}, Checkpoint: []byte("x\n\n— y z\n")}.Marshal())
	f.Add([]byte("old 03\n\n"))
	f.Add([]byte("old 3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\n"))
	f.Add([]byte("old 3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseConsistencyProof(b)
		if err != nil {
			require.ErrorIs(t, err, ErrCheckpoint)
			return
		}
		require.Equal(t, string(b), string(p.Marshal()))
	})
}
