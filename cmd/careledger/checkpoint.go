package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/eventstore"
)

func newCheckpoint(o *options) *cobra.Command {
	var out string
	var list, access bool
	var since, size uint64
	cmd := &cobra.Command{
		Use:   "checkpoint",
		Short: "The signed head of the log, for auditors to keep, compare and cosign",
		Long: `Prints the checkpoint of the log: its name, how many events it has, the root of the Merkle tree over them, and the ledger's signature
(C2SP tlog-checkpoint). It is signed now unless it was before, and only if it is proven to continue the last one. The public key that
checks it goes to standard error; hand it to the auditor once, by another way than the checkpoints.

Checkpoints are also signed when payouts are approved and when the ledger closes; those of the access log (--access) at approvals, and when a
command closes that finds a thousand accesses unsigned. File them where nobody who can write to the ledger can
write: whoever has two of them can see that nothing before the first was changed, with --since and careledger checkpoint check. With --out
the newest one filed there is compared with the ledger first, so that a log that was replaced is found.`,
		Example: `  careledger checkpoint
  careledger checkpoint --out /media/auditor/1281
  careledger checkpoint --list
  careledger checkpoint --since 1042 > proof.txt`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := report.ParseFormat(o.format)
			if err != nil {
				return &ledger.Wrong{Err: err}
			}
			r := ledger.CheckpointRequest{Action: ledger.CheckpointShow, Authority: o.authority, Access: access, Size: size, Since: since}
			switch sinceGiven := cmd.Flags().Changed("since"); {
			case list && (sinceGiven || size != 0 || out != "") || sinceGiven && out != "":
				return &ledger.Wrong{Err: errors.New("--list, --since and --out are for one at a time (--size goes with the last two)")}
			case list:
				r.Action = ledger.CheckpointList
			case sinceGiven:
				r.Action = ledger.CheckpointProve
			}
			return o.with(cmd, func(ctx context.Context, l ledger.Service, w io.Writer, _ ledger.ProgressFunc) error {
				a, err := l.Checkpoint(ctx, r)
				if err != nil {
					return err
				}
				answer, all, err := readCheckpoints(a)
				if err != nil {
					return err
				}
				if out != "" {
					if err := fileCheckpoint(ctx, l, out, a, all[0]); err != nil {
						return err
					}
				}
				if !list && format == report.Table {
					fmt.Fprintln(cmd.ErrOrStderr(), "key: "+a.VerifierKey)
				}
				return answer.Write(w, format, list)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "also file it in a `directory` elsewhere, as AUTHORITY-SIZE.checkpoint; other content there is never overwritten")
	f.BoolVar(&list, "list", false, "all that were signed, verified and compared with the log")
	f.Uint64Var(&since, "since", 0, "prove that it continues the log's head of this `size`: prints the proof with the checkpoint")
	f.Uint64Var(&size, "size", 0, "the one that was signed at this `size`, in place of the current one")
	f.BoolVar(&access, "access", false, "of the access log (careledger access), in place of the ledger's own; it has a key of its own")
	cmd.AddCommand(newCheckpointCosign(o), newCheckpointAccept(o), newCheckpointCheck(o), newCheckpointKey())
	return cmd
}

// readCheckpoints verifies what a ledger answered with the keys it answered.
func readCheckpoints(a *ledger.CheckpointAnswer) (*report.Checkpoints, []*eventstore.Checkpoint, error) {
	r := &report.Checkpoints{Authority: a.Authority, Origin: a.Origin, VerifierKey: a.VerifierKey,
		Cosigners: append([]string{}, a.Cosigners...), Checkpoints: []report.Checkpoint{}, Proof: string(a.Proof)}
	var all []*eventstore.Checkpoint
	for _, s := range a.Checkpoints {
		c, err := eventstore.VerifyCheckpoint(s.Note, a.VerifierKey, a.Cosigners...)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, c)
		r.Checkpoints = append(r.Checkpoints, report.CheckpointOf(c, s.Number))
	}
	return r, all, nil
}

func newCheckpointAccept(o *options) *cobra.Command {
	var cosigners []string
	var access bool
	cmd := &cobra.Command{
		Use:   "accept FILE|-",
		Short: "Keep an auditor's cosignature with the checkpoint",
		Long: `Takes the cosignatures on a checkpoint that this ledger signed; from now on they are handed out with it. Each is checked: the first
of an auditor needs their public key, which is remembered.`,
		Example: `  careledger checkpoint accept cosigned.checkpoint --cosigner-key audit.example.se/1+7a1b...`,
		Args:    exactly("FILE (or - for standard input)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := report.ParseFormat(o.format)
			if err != nil {
				return &ledger.Wrong{Err: err}
			}
			keys, err := cosignerKeys(cosigners)
			if err != nil {
				return err
			}
			b, err := readInput(cmd, args[0])
			if err != nil {
				return err
			}
			return o.with(cmd, func(ctx context.Context, l ledger.Service, w io.Writer, _ ledger.ProgressFunc) error {
				a, err := l.Checkpoint(ctx, ledger.CheckpointRequest{Action: ledger.CheckpointAccept, Authority: o.authority, Access: access, Note: b, Cosigners: keys})
				if err != nil {
					return err
				}
				answer, _, err := readCheckpoints(a)
				if err != nil {
					return err
				}
				return answer.Write(w, format, false)
			})
		},
	}
	cmd.Flags().BoolVar(&access, "access", false, "it is a checkpoint of the access log")
	cmd.Flags().StringArrayVar(&cosigners, "cosigner-key", nil, "public `key` of an auditor who is not known yet, or a file of it")
	return cmd
}

// offlineFlags are those of commands that check with nothing but a public key.
func offlineFlags(cmd *cobra.Command, key, proof *string) {
	cmd.Flags().StringVar(key, "log-key", "", "public `key` of the ledger's checkpoints as the auditor got it, or a file of it; required")
	cmd.Flags().StringVar(proof, "proof", "", "`file` with the proof, as careledger checkpoint --since prints it")
}

func newCheckpointCheck(o *options) *cobra.Command {
	var logKeyGiven, proofFile string
	cmd := &cobra.Command{
		Use:         "check OLD NEW",
		Annotations: map[string]string{noFormat: "it says one thing, and its exit status the same"},
		Short:       "Whether two checkpoints are of one log that only grew; needs no ledger",
		Long: `Checks the signatures of two checkpoints and whether the log of the second is the one of the first with events added. Needs the public
key, and a proof where their sizes differ, and no ledger. Exit 1 if they are not shown to be of one log: two of the same size with
different roots are a fork, signed; else the proof is of others than these two, or there is no proof because the log was replaced.`,
		Example: `  careledger checkpoint --since 1042 > proof.txt        # at the ledger
  careledger checkpoint check 1281-1042.checkpoint 1281-2100.checkpoint --proof proof.txt --log-key careledger/1281+7a1b...`,
		Args: exactly("OLD", "NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			logKey, err := requiredLogKey(logKeyGiven)
			if err != nil {
				return err
			}
			var two [2]*eventstore.Checkpoint
			for i, name := range args {
				var err error
				if two[i], err = readCheckpoint(cmd, name, logKey); err != nil {
					return err
				}
			}
			if two[0].Sequence > two[1].Sequence {
				two[0], two[1] = two[1], two[0]
			}
			if err := checkPair(cmd, two[0], two[1], proofFile); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "consistent: the log %s of %s is the one of %s with events added\n", two[1].Origin, report.Counted(two[1].Sequence, "event"),
				report.Counted(two[0].Sequence, "event"))
			return err
		},
	}
	offlineFlags(cmd, &logKeyGiven, &proofFile)
	return cmd
}

// checkPair checks two checkpoints with a proof from a file; "" where none is needed.
func checkPair(cmd *cobra.Command, earlier, later *eventstore.Checkpoint, proofFile string) error {
	var p eventstore.ConsistencyProof
	if proofFile != "" {
		b, err := readInput(cmd, proofFile)
		if err != nil {
			return err
		}
		if p, err = eventstore.ParseConsistencyProof(b); err != nil {
			return err
		}
		if p.Earlier != earlier.Sequence {
			return fmt.Errorf("the proof starts from %s, the earlier checkpoint has %d; get the right one with careledger checkpoint --since %d --size %d",
				report.Counted(p.Earlier, "event"), earlier.Sequence, earlier.Sequence, later.Sequence)
		}
	} else if earlier.Sequence != later.Sequence {
		return required("proof", fmt.Sprintf("what careledger checkpoint --since %d --size %d prints at the ledger", earlier.Sequence, later.Sequence))
	}
	return eventstore.CheckConsistency(earlier, later, p.Hashes)
}

func newCheckpointCosign(o *options) *cobra.Command {
	var keyFile, logKeyGiven, previous, proofFile string
	cmd := &cobra.Command{
		Use:         "cosign FILE|-",
		Annotations: map[string]string{noFormat: "it prints the checkpoint"},
		Short:       "As an auditor: check a checkpoint and add your signature",
		Long: `Checks the ledger's signature on a checkpoint, and that it continues the one that you cosigned before (--previous), with the proof
in --proof, or else one that is asked of the ledger. Then prints it with your cosignature (C2SP tlog-cosignature, Ed25519
cosignature/v1): that you know of no later one, and that it continues all that you have seen. Keep what it prints; it is the next --previous.`,
		Example: `  careledger checkpoint key --out auditor.key audit.example.se/1      # once
  careledger checkpoint cosign 1281-2100.checkpoint --key auditor.key --log-key careledger/1281+7a1b... --previous 1281-1042.checkpoint --proof proof.txt`,
		Args: exactly("FILE (or - for standard input)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if keyFile == "" {
				return required("key", "your key file; careledger checkpoint key makes one")
			}
			logKey, err := requiredLogKey(logKeyGiven)
			if err != nil {
				return err
			}
			key, err := eventstore.ReadKey(keyFile)
			if err != nil {
				return err
			}
			c, err := readCheckpoint(cmd, args[0], logKey)
			if err != nil {
				return err
			}
			if previous == "" {
				fmt.Fprintln(cmd.ErrOrStderr(), "note: without --previous nothing is compared: this cosignature is good as your first of this log only")
			} else if err := continues(cmd, o, previous, c, logKey, proofFile); err != nil {
				return fmt.Errorf("not cosigned: %w", err)
			}
			signed, err := eventstore.Cosign(c, logKey, key)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(signed.Note)
			return err
		},
	}
	offlineFlags(cmd, &logKeyGiven, &proofFile)
	cmd.Flags().StringVar(&keyFile, "key", "", "your key `file`; required")
	cmd.Flags().StringVar(&previous, "previous", "", "`file` with the checkpoint of this log that you cosigned before")
	return cmd
}

// continues checks that a checkpoint continues an auditor's previous one, with a proof from a file or from the ledger.
func continues(cmd *cobra.Command, o *options, previous string, c *eventstore.Checkpoint, logKey, proofFile string) error {
	before, err := readCheckpoint(cmd, previous, logKey)
	if err != nil {
		return err
	}
	if proofFile != "" || before.Sequence >= c.Sequence {
		if before.Sequence > c.Sequence {
			return eventstore.CheckConsistency(before, c, nil)
		}
		return checkPair(cmd, before, c, proofFile)
	}
	return o.with(cmd, func(ctx context.Context, l ledger.Service, _ io.Writer, _ ledger.ProgressFunc) error {
		return proveTo(ctx, l, before, c)
	})
}

// proveTo asks the ledger for a proof between two checkpoints, and checks it.
func proveTo(ctx context.Context, l ledger.Service, before, c *eventstore.Checkpoint) error {
	authority, series, ours := eventstore.ParseOrigin(c.Origin)
	if !ours {
		return fmt.Errorf("%s is not a log of careledger", c.Origin)
	}
	a, err := l.Checkpoint(ctx, ledger.CheckpointRequest{Action: ledger.CheckpointProve, Authority: authority, Access: series == eventstore.Access, Since: before.Sequence, Root: before.Root[:], Size: c.Sequence})
	if err != nil {
		return err
	}
	p, err := eventstore.ParseConsistencyProof(a.Proof)
	if err != nil {
		return err
	}
	return eventstore.CheckConsistency(before, c, p.Hashes)
}

func newCheckpointKey() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:         "key NAME --out FILE",
		Annotations: map[string]string{noFormat: "it prints the public key"},
		Short:       "As an auditor: make a key to cosign with",
		Long:        "Makes an Ed25519 key in a new file that only you can read, and prints the public key to hand out. The name is best a host and path of yours.",
		Example:     `  careledger checkpoint key audit.example.se/1 --out auditor.key`,
		Args:        exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return required("out", "the new file for the key")
			}
			key, err := eventstore.NewKey(args[0])
			if err != nil {
				return &ledger.Wrong{Err: err}
			}
			public, err := key.CosignerKey()
			if err != nil {
				return err
			}
			if err := key.Write(out); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), public)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the new `file`; required")
	return cmd
}
