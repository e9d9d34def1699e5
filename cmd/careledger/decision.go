package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/timecalculator"
	"careledger/projections"
)

func newDecision(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "decision",
		Short: "Care decisions: the information sheet, granted beside performed time, the time calculator",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDecisionSheet(o), newDecisionDeviation(o), newDecisionCalculate(o))
	return cmd
}

func newDecisionSheet(o *options) *cobra.Command {
	var decision, on, file string
	cmd := &cobra.Command{
		Use:   "sheet ENTITY",
		Short: "The information sheet that goes out with a decision, in Swedish",
		Long: `Writes what a new or changed decision says to the person it concerns: the provider and unit, the frame time of a month or the
standard time of each service, the services and the goals. It is in Swedish, and names the person by pseudonym only. As text (table)
or as one page to print (html); json and csv give what it says to programs.

Without --decision it is the decision in force on --on, and without that one either the one made last. Unit and goals are those of --on:
by default the day of the as-of, but no earlier than the decision's first day and no later than its last.`,
		Example: `  careledger decision sheet case/l001 --purpose "sent to the person"
  careledger decision sheet case/l001 --decision d2 --format html -o d2.html --purpose "sent to the person"
  careledger decision sheet case/l001 --on 2022-10-01 --as-of 2022-10-15 --purpose "complaint 2026-114"`,
		Args: exactly("ENTITY (for example case/l001)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r := o.request(cmd, ledger.QuestionSheet)
			r.Entity, r.Decision, r.On = args[0], decision, on
			if file == "" {
				return o.ask(cmd, r)
			}
			var b bytes.Buffer // an answer that fails leaves no file
			cmd.SetOut(&b)
			if err := o.ask(cmd, r); err != nil {
				return err
			}
			return os.WriteFile(file, b.Bytes(), 0o600)
		},
	}
	o.which(cmd)
	o.reader(cmd)
	f := cmd.Flags()
	f.StringVar(&decision, "decision", "", "`id` of the decision")
	f.StringVar(&on, "on", "", "the `date` that unit and goals are of")
	f.StringVarP(&file, "output", "o", "", "write to a `file` that only you can read, in place of standard output")
	f.StringVar(&o.format, "format", "table", "how to answer: table (text), html, json or csv")
	complete(cmd, "format", "table", "html", "json", "csv")
	return cmd
}

func newDecisionDeviation(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deviation",
		Short: "Performed beside granted minutes, by case, unit and month",
		Long: `Sums the minutes granted (frame time of frame-time decisions, need of the others) and those performed, with the difference (performed
less granted) and the ratio performed / granted, which is empty where nothing was granted. By default by case, unit and month. Absences
do not reduce what was granted: what they cost is a matter of each model. Time of home health care is left out.`,
		Example: `  careledger decision deviation --from 2022-10 --to 2022-12 --purpose "follow-up of the autumn"
  careledger decision deviation --by unit,month --format csv`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.ask(cmd, o.request(cmd, ledger.QuestionDeviation))
		},
	}
	o.period(cmd, projections.DeviationFields...)
	o.reader(cmd)
	return cmd
}

func newDecisionCalculate(o *options) *cobra.Command {
	var method string
	cmd := &cobra.Command{
		Use:   "calculate FILE",
		Short: "The frame time of a month for granted services, step by step",
		Long: `Calculates frame minutes from services as they stand in decision-made, each with an optional "visit": a label that services done in
the same visit share. FILE is JSON, {"services": [...]} or the list alone; - is standard input. The ledger is not asked.

How much is gained by doing services in one visit and how much a visit for a single one takes is the method's to say. The built-in
method's numbers are assumptions, marked preliminary; give your own with --method.`,
		Example: `  careledger decision calculate services.json
  careledger decision calculate services.json --method our-method.yaml --format json`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := report.ParseFormat(o.format)
			if err != nil {
				return &ledger.Wrong{Err: err}
			}
			c, err := calculate(cmd.InOrStdin(), args[0], method)
			if err != nil {
				return err
			}
			return report.Calculation(cmd.OutOrStdout(), format, c)
		},
	}
	cmd.Flags().StringVar(&method, "method", timecalculator.BuiltIn, "the method's document: a `file`, or the id of a built-in one")
	return cmd
}

// calculate reads a file of services and a method, and calculates.
func calculate(stdin io.Reader, file, method string) (*timecalculator.Calculation, error) {
	in, name := stdin, "standard input"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in, name = f, file
	}
	data, err := io.ReadAll(io.LimitReader(in, 2<<20))
	if err != nil {
		return nil, err
	}
	services, err := timecalculator.ParseServices(data)
	if err != nil {
		return nil, inFile(name, err)
	}
	document, ok := timecalculator.LibraryMethod(method)
	if !ok {
		if document, err = os.ReadFile(method); err != nil {
			return nil, fmt.Errorf("--method: %w; it is not a built-in method either (%s)", err, timecalculator.BuiltIn)
		}
	}
	m, err := timecalculator.ParseMethod(document)
	if err != nil {
		return nil, inFile(method, err)
	}
	c, err := timecalculator.Calculate(m, services)
	if err != nil {
		return nil, inFile(name, err)
	}
	return c, nil
}

// inFile names the file in front of each problem.
func inFile(name string, err error) error {
	var ps domain.Problems
	if !errors.As(err, &ps) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return errors.New(name + ": " + strings.ReplaceAll(ps.Error(), "\n", "\n"+name+": "))
}
