package compensation

import (
	"fmt"

	"careledger/domain"
)

// The compiled evaluator. One idea: everything that depends on words is decided once per combination of their small integer
// codes and kept in a table (whether a component applies, and which rate holds: tables.go), so that the loop over the
// facts does an index computation, one exact integer multiplication and one division a posting. It goes through the facts in
// canonical order and hands out postings in batches of columns; whoever wants sums, rows or a digest consumes those.

// Consumer takes the postings of an evaluation, batch by batch.
type Consumer func(*Batch) error

// Evaluate computes the postings of the period under the policies, in canonical order.
func (p *Prepared) Evaluate(policies []Policy, consume Consumer) error {
	for _, policy := range policies {
		paid := map[string][]bool{}
		for i, d := range policy.Documents {
			for j := range d.Model.Components {
				c, err := p.compile(policy.ID, i, d, &d.Model.Components[j], paid, consume)
				if err != nil {
					return err
				}
				if err := c.run(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// compiled is one component of one document in force, made ready for the facts at hand.
type compiled struct {
	*Prepared
	*Component
	document InForce
	paid     map[string][]bool // once-…: by component, goals or cases that have been paid
	when     *table
	rates    *rates
	out      Batch
	consume  Consumer
}

func (p *Prepared) compile(policy string, number int, d InForce, c *Component, paid map[string][]bool, consume Consumer) (*compiled, error) {
	k := &compiled{Prepared: p, Component: c, document: d, paid: paid, consume: consume}
	k.out = Batch{Facts: p.Facts, Policy: policy, Document: number, Component: c, Quantum: 1}
	per, parameter := int64(1), c.Amount
	switch {
	case c.Kind == KindTime:
		per, parameter = 60, c.Rate
	case c.Prorate:
		k.out.Quantum = monthQuantum
	case c.Kind == KindGoalPremium:
		decimals := 0
		for _, o := range c.Outcomes {
			decimals = max(decimals, o.Weight.Decimals())
		}
		k.out.Quantum = pow10(decimals)
	}
	var err error
	k.when = newTable(k)
	k.rates, err = newRates(k, d.Model.Parameter(parameter), per)
	return k, err
}

func (k *compiled) run() (err error) {
	switch {
	case k.Kind == KindTime && k.Basis == BasisPerformed:
		err = k.time(&k.performed, k.performed.Minutes)
	case k.Kind == KindTime && k.Basis != BasisHealth:
		err = k.time(&k.granted, k.minutesUnder(k.Component))
	case k.Kind == KindFixed && k.Per == PerUnitMonth:
		err = k.fixed(k.unitMonths())
	case k.Kind == KindFixed && k.Per == PerCaseMonth:
		err = k.fixed(k.caseMonths())
	case k.Kind == KindGoalPremium || k.Kind == KindPersonPremium:
		err = k.premiums()
	}
	if err != nil {
		return err
	}
	return k.flush()
}

func (k *compiled) flush() error {
	if len(k.out.Unit) == 0 {
		return nil
	}
	err := k.consume(&k.out)
	k.out.clear()
	return err
}

// post adds a posting of quantity × rate.
func (k *compiled) post(r rate, unit uint16, month domain.Month, cs uint32, category, band uint8, followUp, goal int32, quantity int64) error {
	amount, ok := r.of(quantity)
	if !ok {
		return fmt.Errorf("model %s, component %s, unit %s, %s: the amount is larger than the ledger can hold", k.out.Policy, k.ID, k.Units[unit].ID, month)
	}
	k.out.add(unit, month, cs, category, band, followUp, goal, quantity, amount)
	if len(k.out.Unit) >= batchSize {
		return k.flush()
	}
	return nil
}

// inForce returns, by month of the period, whether the document gives postings.
func (k *compiled) inForce() []bool {
	months := make([]bool, max(0, int(k.To-k.From)+1))
	for i := range months {
		first := (k.From + domain.Month(i)).First()
		months[i] = k.document.From <= first && first < k.document.End
	}
	return months
}

// counted says which rows a basis counts, by class and method.
func (c *Component) counted(class domain.GrantClass, method uint8) bool {
	switch c.Basis {
	case BasisNeed:
		return class == domain.GrantNeed
	case BasisFrame:
		return class == domain.GrantFrame
	case BasisGranted:
		return class == domain.GrantFrame || domain.Methods[method] != domain.MethodFrameTime
	}
	return true
}

// time pays minutes by the hour.
func (k *compiled) time(c *cells, minutes []int64) error {
	inForce := k.inForce()
	for i := 0; i < len(c.Case); {
		sum, j := int64(0), i
		for ; j < len(c.Case) && (j == i || c.sameCell(i, j)); j++ {
			if minutes[j] == 0 || !inForce[c.Month[j]] || !k.counted(c.Class[j], c.Method[j]) {
				continue
			}
			applies, err := k.when.holds(codes{cs: c.Case[j], unit: c.Unit[j], category: c.Category[j], band: c.Band[j], method: c.Method[j], month: c.Month[j]})
			if err != nil {
				return err
			}
			if applies {
				sum += minutes[j]
			}
		}
		if sum > 0 {
			month := k.From + domain.Month(c.Month[i])
			r, err := k.rates.inMonth(c.Month[i], codes{unit: c.Unit[i], category: c.Category[i], band: c.Band[i]})
			if err != nil {
				return err
			}
			if err := k.post(r, c.Unit[i], month, c.Case[i], c.Category[i], c.Band[i], -1, -1, sum); err != nil {
				return err
			}
		}
		i = j
	}
	return nil
}

// monthQuantum makes days of any month a whole number of parts: the least common multiple of 28, 29, 30 and 31.
const monthQuantum = 377_580

// fixed pays an amount for each month counted.
func (k *compiled) fixed(d *dayCounts) error {
	inForce := k.inForce()
	for i, unit := range d.Unit {
		cs := NoCase
		if d.Case != nil {
			cs = d.Case[i]
		}
		if !inForce[d.Month[i]] || k.Prorate && d.Days[i] == 0 {
			continue
		}
		at := codes{cs: cs, unit: unit, category: NoCode, band: NoCode, method: noMethod, month: d.Month[i]}
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
		if err := k.post(r, unit, month, cs, NoCode, NoCode, -1, -1, quantity); err != nil {
			return err
		}
	}
	return nil
}
