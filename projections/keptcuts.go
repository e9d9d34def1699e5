package projections

import (
	"slices"
	"sync"
)

// cutsKept is how many cuts a table keeps, each with the facts as known there and what has been counted of them: of the head, and of the moment before it that
// pages which are still being read are of. More would take as much memory again each.
const cutsKept = 2

// keptCuts are the cuts at sequences that were asked for last.
type keptCuts struct {
	mu  sync.Mutex
	all []*keptCut // used last first
}

// keptCut is a cut that is made by the first who needs it. Those who ask for it meanwhile wait.
type keptCut struct {
	sequence uint64
	cut      func() (*Cut, error)
}

// at returns what gives the cut at a sequence, which cut makes if it is not kept. With orLater a kept one of a later sequence does as well.
func (k *keptCuts) at(sequence uint64, orLater bool, cut func(sequence uint64) (*Cut, error)) func() (*Cut, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.all, func(c *keptCut) bool { return c.sequence == sequence || orLater && c.sequence > sequence })
	if i < 0 {
		i = 0
		if len(k.all) == cutsKept {
			k.all[cutsKept-1] = nil // let its memory go before the next one is made
			k.all = k.all[:cutsKept-1]
		}
		made := &keptCut{sequence: sequence}
		made.cut = sync.OnceValues(func() (*Cut, error) {
			c, err := cut(sequence)
			if err != nil {
				k.forget(made)
			}
			return c, err
		})
		k.all = slices.Insert(k.all, 0, made)
	}
	found := k.all[i]
	k.all = slices.Insert(slices.Delete(k.all, i, i+1), 0, found)
	return found.cut
}

// forget drops a cut that could not be made.
func (k *keptCuts) forget(c *keptCut) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = slices.DeleteFunc(k.all, func(other *keptCut) bool { return other == c })
}
