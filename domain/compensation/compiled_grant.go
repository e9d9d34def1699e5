package compensation

import "fmt"

// grants pays out of state grants (grant.go).
func (k *compiled) grants() error {
	found, err := (&grantComponent{k.Component, k.Authority, k.policy, k.document}).postings(k.StateGrants, k.Period)
	if err != nil {
		return err
	}
	units := k.recipientUnits()
	for _, p := range found {
		if _, ok := units[p.recipient]; !ok {
			return fmt.Errorf("model %s, component %s: the facts know no recipient %s of grant %s (Prepared.WithRecipients)", k.policy, k.ID, p.recipient, p.grant)
		}
		if p.quantity.IsInt() {
			k.out.add(units[p.recipient], p.month, NoCase, NoCode, NoCode, -1, -1, p.quantity.Num().Int64(), p.amount)
			continue
		}
		// A degree has a denominator of its own, which may be too large for any quantum.
		if err := k.flush(); err != nil {
			return err
		}
		k.out.Fraction = p.quantity
		k.out.add(units[p.recipient], p.month, NoCase, NoCode, NoCode, -1, -1, 0, p.amount)
		err := k.flush()
		k.out.Fraction = nil
		if err != nil {
			return err
		}
	}
	return nil
}
