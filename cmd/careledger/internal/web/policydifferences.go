package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/compensation"
)

// differencesPage shows what differs between two documents of a policy: first the values of parameters, from the day on which the later one is in force,
// and then all else that they say. Without words in the address they are the last one and the one before it.
func differencesPage() *page {
	return &page{path: policyPath("{policy}") + "/differences", name: "differences", asks: domain.Codes{"before", "after"}, tables: []string{"rules"}, answer: differences}
}

// differencesView is what the page shows beside its tables.
type differencesView struct {
	voice
	Before, After documentLink
	Back          string // address of the policy
	Policy        string
}

// documentLink is a document with what names it.
type documentLink struct{ Title, InForce, SHA256, Href string }

func (v *visit) documentLink(r *report.PolicyRow) documentLink {
	return documentLink{r.Title, v.inForce(r), r.SHA256, v.link(policyPath(r.Policy), url.Values{"document": {r.From}})}
}

func differences(v *visit) (*view, error) {
	list, after, err := v.policy("after")
	if err != nil {
		return nil, err
	}
	place := slices.IndexFunc(list.Policies, func(r report.PolicyRow) bool { return r.From == after.From })
	before, err := v.documentOf(list, "before", max(place-1, 0))
	if err != nil {
		return nil, err
	}
	content := &differencesView{voice: v.voice, Before: v.documentLink(before), After: v.documentLink(after), Policy: after.Policy, Back: v.link(policyPath(after.Policy), nil)}
	return &view{title: fmt.Sprintf(v.Say("policies.differences_of"), after.Policy), authority: list.Authority, asOf: list.AsOf, content: content,
		tables: []*table{v.valuesDiffer(before, after), v.rulesDiffer(before, after)}}, nil
}

// valuesDiffer is the values that two documents state differently.
func (v *visit) valuesDiffer(before, after *report.PolicyRow) *table {
	all := compensation.ValueDifferences(before.Of, after.Of, max(before.Document.From, after.Document.From))
	return &table{caption: v.Say("policies.values_differ"), none: v.Say("policies.values_same"), columns: v.columns(""), rows: rowsFrom(all, func(d compensation.ValueDifference) []cell {
		row := []cell{{plain: d.Parameter}, {plain: d.Key, word: v.Lang.Key(d.By, d.Key)}, {plain: d.From.String()}, {}, {}, {}, {plain: d.Unit, word: v.Lang.UnitOfValue(d.Unit)}, {}, {}, {}, {}}
		for i, value := range []*compensation.Value{d.Before, d.After} {
			if value != nil {
				row[3+i], row[7+i], row[9+i] = cell{plain: value.Value.String()}, v.status(value.Status), cell{plain: value.Source}
			} else {
				row[3+i].word = v.Say("policies.not_there")
			}
		}
		if d.Before != nil && d.After != nil {
			row[5] = v.difference(quantity, d.After.Value.Sub(d.Before.Value).String())
		}
		return row
	})}
}

// rulesDiffer is what two documents say differently beside the values of their parameters: components, title, source, and what parameters are by.
func (v *visit) rulesDiffer(before, after *report.PolicyRow) *table {
	changes := domain.Changes(withoutValues(before.Of), withoutValues(after.Of))
	return &table{name: "rules", caption: v.Say("policies.rules_differ"), none: v.Say("policies.rules_same"), columns: v.columns("rules"),
		rows: rowsFrom(changes, func(c domain.Change) []cell {
			return v.ruleCells(c)
		})}
}

// ruleCells are a place of two documents and what each states there.
func (v *visit) ruleCells(c domain.Change) []cell {
	place := c.Name.String()
	cells := []cell{{plain: place, word: v.Lang.ModelPlace(place)}}
	for _, states := range []string{c.Before.String(), c.After.String()} {
		cells = append(cells, cell{plain: states, word: v.Lang.ModelValue(place, states)})
	}
	return cells
}

// withoutValues returns what a model says, without the values of parameters.
func withoutValues(m *compensation.Model) []domain.Statement {
	return slices.DeleteFunc(domain.DescribeDocument(m.CanonicalJSON()), func(s domain.Statement) bool {
		return slices.ContainsFunc(m.Parameters, func(p compensation.Parameter) bool {
			return strings.HasPrefix(s.Name.String(), "parameters."+p.Name+".values.")
		})
	})
}
