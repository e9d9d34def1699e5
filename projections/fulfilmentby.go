package projections

import "careledger/domain/compensation"

// FulfilmentBy returns the rows of Table.Fulfilment over what was known at the cut, for a caller that asks several questions of one moment. by
// are fields of FulfilmentFields.
func (c *Cut) FulfilmentBy(period compensation.Period, by []string) []FulfilmentRow {
	return c.fulfilment(period, &Query{By: by})
}
