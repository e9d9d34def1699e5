package authority_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/domain/historytest"
)

// Premiums follow what is known: whatever changes them writes the awards and reversals that follow from it, in its own commit.

func rec(id, typ, entity, effective, recorded, data string) string {
	line, err := json.Marshal(map[string]any{"id": id, "type": typ, "authority": "1281", "entity": entity, "effective": effective,
		"recorded": recorded + "T10:00:00Z", "actor": "officer-1", "data": jsontext.Value(data)}, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return string(line)
}

func adopted(id, from, recorded, amount, when string) string {
	return rec(id, "policy-adopted", "policy/m", from, recorded, fmt.Sprintf(`{"model":{"id":"m","title":"t","currency":"SEK","parameters":{"a":{"values":{"2020-01-01":%q}}},`+
		`"components":[{"id":"c","kind":"goal-premium","amount":"a","outcomes":{"fulfilled":"1"}%s}]},"from":%q,"decided_by":"b","decided_on":"2019-12-01"}`, amount, when, from))
}

func decided(id, provider, unit, from, recorded, more string) string {
	return rec(id, "decision-made", "case/k", from, recorded, fmt.Sprintf(`{"decision":%q,"provider":%q,"unit":%q,"method":"standard-time","from":%q,%s"services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":60}]}`,
		id, provider, unit, from, more))
}

func held(id, day, recorded, outcome string) string {
	return rec(id, "follow-up-held", "case/k", day, recorded, assessed(id, day, outcome))
}

func assessed(id, day, outcome string) string {
	return fmt.Sprintf(`{"follow_up":%q,"occasion":"annual","held_on":%q,"participants":["person"],"assessments":[{"goal":"g","outcome":%q}]}`, id, day, outcome)
}

var parties = []string{
	rec("p", "provider-registered", "provider/p", "2020-01-01", "2020-01-01", `{"name":"P","regime":"in-house"}`),
	rec("u", "unit-registered", "provider/p", "2020-01-01", "2020-01-01", `{"unit":"u","name":"U","area":"urban"}`),
	rec("q", "provider-registered", "provider/q", "2020-01-01", "2020-01-01", `{"name":"Q","regime":"external"}`),
	rec("w", "unit-registered", "provider/q", "2020-01-01", "2020-01-01", `{"unit":"w","name":"W","area":"rural"}`),
}

// base is a policy of 297 kr per fulfilled goal, a case with a goal under d1 at unit u, and a follow-up in April.
var base = append(parties[:len(parties):len(parties)],
	adopted("adopted", "2020-01-01", "2020-01-01", "297", ""),
	rec("open", "case-opened", "case/k", "2020-01-01", "2020-01-01", `{"person":"x"}`),
	decided("d1", "p", "u", "2020-01-10", "2020-01-02", ""),
	rec("g", "goal-set", "case/k", "2020-01-10", "2020-01-02", `{"goal":"g","decision":"d1","life_area":"mobility","assessed":3,"intended":1}`),
	held("f", "2020-04-20", "2020-04-21", "fulfilled"))

func submit(t *testing.T, l *historytest.Ledger, lines ...string) (last []domain.Event) {
	t.Helper()
	for _, line := range lines {
		written, problems := l.Submit([]byte(line))
		require.Empty(t, problems, line)
		require.NotEmpty(t, written, line)
		last = written
	}
	return last
}

func TestWhatChangesAPremiumReversesAndAwards(t *testing.T) {
	const at, reversed = "2020-06-01", "reversed"
	for _, c := range []struct {
		name string
		line string
		want []string // what it writes after itself
	}{
		{"a change of provider back in time", rec("x", "provider-changed", "case/k", "2020-04-20", at, `{"decision":"d1","provider":"q","unit":"w","from":"2020-04-20"}`), []string{reversed, "f/g w 297.00"}},
		{"a change of provider after it", rec("x", "provider-changed", "case/k", "2020-04-21", at, `{"decision":"d1","provider":"q","unit":"w","from":"2020-04-21"}`), nil},
		{"a superseding decision back in time", decided("d2", "q", "w", "2020-04-01", at, `"supersedes":"d1",`), []string{reversed, "f/g w 297.00"}},
		{"another decision", decided("d2", "q", "w", "2020-04-01", at, ""), nil},
		{"an end back in time", rec("x", "decision-ended", "case/k", "2020-03-31", at, `{"decision":"d1","last_day":"2020-03-31","reason":"moved"}`), nil},
		{"another outcome", rec("x", "event-corrected", "case/k", "2020-04-20", at, `{"event":"f","reason":"r","data":`+assessed("f", "2020-04-20", "partly")+`}`), []string{reversed}},
		{"another day", rec("x", "event-corrected", "case/k", "2020-04-20", at, `{"event":"f","reason":"r","data":`+assessed("f", "2020-04-19", "fulfilled")+`}`), nil},
		{"an annulled follow-up", rec("x", "event-annulled", "case/k", "2020-04-20", at, `{"event":"f","reason":"r"}`), []string{reversed}},
		{"a decision corrected to another unit", rec("x", "event-corrected", "case/k", "2020-01-10", at, `{"event":"d1","reason":"r","data":`+data(decided("d1", "q", "w", "2020-01-10", at, ""))+`}`), []string{reversed, "f/g w 297.00"}},
		{"a follow-up registered late", held("f0", "2020-02-01", at, "fulfilled"), []string{"f0/g u 297.00"}},
		{"a policy adopted anew back in time", adopted("x", "2020-04-01", at, "350", ""), []string{reversed, "f/g u 350.00"}},
		{"a policy adopted anew from a later day", adopted("x", "2020-04-21", at, "350", ""), nil},
		{"a policy adopted anew with the same amount", adopted("x", "2020-04-01", at, "297", ""), nil},
		{"a policy ended back in time", rec("x", "policy-ended", "policy/m", "2020-04-20", at, `{"from":"2020-04-20"}`), []string{reversed}},
		{"a policy ended the day after", rec("x", "policy-ended", "policy/m", "2020-04-21", at, `{"from":"2020-04-21"}`), nil},
		{"an annulled adoption", rec("x", "event-annulled", "policy/m", "2020-01-01", at, `{"event":"adopted","reason":"r"}`), []string{reversed}},
		{"an adoption corrected", rec("x", "event-corrected", "policy/m", "2020-01-01", at, `{"event":"adopted","reason":"r","data":`+data(adopted("adopted", "2020-01-01", at, "300", ""))+`}`), []string{reversed, "f/g u 300.00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := historytest.NewLedger()
			award := submit(t, l, base...)
			require.Len(t, award, 2, "the follow-up and its premium")
			written := submit(t, l, c.line)
			var got []string
			for _, e := range written[1:] {
				assert.Equal(t, written[0].ID, e.Causation)
				assert.Equal(t, written[0].Recorded, e.Recorded)
				assert.EqualValues(t, "case/k", e.Entity)
				switch d := e.Data.(type) {
				case *domain.PremiumAwarded:
					got = append(got, fmt.Sprintf("%s/%s %s %s", d.FollowUp, d.Goal, d.Unit, d.Amount))
				case *domain.PremiumReversed:
					assert.Equal(t, award[1].ID, d.Premium)
					got = append(got, reversed)
				}
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// data returns the data of a record.
func data(line string) string {
	var r domain.Record
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		panic(err)
	}
	return string(r.Data)
}

func TestAChangeOfWhatAWhenReadsChangesPremiums(t *testing.T) {
	for when, line := range map[string]string{
		`life_area == 'self-care'`: rec("x", "goal-changed", "case/k", "2020-02-01", "2020-06-01", `{"goal":"g","life_area":"self-care"}`),
		`programme == 'pilot'`:     rec("x", "event-corrected", "case/k", "2020-01-01", "2020-06-01", `{"event":"open","reason":"r","data":{"person":"x","programme":"pilot"}}`),
		`area == 'rural'`:          rec("x", "event-corrected", "provider/p", "2020-01-01", "2020-06-01", `{"event":"u","reason":"r","data":{"unit":"u","name":"U","area":"rural"}}`),
		`regime == 'external'`:     rec("x", "event-corrected", "provider/p", "2020-01-01", "2020-06-01", `{"event":"p","reason":"r","data":{"name":"P","regime":"external"}}`),
	} {
		lines := append([]string(nil), base...)
		lines[len(parties)] = adopted("adopted", "2020-01-01", "2020-01-01", "297", `,"when":"`+when+`"`)
		l := historytest.NewLedger()
		require.Len(t, submit(t, l, lines...), 1, when)
		require.Len(t, submit(t, l, line), 2, when)
	}
}

func TestAPremiumIsRecordedWithItsCauseOrTheCasesLastEventWhereThatIsLater(t *testing.T) {
	l := historytest.NewLedger()
	lines := append(append([]string(nil), parties...), base[len(parties)+1:]...) // no policy yet
	require.Len(t, submit(t, l, lines...), 1)
	written := submit(t, l, adopted("adopted", "2020-01-01", "2020-02-01", "297", ""))
	require.Len(t, written, 2)
	assert.Equal(t, "2020-02-01", written[0].Recorded.Format("2006-01-02"))
	assert.Equal(t, "2020-04-21", written[1].Recorded.Format("2006-01-02"), "the policy was registered before the follow-up, and comes in after it")
}

func TestTheSamePremiumHasTheSameIdWhoeverFinishesIt(t *testing.T) {
	finish := func() []domain.Event {
		l := historytest.NewLedger()
		lines := append(append([]string(nil), parties...), base[len(parties)+1:]...)
		submit(t, l, lines...)
		return submit(t, l, adopted("adopted", "2020-01-01", "2020-05-01", "297", ""))
	}
	assert.Equal(t, finish(), finish())
}

func TestACorrectedUnitKeepsTheTimeOfItsRegistration(t *testing.T) {
	l := historytest.NewLedger()
	submit(t, l, base...)
	submit(t, l, rec("x", "event-corrected", "provider/q", "2020-01-01", "2020-08-01", `{"event":"w","reason":"r","data":{"unit":"w","name":"West","area":"urban"}}`),
		rec("y", "provider-changed", "case/k", "2020-04-21", "2020-06-01", `{"decision":"d1","provider":"q","unit":"w","from":"2020-04-21"}`))
	w, ok := l.State.Parties.Unit("w")
	require.True(t, ok)
	assert.Equal(t, "West", w.Name)
	assert.Equal(t, "2020-01-01", w.Registered.Format("2006-01-02"))
}

func TestAnEntityOfAnotherKindIsRefused(t *testing.T) {
	e, problems := domain.ParseRecord([]byte(base[0]), historytest.Now)
	require.Empty(t, problems)
	e.Entity = "person/x"
	_, problems = authority.New("1281").Decide(e, 1, nil, nil)
	assert.Equal(t, "entity: \"person\" is no kind of entity that the ledger keeps", problems.Error())
}

// A premium that cannot be computed is refused with its cause, and the case is as it was.
func TestAFollowUpThatAPolicyHasNoAmountForIsRefused(t *testing.T) {
	l := historytest.NewLedger()
	lines := append([]string(nil), base[:len(base)-1]...)
	lines[len(parties)] = strings.NewReplacer(`"values":{"2020-01-01":"297"}`, `"by":["unit"],"values":{"2020-01-01":{"w":"297"}}`).Replace(lines[len(parties)])
	submit(t, l, lines...)
	before, err := historytest.Fold(l.Events)
	require.NoError(t, err)
	_, problems := l.Submit([]byte(base[len(base)-1]))
	require.Len(t, problems, 1)
	assert.Equal(t, `data: model m: parameters.a has no value for "u" on 2020-04-20, where component c uses it; add one, or leave such rows out with a when`, problems.Error())
	assert.Equal(t, before.Case("case/k"), l.Case("case/k"))
}

func TestFoldingManyEventsIsFoldingEach(t *testing.T) {
	l := historytest.NewLedger()
	submit(t, l, base...)
	submit(t, l, adopted("again", "2020-03-01", "2020-06-01", "350", ""))
	many := authority.New("1281")
	require.NoError(t, many.Fold(l.Events))
	assert.Equal(t, l.State.Parties, many.Parties)
	assert.Equal(t, l.State.Policies, many.Policies)
	require.Len(t, many.Adopted(), 1)
	for i, d := range l.State.Adopted()[0].Documents {
		assert.Equal(t, d.Model.SHA256(), many.Adopted()[0].Documents[i].Model.SHA256())
		assert.Equal(t, d.From, many.Adopted()[0].Documents[i].From)
	}
	last := uint64(len(l.Events)) // the policy reversed and awarded a premium after itself
	assert.Equal(t, last-2, many.Last("policy/m"))
	assert.EqualValues(t, 4, many.Last("provider/q"))
	assert.Zero(t, many.Last("provider/z"))
}

func TestWhatSettlesOtherCases(t *testing.T) {
	for _, c := range []struct {
		entity domain.Entity
		typ    domain.Type
		data   string
		want   bool
	}{
		{"policy/m", domain.TypePolicyAdopted, `{"model":{"id":"m"},"from":"2020-01-01","decided_by":"b","decided_on":"2019-12-01"}`, true},
		{"policy/m", domain.TypePolicyEnded, `{"from":"2020-01-01"}`, true},
		{"policy/m", domain.TypeEventAnnulled, `{"event":"e","reason":"r"}`, true},
		{"policy/m", domain.TypeEventCorrected, `{"event":"e","reason":"r","data":{}}`, true},
		{"provider/p", domain.TypeProviderRegistered, `{"name":"P","regime":"in-house"}`, false},
		{"provider/p", domain.TypeUnitRegistered, `{"unit":"u","name":"U","area":"urban"}`, false},
		{"provider/p", domain.TypeEventAnnulled, `{"event":"e","reason":"r"}`, true},
		{"provider/p", domain.TypeEventCorrected, `{"event":"e","reason":"r","data":{}}`, true},
		{"case/k", domain.TypeCaseOpened, `{"person":"x"}`, false},
		{"case/k", domain.TypeEventAnnulled, `{"event":"e","reason":"r"}`, false},
		{"case/k", domain.TypeEventCorrected, `{"event":"e","reason":"r","data":{}}`, false},
	} {
		e, problems := domain.ParseRecord([]byte(rec("x", string(c.typ), string(c.entity), "2020-01-01", "2020-01-01", c.data)), historytest.Now)
		require.Empty(t, problems, "%s %s", c.entity, c.typ)
		assert.Equal(t, c.want, authority.SettlesOthers(&e), "%s %s", c.entity, c.typ)
	}
	other := domain.Event{Entity: "patient/x", Data: &domain.EventAnnulled{Event: "e"}}
	assert.False(t, authority.SettlesOthers(&other))
}

// visited is the base history with many visits before its follow-up.
func visited(t *testing.T, visits int) *historytest.Ledger {
	l := historytest.NewLedger()
	submit(t, l, base[:len(base)-1]...)
	for i := range visits {
		at := time.Date(2020, 2, 1, 8, i, 0, 0, time.UTC)
		submit(t, l, rec(fmt.Sprint("v", i), "visit-performed", "case/k", at.Format(time.DateOnly), "2020-04-01",
			fmt.Sprintf(`{"unit":"u","category":"care","band":"day","arrived":%q,"left":%q}`, at.Format(time.RFC3339), at.Add(time.Minute).Format(time.RFC3339))))
	}
	return l
}

// What a follow-up and a settlement cost does not grow with the visits of the case.
func TestAFollowUpDoesNotCopyTheVisits(t *testing.T) {
	allocated := func(visits int) uint64 {
		l := visited(t, visits)
		c := l.Case("case/k")
		e, problems := domain.ParseRecord([]byte(base[len(base)-1]), historytest.Now)
		require.Empty(t, problems)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		events, problems := l.State.Decide(e, uint64(len(l.Events))+1, c, nil)
		runtime.ReadMemStats(&after)
		require.Empty(t, problems)
		require.Len(t, events, 2, "the follow-up and its premium")
		require.Len(t, c.Facts().Performed, min(visits, 1), "the case keeps its visits")
		return after.TotalAlloc - before.TotalAlloc
	}
	assert.Less(t, allocated(2000), allocated(0)+2000*8) // a visit takes 24 bytes
}
