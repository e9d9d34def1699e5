package web

import (
	"iter"
	"net/url"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/compensation"
)

// policiesPage lists the documents that the boards have adopted and that are in force in the months of the filter, and what their parameters are worth
// then. They hold for all providers and units, so the filter's are not asked for.
func policiesPage() *page {
	return &page{path: "/policies", title: "policies.title", name: "policies", tables: []string{"values"}, answer: policies}
}

// policyPath is where the pages of one policy stand.
func policyPath(policy string) string { return "/policies/document/" + policy }

func policies(v *visit) (*view, error) {
	list, err := document[*report.PolicyList](v, v.ask(ledger.QuestionPolicies))
	if err != nil {
		return nil, err
	}
	from, end := domain.Date(domain.MinDate), domain.Date(domain.MaxDate)
	if p := v.filter.Period; p.From != 0 {
		from, end = p.From.First(), (p.To + 1).First()
	}
	var there []report.PolicyRow
	for _, r := range list.Policies {
		if r.Document.From < end && from < r.Document.End {
			there = append(there, r)
		}
	}
	return &view{title: v.Say("policies.title"), authority: list.Authority, asOf: list.AsOf, content: v.voice,
		tables: []*table{v.documentsTable("", v.Say("policies.documents"), there), v.inForceTable(there, from, end)}}, nil
}

// documentsTable is adopted documents as a table.
func (v *visit) documentsTable(name, caption string, all []report.PolicyRow) *table {
	return &table{name: name, caption: caption, none: v.Say("policies.none"), columns: v.columns(name), rows: func(yield func([]cell) bool) {
		for i := range all {
			r := &all[i]
			which := url.Values{"document": {r.From}}
			if !yield([]cell{{plain: r.Policy, href: v.link(policyPath(r.Policy), which)}, {plain: r.Title}, {plain: r.From}, v.lastDay(r.Document.End),
				{plain: r.DecidedBy}, {plain: r.DecidedOn}, {plain: r.Reference}, {plain: r.SHA256, brief: r.SHA256[:12] + "…"}}) {
				return
			}
		}
	}}
}

// lastDay is the day before end, none while that is open.
func (v *visit) lastDay(end domain.Date) cell {
	if end == domain.MaxDate {
		return cell{word: v.Say("policies.open")}
	}
	return cell{plain: (end - 1).String()}
}

// inForceTable is what the parameters of documents are worth on the days in [from, end) on which their document is in force.
func (v *visit) inForceTable(all []report.PolicyRow, from, end domain.Date) *table {
	return &table{name: "values", caption: v.Say("policies.values"), none: v.Say("policies.no_values"), columns: v.columns("values"),
		rows: func(yield func([]cell) bool) {
			for i := range all {
				r := &all[i]
				for _, p := range r.Of.ParameterValues() {
					p.From, p.Until = max(p.From, r.Document.From), min(p.Until, r.Document.End)
					if p.From >= p.Until || p.From >= end || p.Until <= from {
						continue
					}
					policy := cell{plain: r.Policy, href: v.link(policyPath(r.Policy), url.Values{"document": {r.From}})}
					if !yield(append([]cell{policy}, v.valueCells(&p)...)) {
						return
					}
				}
			}
		}}
}

// valueCells are the cells of a value of a parameter.
func (v *visit) valueCells(p *compensation.ParameterValue) []cell {
	return []cell{{plain: p.Parameter}, {plain: p.Key, word: v.Lang.Key(p.By, p.Key)}, {plain: p.Value.Value.String()}, {plain: p.Unit, word: v.Lang.UnitOfValue(p.Unit)}, {plain: p.From.String()}, v.lastDay(p.Until), v.status(p.Status), {plain: p.Source}}
}

// status is whether a value is preliminary.
func (v *visit) status(status string) cell {
	if status != compensation.StatusPreliminary {
		return cell{plain: status}
	}
	return cell{plain: status, word: v.Say("policies.preliminary")}
}

// rowsFrom makes the rows of a table of what is there in order.
func rowsFrom[T any](all []T, row func(T) []cell) iter.Seq[[]cell] {
	return func(yield func([]cell) bool) {
		for _, one := range all {
			if !yield(row(one)) {
				return
			}
		}
	}
}
