package bundle

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// Options say how a bundle is made.
type Options struct {
	// Redact leaves out the events that the amounts do not need (least of projections.Table.RestsOn). An event is never cut: the bytes
	// stored are the bytes hashed.
	Redact bool
	Now    time.Time // the clock of the machine
}

// Make returns the bundle of a payout, with the steps that it has taken by now, which has been verified. It rests on the newest checkpoint with
// a cosignature that covers them, or on that of the log's head, which is signed now if it was not. The log is only read. Errors:
// *projections.WhyError if there is no such payout, or its amounts do not come out again; those of checkpoints and of reading.
func Make(ctx context.Context, log *eventstore.Log, table *projections.Table, payout domain.Entity, o Options) (*Bundle, []byte, error) {
	sequences, err := table.RestsOn(ctx, payout, o.Redact)
	if err != nil {
		return nil, nil, err
	}
	b := &Bundle{Authority: log.Authority(), Payout: payout, Redacted: o.Redact}
	signed, err := b.sign(ctx, log, sequences[len(sequences)-1])
	if err != nil {
		return nil, nil, err
	}
	paths, events := eventstore.NewPaths(signed.Sequence), []eventstore.Event(nil)
	err = log.ReadSequences(ctx, sequences, func(e eventstore.Event) error {
		proof, err := log.ProveInclusion(e.Sequence, signed)
		if err == nil {
			err = eventstore.CheckInclusion(e, signed, proof)
		}
		if err != nil {
			return err
		}
		b.Events = append(b.Events, Event{e, paths.Shorten(e.Sequence, eventstore.LeafHash(b.Authority, e), proof)})
		events = append(events, e)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read the events behind payout %s: %w", payout.ID(), err)
	}
	if b.Derivation, err = derive(ctx, b.Authority, events, payout); err != nil {
		return nil, nil, err
	}
	file, err := b.Encode()
	if err != nil {
		return nil, nil, err
	}
	v, err := Verify(ctx, file, Expected{Key: b.VerifierKey, Now: o.Now})
	if err == nil && len(v.Findings) > 0 {
		err = &UnprovenError{b.Authority, payout, v.Findings}
	}
	return b, file, err
}

// sign takes the checkpoint that the events up to a sequence are proven in, with the keys that check it.
func (b *Bundle) sign(ctx context.Context, log *eventstore.Log, covers uint64) (*eventstore.Checkpoint, error) {
	all, err := log.Checkpoints()
	if err != nil {
		return nil, err
	}
	var signed *eventstore.Checkpoint
	for _, c := range all {
		if c.Sequence >= covers && len(c.Cosignatures) > 0 {
			signed = c
		}
	}
	if signed == nil {
		if signed, err = log.Checkpoint(ctx); err != nil {
			return nil, err
		}
	}
	b.Checkpoint = signed.Note
	if b.VerifierKey, err = log.VerifierKey(ctx); err != nil {
		return nil, err
	}
	known, err := log.Cosigners()
	for _, key := range known {
		name, _, _ := strings.Cut(key, "+")
		for _, c := range signed.Cosignatures {
			if c.Name == name {
				b.Cosigners = append(b.Cosigners, key)
				break
			}
		}
	}
	return signed, err
}

// derive derives a payout from some events alone.
func derive(ctx context.Context, authority string, events []eventstore.Event, payout domain.Entity) ([]byte, error) {
	table, err := projections.FoldPart(authority, events)
	if err != nil {
		return nil, err
	}
	return derivation(ctx, table, payout)
}

func derivation(ctx context.Context, table *projections.Table, payout domain.Entity) ([]byte, error) {
	why, err := table.Why(ctx, projections.WhyQuery{Payout: payout, AsOf: projections.Now})
	if err != nil {
		return nil, err
	}
	return json.Marshal(why, json.Deterministic(true))
}

// UnprovenError says that the bundle of a payout cannot be made, because it would not stand being verified: what is on the log does not give the
// payout again.
type UnprovenError struct {
	Authority string
	Payout    domain.Entity
	Findings  []Finding
}

func (e *UnprovenError) Error() string {
	f := e.Findings[0]
	return fmt.Sprintf("authority %s: there is no bundle of %s, because it would not stand being verified: %s (%s); careledger verify says what is wrong with the log",
		e.Authority, e.Payout, f.What, f.Where())
}
