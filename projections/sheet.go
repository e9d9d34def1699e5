package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"careledger/domain"
)

// Sheet is what the information sheet of a decision says: what was granted, by whom it is carried out and to what end, on one day and
// as known at one moment. It holds codes, numbers and names as they were registered; the words around them are the reader's own. A
// person appears by pseudonym only.
type Sheet struct {
	Authority    string           `json:"authority"`
	AsOf         Moment           `json:"as_of"`
	Entity       domain.Entity    `json:"entity"`
	Person       string           `json:"person"`
	On           domain.Date      `json:"on"` // the day that unit and goals are of
	Decision     string           `json:"decision"`
	From         domain.Date      `json:"from"`
	Last         domain.Date      `json:"last_day,omitzero"` // 0 while open
	Supersedes   string           `json:"supersedes,omitzero"`
	SupersededBy string           `json:"superseded_by,omitzero"`
	Method       string           `json:"method"`
	FrameMinutes int              `json:"frame_minutes,omitzero"` // a whole month's; frame-time only
	Provider     Named            `json:"provider"`
	Unit         Named            `json:"unit"`
	Services     []domain.Service `json:"services"`
	Goals        []domain.Goal    `json:"goals"` // open on the day, in the order in which they were set
	Made         Registration     `json:"made"`
	Corrected    *Registration    `json:"corrected,omitzero"` // the last correction of what the decision says
}

// Named is a party with its name, which is the id where the unit was not registered as known then.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Registration says who registered an event, and when.
type Registration struct {
	Event    string    `json:"event"`
	Sequence uint64    `json:"sequence"`
	Actor    string    `json:"actor"`
	Recorded time.Time `json:"recorded"`
}

// SheetQuery asks for a decision's sheet.
type SheetQuery struct {
	AsOf     AsOf
	Entity   domain.Entity
	Decision string      // "": the one in force on On, or without On the case's latest
	On       domain.Date // 0: the day of the as-of in Sweden, but no earlier than the decision's first day and no later than its last
}

// ErrNoSuchDecision matches every *DecisionError.
var ErrNoSuchDecision = errors.New("no such decision")

// DecisionError says that a case has no decision, or no single one, that a sheet was asked for.
type DecisionError struct {
	Entity domain.Entity
	Reason string
}

func (e *DecisionError) Error() string { return fmt.Sprintf("%s: %s", e.Entity, e.Reason) }

// Is reports a match with ErrNoSuchDecision.
func (e *DecisionError) Is(target error) bool { return target == ErrNoSuchDecision }

// Sheet reads a case from the log and returns what the sheet of one of its decisions says. Errors: *UnknownEntityError, *DecisionError;
// those of reading the log.
func (t *Table) Sheet(ctx context.Context, q SheetQuery) (*Sheet, error) {
	s := t.snapshot()
	v := s.visibility(q.AsOf)
	state, _, err := s.stateAt(v)
	if err != nil {
		return nil, err
	}
	c, registered, corrected := domain.NewCase(q.Entity), map[string]Registration{}, map[string]Registration{}
	if q.Entity.Kind() == domain.KindCase {
		err = t.eachEvent(ctx, s, v, q.Entity, func(e *domain.Event, _ []byte) error {
			r := Registration{e.ID, e.Sequence, e.Actor, e.Recorded}
			if registered[e.ID] = r; e.Corrects() != "" {
				corrected[e.Corrects()] = r
			}
			return c.Apply(e)
		})
	}
	if err != nil {
		return nil, err
	}
	if len(registered) == 0 {
		return nil, &UnknownEntityError{t.authority, q.Entity, v.moment}
	}
	d, err := chosen(c.Decisions(), q)
	if err != nil {
		return nil, err
	}
	sheet := &Sheet{Authority: t.authority, AsOf: v.moment, Entity: q.Entity, On: q.On, Decision: d.Decision, From: d.From,
		Supersedes: d.Supersedes, SupersededBy: d.SupersededBy, Method: d.Method, Services: d.Services, Made: registered[d.Event]}
	if opened, ok := c.Opened(); ok {
		sheet.Person = opened.Person
	}
	if d.Last != domain.MaxDate {
		sheet.Last = d.Last
	}
	if d.Method == domain.MethodFrameTime {
		sheet.FrameMinutes = d.FrameMinutes
	}
	if sheet.On == 0 {
		sheet.On = max(d.From, min(d.Last, domain.LocalDate(v.moment.Recorded)))
	}
	if r, ok := corrected[d.Event]; ok {
		sheet.Corrected = &r
	}
	sheet.Provider.ID, sheet.Unit.ID = c.CarriedOutBy(d.Decision, sheet.On)
	sheet.Provider.Name, sheet.Unit.Name = sheet.Provider.ID, sheet.Unit.ID
	if u, ok := state.Parties.Unit(sheet.Unit.ID); ok {
		sheet.Provider.Name, sheet.Unit.Name = u.ProviderName, u.Name
	}
	sheet.Goals = c.GoalsOn(d.Decision, sheet.On)
	return sheet, nil
}

// chosen returns the decision that a sheet is asked for.
func chosen(all []domain.Decision, q SheetQuery) (domain.Decision, error) {
	no := func(format string, args ...any) (domain.Decision, error) {
		return domain.Decision{}, &DecisionError{q.Entity, fmt.Sprintf(format, args...)}
	}
	if len(all) == 0 {
		return no("no decision was made in this case as known then; choose a later --as-of, or another case")
	}
	if q.Decision == "" && q.On == 0 {
		return all[len(all)-1], nil
	}
	var fit []domain.Decision
	for _, d := range all {
		if (q.Decision == "" || d.Decision == q.Decision) && (q.On == 0 || d.From <= q.On && q.On <= d.Last) {
			fit = append(fit, d)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		return no("on %s %d decisions are in force; choose one with --decision: %s", q.On, len(fit), spans(fit))
	case q.On != 0 && q.Decision != "":
		return no("decision %s is not in force on %s; the case has %s", q.Decision, q.On, spans(all))
	case q.On != 0:
		return no("no decision is in force on %s; the case has %s", q.On, spans(all))
	}
	return no("there is no decision %s as known then; the case has %s", q.Decision, spans(all))
}

// spans lists decisions with their days.
func spans(all []domain.Decision) string {
	words := make([]string, len(all))
	for i, d := range all {
		words[i] = fmt.Sprintf("%s (from %s", d.Decision, d.From)
		switch {
		case d.Last < d.From:
			words[i] += ", never in force"
		case d.Last != domain.MaxDate:
			words[i] += fmt.Sprintf(" to %s", d.Last)
		}
		words[i] += ")"
	}
	return strings.Join(words, ", ")
}
