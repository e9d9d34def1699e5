package ledger

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/replay"
)

// checkAlternative refuses what is said of an alternative where there is none.
func (r *Request) checkAlternative() error {
	if len(r.Models)+len(r.Set) > 0 || r.Sweep != "" || r.Seek != "" {
		return nil
	}
	const give = "; give one with --model, --set, --sweep or --seek"
	switch {
	case r.InForceFrom != "":
		return errors.New("--in-force-from says from when an alternative holds" + give)
	case r.Compare != "":
		return errors.New("--compare sets an alternative beside the adopted policies" + give)
	case r.LimitChange != "":
		return errors.New("--limit-change limits how fast an alternative is reached" + give)
	case len(r.Assume) > 0:
		return errors.New("--assume is what an alternative is answered by" + give)
	}
	return nil
}

// readExamination reads what is asked of each alternative of a replay beside its rows.
func (r *Request) readExamination(request *replay.Request) (err error) {
	if request.Compare, err = replay.ParseCompare(r.Compare); err != nil {
		return err
	}
	if r.LimitChange != "" {
		share, err := replay.ParseLimitChange(r.LimitChange)
		if err != nil {
			return err
		}
		request.LimitChange = &share
	}
	if request.Seed = replay.DefaultSeed; r.AssumeSeed != nil {
		if len(r.Assume) == 0 {
			return fmt.Errorf("--assume-seed is of the draw of --assume; give that too")
		}
		request.Seed = *r.AssumeSeed
	}
	if len(r.Assume) > 0 { // the flag may be given several times: one list
		request.Assume, err = replay.ParseAssumptions(strings.Join(r.Assume, ","))
	}
	return err
}

// stamp says what a result rests on: the log up to its event of that sequence, this release, and the command that gives it again.
func (a *question) stamp(sequence uint64, result *replay.Result) (*replay.Stamp, error) {
	at, err := a.position(sequence)
	if err != nil {
		return nil, err
	}
	return &replay.Stamp{Sequence: at.Sequence, Root: at.Root, Engine: engine(), Command: a.command(sequence, result)}, nil
}

// engine names this release: its version, or the revision that it was built from.
func engine() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "careledger (devel)"
	}
	return "careledger " + info.Main.Version
}

// casesOf returns the cases that a replay shows: those that its rows are by, in the formats that have rows, and those whose goals are assumed
// to be reached or not.
func (a *question) casesOf(result *replay.Result) (cases []domain.Entity) {
	if a.format == report.Table || a.format == report.SVG {
		return nil
	}
	for _, run := range result.Runs {
		cases = append(cases, a.casesIn(result.By, len(run.Rows), func(i int) []string { return run.Rows[i].Keys })...)
	}
	for _, change := range result.Changes() {
		cases = append(cases, domain.NewEntity(domain.KindCase, change.Case))
	}
	return cases
}

// command returns the question as a command for a shell, with what it leaves to the moment (the events of the log, the months) pinned. Who reads
// it and what for is left out: whoever gives it again says so for themselves.
func (a *question) command(sequence uint64, result *replay.Result) string {
	r := &a.Request
	words := append([]string{"careledger", "replay"}, r.GivenBy...)
	flag := func(name, value string) {
		if value != "" {
			words = append(words, "--"+name, value)
		}
	}
	flag("authority", result.Authority)
	if sequence > 0 { // on an empty log there is nothing known at any time
		flag("as-of", r.AsOf)
	}
	flag("as-of-sequence", fmt.Sprint(sequence))
	if result.From != 0 {
		flag("from", result.From.String())
		flag("to", result.To.String())
	}
	flag("by", r.By)
	for _, m := range r.Models {
		names := make([]string, len(m.Documents))
		for i, d := range m.Documents {
			names[i] = d.Name
		}
		flag("model", strings.Join(names, ","))
	}
	for _, s := range r.Set {
		flag("set", s)
	}
	flag("sweep", r.Sweep)
	flag("sweep", r.Across)
	flag("seek", r.Seek)
	flag("budget", r.Budget)
	flag("in-force-from", r.InForceFrom)
	flag("compare", r.Compare)
	flag("limit-change", r.LimitChange)
	for _, s := range r.Assume {
		flag("assume", s)
	}
	if len(r.Assume) > 0 {
		flag("assume-seed", fmt.Sprint(result.Behaviour.Seed))
	}
	if f := report.Format(r.Format); f == report.JSON || f == report.CSV { // a file's name tells the others
		flag("format", r.Format)
	}
	return report.Command(words...)
}
