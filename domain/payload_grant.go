package domain

import "github.com/go-json-experiment/json/jsontext"

// The data of the events of performance-based state grants [prestationsbaserat statsbidrag], grant/…. Amounts are in kronor.

// GrantAgreed begins a grant. Its two named pots are parts of Pot. Model is evidence: the rule that the parties agreed on, a model
// document or the id of one.
type GrantAgreed struct {
	Title          string         `json:"title"`
	Pot            Money          `json:"pot"`
	DevelopmentPot Money          `json:"development_pot"`
	PerformancePot Money          `json:"performance_pot"`
	Model          jsontext.Value `json:"model,omitzero"`
}

func (d *GrantAgreed) check(ps *Problems) {
	ps.text("title", d.Title, 200)
	ps.notNegative("pot", d.Pot)
	ps.notNegative("development_pot", d.DevelopmentPot)
	ps.notNegative("performance_pot", d.PerformancePot)
	if d.DevelopmentPot+d.PerformancePot > d.Pot {
		ps.add("pot", "%s is less than its parts, %s for development and %s for performance", d.Pot, d.DevelopmentPot, d.PerformancePot)
	}
}

func (d *GrantAgreed) states() []string         { return []string{"pot", "development_pot", "performance_pot"} }
func (d *GrantAllocated) states() []string      { return []string{"amount"} }
func (d *GrantResultReported) states() []string { return []string{"result"} }
func (d *GrantPaid) states() []string           { return []string{"amount"} }

// GrantAllocated is what was decided for one recipient, whatever rule it followed.
type GrantAllocated struct {
	Recipient string `json:"recipient"`
	Amount    Money  `json:"amount"`
	Basis     string `json:"basis,omitzero"`
}

func (d *GrantAllocated) check(ps *Problems) {
	ps.id("recipient", d.Recipient)
	ps.notNegative("amount", d.Amount)
	if d.Basis != "" {
		ps.text("basis", d.Basis, 500)
	}
}

// GrantTargetSet sets a recipient's target for an indicator, for example of a quality register.
type GrantTargetSet struct {
	Recipient string  `json:"recipient"`
	Indicator string  `json:"indicator"`
	Target    Decimal `json:"target"`
}

func (d *GrantTargetSet) check(ps *Problems) {
	ps.id("recipient", d.Recipient)
	ps.text("indicator", d.Indicator, 64)
	if d.Target.Sign() <= 0 {
		ps.add("target", "%s is not a target; write more than 0", d.Target)
	}
}

// GrantResultReported is what a recipient reached of an indicator. A later report takes the place of an earlier one.
type GrantResultReported struct {
	Recipient string  `json:"recipient"`
	Indicator string  `json:"indicator"`
	Result    Decimal `json:"result"`
}

func (d *GrantResultReported) check(ps *Problems) {
	ps.id("recipient", d.Recipient)
	ps.text("indicator", d.Indicator, 64)
	if d.Result.Sign() < 0 {
		ps.add("result", "%s is negative", d.Result)
	}
}

// GrantPaid is an amount paid out of one of the grant's pots.
type GrantPaid struct {
	Recipient string `json:"recipient"`
	Amount    Money  `json:"amount"`
	Part      string `json:"part"`
}

func (d *GrantPaid) check(ps *Problems) {
	ps.id("recipient", d.Recipient)
	ps.notNegative("amount", d.Amount)
	ps.code("part", d.Part, GrantParts)
}
