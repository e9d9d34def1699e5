package domain

import (
	"cmp"
	"slices"
)

// GrantState is the state of a performance-based state grant.
type GrantState struct {
	state[*grantView]
}

// NewGrant returns the state of a grant before its first event.
func NewGrant(e Entity) *GrantState {
	return &GrantState{state[*grantView]{Entity: e, view: &grantView{entity: e}}}
}

// Facts returns what a model can be charged on; false if the grant is not agreed.
func (g *GrantState) Facts() (StateGrant, bool) {
	v := g.view
	if v.agreed == nil {
		return StateGrant{}, false
	}
	facts := StateGrant{ID: g.Entity.ID(), AgreedOn: v.agreedOn}
	for _, r := range v.recipients {
		out := GrantRecipient{ID: r.id, Allocated: r.allocated, Paid: r.paid, ReportedOn: r.reportedOn}
		for _, i := range r.indicators {
			if i.Target.Sign() > 0 {
				out.Indicators = append(out.Indicators, i)
			}
		}
		slices.SortFunc(out.Indicators, func(a, b GrantIndicator) int { return cmp.Compare(a.Name, b.Name) })
		facts.Recipients = append(facts.Recipients, out)
	}
	slices.SortFunc(facts.Recipients, func(a, b GrantRecipient) int { return cmp.Compare(a.ID, b.ID) })
	return facts, true
}

type grantView struct {
	entity     Entity
	agreed     *GrantAgreed
	agreedOn   Date
	recipients []*grantRecipient // in log order
}

type grantRecipient struct {
	id              string
	allocated, paid Money
	reportedOn      Date
	indicators      []GrantIndicator // a Target of 0: a result without a target
}

func (v *grantView) empty() *grantView { return &grantView{entity: v.entity} }
func (v *grantView) begun() bool       { return v.agreed != nil }

func (v *grantView) check(en *entry, _ *Event, _ *Parties, ps *Problems) {
	_, beginning := en.data.(*GrantAgreed)
	checkBegun(v.entity, v.begun(), beginning, false, ps)
}

func (v *grantView) fold(en *entry) {
	switch d := en.data.(type) {
	case *GrantAgreed:
		v.agreed, v.agreedOn = d, en.effective
	case *GrantAllocated:
		v.recipient(d.Recipient).allocated += d.Amount
	case *GrantTargetSet:
		v.recipient(d.Recipient).indicator(d.Indicator).Target = d.Target
	case *GrantResultReported:
		r := v.recipient(d.Recipient)
		r.indicator(d.Indicator).Result = d.Result
		r.reportedOn = max(r.reportedOn, en.effective)
	case *GrantPaid:
		v.recipient(d.Recipient).paid += d.Amount
	}
}

func (v *grantView) recipient(id string) *grantRecipient {
	for _, r := range v.recipients {
		if r.id == id {
			return r
		}
	}
	r := &grantRecipient{id: id}
	v.recipients = append(v.recipients, r)
	return r
}

func (r *grantRecipient) indicator(name string) *GrantIndicator {
	for i := range r.indicators {
		if r.indicators[i].Name == name {
			return &r.indicators[i]
		}
	}
	r.indicators = append(r.indicators, GrantIndicator{Name: name})
	return &r.indicators[len(r.indicators)-1]
}

func (v *grantView) describe(d *description) {
	if v.agreed == nil {
		return
	}
	d.say(PlainPhrase(v.agreed.Title), "title")
	d.amount(v.agreed.Pot, "pot")
	d.amount(v.agreed.DevelopmentPot, "pot for development")
	d.amount(v.agreed.PerformancePot, "pot for performance")
	for _, r := range v.recipients {
		d.amount(r.allocated, "recipient {recipient} allocated", r.id)
		d.amount(r.paid, "recipient {recipient} paid", r.id)
		for _, i := range r.indicators {
			d.say(NewPhrase("{decimal}", i.Target.String()), "recipient {recipient} {indicator} target", r.id, i.Name)
			d.say(NewPhrase("{decimal}", i.Result.String()), "recipient {recipient} {indicator} result", r.id, i.Name)
		}
	}
}
