package eventstore

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func checkpoint(t testing.TB, l *Log) *Checkpoint {
	t.Helper()
	c, err := l.Checkpoint(context.Background())
	require.NoError(t, err)
	return c
}

func verifierKey(t testing.TB, l *Log) string {
	t.Helper()
	k, err := l.VerifierKey(context.Background())
	require.NoError(t, err)
	return k
}

// The note is the three lines of C2SP tlog-checkpoint with one signature, and is checked with nothing but the public key.
func TestCheckpointIsASignedNoteOfTheHead(t *testing.T) {
	t.Parallel()
	l, dir := newLog(t, Config{})
	_, err := l.Checkpoint(t.Context())
	require.ErrorIs(t, err, ErrEmptyLog)
	fill(t, l, 137)
	c := checkpoint(t, l)
	require.Equal(t, l.Head(), c.Head)
	lines := strings.Split(string(c.Note), "\n")
	require.Equal(t, []string{"careledger/1281", "137", tlog.Hash(l.Head().Root).String(), ""}, lines[:4])
	require.Len(t, lines, 6)
	alone, err := VerifyCheckpoint(c.Note, verifierKey(t, l))
	require.NoError(t, err)
	require.Equal(t, c, alone)
	info, err := os.Stat(filepath.Join(dir, "keys", authority+".key"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	other, err := NewKey(Origin(authority))
	require.NoError(t, err)
	_, err = VerifyCheckpoint(c.Note, other.VerifierKey())
	require.ErrorIs(t, err, ErrCheckpoint)
	require.ErrorContains(t, err, "another ledger")
}

func TestCheckpointIsMadeOncePerHeadAndWhenTheStoreCloses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	l := create(t, s)
	fill(t, l, 10)
	first := checkpoint(t, l)
	require.Equal(t, first, checkpoint(t, l))
	fill(t, l, 5)
	require.NoError(t, s.Close())
	for range 2 { // the second opens what has not grown
		s, err = Open(t.Context(), Config{Dir: dir})
		require.NoError(t, err)
		l = create(t, s)
		all, err := l.CheckCheckpoints()
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, first, all[0])
		require.Equal(t, uint64(15), all[1].Sequence)
		require.NoError(t, s.Close())
	}
}

func TestManyCallersSignOneCheckpointOfAHead(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 50)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			_, err := l.Checkpoint(context.Background())
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	all, err := l.Checkpoints()
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestWithoutADirectoryNothingIsSigned(t *testing.T) {
	t.Parallel()
	l := &Log{store: &Store{}, id: careLog(authority)}
	_, err := l.Checkpoint(t.Context())
	require.ErrorIs(t, err, ErrNoProofDir)
	require.NoError(t, l.checkpointAtClose())
}

// memoryTree is a tree of n invented leaves, others for another salt.
func memoryTree(t testing.TB, n int, salt string) *tree {
	t.Helper()
	tr := &tree{store: &memoryStore{}}
	for i := range n {
		require.NoError(t, tr.append([]tlog.Hash{tlog.RecordHash(fmt.Appendf(nil, "%d%s", i, salt))}))
	}
	return tr
}

// unsigned is a tree of n leaves, and where its checkpoints go, of which there is none yet.
func unsigned(t testing.TB, n int) (*checkpoints, *tree) {
	return &checkpoints{dir: t.TempDir(), id: careLog(authority)}, memoryTree(t, n, "")
}

func (t *tree) head() Head { return Head{t.size, t.root()} }

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) { return readHashes(t.store, indexes) }

func TestASecondHeadOfOneSizeIsNeverSigned(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]*tree{
		"another root of the same size": memoryTree(t, 30, "x"),
		"a log that does not continue":  memoryTree(t, 40, "x"),
		"a shorter log":                 memoryTree(t, 29, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, signed := unsigned(t, 30)
			first, err := c.sign(t.Context(), signed.head(), signed)
			require.NoError(t, err)
			var bad *InconsistentError
			_, err = c.sign(t.Context(), now.head(), now)
			require.ErrorAs(t, err, &bad)
			require.Equal(t, signed.head(), bad.Earlier)
			require.Equal(t, now.head(), bad.Later)
			for _, part := range []string{"30 events", fmt.Sprint(now.size, " events"), tlog.Hash(first.Root).String(), now.root().String()} {
				require.ErrorContains(t, err, part)
			}
			all, err := c.list()
			require.NoError(t, err)
			require.Equal(t, []*Checkpoint{first}, all)
		})
	}
}

func TestAHeadThatTheTreeDoesNotGiveIsNotSigned(t *testing.T) {
	t.Parallel()
	c, tr := unsigned(t, 30)
	tr.store.(*memoryStore).b[tlog.StoredHashIndex(2, 6)*32] ^= 1 // above leaves 25 to 28
	_, err := c.sign(t.Context(), tr.head(), tr)
	require.ErrorIs(t, err, ErrInconsistent)
	require.ErrorContains(t, err, "tree file is damaged")
}

// What a crash leaves under names that do not count is not in the way.
func TestCrashWhileSigningLeavesWholeNotes(t *testing.T) {
	t.Parallel()
	c, tr := unsigned(t, 30)
	_, err := c.sign(t.Context(), tr.head(), tr)
	require.NoError(t, err)
	torn := filepath.Join(c.folder(), "000002-31.note.new")
	require.NoError(t, os.WriteFile(torn, []byte("careledger/12"), 0o600))
	require.NoError(t, tr.append([]tlog.Hash{{1}}))
	_, err = c.sign(t.Context(), tr.head(), tr)
	require.NoError(t, err)
	all, err := c.list()
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.NoFileExists(t, torn)
}

// signed keeps a log with n events and a checkpoint in a directory.
func signed(t *testing.T, n int) (dir string, last *Checkpoint, key string) {
	t.Helper()
	dir = t.TempDir()
	s, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	l := create(t, s)
	fill(t, l, n)
	last, key = checkpoint(t, l), verifierKey(t, l)
	require.NoError(t, s.Close())
	return dir, last, key
}

// grown opens the log of dir, appends as somebody who writes other things than their double, and returns its checkpoint.
func grown(t *testing.T, dir, writes string, n int) (c *Checkpoint, p ConsistencyProof, since *Checkpoint) {
	t.Helper()
	s, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	l := create(t, s)
	all, err := l.Checkpoints()
	require.NoError(t, err)
	since = all[len(all)-1]
	require.NoError(t, l.Append(t.Context(), commit(l.Next(), "case/"+writes, n)))
	c = checkpoint(t, l)
	p, err = l.ProveConsistency(since.Head, c)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return c, p, since
}

// Two copies of a directory, each with the key, that went on with different events: neither can be shown to continue the other.
func TestTwoLogsForkedWithTheSameKeyAreShown(t *testing.T) {
	t.Parallel()
	one, first, key := signed(t, 100)
	other := t.TempDir()
	require.NoError(t, os.CopyFS(other, os.DirFS(one)))
	a, proofA, _ := grown(t, one, "a", 10)
	b, proofB, _ := grown(t, other, "b", 20)
	for _, c := range []*Checkpoint{a, b} {
		alone, err := VerifyCheckpoint(c.Note, key)
		require.NoError(t, err, "both are signed by the log's key")
		require.Equal(t, c, alone)
	}
	require.NoError(t, CheckConsistency(first, a, proofA.Hashes))
	require.NoError(t, CheckConsistency(first, b, proofB.Hashes), "each continues what they had in common")
	s := open(t, Config{Dir: other})
	l := create(t, s)
	_, err := l.ProveConsistency(a.Head, b)
	var fork *InconsistentError
	require.ErrorAs(t, err, &fork)
	require.Equal(t, a.Head, fork.Earlier)
	p, err := l.ProveConsistency(Head{Sequence: a.Sequence}, b) // the proof of the other's own head of that size
	require.NoError(t, err)
	require.ErrorIs(t, CheckConsistency(a, b, p.Hashes), ErrInconsistent)
}

// An auditor who saw one of two forked logs hands the cosignature to the other, which has signed another head of that size.
func TestACosignatureOnAForkIsRefused(t *testing.T) {
	t.Parallel()
	one, _, key := signed(t, 100)
	other := t.TempDir()
	require.NoError(t, os.CopyFS(other, os.DirFS(one)))
	a, _, _ := grown(t, one, "a", 10)
	b, _, _ := grown(t, other, "b", 10)
	require.ErrorContains(t, CheckConsistency(a, b, nil), "a fork")
	secret, public := auditor(t)
	cosigned, err := Cosign(a, key, secret)
	require.NoError(t, err)
	var fork *InconsistentError
	_, err = create(t, open(t, Config{Dir: other})).AcceptCosignatures(t.Context(), cosigned.Note, public)
	require.ErrorAs(t, err, &fork)
	require.Equal(t, b.Head, fork.Earlier)
	require.Equal(t, a.Head, fork.Later)
}

// The other's checkpoints put beside a log, or an older copy of the log beside its checkpoints, do not open.
func TestALogThatDoesNotContinueItsCheckpointIsRefused(t *testing.T) {
	t.Parallel()
	one, _, _ := signed(t, 100)
	other, older := t.TempDir(), t.TempDir()
	require.NoError(t, os.CopyFS(other, os.DirFS(one)))
	require.NoError(t, os.CopyFS(older, os.DirFS(one)))
	grown(t, one, "a", 10)
	grown(t, other, "b", 20)
	for dir, sequence := range map[string]uint64{other: 0, older: 101} {
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "checkpoints")))
		require.NoError(t, os.CopyFS(filepath.Join(dir, "checkpoints"), os.DirFS(filepath.Join(one, "checkpoints"))))
		require.Equal(t, sequence, refused(t, dir).Sequence)
	}
}

// An altered hash above the leaves is found by the checkpoint, and the tree made again.
func TestDamagedTreeIsMadeAgainWhereTheCheckpointNeedsIt(t *testing.T) {
	t.Parallel()
	dir, last, _ := signed(t, 100)
	grown(t, dir, "a", 100)
	keep := filepath.Join(dir, "checkpoints", authority, "000002-200.note")
	require.NoError(t, os.Remove(keep)) // so that the checkpoint of 100 is the last
	edit(t, witnessFile(dir, treeSuffix), func(b []byte) []byte {
		b[tlog.StoredHashIndex(2, 24)*tlog.HashSize] ^= 1 // leaves 97 to 100
		return b
	})
	s := open(t, Config{Dir: dir})
	all, err := create(t, s).CheckCheckpoints()
	require.NoError(t, err)
	require.Equal(t, last.Head, all[0].Head)
}

func TestProofsAreCheckedAloneAndAlteredOnesRefused(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 99)
	first := checkpoint(t, l)
	fill(t, l, 100)
	c := checkpoint(t, l)
	for _, seq := range []uint64{1, 64, 99} {
		e, err := l.Get(t.Context(), seq)
		require.NoError(t, err)
		for _, in := range []*Checkpoint{first, c} {
			p, err := l.ProveInclusion(seq, in)
			require.NoError(t, err)
			require.NoError(t, CheckInclusion(e, in, p))
			p[0][5] ^= 1
			require.ErrorIs(t, CheckInclusion(e, in, p), ErrCheckpoint)
			p[0][5] ^= 1
			altered := e
			altered.Data = append(bytes.Clone(e.Data), ' ')
			require.ErrorIs(t, CheckInclusion(altered, in, p), ErrCheckpoint)
			whole, err := l.ProveEvent(seq, in)
			require.NoError(t, err)
			require.Equal(t, seq-1, whole.Index)
			require.Equal(t, in.Note, whole.Checkpoint)
		}
	}
	_, err := l.ProveInclusion(100, first)
	require.Error(t, err)
	p, err := l.ProveConsistency(first.Head, c)
	require.NoError(t, err)
	read, err := ParseConsistencyProof(p.Marshal())
	require.NoError(t, err)
	require.Equal(t, p, read)
	require.NoError(t, CheckConsistency(first, c, read.Hashes))
	require.ErrorIs(t, CheckConsistency(c, first, read.Hashes), ErrInconsistent)
	text := p.Marshal()
	end := bytes.Index(text, []byte("\n\n"))
	for i := range end { // every bit flipped of every hash and of the size
		for bit := range 8 {
			altered := bytes.Clone(text)
			altered[i] ^= 1 << bit
			got, err := ParseConsistencyProof(altered)
			if err == nil && got.Earlier == first.Sequence {
				err = CheckConsistency(first, c, got.Hashes)
			} else if err == nil {
				err = ErrInconsistent // it says itself that it is of other sizes
			}
			require.Error(t, err, "byte %d bit %d", i, bit)
		}
	}
}

func auditor(t testing.TB) (key *Key, public string) {
	t.Helper()
	key, err := NewKey("audit.example.se/1")
	require.NoError(t, err)
	public, err = key.CosignerKey()
	require.NoError(t, err)
	return key, public
}

func TestCosignaturesTravelWithTheCheckpoint(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 20)
	c, key := checkpoint(t, l), verifierKey(t, l)
	secret, public := auditor(t)
	signed, err := Cosign(c, key, secret)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(signed.Note, c.Note), "a cosignature is a line more")
	require.Len(t, signed.Cosignatures, 1)
	alone, err := VerifyCheckpoint(signed.Note, key, public)
	require.NoError(t, err)
	require.Equal(t, "audit.example.se/1", alone.Cosignatures[0].Name)
	unchecked, err := VerifyCheckpoint(signed.Note, key)
	require.NoError(t, err, "C2SP: signatures of unknown keys are left aside")
	require.Equal(t, []string{"audit.example.se/1"}, unchecked.Unknown)

	files, err := (&checkpoints{dir: l.store.config.ProofDir, id: careLog(authority)}).names()
	require.NoError(t, err)
	yesterday := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	require.NoError(t, os.Chtimes(files[0].path, time.Time{}, yesterday))
	_, err = l.AcceptCosignatures(t.Context(), signed.Note)
	require.ErrorContains(t, err, "--cosigner-key")
	_, err = l.AcceptCosignatures(t.Context(), c.Note, public)
	require.ErrorContains(t, err, "no cosignature")
	got, err := l.AcceptCosignatures(t.Context(), signed.Note, public)
	require.NoError(t, err)
	require.Equal(t, signed.Note, got.Note)
	require.Equal(t, signed.Note, checkpoint(t, l).Note)
	events, at, err := l.LastSigned()
	require.NoError(t, err)
	require.Equal(t, c.Sequence, events)
	require.True(t, yesterday.Equal(at), "it was signed when it was signed, not when it was cosigned")
	_, err = l.AcceptCosignatures(t.Context(), c.Note[:len(c.Note)-3])
	require.ErrorIs(t, err, ErrCheckpoint)

	fill(t, l, 1)
	next := checkpoint(t, l)
	require.Empty(t, next.Cosignatures)
	signed, err = Cosign(next, key, secret)
	require.NoError(t, err)
	_, err = l.AcceptCosignatures(t.Context(), signed.Note) // the cosigner is known by now
	require.NoError(t, err)
	known, err := l.Cosigners()
	require.NoError(t, err)
	require.Equal(t, []string{public}, known)

	own, err := ReadKey((&checkpoints{dir: l.store.config.ProofDir, id: careLog(authority)}).keyPath())
	require.NoError(t, err)
	_, err = Cosign(next, key, own)
	require.ErrorContains(t, err, "cannot vouch for itself")
}

func TestAKeyIsNeverOverwrittenOrReplacedInSilence(t *testing.T) {
	t.Parallel()
	c, tr := unsigned(t, 3)
	_, err := c.sign(t.Context(), tr.head(), tr)
	require.NoError(t, err)
	other, err := NewKey(Origin(authority))
	require.NoError(t, err)
	require.ErrorIs(t, other.Write(c.keyPath()), fs.ErrExist)
	require.NoError(t, tr.append([]tlog.Hash{{1}}))
	require.NoError(t, os.Remove(c.keyPath()))
	_, err = c.sign(t.Context(), tr.head(), tr)
	require.ErrorContains(t, err, "key is missing")
	require.NoError(t, other.Write(c.keyPath()))
	_, err = c.sign(t.Context(), tr.head(), tr)
	require.ErrorIs(t, err, ErrCheckpoint)
	_, err = NewKey("two words")
	require.Error(t, err)
}

// A key of another kind, and text that is no key, are refused in words.
func TestVerifierKeysAreChecked(t *testing.T) {
	t.Parallel()
	c, tr := unsigned(t, 3)
	cp, err := c.sign(t.Context(), tr.head(), tr)
	require.NoError(t, err)
	key, err := c.key(true)
	require.NoError(t, err)
	_, public := auditor(t)
	for _, bad := range []string{"", "careledger/1281", public, key.VerifierKey() + "A", strings.ToUpper(key.VerifierKey())} {
		_, err := VerifyCheckpoint(cp.Note, bad)
		require.ErrorIs(t, err, ErrCheckpoint, bad)
	}
	for _, bad := range []string{"", "x", public[:len(public)-1], public + "\r", strings.Replace(public, "audit", "adult", 1)} {
		_, err := VerifyCheckpoint(cp.Note, key.VerifierKey(), bad)
		require.ErrorIs(t, err, ErrCheckpoint, bad)
	}
	signer, err := note.NewSigner(key.secret)
	require.NoError(t, err)
	for _, text := range []string{"careledger/1281\n3\n", "careledger/1281\n03\n" + tlog.Hash(cp.Root).String() + "\n",
		"careledger/1281\n3\nAAAA\n", "careledger/0000\n3\n" + tlog.Hash(cp.Root).String() + "\n", "careledger/1281\n3\n" + tlog.Hash(cp.Root).String() + "\nmore\n"} {
		b, err := note.Sign(&note.Note{Text: text}, signer)
		require.NoError(t, err)
		_, err = VerifyCheckpoint(b, key.VerifierKey())
		require.ErrorIs(t, err, ErrCheckpoint, text)
	}
}

// C2SP has a second kind of cosignature, ML-DSA-44. This program makes none, and checks those of others.
func TestCosignaturesOfTheOtherKindAreChecked(t *testing.T) {
	t.Parallel()
	c, tr := unsigned(t, 3)
	cp, err := c.sign(t.Context(), tr.head(), tr)
	require.NoError(t, err)
	key, err := c.key(true)
	require.NoError(t, err)
	secret, public, err := fnote.GenerateMLDSAKey("audit.example.se/2")
	require.NoError(t, err)
	signer, err := fnote.NewMLDSASigner(secret)
	require.NoError(t, err)
	verifier, err := note.NewVerifier(key.VerifierKey())
	require.NoError(t, err)
	n, err := note.Open(cp.Note, note.VerifierList(verifier))
	require.NoError(t, err)
	b, err := note.Sign(n, signer)
	require.NoError(t, err)
	got, err := c.accept(t.Context(), b, []string{public})
	require.NoError(t, err)
	require.Equal(t, "audit.example.se/2", got.Cosignatures[0].Name)
	b[len(b)-100] ^= 1
	_, err = c.accept(t.Context(), b, []string{public})
	require.ErrorIs(t, err, ErrCheckpoint)
}
