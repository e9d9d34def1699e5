package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/tables"
	"careledger/cmd/careledger/internal/words"
	"careledger/eventstore"
)

// parquetExport keeps the tables of BI in a directory.
type parquetExport struct {
	*options
	into  string // directory of the tables
	watch bool
	every time.Duration

	directory *tables.Directory // once the authority is known
	first     bool              // nothing has been compared yet
	told      string            // what is waited for
}

func newExportParquet(o *options) *cobra.Command {
	e := &parquetExport{options: o}
	cmd := &cobra.Command{
		Use:         "parquet",
		Annotations: map[string]string{noFormat: "the tables are Parquet files"},
		Short:       "Tables for BI as Parquet files, partitioned by authority and month",
		Long: `Writes what the ledger says as tables: DIR/postings/authority=1281/month=2016-03/part-0.parquet, and so premiums, payouts, payout_lines,
fulfilment, follow_ups and decisions. Amounts are DECIMAL(18,2), days DATE. They have the words and sums of the commands compensation, payout,
fulfilment and decision deviation; no case, patient or pseudonym is in them.

A partition whose content is new is replaced whole, by a rename; one that says the same keeps its file and its time, and one that has become empty goes
away. DIR/_careledger/AUTHORITY.json names the position and root of the log that they were made from, and says complete: false while some are
being replaced. Nothing is changed before all is computed; what a crash cuts off, the next export completes. Files get the permissions of DIR.

With --watch it goes on: it looks every so often whether the log has moved (--every), and says what it rewrote. Ctrl-C stops it.`,
		Example: `  careledger export parquet --dir tables
  careledger export parquet --dir tables-2016 --as-of 2016-12-31
  careledger export parquet --dir tables --watch
  duckdb -c "SELECT unit, sum(amount) FROM read_parquet('tables/postings/*/*/*.parquet') GROUP BY unit"`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return e.run(cmd) },
	}
	e.flags(cmd)
	o.which(cmd)
	return cmd
}

func (e *parquetExport) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.into, "dir", "careledger-parquet", "the `directory` of the tables, made if need be")
	f.BoolVar(&e.watch, "watch", false, "go on, and keep the tables current")
	f.DurationVar(&e.every, "every", 5*time.Second, "with --watch: the `time` between two looks at the log")
}

func (e *parquetExport) run(cmd *cobra.Command) (err error) {
	switch {
	case e.watch && (cmd.Flags().Changed("as-of") || cmd.Flags().Changed("as-of-sequence")):
		return &ledger.Wrong{Err: errors.New("--watch keeps the tables at what is known now; leave --as-of out, or --watch")}
	case e.every <= 0:
		return &ledger.Wrong{Err: fmt.Errorf("--every %s is no time to wait; give 1s or more", e.every)}
	}
	defer func() {
		if e.directory != nil {
			err = errors.Join(err, e.directory.Close())
		}
	}()
	for e.first = true; ; {
		err := e.with(cmd, func(ctx context.Context, l ledger.Service, w io.Writer, progress ledger.ProgressFunc) error {
			return e.rounds(ctx, cmd, l, w, progress)
		})
		switch {
		case e.watch && cmd.Context().Err() != nil:
			return nil // Ctrl-C: what is there is whole
		case err != nil && !e.waits(cmd, err), !e.watch:
			return err
		case !e.moved(cmd.Context()):
			return nil
		}
	}
}

// rounds brings the tables up to the log: once, or with --watch on a server again and again. A data directory is let go of in between, so that
// others can write.
func (e *parquetExport) rounds(ctx context.Context, cmd *cobra.Command, l ledger.Service, w io.Writer, progress ledger.ProgressFunc) error {
	if e.directory == nil {
		code, err := e.authorityOf(ctx, l)
		if err != nil {
			return err
		}
		if e.directory, err = tables.Open(e.into, code); err != nil {
			return err
		}
	}
	for {
		changes, err := e.round(ctx, cmd, l, progress)
		if err != nil {
			return err
		}
		if _, err := w.Write(nil); err != nil { // clears the progress
			return err
		}
		e.say(cmd, changes)
		if !e.watch || e.server == "" || !pause(ctx, e.every) {
			return nil
		}
	}
}

// round asks for the tables and replaces what differs. There are no changes where the log has not moved.
func (e *parquetExport) round(ctx context.Context, cmd *cobra.Command, l ledger.Service, progress ledger.ProgressFunc) (*tables.Changes, error) {
	r := ledger.TablesRequest{Authority: e.directory.Authority(), AsOf: e.asOf, IfMoved: !e.first, Progress: progress}
	if cmd.Flags().Changed("as-of-sequence") {
		r.AsOfSequence = &e.asOfSequence
	}
	if m := e.directory.Manifest; m != nil {
		r.Known = &m.Log
		r.IfMoved = r.IfMoved && m.Complete
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	in, out := io.Pipe()
	asked := make(chan error, 1)
	go func() { // ends when the tables have been read, or reading them has failed
		err := l.Tables(asking, r, out)
		out.CloseWithError(err)
		asked <- err
	}()
	changes, err := e.take(in)
	in.CloseWithError(err) // who still writes stops
	if err != nil {
		stop()
	}
	if failed := <-asked; failed != nil && (err == nil || errors.Is(err, failed)) {
		return nil, failed // as it was told, and not as reading the answer met it
	}
	return changes, err
}

func (e *parquetExport) take(in io.Reader) (*tables.Changes, error) {
	t, err := tables.NewReader(in)
	if err != nil || t.Unchanged {
		return nil, err
	}
	changes, err := e.directory.Replace(t)
	if err == nil {
		e.first = false
	}
	return changes, err
}

// say tells on standard error what was rewritten.
func (e *parquetExport) say(cmd *cobra.Command, c *tables.Changes) {
	if c == nil {
		return
	}
	e.told = ""
	m := e.directory.Manifest
	out := cmd.ErrOrStderr()
	fmt.Fprintf(out, "%s: the tables of authority %s as known at event %s: %s made, %d rewritten, %d removed, %d unchanged\n", e.into, m.Authority,
		words.Thousands(strconv.FormatUint(m.AsOf.Sequence, 10)), report.Counted(len(c.Made), "partition"), len(c.Rewritten), len(c.Removed), c.Unchanged)
	for _, l := range []struct {
		what string
		of   []string
	}{{"made", c.Made}, {"rewritten", c.Rewritten}, {"removed", c.Removed}} {
		if len(l.of) > 0 && (c.Unchanged > 0 || l.what != "made") { // of the first export all are
			fmt.Fprintf(out, "  %s: %s\n", l.what, listed(l.of))
		}
	}
}

// listed names what there is, of many the first.
func listed(all []string) string {
	const most = 12
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
	}
	return strings.Join(all, ", ")
}

// waits says whether a failure passes by itself: a serving careledger that was stopped, or somebody who has the data directory for longer.
func (e *parquetExport) waits(cmd *cobra.Command, err error) bool {
	if !e.watch || e.first || !errors.Is(err, ledger.ErrSilent) && !errors.Is(err, eventstore.ErrLocked) {
		return false
	}
	if e.told != err.Error() {
		e.told = err.Error()
		fmt.Fprintf(cmd.ErrOrStderr(), "waiting: %v\n", err)
	}
	return true
}

// moved waits until there is something new to say, and returns false when the command is to end before.
func (e *parquetExport) moved(ctx context.Context) bool {
	for pause(ctx, e.every) {
		if e.server != "" || e.told != "" {
			return true // only asking tells
		}
		head, err := eventstore.Acknowledged(e.dir, e.directory.Authority())
		if err != nil || head.Sequence != e.directory.Manifest.Log.Sequence {
			return true // what is wrong is told by the next round
		}
	}
	return false
}

// pause returns false when the context ends before the time is over.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
