package projections

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/historytest"
	"careledger/eventstore"
)

// forger writes events past every decider.
type forger struct{ *paying }

// record writes the event of a record without deciding on it.
func (f *forger) record(format string, args ...any) *domain.Event {
	e, problems := domain.ParseRecord(fmt.Appendf(nil, format, args...), historytest.Now)
	require.Empty(f.t, problems)
	f.force(&e)
	return &e
}

// What a fold does on many processors fails as what it does on one: as an error of the event, not with the process.
func TestAPanicOfAnyPartOfAFoldIsAnError(t *testing.T) {
	const rows = 10_000 // enough for a part on each processor
	for _, row := range []int{0, rows - 1} {
		err := guarded(func() error {
			split(rows, func(from, to int) {
				if from <= row && row < to {
					panic("no such unit")
				}
			})
			return nil
		})
		require.EqualError(t, err, "its data is not what its type promises (no such unit)")
	}
}

// last returns the last event of a type.
func (f *forger) last(typ domain.Type) domain.Event {
	for i := len(f.mem.Events) - 1; i >= 0; i-- {
		if f.mem.Events[i].Type == typ {
			return f.mem.Events[i]
		}
	}
	require.Fail(f.t, "none", typ)
	return domain.Event{}
}

// again writes an event again with another id and other data.
func (f *forger) again(e domain.Event, id string, data domain.Data) *domain.Event {
	e.ID, e.Data = id, data
	f.force(&e)
	return &e
}

// raw writes bytes under a subject.
func (f *forger) raw(entity, typ, id, data string) {
	first := f.log.Head().Sequence + 1
	require.NoError(f.t, f.log.Append(f.t.(*testing.T).Context(), eventstore.Commit{First: first, Messages: []eventstore.Message{{Entity: entity, Type: typ, ID: id, Data: []byte(data)}}}))
}

const followUpByProvider = `{"id":"forged","type":"follow-up-held","authority":"1281","entity":"case/k","effective":"2020-03-07","recorded":"2020-03-08T10:00:00Z","actor":"%s",` +
	`"data":{"follow_up":"f2","occasion":"annual","held_on":"2020-03-07","participants":["person"],"assessments":[{"goal":"g1","outcome":"%s"}]}}`

// forgeries are events that no decider would have written, each with what must be said of the last one.
var forgeries = map[string]struct {
	forge func(*forger)
	says  []string
}{
	"a follow-up by an actor of a provider": {func(f *forger) { f.record(followUpByProvider, "p/nurse", "partly") }, []string{"actor", "belongs to a provider"}},
	"a follow-up without its premium":       {func(f *forger) { f.record(followUpByProvider, "officer", "fulfilled") }, []string{"297.00 kr for follow-up f2, goal g1", "was not awarded"}},
	"a visit at an unknown unit": {func(f *forger) {
		f.record(`{"type":"visit-performed","authority":"1281","entity":"case/k","effective":"2020-03-07","recorded":"2020-03-08T10:00:00Z","actor":"a","data":{"unit":"nowhere","category":"care","band":"day","arrived":"2020-03-07T10:00:00Z","left":"2020-03-07T10:30:00Z"}}`)
	}, []string{"unit nowhere is not registered"}},
	"a premium awarded twice": {func(f *forger) { e := f.last(domain.TypePremiumAwarded); f.again(e, "forged", e.Data) }, []string{"297.00 kr for follow-up f, goal g1", "awarded already"}},
	"a premium of another amount": {func(f *forger) {
		f.record(followUpByProvider, "officer", "fulfilled")
		e, cause := f.last(domain.TypePremiumAwarded), f.mem.Events[len(f.mem.Events)-1]
		d := *e.Data.(*domain.PremiumAwarded)
		d.FollowUp, d.Amount = "f2", 29800
		e.Causation, e.Correlation, e.Recorded = cause.ID, cause.ID, cause.Recorded
		f.again(e, "forged-premium", &d)
	}, []string{"298.00 kr for follow-up f2", "is not earned"}},
	"a premium of nothing before it": {func(f *forger) {
		e := f.last(domain.TypePremiumAwarded)
		e.Causation = "nobody"
		f.again(e, "forged", e.Data)
	}, []string{"event nobody caused it"}},
	"a premium reversed that is none": {func(f *forger) {
		e := f.last(domain.TypePremiumAwarded)
		e.Type = domain.TypePremiumReversed
		f.again(e, "forged", &domain.PremiumReversed{Premium: "none", Reason: "event-annulled"})
	}, []string{"event none is no outstanding premium"}},
	"an approval by who calculated": {func(f *forger) {
		c := f.calculated()
		f.payout(c.Entity, c.Actor, domain.TypePayoutApproved, &domain.PayoutApproved{Calculated: c.ID, Amount: c.Data.(*domain.PayoutCalculated).Total, Voucher: domain.Voucher{Year: 2029, Number: 2}}, c.ID)
	}, []string{"actor", "four eyes"}},
	"a voucher that leaves a gap": {func(f *forger) {
		c := f.calculated()
		f.payout(c.Entity, "controller-1", domain.TypePayoutApproved, &domain.PayoutApproved{Calculated: c.ID, Amount: c.Data.(*domain.PayoutCalculated).Total, Voucher: domain.Voucher{Year: 2029, Number: 3}}, c.ID)
	}, []string{"2029-3 is not the next voucher number, 2029-2"}},
	"a payment of more than was approved": {func(f *forger) {
		c := f.calculated()
		a := f.payout(c.Entity, "controller-1", domain.TypePayoutApproved, &domain.PayoutApproved{Calculated: c.ID, Amount: c.Data.(*domain.PayoutCalculated).Total, Voucher: domain.Voucher{Year: 2029, Number: 2}}, c.ID)
		f.payout(c.Entity, "treasurer-1", domain.TypePayoutPaid, &domain.PayoutPaid{Approved: a.ID, Amount: c.Data.(*domain.PayoutCalculated).Total + 1}, a.ID)
	}, []string{"is not what was approved"}},
	"a payout line changed, with its total": {func(f *forger) {
		f.change(func(d *domain.PayoutCalculated) { d.Lines[0].Known++; d.Lines[0].Amount++; d.Total++ })
	}, []string{"does not come out again", "line 1 says 1: 2020-03 w m/p", "297.01 kr known", "297.00 kr known", "its total is 3197.01 kr"}},
	"a payout with another digest":  {func(f *forger) { f.change(func(d *domain.PayoutCalculated) { d.Digest = strings.Repeat("0", 64) }) }, []string{"digest"}},
	"a payout that does not add up": {func(f *forger) { f.change(func(d *domain.PayoutCalculated) { d.Total += 100 }) }, []string{"is not the sum of the lines"}},
	"a payout under another model": {func(f *forger) {
		f.change(func(d *domain.PayoutCalculated) { d.Models[0].SHA256 = strings.Repeat("0", 64) })
	}, []string{"other model documents"}},
	"recorded that decreases": {func(f *forger) {
		f.record(`{"type":"subgoal-set","authority":"1281","entity":"case/k","effective":"2020-03-05","recorded":"2020-01-10T10:00:00Z","actor":"a","data":{"goal":"g1","subgoal":"walk"}}`)
	}, []string{"within an entity recorded never decreases"}},
	"a decision in a case that is not opened": {func(f *forger) {
		f.record(`{"type":"decision-made","authority":"1281","entity":"case/z","effective":"2020-03-05","recorded":"2020-03-08T10:00:00Z","actor":"a","data":{"decision":"d","provider":"p","unit":"u","method":"standard-time","from":"2020-03-05","services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":60}]}}`)
	}, []string{"case/z is not opened"}},
	"an unknown type":         {func(f *forger) { f.raw("case/k", "wish-made", "w", `{"schemaversion":1}`) }, []string{`type "wish-made" version 1, which this program does not know`}},
	"an unknown version":      {func(f *forger) { f.raw("case/k", "goal-set", "w", `{"schemaversion":7}`) }, []string{`"goal-set" version 7`}},
	"bytes that are no event": {func(f *forger) { f.raw("case/k", "goal-set", "w", `{"schemaversion":1,`) }, []string{"cannot be read"}},
	"a time report without minutes": {func(f *forger) {
		e := f.last(domain.TypeGoalSet)
		e.Type = domain.TypeTimeReported
		raw, err := e.Encode()
		require.NoError(f.t, err)
		text := string(raw[:strings.Index(string(raw), `"data":`)]) + `"data":{"unit":"u","month":"2020-02","category":"care","band":"day"}}`
		f.raw("case/k", "time-reported", "t", strings.Replace(text, `"id":"6"`, `"id":"t"`, 1))
	}, []string{"data.minutes"}},
	"an event kept under another entity": {func(f *forger) {
		e := f.last(domain.TypeGoalSet)
		raw, err := e.Encode()
		require.NoError(f.t, err)
		f.raw("case/other", "goal-set", "6", string(raw))
	}, []string{"its document says case/k, and it stands among the events of case/other"}},
	"an event written twice": {func(f *forger) {
		e := f.last(domain.TypeAbsenceRegistered)
		e.Recorded = f.last(domain.TypeFollowUpHeld).Recorded
		f.force(&e)
	}, []string{"its id 7 stands already, as event 8"}},
	"an event of another authority": {func(f *forger) {
		f.record(`{"type":"provider-registered","authority":"1282","entity":"provider/q","effective":"2020-01-01","recorded":"2020-01-01T10:00:00Z","actor":"a","data":{"name":"Q","regime":"external"}}`)
	}, []string{"it says 1282"}},
	"a correction that takes away what a follow-up assesses": {func(f *forger) {
		f.record(`{"type":"event-annulled","authority":"1281","entity":"case/k","effective":"2020-03-08","recorded":"2020-03-08T10:00:00Z","actor":"a","data":{"event":"6","reason":"wrong"}}`)
	}, []string{"9 (follow-up-held)"}},
	"a unit annulled that is in use": {func(f *forger) {
		f.record(`{"type":"event-annulled","authority":"1281","entity":"provider/p","effective":"2020-03-08","recorded":"2020-03-08T10:00:00Z","actor":"a","data":{"event":"2b","reason":"wrong"}}`)
	}, []string{"8 (decision-made)"}},
	"a model that does not compile": {func(f *forger) {
		f.record(`{"type":"policy-adopted","authority":"1281","entity":"policy/m","effective":"2020-06-01","recorded":"2020-05-01T10:00:00Z","actor":"a","data":{"model":{"id":"m"},"from":"2020-06-01","decided_by":"b","decided_on":"2020-05-01"}}`)
	}, []string{"data.model"}},
	"a personal identity number": {func(f *forger) {
		e := f.last(domain.TypeSubgoalSet)
		f.again(e, "forged", &domain.SubgoalSet{Goal: "g1", Subgoal: "call 811228-9874"})
	}, []string{"holds a personal identity number"}},
	"an event from the future": {func(f *forger) {
		e := f.last(domain.TypeSubgoalSet)
		e.Recorded = historytest.Now.AddDate(1, 0, 0)
		f.again(e, "forged", e.Data)
	}, []string{"recorded", "later than now"}},
}

// calculated writes the payout of March, which nobody has approved.
func (f *forger) calculated() domain.Event {
	all, err := f.table.CalculatePayouts(f.t.(*testing.T).Context(), month(f.t, "2020-03"), "")
	require.NoError(f.t, err)
	next := all[0]
	next.Version = 1
	return f.payout(domain.PayoutEntity(next.Provider, next.Month), "economist-1", domain.TypePayoutCalculated, &next, "1")
}

// change writes a payout that says something else than what was calculated, with the hash of what it says.
func (f *forger) change(change func(*domain.PayoutCalculated)) {
	all, err := f.table.CalculatePayouts(f.t.(*testing.T).Context(), month(f.t, "2020-03"), "")
	require.NoError(f.t, err)
	next := all[0]
	next.Version = 1
	change(&next)
	f.payout(domain.PayoutEntity(next.Provider, next.Month), "economist-1", domain.TypePayoutCalculated, &next, "1")
}

func forging(t *testing.T) *forger {
	f := &forger{&paying{worked(t), 0}}
	f.ledger.record(`{"id":"10","type":"subgoal-set","authority":"1281","entity":"case/k","effective":"2020-03-06","recorded":"2020-03-06T10:00:00Z","actor":"a","data":{"goal":"g1","subgoal":"walk to the shop"}}`)
	all, err := f.table.CalculatePayouts(t.Context(), month(t, "2020-02"), "")
	require.NoError(t, err)
	d := all[0]
	d.Version = 1
	entity := domain.PayoutEntity(d.Provider, d.Month)
	c := f.payout(entity, "economist-1", domain.TypePayoutCalculated, &d, "1")
	a := f.payout(entity, "controller-1", domain.TypePayoutApproved, &domain.PayoutApproved{Calculated: c.ID, Amount: d.Total, Voucher: domain.Voucher{Year: 2029, Number: 1}}, c.ID)
	f.payout(entity, "treasurer-1", domain.TypePayoutPaid, &domain.PayoutPaid{Approved: a.ID, Amount: d.Total}, a.ID)
	v := verified(t, f.log, VerifyRequest{})
	requireClean(t, v)
	require.Equal(t, VerifiedPayouts{Payouts: 1, Versions: 1, Recomputed: 1, Vouchers: 1, Settled: 250000, Paid: 250000}, v.Payouts)
	require.Equal(t, VerifiedPremiums{Awarded: 1, Outstanding: 1, Amount: 29700}, v.Premiums)
	return f
}

func TestWhatNoDeciderWouldHaveWrittenIsFoundAndNamed(t *testing.T) {
	for name, forgery := range forgeries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := forging(t)
			forgery.forge(f)
			v := verified(t, f.log, VerifyRequest{})
			requireFound(t, v, f.log.Head().Sequence, forgery.says...)
			require.Equal(t, f.log.Head().Sequence, v.Sequence, "a finding does not stop the run")
			require.Equal(t, fmt.Sprintf("%x", f.log.Head().Root), v.Root)
			require.LessOrEqual(t, len(v.Findings), 3, "%+v", v.Findings)
			parts := verified(t, f.log, VerifyRequest{passEvents: 5})
			require.Equal(t, v.Findings, parts.Findings, "in parts as in one")
		})
	}
}

func TestAllForgeriesOnOneLogAreFound(t *testing.T) {
	f := forging(t)
	at := map[string]uint64{}
	for _, name := range []string{"a voucher that leaves a gap", "a follow-up by an actor of a provider", "a visit at an unknown unit", "a premium awarded twice",
		"a decision in a case that is not opened", "recorded that decreases", "an unknown type"} { // the table of the test cannot go on after the last
		forgeries[name].forge(f)
		at[name] = f.log.Head().Sequence
	}
	v := verified(t, f.log, VerifyRequest{})
	for name, sequence := range at {
		requireFound(t, v, sequence, forgeries[name].says...)
	}
	require.Equal(t, f.log.Head().Sequence, v.Sequence)
}

// A policy settles cases in commits after its own. A log that ends among them was cut off by a kill: the next command completes it.
func TestACommandThatWasInterruptedIsNoFindingUntilSomethingFollows(t *testing.T) {
	f := forging(t)
	adopted := f.record(`{"type":"policy-adopted","authority":"1281","entity":"policy/n","effective":"2020-01-01","recorded":"2021-07-01T10:00:00Z","actor":"a","data":{"model":{"id":"n","title":"t","currency":"SEK",` +
		`"parameters":{"g":{"unit":"SEK/goal","values":{"2020-01-01":"100"}}},"components":[{"id":"q","kind":"goal-premium","amount":"g","outcomes":{"fulfilled":"1"},"repeat":"each-follow-up"}]},"from":"2020-01-01","decided_by":"b","decided_on":"2020-12-01"}}`)
	v := verified(t, f.log, VerifyRequest{})
	require.Empty(t, v.Findings)
	require.Len(t, v.Notes, 1)
	require.Contains(t, v.Notes[0], fmt.Sprintf("event %d (policy-adopted) is the last command", adopted.Sequence))

	f.record(`{"type":"case-opened","authority":"1281","entity":"case/next","effective":"2021-07-02","recorded":"2021-07-02T10:00:00Z","actor":"a","data":{"person":"y"}}`)
	v = verified(t, f.log, VerifyRequest{})
	require.Len(t, v.Findings, 1)
	requireFound(t, v, adopted.Sequence, "100.00 kr for follow-up f, goal g1 to unit w under n/q", "was not awarded")
}
