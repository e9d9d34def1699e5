package historytest

import (
	"fmt"
	"math/rand/v2"
	"slices"
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
	healthConditions  = []string{`kind == "psychiatric"`, `kind != "somatic" && band == "health"`, `category in ["somatic", "care"]`}
	premiumConditions = []string{`occasion != "closure"`, `occasion in ["annual", "need-change"] && regime == "external"`, `category == "" && occasion != ""`}
	goalConditions    = []string{`life_area in ["mobility", "self-care"]`, `outcome == "fulfilled"`, `life_area != "learning" && case != "k2"`}

	keyWords = map[string][]string{
		"category": {"care", "service", "frame", "somatic", "psychiatric"}, "band": {"day", "evening", "night", "weekend", "frame", "health"},
		"kind": {"somatic", "psychiatric"}, "recipient": recipients,
		"regime": {"in-house", "external"}, "area": {"urban", "rural"}, "unit": {"u1", "u2", "u3", "u4"},
	}
)

// modelDrawer draws one model.
type modelDrawer struct {
	*drawer
	parameters map[string]any
	components []any
	capped     []string // ids of the components that a cap can sum
}

// model draws a model document. With gaps, the tables of what is not a premium may lack an entry that they are asked for;
// premiums never do, because what the ledger itself writes must always be computable.
func (d *drawer) model(id string) []byte {
	m := modelDrawer{drawer: d, parameters: map[string]any{}}
	for i := range 1 + d.IntN(5) {
		c := map[string]any{"id": fmt.Sprintf("c%d", i)}
		m.component(c, fmt.Sprintf("a%d", i))
		d.condition(c)
		m.components = append(m.components, c)
	}
	if d.chance(30) { // a cap may stand before what it sums
		d.Shuffle(len(m.components), func(i, j int) { m.components[i], m.components[j] = m.components[j], m.components[i] })
	}
	doc, err := json.Marshal(map[string]any{"id": id, "title": "drawn", "currency": "SEK", "parameters": m.parameters, "components": m.components}, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return doc
}

// component draws what a component pays, with a parameter of the given name.
func (m *modelDrawer) component(c map[string]any, name string) {
	var by []string
	d, gaps := m.drawer, m.gaps
	switch kind := d.IntN(18); {
	case kind < 3 || kind < 8 && len(m.capped) == 0:
		by = d.some([]string{"category", "regime", "band", "area", "unit"}, 2)
		d.timeComponent(c, name)
		if c["basis"] == "health" && d.chance(40) {
			by = []string{"kind"}
		}
	case kind < 8:
		by = d.some([]string{"regime", "area", "unit"}, 1)
		c["kind"], c["limit"], c["per"] = "cap", pick(d.Rand, name, "1000", "0", "333.335"), pick(d.Rand, "authority-year", "provider-year", "unit-year")
		if c["of"] = d.some(m.capped, 3); len(c["of"].([]string)) == 0 {
			c["of"] = m.capped[:1]
		}
	case kind < 11:
		by = d.some([]string{"regime", "area", "unit"}, 2)
		c["kind"], c["amount"], c["per"], c["prorate"] = "fixed", name, pick(d.Rand, "unit-month", "case-month", "patient-month"), d.chance(50)
		if c["per"] == "patient-month" && d.chance(50) {
			by = d.some([]string{"kind", "band", "category", "regime"}, 2)
		}
	case kind < 13:
		by, gaps = d.some([]string{"regime", "area", "unit"}, 2), false
		c["kind"], c["amount"], c["repeat"] = "goal-premium", name, pick(d.Rand, "each-follow-up", "once-per-goal")
		c["outcomes"] = pick(d.Rand, map[string]any{"fulfilled": "1"}, map[string]any{"fulfilled": "1", "partly": "0.5"},
			map[string]any{"fulfilled": "1.25", "partly": "0.333", "not-fulfilled": "0"}, map[string]any{"not-assessed": "0.1", "fulfilled": "2"})
	case kind < 14:
		by, gaps = d.some([]string{"regime", "area", "unit"}, 2), false
		c["kind"], c["amount"], c["repeat"] = "person-premium", name, pick(d.Rand, "each-follow-up", "once-per-case")
		c["condition"] = pick(d.Rand, "all-goals-fulfilled", "person-confirms")
	case kind < 16:
		by = d.some([]string{"regime", "area", "unit"}, 2)
		c["kind"], c["rate"], c["basis"] = "supplement", name, pick(d.Rand, "need", "frame", "granted", "performed", "health")
		c["threshold_minutes"] = pick[any](d.Rand, 0, 60, "600", 2000, m.numbers("minutes", d.some([]string{"regime"}, 1), "0", "599", "1500"))
	case kind < 17:
		c["kind"], c["pot"], c["floor"] = "allocation", m.numbers("pot", nil, "66000000", "1000.03"), m.numbers("floor", nil, "0", "200.01", "12.5")
		c["weights"], c["round_to"] = m.numbers("weights", []string{"recipient"}, "1", "33.333333333", "290", "0.5"), pick(d.Rand, "0.01", "500000", "7")
		return
	default:
		c["kind"], c["pot"], c["share"] = "performance", m.numbers("pot", nil, "100000000", "1000.03"), "equal"
		if d.chance(50) {
			c["share"] = m.numbers("weights", []string{"recipient"}, "1", "33.333333333", "290", "0.5")
		}
		return
	}
	if c["kind"] != "cap" {
		m.capped = append(m.capped, c["id"].(string))
	}
	m.parameters[name] = d.parameter(by, gaps, d.amount)
}

// numbers adds a parameter with values out of a few, and returns its name.
func (m *modelDrawer) numbers(name string, by []string, values ...string) string {
	m.parameters[name] = m.parameter(by, m.gaps, func() any { return pick(m.Rand, values...) })
	return name
}

func (d *drawer) timeComponent(c map[string]any, rate string) {
	c["kind"], c["rate"], c["basis"] = "time", rate, pick(d.Rand, "need", "frame", "granted", "performed", "health")
	if c["basis"] == "performed" || c["basis"] == "health" || d.chance(40) {
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
	case "time", "supplement":
		from = slices.Concat(from, timeConditions, healthConditions)
	case "fixed":
		from = slices.Concat(from, healthConditions)
	case "cap":
		from = slices.Concat(from, timeConditions, healthConditions, premiumConditions, goalConditions)
	case "allocation", "performance":
		from = append(from[:len(from):len(from)], `provider != "r1"`, `provider.startsWith("r")`)
	case "goal-premium":
		from = append(append(from[:len(from):len(from)], premiumConditions...), goalConditions...)
	case "person-premium":
		from = append(from[:len(from):len(from)], premiumConditions...)
	}
	c["when"] = pick(d.Rand, from...)
}

// parameter draws a parameter, with the amounts that a function draws, that has a value on every day of the history, and for every key unless there may be gaps.
func (d *drawer) parameter(by []string, gaps bool, amount func() any) map[string]any {
	values := map[string]any{}
	for i := range 1 + d.IntN(3) {
		from := "2010-01-01"
		if i > 0 {
			from = (domain.NewDate(2020, 1, 1) + domain.Date(d.IntN(500))).String()
		}
		if len(by) == 0 {
			values[from] = amount()
			continue
		}
		table := map[string]any{}
		for _, key := range keys(by) {
			if !gaps || !d.chance(10) || len(table) == 0 {
				table[key] = amount()
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
