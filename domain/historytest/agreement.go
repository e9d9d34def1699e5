package historytest

import (
	"fmt"

	"careledger/domain"
)

// parties are the authorities that agreements are drawn over.
var parties = []string{"1281", "1282", "12"}

// agreement draws an event of an agreement.
func (d *drawer) agreement(c *candidate) {
	c.entity = domain.NewEntity(domain.KindAgreement, fmt.Sprintf("a%d", 1+d.IntN(2)))
	switch c.typ {
	case domain.TypeAgreementProposed:
		all := append([]string{parties[0]}, d.some(parties[1:], 2)...)
		c.data = &domain.AgreementProposed{Title: pick(d.Rand, "home health care", "shared care"), Parties: all, From: c.effective}
	case domain.TypeAgreementPartyDecided:
		c.data = &domain.AgreementPartyDecided{Party: pick(d.Rand, parties...), Decision: pick(d.Rand, domain.PartyDecisions...)}
	default:
		c.data = &domain.AgreementFollowedUp{HeldOn: c.effective, Findings: number(d.IntN(5))}
	}
}
