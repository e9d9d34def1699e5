package main

import (
	"io"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
)

func newWhy(o *options) *cobra.Command {
	schema, event, language := false, "", ""
	cmd := &cobra.Command{
		Use:   "why PAYOUT[/LINE[/POSTING]] | --event ID",
		Short: "Why a payout, a line or a posting is what it is, down to the events",
		Long: `Derives an amount from the events that it rests on, as known when the payout was calculated: the payout and its steps, its lines, the
postings that each sums, the component and the board's decision behind it, the operation with its rate and rounding, and the events with
who, when and leaf hash. Events of the same case, provider and policy that are no part of it are named with the reason; of performed time, those of
the month. So are the components that were considered and gave nothing, with the values they saw, the corrections behind it with before and
after, and where a cap's sum stood; of a whole payout, what gave nothing to it and the cases that it pays nothing for.

Every amount is computed again on the way, and the derivation is refused where it does not come out. A table, and a page to print (--format html), show
some postings of a line and say how many there are; JSON has them all, as its schema (--schema) describes.

With --event it goes the other way: which lines of which payouts an event ever touched, and how.`,
		Example: `  careledger why 2016-03-lund-hemvard --purpose "complaint 2026-114"
  export CARELEDGER_PURPOSE="complaint 2026-114"     # for all that follows
  careledger why 2016-03-lund-hemvard/2
  careledger why 2016-03-lund-hemvard/2/1 --format json
  careledger why 2016-03-lund-hemvard --format html --lang en
  careledger why --event l003.17`,
		Args: func(cmd *cobra.Command, args []string) error {
			if schema || event != "" {
				return exactly()(cmd, args)
			}
			return exactly("PAYOUT, PAYOUT/LINE or PAYOUT/LINE/POSTING (careledger payout list shows the payouts)")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if schema {
				_, err := io.WriteString(cmd.OutOrStdout(), report.WhySchema)
				return err
			}
			r := o.request(cmd, ledger.QuestionWhy)
			r.Lang = language
			if r.Event = event; event == "" {
				r.Payout = args[0]
			}
			return o.ask(cmd, r)
		},
	}
	o.which(cmd)
	o.reader(cmd)
	cmd.Flags().StringVar(&event, "event", "", "what this event (`id`) touched, in place of a payout")
	cmd.Flags().StringVar(&language, "lang", "sv", "with --format html: `language` of the page, sv or en")
	complete(cmd, "lang", "sv", "en")
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of --format json")
	return cmd
}
