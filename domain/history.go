package domain

import (
	"fmt"
	"strings"
	"time"
)

// history is what every state keeps of its entity: the original events that fold into it, in log order, with the corrections
// that have been applied to them.
type history struct {
	entries []entry
	last    uint64    // sequence of the entity's last event
	latest  time.Time // recorded of the entity's last event
}

// entry is one original event as it is known now.
type entry struct {
	id        string
	sequence  uint64
	ordinal   int // place among the entries
	typ       Type
	effective Date
	data      payload // as corrected
	annulled  bool
}

// name says which event it is, in a refusal.
func (en *entry) name() string { return fmt.Sprintf("%s (%s)", en.id, en.typ) }

// Last returns the sequence and the recorded time of the entity's last event, zero where it has none.
func (h *history) Last() (uint64, time.Time) { return h.last, h.latest }

func (h *history) note(e *Event) { h.noteAt(e.Sequence, e.Recorded) }

func (h *history) noteAt(sequence uint64, recorded time.Time) {
	h.last = max(h.last, sequence)
	if recorded.After(h.latest) {
		h.latest = recorded
	}
}

func (h *history) add(e *Event) {
	h.entries = append(h.entries, entry{id: e.ID, sequence: e.Sequence, ordinal: len(h.entries), typ: e.Type, effective: e.Effective, data: e.Data})
}

func (h *history) find(id string) *entry {
	for i := range h.entries {
		if h.entries[i].id == id {
			return &h.entries[i]
		}
	}
	return nil
}

// checkOrder refuses a record registered before what its entity already holds.
func (h *history) checkOrder(e *Event, ps *Problems) {
	if e.Recorded.Before(h.latest) {
		ps.add("recorded", "%s is earlier than that of the last event of %s, %s; within an entity recorded never decreases",
			e.Recorded.Format(time.RFC3339Nano), e.Entity, h.latest.Format(time.RFC3339Nano))
	}
}

// correction is an annulment or a correction, resolved to the entry it concerns.
type correction struct {
	target    string
	annul     bool
	data      payload // the corrected data
	effective Date    // of the target under the corrected data
}

// resolve reads the correction that e makes of a target with the given type, effective date and annulled mark.
func resolve(e *Event, t Type, effective Date, annulled bool) (correction, Problems) {
	var ps Problems
	switch d := e.Data.(type) {
	case *EventAnnulled:
		if annulled {
			ps.add("data.event", "event %s is already annulled; an annulled event stays annulled", d.Event)
		}
		return correction{target: d.Event, annul: true}, ps
	case *EventCorrected:
		if annulled {
			ps.add("data.event", "event %s is annulled and stays so; register what happened as a new event", d.Event)
		}
		data, found := decodeData(t, d.Data, "data.data")
		c := correction{target: d.Event, data: data, effective: effective}
		if own, ok := data.(dated); ok && len(found) == 0 {
			_, c.effective = own.ownDate()
		}
		return c, append(ps, found...)
	}
	panic(fmt.Sprintf("domain: %s is no correction", e.Type))
}

// targetID returns the id of the event that e corrects, "" if e is no correction.
func targetID(e *Event) string {
	switch d := e.Data.(type) {
	case *EventAnnulled:
		return d.Event
	case *EventCorrected:
		return d.Event
	}
	return ""
}

// noTarget is the refusal of a correction whose target is not an original event of the entity.
func noTarget(e *Event) Problems {
	return Problems{{Missing: missingEvent(targetID(e)), Field: "data.event", Reason: fmt.Sprintf("%s holds no original event %s; a correction goes into the entity of the event it concerns, and corrections and premiums are not corrected themselves", e.Entity, targetID(e))}}
}

// applied returns the entries as they are known once c holds. The receiver is not changed.
func (h *history) applied(c correction) []entry {
	changed := make([]entry, len(h.entries))
	copy(changed, h.entries)
	for i := range changed {
		if changed[i].id != c.target {
			continue
		}
		if c.annul {
			changed[i].annulled = true
		} else {
			changed[i].data, changed[i].effective = c.data, c.effective
		}
	}
	return changed
}

// corrected names the fields of a correction's own data, given those of the event that it concerns.
func corrected(ps Problems) Problems {
	for i := range ps {
		if rest, below := strings.CutPrefix(ps[i].Field, "data"); below {
			ps[i].Field = "data.data" + rest
		}
	}
	return ps
}

// dependents is the refusal of a correction that would leave later events without something they refer to.
func dependents(e *Event, broken []string) Problems {
	const most = 10
	list := strings.Join(broken[:min(most, len(broken))], ", ")
	if len(broken) > most {
		list += fmt.Sprintf(" and %d more", len(broken)-most)
	}
	return Problems{{Field: "data.event", Reason: fmt.Sprintf("without event %s as it stands, these later events would refer to something that does not exist or is not open: %s; annul or correct them first", targetID(e), list)}}
}
