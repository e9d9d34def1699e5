package projections

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"careledger/domain"
	"careledger/eventstore"
)

// Accesses is who was shown which cases and patients of an authority's ledger, when, and for which purpose.
type Accesses struct {
	Authority string       `json:"authority"`
	Sequence  uint64       `json:"sequence"` // of the last event of the access log that was read
	Root      string       `json:"root"`     // of the access log there, hex
	Accesses  []AccessRead `json:"accesses"` // in log order
}

// AccessRead is one answer that was shown.
type AccessRead struct {
	Sequence uint64    `json:"sequence"` // on the access log; of the first event where it is several
	ID       string    `json:"id"`
	Recorded time.Time `json:"recorded"`
	Actor    string    `json:"actor"`
	Question string    `json:"question"`
	domain.CasesRead
}

// AccessQuery asks for a part of an access log. The zero value asks for all of it.
type AccessQuery struct {
	From, To domain.Date   // days in Sweden; 0 for no bound
	Actor    string        // who read; "" for all
	Entity   domain.Entity // what was shown; "" for all
}

// ReadAccesses reads an access log up to its head. Errors: *domain.UnknownEventError; those of reading the log.
func ReadAccesses(ctx context.Context, log *eventstore.Log, q AccessQuery) (*Accesses, error) {
	head := log.Head()
	a := &Accesses{Authority: log.Authority(), Sequence: head.Sequence, Root: hex.EncodeToString(head.Root[:]), Accesses: []AccessRead{}}
	var answer *AccessRead // the parts of one answer follow each other
	take := func() {
		if answer != nil && q.asks(answer) {
			a.Accesses = append(a.Accesses, *answer)
		}
		answer = nil
	}
	err := log.Read(ctx, 1, head.Sequence, func(raw eventstore.Event) error {
		e, err := domain.DecodeAccess(raw.Sequence, domain.Type(raw.Type), raw.Data)
		if err != nil {
			return err
		}
		if answer != nil && answer.ID == e.Correlation {
			answer.Entities = append(answer.Entities, e.Entities...)
			return nil
		}
		take()
		answer = &AccessRead{e.Sequence, e.ID, e.Recorded, e.Actor, e.Question, e.CasesRead}
		return nil
	})
	take()
	if err != nil {
		return nil, fmt.Errorf("read the access log of %s: %w", a.Authority, err)
	}
	return a, nil
}

func (q *AccessQuery) asks(a *AccessRead) bool {
	day := domain.LocalDate(a.Recorded)
	return (q.From == 0 || day >= q.From) && (q.To == 0 || day <= q.To) && (q.Actor == "" || a.Actor == q.Actor) &&
		(q.Entity == "" || slices.Contains(a.Entities, q.Entity))
}

// Entities returns the cases, patients and payouts that the accesses name, each once, sorted.
func (a *Accesses) Entities() (all []domain.Entity) {
	for i := range a.Accesses {
		all = append(all, a.Accesses[i].Entities...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
