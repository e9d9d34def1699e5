package compensation

import (
	"careledger/domain"
)

// monthQuantum makes days of any month a whole number of parts: the least common multiple of 28, 29, 30 and 31.
const monthQuantum = 377_580

// fixed pays an amount for each month counted.
func (k *compiled) fixed(d *dayCounts) error {
	inForce, health := k.inForce(), uint8(domain.Bands.Index(domain.BandHealth))
	for i, unit := range d.Unit {
		cs := NoCase
		if d.Case != nil {
			cs = d.Case[i]
		}
		if !inForce[d.Month[i]] || k.Prorate && d.Days[i] == 0 {
			continue
		}
		at := codesOf(cs, unit, d.Month[i])
		if d.Category != nil {
			at.category, at.band = d.Category[i], health
		}
		applies, err := k.when.holds(at)
		if err != nil {
			return err
		}
		if !applies {
			continue
		}
		r, err := k.rates.inMonth(d.Month[i], at)
		if err != nil {
			return err
		}
		month, quantity := k.From+domain.Month(d.Month[i]), int64(1)
		if k.Prorate {
			quantity = int64(d.Days[i]) * (monthQuantum / int64(month.Days()))
		}
		if err := k.post(r, unit, month, cs, at.category, at.band, -1, -1, quantity); err != nil {
			return err
		}
	}
	return nil
}
