package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/eventstore"
)

const checkpointSuffix = ".checkpoint"

// readInput reads a file, or standard input for -. Notes and proofs are small.
func readInput(cmd *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return os.ReadFile(name)
}

func readCheckpoint(cmd *cobra.Command, name, logKey string) (*eventstore.Checkpoint, error) {
	b, err := readInput(cmd, name)
	if err != nil {
		return nil, err
	}
	c, err := eventstore.VerifyCheckpoint(b, logKey)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// fileCheckpoint files a checkpoint in a directory elsewhere, after comparing the newest one that is filed there with the ledger: that
// is the one memory which whoever replaced the ledger could not replace.
func fileCheckpoint(ctx context.Context, l ledger.Service, dir string, a *ledger.CheckpointAnswer, c *eventstore.Checkpoint) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := a.Authority // 1281-1042, and of the access log 1281-access-17
	if a.Origin == eventstore.AccessOrigin(a.Authority) {
		name += "-access"
	}
	sizes, err := filedSizes(dir, name)
	if err != nil {
		return err
	}
	path := func(size uint64) string {
		return filepath.Join(dir, name+"-"+strconv.FormatUint(size, 10)+checkpointSuffix)
	}
	if len(sizes) > 0 {
		newest := path(sizes[len(sizes)-1])
		if err := compareFiled(ctx, l, newest, a, c); err != nil {
			return fmt.Errorf("not filed: %s, which is filed there: %w", newest, err)
		}
	}
	return keepFiled(path(c.Sequence), a, c)
}

// filedSizes are the sizes of the checkpoints of a log filed in a directory under a name, ascending.
func filedSizes(dir, name string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var sizes []uint64
	for _, e := range entries {
		text, is := strings.CutSuffix(e.Name(), checkpointSuffix)
		text, ours := strings.CutPrefix(text, name+"-")
		if size, err := strconv.ParseUint(text, 10, 63); is && ours && err == nil {
			sizes = append(sizes, size)
		}
	}
	slices.Sort(sizes)
	return sizes, nil
}

// compareFiled refuses where the newest one filed and the ledger's are not of one log. An older one than the newest may be filed later.
func compareFiled(ctx context.Context, l ledger.Service, newest string, a *ledger.CheckpointAnswer, c *eventstore.Checkpoint) error {
	b, err := os.ReadFile(newest)
	if err != nil {
		return err
	}
	filed, err := eventstore.VerifyCheckpoint(b, a.VerifierKey, a.Cosigners...)
	switch {
	case err != nil:
		return err
	case filed.Sequence == c.Sequence:
		return eventstore.CheckConsistency(filed, c, nil)
	case filed.Sequence < c.Sequence:
		return proveTo(ctx, l, filed, c)
	}
	if err := proveTo(ctx, l, c, filed); err != nil { // the ledger has signed that one too, or it is not the one it was
		return fmt.Errorf("it is of %s, which the ledger cannot be shown to have had: it was replaced by another or by an older copy (%w)", report.Counted(filed.Sequence, "event"), err)
	}
	return nil
}

// keepFiled writes the file. One of the same head is replaced only by one that has all of its cosignatures, and more.
func keepFiled(path string, a *ledger.CheckpointAnswer, c *eventstore.Checkpoint) error {
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case bytes.Equal(b, c.Note):
		return nil
	default:
		there, err := eventstore.VerifyCheckpoint(b, a.VerifierKey, a.Cosigners...)
		if err == nil {
			err = eventstore.CheckConsistency(there, c, nil)
		}
		if err != nil {
			return fmt.Errorf("%s is there with other content, and was kept: %w", path, err)
		}
		for _, s := range there.Cosignatures {
			if !slices.Contains(c.Cosignatures, s) {
				return nil // it has what this one lacks
			}
		}
		if len(there.Unknown) > 0 {
			return nil
		}
	}
	aside, err := writeAside(path, c.Note)
	if err != nil {
		return err
	}
	files := asides{{aside, path}}
	if err := files.keep(); err != nil {
		files.discard()
		return err
	}
	return nil
}
