package replay

import (
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// parameter is a parameter of an adopted policy, or one entry of its table.
type parameter struct{ policy, name, key string }

func (p parameter) String() string {
	if p.key == "" {
		return p.policy + "." + p.name
	}
	return p.policy + "." + p.name + "." + p.key
}

// find resolves a target. The names of policies, parameters and entries may hold dots, so the longest policy id that fits is tried first, and
// under it the longest parameter.
func find(adopted []compensation.Policy, asked, target string) (parameter, error) {
	if len(adopted) == 0 {
		return parameter{}, &TargetError{Asked: asked, Target: target, Why: TargetNothingAdopted}
	}
	var refusal error
	for _, policy := range longestFirst(adopted, func(p compensation.Policy) string { return p.ID }) {
		rest, fits := strings.CutPrefix(target, policy.ID+".")
		if !fits {
			continue
		}
		for _, p := range longestFirst(parameters(policy), func(p compensation.Parameter) string { return p.Name }) {
			key, entry := strings.CutPrefix(rest, p.Name+".")
			switch {
			case rest != p.Name && !entry:
				continue
			case rest == p.Name:
				key = ""
			}
			if accepts(&p, key) {
				return parameter{policy.ID, p.Name, key}, nil
			}
			if refusal == nil {
				refusal = misfit(asked, target, policy.ID, &p, key)
			}
		}
		if refusal == nil {
			names := parameterNames(policy)
			e := &TargetError{Asked: asked, Target: target, Why: TargetNoParameter, Policy: policy.ID, Name: rest, Known: names}
			if near := names.Closest(rest); near != "" {
				e.Near = policy.ID + "." + near
			}
			refusal = e
		}
	}
	if refusal != nil {
		return parameter{}, refusal
	}
	var all []string
	for _, policy := range adopted {
		for _, name := range parameterNames(policy) {
			all = append(all, policy.ID+"."+name)
		}
	}
	return parameter{}, &TargetError{Asked: asked, Target: target, Why: TargetNoPolicy, Known: all}
}

func longestFirst[T any](all []T, name func(T) string) []T {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b T) int { return len(name(b)) - len(name(a)) })
	return sorted
}

// parameters returns the parameters of all documents of a policy; one that several documents have stands once for each.
func parameters(p compensation.Policy) (all []compensation.Parameter) {
	for _, d := range p.Documents {
		all = append(all, d.Model.Parameters...)
	}
	return all
}

func parameterNames(p compensation.Policy) domain.Codes {
	var names domain.Codes
	for _, p := range parameters(p) {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// accepts says whether key names a value of p.
func accepts(p *compensation.Parameter, key string) bool {
	if len(p.By) == 0 {
		return key == ""
	}
	return slices.Contains(p.Keys(), key)
}

// misfit says why key names no value of p, and what would.
func misfit(asked, target, policy string, p *compensation.Parameter, key string) *TargetError {
	e := &TargetError{Asked: asked, Target: target, Why: TargetNoEntry, Policy: policy, Name: p.Name, Key: key, By: p.By, Known: p.Keys()}
	switch {
	case len(p.By) == 0:
		e.Why = TargetNoTable
	case key == "":
		e.Why = TargetTable
	}
	return e
}

// with returns the policies with the value of p replaced, on all dates, in every document that has it. The policies given
// are not changed.
func with(policies []compensation.Policy, p parameter, value domain.Decimal) ([]compensation.Policy, error) {
	changed := slices.Clone(policies)
	for i := range changed {
		if changed[i].ID != p.policy {
			continue
		}
		documents := slices.Clone(changed[i].Documents)
		for j, d := range documents {
			if old := d.Model.Parameter(p.name); old == nil || !accepts(old, p.key) {
				continue
			}
			m, err := d.Model.With(p.name, p.key, value)
			if err != nil {
				return nil, err
			}
			documents[j].Model = m
		}
		changed[i].Documents = documents
	}
	return changed, nil
}

// uses says whether a component's amounts depend on a parameter of its policy.
func (p parameter) uses(policy string, c *compensation.Component) bool {
	return policy == p.policy && slices.Contains(c.Uses(), p.name)
}

// swept returns the parameters whose steps are among the plans, nil where there are none.
func (h *history) swept(plans []plan) (first, second *Swept) {
	for _, p := range plans {
		if p.swept != nil {
			return h.sweptBy(p.swept), h.sweptBy(p.sweptAcross)
		}
	}
	return nil, nil
}

func (h *history) sweptBy(target *parameter) *Swept {
	if target == nil {
		return nil
	}
	s := &Swept{Parameter: target.String()}
	for _, policy := range h.adopted {
		for _, q := range parameters(policy) {
			if policy.ID == target.policy && q.Name == target.name {
				s.Unit = q.Unit
			}
		}
	}
	return s
}
