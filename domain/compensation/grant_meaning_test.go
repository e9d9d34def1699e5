package compensation_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// What a state grant gives its recipients.

func number(s string) domain.Decimal {
	d, err := domain.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// reached is a recipient that reported on a day, with name=result/target; without a result where none has been reported.
func reached(id, reported string, indicators ...string) domain.GrantRecipient {
	r := domain.GrantRecipient{ID: id}
	if reported != "" {
		r.ReportedOn = on(reported)
	}
	for _, text := range indicators {
		name, of, _ := strings.Cut(text, "=")
		result, target, _ := strings.Cut(of, "/")
		i := domain.GrantIndicator{Name: name, Target: number(target)}
		if result != "" {
			i.Result = number(result)
		}
		r.Indicators = append(r.Indicators, i)
	}
	return r
}

// granted is a grant agreed on 10 February 2020.
func granted(t *testing.T, policies []compensation.Policy, recipients ...domain.GrantRecipient) *compensation.Plain {
	plain := charged(t, policies)
	plain.StateGrants = []domain.StateGrant{{ID: "g", AgreedOn: on("2020-02-10"), Recipients: recipients}}
	return plain
}

// weighted is a parameter w with weights by recipient.
func weighted(weights string) string {
	return `"w":{"by":["recipient"],"values":{"2020-01-01":{` + weights + `}}}`
}

func allocation(pot, floor, more string) string {
	return fmt.Sprintf(`{"id":"c","kind":"allocation","pot":%q,"floor":%q,"weights":"w"%s}`, pot, floor, more)
}

func threeCounties() []domain.GrantRecipient {
	return []domain.GrantRecipient{{ID: "gotland"}, {ID: "skane"}, {ID: "vastra"}}
}

func TestAnAllocationIsTheFloorAndTheRestByWeight(t *testing.T) {
	municipalities := weighted(`"gotland":"1","skane":"33","vastra":"49"`) // of 83
	t.Run("in steps, with the largest remainder", func(t *testing.T) {
		// 60 million over the floors are 120 steps: gotland 1.45, skane 47.71, vastra 70.84. 118 whole ones, and one more each to vastra and skane.
		assertPostings(t, granted(t, inForce(t, municipalities, allocation("66000000", "2000000", `,"round_to":"500000"`)), threeCounties()...),
			"2020-02 gotland recipient 1 = 2500000.00", "2020-02 skane recipient 1 = 26000000.00", "2020-02 vastra recipient 1 = 37500000.00")
	})
	t.Run("what is less than a step goes to the next in order", func(t *testing.T) {
		// 120.4 steps: gotland 1.4506, skane 47.87, vastra 71.08. 119 whole ones, one more to skane, and the 200 000 that are left to gotland.
		assertPostings(t, granted(t, inForce(t, municipalities, allocation("66200000", "2000000", `,"round_to":"500000"`)), threeCounties()...),
			"2020-02 gotland recipient 1 = 2700000.00", "2020-02 skane recipient 1 = 26000000.00", "2020-02 vastra recipient 1 = 37500000.00")
	})
	t.Run("to the öre unless the model says more, the earlier first of equals", func(t *testing.T) {
		assertPostings(t, granted(t, inForce(t, weighted(`"gotland":"2","skane":"2","vastra":"2"`), allocation("100", "0", "")), threeCounties()...),
			"2020-02 gotland recipient 1 = 33.34", "2020-02 skane recipient 1 = 33.33", "2020-02 vastra recipient 1 = 33.33")
	})
	t.Run("among those that the when admits", func(t *testing.T) {
		assertPostings(t, granted(t, inForce(t, municipalities, allocation("100", "10", `,"when":"provider != 'gotland' && month == '2020-02'"`)), threeCounties()...),
			"2020-02 skane recipient 1 = 42.20", "2020-02 vastra recipient 1 = 57.80") // 80 × 33/82 = 32.195, 80 × 49/82 = 47.805
	})
	t.Run("whether the grant names a recipient or not", func(t *testing.T) {
		assertPostings(t, granted(t, inForce(t, municipalities, allocation("100", "0", "")), threeCounties()[1], domain.GrantRecipient{ID: "without a weight"}),
			"2020-02 gotland recipient 1 = 1.20", "2020-02 skane recipient 1 = 39.76", "2020-02 vastra recipient 1 = 59.04")
	})
	t.Run("all of it floors", func(t *testing.T) {
		assertPostings(t, granted(t, inForce(t, municipalities, allocation("30", "10", "")), threeCounties()...),
			"2020-02 gotland recipient 1 = 10.00", "2020-02 skane recipient 1 = 10.00", "2020-02 vastra recipient 1 = 10.00")
	})
	t.Run("only where the policy holds on the day", func(t *testing.T) {
		later := inForce(t, municipalities, allocation("100", "0", ""))
		later[0].Documents[0].From = on("2020-02-11")
		assertPostings(t, granted(t, later, threeCounties()...))
		later[0].Documents[0].From, later[0].Documents[0].End = on("2020-02-10"), on("2020-02-11")
		plain := granted(t, later)
		assertPostings(t, plain, "2020-02 gotland recipient 1 = 1.20", "2020-02 skane recipient 1 = 39.76", "2020-02 vastra recipient 1 = 59.04")
		postings, err := plain.Evaluate()
		require.NoError(t, err)
		p := postings[0]
		assert.Equal(t, []string{"gotland", "", "", "g", "1.2", "recipient"}, []string{p.Provider, p.Unit, p.Case, p.Grant, p.Rate.String(), p.QuantityUnit})
	})
}

func TestAnAllocationThatCannotBeMadeSaysWhy(t *testing.T) {
	for want, model := range map[string][2]string{
		`model m: floor of component c on 2020-02-10: 2000000.00 for each of 3 recipients is more than the pot, 5999999.99`:                                                                                            {weighted(`"gotland":"1","skane":"1","vastra":"1"`), allocation("5999999.99", "2000000", "")},
		`model m: parameters.w has no value on 2020-02-10, where component c uses it; its first value is from 2020-02-11. Add an earlier value, or ask from that date on (--from 2020-02, --in-force-from 2020-02-11)`: {strings.Replace(weighted(`"gotland":"1"`), "2020-01-01", "2020-02-11", 1), allocation("66", "2", "")},
	} {
		assertRefused(t, granted(t, inForce(t, model[0], model[1]), threeCounties()...), want)
	}
}

func performance(more string) string {
	return `{"id":"c","kind":"performance","pot":"90000000","degree":"results",` + more + `}`
}

func TestPerformanceIsTheShareByTheDegreeOfFulfilment(t *testing.T) {
	recipients := []domain.GrantRecipient{
		reached("gotland", "2020-03-01", "palliative=80/70", "senior-alert=35/70"), // (1 + 1/2) / 2
		reached("skane", "2020-04-30", "palliative=50/100", "senior-alert=/70"),    // (1/2 + 0) / 2
		reached("vastra", "", "palliative=/70"),                                    // has reported nothing
	}
	t.Run("in equal shares", func(t *testing.T) { // 30 million each
		plain := granted(t, inForce(t, "", performance(`"share":"equal"`)), recipients...)
		assertPostings(t, plain, "2020-03 gotland recipient 3/4 = 22500000.00", "2020-04 skane recipient 1/4 = 7500000.00")
		postings, err := plain.Evaluate()
		require.NoError(t, err)
		assert.Equal(t, "30000000", postings[0].Rate.String())
		plain.Period.From = domain.NewMonth(2020, 4)
		assertPostings(t, plain, "2020-04 skane recipient 1/4 = 7500000.00")
	})
	t.Run("by weight, as it is on the day reported", func(t *testing.T) {
		weights := weighted(`"gotland":"1","skane":"33","vastra":"56"},"2020-04-01":{"gotland":"1","skane":"1","vastra":"0"`) // 1/90 of the pot; then half of it
		for _, share := range []string{`"share":"w"`, `"share":"by-weights","weights":"w"`} {
			assertPostings(t, granted(t, inForce(t, weights, performance(share)), recipients...),
				"2020-03 gotland recipient 3/4 = 750000.00", "2020-04 skane recipient 1/4 = 11250000.00")
		}
	})
	t.Run("rounded once", func(t *testing.T) { // of 200/3 each
		third := []domain.GrantRecipient{reached("a", "2020-03-01", "x=2/3"), reached("b", ""), reached("c", "2020-03-01", "x=1/3", "y=0/1", "z=1/7")}
		assertPostings(t, granted(t, inForce(t, "", strings.Replace(performance(`"share":"equal"`), "90000000", "200", 1)), third...),
			"2020-03 a recipient 2/3 = 44.44", "2020-03 c recipient 10/63 = 10.58") // (1/3 + 0 + 1/7) / 3
	})
	t.Run("and nothing for no degree", func(t *testing.T) {
		assertPostings(t, granted(t, inForce(t, "", performance(`"share":"equal"`)), reached("a", "2020-03-01", "x=0/3"), reached("b", "2020-03-01")))
	})
	t.Run("among those that the when admits", func(t *testing.T) {
		assertPostings(t, granted(t, inForce(t, "", performance(`"share":"equal","when":"provider != 'vastra'"`)), recipients...),
			"2020-03 gotland recipient 3/4 = 33750000.00", "2020-04 skane recipient 1/4 = 11250000.00")
	})
}

// The parts of any allocation sum to the pot, none is below the floor, and none is a step or more away from its share.
func TestAnAllocationSpendsThePotExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var weights []string
		var recipients []domain.GrantRecipient
		sum := new(big.Rat)
		for i := range rapid.IntRange(1, 21).Draw(t, "recipients") {
			weight := domain.DecimalOf(rapid.Int64Range(0, 1_000_000).Draw(t, "weight"), rapid.IntRange(0, 6).Draw(t, "decimals"))
			recipients, weights = append(recipients, domain.GrantRecipient{ID: fmt.Sprintf("r%02d", i)}), append(weights, fmt.Sprintf(`"r%02d":%q`, i, weight))
			sum.Add(sum, rat(weight))
		}
		floor := domain.Money(rapid.Int64Range(0, 1_000_000_00).Draw(t, "floor"))
		rest := domain.Money(rapid.Int64Range(0, 1_000_000_000_00).Draw(t, "rest"))
		step := domain.Money(rapid.SampledFrom([]int64{1, 3, 100, 500_000_00}).Draw(t, "step"))
		pot := floor*domain.Money(len(recipients)) + rest
		doc := fmt.Sprintf(`{"id":"m","title":"t","currency":"SEK","parameters":{%s},"components":[%s]}`, weighted(strings.Join(weights, ",")),
			allocation(pot.String(), floor.String(), fmt.Sprintf(`,"round_to":%q`, step)))
		m, _, err := compensation.ParseModel("", []byte(doc))
		if sum.Sign() == 0 {
			require.ErrorContains(t, err, "no recipient has a weight above 0")
			return
		}
		require.NoError(t, err)
		month := domain.NewMonth(2020, 2)
		plain := compensation.Plain{Parties: domain.NewParties(), Period: compensation.Period{From: month, To: month},
			StateGrants: []domain.StateGrant{{ID: "g", AgreedOn: month.First(), Recipients: recipients}},
			Policies:    []compensation.Policy{{ID: "m", Documents: []compensation.InForce{{Model: m, From: domain.MinDate, End: domain.MaxDate}}}}}
		postings, err := plain.Evaluate()
		require.NoError(t, err)
		require.Len(t, postings, len(recipients))
		total, odd := domain.Money(0), 0
		for i, p := range postings {
			total += p.Amount
			require.GreaterOrEqual(t, p.Amount, floor)
			if (p.Amount-floor)%step != 0 {
				odd++
			}
			share := rat(m.Parameters[0].Values[0].Table[recipients[i].ID].Value)
			share.Mul(share, big.NewRat(int64(rest), 1)).Quo(share, sum).Sub(share, big.NewRat(int64(p.Amount-floor), 1))
			require.Negative(t, share.Abs(share).Cmp(big.NewRat(int64(step), 1)))
		}
		assert.Equal(t, pot, total)
		assert.LessOrEqual(t, odd, 1)
	})
}

func rat(d domain.Decimal) *big.Rat {
	r, ok := new(big.Rat).SetString(d.String())
	if !ok {
		panic(d.String())
	}
	return r
}

func TestARecipientMayHaveTheNameOfAProvider(t *testing.T) {
	plain := granted(t, inForce(t, krona, perMinute+`,`+performance(`"share":"equal"`)), reached("p", "2020-03-01", "x=1/1"), reached("r", "2020-03-01", "x=1/3"))
	plain.Cases = []domain.CaseFacts{worked("k", "u", 0, 0, 60)}
	_, sums, _, err := compiledPostings(columnsOf(t, plain), plain.Policies, plain.Period, []string{"provider"})
	require.NoError(t, err)
	assert.Equal(t, []compensation.Row{{Group: &compensation.Group{Keys: []string{"p"}, Quantity: "61", QuantityUnit: compensation.UnitMixed}, Amount: 45_000_060_00},
		{Group: &compensation.Group{Keys: []string{"r"}, Quantity: "0.333333", QuantityUnit: compensation.UnitRecipient}, Amount: 15_000_000_00}}, sums.Rows())
}

func TestMoreUnitsAndRecipientsThanColumnsHoldAreRefused(t *testing.T) {
	facts := historytest.Columns("00", domain.NewParties(), nil)
	var recipients []domain.GrantRecipient
	for i := range 1 << 16 {
		recipients = append(recipients, domain.GrantRecipient{ID: fmt.Sprintf("r%05d", i)})
	}
	assert.EqualError(t, facts.SetStateGrants([]domain.StateGrant{{ID: "g", Recipients: recipients}}, nil),
		"authority 00 has 65536 units and recipients of state grants, and this release can compute over 65535")
	assert.NoError(t, facts.SetStateGrants([]domain.StateGrant{{ID: "g", Recipients: recipients[1:]}}, nil))
}
