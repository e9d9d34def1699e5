package compensation

import "strings"

// errorCases are one for each thing that can be wrong with a document, with the exact text of what is said about it.
var errorCases = []errorCase{
	{`empty document`, "", "", []string{
		`m.yaml: the document is empty`,
	}},
	{`only a comment`, "", "# nothing\n", []string{
		`m.yaml: the document is empty`,
	}},
	{`not YAML`, "", "id: m\n  title: [", []string{
		`m.yaml: is neither YAML nor JSON: line 2: mapping values are not allowed in this context`,
	}},
	{`a list`, "", `[1, 2]`, []string{
		`m.yaml:1: is a list; a mapping with keys belongs here`,
	}},
	{`two documents`, "", "id: m\n---\nid: n\n", []string{
		`m.yaml: the file has more than one document; a file holds one model`,
	}},
	{`anchor`, timeLine, `&a {id: v, kind: time, basis: need, rate: rate}`, []string{
		`m.yaml:8: YAML anchors and aliases are not allowed in a model; write the value out`,
	}},
	{`alias`, `title: t`, `title: *a`, []string{
		`m.yaml: is neither YAML nor JSON: unknown anchor 'a' referenced`,
	}},
	{`own tag`, `title: t`, `title: !mine t`, []string{
		`m.yaml:2: the YAML tag !mine is not allowed in a model`,
	}},
	{`tag that does not fit`, `title: t`, `title: !!map t`, []string{
		`m.yaml:2: the YAML tag !!map does not fit its value`,
	}},
	{`list as key`, `title: t`, `[a, b]: t`, []string{
		`m.yaml:2: a key must be a word, not a list or a mapping`,
	}},
	{`unknown key`, `title: t`, "title: t\nparamters: {}", []string{
		`m.yaml:3 paramters: unknown key; did you mean "parameters"?`,
	}},
	{`unknown key far from any`, `title: t`, "title: t\nzzzzzzzzzzzz: 1", []string{
		`m.yaml:3 zzzzzzzzzzzz: unknown key; known here are id, title, currency, source, parameters, components`,
	}},
	{`duplicate key`, `title: t`, "title: t\ntitle: u", []string{
		`m.yaml:3 title: the key is there already, on line 2`,
	}},
	{`missing fields`, "", `source: s`, []string{
		`m.yaml:1 id: is required`,
		`m.yaml:1 title: is required`,
		`m.yaml:1 currency: is required`,
		`m.yaml:1 parameters: is required`,
		`m.yaml:1 components: is required`,
	}},
	{`id pattern`, "id: m\n", "id: m m\n", []string{
		`m.yaml:1 id: "m m" is not an id; use 1 to 64 of A-Z a-z 0-9 . _ -`,
	}},
	{`empty title`, `title: t`, `title:`, []string{
		`m.yaml:2 title: is empty; give it a value or leave it out`,
	}},
	{`empty text`, `title: t`, `title: ''`, []string{
		`m.yaml:2 title: is empty; give it a value or leave it out`,
	}},
	{`title is a list`, `title: t`, `title: [t]`, []string{
		`m.yaml:2 title: is a list; a text belongs here`,
	}},
	{`currency`, `currency: SEK`, `currency: EUR`, []string{
		`m.yaml:3 currency: "EUR" is not a currency of this ledger; write SEK`,
	}},
	{`parameters is a list`, "", "id: m\ntitle: t\ncurrency: SEK\nparameters: []\ncomponents: {}", []string{
		`m.yaml:4 parameters: is a list; a mapping with keys belongs here`,
		`m.yaml:5 components: is a mapping; a list belongs here`,
	}},
	{`no components`, "", "id: m\ntitle: t\ncurrency: SEK\nparameters: {}\ncomponents: []", []string{
		`m.yaml:5 components: is empty; a model has at least one component`,
	}},
	{`parameter name`, `  p: {unit`, `  'p q': {unit`, []string{
		`m.yaml:5 parameters["p q"]: "p q" is not a parameter name; use 1 to 64 of A-Z a-z 0-9 . _ -`,
		`m.yaml:9 components[1].amount: "p" is not a parameter of this model; did you mean "p q"?`,
	}},
	{`parameter is text`, pLine, `x`, []string{
		`m.yaml:5 parameters.p: "x" is text; a mapping with keys belongs here`,
	}},
	{`parameter is empty`, pLine, "", []string{
		`m.yaml:5 parameters.p: is empty; give it a value or leave it out`,
	}},
	{`unquoted number`, `"297"`, `297`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]: 297 is a number; write "297" in quotes`,
	}},
	{`unquoted fraction`, `"297"`, `297.50`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]: 297.50 is a number; write "297.50" in quotes`,
	}},
	{`unquoted number in another notation`, `"297"`, `0x1F`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]: 0x1F is a number; write a decimal in quotes, for example "297"`,
	}},
	{`decimal comma`, `"297"`, `"297,50"`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]: "297,50" is not a decimal number; write for example "297" or "0.25", with at most 15 digits before the point and 9 after it`,
	}},
	{`boolean for a decimal`, `"297"`, `true`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]: true is a boolean; write a decimal in quotes, for example "297"`,
	}},
	{`null for a decimal`, `"297"`, "", []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]: is empty; give it a value or leave it out`,
	}},
	{`list for a decimal`, `"297"`, `["297"]`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]: is a list; write a decimal in quotes, for example "297"`,
	}},
	{`value without value`, `"297"`, `{value: 297, sorce: s, status: final}`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"].sorce: unknown key; did you mean "source"?`,
		`m.yaml:5 parameters.p.values["2015-01-01"].value: 297 is a number; write "297" in quotes`,
		`m.yaml:5 parameters.p.values["2015-01-01"].status: "final" is not one of preliminary`,
	}},
	{`value mapping without value`, `"297"`, `{value: "1", status: ""}`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"].status: is empty; give it a value or leave it out`,
	}},
	{`table without by`, `"297"`, `{care/external: "1"}`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]: is a table, but the parameter does not say by what; add for example by: [category, regime], or write {value: …}`,
	}},
	{`no values`, pLine, `{unit: SEK/goal}`, []string{
		`m.yaml:5 parameters.p.values: is required`,
	}},
	{`values is one value`, pLine, `{values: "297"}`, []string{
		`m.yaml:5 parameters.p.values: write each value under the day that it holds from, for example {2015-01-01: "297"}`,
	}},
	{`values is empty`, pLine, `{values: {}}`, []string{
		`m.yaml:5 parameters.p.values: write each value under the day that it holds from, for example {2015-01-01: "297"}`,
	}},
	{`bad date`, `2015-01-01: "297"`, `2015-1-1: "297"`, []string{
		`m.yaml:5 parameters.p.values["2015-1-1"]: "2015-1-1" is not a date; write YYYY-MM-DD, for example 2015-03-01`,
	}},
	{`no such day`, `2015-01-01: "297"`, `2015-02-29: "297"`, []string{
		`m.yaml:5 parameters.p.values["2015-02-29"]: "2015-02-29" is not a day of the calendar`,
	}},
	{`same date twice`, `2015-01-01: "297"`, `2015-01-01: "297", 2015-01-01: "298"`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]: the key is there already, on line 5`,
	}},
	{`unknown parameter key`, pLine, `{values: {2015-01-01: "1"}, vals: 1}`, []string{
		`m.yaml:5 parameters.p.vals: unknown key; did you mean "values"?`,
	}},
	{`by unknown`, rateLine, `{by: [categry], values: {2015-01-01: {care: "1"}}}`, []string{
		`m.yaml:6 parameters.rate.by[0]: "categry" is not one of category, band, regime, area, unit, kind, recipient; did you mean "category"?`,
	}},
	{`by twice`, rateLine, `{by: [unit, unit], values: {2015-01-01: {a/b: "1"}}}`, []string{
		`m.yaml:6 parameters.rate.by[1]: "unit" is in the list already`,
	}},
	{`by is text`, rateLine, `{by: category, values: {2015-01-01: {care: "1"}}}`, []string{
		`m.yaml:6 parameters.rate.by: "category" is text; a list belongs here`,
	}},
	{`by is empty`, rateLine, `{by: [], values: {2015-01-01: "1"}}`, []string{
		`m.yaml:6 parameters.rate.by: is empty; give it a value or leave it out`,
	}},
	{`one value in a table`, rateLine, `{by: [category, regime], values: {2015-01-01: "398"}}`, []string{
		`m.yaml:6 parameters.rate.values["2015-01-01"]: the parameter is by category/regime; write a value for each, for example {care/in-house: "297"}`,
	}},
	{`empty table`, rateLine, `{by: [unit], values: {2015-01-01: {}}}`, []string{
		`m.yaml:6 parameters.rate.values["2015-01-01"]: the parameter is by unit; write a value for each, for example {unit-1: "297"}`,
	}},
	{`null table`, rateLine, `{by: [unit], values: {2015-01-01: }}`, []string{
		`m.yaml:6 parameters.rate.values["2015-01-01"]: is empty; give it a value or leave it out`,
	}},
	{`too few parts`, rateLine, `{by: [category, regime], values: {2015-01-01: {care: "398"}}}`, []string{
		`m.yaml:6 parameters.rate.values["2015-01-01"].care: "care" has 1 of the 2 parts of category/regime; write for example care/in-house`,
	}},
	{`word not in the list`, rateLine, `{by: [category, regime], values: {2015-01-01: {crae/external: "398", care/zzzzzzzzz: "1"}}}`, []string{
		`m.yaml:6 parameters.rate.values["2015-01-01"]["crae/external"]: "crae" is not a category; did you mean "care"?`,
		`m.yaml:6 parameters.rate.values["2015-01-01"]["care/zzzzzzzzz"]: "zzzzzzzzz" is not a regime; use one of in-house, external`,
	}},
	{`unquoted number in a table`, rateLine, `{by: [category, regime], values: {2015-01-01: {care/external: 398}}}`, []string{
		`m.yaml:6 parameters.rate.values["2015-01-01"]["care/external"]: 398 is a number; write "398" in quotes`,
	}},
	{`unit in a key`, rateLine, `{by: [unit], values: {2015-01-01: {"a b": "1"}}}`, []string{
		`m.yaml:6 parameters.rate.values["2015-01-01"]["a b"]: "a b" is not a unit's id`,
	}},
	{`same entry twice`, rateLine, `{by: [unit], values: {2015-01-01: {a: "1", a: "2"}}}`, []string{
		`m.yaml:6 parameters.rate.values["2015-01-01"].a: the key is there already, on line 6`,
	}},
	{`component is text`, timeLine, `v`, []string{
		`m.yaml:8 components[0]: "v" is text; a mapping with keys belongs here`,
	}},
	{`misspelt kind`, timeLine, `{id: v, kind: tiem}`, []string{
		`m.yaml:8 components[0].kind: "tiem" is not a component kind; did you mean "time"? The kinds are time, fixed, goal-premium, person-premium, supplement, cap, allocation, performance`,
	}},
	{`unknown kind`, timeLine, `{id: v, kind: bonus-malus}`, []string{
		`m.yaml:8 components[0].kind: "bonus-malus" is not a component kind; use one of time, fixed, goal-premium, person-premium, supplement, cap, allocation, performance`,
	}},
	{`no kind`, timeLine, `{id: v}`, []string{
		`m.yaml:8 components[0].kind: is required`,
	}},
	{`same id twice`, `id: g`, `id: v`, []string{
		`m.yaml:9 components[1].id: "v" is the id of components[0] already`,
	}},
	{`field of another kind`, timeLine, `{id: v, kind: time, basis: need, rate: rate, amount: p, outcomes: {fulfilled: "1"}}`, []string{
		`m.yaml:8 components[0].amount: does not belong to a time component; it has id, kind, account, when, basis, rate, absence`,
		`m.yaml:8 components[0].outcomes: does not belong to a time component; it has id, kind, account, when, basis, rate, absence`,
	}},
	{`unknown field`, timeLine, `{id: v, kind: time, basis: need, rate: rate, acount: x}`, []string{
		`m.yaml:8 components[0].acount: unknown key; did you mean "account"?`,
	}},
	{`same field twice`, timeLine, `{id: v, kind: time, basis: need, rate: rate, rate: rate}`, []string{
		`m.yaml:8 components[0].rate: the key is there already, on line 8`,
	}},
	{`account is a number`, timeLine, `{id: v, kind: time, basis: need, rate: rate, account: 5011}`, []string{
		`m.yaml:8 components[0].account: 5011 is a number; write "5011" in quotes`,
	}},
	{`missing fields of time`, timeLine, `{id: v, kind: time}`, []string{
		`m.yaml:8 components[0].basis: is required`,
		`m.yaml:8 components[0].rate: is required`,
	}},
	{`missing fields of fixed`, timeLine, `{id: v, kind: fixed}`, []string{
		`m.yaml:8 components[0].per: is required`,
		`m.yaml:8 components[0].amount: is required`,
	}},
	{`missing fields of goal-premium`, timeLine, `{id: v, kind: goal-premium}`, []string{
		`m.yaml:8 components[0].amount: is required`,
		`m.yaml:8 components[0].outcomes: is required`,
	}},
	{`missing fields of person-premium`, timeLine, `{id: v, kind: person-premium}`, []string{
		`m.yaml:8 components[0].amount: is required`,
		`m.yaml:8 components[0].condition: is required`,
	}},
	{`basis`, timeLine, `{id: v, kind: time, basis: needs, rate: rate}`, []string{
		`m.yaml:8 components[0].basis: "needs" is not one of need, frame, granted, performed, health; did you mean "need"?`,
	}},
	{`unknown parameter`, timeLine, `{id: v, kind: time, basis: need, rate: rte}`, []string{
		`m.yaml:8 components[0].rate: "rte" is not a parameter of this model; did you mean "rate"?`,
	}},
	{`unknown amount`, premiumLine, `{id: g, kind: goal-premium, amount: something-else, outcomes: {fulfilled: "1"}}`, []string{
		`m.yaml:9 components[1].amount: "something-else" is not a parameter of this model; it has p, rate`,
	}},
	{`prorate`, timeLine, `{id: v, kind: fixed, per: unit-month, amount: p, prorate: 'yes'}`, []string{
		`m.yaml:8 components[0].prorate: "yes" is text; write true or false without quotes`,
	}},
	{`outcome`, premiumLine, `{id: g, kind: goal-premium, amount: p, outcomes: {fulfiled: "1"}}`, []string{
		`m.yaml:9 components[1].outcomes.fulfiled: "fulfiled" is not one of fulfilled, partly, not-fulfilled, not-assessed; did you mean "fulfilled"?`,
	}},
	{`weight`, premiumLine, `{id: g, kind: goal-premium, amount: p, outcomes: {fulfilled: 1, partly: "-0.5"}}`, []string{
		`m.yaml:9 components[1].outcomes.fulfilled: 1 is a number; write "1" in quotes`,
		`m.yaml:9 components[1].outcomes.partly: -0.5 is negative; a weight is 0 or more`,
	}},
	{`no outcomes`, premiumLine, `{id: g, kind: goal-premium, amount: p, outcomes: {}}`, []string{
		`m.yaml:9 components[1].outcomes: is empty; write for example {fulfilled: "1"}`,
	}},
	{`repeat`, premiumLine, `{id: g, kind: goal-premium, amount: p, outcomes: {fulfilled: "1"}, repeat: once-per-case}`, []string{
		`m.yaml:9 components[1].repeat: "once-per-case" is not one of each-follow-up, once-per-goal; did you mean "once-per-goal"?`,
	}},
	{`occasions`, premiumLine, `{id: g, kind: goal-premium, amount: p, outcomes: {fulfilled: "1"}, occasions: [anual, closure, closure]}`, []string{
		`m.yaml:9 components[1].occasions[0]: "anual" is not one of annual, after-hospital, after-short-term-stay, closure, need-change; did you mean "annual"?`,
		`m.yaml:9 components[1].occasions[2]: "closure" is in the list already`,
	}},
	{`no occasions`, premiumLine, `{id: g, kind: goal-premium, amount: p, outcomes: {fulfilled: "1"}, occasions: []}`, []string{
		`m.yaml:9 components[1].occasions: is empty; give it a value or leave it out`,
	}},
	{`condition`, premiumLine, `{id: g, kind: person-premium, amount: p, condition: person-confirm, repeat: once-per-goal}`, []string{
		`m.yaml:9 components[1].condition: "person-confirm" is not one of all-goals-fulfilled, person-confirms; did you mean "person-confirms"?`,
		`m.yaml:9 components[1].repeat: "once-per-goal" is not one of each-follow-up, once-per-case; did you mean "once-per-case"?`,
	}},
	{`absence of performed time`, timeLine, `{id: v, kind: time, basis: performed, rate: rate, absence: [{reason: hospital, ladder: []}]}`, []string{
		`m.yaml:8 components[0].absence: does not belong to basis performed: absence reduces granted time only`,
	}},
	{`absence`, timeLine, `{id: v, kind: time, basis: need, rate: rate, absence: [{reason: hospitl, after: 101}, {reason: other, ladder: [{days: 0, percent: "75"}, {days: 1.5}, {days: 0x1, percent: -1, x: 1}, 3]}, {reason: other, ladder: []}]}`, []string{
		`m.yaml:8 components[0].absence[0].reason: "hospitl" is not one of hospital, short-term-stay, other; did you mean "hospital"?`,
		`m.yaml:8 components[0].absence[0].after: 101 is outside 0 to 100`,
		`m.yaml:8 components[0].absence[0].ladder: is required`,
		`m.yaml:8 components[0].absence[1].ladder[0].days: 0 is outside 1 to 36500`,
		`m.yaml:8 components[0].absence[1].ladder[0].percent: "75" is text; write 75 without quotes`,
		`m.yaml:8 components[0].absence[1].ladder[1].days: 1.5 is a number; a whole number from 1 to 36500 belongs here`,
		`m.yaml:8 components[0].absence[1].ladder[1].percent: is required`,
		`m.yaml:8 components[0].absence[1].ladder[2].x: unknown key; known here are days, percent`,
		`m.yaml:8 components[0].absence[1].ladder[2].days: 0x1 is a number; a whole number from 1 to 36500 belongs here`,
		`m.yaml:8 components[0].absence[1].ladder[2].percent: -1 is outside 0 to 100`,
		`m.yaml:8 components[0].absence[1].ladder[3]: 3 is a number; a mapping with keys belongs here`,
		`m.yaml:8 components[0].absence[2].reason: "other" has a rule already`,
	}},
	{`no absence`, timeLine, `{id: v, kind: time, basis: need, rate: rate, absence: []}`, []string{
		`m.yaml:8 components[0].absence: is empty; give it a value or leave it out`,
	}},
	{`when: bare boolean`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: true}`, []string{
		`m.yaml:8 components[0].when: true is a boolean; write the condition in quotes`,
	}},
	{`when: empty`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: ""}`, []string{
		`m.yaml:8 components[0].when: is empty; give it a value or leave it out`,
	}},
	{`when: syntax`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "unit =="}`, []string{
		`m.yaml:8 components[0].when: column 8: Syntax error: mismatched input '<EOF>'`,
	}},
	{`when: one equals sign`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "unit = \"a\""}`, []string{
		`m.yaml:8 components[0].when: column 6: Syntax error: token recognition error at: '= '; is equal to is written ==`,
	}},
	{`when: not boolean`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "unit"}`, []string{
		`m.yaml:8 components[0].when: gives a string; a when must be true or false`,
	}},
	{`when: types`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "unit == 3"}`, []string{
		`m.yaml:8 components[0].when: column 6: found no matching overload for '==' applied to '(string, int)'`,
	}},
	{`when: boolean compared with text`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "inclusion.rehabilitation_potential == \"true\""}`, []string{
		`m.yaml:8 components[0].when: column 36: found no matching overload for '==' applied to '(bool, string)'`,
	}},
	{`when: misspelt variable`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "lifearea == \"mobility\""}`, []string{
		`m.yaml:8 components[0].when: column 1: "lifearea" is not a variable; did you mean "life_area"?`,
	}},
	{`when: misspelt inclusion`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "inclusion.diagnosis == \"x\" || inclusion.rehabilitation_potental"}`, []string{
		`m.yaml:8 components[0].when: column 10: "inclusion.diagnosis" is not a variable; did you mean "inclusion.diagnosis_group"?`,
		`m.yaml:8 components[0].when: column 40: "inclusion.rehabilitation_potental" is not a variable; did you mean "inclusion.rehabilitation_potential"?`,
	}},
	{`when: inclusion alone`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "has(inclusion.diagnosis_group)"}`, []string{
		`m.yaml:8 components[0].when: column 5: "inclusion" is not a variable, but for example inclusion.diagnosis_group is`,
	}},
	{`when: unknown variable`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "weather_today == \"rain\""}`, []string{
		`m.yaml:8 components[0].when: column 1: "weather_today" is not a variable; the variables are authority, provider, regime, unit, area, case, programme, category, band, kind, method, life_area, occasion, outcome, month, inclusion.diagnosis_group, inclusion.rehabilitation_potential, inclusion.needs_expected_to_decrease`,
	}},
	{`when: clock`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "now() > 3"}`, []string{
		`m.yaml:8 components[0].when: column 4: there is no function "now" in a when; there are size, contains, startsWith, endsWith, matches, int, string, bool, all, exists, exists_one, filter, map`,
	}},
	{`when: time zones`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "timestamp(month).getHours(\"Europe/Stockholm\") == 3"}`, []string{
		`m.yaml:8 components[0].when: column 10: there is no function "timestamp" in a when; there are size, contains, startsWith, endsWith, matches, int, string, bool, all, exists, exists_one, filter, map`,
		`m.yaml:8 components[0].when: column 26: there is no function "getHours" in a when; there are size, contains, startsWith, endsWith, matches, int, string, bool, all, exists, exists_one, filter, map`,
	}},
	{`when: word`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "life_area == \"mobilty\""}`, []string{
		`m.yaml:8 components[0].when: "mobilty" is not a life_area; did you mean "mobility"?`,
	}},
	{`when: word in front`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "\"mobilty\" != life_area"}`, []string{
		`m.yaml:8 components[0].when: "mobilty" is not a life_area; did you mean "mobility"?`,
	}},
	{`when: word in a list`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "category in [\"care\", \"servce\"]"}`, []string{
		`m.yaml:8 components[0].when: "servce" is not a category; did you mean "service"?`,
	}},
	{`when: word in either of two`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "\"nigt\" in [band, kind]"}`, []string{
		`m.yaml:8 components[0].when: "nigt" is not a band; did you mean "night"?`,
	}},
	{`when: word in lists of lists`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "[category, band] in [[\"care\", \"day\"], [\"care\", \"dya\"]]"}`, []string{
		`m.yaml:8 components[0].when: "dya" is not a band; did you mean "day"?`,
	}},
	{`when: word in a loop`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "[\"care\", \"servce\"].exists(c, c == category)"}`, []string{
		`m.yaml:8 components[0].when: "servce" is not a category; did you mean "service"?`,
	}},
	{`when: word in a choice`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "(unit == \"a\" ? category : band) == (unit == \"b\" ? \"dya\" : \"day\")"}`, []string{
		`m.yaml:8 components[0].when: "dya" is not a category; use one of care, service, frame, somatic, psychiatric`,
	}},
	{`when: word far from any`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "regime == \"zzzzzzzzzzzzz\""}`, []string{
		`m.yaml:8 components[0].when: "zzzzzzzzzzzzz" is not a regime; use one of in-house, external`,
	}},
	{`when: each list of words`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "regime == \"inhouse\" && area == \"city\" && method == \"standard\" && occasion == \"yearly\" && outcome == \"fulfiled\" && kind == \"psychic\""}`, []string{
		`m.yaml:8 components[0].when: "inhouse" is not a regime; did you mean "in-house"?`,
		`m.yaml:8 components[0].when: "city" is not an area; use one of urban, rural`,
		`m.yaml:8 components[0].when: "standard" is not a method; use one of standard-time, frame-time`,
		`m.yaml:8 components[0].when: "yearly" is not an occasion; use one of annual, after-hospital, after-short-term-stay, closure, need-change`,
		`m.yaml:8 components[0].when: "fulfiled" is not an outcome; did you mean "fulfilled"?`,
		`m.yaml:8 components[0].when: "psychic" is not a kind; use one of somatic, psychiatric`,
	}},
	{`when: month`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "month >= \"2015-3\""}`, []string{
		`m.yaml:8 components[0].when: "2015-3" is not a month; write YYYY-MM, for example 2015-03`,
	}},
	{`when: map`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "{\"a\": true}.exists(k, k == unit)"}`, []string{
		`m.yaml:8 components[0].when: column 1: a map has no order to rely on; write a list`,
	}},
	{`when: pattern`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "unit.matches(\"(\")"}`, []string{
		`m.yaml:8 components[0].when: column 14: invalid matches argument`,
	}},
	{`when: hiding loop variable`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "[\"a\"].exists(unit, unit == \"b\")"}`, []string{
		`m.yaml:8 components[0].when: column 13: "unit" is already the name of something else; use another name for the loop's variable`,
	}},
	{`when: nested loop variable`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "[\"a\"].exists(x, [\"b\"].exists(x, x == unit))"}`, []string{
		`m.yaml:8 components[0].when: column 29: "x" is already the name of something else; use another name for the loop's variable`,
	}},
	{`when: loops in loops`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "[1].all(a, [1].all(b, [1].all(c, a + b + c > 0)))"}`, []string{
		`m.yaml:8 components[0].when: column 30: comprehension exceeds nesting limit`,
	}},
	{`when: cost`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1].all(a, [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1].all(b, a == b))"}`, []string{
		`m.yaml:8 components[0].when: would take too long to decide; write it with fewer loops or shorter lists`,
	}},
	{`when: length`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: 'unit == "` + strings.Repeat("a", 4000) + `"'}`, []string{
		`m.yaml:8 components[0].when: is 4010 bytes long; at most 4000 are allowed`,
	}},
	{`when: depth`, timeLine, `{id: v, kind: time, basis: need, rate: rate, when: "` + strings.Repeat("(", 300) + `true` + strings.Repeat(")", 300) + `"}`, []string{
		`m.yaml:8 components[0].when: expression recursion limit exceeded: 250`,
	}},
}
