package eventstore

import (
	"context"
	"fmt"
)

// CreateFeed makes the stream of an authority's feed if it is not there.
func (s *Store) CreateFeed(ctx context.Context, authority string) error {
	if _, err := s.createPlaced(ctx, feedConfig(authority, max(1, s.config.Replicas))); err != nil {
		return fmt.Errorf("creating the feed of %s: %w", authority, err)
	}
	return nil
}
