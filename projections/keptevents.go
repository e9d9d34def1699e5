package projections

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"

	"careledger/domain/parallel"
	"careledger/eventstore"
)

const (
	// keptEventsMost is how many of the events read last are kept, and keptEventBytes how large one of them may be: 128 MiB at most, and some 35 of usual ones.
	keptEventsMost, keptEventBytes = 64 << 10, 2 << 10
	// keptOfOneQuestion is how many events a question may read for them to be kept: one that reads many would drive out what others ask for again.
	keptOfOneQuestion = 2 << 10
)

// keptEvents reads events as the log does, and keeps those read last: who unfolds a derivation, or goes from it to an event and its trail, reads the same ones
// again, and the server loads a block of 8 MB for an event that is asked for alone. An event never changes, and each was checked against the log's tree
// when it was read. What has to find damage that came later (a verification, a proof) reads the log itself.
type keptEvents struct {
	source
	kept *lru.Cache[uint64, eventstore.Event]
}

func newKeptEvents(of source) *keptEvents {
	kept, _ := lru.New[uint64, eventstore.Event](keptEventsMost) // its error is a size that is not positive
	return &keptEvents{of, kept}
}

// ReadSequences is source's. What is read must not be changed.
func (k *keptEvents) ReadSequences(ctx context.Context, sequences []uint64, fn func(eventstore.Event) error) error {
	if len(sequences) > keptOfOneQuestion {
		return k.source.ReadSequences(ctx, sequences, fn)
	}
	found := make([]eventstore.Event, len(sequences))
	var missing []uint64
	for i, s := range sequences {
		var has bool
		if found[i], has = k.kept.Get(s); !has {
			missing = append(missing, s)
		}
	}
	next := 0
	pass := func(before uint64) error { // what is kept of the events before a sequence
		for ; next < len(sequences) && sequences[next] < before; next++ {
			if next%16 == 0 {
				parallel.GiveWay()
			}
			if err := fn(found[next]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(missing) > 0 {
		err := k.source.ReadSequences(ctx, missing, func(e eventstore.Event) error {
			if err := pass(e.Sequence); err != nil {
				return err
			}
			if len(e.Data) <= keptEventBytes {
				k.kept.Add(e.Sequence, e)
			}
			next++
			return fn(e)
		})
		if err != nil {
			return err
		}
	}
	if err := pass(Head); err != nil {
		return err
	}
	return ctx.Err()
}
