package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/swedish"
	"careledger/projections"
)

func TestTheWordsOfADerivationAreInBothLanguages(t *testing.T) {
	for word := range whyEnglish {
		assert.True(t, swedish.Has("why", word), word)
	}
	for _, reason := range projections.WhyReasons {
		assert.Contains(t, whyEnglish, reason)
	}
}

func TestAPageEscapesWhatTheLogSays(t *testing.T) {
	leaf := strings.Repeat("0", 64)
	w := &projections.Why{Payout: "2016-01-p", Provider: "<script>alert(1)</script>", Lines: []projections.WhyLine{{Line: 1, Model: &projections.WhyModel{Title: "<b>bold</b>"},
		Postings: []projections.WhyPosting{{Posting: 1, Goal: "<img src=x>", RestsOn: []uint64{1}}}, Events: []projections.WhyEvent{{Sequence: 1, Actor: "<i>", Leaf: leaf, Used: true}}}}}
	for _, language := range WhyLanguages {
		var b strings.Builder
		require.NoError(t, WhyPage(&b, language, w))
		for _, raw := range []string{"<script>", "<b>", "<img", "<i>"} {
			assert.NotContains(t, b.String(), raw)
		}
		assert.Contains(t, b.String(), `<html lang="`+language+`">`)
	}
}
