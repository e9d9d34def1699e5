package domain

import (
	"fmt"
	"slices"
)

// Case is the state of one person's home-care case: what its events say, with corrections applied.
//
// Visits and time reports are by far the most events, so they are kept apart in a compact form; everything else is kept as
// entries, from which the view is folded again when one of them is corrected.
type Case struct {
	Entity Entity
	history
	view
	performed performedTime
	premiums  []Premium // outstanding: awarded and not reversed, in log order
}

// Premium is an outstanding premium: a premium-awarded that no premium-reversed has taken away.
type Premium struct {
	EventID string
	PremiumAwarded
}

// NewCase returns the state of a case before its first event.
func NewCase(e Entity) *Case { return &Case{Entity: e, view: newView(e)} }

// Premiums returns the outstanding premiums in log order. The slice must not be changed.
func (c *Case) Premiums() []Premium { return c.premiums }

// Apply folds e, the next event of the case on the log, which Check accepted before it was written. It returns an error, and
// changes nothing, if e corrects or reverses something that the case does not hold.
func (c *Case) Apply(e *Event) error {
	switch d := e.Data.(type) {
	case *VisitPerformed, *TimeReported:
		c.performed.add(e.ID, e.Sequence, d)
	case *EventAnnulled, *EventCorrected:
		if err := c.applyCorrection(e); err != nil {
			return err
		}
	case *PremiumAwarded:
		c.premiums = append(c.premiums, Premium{EventID: e.ID, PremiumAwarded: *d})
	case *PremiumReversed:
		i := slices.IndexFunc(c.premiums, func(p Premium) bool { return p.EventID == d.Premium })
		if i < 0 {
			return Problems{{Field: "data.premium", Reason: "event " + d.Premium + " is no outstanding premium of " + string(c.Entity)}}
		}
		c.premiums = slices.Delete(slices.Clone(c.premiums), i, i+1)
	default:
		c.add(e)
		c.view.fold(&c.entries[len(c.entries)-1])
	}
	c.note(e)
	return nil
}

func (c *Case) applyCorrection(e *Event) error {
	id := targetID(e)
	if v := c.performed.find(id); v != nil {
		corr, _ := resolve(e, v.typ(), e.Effective, false)
		c.performed.correct(v, corr)
		return nil
	}
	target := c.find(id)
	if target == nil {
		return noTarget(e)
	}
	corr, _ := resolve(e, target.typ, target.effective, false)
	c.entries = c.applied(corr)
	c.view = newView(c.Entity)
	for i := range c.entries {
		if !c.entries[i].annulled {
			c.view.fold(&c.entries[i])
		}
	}
	return nil
}

// performedTime holds the visits and time reports of a case, 24 bytes each.
type performedTime struct {
	keys  []PerformedKey
	index map[PerformedKey]uint32
	usage []performedUsage // per key
	times []performedEvent // in log order
}

// PerformedKey is what performed minutes are summed by within a case.
type PerformedKey struct {
	Unit, Category, Band string
	Month                Month
}

type performedUsage struct{ visits, reports int32 }

type performedEvent struct {
	sequence uint64
	id       uint64 // ShortID
	key      uint32
	minutes  int32 // -1: annulled
	report   bool
}

func (v *performedEvent) typ() Type {
	if v.report {
		return TypeTimeReported
	}
	return TypeVisitPerformed
}

// name says which event it is, in a refusal; its id is not kept.
func (v *performedEvent) name() string { return fmt.Sprintf("sequence %d (%s)", v.sequence, v.typ()) }

// performedOf reads what a visit or time report says.
func performedOf(data payload) (key PerformedKey, minutes int, report bool) {
	switch d := data.(type) {
	case *VisitPerformed:
		return PerformedKey{d.Unit, d.Category, d.Band, LocalMonth(d.Arrived)}, d.Minutes(), false
	case *TimeReported:
		return PerformedKey{d.Unit, d.Category, d.Band, d.Month}, *d.Minutes, true
	}
	panic("domain: not performed time")
}

func (p *performedTime) keyOf(k PerformedKey) uint32 {
	i, ok := p.index[k]
	if !ok {
		if p.index == nil {
			p.index = map[PerformedKey]uint32{}
		}
		i = uint32(len(p.keys))
		p.index[k] = i
		p.keys, p.usage = append(p.keys, k), append(p.usage, performedUsage{})
	}
	return i
}

func (p *performedTime) count(key uint32, report bool, by int32) {
	if report {
		p.usage[key].reports += by
	} else {
		p.usage[key].visits += by
	}
}

func (p *performedTime) add(id string, sequence uint64, data payload) {
	k, minutes, report := performedOf(data)
	key := p.keyOf(k)
	p.count(key, report, 1)
	p.times = append(p.times, performedEvent{sequence, ShortID(id), key, int32(minutes), report})
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
	p.count(v.key, v.report, -1)
	if c.annul {
		v.minutes = -1
		return
	}
	k, minutes, report := performedOf(c.data)
	v.key, v.minutes = p.keyOf(k), int32(minutes)
	p.count(v.key, report, 1)
}

// clash says why minutes under k cannot be registered: the second kind, or a second report.
func (p *performedTime) clash(k PerformedKey, report bool, without *performedEvent) string {
	i, ok := p.index[k]
	if !ok {
		return ""
	}
	u := p.usage[i]
	if without != nil && without.key == i {
		if without.report {
			u.reports--
		} else {
			u.visits--
		}
	}
	where := "unit " + k.Unit + ", " + k.Month.String() + ", " + k.Category + ", " + k.Band
	switch {
	case report && u.reports > 0:
		return "a time report for " + where + " stands already; correct that one instead"
	case report && u.visits > 0:
		return "visits for " + where + " stand already; a month is reported as visits or as one sum, not both"
	case !report && u.reports > 0:
		return "a time report for " + where + " stands already; a month is reported as visits or as one sum, not both"
	}
	return ""
}

// HasFollowUps says whether a follow-up stands in the case.
func (c *Case) HasFollowUps() bool { return len(c.followUps) > 0 }

// WithoutPerformed returns a copy of the case that holds none of its performed time; an Apply to either leaves the other as it is.
// Its cost is that of the case's other events, not of its visits. An event that concerns no performed time is folded by the copy as
// by the case.
func (c *Case) WithoutPerformed() *Case {
	n := NewCase(c.Entity)
	n.history = c.history
	n.entries = slices.Clone(c.entries)
	n.premiums = slices.Clone(c.premiums)
	for i := range n.entries {
		if !n.entries[i].annulled {
			n.view.fold(&n.entries[i])
		}
	}
	return n
}
