package bundle

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

func TestABundleSaysWhatWasPaidAndWhy(t *testing.T) {
	v := newVillage(t)
	b, file := v.made(v.second, false)
	found := v.verified(b, Expected{Key: b.VerifierKey})
	require.Empty(t, found.Findings)
	r := found.Result
	require.Equal(t, "2280.00", r.Total.String())
	require.Equal(t, "economist-1 controller-1 treasurer-1", strings.Join([]string{r.Calc.Actor, r.Approved.Actor, r.Paid.Actor}, " "))
	require.True(t, r.FourEyes)
	lines := []string{}
	for _, l := range r.Lines {
		lines = append(lines, fmt.Sprint(l.Month, " ", l.Component, " ", l.Postings, ": ", l.Known, " - ", l.Settled, " = ", l.Amount))
	}
	require.Equal(t, []string{"2020-02 time 2: 2400.00 - 0.00 = 2400.00", "2020-01 time 2: 2280.00 - 2400.00 = -120.00"}, lines)
	require.Equal(t, 2, r.Persons)

	again, parsed := Parse(file)
	require.Empty(t, parsed)
	rewritten, err := again.Encode()
	require.NoError(t, err)
	require.True(t, bytes.Equal(file, rewritten))
	_, same := v.made(v.second, false)
	require.True(t, bytes.Equal(file, same), "the same log and payout give the same bytes")
}

func TestARedactedBundleHoldsWhatTheAmountsNeed(t *testing.T) {
	v := newVillage(t)
	has := func(sequences []uint64, id string) bool { return slices.Contains(sequences, v.at[id]) }
	whole, least := v.rests(v.second, false), v.rests(v.second, true)
	for id, in := range map[string][2]bool{
		"k1-open": {true, true}, "k1-2020-01": {true, true}, "k1-corrected": {true, true}, "k1-2020-02": {true, true}, "k2-2020-02": {true, true}, "m1": {true, true}, "b2": {true, true},
		"k1-needs": {true, false}, "k2-needs": {true, false}, "k2-decision": {true, false},
		"k3-open": {false, false}, "k3-2020-02": {false, false},
	} {
		require.Equal(t, in, [2]bool{has(whole, id), has(least, id)}, id)
	}
	require.Subset(t, whole, least)
	january := v.rests(v.first, true)
	require.True(t, has(january, "k1-follow-up") && has(january, "k1-goal"), "a premium is paid for it")
	require.False(t, has(january, "k1-corrected"), "it was not known then")
}

// forgery is what somebody writes who can read the log and write any file, but not sign.
type forgery struct {
	forge func(t *testing.T, v *village) *Bundle
	says  []string // in one finding
	event string   // that it names
}

var forgeries = map[string]forgery{
	"an event that the amount needs is left out": {func(_ *testing.T, v *village) *Bundle { return v.without("k2-2020-02") },
		[]string{"line 1 (2020-02 ua m/time) says 2400.00 kr, and the events of the bundle give 1200.00 kr"}, ""},
	"a correction is left out": {func(_ *testing.T, v *village) *Bundle { return v.without("k1-corrected") },
		[]string{"it is not in the bundle, and line 2 of the payout is said to follow from it"}, "k1-corrected"},
	"a case's beginning is left out": {func(_ *testing.T, v *village) *Bundle { return v.without("k2-open") }, []string{"the first event of case/k2 is not in the bundle, a case-opened"}, ""},
	"the policy is left out":         {func(_ *testing.T, v *village) *Bundle { return v.without("m1") }, []string{"the events of the bundle give 0.00 kr"}, ""},
	"a provider is left out":         {func(_ *testing.T, v *village) *Bundle { return v.without("a2") }, []string{"the events of the bundle give 0.00 kr"}, ""},
	"what had been settled is left out": {func(_ *testing.T, v *village) *Bundle {
		return v.assembled(v.second, false, slices.DeleteFunc(v.rests(v.second, false), func(s uint64) bool { return v.of(s, v.first) }))
	}, []string{"line 2 says that 2400.00 kr of it had been settled, and the payouts of the bundle had settled 0.00 kr"}, ""},
	"the approval is left out": {func(_ *testing.T, v *village) *Bundle {
		return v.assembled(v.second, false, slices.DeleteFunc(v.rests(v.second, false), func(s uint64) bool { return s == v.latest(v.second).Approved.Sequence }))
	}, []string{"payout-paid does not follow from what stands before it", "takes one that is approved"}, ""},
	"the goal of a follow-up is left out": {func(_ *testing.T, v *village) *Bundle {
		return v.assembled(v.first, false, slices.DeleteFunc(v.rests(v.first, false), func(s uint64) bool { return s == v.at["k1-goal"] }))
	}, []string{"line 1 (2020-01 ua m/premium) says 297.00 kr, and the events of the bundle give 0.00 kr"}, ""},
	"an event of another case is added": {func(_ *testing.T, v *village) *Bundle { return v.with(v.at["k3-open"]) },
		[]string{"case-opened of case/k3 is no part of what payout 2020-02-a rests on"}, "k3-open"},
	"another payout is added": {func(_ *testing.T, v *village) *Bundle { return v.with(v.latest("payout/2020-01-b").Sequence) },
		[]string{"payout-calculated of payout/2020-01-b is no part of what payout 2020-02-a rests on"}, ""},
	"a whole bundle is said to be redacted": {func(_ *testing.T, v *village) *Bundle { return v.assembled(v.second, true, v.rests(v.second, false)) },
		[]string{"needs-assessed of case/k1 is no part"}, "k1-needs"},
	"it is said to be of another payout": {func(_ *testing.T, v *village) *Bundle {
		return v.assembled("payout/2020-02-b", false, v.rests(v.second, false))
	},
		[]string{"payout 2020-02-b has not been calculated"}, ""},
	"the total is altered and all is written anew": {func(t *testing.T, v *village) *Bundle {
		return v.altered(t, v.latest(v.second).Sequence, `"total":"2280.00"`, `"total":"2290.00"`)
	}, []string{"the proof does not show it in the checkpoint"}, ""},
	"minutes are altered and all is written anew": {func(t *testing.T, v *village) *Bundle {
		return v.altered(t, v.at["k2-2020-02"], `"minutes":600`, `"minutes":660`)
	},
		[]string{"the proof does not show it in the checkpoint"}, "k2-2020-02"},
	"an event is moved to another sequence": {func(_ *testing.T, v *village) *Bundle {
		b := v.assembled(v.second, false, v.rests(v.second, false))
		b.Events[len(b.Events)-1].Sequence++
		return b
	}, []string{"the proof does not show it in the checkpoint"}, ""},
	"the derivation names another": {func(t *testing.T, v *village) *Bundle {
		b := v.assembled(v.second, false, v.rests(v.second, false))
		b.Derivation = bytes.Replace(b.Derivation, []byte("controller-1"), []byte("controller-2"), 1)
		return b
	}, []string{"it is not what follows from the events of the bundle: at /steps/1/actor it says", `"controller-2"`, `"controller-1" follows`}, ""},
	"there is no event": {func(_ *testing.T, v *village) *Bundle { return v.assembled(v.second, false, nil) }, []string{"there is no event in it"}, ""},
}

// without is the bundle of February without an event.
func (v *village) without(id string) *Bundle {
	return v.assembled(v.second, false, slices.DeleteFunc(v.rests(v.second, false), func(s uint64) bool { return s == v.at[id] }))
}

// with is the bundle of February with one event more.
func (v *village) with(sequence uint64) *Bundle {
	return v.assembled(v.second, false, slices.Sorted(slices.Values(append(v.rests(v.second, false), sequence))))
}

// of says whether an event is of an entity.
func (v *village) of(sequence uint64, entity domain.Entity) bool {
	e, err := v.log.Get(v.Context(), sequence)
	require.NoError(v, err)
	return e.Entity == string(entity)
}

// altered is the bundle of February with other words in an event.
func (v *village) altered(t *testing.T, sequence uint64, from, to string) *Bundle {
	b := v.assembled(v.second, false, v.rests(v.second, false))
	for i := range b.Events {
		if b.Events[i].Sequence == sequence {
			require.Contains(t, string(b.Events[i].Data), from)
			b.Events[i].Data = bytes.Replace(b.Events[i].Data, []byte(from), []byte(to), 1)
		}
	}
	return b
}

func TestForgedBundlesAreRefusedAndNamed(t *testing.T) {
	v := newVillage(t)
	for _, name := range slices.Sorted(maps.Keys(forgeries)) {
		t.Run(name, func(t *testing.T) {
			f := forgeries[name]
			b := f.forge(t, v)
			found := v.verified(b, Expected{Key: b.VerifierKey})
			requireNothingTold(t, found, name)
			require.True(t, slices.ContainsFunc(found.Findings, func(finding Finding) bool {
				for _, says := range f.says {
					if !strings.Contains(finding.What, says) {
						return false
					}
				}
				return f.event == "" || finding.Sequence == v.at[f.event]
			}), "%+v", found.Findings)
		})
	}
}

// What an inclusion proof cannot show, said in the package documentation: an event that nothing was computed from is not missed.
func TestAnEventThatNoAmountNeedsIsNotMissed(t *testing.T) {
	v := newVillage(t)
	b := v.without("k2-needs")
	require.Empty(t, v.verified(b, Expected{Key: b.VerifierKey}).Findings)
}

func TestTheKeyIsTheOneExpectedOrSaidNotToBe(t *testing.T) {
	v := newVillage(t)
	b, _ := v.made(v.second, true)
	other, err := eventstore.NewKey(eventstore.Origin(b.Authority))
	require.NoError(t, err)

	found := v.verified(b, Expected{Key: other.VerifierKey()})
	requireNothingTold(t, found, "another key")
	require.Contains(t, found.Findings[0].What, "another public key than the one that is expected")
	require.Contains(t, found.Findings[0].Do, "fingerprint")

	found = v.verified(b, Expected{})
	require.Empty(t, found.Findings)
	require.False(t, found.KeyExpected)
	fingerprint, err := eventstore.Fingerprint(b.VerifierKey)
	require.NoError(t, err)
	require.Equal(t, fingerprint, found.Fingerprint)

	b.VerifierKey = other.VerifierKey()
	requireNothingTold(t, v.verified(b, Expected{}), "a key that has not signed")
}

func TestACosignatureTravelsWithTheBundle(t *testing.T) {
	v := newVillage(t)
	signed, err := v.log.Checkpoint(t.Context())
	require.NoError(t, err)
	key, err := v.log.VerifierKey(t.Context())
	require.NoError(t, err)
	auditor, err := eventstore.NewKey("audit.example/1")
	require.NoError(t, err)
	cosigned, err := eventstore.Cosign(signed, key, auditor)
	require.NoError(t, err)
	public, err := auditor.CosignerKey()
	require.NoError(t, err)
	_, err = v.log.AcceptCosignatures(t.Context(), cosigned.Note, public)
	require.NoError(t, err)
	v.record("k9", "case-opened", "case/k9", "2020-05-01", "2020-05-01", `{"person":"y"}`) // the log goes on

	b, _ := v.made(v.second, true)
	require.Equal(t, []string{public}, b.Cosigners)
	found := v.verified(b, Expected{})
	require.Len(t, found.Checkpoint.Cosignatures, 1)
	require.Equal(t, signed.Sequence, found.Checkpoint.Events, "the newest that is cosigned and covers it, not the newest")
	require.False(t, found.Checkpoint.Cosignatures[0].Expected)
	require.True(t, v.verified(b, Expected{Cosigners: []string{public}}).Checkpoint.Cosignatures[0].Expected)

	b.Cosigners = nil
	requireNothingTold(t, v.verified(b, Expected{}), "a cosignature that no key checks")
}

// Two logs with one key: the checkpoint of the one does not prove the events of the other, and whoever kept one of them finds the fork.
func TestAForkWithTheSameKeyIsRefused(t *testing.T) {
	dir := t.TempDir()
	v := newVillageIn(t, dir)
	_, err := v.log.Checkpoint(t.Context())
	require.NoError(t, err)
	other := newPaid(t, withKeyOf(t, dir))
	fork := &village{paid: other, mem: v.mem}
	require.NoError(t, v.log.Read(t.Context(), 1, v.log.Head().Sequence, func(r eventstore.Event) error {
		if r.ID == "k3-needs" { // what is another there
			r.Data = bytes.Replace(r.Data, []byte(`"status":2`), []byte(`"status":3`), 1)
		}
		e, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
		fork.write([]domain.Event{e})
		return err
	}))
	forked, err := fork.log.Checkpoint(t.Context())
	require.NoError(t, err)
	b, _ := v.made(v.second, false)
	key, err := fork.log.VerifierKey(t.Context())
	require.NoError(t, err)
	require.Equal(t, b.VerifierKey, key)

	kept := func(c *eventstore.Checkpoint, _ string) (string, error) {
		return "compared", eventstore.CheckConsistency(forked, c, nil)
	}
	found := v.verified(b, Expected{Key: key, Continues: kept})
	requireNothingTold(t, found, "the other log's checkpoint was kept")
	require.Contains(t, found.Findings[0].What, "a fork")
	require.Empty(t, v.verified(b, Expected{Key: key, Continues: func(*eventstore.Checkpoint, string) (string, error) { return "one log", nil }}).Findings)

	b.Checkpoint = forked.Note
	found = v.verified(b, Expected{Key: key})
	requireNothingTold(t, found, "the checkpoint of the fork")
	require.Contains(t, found.Findings[0].What, "the proof does not show it in the checkpoint")
}

// A ledger that lies about its own amounts, and signs it.
func TestWhatDoesNotComeOutAgainHasNoBundle(t *testing.T) {
	for name, lie := range map[string]func(d *domain.PayoutCalculated){
		"a line":       func(d *domain.PayoutCalculated) { d.Lines[0].Known++; d.Lines[0].Amount++; d.Total++ },
		"the total":    func(d *domain.PayoutCalculated) { d.Total++ },
		"the quantity": func(d *domain.PayoutCalculated) { d.Lines[0].Quantity = "1" },
		"the account":  func(d *domain.PayoutCalculated) { d.Lines[0].Account = "1" },
		"the digest":   func(d *domain.PayoutCalculated) { d.Digest = strings.Repeat("0", 64) },
		"the models":   func(d *domain.PayoutCalculated) { d.Models = nil },
		"the settled":  func(d *domain.PayoutCalculated) { d.Lines[0].Settled++; d.Lines[0].Amount--; d.Total-- },
		"its facts":    func(d *domain.PayoutCalculated) { d.FactsTo = d.KnownTo + 1 },
		"a missing line": func(d *domain.PayoutCalculated) {
			d.Total -= d.Lines[1].Amount
			d.Lines = d.Lines[:1]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVillage(t)
			v.times("2020-03", "2020-04-01")
			all, err := v.table.CalculatePayouts(t.Context(), monthOf(t, "2020-01"), "a")
			require.NoError(t, err)
			d := all[0]
			d.Month, d.Provider, d.Version = monthOf(t, "2020-03"), "a", 1
			march, err := v.table.CalculatePayouts(t.Context(), d.Month, "a")
			require.NoError(t, err)
			d = march[0]
			d.Version = 1
			if name == "a missing line" { // of January, where there are two
				d.Lines = append(d.Lines, domain.PayoutLine{Line: 2, Month: monthOf(t, "2020-01"), Unit: "ua", Policy: "m", Component: "time", Account: "5011", Cases: 2, Quantity: "1140",
					QuantityUnit: "minute", Known: 228000, Settled: 228000})
				d.Lines = d.Lines[1:]
				d.Lines[0].Line = 1
				d.Total = 0
			} else {
				lie(&d)
			}
			entity := domain.PayoutEntity("a", d.Month)
			v.step(entity, "economist-1", domain.TypePayoutCalculated, &d, "1")
			_, _, err = Make(t.Context(), v.log, v.table, entity, Options{Now: now})
			require.Error(t, err)
			require.ErrorContains(t, err, "careledger verify")
		})
	}
}

func TestWhoCalculatedItCannotHaveApprovedIt(t *testing.T) {
	v := newVillage(t)
	v.times("2020-03", "2020-04-01")
	march, err := v.table.CalculatePayouts(t.Context(), monthOf(t, "2020-03"), "a")
	require.NoError(t, err)
	d := march[0]
	d.Version = 1
	entity := domain.PayoutEntity("a", d.Month)
	id := v.step(entity, "economist-1", domain.TypePayoutCalculated, &d, "1")
	v.step(entity, "Economist-1", domain.TypePayoutApproved, &domain.PayoutApproved{Calculated: id, Amount: d.Total, Voucher: domain.Voucher{Year: 2029, Number: 9}}, id)
	_, _, err = Make(t.Context(), v.log, v.table, entity, Options{Now: now})
	unproven := (*UnprovenError)(nil)
	require.ErrorAs(t, err, &unproven)
	require.Contains(t, unproven.Findings[0].What, "four eyes")
}

func TestARedactionOfAPartIsThatPart(t *testing.T) {
	v := newVillage(t)
	for _, payout := range []domain.Entity{v.first, v.second} {
		for _, least := range []bool{false, true} {
			sequences, events := v.rests(payout, least), []eventstore.Event(nil)
			require.NoError(t, v.log.ReadSequences(t.Context(), sequences, func(e eventstore.Event) error {
				events = append(events, e)
				return nil
			}))
			part, err := projections.FoldPart(v.log.Authority(), events)
			require.NoError(t, err)
			again, err := part.RestsOn(t.Context(), payout, least)
			require.NoError(t, err)
			require.Equal(t, sequences, again)
		}
	}
}
