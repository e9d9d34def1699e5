package compensation

import (
	"cmp"
	"crypto/sha256"
	"fmt"

	"careledger/domain"
)

// The compiled evaluator. One idea: what is counted does not depend on what is paid for it.
//
// Which postings a component makes, and their quantities, follow from the facts and from the component's own fields (its basis, its when, its
// outcomes); the rates decide the amounts alone. So an evaluation has two halves. The first half counts (this file and compiled_*.go): it
// goes through the facts a case at a time and hands out stretches of quantities. Everything that depends on words is decided once per
// combination of their small integer codes and kept in a table (tables.go), so that the loop is look-ups and additions.
// The second half pays, in one of two ways:
//
//   - Posting by posting (Evaluate): each quantity is multiplied by its rate and handed on in batches of columns, for whoever wants
//     single postings: payouts, derivations, and caps, whose amounts depend on the amounts before them.
//   - Place by place (Sums): all quantities counted at one unit in one month, category and band have the same rate under any
//     model, so a table of how many there are by their remainder (tally.go) says to the öre what any rate comes to, posting by posting
//     rounded, in a few multiplications a place (pay.go). A hundred steps of a sweep, or ten models that count alike, share one count.
//
// The plain evaluator (plain.go) is the other implementation, written to be read; the two agree to the öre on every history.

// Consumer takes the postings of an evaluation, batch by batch.
type Consumer func(*Batch) error

// Evaluate computes the postings of the period under the policies, in canonical order.
func (p *Prepared) Evaluate(policies []Policy, consume Consumer) error {
	return p.EvaluateWatched(policies, consume, nil)
}

// EvaluateWatched is Evaluate with somebody who watches the running sums of the caps; watch may be nil.
func (p *Prepared) EvaluateWatched(policies []Policy, consume Consumer, watch func(*CapStep)) error {
	for _, policy := range policies {
		e := evaluation{asked: p, policy: policy.ID, paid: map[string][]bool{}, years: map[string][]capSum{}, atHand: &atHand{}, consume: consume, watch: watch}
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
	atHand  *atHand
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
	months    Period // those that the document gives postings for
	when      *table
	byLine    bool // the when is the same for all rows of a line
	rates     *values[rate]
	threshold *values[int64]        // supplement
	limit     *values[domain.Money] // cap
	out       Batch
	consume   Consumer
	emit      func(*stretch) error // takes what is counted; nil: it is paid and handed to consume

	// What follows is of the case at hand.
	segment *cells
	count   []int64  // of the segment, under the component's absence ladders
	counted [64]bool // by variety
	premium *outcomes
	lines   []groupHash // of the segment's lines; nil where they are not shared
	stretch stretch
	sums    []int64 // supplement: by month
}

// stretch is a run of postings that share all but month and quantity, in order of month. It is reused: who keeps anything copies it.
type stretch struct {
	cs             uint32 // NoCase for a unit's own
	unit           uint16
	category, band uint8      // NoCode for all but time and patient-months
	followUp, goal int32      // rows of FollowUps and Goals, -1 for none; a stretch with a follow-up has one posting
	hash           *groupHash // shared by all components that count the same line whole; nil for none
	months         []domain.Month
	quantities     []int64
}

func (s *stretch) add(month domain.Month, quantity int64) {
	s.months, s.quantities = append(s.months, month), append(s.quantities, quantity)
}

// codes returns those that rates are by.
func (s *stretch) codes() codes {
	at := codesOf(s.cs, s.unit, 0)
	at.category, at.band = s.category, s.band
	return at
}

func (e *evaluation) over(facts *Prepared, number int, d InForce, c *Component, consume Consumer) *compiled {
	k := &compiled{Prepared: facts, Component: c, evaluation: e, document: d, consume: consume}
	k.months = d.months(facts.Period)
	k.out = Batch{Facts: facts.Facts, Policy: e.policy, Document: number, Component: c, QuantityUnit: c.QuantityUnit(), Quantum: c.quantum()}
	return k
}

// months returns the months of a period whose first day the document is in force on.
func (d InForce) months(p Period) Period {
	from := d.From.Month()
	if d.From > from.First() {
		from++
	}
	return Period{max(from, p.From), min((d.End - 1).Month(), p.To)}
}

// compile lays out the tables of what the component looks up.
func (k *compiled) compile() (err error) {
	c := k.Component
	switch {
	case c.ofGrants():
		return nil
	case c.Kind == KindCap:
		k.when = newTable(k)
		k.limit, err = newValues(k, c.Limit, k.limitOf)
		return err
	}
	if err := k.compileCount(); err != nil {
		return err
	}
	k.rates, err = newRates(k)
	return err
}

// compileCount lays out the tables of what is counted.
func (k *compiled) compileCount() (err error) {
	c := k.Component
	k.when = newTable(k)
	k.byLine = k.when == nil || k.when.month.size == 1 && k.when.method.size == 1
	for method, word := range domain.Methods {
		for _, class := range []domain.GrantClass{domain.GrantNeed, domain.GrantFrame} {
			k.counted[varietyOf(class, uint8(method))] = c.counts(class, word)
		}
	}
	if k.Kind == KindSupplement {
		k.threshold, err = newValues(k, k.Threshold, k.thresholdOf)
	}
	if err == nil && k.ofFollowUps() {
		k.premium, err = k.newOutcomes()
	}
	return err
}

// per returns how many of the component's quantities its rate is for: an hour has 60 minutes.
func (c *Component) per() int64 {
	if c.Kind == KindTime || c.Kind == KindSupplement {
		return 60
	}
	return 1
}

// rateParameter returns the name of the parameter that quantities are multiplied by.
func (c *Component) rateParameter() string { return cmp.Or(c.Rate, c.Amount) }

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

// run evaluates the component posting by posting.
func (k *compiled) run() (err error) {
	switch {
	case k.ofGrants():
		err = k.grants()
	case k.ofUnits():
		err = k.countUnits()
	default:
		for cs := range uint32(len(k.Cases)) {
			if err = k.countCase(cs); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	return k.flush()
}

// ofUnits says whether the component pays units as a whole.
func (c *Component) ofUnits() bool { return c.Kind == KindFixed && c.Per == PerUnitMonth }

// countCase counts a case. Cases come in order.
func (k *compiled) countCase(cs uint32) error {
	if k.ofFollowUps() {
		return k.premiums(cs)
	}
	if k.months.To < k.months.From {
		return nil
	}
	if k.segment == nil || cs >= k.segment.end || cs < k.segment.first {
		k.enter(&k.source()[cs/segmentCases])
	}
	lines := k.segment.linesOf(cs)
	if k.Kind == KindSupplement {
		return k.supplement(lines)
	}
	for i := range lines {
		var err error
		if k.Kind == KindTime {
			err = k.time(&lines[i], int(k.segment.of[cs-k.segment.first])+i)
		} else {
			err = k.fixed(&lines[i], cs)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// countUnits counts the units as a whole.
func (k *compiled) countUnits() error {
	k.enter(k.unitMonths())
	for i := range k.segment.lines {
		if err := k.fixed(&k.segment.lines[i], NoCase); err != nil {
			return err
		}
	}
	return nil
}

func (k *compiled) enter(segment *cells) {
	k.segment, k.lines = segment, nil
	if k.emit != nil { // only what is counted for sums is hashed by line
		k.lines = k.atHand.linesCounted(k, segment)
	}
	if len(k.Absence) == 0 || len(segment.absent) == 0 {
		k.count = segment.Count
		return
	}
	k.count = k.atHand.under(k, segment)
}

// atHand keeps what components share of the segments of the cases at hand.
type atHand struct {
	first   uint32                 // the first of the cases
	minutes map[partOf][]int64     // under the absence ladders of components
	hashes  map[partOf][]groupHash // of lines that components count whole, by line
	spare   [][]int64              // of the cases before, to be used again
}

// partOf is what components of the same words have in common of a segment.
type partOf struct {
	segment *cells
	words   string
}

type groupHash struct {
	known bool
	sum   [sha256.Size]byte
}

func (h *atHand) enter(segment *cells) {
	if h.minutes != nil && h.first == segment.first {
		return
	}
	for _, old := range h.minutes {
		h.spare = append(h.spare, old)
	}
	h.first, h.minutes, h.hashes = segment.first, map[partOf][]int64{}, map[partOf][]groupHash{}
}

func (h *atHand) under(k *compiled, segment *cells) []int64 {
	h.enter(segment)
	key := partOf{segment, fmt.Sprint(k.Absence)}
	if h.minutes[key] == nil {
		var buffer []int64
		if n := len(h.spare); n > 0 {
			buffer, h.spare = h.spare[n-1], h.spare[:n-1]
		}
		h.minutes[key] = k.minutesUnder(k.Component, segment, buffer)
	}
	return h.minutes[key]
}

// linesCounted returns the hashes of the lines of a segment, for a component that counts a line whole or not at all; nil for another.
func (h *atHand) linesCounted(k *compiled, segment *cells) []groupHash {
	if k.Kind != KindTime || !k.byLine {
		return nil
	}
	h.enter(segment)
	key := partOf{segment, fmt.Sprint(k.Basis, k.Absence, k.months)}
	if h.hashes[key] == nil {
		h.hashes[key] = make([]groupHash, len(segment.lines))
	}
	return h.hashes[key]
}

// source returns the cells that the component counts.
func (k *compiled) source() []cells {
	switch {
	case k.Per == PerCaseMonth:
		return k.caseMonths()
	case k.Per == PerPatientMonth:
		return k.patients()
	case k.Basis == BasisPerformed:
		return k.performed()
	case k.Basis == BasisHealth:
		return k.health()
	}
	return k.granted()
}

// begin begins a stretch.
func (k *compiled) begin(cs uint32, unit uint16, category, band uint8) *stretch {
	s := &k.stretch
	*s = stretch{cs: cs, unit: unit, category: category, band: band, followUp: -1, goal: -1, months: s.months[:0], quantities: s.quantities[:0]}
	return s
}

// end hands out the stretch, if there is anything in it.
func (k *compiled) end(s *stretch) error {
	switch {
	case len(s.months) == 0:
		return nil
	case k.emit != nil:
		return k.emit(s)
	}
	return k.pay(s)
}

// pay adds the postings of a stretch to the batch.
func (k *compiled) pay(s *stretch) error {
	at := s.codes()
	for i, month := range s.months {
		r, err := k.rateOf(s, month, at)
		if err != nil {
			return err
		}
		amount, ok := r.of(s.quantities[i])
		if !ok {
			return k.tooLarge(s.unit, month)
		}
		k.out.add(s.unit, month, s.cs, s.category, s.band, s.followUp, s.goal, s.quantities[i], amount)
		if len(k.out.Unit) >= batchSize {
			if err := k.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// rateOf returns the rate of a posting: the one in force on the first day of the month, of a premium on the day held.
func (k *compiled) rateOf(s *stretch, month domain.Month, at codes) (rate, error) {
	if s.followUp >= 0 {
		return k.rates.onDay(k.FollowUps.HeldOn[s.followUp], at)
	}
	return k.rates.inMonth(uint16(month-k.From), at)
}

func (k *compiled) tooLarge(unit uint16, month domain.Month) error {
	return fmt.Errorf("model %s, component %s, unit %s, %s: %w", k.out.Policy, k.ID, k.Units[unit].ID, month, &LargeError{"amount"})
}

func (k *compiled) flush() error {
	if len(k.out.Unit) == 0 {
		return nil
	}
	err := k.consume(&k.out)
	k.out.clear()
	return err
}

// counts says which rows a basis counts, by class and method.
func (c *Component) counts(class domain.GrantClass, method string) bool {
	switch c.Basis {
	case BasisNeed:
		return class == domain.GrantNeed
	case BasisFrame:
		return class == domain.GrantFrame
	case BasisGranted:
		return class == domain.GrantFrame || method != domain.MethodFrameTime
	}
	return true
}
