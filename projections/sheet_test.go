package projections

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/historytest"
)

// The sheet as of an event says what it would have said when that event was the last: as-of is a fold of the prefix, whatever was
// corrected, superseded or changed since.
func TestASheetIsReproducedAsItWasSent(t *testing.T) {
	events := historytest.FromSeed(17, 1500).Events(-1)
	log := newLog(t)
	table, sheets := NewTable(log), 0
	type sent struct {
		sequence uint64
		query    SheetQuery
		sheet    *Sheet
		reason   string
	}
	var all []sent
	for from := 0; from < len(events); from += 40 {
		to := min(from+40, len(events))
		write(t, log, events[from:to])
		require.NoError(t, table.Fold(context.Background(), Head, nil))
		for _, e := range events[from:to] {
			if e.Entity.Kind() != domain.KindCase {
				continue
			}
			q := SheetQuery{AsOf: Now, Entity: e.Entity}
			if sheets++; sheets%2 == 0 {
				q.On = e.Effective
			}
			s, err := table.Sheet(context.Background(), q)
			all = append(all, sent{events[to-1].Sequence, q, s, reason(t, err)})
		}
	}
	whole, refused := coldFold(t, log), 0
	for _, was := range all {
		was.query.AsOf = AsOf{Sequence: was.sequence}
		s, err := whole.Sheet(context.Background(), was.query)
		require.Equal(t, was.sheet, s)
		require.Equal(t, was.reason, reason(t, err))
		if s == nil {
			refused++
			continue
		}
		require.NotEmpty(t, s.Unit.Name)
		require.True(t, was.query.On != 0 || s.Last != 0 && s.Last < s.From || s.From <= s.On && (s.Last == 0 || s.On <= s.Last), "%+v", s)
	}
	require.Greater(t, len(all)-refused, 100, "most cases have a decision")
}

// reason is why a sheet was refused, "" where it was not.
func reason(t *testing.T, err error) string {
	if err == nil {
		return ""
	}
	require.True(t, errors.Is(err, ErrNoSuchDecision) || errors.Is(err, ErrUnknownEntity), "%v", err)
	return err.Error()
}

func TestASheetOfWhatIsNoCase(t *testing.T) {
	l := worked(t)
	for _, entity := range []domain.Entity{"case/none", "provider/p", "patient/x"} {
		_, err := l.table.Sheet(context.Background(), SheetQuery{AsOf: Now, Entity: entity})
		require.ErrorIs(t, err, ErrUnknownEntity)
	}
}

func TestASheetFollowsTheGoalsToTheDecisionThatSupersedes(t *testing.T) {
	l := worked(t)
	goals := func(decision, on string) []domain.Goal {
		day, err := domain.ParseDate(on)
		require.NoError(t, err)
		s, err := l.table.Sheet(context.Background(), SheetQuery{AsOf: Now, Entity: "case/k", Decision: decision, On: day})
		require.NoError(t, err)
		return s.Goals
	}
	g1 := domain.Goal{ID: "g1", LifeArea: "mobility", Assessed: 3, Intended: 1}
	require.Equal(t, []domain.Goal{g1}, goals("d1", "2020-02-10"))
	require.Equal(t, []domain.Goal{g1}, goals("d2", "2020-02-11"))
	l.record(
		line("ch", "goal-changed", "case/k", "2020-03-01", may, `{"goal":"g1","intended":0}`),
		line("ch2", "goal-changed", "case/k", "2020-03-01", may, `{"goal":"g1","assessed":2,"life_area":"self-care"}`),
		line("wd", "goal-withdrawn", "case/k", "2020-03-10", may, `{"goal":"g1","reason":"r"}`))
	require.Equal(t, []domain.Goal{g1}, goals("d2", "2020-02-29"))
	require.Equal(t, []domain.Goal{{ID: "g1", LifeArea: "self-care", Assessed: 2, Intended: 0}}, goals("d2", "2020-03-09"))
	require.Empty(t, goals("d2", "2020-03-10"))
}
