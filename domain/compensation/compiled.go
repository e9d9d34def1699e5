package compensation

import (
	"fmt"

	"careledger/domain"
)

// The compiled evaluator. One idea: everything that depends on words is decided once per combination of their small integer
// codes and kept in a table (whether a component applies, and which rate holds: tables.go), so that the loop over the
// facts does an index computation, one exact integer multiplication and one division a posting. It goes through the facts in
// canonical order and hands out postings in batches of columns; whoever wants sums, rows or a digest consumes those. Only what a cap sums
// is kept until the cap has gone through it (compiled_cap.go).

// Consumer takes the postings of an evaluation, batch by batch.
type Consumer func(*Batch) error

// Evaluate computes the postings of the period under the policies, in canonical order.
func (p *Prepared) Evaluate(policies []Policy, consume Consumer) error {
	return p.EvaluateWatched(policies, consume, nil)
}

// EvaluateWatched is Evaluate with somebody who watches the running sums of the caps; watch may be nil.
func (p *Prepared) EvaluateWatched(policies []Policy, consume Consumer, watch func(*CapStep)) error {
	for _, policy := range policies {
		e := evaluation{asked: p, policy: policy.ID, paid: map[string][]bool{}, years: map[string][]capSum{}, consume: consume, watch: watch}
		for i, d := range policy.Documents {
			if err := e.document(i, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// evaluation is what the documents of a policy share.
type evaluation struct {
	asked   *Prepared // the facts over the months asked for
	policy  string
	paid    map[string][]bool   // once-…: by component, goals or cases that have been paid
	years   map[string][]capSum // by cap, its groups and years
	consume Consumer
	watch   func(*CapStep)
}

func (e *evaluation) document(number int, d InForce) error {
	kept, err := e.keep(number, d)
	if err != nil {
		return err
	}
	for i := range d.Model.Components {
		c := &d.Model.Components[i]
		if kept[c.ID] != nil {
			if err := e.over(e.asked, number, d, c, e.consume).handOut(kept[c.ID]); err != nil {
				return err
			}
			continue
		}
		facts := e.asked
		if c.Kind == KindCap {
			facts = e.asked.wholeYears()
		}
		k := e.over(facts, number, d, c, e.consume)
		if err := k.compile(); err != nil {
			return err
		}
		if c.Kind == KindCap {
			err = k.cap(kept)
		} else {
			err = k.run()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compiled is one component of one document in force, made ready for the facts at hand.
type compiled struct {
	*Prepared
	*Component
	*evaluation
	document  InForce
	when      *table
	rates     *values[rate]
	threshold *values[int64]        // supplement
	limit     *values[domain.Money] // cap
	out       Batch
	consume   Consumer
}

func (e *evaluation) over(facts *Prepared, number int, d InForce, c *Component, consume Consumer) *compiled {
	k := &compiled{Prepared: facts, Component: c, evaluation: e, document: d, consume: consume}
	k.out = Batch{Facts: facts.Facts, Policy: e.policy, Document: number, Component: c, QuantityUnit: c.QuantityUnit(), Quantum: c.quantum()}
	return k
}

// compile lays out the tables of what the component looks up.
func (k *compiled) compile() (err error) {
	c := k.Component
	if c.ofGrants() {
		return nil
	}
	k.when = newTable(k)
	switch {
	case c.Kind == KindCap:
		k.limit, err = newValues(k, c.Limit, k.limitOf)
	case c.Kind == KindTime:
		k.rates, err = newRates(k, c.Rate, 60)
	case c.Kind == KindSupplement:
		if k.threshold, err = newValues(k, c.Threshold, k.thresholdOf); err == nil {
			k.rates, err = newRates(k, c.Rate, 60)
		}
	default:
		k.rates, err = newRates(k, c.Amount, 1)
	}
	return err
}

// quantum returns what makes every quantity of the component a whole number, but for the fractions of performance pay.
func (c *Component) quantum() int64 {
	if c.Prorate {
		return monthQuantum
	}
	decimals := 0
	for _, o := range c.Outcomes {
		decimals = max(decimals, o.Weight.Decimals())
	}
	return pow10(decimals)
}

func (k *compiled) run() (err error) {
	switch {
	case k.Kind == KindTime:
		err = k.time(k.minutes())
	case k.Kind == KindSupplement:
		err = k.supplement(k.minutes())
	case k.Kind == KindFixed && k.Per == PerUnitMonth:
		err = k.fixed(k.unitMonths())
	case k.Kind == KindFixed && k.Per == PerCaseMonth:
		err = k.fixed(k.caseMonths())
	case k.Kind == KindFixed && k.Per == PerPatientMonth:
		err = k.fixed(k.patientMonths())
	case k.ofFollowUps():
		err = k.premiums()
	case k.ofGrants():
		err = k.grants()
	}
	if err != nil {
		return err
	}
	return k.flush()
}

// minutes returns the cells of the component's basis, with their minutes.
func (k *compiled) minutes() (*cells, []int64) {
	switch k.Basis {
	case BasisPerformed:
		return &k.performed, k.performed.Minutes
	case BasisHealth:
		return &k.health, k.health.Minutes
	}
	return &k.granted, k.minutesUnder(k.Component)
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
