package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/historytest"
	"careledger/eventstore"
)

// village is a small ledger. Provider a has two cases and b one, each with 600 minutes reported for January and February of 2020 at 120 kr an hour,
// and a goal fulfilled in the first of a's cases. January is paid; then the first case's time there is corrected to 540 minutes, and
// February is paid, with 120.00 kr less for January.
type village struct {
	*paid
	mem           *historytest.Ledger
	first, second domain.Entity     // payouts of provider a for January and February
	at            map[string]uint64 // sequences by event id
}

const villageModel = `{"id":"m","title":"performed time and goals","currency":"SEK","parameters":{"rate":{"values":{"2020-01-01":"120"}},"goal":{"values":{"2020-01-01":"297"}}},` +
	`"components":[{"id":"time","kind":"time","basis":"performed","rate":"rate","account":"5011"},` +
	`{"id":"premium","kind":"goal-premium","amount":"goal","outcomes":{"fulfilled":"1"},"repeat":"each-follow-up","account":"5019"}]}`

func newVillage(t testing.TB) *village { return newVillageIn(t, t.TempDir()) }

func newVillageIn(t testing.TB, dir string) *village {
	v := &village{paid: newPaid(t, dir), mem: historytest.NewLedger(), first: "payout/2020-01-a", second: "payout/2020-02-a", at: map[string]uint64{}}
	for _, p := range []string{"a", "b"} {
		v.record(p+"1", "provider-registered", "provider/"+p, "2019-12-01", "2019-12-01", `{"name":"P","regime":"external"}`)
		v.record(p+"2", "unit-registered", "provider/"+p, "2019-12-01", "2019-12-01", fmt.Sprintf(`{"unit":"u%s","name":"U","area":"urban"}`, p))
	}
	v.record("m1", "policy-adopted", "policy/m", "2020-01-01", "2019-12-05", `{"model":`+villageModel+`,"from":"2020-01-01","decided_by":"the board","decided_on":"2019-12-01"}`)
	for i, p := range []string{"a", "a", "b"} {
		k := fmt.Sprint("k", i+1)
		v.record(k+"-open", "case-opened", "case/"+k, "2020-01-01", "2020-01-01", `{"person":"x"}`)
		v.record(k+"-needs", "needs-assessed", "case/"+k, "2020-01-01", "2020-01-01", `{"assessments":[{"life_area":"mobility","status":2}]}`)
		v.record(k+"-decision", "decision-made", "case/"+k, "2020-01-01", "2020-01-01", fmt.Sprintf(
			`{"decision":"d","provider":"%s","unit":"u%s","method":"standard-time","from":"2020-01-01","services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":30}]}`, p, p))
	}
	v.record("k1-goal", "goal-set", "case/k1", "2020-01-02", "2020-01-02", `{"goal":"g","decision":"d","life_area":"mobility","assessed":3,"intended":1}`)
	v.record("k1-follow-up", "follow-up-held", "case/k1", "2020-01-20", "2020-01-21",
		`{"follow_up":"f","occasion":"annual","held_on":"2020-01-20","participants":["care-manager"],"assessments":[{"goal":"g","outcome":"fulfilled"}]}`)
	v.times("2020-01", "2020-02-01")
	v.pay(monthOf(t, "2020-01"))
	v.record("k1-corrected", "event-corrected", "case/k1", "2020-01-01", "2020-03-01", `{"event":"k1-2020-01","reason":"counted twice","data":{"unit":"ua","month":"2020-01","category":"care","band":"day","minutes":540}}`)
	v.times("2020-02", "2020-03-01")
	v.pay(monthOf(t, "2020-02"))
	require.NoError(t, v.log.Read(t.Context(), 1, v.log.Head().Sequence, func(e eventstore.Event) error {
		v.at[e.ID] = e.Sequence
		return nil
	}))
	return v
}

func monthOf(t testing.TB, s string) domain.Month {
	m, err := domain.ParseMonth(s)
	require.NoError(t, err)
	return m
}

func (v *village) record(id, typ, entity, effective, recorded, data string) {
	events, problems := v.mem.Submit(fmt.Appendf(nil, `{"id":%q,"type":%q,"authority":"1281","entity":%q,"effective":%q,"recorded":"%sT10:00:00Z","actor":"registrar-1","data":%s}`, id, typ, entity, effective, recorded, data))
	require.Empty(v, problems, id)
	for i := range events {
		events[i].Sequence = v.log.Head().Sequence + uint64(i) + 1
	}
	v.write(events)
}

// times reports 600 minutes for each case.
func (v *village) times(month, recorded string) {
	for i, p := range []string{"a", "a", "b"} {
		k := fmt.Sprint("k", i+1)
		v.record(k+"-"+month, "time-reported", "case/"+k, month+"-01", recorded, fmt.Sprintf(`{"unit":"u%s","month":%q,"category":"care","band":"day","minutes":600}`, p, month))
	}
}

// latest is the version of a payout that counts.
func (v *village) latest(payout domain.Entity) *domain.PayoutVersion {
	for _, p := range v.payouts() {
		if p.Entity == payout {
			return p.Latest()
		}
	}
	require.Fail(v, "no such payout", payout)
	return nil
}

// assembled is a bundle of any events of the log, each with its true proof, and the derivation that follows from them where there is one: what
// somebody can write who has read the log and wants to show something else.
func (v *village) assembled(payout domain.Entity, redacted bool, sequences []uint64) *Bundle {
	b := &Bundle{Authority: historytest.Authority, Payout: payout, Redacted: redacted, Derivation: []byte(`{}`)}
	signed, err := b.sign(v.Context(), v.log, v.log.Head().Sequence)
	require.NoError(v, err)
	paths, events := eventstore.NewPaths(signed.Sequence), []eventstore.Event(nil)
	require.NoError(v, v.log.ReadSequences(v.Context(), sequences, func(e eventstore.Event) error {
		proof, err := v.log.ProveInclusion(e.Sequence, signed)
		b.Events = append(b.Events, Event{e, paths.Shorten(e.Sequence, eventstore.LeafHash(b.Authority, e), proof)})
		events = append(events, e)
		return err
	}))
	if d, err := derive(v.Context(), b.Authority, events, payout); err == nil {
		b.Derivation = d
	}
	return b
}

// rests are the events that a payout rests on.
func (v *village) rests(payout domain.Entity, least bool) []uint64 {
	sequences, err := v.table.RestsOn(v.Context(), payout, least)
	require.NoError(v, err)
	return sequences
}

// verified checks a bundle that was written by somebody.
func (v *village) verified(b *Bundle, x Expected) *Verification {
	file, err := b.Encode()
	require.NoError(v, err)
	x.Now = now
	found, err := Verify(v.Context(), file, x)
	require.NoError(v, err)
	return found
}

// withKeyOf is a directory for a ledger that signs with the key of another one.
func withKeyOf(t testing.TB, dir string) string {
	other := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(other, "keys"), 0o700))
	for _, name := range []string{"keys/1281.key"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(other, name), b, 0o600))
	}
	return other
}
