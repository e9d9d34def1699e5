package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// LogFormats are the forms of log lines, and none.
var LogFormats = domain.Codes{"text", "json", "off"}

// NewLog returns what writes log lines to w in one of LogFormats, from level Info on. It returns an error that names them for any other.
func NewLog(w io.Writer, format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, nil)), nil
	case "off":
		return slog.New(slog.DiscardHandler), nil
	}
	return nil, fmt.Errorf("%q is not a form of log lines; use one of %s", format, LogFormats)
}

// line writes that something ended.
func (m *Monitor) line(outcome ledger.Outcome, what string, about ...slog.Attr) {
	level := slog.LevelInfo
	switch outcome {
	case ledger.OutcomeFailed, ledger.OutcomeDamaged, ledger.OutcomeDiskFull, ledger.OutcomeUnknown:
		level = slog.LevelError
	}
	m.log.LogAttrs(context.Background(), level, what, about...)
}

// ended says how something ended: in one word, and of a damaged log also where. The rest of an error's text can quote what was sent.
func ended(outcome ledger.Outcome, err error) slog.Attr {
	word := slog.String("outcome", string(outcome))
	if damage := (*eventstore.CorruptError)(nil); errors.As(err, &damage) {
		return slog.Attr{Value: slog.GroupValue(word, slog.String("damaged", damage.Authority), slog.Uint64("at_event", damage.Sequence))} // without a key: beside the others
	}
	return word
}

// Failed writes that serving has failed, and why: what the command says, but of a damaged log, or an event that cannot be folded or read, only where it
// is, because the rest can name a case.
func Failed(log *slog.Logger, err error) {
	log.LogAttrs(context.Background(), slog.LevelError, "failed", ended(ledger.OutcomeOf(err), err), slog.String("problem", whyFailed(err)))
}

func whyFailed(err error) string {
	var folded *projections.FoldError
	var unknown *domain.UnknownEventError
	const cannot = "event %d of the log (%s) cannot be %s; careledger verify says why"
	switch {
	case errors.Is(err, eventstore.ErrCorrupt):
		return "the log is damaged; careledger verify says what it finds"
	case errors.As(err, &folded):
		return fmt.Sprintf(cannot, folded.Sequence, folded.Type, "folded")
	case errors.As(err, &unknown) && unknown.Err != nil:
		return fmt.Sprintf(cannot, unknown.Sequence, unknown.Type, "read")
	}
	return err.Error()
}

// tookMillis is a duration in milliseconds, to the microsecond.
func tookMillis(d time.Duration) slog.Attr {
	return slog.Float64("took_ms", float64(d.Microseconds())/1000)
}
