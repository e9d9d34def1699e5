package projections

import (
	"slices"
	"strconv"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// Deviation is what was performed beside what was granted. Its JSON is
//
//	{"authority", "as_of": {"sequence", "recorded"}, "from", "to", "total": {…}, "rows": [{…by, "frame_minutes",
//	 "need_minutes", "granted_minutes", "performed_minutes", "difference_minutes", "ratio"}]}
//
// with the sum of all rows as total, the difference being performed less granted. Granted is frame time for a decision of that method
// and need for any other; an absence does not reduce it, since only a model says what an absence costs. Time of home health care is
// left out.
type Deviation struct {
	Authority string
	AsOf      Moment
	Period    compensation.Period
	By        []string
	Total     DeviationRow
	Rows      []DeviationRow // sorted by their keys
}

// DeviationRow sums the minutes of a group.
type DeviationRow struct {
	Keys                   []string // in the order of By
	Frame, Need, Performed int64    // minutes
}

// DeviationFields are the words that rows of a deviation can be grouped by.
var DeviationFields = domain.Codes{"authority", "provider", "unit", "month", "year", "case"}

// DefaultDeviationFields are those of a row where nothing else is asked for.
var DefaultDeviationFields = []string{"case", "unit", "month"}

// Granted returns the minutes granted under decisions of either method.
func (r *DeviationRow) Granted() int64 { return r.Frame + r.Need }

// Ratio returns performed / granted with four decimals, rounded half up; "" where nothing was granted.
func (r *DeviationRow) Ratio() string {
	if r.Granted() == 0 {
		return ""
	}
	return rate(int(r.Performed), int(r.Granted()))
}

// Deviation answers with the granted and performed minutes of the period, summed by q.By (default DefaultDeviationFields).
func (t *Table) Deviation(q Query) (*Deviation, error) {
	if q.By == nil {
		q.By = DefaultDeviationFields
	}
	cut, period, err := t.grouped(q, FieldError{Question: "deviation", Why: "minutes are the same under every model and belong to no goal", Fields: DeviationFields})
	if err != nil {
		return nil, err
	}
	d := &Deviation{Authority: t.authority, AsOf: cut.Moment, Period: period, By: q.By}
	d.sum(cut)
	return d, nil
}

func (d *Deviation) sum(cut *Cut) {
	groups, keys := map[string]*DeviationRow{}, make([]string, len(d.By))
	cut.Prepared(d.Period).EachMinutes(func(m compensation.Minutes) {
		for i, field := range d.By {
			keys[i] = cut.wordOf(m, field)
		}
		id := strings.Join(keys, "\x00")
		g := groups[id]
		if g == nil {
			g = &DeviationRow{Keys: slices.Clone(keys)}
			groups[id] = g
		}
		g.add(m)
		d.Total.add(m)
	})
	for _, g := range groups {
		d.Rows = append(d.Rows, *g)
	}
	slices.SortFunc(d.Rows, func(x, y DeviationRow) int { return slices.Compare(x.Keys, y.Keys) })
}

func (r *DeviationRow) add(m compensation.Minutes) {
	r.Frame, r.Need, r.Performed = r.Frame+m.Frame, r.Need+m.Need, r.Performed+m.Performed
}

// wordOf returns a field of granted and performed minutes.
func (c *Cut) wordOf(m compensation.Minutes, field string) string {
	switch field {
	case "authority":
		return c.Authority
	case "provider":
		return c.Units[m.Unit].Provider
	case "unit":
		return c.Units[m.Unit].ID
	case "month":
		return m.Month.String()
	case "year":
		return strconv.Itoa(m.Month.Year())
	}
	return c.Cases[m.Case].ID
}

// Columns returns the fields of the row beside its keys.
func (r *DeviationRow) Columns() []compensation.Column {
	n := func(name string, v int64) compensation.Column {
		return compensation.Column{Name: name, Text: strconv.FormatInt(v, 10), Number: true}
	}
	return []compensation.Column{n("frame_minutes", r.Frame), n("need_minutes", r.Need), n("granted_minutes", r.Granted()), n("performed_minutes", r.Performed),
		n("difference_minutes", r.Performed-r.Granted()), {Name: "ratio", Text: r.Ratio()}}
}

// MarshalJSON writes the document that Deviation describes.
func (d *Deviation) MarshalJSON() ([]byte, error) {
	b := quote([]byte(`{"authority":`), d.Authority)
	b = d.AsOf.appendJSON(append(b, `,"as_of":`...))
	b = quote(append(b, `,"from":`...), d.Period.From.Text())
	b = quote(append(b, `,"to":`...), d.Period.To.Text())
	b = append(append(b, `,"total":`...), compensation.AppendRow(nil, nil, nil, d.Total.Columns()...)...)
	b = append(b, `,"rows":[`...)
	for i := range d.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = compensation.AppendRow(b, d.By, d.Rows[i].Keys, d.Rows[i].Columns()...)
	}
	return append(b, ']', '}'), nil
}
