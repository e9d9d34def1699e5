package eventstore

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// An authority's access log is a log of its own, with everything that makes the ledger one, and neither shows in the other.
func TestAnAccessLogIsKeptLikeTheLedgerAndApartFromIt(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	s, err := Open(ctx, Config{Dir: dir})
	require.NoError(t, err)
	_, err = s.OpenAccessLog(ctx, authority)
	require.ErrorIs(t, err, ErrNoLog)
	access, err := s.CreateAccessLog(ctx, authority)
	require.NoError(t, err)
	fill(t, access, 20)
	none, err := s.Authorities(ctx)
	require.NoError(t, err)
	require.Empty(t, none, "who has been read about is not who has a ledger")
	care := create(t, s)
	require.NotSame(t, care, access)
	require.Equal(t, uint64(0), care.Head().Sequence)
	fill(t, care, 20)

	info, err := s.js.Stream(ctx, "ACCESS_"+authority)
	require.NoError(t, err)
	require.NoError(t, checkStream(access.id, info.CachedInfo().Config))
	require.Error(t, info.DeleteMsg(ctx, 1))
	require.Error(t, info.Purge(ctx))

	// The same events at the same sequences are other leaves: a proof of one log says nothing of the other.
	require.Equal(t, readAll(t, care), readAll(t, access))
	require.NotEqual(t, care.Head().Root, access.Head().Root)
	signed, err := access.Checkpoint(ctx)
	require.NoError(t, err)
	require.Equal(t, "careledger/1281/access", signed.Origin)
	proof, err := access.ProveInclusion(7, signed)
	require.NoError(t, err)
	e, err := access.Get(ctx, 7)
	require.NoError(t, err)
	require.NoError(t, CheckInclusion(e, signed, proof))
	ofCare := *signed
	ofCare.Origin = Origin(authority)
	require.ErrorIs(t, CheckInclusion(e, &ofCare, proof), ErrCheckpoint)
	elsewhere := *signed
	elsewhere.Origin = "careledger/1281/other"
	require.ErrorIs(t, CheckInclusion(e, &elsewhere, proof), ErrCheckpoint)
	head, err := access.Verify(ctx)
	require.NoError(t, err)
	require.Equal(t, access.Head(), head)
	require.NoError(t, s.Close())

	s = open(t, Config{Dir: dir})
	access, err = s.OpenAccessLog(ctx, authority)
	require.NoError(t, err)
	requireWhole(t, readAll(t, access), 20)
	checkpoints, err := access.CheckCheckpoints()
	require.NoError(t, err)
	require.Len(t, checkpoints, 1)
	found, err := s.Authorities(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{authority}, found)
}

// Each command that reads is a process: an access log is signed when it closes only where it has grown by many.
func TestAnAccessLogIsSignedInPieces(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	for _, grow := range []struct{ by, signed int }{{1, 0}, {998, 0}, {1, 1}, {999, 1}, {1, 2}} {
		s, err := Open(ctx, Config{Dir: dir})
		require.NoError(t, err)
		l, err := s.CreateAccessLog(ctx, authority)
		require.NoError(t, err)
		fill(t, l, grow.by)
		require.NoError(t, s.Close())
		notes, err := filepath.Glob(filepath.Join(dir, "checkpoints", "ACCESS_"+authority, "*"+noteSuffix))
		require.NoError(t, err)
		require.Len(t, notes, grow.signed, "after %d more", grow.by)
	}
}

func TestALostAccessLogIsMissed(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	s, err := Open(ctx, Config{Dir: dir})
	require.NoError(t, err)
	l, err := s.CreateAccessLog(ctx, authority)
	require.NoError(t, err)
	fill(t, l, 3)
	_, err = l.Checkpoint(ctx)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	streams, err := filepath.Glob(filepath.Join(dir, "jetstream", "jetstream", "*", "streams", "ACCESS_"+authority))
	require.NoError(t, err)
	require.Len(t, streams, 1)
	require.NoError(t, os.RemoveAll(streams[0]))
	s = open(t, Config{Dir: dir})
	for range 2 { // neither opened nor begun anew
		_, err = s.CreateAccessLog(ctx, authority)
		require.ErrorIs(t, err, ErrCorrupt)
		require.ErrorContains(t, err, "1281/access")
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "witness", "ACCESS_"+authority+headSuffix)))
	_, err = s.CreateAccessLog(ctx, authority)
	require.ErrorContains(t, err, "a checkpoint of 3 events was signed")
}
