package ledger

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"careledger/cmd/careledger/internal/report"
	"careledger/eventstore"
)

// An answer about a log's standing counts the last events by day and type: of so many days, and at most so many of them. They are read for each answer.
const (
	arrivalDays = 7
	arrivals    = 2000
)

// standing answers how far the log reaches, what has been signed of it, and what came in last. Where there is no directory for checkpoints nothing is
// signed.
func (a *question) standing() (*answer, error) {
	last := a.table.Arrivals(a.query.AsOf, arrivalDays, arrivals)
	root, err := tlog.TreeHash(int64(last.AsOf.Sequence), a.log)
	if err != nil {
		return nil, fmt.Errorf("the root of the log at event %d: %w", last.AsOf.Sequence, err)
	}
	l := &report.LogStanding{Authority: a.log.Authority(), AsOf: last.AsOf, Root: hex.EncodeToString(root[:]), Counted: last.Events, Arrivals: last.Rows}
	if l.Signed, l.SignedAt, err = a.log.LastSigned(); err != nil && !errors.Is(err, eventstore.ErrNoProofDir) {
		return nil, err
	}
	return showsNobody(l, func(w io.Writer) error { return report.Standing(w, a.format, l) })
}
