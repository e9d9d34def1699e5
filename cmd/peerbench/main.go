// Peerbench measures careledger side by side with what people use today for the same: PostgreSQL, DuckDB, an event-sourcing library, and a
// plain loop as the floor that the hardware gives. All keep the same generated municipality and answer the same questions; the run fails if
// two answers differ by an öre. It is a module of its own, so that what it compares with is no part of the product.
//
//	cd cmd/peerbench && go run . --events 1000000 > RESULTS.md
//
// What is asked: the monthly compensation of every provider's units over the whole history under a new model, in which performed minutes
// (visits and monthly reports, with their corrections and annulments) are paid by an hourly rate by category and regime, rounded to the öre once per
// case, unit, category, band and month, and each goal that a follow-up found fulfilled or partly fulfilled gives a premium to the unit that carried out
// its decision on that day, through superseding decisions and changes of provider. Granted minutes and absence are not asked for.
//
// Peers answer in processes of their own, in turns, each round with rates of its own; figures are medians of the rounds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are what the flags say.
type options struct {
	sizes  []int    // records, in ascending order
	only   []string // parts and peers; empty: all
	rounds int
	dir    string // where the working directory is made
	keep   bool
	during time.Duration // of one measurement of appends
}

// parts and peers are what --only may name.
var (
	parts = []string{"questions", "processes", "appends", "growth"}
	peers = []string{"careledger", "postgres", "duckdb", "loop", "library"}
)

// runs says whether a part or a peer is to be measured. Where only parts are named all peers are, and the other way round.
func (o *options) runs(name string) bool {
	family := parts
	if slices.Contains(peers, name) {
		family = peers
	}
	named := false
	for _, n := range o.only {
		if n == name {
			return true
		}
		named = named || slices.Contains(family, n)
	}
	return !named
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := command(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peerbench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	o := options{}
	f := flag.NewFlagSet("peerbench", flag.ContinueOnError)
	events := f.String("events", "1000000", "about how many `records` the municipality has; several sizes with commas between")
	only := f.String("only", "", "measure only these `parts and peers`: "+strings.Join(append(slices.Clone(parts), peers...), ","))
	f.IntVar(&o.rounds, "rounds", 5, "rounds of each question")
	f.StringVar(&o.dir, "dir", "", "`directory` to work in (6 GB for a million events, 25 for ten); default the system's for temporary files")
	f.BoolVar(&o.keep, "keep", false, "leave what was made in the directory")
	f.DurationVar(&o.during, "during", 2*time.Second, "how long each measurement of appends lasts")
	name := f.String("worker", "", "for the benchmark itself: answer questions as this contender")
	stepName := f.String("step", "", "for the benchmark itself: do this step and say how long it took")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *name != "" {
		return work(ctx, *name, o.dir, os.Stdin, os.Stdout)
	}
	if *stepName != "" {
		return doStep(ctx, *stepName, o.dir, os.Stdout)
	}
	for text := range strings.SplitSeq(*events, ",") {
		n, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
		if err != nil || n < 10_000 {
			return fmt.Errorf("--events: %q is not a number of at least 10000", text)
		}
		o.sizes = append(o.sizes, n)
	}
	slices.Sort(o.sizes)
	if o.rounds < 1 {
		return fmt.Errorf("--rounds: %d; at least one is needed", o.rounds)
	}
	for text := range strings.SplitSeq(*only, ",") {
		switch text = strings.TrimSpace(text); {
		case text == "":
		case text == "append":
			o.only = append(o.only, "appends")
		case slices.Contains(parts, text) || slices.Contains(peers, text):
			o.only = append(o.only, text)
		default:
			return fmt.Errorf("--only: %q is none of %s", text, strings.Join(append(slices.Clone(parts), peers...), ", "))
		}
	}
	r, err := bench(ctx, &o)
	if err != nil {
		return err
	}
	r.write(os.Stdout, strings.Join(args, " "))
	return nil
}

// say reports progress.
func say(format string, values ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", values...)
}
