package compensation

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
)

// counts keeps what has been counted over prepared facts, so that the next question about them pays at once.
type counts struct {
	facts *Facts // those counted: a copy of the facts with other outcomes has counts of its own
	mu    sync.Mutex
	known []*counting // used last first
}

// countsKeptBytes is how much the countings that are kept may take. One takes from some kilobytes to somewhat above what modulusMost allows, so
// that it always has room.
const countsKeptBytes = 96 << 20

func newCounts(f *Facts) *counts { return &counts{facts: f} }

// countsOf returns the counts of the facts at hand.
func (p *Prepared) countsOf() *counts {
	if p.made != nil && p.made.facts == p.Facts {
		return p.made
	}
	return newCounts(p.Facts)
}

// ensure gives each series its tally. What is missing is counted in one pass over the facts.
func (k *counts) ensure(ctx context.Context, all []*series) error {
	k.mu.Lock() // who asks at the same time waits, and finds it counted
	defer k.mu.Unlock()
	missing := map[[sha256.Size]byte]*counting{}
	var inOrder []*counting
	var open []*series
	for _, of := range all {
		c := of.counting
		switch {
		case c.tally != nil:
			continue
		case len(c.parts) == 0: // none of its documents is in force in the period
			c.tally = newTally(c.Prepared, c.quantum, 1)
			c.tally.complete()
			continue
		}
		open = append(open, of)
		known := k.find(c.key)
		switch wanted := missing[c.key]; {
		case wanted != nil:
			wanted.widen(c.modulus)
			wanted.addCuts(c.cuts)
		case known == nil || known.modulus%c.modulus != 0 || !known.hasCuts(c.cuts):
			if known != nil {
				c.widen(known.modulus)
				c.addCuts(known.cuts)
				c.lists = known.lists // the postings are the same
			}
			missing[c.key], inOrder = c, append(inOrder, c)
		}
	}
	if len(inOrder) > 0 {
		if err := inOrder[0].count(ctx, inOrder); err != nil {
			return err
		}
	}
	var used []*counting
	for _, of := range open {
		if c := missing[of.counting.key]; c != nil {
			of.counting = c
		} else {
			of.counting = k.find(of.counting.key)
		}
		if !slices.Contains(used, of.counting) {
			used = append(used, of.counting)
		}
	}
	k.keep(used)
	return nil
}

func (k *counts) find(key [sha256.Size]byte) *counting {
	if i := slices.IndexFunc(k.known, func(c *counting) bool { return c.key == key }); i >= 0 {
		return k.known[i]
	}
	return nil
}

// keep notes what was used last, as much of it as there is room for: what a question needs, it holds itself. Of countings of the same postings
// the one used last is kept.
func (k *counts) keep(used []*counting) {
	var kept []*counting
	room := countsKeptBytes
	for _, c := range slices.Concat(used, k.known) {
		if bytes := c.tally.bytes(); bytes <= room && !slices.ContainsFunc(kept, func(other *counting) bool { return other.key == c.key }) {
			kept, room = append(kept, c), room-bytes
		}
	}
	k.known = kept
}

// Uncounted returns the prepared facts with nothing counted, so that what a first question costs can be measured.
func (p *Prepared) Uncounted() *Prepared {
	fresh := *p
	fresh.made = newCounts(p.Facts)
	return &fresh
}
