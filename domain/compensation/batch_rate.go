package compensation

import (
	"cmp"

	"careledger/domain"
)

// Rate returns what the quantity of row i was multiplied by: of time and supplements per hour, of fixed amounts per month, in the month of the
// posting. d is the document that the batch is of. Other kinds of component have no rate by the month, and must not be asked for.
func (b *Batch) Rate(d InForce, i int) (domain.Decimal, error) {
	c := plainComponent{policy: b.Policy, document: d, Component: b.Component}
	r := row{unit: b.Facts.Units[b.Unit[i]], month: b.Month[i]}
	if b.Category[i] != NoCode {
		r.category, r.band = domain.Categories[b.Category[i]], domain.Bands[b.Band[i]]
	}
	return c.value(cmp.Or(b.Component.Rate, b.Component.Amount), &r, r.month.First())
}
