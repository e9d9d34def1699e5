package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
)

func newImport(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Records into the log: all of a file, or nothing",
		Long: `Reads records, one JSON object a line, and writes them to the logs of their authorities as immutable events. Everything is
checked first, against the log and the lines before it; a file with a problem imports nothing, and every problem is listed with its
line, field and reason. Importing a file again changes nothing; an import that was cut off is completed by importing the file again.`,
		Example: `  careledger import records.ndjson
  careledger generate --preset lund-pilot | careledger import -`,
		Args: exactly("FILE, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.importFile(cmd, args[0], cmd.InOrStdin())
		},
	}
	o.where(cmd)
	return cmd
}

func (o *options) importFile(cmd *cobra.Command, path string, in io.Reader) (err error) {
	if _, err := report.ParseFormat(o.format); err != nil {
		return &ledger.Wrong{Err: err}
	}
	p := newProgress()
	defer p.done()
	if path == "-" {
		kept, err := keep(in)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.Remove(kept)) }()
		path = kept
	} else if _, err := os.Stat(path); err != nil { // before anything is made for it
		return fmt.Errorf("open the file of records: %w", err)
	}
	l, err := o.open(cmd.Context(), "import", p.show)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	r, err := l.Import(cmd.Context(), ledger.ImportRequest{Path: path, Progress: p.show})
	p.done()
	refused := (*ledger.RefusedError)(nil)
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	return errors.Join(o.printImport(cmd.OutOrStdout(), r), err)
}

// keep writes standard input to a file, because an import reads its records from one.
func keep(in io.Reader) (path string, err error) {
	f, err := os.CreateTemp("", "careledger-stdin-*")
	if err != nil {
		return "", fmt.Errorf("keep standard input: %w", err)
	}
	if _, err := io.Copy(f, in); err != nil {
		return "", errors.Join(fmt.Errorf("keep standard input: %w", err), f.Close(), os.Remove(f.Name()))
	}
	return f.Name(), f.Close()
}

func (o *options) printImport(w io.Writer, r *ledger.ImportReport) error {
	switch report.Format(o.format) {
	case report.JSON:
		if err := json.MarshalWrite(w, r, jsontext.WithIndent("  ")); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	case report.CSV:
		var b strings.Builder
		b.WriteString("line,field,reason\n")
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "%d,%q,%q\n", p.Line, p.Field, p.Reason)
		}
		_, err := io.WriteString(w, b.String())
		return err
	}
	if len(r.Problems) > 0 {
		return nil // the error says it all
	}
	_, err := fmt.Fprintf(w, "%s records read: %s new, %s on the log before (no effect); %s events written, premiums included\n",
		number(r.Lines), number(r.Accepted), number(r.Duplicates), number(r.Events))
	for _, l := range r.Logs {
		if err == nil {
			_, err = fmt.Fprintf(w, "authority %s: %s events, root %s\n", l.Authority, report.Thousands(fmt.Sprint(l.Sequence)), l.Root)
		}
	}
	return err
}

func number(n int) string { return report.Thousands(fmt.Sprint(n)) }
