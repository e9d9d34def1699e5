package ledger

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// Reading is an event. Whatever names a case or a patient of home health care in an answer goes through here: who asked, when and what for is on the
// authority's access log, durable, before the first byte of the answer is shown; where that cannot be written, nothing is shown. What names none
// (sums, counts, lists of payouts and policies, files for the bank and the accounting system, a provider's statement) is not recorded. A verification is
// not either: it names the events with something wrong, and nothing that they say (decisions.md, 8).

// Reader is who asks, and what for, as they or their program say. Nothing is refused to anybody yet: this is where users and roles would be asked.
type Reader struct {
	Actor   string `json:"actor,omitempty"`   // opaque id
	Purpose string `json:"purpose,omitempty"` // see domain.CheckPurpose
}

// ErrNoPurpose says that an answer shows cases or patients, and nobody has said what for. errNoActor says that nobody has said who asks.
var (
	ErrNoPurpose = errors.New("--purpose is required: this answer shows cases or patients, and the ledger keeps who has read what and for which purpose; " +
		"say it in words, for example --purpose \"complaint 2026-114\" (or in the variable CARELEDGER_PURPOSE for all commands of a session)")
	errNoActor = errors.New("--actor is required: this answer shows cases or patients, and the ledger keeps who has read what; name yourself by an opaque id, for example --actor auditor-1")
)

// check refuses a reader who may not be shown a case: one who does not say who they are, or what for.
func (r Reader) check() error {
	var errs []error
	if r.Actor == "" {
		errs = append(errs, errNoActor)
	} else if err := domain.CheckActor(r.Actor); err != nil {
		errs = append(errs, &FieldError{"actor", err})
	}
	if r.Purpose == "" {
		errs = append(errs, ErrNoPurpose)
	} else if err := domain.CheckPurpose(r.Purpose); err != nil {
		errs = append(errs, &FieldError{"purpose", err})
	}
	if err := errors.Join(errs...); err != nil {
		return &Wrong{err}
	}
	return nil
}

// answer is what a question is answered with. Nothing of it leaves Ask or Read before what it shows is on the access log.
type answer struct {
	document any     // see Local.Read
	shows    []shown // by log
	write    func(io.Writer) error
}

// shown is what an answer names of one authority's log: cases and patients, and beside them the payouts that it is about. An answer that names no
// case or patient has none.
type shown struct {
	authority string
	from      domain.ReadLog
	asOf      *domain.ReadMoment
	entities  []domain.Entity
}

// shown returns what an answer as of a moment names of a log.
func (o *openLog) shown(asOf projections.Moment, entities ...domain.Entity) shown {
	head := o.log.Head()
	return shown{authority: o.log.Authority(), from: domain.ReadLog{Origin: eventstore.Origin(o.log.Authority()), Sequence: head.Sequence, Root: hex.EncodeToString(head.Root[:])},
		asOf: &domain.ReadMoment{Sequence: asOf.Sequence, Recorded: asOf.Text()}, entities: entities}
}

// persons says whether anybody is among them.
func (s *shown) persons() bool { return slices.ContainsFunc(s.entities, domain.Entity.OfPerson) }

// show returns once an answer to r is on the access log of each authority whose cases or patients it shows: only then may it be written or read.
func (l *Local) show(ctx context.Context, r Request, a *answer) error {
	by := r.reader()
	for i := range a.shows {
		if !a.shows[i].persons() {
			continue
		}
		if err := by.check(); err != nil {
			return err
		}
		if err := l.access(ctx, by, r.Question, r.arguments(), &a.shows[i]); err != nil {
			return fmt.Errorf("authority %s: that this is read could not be written to the access log, so nothing is shown: %w", a.shows[i].authority, err)
		}
	}
	return nil
}

// reader is who asks, and what for: to read an access log is what it is there for, where nothing else is said.
func (r Request) reader() Reader {
	if r.Question == QuestionAccess {
		r.Purpose = cmp.Or(r.Purpose, reviewPurpose)
	}
	return r.Reader
}

// access puts a reading on the access log of an authority, and returns when it is durable there. A reading whose outcome is not known may stand there
// although nothing was shown: too much is said, never too little.
func (l *Local) access(ctx context.Context, by Reader, question string, arguments any, s *shown) error {
	raw, err := json.Marshal(arguments, json.Deterministic(true))
	if err != nil {
		return err
	}
	a := domain.Access{Authority: s.authority, Question: question, Recorded: time.Now().UTC(), Actor: by.Actor,
		CasesRead: domain.CasesRead{Purpose: by.Purpose, Arguments: raw, AsOf: s.asOf, Log: s.from, Entities: s.entities}}
	parts := a.InParts(uuid.NewString)
	messages := make([]eventstore.Message, len(parts))
	for i := range parts {
		data, err := parts[i].Encode()
		if err != nil {
			return err
		}
		messages[i] = eventstore.Message{Entity: string(parts[i].Entity()), Type: string(domain.TypeCasesRead), ID: parts[i].ID, Data: data}
	}
	log, err := l.store.CreateAccessLog(ctx, s.authority)
	if err != nil {
		return err
	}
	for {
		pending, err := l.submitAccess(log, messages)
		if err == nil {
			err = pending.Wait(ctx)
		}
		moved := errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrNeedsRefresh)
		if !moved || ctx.Err() != nil {
			return err
		}
		if _, err := log.Refresh(ctx); err != nil { // another process has written; nothing that a reading says depends on that
			return err
		}
	}
}

// submitAccess takes the next place on an access log. Several may be under way; none waits for the ledger's own writer.
func (l *Local) submitAccess(log *eventstore.Log, messages []eventstore.Message) (*eventstore.Pending, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	return log.Submit(eventstore.Commit{First: log.Next(), Messages: messages})
}
