package historytest

import (
	"fmt"

	"careledger/domain"
)

// recipients are those that grants are drawn over. p2 is a provider, too.
var recipients = []string{"p2", "r1", "r2", "r3"}

// grant draws an event of a state grant. Targets and results go to where fractions of them are awkward.
func (d *drawer) grant(c *candidate) {
	c.entity = domain.NewEntity(domain.KindGrant, fmt.Sprintf("g%d", 1+d.IntN(2)))
	recipient, indicator := pick(d.Rand, recipients...), pick(d.Rand, "palliative", "senior-alert", "third")
	switch c.typ {
	case domain.TypeGrantAgreed:
		c.data = &domain.GrantAgreed{Title: "performance-based grant", Pot: 271_000_000_00, DevelopmentPot: 66_000_000_00, PerformancePot: 100_000_000_00}
	case domain.TypeGrantAllocated:
		c.data = &domain.GrantAllocated{Recipient: recipient, Amount: domain.Money(d.IntN(500_000_00)), Basis: pick(d.Rand, "", "number of municipalities")}
	case domain.TypeGrantTargetSet:
		c.data = &domain.GrantTargetSet{Recipient: recipient, Indicator: indicator, Target: decimal(pick(d.Rand, "70", "100", "33.333333333", "0.000000007", "999999999999999.999999999"))}
	case domain.TypeGrantResultReported:
		c.data = &domain.GrantResultReported{Recipient: recipient, Indicator: indicator, Result: decimal(pick(d.Rand, "70", "35", "12.5", "0", "0.000000003", "123456789012345.123456789"))}
	default:
		c.data = &domain.GrantPaid{Recipient: recipient, Amount: domain.Money(d.IntN(500_000_00)), Part: pick(d.Rand, domain.GrantParts...)}
	}
}

func decimal(s string) domain.Decimal {
	d, err := domain.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}
