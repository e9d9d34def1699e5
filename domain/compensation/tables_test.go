package compensation_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// town is an authority of many units, with one case at each that was helped and followed up once.
func town(t *testing.T, units int) (*historytest.Ledger, []string) {
	l := historytest.NewLedger()
	submit := func(lines ...string) {
		for _, line := range lines {
			_, problems := l.Submit([]byte(line))
			require.Empty(t, problems, line)
		}
	}
	submit(parties()[0])
	var names []string
	for i := range units {
		unit, entity := fmt.Sprintf("u%03d", i), fmt.Sprintf("case/k%03d", i)
		names = append(names, unit)
		lines := []string{
			rec("unit-registered", "provider/p", "2020-01-01", fmt.Sprintf(`{"unit":%q,"name":"U","area":"urban"}`, unit)),
			rec("case-opened", entity, "2020-01-01", fmt.Sprintf(`{"person":"x%d"}`, i)),
			decided("d", "u", "2020-01-01", service("7", 60)),
			goal("g", "d", "2020-01-01"),
			held("f", "2020-03-10", "g=fulfilled"),
		}
		for _, line := range lines {
			submit(strings.NewReplacer("case/k\"", entity+"\"", `"unit":"u"`, fmt.Sprintf(`"unit":%q`, unit)).Replace(line))
		}
	}
	return l, names
}

// evaluated returns the bytes that the compiled evaluator allocates, having found that it says what the plain one says.
func evaluated(t *testing.T, l *historytest.Ledger) uint64 {
	t.Helper()
	period := compensation.Period{From: domain.NewMonth(2020, 1), To: domain.NewMonth(2020, 6)}
	plain := l.Plain(period)
	want, err := plain.Evaluate()
	require.NoError(t, err)
	require.NotEmpty(t, want)
	prepared := historytest.Columns("1281", l.State.Parties, plain.Cases).Prepare(period)
	var got []string
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, prepared.Evaluate(plain.Policies, func(*compensation.Batch) error { return nil }))
	runtime.ReadMemStats(&after)
	require.NoError(t, prepared.Evaluate(plain.Policies, func(b *compensation.Batch) error {
		for i := range b.Unit {
			got = append(got, inWords(b.Posting(i)))
		}
		return nil
	}))
	words := make([]string, len(want))
	for i, p := range want {
		words[i] = inWords(p)
	}
	require.Equal(t, words, got)
	return after.TotalAlloc - before.TotalAlloc
}

// The table of rates has a place for each unit, category and band, not for each code that fits in a byte.
func TestTheRatesOfManyUnitsTakeLittleRoom(t *testing.T) {
	l, units := town(t, 100)
	var keys, values []string
	for _, u := range units {
		keys = append(keys, fmt.Sprintf(`"%s/care/day":"60"`, u))
	}
	for year := 2015; year <= 2020; year++ {
		values = append(values, fmt.Sprintf(`"%d-01-01":{%s}`, year, strings.Join(keys, ",")))
	}
	_, problems := l.Submit([]byte(adopted("2020-01-01", timePaid("need"), strings.Join(values, ","), "unit", "category", "band")))
	require.Empty(t, problems)
	assert.Less(t, evaluated(t, l), uint64(8<<20))
}

// The table of a when that reads everything is larger than an int can count; only what occurs is kept.
func TestAWhenMayReadEveryVariable(t *testing.T) {
	l, _ := town(t, 120) // 256 to the sixth × cases × units × months would be above 1 << 63
	when := `,"when":"case != 'k001' && unit != 'u002' && month != '2020-05' && category != 'frame' && band != 'night' && method != 'frame-time' && programme != 'x'%s"`
	every := ` && life_area != 'learning' && occasion != 'closure' && outcome != 'partly'`
	for i, component := range []string{
		timePaid("need", fmt.Sprintf(when, "")),
		`"kind":"goal-premium","amount":"a","outcomes":{"fulfilled":"1"}` + fmt.Sprintf(when, every),
	} {
		_, problems := l.Submit([]byte(strings.NewReplacer("policy/m", fmt.Sprint("policy/m", i), `"id":"m"`, fmt.Sprintf(`"id":"m%d"`, i)).Replace(adopted("2020-01-01", component, sixtyAnHour))))
		require.Empty(t, problems)
	}
	assert.Less(t, evaluated(t, l), uint64(64<<20))
}
