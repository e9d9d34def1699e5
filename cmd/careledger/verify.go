package main

import (
	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
)

func newVerify(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Check the whole log, every premium and every payout",
		Long: `Reads the whole log of an authority, or of all of them, and checks it without using anything that was derived from it before:

  bytes     every stored byte against the Merkle tree beside the log, and the tree against the witness of its head
  events    every event is one that this program knows, says whose it is, and follows from what stands before it: on what was known then,
            the ledger would take it again
  premiums  after each command the premiums awarded and not reversed are the premium postings under the policies adopted then
  payouts   each comes out again, to the öre and to the digest of its postings, from the events that were known when it was calculated;
            four eyes, voucher numbers without gaps, and payments of what was approved
  facts     the file that answers are given from is what the log gives

Nothing is written. Each finding is named with its event and what to do, and the exit status is then 1. A finding does not stop the run, unless
bytes are not those of the tree: what comes after them proves nothing. What an adjustment says that it follows from is an explanation and is
not compared; a record's hash is computed again where the log keeps the text that it is of.`,
		Example: `  careledger verify
  careledger verify --authority 1281 --format json`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.ask(cmd, o.request(cmd, ledger.QuestionVerify))
		},
	}
}
