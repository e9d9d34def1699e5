package compensation

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"careledger/domain"
)

// State grants are few rows and their arithmetic needs fractions of any size, so both evaluators take their postings from here; they
// differ in how a posting is handed out.

// grantComponent is one component of one document in force over the state grants.
type grantComponent struct {
	*Component
	authority, policy string
	document          InForce
}

// grantPosting is what a recipient gets of a grant.
type grantPosting struct {
	grant, recipient string
	month            domain.Month
	quantity         *big.Rat
	rate             domain.Decimal
	amount           domain.Money
}

func (c *grantComponent) postings(grants []domain.StateGrant, period Period) (all []grantPosting, err error) {
	for i := range grants {
		var ps []grantPosting
		if c.Kind == KindAllocation {
			ps, err = c.allocated(&grants[i], period)
		} else {
			ps, err = c.performed(&grants[i], period)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, ps...)
	}
	return all, nil
}

// inForce says whether a day gives a posting: the policy holds on it, and its month is asked for.
func (c *grantComponent) inForce(day domain.Date, period Period) bool {
	return c.document.From <= day && day < c.document.End && period.Has(day.Month())
}

// sharing returns the recipients that share the pot on a day, sorted: those that have a weight then, or, where each counts the same, those
// that the grant names; of them those that the when admits. A pot is shared alike however much of the grant is known.
func (c *grantComponent) sharing(g *domain.StateGrant, day domain.Date) (all []string, err error) {
	var named []string
	if c.Weights != "" {
		v, err := c.value(c.Weights, day)
		if err != nil {
			return nil, err
		}
		named = slices.Sorted(maps.Keys(v.Table))
	} else {
		for _, r := range g.Recipients {
			named = append(named, r.ID)
		}
	}
	for _, id := range named {
		ok := true
		if c.When != nil {
			ok, err = c.When.Eval(func(variable string) string {
				switch variable {
				case "authority":
					return c.authority
				case "provider":
					return id
				case "month":
					return day.Month().String()
				}
				return ""
			})
			if err != nil {
				return nil, fmt.Errorf("model %s, component %s: when: %w", c.policy, c.ID, err)
			}
		}
		if ok {
			all = append(all, id)
		}
	}
	return all, nil
}

// number returns what an operand is worth on a day.
func (c *grantComponent) number(o Operand, day domain.Date) (domain.Decimal, error) {
	if o.Parameter == "" {
		return o.Number, nil
	}
	v, err := c.value(o.Parameter, day)
	return v.Scalar.Value, err
}

func (c *grantComponent) value(parameter string, day domain.Date) (DatedValue, error) {
	p := c.document.Model.Parameter(parameter)
	v, ok := p.At(day)
	if !ok {
		return v, &RateError{Policy: c.policy, Component: c.ID, Parameter: parameter, Day: day, First: p.Values[0].From}
	}
	return v, nil
}

// weights returns the weights of the recipients on a day, none of them negative, and their sum, which is not 0. Without weights each
// counts the same.
func (c *grantComponent) weights(recipients []string, day domain.Date) (weights []*big.Rat, sum *big.Rat, err error) {
	var v DatedValue
	if c.Weights != "" {
		if v, err = c.value(c.Weights, day); err != nil {
			return nil, nil, err
		}
	}
	sum = new(big.Rat)
	for _, id := range recipients {
		weight := big.NewRat(1, 1)
		if c.Weights != "" {
			if weight = rational(v.Table[id].Value); weight.Sign() < 0 {
				return nil, nil, c.wrong("weights", day, "that of %s is %s; a weight is 0 or more", id, v.Table[id].Value)
			}
		}
		weights, sum = append(weights, weight), sum.Add(sum, weight)
	}
	if sum.Sign() == 0 {
		return nil, nil, c.wrong("weights", day, "they are all 0 in parameters.%s; give at least one recipient a weight", c.Weights)
	}
	return weights, sum, nil
}

func (c *grantComponent) wrong(field string, day domain.Date, format string, args ...any) error {
	return &ValueError{c.policy, c.ID, field, day, fmt.Sprintf(format, args...)}
}

// performed pays each recipient its share of the pot by the degree to which it has reached its targets.
func (c *grantComponent) performed(g *domain.StateGrant, period Period) (all []grantPosting, err error) {
	for i := range g.Recipients {
		r := &g.Recipients[i]
		day, reached := r.ReportedOn, degree(r)
		if day == 0 || !c.inForce(day, period) || reached.Sign() == 0 {
			continue
		}
		sharing, err := c.sharing(g, day)
		if err != nil {
			return nil, err
		}
		at := slices.Index(sharing, r.ID)
		if at < 0 {
			continue
		}
		pot, err := c.number(c.Pot, day)
		if err != nil {
			return nil, err
		}
		weights, sum, err := c.weights(sharing, day)
		if err != nil {
			return nil, err
		}
		share := rational(pot)
		share.Mul(share, weights[at]).Quo(share, sum)
		amount, err := toOre(new(big.Rat).Mul(share, reached))
		if err != nil {
			return nil, fmt.Errorf("model %s, component %s, grant %s, recipient %s: %w", c.policy, c.ID, g.ID, r.ID, err)
		}
		all = append(all, grantPosting{g.ID, r.ID, day.Month(), reached, nineDecimals(share), amount})
	}
	return all, nil
}

// degree returns min(1, result/target) averaged over the recipient's indicators, 0 without any. A target is above 0 (payload_grant.go).
func degree(r *domain.GrantRecipient) *big.Rat {
	sum, one := new(big.Rat), big.NewRat(1, 1)
	for _, i := range r.Indicators {
		reached := new(big.Rat).Quo(rational(i.Result), rational(i.Target))
		if reached.Cmp(one) > 0 {
			reached = one
		}
		sum.Add(sum, reached)
	}
	if len(r.Indicators) > 0 {
		sum.Quo(sum, big.NewRat(int64(len(r.Indicators)), 1))
	}
	return sum
}

// allocated divides the pot among all recipients.
func (c *grantComponent) allocated(g *domain.StateGrant, period Period) (all []grantPosting, err error) {
	day := g.AgreedOn
	if !c.inForce(day, period) {
		return nil, nil
	}
	sharing, err := c.sharing(g, day)
	if err != nil || len(sharing) == 0 {
		return nil, err
	}
	pot, err := c.ore("pot", c.Pot, day)
	if err != nil {
		return nil, err
	}
	floor, err := c.ore("floor", c.Floor, day)
	if err != nil {
		return nil, err
	}
	step, err := c.ore("round_to", c.RoundTo, day)
	if err != nil {
		return nil, err
	}
	n := domain.Money(len(sharing))
	switch {
	case step == 0:
		return nil, c.wrong("round_to", day, "0 is no step; write for example \"0.01\"")
	case floor > pot/n:
		return nil, c.wrong("floor", day, "%s for each of %d recipients is more than the pot, %s", floor, n, pot)
	}
	weights, sum, err := c.weights(sharing, day)
	if err != nil {
		return nil, err
	}
	parts := divide(pot-floor*n, step, weights, sum)
	for i, id := range sharing {
		amount := floor + parts[i]
		all = append(all, grantPosting{g.ID, id, day.Month(), big.NewRat(1, 1), amount.Decimal(), amount})
	}
	return all, nil
}

// ore returns what an operand is worth on a day, in whole öre, not negative.
func (c *grantComponent) ore(field string, o Operand, day domain.Date) (domain.Money, error) {
	d, err := c.number(o, day)
	if err != nil {
		return 0, err
	}
	ore, ok := d.Scaled(2)
	if !ok || ore < 0 {
		return 0, c.wrong(field, day, "%s is not an amount; write kronor with at most two decimals, not negative", d)
	}
	return domain.Money(ore), nil
}

// divide divides an amount by weight in steps, with the largest remainder: each part is rounded down to whole steps, and those with
// the largest remainders, of equal ones the earlier, get one step more until no whole step is left. What is then left, less than a
// step, goes to the next in that order, so that the parts sum to the amount. sum is that of the weights, above 0.
func divide(amount, step domain.Money, weights []*big.Rat, sum *big.Rat) []domain.Money {
	parts, remainders, order := make([]domain.Money, len(weights)), make([]*big.Rat, len(weights)), make([]int, len(weights))
	left := amount
	for i, w := range weights {
		steps := new(big.Rat).SetFrac64(int64(amount), int64(step))
		steps.Mul(steps, w).Quo(steps, sum)
		whole := new(big.Int).Quo(steps.Num(), steps.Denom()) // at most amount/step
		parts[i], remainders[i], order[i] = domain.Money(whole.Int64())*step, steps.Sub(steps, new(big.Rat).SetInt(whole)), i
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return remainders[b].Cmp(remainders[a]) })
	for _, i := range order {
		more := min(step, left)
		parts[i] += more
		left -= more
	}
	return parts
}

// nineDecimals returns r rounded half away from zero to nine decimals.
func nineDecimals(r *big.Rat) domain.Decimal {
	d, err := domain.ParseDecimal(r.FloatString(9))
	if err != nil { // a pot has at most 15 digits before the point, and a share of it no more
		panic(fmt.Sprintf("compensation: the share %s: %v", r.FloatString(9), err))
	}
	return d
}

// grants pays out of state grants.
func (c *plainComponent) grants() (all []Posting, err error) {
	found, err := (&grantComponent{c.Component, c.Authority, c.policy, c.document}).postings(c.StateGrants, c.Period)
	for _, p := range found {
		all = append(all, Posting{Policy: c.policy, Component: c.ID, Provider: p.recipient, Month: p.month, Grant: p.grant,
			Quantity: Quantity{p.quantity}, QuantityUnit: c.QuantityUnit(), Rate: p.rate, Amount: p.amount})
	}
	return all, err
}
