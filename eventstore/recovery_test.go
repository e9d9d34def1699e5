package eventstore

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// written is a closed data directory whose log holds n events.
func written(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(context.Background(), Config{Dir: dir})
	require.NoError(t, err)
	fill(t, create(t, s), n)
	require.NoError(t, s.Close())
	return dir
}

// reopen opens the log in dir, which must be whole with n events.
func reopen(t *testing.T, dir string, n int) {
	t.Helper()
	s, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	l, err := s.OpenLog(t.Context(), authority)
	require.NoError(t, err)
	requireWhole(t, readAll(t, l), n)
	require.NoError(t, l.Append(t.Context(), commit(l.Next(), "case/after", 3)), "and it goes on")
	require.Equal(t, uint64(n+3), l.Head().Sequence)
	require.NoError(t, s.Close())
}

// refused opens the log in dir, which must be refused as damaged, and must be refused again: nothing was repaired silently.
func refused(t *testing.T, dir string) *CorruptError {
	t.Helper()
	var first *CorruptError
	for range 2 {
		s, err := Open(t.Context(), Config{Dir: dir})
		require.NoError(t, err)
		_, err = s.OpenLog(t.Context(), authority)
		var damaged *CorruptError
		require.ErrorAs(t, err, &damaged)
		require.ErrorIs(t, err, ErrCorrupt)
		require.Equal(t, authority, damaged.Authority)
		require.Contains(t, err.Error(), "restore")
		_, err = s.CreateLog(t.Context(), authority)
		require.ErrorIs(t, err, ErrCorrupt, "creating does not paper over it")
		require.NoError(t, s.Close())
		if first == nil {
			first = damaged
		}
		require.Equal(t, first, damaged)
	}
	return first
}

func witnessFile(dir, suffix string) string { return filepath.Join(dir, "witness", authority+suffix) }

func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, change(b), 0o600))
}

func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := written(t, 2500)
	reopen(t, dir, 2500)
}

func TestEmptyLogIsReopened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	create(t, s)
	require.NoError(t, s.Close())
	reopen(t, dir, 0)
}

func TestTreeIsRebuilt(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([]byte) []byte{
		"missing end": func(b []byte) []byte { return b[:len(b)/3] },
		"empty":       func([]byte) []byte { return nil },
		"torn end":    func(b []byte) []byte { return append(b[:len(b)-200], make([]byte, 200)...) },
		"too long":    func(b []byte) []byte { return append(b, b[:64*100]...) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t, 700)
			edit(t, witnessFile(dir, treeSuffix), damage)
			reopen(t, dir, 700)
		})
	}
}

func TestDamagedTreeNeverAcceptsAnEvent(t *testing.T) {
	t.Parallel()
	dir := written(t, 700)
	edit(t, witnessFile(dir, treeSuffix), func(b []byte) []byte { b[leafOffset(300)] ^= 1; return b })
	// The frontier does not show it; comparing the last events does.
	require.Equal(t, uint64(300), refused(t, dir).Sequence)
}

func TestCutTailIsRefused(t *testing.T) {
	t.Parallel()
	dir := written(t, 700)
	dropIndex(t, dir)
	blks := blocks(t, dir)
	edit(t, blks[len(blks)-1], func(b []byte) []byte { return b[:len(b)*9/10] })
	seq := refused(t, dir).Sequence
	require.Greater(t, seq, uint64(500))
	require.LessOrEqual(t, seq, uint64(700))
}

func TestLostStreamIsRefused(t *testing.T) {
	t.Parallel()
	dir := written(t, 10)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "jetstream")))
	require.Equal(t, uint64(1), refused(t, dir).Sequence)
	s := open(t, Config{Dir: dir})
	as, err := s.Authorities(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{authority}, as, "a lost log is still listed")
}

func TestAlteredBytesAreRefused(t *testing.T) {
	t.Parallel()
	for name, withIndex := range map[string]bool{"index kept": true, "index lost": false} {
		t.Run(name, func(t *testing.T) {
			dir := written(t, 700)
			if !withIndex {
				dropIndex(t, dir)
			}
			edit(t, blocks(t, dir)[0], func(b []byte) []byte {
				at := bytes.Index(b, []byte(`{"id":"e321"`))
				require.Positive(t, at)
				b[at+8]++ // "e321" becomes "e421"
				return b
			})
			require.Equal(t, uint64(321), refused(t, dir).Sequence)
		})
	}
}

// Bytes altered far from the end are met by whoever reads them, never folded.
func TestAlteredBytesAreNeverRead(t *testing.T) {
	t.Parallel()
	l, _ := newLog(t, Config{})
	fill(t, l, 300)
	// The log and its tree disagree at one leaf, as they would after damage to either.
	f, ok := l.tree.store.(*os.File)
	require.True(t, ok)
	leaf := leafHash(authority, Event{Sequence: 123, Message: message("case/a", "e123x")})
	require.NoError(t, writeAt(f, leaf[:], leafOffset(123)))

	var last uint64
	err := l.Read(t.Context(), 100, 200, func(e Event) error { last = e.Sequence; return nil })
	var damaged *CorruptError
	require.ErrorAs(t, err, &damaged)
	require.Equal(t, uint64(123), damaged.Sequence)
	require.Equal(t, uint64(122), last, "everything before it was read")
	_, err = l.Get(t.Context(), 123)
	require.ErrorIs(t, err, ErrCorrupt)
	_, err = l.Get(t.Context(), 124)
	require.NoError(t, err)
	require.ErrorIs(t, l.Follow(t.Context(), 1, func(Event) error { return nil }), ErrCorrupt)
}

func TestWitnessAheadIsRefused(t *testing.T) {
	t.Parallel()
	dir := written(t, 300)
	ahead := Head{Sequence: 310, Root: [32]byte{1}}
	edit(t, witnessFile(dir, headSuffix), func(b []byte) []byte { copy(b, encodeHead(ahead)); return b })
	require.Equal(t, uint64(301), refused(t, dir).Sequence)
}

func TestOtherRootIsRefused(t *testing.T) {
	t.Parallel()
	dir := written(t, 300)
	edit(t, witnessFile(dir, headSuffix), func(b []byte) []byte {
		for _, slot := range []int{0, witnessSlot} {
			copy(b[slot:], encodeHead(Head{Sequence: 300, Root: [32]byte{1}}))
		}
		return b
	})
	refused(t, dir)
}

// Who has not opened a log, and may not while another has, still sees it move on.
func TestWhatIsAcknowledgedIsSeenFromOutside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Acknowledged(dir, authority)
	require.ErrorIs(t, err, fs.ErrNotExist)
	l := create(t, open(t, Config{Dir: dir}))
	for range 3 {
		fill(t, l, 7)
		head, err := Acknowledged(dir, authority)
		require.NoError(t, err)
		require.Equal(t, l.Head(), head)
	}
	require.Equal(t, uint64(21), l.Head().Sequence)
}

func TestTornWitnessWriteKeepsTheHeadBefore(t *testing.T) {
	t.Parallel()
	dir := written(t, 300)
	before, err := readWitness(witnessFile(dir, headSuffix))
	require.NoError(t, err)
	require.Equal(t, uint64(300), before.Sequence)
	edit(t, witnessFile(dir, headSuffix), func(b []byte) []byte {
		for slot := 0; slot <= witnessSlot; slot += witnessSlot {
			if h, ok := decodeHead(b[slot : slot+witnessRecord]); ok && h.Sequence == 300 {
				b[slot+30] ^= 0xff
			}
		}
		return b
	})
	reopen(t, dir, 300)
}

func TestMissingWitnessIsRefusedUnlessAccepted(t *testing.T) {
	t.Parallel()
	dir := written(t, 300)
	require.NoError(t, os.Remove(witnessFile(dir, headSuffix)))
	require.Equal(t, uint64(1), refused(t, dir).Sequence)
	s, err := Open(t.Context(), Config{Dir: dir, AcceptUnwitnessed: true})
	require.NoError(t, err)
	l, err := s.OpenLog(t.Context(), authority)
	require.NoError(t, err)
	requireWhole(t, readAll(t, l), 300)
	require.NoError(t, s.Close())
	reopen(t, dir, 300)
}

func TestDamagedWitnessIsRefused(t *testing.T) {
	t.Parallel()
	dir := written(t, 300)
	edit(t, witnessFile(dir, headSuffix), func(b []byte) []byte { return make([]byte, len(b)) })
	refused(t, dir)
}

// What stands beyond the witness was acknowledged to nobody (a crash came between); it is taken up, verified from then on.
func TestEventsBeyondTheWitnessAreTakenUp(t *testing.T) {
	t.Parallel()
	dir := written(t, 300)
	b, err := os.ReadFile(witnessFile(dir, headSuffix))
	require.NoError(t, err)
	s, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	fill(t, create(t, s), 50)
	require.NoError(t, s.Close())
	require.NoError(t, os.WriteFile(witnessFile(dir, headSuffix), b, 0o600))
	reopen(t, dir, 350)
}

const childDir = "CARELEDGER_TEST_CHILD_DIR"

// TestMain makes the test binary its own victim: with the variable set it appends until it is killed, and says what was
// acknowledged.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := appendForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func commitSize(i int) int { return 1 + i%40 }

func appendForever(dir string) error {
	s, err := Open(context.Background(), Config{Dir: dir, Doing: "appending until killed"})
	if err != nil {
		return err
	}
	l, err := s.CreateLog(context.Background(), authority)
	if err != nil {
		return err
	}
	pending := make(chan *Pending, 64)
	failed := make(chan error, 1)
	go func() {
		for p := range pending {
			if err := p.Wait(context.Background()); err != nil {
				failed <- err
				return
			}
			fmt.Println(p.commit.First + uint64(len(p.commit.Messages)) - 1)
		}
	}()
	for i := 0; ; i++ {
		p, err := l.Submit(commit(l.Next(), "case/"+strconv.Itoa(i%9), commitSize(i)))
		if err != nil {
			return errors.Join(err, <-failed)
		}
		pending <- p
	}
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	known := 0
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), childDir+"="+dir)
		var stderr strings.Builder
		child.Stderr = &stderr
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		acked := 0
		lines := bufio.NewScanner(out)
		for want := known + 500 + 977*round; lines.Scan(); {
			acked, err = strconv.Atoi(lines.Text())
			require.NoError(t, err)
			if acked >= want {
				break
			}
		}
		require.NoError(t, child.Process.Kill(), stderr.String())
		for lines.Scan() { // what it said before it died counts too
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				acked = n
			}
		}
		require.Error(t, child.Wait(), "it was killed")
		require.Greater(t, acked, known, stderr.String())

		s, err := Open(t.Context(), Config{Dir: dir})
		require.NoError(t, err, "the lock did not survive its holder")
		l, err := s.OpenLog(t.Context(), authority)
		require.NoError(t, err)
		es := readAll(t, l)
		require.GreaterOrEqual(t, len(es), acked)
		requireWhole(t, es, len(es))
		for i := 0; known < len(es); i++ {
			known += commitSize(i)
		}
		require.Len(t, es, known, "the last commit is there whole or not at all")
		require.NoError(t, s.Close())
	}
}
