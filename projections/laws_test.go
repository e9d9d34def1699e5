package projections

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
	"careledger/eventstore"
)

// knownCut folds the events known and cuts there: what an as-of must equal.
func knownCut(t fataler, known []domain.Event) *Cut {
	table := newTable(historytest.Authority)
	for i := range known { // by time, what is known has gaps; the sequences that count are kept
		e := known[i]
		e.Sequence = uint64(i + 1)
		add(t, table, []domain.Event{e}, 1)
	}
	c, err := table.Cut(Now)
	require.NoError(t, err)
	for i, s := range c.FollowUps.Sequence {
		c.FollowUps.Sequence[i] = known[s-1].Sequence
	}
	return c
}

func TestAnAsOfBySequenceIsTheFoldOfThePrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		whole, prefix := folded(t, events, 64), newTable(historytest.Authority)
		for n := range len(events) + 1 {
			if n > 0 {
				add(t, prefix, events[n-1:n], 1)
			}
			want, err := prefix.Cut(Now)
			require.NoError(t, err)
			got, err := whole.Cut(AsOf{Sequence: uint64(n)})
			require.NoError(t, err)
			require.Equal(t, want.Moment, got.Moment)
			requireSameAnswer(t, want, got)
		}
	})
}

func TestAnAsOfByTimeIsTheFoldOfWhatWasRecordedByThen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		if len(events) == 0 {
			return
		}
		whole := folded(t, events, 64)
		when := rapid.SampledFrom(events).Draw(t, "event").Recorded.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "after")))
		at, on := AsOf{Time: when}, events // what stood on the log
		if rapid.Bool().Draw(t, "also by sequence") {
			at.Sequence = uint64(rapid.IntRange(1, len(events)+1).Draw(t, "sequence"))
			on = historytest.KnownAt(events, at.Sequence)
		}
		known := historytest.KnownBy(on, when)
		got, err := whole.Cut(at)
		require.NoError(t, err)
		require.Equal(t, when, got.Recorded)
		last := uint64(0)
		if len(known) > 0 {
			last = known[len(known)-1].Sequence
		}
		require.Equal(t, last, got.Sequence)
		requireSameAnswer(t, knownCut(t, known), got)
	})
}

// What a table cuts is what the states of the domain say, by way of columns that are written down a second time.
func TestACutHoldsTheFactsOfEveryEntity(t *testing.T) {
	patients, grants := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		n := uint64(rapid.IntRange(len(events)/2, len(events)).Draw(t, "as of"))
		cut, err := folded(t, events, 64).Cut(AsOf{Sequence: n})
		require.NoError(t, err)
		world, err := historytest.Fold(historytest.KnownAt(events, n))
		require.NoError(t, err)
		want := &Cut{Facts: world.Columns(), Adopted: world.State.Adopted()}
		requireSameAnswer(t, want, cut)
		patients, grants = patients+len(cut.Enrolments.Case), grants+len(cut.StateGrants)
	})
	require.Positive(t, patients)
	require.Positive(t, grants)
}

func TestTheLiveFoldGivesTheColumnsOfTheColdFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		requireSameColumns(t, folded(t, events, 512), folded(t, events, 1))
	})
}

func TestThroughALogTheLiveAndTheColdFoldAreTheSame(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	log := newLog(t)
	live := NewTable(log)
	following := make(chan error)
	go func() { following <- live.Follow(ctx) }()
	events := historytest.FromSeed(7, 1500).Events(-1)
	for some := range slices.Chunk(events, 37) {
		write(t, log, some)
	}
	require.NoError(t, live.WaitFor(ctx, log.Head().Sequence))
	requireSameColumns(t, coldFold(t, log), live)
	requireSameColumns(t, folded(t, events, 100), live)
	cancel()
	require.NoError(t, <-following)
}

func TestATableThatWasSavedAndLoadedGoesOnAsIfItHadNotBeen(t *testing.T) {
	history := historytest.FromSeed(11, 1200)
	events := history.Events(-1)
	half := len(history.Events(len(history.Records) / 2))
	log, path := newLog(t), filepath.Join(t.TempDir(), "facts")
	write(t, log, events[:half])
	table := coldFold(t, log)
	require.EqualValues(t, half, table.Unsaved())
	require.NoError(t, table.Save(path))
	require.Zero(t, table.Unsaved())

	loaded, err := Load(path, log)
	require.NoError(t, err)
	require.Zero(t, loaded.Unsaved())
	requireSameColumns(t, table, loaded)
	cut, err := loaded.Cut(Now)
	require.NoError(t, err)
	want, err := table.Cut(Now)
	require.NoError(t, err)
	requireSameAnswer(t, want, cut)

	write(t, log, events[half:])
	require.NoError(t, loaded.Fold(context.Background(), Head, nil))
	require.EqualValues(t, len(events)-half, loaded.Unsaved())
	requireSameColumns(t, coldFold(t, log), loaded)
}

// both evaluates the facts known with the compiled and the plain evaluator, and requires the same postings in the same order and the
// same digest, or that both need a value that is not there.
func both(t fataler, c *Cut, world *historytest.World, period compensation.Period) {
	t.Helper()
	var got []compensation.Posting
	digest := compensation.NewDigest()
	err := c.Prepared(period).Evaluate(c.Adopted, func(b *compensation.Batch) error {
		for i := range b.Unit {
			got = append(got, b.Posting(i))
		}
		return digest.Add(b)
	})
	want, wantErr := world.Plain(period).Evaluate()
	var missing *compensation.RateError
	if wantErr != nil || err != nil {
		require.ErrorAs(t, wantErr, &missing)
		require.ErrorAs(t, err, &missing)
		return
	}
	require.Equal(t, texts(want), texts(got))
	require.Equal(t, plainDigest(want), digest.Sum())

	sums := compensation.NewAggregate(c.Prepared(period), nil)
	require.NoError(t, c.Prepared(period).Evaluate(c.Adopted, sums.Add))
	var total domain.Money
	for _, p := range want {
		total += p.Amount
	}
	for _, row := range sums.Rows() {
		total -= row.Amount
	}
	require.Zero(t, total)
}

func texts(postings []compensation.Posting) []string {
	all := make([]string, len(postings))
	for i, p := range postings {
		all[i] = strings.Join([]string{p.Policy, p.Component, p.Provider, p.Unit, p.Month.String(), p.Case, p.Category, p.Band, p.FollowUp, p.Goal, p.Quantity.String(), p.QuantityUnit, p.Amount.String()}, "\t")
	}
	return all
}

// plainDigest is the canonical form of digest.go, written down a second time.
func plainDigest(postings []compensation.Posting) string {
	return sha256Hex("careledger postings v1\n" + strings.Join(append(texts(postings), ""), "\n"))
}

func period(t *rapid.T) compensation.Period {
	from := domain.NewMonth(2014, 1) + domain.Month(rapid.IntRange(0, 150).Draw(t, "from"))
	return compensation.Period{From: from, To: from + domain.Month(rapid.IntRange(0, 40).Draw(t, "months"))}
}

func TestTheCompiledEvaluatorPaysWhatThePlainOnePays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := historytest.Draw
		if rapid.Bool().Draw(t, "gaps") {
			draw = historytest.DrawWithGaps
		}
		events := draw(t).Events(-1)
		whole := folded(t, events, 64)
		n := uint64(rapid.IntRange(0, len(events)).Draw(t, "as of"))
		asOf, known := AsOf{Sequence: n}, historytest.KnownAt(events, n)
		if n > 0 && rapid.Bool().Draw(t, "by time") {
			asOf = AsOf{Time: events[n-1].Recorded}
			known = historytest.KnownBy(events, asOf.Time)
		}
		cut, err := whole.Cut(asOf)
		require.NoError(t, err)
		world, err := historytest.Fold(known)
		require.NoError(t, err)
		p, err := cut.Period(0, 0)
		require.NoError(t, err)
		if rapid.Bool().Draw(t, "a period") {
			p = period(t)
		}
		both(t, cut, world, p)
	})
}

func TestThePremiumsAwardedAndNotReversedAreThePremiumPostings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		cut, err := folded(t, events, 64).Cut(Now)
		require.NoError(t, err)
		world, err := historytest.Fold(events)
		require.NoError(t, err)
		var want, got []string
		for _, c := range world.Cases() {
			for _, p := range c.Premiums() {
				want = append(want, fmt.Sprint(c.Entity.ID(), p.PremiumAwarded))
			}
		}
		everything := compensation.Period{From: domain.NewMonth(2000, 1), To: domain.NewMonth(2040, 12)}
		err = cut.Prepared(everything).Evaluate(cut.Adopted, func(b *compensation.Batch) error {
			if b.Component.Kind != compensation.KindGoalPremium && b.Component.Kind != compensation.KindPersonPremium {
				return nil
			}
			for i := range b.Unit {
				p := b.Posting(i)
				got = append(got, fmt.Sprint(p.Case, domain.PremiumAwarded{FollowUp: p.FollowUp, Goal: p.Goal, Provider: p.Provider, Unit: p.Unit, Policy: p.Policy, Component: p.Component, Amount: p.Amount}))
			}
			return nil
		})
		require.NoError(t, err)
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got)
	})
}

func TestTheSameLogAndModelsGiveTheSameDigest(t *testing.T) {
	events := historytest.FromSeed(3, 2000).Events(-1)
	digest := func() string {
		cut, err := folded(t, events, 128).Cut(Now)
		require.NoError(t, err)
		p, err := cut.Period(0, 0)
		require.NoError(t, err)
		d := compensation.NewDigest()
		require.NoError(t, cut.Prepared(p).Evaluate(cut.Adopted, d.Add))
		return d.Sum()
	}
	require.Equal(t, digest(), digest())
	require.NotEqual(t, compensation.NewDigest().Sum(), digest())
}

func TestAnEventThatIsNotUnderstoodStopsTheFoldForGood(t *testing.T) {
	log := newLog(t)
	events := historytest.FromSeed(5, 60).Events(-1)
	write(t, log, events)
	strange := eventstore.Message{Entity: "case/k1", Type: "robot-visit-performed", ID: "r1", Data: []byte(`{"schemaversion":9}`)}
	require.NoError(t, log.Append(context.Background(), eventstore.Commit{First: log.Next(), Messages: []eventstore.Message{strange}}))

	table := NewTable(log)
	err := table.Fold(context.Background(), Head, nil)
	var unknown *domain.UnknownEventError
	require.ErrorAs(t, err, &unknown)
	require.EqualValues(t, len(events)+1, unknown.Sequence)
	require.EqualValues(t, len(events), table.Position(), "what comes before it is folded")
	require.ErrorAs(t, table.Fold(context.Background(), Head, nil), &unknown)
	require.ErrorAs(t, table.WaitFor(context.Background(), log.Head().Sequence), &unknown)
	require.ErrorAs(t, table.Save(filepath.Join(t.TempDir(), "facts")), &unknown)
	_, err = table.Cut(Now)
	require.NoError(t, err, "and goes on answering")
	require.False(t, errors.Is(err, ErrStale))
}
