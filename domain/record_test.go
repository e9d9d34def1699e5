package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/historytest"
)

func TestWhatARecordIsRefusedFor(t *testing.T) {
	service := func(s string) string {
		return strings.Replace(decision("d2", "p", "u", "2020-02-01", ""), `{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":60}`, s, 1)
	}
	goal := func(settings ...string) string {
		return rec("goal-set", "case/k", "2020-02-01", goalSet("g2", "d1"), settings...)
	}
	assertRefusals(t, []refusal{
		// The line.
		{"an empty line", nil, ``, []string{
			`record: the line is empty; write one JSON object a line`,
		}},
		{"no JSON", nil, `type: goal-set`, []string{
			`record: is not valid JSON: invalid character 'y' in literal true (expecting 'r')`,
		}},
		{"JSON cut off", nil, goal()[:60], []string{
			`data: is not valid JSON: unexpected EOF`,
		}},
		{"no object", nil, `["goal-set"]`, []string{
			`record: holds ["goal-set"], where a JSON object with named fields belongs`,
		}},
		{"two objects", nil, goal() + goal(), []string{
			`record: is not valid JSON: invalid character '{' after top-level value`,
		}},
		{"a member twice", nil, `{"type":"goal-set","type":"goal-set"}`, []string{
			`type: is not valid JSON: duplicate object member name`,
		}},
		{"not UTF-8", nil, "{\"type\":\"goal-\xff\"}", []string{
			`type: is not valid JSON: invalid UTF-8`,
		}},
		{"an unknown member", nil, goal("effectve=2020-02-01"), []string{
			`effectve: is not a field here; remove it or correct its name; did you mean "effective"?`,
		}},
		{"nothing but an object", nil, `{}`, []string{
			`type: is required`,
			`authority: is required`,
			`entity: is required`,
			`effective: is required`,
			`actor: is required`,
			`data: is required`,
		}},
		// Its members.
		{"a wrong type", nil, goal("type=goal-sett"), []string{
			`type: "goal-sett" is not one of absence-registered, agreement-followed-up, agreement-party-decided, agreement-proposed, care-plan-agreed, care-requested, case-opened, coordinated-plan-held, decision-ended, decision-made, dispute-raised, dispute-resolved, enrolment-assessed, event-annulled, event-corrected, follow-up-held, goal-changed, goal-set, goal-withdrawn, grant-agreed, grant-allocated, grant-paid, grant-result-reported, grant-target-set, health-time-reported, needs-assessed, patient-discharged, patient-enrolled, policy-adopted, policy-ended, provider-changed, provider-registered, subgoal-set, time-reported, unit-registered, visit-performed; did you mean "goal-set"?`,
		}},
		{"a premium is written by the ledger", nil, rec("premium-awarded", "case/k", "2020-02-01", `{"follow_up":"f","provider":"p","unit":"u","policy":"m","component":"c","amount":"297.00"}`), []string{
			`type: premium-awarded is written by the ledger itself, with what causes it; it cannot come in as a record`,
		}},
		{"a reversal, too", nil, rec("premium-reversed", "case/k", "2020-02-01", `{"premium":"x","reason":"y"}`), []string{
			`type: premium-reversed is written by the ledger itself, with what causes it; it cannot come in as a record`,
		}},
		{"a payout is written by the ledger", nil, rec("payout-paid", "payout/x", "2020-02-01", `{}`), []string{
			`type: payout-paid is written by the ledger itself, with what causes it; it cannot come in as a record`,
		}},
		{"a correction of a payout", nil, rec("event-annulled", "payout/x", "2020-02-01", annul("x")), []string{
			`entity: a payout is not corrected; it is rejected or cancelled, and what is known later is adjusted in the next one`,
		}},
		{"an authority that is no code", nil, goal("authority=Lund"), []string{
			`authority: "Lund" is not an authority; write the four digits of a municipality ("1281"), the two of a county ("18") or "00" for the state`,
		}},
		{"an entity without a kind", nil, goal("entity=k"), []string{
			`entity: "k" is not an entity; write kind/id, for example case/k-17, the id 1 to 64 of A-Z a-z 0-9 _ -`,
		}},
		{"an entity of another kind", nil, goal("entity=provider/p"), []string{
			`entity: goal-set goes into case/…, not provider/p`,
		}},
		{"an entity's id with a letter that may not stand there", nil, goal("entity=case/å"), []string{
			`entity: "case/å" is not an entity; write kind/id, for example case/k-17, the id 1 to 64 of A-Z a-z 0-9 _ -`,
		}},
		{"an entity's id that is too long", nil, goal("entity=case/" + strings.Repeat("k", 65)), []string{
			`entity: "case/kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" is not an entity; write kind/id, for example case/k-17, the id 1 to 64 of A-Z a-z 0-9 _ -`,
		}},
		{"a correction of an unknown kind", nil, rec("event-annulled", "person/p1", "2020-02-01", annul("x")), []string{
			`entity: "person" is not a kind of entity; use one of case, patient, provider, policy, agreement, grant`,
		}},
		{"a case named by a personal identity number", nil, goal("entity=case/19121212-1212"), []string{
			`entity: ` + holdsPersonal,
		}},
		{"an impossible day", nil, goal("effective=2020-02-30"), []string{
			`effective: "2020-02-30" is not a day of the calendar`,
		}},
		{"a day in another form", nil, goal("effective=1 Feb 2020"), []string{
			`effective: "1 Feb 2020" is not a date; write YYYY-MM-DD, for example 2015-03-01`,
		}},
		{"recorded in another form", nil, goal("recorded=2020-06-01"), []string{
			`recorded: "2020-06-01" is not a time; write RFC 3339, for example 2015-03-01T08:00:00Z`,
		}},
		{"recorded in the future", nil, goal("recorded=2030-01-01T00:05:01Z"), []string{
			`recorded: 2030-01-01T00:05:01Z is later than now, 2030-01-01T00:00:00Z`,
		}},
		{"an actor with a space", nil, goal("actor=Eva Ek"), []string{
			`actor: "Eva Ek" is not an actor id; use 1 to 64 of A-Z a-z 0-9 . _ : / -`,
		}},
		{"an id with a slash", nil, goal("id=a/b"), []string{
			`id: "a/b" is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -`,
		}},
		{"an id that is too long", nil, goal("id=" + strings.Repeat("i", 65)), []string{
			`id: "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii" is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -`,
		}},
		{"everything that is wrong at once", nil, goal("type=goal-st", "authority=1", "entity=k", "effective=x", "recorded=y", "actor=å", "id=ö"), []string{
			`type: "goal-st" is not one of absence-registered, agreement-followed-up, agreement-party-decided, agreement-proposed, care-plan-agreed, care-requested, case-opened, coordinated-plan-held, decision-ended, decision-made, dispute-raised, dispute-resolved, enrolment-assessed, event-annulled, event-corrected, follow-up-held, goal-changed, goal-set, goal-withdrawn, grant-agreed, grant-allocated, grant-paid, grant-result-reported, grant-target-set, health-time-reported, needs-assessed, patient-discharged, patient-enrolled, policy-adopted, policy-ended, provider-changed, provider-registered, subgoal-set, time-reported, unit-registered, visit-performed; did you mean "goal-set"?`,
			`authority: "1" is not an authority; write the four digits of a municipality ("1281"), the two of a county ("18") or "00" for the state`,
			`entity: "k" is not an entity; write kind/id, for example case/k-17, the id 1 to 64 of A-Z a-z 0-9 _ -`,
			`effective: "x" is not a date; write YYYY-MM-DD, for example 2015-03-01`,
			`recorded: "y" is not a time; write RFC 3339, for example 2015-03-01T08:00:00Z`,
			`actor: "å" is not an actor id; use 1 to 64 of A-Z a-z 0-9 . _ : / -`,
			`id: "ö" is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -`,
		}},
		{"effective is the data's own from", nil, rec("decision-made", "case/k", "2020-02-02", decision("d2", "p", "u", "2020-02-01", "")), []string{
			`effective: 2020-02-02 is not equal to data.from, 2020-02-01; the two say the same thing`,
		}},
		{"effective is the data's own last day", nil, rec("decision-ended", "case/k", "2020-02-02", `{"decision":"d1","last_day":"2020-02-01","reason":"moved"}`), []string{
			`effective: 2020-02-02 is not equal to data.last_day, 2020-02-01; the two say the same thing`,
		}},
		{"effective is the data's own day held", nil, rec("follow-up-held", "case/k", "2020-04-21", followUp("f1", "2020-04-20", "g1")), []string{
			`effective: 2020-04-21 is not equal to data.held_on, 2020-04-20; the two say the same thing`,
		}},
		// Its data.
		{"no data", nil, goal("-data"), []string{
			`data: is required`,
		}},
		{"data that is null", nil, rec("goal-set", "case/k", "2020-02-01", `null`), []string{
			`data.goal: is required`,
			`data.decision: is required`,
			`data.life_area: is required`,
			`data.assessed: is required`,
			`data.intended: is required`,
		}},
		{"data that is empty", nil, rec("goal-set", "case/k", "2020-02-01", `{}`), []string{
			`data.goal: is required`,
			`data.decision: is required`,
			`data.life_area: is required`,
			`data.assessed: is required`,
			`data.intended: is required`,
		}},
		{"an unknown field", nil, rec("goal-set", "case/k", "2020-02-01", `{"goal":"g2","lifearea":"mobility"}`), []string{
			`data.lifearea: is not a field here; remove it or correct its name; did you mean "life_area"?`,
		}},
		{"an unknown field far down", nil, rec("decision-made", "case/k", "2020-02-01", service(`{"service":"s","category":"care","bnd":"day","times_per_week":"7","standard_minutes":60}`)), []string{
			`data.services[0].bnd: is not a field here; remove it or correct its name; did you mean "band"?`,
		}},
		{"a decimal without quotes", nil, rec("decision-made", "case/k", "2020-02-01", service(`{"service":"s","category":"care","band":"day","times_per_week":3.5,"standard_minutes":60}`)), []string{
			`data.services[0].times_per_week: 3.5 is a number; write decimal numbers, dates and ids in quotes`,
		}},
		{"a decimal with a comma", nil, rec("decision-made", "case/k", "2020-02-01", service(`{"service":"s","category":"care","band":"day","times_per_week":"3,5","standard_minutes":60}`)), []string{
			`data.services[0].times_per_week: "3,5" is not a decimal number; write for example "297" or "0.25", with at most 15 digits before the point and 9 after it`,
		}},
		{"minutes in quotes", nil, rec("decision-made", "case/k", "2020-02-01", service(`{"service":"s","category":"care","band":"day","times_per_week":"3.5","standard_minutes":"60"}`)), []string{
			`data.services[0].standard_minutes: "60" is in quotes; write a whole number without quotes`,
		}},
		{"minutes with decimals", nil, rec("decision-made", "case/k", "2020-02-01", service(`{"service":"s","category":"care","band":"day","times_per_week":"3.5","standard_minutes":60.5}`)), []string{
			`data.services[0].standard_minutes: 60.5 is not a whole number that fits here`,
		}},
		{"a wrong code far down", nil, rec("decision-made", "case/k", "2020-02-01", service(`{"service":"s","category":"cares","band":"kväll","times_per_week":"0","standard_minutes":0,"staff":0}`)), []string{
			`data.services[0].category: "cares" is not one of care, service; did you mean "care"?`,
			`data.services[0].band: "kväll" is not one of day, evening, night, weekend`,
			`data.services[0].times_per_week: 0 is not a number of times; write more than 0 and at most 1000, for example "3.5"`,
			`data.services[0].standard_minutes: 0 is outside 1 to 1440`,
			`data.services[0].staff: 0 is outside 1 to 2`,
		}},
		{"three staff", nil, rec("visit-performed", "case/k", "2020-02-01", `{"unit":"u","category":"care","band":"day","arrived":"2020-02-01T08:00:00Z","left":"2020-02-01T08:30:00Z","staff":3}`), []string{
			`data.staff: 3 is outside 1 to 2`,
		}},
		{"no staff", nil, rec("visit-performed", "case/k", "2020-02-01", `{"unit":"u","category":"care","band":"day","arrived":"2020-02-01T08:00:00Z","left":"2020-02-01T08:30:00Z","staff":0}`), []string{
			`data.staff: 0 is outside 1 to 2`,
		}},
		{"a decision without services", nil, rec("decision-made", "case/k", "2020-02-01", `{"decision":"d2","provider":"p","unit":"u","method":"standard-time","from":"2020-02-01"}`), []string{
			`data.services: is required`,
		}},
		{"a decision with an empty list of services", nil, rec("decision-made", "case/k", "2020-02-01", `{"decision":"d2","provider":"p","unit":"u","method":"standard-time","from":"2020-02-01","services":[]}`), []string{
			`data.services: is empty; a standard-time decision grants at least one service`,
		}},
		{"frame time without its minutes", nil, rec("decision-made", "case/k", "2020-02-01", `{"decision":"d2","provider":"p","unit":"u","method":"frame-time","from":"2020-02-01","services":[]}`), []string{
			`data.frame_minutes: is required where method is frame-time`,
		}},
		{"a decision that ends before it begins", nil, rec("decision-made", "case/k", "2020-02-01", decision("d2", "p", "u", "2020-02-01", `"to":"2020-01-31",`)), []string{
			`data.to: 2020-01-31 is before from, 2020-02-01`,
		}},
		{"a decision that supersedes itself", nil, rec("decision-made", "case/k", "2020-02-01", decision("d2", "p", "u", "2020-02-01", `"supersedes":"d2",`)), []string{
			`data.supersedes: a decision cannot supersede itself`,
		}},
		{"a personal identity number as person", nil, rec("case-opened", "case/k2", "2020-02-01", `{"person":"19121212-1212"}`), []string{
			`data.person: ` + holdsPersonal,
		}},
		{"a co-ordination number as person", nil, rec("case-opened", "case/k2", "2020-02-01", `{"person":"7010632391"}`), []string{
			`data.person: ` + holdsPersonal,
		}},
		{"a name as person", nil, rec("case-opened", "case/k2", "2020-02-01", `{"person":"Eva Ek"}`), []string{
			`data.person: "Eva Ek" is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -`,
		}},
		{"an organisation number with a wrong check digit", nil, rec("provider-registered", "provider/r", "2020-02-01", `{"name":"R","regime":"external","organisation_number":"556016-0681"}`), []string{
			`data.organisation_number: "556016-0681" is not an organisation number: ten digits (NNNNNN-NNNN) of which the last is a check digit`,
		}},
		{"a regime by its Swedish name", nil, rec("provider-registered", "provider/r", "2020-02-01", `{"name":" ","regime":"LOV"}`), []string{
			`data.name: is required`,
			`data.regime: "LOV" is not one of in-house, external`,
		}},
		{"a status that is none", nil, rec("needs-assessed", "case/k", "2020-02-01", `{"assessments":[{"life_area":"mobility","status":5},{"life_area":"mobility"}]}`), []string{
			`data.assessments[0].status: 5 is not a status; use 0 to 4, 8 (unspecified) or 9 (not applicable)`,
			`data.assessments[1].status: is required`,
		}},
		{"a goal assessed twice at a follow-up", nil, rec("follow-up-held", "case/k", "2020-02-01", `{"follow_up":"f1","occasion":"annual","held_on":"2020-02-01","participants":["person"],"assessments":[{"goal":"g1","outcome":"fulfilled"},{"goal":"g1","outcome":"partly"}]}`), []string{
			`data.assessments[1].goal: goal g1 is assessed twice at this follow-up`,
		}},
		{"a follow-up without participants and assessments", nil, rec("follow-up-held", "case/k", "2020-02-01", `{"follow_up":"f1","occasion":"yearly","held_on":"2020-02-01"}`), []string{
			`data.occasion: "yearly" is not one of annual, after-hospital, after-short-term-stay, closure, need-change`,
			`data.participants: is required`,
			`data.assessments: is required`,
		}},
		{"a participant of no kind", nil, rec("follow-up-held", "case/k", "2020-02-01", `{"follow_up":"f1","occasion":"annual","held_on":"2020-02-01","participants":["nurse","son"],"assessments":[{"goal":"g1","outcome":"met","result":6}]}`), []string{
			`data.participants[1]: "son" is not one of care-manager, contact-worker, person, relative, nurse`,
			`data.assessments[0].outcome: "met" is not one of fulfilled, partly, not-fulfilled, not-assessed`,
			`data.assessments[0].result: 6 is not a status; use 0 to 4, 8 (unspecified) or 9 (not applicable)`,
		}},
		{"a visit that ends before it begins", nil, rec("visit-performed", "case/k", "2020-02-01", visit("u", "2020-02-01T08:00:00+01:00", "2020-02-01T06:59:59Z")), []string{
			`data.left: 2020-02-01T06:59:59Z is before arrived, 2020-02-01T08:00:00+01:00`,
		}},
		{"a visit of more than a week", nil, rec("visit-performed", "case/k", "2020-02-01", visit("u", "2020-02-01T08:00:00Z", "2020-02-08T08:00:01Z")), []string{
			`data.left: is more than a week after arrived`,
		}},
		{"a visit without a time zone", nil, rec("visit-performed", "case/k", "2020-02-01", visit("u", "2020-02-01T08:00:00", "2020-02-01T08:10:00")), []string{
			`data.arrived: "2020-02-01T08:00:00" is not a time; write RFC 3339 with its time zone, for example "2015-03-01T08:00:00+01:00"`,
		}},
		{"an impossible month", nil, rec("time-reported", "case/k", "2020-02-01", report("u", "2020-13")), []string{
			`data.month: "2020-13" is not a month; write YYYY-MM, for example 2015-03`,
		}},
		{"negative minutes", nil, rec("time-reported", "case/k", "2020-02-01", strings.Replace(report("u", "2020-02"), "600", "-1", 1)), []string{
			`data.minutes: -1 is outside 0 to 1000000`,
		}},
		{"an absence that ends before it begins", nil, rec("absence-registered", "case/k", "2020-02-01", `{"from":"2020-02-01","to":"2020-01-31","reason":"hospitals"}`), []string{
			`data.to: 2020-01-31 is before from, 2020-02-01`,
			`data.reason: "hospitals" is not one of hospital, short-term-stay, other; did you mean "hospital"?`,
		}},
		{"a reason that is blank", nil, rec("event-annulled", "case/k", "2020-02-01", `{"event":"goal","reason":" "}`), []string{
			`data.reason: is required`,
		}},
		{"a correction without data", nil, rec("event-corrected", "case/k", "2020-02-01", `{"event":"goal","reason":"x"}`), []string{
			`data.data: is required`,
		}},
	})
}

func TestRecordedDefaultsToNow(t *testing.T) {
	line := []byte(rec("goal-set", "case/k", "2020-02-01", goalSet("g2", "d1"), "-recorded"))
	now := time.Date(2025, 5, 1, 12, 0, 0, 0, time.FixedZone("", 7200))
	e, problems := domain.ParseRecord(line, now)
	require.Empty(t, problems)
	assert.Equal(t, now.UTC(), e.Recorded)
	again, problems := domain.ParseRecord(line, now.Add(time.Hour))
	require.Empty(t, problems)
	assert.Equal(t, e.ID, again.ID, "the same record is the same event whenever it is read")
	assert.Equal(t, e.RecordHash, again.RecordHash)
	_, problems = domain.ParseRecord([]byte(rec("goal-set", "case/k", "2020-02-01", goalSet("g2", "d1"), "recorded=2025-05-01T10:05:00Z")), now)
	assert.Empty(t, problems, "five minutes' grace")
}

func TestARecordsIdFollowsFromItsContentOrIsTheSenders(t *testing.T) {
	parse := func(settings ...string) domain.Event {
		e, problems := domain.ParseRecord([]byte(rec("goal-set", "case/k", "2020-02-01", goalSet("g2", "d1"), settings...)), historytest.Now)
		require.Empty(t, problems)
		return e
	}
	own, named := parse(), parse("id=sender-17")
	assert.Equal(t, "sender-17", named.ID)
	assert.Equal(t, own.RecordHash, named.RecordHash, "the content is the record without its id")
	for _, setting := range []string{"actor=officer-2", "effective=2020-02-02", "recorded=2020-06-01T10:00:01Z", "entity=case/k2", "authority=1282"} {
		assert.NotEqual(t, own.ID, parse(setting).ID, setting)
		assert.NotEqual(t, own.RecordHash, parse(setting).RecordHash, setting)
	}
	// An id once derived never changes: a log that holds it would take the record in twice.
	assert.Equal(t, "0075de1f-6d47-5b75-a77a-a1e0f1866add", own.ID)
	assert.Equal(t, "04ab00464afca37398956eafd8f0dff4098e9af4c7c3f5dcb1cc0d8f887a0b2b", own.RecordHash)
}

func TestOptionalFieldsMayBeLeftOut(t *testing.T) {
	for _, line := range []string{
		rec("follow-up-held", "case/k", "2020-02-01", `{"follow_up":"f1","occasion":"annual","held_on":"2020-02-01","participants":[],"assessments":[]}`),
		rec("goal-changed", "case/k", "2020-02-01", `{"goal":"g1"}`),
		rec("decision-made", "case/k", "2020-02-01", `{"decision":"d2","provider":"p","unit":"u","method":"frame-time","from":"2020-02-01","frame_minutes":1,"services":[]}`),
		rec("provider-registered", "provider/r", "2020-02-01", `{"name":"R","regime":"external","organisation_number":"5560160680"}`),
		rec("case-opened", "case/k2", "2020-02-01", `{"person":"x","inclusion":{}}`),
	} {
		e, problems := domain.ParseRecord([]byte(line), historytest.Now)
		require.Empty(t, problems, line)
		raw, err := e.Encode()
		require.NoError(t, err)
		back, err := domain.DecodeEvent(0, e.Type, raw)
		require.NoError(t, err)
		assert.Equal(t, e, back)
	}
}

func TestAnEventThatIsNotUnderstoodStopsTheReader(t *testing.T) {
	e, problems := domain.ParseRecord([]byte(rec("goal-set", "case/k", "2020-02-01", goalSet("g2", "d1"))), historytest.Now)
	require.Empty(t, problems)
	raw, err := e.Encode()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		typ  domain.Type
		raw  string
		want string
	}{
		"an unknown type":        {"goal-moved", string(raw), `event 7 is of type "goal-moved" version 1, which this program does not know; nothing after it was used. Use the careledger release that wrote it, or a later one`},
		"a later version":        {e.Type, strings.Replace(string(raw), `"schemaversion":1`, `"schemaversion":2`, 1), `event 7 is of type "goal-set" version 2, which this program does not know; nothing after it was used. Use the careledger release that wrote it, or a later one`},
		"a later version's data": {e.Type, strings.NewReplacer(`"schemaversion":1`, `"schemaversion":2`, `"goal":`, `"target":`).Replace(string(raw)), `event 7 is of type "goal-set" version 2, which this program does not know; nothing after it was used. Use the careledger release that wrote it, or a later one`},
		"another subject":        {"goal-changed", strings.Replace(string(raw), `"decision":"d1",`, "", 1), `event 7 (goal-changed, version 1) cannot be read: its subject says goal-changed and its document goal-set; nothing after it was used. Compare the log with a backup or replica`},
		"cut off":                {e.Type, string(raw[:40]), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := domain.DecodeEvent(7, c.typ, []byte(c.raw))
			var unknown *domain.UnknownEventError
			require.ErrorAs(t, err, &unknown)
			assert.EqualValues(t, 7, unknown.Sequence)
			if c.want != "" {
				assert.EqualError(t, err, c.want)
			}
		})
	}
}
