package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/eventstore"
	"careledger/projections/bundle"
)

func newAudit(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Prove a payout to somebody who has no access to the ledger",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuditBundle(o), newAuditVerify(o))
	return cmd
}

func newAuditBundle(o *options) *cobra.Command {
	var out string
	var redact, force, schema bool
	cmd := &cobra.Command{
		Use:   "bundle PAYOUT -o FILE",
		Short: "One file with a payout and all that proves it",
		Long: `Writes a payout, the events that it rests on with the proof that each stands on the log, the policies, its derivation, and the signed
checkpoint with cosignatures and public keys into one text file. It is verified before it is handed out, and careledger audit verify checks it on
a machine that has never seen the ledger. Hand the fingerprint of the key over by another way.

The events are those of every case, patient and grant behind a posting of the payout, of the providers and policies, and the payouts that
had settled what an adjustment adds to. They hold pseudonyms, and what was written about a case: decisions, goals, follow-ups, visits. With --redact
events are left out that the amounts do not need: needs, sub-goals, premiums, visits of other months, goals where none is paid for. An event is
never cut: it is proven by all of its bytes. What is left out can then not be looked at, only that the amounts come out without it.`,
		Example: `  careledger audit bundle 2016-01-lund-hemvard -o 2016-01-lund-hemvard.bundle --purpose "complaint 2026-114"
  careledger audit bundle 2016-01-lund-hemvard -o redacted.bundle --redact --purpose "complaint 2026-114"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if schema {
				return exactly()(cmd, args)
			}
			return exactly("PAYOUT (careledger payout list shows the payouts)")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if schema {
				_, err := io.WriteString(cmd.OutOrStdout(), report.BundleSchema)
				return err
			}
			if out == "" {
				return required("output", "the file to write, or - for standard output")
			}
			if f, ok := cmd.OutOrStdout().(*os.File); out == "-" && ok && term.IsTerminal(int(f.Fd())) {
				return &ledger.Wrong{Err: errors.New("a bundle is not for people to read on a terminal; write it to a file with -o FILE")}
			}
			r := o.request(cmd, ledger.QuestionBundle)
			r.Payout, r.Redact = args[0], redact
			return o.with(cmd, func(ctx context.Context, l ledger.Service, w io.Writer, progress ledger.ProgressFunc) error {
				r.Progress = progress
				if out == "-" {
					return l.Ask(ctx, r, w)
				}
				var file bytes.Buffer
				if err := l.Ask(ctx, r, &file); err != nil {
					return err
				}
				if err := putBundle(out, file.Bytes(), force); err != nil {
					return err
				}
				b, _ := bundle.Parse(file.Bytes()) // it has been verified where it was made
				return report.BundleMade(w, out, b, file.Len())
			})
		},
	}
	o.reader(cmd)
	f := cmd.Flags()
	f.StringVarP(&out, "output", "o", "", "the `file` to write; - for standard output; required")
	f.BoolVar(&redact, "redact", false, "leave out the events that the amounts do not need")
	f.BoolVar(&force, "force", false, "replace a file that is there with other content")
	f.BoolVar(&schema, "schema", false, "print the JSON Schema of a line of the file")
	return cmd
}

// putBundle writes the file, whole or not at all.
func putBundle(path string, file []byte, force bool) error {
	there, err := sameFile(path, file)
	if there || err != nil && (!force || !errors.Is(err, errOther)) {
		return err
	}
	aside, err := writeAside(path, file)
	if err != nil {
		return err
	}
	files := asides{{aside, path}}
	defer files.discard()
	return files.keep()
}

func newAuditVerify(o *options) *cobra.Command {
	var key, checkpoint, proof string
	var cosigners []string
	cmd := &cobra.Command{
		Use:   "verify FILE|-",
		Short: "Check a bundle; needs no ledger",
		Long: `Checks a file that careledger audit bundle wrote, with nothing but this program: the signature of the checkpoint, the proof of each event, that
the events are ones that the ledger takes, the payout's steps and its four eyes; folds the events, computes the payout under the model
documents among them with the plain evaluator, and compares each line and the total to the öre, and the digest of the postings; derives it
again and compares the derivation. Every finding is named with its line and event, and the exit status is then 1; no figure is given.

Without --key the public key is the one that the bundle brought: then compare its fingerprint with what the ledger's owner told by another way.
With --checkpoint the log is compared with one that you kept: of the same size, or with --proof, what careledger checkpoint --since prints.`,
		Example: `  careledger audit verify 2016-01-lund-hemvard.bundle --key careledger/1281+7a1b...
  careledger audit verify 2016-01-lund-hemvard.bundle --key lund.key --checkpoint 1281-2843.checkpoint`,
		Args: exactly("FILE (or - for standard input)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := report.ParseFormat(o.format)
			if err != nil {
				return &ledger.Wrong{Err: err}
			}
			x := bundle.Expected{Now: time.Now()}
			if key != "" {
				if x.Key, err = publicKey("key", key, verifierKeyOrFingerprint); err != nil {
					return err
				}
			}
			if x.Cosigners, err = cosignerKeys(cosigners); err != nil {
				return err
			}
			if proof != "" && checkpoint == "" {
				return required("checkpoint", "the one that --proof starts from or leads to")
			}
			if checkpoint != "" {
				x.Continues = keptCheckpoint(cmd, checkpoint, proof)
			}
			file, err := readInput(cmd, args[0])
			if err != nil {
				return err
			}
			v, err := bundle.Verify(cmd.Context(), file, x)
			if err != nil {
				return err
			}
			if err := report.BundleVerified(cmd.OutOrStdout(), format, args[0], v); err != nil {
				return err
			}
			if n := len(v.Findings); n > 0 {
				return &ledger.FindingsError{Findings: n}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&key, "key", "", "the ledger's public `key` or its fingerprint as you got it by another way, or a file of it")
	f.StringArrayVar(&cosigners, "cosigner-key", nil, "public `key` of an auditor whose cosignature it must have, or a file of it")
	f.StringVar(&checkpoint, "checkpoint", "", "`file` with a checkpoint of the log that you kept, to compare")
	f.StringVar(&proof, "proof", "", "`file` with the proof between the two, where their sizes differ")
	return cmd
}

// keptCheckpoint compares a bundle's checkpoint with one from a file.
func keptCheckpoint(cmd *cobra.Command, file, proof string) func(*eventstore.Checkpoint, string) (string, error) {
	return func(c *eventstore.Checkpoint, key string) (string, error) {
		kept, err := readCheckpoint(cmd, file, key)
		if err != nil {
			return "", err
		}
		earlier, later := kept, c
		if earlier.Sequence > later.Sequence {
			earlier, later = later, earlier
		}
		if err := checkPair(cmd, earlier, later, proof); err != nil {
			return "", err
		}
		return fmt.Sprintf("%s: one log, of %s there", file, report.Counted(kept.Sequence, "event")), nil
	}
}
