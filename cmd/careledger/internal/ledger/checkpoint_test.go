package ledger

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/eventstore"
	"careledger/eventstore/clustertest"
	"careledger/projections"
)

func listed(t *testing.T, s Service) []*eventstore.Checkpoint {
	a, err := s.Checkpoint(t.Context(), CheckpointRequest{Action: CheckpointList})
	require.NoError(t, err)
	var all []*eventstore.Checkpoint
	for _, c := range a.Checkpoints {
		cp, err := eventstore.VerifyCheckpoint(c.Note, a.VerifierKey)
		require.NoError(t, err)
		all = append(all, cp)
	}
	return all
}

// One checkpoint covers all that a command approved; calculating and paying make none of their own.
func TestEachApprovingCommandSignsACheckpointOverItsApprovals(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, municipality(t, 30, 2, 1))
	command := func(r PayoutRequest) {
		var b strings.Builder
		r.Month, r.Format = "2015-03..2015-05", "json"
		require.NoError(t, l.Payout(t.Context(), r, &b))
		require.Contains(t, b.String(), "payout")
	}
	command(PayoutRequest{Action: "calculate", Actor: "economist-1"})
	require.Empty(t, listed(t, l))
	command(PayoutRequest{Action: "approve", Actor: "controller-1"})
	all := listed(t, l)
	require.Len(t, all, 1)
	table, err := l.Table(t.Context(), "1281")
	require.NoError(t, err)
	payouts, moment, err := table.Payouts(projections.Now)
	require.NoError(t, err)
	require.Equal(t, moment.Sequence, all[0].Sequence)
	approved := 0
	for _, p := range payouts.All() {
		if p.Latest().Status() == domain.PayoutStatusApproved {
			approved++
		}
	}
	require.Greater(t, approved, 1)
	command(PayoutRequest{Action: "pay", Actor: "treasurer-1"})
	require.Equal(t, all, listed(t, l))
	// Given again it finds nothing to approve, and signs all the same: the signature may be what failed the first time.
	require.NoError(t, l.Payout(t.Context(), PayoutRequest{Action: "approve", Month: "2015-03..2015-05", Actor: "controller-1"}, &strings.Builder{}))
	require.Len(t, listed(t, l), 2)
}

// The served ledger signs and proves as the opened one, and what went wrong is told in the same words.
func TestTheServedLedgerSignsAsTheOpenedOne(t *testing.T) {
	dir := t.TempDir()
	var signed *CheckpointAnswer
	t.Run("served", func(t *testing.T) {
		served(t, dir)
		c := asking(t, dir)
		imported(t, c, municipality(t, 30, 2, 7))
		var err error
		signed, err = c.Checkpoint(t.Context(), CheckpointRequest{Action: CheckpointProve, Since: 17})
		require.NoError(t, err)
		_, err = c.Checkpoint(t.Context(), CheckpointRequest{Action: "sign"})
		require.ErrorAs(t, err, new(*Wrong))
	})
	a, err := opened(t, Config{Dir: dir}).Checkpoint(t.Context(), CheckpointRequest{Action: CheckpointProve, Since: 17})
	require.NoError(t, err)
	require.Equal(t, signed, a)
}

// Two processes that write to one cluster and share the directory of checkpoints sign one history; without a directory nothing is
// signed, in words.
func TestClusterIsSignedByThoseWhoShareADirectory(t *testing.T) {
	c := clustertest.Start(t)
	proofs := t.TempDir()
	config := func(dir string) Config {
		return Config{ServerURL: c.URL(), Token: clustertest.Token, ProofDir: dir}
	}
	one, other, none := opened(t, config(proofs)), opened(t, config(proofs)), opened(t, config(""))
	imported(t, one, file(t, parties))
	_, err := none.Checkpoint(t.Context(), CheckpointRequest{Action: CheckpointShow})
	require.ErrorAs(t, err, new(*Wrong))
	require.ErrorContains(t, err, "--proofs DIR")
	for i, l := range []*Local{one, other, one, other} {
		line := fmt.Sprintf(`{"type":"case-opened","authority":"1281","entity":"case/k%d","effective":"2020-01-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"person":"x%d"}}`, i, i)
		_, _, err := l.Record(t.Context(), []byte(line))
		require.NoError(t, err)
		a, err := l.Checkpoint(t.Context(), CheckpointRequest{Action: CheckpointShow})
		require.NoError(t, err)
		require.Len(t, a.Checkpoints, 1)
	}
	all := listed(t, one)
	require.Equal(t, all, listed(t, other))
	require.Len(t, all, 4)
	require.Equal(t, uint64(6), all[3].Sequence)
}
