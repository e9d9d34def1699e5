package compensation_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

func TestTheRateOfAMonthsPostingIsThatOfThePlainEvaluator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, err := historytest.Fold(historytest.Draw(t).Events(-1))
		require.NoError(t, err)
		period, policies := drawnPeriod(t), w.State.Adopted()
		plain := w.Plain(period)
		want, err := plain.Evaluate()
		if err != nil {
			return // a value that is missing is the matter of other laws
		}
		documents := map[string][]compensation.InForce{}
		for _, p := range policies {
			documents[p.ID] = p.Documents
		}
		n := 0
		err = w.Columns().Prepare(period).Evaluate(policies, func(b *compensation.Batch) error {
			for i := range b.Unit {
				switch b.Component.Kind {
				case compensation.KindTime, compensation.KindFixed, compensation.KindSupplement:
					rate, err := b.Rate(documents[b.Policy][b.Document], i)
					require.NoError(t, err)
					require.Equal(t, want[n].Rate.String(), rate.String(), "%s", inWords(want[n]))
				}
				n++
			}
			return nil
		})
		require.NoError(t, err)
		require.Len(t, want, n)
	})
}

func TestARateThatIsMissingIsNamed(t *testing.T) {
	m, _, err := compensation.ParseModel("", []byte(`{"id":"m","title":"t","currency":"SEK","parameters":{"r":{"by":["unit"],"values":{"2020-01-01":{"a":"1"}}}},`+
		`"components":[{"id":"c","kind":"time","basis":"health","rate":"r"}]}`))
	require.NoError(t, err)
	b := &compensation.Batch{Facts: &compensation.Facts{Units: []domain.Unit{{ID: "b"}}}, Policy: "m", Component: &m.Components[0], Unit: []uint16{0},
		Month: []domain.Month{domain.NewMonth(2020, 1)}, Category: []uint8{compensation.NoCode}}
	_, err = b.Rate(compensation.InForce{Model: m, From: domain.MinDate, End: domain.MaxDate}, 0)
	missing := (*compensation.RateError)(nil)
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "b", missing.Key)
}
