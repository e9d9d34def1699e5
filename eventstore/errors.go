package eventstore

import (
	"encoding/base64"
	"errors"
	"fmt"
)

// Errors to test for with errors.Is.
var (
	// ErrNoLog: the authority has no log here. Create it with [Store.CreateLog].
	ErrNoLog = errors.New("no log for this authority")
	// ErrNoFeed: the authority has no feed here. A serving ledger makes it ([Store.CreateFeed]).
	ErrNoFeed = errors.New("no feed for this authority")
	// ErrConflict: somebody else's events stand where the commit was to stand. Refresh, decide again, submit again.
	ErrConflict = errors.New("the log moved on since the decision was made")
	// ErrNeedsRefresh: an earlier commit failed, so the position every later one was predicted on does not hold. Call
	// [Log.Refresh], decide again on what it found, submit again.
	ErrNeedsRefresh = errors.New("an earlier commit failed: refresh and decide again")
	// ErrUnknownOutcome: the server did not say, and reading back did not tell, whether the commit is on the log.
	// It may still appear. Call [Log.Refresh] and look for the commit's event ids before deciding again.
	ErrUnknownOutcome = errors.New("unknown whether the commit is on the log")
	// ErrDiskFull: too little space is left to append safely; nothing was written.
	ErrDiskFull = errors.New("too little disk space left")
	// ErrCorrupt matches every *[CorruptError].
	ErrCorrupt = errors.New("log is damaged")
	// ErrLocked matches every *[LockedError].
	ErrLocked = errors.New("data directory is in use")
	// ErrClosed: the log or store has been closed.
	ErrClosed = errors.New("log is closed")
	// ErrNoProofDir: neither Config.Dir nor Config.ProofDir says where the signing key and the checkpoints are kept.
	ErrNoProofDir = errors.New("no directory for the signing key and the checkpoints")
	// ErrEmptyLog: there is no event to sign for.
	ErrEmptyLog = errors.New("the log has no events yet, so there is nothing to sign")
	// ErrCheckpoint matches every *[CheckpointError].
	ErrCheckpoint = errors.New("checkpoint is not in order")
	// ErrInconsistent matches every *[InconsistentError].
	ErrInconsistent = errors.New("not one log")
)

// PositionError says that a commit named another position than the next one. Nothing was written or queued, and the log
// goes on accepting commits. It matches [ErrConflict]: the cure is the same.
type PositionError struct {
	Authority string
	First     uint64 // what the commit named
	Next      uint64 // what was expected
}

func (e *PositionError) Error() string {
	return fmt.Sprintf("log %s: commit for sequence %d, but the next sequence is %d: fold the events in between and decide again",
		e.Authority, e.First, e.Next)
}

// Is reports a match with [ErrConflict].
func (e *PositionError) Is(target error) bool { return target == ErrConflict }

// AppendError says that a commit failed, and why. Unless it wraps [ErrUnknownOutcome], nothing of the commit is on the
// log. Until [Log.Refresh] the log refuses further commits.
type AppendError struct {
	Authority string
	First     uint64 // where the commit was to stand
	Cause     error
}

func (e *AppendError) Error() string {
	return fmt.Sprintf("log %s: commit at sequence %d: %v", e.Authority, e.First, e.Cause)
}

func (e *AppendError) Unwrap() error { return e.Cause }

// CorruptError says that the log is not what was acknowledged. Nothing was changed by finding out.
type CorruptError struct {
	Authority string
	Sequence  uint64 // the first bad sequence; 0 if it cannot be told
	Reason    string
}

func (e *CorruptError) Error() string {
	where := fmt.Sprintf("at sequence %d", e.Sequence)
	if e.Sequence == 0 {
		where = "at a sequence that cannot be told"
	}
	return fmt.Sprintf("log %s is damaged %s: %s. Nothing was changed; restore the data directory from a backup or the log from a replica",
		e.Authority, where, e.Reason)
}

// Is reports a match with [ErrCorrupt].
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

// LockedError says which process has the data directory open.
type LockedError struct {
	Dir   string
	PID   int    // 0 if it cannot be told
	Doing string // what that process said it does; may be empty
}

func (e *LockedError) Error() string {
	who := "another careledger"
	if e.PID != 0 {
		who = fmt.Sprintf("another careledger (pid %d", e.PID)
		if e.Doing != "" {
			who += ", " + e.Doing
		}
		who += ")"
	}
	return fmt.Sprintf("%s has the data directory %s open; wait for it to end, stop it, or use another directory", who, e.Dir)
}

// Is reports a match with [ErrLocked].
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// CheckpointError says that a checkpoint, or a key or file that belongs to it, is not what it should be.
type CheckpointError struct {
	Where  string // a file, or what was handed in
	Reason string
}

func (e *CheckpointError) Error() string { return e.Where + ": " + e.Reason }

// Is reports a match with [ErrCheckpoint].
func (e *CheckpointError) Is(target error) bool { return target == ErrCheckpoint }

// InconsistentError says that two heads are not shown to be of one log that only grew. Nothing was signed.
type InconsistentError struct {
	Origin         string
	Earlier, Later Head
	Reason         string
}

func (e *InconsistentError) Error() string {
	return fmt.Sprintf("log %s: %d events with root %s, and %d events with root %s, are not shown to be one log: %s",
		e.Origin, e.Earlier.Sequence, base64.StdEncoding.EncodeToString(e.Earlier.Root[:]),
		e.Later.Sequence, base64.StdEncoding.EncodeToString(e.Later.Root[:]), e.Reason)
}

// Is reports a match with [ErrInconsistent].
func (e *InconsistentError) Is(target error) bool { return target == ErrInconsistent }
