package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/words"
	"careledger/projections"
)

// Trail writes every event of an entity with what it changed. CSV has a row a change.
func Trail(w io.Writer, format Format, t *projections.Trail) error {
	switch format {
	case JSON:
		return (&sheet{}).write(w, JSON, t)
	case CSV:
		return trailRows(t).csv(w)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Trail of %s: %s\n%s\n", t.Entity, Counted(len(t.Events), "event"), asKnown(t.Authority, t.AsOf))
	for i := range t.Events {
		e := &t.Events[i]
		fmt.Fprintf(&b, "\n%s  %s", words.Thousands(fmt.Sprint(e.Sequence)), e.Type)
		if e.State != "standing" {
			fmt.Fprintf(&b, "  [%s by %s]", e.State, e.StateBy)
		}
		fmt.Fprintf(&b, "\n    holds from %s, registered %s by %s, id %s", e.Effective, e.Recorded.UTC().Format(time.RFC3339), e.Actor, e.ID)
		if e.Causation != e.ID {
			fmt.Fprintf(&b, ", because of %s", e.Causation)
		}
		b.WriteString("\n")
		for _, c := range e.Changes {
			fmt.Fprintf(&b, "      %-44s %s\n", c.Name, change(c.Before.String(), c.After.String()))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func change(before, after string) string {
	switch {
	case before == "":
		return after
	case after == "":
		return before + " → (nothing)"
	}
	return before + " → " + after
}

func trailRows(t *projections.Trail) *sheet {
	s := &sheet{columns: fields([]string{"sequence", "id", "type", "effective", "recorded", "actor", "causation", "state", "state_by", "changed", "before", "after"})}
	for i := range t.Events {
		e := &t.Events[i]
		row := []string{fmt.Sprint(e.Sequence), e.ID, string(e.Type), e.Effective.String(), e.Recorded.UTC().Format(time.RFC3339Nano), e.Actor, e.Causation, e.State, e.StateBy}
		for _, c := range e.Changes {
			s.rows = append(s.rows, append(append([]string{}, row...), c.Name.String(), c.Before.String(), c.After.String()))
		}
		if len(e.Changes) == 0 {
			s.rows = append(s.rows, append(row, "", "", ""))
		}
	}
	return s
}
