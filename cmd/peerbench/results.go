package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// write writes the results as a page of Markdown.
func (r *results) write(w io.Writer, args string) {
	p := page{w}
	p.say("# Benchmarks side by side\n")
	p.say("Written by `cd cmd/peerbench && go run . %s > RESULTS.md`; nothing here is typed in.\n", args)
	p.say("%s\n", r.machine)
	p.say(covers)
	settings := ""
	for _, k := range slices.Sorted(maps.Keys(postgresSettings)) {
		settings += ", " + k + "=" + postgresSettings[k]
	}
	p.say("PostgreSQL runs with %s, and is asked over a socket; DuckDB runs with its defaults, both cores. Each contender answers in a process of its own, all on this machine and in turns, "+
		"each of %d rounds with other rates, after a round to warm up. Figures are medians; behind a slash stands of how many, where that was fewer.\n", settings[2:], r.rounds)
	for _, left := range r.left {
		p.say("Not measured: %s.\n", left)
	}
	for _, s := range r.sizes {
		if !s.growing {
			p.size(r, s)
		}
	}
	p.appends(r)
	p.growth(r)
}

const covers = `The question: what every provider's units are paid per month over the whole history under a new model. Performed minutes (visits and monthly reports,
as corrected and annulled) are paid by an hourly rate by category and regime, rounded to the öre once per case, unit, category, band and month; each goal that a
follow-up found fulfilled (partly: half) gives a premium to the unit that carried out its decision on that day. Granted minutes and absence are not asked for. All
contenders gave the same answers to the öre, every time; otherwise there would be no page. *As of* is the same question as known when half of the history
had been registered. careledger evaluates the policies that are adopted beside each alternative, and takes a digest of the postings; the others do
not; it counts the facts when it is first asked and keeps the count for the questions that follow. *The plain loop* is one pass over the narrowest columns, on one core: the floor. *Tables of facts* are the minutes summed per case, unit, category, band and
month, made before the question; they know neither corrections nor as-of any more.
`

type page struct{ io.Writer }

func (p page) say(format string, values ...any) { fmt.Fprintf(p, format+"\n", values...) }

// row writes a row of a table.
func (p page) row(cells ...string) { p.say("| %s |", strings.Join(cells, " | ")) }

// table begins a table: what stands in the first column is text, the rest figures.
func (p page) table(heads ...string) {
	p.row(heads...)
	p.row(append([]string{"---"}, slices.Repeat([]string{"---:"}, len(heads)-1)...)...)
}

// size writes the tables of one size.
func (p page) size(r *results, s *sizeResults) {
	p.say("## %s records\n", count(float64(s.history.Records)))
	p.say("%.0f years, %s bytes of NDJSON; with the premiums that the ledger awarded, %s events on careledger's log. One alternative is %s rows, in the last round %s kr.\n",
		float64(years), count(float64(s.history.Bytes)), count(float64(s.logged)), count(float64(s.rowCount)), s.sum)
	if len(s.answers) > 0 {
		p.answers(r, s)
	}
	if len(s.steps) > 0 {
		p.steps(r, s)
	}
}

func (p page) answers(r *results, s *sizeResults) {
	var ours, loop float64
	for _, a := range s.answers {
		switch a.peer {
		case "careledger":
			ours = a.seconds[Alternative].median()
		case "loop":
			loop = a.seconds[Alternative].median()
		}
	}
	p.table("seconds", "open and first answer", "one alternative", "× careledger", "× loop", "ten models", "100-step sweep", "as of", "memory MB")
	for _, a := range s.answers {
		one := a.seconds[Alternative].median()
		memory := megabytes(a.peak)
		if a.server != 0 {
			memory = fmt.Sprintf("%s + server %s", memory, megabytes(a.server))
		}
		p.row(a.name, seconds(a.opened+a.first), median(a.seconds[Alternative], r.rounds), times(one, ours), times(one, loop),
			median(a.seconds[TenModels], r.rounds), median(a.seconds[Sweep], r.rounds), median(a.seconds[AsOf], r.rounds), memory)
	}
	p.say("\nMemory is the most that the whole process held while it answered one alternative; a server's is that of all its processes, what they share counted once. PostgreSQL " +
		"is asked at a server that runs, so its first answer opens a connection only.\n")
}

func (p page) steps(r *results, s *sizeResults) {
	p.table("whole processes, loading, reading", "seconds", "events/s", "memory MB", "bytes an event on disk")
	for _, step := range s.steps {
		memory, disk := "", ""
		if step.peak != 0 {
			memory = megabytes(step.peak)
		}
		if step.disk != 0 {
			disk = fmt.Sprintf("%.0f", step.disk)
		}
		m := step.seconds.median()
		p.row(step.what, seconds(m), count(float64(step.events)/m), memory, disk)
	}
	p.say("")
}

func (p page) appends(r *results) {
	if len(r.appends) == 0 {
		return
	}
	p.say("## Durable appends\n")
	p.say("One event each, of entities of their own; so many callers, each waiting until its event is synced before the next. An event's id is unique everywhere, and so is its version "+
		"within its entity. Events a second. PostgreSQL's callers share %d connections.\n", appendConnections)
	heads := []string{"events/s"}
	for _, callers := range inFlight {
		heads = append(heads, fmt.Sprintf("%d in flight", callers))
	}
	p.table(heads...)
	for _, a := range r.appends {
		cells := []string{a.name}
		for _, rates := range a.perSecond {
			cells = append(cells, count(rates.median()))
		}
		p.row(cells...)
	}
	p.say("")
}

func (p page) growth(r *results) {
	tens, g := r.tens(), r.growth
	if len(tens) == 0 && g == nil {
		return
	}
	p.say("## How cost grows\n")
	for _, pair := range tens {
		small, large := pair[0], pair[1]
		p.say("From %s to %s records, and what ten models or %d processes at once cost over one:\n", count(float64(small.history.Records)), count(float64(large.history.Records)), crowd)
		p.table("× one alternative", "events × 10", "its memory", "models × 10", fmt.Sprintf("processes × %d", crowd))
		for i, a := range large.answers {
			was := small.answers[i]
			one := a.seconds[Alternative].median()
			crowded := ""
			if a.crowd != 0 {
				crowded = times(a.crowd, one)
			}
			p.row(a.name, times(one, was.seconds[Alternative].median()), times(float64(a.peak+a.server), float64(was.peak+was.server)), times(a.seconds[TenModels].median(), one), crowded)
		}
		p.say("")
		p.grownSteps(small, large)
	}
	if g == nil {
		return
	}
	if len(g.alone.seconds) > 0 {
		p.say("careledger serve, asked for one alternative by whole processes of `careledger replay`:\n")
		p.table("", "seconds until all have their answer", "memory of the server, MB", "memory of a process, MB")
		p.row("1 process", seconds(g.alone.seconds.median()), megabytes(g.alone.server), megabytes(g.alone.client))
		p.row(fmt.Sprintf("%d processes at once", crowd), seconds(g.crowded.seconds.median()), megabytes(g.crowded.server), megabytes(g.crowded.client))
		p.say("")
	}
	if g.one.records > 0 {
		p.say("As many records on the log of one authority and on those of ten (a tenth of the persons each), asked by one process for each authority in turn:\n")
		p.table("careledger", "records", "import, s", "its memory MB", "cold, all authorities, s", "facts on disk, s", "memory of the largest process, MB", "bytes a record on disk")
		for _, s := range []struct {
			what string
			spread
		}{{"1 authority", g.one}, {"10 authorities", g.ten}} {
			p.row(s.what, count(float64(s.records)), seconds(s.imported.Seconds), megabytes(s.imported.Peak), seconds(s.folded.Seconds), seconds(s.asked.median()),
				megabytes(s.folded.Peak), count(float64(s.bytes)/float64(s.records)))
		}
		p.say("")
	}
}

// grownSteps compares the steps that both sizes have.
func (p page) grownSteps(small, large *sizeResults) {
	p.table("× the same", "seconds", "memory")
	for _, step := range large.steps {
		i := slices.IndexFunc(small.steps, func(s stepResult) bool { return s.what == step.what })
		if i < 0 {
			continue
		}
		memory := ""
		if step.peak != 0 {
			memory = times(float64(step.peak), float64(small.steps[i].peak))
		}
		p.row(step.what, times(step.seconds.median(), small.steps[i].seconds.median()), memory)
	}
	p.say("")
}

// tens are the pairs of sizes of which one is about ten times the other.
func (r *results) tens() (pairs [][2]*sizeResults) {
	for _, large := range r.sizes {
		for _, small := range r.sizes {
			if q := float64(large.history.Records) / float64(small.history.Records); q > 9 && q < 11 && len(small.answers) == len(large.answers) {
				pairs = append(pairs, [2]*sizeResults{small, large})
			}
		}
	}
	return pairs
}

// seconds writes a duration with three digits that count.
func seconds(s float64) string {
	switch {
	case s == 0:
		return ""
	case s < 0.0095:
		return fmt.Sprintf("%.5f", s)
	case s < 0.95:
		return fmt.Sprintf("%.3f", s)
	case s < 95:
		return fmt.Sprintf("%.2f", s)
	}
	return fmt.Sprintf("%.0f", s)
}

// median writes the median, and of how many where that is not all.
func median(f figures, rounds int) string {
	if len(f) == 0 {
		return ""
	}
	text := seconds(f.median())
	if len(f) < rounds {
		text += fmt.Sprintf("/%d", len(f))
	}
	return text
}

// times writes how many times the other a figure is.
func times(figure, other float64) string {
	if figure == 0 || other == 0 {
		return ""
	}
	q := figure / other
	switch {
	case q < 9.95:
		return fmt.Sprintf("%.2f", q)
	case q < 99.5:
		return fmt.Sprintf("%.1f", q)
	}
	return count(q)
}

// megabytes writes bytes in millions.
func megabytes(bytes int64) string { return count(float64(bytes) / 1e6) }

// count writes a whole number with its thousands apart.
func count(f float64) string {
	text := fmt.Sprintf("%.0f", f)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}
