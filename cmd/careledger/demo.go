package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
	"careledger/replay"
)

const (
	demoAuthority = "1281"
	demoUnit      = "ostra-torn-linero"
	demoBefore    = "2017-01-16" // the end of this day: the pilot is over, the correction of 17 January is not known
)

func newDemo() *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use:         "demo",
		Annotations: map[string]string{noFormat: "it tells of the whole job in words"},
		Short:       "The whole main job on the Lund pilot: load it, pay it, replay it, correct it",
		Long: `Loads the Lund pilot 2014-2016 into a ledger, sets the published figures beside the computed ones, pays it month by month, replays it under
other rates and models, and shows a correction that changes today's figure while the figure as known before it stays. The pilot is a reconstruction
from published totals; no real person is in it. The ledger stays in ./careledger-demo to go on asking.`,
		Example: `  careledger demo
  careledger fulfilment --data careledger-demo --by year`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			p := newProgress()
			defer p.done()
			l, err := ledger.Open(cmd.Context(), ledger.Config{Dir: dir, Doing: "demo", Progress: p.show})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, l.Close()) }()
			d := &demo{Local: l, ctx: cmd.Context(), w: &answer{w: cmd.OutOrStdout(), first: p.done}, dir: dir, progress: p.show}
			return d.run()
		},
	}
	cmd.Flags().StringVar(&dir, "data", "careledger-demo", "data `directory` of the demo's ledger")
	return cmd
}

type demo struct {
	*ledger.Local
	ctx      context.Context
	w        io.Writer
	dir      string
	progress ledger.ProgressFunc
	failed   error // the first error in printing
}

func (d *demo) say(format string, args ...any) {
	if _, err := fmt.Fprintf(d.w, format+"\n", args...); err != nil && d.failed == nil {
		d.failed = err
	}
}

func (d *demo) run() error {
	d.say("The Lund pilot, Östra Torn/Linero 2014–2016: 297 kr to the provider for each goal that a person reaches.")
	d.say("A reconstruction from published totals: the persons, goals and dates are invented, the sums are Lund's.\n")
	if err := d.load("1. Load", func(w io.Writer) error { return generate.LundPilot(w, 1) }); err != nil {
		return err
	}
	before, err := d.published()
	if err != nil {
		return err
	}
	if err := d.paidOut(); err != nil {
		return err
	}
	if err := d.replayed(); err != nil {
		return err
	}
	if err := d.load("\n4. Correct", generate.LundPilotCorrection); err != nil {
		return err
	}
	if err := d.corrected(before); err != nil {
		return err
	}
	if err := d.adjusted(); err != nil {
		return err
	}
	d.say("\nThe ledger stays in %s. Go on asking:", d.dir)
	for _, c := range []string{"compensation --by provider,year", "fulfilment --by year,occasion", `trail case/l001 --purpose "trying it out"`, `payout show 2017-01-lund-hemvard --purpose "trying it out"`,
		"replay --sweep lund-2015-pilot.goal_premium=200..400:50 --by provider,year"} {
		d.say("  go run ./cmd/careledger %s --data %s", c, d.dir)
	}
	return d.failed
}

// load imports what write writes.
func (d *demo) load(title string, write func(io.Writer) error) error {
	var records strings.Builder
	if err := write(&records); err != nil {
		return err
	}
	request, err := recordsOf("-", strings.NewReader(records.String()))
	if err != nil {
		return err
	}
	if err := os.Remove(request.Path); err != nil {
		return err
	}
	request.Progress = d.progress
	r, err := d.Import(d.ctx, request)
	if err != nil {
		return err
	}
	d.say("%s: records read %s, of them on the log before %s; events on the log of authority %s now %s", title, number(r.Lines), number(r.Duplicates),
		demoAuthority, words.Thousands(fmt.Sprint(r.Logs[0].Sequence)))
	return d.failed
}

// asOf is the moment of the published figures.
func (d *demo) asOf() projections.AsOf {
	day, err := domain.ParseDate(demoBefore)
	if err != nil { // a constant
		panic(err)
	}
	return projections.AsOf{Time: domain.EndOfDay(day)}
}

// counts are what the demo compares with the source.
type counts struct {
	met                        int
	followUps, persons         map[string]int // by year, "" for all
	assessed, fulfilled, rates map[string]string
	paid                       map[string]domain.Money
}

func (d *demo) count(at projections.AsOf) (*counts, error) {
	table, err := d.Table(d.ctx, demoAuthority)
	if err != nil {
		return nil, err
	}
	c := &counts{followUps: map[string]int{}, persons: map[string]int{}, assessed: map[string]string{}, fulfilled: map[string]string{}, rates: map[string]string{}, paid: map[string]domain.Money{}}
	cut, err := table.Cut(at)
	if err != nil {
		return nil, err
	}
	met := map[string]bool{}
	for i, cs := range cut.Grants.Case {
		if cut.Units[cut.Grants.Unit[i]].ID == demoUnit && cut.Grants.From[i].Month().Year() <= 2015 {
			met[cut.Cases[cs].Person] = true
		}
	}
	c.met = len(met)
	for _, by := range [][]string{{"unit"}, {"unit", "year"}} {
		f, err := table.Fulfilment(projections.Query{AsOf: at, By: by})
		if err != nil {
			return nil, err
		}
		for _, r := range f.Rows {
			if year := strings.Join(r.Keys[1:], ""); r.Keys[0] == demoUnit {
				c.followUps[year], c.persons[year] = r.FollowUps, r.Persons
				c.assessed[year], c.fulfilled[year], c.rates[year] = number(r.Assessed), number(r.Fulfilled), r.Rate
			}
		}
	}
	paid, err := table.Compensation(projections.Query{AsOf: at, By: []string{"component", "year"}})
	if err != nil {
		return nil, err
	}
	for _, r := range paid.Rows {
		if r.Keys[0] == "premium" {
			c.paid[r.Keys[1]] = r.Amount
		}
	}
	return c, nil
}

func (d *demo) published() (*counts, error) {
	c, err := d.count(d.asOf())
	if err != nil {
		return nil, err
	}
	d.say("\n2. Pay: the published figures beside the computed ones, as known on %s", demoBefore)
	rows := [][2]string{{"published by Lund", "computed from the log"},
		{"88 persons met in 2014–15", fmt.Sprintf("%d persons with a decision at the unit by the end of 2015", c.met)},
		{"58 of them followed up", fmt.Sprintf("%d follow-ups of %d persons", c.followUps["2015"], c.persons["2015"])},
		{"209 follow-ups of 137 persons in all", fmt.Sprintf("%d follow-ups of %d persons", c.followUps[""], c.persons[""])},
		{"83 % of goals fulfilled in 2014–15", fmt.Sprintf("%s of %s goals, %s", c.fulfilled["2015"], c.assessed["2015"], c.rates["2015"])},
		{"77 % of goals fulfilled in 2016", fmt.Sprintf("%s of %s goals, %s", c.fulfilled["2016"], c.assessed["2016"], c.rates["2016"])},
		{"about 67 000 kr in premiums for 2015", words.Thousands(c.paid["2015"].String()) + " kr"},
		{"about 132 000 kr in premiums for 2016", words.Thousands(c.paid["2016"].String()) + " kr"},
	}
	for _, r := range rows {
		d.say("   %-40s %s", r[0], r[1])
	}
	return c, d.failed
}

// payout carries out a command on payouts.
func (d *demo) payout(r ledger.PayoutRequest) error {
	r.Progress = d.progress
	return d.Payout(d.ctx, r, io.Discard)
}

// payouts returns the payouts as known now.
func (d *demo) payouts() (*domain.Payouts, error) {
	table, err := d.Table(d.ctx, demoAuthority)
	if err != nil {
		return nil, err
	}
	payouts, _, err := table.Payouts(projections.Now)
	return payouts, err
}

// paidOut takes the months of the pilot from calculation to payment.
func (d *demo) paidOut() error {
	const months = "2015-01..2016-12"
	for _, r := range []ledger.PayoutRequest{{Action: "calculate", Month: months, Actor: "economist-1"}, {Action: "approve", Month: months, Actor: "controller-1", On: "2017-01-16"},
		{Action: "pay", Month: months, Actor: "treasurer-1", On: "2017-01-16"}} {
		if err := d.payout(r); err != nil {
			return err
		}
	}
	payouts, err := d.payouts()
	if err != nil {
		return err
	}
	n, sum, last := 0, domain.Money(0), domain.Voucher{}
	for _, p := range payouts.All() {
		if v := p.Latest(); v.Paid != nil {
			n, sum, last = n+1, sum+v.Total, v.Voucher
		}
	}
	d.say("   Paid out with the hours of all units: %d payouts of 2015–2016, calculated by economist-1, approved by controller-1, paid by treasurer-1;", n)
	d.say("   vouchers %d-1 to %s, in all %s kr (the hourly rates are assumed: Lund has not published any)", last.Year, last, words.Thousands(sum.String()))
	return d.failed
}

// adjusted calculates the next payout, which takes back what the correction took away.
func (d *demo) adjusted() error {
	if err := d.payout(ledger.PayoutRequest{Action: "calculate", Month: "2017-01", Actor: "economist-1"}); err != nil {
		return err
	}
	payouts, err := d.payouts()
	if err != nil {
		return err
	}
	next := payouts.Payout(domain.PayoutEntity("lund-hemvard", domain.NewMonth(2017, 1)))
	if next == nil {
		return errors.New("the correction gave no payout for 2017-01")
	}
	v := next.Latest()
	for _, l := range v.Lines {
		for _, c := range l.Causes {
			d.say("   The paid month stays as it is: the payout of %s adjusts %s by %s kr, because of %s (%s).", v.Month, l.Month, l.Amount, c.Event, c.Type)
		}
	}
	return d.failed
}

// replayed pays the premiums of the pilot under other amounts, and per person.
func (d *demo) replayed() error {
	table, err := d.Table(d.ctx, demoAuthority)
	if err != nil {
		return err
	}
	sweep, err := replay.ParseSweep("lund-2015-pilot.goal_premium=200..400:50")
	if err != nil {
		return err
	}
	person, ok := compensation.LibraryModel("person-premium-10000")
	if !ok {
		return errors.New("the built-in model person-premium-10000 is missing")
	}
	r, err := replay.Replay(d.ctx, table, replay.Request{AsOf: d.asOf(), By: []string{"component", "year"}, Sweep: &sweep,
		Models: []replay.ModelSet{{Documents: []replay.Document{{Name: "person-premium-10000", Data: person}}}}}, nil)
	if err != nil {
		return err
	}
	d.say("\n3. Replay: what the premiums would have been, on the same events")
	d.say("   %-40s %14s %14s %14s  %s", "", "2015", "2016", "in all, kr", "digest")
	for _, run := range r.Runs {
		name := "10 000 kr a person who confirms"
		switch {
		case run.Value == "300":
			continue // between the published 297 and the next step
		case run.Value != "":
			name = run.Value + " kr a goal"
		case run.Name == r.Adopted().Name:
			name = "297 kr a goal (adopted)"
		}
		sums := map[string]domain.Money{}
		for _, row := range run.Rows {
			if row.QuantityUnit != compensation.UnitMinute {
				sums[row.Keys[1]] += row.Amount
			}
		}
		d.say("   %-40s %14s %14s %14s  %s…", name, words.Thousands(sums["2015"].String()), words.Thousands(sums["2016"].String()),
			words.Thousands((sums["2015"] + sums["2016"]).String()), run.Digest[:12])
	}
	return d.failed
}

func (d *demo) corrected(before *counts) error {
	now, err := d.count(projections.Now)
	if err != nil {
		return err
	}
	then, err := d.count(d.asOf())
	if err != nil {
		return err
	}
	d.say("   One goal of 2016 turns out to have been partly reached (event-corrected, registered 2017-01-17).")
	for _, line := range []struct {
		known, when string
		*counts
	}{{"on " + demoBefore, "before the correction was written", before}, {"on " + demoBefore, "asked again now", then}, {"today", "with the correction", now}} {
		d.say("   Premiums for 2016 as known %-14s %s kr for %s of %s goals, %s", line.known+":", words.Thousands(line.paid["2016"].String()),
			line.counts.fulfilled["2016"], line.assessed["2016"], line.when)
	}
	return d.failed
}
