package ledger

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/projections"
)

// A small town for tests of payouts: providers p0, p1, … with a unit u0, u1, … each, one case there, and 600 minutes reported for it in
// January and February of 2020. Policy m pays 120 an hour of performed time; with its 1 200 a month, the payout of each is that.

const townModel = `{"id":"m","title":"performed time","currency":"SEK","parameters":{"rate":{"values":{"2020-01-01":"120"}}},"components":[{"id":"time","kind":"time","basis":"performed","rate":"rate","account":"5011"}]}`

// dutyModel pays each unit a fixed amount a month while it has anything in force.
const dutyModel = `{"id":"duty","title":"municipality-wide duties","currency":"SEK","parameters":{"amount":{"values":{"2020-01-01":"1000"}}},"components":[{"id":"fixed","kind":"fixed","per":"unit-month","amount":"amount","account":"5012"}]}`

func record(id, typ, entity, effective, recorded, data string) string {
	return fmt.Sprintf(`{"id":%q,"type":%q,"authority":"1281","entity":%q,"effective":%q,"recorded":%q,"actor":"a","data":%s}`, id, typ, entity, effective, recorded+"T10:00:00Z", data) + "\n"
}

func adoption(id, model, recorded string) string {
	policy := strings.TrimPrefix(id, "adopt-")
	return record(id, "policy-adopted", "policy/"+policy, "2020-01-01", recorded, `{"model":`+model+`,"from":"2020-01-01","decided_by":"the board","decided_on":"2019-12-01"}`)
}

func town(providers int) string {
	var b strings.Builder
	for i := range providers {
		p, k := fmt.Sprintf("provider/p%d", i), fmt.Sprintf("case/k%d", i)
		b.WriteString(record(fmt.Sprint("p", i), "provider-registered", p, "2019-12-01", "2019-12-01", `{"name":"P","regime":"external"}`))
		b.WriteString(record(fmt.Sprint("u", i), "unit-registered", p, "2019-12-01", "2019-12-01", fmt.Sprintf(`{"unit":"u%d","name":"U","area":"urban"}`, i)))
		b.WriteString(record(fmt.Sprint("open", i), "case-opened", k, "2020-01-01", "2020-01-01", `{"person":"x"}`))
		b.WriteString(record(fmt.Sprint("decision", i), "decision-made", k, "2020-01-01", "2020-01-01", fmt.Sprintf(
			`{"decision":"d","provider":"p%d","unit":"u%d","method":"standard-time","from":"2020-01-01","services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":30}]}`, i, i)))
		for _, month := range []string{"2020-01", "2020-02"} {
			b.WriteString(record(fmt.Sprint("time", i, "-", month), "time-reported", k, month+"-01", "2020-03-01", reported(i, month, 600)))
		}
	}
	return b.String() + adoption("adopt-m", townModel, "2020-03-01")
}

func reported(i int, month string, minutes int) string {
	return fmt.Sprintf(`{"unit":"u%d","month":%q,"category":"care","band":"day","minutes":%d}`, i, month, minutes)
}

// carryOut carries out a command on payouts and returns what became of each.
func carryOut(ctx context.Context, s Service, r PayoutRequest) ([]report.PayoutOutcome, error) {
	var b strings.Builder
	r.Format = "json"
	err := s.Payout(ctx, r, &b)
	var answer struct {
		Payouts []report.PayoutOutcome `json:"payouts"`
	}
	if b.Len() > 0 {
		if err := json.Unmarshal([]byte(b.String()), &answer); err != nil {
			return nil, err
		}
	}
	return answer.Payouts, err
}

// did is carryOut of what is not refused.
func did(t testing.TB, s Service, r PayoutRequest) []report.PayoutOutcome {
	outcomes, err := carryOut(t.Context(), s, r)
	require.NoError(t, err)
	return outcomes
}

// paidMonth takes a month's payouts from calculation to payment.
func paidMonth(t testing.TB, s Service, month string) {
	did(t, s, PayoutRequest{Action: "calculate", Month: month, Actor: "anna"})
	did(t, s, PayoutRequest{Action: "approve", Month: month, Actor: "bo", On: "2020-06-01"})
	did(t, s, PayoutRequest{Action: "pay", Month: month, Actor: "bo", On: "2020-06-01"})
}

// position is how many events the log holds.
func position(t testing.TB, l *Local) uint64 {
	table, err := l.Table(t.Context(), "1281")
	require.NoError(t, err)
	return table.Position()
}

// latest is the version of a payout that counts.
func latest(t testing.TB, l *Local, payout string) *domain.PayoutVersion {
	table, err := l.Table(t.Context(), "1281")
	require.NoError(t, err)
	payouts, _, err := table.Payouts(projections.Now)
	require.NoError(t, err)
	p := payouts.Payout(domain.NewEntity(domain.KindPayout, payout))
	require.NotNil(t, p)
	return p.Latest()
}
