package ledger

import (
	"context"
	"errors"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/report"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
	"careledger/projections"
	"careledger/replay"
)

// Outcome says in one word how a question or a command ended. It names nobody, so that it can stand in a log or be counted.
type Outcome string

// The outcomes.
const (
	OutcomeDone     Outcome = "done"
	OutcomeWrong    Outcome = "wrong"     // it is not one, or lacks something: *Wrong
	OutcomeRefused  Outcome = "refused"   // by what the ledger holds: domain.Problems, *RefusedError
	OutcomeNotFound Outcome = "not-found" // there is nothing of the name that was asked for
	OutcomeNoLedger Outcome = "no-ledger" // there is no log to answer from: *NoLedgerError
	OutcomeConflict Outcome = "conflict"  // somebody else wrote in between; nothing was written
	OutcomeUnknown  Outcome = "unknown"   // a command that may or may not have been carried out: give it again
	OutcomeStopped  Outcome = "stopped"   // whoever asked went away, or the ledger closes
	OutcomeDiskFull Outcome = "disk-full" // nothing was written
	OutcomeDamaged  Outcome = "damaged"   // the log is not what was acknowledged
	OutcomeFailed   Outcome = "failed"    // anything else
)

// OutcomeOf returns the outcome that an error of a Service says.
func OutcomeOf(err error) Outcome {
	var (
		wrong    *Wrong
		refused  *RefusedError
		problems domain.Problems
		none     *NoLedgerError
	)
	switch {
	case err == nil:
		return OutcomeDone
	case errors.Is(err, eventstore.ErrUnknownOutcome):
		return OutcomeUnknown
	case errors.Is(err, eventstore.ErrConflict), errors.Is(err, eventstore.ErrNeedsRefresh):
		return OutcomeConflict
	case errors.Is(err, eventstore.ErrCorrupt):
		return OutcomeDamaged
	case errors.Is(err, eventstore.ErrDiskFull):
		return OutcomeDiskFull
	case errors.As(err, &refused), errors.As(err, &problems), refusedByHistory(err):
		return OutcomeRefused
	case errors.As(err, &none):
		return OutcomeNoLedger
	case errors.Is(err, eventstore.ErrSubscriberExists):
		return OutcomeRefused
	case errors.As(err, &wrong):
		return OutcomeWrong
	case notFound(err):
		return OutcomeNotFound
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, eventstore.ErrClosed):
		return OutcomeStopped
	}
	return OutcomeFailed
}

// notFound says whether an error is that there is nothing of the name that was asked for.
func notFound(err error) bool {
	var (
		payout *NoPayoutError
		policy *report.UnknownPolicyError
		why    *projections.WhyError
		party  *projections.UnknownPartyError
		beyond *AsOfError
	)
	return errors.As(err, &party) || errors.As(err, &beyond) || errors.As(err, &payout) || errors.As(err, &policy) || errors.As(err, &why) && why.Unknown ||
		errors.Is(err, projections.ErrUnknownEntity) || errors.Is(err, eventstore.ErrNoSubscriber)
}

// refusedByHistory says whether a question is one that the history or its models have no answer to.
func refusedByHistory(err error) bool {
	var (
		rate   *compensation.RateError
		value  *compensation.ValueError
		large  *compensation.LargeError
		digits *compensation.DigitsError
		target *replay.TargetError
		twice  *replay.TwiceError
		seek   *replay.SeekError
		rows   *replay.RowsError
	)
	return errors.As(err, &rate) || errors.As(err, &value) || errors.As(err, &large) || errors.As(err, &digits) ||
		errors.As(err, &target) || errors.As(err, &twice) || errors.As(err, &seek) || errors.As(err, &rows)
}

// RefusedFor says in one word what a command was refused for: the part of the record or the command that the first problem is about (actor,
// data, payout, …), "missing" where something that it refers to is not there, and otherwise its outcome. Like that, it names nobody.
func RefusedFor(err error) string {
	var (
		refused  *RefusedError
		problems domain.Problems
	)
	if errors.As(err, &refused) {
		problems = refused.Report.Problems
	}
	if len(problems) == 0 && !errors.As(err, &problems) || len(problems) == 0 {
		return string(OutcomeOf(err))
	}
	if problems[0].Missing != "" {
		return "missing"
	}
	field, _, _ := strings.Cut(problems[0].Field, ".")
	if refusedFields.Has(field) {
		return field
	}
	return string(OutcomeRefused) // an unknown field is named by its sender: it could say anything
}

// refusedFields are the parts of a record and of a command on payouts. It must not be changed.
var refusedFields = domain.Codes{"id", "type", "authority", "entity", "effective", "recorded", "actor", "data", "payout", "version", "provider", fieldKey}

// Act is a question or a command that has ended.
type Act struct {
	Name    string // of the question or command; "other" for a question that there is not
	Command bool
	Took    time.Duration
	Err     error // nil: answered, or carried out
}

// Outcome returns how it ended. A command whose caller went away before it was told may have been carried out.
func (a Act) Outcome() Outcome {
	o := OutcomeOf(a.Err)
	if a.Command && o == OutcomeStopped {
		return OutcomeUnknown
	}
	return o
}

// acted tells Config.Acted of what began at a time and ended with *err, where somebody wants to know. It is to be deferred.
func (l *Local) acted(command bool, name string, began time.Time, err *error) {
	if l.config.Acted != nil {
		l.config.Acted(Act{Name: name, Command: command, Took: time.Since(began), Err: *err})
	}
}

// The commands, as an Act names them. One on payouts is named by its action: payout-approve.
const (
	CommandRecord     = "record"
	commandImport     = "import"
	commandExport     = "export"
	commandCheckpoint = "checkpoint"
	commandPayout     = "payout-"
	commandSubscriber = "subscriber-"
	nameOther         = "other"
	questionTables    = "tables" // beside those that a Request asks
)

// name is the question's name if there is such a one.
func (r Request) name() string {
	if answers[r.Question] != nil || healthAnswers[r.Question] != nil || r.Question == QuestionVerify || r.Question == QuestionAccess || r.Question == QuestionAuthority {
		return r.Question
	}
	return nameOther
}

// name is the command's name if there is such a one.
func (r PayoutRequest) name() string {
	if PayoutActions.Has(r.Action) {
		return commandPayout + r.Action
	}
	return commandPayout + nameOther
}
