package web

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

// trailKinds are the kinds of entity that have a trail, in the order that they are asked for.
var trailKinds = domain.Codes{string(domain.KindCase), string(domain.KindPatient), string(domain.KindProvider), string(domain.KindPolicy), string(domain.KindPayout), string(domain.KindAgreement), string(domain.KindGrant)}

// trailPage shows every event of one entity, with what each changed, as it was known and as it held at two days that are chosen apart. event is the
// number of one that the page opens at.
func trailPage() *page {
	return &page{path: "/trail", title: "web.trail", name: "trail", asks: domain.Codes{"kind", "id", "held-on", "event"}, answer: trail}
}

// trailView is what the page shows.
type trailView struct {
	voice
	Kinds    []choiceView
	Kind, ID string
	HeldOn   dayView
	KnownOn  dayView
	Hidden   []hiddenView // the rest of the filter, which holds
	Events   []eventView
	Asked    bool   // whether an entity was named
	Left     string // how many events are not shown, since they hold from later on
	Foot     []factView
}

type hiddenView struct{ Name, Value string }

// dayView is a day to choose, with the range of a slider.
type dayView struct {
	voice
	Name, Label, Hint, Value string
	Date                     bool // Value is a day or nothing: it can be chosen as one
	First, Last              string
}

// eventView is an event of a trail.
type eventView struct {
	voice
	ID, Number, Type, Code, Effective, Recorded, Actor string
	Touches                                            string // address of what it touched
	Cause                                              string // id of another event that caused it
	Struck                                             string // that it does not stand, "" where it does
	Here                                               bool   // it is the one that was asked for
	Changes                                            []changeView
}

// changeView is what an event changed: After says so where nothing is left.
type changeView struct{ Name, Before, After string }

func trail(v *visit) (*view, error) {
	content := &trailView{voice: v.voice, Kind: v.own.Get("kind"), ID: v.own.Get("id")}
	for _, k := range trailKinds {
		content.Kinds = append(content.Kinds, choiceView{k, v.Say("web.kind_" + k), k == content.Kind})
	}
	for name, words := range v.filter.values() {
		if name != "as-of" {
			content.Hidden = append(content.Hidden, hiddenView{name, words[0]})
		}
	}
	heldOn, at, err := v.trailWords()
	if err != nil {
		return nil, wrongAddress(err)
	}
	if content.ID == "" {
		if v.as != asPage {
			return nil, wrongAddress(wrongly("id", "wrong.whose_trail"))
		}
		content.days(v, nil)
		return &view{title: v.Say("web.trail"), content: content}, nil
	}
	content.Asked = true
	r := v.ask(ledger.QuestionTrail)
	r.Entity = content.Kind + "/" + content.ID
	t, err := document[*projections.Trail](v, r)
	if err != nil {
		return nil, err
	}
	events, err := heldBy(t.Events, heldOn)
	if err != nil {
		return nil, err
	}
	if left := len(t.Events) - len(events); left > 0 {
		content.Left = fmt.Sprintf("%s: %d.", v.Say("web.held_later"), left)
	}
	content.days(v, t.Events)
	rows := &table{elsewhere: true, caption: v.Say("web.events"), columns: v.columns(""), rows: v.trailRows(events)}
	if v.as == asPage {
		after := 0
		for i := range events {
			if events[i].Sequence == at {
				after = i / rowsOfPage * rowsOfPage
			}
		}
		if v.from != nil {
			after = min(v.from.After, len(events))
		}
		last := min(after+rowsOfPage, len(events))
		if last < len(events) {
			rows.next = v.here(asPage, url.Values{"event": nil, "page": {cursor{last, t.AsOf.Sequence}.String()}})
		}
		for i := after; i < last; i++ {
			content.Events = append(content.Events, v.event(&events[i], at))
		}
		command := "careledger trail " + string(t.Entity) + " --authority " + t.Authority + fmt.Sprintf(" --as-of-sequence %d", t.AsOf.Sequence)
		content.Foot = []factView{{Label: v.Say("why.again"), Value: command}}
	}
	return &view{title: fmt.Sprintf("%s: %s", v.Say("web.trail"), t.Entity), authority: t.Authority, asOf: t.AsOf, content: content, tables: []*table{rows}}, nil
}

// trailWords reads the page's own words: the day that is held on, 0 for any, and the event that it opens at.
func (v *visit) trailWords() (heldOn domain.Date, at uint64, err error) {
	var errs []error
	if kind := v.own.Get("kind"); kind != "" && !trailKinds.Has(kind) {
		errs = append(errs, wrongly("kind", "wrong.one_of", kind, trailKinds))
	}
	switch id := v.own.Get("id"); {
	case id != "" && v.own.Get("kind") == "":
		errs = append(errs, wrongly("kind", "wrong.whose_trail"))
	case id != "":
		if _, err := domain.ParseEntity(v.own.Get("kind") + "/" + id); err != nil {
			errs = append(errs, wrongly("id", "wrong.id", id))
		}
	}
	if day := v.own.Get("held-on"); day != "" {
		if heldOn, err = domain.ParseDate(day); err != nil {
			errs = append(errs, wrongly("held-on", "wrong.day"))
		}
	}
	if n := v.own.Get("event"); n != "" {
		if _, err := fmt.Sscanf(n, "%d", &at); err != nil || fmt.Sprint(at) != n {
			errs = append(errs, wrongly("event", "wrong.event_number", n))
		}
	}
	return heldOn, at, errors.Join(errs...)
}

// heldBy leaves the events that hold by a day, all for 0. A correction is knowledge of another event, and stays where that one does.
func heldBy(all []projections.TrailEvent, day domain.Date) (held []projections.TrailEvent, err error) {
	if day == 0 {
		return all, nil
	}
	left := map[string]bool{}
	for _, e := range all {
		target, err := concerns(&e)
		if err != nil {
			return nil, err
		}
		if target == "" && e.Effective > day || left[target] {
			left[e.ID] = true
			continue
		}
		held = append(held, e)
	}
	return held, nil
}

// concerns returns the id of the event that another one corrects, annuls or reverses, "" for none.
func concerns(e *projections.TrailEvent) (string, error) {
	var said struct {
		Event   string `json:"event"`
		Premium string `json:"premium"`
	}
	switch e.Type {
	case domain.TypeEventCorrected, domain.TypeEventAnnulled, domain.TypePremiumReversed:
		if err := json.Unmarshal(e.Data, &said); err != nil {
			return "", fmt.Errorf("event %d: %w", e.Sequence, err)
		}
	}
	return said.Event + said.Premium, nil
}

// days fills in the two days: sliders run over what the trail holds.
func (c *trailView) days(v *visit, events []projections.TrailEvent) {
	c.HeldOn = dayView{voice: v.voice, Name: "held-on", Label: v.Say("web.held_on"), Hint: v.Say("web.held_on_hint"), Value: v.own.Get("held-on"), Date: true}
	c.KnownOn = dayView{voice: v.voice, Name: "as-of", Label: v.Say("web.as_of"), Hint: v.Say("web.known_on_hint"), Value: v.filter.AsOf}
	_, err := domain.ParseDate(v.filter.AsOf)
	c.KnownOn.Date = err == nil || v.filter.AsOf == ""
	today := domain.LocalDate(time.Now())
	for i := range events {
		first, last := events[i].Effective, domain.LocalDate(events[i].Recorded)
		if i == 0 {
			c.HeldOn.First, c.HeldOn.Last, c.KnownOn.First = first.String(), first.String(), last.String()
		}
		c.HeldOn.First, c.HeldOn.Last = min(c.HeldOn.First, first.String()), max(c.HeldOn.Last, first.String())
	}
	if len(events) > 0 {
		c.KnownOn.Last, c.HeldOn.Last = today.String(), max(c.HeldOn.Last, today.String())
	}
}

// event is an event as the page shows it.
func (v *visit) event(e *projections.TrailEvent, at uint64) eventView {
	shown := eventView{voice: v.voice, ID: fmt.Sprint("e", e.Sequence), Number: v.number(fmt.Sprint(e.Sequence)), Type: v.eventType(string(e.Type)), Code: e.ID, Effective: v.shown(date, e.Effective.String()), Recorded: words.Moment(e.Recorded), Actor: e.Actor,
		Touches: v.link("/event", url.Values{"id": {e.ID}}), Here: e.Sequence == at}
	if e.Causation != e.ID {
		shown.Cause = e.Causation
	}
	if e.State != "standing" {
		shown.Struck = fmt.Sprintf("%s %s %s", v.Say("web.state_"+e.State), v.Say("why.by"), e.StateBy)
	}
	for _, c := range e.Changes {
		name, before, after := v.Lang.Change(c)
		shown.Changes = append(shown.Changes, changeView{name, before, cmp.Or(after, v.Say("why.none"))})
	}
	return shown
}

// trailRows has a row a change, and one for an event that changed nothing.
func (v *visit) trailRows(events []projections.TrailEvent) iter.Seq[[]cell] {
	return func(yield func([]cell) bool) {
		for i := range events {
			e := &events[i]
			changes := e.Changes
			if len(changes) == 0 {
				changes = []domain.Change{{}}
			}
			for _, c := range changes {
				name, before, after := v.Lang.Change(c)
				if !yield([]cell{plainCell(fmt.Sprint(e.Sequence)), plainCell(e.ID), {plain: string(e.Type), word: v.eventType(string(e.Type))}, plainCell(e.Effective.String()),
					plainCell(e.Recorded.UTC().Format(time.RFC3339Nano)), plainCell(e.Actor), plainCell(e.Causation), {plain: e.State, word: v.Say("web.state_" + e.State)}, plainCell(e.StateBy),
					{plain: c.Name.String(), word: name}, {plain: c.Before.String(), word: before}, {plain: c.After.String(), word: after}}) {
					return
				}
			}
		}
	}
}

// trail is the address of the trail of an entity, kind/id.
func (v *visit) trail(entity string) string {
	kind, id, _ := strings.Cut(entity, "/")
	return v.link("/trail", url.Values{"kind": {kind}, "id": {id}})
}

// trailAt is the address of an event in the trail of its entity.
func (v *visit) trailAt(entity string, sequence uint64) string {
	kind, id, _ := strings.Cut(entity, "/")
	return v.link("/trail", url.Values{"kind": {kind}, "id": {id}, "event": {fmt.Sprint(sequence)}}) + fmt.Sprint("#e", sequence)
}

// eventType is what an event of a type is called.
func (v voice) eventType(code string) string { return v.Lang.Word("event_type", code) }
