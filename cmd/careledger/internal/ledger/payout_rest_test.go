package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a payout rests on: months that are settled, events that were recorded.

func TestARejectedMonthDoesNotComeInByTheNextPayout(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)))
	did(t, l, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"})
	did(t, l, PayoutRequest{Action: "approve", Payouts: []string{"2020-01-p0"}, Actor: "bo"})
	did(t, l, PayoutRequest{Action: "reject", Payouts: []string{"2020-01-p1"}, Actor: "bo", Reason: "wrong hours"})
	next := did(t, l, PayoutRequest{Action: "calculate", Month: "2020-02", Actor: "anna"})
	require.Len(t, next, 2)
	for _, o := range next {
		assert.Zero(t, o.Adjusted, o.Payout)
	}
}

func TestACommandThatChangesNothingKeepsTheWriter(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)))
	calculate := PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"}
	did(t, l, calculate)
	b, err := l.book(t.Context(), "1281")
	require.NoError(t, err)
	before := b.writer
	require.NotNil(t, before)
	did(t, l, calculate)
	require.Same(t, before, b.writer)
}

func TestAPayoutIsRecordedNoEarlierThanWhatItRestsOn(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	ahead := time.Now().UTC().Add(3 * time.Minute).Truncate(time.Second) // by another clock
	late := correction("c", "time0-2020-01", "case/k0", reported(0, "2020-01", 60))
	imported(t, l, file(t, town(2)+strings.Replace(late, "2020-04-01T10:00:00Z", ahead.Format(time.RFC3339), 1)))
	did(t, l, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"})
	v := latest(t, l, "2020-01-p1")
	require.Equal(t, ahead, v.KnownAt)
	require.False(t, v.Recorded.Before(v.KnownAt))
}

func TestTheReferenceOfAPaymentHoldsNoPersonalNumber(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(1)))
	_, err := carryOut(t.Context(), l, PayoutRequest{Action: "pay", Month: "2020-01", Actor: "carl", Reference: "for 191212121212"})
	require.ErrorContains(t, err, "--reference: holds a personal identity number")
}

func TestAProviderThatIsNotThereIsRefused(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(1)))
	_, err := carryOut(t.Context(), l, PayoutRequest{Action: "calculate", Month: "2020-01", Provider: "P0", Actor: "anna"})
	require.ErrorContains(t, err, "has no provider P0")
	require.Empty(t, did(t, l, PayoutRequest{Action: "calculate", Month: "2019-01", Provider: "p0", Actor: "anna"}), "nothing to pay is no slip")
}
