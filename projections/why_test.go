package projections

import (
	"context"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
)

// everyWhy derives every payout of a ledger.
func everyWhy(t testing.TB, p *ledger) (all []*Why) {
	payouts, _, err := p.table.Payouts(Now)
	require.NoError(t, err)
	for _, payout := range payouts.All() {
		w, err := p.table.Why(context.Background(), WhyQuery{Payout: payout.Entity, AsOf: Now})
		require.NoError(t, err)
		all = append(all, w)
	}
	return all
}

func TestEveryPostingOfEveryPayoutReAddsAndNamesItsEvents(t *testing.T) {
	lines, kinds, adjusted, zero := 0, map[string]int{}, 0, 0
	for seed := range seeds(20) {
		p := paidHistory(t, seed, 300)
		for _, w := range everyWhy(t, p.ledger) {
			total := domain.Money(0)
			for i := range w.Lines {
				l := &w.Lines[i]
				sum := domain.Money(0)
				events := map[uint64]WhyEvent{}
				for _, e := range l.Events {
					require.Equal(t, e.Used, e.Reason == "", "%s line %d event %d: used and a reason", w.Payout, l.Line, e.Sequence)
					require.True(t, e.Used || WhyReasons.Has(e.Reason))
					require.LessOrEqual(t, e.Sequence, w.FactsTo, "nothing that was not known then")
					events[e.Sequence] = e
				}
				for _, posting := range l.Postings {
					sum += posting.Amount
					about := 0
					for _, s := range posting.RestsOn {
						require.True(t, events[s].Used)
						if k := domain.Entity(events[s].Entity).Kind(); k != domain.KindProvider && k != domain.KindPolicy && events[s].Type != string(domain.TypeCaseOpened) && events[s].Type != string(domain.TypeCareRequested) {
							about++
						}
					}
					require.Positive(t, about, "%s line %d (%s) posting %d names what it is paid for", w.Payout, l.Line, l.Model.Kind, posting.Posting)
					kinds[l.Model.Kind]++
				}
				require.Equal(t, l.PostingsAll, len(l.Postings))
				require.Equal(t, l.Known, sum, "the postings of %s line %d", w.Payout, l.Line)
				require.Equal(t, l.Known-l.Settled, l.Amount)
				total += l.Amount
				lines++
				if l.Adjusts {
					adjusted++
				}
				if l.Model == nil {
					zero++
				}
			}
			require.Equal(t, w.Total, total)
			require.True(t, w.FourEyes)
		}
	}
	t.Logf("%d lines, %d of them adjustments, %d of which nothing is known; postings by kind: %v", lines, adjusted, zero, kinds)
	require.Positive(t, adjusted)
	if testing.Short() {
		return // a quarter of the histories need not hold every kind
	}
	for _, kind := range []compensation.ComponentKind{compensation.KindTime, compensation.KindFixed, compensation.KindGoalPremium, compensation.KindPersonPremium} {
		require.Positive(t, kinds[string(kind)], kind)
	}
}

func TestTheLeafOfADerivationIsTheLeafOfTheLog(t *testing.T) {
	p := paidHistory(t, 3, 200)
	leaves := map[uint64]string{}
	require.NoError(t, p.log.Read(t.Context(), 1, p.log.Head().Sequence, func(e eventstore.Event) error {
		leaf := eventstore.LeafHash(p.log.Authority(), e)
		leaves[e.Sequence] = hex.EncodeToString(leaf[:])
		return nil
	}))
	compared := 0
	for _, w := range everyWhy(t, p.ledger) {
		for _, s := range w.Steps {
			require.Equal(t, leaves[s.Sequence], s.Leaf)
		}
		for _, l := range w.Lines {
			for _, e := range l.Events {
				require.Equal(t, leaves[e.Sequence], e.Leaf)
				compared++
			}
		}
	}
	require.Positive(t, compared)
}

func TestAPayoutThatDoesNotComeOutAgainIsNotDerived(t *testing.T) {
	f := forging(t)
	f.change(func(d *domain.PayoutCalculated) { d.Lines[0].Known++; d.Lines[0].Amount++; d.Total++ })
	payouts, _, err := f.table.Payouts(Now)
	require.NoError(t, err)
	all := payouts.All()
	_, err = f.table.Why(t.Context(), WhyQuery{Payout: all[len(all)-1].Entity, AsOf: Now})
	require.ErrorIs(t, err, ErrNoWhy)
	require.ErrorContains(t, err, "careledger verify")
}

func TestALineDerivedInPartsIsTheLineDerivedWhole(t *testing.T) {
	const most, enough = 2, 40 // parts
	parts := 0
	for seed := range uint64(2) {
		p := paidHistory(t, seed, 150)
		for _, whole := range everyWhy(t, p.ledger) {
			for i := range whole.Lines {
				l := &whole.Lines[i]
				if l.PostingsAll < most || parts >= enough {
					continue
				}
				var postings []WhyPosting
				for first := 1; first <= l.PostingsAll; first += most {
					part, err := p.table.Why(t.Context(), WhyQuery{Payout: domain.NewEntity(domain.KindPayout, whole.Payout), Line: l.Line, First: first, Most: most, AsOf: Now})
					require.NoError(t, err)
					require.LessOrEqual(t, len(part.Lines[0].Postings), most)
					postings = append(postings, part.Lines[0].Postings...)
					parts++
				}
				require.Equal(t, l.PostingsAll, len(postings))
				for j := range postings {
					require.Equal(t, l.Postings[j], postings[j], "%s line %d posting %d", whole.Payout, l.Line, j+1)
				}
			}
		}
	}
	require.Positive(t, parts)
}

func TestWhatIsNotThereIsNotDerived(t *testing.T) {
	f := forging(t)
	known := f.table.mustPayout(t)
	for want, q := range map[string]WhyQuery{
		"there is no payout 2020-07-x": {Payout: "payout/2020-07-x"},
		"and no line 99":               {Payout: known, Line: 99},
		"and no posting 99":            {Payout: known, Line: 1, Posting: 99},
	} {
		q.AsOf = Now
		_, err := f.table.Why(t.Context(), q)
		require.ErrorIs(t, err, ErrNoWhy)
		require.ErrorContains(t, err, want)
	}
	_, err := f.table.Why(t.Context(), WhyQuery{Payout: known, AsOf: AsOf{Sequence: 1}})
	require.ErrorContains(t, err, "there is no payout", "before it was calculated")
}

func (t *Table) mustPayout(tb testing.TB) domain.Entity {
	payouts, _, err := t.Payouts(Now)
	require.NoError(tb, err)
	return payouts.All()[0].Entity
}

func TestACorrectionAfterThePayoutDoesNotChangeItsDerivation(t *testing.T) {
	f := forging(t)
	entity := f.table.mustPayout(t)
	before, err := f.table.Why(t.Context(), WhyQuery{Payout: entity, AsOf: Now})
	require.NoError(t, err)
	f.ledger.record(`{"type":"event-annulled","authority":"1281","entity":"case/k","effective":"2029-08-08","recorded":"2029-08-08T10:00:00Z","actor":"a","data":{"event":"7","reason":"wrong"}}`)
	after, err := f.table.Why(t.Context(), WhyQuery{Payout: entity, AsOf: Now})
	require.NoError(t, err)
	require.Equal(t, before.Lines, after.Lines)
	require.False(t, strings.Contains(after.Status, "cancelled"))
}

func TestTheWayBackFromAnEventIsTheWayThereFromThePayouts(t *testing.T) {
	looked, touched := 0, 0
	for seed := range uint64(4) {
		p := paidHistory(t, seed, 120)
		type place struct {
			payout string
			line   int
		}
		used, seen := map[string]map[place]bool{}, map[place]bool{}
		for _, w := range everyWhy(t, p.ledger) {
			for _, l := range w.Lines {
				if l.PostingsAll == 0 {
					continue
				}
				at := place{w.Payout, l.Line}
				seen[at] = true
				for _, e := range l.Events {
					if used[e.Event] == nil {
						used[e.Event] = map[place]bool{}
					}
					if e.Used {
						used[e.Event][at] = true
					}
				}
			}
		}
		for id, there := range used {
			if looked++; looked%3 != 0 {
				continue
			}
			back, err := p.table.WhyOfEvent(t.Context(), id, Now)
			require.NoError(t, err)
			found := map[place]bool{}
			for _, l := range back.Lines {
				at := place{l.Payout, l.Line}
				found[at] = true
				if l.How == "posting" && seen[at] {
					require.True(t, there[at], "%s touches %v", id, at)
					require.NotEmpty(t, l.Postings)
				}
			}
			for at := range there {
				require.True(t, found[at], "event %s (%s) is used in %v, and the way back does not find it", id, back.Event.Type, at)
				touched++
			}
		}
	}
	require.Positive(t, touched)
}
