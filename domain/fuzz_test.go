package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/historytest"
)

// FuzzParseRecord: whatever the line, parsing does not panic; what it accepts can be written, read back and told apart.
// Seeds stand in testdata/fuzz/FuzzParseRecord.
func FuzzParseRecord(f *testing.F) {
	for _, line := range historytest.FromSeed(1, 120).Lines {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, problems := domain.ParseRecord(line, historytest.Now)
		if len(problems) > 0 {
			for _, p := range problems {
				require.NotEmpty(t, p.Field)
				require.NotEmpty(t, p.Reason)
			}
			return
		}
		raw, err := e.Encode()
		require.NoError(t, err)
		back, err := domain.DecodeEvent(e.Sequence, e.Type, raw)
		require.NoError(t, err)
		require.Equal(t, e, back)
		again, problems := domain.ParseRecord(line, historytest.Now)
		require.Empty(t, problems)
		require.Equal(t, e, again)
		c := domain.NewCase(e.Entity)
		c.Check(&e, domain.NewParties()) // a state may refuse it, and nothing else
	})
}
