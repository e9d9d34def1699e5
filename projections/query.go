package projections

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/domain/compensation"
)

// Query is a question about a period as known at a moment. Its zero AsOf is before the first event; Now is the whole log.
type Query struct {
	AsOf     AsOf
	From, To domain.Month // zero: the contract's defaults, see Cut.Period
	By       []string     // the fields of rows, of compensation.Fields; nil: the default of the question

	// Provider and Unit leave out all that is not of this provider or unit, by id; "" leaves out nothing. Compensation and Fulfilment ask for them,
	// of which the rows of what is left are as they are without; a follow-up that assessed nothing is of no unit.
	Provider, Unit string
}

// filters returns the fields that a query leaves out by, with the words that stay.
func (q *Query) filters() (fields, words []string) {
	for _, f := range [][2]string{{"provider", q.Provider}, {"unit", q.Unit}} {
		if f[1] != "" {
			fields, words = append(fields, f[0]), append(words, f[1])
		}
	}
	return fields, words
}

// UnknownPartyError says that a provider or unit asked for is not registered, as known at a moment.
type UnknownPartyError struct {
	Field, ID string // "provider" or "unit"
	At        Moment
}

func (e *UnknownPartyError) Error() string {
	return fmt.Sprintf("--%s: there is no %s %s as known at event %d; careledger compensation --by %s shows what there is", e.Field, e.Field, e.ID, e.At.Sequence, e.Field)
}

// checkFilters refuses a provider or unit that is not registered.
func (c *Cut) checkFilters(q *Query) error {
	has := func(is func(domain.Unit) bool) bool { return slices.ContainsFunc(c.Units, is) }
	switch {
	case q.Provider != "" && !has(func(u domain.Unit) bool { return u.Provider == q.Provider }):
		return &UnknownPartyError{"provider", q.Provider, c.Moment}
	case q.Unit != "" && !has(func(u domain.Unit) bool { return u.ID == q.Unit }):
		return &UnknownPartyError{"unit", q.Unit, c.Moment}
	}
	return nil
}

// CheckParties refuses a provider or unit of a query that was not registered at its moment, for a question that filters by itself. It looks at no case.
// Errors: *UnknownPartyError; those of reading.
func (t *Table) CheckParties(q Query) error {
	if q.Provider+q.Unit == "" {
		return nil
	}
	s := t.snapshot()
	nobody := &selection{cases: make([]bool, s.entities.len())}
	c, err := s.cutOf(s.visibility(q.AsOf), func(*authority.State) *selection { return nobody })
	if err != nil {
		return err
	}
	return c.checkFilters(&q)
}

// Compensation is what the adopted policies pay for a period. Its JSON is the document of the contract, section 6.
type Compensation struct {
	Authority string
	AsOf      Moment
	Period    compensation.Period
	By        []string
	Total     domain.Money
	Rows      []compensation.Row // sorted by their keys
}

// Compensation answers with the postings under the policies adopted as known then, summed by q.By (default
// compensation.DefaultFields).
func (t *Table) Compensation(q Query) (*Compensation, error) {
	by := q.By
	if by == nil {
		by = compensation.DefaultFields
	}
	if err := checkFields(by); err != nil {
		return nil, err
	}
	cut, err := t.Cut(q.AsOf)
	if err != nil {
		return nil, err
	}
	period, err := cut.Period(q.From, q.To)
	if err != nil {
		return nil, err
	}
	if err := cut.checkFilters(&q); err != nil {
		return nil, err
	}
	filters, words := q.filters()
	sum, err := cut.Prepared(period).Sums(slices.Concat(by, without(filters, by))).Of(context.Background(), cut.Adopted)
	if err != nil {
		return nil, err
	}
	c := &Compensation{Authority: t.authority, AsOf: cut.Moment, Period: period, By: by, Total: sum.Total, Rows: sum.Rows}
	if len(filters) > 0 {
		c.keep(filters, words)
	}
	return c, nil
}

// without returns the fields that are not among others.
func without(fields, others []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return slices.Contains(others, f) })
}

// keep leaves the rows whose fields have these words. Fields that rows are not by stand last in their keys and go away: since they have one word,
// no two rows become one.
func (c *Compensation) keep(fields, words []string) {
	by := slices.Concat(c.By, without(fields, c.By))
	kept := []compensation.Row{}
	c.Total = 0
	for _, r := range c.Rows {
		if slices.ContainsFunc(fields, func(f string) bool { return r.Keys[slices.Index(by, f)] != words[slices.Index(fields, f)] }) {
			continue
		}
		g := *r.Group // others share it
		g.Keys = g.Keys[:len(c.By):len(c.By)]
		r.Group = &g
		kept, c.Total = append(kept, r), c.Total+r.Amount
	}
	c.Rows = kept
}

// MarshalJSON writes {"authority", "as_of", "from", "to", "total", "rows"}.
func (c *Compensation) MarshalJSON() ([]byte, error) {
	b := quote([]byte(`{"authority":`), c.Authority)
	b = c.AsOf.appendJSON(append(b, `,"as_of":`...))
	b = quote(append(b, `,"from":`...), c.Period.From.Text())
	b = quote(append(b, `,"to":`...), c.Period.To.Text())
	b = quote(append(b, `,"total":`...), c.Total.String())
	b = compensation.AppendRows(append(b, `,"rows":`...), c.By, c.Rows)
	return append(b, '}'), nil
}

// Fulfilment is how many goals were assessed and fulfilled. Its JSON is the document of the contract, section 6.
type Fulfilment struct {
	Authority string
	AsOf      Moment
	Period    compensation.Period
	By        []string
	Rows      []FulfilmentRow // sorted by their keys
}

// FulfilmentRow counts a group. A follow-up stands in the group of each of its goals, and is counted once in each; one
// that assessed nothing at all stands in the group without unit and life area.
type FulfilmentRow struct {
	Keys      []string // in the order of By
	FollowUps int
	Persons   int // distinct pseudonyms
	Assessed  int // goals, without those not-assessed
	Fulfilled int
	Partly    int
	Rate      string // fulfilled / assessed, four decimals half up; 0.0000 where nothing was assessed
}

// FulfilmentFields are the words that rows of fulfilment can be grouped by. Provider and unit are those that a premium for the goal
// would go to, month and year those of held_on.
var FulfilmentFields = domain.Codes{"authority", "provider", "unit", "month", "year", "case", "life_area", "occasion"}

// FieldError says that an answer cannot be grouped by a field, and why.
type FieldError struct {
	Field, Question, Why string
	Fields               domain.Codes // that it can be grouped by
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s cannot be grouped by %s: %s; use %s", e.Question, e.Field, e.Why, e.Fields)
}

// Fulfilment answers with the follow-ups held in the period and the outcomes of their goals, by default in one row, which is
// there also when no follow-up is.
func (t *Table) Fulfilment(q Query) (*Fulfilment, error) {
	cut, period, err := t.grouped(q, FieldError{Question: "fulfilment", Why: "outcomes are the same under every model", Fields: FulfilmentFields})
	if err != nil {
		return nil, err
	}
	f := &Fulfilment{Authority: t.authority, AsOf: cut.Moment, Period: period, By: q.By}
	if err := cut.checkFilters(&q); err != nil {
		return nil, err
	}
	f.Rows = cut.assessedRows(period, &q)
	return f, nil
}

// grouped returns the cut and the period of a question whose rows can be grouped by refusal.Fields only; refusal is what another field is
// refused with.
func (t *Table) grouped(q Query, refusal FieldError) (cut *Cut, p compensation.Period, err error) {
	if err := checkFields(q.By); err != nil {
		return nil, p, err
	}
	for _, f := range q.By {
		if !refusal.Fields.Has(f) {
			refusal.Field = f
			return nil, p, &refusal
		}
	}
	if cut, err = t.Cut(q.AsOf); err != nil {
		return nil, p, err
	}
	p, err = cut.Period(q.From, q.To)
	return cut, p, err
}

// outcomes is a group of fulfilment as it is counted.
type outcomes struct {
	FulfilmentRow
	persons  map[string]bool
	followUp int // the last one counted, plus one
}

// assessedRows counts the rows of a question once, for all who ask the same.
func (c *Cut) assessedRows(period compensation.Period, q *Query) []FulfilmentRow {
	question := fmt.Sprintf("%v %q %q %q", period, q.By, q.Provider, q.Unit)
	c.mu.Lock()
	rows := c.assessed[question]
	if rows == nil {
		if len(c.assessed) >= assessedKept || c.assessed == nil {
			c.assessed = map[string]func() []FulfilmentRow{}
		}
		asked := *q
		rows = sync.OnceValue(func() []FulfilmentRow {
			counted := c.fulfilment(period, &asked)
			if len(counted) > assessedRowsMost {
				c.mu.Lock()
				defer c.mu.Unlock()
				delete(c.assessed, question)
			}
			return counted
		})
		c.assessed[question] = rows
	}
	c.mu.Unlock()
	return slices.Clone(rows())
}

func (c *Cut) fulfilment(period compensation.Period, q *Query) []FulfilmentRow {
	by := q.By
	filters, words := q.filters()
	groups := map[string]*outcomes{}
	if len(by) == 0 {
		groups[""] = &outcomes{persons: map[string]bool{}}
	}
	count := func(followUp, goal int) {
		for i, field := range filters {
			if c.word(field, followUp, goal) != words[i] {
				return
			}
		}
		keys := make([]string, len(by))
		for i, field := range by {
			keys[i] = c.word(field, followUp, goal)
		}
		id := strings.Join(keys, "\x00")
		g := groups[id]
		if g == nil {
			g = &outcomes{FulfilmentRow: FulfilmentRow{Keys: keys}, persons: map[string]bool{}}
			groups[id] = g
		}
		if g.followUp != followUp+1 {
			g.FollowUps, g.followUp = g.FollowUps+1, followUp+1
			g.persons[c.Cases[c.FollowUps.Case[followUp]].Person] = true
		}
		if goal >= 0 {
			g.add(domain.Outcomes[c.Goals.Outcome[goal]])
		}
	}
	c.eachFollowUp(period, func(f, from, to int) {
		giveWayAt(64 * f)
		if from == to {
			count(f, -1)
		}
		for goal := from; goal < to; goal++ {
			count(f, goal)
		}
	})
	rows := make([]FulfilmentRow, 0, len(groups))
	for _, g := range groups {
		g.Persons, g.Rate = len(g.persons), rate(g.Fulfilled, g.Assessed)
		rows = append(rows, g.FulfilmentRow)
	}
	slices.SortFunc(rows, func(x, y FulfilmentRow) int { return slices.Compare(x.Keys, y.Keys) })
	return rows
}

// eachFollowUp visits the rows of the follow-ups held in a period, with the rows [from, to) of their goals.
func (c *Cut) eachFollowUp(period compensation.Period, visit func(followUp, from, to int)) {
	first := 0
	for f, held := range c.FollowUps.HeldOn {
		from, to := first, int(c.FollowUps.GoalsTo[f])
		if first = to; period.Has(held.Month()) {
			visit(f, from, to)
		}
	}
}

func (r *FulfilmentRow) add(outcome string) {
	if outcome == domain.OutcomeNotAssessed {
		return
	}
	r.Assessed++
	switch outcome {
	case domain.OutcomeFulfilled:
		r.Fulfilled++
	case domain.OutcomePartly:
		r.Partly++
	}
}

// word returns a field of a goal's outcome; goal is -1 at a follow-up that assessed none.
func (c *Cut) word(field string, followUp, goal int) string {
	switch field {
	case "authority":
		return c.Authority
	case "month":
		return c.FollowUps.HeldOn[followUp].Month().String()
	case "year":
		return strconv.Itoa(c.FollowUps.HeldOn[followUp].Month().Year())
	case "case":
		return c.Cases[c.FollowUps.Case[followUp]].ID
	case "occasion":
		return domain.Occasions[c.FollowUps.Occasion[followUp]]
	}
	if goal < 0 {
		return ""
	}
	switch field {
	case "provider":
		return c.Units[c.Goals.Unit[goal]].Provider
	case "unit":
		return c.Units[c.Goals.Unit[goal]].ID
	}
	return domain.LifeAreas[c.Goals.LifeArea[goal]]
}

// rate returns part/whole with four decimals, rounded half up; 0.0000 where whole is 0.
func rate(part, whole int) string {
	if whole == 0 {
		return "0.0000"
	}
	n := (2*10_000*part + whole) / (2 * whole)
	return fmt.Sprintf("%d.%04d", n/10_000, n%10_000)
}

// MarshalJSON writes {"as_of", "rows"}.
func (f *Fulfilment) MarshalJSON() ([]byte, error) {
	b := f.AsOf.appendJSON([]byte(`{"as_of":`))
	b = append(b, `,"rows":[`...)
	for i := range f.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = compensation.AppendRow(b, f.By, f.Rows[i].Keys, f.Rows[i].Columns()...)
	}
	return append(b, ']', '}'), nil
}

// Columns returns the fields of the row in the order of the contract, section 6.
func (r *FulfilmentRow) Columns() []compensation.Column {
	n := func(name string, v int) compensation.Column {
		return compensation.Column{Name: name, Text: strconv.Itoa(v), Number: true}
	}
	return []compensation.Column{n("follow_ups", r.FollowUps), n("persons", r.Persons), n("assessed", r.Assessed), n("fulfilled", r.Fulfilled),
		n("partly", r.Partly), {Name: "rate", Text: r.Rate}}
}

// checkFields refuses a field that no row has, and one that stands twice.
func checkFields(by []string) error {
	if len(by) == 0 {
		return nil
	}
	_, err := compensation.ParseFields(strings.Join(by, ","), nil)
	return err
}

// MarshalJSON writes {"sequence", "recorded"}; recorded is RFC 3339 in UTC, "" where nothing was known.
func (m Moment) MarshalJSON() ([]byte, error) { return m.appendJSON(nil), nil }

func (m Moment) appendJSON(b []byte) []byte {
	b = strconv.AppendUint(append(b, `{"sequence":`...), m.Sequence, 10)
	return append(quote(append(b, `,"recorded":`...), m.Text()), '}')
}

// Text returns Recorded as RFC 3339 in UTC, "" where nothing was known.
func (m Moment) Text() string {
	if m.Recorded.IsZero() {
		return ""
	}
	return m.Recorded.UTC().Format(time.RFC3339Nano)
}

func quote(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // its error is invalid UTF-8, which it has replaced
	return dst
}
