package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

func TestALedgerIsReadyWhileItsLogsAreFollowed(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	require.ErrorContains(t, l.Ready(t.Context()), "still being opened")
	imported(t, l, municipality(t, 10, 1, 1))
	_, err := l.Follow(t.Context())
	require.NoError(t, err)
	require.NoError(t, l.Ready(t.Context()))
	all, err := l.Standings()
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, Standing{Authority: "1281", Position: all[0].Position, Folded: all[0].Position}, all[0])
	require.Positive(t, all[0].Position)
	head, open := l.Head("1281")
	require.True(t, open)
	require.Equal(t, all[0].Position, head)
	_, open = l.Head("1282")
	require.False(t, open)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, l.Ready(stopped), "what is folded need not be waited for")
	l.follow.cancel()
	l.follow.group.Wait()
	require.ErrorContains(t, l.Ready(t.Context()), "the log of 1281 is no longer folded")
}

func TestWhatACommandEndedWithIsOneWordThatNamesNobody(t *testing.T) {
	for _, c := range []struct {
		err     error
		outcome Outcome
		reason  string
	}{
		{nil, OutcomeDone, "done"},
		{&Wrong{errors.New("case/k-1")}, OutcomeWrong, "wrong"},
		{domain.Problems{{Field: "actor", Reason: "case/k-1"}}, OutcomeRefused, "actor"},
		{domain.Problems{{Field: "data.goal", Reason: "case/k-1", Missing: "goal/case/k-1"}}, OutcomeRefused, "missing"},
		{domain.Problems{{Field: "data.k-1", Reason: "is no field"}}, OutcomeRefused, "data"},
		{domain.Problems{{Field: "k-1", Reason: "is no field"}}, OutcomeRefused, "refused"},
		{&RefusedError{&ImportReport{Problems: domain.Problems{{Line: 3, Field: "id"}}}}, OutcomeRefused, "id"},
		{&RefusedError{&ImportReport{}}, OutcomeRefused, "refused"},
		{&NoLedgerError{Where: "k-1"}, OutcomeNoLedger, "no-ledger"},
		{fmt.Errorf("case/k-1: %w", projections.ErrUnknownEntity), OutcomeNotFound, "not-found"},
		{&NoPayoutError{Payout: "k-1"}, OutcomeNotFound, "not-found"},
		{&report.UnknownPolicyError{Policy: "k-1"}, OutcomeNotFound, "not-found"},
		{&projections.WhyError{Reason: "k-1", Unknown: true}, OutcomeNotFound, "not-found"},
		{fmt.Errorf("k-1: %w", eventstore.ErrNoSubscriber), OutcomeNotFound, "not-found"},
		{fmt.Errorf("k-1: %w", eventstore.ErrSubscriberExists), OutcomeRefused, "refused"},
		{fmt.Errorf("append: %w", eventstore.ErrUnknownOutcome), OutcomeUnknown, "unknown"},
		{&eventstore.AppendError{Cause: eventstore.ErrConflict}, OutcomeConflict, "conflict"},
		{&eventstore.AppendError{Cause: eventstore.ErrDiskFull}, OutcomeDiskFull, "disk-full"},
		{&eventstore.CorruptError{Reason: "case/k-1"}, OutcomeDamaged, "damaged"},
		{context.DeadlineExceeded, OutcomeStopped, "stopped"},
		{errors.New("case/k-1"), OutcomeFailed, "failed"},
	} {
		require.Equal(t, c.outcome, OutcomeOf(c.err), "%v", c.err)
		require.Equal(t, c.reason, RefusedFor(c.err), "%v", c.err)
	}
	require.Equal(t, OutcomeUnknown, Act{Command: true, Err: context.Canceled}.Outcome(), "who went away was not told; it may be done")
	require.Equal(t, OutcomeStopped, Act{Err: context.Canceled}.Outcome())
}
