package projections

import (
	"context"
	"slices"
	"time"

	"careledger/domain"
	"careledger/domain/authority"
	"careledger/domain/compensation"
)

// Watch tells what the events of each stretch of the log change in what stands (Standing), at the cost of the cases that they are about. Where
// everything may have changed, it gives everything. It is for one goroutine.
type Watch struct {
	table     *Table
	at        Moment
	registers *registers // as known at the moment; nil before the first
}

// registers are what is known beside the cases, with what can be decided on it alone.
type registers struct {
	state  *authority.State
	grants []domain.StateGrant
	byCase
}

// Change is what a stretch of events changes.
type Change struct {
	Moment // of the last of them
	// Whole: Is is all that stands now, Payouts are all there are, and Was is empty. Otherwise the two are what the cases and patients with an event
	// in the stretch come to as known before it and after it: what Was holds and Is does not is no longer there.
	Whole   bool
	Was, Is Standing
	Payouts []*domain.Payout // those with an event in the stretch
}

// Watch returns a watch that has seen nothing: its first change is Whole.
func (t *Table) Watch() *Watch { return &Watch{table: t} }

// apart bounds the cases that are looked at by themselves: for more it costs less to look at all.
const apart = 2000

// Wait returns once the table stands beyond what was seen last. Errors: the context's; why the fold has stopped.
func (w *Watch) Wait(ctx context.Context) error { return w.table.WaitFor(ctx, w.at.Sequence+1) }

// Next waits and returns what the events up to where the table stands then change. Errors: those of Wait; what cannot be computed under the adopted
// policies, after which it may be asked again and gives the change from where it was.
func (w *Watch) Next(ctx context.Context) (*Change, error) {
	if err := w.Wait(ctx); err != nil {
		return nil, err
	}
	return w.to(ctx, w.table.snapshot())
}

// to is Next for the columns at a position.
func (w *Watch) to(ctx context.Context, s *snapshot) (*Change, error) {
	before, v := s.upTo(w.at.Sequence), s.upTo(s.position)
	v.moment.Recorded = time.Unix(0, s.latest).UTC()
	c := &Change{Moment: v.moment}
	cases, payouts, apart := s.touched(w.at.Sequence, s.position)
	known := w.registers
	if known == nil || !apart || len(cases) > 0 && known.whole || domain.LocalMonth(w.at.Recorded) != domain.LocalMonth(v.moment.Recorded) ||
		len(cases) > 0 && known.spans && !s.sameSpans(before, v) {
		c.Whole = true
		return c, w.whole(ctx, s, v, c)
	}
	before.moment.Recorded = w.at.Recorded
	if len(cases) > 0 {
		for _, side := range []struct {
			at  visible
			out *Standing
		}{{before, &c.Was}, {v, &c.Is}} {
			cut, err := s.cutKnown(side.at, known.state, known.grants, func(*authority.State) *selection { return s.chosen(cases, known.timed) })
			if err != nil {
				return nil, err
			}
			standing, err := cut.standing(ctx, known.policies)
			if err != nil {
				return nil, err
			}
			*side.out = *standing
		}
	}
	for _, e := range payouts {
		p, err := s.payoutAt(v, e)
		if err != nil {
			return nil, err
		}
		c.Payouts = append(c.Payouts, p)
	}
	w.at = v.moment
	return c, nil
}

// whole computes everything that stands.
func (w *Watch) whole(ctx context.Context, s *snapshot, v visible, c *Change) error {
	state, grants, err := s.stateAt(v)
	if err != nil {
		return err
	}
	cut, err := s.cutKnown(v, state, grants, nil)
	if err != nil {
		return err
	}
	standing, err := cut.standing(ctx, cut.Adopted)
	if err != nil {
		return err
	}
	payouts, err := s.payoutsAt(v)
	if err != nil {
		return err
	}
	c.Is, c.Payouts = *standing, payouts.All()
	w.registers, w.at = &registers{state, grants, tellByCase(state.Adopted())}, v.moment
	return nil
}

// touched returns the codes of the cases and patients, and the payouts, with an event in (from, to]; false where another entity has one, or where
// there are too many.
func (s *snapshot) touched(from, to uint64) (cases map[uint32]bool, payouts []domain.Entity, few bool) {
	cases = map[uint32]bool{}
	uncoded := 0
	for _, cs := range s.cases[from:to] {
		if cs == noCase {
			uncoded++
		} else if cases[cs] = true; len(cases) > apart {
			return nil, nil, false
		}
	}
	for i := s.payouts.len() - 1; i >= 0 && s.payouts.sequence[i] > from; i-- {
		if s.payouts.sequence[i] <= to {
			uncoded--
			payouts = append(payouts, domain.Entity(s.payouts.entity.at(i)))
		}
	}
	slices.Sort(payouts)
	return cases, slices.Compact(payouts), uncoded == 0
}

// chosen selects cases with all their months.
func (s *snapshot) chosen(cases map[uint32]bool, timed bool) *selection {
	chosen := &selection{cases: make([]bool, s.entities.len()), months: compensation.Period{From: domain.MinDate.Month(), To: domain.MaxDate.Month()}, performed: timed}
	for cs := range cases {
		chosen.cases[cs] = true
	}
	return chosen
}

// byCase is what can be told of one case after the other under some policies.
type byCase struct {
	policies []compensation.Policy // the adopted ones, with the components whose postings are of a case and rest on it and the registers alone
	whole    bool                  // a component outside of them may change with any event of a case
	spans    bool                  // a component outside of them changes with the first and last day in force at a unit
	timed    bool                  // a component among them charges performed time
}

// tellByCase sorts the components of adopted policies. A cap looks at all cases, and so does a prorated amount of a unit's own; one that is not prorated
// changes with the first and last day in force there, and a state grant with no case. A prorated quantity may not end, so that it does
// not add up, and a component whose documents count different things is mixed only where they meet: there, too, all is looked at.
func tellByCase(adopted []compensation.Policy) (b byCase) {
	for _, p := range adopted {
		counts := map[string]string{} // by component
		for _, d := range p.Documents {
			for i := range d.Model.Components {
				c := &d.Model.Components[i]
				switch counted, known := counts[c.ID]; {
				case c.Kind == compensation.KindCap, c.Prorate, known && counted != c.QuantityUnit():
					b.whole = true
				case c.Per == compensation.PerUnitMonth:
					b.spans = true
				}
				counts[c.ID] = c.QuantityUnit()
				b.timed = b.timed || c.OfOneCase() && c.ChargesPerformed()
			}
		}
	}
	b.policies = only(adopted, (*compensation.Component).OfOneCase)
	return b
}

// sameSpans says whether the first and last days in force at every unit are the same at two moments.
func (s *snapshot) sameSpans(before, after visible) bool {
	all := make([]bool, s.units.len())
	for i := range all {
		all[i] = true
	}
	days := func(v visible) []domain.Date {
		first, last := s.bounds(all, v)
		var days []domain.Date
		for i := range first {
			days = append(days, first[i].day, last[i].day)
		}
		return days
	}
	return slices.Equal(days(before), days(after))
}
