package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What an event changed is told by describing its entity before and after it and comparing the two. That covers what an event says
// of itself and what follows from it (a superseded decision's last day, the unit that a follow-up's goal now belongs to, everything
// that a correction touches) by one rule.

// Statement is one thing that is known of an entity: "decision d1 last day", "2020-02-10". Names and values are for people; programs
// read the events. Names may repeat.
type Statement struct{ Name, Value string }

// Change is one statement that an event changed. Before is "" where it was not there, After "" where it no longer is.
type Change struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func (v *view) describe(d *description) {
	if o := v.opened; o != nil {
		d.say(o.Person, "person")
		d.say(o.Programme, "programme")
		if o.Inclusion != nil {
			d.say(o.Inclusion.DiagnosisGroup, "inclusion diagnosis group")
			d.holds(o.Inclusion.RehabilitationPotential, "inclusion rehabilitation potential")
			d.holds(o.Inclusion.NeedsExpectedToDecrease, "inclusion needs expected to decrease")
		}
	}
	for _, dec := range v.decisions {
		dec.describe(d)
	}
	for _, g := range v.goals {
		g.describe(d)
	}
	for _, f := range v.heldFollowUps() {
		d.followUp(&f)
	}
}

func (dec *decision) describe(d *description) {
	name := "decision " + dec.Decision
	d.say(dec.Method, name, "method")
	d.say(dec.From.String(), name, "first day")
	last := "open"
	if dec.last != MaxDate {
		last = dec.last.String()
	}
	d.say(last, name, "last day")
	if dec.FrameMinutes > 0 {
		d.say(strconv.Itoa(dec.FrameMinutes), name, "frame minutes")
	}
	d.say(dec.Supersedes, name, "supersedes")
	if dec.superseder != nil {
		d.say(dec.superseder.Decision, name, "superseded by")
	}
	d.say(dec.segments[0].provider+"/"+dec.segments[0].unit, name, "unit")
	for _, s := range dec.segments[1:] {
		d.say(s.provider+"/"+s.unit, name, "unit from", s.from.String())
	}
	for _, s := range dec.Services {
		d.say(fmt.Sprintf("%s times a week, %d minutes, staff %d", s.TimesPerWeek, s.StandardMinutes, max(1, s.Staff)), name, "service", s.Service, s.Category, s.Band)
	}
}

func (g *goal) describe(d *description) {
	name := "goal " + g.Goal
	d.say(g.Decision, name, "decision")
	d.say(g.effective.String(), name, "set")
	d.say(g.LifeArea, name, "life area")
	d.number(g.Assessed, name, "assessed")
	d.number(g.Intended, name, "intended")
	for _, c := range g.changes {
		from := "from " + c.from.String()
		d.say(c.LifeArea, name, "life area", from)
		d.number(c.Assessed, name, "assessed", from)
		d.number(c.Intended, name, "intended", from)
	}
	if g.withdrawn != 0 {
		d.say(g.withdrawn.String(), name, "withdrawn")
	}
}

// followUp says what the facts hold, so that a goal's unit and life area on the day held show when something moves them.
func (d *description) followUp(f *FollowUp) {
	name := "follow-up " + f.ID
	d.say(f.HeldOn.String(), name, "held on")
	d.say(f.Occasion, name, "occasion")
	for _, a := range f.Goals {
		at := name + " goal " + a.Goal
		d.say(a.Outcome, at, "outcome")
		d.holds(a.Confirms, at, "person confirms")
		d.say(a.LifeArea, at, "life area")
		d.say(a.Unit, at, "unit")
	}
}

// entry says what the views do not keep.
func (d *description) entry(en *entry) {
	switch e := en.data.(type) {
	case *NeedsAssessed:
		for _, a := range e.Assessments {
			d.number(a.Status, "need", a.LifeArea, "assessed", en.effective.String())
		}
	case *DecisionEnded:
		d.say(e.Reason, "decision", e.Decision, "ended because")
	case *GoalWithdrawn:
		d.say(e.Reason, "goal", e.Goal, "withdrawn because")
	case *SubgoalSet:
		d.say(e.Subgoal, "goal", e.Goal, "sub-goal", en.effective.String())
	case *FollowUpHeld:
		d.say(strings.Join(e.Participants, ", "), "follow-up", e.FollowUp, "participants")
		for _, a := range e.Assessments {
			d.number(a.Result, "follow-up", e.FollowUp, "goal", a.Goal, "result")
		}
	case *AbsenceRegistered:
		d.say(e.Reason, "absence", e.From.String(), "to", e.To.String())
	case *EnrolmentAssessed:
		d.say(strings.TrimSuffix(e.Outcome+", level "+e.Level, ", level "), "assessed", en.effective.String())
	case *CoordinatedPlanHeld:
		d.say(strings.Join(e.Parties, ", "), "coordinated plan held", en.effective.String())
	case *CarePlanAgreed:
		d.say(e.Plan, "care plan", en.effective.String())
	case *PatientDischarged:
		d.say(e.Reason, "discharged", e.LastDay.String(), "because")
	case *DisputeRaised:
		d.say("by "+e.By, "dispute about", e.About, en.effective.String())
	case *DisputeResolved:
		d.say(e.Outcome, "dispute resolved", en.effective.String())
	case *AgreementFollowedUp:
		d.number(e.Findings, "followed up", e.HeldOn.String(), "findings")
	case *GrantAllocated:
		d.say(e.Basis, "recipient", e.Recipient, "basis", en.effective.String())
	}
}

// Describe returns what is known of a provider and its units, sorted by name.
func (p *Parties) Describe(e Entity) []Statement {
	d := &description{}
	s := p.providers[e]
	if s == nil {
		return nil
	}
	if s.provider != nil {
		d.say(s.provider.Name, "name")
		d.say(s.provider.Regime, "regime")
		d.say(s.provider.OrganisationNumber, "organisation number")
	}
	for _, u := range p.units {
		if u.Provider == e.ID() {
			d.say(u.Name, "unit", u.ID, "name")
			d.say(u.Area, "unit", u.ID, "area")
		}
	}
	return d.sorted()
}

// Describe returns what is known of a policy, sorted by name: each document with the days that it is in force on, down to every value
// of its model.
func (p *Policies) Describe(e Entity) []Statement {
	d := &description{}
	s := p.states[e]
	if s == nil {
		return nil
	}
	for _, doc := range s.documents {
		name := "document from " + doc.From.String()
		if doc.From >= doc.End {
			d.say("never", name, "in force") // replaced or ended before it began
			continue
		}
		last := "open"
		if doc.End != MaxDate {
			last = (doc.End - 1).String()
		}
		d.say(last, name, "last day")
		d.say(doc.DecidedBy, name, "decided by")
		d.say(doc.DecidedOn.String(), name, "decided on")
		d.say(doc.Reference, name, "reference")
		d.document(name+" model", doc.Model)
	}
	return d.sorted()
}

// DescribeDocument returns every value of a JSON document under its path, sorted by that: parameters.goal_premium.unit, components[premium].amount. An
// element of a list stands under its id, where it has one, or else its place from 0.
func DescribeDocument(raw jsontext.Value) []Statement {
	d := &description{}
	d.document("", raw)
	for i := range d.all {
		d.all[i].Name = strings.TrimPrefix(d.all[i].Name, ".")
	}
	return d.sorted()
}

// description collects statements.
type description struct{ all []Statement }

// say adds a statement unless its value is "".
func (d *description) say(value string, name ...string) {
	if value != "" {
		d.all = append(d.all, Statement{strings.TrimRight(strings.Join(name, " "), " "), value})
	}
}

func (d *description) number(n *int, name ...string) {
	if n != nil {
		d.say(strconv.Itoa(*n), name...)
	}
}

func (d *description) holds(v bool, name ...string) {
	if v {
		d.say("yes", name...)
	}
}

// document adds every value of a JSON document under its path.
func (d *description) document(at string, raw jsontext.Value) {
	switch raw.Kind() {
	case '{':
		members := map[string]jsontext.Value{}
		if json.Unmarshal(raw, &members) == nil {
			for k, v := range members {
				d.document(at+"."+k, v)
			}
		}
	case '[':
		var elements []jsontext.Value
		if json.Unmarshal(raw, &elements) == nil {
			for i, v := range elements {
				var named struct { // by its id, so that a component put before it moves nothing
					ID string `json:"id"`
				}
				if v.Kind() != '{' || json.Unmarshal(v, &named) != nil || named.ID == "" {
					named.ID = strconv.Itoa(i)
				}
				d.document(at+"["+named.ID+"]", v)
			}
		}
	case '"':
		var s string
		_ = json.Unmarshal(raw, &s) // it was read when the policy was adopted
		d.say(s, at)
	default:
		d.say(string(raw), at)
	}
}

func (d *description) sorted() []Statement {
	slices.SortFunc(d.all, func(a, b Statement) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value))
	})
	return d.all
}

// Changes compares two descriptions, each sorted by name. Statements of the same name are compared as a set; what is left of them is
// paired in order of value.
func Changes(before, after []Statement) (changes []Change) {
	for len(before) > 0 || len(after) > 0 {
		name := ""
		switch {
		case len(before) == 0:
			name = after[0].Name
		case len(after) == 0:
			name = before[0].Name
		default:
			name = min(before[0].Name, after[0].Name)
		}
		var was, is []string
		was, before = taken(before, name)
		is, after = taken(after, name)
		for i := 0; i < len(was); {
			if j := slices.Index(is, was[i]); j >= 0 {
				was, is = slices.Delete(was, i, i+1), slices.Delete(is, j, j+1)
			} else {
				i++
			}
		}
		for i := range max(len(was), len(is)) {
			c := Change{Name: name}
			if i < len(was) {
				c.Before = was[i]
			}
			if i < len(is) {
				c.After = is[i]
			}
			changes = append(changes, c)
		}
	}
	return changes
}

// taken splits off the values of the first statements, those of a name.
func taken(all []Statement, name string) (values []string, rest []Statement) {
	for len(all) > 0 && all[0].Name == name {
		values, all = append(values, all[0].Value), all[1:]
	}
	return values, all
}

// Describe returns what is known of a payout, sorted by name: each version with its steps, what it rests on, and its lines with what an
// adjustment follows from.
func (p *Payouts) Describe(e Entity) []Statement {
	s := p.states[e]
	if s == nil {
		return nil
	}
	d := &description{}
	for _, v := range s.Versions {
		name := "version " + strconv.Itoa(v.Version)
		d.say(v.Status(), name, "status")
		d.say(v.Total.String()+" kr", name, "total")
		d.say(fmt.Sprintf("event %d, recorded %s", v.KnownTo, v.KnownAt.UTC().Format(time.RFC3339)), name, "as known at")
		for _, m := range v.Models {
			d.say("sha256 "+m.SHA256, name, "model", m.Policy, "from", m.From.String())
		}
		for _, c := range v.Changes {
			d.say(c, name, "changed")
		}
		d.say(v.Actor, name, "calculated by")
		for what, step := range map[string]*PayoutStep{"approved": v.Approved, "rejected": v.Rejected, "paid": v.Paid, "cancelled": v.Cancelled} {
			if step != nil {
				d.say(step.Actor+" on "+step.Date.String(), name, what+" by")
			}
		}
		if v.Approved != nil {
			d.say(v.Voucher.String(), name, "voucher")
		}
		d.say(v.Reason, name, "reason")
		d.say(v.Reference, name, "reference")
		for i := range v.Lines {
			l := &v.Lines[i]
			amount := l.Amount.String() + " kr"
			if l.Adjusts(v.Month) {
				amount += fmt.Sprintf(", %s known less %s settled", l.Known, l.Settled)
			}
			line := fmt.Sprintf("line %d", l.Line)
			d.say(amount, name, line, l.Month.String(), l.Unit, l.Policy+"/"+l.Component)
			for _, c := range l.Causes {
				d.say(fmt.Sprintf("event %d %s %s (%s)", c.Sequence, c.Type, c.Entity, c.Event), name, line, "because of")
			}
			if left := l.CausesInAll - len(l.Causes); left > 0 {
				d.say(strconv.Itoa(left), name, line, "because of more")
			}
		}
	}
	return d.sorted()
}
