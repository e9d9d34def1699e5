package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/compensation"
)

func newPolicy(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Compensation models: validate, adopt, end, list, show",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyValidate(o), newPolicyAdopt(o), newPolicyEnd(o), newPolicyList(o), newPolicyShow(o))
	return cmd
}

// readModel reads and parses a model document, printing its warnings.
func readModel(cmd *cobra.Command, name string) (*compensation.Model, error) {
	document, err := readDocument(name)
	if err != nil {
		return nil, err
	}
	m, warnings, err := compensation.ParseModel(name, document.Data)
	for _, w := range warnings {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", w)
	}
	return m, err
}

func newPolicyValidate(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "validate FILE",
		Short:   "Check a model document; every error names its place and what was meant",
		Example: `  careledger policy validate proposal.yaml`,
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := report.ParseFormat(o.format)
			if err != nil {
				return &ledger.Wrong{Err: err}
			}
			m, err := readModel(cmd, args[0])
			if err != nil {
				return err
			}
			return report.Model(cmd.OutOrStdout(), format, args[0], m)
		},
	}
}

// decree are the flags of a command that writes a policy event.
type decree struct{ from, decidedBy, decidedOn, reference, actor string }

func (d *decree) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&d.from, "from", "", "first `date` on which it holds")
	f.StringVar(&d.actor, "actor", "policy-officer", "opaque `id` of who registers it")
}

// read returns the date from which the event holds. *ledger.Wrong where that or the actor is none.
func (d *decree) read() (domain.Date, error) {
	from, err := domain.ParseDate(d.from)
	if err != nil {
		return 0, &ledger.Wrong{Err: fmt.Errorf("--from: %w", err)}
	}
	if err := domain.CheckActor(d.actor); err != nil {
		return 0, &ledger.Wrong{Err: fmt.Errorf("--actor: %w", err)}
	}
	return from, nil
}

func newPolicyAdopt(o *options) *cobra.Command {
	var d decree
	cmd := &cobra.Command{
		Use:     "adopt FILE",
		Short:   "Put a model in force from a date, as decided by a board",
		Long:    `Writes the policy-adopted event that an import would write. Adopting under the same id again ends the earlier document where the new one begins. Premiums that follow back in time are awarded and reversed.`,
		Example: `  careledger policy adopt lund-2015-pilot.yaml --from 2015-01-01 --decided-by "Vård- och omsorgsnämnden" --decided-on 2014-12-10`,
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if d.from == "" || d.decidedBy == "" || d.decidedOn == "" {
				return &ledger.Wrong{Err: errors.New("--from, --decided-by and --decided-on are required: a policy holds from a day, by somebody's decision")}
			}
			from, err := d.read()
			if err != nil {
				return err
			}
			on, err := domain.ParseDate(d.decidedOn)
			if err != nil {
				return &ledger.Wrong{Err: fmt.Errorf("--decided-on: %w", err)}
			}
			m, err := readModel(cmd, args[0])
			if err != nil {
				return err
			}
			return o.importEvent(cmd, func(authority string) (domain.Record, error) {
				return domain.NewRecord(domain.TypePolicyAdopted, authority, domain.NewEntity(domain.KindPolicy, m.ID), from, now(), d.actor,
					&domain.PolicyAdopted{Model: m.CanonicalJSON(), From: from, DecidedBy: d.decidedBy, DecidedOn: on, Reference: d.reference})
			})
		},
	}
	d.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&d.decidedBy, "decided-by", "", "the `board` that decided it")
	f.StringVar(&d.decidedOn, "decided-on", "", "the `date` it decided")
	f.StringVar(&d.reference, "reference", "", "`text` by which the decision is found, such as its register number")
	return cmd
}

func newPolicyEnd(o *options) *cobra.Command {
	var d decree
	cmd := &cobra.Command{
		Use:     "end POLICY",
		Short:   "Take a policy out of force from a date on",
		Example: `  careledger policy end lund-2015-pilot --from 2017-01-01`,
		Args:    exactly("POLICY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if d.from == "" {
				return &ledger.Wrong{Err: errors.New("--from is required: the first date on which the policy is not in force")}
			}
			from, err := d.read()
			if err != nil {
				return err
			}
			return o.importEvent(cmd, func(authority string) (domain.Record, error) {
				return domain.NewRecord(domain.TypePolicyEnded, authority, domain.NewEntity(domain.KindPolicy, args[0]), from, now(), d.actor, &domain.PolicyEnded{From: from})
			})
		},
	}
	d.flags(cmd)
	return cmd
}

// now is when a command is given. It is part of the record, so that the same command given again later is another event.
func now() time.Time { return time.Now().Truncate(time.Second) }

// importEvent imports one record.
func (o *options) importEvent(cmd *cobra.Command, record func(authority string) (domain.Record, error)) error {
	authority, err := o.theAuthority(cmd.Context())
	if err != nil {
		return err
	}
	r, err := record(authority)
	if err != nil {
		return err
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return o.importFile(cmd, "-", bytes.NewReader(append(line, '\n')))
}

// theAuthority returns the authority that a command writes to: the one named, or the only one there is.
func (o *options) theAuthority(ctx context.Context) (code string, err error) {
	l, err := o.open(ctx, "policy", nil)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return o.authorityOf(ctx, l)
}

// authorityOf is theAuthority of a ledger that is open.
func (o *options) authorityOf(ctx context.Context, l ledger.Service) (string, error) {
	var b strings.Builder
	err := l.Ask(ctx, ledger.Request{Question: ledger.QuestionAuthority, Authority: o.authority}, &b)
	return b.String(), err
}

func newPolicyList(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "The adopted policies and when they are in force",
		Example: `  careledger policy list --as-of 2016-12-31`,
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.ask(cmd, o.request(cmd, ledger.QuestionPolicies)) },
	}
	o.which(cmd)
	return cmd
}

func newPolicyShow(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show POLICY",
		Short:   "A policy's documents, whole",
		Example: `  careledger policy show lund-2015-pilot --format json`,
		Args:    exactly("POLICY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r := o.request(cmd, ledger.QuestionPolicy)
			r.Policy = args[0]
			return o.ask(cmd, r)
		},
	}
	o.which(cmd)
	return cmd
}
