package domain_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain/historytest"
)

// What the ledger refuses, in the words that a case officer or economist reads. Each test is a sentence of the contract.

// rec writes a record. Settings are key=value for other members (id, actor, recorded, authority), or -key to leave one out.
func rec(typ, entity, effective, data string, settings ...string) string {
	members := map[string]any{"type": typ, "authority": "1281", "entity": entity, "effective": effective,
		"recorded": "2020-06-01T10:00:00Z", "actor": "officer-1", "data": jsontext.Value(data)}
	for _, s := range settings {
		if key, out := strings.CutPrefix(s, "-"); out {
			delete(members, key)
			continue
		}
		key, value, _ := strings.Cut(s, "=")
		members[key] = value
	}
	line, err := json.Marshal(members, json.Deterministic(true))
	if err != nil {
		return err.Error() // a line that is no JSON is a test of its own
	}
	return string(line)
}

const earlier = "recorded=2020-01-01T10:00:00Z"

// base is two providers with a unit each, and a case with a decision at unit u from 10 January and a goal.
var base = []string{
	rec("provider-registered", "provider/p", "2020-01-01", `{"name":"P","regime":"in-house"}`, "id=prov-p", earlier),
	rec("unit-registered", "provider/p", "2020-01-01", `{"unit":"u","name":"U","area":"urban"}`, "id=unit-u", earlier),
	rec("provider-registered", "provider/q", "2020-01-01", `{"name":"Q","regime":"external"}`, "id=prov-q", earlier),
	rec("unit-registered", "provider/q", "2020-01-01", `{"unit":"w","name":"W","area":"rural"}`, "id=unit-w", earlier),
	rec("case-opened", "case/k", "2020-01-01", `{"person":"x"}`, "id=open", earlier),
	rec("decision-made", "case/k", "2020-01-10", decision("d1", "p", "u", "2020-01-10", ""), "id=dec", earlier),
	rec("goal-set", "case/k", "2020-01-10", goalSet("g1", "d1"), "id=goal", earlier),
}

func decision(id, provider, unit, from, more string) string {
	return `{"decision":"` + id + `","provider":"` + provider + `","unit":"` + unit + `","method":"standard-time","from":"` + from + `",` + more +
		`"services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":60}]}`
}

func goalSet(goal, decision string) string {
	return `{"goal":"` + goal + `","decision":"` + decision + `","life_area":"mobility","assessed":3,"intended":1}`
}

func followUp(id, day, goal string) string {
	return `{"follow_up":"` + id + `","occasion":"annual","held_on":"` + day + `","participants":["person"],"assessments":[{"goal":"` + goal + `","outcome":"fulfilled"}]}`
}

func visit(unit, arrived, left string) string {
	return `{"unit":"` + unit + `","category":"care","band":"day","arrived":"` + arrived + `","left":"` + left + `"}`
}

func report(unit, month string) string {
	return `{"unit":"` + unit + `","category":"care","band":"day","month":"` + month + `","minutes":600}`
}

func annul(id string) string { return `{"event":"` + id + `","reason":"a mistake"}` }

func correct(id, data string) string {
	return `{"event":"` + id + `","reason":"a mistake","data":` + data + `}`
}

func adopt(id, from, amount string) string {
	return `{"model":{"id":"` + id + `","title":"t","currency":"SEK","parameters":{"g":{"values":{"2020-01-01":` + amount + `}}},` +
		`"components":[{"id":"c","kind":"goal-premium","amount":"g","outcomes":{"fulfilled":"1"}}]},"from":"` + from + `","decided_by":"the board","decided_on":"2019-12-01"}`
}

type refusal struct {
	name   string
	before []string // accepted first
	line   string
	want   []string // field: reason
}

func assertRefusals(t *testing.T, all []refusal) {
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) {
			l := historytest.NewLedger()
			for _, line := range append(base[:len(base):len(base)], r.before...) {
				written, problems := l.Submit([]byte(line))
				require.Empty(t, problems, line)
				require.NotEmpty(t, written, line)
			}
			_, problems := l.Submit([]byte(r.line))
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if os.Getenv("SHOW") != "" {
				t.Logf("%s\n\t\t%s", r.name, "`"+strings.Join(got, "`,\n\t\t`")+"`")
			}
			assert.Equal(t, r.want, got)
		})
	}
}

func TestWhatAStateRefuses(t *testing.T) {
	ended := rec("decision-ended", "case/k", "2020-03-31", `{"decision":"d1","last_day":"2020-03-31","reason":"moved"}`, "id=ended")
	withdrawn := rec("goal-withdrawn", "case/k", "2020-05-01", `{"goal":"g1","reason":"reached"}`, "id=withdrawn")
	superseding := rec("decision-made", "case/k", "2020-04-01", decision("d2", "q", "w", "2020-04-01", `"supersedes":"d1",`), "id=dec2")
	held := rec("follow-up-held", "case/k", "2020-04-20", followUp("f1", "2020-04-20", "g1"), "id=held")
	visited := rec("visit-performed", "case/k", "2020-02-03", visit("u", "2020-02-03T08:00:00+01:00", "2020-02-03T08:30:00+01:00"), "id=visited")
	reported := rec("time-reported", "case/k", "2020-02-29", report("u", "2020-02"), "id=reported")
	assertRefusals(t, []refusal{
		// Parties.
		{"a provider registered twice", nil, rec("provider-registered", "provider/p", "2020-01-01", `{"name":"P","regime":"in-house"}`), []string{
			`entity: provider/p is already registered; correct that event instead`,
		}},
		{"a unit of a provider that is not registered", nil, rec("unit-registered", "provider/r", "2020-01-01", `{"unit":"z","name":"Z","area":"urban"}`), []string{
			`entity: provider/r is not registered; register the provider before its units`,
		}},
		{"a unit's id is unique in its authority", nil, rec("unit-registered", "provider/p", "2020-01-01", `{"unit":"w","name":"W","area":"urban"}`), []string{
			`data.unit: unit w is already registered, by provider q; a unit's id is unique in its authority`,
		}},
		{"a unit that cases refer to is not annulled", []string{visited}, rec("event-annulled", "provider/p", "2020-06-01", annul("unit-u")), []string{
			`data.event: without event unit-u as it stands, these later events would refer to something that does not exist or is not open: dec (decision-made), sequence 8 (visit-performed); annul or correct them first`,
		}},
		{"a unit that cases refer to keeps its id", nil, rec("event-corrected", "provider/p", "2020-06-01", correct("unit-u", `{"unit":"u2","name":"U","area":"urban"}`)), []string{
			`data.event: without event unit-u as it stands, these later events would refer to something that does not exist or is not open: dec (decision-made); annul or correct them first`,
		}},
		{"a unit is not corrected to another's id", []string{rec("unit-registered", "provider/p", "2020-01-01", `{"unit":"v","name":"V","area":"urban"}`, "id=unit-v")},
			rec("event-corrected", "provider/p", "2020-06-01", correct("unit-v", `{"unit":"w","name":"V","area":"urban"}`)), []string{
				`data.data.unit: unit w is already registered, by provider q; a unit's id is unique in its authority`,
			}},
		{"a provider that has units is not annulled", nil, rec("event-annulled", "provider/p", "2020-06-01", annul("prov-p")), []string{
			`data.event: without event prov-p as it stands, these later events would refer to something that does not exist or is not open: unit-u (unit-registered); annul or correct them first`,
		}},
		// Policies.
		{"a policy that is not in force has nothing to end", nil, rec("policy-ended", "policy/m", "2020-05-01", `{"from":"2020-05-01"}`), []string{
			`data.from: policy m has no document in force on 2020-05-01 or later; there is nothing to end`,
		}},
		{"a policy that has ended", []string{rec("policy-adopted", "policy/m", "2020-01-01", adopt("m", "2020-01-01", `"297"`)), rec("policy-ended", "policy/m", "2020-05-01", `{"from":"2020-05-01"}`)},
			rec("policy-ended", "policy/m", "2020-05-02", `{"from":"2020-05-02"}`), []string{
				`data.from: policy m has no document in force on 2020-05-02 or later; there is nothing to end`,
			}},
		{"the adoption that an ending refers to is not annulled", []string{rec("policy-adopted", "policy/m", "2020-01-01", adopt("m", "2020-01-01", `"297"`), "id=adopted"), rec("policy-ended", "policy/m", "2020-05-01", `{"from":"2020-05-01"}`, "id=over")},
			rec("event-annulled", "policy/m", "2020-06-01", annul("adopted")), []string{
				`data.event: without event adopted as it stands, these later events would refer to something that does not exist or is not open: over (policy-ended); annul or correct them first`,
			}},
		{"a model document with an error", nil, rec("policy-adopted", "policy/m", "2020-01-01", strings.Replace(adopt("m", "2020-01-01", `297`), "goal-premium", "goal-premum", 1)), []string{
			`data.model.parameters.g.values["2020-01-01"]: 297 is a number; write "297" in quotes`,
			`data.model.components[0].kind: "goal-premum" is not a component kind; did you mean "goal-premium"? The kinds are time, fixed, goal-premium, person-premium, supplement, cap, allocation, performance`,
		}},
		{"a model document under another id", nil, rec("policy-adopted", "policy/m2", "2020-01-01", adopt("m", "2020-01-01", `"297"`)), []string{
			`data.model.id: "m" is not the id of the entity, policy/m2; the two say the same thing`,
		}},
		{"a model document without a value on its first day", nil, rec("policy-adopted", "policy/m", "2019-07-01", adopt("m", "2019-07-01", `"297"`)), []string{
			`data.model.parameters.g: has no value on 2019-07-01; its first is from 2020-01-01`,
		}},
		{"an adoption corrected to a document with an error", []string{rec("policy-adopted", "policy/m", "2020-01-01", adopt("m", "2020-01-01", `"297"`), "id=adopted")},
			rec("event-corrected", "policy/m", "2020-06-01", correct("adopted", adopt("m", "2020-01-01", `297`))), []string{
				`data.data.model.parameters.g.values["2020-01-01"]: 297 is a number; write "297" in quotes`,
			}},
		// Cases.
		{"a case is opened first", nil, rec("goal-set", "case/k9", "2020-02-01", goalSet("g2", "d1")), []string{
			`entity: case/k9 is not opened; its first event is case-opened`,
		}},
		{"a visit in a case that is not opened", nil, rec("visit-performed", "case/k9", "2020-02-03", visit("u", "2020-02-03T08:00:00+01:00", "2020-02-03T08:30:00+01:00")), []string{
			`entity: case/k9 is not opened; its first event is case-opened`,
		}},
		{"a case is opened once", nil, rec("case-opened", "case/k", "2020-02-01", `{"person":"x"}`), []string{
			`entity: case/k is already begun with case-opened; correct that event instead`,
		}},
		// Decisions.
		{"a decision's id is taken", nil, rec("decision-made", "case/k", "2020-02-01", decision("d1", "p", "u", "2020-02-01", "")), []string{
			`data.decision: decision d1 is already made in this case; give a new decision an id of its own`,
		}},
		{"a decision's unit exists", nil, rec("decision-made", "case/k", "2020-02-01", decision("d2", "p", "z", "2020-02-01", "")), []string{
			`data.unit: unit z is not registered in this authority; register it first`,
		}},
		{"a decision's unit is its provider's", nil, rec("decision-made", "case/k", "2020-02-01", decision("d2", "p", "w", "2020-02-01", "")), []string{
			`data.unit: unit w belongs to provider q, not p`,
		}},
		{"a superseded decision exists", nil, rec("decision-made", "case/k", "2020-02-01", decision("d2", "p", "u", "2020-02-01", `"supersedes":"d9",`)), []string{
			`data.supersedes: there is no decision d9 in this case; correct the id, or register the decision first`,
		}},
		{"a decision is superseded once", []string{superseding}, rec("decision-made", "case/k", "2020-05-01", decision("d3", "p", "u", "2020-05-01", `"supersedes":"d1",`)), []string{
			`data.supersedes: decision d1 is already superseded by d2; supersede that one instead`,
		}},
		{"an ended decision is not superseded", []string{ended}, rec("decision-made", "case/k", "2020-05-01", decision("d3", "p", "u", "2020-05-01", `"supersedes":"d1",`)), []string{
			`data.supersedes: decision d1 ended on 2020-03-31; a new decision from 2020-05-01 does not supersede it`,
		}},
		{"an ended decision exists", nil, rec("decision-ended", "case/k", "2020-03-31", `{"decision":"d9","last_day":"2020-03-31","reason":"moved"}`), []string{
			`data.decision: there is no decision d9 in this case; correct the id, or register the decision first`,
		}},
		{"a decision ends once", []string{ended}, rec("decision-ended", "case/k", "2020-02-28", `{"decision":"d1","last_day":"2020-02-28","reason":"moved"}`), []string{
			`data.decision: decision d1 has ended already, on 2020-03-31; correct that event instead`,
		}},
		{"a superseded decision has ended", []string{superseding}, rec("decision-ended", "case/k", "2020-04-30", `{"decision":"d1","last_day":"2020-04-30","reason":"moved"}`), []string{
			`data.last_day: decision d1 is superseded by d2 from 2020-04-01; it cannot end on 2020-04-30`,
		}},
		{"a decision does not end before it begins", nil, rec("decision-ended", "case/k", "2020-01-08", `{"decision":"d1","last_day":"2020-01-08","reason":"moved"}`), []string{
			`data.last_day: 2020-01-08 is before decision d1 begins, 2020-01-10`,
		}},
		{"a provider change after the end", []string{ended}, rec("provider-changed", "case/k", "2020-04-01", `{"decision":"d1","provider":"q","unit":"w","from":"2020-04-01"}`), []string{
			`data.decision: decision d1 ended on 2020-03-31; it is not open on 2020-04-01`,
		}},
		{"a provider change before the beginning", nil, rec("provider-changed", "case/k", "2020-01-09", `{"decision":"d1","provider":"q","unit":"w","from":"2020-01-09"}`), []string{
			`data.decision: decision d1 begins on 2020-01-10; it is not open on 2020-01-09`,
		}},
		{"a provider change to an unknown unit of an unknown decision", nil, rec("provider-changed", "case/k", "2020-02-01", `{"decision":"d9","provider":"q","unit":"z","from":"2020-02-01"}`), []string{
			`data.unit: unit z is not registered in this authority; register it first`,
			`data.decision: there is no decision d9 in this case; correct the id, or register the decision first`,
		}},
		// Goals.
		{"a goal needs a decision", nil, rec("goal-set", "case/k", "2020-02-01", goalSet("g2", "d9")), []string{
			`data.decision: there is no decision d9 in this case; correct the id, or register the decision first`,
		}},
		{"a goal needs an open decision", []string{ended}, rec("goal-set", "case/k", "2020-04-01", goalSet("g2", "d1")), []string{
			`data.decision: decision d1 ended on 2020-03-31; it is not open on 2020-04-01`,
		}},
		{"a goal needs a decision that is not superseded", []string{superseding}, rec("goal-set", "case/k", "2020-04-01", goalSet("g2", "d1")), []string{
			`data.decision: decision d1 is superseded by d2 from 2020-04-01; it is not open on 2020-04-01`,
		}},
		{"a goal's id is taken", nil, rec("goal-set", "case/k", "2020-02-01", goalSet("g1", "d1")), []string{
			`data.goal: goal g1 is already set in this case; give a new goal an id of its own, or change this one with goal-changed`,
		}},
		{"a changed goal exists", nil, rec("goal-changed", "case/k", "2020-02-01", `{"goal":"g9","intended":2}`), []string{
			`data.goal: there is no goal g9 in this case; correct the id, or register the goal first`,
		}},
		{"a withdrawn goal is not changed", []string{withdrawn}, rec("goal-changed", "case/k", "2020-05-01", `{"goal":"g1","intended":2}`), []string{
			`data.goal: goal g1 is withdrawn from 2020-05-01; it is not open on 2020-05-01`,
		}},
		{"a withdrawn goal is not withdrawn again", []string{withdrawn}, rec("goal-withdrawn", "case/k", "2020-05-10", `{"goal":"g1","reason":"again"}`), []string{
			`data.goal: goal g1 is withdrawn from 2020-05-01; it is not open on 2020-05-10`,
		}},
		{"a sub-goal needs an open goal", []string{withdrawn}, rec("subgoal-set", "case/k", "2020-05-02", `{"goal":"g1","subgoal":"to the door"}`), []string{
			`data.goal: goal g1 is withdrawn from 2020-05-01; it is not open on 2020-05-02`,
		}},
		// Follow-ups.
		{"a follow-up's goals exist", nil, rec("follow-up-held", "case/k", "2020-04-20", followUp("f1", "2020-04-20", "g9")), []string{
			`data.assessments[0].goal: there is no goal g9 in this case; correct the id, or register the goal first`,
		}},
		{"a follow-up's goals are not withdrawn", []string{withdrawn}, rec("follow-up-held", "case/k", "2020-05-01", followUp("f1", "2020-05-01", "g1")), []string{
			`data.assessments[0].goal: goal g1 is withdrawn from 2020-05-01; it is not open on 2020-05-01`,
		}},
		{"a follow-up's goals are set by then", nil, rec("follow-up-held", "case/k", "2020-01-09", followUp("f1", "2020-01-09", "g1")), []string{
			`data.assessments[0].goal: goal g1 is set from 2020-01-10; it does not exist on 2020-01-09`,
		}},
		{"a follow-up's id is taken", []string{held}, rec("follow-up-held", "case/k", "2020-04-21", followUp("f1", "2020-04-21", "g1")), []string{
			`data.follow_up: follow-up f1 is already registered in this case; give a new follow-up an id of its own, or correct that event`,
		}},
		{"a provider does not register a follow-up", nil, rec("follow-up-held", "case/k", "2020-04-20", followUp("f1", "2020-04-20", "g1"), "actor=q"), []string{
			`actor: q belongs to a provider; the outcomes of a follow-up are registered and corrected by the authority, never by the provider it pays`,
		}},
		{"nor does someone of its unit", nil, rec("follow-up-held", "case/k", "2020-04-20", followUp("f1", "2020-04-20", "g1"), "actor=w:nurse-7"), []string{
			`actor: w:nurse-7 belongs to a provider; the outcomes of a follow-up are registered and corrected by the authority, never by the provider it pays`,
		}},
		{"nor does a provider correct one", []string{held}, rec("event-corrected", "case/k", "2020-06-01", correct("held", followUp("f1", "2020-04-20", "g1")), "actor=provider/q/boss"), []string{
			`actor: provider/q/boss belongs to a provider; the outcomes of a follow-up are registered and corrected by the authority, never by the provider it pays`,
		}},
		// Performed time.
		{"a visit's unit exists", nil, rec("visit-performed", "case/k", "2020-02-03", visit("z", "2020-02-03T08:00:00+01:00", "2020-02-03T08:30:00+01:00")), []string{
			`data.unit: unit z is not registered in this authority; register it first`,
		}},
		{"a second time report", []string{reported}, rec("time-reported", "case/k", "2020-03-01", report("u", "2020-02")), []string{
			`data: a time report for unit u, 2020-02, care, day stands already; correct that one instead`,
		}},
		{"a visit after a time report", []string{reported}, visitedAgain(), []string{
			`data: a time report for unit u, 2020-02, care, day stands already; a month is reported as visits or as one sum, not both`,
		}},
		{"a time report after a visit", []string{visited}, reported, []string{
			`data: visits for unit u, 2020-02, care, day stand already; a month is reported as visits or as one sum, not both`,
		}},
		{"a time report corrected onto another", []string{reported, rec("time-reported", "case/k", "2020-03-31", report("u", "2020-03"), "id=march")},
			rec("event-corrected", "case/k", "2020-06-01", correct("march", report("u", "2020-02"))), []string{
				`data.data: a time report for unit u, 2020-02, care, day stands already; correct that one instead`,
			}},
		{"a visit corrected to an unknown unit", []string{visited}, rec("event-corrected", "case/k", "2020-06-01", correct("visited", visit("z", "2020-02-03T08:00:00+01:00", "2020-02-03T08:30:00+01:00"))), []string{
			`data.data.unit: unit z is not registered in this authority; register it first`,
		}},
		// Times.
		{"recorded never decreases within an entity", []string{held}, rec("goal-changed", "case/k", "2020-02-01", `{"goal":"g1","intended":2}`, "recorded=2020-06-01T09:59:59Z"), []string{
			`recorded: 2020-06-01T09:59:59Z is earlier than that of the last event of case/k, 2020-06-01T10:00:00Z; within an entity recorded never decreases`,
		}},
		{"recorded is not earlier than the unit's registration", []string{rec("unit-registered", "provider/p", "2020-01-01", `{"unit":"v","name":"V","area":"urban"}`)},
			rec("decision-made", "case/k", "2020-02-01", decision("d2", "p", "v", "2020-02-01", ""), "recorded=2020-05-01T10:00:00Z"), []string{
				`recorded: 2020-05-01T10:00:00Z is earlier than that of the registration of unit v, 2020-06-01T10:00:00Z`,
			}},
		{"nor is a correction that refers to it", []string{rec("unit-registered", "provider/p", "2020-01-01", `{"unit":"v","name":"V","area":"urban"}`)},
			rec("event-corrected", "case/k", "2020-06-01", correct("dec", decision("d1", "p", "v", "2020-01-10", "")), "recorded=2020-05-01T10:00:00Z"), []string{
				`recorded: 2020-05-01T10:00:00Z is earlier than that of the registration of unit v, 2020-06-01T10:00:00Z`,
			}},
		{"the same id with other content", nil, rec("goal-set", "case/k", "2020-02-01", goalSet("g2", "d1"), "id=goal"), []string{
			`id: is taken by a record with other content`,
		}},
		// Corrections.
		{"what later events depend on is not annulled", []string{held, superseding}, rec("event-annulled", "case/k", "2020-06-01", annul("dec")), []string{
			`data.event: without event dec as it stands, these later events would refer to something that does not exist or is not open: goal (goal-set), held (follow-up-held), dec2 (decision-made); annul or correct them first`,
		}},
		{"a goal that is assessed is not annulled", []string{held}, rec("event-annulled", "case/k", "2020-06-01", annul("goal")), []string{
			`data.event: without event goal as it stands, these later events would refer to something that does not exist or is not open: held (follow-up-held); annul or correct them first`,
		}},
		{"an opening is not annulled under its visits", []string{visited}, rec("event-annulled", "case/k", "2020-06-01", annul("open")), []string{
			`data.event: without event open as it stands, these later events would refer to something that does not exist or is not open: dec (decision-made), goal (goal-set), sequence 8 (visit-performed); annul or correct them first`,
		}},
		{"a decision is not corrected away from its goal", nil, rec("event-corrected", "case/k", "2020-06-01", correct("dec", decision("d7", "p", "u", "2020-01-10", ""))), []string{
			`data.event: without event dec as it stands, these later events would refer to something that does not exist or is not open: goal (goal-set); annul or correct them first`,
		}},
		{"a decision is not corrected to an unknown unit", nil, rec("event-corrected", "case/k", "2020-06-01", correct("dec", decision("d1", "p", "z", "2020-01-10", ""))), []string{
			`data.data.unit: unit z is not registered in this authority; register it first`,
		}},
		{"an end is not corrected to before what came later", []string{ended, rec("goal-set", "case/k", "2020-03-01", goalSet("g2", "d1"), "id=goal2")},
			rec("event-corrected", "case/k", "2020-06-01", correct("ended", `{"decision":"d1","last_day":"2020-02-15","reason":"moved"}`)), []string{
				`data.event: without event ended as it stands, these later events would refer to something that does not exist or is not open: goal2 (goal-set); annul or correct them first`,
			}},
		{"corrected data has the fields of its type", nil, rec("event-corrected", "case/k", "2020-06-01", correct("goal", `{"goal":"g1","decision":"d1","life_area":"mobilty","assessed":7,"target":1}`)), []string{
			`data.data.target: is not a field here; remove it or correct its name`,
		}},
		{"corrected data is checked like any", nil, rec("event-corrected", "case/k", "2020-06-01", correct("goal", `{"goal":"g1","decision":"d1","life_area":"mobilty","assessed":7}`)), []string{
			`data.data.life_area: "mobilty" is not one of learning, general-tasks, communication, mobility, self-care, domestic-life, relationships, work-and-economy, community, sense-of-safety, support-from-relatives; did you mean "mobility"?`,
			`data.data.assessed: 7 is not a status; use 0 to 4, 8 (unspecified) or 9 (not applicable)`,
			`data.data.intended: is required`,
		}},
		{"a correction stays in its entity", []string{rec("case-opened", "case/k2", "2020-01-01", `{"person":"y"}`)}, rec("event-annulled", "case/k2", "2020-06-01", annul("goal")), []string{
			`data.event: case/k2 holds no original event goal; a correction goes into the entity of the event it concerns, and corrections and premiums are not corrected themselves`,
		}},
		{"a correction is not corrected", []string{rec("event-corrected", "case/k", "2020-06-01", correct("goal", goalSet("g1", "d1")), "id=corr")},
			rec("event-annulled", "case/k", "2020-06-01", annul("corr")), []string{
				`data.event: case/k holds no original event corr; a correction goes into the entity of the event it concerns, and corrections and premiums are not corrected themselves`,
			}},
		{"an annulment is not annulled", []string{rec("event-annulled", "case/k", "2020-06-01", annul("goal"), "id=ann")}, rec("event-annulled", "case/k", "2020-06-01", annul("ann")), []string{
			`data.event: case/k holds no original event ann; a correction goes into the entity of the event it concerns, and corrections and premiums are not corrected themselves`,
		}},
		{"an annulled event stays annulled", []string{rec("event-annulled", "case/k", "2020-06-01", annul("goal"))}, rec("event-corrected", "case/k", "2020-06-01", correct("goal", goalSet("g1", "d1"))), []string{
			`data.event: event goal is annulled and stays so; register what happened as a new event`,
		}},
		{"an annulled event is not annulled again", []string{visited, rec("event-annulled", "case/k", "2020-06-01", annul("visited"))}, rec("event-annulled", "case/k", "2020-06-01", annul("visited"), "id=again"), []string{
			`data.event: event visited is already annulled; an annulled event stays annulled`,
		}},
	})
}

func visitedAgain() string {
	return rec("visit-performed", "case/k", "2020-02-03", visit("u", "2020-02-03T08:00:00+01:00", "2020-02-03T08:30:00+01:00"), "id=visited")
}
