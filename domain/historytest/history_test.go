package historytest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/historytest"
)

func TestEveryEventTypeAppearsOften(t *testing.T) {
	const histories = 60
	in := map[domain.Type]int{}
	records, events := 0, 0
	for seed := range uint64(histories) {
		h := historytest.FromSeed(seed, 200)
		seen := map[domain.Type]bool{}
		for i, e := range h.Events(-1) {
			require.EqualValues(t, i+1, e.Sequence)
			seen[e.Type] = true
			if e.Corrects() != "" {
				seen["a correction of a "+domain.Type(e.Entity.Kind())] = true
			}
		}
		records, events = records+len(h.Records), events+len(h.Events(-1))
		for typ := range seen {
			in[typ]++
		}
	}
	t.Logf("%d records, %d events; histories with each type: %v", records, events, in)
	for _, typ := range domain.Types() {
		if strings.HasPrefix(typ, string(domain.KindPayout)+"-") {
			continue // written by the commands on payouts, never by a record: see cmd/careledger/internal/ledger
		}
		assert.GreaterOrEqual(t, in[domain.Type(typ)], histories/4, typ)
	}
	for _, kind := range []domain.Kind{domain.KindProvider, domain.KindPolicy, domain.KindCase, domain.KindPatient, domain.KindAgreement, domain.KindGrant} {
		assert.GreaterOrEqual(t, in["a correction of a "+domain.Type(kind)], histories/4, kind)
	}
}

func TestAPrefixOfTheRecordsGivesAPrefixOfTheEvents(t *testing.T) {
	h := historytest.FromSeed(7, 100)
	l := historytest.NewLedger()
	for i, line := range h.Lines {
		_, problems := l.Submit(line)
		require.Empty(t, problems)
		require.Equal(t, l.Events, h.Events(i+1))
	}
	again, problems := l.Submit(h.Lines[0])
	assert.Empty(t, again)
	assert.Empty(t, problems)
	assert.Equal(t, h, historytest.FromSeed(7, 100))
}
