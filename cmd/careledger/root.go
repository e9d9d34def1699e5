package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/eventstore"
)

// options are the flags that every command on a ledger has.
type options struct {
	dir, proofs, server, token, authority, format string

	asOf         string
	asOfSequence uint64
	from, to, by string

	provider, unit string // of which alone to answer

	actor, purpose string // of who reads
}

func newRoot() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "careledger",
		Short: "An event-sourced ledger for care decisions and payouts",
		Long: `careledger keeps every care decision, goal, follow-up and premium as an immutable event, derives what
providers are paid under the policies that boards have adopted, and replays the same history under others.

Try it:      careledger demo
Your own:    careledger import records.ndjson    then    careledger compensation`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if because, has := cmd.Annotations[noFormat]; has && cmd.Flags().Changed("format") {
			return &ledger.Wrong{Err: fmt.Errorf("--format is not for %s: %s", cmd.CommandPath(), because)}
		}
		return nil
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &ledger.Wrong{Err: fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	o.where(root)
	root.AddCommand(newDemo(), newGenerate(), newImport(o), newPolicy(o), newCompensation(o), newFulfilment(o), newReplay(o), newTrail(o), newDecision(o), newPayout(o), newWhy(o),
		newRecipients(o), newActivities(o), newInvoiceBasis(o), newExport(o), newCheckpoint(o), newAccess(o), newAudit(o), newVerify(o), newBI(o), newServe(o))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() { // cobra's own, which take any word for a topic or a shell
		switch cmd.Name() {
		case "help":
			cmd.Args = aCommand
		case "completion":
			cmd.Args, cmd.RunE = noArguments, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
	return root
}

// noFormat annotates a command that answers in one format, which it says there.
const noFormat = "no-format"

// where adds the flags of every command: which ledger, which authority, and how to answer.
func (o *options) where(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&o.dir, "data", "careledger-data", "data `directory` of the ledger")
	f.StringVar(&o.proofs, "proofs", "", "with --server: `directory` of the signing keys and checkpoints, one that all who write to the server share")
	f.StringVar(&o.server, "server", "", "NATS server or cluster that holds the logs, in place of the data directory (`URL`)")
	f.StringVar(&o.token, "token", os.Getenv("CARELEDGER_TOKEN"), "what to present to --server; by default the variable CARELEDGER_TOKEN")
	f.Lookup("token").DefValue = ""
	f.StringVar(&o.authority, "authority", "", "`code` of the authority; not needed where the ledger holds one")
	f.StringVar(&o.format, "format", "table", "how to answer: table, json or csv")
	complete(root, "format", "table", "json", "csv")
}

// which adds the flags of a question at one moment.
func (o *options) which(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.asOf, "as-of", "", "answer as known at a `time`: 2017-01-05T08:00:00Z, or 2017-01-05 for the end of that day")
	f.Uint64Var(&o.asOfSequence, "as-of-sequence", 0, "answer as known at an event `number` of the log; with --as-of: as known then, of what stood there")
}

// period adds the flags of a question about months.
func (o *options) period(cmd *cobra.Command, fields ...string) {
	o.which(cmd)
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "first `month`, 2015-01; by default the first with a fact")
	f.StringVar(&o.to, "to", "", "last `month`, 2016-12; by default that of the as-of")
	f.StringVar(&o.by, "by", "", "`fields` to group rows by, separated by commas: "+strings.Join(fields, ", "))
	complete(cmd, "by", fields...)
}

// parties adds the flags of a question that can be about one provider or unit alone.
func (o *options) parties(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.provider, "provider", "", "answer for this provider alone (`id`)")
	f.StringVar(&o.unit, "unit", "", "answer for this unit alone (`id`)")
}

func complete(cmd *cobra.Command, flag string, words ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil { // the flag was added above: a mistake in this program
		panic(err)
	}
}

// request returns the question's common part.
func (o *options) request(cmd *cobra.Command, question string) ledger.Request {
	r := ledger.Request{Question: question, Authority: o.authority, AsOf: o.asOf, From: o.from, To: o.to, By: o.by, Provider: o.provider, Unit: o.unit, Format: o.format, Reader: o.readBy()}
	if cmd.Flags().Changed("as-of-sequence") {
		r.AsOfSequence = &o.asOfSequence
	}
	return r
}

// lockPatience is how long a command waits for another one on the same directory before it says so.
const lockPatience = 5 * time.Second

// open returns the careledger that serves the directory, or opens the ledger in this process. Another command on the same
// directory is waited for a little.
func (o *options) open(ctx context.Context, doing string, progress ledger.ProgressFunc) (ledger.Service, error) {
	if o.proofs != "" && o.server == "" { // another directory tomorrow would be another key
		return nil, &ledger.Wrong{Err: errProofsWithoutServer}
	}
	return patiently(ctx, func() (ledger.Service, error) {
		if o.server == "" {
			client, err := ledger.Find(o.dir)
			if err != nil {
				return nil, err
			}
			if client != nil {
				return client, nil
			}
		}
		return ledger.Open(ctx, o.config(doing, progress))
	})
}

// patiently opens a ledger, and waits a little for another command that has the directory.
func patiently[S ledger.Service](ctx context.Context, open func() (S, error)) (S, error) {
	for deadline := time.Now().Add(lockPatience); ; {
		l, err := open()
		if err == nil || !errors.Is(err, eventstore.ErrLocked) || time.Now().After(deadline) || !pause(ctx, 100*time.Millisecond) {
			return l, err
		}
	}
}

var errProofsWithoutServer = errors.New("--proofs goes with --server; a data directory keeps its keys and checkpoints itself")

func (o *options) config(doing string, progress ledger.ProgressFunc) ledger.Config {
	c := ledger.Config{Dir: o.dir, ProofDir: o.proofs, ServerURL: o.server, Token: o.token, Doing: doing, Progress: progress}
	if o.server != "" {
		c.Dir = ""
	}
	return c
}

// ask opens the ledger, puts a question to it and prints the answer.
func (o *options) ask(cmd *cobra.Command, r ledger.Request) error {
	return o.with(cmd, func(ctx context.Context, l ledger.Service, w io.Writer, progress ledger.ProgressFunc) error {
		r.Progress = progress
		return l.Ask(ctx, r, w)
	})
}

// with opens a ledger that is there, and prints what do writes.
func (o *options) with(cmd *cobra.Command, do func(ctx context.Context, l ledger.Service, w io.Writer, progress ledger.ProgressFunc) error) (err error) {
	if o.server == "" {
		if _, err := os.Stat(filepath.Join(o.dir, "jetstream")); err != nil { // asking makes nothing
			return &ledger.NoLedgerError{Where: "the data directory " + o.dir}
		}
	}
	p := newProgress()
	defer p.done()
	l, err := o.open(cmd.Context(), cmd.Name(), p.show)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return do(cmd.Context(), l, &answer{w: cmd.OutOrStdout(), first: p.done}, p.show)
}

// noArguments and exactly are cobra's argument checks, as wrong usage.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &ledger.Wrong{Err: fmt.Errorf("%q is not a command of %s; see %s --help", args[0], cmd.CommandPath(), cmd.CommandPath())}
	}
	return nil
}

// aCommand takes the words of a command, or none.
func aCommand(cmd *cobra.Command, words []string) error {
	found, rest, err := cmd.Root().Find(words)
	if err == nil && len(rest) > 0 {
		err = noArguments(found, rest)
	}
	return err
}

func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			takes := "nothing but flags"
			if len(names) > 0 {
				takes = strings.Join(names, " and ")
			}
			return &ledger.Wrong{Err: fmt.Errorf("%s takes %s; see %s --help", cmd.CommandPath(), takes, cmd.CommandPath())}
		}
		return nil
	}
}
