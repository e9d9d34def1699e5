package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// Request is what to replay: the moment of knowledge, the period, and the alternatives to the adopted policies.
type Request struct {
	AsOf     projections.AsOf
	From, To domain.Month // 0: from the first month with a fact, to the month of the as-of
	By       []string     // what rows are grouped by; nil: compensation.DefaultFields

	Models []ModelSet // each is a run of its own
	Set    []Setting  // all together are one run on the adopted policies
	Sweep  *Sweep     // each step is a run on the adopted policies, with the values of Set too
	Across *Sweep     // with Sweep: of another parameter, and each pair of values is a run
	Seek   *Seek      // one run on the adopted policies, with the values of Set too

	// InForceFrom is the day from which the alternatives hold; the adopted policies hold before it. 0: the alternatives
	// replace them over the whole period.
	InForceFrom domain.Date

	Compare     []string        // of CompareFields: each alternative gets a Comparison by these; none: no comparison
	LimitChange *domain.Decimal // each alternative gets a Transition, limited by this share a year: above 0, at most 1
	Assume      []Assumption    // what the alternatives assume of behaviour, apart from the history
	Seed        uint64          // of the draw of what changes under Assume
}

// ModelSet is the model documents that together replace the adopted policies in one run.
type ModelSet struct{ Documents []Document }

// Document is a model document (YAML or JSON) and the name that it goes by in messages and in its run's name: a file's path.
type Document struct {
	Name string
	Data []byte
}

// Check refuses what cannot be answered whatever the history holds, all of it at once. Replay does it too.
func (r *Request) Check() error {
	var errs []error
	for i, f := range r.By {
		if !compensation.Fields.Has(f) {
			errs = append(errs, fmt.Errorf("rows cannot be grouped by %q (known: %s)", f, compensation.Fields))
		}
		if slices.Contains(r.By[:i], f) {
			errs = append(errs, fmt.Errorf("%s stands twice in the list to group by", f))
		}
	}
	errs = append(errs, checkCompare(r.Compare), checkAssumptions(r.Assume))
	if r.LimitChange != nil {
		errs = append(errs, checkLimitChange(*r.LimitChange))
	}
	for i, m := range r.Models {
		if len(m.Documents) == 0 {
			errs = append(errs, fmt.Errorf("the model set %d names no document", i+1))
		}
	}
	for i, s := range r.Set {
		if slices.ContainsFunc(r.Set[:i], func(other Setting) bool { return other.Target == s.Target }) {
			errs = append(errs, &TwiceError{s.Target, askedSet, askedSet})
		}
	}
	set := func(target string) bool {
		return slices.ContainsFunc(r.Set, func(s Setting) bool { return s.Target == target })
	}
	if r.Sweep != nil {
		if set(r.Sweep.Target) {
			errs = append(errs, &TwiceError{r.Sweep.Target, askedSet, askedSweep})
		}
		errs = append(errs, r.Sweep.check())
	}
	if r.Across != nil {
		errs = append(errs, r.checkAcross())
	}
	if r.Seek != nil {
		if set(r.Seek.Target) {
			errs = append(errs, &TwiceError{r.Seek.Target, askedSet, askedSeek})
		}
		if r.Seek.Budget < 0 {
			errs = append(errs, fmt.Errorf("--budget %s is negative", r.Seek.Budget))
		}
	}
	return errors.Join(errs...)
}

// checkAcross refuses a second sweep that makes no grid with the first.
func (r *Request) checkAcross() error {
	switch {
	case r.Sweep == nil:
		return fmt.Errorf("the sweep of %s is across another sweep, and there is none", r.Across.Target)
	case r.Sweep.Target == r.Across.Target:
		return &TwiceError{r.Across.Target, askedSweep, askedSweep}
	case slices.ContainsFunc(r.Set, func(s Setting) bool { return s.Target == r.Across.Target }):
		return &TwiceError{r.Across.Target, askedSet, askedSweep}
	}
	if err := errors.Join(r.Sweep.check(), r.Across.check()); err != nil {
		return err
	}
	if down, across := len(r.Sweep.Values()), len(r.Across.Values()); down*across > maxSteps {
		return fmt.Errorf("the sweeps of %s and %s have %d × %d pairs of values, more than %d; write longer steps", r.Sweep.Target, r.Across.Target, down, across, maxSteps)
	}
	return nil
}

// Setting gives a parameter of an adopted policy another value, on all dates.
type Setting struct {
	Target string // POLICY.PARAM, or POLICY.PARAM.KEY for one entry of a table
	Value  domain.Decimal
}

// ParseSetting reads POLICY.PARAM=VALUE, or POLICY.PARAM.KEY=VALUE for one entry of a table
// (p.hourly_rate.care/external=400). What the target names is settled by Replay, against the policies adopted as of then.
func ParseSetting(s string) (Setting, error) {
	target, text, found := strings.Cut(s, "=")
	target = strings.TrimSpace(target)
	if !found || !plausible(target) {
		return Setting{}, fmt.Errorf("%q is not a setting; write POLICY.PARAM=VALUE, for example lund-2015-pilot.goal_premium=350", s)
	}
	v, err := domain.ParseDecimal(strings.TrimSpace(text))
	if err != nil {
		return Setting{}, fmt.Errorf("the setting of %s: %w", target, err)
	}
	return Setting{target, v}, nil
}

// plausible says whether a target has a policy and a parameter.
func plausible(target string) bool {
	dot := strings.IndexByte(target, '.')
	return dot > 0 && dot < len(target)-1
}

// Sweep gives a parameter each value From, From+Step, … up to and including To.
type Sweep struct {
	Target         string // as that of a Setting
	From, To, Step domain.Decimal
}

// maxSteps bounds a sweep: each step is a run with its models and rows, all held until the answer is complete.
const maxSteps = 10_000

// ParseSweep reads POLICY.PARAM=A..B:STEP. Both ends are included; where B is no whole number of steps from A, the last step is the
// one before it. STEP is greater than 0 and A is at most B.
func ParseSweep(s string) (Sweep, error) {
	bad := fmt.Errorf("%q is not a sweep; write POLICY.PARAM=A..B:STEP, for example lund-2015-pilot.goal_premium=200..400:50", s)
	target, values, found := strings.Cut(s, "=")
	target = strings.TrimSpace(target)
	from, rest, dots := strings.Cut(values, "..")
	to, step, colon := strings.Cut(rest, ":")
	if !found || !dots || !colon || !plausible(target) {
		return Sweep{}, bad
	}
	w := Sweep{Target: target}
	for _, v := range []struct {
		text string
		into *domain.Decimal
	}{{from, &w.From}, {to, &w.To}, {step, &w.Step}} {
		d, err := domain.ParseDecimal(strings.TrimSpace(v.text))
		if err != nil {
			return Sweep{}, fmt.Errorf("the sweep of %s: %w", target, err)
		}
		*v.into = d
	}
	if err := w.check(); err != nil {
		return Sweep{}, err
	}
	return w, nil
}

func (w Sweep) check() error {
	if w.Step.Sign() <= 0 {
		return fmt.Errorf("the sweep of %s: the step is %s; write one greater than 0", w.Target, w.Step)
	}
	if w.From.Cmp(w.To) > 0 {
		return fmt.Errorf("the sweep of %s goes from %s down to %s; write the lower end first", w.Target, w.From, w.To)
	}
	if w.From.Add(w.Step.Mul(domain.DecimalOf(maxSteps, 0))).Cmp(w.To) <= 0 {
		return fmt.Errorf("the sweep of %s from %s to %s by %s has more than %d steps; write a longer step", w.Target, w.From, w.To, w.Step, maxSteps)
	}
	return nil
}

// Values returns the steps, lowest first.
func (w Sweep) Values() (values []domain.Decimal) {
	for v := w.From; v.Cmp(w.To) <= 0; v = v.Add(w.Step) {
		values = append(values, v)
	}
	return values
}

// Seek asks for the value of a parameter, in whole öre, whose total comes nearest Budget without passing it.
type Seek struct {
	Target string // as that of a Setting
	Budget domain.Money
}

// ParseSeek reads the target POLICY.PARAM and the budget in kronor.
func ParseSeek(target, budget string) (Seek, error) {
	target = strings.TrimSpace(target)
	if !plausible(target) || strings.Contains(target, "=") {
		return Seek{}, fmt.Errorf("%q is not a parameter to seek; write POLICY.PARAM, for example lund-2015-pilot.goal_premium", target)
	}
	m, err := domain.ParseMoney(strings.TrimSpace(budget))
	if err != nil {
		return Seek{}, fmt.Errorf("the budget: %w", err)
	}
	if m < 0 {
		return Seek{}, fmt.Errorf("the budget %s is negative", m)
	}
	return Seek{target, m}, nil
}
