package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

func TestTheWordsOfADerivationAreInBothLanguages(t *testing.T) {
	passes := domain.Codes{}
	for _, reason := range projections.WhyPasses {
		passes = append(passes, "pass-"+reason)
	}
	variables := domain.Codes{"held_on", "condition", "minutes", "threshold_minutes", "sum", "limit", "of"} // what components decide by beside a when
	for _, name := range compensation.WhenVariables {
		variables = append(variables, strings.TrimPrefix(name, "inclusion."))
	}
	for section, codes := range map[string]domain.Codes{
		"why": slices.Concat(projections.WhyReasons, passes, domain.Codes{domain.PayoutStatusCalculated, domain.PayoutStatusApproved, domain.PayoutStatusRejected, domain.PayoutStatusPaid, domain.PayoutStatusCancelled}),
		"component_kind": {string(compensation.KindTime), string(compensation.KindFixed), string(compensation.KindGoalPremium), string(compensation.KindPersonPremium), string(compensation.KindSupplement),
			string(compensation.KindCap), string(compensation.KindAllocation), string(compensation.KindPerformance)},
		"basis":      {compensation.BasisNeed, compensation.BasisFrame, compensation.BasisGranted, compensation.BasisPerformed, compensation.BasisHealth},
		"condition":  {compensation.ConditionAllGoalsFulfilled, compensation.ConditionPersonConfirms},
		"variable":   variables,
		"truth":      {"true", "false"},
		"event_type": domain.Types(),
	} {
		for _, code := range codes {
			for _, language := range WhyLanguages {
				assert.True(t, words.Language(language).Has(section, code), "%s.%s in %s", section, code, language)
			}
		}
	}
	for _, name := range compensation.WhenVariables {
		for _, code := range compensation.WhenCodes(name) {
			said := whyWords{Language: words.Swedish}.ofVariable(name, code)
			assert.True(t, words.Swedish.Has(name, code) || name == "kind" && words.Swedish.Has("category", code), "%s %s: %s", name, code, said)
		}
	}
}

func TestADerivationForPeopleIsInTheWordsOfItsLanguage(t *testing.T) {
	leaf := strings.Repeat("0", 64)
	w := &projections.Why{Payout: "2016-03-p", Month: "2016-03", Total: -1_234_50, Lines: []projections.WhyLine{{Line: 1, Month: "2016-03", Policy: "m", Component: "premium", Known: -1_234_50,
		Model: &projections.WhyModel{Kind: "time", Basis: "need", DecidedOn: "2016-01-02", From: "2016-02-01", When: `life_area == "mobility" && kind == "somatic" && unit != "u"`},
		Postings: []projections.WhyPosting{{Posting: 1, Entity: "case/k", Category: "care", Band: "evening", HeldOn: "2016-03-04", Quantity: "1500", QuantityUnit: "minute", Rate: "385.50", Per: 60, Exact: "-9637.5", Amount: -1_234_50, RestsOn: []uint64{1},
			NotApplied: []projections.WhyNotApplied{{Policy: "m", Component: "extra", Kind: "goal-premium", Reason: "when", When: `life_area == "mobility"`, Saw: []compensation.Seen{{Name: "life_area", Value: "learning"}, {Name: "unit", Value: "u"}}}}}},
		Events: []projections.WhyEvent{{Sequence: 1234, Type: "case-opened", Effective: "2016-03-05", Leaf: leaf}, {Sequence: 1, Type: "decision-made", Effective: "2016-03-06", Leaf: leaf, Used: true}}}}}
	for language, want := range map[string][]string{
		"sv": {"mars\u00a02016", "−1\u00a0234,50\u00a0kr", "tid, behovsminuter", "2 januari 2016", "från och med 1 februari 2016", "&#34;mobility&#34;: Förflyttning", "kind: slag av vård", "&#34;somatic&#34;: somatisk hemsjukvård",
			"unit: enhet", "omvårdnad, kväll, hållen 4 mars 2016", "1\u00a0500 minuter × 385,50\u00a0kr / 60 = −9\u00a0637,5", "premie per mål", "livsområde &#34;Lärande och att tillämpa kunskap&#34;, enhet &#34;u&#34;", "1\u00a0234", "ärende öppnat", "5 mars 2016", "biståndsbeslut fattat", "6 mars 2016"},
		"en": {"−1\u00a0234.50\u00a0kr", "time, need minutes", "from 2016-02-01", "&#34;mobility&#34;: Mobility", "care, evening, held 2016-03-04", "1\u00a0500 minutes × 385.50\u00a0kr / 60 = −9\u00a0637.5", "premium per goal", "case opened"},
	} {
		var b strings.Builder
		require.NoError(t, WhyPage(&b, language, w))
		for _, text := range want {
			assert.Contains(t, b.String(), text)
		}
	}
	var b strings.Builder
	require.NoError(t, Why(&b, Table, w))
	for _, code := range []string{"component premium: time on need minutes", "care, evening, held 2016-03-04", `life_area "learning"`, "-1 234.50 kr"} {
		assert.Contains(t, b.String(), code, "the command line has the record's words")
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
