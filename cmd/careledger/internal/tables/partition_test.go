package tables

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

// rows draws postings with and without what may be missing. Words are cut from longer ones, as the read models make them: an empty one
// still points somewhere.
func rows() *rapid.Generator[[]Posting] {
	words := "annual closure"
	missing := rapid.Custom(func(t *rapid.T) *string {
		from := rapid.IntRange(0, len(words)).Draw(t, "from")
		return word(words[from:rapid.IntRange(from, len(words)).Draw(t, "to")])
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Posting {
		return Posting{FirstDay: rapid.Int32Range(-30000, 100000).Draw(t, "day"), Provider: missing.Draw(t, "provider"), Unit: missing.Draw(t, "unit"), Policy: "p", Component: "c",
			LifeArea: missing.Draw(t, "life area"), Occasion: missing.Draw(t, "occasion"), Quantity: rapid.Int64().Draw(t, "quantity"), QuantityUnit: "goal",
			Amount: rapid.Int64().Draw(t, "amount")}
	}), 1, 200)
}

// What is read is what was written, and the same rows are the same bytes.
func TestAPartitionHoldsItsRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rows().Draw(t, "rows")
		p, err := partition("postings", domain.NewMonth(2016, time.March), all)
		require.NoError(t, err)
		read, err := parquet.Read[Posting](bytes.NewReader(p.Data), int64(p.Bytes))
		require.NoError(t, err)
		require.Equal(t, all, read)
		sum := sha256.Sum256(p.Data)
		require.Equal(t, hex.EncodeToString(sum[:]), p.SHA256)
		require.Equal(t, len(all), p.Rows)
		again, err := partition("postings", domain.NewMonth(2016, time.March), all)
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

func TestRowsArePartitionedByMonth(t *testing.T) {
	months := []domain.Month{domain.NewMonth(2016, time.January), domain.NewMonth(2016, time.January), domain.NewMonth(2016, time.March)}
	var found []string
	err := partitioned("postings", months, func(m *domain.Month) (domain.Month, Posting, error) {
		return *m, Posting{FirstDay: day(m.First())}, nil
	}, func(p *Partition) error {
		read, err := parquet.Read[Posting](bytes.NewReader(p.Data), int64(p.Bytes))
		for _, r := range read {
			found = append(found, p.Month+" "+(domain.NewDate(1970, time.January, 1)+domain.Date(r.FirstDay)).String())
		}
		return err
	})
	require.NoError(t, err)
	require.Equal(t, []string{"2016-01 2016-01-01", "2016-01 2016-01-01", "2016-03 2016-03-01"}, found)
}

func TestNumbersAreExactOrRefused(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "12": 12_000_000, "-0.5": -500_000, "0.0000005": 1, "-0.0000005": -1, "0.333333": 333_333, "999999999999.999999": digits18 - 1} {
		n, err := quantity(text)
		require.NoError(t, err)
		require.Equal(t, want, n, text)
	}
	for _, text := range []string{"1000000000000", "-1000000000000", "999999999999.9999999", "1e", ""} {
		_, err := quantity(text)
		require.Error(t, err, text)
	}
	_, err := millionths(new(big.Rat).SetInt64(1 << 62))
	require.ErrorContains(t, err, "more digits than DECIMAL(18,6) holds")
	for _, m := range []domain.Money{digits18, -digits18} {
		_, err := ore(m)
		require.ErrorContains(t, err, "more digits than DECIMAL(18,2) holds")
		n, err := ore(m / 10)
		require.NoError(t, err)
		require.Equal(t, int64(m/10), n)
	}
}

// Every column of money is DECIMAL(18,2), every day DATE.
func TestAmountsAreDecimalsAndDaysDates(t *testing.T) {
	for _, s := range []*parquet.Schema{parquet.SchemaOf(Posting{}), parquet.SchemaOf(Premium{}), parquet.SchemaOf(Payout{}), parquet.SchemaOf(PayoutLine{}),
		parquet.SchemaOf(Fulfilment{}), parquet.SchemaOf(FollowUp{}), parquet.SchemaOf(Decision{})} {
		for _, c := range s.Fields() {
			is := c.Type().String()
			switch name := c.Name(); {
			case name == "amount" || name == "total" || name == "adjusted" || name == "settled" || name == "known":
				require.Equal(t, "DECIMAL(18,2)", is, name)
			case name == "quantity":
				require.Equal(t, "DECIMAL(18,6)", is, name)
			case strings.HasSuffix(name, "_on") || name == "first_day" || name == "of_month":
				require.Equal(t, "DATE", is, name)
			default:
				require.NotContains(t, is, "DECIMAL", name)
				require.NotContains(t, is, "DOUBLE", name)
			}
		}
	}
}
