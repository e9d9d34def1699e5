package export

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "run the test with -update if the change is meant")
}

func day(t require.TestingT, s string) domain.Date {
	d, err := domain.ParseDate(s)
	require.NoError(t, err)
	return d
}

func month(t require.TestingT, s string) domain.Month {
	m, err := domain.ParseMonth(s)
	require.NoError(t, err)
	return m
}

// march is three payouts of March 2016: Lund's in-house provider, approved, with an adjustment of January; a private one that owes more
// than it has earned; and a third that was cancelled.
func march(t require.TestingT) []Payout {
	lund := Payout{
		ID: "2016-03-lund-hemvard", Status: Approved, ProviderName: "Lunds hemvård", OrganisationNumber: "2120001132",
		CalculatedBy: "ekonom-1", ApprovedBy: "chef-2", Voucher: domain.Voucher{Year: 2016, Number: 7}, BookedOn: day(t, "2016-04-12"),
		Calculated: &domain.PayoutCalculated{
			Provider: "lund-hemvard", Month: month(t, "2016-03"), Version: 2, KnownTo: 5210, KnownAt: time.Date(2016, 4, 11, 13, 30, 0, 0, time.UTC),
			Models: []domain.PayoutModel{{Policy: "lund-2015-pilot", SHA256: "5f2b0c", From: day(t, "2015-01-01")}},
			Lines: []domain.PayoutLine{
				{Line: 1, Month: month(t, "2016-01"), Unit: "ostra-torn-linero", Policy: "lund-2015-pilot", Component: "premium", Account: "5019",
					Cases: 3, Quantity: "4", QuantityUnit: "goal", Known: 118800, Settled: 148500, Amount: -29700,
					Causes: []domain.PayoutCause{{Event: "e1", Sequence: 5000, Type: "event-annulled", Entity: "case/k-17"}}, CausesInAll: 1},
				{Line: 2, Month: month(t, "2016-03"), Unit: "ostra-torn-linero", Policy: "lund-2015-pilot", Component: "premium", Account: "5019",
					Cases: 11, Quantity: "12", QuantityUnit: "goal", Known: 356400, Amount: 356400},
				{Line: 3, Month: month(t, "2016-03"), Unit: "ostra-torn-linero", Policy: "lund-2015-pilot", Component: "variable", Account: "5011",
					Cases: 58, Quantity: "123456.5", QuantityUnit: "minute", Known: 79217921, Amount: 79217921},
			},
			Total: 79544621,
		},
	}
	owes := Payout{
		ID: "2016-03-omsorg_nord", Status: Approved, ProviderName: "Omsorg \"Nord\" & Søn – AB", OrganisationNumber: "556016-0680",
		CalculatedBy: "ekonom-1", ApprovedBy: "chef-2", Voucher: domain.Voucher{Year: 2016, Number: 8}, BookedOn: day(t, "2016-04-12"),
		Calculated: &domain.PayoutCalculated{
			Provider: "omsorg_nord", Month: month(t, "2016-03"), Version: 1, KnownTo: 5210, KnownAt: time.Date(2016, 4, 11, 13, 30, 0, 0, time.UTC),
			Lines: []domain.PayoutLine{
				{Line: 1, Month: month(t, "2016-02"), Unit: "nord-1", Policy: "lund-2015-pilot", Component: "variable", Account: "5011",
					Cases: 1, Quantity: "0", QuantityUnit: "minute", Settled: 4150, Amount: -4150, CausesInAll: 2},
			},
			Total: -4150,
		},
	}
	cancelled := owes
	cancelled.ID, cancelled.Status, cancelled.Voucher.Number = "2016-03-ostra", Cancelled, 6
	cancelled.ProviderName, cancelled.Calculated = "Östra hemtjänsten", &domain.PayoutCalculated{Provider: "ostra", Month: month(t, "2016-03"), Version: 1,
		Lines: []domain.PayoutLine{{Line: 1, Month: month(t, "2016-03"), Unit: "o", Policy: "p", Component: "c", Quantity: "1", Amount: 100}}, Total: 100}
	return []Payout{lund, owes, cancelled}
}

// drawPayouts draws approved, paid and cancelled payouts with different vouchers, names in any script, and amounts of either sign.
func drawPayouts(t *rapid.T) []Payout {
	numbers := rapid.SliceOfNDistinct(rapid.IntRange(1, 500), 1, 8, rapid.ID).Draw(t, "vouchers")
	payouts := make([]Payout, len(numbers))
	for i, n := range numbers {
		m := month(t, "2016-01") + domain.Month(rapid.IntRange(0, 11).Draw(t, "month"))
		p := &payouts[i]
		*p = Payout{
			ID:           fmt.Sprintf("%s-%s-%d", m, rapid.StringMatching(`[A-Za-z0-9_-]{1,40}`).Draw(t, "id"), n),
			Status:       rapid.SampledFrom([]Status{Approved, Approved, Paid, Cancelled}).Draw(t, "status"),
			ProviderName: "P" + rapid.String().Draw(t, "provider name"),
			Voucher:      domain.Voucher{Year: 2016, Number: n},
			BookedOn:     day(t, "2016-01-01") + domain.Date(rapid.IntRange(0, 365).Draw(t, "booked on")),
			Calculated:   &domain.PayoutCalculated{Provider: fmt.Sprintf("p-%d", rapid.IntRange(0, 5).Draw(t, "provider")), Month: m, Version: 1},
		}
		for line := range rapid.IntRange(0, 6).Draw(t, "lines") {
			l := domain.PayoutLine{
				Line: line + 1, Month: m - domain.Month(rapid.IntRange(0, 2).Draw(t, "months back")),
				Unit: rapid.SampledFrom([]string{"", "u-1", "u.2", "u_3"}).Draw(t, "unit"), Policy: "policy-1",
				Component: rapid.SampledFrom([]string{"variable", "premium"}).Draw(t, "component"),
				Account:   rapid.StringMatching(`[0-9]{4,6}`).Draw(t, "account"), Cases: rapid.IntRange(0, 90).Draw(t, "cases"),
				Quantity:     rapid.StringMatching(`[0-9]{1,6}(\.[0-9]{1,6})?`).Draw(t, "quantity"),
				QuantityUnit: rapid.SampledFrom([]string{"minute", "goal", "recipient"}).Draw(t, "unit of quantity"),
				Known:        domain.Money(rapid.Int64Range(-1e9, 1e12).Draw(t, "known")), Settled: domain.Money(rapid.Int64Range(-1e9, 1e12).Draw(t, "settled")),
			}
			l.Amount = l.Known - l.Settled
			p.Calculated.Lines = append(p.Calculated.Lines, l)
			p.Calculated.Total += l.Amount
		}
	}
	return payouts
}
