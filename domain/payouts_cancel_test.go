package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

func TestWhatALaterPayoutStandsOnIsCancelledAfterIt(t *testing.T) {
	b, april := newPayoutBook(), domain.PayoutEntity("p1", march2016+1)
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	require.NoError(t, b.approve("bo", payout1, booked))
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016+1, known(10000))), "adjusts March")
	require.NoError(t, b.approve("bo", april, booked))
	assert.ErrorContains(t, b.cancel(payout1), "cancel that one first")
	require.NoError(t, b.cancel(april))
	require.NoError(t, b.cancel(payout1), "nothing stands on it any more")
	b.EachSettled(func(k domain.SettledKey, amount domain.Money) { t.Errorf("%v is settled still, by %s", k, amount) })
}

func TestACalculationOnLessThanTheLastIsRefused(t *testing.T) {
	b := newPayoutBook()
	newer := b.calculation("p1", march2016, known(29700))
	newer.KnownTo = 20
	require.NoError(t, b.calculate("anna", newer))
	older := b.calculation("p1", march2016, known(59400))
	older.KnownTo = 19
	assert.ErrorContains(t, b.calculate("bo", older), "version 1 rests on more, event 20 (here 19)")
	assert.Len(t, b.Payout(payout1).Versions, 1)
}

func TestALineStandsOnceInAPayout(t *testing.T) {
	b := newPayoutBook()
	c := b.calculation("p1", march2016, known(29700))
	again := c.Lines[0]
	again.Line = 2
	c.Lines, c.Total = append(c.Lines, again), 2*c.Total
	assert.ErrorContains(t, b.calculate("anna", c), "data.lines[1]")
}
