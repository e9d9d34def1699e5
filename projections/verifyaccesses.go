package projections

import (
	"context"
	"encoding/hex"
	"errors"

	"careledger/domain"
	"careledger/eventstore"
)

// VerifiedAccesses is what checking the log of who has read what found. Where nothing has been read there is no such log, and all is zero.
type VerifiedAccesses struct {
	Sequence    uint64    `json:"sequence"` // of the last event verified
	Root        string    `json:"root"`     // of the access log's tree there; "" where it could not all be read
	Answers     int       `json:"answers"`  // that were shown
	Checkpoints int       `json:"checkpoints"`
	Findings    []Finding `json:"findings"`
}

// UnopenedAccesses is the verification of an access log that does not open, since it is not what was acknowledged.
func UnopenedAccesses(err *eventstore.CorruptError) VerifiedAccesses {
	return VerifiedAccesses{Findings: Unopened("", err).Findings}
}

// VerifyAccesses checks a whole access log: its bytes against tree, witness and signed heads, and that every event on it is an access. It reads
// nothing but the log, and returns an error only if it could not do its work.
func VerifyAccesses(ctx context.Context, log *eventstore.Log, signed []eventstore.Head, damaged *eventstore.CheckpointError) (VerifiedAccesses, error) {
	found := &Verification{}
	if damaged != nil {
		found.CheckpointsDamaged(damaged)
	}
	v := VerifiedAccesses{Checkpoints: len(signed)}
	head, differ, err := log.VerifyEach(ctx, signed, func(raw eventstore.Event) error {
		v.Sequence = raw.Sequence
		a, err := domain.DecodeAccess(raw.Sequence, domain.Type(raw.Type), raw.Data)
		f := Finding{Sequence: raw.Sequence, Entity: domain.Entity(raw.Entity), Type: domain.Type(raw.Type), Do: doAsk}
		switch unknown := (*domain.UnknownEventError)(nil); {
		case errors.As(err, &unknown):
			f.What, f.Do = err.Error(), doRelease
			found.find(f)
			return nil
		case err != nil:
			return err
		}
		if a.Part == 1 {
			v.Answers++
		}
		if a.ID != raw.ID || a.Entity() != f.Entity {
			f.What = "its subject and id on the log are not those of its document"
			found.find(f)
		}
		if ps := a.CheckStored(log.Authority()); len(ps) > 0 {
			f.What = ps.Error()
			found.find(f)
		}
		return nil
	})
	damage := (*eventstore.CorruptError)(nil)
	switch {
	case errors.As(err, &damage):
		found.damaged(damage)
	case err != nil:
		return v, err
	default:
		v.Root = hex.EncodeToString(head.Root[:])
	}
	found.differing(differ)
	v.Findings = found.Findings
	return v, nil
}
