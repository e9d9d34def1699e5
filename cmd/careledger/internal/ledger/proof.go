package ledger

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"careledger/eventstore"
)

// Proof says of events that they stand on the log as its owner has signed it. It has been checked, each event by the bytes that are stored. It
// names nobody.
type Proof struct {
	Authority   string
	Root        string                 // hex, of the log at the event that was asked about
	VerifierKey string                 // "" where there are no checkpoints
	Fingerprint string                 // of the key, for people to compare
	Checkpoint  *eventstore.Checkpoint // the newest that is signed, with its cosignatures; nil where none is
	Proven      []uint64               // the events that stand in it
	Later       []uint64               // those that are not signed for yet
}

// Prove checks now that events are in the newest checkpoint of an authority's log: its signatures, and of each event the stored bytes and the
// path from its leaf to the root. Nothing is signed. at is the event whose root is told. Errors: *eventstore.CorruptError and *eventstore.CheckpointError
// where something does not hold; those of reading.
func (l *Local) Prove(ctx context.Context, authority string, at uint64, sequences []uint64) (*Proof, error) {
	o, err := l.answering(ctx, authority)
	if err != nil {
		return nil, err
	}
	p := &Proof{Authority: o.log.Authority()}
	root, err := tlog.TreeHash(int64(at), o.log)
	if err != nil {
		return nil, err
	}
	p.Root = hex.EncodeToString(root[:])
	if err := p.sign(ctx, o.log); err != nil || p.Checkpoint == nil {
		p.Later = sequences
		return p, err
	}
	sequences = slices.Compact(slices.Sorted(slices.Values(sequences)))
	covered, _ := slices.BinarySearch(sequences, p.Checkpoint.Sequence+1)
	p.Later = sequences[covered:]
	return p, o.log.ReadSequences(ctx, sequences[:covered], func(e eventstore.Event) error {
		path, err := o.log.ProveInclusion(e.Sequence, p.Checkpoint)
		if err == nil {
			err = eventstore.CheckInclusion(e, p.Checkpoint, path)
		}
		p.Proven = append(p.Proven, e.Sequence)
		return err
	})
}

// sign finds the newest checkpoint, verified with the keys that are known. Where no directory of checkpoints is there are none.
func (p *Proof) sign(ctx context.Context, log *eventstore.Log) error {
	all, err := log.Checkpoints()
	if errors.Is(err, eventstore.ErrNoProofDir) {
		return nil
	}
	if err != nil || len(all) == 0 {
		return err
	}
	if p.VerifierKey, err = log.VerifierKey(ctx); err != nil {
		return err
	}
	if p.Fingerprint, err = eventstore.Fingerprint(p.VerifierKey); err != nil {
		return err
	}
	p.Checkpoint = all[len(all)-1]
	return nil
}
