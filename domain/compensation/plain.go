package compensation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"careledger/domain"
)

// The plain evaluator: the contract's section 4 and 5 word for word, in apd decimals, one case at a time. It is written to be
// read, explains each posting, and awards the premiums that the ledger writes. The compiled evaluator (compiled.go) is the
// fast one; the two agree to the öre on every history.

// Plain is what the plain evaluator computes over.
type Plain struct {
	Authority string
	Parties   *domain.Parties
	Cases     []domain.CaseFacts // sorted by case
	Policies  []Policy
	Period    Period
}

// Posting is one computed amount.
type Posting struct {
	Policy, Component    string
	Provider, Unit       string
	Month                domain.Month
	Case, Category, Band string
	FollowUp, Goal       string
	LifeArea, Occasion   string
	HeldOn               domain.Date // of a premium's follow-up
	Quantity             Quantity
	QuantityUnit         string
	Rate                 domain.Decimal
	Amount               domain.Money
}

// Quantity is an exact quotient: minutes and goals over 1, days of a prorated month over the days of that month.
type Quantity struct {
	Of   domain.Decimal
	Over int64
}

// Evaluate returns the postings of the period in canonical order: by policy, document, component, and then by case, unit,
// category, band and month, for premiums by case, day held, sequence and goal; a posting without a case comes first.
func (in *Plain) Evaluate() ([]Posting, error) {
	var all []Posting
	for _, p := range in.Policies {
		paid := map[string]bool{} // once-… holds over all documents of a policy
		for _, d := range p.Documents {
			for i := range d.Model.Components {
				ps, err := (&plainComponent{in, p.ID, d, &d.Model.Components[i], paid}).postings()
				if err != nil {
					return nil, err
				}
				all = append(all, ps...)
			}
		}
	}
	return slices.DeleteFunc(all, func(p Posting) bool { return !in.Period.Has(p.Month) }), nil
}

// plainComponent is one component of one document in force.
type plainComponent struct {
	*Plain
	policy   string
	document InForce
	*Component
	paid map[string]bool
}

func (c *plainComponent) postings() ([]Posting, error) {
	switch {
	case c.Kind == KindTime:
		return c.time()
	case c.Kind == KindFixed && c.Per == PerUnitMonth:
		return c.fixedUnits()
	case c.Kind == KindFixed && c.Per == PerCaseMonth:
		return c.fixedCases()
	case c.Kind == KindGoalPremium || c.Kind == KindPersonPremium:
		return c.premiums()
	}
	return nil, nil // per patient-month: home care has no patients
}

// months returns the months of the period whose first day the document is in force on.
func (c *plainComponent) months() (months []domain.Month) {
	for m := c.Period.From; m <= c.Period.To; m++ {
		if c.document.From <= m.First() && m.First() < c.document.End {
			months = append(months, m)
		}
	}
	return months
}

// row is what a `when` and a table can look at.
type row struct {
	unit             domain.Unit
	facts            *domain.CaseFacts // nil for a unit's own posting
	category, band   string
	method, occasion string
	lifeArea         string
	outcome          string
	month            domain.Month
}

// variable returns a when variable; what a component has no value for is empty.
func (c *plainComponent) variable(r *row, name string) string {
	switch name {
	case "authority":
		return c.Authority
	case "provider":
		return r.unit.Provider
	case "regime":
		return r.unit.Regime
	case "unit":
		return r.unit.ID
	case "area":
		return r.unit.Area
	case "category":
		return r.category
	case "band":
		return r.band
	case "method":
		return r.method
	case "life_area":
		return r.lifeArea
	case "occasion":
		return r.occasion
	case "outcome":
		return r.outcome
	case "month":
		return r.month.String()
	}
	if r.facts == nil {
		return ""
	}
	switch strings.TrimPrefix(name, inclusionPrefix) {
	case "case":
		return r.facts.Case
	case "programme":
		return r.facts.Programme
	case "diagnosis_group":
		return r.facts.Inclusion.DiagnosisGroup
	case "rehabilitation_potential":
		return fmt.Sprint(r.facts.Inclusion.RehabilitationPotential)
	case "needs_expected_to_decrease":
		return fmt.Sprint(r.facts.Inclusion.NeedsExpectedToDecrease)
	}
	return "" // kind: home care has none
}

func (c *plainComponent) applies(r *row) (bool, error) {
	if c.When == nil {
		return true, nil
	}
	return c.When.Eval(func(name string) string { return c.variable(r, name) })
}

// value returns the parameter's value in force on a day, for a row.
func (c *plainComponent) value(parameter string, r *row, day domain.Date) (domain.Decimal, error) {
	p := c.document.Model.Parameter(parameter)
	v, ok := p.At(day)
	if !ok {
		return domain.Decimal{}, &RateError{Policy: c.policy, Component: c.ID, Parameter: parameter, Day: day, First: p.Values[0].From}
	}
	if len(p.By) == 0 {
		return v.Scalar.Value, nil
	}
	key := make([]string, len(p.By))
	for i, by := range p.By {
		key[i] = c.variable(r, by)
	}
	k := strings.Join(key, "/")
	entry, ok := v.Table[k]
	if !ok {
		return domain.Decimal{}, &RateError{Policy: c.policy, Component: c.ID, Parameter: parameter, Key: k, Day: day}
	}
	return entry.Value, nil
}

// post makes a posting of quantity × rate / per, rounded once.
func (c *plainComponent) post(r *row, q Quantity, rate domain.Decimal, per int64) (Posting, error) {
	exact := q.Of.Mul(rate)
	amount, err := exact.QuoRound(domain.DecimalOf(q.Over*per, 0), 2).Money()
	if err != nil {
		return Posting{}, fmt.Errorf("model %s, component %s, unit %s, %s: %w", c.policy, c.ID, r.unit.ID, r.month, err)
	}
	p := Posting{Policy: c.policy, Component: c.ID, Provider: r.unit.Provider, Unit: r.unit.ID, Month: r.month,
		Category: r.category, Band: r.band, LifeArea: r.lifeArea, Occasion: r.occasion,
		Quantity: q, QuantityUnit: c.QuantityUnit(), Rate: rate, Amount: amount}
	if r.facts != nil {
		p.Case = r.facts.Case
	}
	return p, nil
}

// unit returns a unit as known then; by time, one whose registration was annulled before what happened there has its id alone.
func (c *plainComponent) unit(id string) domain.Unit {
	if u, ok := c.Parties.Unit(id); ok {
		return u
	}
	return domain.Unit{ID: id}
}

// time pays minutes by the hour, per case, unit, category, band and month.
func (c *plainComponent) time() (all []Posting, err error) {
	for i := range c.Cases {
		facts := &c.Cases[i]
		var postings []Posting
		for _, month := range c.months() {
			minutes, granted := map[row]int64{}, c.minutes(facts, month)
			for _, r := range sortedRows(granted) {
				n := granted[r]
				ok, err := c.applies(&r)
				if err != nil {
					return nil, err
				}
				if ok {
					r.method = "" // read by when, but no part of what a posting is per
					minutes[r] += n
				}
			}
			for _, r := range sortedRows(minutes) {
				rate, err := c.value(c.Rate, &r, month.First())
				if err != nil {
					return nil, err
				}
				p, err := c.post(&r, Quantity{domain.DecimalOf(minutes[r], 0), 1}, rate, 60)
				if err != nil {
					return nil, err
				}
				postings = append(postings, p)
			}
		}
		slices.SortFunc(postings, func(a, b Posting) int {
			return cmp.Or(strings.Compare(a.Unit, b.Unit), domain.Categories.Index(a.Category)-domain.Categories.Index(b.Category),
				domain.Bands.Index(a.Band)-domain.Bands.Index(b.Band), int(a.Month-b.Month))
		})
		all = append(all, postings...)
	}
	return all, nil
}

// sortedRows returns the rows of one case and month that have minutes, in an order that does not change from run to run, so
// that of two errors the same one is always reported.
func sortedRows(minutes map[row]int64) (rows []row) {
	for r, n := range minutes {
		if n != 0 {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.unit.ID, b.unit.ID), strings.Compare(a.category, b.category), strings.Compare(a.band, b.band), strings.Compare(a.method, b.method))
	})
	return rows
}

// minutes returns a case's minutes of a month on the component's basis.
func (c *plainComponent) minutes(facts *domain.CaseFacts, month domain.Month) map[row]int64 {
	minutes := map[row]int64{}
	if c.Basis == BasisPerformed {
		for _, p := range facts.Performed {
			if p.Month == month {
				minutes[row{unit: c.unit(p.Unit), facts: facts, category: p.Category, band: p.Band, month: month}] += int64(p.Minutes)
			}
		}
		return minutes
	}
	type line struct {
		number int
		class  domain.GrantClass
		row    row
		amount int64
	}
	days := map[line]int64{} // in hundredths of a day
	for _, g := range facts.Grants {
		if c.counts(g) {
			r := row{unit: c.unit(g.Unit), facts: facts, category: g.Category, band: g.Band, method: g.Method, month: month}
			days[line{g.Line, g.Class, r, g.Amount}] += c.dayPercents(facts.Absences, g, month)
		}
	}
	for l, percents := range days {
		per := domain.DecimalOf(700, 0).Mul(domain.DecimalOf(1_000_000_000, 0)) // a week, in hundredths; Amount in billionths
		if l.class == domain.GrantFrame {
			per = domain.DecimalOf(int64(100*month.Days()), 0)
		}
		whole, _ := domain.DecimalOf(l.amount, 0).Mul(domain.DecimalOf(percents, 0)).QuoRound(per, 0).Scaled(0)
		minutes[l.row] += whole
	}
	return minutes
}

// counts says whether a grant line is of the component's basis.
func (c *plainComponent) counts(g domain.Grant) bool {
	frameTime := g.Method == domain.MethodFrameTime
	switch c.Basis {
	case BasisNeed:
		return g.Class == domain.GrantNeed
	case BasisFrame:
		return g.Class == domain.GrantFrame
	case BasisGranted:
		return g.Class == domain.GrantFrame || g.Class == domain.GrantNeed && !frameTime
	}
	return false // health: home care has none
}

// dayPercents counts the days of the month on which the line is in force, each as a percentage.
func (c *plainComponent) dayPercents(absences []domain.Absence, g domain.Grant, month domain.Month) (sum int64) {
	for day := max(g.From, month.First()); day <= min(g.To, month.Last()); day++ {
		percent := 100
		for _, a := range absences {
			if a.From <= day && day <= a.To {
				percent = min(percent, c.percentOf(a.Reason, int(day-a.From)))
			}
		}
		sum += int64(percent)
	}
	return sum
}

// percentOf returns how much the nth day (from 0) of an absence counts.
func (c *Component) percentOf(reason string, n int) int {
	for _, rule := range c.Absence {
		if rule.Reason != reason {
			continue
		}
		for _, rung := range rule.Ladder {
			if n < rung.Days {
				return rung.Percent
			}
			n -= rung.Days
		}
		return rule.After
	}
	return 100
}

// fixedUnits pays an amount for each unit and month, from the first to the last month in which it has a decision in force.
func (c *plainComponent) fixedUnits() (all []Posting, err error) {
	inForce := map[string][]domain.Grant{}
	for _, facts := range c.Cases {
		for _, g := range facts.Grants {
			if g.Class == domain.GrantInForce {
				inForce[g.Unit] = append(inForce[g.Unit], g)
			}
		}
	}
	for _, u := range c.Parties.Units() {
		lines := inForce[u.ID]
		if len(lines) == 0 {
			continue
		}
		first, last := domain.MaxDate, domain.MinDate
		for _, g := range lines {
			first, last = min(first, g.From), max(last, g.To)
		}
		for _, month := range c.months() {
			if month.Last() < first || last < month.First() {
				continue
			}
			all, err = c.fixed(all, &row{unit: u, month: month}, lines)
			if err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// fixedCases pays an amount for each case, unit and month in which a decision is in force.
func (c *plainComponent) fixedCases() (all []Posting, err error) {
	for i := range c.Cases {
		facts := &c.Cases[i]
		inForce := map[string][]domain.Grant{}
		var units []string
		for _, g := range facts.Grants {
			if g.Class == domain.GrantInForce {
				if inForce[g.Unit] == nil {
					units = append(units, g.Unit)
				}
				inForce[g.Unit] = append(inForce[g.Unit], g)
			}
		}
		slices.Sort(units)
		for _, u := range units {
			for _, month := range c.months() {
				if daysInForce(inForce[u], month) == 0 {
					continue
				}
				if all, err = c.fixed(all, &row{unit: c.unit(u), facts: facts, month: month}, inForce[u]); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// daysInForce counts the days of the month on which at least one of the lines is in force.
func daysInForce(lines []domain.Grant, month domain.Month) (days int64) {
	for day := month.First(); day <= month.Last(); day++ {
		if slices.ContainsFunc(lines, func(g domain.Grant) bool { return g.From <= day && day <= g.To }) {
			days++
		}
	}
	return days
}

func (c *plainComponent) fixed(all []Posting, r *row, lines []domain.Grant) ([]Posting, error) {
	q := Quantity{domain.DecimalOf(1, 0), 1}
	if c.Prorate {
		days := daysInForce(lines, r.month)
		if days == 0 {
			return all, nil // within the unit's time, but nothing in force this month
		}
		q = Quantity{domain.DecimalOf(days, 0), int64(r.month.Days())}
	}
	if ok, err := c.applies(r); err != nil || !ok {
		return all, err
	}
	rate, err := c.value(c.Amount, r, r.month.First())
	if err != nil {
		return all, err
	}
	p, err := c.post(r, q, rate, 1)
	return append(all, p), err
}
