package report

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// policyRow is one adopted document in a list.
type policyRow struct {
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
}

func policyRows(c *projections.Cut, policy string, whole bool) (rows []policyRow, err error) {
	for _, d := range c.Policies.Documents() {
		if policy != "" && d.Policy != policy {
			continue
		}
		m, _, err := compensation.ParseModel("policy "+d.Policy, d.Model)
		if err != nil {
			return nil, err
		}
		r := policyRow{Policy: d.Policy, Title: m.Title, From: d.From.String(), DecidedBy: d.DecidedBy, DecidedOn: d.DecidedOn.String(),
			Reference: d.Reference, Event: d.EventID, SHA256: m.SHA256()}
		if d.End != domain.MaxDate {
			r.End = d.End.String()
		}
		if whole {
			r.Model = m.CanonicalJSON()
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// Policies writes the documents that the boards have adopted.
func Policies(w io.Writer, format Format, c *projections.Cut) error {
	rows, err := policyRows(c, "", false)
	if err != nil {
		return err
	}
	return policySheet(c, rows).write(w, format, struct {
		AsOf     projections.Moment `json:"as_of"`
		Policies []policyRow        `json:"policies"`
	}{c.Moment, rows})
}

func policySheet(c *projections.Cut, rows []policyRow) *sheet {
	s := &sheet{columns: fields([]string{"policy", "title", "from", "end", "decided_by", "decided_on", "sha256"}),
		heading: []string{"Adopted policies", asKnown(c.Authority, c.Moment)}}
	for _, r := range rows {
		s.rows = append(s.rows, []string{r.Policy, r.Title, r.From, r.End, r.DecidedBy, r.DecidedOn, r.SHA256})
	}
	return s
}

// Policy writes one policy's documents whole.
func Policy(w io.Writer, format Format, c *projections.Cut, policy string) error {
	rows, err := policyRows(c, policy, true)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fmt.Errorf("no policy %s is adopted, as known then; see careledger policy list", policy)
	}
	if format != Table {
		return policySheet(c, rows).write(w, format, struct {
			AsOf     projections.Moment `json:"as_of"`
			Policies []policyRow        `json:"policies"`
		}{c.Moment, rows})
	}
	if err := policySheet(c, rows).table(w); err != nil {
		return err
	}
	for _, r := range rows {
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
		_, err := fmt.Fprintf(w, "%s: model %s, %d parameters, %d components, sha256 %s\n", file, m.ID, len(m.Parameters), len(m.Components), m.SHA256())
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
