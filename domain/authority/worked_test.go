package authority_test

import (
	"bufio"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/domain/compensation"
)

// The worked example of the contract, by hand: 6 702.00 kr in all, January 1 005.00, February 600.00 + 1 900.00, March 2 900.00 + 297.00.
func TestWorkedExampleByThePlainEvaluator(t *testing.T) {
	f, err := os.Open("../../testdata/worked.ndjson")
	require.NoError(t, err)
	defer f.Close()
	state, c := authority.New("1281"), domain.NewCase("case/k")
	sequence := uint64(1)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		e, ps := domain.ParseRecord(lines.Bytes(), time.Now())
		require.Empty(t, ps)
		events, ps := state.Decide(e, sequence, c, nil)
		require.Empty(t, ps)
		for i := range events {
			raw, err := events[i].Encode()
			require.NoError(t, err)
			back, err := domain.DecodeEvent(events[i].Sequence, events[i].Type, raw)
			require.NoError(t, err)
			require.Equal(t, events[i], back)
		}
		sequence += uint64(len(events))
	}
	in := compensation.Plain{Authority: "1281", Parties: state.Parties, Cases: []domain.CaseFacts{c.Facts()}, Policies: state.Adopted(),
		Period: compensation.Period{From: domain.NewMonth(2020, 1), To: domain.NewMonth(2020, 3)}}
	postings, err := in.Evaluate()
	require.NoError(t, err)
	var total domain.Money
	for _, p := range postings {
		total += p.Amount
	}
	require.Equal(t, "6702.00", total.String())
	require.Len(t, c.Premiums(), 1)
	require.Equal(t, "w", c.Premiums()[0].Unit)
}
