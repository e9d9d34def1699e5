package projections

import (
	"context"
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// numbers are what rows hold, by what they are the row of. A row of nothing but zeros is none.
type numbers map[string][]*big.Rat

func (n numbers) add(key string, sign int64, values ...*big.Rat) {
	row := n[key]
	if row == nil {
		row = make([]*big.Rat, len(values))
		for i := range row {
			row[i] = new(big.Rat)
		}
		n[key] = row
	}
	zero := true
	for i, v := range values {
		row[i].Add(row[i], new(big.Rat).Mul(v, big.NewRat(sign, 1)))
		zero = zero && row[i].Sign() == 0
	}
	if zero {
		delete(n, key)
	}
}

func (n numbers) addAll(t fataler, s *Standing, sign int64) {
	whole := func(v int64) *big.Rat { return big.NewRat(v, 1) }
	for _, r := range s.Postings {
		quantity, ok := new(big.Rat).SetString(r.Quantity)
		require.True(t, ok, r.Quantity)
		n.add(fmt.Sprint("posting ", r.Keys, r.QuantityUnit), sign, quantity, whole(int64(r.Amount)))
	}
	for _, o := range s.Fulfilment {
		key := fmt.Sprint("fulfilment ", o.Provider, o.Unit, o.Month, o.LifeArea, o.Occasion)
		n.add(key, sign, whole(int64(o.FollowUps)), whole(int64(o.Assessed)), whole(int64(o.Fulfilled)), whole(int64(o.Partly)))
	}
	for _, g := range s.Granted {
		n.add(fmt.Sprint("granted ", g.Provider, g.Unit, g.Month, g.Method), sign, whole(int64(g.Decisions)), whole(g.Minutes))
	}
}

// withoutWholes leaves out the policies under which everything has to be looked at.
func withoutWholes(t fataler, events []domain.Event) (kept []domain.Event) {
	left := map[domain.Entity]bool{}
	for i := range events {
		if d, ok := events[i].Data.(*domain.PolicyAdopted); ok {
			m, _, err := compensation.ParseModel("a drawn model", d.Model)
			require.NoError(t, err)
			if tellByCase([]compensation.Policy{{ID: "drawn", Documents: []compensation.InForce{{Model: m}}}}).whole {
				left[events[i].Entity] = true
			}
		}
	}
	for _, e := range events {
		if !left[e.Entity] {
			e.Sequence = uint64(len(kept) + 1)
			kept = append(kept, e)
		}
	}
	return kept
}

func TestTheChangesOfAHistoryAddUpToWhatStandsAfterIt(t *testing.T) {
	changesInParts := 0
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		if rapid.Bool().Draw(t, "in parts") {
			events = withoutWholes(t, events)
		}
		table := newTable(historytest.Authority)
		watch, held := table.Watch(), numbers{}
		for from := 0; from < len(events); {
			n := rapid.IntRange(1, min(3, len(events)-from)).Draw(t, "events")
			add(t, table, events[from:from+n], n)
			from += n
			change, err := watch.to(context.Background(), table.snapshot())
			require.NoError(t, err)
			if change.Whole {
				held = numbers{}
			} else {
				changesInParts++
				held.addAll(t, &change.Was, -1)
			}
			held.addAll(t, &change.Is, 1)

			want, all := numbers{}, table.Watch()
			now, err := all.to(context.Background(), table.snapshot())
			require.NoError(t, err)
			require.True(t, now.Whole)
			want.addAll(t, &now.Is, 1)
			require.Equal(t, want, held, "after event %d", from)
			require.Equal(t, now.Moment, change.Moment)
		}
	})
	require.Positive(t, changesInParts, "some changes are of some cases alone")
}
