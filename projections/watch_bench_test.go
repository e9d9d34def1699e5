package projections

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkWatch is what it costs to tell what changed, over a million events: of all cases, and after one more event of one.
func BenchmarkWatch(b *testing.B) {
	table := townTable(b, 1_000_000)
	ctx := context.Background()
	b.Run("Whole", func(b *testing.B) {
		for b.Loop() {
			_, err := table.Watch().Next(ctx)
			require.NoError(b, err)
		}
	})
	b.Run("OneCase", func(b *testing.B) {
		w := table.Watch()
		_, err := w.Next(ctx)
		require.NoError(b, err)
		last := w.at
		for b.Loop() {
			w.at.Sequence = last.Sequence - 1 // the last event again
			change, err := w.Next(ctx)
			require.NoError(b, err)
			require.False(b, change.Whole)
		}
	})
}
