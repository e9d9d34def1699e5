package domain

import "fmt"

// The data of the events of agreements between authorities, agreement/…, and of performance-based state grants, grant/….

// AgreementProposed puts an agreement to its parties, to be in force from a day once all of them have accepted it.
type AgreementProposed struct {
	Title   string   `json:"title"`
	Parties []string `json:"parties"`
	From    Date     `json:"from"`
}

func (d *AgreementProposed) check(ps *Problems) {
	ps.text("title", d.Title, 200)
	ps.required("from", d.From != 0)
	ps.required("parties", len(d.Parties) > 0)
	seen := map[string]bool{}
	for i, p := range d.Parties {
		at := fmt.Sprintf("parties[%d]", i)
		ps.authority(at, p)
		if seen[p] {
			ps.add(at, "authority %s stands twice", p)
		}
		seen[p] = true
	}
}

// AgreementPartyDecided is one party's decision.
type AgreementPartyDecided struct {
	Party    string `json:"party"`
	Decision string `json:"decision"`
}

func (d *AgreementPartyDecided) check(ps *Problems) {
	ps.authority("party", d.Party)
	ps.code("decision", d.Decision, PartyDecisions)
}

// AgreementFollowedUp counts what a follow-up of the agreement found.
type AgreementFollowedUp struct {
	HeldOn   Date `json:"held_on"`
	Findings *int `json:"findings"`
}

func (d *AgreementFollowedUp) check(ps *Problems) {
	ps.required("held_on", d.HeldOn != 0)
	if ps.required("findings", d.Findings != nil) {
		ps.between("findings", *d.Findings, 0, 1_000_000)
	}
}

func (d *AgreementProposed) ownDate() (string, Date)   { return "from", d.From }
func (d *AgreementFollowedUp) ownDate() (string, Date) { return "held_on", d.HeldOn }
