// Package ledger is the application behind the command line and the server: it opens a data directory or a cluster, imports
// records, carries out commands on payouts, keeps each authority's fact table at the head of its log, answers questions, and makes
// the files that leave it, with a register of what was exported, and the tables of BI (package tables), which stand in no register.
// Local does it in this process; Client asks a careledger that serves the same directory. Both are a Service.
//
// Reading is an event: an answer that names a case or patient is on the authority's access log before any of it is shown (access.go).
//
// One writer per authority decides on what the log holds plus what it has itself submitted, so that many commands can be under
// way at once. When a commit fails, everything decided on top of it is forgotten and decided again on what the log really holds.
// Only what depends on the records before it waits for its turn: a record is parsed, its event encoded and a case that stands on
// the log read before, for many records at once.
//
// An import judges the whole file before it writes any of it, so its time is the sum of the two. Writing is close to what bare atomic
// batches of the same messages take; judging comes on top, whatever writing costs. BenchmarkImport shows both, and the most
// that any writing could make of the sum (most-ratio): 0.4 to 0.6 of the bare rate, which is why the aim of 0.8 is not met. Staging batches
// on the server while the rest is judged is no way out: it holds at most a thousand events a batch, and fifty batches, uncommitted.
package ledger

import (
	"context"
	"fmt"
	"io"
	"os"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
)

// Service is a ledger that can be asked and written to.
type Service interface {
	// Ask writes the answer to a question in the format it asks for, once what it shows is on the access log. *Wrong if the question does not say
	// who asks and what for, and its answer names a case or patient; *AsOfError if it is as of an event that is not there yet.
	Ask(ctx context.Context, r Request, w io.Writer) error
	// Import takes a file of records, all of it or nothing.
	Import(ctx context.Context, r ImportRequest) (*ImportReport, error)
	// Payout carries out a command on payouts and writes what became of it.
	Payout(ctx context.Context, r PayoutRequest, w io.Writer) error
	// Export makes files from payouts and remembers that they were made; see ExportRequest.
	Export(ctx context.Context, r ExportRequest) (*ExportAnswer, error)
	// Tables writes the tables of BI, which the caller keeps in a directory; see TablesRequest.
	Tables(ctx context.Context, r TablesRequest, w io.Writer) error
	// Checkpoint answers what is asked of the signed checkpoints of a log, and signs one if needed.
	Checkpoint(ctx context.Context, r CheckpointRequest) (*CheckpointAnswer, error)
	// Subscribers adds, removes and lists who follows the BI feed.
	Subscribers(ctx context.Context, r SubscriberRequest) (*SubscriberAnswer, error)
	Close() error
}

// ImportRequest names a file of records, one JSON object a line.
type ImportRequest struct {
	Path      string       `json:"path"`
	File      *os.File     `json:"-"`                   // in place of Path, where this process opens the ledger itself; Import closes it
	Authority string       `json:"authority,omitempty"` // refuse the records of any other; "" takes all
	Progress  ProgressFunc `json:"-"`
}

// ProgressFunc is told now and then how far a long piece of work is: what it does, how much of it is done, and how much there is
// in all (0 where that is not known).
type ProgressFunc func(doing string, done, total int64)

func (f ProgressFunc) report(doing string, done, total int64) {
	if f != nil {
		f(doing, done, total)
	}
}

// ImportReport says what became of a file.
type ImportReport struct {
	Lines      int             `json:"lines"`      // records in the file, blank lines not counted
	Accepted   int             `json:"accepted"`   // new records that are on the log now
	Duplicates int             `json:"duplicates"` // records that were on the log before, without effect
	Events     int             `json:"events"`     // events written, premiums included
	Logs       []LogReport     `json:"logs"`       // where the logs stand now
	Problems   domain.Problems `json:"problems"`   // not empty: nothing was written
	Dependent  int             `json:"dependent"`  // records not judged, because they build on one with a problem
}

// LogReport is where the log of an authority stands.
type LogReport struct {
	Authority string `json:"authority"`
	Sequence  uint64 `json:"sequence"`
	Root      string `json:"root"`
}

// RefusedError says that an import was refused whole, and every reason.
type RefusedError struct{ Report *ImportReport }

func (e *RefusedError) Error() string {
	text := fmt.Sprintf("nothing was imported: %d of %s a problem\n%s", problemLines(e.Report.Problems), report.Counted(e.Report.Lines, "record has", "records have"), e.Report.Problems.Error())
	if e.Report.Dependent > 0 {
		text += "\n" + report.Counted(e.Report.Dependent, "record builds on these and was", "records build on these and were") + " not judged; import the file again when these are corrected"
	}
	return text
}

func problemLines(ps domain.Problems) int {
	lines := map[int]bool{}
	for _, p := range ps {
		lines[p.Line] = true
	}
	return len(lines)
}

// Wrong is an error in what was asked, to be mended by asking otherwise whatever the ledger and the files hold: an unknown word or flag, a value
// that is not of its form or no choice, something that is missing or does not go with the rest. All else is a refusal or a failure: what is
// named is not there or does not hold, a finding, a file that cannot be read or written. On the command line the one is exit status 2 and the
// other 1.
type Wrong struct{ Err error }

func (w *Wrong) Error() string { return w.Err.Error() }
func (w *Wrong) Unwrap() error { return w.Err }
