package projections

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain/historytest"
)

// The registers are those that the facts of the same moment are of, at any moment.
func TestTheRegistersAreThoseOfTheCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		table := folded(t, events, 64)
		asked := []AsOf{Now, {Sequence: uint64(rapid.IntRange(0, len(events)).Draw(t, "sequence"))}}
		if len(events) > 0 {
			asked = append(asked, AsOf{Time: rapid.SampledFrom(events).Draw(t, "event").Recorded})
		}
		for _, at := range asked {
			cut, err := table.Cut(at)
			require.NoError(t, err)
			registers, err := table.Registers(at)
			require.NoError(t, err)
			require.Equal(t, cut.Moment, registers.AsOf)
			require.Equal(t, cut.Parties.Units(), registers.Units)
		}
	})
}
