package web

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// Rows that are computed as they are written may end in an error: what is there then is no table.
func TestATableWhoseRowsEndInAnErrorIsNotWritten(t *testing.T) {
	broken := errors.New("the plain evaluator does not give posting 2")
	rows := &table{columns: []column{{name: "line", kind: count}}, rows: func(yield func([]cell) bool) { yield([]cell{{plain: "1"}}) }, failed: func() error { return broken }}
	for name, write := range map[string]func(io.Writer) error{"csv": rows.writeCSV, "swedish": rows.writeSwedishCSV} {
		var b bytes.Buffer
		require.ErrorIs(t, write(&b), broken, name)
		require.NotContains(t, b.String(), "1", name)
	}
}
