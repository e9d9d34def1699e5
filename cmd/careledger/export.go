package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/export"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
)

func newExport(o *options) *cobra.Command {
	tables := &parquetExport{options: o}
	cmd := &cobra.Command{
		Use:         "export",
		Annotations: map[string]string{noFormat: "the tables are Parquet files"},
		Short:       "Files from payouts: for the accounting system, the bank and the providers; and tables for BI",
		Long: `Makes files from payouts. A file is written whole or not at all, and one that is there with other content is kept unless --force is
given. The same payouts and settings give the same bytes. What has been exported is remembered in the data directory
(exports/AUTHORITY.ndjson): a payout exported again, and one that was cancelled after it was exported, is said on standard error.

The tables for BI (export parquet) are no payment files: they say what the ledger says now, and nothing of them is remembered there.
careledger export --watch keeps them current.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !tables.watch {
				return cmd.Help()
			}
			return tables.run(cmd)
		},
	}
	tables.flags(cmd)
	cmd.AddCommand(newExportSIE(o), newExportPain001(o), newExportStatement(o), newExportParquet(o))
	return cmd
}

// exporting is what every export has: what to make, and where to put it.
type exporting struct {
	*options
	ledger.ExportRequest
	month     string // 2016-03 or 2016-01..2016-03
	file, dir string
	force     bool
}

func (e *exporting) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&e.file, "output", "o", "", "the `file`, which only you can read; - is standard output, also the default unless that is a terminal")
	f.BoolVar(&e.force, "force", false, "replace a file that has other content")
}

func (e *exporting) monthFlag(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&e.month, "month", "", usage)
}

func newExportSIE(o *options) *cobra.Command {
	e := &exporting{options: o}
	e.Kind = ledger.ExportSIE
	var accounts []string
	var dimension string
	cmd := &cobra.Command{
		Use:         "sie [PAYOUT]...",
		Annotations: map[string]string{noFormat: "the file has the format of its name"},
		Short:       "Vouchers of payouts as a SIE 4I file for the accounting system",
		Long: `Writes the vouchers of payouts that have been approved: each line a debit on its account and unit, and what they come to a credit on
--credit-account. A voucher that was cancelled is there, empty, so that the series has no gaps. The file is SIE 4I in CP437.

Say which: --year for every voucher of a year, refused if a number is missing; --from and --to for the payouts of these months, whenever
they were booked; or the payouts. A component's account is the one in the model; --account names it for one that has none.`,
		Example: `  careledger export sie --year 2016 --company "Lunds kommun" -o 2016.si
  careledger export sie --from 2016-01 --to 2016-03 --company "Lunds kommun" --organisation-number 212000-1132 -o quarter.si
  careledger export sie 2016-03-lund-hemvard --company "Lunds kommun" --account lund-2015-pilot/fixed=5012 -o march.si`,
		RunE: func(cmd *cobra.Command, args []string) error {
			e.Payouts, e.SIE.Accounts = args, map[string]string{}
			for _, a := range accounts {
				component, account, ok := strings.Cut(a, "=")
				if policy, name, both := strings.Cut(component, "/"); !ok || !both || policy == "" || name == "" {
					return &ledger.Wrong{Err: fmt.Errorf("--account %q is not POLICY/COMPONENT=NUMBER, for example lund-2015-pilot/premium=5019", a)}
				}
				e.SIE.Accounts[component] = account
			}
			number, name, _ := strings.Cut(dimension, "=")
			n, err := strconv.Atoi(number)
			if err != nil || n < 1 {
				return &ledger.Wrong{Err: fmt.Errorf("--dimension %q is not a number, or NUMBER=NAME, for example 20=Enhet", dimension)}
			}
			e.SIE.Dimension, e.SIE.DimensionName = n, name
			if e.SIE.Company == "" {
				return required("company", "the name of the authority whose books these are")
			}
			return e.run(cmd)
		},
	}
	e.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&e.From, "from", "", "first `month` of the payouts")
	f.StringVar(&e.To, "to", "", "last `month` of the payouts")
	f.IntVar(&e.Year, "year", 0, "the `year` of the vouchers")
	f.StringVar(&e.SIE.Company, "company", "", "`name` of the authority; required")
	f.StringVar(&e.SIE.OrganisationNumber, "organisation-number", "", "of the authority (`number`)")
	f.StringVar(&e.SIE.CreditAccount, "credit-account", "2440", "`account` that the payouts are owed on")
	f.StringVar(&e.SIE.Series, "series", "U", "`series` of the vouchers")
	f.StringVar(&dimension, "dimension", "1", "what units are booked as, `NUMBER` or NUMBER=NAME: 1 cost centre, 2 cost unit, 6 project, or your own from 20")
	f.StringArrayVar(&accounts, "account", nil, "account of a component that has none in its model: `POLICY/COMPONENT=NUMBER`")
	return cmd
}

func newExportPain001(o *options) *cobra.Command {
	e := &exporting{options: o}
	e.Kind = ledger.ExportPain001
	var payees string
	cmd := &cobra.Command{
		Use:         "pain001 [PAYOUT]...",
		Annotations: map[string]string{noFormat: "the file has the format of its name"},
		Short:       "Payment orders of approved payouts as a pain.001.001.03 file for the bank",
		Long: `Orders the bank to pay the payouts that are approved and not paid, to bankgiro or plusgiro. What is left out is listed on standard error
with its reason: a claim on the provider, no account, paid already. Nothing is marked as paid: standard error has the command for
when the bank has carried it out.

The payees are a CSV file with semicolons: provider;account;name, the account as "bankgiro 5050-1055" or "plusgiro 28 65 43-4", the name
only where the bank is to see another one than the provider's.`,
		Example: `  careledger export pain001 --month 2016-03 --on 2016-04-25 --payees payees.csv --payer "Lunds kommun" \
    --payer-organisation-number 212000-1132 --payer-account "bankgiro 5050-1055" --payer-bic SWEDSESS -o 2016-03.xml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			e.Payouts = args
			for _, needed := range [][3]string{{payees, "payees", "a file of the accounts that providers are paid to"}, {e.Debtor.Name, "payer", "the name of who pays"},
				{e.Debtor.Account, "payer-account", "the account that is drawn on"}, {e.Debtor.BIC, "payer-bic", "the BIC of the payer's bank"},
				{e.Debtor.OrganisationNumber, "payer-organisation-number", "it identifies the payer to the bank"}} {
				if needed[0] == "" {
					return required(needed[1], needed[2])
				}
			}
			var err error
			if e.Payees, err = readPayees(payees); err != nil {
				return err
			}
			return e.run(cmd)
		},
	}
	e.flags(cmd)
	e.monthFlag(cmd, "the payouts of a `month` 2016-03, or a range 2016-01..2016-03")
	f := cmd.Flags()
	f.StringVar(&e.On, "on", "", "`date` on which the bank is to pay; required")
	f.StringVar(&payees, "payees", "", "CSV `file` of the providers' accounts; required")
	f.StringVar(&e.Debtor.Name, "payer", "", "`name` of who pays; required")
	f.StringVar(&e.Debtor.Account, "payer-account", "", "`account` drawn on, \"bankgiro 5050-1055\" or an IBAN; required")
	f.StringVar(&e.Debtor.BIC, "payer-bic", "", "`BIC` of the payer's bank; required")
	f.StringVar(&e.Debtor.OrganisationNumber, "payer-organisation-number", "", "`number` that identifies the payer to the bank; required")
	f.StringVar(&e.Debtor.Scheme, "payer-scheme", "BANK", "`scheme` of that number, as agreed with the bank")
	return cmd
}

func readPayees(path string) (map[string]export.Payee, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--payees: %w", err)
	}
	defer f.Close()
	payees, err := export.ParsePayees(io.LimitReader(f, 8<<20))
	if err != nil {
		return nil, inFile(path, err)
	}
	return payees, nil
}

func newExportStatement(o *options) *cobra.Command {
	e := &exporting{options: o}
	var format string // not the one of all commands, whose default is another
	cmd := &cobra.Command{
		Use:   "statement [PAYOUT]",
		Short: "What a provider is paid for, line by line, as Swedish CSV or a workbook",
		Long: `Writes the statement of a payout: a line for each month, unit and component, which come to its total, and who calculated and approved it.
It names no case. It may also be made of one that is only calculated, and says so.

Name a payout, or give --month and --dir for those of all providers, each in a file named after its payout.`,
		Example: `  careledger export statement 2016-03-lund-hemvard --format xlsx -o lund-hemvard.xlsx
  careledger export statement --month 2016-03 --dir statements`,
		RunE: func(cmd *cobra.Command, args []string) error {
			kinds := map[string]ledger.ExportKind{"csv": ledger.ExportStatementCSV, "xlsx": ledger.ExportStatementXLSX}
			e.Payouts, e.Kind = args, kinds[format]
			switch {
			case e.Kind == "":
				return &ledger.Wrong{Err: fmt.Errorf("--format %q is not csv or xlsx", format)}
			case len(args) > 1 || len(args) == 1 && e.month != "":
				return &ledger.Wrong{Err: errors.New("name one payout, or give --month and --dir for those of all providers")}
			case (e.month != "") != (e.dir != "") || e.dir != "" && e.file != "":
				return &ledger.Wrong{Err: errors.New("--month goes with --dir, a file for each provider; a payout that is named goes with -o")}
			}
			return e.run(cmd)
		},
	}
	e.flags(cmd)
	e.monthFlag(cmd, "all providers' payouts of a `month` 2016-03, or a range 2016-01..2016-03")
	f := cmd.Flags()
	f.StringVar(&e.dir, "dir", "", "with --month: the `directory` for the files, made if need be")
	f.StringVar(&e.Company, "company", "", "`name` of the authority, for the heading")
	f.StringVar(&format, "format", "csv", "csv (Swedish: semicolons, decimal commas) or xlsx")
	complete(cmd, "format", "csv", "xlsx")
	return cmd
}

func required(flag, what string) error {
	return &ledger.Wrong{Err: fmt.Errorf("--%s is required: %s", flag, what)}
}

// run makes the files, writes them aside, has them remembered, and gives them their names.
func (e *exporting) run(cmd *cobra.Command) error {
	if err := e.readMonth(); err != nil {
		return &ledger.Wrong{Err: err}
	}
	if err := e.goesSomewhere(cmd.OutOrStdout()); err != nil {
		return err
	}
	e.Authority = e.authority
	return e.with(cmd, func(ctx context.Context, l ledger.Service, w io.Writer, _ ledger.ProgressFunc) error {
		answer, err := l.Export(ctx, e.ExportRequest)
		if err != nil {
			return err
		}
		files, err := e.aside(answer)
		defer files.discard()
		if err != nil {
			return err
		}
		request := e.ExportRequest
		request.Written, request.Output = answer.Digest, e.output()
		if answer, err = l.Export(ctx, request); err != nil {
			return err
		}
		if err := files.keep(); err != nil {
			return fmt.Errorf("%w; the export is remembered although the file is not there: give the command again", err)
		}
		if e.output() == "-" {
			if _, err := w.Write(answer.Files[0].Data); err != nil {
				return err
			}
		}
		e.say(cmd, answer)
		return nil
	})
}

// readMonth reads --month as the first and last month of the request.
func (e *exporting) readMonth() error {
	if e.month == "" {
		return nil
	}
	if len(e.Payouts) > 0 {
		return errors.New("name the payouts or give --month, not both")
	}
	from, to, ranged := strings.Cut(e.month, "..")
	if e.From, e.To = from, to; !ranged {
		e.To = from
	}
	for _, m := range []string{e.From, e.To} {
		if _, err := domain.ParseMonth(m); err != nil {
			return fmt.Errorf("--month: %w", err)
		}
	}
	return nil
}

// say tells on standard error what was made, what was left out, and what to do next.
func (e *exporting) say(cmd *cobra.Command, a *ledger.ExportAnswer) {
	out := cmd.ErrOrStderr()
	for _, l := range a.Left {
		fmt.Fprintln(out, "left out: "+l)
	}
	for _, r := range a.Remarks {
		fmt.Fprintln(out, r)
	}
	where := e.output()
	if where == "-" {
		where = "standard output"
	}
	fmt.Fprintf(out, "%s: %s\n", where, a.Summary)
	if len(a.Ordered) > 0 {
		fmt.Fprintf(out, "Nothing is marked as paid. When the bank has carried it out:\n  %s\n", e.payCommand(cmd, a))
	}
}

// payCommand says that what a payment file orders has been paid: those payouts only, with the message as their reference.
func (e *exporting) payCommand(cmd *cobra.Command, a *ledger.ExportAnswer) string {
	words := append([]string{"careledger", "payout", "pay"}, a.Ordered...)
	words = append(words, "--actor", "ACTOR", "--on", e.On, "--reference", a.Reference)
	return report.Command(append(words, givenBy(cmd, "data", "server", "authority")...)...)
}

// output is where the files go: a file, a directory, or - for standard output.
func (e *exporting) output() string {
	switch {
	case e.dir != "":
		return e.dir
	case e.file == "":
		return "-"
	}
	return filepath.Clean(e.file)
}
