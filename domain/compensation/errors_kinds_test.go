package compensation

// kindErrorCases are what can be wrong with a supplement, a cap, an allocation and a performance. They stand in place of base's
// time component, with parameters p (one number) and rate (a table).
var kindErrorCases = []errorCase{
	{`missing fields of supplement`, timeLine, `{id: v, kind: supplement}`, []string{
		`m.yaml:8 components[0].basis: is required`,
		`m.yaml:8 components[0].threshold_minutes: is required`,
		`m.yaml:8 components[0].rate: is required`,
	}},
	{`threshold with decimals`, timeLine, `{id: v, kind: supplement, basis: health, threshold_minutes: 60.5, rate: rate}`, []string{
		`m.yaml:8 components[0].threshold_minutes: 60.5 is a number; a whole number from 0 to 999999999 belongs here`,
	}},
	{`quoted threshold with decimals`, timeLine, `{id: v, kind: supplement, basis: health, threshold_minutes: "60.5", rate: rate}`, []string{
		`m.yaml:8 components[0].threshold_minutes: 60.5 is not a number of minutes; a threshold is a whole number from 0 to 999999999`,
	}},
	{`negative threshold`, timeLine, `{id: v, kind: supplement, basis: health, threshold_minutes: -60, rate: rate}`, []string{
		`m.yaml:8 components[0].threshold_minutes: -60 is outside 0 to 999999999`,
	}},
	{`threshold of no parameter`, timeLine, `{id: v, kind: supplement, basis: health, threshold_minutes: raet, rate: rate}`, []string{
		`m.yaml:8 components[0].threshold_minutes: "raet" is not a parameter of this model, nor a number; did you mean "rate"?`,
	}},
	{`absence of a supplement`, timeLine, `{id: v, kind: supplement, basis: need, threshold_minutes: 60, rate: rate, absence: []}`, []string{
		`m.yaml:8 components[0].absence: does not belong to a supplement component; it has id, kind, account, when, basis, threshold_minutes, rate`,
	}},
	{`missing fields of cap`, timeLine, `{id: v, kind: cap}`, []string{
		`m.yaml:8 components[0].of: is required`,
		`m.yaml:8 components[0].limit: is required`,
		`m.yaml:8 components[0].per: is required`,
	}},
	{`cap of nothing`, timeLine, `{id: v, kind: cap, of: [], limit: p, per: unit-year}`, []string{
		`m.yaml:8 components[0].of: is empty; name at least one component`,
	}},
	{`cap of one component in no list`, timeLine, `{id: v, kind: cap, of: g, limit: p, per: unit-year}`, []string{
		`m.yaml:8 components[0].of: "g" is text; a list belongs here`,
	}},
	{`cap of itself`, timeLine, `{id: v, kind: cap, of: [v], limit: p, per: unit-year}`, []string{
		`m.yaml:8 components[0].of[0]: "v" is of kind cap; a cap sums components of the kinds time, fixed, goal-premium, person-premium, supplement`,
	}},
	{`cap of a component twice and of no component`, timeLine, `{id: v, kind: cap, of: [g, g, ge, zzzzzzzz], limit: p, per: unit-year}`, []string{
		`m.yaml:8 components[0].of[1]: "g" is in the list already`,
		`m.yaml:8 components[0].of[2]: "ge" is not a component of this model; did you mean "g"?`,
		`m.yaml:8 components[0].of[3]: "zzzzzzzz" is not a component of this model`,
	}},
	{`limit as a number`, timeLine, `{id: v, kind: cap, of: [g], limit: 500000, per: year}`, []string{
		`m.yaml:8 components[0].limit: 500000 is a number; write "500000" in quotes`,
		`m.yaml:8 components[0].per: "year" is not one of authority-year, provider-year, unit-year`,
	}},
	{`limit with a decimal comma`, timeLine, `{id: v, kind: cap, of: [g], limit: "500,5", per: unit-year}`, []string{
		`m.yaml:8 components[0].limit: "500,5" is not a parameter of this model, nor a number; it has p, rate`,
	}},
	{`missing fields of allocation`, timeLine, `{id: v, kind: allocation}`, []string{
		`m.yaml:8 components[0].pot: is required`,
		`m.yaml:8 components[0].floor: is required`,
		`m.yaml:8 components[0].weights: is required`,
	}},
	{`pot as a table`, timeLine, `{id: v, kind: allocation, pot: rate, floor: rate, weights: rate, round_to: rate}`, []string{
		`m.yaml:8 components[0].pot: pot is one number, but parameter "rate" is a table`,
		`m.yaml:8 components[0].floor: floor is one number, but parameter "rate" is a table`,
		`m.yaml:8 components[0].round_to: round_to is one number, but parameter "rate" is a table`,
		`m.yaml:8 components[0].weights: weights are by recipient, which parameter "rate" is not; write by: [recipient] there`,
	}},
	{`weights that are one number`, timeLine, `{id: v, kind: allocation, pot: "66000000", floor: "0", weights: p}`, []string{
		`m.yaml:8 components[0].weights: weights are by recipient, which parameter "p" is not; write by: [recipient] there`,
	}},
	{`a premium by recipient`, pLine, `{by: [recipient], values: {2015-01-01: {skane: "297", "a b": "1"}}}`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"]["a b"]: "a b" is not a recipient's id`,
		`m.yaml:9 components[1].amount: amount cannot differ by recipient, as parameter "p" does; only weights can`,
	}},
	{`too few parts by recipient`, pLine, `{by: [recipient, kind], values: {2015-01-01: {skane: "297"}}}`, []string{
		`m.yaml:5 parameters.p.values["2015-01-01"].skane: "skane" has 1 of the 2 parts of recipient/kind; write for example recipient-1/somatic`,
		`m.yaml:9 components[1].amount: amount cannot differ by recipient, as parameter "p" does; only weights can`,
	}},
	{`missing fields of performance`, timeLine, `{id: v, kind: performance}`, []string{
		`m.yaml:8 components[0].pot: is required`,
		`m.yaml:8 components[0].share: is required`,
	}},
	{`share by weights without weights`, timeLine, `{id: v, kind: performance, pot: p, share: by-weights}`, []string{
		`m.yaml:8 components[0].weights: is required`,
	}},
	{`equal share with weights`, timeLine, `{id: v, kind: performance, pot: p, share: equal, weights: rate}`, []string{
		`m.yaml:8 components[0].weights: does not belong to share: equal; write share: by-weights, or leave it out`,
	}},
	{`weights named twice`, timeLine, `{id: v, kind: performance, pot: p, share: rate, weights: rate}`, []string{
		`m.yaml:8 components[0].weights: share names the weights already ("rate"); write share: by-weights, or leave it out`,
	}},
	{`share of no parameter`, timeLine, `{id: v, kind: performance, pot: p, share: rtae}`, []string{
		`m.yaml:8 components[0].share: "rtae" is not a parameter of this model; did you mean "rate"?`,
	}},
	{`another degree`, timeLine, `{id: v, kind: performance, pot: p, share: equal, degree: result/target}`, []string{
		`m.yaml:8 components[0].degree: "result/target" is not a degree; leave it out or write "results": it is always min(1, result/target), averaged over the recipient's indicators`,
	}},
}
