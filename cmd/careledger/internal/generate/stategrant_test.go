package generate

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/big"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

func grantEvents(t testing.TB, seed uint64) ([]byte, []domain.Event) {
	var b bytes.Buffer
	require.NoError(t, StateGrant2010(&b, seed))
	return b.Bytes(), events(t, b.Bytes())
}

// allocation is a county's row of annex 2, with the number of its municipalities.
type allocation struct {
	code, name     string
	published      domain.Money
	municipalities int64
}

func annex2(t testing.TB) (all []allocation) {
	rows, err := publishedRows("skl_2010_allocation.csv")
	require.NoError(t, err)
	for _, row := range rows {
		n, err := wholeNumbers(row[2:])
		require.NoError(t, err)
		all = append(all, allocation{row[0], row[1], domain.Money(n[0]) * 100, int64(n[1])})
	}
	require.Len(t, all, 21)
	return all
}

func TestTheStateGrantRecordsWhatWasPublished(t *testing.T) {
	for seed := range uint64(5) {
		_, all := grantEvents(t, seed)
		for _, authority := range byAuthority(all) {
			requireAccepted(t, authority)
		}
		allocated, paid := map[string]map[string]domain.Money{}, map[string]domain.Money{}
		developed := map[string]domain.Money{}
		var results int
		var posts []domain.Money
		for i := range all {
			e := &all[i]
			if allocated[e.Authority] == nil {
				allocated[e.Authority] = map[string]domain.Money{}
			}
			switch d := e.Data.(type) {
			case *domain.GrantAgreed:
				require.Contains(t, []domain.Money{271_000_000_00, 1_720_000_00}, d.Pot)
				if e.Authority == "00" {
					require.Equal(t, domain.Money(66_000_000_00), d.DevelopmentPot)
					require.Equal(t, domain.Money(100_000_000_00), d.PerformancePot)
				}
			case *domain.GrantAllocated:
				allocated[e.Authority][d.Recipient] += d.Amount
				if e.Authority == "14" {
					posts = append(posts, d.Amount)
				}
			case *domain.GrantResultReported:
				results++
				require.Equal(t, "2010-12-31", e.Effective.String())
			case *domain.GrantPaid:
				paid[d.Part] += d.Amount
				if d.Part == "development" {
					require.Equal(t, 2010, e.Recorded.Year())
					developed[d.Recipient] += d.Amount
				} else {
					require.Equal(t, 2011, e.Recorded.Year(), "performance is paid after the new year 2011")
				}
			}
		}
		var published domain.Money
		for _, a := range annex2(t) {
			require.Equal(t, a.published, allocated["00"][a.code], a.name)
			published += a.published
		}
		require.Equal(t, domain.Money(65_500_000_00), published) // the annex is headed 66 million
		require.Equal(t, published, paid["development"])
		require.Equal(t, allocated["00"], developed)
		require.Positive(t, paid["performance"])
		require.Less(t, paid["performance"], domain.Money(100_000_000_00))
		require.Equal(t, 2*21-1, results)
		require.Equal(t, map[string]domain.Money{"fyrbodal": 1_720_000_00}, allocated["14"])
		require.Equal(t, []domain.Money{900_000_00, 400_000_00, 420_000_00}, posts)
	}
}

func TestPerformancePayIsTheShareByTheDegreeOfBothRegisters(t *testing.T) {
	half := county{results: []int64{300, 250}} // half of 60 and of 50 per cent
	require.Equal(t, domain.Money(2_500_000_00), half.performance(20))
	above := county{results: []int64{900, 500}}
	require.Equal(t, domain.Money(5_000_000_00), above.performance(20)) // never more than the share
	none := county{results: []int64{600, -1}}
	require.Equal(t, domain.Money(2_500_000_00), none.performance(20)) // what is not reported counts 0
	third := county{results: []int64{200, 0}}                          // a sixth of a 21st: 793 650.79 and a half öre
	require.Equal(t, domain.Money(793_650_79), third.performance(21))
}

// byRule hands out 66 million kr: 2 million a county, the rest by number of municipalities in parts of unit, largest remainder first
// and, where remainders are equal, the first county.
func byRule(all []allocation, unit int64) []domain.Money {
	const rest, floor = 24_000_000_00, 2_000_000_00
	type remainder struct {
		county int
		part   int64
	}
	given, left, remainders := make([]domain.Money, len(all)), int64(rest/unit), []remainder{}
	for i, a := range all {
		parts := new(big.Int).Mul(big.NewInt(rest/unit), big.NewInt(a.municipalities))
		whole, part := parts.QuoRem(parts, big.NewInt(290), new(big.Int))
		given[i] = floor + domain.Money(whole.Int64()*unit)
		left -= whole.Int64()
		remainders = append(remainders, remainder{i, part.Int64()})
	}
	slices.SortStableFunc(remainders, func(a, b remainder) int { return int(b.part - a.part) })
	for _, r := range remainders[:left] {
		given[r.county] += domain.Money(unit)
	}
	return given
}

func TestTheStatedRuleDoesNotGiveThePublishedAmounts(t *testing.T) {
	all := annex2(t)
	strict, rounded := byRule(all, 1), byRule(all, 500_000_00)
	var sum, sumRounded, more domain.Money
	equal := 0
	for i, a := range all {
		sum, sumRounded = sum+strict[i], sumRounded+rounded[i]
		if a.published > strict[i] {
			more += a.published - strict[i]
			require.Contains(t, []string{"Stockholm", "Skåne", "Västra Götaland"}, a.name)
		}
		if a.published == rounded[i] {
			equal++
		}
	}
	require.Equal(t, domain.Money(66_000_000_00), sum)
	require.Equal(t, sum, sumRounded)
	require.Equal(t, domain.Money(4_151_724_14), strict[0]) // Stockholm, published with 7.0
	require.Equal(t, domain.Money(8_062_068_97), more)
	require.Equal(t, 2, equal) // Gotland and Norrbotten
}

// No rule by the number of municipalities alone can give the published amounts: a county with more of them has less.
func TestThePublishedAmountsDoNotRiseWithTheNumberOfMunicipalities(t *testing.T) {
	byName := map[string]allocation{}
	for _, a := range annex2(t) {
		byName[a.name] = a
	}
	dalarna, norrbotten := byName["Dalarna"], byName["Norrbotten"]
	require.Greater(t, dalarna.municipalities, norrbotten.municipalities)
	require.Less(t, dalarna.published, norrbotten.published)
}

// grouped writes an amount with its thousands apart.
func grouped(m domain.Money) string {
	text := m.String()
	for i := len(text) - 6; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}

// The table of the page is the computed one.
func TestThePageShowsTheDifferencePerCounty(t *testing.T) {
	page, err := os.ReadFile("../../../../domain/compensation/library/state-grant-2010.md")
	require.NoError(t, err)
	all := annex2(t)
	strict, rounded := byRule(all, 1), byRule(all, 500_000_00)
	var published, ruled, roundedSum domain.Money
	table := "| county | municipalities | published | by the rule | difference | in half millions |\n| --- | ---: | ---: | ---: | ---: | ---: |\n"
	for i, a := range all {
		table += fmt.Sprintf("| %s %s | %d | %s | %s | %s | %s |\n", a.code, a.name, a.municipalities,
			grouped(a.published), grouped(strict[i]), grouped(strict[i]-a.published), grouped(rounded[i]))
		published, ruled, roundedSum = published+a.published, ruled+strict[i], roundedSum+rounded[i]
	}
	table += fmt.Sprintf("| all | 290 | %s | %s | %s | %s |\n", grouped(published), grouped(ruled), grouped(ruled-published), grouped(roundedSum))
	require.Contains(t, string(page), table)
}

func TestTheStateGrantIsTheSameOnEveryMachine(t *testing.T) {
	text, _ := grantEvents(t, 1)
	require.Equal(t, "c92be158f0272fbf0c4e83234cb34635c3edea1790f258b7ec44b76061fbcff9", fmt.Sprintf("%x", sha256.Sum256(text)))
}
