package projections

import (
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/historytest"
)

// What came in last is what the last events say, whichever moment is asked of.
func TestArrivalsAreTheLastEventsByDayAndType(t *testing.T) {
	history := historytest.FromSeed(3, 200).Events(-1)
	log := newLog(t)
	write(t, log, history)
	table := NewTable(log)
	require.NoError(t, table.Fold(t.Context(), log.Head().Sequence, nil))
	middle := history[len(history)/2]
	for _, at := range []AsOf{Now, {Sequence: middle.Sequence}, {Time: middle.Recorded}, {}} {
		known := historytest.KnownAt(history, min(at.Sequence, uint64(len(history))))
		if !at.Time.IsZero() {
			known = historytest.KnownBy(history, at.Time)
		}
		for _, c := range []struct{ days, most int }{{3, 1 << 20}, {1, 1 << 20}, {1 << 20, 10}, {1 << 20, 1 << 20}} {
			want, n := map[Arrival]int{}, 0
			days := map[domain.Date]bool{}
			for i := len(known) - 1; i >= 0 && n < c.most; i-- {
				day := domain.LocalDate(known[i].Recorded)
				if days[day] = true; len(days) > c.days {
					break
				}
				want[Arrival{Day: day, Type: known[i].Type}]++
				n++
			}
			got := table.Arrivals(at, c.days, c.most)
			require.Equal(t, n, got.Events)
			require.Len(t, got.Rows, len(want))
			for i, row := range got.Rows {
				require.Equal(t, want[Arrival{Day: row.Day, Type: row.Type}], row.Events)
				if i > 0 {
					require.LessOrEqual(t, row.Day, got.Rows[i-1].Day, "the last day first")
				}
			}
		}
	}
}
