package replay

import (
	"encoding/json"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// Result is the adopted policies and each alternative over the same facts.
type Result struct {
	Authority string
	AsOf      projections.Moment
	compensation.Period
	By          []string    // of the rows
	InForceFrom domain.Date // of the alternatives; 0: the whole period
	Runs        []Run       // the first is adopted; then the models, the settings, the steps of the sweep, the value sought
}

// Adopted returns the run that the others are compared with.
func (r *Result) Adopted() *Run { return &r.Runs[0] }

// Run is what one set of policies gives.
type Run struct {
	Name       string // adopted for the first; no two are the same
	Models     []ModelRef
	Value      string // of a step of a sweep, or the value sought; "" for the others
	Total      domain.Money
	Digest     string // of the postings (compensation.Digest)
	Rows       []compensation.Row
	Difference domain.Money // Total less that of adopted
	// Providers are those with a posting in this run or in adopted, the largest difference first, whichever its sign; then by id.
	// For adopted the differences are 0.
	Providers []ProviderDifference
	Warnings  []string // what a reader of the total should know
}

// ModelRef names a document that is in force on some day of the period.
type ModelRef struct {
	ID     string `json:"id"`
	SHA256 string `json:"sha256"`
}

// ProviderDifference is what a provider gets under an alternative, beside what it gets under the adopted policies.
type ProviderDifference struct {
	Provider    string       `json:"provider"`
	Adopted     domain.Money `json:"adopted"`
	Alternative domain.Money `json:"alternative"`
	Difference  domain.Money `json:"difference"`
}

// MarshalJSON returns the document of CONTRACT.md, section 6, with difference, providers and warnings at the end of each run.
func (r *Result) MarshalJSON() ([]byte, error) {
	type run struct {
		Name       string               `json:"name"`
		Models     []ModelRef           `json:"models"`
		Total      domain.Money         `json:"total"`
		Digest     string               `json:"digest"`
		Rows       json.RawMessage      `json:"rows"`
		Value      string               `json:"value,omitzero"`
		Difference domain.Money         `json:"difference"`
		Providers  []ProviderDifference `json:"providers"`
		Warnings   []string             `json:"warnings"`
	}
	document := struct {
		AsOf projections.Moment `json:"as_of"`
		From string             `json:"from"`
		To   string             `json:"to"`
		Runs []run              `json:"runs"`
	}{r.AsOf, r.From.Text(), r.To.Text(), make([]run, len(r.Runs))}
	for i, from := range r.Runs {
		document.Runs[i] = run{from.Name, from.Models, from.Total, from.Digest, compensation.AppendRows(nil, r.By, from.Rows),
			from.Value, from.Difference, from.Providers, append([]string{}, from.Warnings...)}
	}
	return json.Marshal(document)
}
