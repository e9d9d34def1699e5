package main

import (
	"cmp"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
)

// reader adds the flags of a question whose answer may show a case or a patient: who asks, and what for.
func (o *options) reader(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.actor, "actor", "", "opaque `id` of who reads; by default the variable CARELEDGER_ACTOR, or the name that you are logged in with")
	o.purposeFlag(cmd)
}

// purposeFlag adds --purpose.
func (o *options) purposeFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.purpose, "purpose", os.Getenv("CARELEDGER_PURPOSE"), "what the reading is for, in words; required where a case or patient is shown, and kept on the access log. By default the variable CARELEDGER_PURPOSE (`text`)")
	cmd.Flags().Lookup("purpose").DefValue = ""
}

// whoReads returns the id of who reads where no flag says it: that of the session, or the name of the operating system's user where it is an
// id; "" where it is not.
func whoReads() string {
	if id := os.Getenv("CARELEDGER_ACTOR"); id != "" {
		return id
	}
	u, err := user.Current()
	if err != nil || domain.CheckActor(u.Username) != nil {
		return ""
	}
	return u.Username
}

// readBy returns who puts a question, and what for.
func (o *options) readBy() ledger.Reader {
	return ledger.Reader{Actor: cmp.Or(o.actor, whoReads()), Purpose: o.purpose}
}

func newAccess(o *options) *cobra.Command {
	var from, to, actor, entity string
	cmd := &cobra.Command{
		Use:   "access",
		Short: "Who has read which cases and patients, when, and for which purpose",
		Long: `Lists the access log. Every answer that names a case or a patient (trail, why, decision sheet and deviation, invoice-basis, rows --by case, a payout
with adjustments) is written to it before it is shown: who asked, when and what for, the question, the cases, patients and payouts named, and
which moment of the log was answered from. The log is as immutable as the ledger: a stream and a Merkle tree of its own, which careledger
verify checks.

Who reads is what they say (--actor of the other commands), or the name that they are logged in with; nobody is asked to prove it.

Reading the access log is written to it as well. It needs no --purpose, since that is what it is for; give one to say more. Here --actor picks
the answers that somebody has read; name yourself in the variable CARELEDGER_ACTOR.`,
		Example: `  careledger access
  careledger access --entity case/l001
  careledger access --actor auditor-1 --from 2026-11-01 --to 2026-11-30 --format csv`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r := o.request(cmd, ledger.QuestionAccess)
			r.From, r.To, r.ReadBy, r.Entity = from, to, actor, entity
			return o.ask(cmd, r)
		},
	}
	f := cmd.Flags()
	f.StringVar(&from, "from", "", "first `day`, 2026-11-01, in Sweden; by default all")
	f.StringVar(&to, "to", "", "last `day`")
	f.StringVar(&actor, "actor", "", "only what this actor (`id`) has read")
	f.StringVar(&entity, "entity", "", "only the answers that named this case, patient or payout: `kind/id`")
	o.purposeFlag(cmd)
	return cmd
}
