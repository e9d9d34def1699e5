package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/feed"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
)

func newBI(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bi",
		Short: "Programs that follow the BI feed: add, list, lag, remove; and the schema of what they read",
		Long: `careledger serve publishes what an authority's ledger comes to on a stream of its own, BI_{authority}: postings, premiums, payouts, fulfilment and
decisions, row by row, with corrections, and without any case or patient. Programs follow it with any NATS client through one durable consumer: all
that there was, and then what comes.

Each gets a user of its own here, which can take and acknowledge its messages and do nothing else: no other authority's feed, no other program's
position, not the ledger, and no publishing. What is added or removed holds at once, also in a careledger that serves.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBIAdd(o), newBIList(o), newBILag(o), newBIRemove(o), newBISchema())
	return cmd
}

func newBIAdd(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "add NAME",
		Short: "Let a program follow the feed of an authority; prints its password this once",
		Long: `Makes a user and a durable consumer, both with this name, and prints the password, which is 256 random bits and kept as a hash: nobody can show it
again. Who has lost it is removed and added again, and begins with the whole feed.

With --server the consumer is made there, and the users are the operator's: the accounts that such a user needs are printed for nats-server.conf.`,
		Example: `  careledger bi add economics --authority 1281
  careledger bi add economics --authority 1281 --format json > economics.json    # for the program; keep it from others`,
		Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.subscribers(cmd, ledger.SubscriberRequest{Action: ledger.SubscriberAdd, Name: args[0]}, func(w io.Writer, format report.Format, a *ledger.SubscriberAnswer) error {
				return report.SubscriberAdded(w, format, args[0], a.Authority, a.Password, a.URL)
			})
		},
	}
}

func newBIList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "Who follows which feed, since when, and where they are",
		Example: `  careledger bi list`,
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.subscribers(cmd, ledger.SubscriberRequest{Action: ledger.SubscriberList}, func(w io.Writer, format report.Format, a *ledger.SubscriberAnswer) error {
				return report.Subscribers(w, format, a.Subscribers)
			})
		},
	}
}

func newBILag(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "lag",
		Short: "How far each feed is behind its ledger, and each program behind its feed",
		Long: `A feed is behind while no careledger serves the ledger, and catches up when one does. A program is behind by the messages that it has not
acknowledged. Neither holds up the ledger.`,
		Example: `  careledger bi lag`,
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.subscribers(cmd, ledger.SubscriberRequest{Action: ledger.SubscriberLag}, func(w io.Writer, format report.Format, a *ledger.SubscriberAnswer) error {
				return report.FeedLag(w, format, feeds(a.Feeds), a.Subscribers)
			})
		},
	}
}

func feeds(all []ledger.FeedStanding) []report.Feed {
	out := make([]report.Feed, len(all))
	for i, f := range all {
		out[i] = report.Feed(f)
	}
	return out
}

func newBIRemove(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Short:   "Cut a program off at once and forget where it was",
		Long:    "Cut a program off at once and forget where it was. One whose file in the data directory is damaged, which is let in no more, is removed in the same way.",
		Example: `  careledger bi remove economics`,
		Args:    exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.subscribers(cmd, ledger.SubscriberRequest{Action: ledger.SubscriberRemove, Name: args[0]}, func(w io.Writer, format report.Format, _ *ledger.SubscriberAnswer) error {
				return report.SubscriberRemoved(w, format, args[0], o.server != "")
			})
		},
	}
}

// subscribers has the ledger carry out a command on the subscribers of the feed, and writes what it answers.
func (o *options) subscribers(cmd *cobra.Command, r ledger.SubscriberRequest, write func(w io.Writer, format report.Format, a *ledger.SubscriberAnswer) error) error {
	format, err := report.ParseFormat(o.format)
	if err != nil {
		return &ledger.Wrong{Err: err}
	}
	r.Authority = o.authority
	return o.with(cmd, func(ctx context.Context, l ledger.Service, w io.Writer, _ ledger.ProgressFunc) error {
		a, err := l.Subscribers(ctx, r)
		if err != nil {
			return err
		}
		return write(w, format, a)
	})
}

func newBISchema() *cobra.Command {
	var asyncAPI bool
	cmd := &cobra.Command{
		Use:         "schema [KIND]",
		Annotations: map[string]string{noFormat: "it prints a document in JSON"},
		Short:       "What the messages of the feed hold, as JSON Schema or AsyncAPI",
		Long: `Prints the JSON Schema (2020-12) of the messages of a kind (posting, premium, payout, fulfilment, decision, position), without a kind one of all messages; with
--asyncapi the AsyncAPI 3.0 document of the whole feed. Fields may be added; one that changes its meaning or goes makes a new version of the kind.`,
		Example: `  careledger bi schema posting
  careledger bi schema --asyncapi > careledger.asyncapi.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || asyncAPI && len(args) > 0 {
				return &ledger.Wrong{Err: errors.New("careledger bi schema takes one KIND, or none, or --asyncapi")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			write := feed.Schemas
			switch {
			case asyncAPI:
				write = feed.AsyncAPI
			case len(args) == 1:
				kind := feed.Kind(args[0])
				if !slices.Contains(feed.Kinds(), kind) {
					return &ledger.Wrong{Err: fmt.Errorf("%q is not a kind of message; they are %v", kind, feed.Kinds())}
				}
				write = func() ([]byte, error) { return feed.Schema(kind) }
			}
			b, err := write()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(b)
			return err
		},
	}
	cmd.Flags().BoolVar(&asyncAPI, "asyncapi", false, "the AsyncAPI 3.0 document of the feed")
	return cmd
}
