package replay

import (
	"encoding/json"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// MarshalJSON returns the document of CONTRACT.md, section 6, with difference, providers and warnings at the end of each run, and after
// those what was asked for: behaviour, comparison, transition; of the result as a whole behaviour and the stamp.
func (r *Result) MarshalJSON() ([]byte, error) {
	type run struct {
		Name       string               `json:"name"`
		Models     []ModelRef           `json:"models"`
		Total      domain.Money         `json:"total"`
		Digest     string               `json:"digest"`
		Rows       json.RawMessage      `json:"rows"`
		Value      string               `json:"value,omitzero"`
		Values     map[string]string    `json:"values,omitempty"` // of a step of a grid, by parameter
		Difference domain.Money         `json:"difference"`
		Providers  []ProviderDifference `json:"providers"`
		Warnings   []string             `json:"warnings"`
		Behaviour  *domain.Money        `json:"behaviour,omitempty"`
		Comparison *Comparison          `json:"comparison,omitempty"`
		Transition *Transition          `json:"transition,omitempty"`
	}
	document := struct {
		AsOf      projections.Moment `json:"as_of"`
		From      string             `json:"from"`
		To        string             `json:"to"`
		Runs      []run              `json:"runs"`
		Behaviour *Behaviour         `json:"behaviour,omitempty"`
		Stamp     *Stamp             `json:"stamp,omitempty"`
	}{r.AsOf, r.From.Text(), r.To.Text(), make([]run, len(r.Runs)), nil, r.Stamp}
	if r.Behaviour != nil {
		shown := *r.Behaviour
		shown.Changes = r.Changes()
		document.Behaviour = &shown
	}
	for i, from := range r.Runs {
		document.Runs[i] = run{from.Name, from.Models, from.Total, from.Digest, compensation.AppendRows(nil, r.By, from.Rows),
			from.Value, r.values(&from), from.Difference, from.Providers, append([]string{}, from.Warnings...), nil, from.Comparison, from.Transition}
		if r.Behaviour != nil && i > 0 {
			document.Runs[i].Behaviour = &from.Behaviour
		}
	}
	return json.Marshal(document)
}

// values returns the values of a step of a grid by parameter, nil for any other run.
func (r *Result) values(of *Run) map[string]string {
	if r.SweptAcross == nil || !of.Step {
		return nil
	}
	return map[string]string{r.Swept.Parameter: of.Value, r.SweptAcross.Parameter: of.Across}
}

// MarshalJSON writes the effects on the total, and for each field asked for its rows and its classes.
func (c *Comparison) MarshalJSON() ([]byte, error) {
	type class struct {
		Class   Class           `json:"class"`
		Count   int             `json:"count"`
		Sum     json.RawMessage `json:"sum"`
		Largest json.RawMessage `json:"largest"`
	}
	type by struct {
		Field   string            `json:"field"`
		Rows    []json.RawMessage `json:"rows"`
		Classes []class           `json:"classes"`
	}
	document := struct {
		Effects json.RawMessage `json:"effects"`
		By      []by            `json:"by"`
	}{compensation.AppendRow(nil, nil, nil, c.Columns()...), []by{}}
	for i := range c.By {
		from := &c.By[i]
		b := by{from.Field, []json.RawMessage{}, []class{}}
		row := func(r *ComparisonRow) json.RawMessage {
			columns := append([]compensation.Column{{Name: "class", Text: string(r.Class)}}, r.Columns()...)
			return compensation.AppendRow(nil, from.Columns, r.Keys, columns...)
		}
		for j := range from.Rows {
			b.Rows = append(b.Rows, row(&from.Rows[j]))
		}
		for j := range from.Classes {
			s := &from.Classes[j]
			b.Classes = append(b.Classes, class{s.Class, s.Count, compensation.AppendRow(nil, nil, nil, s.Columns()...), row(&s.Largest)})
		}
		document.By = append(document.By, b)
	}
	return json.Marshal(document)
}

// Columns returns the effects as the columns of a row. Percent is empty where nothing is adopted.
func (e *Effects) Columns() []compensation.Column {
	return []compensation.Column{{Name: "adopted", Text: e.Adopted.String()}, {Name: "alternative", Text: e.Alternative.String()},
		{Name: "difference", Text: e.Difference().String()}, {Name: "percent", Text: e.Percent()}, {Name: "price", Text: e.Price.String()},
		{Name: "volume", Text: e.Volume.String()}, {Name: "mix", Text: e.Mix.String()}, {Name: "behaviour", Text: e.Behaviour.String()}}
}

// MarshalJSON writes the transition with its rows.
func (t *Transition) MarshalJSON() ([]byte, error) {
	type row struct {
		Provider    string       `json:"provider"`
		Year        int          `json:"year"`
		From        domain.Month `json:"from"`
		To          domain.Month `json:"to"`
		Adopted     domain.Money `json:"adopted"`
		Alternative domain.Money `json:"alternative"`
		Limit       domain.Money `json:"limit"`
		Paid        domain.Money `json:"paid"`
		Adjustment  domain.Money `json:"adjustment"`
	}
	rows := []row{}
	for i := range t.Rows {
		r := &t.Rows[i]
		rows = append(rows, row{r.Provider, r.Year, r.From, r.To, r.Adopted, r.Alternative, r.Limit, r.Paid, r.Adjustment()})
	}
	return json.Marshal(struct {
		Percent  string       `json:"percent"` // of the adopted amount, for each year
		Total    domain.Money `json:"total"`
		Added    domain.Money `json:"added"`
		Withheld domain.Money `json:"withheld"`
		Rows     []row        `json:"rows"`
	}{t.Percent(), t.Total, t.Added, t.Withheld, rows})
}

// MarshalJSON writes what is assumed, what it does to each life area, and the goals that change, if there are any.
func (b *Behaviour) MarshalJSON() ([]byte, error) {
	type area struct {
		LifeArea    string         `json:"life_area"`
		Share       domain.Decimal `json:"share"`
		Assessed    int            `json:"assessed"`
		Fulfilled   int            `json:"fulfilled"`
		Assumed     int            `json:"assumed"`
		Changed     int            `json:"changed"`
		Rate        string         `json:"rate"`
		AssumedRate string         `json:"assumed_rate"`
	}
	document := struct {
		Assumed   []string        `json:"assumed"`
		Seed      uint64          `json:"seed"`
		LifeAreas []area          `json:"life_areas"`
		Changes   []AssumedChange `json:"changes,omitempty"`
	}{[]string{}, b.Seed, []area{}, b.Changes}
	for _, a := range b.Assumptions {
		document.Assumed = append(document.Assumed, a.String())
	}
	for i := range b.LifeAreas {
		a := &b.LifeAreas[i]
		found, assumed := a.Rates()
		document.LifeAreas = append(document.LifeAreas, area{a.LifeArea, a.Share, a.Assessed, a.Fulfilled, a.Assumed, a.Changed(), found, assumed})
	}
	return json.Marshal(document)
}
