package replay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
)

// millionEvents are facts as some million events of an invented municipality leave them (cmd/careledger/internal/generate: a person
// and year is about 100 records): 2 500 persons in home care over four years, three services each, visits every month, and a follow-up of
// two goals a year.
func millionEvents() (*compensation.Facts, compensation.Period) {
	f := &compensation.Facts{Authority: "1281"}
	period := compensation.Period{From: domain.NewMonth(2015, 1), To: domain.NewMonth(2018, 12)}
	for u := range 40 {
		regime := []string{"in-house", "external"}[u%2]
		f.Units = append(f.Units, domain.Unit{ID: fmt.Sprintf("unit-%02d", u), Provider: fmt.Sprintf("provider-%02d", u%12), Regime: regime, Area: "urban"})
	}
	for cs := range uint32(2500) {
		f.Cases = append(f.Cases, compensation.CaseInfo{ID: fmt.Sprintf("case-%06d", cs), Person: "p", Programme: "somatic"})
		unit := uint16(cs*7) % 40
		grant := func(class domain.GrantClass, category, band uint8, line int32, minutes int64) {
			g := &f.Grants
			g.Case, g.Unit, g.Class = append(g.Case, cs), append(g.Unit, unit), append(g.Class, class)
			g.Category, g.Band, g.Method = append(g.Category, category), append(g.Band, band), append(g.Method, uint8(domain.Methods.Index("standard-time")))
			g.Line, g.From, g.To = append(g.Line, line), append(g.From, period.From.First()+domain.Date(cs%60)), append(g.To, period.To.Last())
			g.Amount = append(g.Amount, minutes*1_000_000_000)
		}
		grant(domain.GrantInForce, 0, 0, 0, 0)
		care, service := uint8(domain.Categories.Index("care")), uint8(domain.Categories.Index("service"))
		grant(domain.GrantNeed, min(care, service), 0, 1, int64(100+cs%300))
		grant(domain.GrantNeed, min(care, service), 1, 2, int64(60+cs%90))
		grant(domain.GrantNeed, max(care, service), 0, 3, int64(45+cs%120))
		for _, category := range []uint8{min(care, service), max(care, service)} {
			for m := period.From; m <= period.To; m++ {
				p := &f.Performed
				p.Case, p.Unit, p.Category, p.Band = append(p.Case, cs), append(p.Unit, unit), append(p.Category, category), append(p.Band, 0)
				p.Month, p.Minutes = append(p.Month, m), append(p.Minutes, int64(200+(cs*31+uint32(m)*17)%500))
			}
		}
		for y := range domain.Month(4) {
			u := &f.FollowUps
			u.Case, u.ID, u.Sequence = append(u.Case, cs), append(u.ID, fmt.Sprintf("f-%d", y)), append(u.Sequence, uint64(len(u.ID)))
			u.HeldOn, u.Occasion = append(u.HeldOn, (period.From+12*y+domain.Month(cs%12)).First()+9), append(u.Occasion, uint8(cs)%uint8(len(domain.Occasions)))
			for goal := range uint32(2) {
				g := &f.Goals
				g.ID, g.Goal, g.LifeArea = append(g.ID, fmt.Sprintf("g-%d", goal)), append(g.Goal, 2*cs+goal), append(g.LifeArea, uint8((cs+goal)%11))
				g.Outcome, g.Confirms, g.Unit = append(g.Outcome, uint8(cs+goal+uint32(y))%uint8(len(domain.Outcomes))), append(g.Confirms, cs%3 == 0), append(g.Unit, unit)
			}
			u.GoalsTo = append(u.GoalsTo, uint32(len(f.Goals.ID)))
		}
	}
	f.Goals.Distinct = 2 * len(f.Cases)
	return f, period
}

// pays is a model with hours, performed hours, a fixed amount and a premium.
const pays = `{"id": "pays", "title": "t", "currency": "SEK", "parameters": {
	"hour": {"by": ["category", "regime"], "values": {"2015-01-01": {"care/in-house": "385", "care/external": "398.50", "service/in-house": "342", "service/external": "354.25"}}},
	"visit": {"values": {"2015-01-01": "12.5"}}, "month": {"values": {"2015-01-01": "15000"}}, "goal": {"values": {"2015-01-01": "297"}}},
	"components": [
		{"id": "granted", "kind": "time", "basis": "granted", "rate": "hour"},
		{"id": "performed", "kind": "time", "basis": "performed", "rate": "visit", "when": "regime == \"external\""},
		{"id": "unit", "kind": "fixed", "per": "unit-month", "amount": "month"},
		{"id": "premium", "kind": "goal-premium", "amount": "goal", "outcomes": {"fulfilled": "1", "partly": "0.5"}}]}`

func millionHistory(b testing.TB) *history {
	m, _, err := compensation.ParseModel("pays", []byte(pays))
	require.NoError(b, err)
	facts, period := millionEvents()
	return &history{Prepared: facts.Prepare(period), adopted: []compensation.Policy{{ID: m.ID, Documents: []compensation.InForce{{Model: m, From: domain.MinDate, End: domain.MaxDate}}}}}
}

// BenchmarkReplay is the adopted policies and one alternative, with rows, digest and providers.
func BenchmarkReplay(b *testing.B) {
	h := millionHistory(b)
	r := &Request{Models: []ModelSet{model("alternative.json", pays)}}
	for b.Loop() {
		_, err := h.replay(context.Background(), r, nil)
		require.NoError(b, err)
	}
}

// BenchmarkEvaluate takes one run apart.
func BenchmarkEvaluate(b *testing.B) {
	h := millionHistory(b)
	rows, digest := compensation.NewAggregate(h.Prepared, compensation.DefaultFields), compensation.NewDigest()
	for _, part := range []struct {
		name    string
		consume compensation.Consumer
	}{{"postings", func(*compensation.Batch) error { return nil }}, {"rows", rows.Add}, {"digest", digest.Add}} {
		b.Run(part.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n = 0
				require.NoError(b, h.Evaluate(h.adopted, func(batch *compensation.Batch) error { n += len(batch.Unit); return part.consume(batch) }))
			}
			b.ReportMetric(float64(n), "postings")
		})
	}
}

// BenchmarkEvaluateUnderACap sums and orders every posting of the year.
func BenchmarkEvaluateUnderACap(b *testing.B) {
	h := millionHistory(b)
	m, _, err := compensation.ParseModel("capped", []byte(strings.Replace(pays, `"components": [`,
		`"components": [{"id": "cap", "kind": "cap", "of": ["granted", "performed", "unit", "premium"], "per": "provider-year", "limit": "1000000"},`, 1)))
	require.NoError(b, err)
	h.adopted[0].Documents[0].Model = m
	for b.Loop() {
		require.NoError(b, h.Evaluate(h.adopted, func(*compensation.Batch) error { return nil }))
	}
}

// BenchmarkSweep is a hundred steps, beside a replay of one alternative in the same run.
func BenchmarkSweep(b *testing.B) {
	for _, target := range []string{"pays.goal=201..300:1", "pays.hour.care/external=301..400:1"} {
		b.Run(target, func(b *testing.B) {
			h := millionHistory(b)
			one := &Request{Set: set(b, "pays.goal=250")}
			hundred := &Request{Sweep: sweep(b, target)}
			var single time.Duration
			for b.Loop() {
				b.StopTimer()
				start := time.Now()
				_, err := h.replay(context.Background(), one, nil)
				require.NoError(b, err)
				single += time.Since(start)
				b.StartTimer()
				_, err = h.replay(context.Background(), hundred, nil)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(single), "replays")
		})
	}
}

// BenchmarkSeek finds a value by a handful of evaluations.
func BenchmarkSeek(b *testing.B) {
	h := millionHistory(b)
	for b.Loop() {
		h.sums = h.Sums(compensation.DefaultFields)
		p := plan{seek: &seek{base: h.adopted, target: parameter{"pays", "hour", "care/external"}, budget: 1_200_000_000_00}}
		require.NoError(b, h.settle(context.Background(), &p))
		b.ReportMetric(float64(p.seek.probes), "probes")
	}
}
