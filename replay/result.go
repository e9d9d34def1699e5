package replay

import (
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
	Swept       *Swept      // what the steps of the sweep are of; nil: no sweep
	SweptAcross *Swept      // the second parameter of a grid; nil: no grid
	Behaviour   *Behaviour  // what the alternatives assume; nil: nothing
	Stamp       *Stamp      // what the result rests on and how to have it again; nil until whoever knows the log has set it
}

// Swept is the parameter that a sweep gives its values.
type Swept struct {
	Parameter string // POLICY.PARAM, or POLICY.PARAM.KEY
	Unit      string // as the adopted document has it, free text: SEK/goal; may be ""
}

// Stamp says what a result rests on, so that anybody can have it again, and see that it is the same.
type Stamp struct {
	Sequence uint64 `json:"sequence"` // the log's last event when the question was answered, or the as-of's where that is earlier
	Root     string `json:"root"`     // of the log's Merkle tree there (RFC 6962), in hex
	Engine   string `json:"engine"`   // the release that computed it
	Command  string `json:"command"`  // for a shell: gives this result again, however much is written after it
}

// Adopted returns the run that the others are compared with.
func (r *Result) Adopted() *Run { return &r.Runs[0] }

// Run is what one set of policies gives.
type Run struct {
	Name       string // adopted for the first; no two are the same
	Models     []ModelRef
	Value      string // of a step of a sweep, or the value sought; "" for the others
	Across     string // of a step of a grid, the value of its second parameter
	Step       bool   // of a sweep or grid
	Total      domain.Money
	Digest     string // of the postings (compensation.Sum)
	Rows       []compensation.Row
	Difference domain.Money // Total less that of adopted
	// Providers are those with a posting in this run or in adopted, the largest difference first, whichever its sign; then by id.
	// For adopted the differences are 0.
	Providers []ProviderDifference
	Warnings  []string // what a reader of the total should know

	// What follows is of the alternatives, and as the request asks for.
	Behaviour  domain.Money // what assumed behaviour alone adds to Total; 0 where nothing is assumed
	Comparison *Comparison
	Transition *Transition
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
