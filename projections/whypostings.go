package projections

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"strings"
	"time"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/domain/compensation"
)

// derivation is a payout on its way to its Why.
type derivation struct {
	table *Table
	*snapshot
	query   WhyQuery
	version *domain.PayoutVersion
	known   visible // what the payout rests on
	cut     *Cut    // of that, what the lines asked for rest on
	lines   []*derivedLine
	read    map[uint64]*whyRead            // by sequence
	readOf  map[domain.Entity][]*whyRead   // of what was read, what the payout knew, in log order
	cases   map[domain.Entity]*derivedCase // behind the postings shown
	left    map[domain.Entity]int          // of those: the events of other months, which were not read

	caps    capSteps
	rules   *rulesThen
	passed  map[casePlace]*passedAt // what the plain evaluator said of the cases behind the postings shown
	traced  map[domain.Entity]map[uint64][]domain.Change
	paidFor map[domain.Entity]bool // in the payout's month
	nothing []WhyNothing
	unpaid  []WhyUnpaid
}

// derivedLine is a line with its postings.
type derivedLine struct {
	*domain.PayoutLine
	document  *compensation.InForce
	component *compensation.Component
	compiled  []compensation.Posting // what the compiled evaluator gives, in canonical order; Rate where the plain one has been asked
	known     map[postingName][]int  // the postings by name
	shown     []int                  // which of the postings
	reasons   map[uint64]string      // of the events of the line: why they are no part of any posting shown, "" for those that are
	rests     map[int][]uint64       // by posting shown
	own       []uint64               // of a unit's own posting: the events that put something in force there
	steps     []WhyCap               // of a cap's line, by posting
	corrected []WhyCorrection
}

// postingName tells the postings of a line apart.
type postingName struct {
	cs                             string
	patient                        bool
	category, band, followUp, goal string
}

func nameOf(p *compensation.Posting) postingName {
	return postingName{p.Case, p.Patient, p.Category, p.Band, p.FollowUp, p.Goal}
}

func (d *derivation) has(l *derivedLine, p *compensation.Posting) bool {
	return p.Provider == d.version.Provider && p.Unit == l.Unit && p.Month == l.Month && p.Policy == l.Policy && p.Component == l.Component
}

// derive computes the postings of the lines with both evaluators, and reads and classes the events behind those that are shown.
func (d *derivation) derive(ctx context.Context) error {
	if err := d.compute(); err != nil {
		return err
	}
	if err := d.explain(ctx); err != nil {
		return err
	}
	for _, l := range d.lines {
		var err error
		if l.corrected, err = d.correctionsOf(l); err != nil {
			return err
		}
	}
	if d.query.Line != 0 {
		return nil
	}
	if err := d.whole(); err != nil {
		return err
	}
	if d.query.Most != 0 { // somebody looks: the cases are enough
		return nil
	}
	return d.readUnpaid(ctx)
}

// compute computes the postings of the lines with the compiled evaluator, and picks those that are shown.
func (d *derivation) compute() error {
	for _, month := range d.months() {
		if err := d.compile(month); err != nil {
			return err
		}
	}
	for _, l := range d.lines {
		if err := d.show(l); err != nil {
			return err
		}
	}
	return nil
}

// explain reads the events behind the postings that are shown, computes these with the plain evaluator too, and says what each rests on.
func (d *derivation) explain(ctx context.Context) error {
	if err := d.readEvents(ctx); err != nil {
		return err
	}
	for _, month := range d.months() {
		if err := d.explainPlainly(month); err != nil {
			return err
		}
	}
	for _, l := range d.lines {
		d.class(l)
	}
	return nil
}

func (d *derivation) months() (months []domain.Month) {
	for _, l := range d.lines {
		months = append(months, l.Month)
	}
	slices.Sort(months)
	return slices.Compact(months)
}

// choose picks the cases that the lines rest on: those with anything at the lines' units in their months, of the whole provider where the payout
// is asked for, and where a cap sums more than a unit, of all that it sums since January.
func (d *derivation) choose(state *authority.State) *selection {
	wide, all := d.query.Line == 0, false
	months := compensation.Period{From: d.version.Month, To: d.version.Month}
	if !wide {
		months = compensation.Period{From: d.lines[0].Month, To: d.lines[0].Month}
	}
	for _, l := range d.lines {
		months.From, months.To = min(months.From, l.Month), max(months.To, l.Month)
	}
	eachComponent(state.Adopted(), func(policy string, _ *compensation.InForce, c *compensation.Component) {
		if c.Kind == compensation.KindCap && slices.ContainsFunc(d.lines, func(l *derivedLine) bool { return l.Policy == policy }) {
			months.From = min(months.From, domain.NewMonth(months.From.Year(), time.January))
			wide, all = wide || c.Per == compensation.PerProviderYear, all || c.Per == compensation.PerAuthorityYear
		}
	})
	units := make([]bool, d.units.len())
	for i, id := range d.units.all() {
		u, _ := state.Parties.Unit(id)
		units[i] = all || wide && u.Provider == d.version.Provider || slices.ContainsFunc(d.lines, func(l *derivedLine) bool { return l.Unit == id })
	}
	chosen := d.casesAt(units, months, d.known)
	eachComponent(state.Adopted(), func(_ string, _ *compensation.InForce, c *compensation.Component) {
		chosen.performed = chosen.performed || c.Basis == compensation.BasisPerformed || c.Basis == compensation.BasisHealth
	})
	return chosen
}

// eachComponent visits the components of policies.
func eachComponent(policies []compensation.Policy, visit func(policy string, in *compensation.InForce, c *compensation.Component)) {
	for i := range policies {
		for j := range policies[i].Documents {
			in := &policies[i].Documents[j]
			for k := range in.Model.Components {
				visit(policies[i].ID, in, &in.Model.Components[k])
			}
		}
	}
}

// policies are the adopted ones of a month's lines, whole: what is paid once, and what is capped, holds over all of a policy's documents.
func (d *derivation) policies(month domain.Month) (all []compensation.Policy) {
	for _, p := range d.cut.Adopted {
		if slices.ContainsFunc(d.lines, func(l *derivedLine) bool { return l.Month == month && l.Policy == p.ID }) {
			all = append(all, p)
		}
	}
	return all
}

// compile computes the postings of a month's lines with the compiled evaluator.
func (d *derivation) compile(month domain.Month) error {
	policies := d.policies(month)
	return d.cut.Prepared(compensation.Period{From: month, To: month}).EvaluateWatched(policies, func(b *compensation.Batch) error {
		if d.notePaid(b, month); !slices.ContainsFunc(d.lines, func(l *derivedLine) bool { return l.Policy == b.Policy && l.Component == b.Component.ID }) {
			return nil
		}
		var document *compensation.InForce
		for i := range policies {
			if policies[i].ID == b.Policy {
				document = &policies[i].Documents[b.Document]
			}
		}
		for i := range b.Month {
			if b.Facts.Units[b.Unit[i]].Provider != d.version.Provider {
				continue
			}
			p := b.Posting(i)
			for _, l := range d.lines {
				if !d.has(l, &p) {
					continue
				}
				if b.Component.Kind == compensation.KindFixed && b.Component.Per == compensation.PerUnitMonth {
					rate, err := b.Rate(*document, i)
					if err != nil {
						return err
					}
					p.Rate = rate
				}
				l.document, l.component = document, b.Component
				l.known[nameOf(&p)] = append(l.known[nameOf(&p)], len(l.compiled))
				l.compiled = append(l.compiled, p)
			}
		}
		return nil
	}, d.watch(month))
}

// notePaid notes who the provider is paid for in the payout's month.
func (d *derivation) notePaid(b *compensation.Batch, month domain.Month) {
	if month != d.version.Month {
		return
	}
	for i, cs := range b.Case {
		if cs != compensation.NoCase && b.Month[i] == month && b.Facts.Units[b.Unit[i]].Provider == d.version.Provider {
			d.paidFor[entityOf(&b.Facts.Cases[cs])] = true
		}
	}
}

// show checks that the postings re-add to the line, and picks those that are shown.
func (d *derivation) show(l *derivedLine) error {
	sum := domain.Money(0)
	for i := range l.compiled {
		sum += l.compiled[i].Amount
	}
	if sum != l.Known {
		return d.table.noWhy("line %d of payout %s says %s kr, and its postings as known at event %d sum to %s kr; careledger verify says what is wrong",
			l.Line, d.query.Payout.ID(), l.Known, d.version.FactsTo, sum)
	}
	l.reasons, l.rests = map[uint64]string{}, map[int][]uint64{}
	if q := d.query.Posting; q != 0 {
		if q < 1 || q > len(l.compiled) {
			return d.table.nothingNamed("line %d of payout %s has %d postings, and no posting %d", l.Line, d.query.Payout.ID(), len(l.compiled), q)
		}
		l.shown = []int{q - 1}
		return nil
	}
	first := max(d.query.First-1, 0)
	for i := first; i < len(l.compiled); i++ {
		if (d.query.Most == 0 || i < first+d.query.Most) && (d.query.FewLines == 0 || len(d.lines) <= d.query.FewLines || l == d.lines[0]) {
			l.shown = append(l.shown, i)
		}
	}
	return nil
}

// explainPlainly computes the postings of a month that rest on single cases or on grants again, with the plain evaluator, from the events that
// were read, and takes their rates from there. It refuses where the two evaluators differ.
func (d *derivation) explainPlainly(month domain.Month) error {
	var cases []domain.CaseFacts
	for _, c := range d.cases {
		cases = append(cases, c.facts)
	}
	slices.SortFunc(cases, func(a, b domain.CaseFacts) int {
		return cmp.Or(strings.Compare(a.Case, b.Case), boolOrder(a.Patient)-boolOrder(b.Patient))
	})
	ofUnits := func(c *compensation.Component) bool {
		return c.Kind == compensation.KindFixed && c.Per == compensation.PerUnitMonth
	}
	postings, err := d.plainly(month, cases, only(d.cut.Adopted, func(c *compensation.Component) bool { return !ofUnits(c) }))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(d.lines, func(l *derivedLine) bool {
		return l.Month == month && len(l.shown) > 0 && l.compiled[l.shown[0]].Case == "" && l.Unit != ""
	}) {
		if _, err := d.plainly(month, caseFacts(d.cut.Facts), only(d.cut.Adopted, ofUnits)); err != nil { // for what else was considered for a unit itself
			return err
		}
	}
	for _, l := range d.lines {
		if l.Month != month || l.component == nil || restsOnAll(l.component) {
			continue
		}
		explained := map[int]bool{}
		for i := range postings {
			p := &postings[i]
			if !d.has(l, p) {
				continue
			}
			name := nameOf(p)
			at := slices.IndexFunc(l.known[name], func(i int) bool { return !explained[i] })
			if at < 0 {
				return d.differ(l, "the plain evaluator gives a posting of %s kr that the compiled one does not", p.Amount)
			}
			n := l.known[name][at]
			if c := &l.compiled[n]; c.Amount != p.Amount || c.Quantity.Rat().Cmp(p.Quantity.Rat()) != 0 {
				return d.differ(l, "posting %d is %s kr of the plain evaluator and %s kr of the compiled one", n+1, p.Amount, c.Amount)
			}
			l.compiled[n], explained[n] = *p, true
		}
		for _, n := range l.shown {
			if !explained[n] {
				return d.differ(l, "the plain evaluator does not give posting %d", n+1)
			}
		}
	}
	return nil
}

// only returns policies with some of their components.
func only(policies []compensation.Policy, keep func(*compensation.Component) bool) []compensation.Policy {
	some := make([]compensation.Policy, len(policies))
	for i, p := range policies {
		some[i].ID = p.ID
		for _, in := range p.Documents {
			model := *in.Model
			model.Components = slices.DeleteFunc(slices.Clone(model.Components), func(c compensation.Component) bool { return !keep(&c) })
			in.Model = &model
			some[i].Documents = append(some[i].Documents, in)
		}
	}
	return some
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (d *derivation) differ(l *derivedLine, format string, args ...any) error {
	err := d.table.noWhy(format, args...).(*WhyError)
	err.Reason = "line " + lineText(l.PayoutLine) + " is not derived: " + err.Reason + "; careledger verify says what is wrong"
	return err
}

// posting states posting i of a line.
func (d *derivation) posting(l *derivedLine, i int) WhyPosting {
	p := &l.compiled[i]
	w := WhyPosting{Posting: i + 1, Entity: string(entityBehind(p)), Category: p.Category, Band: p.Band, FollowUp: p.FollowUp, Goal: p.Goal,
		Quantity: p.Quantity.String(), QuantityUnit: p.QuantityUnit, Rate: p.Rate.String(), Per: 1, Amount: p.Amount, Values: []WhyValue{}, RestsOn: append([]uint64{}, l.rests[i]...)}
	if p.HeldOn != 0 {
		w.HeldOn = p.HeldOn.String()
	}
	w.Values = append(w.Values, d.values(l, p)...)
	w.NotApplied = d.notApplied(p)
	switch l.component.Kind {
	case compensation.KindCap:
		w.Rate = d.operand(l, p, l.component.Limit)
		w.Cap = &l.steps[i]
		return w
	case compensation.KindAllocation:
		return w
	case compensation.KindTime, compensation.KindSupplement:
		w.Per = 60
	}
	if rate, ok := new(big.Rat).SetString(p.Rate.String()); ok {
		exact := rate.Mul(rate, p.Quantity.Rat())
		w.Exact = exactText(exact.Quo(exact, big.NewRat(int64(w.Per), 1)))
	}
	return w
}

// exactText writes a fraction as a decimal where it ends within nine decimals.
func exactText(r *big.Rat) string {
	text := r.FloatString(9)
	if back, ok := new(big.Rat).SetString(text); ok && back.Cmp(r) == 0 {
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return r.RatString()
}

// entityBehind is the case, patient or grant of a posting, "" for none.
func entityBehind(p *compensation.Posting) domain.Entity {
	switch {
	case p.Grant != "":
		return domain.NewEntity(domain.KindGrant, p.Grant)
	case p.Case == "":
		return ""
	}
	return entityOf(&compensation.CaseInfo{ID: p.Case, Patient: p.Patient})
}

// values states what the parameters that the component reads were worth for a posting.
func (d *derivation) values(l *derivedLine, p *compensation.Posting) (all []WhyValue) {
	for _, name := range l.component.Uses() {
		parameter := l.document.Model.Parameter(name)
		dated, ok := parameter.At(d.day(p))
		if !ok {
			continue
		}
		value, key := dated.Scalar, ""
		if len(parameter.By) > 0 {
			parts := make([]string, len(parameter.By))
			for i, by := range parameter.By {
				parts[i] = d.dimension(p, by)
			}
			key = strings.Join(parts, "/")
			if value, ok = dated.Table[key]; !ok {
				continue
			}
		}
		all = append(all, WhyValue{name, key, parameter.By, value.Value.String(), parameter.Unit, dated.From.String(), value.Source, value.Status})
	}
	return all
}

// day is the day whose values a posting has.
func (d *derivation) day(p *compensation.Posting) domain.Date {
	if p.HeldOn != 0 && p.Quantity.Rat().Sign() != 0 { // a cap's own posting counts nothing, and has the limit of the month
		return p.HeldOn
	}
	for _, g := range d.cut.StateGrants {
		if g.ID == p.Grant && p.Grant != "" {
			for _, r := range g.Recipients {
				if r.ID == p.Provider && r.ReportedOn != 0 && r.ReportedOn.Month() == p.Month {
					return r.ReportedOn
				}
			}
			return g.AgreedOn
		}
	}
	return p.Month.First()
}

// dimension returns what a table is looked up by.
func (d *derivation) dimension(p *compensation.Posting, by string) string {
	u, _ := d.cut.Parties.Unit(p.Unit)
	switch by {
	case "category":
		return p.Category
	case "band":
		return p.Band
	case "regime":
		return u.Regime
	case "area":
		return u.Area
	case "unit":
		return p.Unit
	case "recipient":
		return p.Provider
	case "kind":
		if domain.PatientKinds.Has(p.Category) {
			return p.Category
		}
	}
	return ""
}

func (d *derivation) operand(l *derivedLine, p *compensation.Posting, o compensation.Operand) string {
	for _, v := range d.values(l, p) {
		if v.Parameter == o.Parameter {
			return v.Value
		}
	}
	return o.Number.String()
}
