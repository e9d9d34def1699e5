package report

import (
	"fmt"
	"io"
	"strings"

	"careledger/cmd/careledger/internal/words"
	"careledger/replay"
)

// A stamp is written in the same words wherever an answer has one: on a terminal, on the last page of a file, and in a chart.

// stampLines are what a result rests on, besides its models.
func stampLines(r *replay.Result) [][2]string {
	s := r.Stamp
	if s == nil {
		return nil
	}
	return [][2]string{{"log", fmt.Sprintf("authority %s at event %s, root %s", r.Authority, words.Thousands(fmt.Sprint(s.Sequence)), s.Root)}, {"engine", s.Engine}, {"again", s.Command}}
}

// stampedRuns is how many runs' models a table on a terminal names.
const stampedRuns = 12

func stamped(w io.Writer, r *replay.Result) error {
	if r.Stamp == nil {
		return nil
	}
	var b strings.Builder
	b.WriteString("\nWhat this rests on, and how to have it again\n")
	for _, l := range stampLines(r) {
		fmt.Fprintf(&b, "  %-7s %s\n", l[0], l[1])
	}
	for i, run := range r.Runs {
		if i == stampedRuns {
			fmt.Fprintf(&b, "  models  of the other %d runs: see --format json, which has every hash whole\n", len(r.Runs)-i)
			break
		}
		fmt.Fprintf(&b, "  models  %s: %s\n", run.Name, modelWords(run.Models))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// modelWords names models by id and the first digits of their hash, of several documents of one policy those of the first.
func modelWords(models []replay.ModelRef) string {
	if len(models) == 0 {
		return "none in force"
	}
	var words []string
	for i := 0; i < len(models); {
		first := i
		for i < len(models) && models[i].ID == models[first].ID {
			i++
		}
		word := models[first].ID + " " + models[first].SHA256[:16]
		switch later := i - first - 1; {
		case later == 1:
			word += " and a later document"
		case later > 1:
			word += fmt.Sprintf(" and %d later documents", later)
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// stampPage is the stamp as a page, with every model's hash whole.
func stampPage(r *replay.Result) *page {
	p := &page{name: "Stamp", heading: []string{"What this rests on, and how to have it again"}, columns: []column{{name: "what"}, {name: "of"}, {name: "is"}}}
	for _, l := range stampLines(r) {
		p.add(textCell(l[0]), textCell(""), textCell(l[1]))
	}
	for _, run := range r.Runs {
		p.add(textCell("digest"), textCell(run.Name), textCell(run.Digest))
		for _, m := range run.Models {
			p.add(textCell("model "+m.ID), textCell(run.Name), textCell("sha256 "+m.SHA256))
		}
		for _, warning := range run.Warnings {
			p.add(textCell("note"), textCell(run.Name), textCell(warning))
		}
	}
	return p
}
