package ledger

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/eventstore/clustertest"
)

// Nothing is paid twice, whoever commands it how often from where, and no voucher number is left out.

// contend gives a command many times at once, each to one of the services, and returns how often each outcome was told.
func contend(t *testing.T, services []Service, times int, command func(i int) PayoutRequest) (did, unchanged, refused int) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for i := range times {
		group.Go(func() {
			outcomes, err := carryOut(context.Background(), services[i%len(services)], command(i))
			mu.Lock()
			defer mu.Unlock()
			for _, o := range outcomes {
				if strings.HasPrefix(o.Outcome, "unchanged") {
					unchanged++
				} else {
					did++
				}
			}
			if err != nil {
				refused++
				if !strings.Contains(err.Error(), "takes one that is") {
					t.Errorf("refused with %q, which does not say where the payout stands", err)
				}
			}
		})
	}
	group.Wait()
	return did, unchanged, refused
}

// requirePaidOnce has many approve and pay the same payouts of a town at once.
func requirePaidOnce(t *testing.T, services []Service, l *Local, providers int) {
	const times = 16
	calculated, _, _ := contend(t, services, len(services), func(int) PayoutRequest {
		return PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"}
	})
	require.Equal(t, providers, calculated, "each version is written once")
	payout := func(i int) []string { return []string{fmt.Sprintf("2020-01-p%d", i%providers)} }
	same := func(action string) func(int) PayoutRequest {
		return func(i int) PayoutRequest {
			return PayoutRequest{Action: action, Payouts: payout(i / len(services)), Actor: "bo", On: "2020-06-01"}
		}
	}
	others := func(action string) func(int) PayoutRequest {
		return func(i int) PayoutRequest {
			r := same(action)(i)
			r.Actor = fmt.Sprint("officer-", i)
			return r
		}
	}
	did, unchanged, refused := contend(t, services, times, others("approve"))
	require.Equal(t, [3]int{providers, 0, times - providers}, [3]int{did, unchanged, refused})
	did, unchanged, refused = contend(t, services, times, same("pay"))
	require.Equal(t, [3]int{providers, times - providers, 0}, [3]int{did, unchanged, refused}, "the same command, given again, changes nothing")
	did, unchanged, refused = contend(t, services, times, others("pay"))
	require.Equal(t, [3]int{0, 0, times}, [3]int{did, unchanged, refused})
	require.Equal(t, providers, requireBooks(t, eventsOf(t, l)))
}

func TestOneLedgerPaysOnce(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(3)))
	requirePaidOnce(t, []Service{l}, l, 3)
}

func TestAServedLedgerPaysOnce(t *testing.T) {
	dir := t.TempDir()
	l := served(t, dir)
	var clients []Service
	for range 4 {
		clients = append(clients, asking(t, dir))
	}
	imported(t, clients[0], file(t, town(3)))
	requirePaidOnce(t, clients, l, 3)
}

func TestTwoProcessesOnAClusterPayOnce(t *testing.T) {
	c := clustertest.Start(t)
	config := Config{ServerURL: c.URL(), Token: clustertest.Token}
	one, two := opened(t, config), opened(t, config)
	imported(t, one, file(t, town(2)))
	requirePaidOnce(t, []Service{one, two}, two, 2)
}

// A process does not refuse on what it knew, where another has written since.
func TestAProcessLooksAtWhatAnotherWroteBeforeItRefuses(t *testing.T) {
	c := clustertest.Start(t)
	config := Config{ServerURL: c.URL(), Token: clustertest.Token}
	one, two := opened(t, config), opened(t, config)
	imported(t, one, file(t, town(1)))
	did(t, two, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"})
	did(t, one, PayoutRequest{Action: "approve", Payouts: []string{"2020-01-p0"}, Actor: "bo", On: "2020-06-01"})
	did(t, two, PayoutRequest{Action: "pay", Payouts: []string{"2020-01-p0"}, Actor: "bo", On: "2020-06-01"})
	_, _, err := one.Record(t.Context(), []byte(record("open-z", "case-opened", "case/z", "2020-01-01", "2020-01-01", `{"person":"z"}`)))
	require.NoError(t, err)
	_, _, err = two.Record(t.Context(), []byte(record("need-z", "needs-assessed", "case/z", "2020-01-01", "2020-01-01", `{"assessments":[{"life_area":"mobility","status":2}]}`)))
	require.NoError(t, err)
	imported(t, one, file(t, record("open-y", "case-opened", "case/y", "2020-01-01", "2020-01-01", `{"person":"y"}`)))
	imported(t, two, file(t, record("need-y", "needs-assessed", "case/y", "2020-01-01", "2020-01-01", `{"assessments":[{"life_area":"mobility","status":2}]}`)))
	requireBooks(t, eventsOf(t, one))
}

// Whoever stops waiting does not know what became of the command. Given again, it stands on the log once.
func TestACommandOfUnknownOutcomeIsGivenAgain(t *testing.T) {
	const providers = 12
	dir := t.TempDir()
	l, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	imported(t, l, file(t, town(providers)))
	commands := []PayoutRequest{{Action: "calculate", Month: "2020-01", Actor: "anna"}, {Action: "approve", Actor: "bo", On: "2020-06-01"}, {Action: "pay", Actor: "bo", On: "2020-06-02"}}
	for n, command := range commands {
		for i := range providers { // cut off earlier or later, before and after the event is handed to the log
			each := command
			if each.Provider = fmt.Sprint("p", i); each.Month == "" {
				each.Provider, each.Payouts = "", []string{fmt.Sprint("2020-01-p", i)}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*i*20)*time.Microsecond)
			_, _ = carryOut(ctx, l, each) // the outcome is not known
			cancel()
			did(t, l, each)
		}
		require.Len(t, payoutEvents(eventsOf(t, l)), (n+1)*providers)
	}
	require.Equal(t, providers, requireBooks(t, eventsOf(t, l)))
	before := position(t, l)
	require.NoError(t, l.Close())

	again := opened(t, Config{Dir: dir})
	commands[1].Month, commands[2].Month = "2020-01", "2020-01"
	for _, command := range commands {
		outcomes := did(t, again, command)
		if command.Action != "calculate" {
			require.Empty(t, outcomes, "none of the month waits for it")
			command.Month = ""
			for i := range providers {
				command.Payouts = append(command.Payouts, fmt.Sprint("2020-01-p", i))
			}
			outcomes = did(t, again, command)
		}
		require.Len(t, outcomes, providers)
		for _, o := range outcomes {
			require.Contains(t, o.Outcome, "unchanged: ")
		}
	}
	require.Equal(t, before, position(t, again))
}

func payoutEvents(events []domain.Event) (of []domain.Event) {
	for _, e := range events {
		if e.Entity.Kind() == domain.KindPayout {
			of = append(of, e)
		}
	}
	return of
}

// That a step has been taken is told when it is durable, not when it is on its way with another command.
func TestAStepIsToldWhenItIsDurable(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, town(1)))
	did(t, l, PayoutRequest{Action: "calculate", Month: "2020-01", Actor: "anna"})
	b, err := l.book(t.Context(), "1281")
	require.NoError(t, err)
	approve := PayoutRequest{Action: "approve", Payouts: []string{"2020-01-p0"}, Actor: "bo", On: "2020-06-01"}
	work, err := l.payoutWork(approve, time.Now())
	require.NoError(t, err)
	work.Authority = "1281"
	_, d, pending, err := l.submit(t.Context(), b, func(w *writer) (candidate, error) {
		p := w.state.Payouts.Payout("payout/2020-01-p0")
		return newCandidate(work.event(w.state.Payouts, domain.TypePayoutApproved, p.Entity, &domain.PayoutApproved{
			Calculated: p.Latest().EventID, Amount: p.Latest().Total, Voucher: w.state.Payouts.NextVoucher(2020)}, p.Latest().EventID))
	})
	require.NoError(t, err)
	require.Contains(t, did(t, l, approve)[0].Outcome, "unchanged: bo did this")
	require.GreaterOrEqual(t, b.opened.Load().log.Head().Sequence, d.sequence)
	require.NoError(t, pending[0].Wait(t.Context()))
}
