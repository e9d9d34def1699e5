package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"careledger/cmd/careledger/internal/report"
	"careledger/eventstore"
)

// CheckpointAction says what is asked of the checkpoints of a log.
type CheckpointAction string

// What can be asked.
const (
	CheckpointShow   CheckpointAction = "show"   // the one of Size, or the current one, which is made if needed
	CheckpointList   CheckpointAction = "list"   // all, verified and compared with the log
	CheckpointProve  CheckpointAction = "prove"  // show, and that it continues the head of Since events
	CheckpointAccept CheckpointAction = "accept" // take the cosignatures on Note
)

// CheckpointRequest is a command on checkpoints with everything it needs, so that it can be put to another process.
type CheckpointRequest struct {
	Action    CheckpointAction `json:"action"`
	Authority string           `json:"authority,omitempty"`
	Access    bool             `json:"access,omitzero"` // of the access log, in place of the ledger's own
	Size      uint64           `json:"size,omitzero"`
	Since     uint64           `json:"since,omitzero"`     // prove
	Root      []byte           `json:"root,omitempty"`     // prove: the root of the head of Since events, if it is known
	Note      []byte           `json:"note,omitempty"`     // accept
	Cosigners []string         `json:"cosigners,omitzero"` // accept: verifier keys that may not be known yet
}

// CheckpointAnswer is what there is.
type CheckpointAnswer struct {
	Authority   string             `json:"authority"`
	Origin      string             `json:"origin"` // of the log
	VerifierKey string             `json:"verifier_key"`
	Cosigners   []string           `json:"cosigners,omitempty"` // verifier keys
	Checkpoints []CheckpointStored `json:"checkpoints"`         // oldest first; one unless they are listed
	Proof       []byte             `json:"proof,omitempty"`     // prove: eventstore.ConsistencyProof as text
}

// CheckpointStored is a checkpoint, with its cosignatures.
type CheckpointStored struct {
	Number uint64 `json:"number,omitzero"` // in the list
	Note   []byte `json:"note"`
}

// Checkpoint answers what is asked of the checkpoints of a log.
func (l *Local) Checkpoint(ctx context.Context, r CheckpointRequest) (answer *CheckpointAnswer, err error) {
	defer l.acted(true, commandCheckpoint, time.Now(), &err)
	o, err := l.answering(ctx, r.Authority)
	if err != nil {
		return nil, err
	}
	log := o.log
	a := &CheckpointAnswer{Authority: log.Authority(), Origin: eventstore.Origin(log.Authority())}
	if r.Access {
		if log, err = l.accessLog(ctx, a.Authority); err == nil && log == nil {
			err = fmt.Errorf("authority %s: nobody has been shown a case or patient yet, so there is no access log", a.Authority)
		}
		if err != nil {
			return nil, err
		}
		a.Origin = eventstore.AccessOrigin(a.Authority)
	}
	if a.VerifierKey, err = log.VerifierKey(ctx); err != nil {
		return nil, noProofDir(err)
	}
	var found []*eventstore.Checkpoint
	switch r.Action {
	case CheckpointList:
		found, err = log.CheckCheckpoints()
	case CheckpointShow, CheckpointProve:
		var c *eventstore.Checkpoint
		if c, err = checkpointOf(ctx, log, r.Size); err == nil && r.Action == CheckpointProve {
			a.Proof, err = prove(log, r, c)
		}
		found = append(found, c)
	case CheckpointAccept:
		var c *eventstore.Checkpoint
		c, err = log.AcceptCosignatures(ctx, r.Note, r.Cosigners...)
		found = append(found, c)
	default:
		return nil, &Wrong{fmt.Errorf("%q is not asked of checkpoints; use show, list, prove or accept", r.Action)}
	}
	if err != nil {
		return nil, err
	}
	for i, c := range found {
		s := CheckpointStored{Note: c.Note}
		if r.Action == CheckpointList {
			s.Number = uint64(i + 1)
		}
		a.Checkpoints = append(a.Checkpoints, s)
	}
	a.Cosigners, err = log.Cosigners()
	return a, err
}

// checkpointOf returns the checkpoint of a size, the current one for 0.
func checkpointOf(ctx context.Context, log *eventstore.Log, size uint64) (*eventstore.Checkpoint, error) {
	if size == 0 {
		return log.Checkpoint(ctx)
	}
	all, err := log.Checkpoints()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(c *eventstore.Checkpoint) bool { return c.Sequence == size })
	if i < 0 {
		return nil, fmt.Errorf("authority %s: no checkpoint of %s was signed; careledger checkpoint --list shows them", log.Authority(), report.Counted(size, "event"))
	}
	return all[i], nil
}

func prove(log *eventstore.Log, r CheckpointRequest, c *eventstore.Checkpoint) ([]byte, error) {
	earlier := eventstore.Head{Sequence: r.Since}
	if copy(earlier.Root[:], r.Root) != len(r.Root) || len(r.Root) != 0 && len(r.Root) != len(earlier.Root) {
		return nil, &Wrong{errors.New("a root is 32 bytes")}
	}
	if r.Since == 0 || r.Since > c.Sequence {
		err := fmt.Errorf("--since %d: the checkpoint is of %s; give a size from 1 to that", r.Since, report.Counted(c.Sequence, "event"))
		if r.Since == 0 { // of any log
			err = &Wrong{err}
		}
		return nil, err
	}
	p, err := log.ProveConsistency(earlier, c)
	return p.Marshal(), err
}

// noProofDir says what to do where there is no data directory.
func noProofDir(err error) error {
	if errors.Is(err, eventstore.ErrNoProofDir) {
		return &Wrong{fmt.Errorf("%w: with --server, name it with --proofs DIR, the same for everybody who writes to this server's logs", err)}
	}
	return err
}

// signApprovals signs a checkpoint that covers what a command approved, which is on the log by now, and one of what has been read. Where there is no directory for
// checkpoints there are none.
func (l *Local) signApprovals(ctx context.Context, authority string) error {
	if l.config.ProofDir == "" && l.config.Dir == "" {
		return nil
	}
	o, err := l.answering(ctx, authority)
	if err == nil {
		_, err = o.log.Checkpoint(ctx)
	}
	if err == nil {
		err = l.signAccesses(ctx, o.log.Authority())
	}
	if err != nil {
		return fmt.Errorf("the approvals stand, but no checkpoint was signed: %w", err)
	}
	return nil
}

// signAccesses signs the head of an authority's access log, if there is one.
func (l *Local) signAccesses(ctx context.Context, authority string) error {
	log, err := l.accessLog(ctx, authority)
	if err == nil && log != nil && log.Head().Sequence > 0 {
		_, err = log.Checkpoint(ctx)
	}
	return err
}
