package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
)

func newPayout(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "payout",
		Short: "Payouts from calculation to payment: calculate, approve, reject, pay, cancel, list, show",
		Long: `A payout is what a provider gets for a month: the postings of the month as known now, and what has changed since in earlier months
that were settled before. Somebody calculates it, somebody else approves it and gives it a voucher number, and it is paid once. A month that
is approved or paid is never reopened: a late correction comes as an adjustment in the next payout.`,
		Example: `  careledger payout calculate --month 2016-03 --actor economist-1
  careledger payout show 2016-03-lund-hemvard
  careledger payout approve 2016-03-lund-hemvard --actor controller-1
  careledger payout pay 2016-03-lund-hemvard --actor treasurer-1 --reference BG-2016-04-25`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPayoutCalculate(o), newPayoutStep(o, "approve", "Approve payouts, as another than who calculated them"),
		newPayoutStep(o, "reject", "Send calculated payouts back, with a reason"), newPayoutStep(o, "pay", "Say that approved payouts have been paid"),
		newPayoutStep(o, "cancel", "Take an approval back before it is paid; its voucher number stays taken"), newPayoutList(o), newPayoutShow(o))
	return cmd
}

// payoutFlags are those of every command on payouts.
func payoutFlags(cmd *cobra.Command, r *ledger.PayoutRequest) {
	f := cmd.Flags()
	f.StringVar(&r.Actor, "actor", "", "opaque `id` of who does this; required")
	f.StringVar(&r.Month, "month", "", "`month` 2016-03, or a range 2016-01..2016-12")
	f.StringVar(&r.Provider, "provider", "", "with --month: only the payouts of this provider (`id`)")
}

func newPayoutCalculate(o *options) *cobra.Command {
	r := &ledger.PayoutRequest{Action: "calculate"}
	cmd := &cobra.Command{
		Use:   "calculate --month MONTH --actor ID",
		Short: "Calculate what each provider is to be paid for a month",
		Long: `Calculates a payout for each provider: the month as known now, and adjustments of earlier months that were settled before, with their
causes. Calculating again without new knowledge changes nothing; with new knowledge it makes a new version that names what changed.`,
		Example: `  careledger payout calculate --month 2016-03 --actor economist-1
  careledger payout calculate --month 2016-01..2016-12 --actor economist-1 --provider lund-hemvard`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.payout(cmd, *r) },
	}
	payoutFlags(cmd, r)
	return cmd
}

func newPayoutStep(o *options, action, short string) *cobra.Command {
	r := &ledger.PayoutRequest{Action: action}
	by := " --actor controller-1"
	if action == "reject" || action == "cancel" {
		by += ` --reason "hours of another month"`
	}
	cmd := &cobra.Command{
		Use:   action + " [PAYOUT]...",
		Short: short,
		Long: short + `.

Name the payouts, or give --month for all of a month that wait for this step. Each is carried out by itself; what was done before is said and
not done again, so that a command whose outcome is not known can be given again.`,
		Example: "  careledger payout " + action + " 2016-03-lund-hemvard" + by + "\n  careledger payout " + action + " --month 2016-03" + by,
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Payouts = args
			return o.payout(cmd, *r)
		},
	}
	payoutFlags(cmd, r)
	f := cmd.Flags()
	switch action {
	case "approve":
		f.StringVar(&r.On, "on", "", "booking `date`, which gives the year of the voucher; today if not given")
		f.IntVar(&r.Version, "version", 0, "refuse if another version than this one counts (`number`)")
	case "reject":
		f.StringVar(&r.Reason, "reason", "", "why; required")
		f.IntVar(&r.Version, "version", 0, "refuse if another version than this one counts (`number`)")
	case "pay":
		f.StringVar(&r.On, "on", "", "`date` of the payment; today if not given")
		f.StringVar(&r.Reference, "reference", "", "the bank's or the payment file's `reference`")
	case "cancel":
		f.StringVar(&r.Reason, "reason", "", "why; required")
	}
	return cmd
}

// payout opens the ledger and carries out a command on payouts.
func (o *options) payout(cmd *cobra.Command, r ledger.PayoutRequest) error {
	r.Authority, r.Format = o.authority, o.format
	if r.Action == "approve" && o.server != "" && o.proofs == "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "note: no checkpoint is signed for what is approved; name the directory of the signing keys with --proofs")
	}
	return o.with(cmd, func(ctx context.Context, l ledger.Service, w io.Writer, progress ledger.ProgressFunc) error {
		r.Progress = progress
		return l.Payout(ctx, r, w)
	})
}

func newPayoutList(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "The payouts with their state, voucher and who did what",
		Example: `  careledger payout list --from 2016-01 --to 2016-12 --format csv
  careledger payout list --provider lund-hemvard`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.ask(cmd, o.request(cmd, ledger.QuestionPayouts))
		},
	}
	o.which(cmd)
	o.parties(cmd)
	cmd.Flags().StringVar(&o.from, "from", "", "first `month`; by default all")
	cmd.Flags().StringVar(&o.to, "to", "", "last `month`")
	return cmd
}

func newPayoutShow(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show PAYOUT",
		Short: "One payout: its lines, versions and steps, and what each adjustment follows from",
		Example: `  careledger payout show 2016-03-lund-hemvard
  careledger payout show 2016-04-lund-hemvard --purpose approval     # one whose adjustments name the cases that they follow from`,
		Args: exactly("PAYOUT (for example 2016-03-lund-hemvard; careledger payout list shows them)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r := o.request(cmd, ledger.QuestionPayout)
			r.Payout = args[0]
			return o.ask(cmd, r)
		},
	}
	o.which(cmd)
	o.reader(cmd)
	return cmd
}
