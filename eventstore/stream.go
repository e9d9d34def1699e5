package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// codeNotClustered is JSStreamReplicasNotSupportedErr: replicas were asked of a server without a cluster.
	codeNotClustered = jetstream.ErrorCode(10074)
	// codeNoPeers is JSClusterNoPeersErr: fewer peers are up than there are to be replicas. One may be restarting.
	codeNoPeers = jetstream.ErrorCode(10005)
	peersWait   = 10 * time.Second
)

// streamConfig is the one immutable configuration of a log.
func streamConfig(id logID, replicas int) jetstream.StreamConfig {
	return keepAll(id.stream(), id.description(), id.subjects(), replicas)
}

// keepAll is a stream in which nothing ages out, and nothing can be deleted, purged or rolled up.
func keepAll(name, description, subjects string, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               name,
		Description:        description,
		Subjects:           []string{subjects},
		Retention:          jetstream.LimitsPolicy,
		Storage:            jetstream.FileStorage,
		Discard:            jetstream.DiscardNew,
		MaxMsgs:            -1,
		MaxBytes:           -1,
		MaxMsgsPerSubject:  -1,
		MaxConsumers:       -1,
		MaxMsgSize:         -1,
		Replicas:           replicas,
		DenyDelete:         true,
		DenyPurge:          true,
		AllowDirect:        true,
		AllowAtomicPublish: true,
		Duplicates:         streamDuplicates,
	}
}

// streamDuplicates: no message ids are sent, so the window in which they are remembered is the least there is: after each start the server
// reads every message of that window again, the whole of a large import with the default two minutes.
const streamDuplicates = 100 * time.Millisecond

// createStream creates a log's stream. Without a configured count it asks for three replicas of a server
// elsewhere and for one only if that server says that it is not clustered: a cluster that is short of peers is an error,
// not a reason to keep one copy. What another process made faster is checked next.
func (s *Store) createStream(ctx context.Context, id logID) (jetstream.Stream, error) {
	st, err := s.createReplicated(ctx, func(replicas int) jetstream.StreamConfig { return streamConfig(id, replicas) })
	if err != nil {
		return nil, fmt.Errorf("creating the log of %s: %w", id, err)
	}
	return st, nil
}

// createReplicated creates a stream with as many replicas as there are to be. One that is there, with another configuration, is returned
// as it is, to be checked.
func (s *Store) createReplicated(ctx context.Context, config func(replicas int) jetstream.StreamConfig) (jetstream.Stream, error) {
	replicas := s.config.Replicas
	if replicas == 0 {
		replicas = 1
		if s.server == nil {
			replicas = 3
		}
	}
	st, err := s.createPlaced(ctx, config(replicas))
	var api *jetstream.APIError
	if s.config.Replicas == 0 && errors.As(err, &api) && api.ErrorCode == codeNotClustered {
		st, err = s.createPlaced(ctx, config(1))
	}
	return st, err
}

// createPlaced creates a stream, or returns the one that another process has created meanwhile, whose configuration is checked
// next. It waits a while for peers to place it on, and for the other's to be there: its name is taken before it can be found.
func (s *Store) createPlaced(ctx context.Context, c jetstream.StreamConfig) (jetstream.Stream, error) {
	wait, cancel := context.WithTimeout(ctx, peersWait)
	defer cancel()
	for {
		var st jetstream.Stream
		err := s.answered(ctx, func(ctx context.Context) (err error) {
			st, err = s.js.CreateStream(ctx, c) // asked again with the same configuration, it answers the same
			return err
		})
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			st, err = s.stream(ctx, c.Name)
		}
		var api *jetstream.APIError
		waits := errors.Is(err, jetstream.ErrStreamNotFound) ||
			errors.As(err, &api) && api.ErrorCode == codeNoPeers
		if !waits || pause(wait, fetchBackoff) != nil {
			return st, err
		}
	}
}

// stream looks a stream up.
func (s *Store) stream(ctx context.Context, name string) (st jetstream.Stream, err error) {
	err = s.answered(ctx, func(ctx context.Context) (err error) {
		st, err = s.js.Stream(ctx, name)
		return err
	})
	return st, err
}

// state asks for the configuration and state of a stream that is known to be there: in a cluster the node that answers may hear
// later than the others that it was created.
func (s *Store) state(ctx context.Context, st jetstream.Stream) (info *jetstream.StreamInfo, err error) {
	wait, cancel := context.WithTimeout(ctx, peersWait)
	defer cancel()
	for {
		err = s.answered(ctx, func(ctx context.Context) (err error) {
			info, err = st.Info(ctx, jetstream.WithDeletedDetails(true))
			return err
		})
		if !errors.Is(err, jetstream.ErrStreamNotFound) || pause(wait, fetchBackoff) != nil {
			return info, err
		}
	}
}

// checkStream refuses a stream that could lose or change events, and says every reason.
func checkStream(id logID, c jetstream.StreamConfig) error {
	bad := losses(streamConfig(id, c.Replicas), c)
	check := func(ok bool, what string) {
		if !ok {
			bad = append(bad, what)
		}
	}
	check(c.DenyDelete, "deleting is allowed")
	check(c.DenyPurge, "purging is allowed")
	check(!c.AllowRollup, "rollups are allowed")
	check(!c.AllowMsgTTL, "message ages are allowed")
	check(c.AllowDirect, "direct get is not allowed")
	check(!c.NoAck, "it does not acknowledge")
	if len(bad) > 0 {
		return fmt.Errorf("stream %s is not an immutable log: %s; move its events to a log that careledger creates",
			c.Name, strings.Join(bad, "; "))
	}
	return nil
}

// losses are the ways in which a stream of a log or a feed does not keep, whole and in order, all that is written to it.
func losses(want, c jetstream.StreamConfig) (bad []string) {
	check := func(ok bool, what string) {
		if !ok {
			bad = append(bad, what)
		}
	}
	check(len(c.Subjects) == 1 && c.Subjects[0] == want.Subjects[0], "subjects are not "+want.Subjects[0])
	check(c.Retention == want.Retention, "retention is not limits")
	check(c.Storage == want.Storage, "storage is not file")
	check(c.MaxMsgs <= 0 && c.MaxBytes <= 0 && c.MaxAge == 0 && c.MaxMsgsPerSubject <= 0, "there is a limit of count, size or age")
	check(c.AllowAtomicPublish, "atomic publish is not allowed")
	check(c.PersistMode != jetstream.AsyncPersistMode, "persist mode is async")
	check(c.Mirror == nil && len(c.Sources) == 0 && c.SubjectTransform == nil, "it mirrors, sources or transforms")
	return bad
}

// validateMessage checks what becomes part of the subject or of a header.
func validateMessage(m Message) error {
	kind, id, ok := strings.Cut(m.Entity, "/")
	if !ok || !isToken(kind) || !isToken(id) {
		return fmt.Errorf("entity %q: kind/id is expected, each 1 to 64 of A-Z, a-z, 0-9, _ and -", m.Entity)
	}
	if !isToken(m.Type) {
		return fmt.Errorf("event type %q: 1 to 64 of A-Z, a-z, 0-9, _ and - are expected", m.Type)
	}
	if len(m.ID) == 0 || len(m.ID) > 128 {
		return fmt.Errorf("event id %q: 1 to 128 characters are expected", m.ID)
	}
	for _, r := range []byte(m.ID) {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("event id %q: printable ASCII without spaces is expected", m.ID)
		}
	}
	if len(m.Data) > maxEventBytes {
		return fmt.Errorf("event %s: %d bytes of data; the most is %d", m.ID, len(m.Data), maxEventBytes)
	}
	return nil
}

func isToken(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for _, r := range []byte(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-':
		default:
			return false
		}
	}
	return true
}
