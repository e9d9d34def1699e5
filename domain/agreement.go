package domain

import "strconv"

// Agreement is the state of an agreement between authorities. It is in force from its day once every party has accepted it, with or
// without reservation.
type Agreement struct {
	state[*agreementView]
}

// NewAgreement returns the state of an agreement before its first event.
func NewAgreement(e Entity) *Agreement {
	return &Agreement{state[*agreementView]{Entity: e, view: &agreementView{entity: e}}}
}

type agreementView struct {
	entity   Entity
	proposed *AgreementProposed
	decided  []AgreementPartyDecided // in log order
}

func (v *agreementView) empty() *agreementView { return &agreementView{entity: v.entity} }
func (v *agreementView) begun() bool           { return v.proposed != nil }

func (v *agreementView) check(en *entry, _ *Event, _ *Parties, ps *Problems) {
	_, beginning := en.data.(*AgreementProposed)
	if !checkBegun(v.entity, v.begun(), beginning, false, ps) {
		return
	}
	if d, ok := en.data.(*AgreementPartyDecided); ok {
		if party := Codes(v.proposed.Parties); !party.Has(d.Party) {
			ps.add("data.party", "%s is no party of this agreement; its parties are %s", d.Party, party)
		}
		for _, earlier := range v.decided {
			if earlier.Party == d.Party && earlier.Decision != "rejected" {
				ps.add("data.party", "%s has decided already (%s); correct that event instead", d.Party, earlier.Decision)
			}
		}
	}
}

func (v *agreementView) fold(en *entry) {
	switch d := en.data.(type) {
	case *AgreementProposed:
		v.proposed = d
	case *AgreementPartyDecided:
		v.decided = append(v.decided, *d)
	}
}

// accepted counts the parties whose latest decision accepts the agreement.
func (v *agreementView) accepted() (n int) {
	latest := map[string]string{}
	for _, d := range v.decided {
		latest[d.Party] = d.Decision
	}
	for _, decision := range latest {
		if decision != "rejected" {
			n++
		}
	}
	return n
}

func (v *agreementView) describe(d *description) {
	if v.proposed == nil {
		return
	}
	d.say(PlainPhrase(v.proposed.Title), "title")
	accepted, all, from := v.accepted(), len(v.proposed.Parties), v.proposed.From.String()
	d.say(NewPhrase("{number} of {number} parties", strconv.Itoa(accepted), strconv.Itoa(all)), "accepted by")
	if accepted == all {
		d.say(NewPhrase("from {date}", from), "in force")
	} else {
		d.say(NewPhrase("proposed from {date}", from), "in force")
	}
	for _, p := range v.decided {
		d.say(NewPhrase("{party_decision}", p.Decision), "party {party}", p.Party)
	}
}
