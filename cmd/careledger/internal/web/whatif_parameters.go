package web

import (
	"fmt"
	"slices"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
	"careledger/replay"
)

// panels are the parameters of the adopted policies, each with a field.
type panels struct {
	authority string
	policies  []policyPanel
	targets   []string // POLICY.PARAM or POLICY.PARAM.KEY, in the order of the fields
	sliders   map[string]slider
}

// policyPanel is a policy and its parameters, as of its document in force at the end of the period, or the last one that was.
type policyPanel struct {
	voice
	ID, Title, InForce string
	Parameters         []parameterPanel
}

// parameterPanel is a field with a slider.
type parameterPanel struct {
	voice
	ID, Target, Name, Unit string
	Value                  string // as typed, "" for as adopted
	Adopted                string // the value for people
	Since, Source          string
	Preliminary            bool
	Slider                 slider
	Wrong                  string
}

// slider is the range that a slider moves over: from 0 to twice the adopted value, in steps of the value's own last figure, or of a larger power of ten that
// divides it. Texts in plain notation, as HTML takes them.
type slider struct {
	Low, High, Step, At, Adopted string
	low, high, step              domain.Decimal
}

// newSlider returns the slider of a parameter whose adopted value is given. It reaches to what is chosen.
func newSlider(adopted, chosen domain.Decimal) slider {
	zero, two, ten, hundred := domain.Decimal{}, domain.DecimalOf(2, 0), domain.DecimalOf(10, 0), domain.DecimalOf(100, 0)
	step := domain.DecimalOf(1, adopted.Decimals())
	size := adopted
	if size.Sign() < 0 {
		size = zero.Sub(size)
	}
	for next := step.Mul(ten); size.Cmp(next.Mul(hundred)) >= 0 && size.QuoRound(next, 0).Mul(next).Cmp(size) == 0; next = next.Mul(ten) {
		step = next
	}
	low, high := zero, adopted.Mul(two)
	switch adopted.Sign() {
	case 0:
		high = hundred
	case -1:
		low, high = high, zero
	}
	if chosen.Cmp(low) < 0 {
		low = chosen
	}
	if chosen.Cmp(high) > 0 {
		high = chosen
	}
	return slider{low.String(), high.String(), step.String(), chosen.String(), adopted.String(), low, high, step}
}

// panels reads the adopted policies, and puts what was asked into their fields.
func (v *visit) panels(a *asked) (*panels, projections.Moment, error) {
	list, err := document[*report.PolicyList](v, v.ask(ledger.QuestionPolicies))
	if err != nil {
		return nil, projections.Moment{}, err
	}
	p := &panels{authority: list.Authority, sliders: map[string]slider{}}
	seen := map[string]bool{}
	for _, row := range list.Policies {
		if seen[row.Policy] {
			continue
		}
		seen[row.Policy] = true
		q := v.ask(ledger.QuestionPolicy)
		q.Policy = row.Policy
		documents, err := document[*report.PolicyList](v, q)
		if err != nil {
			return nil, projections.Moment{}, err
		}
		if err := v.panel(p, a, documents.Policies); err != nil {
			return nil, projections.Moment{}, err
		}
	}
	return p, list.AsOf, nil
}

// panel adds a policy.
func (v *visit) panel(p *panels, a *asked, documents []report.PolicyRow) error {
	row, day, err := inForceAt(documents, v.filter.Period)
	if err != nil {
		return err
	}
	m := row.Of
	policy := policyPanel{voice: v.voice, ID: row.Policy, Title: row.Title, InForce: v.interval(row.From, row.End)}
	for i := range m.Parameters {
		q := &m.Parameters[i]
		dated, found := q.At(day)
		if !found { // it has no value yet
			continue
		}
		keys := q.Keys()
		if len(q.By) == 0 {
			keys = []string{""}
		}
		for _, key := range keys {
			value, has := dated.Scalar, true
			name := q.Name
			if key != "" {
				value, has = dated.Table[key]
				name += "." + key
			}
			if !has {
				continue
			}
			policy.Parameters = append(policy.Parameters, v.parameter(p, a, row.Policy+"."+name, parameterPanel{voice: v.voice, Name: name, Unit: v.Lang.UnitOfValue(q.Unit),
				Since: v.shown(date, dated.From.String()), Source: value.Source, Preliminary: value.Status == compensation.StatusPreliminary}, value.Value))
		}
	}
	p.policies = append(p.policies, policy)
	return nil
}

// parameter fills in the field of a parameter.
func (v *visit) parameter(p *panels, a *asked, target string, f parameterPanel, adopted domain.Decimal) parameterPanel {
	chosen := adopted
	if i := slices.IndexFunc(a.set, func(s replay.Setting) bool { return s.Target == target }); i >= 0 {
		chosen = a.set[i].Value
		f.Value = v.typed(chosen.String())
	}
	if typed, wrong := a.typedValues[target]; wrong {
		f.Value, f.Wrong = typed, v.Say("what_if.wrong_number")
	}
	f.Target, f.ID, f.Adopted, f.Slider = target, fieldOf(target), v.number(adopted.String()), newSlider(adopted, chosen)
	p.targets, p.sliders[target] = append(p.targets, target), f.Slider
	return f
}

// inForceAt returns the document of a policy that is in force at the end of a period, or the last one before it, or else its first; and a day on which it is.
func inForceAt(documents []report.PolicyRow, period compensation.Period) (*report.PolicyRow, domain.Date, error) {
	end := domain.MaxDate
	if period.To != 0 {
		end = period.To.Last()
	}
	var found *report.PolicyRow
	var day domain.Date
	for i := range documents { // in order of their first day
		from, err := domain.ParseDate(documents[i].From)
		if err != nil {
			return nil, 0, err
		}
		if found != nil && from > end {
			break
		}
		found, day = &documents[i], max(from, end)
		if found.End != "" {
			until, err := domain.ParseDate(found.End)
			if err != nil {
				return nil, 0, err
			}
			day = max(from, min(day, until-1))
		}
	}
	return found, day, nil
}

// interval says from when and until when a document is in force.
func (v *visit) interval(from, end string) string {
	if end == "" {
		return fmt.Sprintf(v.Say("what_if.in_force_since"), v.shown(date, from))
	}
	return fmt.Sprintf(v.Say("what_if.in_force_between"), v.shown(date, from), v.shown(date, end))
}

// kept returns the settings that no field shows.
func (p *panels) kept(a *asked) (kept []string) {
	for _, s := range a.set {
		if !slices.Contains(p.targets, s.Target) {
			kept = append(kept, s.Target+"="+s.Value.String())
		}
	}
	return kept
}

// chartOf is the parameter that the chart is of: the one that was given a value last, or else the first.
func (p *panels) chartOf(a *asked) string {
	switch {
	case len(a.set) > 0:
		return a.set[len(a.set)-1].Target
	case len(p.targets) > 0:
		return p.targets[0]
	}
	return ""
}

// chart returns the sweep that the chart shows: of the parameter that was given a value last, over its slider, with the others as they are set; and the setting of
// it, nil where it has none. "" where no slider is there to sweep.
func (p *panels) chart(a *asked) (sweep string, set *replay.Setting, others []string) {
	target := p.chartOf(a)
	if len(a.set) > 0 {
		set = &a.set[len(a.set)-1]
	}
	s, has := p.sliders[target]
	if !has {
		return "", nil, nil
	}
	for _, other := range a.set {
		if other.Target != target {
			others = append(others, other.Target+"="+other.Value.String())
		}
	}
	return fmt.Sprintf("%s=%s..%s:%s", target, s.low, s.high, s.chartStep()), set, others
}

// chartSteps is how many steps the chart around one value has, or a few more.
const chartSteps = 10

// chartStep is a step over the range of a slider that is a whole number of the slider's own steps: a parameter that is in whole minutes has no others.
func (s *slider) chartStep() domain.Decimal {
	run, steps := s.high.Sub(s.low), domain.DecimalOf(chartSteps, 0).Mul(s.step)
	n := run.QuoRound(steps, 0)
	if n.Mul(steps).Cmp(run) > 0 {
		n = n.Sub(domain.DecimalOf(1, 0))
	}
	if n.Sign() == 0 {
		n = domain.DecimalOf(1, 0)
	}
	return n.Mul(s.step)
}
