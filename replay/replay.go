package replay

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
)

// maxRows bounds the rows of all runs together, some 250 bytes each.
const maxRows = 4_000_000

// Replay evaluates the adopted policies and each alternative over the facts as known at r.AsOf. progress, if not nil, is called after
// each run. The error is everything that is wrong with the request, a *compensation.RateError with the run's name where a model
// has no value for a fact, or the context's.
func Replay(ctx context.Context, t *projections.Table, r Request, progress func(done, total int)) (*Result, error) {
	if err := r.check(); err != nil {
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
	plans, err := h.plans(r)
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
	result.Behaviour, result.Swept = h.assume(r, plans), h.swept(plans)
	if err := h.evaluateAll(ctx, plans, result, progress); err != nil {
		return nil, err
	}
	return result, h.examine(ctx, r, plans, result, progress)
}

// evaluateAll evaluates the plans into the result's runs, as many at a time as there are processors. Each writes only its own run, and
// of several that fail the first in order is the error, so what comes out does not depend on who is faster.
func (h *history) evaluateAll(ctx context.Context, plans []plan, result *Result, progress func(done, total int)) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex // guards the next line and the calls of progress
	done, rows, failed := 0, 0, len(plans)
	errs := make([]error, len(plans))
	var adopted *postings
	known := make(chan struct{}) // closed when adopted is evaluated, nil if it failed
	for i := range plans {       // adopted has its place before those that wait for it
		group.Go(func() error {
			mu.Lock()
			skip := failed < i
			mu.Unlock()
			if skip {
				return nil
			}
			ps, err := plans[i].over.settleAndEvaluate(ctx, &plans[i], result.By)
			if i == 0 {
				adopted = ps
				close(known)
			}
			if <-known; adopted != nil && ps != nil {
				result.Runs[i] = h.run(&plans[i], ps, adopted)
			}
			mu.Lock()
			defer mu.Unlock()
			if rows += len(result.Runs[i].Rows); rows > maxRows && err == nil {
				err = fmt.Errorf("the %d runs have more than %d rows; ask for fewer steps, or group by less (--by provider)", len(plans), maxRows)
			}
			if err != nil {
				errs[i], failed = err, min(failed, i)
				return nil
			}
			if done++; progress != nil {
				progress(done, len(plans))
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *history) settleAndEvaluate(ctx context.Context, p *plan, by []string) (*postings, error) {
	if p.seek != nil {
		if err := h.settle(ctx, p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	ps, err := h.evaluate(ctx, p.policies, by)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", p.name, err)
	}
	return ps, nil
}

// run states what a plan's postings come to, beside the adopted ones.
func (h *history) run(p *plan, ps, adopted *postings) Run {
	return Run{Name: p.name, Models: inPeriod(p.policies, h.Period), Value: p.value, Step: p.swept != nil, Total: ps.rows.Total(), Digest: ps.digest.Sum(), Rows: ps.rows.Rows(),
		Difference: ps.rows.Total() - adopted.rows.Total(), Providers: h.providers(ps, adopted), Warnings: append(p.warnings, h.silent(p, ps)...)}
}

// postings are the postings of a run, consumed as they are made.
type postings struct {
	rows   *compensation.Aggregate
	digest *compensation.Digest
	units  []unitSum // by unit
	yields map[*compensation.Component]bool
}

type unitSum struct {
	amount domain.Money
	any    bool // a posting, also one of 0.00
}

// evaluate goes through the facts once and hands each batch of postings to all that want it.
func (h *history) evaluate(ctx context.Context, policies []compensation.Policy, by []string) (*postings, error) {
	ps := &postings{rows: compensation.NewAggregate(h.Prepared, by), digest: compensation.NewDigest(),
		units: make([]unitSum, len(h.Units)), yields: map[*compensation.Component]bool{}}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return ps, h.Evaluate(policies, func(b *compensation.Batch) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := ps.rows.Add(b); err != nil {
			return err
		}
		if err := ps.digest.Add(b); err != nil {
			return err
		}
		for i, u := range b.Unit {
			ps.units[u].amount += b.Amount[i]
			ps.units[u].any = true
		}
		ps.yields[b.Component] = true
		return nil
	})
}

// providers compares what the providers get.
func (h *history) providers(ps, adopted *postings) []ProviderDifference {
	found := map[string]int{}
	all := []ProviderDifference{}
	for u := range h.Units {
		if !ps.units[u].any && !adopted.units[u].any {
			continue
		}
		name := h.Units[u].Provider
		i, known := found[name]
		if !known {
			i = len(all)
			found[name], all = i, append(all, ProviderDifference{Provider: name})
		}
		all[i].Adopted += adopted.units[u].amount
		all[i].Alternative += ps.units[u].amount
		all[i].Difference = all[i].Alternative - all[i].Adopted
	}
	slices.SortFunc(all, func(a, b ProviderDifference) int {
		return cmp.Or(cmp.Compare(max(b.Difference, -b.Difference), max(a.Difference, -a.Difference)), strings.Compare(a.Provider, b.Provider))
	})
	return all
}
