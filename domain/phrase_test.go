package domain_test

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

func TestAPhraseIsItsTextForProgramsAndItsPartsForPages(t *testing.T) {
	p := domain.NewPhrase("goal {goal} life area from {date}", "g1", "2016-03-01")
	assert.Equal(t, "goal g1 life area from 2016-03-01", p.String())
	assert.Equal(t, []string{"g1", "2016-03-01"}, p.Places())
	assert.Equal(t, p, domain.NewPhrase(p.Form, p.Places()...), "phrases of the same parts are equal")
	assert.NotEqual(t, p, domain.PlainPhrase(p.String()))
	assert.Empty(t, domain.NewPhrase("open").Places())
	assert.Equal(t, []string{"", "x"}, domain.NewPhrase("{a}{b}", "", "x").Places(), "an empty place is a place")

	b, err := json.Marshal(domain.Change{Name: p, After: domain.NewPhrase("{life_area}", "mobility")})
	require.NoError(t, err)
	assert.Equal(t, `{"name":"goal g1 life area from 2016-03-01","before":"","after":"mobility"}`, string(b))
	var read domain.Change
	require.NoError(t, json.Unmarshal(b, &read))
	assert.Equal(t, domain.Change{Name: domain.PlainPhrase(p.String()), After: domain.PlainPhrase("mobility")}, read, "a document has the texts alone")
}

func TestWhatAVersionChangedIsToldAsItsEventSaysIt(t *testing.T) {
	b := newPayoutBook()
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(29700))))
	require.NoError(t, b.calculate("anna", b.calculation("p1", march2016, known(59400))))
	payout := b.Payout(payout1)
	assert.Empty(t, payout.ChangesOf(0))
	assert.Equal(t, []domain.Phrase{domain.NewPhrase("{month}, {unit}, {policy}/{component}: {amount} kr → {amount} kr", "2016-03", "u", "p", "c", "297.00", "594.00")}, payout.ChangesOf(1))
	payout.Versions[1].Changes = []string{"in words of an earlier release"}
	assert.Equal(t, []domain.Phrase{domain.PlainPhrase("in words of an earlier release")}, payout.ChangesOf(1))
}
