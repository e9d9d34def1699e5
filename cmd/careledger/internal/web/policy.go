package web

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
)

// policyPage shows one document of a policy: what the board decided, what its parameters are worth over time, its components, and the other documents
// of the policy, each of which can be compared with this one.
func policyPage() *page {
	return &page{path: policyPath("{policy}"), name: "policy", asks: documentAsked, tables: []string{"components", "documents"}, answer: policy}
}

// documentAsked names a document of a policy by its first day in force; otherwise it is the last one.
var documentAsked = domain.Codes{"document"}

// policyView is what the page shows beside its tables.
type policyView struct {
	voice
	Policy, Decided, InForce, Source, Event, SHA256 string
	Trail                                           string // address, "" for none
	YAML                                            string // address
	Preliminary                                     string // that some values are, "" for none
}

func policy(v *visit) (*view, error) {
	list, of, err := v.policy("document")
	if err != nil {
		return nil, err
	}
	which := url.Values{"document": {of.From}}
	path := policyPath(of.Policy)
	content := &policyView{voice: v.voice, Policy: of.Policy, Decided: of.DecidedBy + ", " + v.shown(date, of.DecidedOn), InForce: v.inForce(of), Source: of.Of.Source, Event: of.Event,
		SHA256: of.SHA256, YAML: v.link(path+"/model.yaml", which), Trail: v.leadsTo("/trail", url.Values{"kind": {string(domain.KindPolicy)}, "id": {of.Policy}})}
	if of.Reference != "" {
		content.Decided += ", " + of.Reference
	}
	values := of.Of.ParameterValues()
	preliminary := 0
	for i := range values {
		if values[i].Status != "" {
			preliminary++
		}
	}
	if preliminary > 0 {
		content.Preliminary = fmt.Sprintf(v.Say("policies.some_preliminary"), preliminary, len(values))
	}
	worth := &table{caption: v.Say("policies.parameters"), none: v.Say("policies.no_values"), columns: v.columns(""), rows: func(yield func([]cell) bool) {
		for i := range values {
			if !yield(v.valueCells(&values[i])) {
				return
			}
		}
	}}
	return &view{title: of.Title, authority: list.Authority, asOf: list.AsOf, content: content, tables: []*table{worth, v.componentsTable(of), v.othersTable(list, of)}}, nil
}

// policy reads the documents of the policy that the address names, and the one of them that a word of the address names by its first day, or else the
// last one.
func (v *visit) policy(word string) (*report.PolicyList, *report.PolicyRow, error) {
	r := v.ask(ledger.QuestionPolicy)
	r.Policy = v.request.PathValue("policy")
	list, err := document[*report.PolicyList](v, r)
	if err != nil {
		return nil, nil, err
	}
	of, err := v.documentOf(list, word, len(list.Policies)-1)
	return list, of, err
}

// documentOf returns the document that a word of the address names by its first day in force, or else the one at a place.
func (v *visit) documentOf(list *report.PolicyList, word string, otherwise int) (*report.PolicyRow, error) {
	from := v.own.Get(word)
	if from == "" {
		return &list.Policies[otherwise], nil
	}
	i := slices.IndexFunc(list.Policies, func(r report.PolicyRow) bool { return r.From == from })
	if i < 0 {
		all := make([]string, len(list.Policies))
		for i, r := range list.Policies {
			all[i] = r.From
		}
		return nil, wrongAddress(wrongly(word, "wrong.no_document", list.Policies[0].Policy, from, all))
	}
	return &list.Policies[i], nil
}

// inForce says on which days a document is.
func (v *visit) inForce(r *report.PolicyRow) string {
	if r.Document.End == domain.MaxDate {
		return fmt.Sprintf(v.Say("policies.from"), v.shown(date, r.From))
	}
	return fmt.Sprintf(v.Say("policies.from_to"), v.shown(date, r.From), v.shown(date, (r.Document.End-1).String()))
}

// componentsTable is what the components of a document say, a row for each field, with its words as they stand there.
func (v *visit) componentsTable(of *report.PolicyRow) *table {
	said := domain.DescribeDocument(of.Of.CanonicalJSON())
	return &table{name: "components", caption: v.Say("policies.components"), columns: v.columns("components"), rows: func(yield func([]cell) bool) {
		for i := range of.Of.Components { // in the order of the document
			id := of.Of.Components[i].ID
			for _, s := range said {
				field, is := strings.CutPrefix(s.Name.String(), "components["+id+"].")
				if !is || field == "id" {
					continue
				}
				if !yield([]cell{{plain: id}, {plain: field, word: v.Lang.ModelPlace(field)}, {plain: s.Value.String(), word: v.Lang.ModelValue(field, s.Value.String())}}) {
					return
				}
			}
		}
	}}
}

// othersTable is all documents of a policy; each but the one shown can be compared with that.
func (v *visit) othersTable(list *report.PolicyList, of *report.PolicyRow) *table {
	return &table{name: "documents", caption: v.Say("policies.all_documents"), columns: v.columns("documents"), rows: func(yield func([]cell) bool) {
		for i := range list.Policies {
			r := &list.Policies[i]
			compare := cell{word: v.Say("policies.shown_here")}
			if r.From != of.From {
				before, after := r, of
				if r.Document.From > of.Document.From {
					before, after = of, r
				}
				compare = cell{word: v.Say("policies.compare"), href: v.link(policyPath(of.Policy)+"/differences", url.Values{"before": {before.From}, "after": {after.From}})}
			}
			from := cell{plain: r.From, href: v.link(policyPath(r.Policy), url.Values{"document": {r.From}})}
			if !yield([]cell{from, v.lastDay(r.Document.End), {plain: r.Title}, {plain: r.DecidedBy}, {plain: r.DecidedOn}, {plain: r.SHA256, brief: r.SHA256[:12] + "…"}, compare}) {
				return
			}
		}
	}}
}

// serveModel writes the document that policyPage shows as YAML.
func (s *Server) serveModel(w http.ResponseWriter, r *http.Request) error {
	v, err := s.read(r, &page{asks: documentAsked})
	if err != nil {
		return err
	}
	_, of, err := v.policy("document")
	if err != nil {
		return err
	}
	doc, err := of.Of.YAML()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.yaml"`, of.Policy, of.From))
	head := fmt.Sprintf("# %s, adopted by %s on %s, in force from %s (event %s)\n# SHA-256 of the document in canonical JSON: %s\n", of.Policy, oneLine(of.DecidedBy), of.DecidedOn, of.From, of.Event, of.SHA256)
	_, err = io.WriteString(w, head+string(doc))
	return err
}

// oneLine is a text without what ends a comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
