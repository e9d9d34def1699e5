package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

func TestTheWordsOfADerivationAreInBothLanguages(t *testing.T) {
	for _, language := range WhyLanguages {
		for _, reason := range projections.WhyReasons {
			assert.True(t, words.Language(language).Has("why", reason), reason)
		}
		for _, reason := range projections.WhyPasses {
			assert.True(t, words.Language(language).Has("why", "pass-"+reason), reason)
		}
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

func TestAnAdjustmentSaysWhatItFollowsFrom(t *testing.T) {
	cause := domain.PayoutCause{Sequence: 7, Event: "e.7", Type: "goal-evaluated", Entity: "goal/g1"}
	for name, c := range map[string]struct {
		causes     []domain.PayoutCause
		inAll      int
		text, page string
	}{
		"nothing new": {nil, 0, "    what was known before the provider's last payout", "which was not settled for it at the provider&#39;s last payout."},
		"one event":   {[]domain.PayoutCause{cause}, 1, "    event 7 goal-evaluated goal/g1 (e.7)\n", "and follows from: 7 goal-evaluated (goal/g1)<"},
		"more":        {[]domain.PayoutCause{cause}, 3, "    and 2 more\n", "and follows from: 7 goal-evaluated (goal/g1), … (3)<"},
	} {
		w := &projections.Why{Payout: "2016-02-p", Lines: []projections.WhyLine{{Line: 1, Adjusts: true, Causes: c.causes, CausesAll: c.inAll}}}
		var text, page strings.Builder
		require.NoError(t, Why(&text, Table, w), name)
		require.NoError(t, WhyPage(&page, "en", w), name)
		assert.Contains(t, text.String(), c.text, name)
		assert.Contains(t, page.String(), c.page, name)
	}
}
