package eventstore

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Paths lets inclusion proofs of several events in one checkpoint share their hashes: of each proof only those are handed on that the
// proofs before it do not give, so that a thousand events need little more than a thousand hashes. Whoever reads them gets every proof
// back whole, in the form of RFC 6962. The order of the events is the same for both. Not for concurrent use.
type Paths struct {
	size  int64
	known map[span]tlog.Hash
}

// span is a subtree by its leaves: those from from up to, and not with, to.
type span struct{ from, to int64 }

// fork is a step of a path from a leaf to the root.
type fork struct{ on, beside span }

// NewPaths returns the paths in a checkpoint of size events.
func NewPaths(size uint64) *Paths { return &Paths{size: int64(size), known: map[span]tlog.Hash{}} }

// path returns the steps from a leaf up, in the order of the hashes of its proof (RFC 6962, section 2.1.1).
func (p *Paths) path(leaf int64) (steps []fork) {
	for at := (span{0, p.size}); at.to-at.from > 1; {
		middle := at.from + 1
		for middle-at.from < (at.to-at.from+1)/2 { // the largest power of two below the number of leaves
			middle = at.from + 2*(middle-at.from)
		}
		left, right := span{at.from, middle}, span{middle, at.to}
		if leaf < middle {
			steps, at = append(steps, fork{left, right}), left
		} else {
			steps, at = append(steps, fork{right, left}), right
		}
	}
	slices.Reverse(steps)
	return steps
}

// Shorten returns the hashes of a proof that the events before it do not give, and takes the proof up. The proof must have been checked.
func (p *Paths) Shorten(sequence uint64, leaf tlog.Hash, proof tlog.RecordProof) (more []tlog.Hash) {
	more = []tlog.Hash{}
	for i, step := range p.path(int64(sequence - 1)) {
		if _, has := p.known[step.beside]; !has {
			more = append(more, proof[i])
		}
	}
	p.TakeUp(sequence, leaf, proof)
	return more
}

// Complete returns the whole proof of an event, given the hashes that Shorten left of it. It does not say that the proof holds:
// [CheckInclusion] does. The error is that there are too few hashes or too many.
func (p *Paths) Complete(sequence uint64, more []tlog.Hash) (proof tlog.RecordProof, err error) {
	if sequence == 0 || sequence > uint64(p.size) {
		return nil, fmt.Errorf("event %d is not in a checkpoint of %d events", sequence, p.size)
	}
	given := len(more)
	for _, step := range p.path(int64(sequence - 1)) {
		h, has := p.known[step.beside]
		if !has {
			if len(more) == 0 {
				return nil, fmt.Errorf("the proof of event %d lacks a hash: it has %d beside those of the events before it", sequence, given)
			}
			h, more = more[0], more[1:]
		}
		proof = append(proof, h)
	}
	if len(more) > 0 {
		return nil, fmt.Errorf("the proof of event %d has %d hashes more than it needs", sequence, len(more))
	}
	return proof, nil
}

// TakeUp makes the hashes of a proof that has been checked, and those that follow from it, known to the events after it.
func (p *Paths) TakeUp(sequence uint64, leaf tlog.Hash, proof tlog.RecordProof) {
	n := int64(sequence - 1)
	at := leaf
	p.known[span{n, n + 1}] = leaf
	for i, step := range p.path(n) {
		p.known[step.on], p.known[step.beside] = at, proof[i]
		if step.on.from < step.beside.from {
			at = tlog.NodeHash(at, proof[i])
		} else {
			at = tlog.NodeHash(proof[i], at)
		}
	}
}
