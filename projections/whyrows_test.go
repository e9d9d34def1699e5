package projections

import (
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// placedPosting is a posting with the number of its line.
type placedPosting struct {
	line int
	WhyPosting
}

// A derivation posting by posting says of each what the whole one says, however few are derived at a time and wherever it begins.
func TestPostingsDerivedInPartsAreThoseOfTheWholeDerivation(t *testing.T) {
	postings := 0
	for seed := range seeds(8) { // two of them under -short: the first alone has no posting
		p := paidHistory(t, seed, 100)
		for n, w := range everyWhy(t, p.ledger) {
			want, persons := []placedPosting{}, map[domain.Entity]bool{}
			for i := range w.Lines {
				for _, one := range w.Lines[i].Postings {
					if want = append(want, placedPosting{w.Lines[i].Line, one}); domain.Entity(one.Entity).OfPerson() {
						persons[domain.Entity(one.Entity)] = true
					}
				}
			}
			postings += len(want)
			rows, err := p.table.WhyRows(WhyQuery{Payout: domain.NewEntity(domain.KindPayout, w.Payout), AsOf: Now})
			require.NoError(t, err)
			named := rows.Entities()
			require.Len(t, named, len(persons))
			for _, e := range named {
				require.True(t, persons[e], e)
			}
			rows.part = 1 + n%5
			skip := len(want) * (n % 3) / 3
			got := []placedPosting{}
			require.NoError(t, rows.Each(t.Context(), skip, func(l *domain.PayoutLine, p *WhyPosting) bool {
				got = append(got, placedPosting{l.Line, *p})
				return true
			}))
			require.Equal(t, want[skip:], got)
			seen := 0
			require.NoError(t, rows.Each(t.Context(), 0, func(*domain.PayoutLine, *WhyPosting) bool { seen++; return false }))
			require.Equal(t, min(1, len(want)), seen, "nothing after it was told to stop")
		}
	}
	require.Positive(t, postings)
}
