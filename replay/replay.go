package replay

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"careledger/domain/compensation"
	"careledger/domain/parallel"
	"careledger/projections"
)

// maxRows bounds the rows of all runs together, some 250 bytes each.
const maxRows = 4_000_000

// Replay evaluates the adopted policies and each alternative over the facts as known at r.AsOf. progress, if not nil, is called after
// each run. The error is everything that is wrong with the request (*TargetError, *TwiceError and others, joined), a *SeekError or *RowsError,
// a *compensation.RateError with the run's name where a model has no value for a fact, or the context's.
func Replay(ctx context.Context, t *projections.Table, r Request, progress func(done, total int)) (*Result, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	cut, err := t.Cut(r.AsOf)
	if err != nil {
		return nil, err
	}
	period, err := cut.Period(r.From, r.To)
	if err != nil {
		return nil, err
	}
	h := &history{Prepared: cut.Prepared(period), adopted: cut.Adopted, inForceFrom: r.InForceFrom}
	result, err := h.replay(ctx, &r, progress)
	if err != nil {
		return nil, err
	}
	result.AsOf = cut.Moment
	return result, nil
}

func (h *history) replay(ctx context.Context, r *Request, progress func(done, total int)) (*Result, error) {
	plans, err := h.plans(ctx, r)
	if err != nil {
		return nil, err
	}
	for i := range plans {
		if h.Prepared, err = h.WithRecipients(plans[i].policies); err != nil {
			return nil, err
		}
	}
	by := r.By
	if by == nil {
		by = compensation.DefaultFields
	}
	result := &Result{Authority: h.Authority, Period: h.Period, By: by, InForceFrom: h.inForceFrom, Runs: make([]Run, len(plans))}
	result.Behaviour = h.assume(r, plans)
	result.Swept, result.SweptAcross = h.swept(plans)
	if err := count(ctx, plans, by); err != nil {
		return nil, err
	}
	if err := h.evaluateAll(ctx, plans, result, progress); err != nil {
		return nil, err
	}
	return result, h.examine(ctx, r, plans, result, progress)
}

// count counts all that the plans need, in one pass over the history and one over that under assumed behaviour.
func count(ctx context.Context, plans []plan, by []string) error {
	runs := map[*history][][]compensation.Policy{}
	for i := range plans {
		p := &plans[i]
		of := p.policies
		if p.seek != nil {
			var err error
			if of, err = p.seek.smallest(p.over); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
		if runs[p.over] == nil {
			p.over.sums = p.over.Sums(by)
		}
		runs[p.over] = append(runs[p.over], of)
	}
	for h, of := range runs {
		if err := h.sums.Count(ctx, of...); err != nil {
			return err
		}
	}
	return nil
}

// evaluateAll evaluates the plans into the result's runs, as many at a time as there are processors. Each writes only its own run, and
// of several that fail the first in order is the error, so what comes out does not depend on who is faster.
func (h *history) evaluateAll(ctx context.Context, plans []plan, result *Result, progress func(done, total int)) error {
	var mu sync.Mutex // guards the next line and the calls of progress
	done, rows, failed := 0, 0, len(plans)
	errs := make([]error, len(plans))
	var adopted *compensation.Sum
	known := make(chan struct{}) // closed when adopted is evaluated, nil if it failed
	evaluate := func(i int) (sum *compensation.Sum, err error) {
		if i == 0 { // it is begun before those that wait for it
			defer close(known)
			adopted, err = plans[i].over.settleAndEvaluate(ctx, &plans[i])
			return adopted, err
		}
		return plans[i].over.settleAndEvaluate(ctx, &plans[i])
	}
	each(len(plans), func(i int) {
		mu.Lock()
		skip := failed < i
		mu.Unlock()
		if skip {
			return
		}
		sum, err := evaluate(i)
		if <-known; adopted != nil && sum != nil {
			result.Runs[i] = h.run(&plans[i], sum, adopted)
		}
		mu.Lock()
		defer mu.Unlock()
		if rows += len(result.Runs[i].Rows); rows > maxRows && err == nil {
			err = &RowsError{len(plans), maxRows}
		}
		if err != nil {
			errs[i], failed = err, min(failed, i)
			return
		}
		if done++; progress != nil {
			progress(done, len(plans))
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// each calls do for 0 to n-1, begun in that order, on all processors. A panic in any is the caller's.
func each(n int, do func(i int)) { parallel.Each(n, func() func(int) { return do }) }

func (h *history) settleAndEvaluate(ctx context.Context, p *plan) (*compensation.Sum, error) {
	if p.seek != nil {
		if err := h.settle(ctx, p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	sum, err := h.sums.Of(ctx, p.policies)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", p.name, err)
	}
	return sum, nil
}

// run states what a plan's postings come to, beside the adopted ones.
func (h *history) run(p *plan, sum, adopted *compensation.Sum) Run {
	return Run{Name: p.name, Models: inPeriod(p.policies, h.Period), Value: p.value, Across: p.across, Step: p.swept != nil, Total: sum.Total, Digest: sum.Digest, Rows: sum.Rows,
		Difference: sum.Total - adopted.Total, Providers: h.providers(sum, adopted), Warnings: append(p.warnings, h.silent(p, sum)...)}
}

// providers compares what the providers get.
func (h *history) providers(sum, adopted *compensation.Sum) []ProviderDifference {
	found := map[string]int{}
	all := []ProviderDifference{}
	for u := range h.Units {
		if !sum.Units[u].Any && !adopted.Units[u].Any {
			continue
		}
		name := h.Units[u].Provider
		i, known := found[name]
		if !known {
			i = len(all)
			found[name], all = i, append(all, ProviderDifference{Provider: name})
		}
		all[i].Adopted += adopted.Units[u].Amount
		all[i].Alternative += sum.Units[u].Amount
		all[i].Difference = all[i].Alternative - all[i].Adopted
	}
	slices.SortFunc(all, func(a, b ProviderDifference) int {
		return cmp.Or(cmp.Compare(max(b.Difference, -b.Difference), max(a.Difference, -a.Difference)), strings.Compare(a.Provider, b.Provider))
	})
	return all
}
