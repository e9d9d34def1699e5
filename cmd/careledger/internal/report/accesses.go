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

// accessShown is how many entities of an access a table names.
const accessShown = 3

// Accesses writes who has read what. A table names the first entities of each; JSON and CSV have all, CSV separated by spaces.
func Accesses(w io.Writer, format Format, a *projections.Accesses) error {
	s := &sheet{columns: fields([]string{"sequence", "id", "recorded", "actor", "purpose", "question", "arguments", "as_of_sequence", "log", "log_sequence", "entities"})}
	if format == Table {
		s.columns = fields([]string{"when", "who", "purpose", "question", "shown"})
		s.heading = []string{fmt.Sprintf("Who has read what of authority %s: %s", a.Authority, Counted(len(a.Accesses), "answer")),
			fmt.Sprintf("Access log at event %s, root %s", eventNumber(a.Sequence), a.Root)}
	}
	for i := range a.Accesses {
		e := &a.Accesses[i]
		if format == Table {
			s.rows = append(s.rows, []string{e.Recorded.UTC().Format(time.RFC3339), e.Actor, e.Purpose, e.Question, entitiesShown(e.Entities)})
			continue
		}
		asOf := ""
		if e.AsOf != nil {
			asOf = strconv.FormatUint(e.AsOf.Sequence, 10)
		}
		s.rows = append(s.rows, []string{strconv.FormatUint(e.Sequence, 10), e.ID, e.Recorded.UTC().Format(time.RFC3339Nano), e.Actor, e.Purpose, e.Question,
			string(e.Arguments), asOf, e.Log.Origin, strconv.FormatUint(e.Log.Sequence, 10), joinEntities(e.Entities)})
	}
	return s.write(w, format, a)
}

// entitiesShown names the first entities, and counts the rest.
func entitiesShown(all []domain.Entity) string {
	if left := len(all) - accessShown; left > 0 {
		return fmt.Sprintf("%s and %s more", joinEntities(all[:accessShown]), words.Thousands(strconv.Itoa(left)))
	}
	return joinEntities(all)
}

func joinEntities(all []domain.Entity) string {
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = string(e)
	}
	return strings.Join(names, " ")
}
