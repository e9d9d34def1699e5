package report

import (
	"fmt"
	"io"

	"careledger/replay"
)

// Replay writes history under alternatives beside the adopted policies: totals and differences, then who gains and who loses.
// CSV holds the rows of every run.
func Replay(w io.Writer, format Format, r *replay.Result) error {
	switch format {
	case JSON:
		return (&sheet{}).write(w, JSON, r)
	case CSV:
		return replayRows(r).csv(w)
	}
	totals := &sheet{heading: []string{"Replay" + months(r.Period), asKnown(r.Authority, r.AsOf)},
		columns: []column{{name: "run"}, {name: "total", number: true, amount: true}, {name: "difference", number: true, amount: true}, {name: "gain", number: true}, {name: "lose", number: true}, {name: "digest"}}}
	if r.InForceFrom != 0 {
		totals.heading = append(totals.heading, fmt.Sprintf("The adopted policies hold before %s, the alternative from then on.", r.InForceFrom))
	}
	for _, run := range r.Runs {
		gain, lose := 0, 0
		for _, p := range run.Providers {
			switch {
			case p.Difference > 0:
				gain++
			case p.Difference < 0:
				lose++
			}
		}
		totals.rows = append(totals.rows, []string{run.Name, run.Total.String(), run.Difference.String(), fmt.Sprint(gain), fmt.Sprint(lose), run.Digest[:16]})
	}
	if err := totals.table(w); err != nil {
		return err
	}
	if err := winners(w, r); err != nil {
		return err
	}
	return warnings(w, r)
}

func winners(w io.Writer, r *replay.Result) error {
	s := &sheet{heading: []string{"", "Who gains and who loses, by provider"}, columns: []column{{name: "run"}, {name: "provider"},
		{name: "adopted", number: true, amount: true}, {name: "alternative", number: true, amount: true}, {name: "difference", number: true, amount: true}}}
	for _, run := range r.Runs[1:] {
		for _, p := range run.Providers {
			s.rows = append(s.rows, []string{run.Name, p.Provider, p.Adopted.String(), p.Alternative.String(), p.Difference.String()})
		}
	}
	if len(s.rows) == 0 {
		return nil
	}
	return s.table(w)
}

func warnings(w io.Writer, r *replay.Result) error {
	said := map[string]bool{}
	for _, run := range r.Runs {
		for _, warning := range run.Warnings {
			if said[warning] {
				continue
			}
			said[warning] = true
			if _, err := fmt.Fprintf(w, "note: %s: %s\n", run.Name, warning); err != nil {
				return err
			}
		}
	}
	return nil
}

func replayRows(r *replay.Result) *sheet {
	s := &sheet{columns: append([]column{{name: "run"}}, append(fields(r.By), column{name: "quantity"}, column{name: "unit_of_quantity"}, column{name: "amount"})...)}
	for _, run := range r.Runs {
		for _, row := range run.Rows {
			s.rows = append(s.rows, append(append([]string{run.Name}, row.Keys...), row.Quantity, row.QuantityUnit, row.Amount.String()))
		}
	}
	return s
}
