package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

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

// PerformedFold is what a fact table keeps of an event about performed time, which is all that a state keeps of it.
type PerformedFold struct {
	Sequence uint64
	Recorded time.Time
	ID       uint64 // ShortID of the event's
	Corrects uint64 // sequence of the performed time that it corrects or annuls; 0 where it is performed time itself
	Annuls   bool
	Performed
	Kind PerformedKind
}

// PerformedBy returns what the data of an event of performed time says; false for that of any other event.
func PerformedBy(data any) (PerformedEvent, bool) {
	said, is := data.(payload)
	if !is || !isPerformed(said) {
		return PerformedEvent{}, false
	}
	return performedEventOf(said), true
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

// performedTime holds the performed time of a case or patient. An import holds that of every case its file is about, so it is kept small:
// 24 bytes an event and 28 a key.
type performedTime struct {
	words []string         // units, categories and bands: few in one case
	sums  []performedSum   // one a key, in order of their first event
	times []performedEvent // in log order
}

// performedSum is a key, its words as positions in words, and how many events of each kind stand under it.
type performedSum struct {
	unit, category, band uint32
	month                Month
	usage                [performedKinds]int32
}

type performedEvent struct {
	sequence uint64
	id       uint64 // ShortID
	under    uint32 // position in sums, times performedKinds, plus the kind
	minutes  int32  // -1: annulled
}

func (v *performedEvent) key() int            { return int(v.under) / int(performedKinds) }
func (v *performedEvent) kind() PerformedKind { return PerformedKind(v.under % uint32(performedKinds)) }

func under(key int, kind PerformedKind) uint32 {
	return uint32(key)*uint32(performedKinds) + uint32(kind)
}

// name says which event it is, in a refusal; its id is not kept.
func (v *performedEvent) name() string {
	return fmt.Sprintf("sequence %d (%s)", v.sequence, v.kind().typ())
}

// key returns the key at a position in sums.
func (p *performedTime) key(i int) PerformedKey {
	s := &p.sums[i]
	return PerformedKey{p.words[s.unit], p.words[s.category], p.words[s.band], s.month}
}

// findKey returns the position of a key in sums, -1 for none. It looks from the last one: what is registered is mostly of the month before.
func (p *performedTime) findKey(k PerformedKey) int {
	for i := len(p.sums) - 1; i >= 0; i-- {
		if s := &p.sums[i]; s.month == k.Month && p.words[s.unit] == k.Unit && p.words[s.category] == k.Category && p.words[s.band] == k.Band {
			return i
		}
	}
	return -1
}

func (p *performedTime) keyOf(k PerformedKey) int {
	i := p.findKey(k)
	if i < 0 {
		i = len(p.sums)
		p.sums = append(p.sums, performedSum{unit: p.word(k.Unit), category: p.word(k.Category), band: p.word(k.Band), month: k.Month})
	}
	return i
}

func (p *performedTime) word(w string) uint32 {
	i := slices.Index(p.words, w)
	if i < 0 {
		i = len(p.words)
		p.words = append(p.words, strings.Clone(w)) // of its own, not a part of a record
	}
	return uint32(i)
}

func (p *performedTime) add(id, sequence uint64, of Performed, kind PerformedKind) {
	key := p.keyOf(of.PerformedKey)
	p.sums[key].usage[kind]++
	p.times = append(p.times, performedEvent{sequence, id, under(key, kind), int32(of.Minutes)})
}

// at returns the performed time of a sequence, nil for none.
func (p *performedTime) at(sequence uint64) *performedEvent {
	i, found := slices.BinarySearchFunc(p.times, sequence, func(v performedEvent, sequence uint64) int { return cmp.Compare(v.sequence, sequence) })
	if !found {
		return nil
	}
	return &p.times[i]
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

func (p *performedTime) annul(v *performedEvent) {
	p.sums[v.key()].usage[v.kind()]--
	v.minutes = -1
}

func (p *performedTime) correct(v *performedEvent, to Performed) {
	kind := v.kind()
	p.sums[v.key()].usage[kind]--
	key := p.keyOf(to.PerformedKey)
	v.under, v.minutes = under(key, kind), int32(to.Minutes)
	p.sums[key].usage[kind]++
}

// clash says why minutes under k cannot be registered: the second kind, or a second report. Home health care is reported by profession and
// activity, so that many reports share a key.
func (p *performedTime) clash(k PerformedKey, kind PerformedKind, without *performedEvent) string {
	if kind == PerformedHealth {
		return ""
	}
	i := p.findKey(k)
	if i < 0 {
		return ""
	}
	u := p.sums[i].usage
	if without != nil && without.key() == i {
		u[without.kind()]--
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
