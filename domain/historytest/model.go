package historytest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/go-json-experiment/json"

	"careledger/domain"
)

// The words that a model's parameters and conditions are drawn over.
var (
	conditions = []string{
		`unit == "u1"`, `unit in ["u1", "u3", "u4"]`, `provider != "p2"`, `regime == "external" || area == "rural"`,
		`case in ["k1", "k3", "k4"]`, `programme == "return-home"`, `programme == "" && unit != "u2"`,
		`inclusion.rehabilitation_potential`, `!inclusion.needs_expected_to_decrease`, `inclusion.diagnosis_group == "stroke"`,
		`month >= "2020-03" && month < "2020-11"`, `month.endsWith("-03") || area == "urban"`,
		`authority == "1281" && kind == ""`, `true`,
	}
	timeConditions    = []string{`category == "care" && band != "night"`, `method == "frame-time"`, `method != "frame-time"`, `category in ["care", "frame"]`, `life_area == "" && band == "day"`, `method == "" || unit == "u1"`}
	premiumConditions = []string{`occasion != "closure"`, `occasion in ["annual", "need-change"] && regime == "external"`, `category == "" && occasion != ""`}
	goalConditions    = []string{`life_area in ["mobility", "self-care"]`, `outcome == "fulfilled"`, `life_area != "learning" && case != "k2"`}

	keyWords = map[string][]string{
		"category": {"care", "service", "frame"}, "band": {"day", "evening", "night", "weekend", "frame"},
		"regime": {"in-house", "external"}, "area": {"urban", "rural"}, "unit": {"u1", "u2", "u3", "u4"},
	}
)

// model draws a model document. With gaps, the tables of time and fixed components may lack an entry that they are asked for;
// premiums never do, because what the ledger itself writes must always be computable.
func (d *drawer) model(id string) []byte {
	parameters, components := map[string]any{}, []any{}
	for i := range 1 + d.IntN(4) {
		name := fmt.Sprintf("a%d", i)
		c := map[string]any{"id": fmt.Sprintf("c%d", i)}
		var by []string
		gaps := d.gaps
		switch kind := d.IntN(9); {
		case kind < 3:
			by = d.some([]string{"category", "regime", "band", "area", "unit"}, 2)
			d.timeComponent(c, name)
		case kind < 5:
			by = d.some([]string{"regime", "area", "unit"}, 2)
			c["kind"], c["amount"], c["per"], c["prorate"] = "fixed", name, pick(d.Rand, "unit-month", "case-month"), d.chance(50)
		case kind < 7:
			by, gaps = d.some([]string{"regime", "area", "unit"}, 2), false
			c["kind"], c["amount"], c["repeat"] = "goal-premium", name, pick(d.Rand, "each-follow-up", "once-per-goal")
			c["outcomes"] = pick(d.Rand, map[string]any{"fulfilled": "1"}, map[string]any{"fulfilled": "1", "partly": "0.5"},
				map[string]any{"fulfilled": "1.25", "partly": "0.333", "not-fulfilled": "0"}, map[string]any{"not-assessed": "0.1", "fulfilled": "2"})
		default:
			by, gaps = d.some([]string{"regime", "area", "unit"}, 2), false
			c["kind"], c["amount"], c["repeat"] = "person-premium", name, pick(d.Rand, "each-follow-up", "once-per-case")
			c["condition"] = pick(d.Rand, "all-goals-fulfilled", "person-confirms")
		}
		d.condition(c)
		parameters[name] = d.parameter(by, gaps)
		components = append(components, c)
	}
	doc, err := json.Marshal(map[string]any{"id": id, "title": "drawn", "currency": "SEK", "parameters": parameters, "components": components}, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return doc
}

func (d *drawer) timeComponent(c map[string]any, rate string) {
	c["kind"], c["rate"], c["basis"] = "time", rate, pick(d.Rand, "need", "frame", "granted", "performed")
	if c["basis"] == "performed" || d.chance(40) {
		return
	}
	var rules []any
	for _, reason := range d.some(domain.AbsenceReason, 3) {
		var ladder []any
		for range 1 + d.IntN(3) {
			ladder = append(ladder, map[string]any{"days": 1 + d.IntN(6), "percent": pick(d.Rand, 0, 25, 33, 75, 100)})
		}
		rule := map[string]any{"reason": reason, "ladder": ladder}
		if d.chance(50) {
			rule["after"] = pick(d.Rand, 0, 10, 50)
		}
		rules = append(rules, rule)
	}
	if rules != nil {
		c["absence"] = rules
	}
}

func (d *drawer) condition(c map[string]any) {
	if premium := strings.HasSuffix(c["kind"].(string), "-premium"); premium && d.chance(30) {
		c["occasions"] = append([]string{pick(d.Rand, "annual", "closure")}, d.some([]string{"after-hospital", "need-change"}, 2)...)
	}
	if d.chance(50) {
		return
	}
	from := conditions
	switch c["kind"] {
	case "time":
		from = append(from[:len(from):len(from)], timeConditions...)
	case "goal-premium":
		from = append(append(from[:len(from):len(from)], premiumConditions...), goalConditions...)
	case "person-premium":
		from = append(from[:len(from):len(from)], premiumConditions...)
	}
	c["when"] = pick(d.Rand, from...)
}

// parameter draws a parameter that has a value on every day of the history, and for every key unless there may be gaps.
func (d *drawer) parameter(by []string, gaps bool) map[string]any {
	values := map[string]any{}
	for i := range 1 + d.IntN(3) {
		from := "2010-01-01"
		if i > 0 {
			from = (domain.NewDate(2020, 1, 1) + domain.Date(d.IntN(500))).String()
		}
		if len(by) == 0 {
			values[from] = d.amount()
			continue
		}
		table := map[string]any{}
		for _, key := range keys(by) {
			if !gaps || !d.chance(10) || len(table) == 0 {
				table[key] = d.amount()
			}
		}
		values[from] = table
	}
	p := map[string]any{"values": values}
	if len(by) > 0 {
		p["by"] = by
	}
	return p
}

func keys(by []string) []string {
	all := []string{""}
	for i, dimension := range by {
		var longer []string
		for _, prefix := range all {
			for _, word := range keyWords[dimension] {
				if i > 0 {
					longer = append(longer, prefix+"/"+word)
				} else {
					longer = append(longer, word)
				}
			}
		}
		all = longer
	}
	return all
}

// amount draws a value: round ones, ones whose products end on half an öre, many decimals, deductions, nothing.
func (d *drawer) amount() any {
	v := pick(d.Rand, "297", "385.00", "0.005", "412.35", "333.333333333", "0.1", "-50.5", "0", "10000", "1.15", fmt.Sprintf("%d.%02d", d.IntN(2000), d.IntN(100)))
	if d.chance(10) {
		return map[string]any{"value": v, "status": "preliminary"}
	}
	return v
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }
