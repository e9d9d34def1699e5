package projections

import (
	"slices"
	"sync"
)

// chains link each event of a case or patient to the one before it, so that whoever writes finds a case's events without looking at every
// event of the log: four bytes an event and four a case. They are made when they are first asked for, and go on from there.
type chains struct {
	mu       sync.Mutex
	last     []uint32 // by case code: the sequence of its newest event, 0 for none
	previous []uint32 // by sequence less one: that of the same case's event before it, 0 for none
}

// of appends the sequences of a case's events up to one to found, increasing. cases are the case codes of the log's events, up to there at least.
func (c *chains) of(cases []uint32, cs uint32, to uint64, found []uint64) []uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cover(cases)
	if int(cs) >= len(c.last) {
		return found
	}
	begin := len(found)
	for s := c.last[cs]; s != 0; s = c.previous[s-1] {
		if uint64(s) <= to {
			found = append(found, uint64(s))
		}
	}
	slices.Reverse(found[begin:])
	return found
}

// cover links the events that are not linked yet.
func (c *chains) cover(cases []uint32) {
	known := len(c.previous)
	if len(cases) <= known {
		return
	}
	c.previous = slices.Grow(c.previous, len(cases)-known)
	for i, cs := range cases[known:] {
		before := uint32(0)
		if cs != noCase {
			for int(cs) >= len(c.last) {
				c.last = append(c.last, 0)
			}
			before, c.last[cs] = c.last[cs], uint32(known+i+1)
		}
		c.previous = append(c.previous, before)
	}
}
