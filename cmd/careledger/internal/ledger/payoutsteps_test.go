package ledger

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/report"
)

// twoProviders is 10 hours a week at p1 and at p2 from March 2016 on, at 100 kr the hour.
const twoProviders = `{"type":"provider-registered","authority":"1281","entity":"provider/p1","effective":"2016-01-01","recorded":"2016-01-01T00:00:00Z","actor":"a","data":{"name":"P1","regime":"in-house"}}
{"type":"unit-registered","authority":"1281","entity":"provider/p1","effective":"2016-01-01","recorded":"2016-01-01T00:00:00Z","actor":"a","data":{"unit":"u1","name":"U1","area":"urban"}}
{"type":"provider-registered","authority":"1281","entity":"provider/p2","effective":"2016-01-01","recorded":"2016-01-01T00:00:00Z","actor":"a","data":{"name":"P2","regime":"in-house"}}
{"type":"unit-registered","authority":"1281","entity":"provider/p2","effective":"2016-01-01","recorded":"2016-01-01T00:00:00Z","actor":"a","data":{"unit":"u2","name":"U2","area":"urban"}}
{"type":"policy-adopted","authority":"1281","entity":"policy/m","effective":"2016-01-01","recorded":"2016-01-01T00:00:00Z","actor":"a","data":{"from":"2016-01-01","decided_by":"b","decided_on":"2015-12-01","model":{"id":"m","title":"t","currency":"SEK","source":"s","parameters":{"r":{"unit":"SEK/hour","values":{"2016-01-01":"100"}}},"components":[{"id":"time","kind":"time","basis":"need","rate":"r","account":"5011"}]}}}
{"type":"case-opened","authority":"1281","entity":"case/k1","effective":"2016-03-01","recorded":"2016-03-01T00:00:00Z","actor":"a","data":{"person":"x1"}}
{"id":"d1","type":"decision-made","authority":"1281","entity":"case/k1","effective":"2016-03-01","recorded":"2016-03-01T00:00:00Z","actor":"a","data":{"decision":"d","provider":"p1","unit":"u1","method":"standard-time","from":"2016-03-01","services":[{"service":"s","category":"care","band":"day","times_per_week":"10","standard_minutes":60}]}}
{"type":"case-opened","authority":"1281","entity":"case/k2","effective":"2016-03-01","recorded":"2016-03-01T00:00:00Z","actor":"a","data":{"person":"x2"}}
{"id":"d2","type":"decision-made","authority":"1281","entity":"case/k2","effective":"2016-03-01","recorded":"2016-03-01T00:00:00Z","actor":"a","data":{"decision":"d","provider":"p2","unit":"u2","method":"standard-time","from":"2016-03-01","services":[{"service":"s","category":"care","band":"day","times_per_week":"10","standard_minutes":60}]}}
`

// annulled is a record that takes the decision of a case back.
func annulled(entity, event, recorded string) string {
	return fmt.Sprintf(`{"type":"event-annulled","authority":"1281","entity":%q,"effective":"2016-03-01","recorded":%q,"actor":"a","data":{"event":%q,"reason":"wrong person"}}`, entity, recorded, event)
}

func payout(t testing.TB, l *Local, r PayoutRequest) (outcomes []report.PayoutOutcome) {
	t.Helper()
	r.Format = "json"
	var b bytes.Buffer
	require.NoError(t, l.Payout(t.Context(), r, &b))
	var answer struct {
		Payouts []report.PayoutOutcome `json:"payouts"`
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &answer), b.String())
	return answer.Payouts
}

func TestAPayoutOfWhichNothingIsKnownAnyMoreIsEmpty(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, twoProviders))
	calculate := PayoutRequest{Action: "calculate", Month: "2016-03", Actor: "anna"}
	require.Equal(t, "4428.33", payout(t, l, calculate)[0].Total.String()) // 10 × 60 × 31 / 7, rounded to 2657 minutes, at 100 kr the hour
	imported(t, l, file(t, annulled("case/k1", "d1", "2016-04-01T00:00:00Z")))
	after := payout(t, l, calculate)
	require.Len(t, after, 2)
	assert.Equal(t, []any{"2016-03-p1", 2, "0.00"}, []any{after[0].Payout, after[0].Version, after[0].Total.String()})
	assert.Equal(t, []string{"2016-03, u1, m/time: 4428.33 kr is gone"}, after[0].Changes)
	assert.Equal(t, "unchanged: nothing new is known", payout(t, l, calculate)[0].Outcome)
}

func TestARejectedMonthDoesNotComeInByTheNextPayout(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, twoProviders))
	payout(t, l, PayoutRequest{Action: "calculate", Month: "2016-03", Actor: "anna"})
	payout(t, l, PayoutRequest{Action: "approve", Payouts: []string{"2016-03-p1"}, Actor: "bo"})
	payout(t, l, PayoutRequest{Action: "reject", Payouts: []string{"2016-03-p2"}, Actor: "bo", Reason: "wrong hours"})
	for _, april := range payout(t, l, PayoutRequest{Action: "calculate", Month: "2016-04", Actor: "anna"}) {
		assert.Zero(t, april.Adjusted, april.Payout)
	}
}

func TestACommandThatChangesNothingKeepsTheWriter(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, twoProviders))
	calculate := PayoutRequest{Action: "calculate", Month: "2016-03", Actor: "anna"}
	payout(t, l, calculate)
	b, err := l.book(t.Context(), "1281")
	require.NoError(t, err)
	before := b.writer
	require.NotNil(t, before)
	for _, o := range payout(t, l, calculate) {
		require.Equal(t, "unchanged: nothing new is known", o.Outcome)
	}
	require.Same(t, before, b.writer)
}

func TestAPayoutIsRecordedNoEarlierThanWhatItRestsOn(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	ahead := time.Now().UTC().Add(3 * time.Minute).Truncate(time.Second) // of a clock that goes before
	imported(t, l, file(t, twoProviders+annulled("case/k1", "d1", ahead.Format(time.RFC3339))))
	payout(t, l, PayoutRequest{Action: "calculate", Month: "2016-03", Actor: "anna"})
	payout(t, l, PayoutRequest{Action: "approve", Month: "2016-03", Actor: "bo"})
	var b strings.Builder
	err := l.Ask(t.Context(), Request{Question: QuestionPayout, Payout: "2016-03-p2", AsOf: ahead.Add(-time.Second).Format(time.RFC3339), Format: "json"}, &b)
	require.Error(t, err, b.String())
}

func TestTheReferenceOfAPaymentHoldsNoPersonalNumber(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, twoProviders))
	err := l.Payout(t.Context(), PayoutRequest{Action: "pay", Month: "2016-03", Actor: "carl", Reference: "for 191212121212"}, &bytes.Buffer{})
	assert.ErrorContains(t, err, "--reference: holds a personal identity number")
}
