package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"careledger/cmd/careledger/internal/words"
	"careledger/projections"
)

// LogStanding is how far the log of an authority reached at a moment, what has been signed of it, and what came in last. It names no case or patient.
type LogStanding struct {
	Authority string                `json:"authority"`
	AsOf      projections.Moment    `json:"as_of"`
	Root      string                `json:"root"`               // of the log at that moment: SHA-256 of RFC 6962, in hexadecimal
	Signed    uint64                `json:"signed"`             // events under the last checkpoint there is, 0 where none was signed
	SignedAt  time.Time             `json:"signed_at,omitzero"` // when it was signed
	Counted   int                   `json:"counted"`            // events that Arrivals count: the last ones
	Arrivals  []projections.Arrival `json:"arrivals"`
}

// Standing writes how far a log reached. A table and CSV have what came in last.
func Standing(w io.Writer, format Format, l *LogStanding) error {
	signed := "nothing is signed yet"
	if l.Signed > 0 {
		signed = fmt.Sprintf("the last checkpoint is of event %s, signed %s", eventNumber(l.Signed), l.SignedAt.UTC().Format(time.RFC3339))
	}
	s := &sheet{columns: []column{{name: "day"}, {name: "type"}, {name: "events", number: true}},
		heading: []string{fmt.Sprintf("The last %s events of the log, by the day they were registered", words.Thousands(strconv.Itoa(l.Counted))),
			asKnown(l.Authority, l.AsOf), "Root " + l.Root + "; " + signed}}
	for _, a := range l.Arrivals {
		s.rows = append(s.rows, []string{a.Day.String(), string(a.Type), strconv.Itoa(a.Events)})
	}
	return s.write(w, format, l)
}
