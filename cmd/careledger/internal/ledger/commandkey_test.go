package ledger

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
)

// steps are the commands that a payout takes from calculation to payment, each with a key of its own.
var steps = []PayoutRequest{
	{Action: "calculate", Month: "2020-01", Actor: "anna", Key: "k-1"},
	{Action: "reject", Payouts: []string{"2020-01-p0", "2020-01-p1"}, Actor: "bo", Reason: "hours of another month", Key: "k-2"},
	{Action: "calculate", Month: "2020-01", Actor: "anna", Key: "k-3"},
	{Action: "approve", Payouts: []string{"2020-01-p0", "2020-01-p1"}, Actor: "bo", On: "2020-06-01", Key: "k-4"},
	{Action: "cancel", Payouts: []string{"2020-01-p1"}, Actor: "bo", Reason: "wrong account", Key: "k-5"},
	{Action: "calculate", Month: "2020-01", Actor: "anna", Key: "k-6"},
	{Action: "pay", Payouts: []string{"2020-01-p0"}, Actor: "bo", Reference: "BG-1", Key: "k-7"},
}

func TestACommandGivenAgainWithItsKeyIsAnsweredAsTheFirstTimeAlsoAfterARestart(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, Config{Dir: dir})
	imported(t, l, file(t, town(2)))
	var answers [][]report.PayoutOutcome
	for _, s := range steps {
		answers = append(answers, did(t, l, s))
		require.Equal(t, answers[len(answers)-1], did(t, l, s), s.Key)
	}
	require.NotContains(t, answers[5][0].Outcome+answers[5][1].Outcome, "k-", "what is said is about the payout")
	before := position(t, l)
	require.NoError(t, l.Close())
	l = opened(t, Config{Dir: dir})
	for i, s := range steps { // all of it, although each payout has come further since
		if again := did(t, l, s); i != 5 { // p0 was approved already: a command that wrote nothing for it left no key there
			require.Equal(t, answers[i], again, s.Key)
		} else {
			require.Equal(t, answers[i][1], again[1], s.Key)
		}
	}
	require.Equal(t, before, position(t, l))
}

func TestAKeyIsForOneCommand(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(3)))
	approve := PayoutRequest{Action: "approve", Payouts: []string{"2020-01-p0"}, Actor: "bo", On: "2020-06-01", Version: 1, Key: "k-2"}
	did(t, l, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna", Key: "k-1"})
	did(t, l, approve)
	before := position(t, l)
	for name, change := range map[string]func(*PayoutRequest){
		"another payout":  func(r *PayoutRequest) { r.Payouts = []string{"2020-01-p1"} },
		"and another":     func(r *PayoutRequest) { r.Payouts = []string{"2020-01-p0", "2020-01-p1"} },
		"by another":      func(r *PayoutRequest) { r.Actor = "carl" },
		"another day":     func(r *PayoutRequest) { r.On = "2020-06-02" },
		"another version": func(r *PayoutRequest) { r.Version = 2 },
		"any version":     func(r *PayoutRequest) { r.Version = 0 },
		"another step":    func(r *PayoutRequest) { r.Action, r.Version, r.On = "pay", 0, "" },
		"another step and month": func(r *PayoutRequest) {
			*r = PayoutRequest{Action: "calculate", Month: "2020-02", Actor: "bo", Key: "k-2"}
		},
	} {
		other := approve
		change(&other)
		_, err := carryOut(t.Context(), l, other)
		require.ErrorContains(t, err, "key: k-2 stands for another command: approve of 2020-01-p0", name)
		require.Equal(t, "key", RefusedFor(err))
	}
	require.Equal(t, before, position(t, l))
	approve.Payouts = []string{"payout/2020-01-p0"}
	did(t, l, approve) // the same payout, named in full
	approve = PayoutRequest{Action: "approve", Payouts: []string{"2020-01-p1", "2020-01-p2"}, Actor: "bo", Key: "k-4"}
	did(t, l, approve)
	approve.Payouts = []string{"2020-01-p2", "2020-01-p1"}
	did(t, l, approve) // the same two
	approve.Payouts = approve.Payouts[:1]
	_, err := carryOut(t.Context(), l, approve)
	require.ErrorContains(t, err, "key: k-4 stands for another command", "fewer are another command too")
	_, err = carryOut(t.Context(), l, PayoutRequest{Action: "pay", Month: "2020-01", Actor: "bo", Key: "k-3"})
	require.ErrorContains(t, err, "name the payouts")
	_, err = carryOut(t.Context(), l, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "bo", Key: "k/3"})
	require.ErrorContains(t, err, "key: ")
}

// A ledger may hold steps whose ids end with the key's UUID, from before the whole command was part of them.
func TestAKeyOfAnOlderLedgerStaysItsCommands(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)))
	did(t, l, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"})
	reject := PayoutRequest{Action: "reject", Authority: "1281", Payouts: []string{"2020-01-p0"}, Actor: "bo", Reason: "look again", Key: "k-1"}
	older, err := l.payoutWork(reject, time.Now())
	require.NoError(t, err)
	older.book, err = l.book(t.Context(), older.Authority)
	require.NoError(t, err)
	_, err = older.write(t.Context(), func(payouts *domain.Payouts, _ *report.PayoutOutcome) (domain.Event, error) {
		entity := domain.NewEntity(domain.KindPayout, "2020-01-p0")
		calculated := payouts.Payout(entity).Latest().EventID
		e, err := older.event(payouts, domain.TypePayoutRejected, entity, &domain.PayoutRejected{Calculated: calculated, Reason: reject.Reason}, calculated)
		e.ID, _, _ = strings.Cut(e.ID, ".")
		e.Causation, e.Correlation = e.ID, e.ID
		return e, err
	})
	require.NoError(t, err)
	did(t, l, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"})
	before := position(t, l)
	require.Equal(t, "rejected", did(t, l, reject)[0].Outcome, "as the first time: the second version is not rejected")
	for name, change := range map[string]func(*PayoutRequest){
		"another payout": func(r *PayoutRequest) { r.Payouts = []string{"2020-01-p1"} },
		"by another":     func(r *PayoutRequest) { r.Actor = "carl" },
		"another reason": func(r *PayoutRequest) { r.Reason = "hours of another month" },
		"another step":   func(r *PayoutRequest) { r.Action, r.Reason = "approve", "" },
	} {
		other := reject
		change(&other)
		_, err := carryOut(t.Context(), l, other)
		require.ErrorContains(t, err, "key: k-1 stands for another command: reject of 2020-01-p0", name)
	}
	require.Equal(t, before, position(t, l))
}

// A command that was cut off after its first payout goes on with the rest, and says of all what it would have said.
func TestAKeyedCommandGivenAgainGoesOnWhereItEnded(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)))
	did(t, l, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna", Key: "k-1"})
	did(t, l, PayoutRequest{Action: "reject", Payouts: []string{"2020-01-p1"}, Actor: "carl", Reason: "look again"})
	both := PayoutRequest{Action: "approve", Payouts: []string{"2020-01-p0", "2020-01-p1"}, Actor: "bo", Key: "k-2"}
	done, err := carryOut(t.Context(), l, both)
	require.ErrorContains(t, err, "it is rejected")
	require.Len(t, done, 1)
	did(t, l, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"})
	all := did(t, l, both)
	require.Equal(t, done[0], all[0])
	require.Equal(t, "approved", all[1].Outcome)
}

func TestOneKeyGivenByManyAtOnceIsCarriedOutOnce(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(2)))
	did(t, l, steps[0])
	before := position(t, l)
	var group sync.WaitGroup
	answers := make([][]report.PayoutOutcome, 8)
	for i := range answers {
		group.Go(func() { answers[i], _ = carryOut(t.Context(), l, steps[1]) })
	}
	group.Wait()
	for _, a := range answers {
		require.Equal(t, answers[0], a)
		require.Len(t, a, 2)
	}
	require.Equal(t, before+2, position(t, l))
}

func TestOneKeyOnTwoCommandsAtOnceIsForOneOfThem(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(8)))
	did(t, l, steps[0])
	before := position(t, l)
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() {
			_, errs[i] = carryOut(t.Context(), l, PayoutRequest{Action: "approve", Payouts: []string{fmt.Sprintf("2020-01-p%d", i)}, Actor: "bo", Key: "k-2"})
		})
	}
	group.Wait()
	carriedOut := 0
	for _, err := range errs {
		if err == nil {
			carriedOut++
		} else {
			require.ErrorContains(t, err, "stands for another command")
		}
	}
	require.Equal(t, 1, carriedOut)
	require.Equal(t, before+1, position(t, l))
}
