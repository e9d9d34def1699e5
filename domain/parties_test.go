package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain/historytest"
)

func TestWhoBelongsToAProvider(t *testing.T) {
	l := historytest.NewLedger()
	for _, line := range base {
		_, problems := l.Submit([]byte(line))
		require.Empty(t, problems)
	}
	for actor, want := range map[string]bool{
		"p": true, "provider/p": true, "p/anna": true, "provider/p/anna": true, "q:7": true, "q.boss": true,
		"u": true, "u/contact-3": true, "provider/u": true,
		"officer-1": false, "x": false, "pp": false, "p-2": false, "provider/": false, "provider/x": false, "authority/p": false, "up": false,
	} {
		assert.Equal(t, want, l.State.Parties.Belongs(actor), actor)
	}
}

func TestWhatIsCorrectedIsKnownFromTheCorrectionOn(t *testing.T) {
	l := historytest.NewLedger()
	for _, line := range append(base[:len(base):len(base)],
		rec("event-corrected", "provider/q", "2020-06-01", correct("prov-q", `{"name":"Queen","regime":"in-house"}`)),
		rec("event-corrected", "case/k", "2020-06-01", correct("goal", goalSet("g7", "d1")), "id=first"),
		rec("event-corrected", "case/k", "2020-06-01", correct("goal", goalSet("g8", "d1")), "id=second"), // the latest wins
		rec("follow-up-held", "case/k", "2020-05-01", followUp("f1", "2020-05-01", "g8")),
		rec("event-annulled", "case/k", "2020-06-01", annul("open"), "id=refused"),
	) {
		_, problems := l.Submit([]byte(line))
		if len(problems) > 0 {
			assert.Contains(t, problems.Error(), "dec (decision-made), goal (goal-set)")
		}
	}
	w, _ := l.State.Parties.Unit("w")
	assert.Equal(t, "in-house", w.Regime)
	assert.Equal(t, "Queen", w.ProviderName)
	assert.Equal(t, "u", l.Case("case/k").Facts().FollowUps[0].Goals[0].Unit)
	before, err := historytest.Fold(historytest.KnownAt(l.Events, uint64(len(base))))
	require.NoError(t, err)
	w, _ = before.State.Parties.Unit("w")
	assert.Equal(t, "external", w.Regime, "what was known before stays as it was")
}
