package replay

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
)

// town makes facts as some million events of an invented municipality leave them (generate --preset municipality --persons 1000 --years 10):
// by million events 2 800 cases over ten years at forty units, three services each for 30 months, visits in every month of these, a
// follow-up of two goals each half year, an absence a year, and two months in which other work was done at another unit.
func town(millions int) (*compensation.Facts, compensation.Period) {
	f := &compensation.Facts{Authority: "1281"}
	period := compensation.Period{From: domain.NewMonth(2015, 1), To: domain.NewMonth(2024, 12)}
	for u := range 40 {
		regime := []string{"in-house", "external"}[u%2]
		f.Units = append(f.Units, domain.Unit{ID: fmt.Sprintf("unit-%02d", u), Provider: fmt.Sprintf("provider-%02d", u%12), Regime: regime, Area: "urban"})
	}
	code := func(c domain.Codes, word string) uint8 { return uint8(c.Index(word)) }
	for cs := range uint32(2800 * millions) {
		f.Cases = append(f.Cases, compensation.CaseInfo{ID: fmt.Sprintf("case-%06d", cs), Person: "p", Programme: []string{"", "rehabilitation"}[cs%9/8]})
		unit := uint16(cs*7) % 40
		first := period.From + domain.Month(cs*13%90)
		grant := func(class domain.GrantClass, category, band uint8, line int32, minutes int64) {
			g := &f.Grants
			g.Case, g.Unit, g.Class = append(g.Case, cs), append(g.Unit, unit), append(g.Class, class)
			g.Category, g.Band, g.Method = append(g.Category, category), append(g.Band, band), append(g.Method, code(domain.Methods, "standard-time"))
			g.Line, g.From, g.To = append(g.Line, line), append(g.From, first.First()+domain.Date(cs%28)), append(g.To, (first+29).Last())
			g.Amount = append(g.Amount, minutes*1_000_000_000)
		}
		grant(domain.GrantInForce, 0, 0, 0, 0)
		care, service := code(domain.Categories, "care"), code(domain.Categories, "service")
		grant(domain.GrantNeed, care, 0, 1, int64(100+cs%300))
		grant(domain.GrantNeed, care, 1, 2, int64(60+cs%90))
		grant(domain.GrantNeed, service, 0, 3, int64(45+cs%120))
		for y := range domain.Date(2) {
			a := &f.Absences
			from := first.First() + 200 + 365*y + domain.Date(cs%150)
			a.Case, a.From, a.To, a.Reason = append(a.Case, cs), append(a.From, from), append(a.To, from+domain.Date(cs%40)), append(a.Reason, code(domain.AbsenceReason, "hospital"))
		}
		for _, category := range []uint8{care, service} {
			for band := range uint8(2) {
				for m := first; m < first+24; m++ {
					p := &f.Performed
					p.Case, p.Unit, p.Category, p.Band = append(p.Case, cs), append(p.Unit, unit), append(p.Category, category), append(p.Band, band)
					p.Month, p.Minutes = append(p.Month, m), append(p.Minutes, int64(200+(cs*31+uint32(m)*17)%500))
				}
			}
		}
		for y := range domain.Month(4) {
			u := &f.FollowUps
			u.Case, u.ID, u.Sequence = append(u.Case, cs), append(u.ID, fmt.Sprintf("f-%d", y)), append(u.Sequence, uint64(len(u.ID)))
			u.HeldOn, u.Occasion = append(u.HeldOn, (first+6*y+5).First()+9), append(u.Occasion, uint8(cs)%uint8(len(domain.Occasions)))
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

// pays is what the municipality of the generator has adopted: granted hours where absences count by a ladder, a base a unit, and a premium.
const pays = `{"id": "pays", "title": "t", "currency": "SEK", "parameters": {
	"hour": {"by": ["category", "regime"], "values": {"2015-01-01": {"care/in-house": "385", "care/external": "398", "service/in-house": "342", "service/external": "354"},
		"2018-01-01": {"care/in-house": "402", "care/external": "416", "service/in-house": "357", "service/external": "370"}}},
	"month": {"values": {"2015-01-01": "18500"}}, "goal": {"values": {"2015-01-01": "297"}}},
	"components": [
		{"id": "granted", "kind": "time", "basis": "granted", "rate": "hour", "absence": [{"reason": "hospital", "ladder": [{"days": 10, "percent": 100}, {"days": 20, "percent": 50}]}]},
		{"id": "unit", "kind": "fixed", "per": "unit-month", "amount": "month"},
		{"id": "premium", "kind": "goal-premium", "amount": "goal", "outcomes": {"fulfilled": "1", "partly": "0.5"}}]}`

// sizes are those of the benchmarks, in millions of events.
var sizes = []int{1, 10}

// eachSize runs a benchmark over histories of several sizes: -bench 'Sweep/10M'.
func eachSize(b *testing.B, run func(b *testing.B, h *history)) {
	for _, millions := range sizes {
		b.Run(fmt.Sprintf("%dM", millions), func(b *testing.B) {
			m, _, err := compensation.ParseModel("pays", []byte(pays))
			require.NoError(b, err)
			facts, period := town(millions)
			run(b, &history{Prepared: facts.Prepare(period), adopted: []compensation.Policy{{ID: m.ID, Documents: []compensation.InForce{{Model: m, From: domain.MinDate, End: domain.MaxDate}}}}})
		})
	}
}

// first returns the history with its facts spread, and nothing counted: what the first question finds.
func (h *history) first() *history {
	fresh := *h
	fresh.Prepared = h.Uncounted()
	return &fresh
}

// took returns how long a replay takes.
func took(b *testing.B, h *history, r *Request) time.Duration {
	start := time.Now()
	_, err := h.replay(context.Background(), r, nil)
	require.NoError(b, err)
	return time.Since(start)
}

// besideOne takes many runs, beside a replay of one alternative in the same run; both find nothing counted.
func besideOne(b *testing.B, h *history, one, many *Request) {
	took(b, h, one)
	var single time.Duration
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		single += took(b, h.first(), one)
		asked := h.first()
		b.StartTimer()
		took(b, asked, many)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(single), "replays")
}

// BenchmarkReplay is the adopted policies and one alternative, by provider, unit and month, with digests and providers. "first" counts the
// facts; "again" finds them counted, as the second question and every move of a slider does. Beside them, in the same run, the bare loop:
// the granted postings' minutes, category and unit in ready columns, times their rates, into dense sums by unit and month.
func BenchmarkReplay(b *testing.B) {
	eachSize(b, func(b *testing.B, h *history) {
		r := &Request{Set: set(b, "pays.hour.care/external=400"), By: []string{"provider", "unit", "month"}}
		loop := newBareLoop(b, h)
		took(b, h, r)
		for _, part := range []string{"first", "again"} {
			b.Run(part, func(b *testing.B) {
				var bare time.Duration
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					bare += loop.took()
					asked := h
					if part == "first" {
						asked = h.first()
					}
					b.StartTimer()
					took(b, asked, r)
				}
				b.ReportMetric(float64(b.Elapsed())/float64(bare), "loops")
				b.ReportMetric(float64(bare)/float64(b.N), "loop-ns")
			})
		}
	})
}

// bareLoop is what a programmer would write who has the columns ready and needs this one answer.
type bareLoop struct {
	unit            []uint16
	month           []uint16
	category        []uint8
	minutes         []int64
	external        []bool
	rates           [2][2][]int64 // öre an hour by category, regime and month
	sums            []int64
	units, months   int
	premiums        []uint16 // unit of each, and its month
	premiumMonth    []uint16
	premiumQuantity []int64
}

func newBareLoop(b *testing.B, h *history) *bareLoop {
	l := &bareLoop{units: len(h.Units), months: int(h.To-h.From) + 1}
	require.NoError(b, h.Evaluate(h.adopted, func(batch *compensation.Batch) error {
		for i, unit := range batch.Unit {
			month := uint16(batch.Month[i] - h.From)
			switch batch.Component.ID {
			case "granted":
				l.unit, l.month, l.minutes = append(l.unit, unit), append(l.month, month), append(l.minutes, batch.Quantity[i])
				l.category = append(l.category, batch.Category[i])
			case "premium":
				l.premiums, l.premiumMonth, l.premiumQuantity = append(l.premiums, unit), append(l.premiumMonth, month), append(l.premiumQuantity, batch.Quantity[i])
			}
		}
		return nil
	}))
	for _, u := range h.Units {
		l.external = append(l.external, u.Regime == "external")
	}
	for category := range 2 {
		for regime := range 2 {
			for month := range l.months {
				l.rates[category][regime] = append(l.rates[category][regime], int64(34_200+1000*category+700*regime+month/36*1500))
			}
		}
	}
	l.sums = make([]int64, l.units*l.months)
	return l
}

func (l *bareLoop) took() time.Duration {
	start := time.Now()
	clear(l.sums)
	for i, unit := range l.unit {
		regime := 0
		if l.external[unit] {
			regime = 1
		}
		month := int(l.month[i])
		l.sums[int(unit)*l.months+month] += (l.minutes[i]*l.rates[l.category[i]][regime][month] + 30) / 60
	}
	for i, unit := range l.premiums {
		l.sums[int(unit)*l.months+int(l.premiumMonth[i])] += l.premiumQuantity[i] * 29_700 / 10
	}
	return time.Since(start)
}

// BenchmarkSpreadAndReplay takes the first answer apart: spreading the facts and counting them. An as-of replay does the same over its own facts.
func BenchmarkSpreadAndReplay(b *testing.B) {
	eachSize(b, func(b *testing.B, h *history) {
		r := &Request{Set: set(b, "pays.goal=350")}
		b.ReportAllocs()
		for b.Loop() {
			fresh := *h
			fresh.Prepared = h.Facts.Prepare(h.Period)
			took(b, &fresh, r)
		}
	})
}

// BenchmarkModels is ten models that count differently, each a run of its own.
func BenchmarkModels(b *testing.B) {
	eachSize(b, func(b *testing.B, h *history) {
		ten := &Request{}
		for i, when := range []string{`regime == "external"`, `regime == "in-house"`, `category == "care"`, `band == "day"`, `programme == "rehabilitation"`,
			`area == "urban"`, `category == "service"`, `month >= "2017-01"`, `unit != "unit-03"`, `band != "day"`} {
			document := strings.Replace(pays, `"rate": "hour"`, `"rate": "hour", "when": `+strconv.Quote(when), 1)
			ten.Models = append(ten.Models, model(fmt.Sprint("m", i), strings.Replace(document, `"id": "pays"`, fmt.Sprintf(`"id": "m%d"`, i), 1)))
		}
		one := &Request{Models: ten.Models[:1]}
		besideOne(b, h, one, ten)
	})
}

// BenchmarkSweep is a hundred steps.
func BenchmarkSweep(b *testing.B) {
	eachSize(b, func(b *testing.B, h *history) {
		for _, target := range []string{"pays.goal=201..300:1", "pays.hour.care/external=301..400:1", "pays.hour.care/external=390.1..400:0.1"} {
			b.Run(target, func(b *testing.B) {
				one, hundred := &Request{Set: set(b, "pays.goal=250")}, &Request{Sweep: sweep(b, target)}
				besideOne(b, h, one, hundred)
			})
		}
	})
}

// BenchmarkSeek finds a value, the facts counted before.
func BenchmarkSeek(b *testing.B) {
	eachSize(b, func(b *testing.B, h *history) {
		probes := 0
		sought := func() plan {
			return plan{over: h, seek: &seek{base: h.adopted, target: parameter{"pays", "hour", "care/external"}, budget: domain.Money(len(h.Cases)) * 300_000_00}}
		}
		require.NoError(b, count(context.Background(), []plan{sought()}, compensation.DefaultFields))
		for b.Loop() {
			p := sought()
			require.NoError(b, h.settle(context.Background(), &p))
			probes = p.seek.probes
		}
		b.ReportMetric(float64(probes), "probes")
	})
}

// BenchmarkEvaluateUnderACap sums and orders every posting of the year, posting by posting.
func BenchmarkEvaluateUnderACap(b *testing.B) {
	eachSize(b, func(b *testing.B, h *history) {
		m, _, err := compensation.ParseModel("capped", []byte(strings.Replace(pays, `"components": [`,
			`"components": [{"id": "cap", "kind": "cap", "of": ["granted", "unit", "premium"], "per": "provider-year", "limit": "1000000"},`, 1)))
		require.NoError(b, err)
		h.adopted[0].Documents[0].Model = m
		for b.Loop() {
			require.NoError(b, h.Evaluate(h.adopted, func(*compensation.Batch) error { return nil }))
		}
	})
}
