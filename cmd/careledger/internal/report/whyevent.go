package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

// OfIt is what of a touched line's amount rests on the event.
func OfIt(l *projections.WhyTouched) (sum domain.Money) {
	for _, p := range l.Postings {
		sum += p.Amount
	}
	return sum
}

// Touched writes what of the payouts an event touched, a row a line.
func Touched(w io.Writer, format Format, t *projections.Touched) error {
	e := &t.Event
	s := &sheet{columns: []column{{name: "payout"}, {name: "version", number: true}, {name: "status"}, {name: "line", number: true}, {name: "month"}, {name: "unit"},
		{name: "component"}, kronor("amount"), {name: "how"}, {name: "postings", number: true}, kronor("of_it")}}
	for i := range t.Lines {
		l := &t.Lines[i]
		how := l.How
		if format == Table {
			how = words.English.Word("touched", l.How)
		}
		row := []string{l.Payout, strconv.Itoa(l.Version), l.Status, strconv.Itoa(l.Line), l.Month, l.Unit, l.Policy + "/" + l.Component, l.Amount.String(), how, "", ""}
		if len(l.Postings) > 0 {
			row[9], row[10] = strconv.Itoa(len(l.Postings)), OfIt(l).String()
		}
		s.rows = append(s.rows, row)
	}
	said := []string{fmt.Sprintf("Event %s (%s), %s of %s, holds from %s", eventNumber(e.Sequence), e.Event, e.Type, e.Entity, e.Effective),
		fmt.Sprintf("Recorded %s by %s, leaf %s", e.Recorded.UTC().Format(time.RFC3339), e.Actor, leaf(e.Leaf)), asKnown(t.Authority, t.AsOf)}
	if len(t.Lines) == 0 {
		said = append(said, "No payout has rested on it.")
	}
	s.heading = []string{strings.Join(said, "\n")}
	return s.write(w, format, t)
}
