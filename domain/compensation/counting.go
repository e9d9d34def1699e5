package compensation

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"sync"

	"careledger/domain"
	"careledger/domain/parallel"
)

// counting is a tally to be made: the documents of a policy under which one component counts, one after the other. Components that count
// alike share it, whatever policy they are of and whatever they pay.
type counting struct {
	*Prepared
	key        [sha256.Size]byte // the same for countings of the same postings
	parts      []part            // with what changes only rates left out
	quantum    int64
	premiums   bool
	byArea     bool // rows are asked for by life area
	byOccasion bool // ... by occasion
	modulus    int64
	cuts       []domain.Date      // days within a month on which a rate may change; sorted
	lists      *[sha256.Size]byte // the hash of the postings' keys and quantities, where it is known
	tally      *tally             // when counted
}

// counter counts segments of the cases for one of the processors.
type counter struct {
	*counting
	tally *tally
	parts []*compiled
	group postingGroups

	// The stretches of the case at hand, where they do not come in the order of groups, and their months and quantities one after the other.
	held       []heldStretch
	months     []domain.Month
	quantities []int64
}

// heldStretch is a stretch that waits until the case is complete.
type heldStretch struct {
	unit           uint16
	category, band uint8
	followUp, goal int32
	from, to       int // of months and quantities
}

func (c *counting) newCounter(hand *atHand) (*counter, error) {
	w := &counter{counting: c, tally: newTally(c.Prepared, c.quantum, c.modulus)}
	w.group = postingGroups{facts: c.Facts, quantum: c.quantum, followUps: c.premiums}
	e := &evaluation{asked: c.Prepared, paid: map[string][]bool{}, atHand: hand}
	for _, p := range c.parts {
		k := e.over(c.Prepared, p.number, p.InForce, p.component, nil)
		k.out.Quantum = c.quantum
		k.emit = w.take
		if err := k.compileCount(); err != nil {
			return nil, err
		}
		w.parts = append(w.parts, k)
	}
	return w, nil
}

// segment counts a segment of the cases, or the units as a whole, and returns the hashes of the groups.
func (w *counter) segment(i int) ([]byte, error) {
	w.group.hashes = make([]byte, 0, cap(w.group.hashes)) // about as many as in the segment before
	if w.parts[0].ofUnits() {
		return w.units()
	}
	for cs := uint32(i * segmentCases); cs < uint32(min((i+1)*segmentCases, len(w.Cases))); cs++ {
		if cs%8 == 0 {
			parallel.GiveWay()
		}
		for _, k := range w.parts {
			if err := k.countCase(cs); err != nil {
				return nil, err
			}
		}
		w.endCase(cs)
	}
	return w.group.hashes, nil
}

func (w *counter) units() ([]byte, error) {
	for _, k := range w.parts {
		if err := k.countUnits(); err != nil {
			return nil, err
		}
	}
	w.endCase(NoCase)
	return w.group.hashes, nil
}

// take counts a stretch.
func (w *counter) take(s *stretch) error {
	w.tally.add(w.block(s), s)
	if w.lists != nil {
		return nil
	}
	if len(w.parts) == 1 && !w.premiums { // stretches are groups, and come in their order
		w.group.add(s, s.hash)
		return nil
	}
	from := len(w.months)
	w.months, w.quantities = append(w.months, s.months...), append(w.quantities, s.quantities...)
	w.held = append(w.held, heldStretch{s.unit, s.category, s.band, s.followUp, s.goal, from, len(w.months)})
	return nil
}

// endCase hashes the groups of the stretches that were held, of a case or of the units as a whole.
func (w *counter) endCase(cs uint32) {
	if len(w.held) == 0 {
		return
	}
	byGroup := func(a, b heldStretch) int {
		return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(a.category+1, b.category+1), cmp.Compare(a.band+1, b.band+1)) // NoCode + 1 is 0
	}
	if !slices.IsSortedFunc(w.held, byGroup) {
		slices.SortStableFunc(w.held, byGroup)
	}
	for i := range w.held {
		h := &w.held[i]
		if i == 0 || byGroup(w.held[i-1], *h) != 0 {
			w.group.close()
			w.group.open(cs, h.unit, h.category, h.band)
		}
		for n := h.from; n < h.to; n++ {
			w.group.posting(w.months[n], w.quantities[n], h.followUp, h.goal)
		}
	}
	w.group.close()
	w.held, w.months, w.quantities = w.held[:0], w.months[:0], w.quantities[:0]
}

// block returns the block that a stretch is counted in.
func (c *counting) block(s *stretch) block {
	b := block{unit: s.unit, category: s.category, band: s.band, lifeArea: NoCode, occasion: NoCode}
	if s.followUp < 0 {
		return b
	}
	if c.byArea && s.goal >= 0 {
		b.lifeArea = c.Goals.LifeArea[s.goal]
	}
	if c.byOccasion {
		b.occasion = c.FollowUps.Occasion[s.followUp]
	}
	held := c.FollowUps.HeldOn[s.followUp]
	for i := len(c.cuts) - 1; i >= 0 && c.cuts[i] >= s.months[0].First(); i-- {
		if c.cuts[i] <= held {
			b.cut++
		}
	}
	return b
}

// day returns a day on which the rates of a place are those of its postings: the first of the month, or the cut that it begins with.
func (c *counting) day(b block, month domain.Month) domain.Date {
	first := c.firsts[month-c.From]
	if b.cut == 0 {
		return first
	}
	i, _ := slices.BinarySearch(c.cuts, first)
	return c.cuts[i+int(b.cut)-1]
}

// count makes the tallies, going through the cases once for all of them. The error is the context's; what goes wrong in a count shows when
// a run that needs it is paid.
func (p *Prepared) count(ctx context.Context, all []*counting) error {
	segments := (len(p.Cases) + segmentCases - 1) / segmentCases // and after them the units as a whole
	made := make([]struct {
		sync.Mutex
		tallies []*tally // of the processors
		hashes  [][]byte // by segment
		failed  bool
	}, len(all))
	for i := range made {
		made[i].hashes = make([][]byte, segments+1)
	}
	parallel.Each(segments+1, func() func(int) {
		counters, hand := make([]*counter, len(all)), &atHand{}
		return func(segment int) {
			for i, c := range all {
				if c.parts[0].component.ofUnits() != (segment == segments) || ctx.Err() != nil {
					continue
				}
				m := &made[i]
				var err error
				if counters[i] == nil {
					if counters[i], err = c.newCounter(hand); err == nil {
						m.Lock()
						m.tallies = append(m.tallies, counters[i].tally)
						m.Unlock()
					}
				}
				if err == nil {
					m.hashes[segment], err = counters[i].segment(segment)
				}
				if err != nil {
					counters[i] = nil
					m.Lock()
					m.failed = true
					m.Unlock()
				}
			}
		}
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	parallel.Each(len(all), func() func(int) {
		return func(i int) {
			c, t := all[i], newTally(p, all[i].quantum, all[i].modulus)
			for _, more := range made[i].tallies {
				t.merge(more)
			}
			t.complete()
			if t.incomplete = made[i].failed; c.lists == nil {
				sum := sha256.Sum256(bytes.Join(made[i].hashes, nil))
				c.lists = &sum
			}
			t.lists, c.tally = *c.lists, t
		}
	})
	return nil
}

func (c *counting) hasCuts(days []domain.Date) bool {
	return !slices.ContainsFunc(days, func(d domain.Date) bool { return !slices.Contains(c.cuts, d) })
}

func (c *counting) addCuts(days []domain.Date) {
	for _, d := range days {
		if i, found := slices.BinarySearch(c.cuts, d); !found {
			c.cuts = slices.Insert(c.cuts, i, d)
		}
	}
}
