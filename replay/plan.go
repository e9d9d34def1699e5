package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// history is what every run is evaluated over.
type history struct {
	*compensation.Prepared
	adopted     []compensation.Policy
	inForceFrom domain.Date
	sums        *compensation.Sums
}

// plan is a run made ready: which policies it is, and which components the reader expects something from.
type plan struct {
	name, value string
	policies    []compensation.Policy
	expected    []expectation
	warnings    []string
	seek        *seek      // the value is to be found first
	swept       *parameter // of a step of a sweep
	across      string     // of a step of a grid, the value of its second parameter
	sweptAcross *parameter
	over        *history // what it is evaluated over: the history, or that under assumed behaviour
}

// expectation is a component of an alternative, in each document that has it: one that yields nothing is named in a warning.
type expectation struct {
	policy     string
	components []*compensation.Component
}

// plans returns the runs asked for, adopted first, or the context's error: the models of a long sweep take seconds to make.
func (h *history) plans(ctx context.Context, r *Request) ([]plan, error) {
	all := []plan{{name: "adopted", policies: h.adopted}}
	var errs []error
	for i := range r.Models {
		p, err := h.modelRun(r.Models[i])
		errs, all = append(errs, err), append(all, p)
	}
	base, set, err := h.settings(r.Set)
	errs = append(errs, err)
	if len(r.Set) > 0 {
		p := plan{name: setName(h.adopted, set, r.Set)}
		h.change(&p, base, set...)
		all = append(all, p)
	}
	if r.Sweep != nil {
		steps, err := h.steps(ctx, base, r.Sweep, r.Across)
		errs, all = append(errs, err), append(all, steps...)
	}
	if r.Seek != nil {
		target, err := find(h.adopted, askedSeek, r.Seek.Target)
		p := plan{name: "seek " + target.String(), seek: &seek{base: base, target: target, budget: r.Seek.Budget}}
		errs, all = append(errs, err), append(all, p)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	unique(all, r.Models)
	return all, nil
}

func (h *history) modelRun(set ModelSet) (plan, error) {
	name, alternative, warnings, err := alternative(set)
	if err != nil {
		return plan{}, err
	}
	p := plan{name: name, policies: inForceFrom(h.adopted, alternative, h.inForceFrom), warnings: warnings}
	h.warnLate(&p)
	for _, policy := range alternative {
		for _, d := range policy.Documents {
			h.expect(&p, policy.ID, d, func(*compensation.Component) bool { return true })
		}
	}
	return p, nil
}

// settings resolves the settings and returns the adopted policies under them.
func (h *history) settings(settings []Setting) (changed []compensation.Policy, targets []parameter, err error) {
	changed = h.adopted
	var errs []error
	for _, s := range settings {
		p, err := find(h.adopted, askedSet, s.Target)
		if err == nil {
			changed, err = with(changed, p, s.Value)
		}
		errs, targets = append(errs, err), append(targets, p)
	}
	return changed, targets, errors.Join(errs...)
}

// change makes p the run of the adopted policies under changed parameters.
func (h *history) change(p *plan, changed []compensation.Policy, targets ...parameter) {
	p.policies = inForceFrom(h.adopted, changed, h.inForceFrom)
	if h.warnLate(p) {
		return
	}
	for _, target := range targets {
		used := false
		for _, policy := range changed {
			for _, d := range policy.Documents {
				d.From = max(d.From, h.inForceFrom)
				used = h.expect(p, policy.ID, d, func(c *compensation.Component) bool { return target.uses(policy.ID, c) }) || used
				if old := d.Model.Parameter(target.name); policy.ID == target.policy && old != nil && !accepts(old, target.key) && overlaps(d, h.Period) && d.From < d.End {
					p.warnings = append(p.warnings, fmt.Sprintf("%s is unchanged in the document of policy %s in force from %s: %s",
						target, policy.ID, d.From, misfit("", target.String(), policy.ID, old, target.key).misfit()))
				}
			}
		}
		if !used {
			p.warnings = append(p.warnings, fmt.Sprintf("%s changes nothing: no component in force in the period uses it", target))
		}
	}
}

// warnLate says whether the alternative begins after the period, and warns of it.
func (h *history) warnLate(p *plan) bool {
	late := h.To != 0 && h.inForceFrom > h.To.Last() // an empty log has no period
	if late {
		p.warnings = append(p.warnings, fmt.Sprintf("the alternative is in force from %s, after the period (to %s): it changes nothing", h.inForceFrom, h.To))
	}
	return late
}

// expect notes the components of a document that some posting is expected from, and says whether there are any.
func (h *history) expect(p *plan, policy string, d compensation.InForce, which func(*compensation.Component) bool) (any bool) {
	d.From = max(d.From, h.inForceFrom)
	if d.From >= d.End || !overlaps(d, h.Period) {
		return false
	}
	for i := range d.Model.Components {
		c := &d.Model.Components[i]
		if !which(c) {
			continue
		}
		any = true
		e := slices.IndexFunc(p.expected, func(e expectation) bool { return e.policy == policy && e.components[0].ID == c.ID })
		if e < 0 {
			e, p.expected = len(p.expected), append(p.expected, expectation{policy: policy})
		}
		p.expected[e].components = append(p.expected[e].components, c)
	}
	return any
}

// steps returns the runs of a sweep on the policies in base, or of a grid: each value of the first parameter with each of the second. Which
// components yield something does not depend on the value, so only the first step says so.
func (h *history) steps(ctx context.Context, base []compensation.Policy, w, across *Sweep) ([]plan, error) {
	target, err := find(h.adopted, askedSweep, w.Target)
	if err != nil {
		return nil, err
	}
	targets, values, values2 := []parameter{target}, w.Values(), []domain.Decimal{{}}
	if across != nil {
		second, err := find(h.adopted, askedSweep, across.Target)
		if err != nil {
			return nil, err
		}
		targets, values2 = append(targets, second), across.Values()
	}
	plans, errs := make([]plan, len(values)*len(values2)), make([]error, len(values))
	each(len(values), func(i int) {
		errs[i] = h.stepsAt(ctx, plans[i*len(values2):(i+1)*len(values2)], i == 0, base, targets, values[i], values2)
	})
	return plans, cmp.Or(errs...)
}

// stepsAt fills the plans of one value of a sweep: one, or in a grid one for each value of the second parameter. says is whether the first of
// them says what yields nothing.
func (h *history) stepsAt(ctx context.Context, plans []plan, says bool, base []compensation.Policy, targets []parameter, v domain.Decimal, values2 []domain.Decimal) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	changed, err := with(base, targets[0], v)
	if err != nil {
		return fmt.Errorf("--sweep %s: %w", targets[0], err)
	}
	for i := range plans {
		p, both := &plans[i], changed
		*p = plan{name: targets[0].String() + "=" + v.String(), value: v.String(), swept: &targets[0]}
		if len(targets) > 1 {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if both, err = with(changed, targets[1], values2[i]); err != nil {
				return fmt.Errorf("--sweep %s: %w", targets[1], err)
			}
			p.across, p.sweptAcross = values2[i].String(), &targets[1]
			p.name += ", " + targets[1].String() + "=" + p.across
		}
		if says && i == 0 {
			h.change(p, both, targets...)
		} else {
			p.policies = inForceFrom(h.adopted, both, h.inForceFrom)
		}
	}
	return nil
}

// setName names the run of the settings by parameter, and by policy too where several policies have one of that name.
func setName(adopted []compensation.Policy, targets []parameter, settings []Setting) string {
	names := make([]string, len(targets))
	for i, t := range targets {
		holders := 0
		for _, p := range adopted {
			if parameterNames(p).Has(t.name) {
				holders++
			}
		}
		name := t.String()
		if holders == 1 {
			name = strings.TrimPrefix(name, t.policy+".")
		}
		names[i] = name + "=" + settings[i].Value.String()
	}
	return "set " + strings.Join(names, ", ")
}

// unique gives model runs of the same name their files' paths, and a number where that does not tell them apart.
func unique(plans []plan, sets []ModelSet) {
	count := func(name string) (n int) {
		for _, p := range plans {
			if p.name == name {
				n++
			}
		}
		return n
	}
	short := make([]string, len(sets))
	for i := range sets {
		short[i] = plans[1+i].name
	}
	for i, name := range short {
		if slices.Contains(short[:i], name) || slices.Contains(short[i+1:], name) || count(name) > 1 {
			plans[1+i].name = sets[i].paths()
		}
	}
	for i := range sets {
		p := &plans[1+i]
		for n, name := 2, p.name; count(p.name) > 1 && slices.ContainsFunc(plans[:1+i], func(q plan) bool { return q.name == p.name }); n++ {
			p.name = fmt.Sprintf("%s (%d)", name, n)
		}
	}
}
