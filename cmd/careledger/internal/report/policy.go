package report

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// PolicyRow is one adopted document in a list.
type PolicyRow struct {
	Policy    string `json:"policy"`
	Title     string `json:"title"`
	From      string `json:"from"`
	End       string `json:"end,omitzero"` // the first day on which it is not in force; absent while open
	DecidedBy string `json:"decided_by"`
	DecidedOn string `json:"decided_on"`
	Reference string `json:"reference,omitzero"`
	Event     string `json:"event"`
	SHA256    string `json:"sha256"`

	Model jsontext.Value `json:"model,omitzero"` // show only

	Of       *compensation.Model   `json:"-"` // the document as it was read
	Document domain.PolicyDocument `json:"-"` // and as the domain has it
}

// PolicyList is the documents that the boards have adopted, as known at a moment.
type PolicyList struct {
	Authority string             `json:"-"`
	AsOf      projections.Moment `json:"as_of"`
	Policies  []PolicyRow        `json:"policies"`
}

// UnknownPolicyError says that no document of a policy is adopted, as known at the moment asked for.
type UnknownPolicyError struct{ Policy string }

func (e *UnknownPolicyError) Error() string {
	return fmt.Sprintf("no policy %s is adopted, as known then; see careledger policy list", e.Policy)
}

// ListPolicies returns the documents adopted as known at the moment of a cut: all of them, or with their models those of one policy, of which
// there must be one: otherwise the error is an *UnknownPolicyError.
func ListPolicies(c *projections.Cut, policy string) (*PolicyList, error) {
	list := &PolicyList{Authority: c.Authority, AsOf: c.Moment}
	var models []*compensation.Model // of the documents, in their order
	for _, p := range c.Adopted {
		for _, d := range p.Documents {
			models = append(models, d.Model)
		}
	}
	for i, d := range c.Policies.Documents() {
		if policy != "" && d.Policy != policy {
			continue
		}
		m := models[i]
		r := PolicyRow{Policy: d.Policy, Title: m.Title, From: d.From.String(), DecidedBy: d.DecidedBy, DecidedOn: d.DecidedOn.String(),
			Reference: d.Reference, Event: d.EventID, SHA256: m.SHA256(), Of: m, Document: d}
		if d.End != domain.MaxDate {
			r.End = d.End.String()
		}
		if policy != "" {
			r.Model = m.CanonicalJSON()
		}
		list.Policies = append(list.Policies, r)
	}
	if policy != "" && len(list.Policies) == 0 {
		return nil, &UnknownPolicyError{policy}
	}
	return list, nil
}

// Policies writes the documents that the boards have adopted.
func Policies(w io.Writer, format Format, list *PolicyList) error {
	return policySheet(list).write(w, format, list)
}

func policySheet(list *PolicyList) *sheet {
	s := &sheet{columns: fields([]string{"policy", "title", "from", "end", "decided_by", "decided_on", "sha256"}),
		heading: []string{"Adopted policies", asKnown(list.Authority, list.AsOf)}}
	for _, r := range list.Policies {
		s.rows = append(s.rows, []string{r.Policy, r.Title, r.From, r.End, r.DecidedBy, r.DecidedOn, r.SHA256})
	}
	return s
}

// Policy writes one policy's documents whole.
func Policy(w io.Writer, format Format, list *PolicyList) error {
	if format != Table {
		return Policies(w, format, list)
	}
	if err := policySheet(list).table(w); err != nil {
		return err
	}
	for _, r := range list.Policies {
		if err := r.Model.Indent(); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "\nfrom %s, event %s\n%s\n", r.From, r.Event, r.Model); err != nil {
			return err
		}
	}
	return nil
}

// Model writes what a model document that has no error is.
func Model(w io.Writer, format Format, file string, m *compensation.Model) error {
	if format == Table {
		_, err := fmt.Fprintf(w, "%s: model %s, %s, %s, sha256 %s\n", file, m.ID, Counted(len(m.Parameters), "parameter"), Counted(len(m.Components), "component"), m.SHA256())
		return err
	}
	s := &sheet{columns: fields([]string{"id", "title", "sha256"}), rows: [][]string{{m.ID, m.Title, m.SHA256()}}}
	return s.write(w, format, struct {
		ID     string         `json:"id"`
		Title  string         `json:"title"`
		SHA256 string         `json:"sha256"`
		Model  jsontext.Value `json:"model"`
	}{m.ID, m.Title, m.SHA256(), m.CanonicalJSON()})
}
