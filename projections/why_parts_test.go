package projections

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// worlds are what was known at sequences and what it pays for months by the plain evaluator over all of it, computed once each.
type worlds struct {
	*paying
	then map[string]worldThen
}

type worldThen struct {
	*historytest.World
	paid []compensation.Posting
}

func paidWorlds(t testing.TB, seed uint64, candidates int) *worlds {
	return &worlds{paidHistory(t, seed, candidates), map[string]worldThen{}}
}

func (p *worlds) at(sequence uint64, month domain.Month) (*historytest.World, []compensation.Posting) {
	key := fmt.Sprint(sequence, month)
	if _, ok := p.then[key]; !ok {
		world, paid := p.compute(sequence, month)
		p.then[key] = worldThen{world, paid}
	}
	return p.then[key].World, p.then[key].paid
}

func (p *worlds) compute(sequence uint64, month domain.Month) (*historytest.World, []compensation.Posting) {
	world, err := historytest.Fold(slices.DeleteFunc(slices.Clone(historytest.KnownAt(p.mem.Events, sequence)), func(e domain.Event) bool { return e.Entity.Kind() == domain.KindPayout }))
	require.NoError(p.t, err)
	postings, err := world.Plain(compensation.Period{From: month, To: month}).Evaluate()
	require.NoError(p.t, err)
	return world, postings
}

func TestWhatWasConsideredIsAllThatGaveNothing(t *testing.T) {
	reasons, nothing, unpaid := map[string]int{}, 0, 0
	for seed := range uint64(4) {
		p := paidWorlds(t, seed, 220)
		for _, w := range everyWhy(t, p.ledger) {
			for i := range w.Lines {
				l := &w.Lines[i]
				world, paid := p.at(w.FactsTo, month(t, l.Month))
				adopted := world.State.Adopted()
				for j := range l.Postings {
					requireConsidered(t, w, l, &l.Postings[j], adopted, paid, reasons)
				}
			}
			world, paid := p.at(w.FactsTo, month(t, w.Month))
			nothing += requireNothing(t, w, world.State.Adopted(), paid)
			unpaid += requireUnpaid(t, w, world, paid)
		}
	}
	for _, reason := range WhyPasses {
		t.Logf("%s: %d", reason, reasons[reason]) // each of the evaluator's own has a case of its own in its package
	}
	for _, reason := range []string{compensation.PassedWhen, compensation.PassedCondition, passedNoFacts, passedLimit, passedNotSummed} {
		require.Positive(t, reasons[reason], reason)
	}
	require.Positive(t, nothing)
	require.Positive(t, unpaid)
}

// requireConsidered: each component of the documents in force that month either gave a posting for the same, or is named with a reason, never both.
func requireConsidered(t *testing.T, w *Why, l *WhyLine, p *WhyPosting, adopted []compensation.Policy, paid []compensation.Posting, reasons map[string]int) {
	t.Helper()
	entity := domain.Entity(p.Entity)
	own := &compensation.Posting{Category: p.Category, Band: p.Band, FollowUp: p.FollowUp, Goal: p.Goal, Provider: w.Provider, Unit: l.Unit, Month: month(t, l.Month)}
	switch {
	case p.Entity != "" && entity.Kind() == domain.KindGrant:
		own.Grant = entity.ID()
	case p.Entity != "":
		own.Case, own.Patient = entity.ID(), entity.Kind() == domain.KindPatient
	}
	gave := func(policy, component, category, band, followUp, goal string) bool {
		return slices.ContainsFunc(paid, func(q compensation.Posting) bool {
			return q.Policy == policy && q.Component == component && q.Provider == w.Provider && q.Unit == l.Unit && q.Case == own.Case && q.Patient == own.Patient && q.Month == own.Month &&
				alike(&q, category, band, followUp, goal)
		})
	}
	eachComponent(adopted, func(policy string, in *compensation.InForce, c *compensation.Component) {
		named := slices.DeleteFunc(slices.Clone(p.NotApplied), func(n WhyNotApplied) bool {
			return n.Policy != policy || n.Component != c.ID || n.From != in.From.String()
		})
		where := fmt.Sprintf("%s/%d/%d: %s/%s from %s", w.Payout, l.Line, p.Posting, policy, c.ID, in.From)
		if own.Grant != "" || !inMonth(in, own.Month) || !paysSuch(c, own) || policy == l.Policy && c.ID == l.Component {
			return
		}
		if c.Kind == compensation.KindCap {
			took := slices.ContainsFunc(paid, func(q compensation.Posting) bool {
				return q.Policy == policy && q.Component == c.ID && q.Unit == l.Unit && q.Month == own.Month && q.Case == own.Case && q.Patient == own.Patient && q.FollowUp == p.FollowUp && q.Goal == p.Goal
			})
			require.True(t, took || len(named) > 0, where)
		} else {
			require.NotEqual(t, gave(policy, c.ID, p.Category, p.Band, p.FollowUp, p.Goal), len(named) > 0, where)
		}
		for _, n := range named {
			reasons[n.Reason]++
			require.True(t, WhyPasses.Has(n.Reason), where)
			require.Equal(t, n.Reason == compensation.PassedWhen, n.When != "", where)
			if n.Reason == compensation.PassedWhen {
				requireFalse(t, c, n.Saw, where)
			}
		}
	})
	for _, d := range l.NotInForce {
		require.True(t, d.From > own.Month.Last().String() || d.Until != "" && d.Until <= own.Month.First().String())
	}
}

// requireFalse: the component's when is false on the values that it is said to have seen, and they are all that it reads.
func requireFalse(t *testing.T, c *compensation.Component, saw []compensation.Seen, where string) {
	t.Helper()
	holds, err := c.When.Eval(func(name string) string {
		i := slices.IndexFunc(saw, func(s compensation.Seen) bool { return s.Name == name })
		require.GreaterOrEqual(t, i, 0, "%s reads %s", where, name)
		return saw[i].Value
	})
	require.NoError(t, err)
	require.False(t, holds, where)
}

// requireNothing: the components said to have given nothing are those in force that month that gave the provider no posting in a line.
func requireNothing(t *testing.T, w *Why, adopted []compensation.Policy, paid []compensation.Posting) int {
	t.Helper()
	for _, n := range w.Nothing {
		require.NotEmpty(t, n.Reasons)
		require.False(t, slices.ContainsFunc(paid, func(q compensation.Posting) bool {
			return q.Provider == w.Provider && q.Policy == n.Policy && q.Component == n.Component && q.Amount != 0
		}), "%s: %s/%s", w.Payout, n.Policy, n.Component)
	}
	eachComponent(adopted, func(policy string, in *compensation.InForce, c *compensation.Component) {
		line := slices.ContainsFunc(w.Lines, func(l WhyLine) bool { return l.Policy == policy && l.Component == c.ID && l.PostingsAll > 0 })
		said := slices.ContainsFunc(w.Nothing, func(n WhyNothing) bool { return n.Policy == policy && n.Component == c.ID })
		require.Equal(t, inMonth(in, month(t, w.Month)) && !line, said && inMonth(in, month(t, w.Month)), "%s: %s/%s", w.Payout, policy, c.ID)
	})
	return len(w.Nothing)
}

// requireUnpaid: each case with a fact at the provider in the month is paid for, or named with the reasons and its events; never both.
func requireUnpaid(t *testing.T, w *Why, world *historytest.World, paid []compensation.Posting) int {
	t.Helper()
	paidFor, named := map[string]bool{}, map[string]bool{}
	for _, q := range paid {
		if q.Provider == w.Provider && q.Case != "" {
			paidFor[string(entityBehind(&q))] = true
		}
	}
	for _, u := range w.Unpaid {
		named[u.Entity] = true
		require.NotEmpty(t, u.Events, u.Entity)
		require.NotEmpty(t, u.NotApplied, u.Entity)
		require.False(t, paidFor[u.Entity], "%s: %s", w.Payout, u.Entity)
		for _, e := range u.Events {
			require.False(t, e.Used)
			require.True(t, WhyReasons.Has(e.Reason), e.Reason)
			require.Equal(t, u.Entity, e.Entity)
		}
	}
	m := month(t, w.Month)
	here := func(unit string, from, to domain.Date) bool {
		u, _ := world.State.Parties.Unit(unit)
		return u.Provider == w.Provider && from <= m.Last() && m.First() <= to
	}
	for _, f := range world.Facts() {
		there := slices.ContainsFunc(f.Grants, func(g domain.Grant) bool { return here(g.Unit, g.From, g.To) }) ||
			slices.ContainsFunc(f.Enrolments, func(n domain.Enrolment) bool { return here(n.Unit, n.From, n.To) }) ||
			slices.ContainsFunc(f.Performed, func(q domain.Performed) bool { return here(q.Unit, q.Month.First(), q.Month.Last()) }) ||
			slices.ContainsFunc(f.FollowUps, func(q domain.FollowUp) bool {
				return slices.ContainsFunc(q.Goals, func(g domain.AssessedGoal) bool { return here(g.Unit, q.HeldOn, q.HeldOn) })
			})
		if entity := string(factsEntity(&f)); there {
			require.True(t, paidFor[entity] || named[entity], "%s: %s is at the provider, and neither paid for nor named", w.Payout, entity)
		}
	}
	return len(w.Unpaid)
}

func TestTheSumOfACapReAdds(t *testing.T) {
	capped, parts := 0, 0
	for seed := range uint64(4) {
		p := paidWorlds(t, seed, 160)
		for _, w := range everyWhy(t, p.ledger) {
			for i := range w.Lines {
				l := &w.Lines[i]
				if l.Model == nil || l.Model.Kind != string(compensation.KindCap) {
					require.Empty(t, l.Sums)
					continue
				}
				m := month(t, l.Month)
				_, paid := p.at(w.FactsTo, m)
				for _, posting := range l.Postings {
					requireCapStep(t, w, l, &posting, paid)
					capped++
				}
				slices.SortFunc(l.Sums, func(a, b WhySum) int {
					return cmp.Or(strings.Compare(a.Month, b.Month), strings.Compare(a.Unit, b.Unit))
				})
				before, number := domain.Money(0), 0
				for _, s := range l.Sums {
					require.LessOrEqual(t, s.Month, l.Month)
					require.Equal(t, l.Month[:4], s.Month[:4])
					if s.Month < l.Month || s.Unit < l.Unit {
						before, number = before+s.Amount, number+s.Postings
					}
					parts++
				}
				first := l.Postings[0].Cap
				if first.Number == number+1 {
					require.Equal(t, before, first.SumBefore, "%s/%d: what came before in the year", w.Payout, l.Line)
				}
				require.Greater(t, first.Number, number)
			}
		}
	}
	require.Positive(t, capped)
	require.Positive(t, parts)
	t.Logf("%d postings of caps, %d parts of sums", capped, parts)
}

// requireCapStep: the step adds the capped posting, takes what is above the limit, and the cap's posting is the difference.
func requireCapStep(t *testing.T, w *Why, l *WhyLine, p *WhyPosting, paid []compensation.Posting) {
	t.Helper()
	c := p.Cap
	require.NotNil(t, c)
	require.Equal(t, c.SumAfter, c.SumBefore+c.OfAmount)
	require.Equal(t, max(0, c.SumAfter-c.Limit), c.TakenAfter)
	require.Equal(t, p.Amount, c.TakenBefore-c.TakenAfter)
	require.True(t, slices.ContainsFunc(paid, func(q compensation.Posting) bool {
		return q.Policy == l.Policy && q.Component == c.Of && q.Unit == l.Unit && string(entityBehind(&q)) == p.Entity && q.FollowUp == p.FollowUp && q.Goal == p.Goal && q.Amount == c.OfAmount
	}), "%s/%d/%d: the posting of %s that it took back", w.Payout, l.Line, p.Posting, c.Of)
}

func TestACorrectionInADerivationIsThatOfTheTrail(t *testing.T) {
	corrections, postings := 0, 0
	for _, seed := range []uint64{3, 5} {
		p := paidWorlds(t, seed, 220)
		trails := map[string]map[string][]domain.Change{}
		for _, w := range everyWhy(t, p.ledger) {
			for i := range w.Lines {
				l := &w.Lines[i]
				for _, c := range l.Corrections {
					key := fmt.Sprint(c.Entity, w.FactsTo)
					if trails[key] == nil {
						trail, err := p.table.Trail(context.Background(), domain.Entity(c.Entity), AsOf{Sequence: w.FactsTo})
						require.NoError(t, err)
						trails[key] = map[string][]domain.Change{}
						for _, e := range trail.Events {
							trails[key][e.ID] = e.Changes
						}
					}
					require.ElementsMatch(t, trails[key][c.Event], c.Changes, "%s/%d: %s corrects %s", w.Payout, l.Line, c.Event, c.Target)
					require.NotEmpty(t, c.Why)
					require.Less(t, c.TargetSequence, c.Sequence)
					corrections++
					postings += requirePostingChanges(t, p, w, l, &c)
				}
				for _, e := range l.Events { // nothing that a posting rests on was corrected unseen, but what is in force at a unit
					if ofUnit := l.Evaluator == "compiled" && l.Postings != nil && hasCode(domain.Entity(e.Entity).Kind()); !ofUnit && e.Used && (e.Type == string(domain.TypeEventAnnulled) || e.Type == string(domain.TypeEventCorrected)) {
						require.True(t, slices.ContainsFunc(l.Corrections, func(c WhyCorrection) bool { return c.Event == e.Event }), e.Event)
					}
				}
			}
		}
	}
	require.Positive(t, corrections)
	require.Positive(t, postings)
	t.Logf("%d corrections, which changed %d postings", corrections, postings)
}

// requirePostingChanges: what a correction is said to have changed of a line's postings is the difference between the worlds just before and with it.
func requirePostingChanges(t *testing.T, p *worlds, w *Why, l *WhyLine, c *WhyCorrection) int {
	t.Helper()
	amounts := func(sequence uint64) map[postingName]string {
		_, paid := p.at(sequence, month(t, l.Month))
		all := map[postingName]string{}
		for _, q := range paid {
			if q.Provider == w.Provider && q.Unit == l.Unit && q.Policy == l.Policy && q.Component == l.Component {
				all[nameOf(&q)] = q.Amount.String()
			}
		}
		return all
	}
	if len(c.Postings) == 0 {
		return 0
	}
	before, after := amounts(c.Sequence-1), amounts(c.Sequence)
	for _, changed := range c.Postings {
		entity := domain.Entity(changed.Entity)
		name := postingName{entity.ID(), entity.Kind() == domain.KindPatient, changed.Category, changed.Band, changed.FollowUp, changed.Goal}
		require.Equal(t, before[name], changed.Before, "%s/%d: %s before %s", w.Payout, l.Line, changed.Entity, c.Event)
		require.Equal(t, after[name], changed.After, "%s/%d: %s with %s", w.Payout, l.Line, changed.Entity, c.Event)
		require.NotEqual(t, changed.Before, changed.After)
	}
	return len(c.Postings)
}
