package domain

import "fmt"

// Performed time: visits, time reports and the time reports of home health care. There are many, nothing else depends on them, and each
// is known by its key and minutes.

// PerformedKey is what performed minutes are summed by within a case or patient.
type PerformedKey struct {
	Unit, Category, Band string
	Month                Month
}

// PerformedKind says which event performed time came with.
type PerformedKind uint8

const (
	PerformedVisit PerformedKind = iota
	PerformedReport
	PerformedHealth
	performedKinds
)

func (k PerformedKind) typ() Type {
	return [...]Type{TypeVisitPerformed, TypeTimeReported, TypeHealthTimeReported}[k]
}

// PerformedEvent is what one event of performed time says.
type PerformedEvent struct {
	Performed
	Kind PerformedKind
	// Of home health care.
	Profession, ActivityCode string
	Delegated                bool
}

// PerformedBy returns what an event of performed time says; false for any other event.
func PerformedBy(e *Event) (PerformedEvent, bool) {
	if !isPerformed(e.Data) {
		return PerformedEvent{}, false
	}
	return performedEventOf(e.Data), true
}

// PerformedAfter returns what performed time of a kind is known to say from e on, which corrects or annuls it and was accepted before it
// was written; ok is false where e annuls it.
func PerformedAfter(e *Event, kind PerformedKind) (p PerformedEvent, ok bool, err error) {
	c, ps := resolve(e, kind.typ(), e.Effective, false)
	if len(ps) > 0 {
		return p, false, ps
	}
	if c.annul {
		return p, false, nil
	}
	return performedEventOf(c.data), true, nil
}

func performedEventOf(data payload) (p PerformedEvent) {
	p.PerformedKey, p.Minutes, p.Kind = performedOf(data)
	if d, ok := data.(*HealthTimeReported); ok {
		p.Profession, p.ActivityCode, p.Delegated = d.Profession, d.ActivityCode, *d.Delegated
	}
	return p
}

func isPerformed(data payload) bool {
	switch data.(type) {
	case *VisitPerformed, *TimeReported, *HealthTimeReported:
		return true
	}
	return false
}

// performedOf reads the key and minutes.
func performedOf(data payload) (key PerformedKey, minutes int, kind PerformedKind) {
	switch d := data.(type) {
	case *VisitPerformed:
		return PerformedKey{d.Unit, d.Category, d.Band, LocalMonth(d.Arrived)}, d.Minutes(), PerformedVisit
	case *TimeReported:
		return PerformedKey{d.Unit, d.Category, d.Band, d.Month}, *d.Minutes, PerformedReport
	case *HealthTimeReported:
		return PerformedKey{d.Unit, d.Kind, BandHealth, d.Month}, *d.Minutes, PerformedHealth
	}
	panic("domain: not performed time")
}

// performedTime holds the performed time of a case or patient, 24 bytes an event.
type performedTime struct {
	keys  []PerformedKey
	index map[PerformedKey]uint32
	usage [][performedKinds]int32 // per key: how many events of each kind
	times []performedEvent        // in log order
}

type performedEvent struct {
	sequence uint64
	id       uint64 // ShortID
	key      uint32
	minutes  int32 // -1: annulled
	kind     PerformedKind
}

// name says which event it is, in a refusal; its id is not kept.
func (v *performedEvent) name() string {
	return fmt.Sprintf("sequence %d (%s)", v.sequence, v.kind.typ())
}

func (p *performedTime) keyOf(k PerformedKey) uint32 {
	i, ok := p.index[k]
	if !ok {
		if p.index == nil {
			p.index = map[PerformedKey]uint32{}
		}
		i = uint32(len(p.keys))
		p.index[k] = i
		p.keys, p.usage = append(p.keys, k), append(p.usage, [performedKinds]int32{})
	}
	return i
}

func (p *performedTime) add(id string, sequence uint64, data payload) {
	k, minutes, kind := performedOf(data)
	key := p.keyOf(k)
	p.usage[key][kind]++
	p.times = append(p.times, performedEvent{sequence, ShortID(id), key, int32(minutes), kind})
}

func (p *performedTime) find(id string) *performedEvent {
	if len(p.times) == 0 {
		return nil
	}
	short := ShortID(id)
	for i := len(p.times) - 1; i >= 0; i-- { // corrections mostly concern what is recent
		if p.times[i].id == short {
			return &p.times[i]
		}
	}
	return nil
}

func (p *performedTime) correct(v *performedEvent, c correction) {
	p.usage[v.key][v.kind]--
	if c.annul {
		v.minutes = -1
		return
	}
	k, minutes, _ := performedOf(c.data)
	v.key, v.minutes = p.keyOf(k), int32(minutes)
	p.usage[v.key][v.kind]++
}

// clash says why minutes under k cannot be registered: the second kind, or a second report. Home health care is reported by profession and
// activity, so that many reports share a key.
func (p *performedTime) clash(k PerformedKey, kind PerformedKind, without *performedEvent) string {
	i, ok := p.index[k]
	if !ok || kind == PerformedHealth {
		return ""
	}
	u := p.usage[i]
	if without != nil && without.key == i {
		u[without.kind]--
	}
	where := "unit " + k.Unit + ", " + k.Month.String() + ", " + k.Category + ", " + k.Band
	switch {
	case kind == PerformedReport && u[PerformedReport] > 0:
		return "a time report for " + where + " stands already; correct that one instead"
	case kind == PerformedReport && u[PerformedVisit] > 0:
		return "visits for " + where + " stand already; a month is reported as visits or as one sum, not both"
	case kind == PerformedVisit && u[PerformedReport] > 0:
		return "a time report for " + where + " stands already; a month is reported as visits or as one sum, not both"
	}
	return ""
}
