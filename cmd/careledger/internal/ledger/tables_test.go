package ledger

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/tables"
	"careledger/eventstore/clustertest"
)

// tablesFrom asks for the tables, and returns them with how many partitions there are.
func tablesFrom(t *testing.T, s Service, r TablesRequest) (*tables.Reader, int) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, s.Tables(t.Context(), r, &b))
	read, err := tables.NewReader(&b)
	require.NoError(t, err)
	for n := 0; !read.Unchanged; n++ {
		if _, err := read.Next(); errors.Is(err, io.EOF) {
			return read, n
		}
		require.NoError(t, err)
	}
	return read, 0
}

// What others write to a server is in the tables that are asked for next; where nobody has, there is nothing to read.
func TestTablesOfAServerFollowWhatOthersWrite(t *testing.T) {
	c := clustertest.Start(t)
	config := Config{ServerURL: c.URL(), Token: clustertest.Token}
	one, other := opened(t, config), opened(t, config)
	pilotPayouts(t, one)
	first, n := tablesFrom(t, other, TablesRequest{Authority: "1281"})
	require.Greater(t, n, 100)
	again, _ := tablesFrom(t, other, TablesRequest{Authority: "1281", Known: &first.Log, IfMoved: true})
	require.True(t, again.Unchanged)
	payout(t, one, PayoutRequest{Action: "calculate", Month: "2016-04", Actor: "economist-1"})
	moved, m := tablesFrom(t, other, TablesRequest{Authority: "1281", Known: &first.Log, IfMoved: true})
	require.Equal(t, first.Log.Sequence+2, moved.Log.Sequence)
	require.Equal(t, n+2, m, "the payouts of a month and their lines")
}

func TestTablesOfAnotherLogAreNotContinued(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	var b bytes.Buffer
	require.NoError(t, generate.LundPilot(&b, 1))
	imported(t, l, file(t, b.String()))
	from, _ := tablesFrom(t, l, TablesRequest{})
	for name, known := range map[string]tables.Position{
		"another root":       {Sequence: 1000, Root: from.Log.Root},
		"longer than this":   {Sequence: from.Log.Sequence + 1, Root: from.Log.Root},
		"the end is another": {Sequence: from.Log.Sequence, Root: "00"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, moved := range []bool{false, true} {
				var other *tables.OtherLogError
				require.ErrorAs(t, l.Tables(t.Context(), TablesRequest{Known: &known, IfMoved: moved}, io.Discard), &other)
				require.Equal(t, tables.OtherLogError{Authority: "1281", Known: known, Head: from.Log}, *other)
			}
		})
	}
}

// Whoever does not read on is not written to for ever.
func TestTablesEndWithWhoReadsThem(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	pilotPayouts(t, l)
	r, w := io.Pipe()
	gone := errors.New("gone")
	require.NoError(t, r.CloseWithError(gone))
	require.ErrorIs(t, l.Tables(t.Context(), TablesRequest{}, w), gone)
}
