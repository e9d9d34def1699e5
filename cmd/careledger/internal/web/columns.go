package web

import (
	"slices"

	"careledger/projections"
)

// The columns of the tables of pages, said once: the tables are made with them, and the document about the API describes them (openapi.go).

// columnsOf are those of a page's tables, by name; "" is the first one. They are in the order in which they stand; those that are there only where the
// address asks for them have sometimes.
func columnsOf(path string) map[string][]column {
	switch path {
	case "/overview":
		return map[string][]column{
			"":         slices.Concat(chosenOf(overviewSteps), chosenOf(overviewParties), []column{{name: "amount", kind: amount}}, groupColumns()),
			"total":    slices.Concat([]column{{name: "amount", kind: amount}}, groupColumns(), []column{{name: "awaiting", kind: count}, {name: "awaiting_amount", kind: amount}}),
			"awaiting": {{name: "payout"}, {name: "provider"}, {name: "month", kind: month}, {name: "version", kind: count}, {name: "total", kind: amount}, {name: "calculated_by"}},
			"log":      {{name: "events", kind: count}, {name: "root"}, {name: "signed", kind: count}, {name: "signed_at"}, {name: "unsigned", kind: count}},
			"arrivals": {{name: "registered", kind: date}, {name: "type"}, {name: "events", kind: count}},
		}
	case "/fulfilment":
		return map[string][]column{"": slices.Concat(chosenOf(fulfilmentGroups), groupColumns()), "total": groupColumns()}
	case "/payouts":
		return map[string][]column{"": {{name: "payout"}, {name: "month", kind: month}, {name: "provider"}, {name: "status"}, {name: "total", kind: amount}, {name: "voucher"},
			{name: "version", kind: count}, {name: "calculated_by"}, {name: "approved_by"}, {name: "paid_on", kind: date}}}
	case "/payouts/{payout}":
		return map[string][]column{
			"": {{name: "line", kind: count}, {name: "month", kind: month}, {name: "unit"}, {name: "policy"}, {name: "component"}, {name: "account"}, {name: "cases", kind: count}, {name: "quantity", kind: quantity},
				{name: "unit_of_quantity"}, {name: "known", kind: amount}, {name: "settled", kind: amount}, {name: "amount", kind: amount}},
			"steps": {{name: "step"}, {name: "version", kind: count}, {name: "actor"}, {name: "on", kind: date}, {name: "recorded"}, {name: "sequence", kind: count}, {name: "event", inTwins: true}, {name: "reason"}},
		}
	case "/payouts/{payout}/why", "/payouts/{payout}/why/{line}":
		return map[string][]column{"": {{name: "line", kind: count}, {name: "month", kind: month}, {name: "unit"}, {name: "policy"}, {name: "component"}, {name: "posting", kind: count}, {name: "entity"}, {name: "category"},
			{name: "band"}, {name: "follow_up"}, {name: "goal"}, {name: "held_on", kind: date}, {name: "quantity", kind: quantity}, {name: "unit_of_quantity"}, {name: "rate", says: "posting_rate", kind: quantity}, {name: "per", kind: count}, {name: "exact"},
			{name: "amount", kind: amount}, {name: "rests_on"}}}
	case "/trail":
		return map[string][]column{"": {{name: "sequence", kind: count}, {name: "event"}, {name: "type"}, {name: "effective", kind: date}, {name: "recorded"}, {name: "actor"}, {name: "causation"}, {name: "state"},
			{name: "state_by"}, {name: "changed"}, {name: "before"}, {name: "after"}}}
	case "/event":
		return map[string][]column{"": {{name: "payout"}, {name: "version", kind: count}, {name: "status"}, {name: "line", kind: count}, {name: "month", kind: month}, {name: "unit"}, {name: "policy"}, {name: "component"},
			{name: "amount", kind: amount}, {name: "how"}, {name: "postings", kind: count}, {name: "of_it", kind: amount}}}
	case "/access":
		return map[string][]column{"": {{name: "sequence", kind: count}, {name: "read_at"}, {name: "actor"}, {name: "purpose"}, {name: "question"}, {name: "shown"}, {name: "arguments"}}}
	case whatIfPath:
		return whatIfColumns()
	}
	return policyColumns(path)
}

func policyColumns(path string) map[string][]column {
	values := []column{{name: "parameter"}, {name: "key"}, {name: "value", kind: quantity}, {name: "unit_of_value"}, {name: "from", kind: date}, {name: "last_day", kind: date}, {name: "status"}, {name: "source"}}
	document := []column{{name: "title"}, {name: "from", kind: date}, {name: "last_day", kind: date}, {name: "decided_by"}, {name: "decided_on", kind: date}}
	switch path {
	case "/policies":
		return map[string][]column{
			"":       slices.Concat([]column{{name: "policy"}}, document, []column{{name: "reference"}, {name: "sha256"}}),
			"values": slices.Concat([]column{{name: "policy"}}, values),
		}
	case policyPath("{policy}"):
		return map[string][]column{
			"":           values,
			"components": {{name: "component"}, {name: "field"}, {name: "states"}},
			"documents":  {{name: "from", kind: date}, {name: "last_day", kind: date}, {name: "title"}, {name: "decided_by"}, {name: "decided_on", kind: date}, {name: "sha256"}, {name: "compare"}},
		}
	case policyPath("{policy}") + "/differences":
		return map[string][]column{
			"": {{name: "parameter"}, {name: "key"}, {name: "from", kind: date}, {name: "before", kind: quantity}, {name: "after", kind: quantity}, {name: "difference", kind: quantity}, {name: "unit_of_value"},
				{name: "status_before"}, {name: "status_after"}, {name: "source_before"}, {name: "source_after"}},
			"rules": {{name: "place"}, {name: "states_before"}, {name: "states_after"}},
		}
	}
	return nil
}

// whatIfColumns are those of what if. A sweep compares the totals of providers alone, so that what compares by class, price, volume and mix is not there.
func whatIfColumns() map[string][]column {
	compared := func(keys ...string) (all []column) {
		all = []column{{name: "run"}}
		for _, key := range keys {
			all = append(all, column{name: key})
		}
		return append(all, column{name: "class"}, column{name: "adopted", kind: amount}, column{name: "alternative", kind: amount}, column{name: "difference", kind: amount},
			column{name: "percent", kind: percent}, column{name: "price", kind: amount}, column{name: "volume", kind: amount}, column{name: "mix", kind: amount})
	}
	providers := compared("provider")
	for i := range providers {
		providers[i].sometimes = slices.Contains([]string{"class", "percent", "price", "volume", "mix"}, providers[i].name)
	}
	return map[string][]column{
		"": {{name: "run"}, {name: "value", kind: quantity}, {name: "total", kind: amount}, {name: "difference", kind: amount}, {name: "gain", kind: count}, {name: "lose", kind: count},
			{name: "price", kind: amount}, {name: "volume", kind: amount}, {name: "mix", kind: amount}, {name: "digest", inTwins: true}},
		"providers": providers,
		"classes": {{name: "run"}, {name: "by"}, {name: "class"}, {name: "count", kind: count}, {name: "adopted", kind: amount}, {name: "alternative", kind: amount}, {name: "difference", kind: amount},
			{name: "largest"}, {name: "largest_difference", kind: amount}},
		"units":      compared("provider", "unit"),
		"years":      compared("year"),
		"categories": compared("category"),
		"life_areas": compared("life_area"),
		"models":     {{name: "run"}, {name: "policy"}, {name: "sha256"}, {name: "digest"}},
	}
}

// chosenOf are columns of which those are there that the address asks for.
func chosenOf(names []string) (all []column) {
	for _, name := range names {
		c := column{name: name, sometimes: true}
		if name == "month" {
			c.kind = month
		}
		all = append(all, c)
	}
	return all
}

// groupColumns are those of the numbers of a group.
func groupColumns() (all []column) {
	for _, c := range (&projections.FulfilmentRow{}).Columns() {
		k := rate
		if c.Number {
			k = count
		}
		all = append(all, column{name: c.Name, kind: k})
	}
	return all
}

// columns are those of a table of the page, to be changed by who makes it: of those that are there sometimes the chosen ones, in the order in which they
// were chosen.
func (v *visit) columns(table string, chosen ...string) (all []column) {
	said, next := columnsOf(v.page.path)[table], 0
	for _, c := range said {
		if c.sometimes && !slices.Contains(chosen, c.name) {
			continue
		}
		if c.sometimes { // in its place the next one that was chosen
			c = said[slices.IndexFunc(said, func(c column) bool { return c.sometimes && c.name == chosen[next] })]
			next++
		}
		all = append(all, c)
	}
	return all
}

// inTwinsAlone takes columns off the page, which says them in another place or has nothing to say in them.
func inTwinsAlone(columns []column, names ...string) {
	for i := range columns {
		if slices.Contains(names, columns[i].name) {
			columns[i].inTwins = true
		}
	}
}
