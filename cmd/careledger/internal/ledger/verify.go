package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// FindingsError says that a verification found something, all of which has been written.
type FindingsError struct{ Findings int }

func (e *FindingsError) Error() string {
	return report.Counted(e.Findings, "finding; it is named above", "findings; they are named above")
}

// verify checks whole logs and writes what it found. It uses nothing that was derived from them before, and writes nothing to them: what an
// interruption left undone stays so.
func (l *Local) verify(ctx context.Context, r Request, format report.Format) (*answer, error) {
	codes, err := l.verifiable(ctx, r.Authority)
	if err != nil {
		return nil, err
	}
	all, findings := make([]*projections.Verification, len(codes)), 0
	for i, code := range codes {
		if all[i], err = l.verifyLog(ctx, code, r.Progress); err != nil {
			return nil, fmt.Errorf("verify the log of %s: %w", code, err)
		}
		if all[i].Accesses, err = l.verifyAccesses(ctx, code); err != nil {
			return nil, fmt.Errorf("verify the access log of %s: %w", code, err)
		}
		findings += len(all[i].Findings) + all[i].FindingsMore + len(all[i].Accesses.Findings)
	}
	return showsNobody(all, func(w io.Writer) error {
		if err := report.Verifications(w, format, all); err != nil {
			return err
		}
		if findings > 0 {
			return &FindingsError{findings}
		}
		return nil
	})
}

// verifiable returns the authorities to verify: the one named, or all, also those whose log is lost.
func (l *Local) verifiable(ctx context.Context, named string) ([]string, error) {
	all, err := l.store.Authorities(ctx)
	if err != nil {
		return nil, err
	}
	if named == "" && len(all) > 0 {
		return all, nil
	}
	if named != "" {
		if err := domain.ParseAuthority(named); err != nil {
			return nil, &Wrong{&FieldError{"authority", err}}
		}
		if slices.Contains(all, named) {
			return []string{named}, nil
		}
	}
	return nil, &NoLedgerError{Where: l.where(), Authority: named}
}

func (l *Local) verifyLog(ctx context.Context, code string, progress ProgressFunc) (*projections.Verification, error) {
	log, err := l.store.OpenLog(ctx, code)
	if err == nil && l.config.ServerURL != "" { // others may have written since
		_, err = log.Refresh(ctx)
	}
	if damaged := (*eventstore.CorruptError)(nil); errors.As(err, &damaged) {
		return projections.Unopened(code, damaged), nil
	}
	if err != nil {
		return nil, err
	}
	request := projections.VerifyRequest{Now: time.Now(), Progress: func(doing string, done, total uint64) { progress.report(doing, int64(done), int64(total)) }}
	if l.config.Dir != "" {
		request.Facts = filepath.Join(l.config.Dir, "facts", code+".facts")
	}
	signed, damaged, err := signedHeads(log)
	if err != nil {
		return nil, err
	}
	request.Checkpoints = signed
	v, err := projections.Verify(ctx, log, request)
	if err == nil && damaged != nil {
		v.CheckpointsDamaged(damaged)
	}
	return v, err
}

// verifyAccesses checks the log of who has read what.
func (l *Local) verifyAccesses(ctx context.Context, code string) (v projections.VerifiedAccesses, err error) {
	log, err := l.accessLog(ctx, code)
	if damaged := (*eventstore.CorruptError)(nil); errors.As(err, &damaged) {
		return projections.UnopenedAccesses(damaged), nil
	}
	if err != nil || log == nil {
		return v, err
	}
	signed, damaged, err := signedHeads(log)
	if err != nil {
		return v, err
	}
	return projections.VerifyAccesses(ctx, log, signed, damaged)
}

// signedHeads returns the heads of a log that were signed, none where there is no directory for them; damaged where the checkpoints cannot be
// trusted.
func signedHeads(log *eventstore.Log) (heads []eventstore.Head, damaged *eventstore.CheckpointError, err error) {
	signed, err := log.Checkpoints()
	if err != nil && !errors.Is(err, eventstore.ErrNoProofDir) && !errors.As(err, &damaged) {
		return nil, nil, err
	}
	for _, c := range signed {
		heads = append(heads, c.Head)
	}
	return heads, damaged, nil
}
