package projections

import (
	"context"
	"fmt"

	"careledger/domain"
	"careledger/eventstore"
)

// eachEvent reads the events of an entity that were known at a moment from the log, in its order. raw is the event as it stands there.
func (t *Table) eachEvent(ctx context.Context, s *snapshot, v visible, entity domain.Entity, visit func(e *domain.Event, raw []byte) error) error {
	err := t.events.ReadSequences(ctx, s.sequences(entity, uint64(v.sequence)), func(r eventstore.Event) error {
		if !v.happened(uint32(r.Sequence)) {
			return nil
		}
		e, err := domain.DecodeEvent(r.Sequence, domain.Type(r.Type), r.Data)
		if err != nil {
			return err
		}
		return visit(&e, r.Data)
	})
	if err != nil {
		return fmt.Errorf("read the events of %s: %w", entity, err)
	}
	return nil
}
