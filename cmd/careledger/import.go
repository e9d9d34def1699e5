package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
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
	return cmd
}

func (o *options) importFile(cmd *cobra.Command, path string, in io.Reader) (err error) {
	if _, err := report.ParseFormat(o.format); err != nil {
		return &ledger.Wrong{Err: err}
	}
	p := newProgress()
	defer p.done()
	request, err := recordsOf(path, in)
	if err != nil {
		return err
	}
	request.Progress, request.Authority = p.show, o.authority
	l, err := o.open(cmd.Context(), "import", p.show)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if _, served := l.(*ledger.Client); !served && request.File != nil { // nothing of it stays behind, also after a kill
		err = os.Remove(request.Path)
	} else if request.File != nil {
		defer func() { err = errors.Join(err, os.Remove(request.Path)) }()
	}
	if err != nil {
		return err
	}
	r, err := l.Import(cmd.Context(), request)
	p.done()
	refused := (*ledger.RefusedError)(nil)
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	return errors.Join(o.printImport(cmd.OutOrStdout(), r), err)
}

// recordsOf returns what to import: a file, or, of standard input and pipes, which cannot be read twice, a copy with its File open.
func recordsOf(path string, in io.Reader) (r ledger.ImportRequest, err error) {
	if path != "-" {
		about, err := os.Stat(path)
		switch {
		case err != nil:
			return r, fmt.Errorf("open the file of records: %w", err)
		case about.IsDir():
			return r, fmt.Errorf("%s is a directory; name a file of records", path)
		case about.Mode().IsRegular():
			return ledger.ImportRequest{Path: path}, nil
		}
		pipe, err := os.Open(path)
		if err != nil {
			return r, fmt.Errorf("open the file of records: %w", err)
		}
		defer pipe.Close()
		in = pipe
	}
	f, err := os.CreateTemp("", "careledger-stdin-*")
	if err != nil {
		return r, fmt.Errorf("keep standard input: %w", err)
	}
	if _, err := io.Copy(f, in); err != nil {
		return r, errors.Join(fmt.Errorf("keep standard input: %w", err), f.Close(), os.Remove(f.Name()))
	}
	return ledger.ImportRequest{Path: f.Name(), File: f}, nil
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
		c := csv.NewWriter(w)
		rows := [][]string{{"line", "field", "reason"}}
		for _, p := range r.Problems {
			rows = append(rows, []string{fmt.Sprint(p.Line), p.Field, p.Reason})
		}
		return c.WriteAll(rows)
	}
	if len(r.Problems) > 0 {
		return nil // the error says it all
	}
	_, err := fmt.Fprintf(w, "%s read: %s new, %s on the log before (no effect); %s written, premiums included\n",
		report.Counted(r.Lines, "record"), number(r.Accepted), number(r.Duplicates), report.Counted(r.Events, "event"))
	for _, l := range r.Logs {
		if err == nil {
			_, err = fmt.Fprintf(w, "authority %s: %s, root %s\n", l.Authority, report.Counted(l.Sequence, "event"), l.Root)
		}
	}
	return err
}

func number(n int) string { return words.Thousands(fmt.Sprint(n)) }
