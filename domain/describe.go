package domain

import (
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
type Statement struct{ Name, Value Phrase }

// Change is one statement that an event changed. Before is empty where it was not there, After where it no longer is.
type Change struct {
	Name   Phrase `json:"name"`
	Before Phrase `json:"before"`
	After  Phrase `json:"after"`
}

func (v *view) describe(d *description) {
	if o := v.opened; o != nil {
		d.say(PlainPhrase(o.Person), "person")
		d.say(PlainPhrase(o.Programme), "programme")
		if o.Inclusion != nil {
			d.say(PlainPhrase(o.Inclusion.DiagnosisGroup), "inclusion diagnosis group")
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
	id := dec.Decision
	d.say(NewPhrase("{method}", dec.Method), "decision {decision} method", id)
	d.day(dec.From, "decision {decision} first day", id)
	d.last(dec.last, "decision {decision} last day", id)
	if dec.FrameMinutes > 0 {
		d.say(NewPhrase("{number}", strconv.Itoa(dec.FrameMinutes)), "decision {decision} frame minutes", id)
	}
	d.say(PlainPhrase(dec.Supersedes), "decision {decision} supersedes", id)
	if dec.superseder != nil {
		d.say(PlainPhrase(dec.superseder.Decision), "decision {decision} superseded by", id)
	}
	d.say(PlainPhrase(dec.segments[0].provider+"/"+dec.segments[0].unit), "decision {decision} unit", id)
	for _, s := range dec.segments[1:] {
		d.say(PlainPhrase(s.provider+"/"+s.unit), "decision {decision} unit from {date}", id, s.from.String())
	}
	for _, s := range dec.Services {
		d.say(NewPhrase("{times_per_week} times a week, {minutes} minutes, staff {number}", s.TimesPerWeek.String(), strconv.Itoa(s.StandardMinutes), strconv.Itoa(max(1, s.Staff))),
			"decision {decision} service {service} {category} {band}", id, s.Service, s.Category, s.Band)
	}
}

func (g *goal) describe(d *description) {
	d.say(PlainPhrase(g.Decision), "goal {goal} decision", g.Goal)
	d.day(g.effective, "goal {goal} set", g.Goal)
	d.say(NewPhrase("{life_area}", g.LifeArea), "goal {goal} life area", g.Goal)
	d.status(g.Assessed, "goal {goal} assessed", g.Goal)
	d.status(g.Intended, "goal {goal} intended", g.Goal)
	for _, c := range g.changes {
		from := c.from.String()
		d.say(NewPhrase("{life_area}", c.LifeArea), "goal {goal} life area from {date}", g.Goal, from)
		d.status(c.Assessed, "goal {goal} assessed from {date}", g.Goal, from)
		d.status(c.Intended, "goal {goal} intended from {date}", g.Goal, from)
	}
	if g.withdrawn != 0 {
		d.day(g.withdrawn, "goal {goal} withdrawn", g.Goal)
	}
}

// followUp says what the facts hold, so that a goal's unit and life area on the day held show when something moves them.
func (d *description) followUp(f *FollowUp) {
	d.day(f.HeldOn, "follow-up {follow_up} held on", f.ID)
	d.say(NewPhrase("{occasion}", f.Occasion), "follow-up {follow_up} occasion", f.ID)
	for _, a := range f.Goals {
		d.say(NewPhrase("{outcome}", a.Outcome), "follow-up {follow_up} goal {goal} outcome", f.ID, a.Goal)
		d.holds(a.Confirms, "follow-up {follow_up} goal {goal} person confirms", f.ID, a.Goal)
		d.say(NewPhrase("{life_area}", a.LifeArea), "follow-up {follow_up} goal {goal} life area", f.ID, a.Goal)
		d.say(PlainPhrase(a.Unit), "follow-up {follow_up} goal {goal} unit", f.ID, a.Goal)
	}
}

// entry says what the views do not keep.
func (d *description) entry(en *entry) {
	on := en.effective.String()
	switch e := en.data.(type) {
	case *NeedsAssessed:
		for _, a := range e.Assessments {
			d.status(a.Status, "need {life_area} assessed {date}", a.LifeArea, on)
		}
	case *DecisionEnded:
		d.say(NewPhrase("{end_reason}", e.Reason), "decision {decision} ended because", e.Decision)
	case *GoalWithdrawn:
		d.say(PlainPhrase(e.Reason), "goal {goal} withdrawn because", e.Goal)
	case *SubgoalSet:
		d.say(PlainPhrase(e.Subgoal), "goal {goal} sub-goal {date}", e.Goal, on)
	case *FollowUpHeld:
		d.say(NewPhrase("{participant...}", strings.Join(e.Participants, ", ")), "follow-up {follow_up} participants", e.FollowUp)
		for _, a := range e.Assessments {
			d.status(a.Result, "follow-up {follow_up} goal {goal} result", e.FollowUp, a.Goal)
		}
	case *AbsenceRegistered:
		d.say(NewPhrase("{absence_reason}", e.Reason), "absence {date} to {date}", e.From.String(), e.To.String())
	case *EnrolmentAssessed:
		outcome := NewPhrase("{enrolment_outcome}, level {level}", e.Outcome, e.Level)
		if e.Level == "" {
			outcome = NewPhrase("{enrolment_outcome}", e.Outcome)
		}
		d.say(outcome, "assessed {date}", on)
	case *CoordinatedPlanHeld:
		d.say(PlainPhrase(strings.Join(e.Parties, ", ")), "coordinated plan held {date}", on)
	case *CarePlanAgreed:
		d.say(PlainPhrase(e.Plan), "care plan {date}", on)
	case *PatientDischarged:
		d.say(PlainPhrase(e.Reason), "discharged {date} because", e.LastDay.String())
	case *DisputeRaised:
		d.say(NewPhrase("by {party}", e.By), "dispute about {dispute_subject} {date}", e.About, on)
	case *DisputeResolved:
		d.say(PlainPhrase(e.Outcome), "dispute resolved {date}", on)
	case *AgreementFollowedUp:
		if e.Findings != nil {
			d.say(NewPhrase("{number}", strconv.Itoa(*e.Findings)), "followed up {date} findings", e.HeldOn.String())
		}
	case *GrantAllocated:
		d.say(PlainPhrase(e.Basis), "recipient {recipient} basis {date}", e.Recipient, on)
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
		d.say(PlainPhrase(s.provider.Name), "name")
		d.say(NewPhrase("{regime}", s.provider.Regime), "regime")
		d.say(PlainPhrase(s.provider.OrganisationNumber), "organisation number")
	}
	for _, u := range p.units {
		if u.Provider == e.ID() {
			d.say(PlainPhrase(u.Name), "unit {unit} name", u.ID)
			d.say(NewPhrase("{area}", u.Area), "unit {unit} area", u.ID)
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
		from := doc.From.String()
		if doc.From >= doc.End {
			d.say(NewPhrase("never"), "document from {date} in force", from) // replaced or ended before it began
			continue
		}
		last := MaxDate
		if doc.End != MaxDate {
			last = doc.End - 1
		}
		d.last(last, "document from {date} last day", from)
		d.say(PlainPhrase(doc.DecidedBy), "document from {date} decided by", from)
		d.day(doc.DecidedOn, "document from {date} decided on", from)
		d.say(PlainPhrase(doc.Reference), "document from {date} reference", from)
		for _, of := range DescribeDocument(doc.Model) {
			d.all = append(d.all, Statement{PhraseOfModel(doc.From, of.Name.String()), of.Value})
		}
	}
	return d.sorted()
}

// formOfModel is what a value of a policy's model is told under.
const formOfModel = "document from {date} model.{place}"

// PhraseOfModel names the value at a place of the model of the document from a day.
func PhraseOfModel(from Date, place string) Phrase {
	return NewPhrase(formOfModel, from.String(), place)
}

// OfModel returns the place in a policy's model that the phrase names (PhraseOfModel) and the first day of its document, "" for any other phrase.
func (p Phrase) OfModel() (from, place string) {
	if places := p.Places(); p.Form == formOfModel && len(places) == 2 {
		return places[0], places[1]
	}
	return "", ""
}

// DescribeDocument returns every value of a JSON document under its path, sorted by that: parameters.goal_premium.unit, components[premium].amount. An
// element of a list stands under its id, where it has one, or else its place from 0.
func DescribeDocument(raw jsontext.Value) []Statement {
	d := &description{}
	d.document("", raw)
	return d.sorted()
}

// description collects statements.
type description struct{ all []Statement }

// say adds a statement of a name, a form with its places, unless its value is empty.
func (d *description) say(value Phrase, form string, places ...string) {
	if value.String() != "" {
		d.all = append(d.all, Statement{NewPhrase(form, places...), value})
	}
}

func (d *description) day(on Date, form string, places ...string) {
	d.say(NewPhrase("{date}", on.String()), form, places...)
}

// last says a last day, MaxDate for none.
func (d *description) last(day Date, form string, places ...string) {
	if day == MaxDate {
		d.say(NewPhrase("open"), form, places...)
	} else {
		d.day(day, form, places...)
	}
}

// status says an ICF qualifier.
func (d *description) status(n *int, form string, places ...string) {
	if n != nil {
		d.say(NewPhrase("{status}", strconv.Itoa(*n)), form, places...)
	}
}

func (d *description) holds(v bool, form string, places ...string) {
	if v {
		d.say(NewPhrase("yes"), form, places...)
	}
}

// amount says kronor.
func (d *description) amount(m Money, form string, places ...string) {
	d.say(NewPhrase("{amount} kr", m.String()), form, places...)
}

// document adds every value of a JSON document under its path.
func (d *description) document(at string, raw jsontext.Value) {
	switch raw.Kind() {
	case '{':
		members := map[string]jsontext.Value{}
		if json.Unmarshal(raw, &members) == nil {
			for k, v := range members {
				d.document(strings.TrimPrefix(at+"."+k, "."), v)
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
		d.place(at, s)
	default:
		d.place(at, string(raw))
	}
}

// place adds a value of a document, which is in the document's own words.
func (d *description) place(at, value string) {
	if value != "" {
		d.all = append(d.all, Statement{PlainPhrase(at), PlainPhrase(value)})
	}
}

// sorted returns the statements by name and value. Their places are sorted and not they themselves, which are larger: a trail sorts all that is known of its
// entity after each event.
func (d *description) sorted() []Statement {
	places := make([]int32, len(d.all))
	for i := range places {
		places[i] = int32(i)
	}
	slices.SortFunc(places, func(i, j int32) int {
		a, b := &d.all[i], &d.all[j]
		if c := strings.Compare(a.Name.String(), b.Name.String()); c != 0 {
			return c
		}
		return strings.Compare(a.Value.String(), b.Value.String())
	})
	all := make([]Statement, len(places))
	for i, place := range places {
		all[i] = d.all[place]
	}
	return all
}

// Changes compares two descriptions, each sorted by name. Statements of the same name are compared as a set; what is left of them is
// paired in order of value.
func Changes(before, after []Statement) (changes []Change) {
	for len(before) > 0 || len(after) > 0 {
		if len(before) > 0 && len(after) > 0 && before[0] == after[0] { // as most are
			before, after = before[1:], after[1:]
			continue
		}
		var name Phrase
		switch {
		case len(before) == 0:
			name = after[0].Name
		case len(after) == 0 || before[0].Name.Compare(after[0].Name) <= 0:
			name = before[0].Name
		default:
			name = after[0].Name
		}
		var was, is []Phrase
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
func taken(all []Statement, name Phrase) (values []Phrase, rest []Statement) {
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
	for i, v := range s.Versions {
		n := strconv.Itoa(v.Version)
		d.say(NewPhrase("{payout_status}", v.Status()), "version {version} status", n)
		d.amount(v.Total, "version {version} total", n)
		d.say(NewPhrase("event {number}, recorded {time}", strconv.FormatUint(v.KnownTo, 10), v.KnownAt.UTC().Format(time.RFC3339)), "version {version} as known at", n)
		for _, m := range v.Models {
			d.say(NewPhrase("sha256 {sha256}", m.SHA256), "version {version} model {policy} from {date}", n, m.Policy, m.From.String())
		}
		for _, c := range s.ChangesOf(i) {
			d.say(c, "version {version} changed", n)
		}
		d.say(PlainPhrase(v.Actor), "version {version} calculated by", n)
		for _, taken := range []struct {
			form string
			step *PayoutStep
		}{{"version {version} approved by", v.Approved}, {"version {version} rejected by", v.Rejected}, {"version {version} paid by", v.Paid}, {"version {version} cancelled by", v.Cancelled}} {
			if taken.step != nil {
				d.say(NewPhrase("{actor} on {date}", taken.step.Actor, taken.step.Date.String()), taken.form, n)
			}
		}
		if v.Approved != nil {
			d.say(PlainPhrase(v.Voucher.String()), "version {version} voucher", n)
		}
		d.say(PlainPhrase(v.Reason), "version {version} reason", n)
		d.say(PlainPhrase(v.Reference), "version {version} reference", n)
		for i := range v.Lines {
			d.payoutLine(&v.Lines[i], v.Month, n)
		}
	}
	return d.sorted()
}

// payoutLine says one line of a version of a payout for a month.
func (d *description) payoutLine(l *PayoutLine, own Month, version string) {
	line := strconv.Itoa(l.Line)
	amount := NewPhrase("{amount} kr", l.Amount.String())
	if l.Adjusts(own) {
		amount = NewPhrase("{amount} kr, {amount} known less {amount} settled", l.Amount.String(), l.Known.String(), l.Settled.String())
	}
	if l.Unit == "" {
		d.say(amount, "version {version} line {line} {month} {policy}/{component}", version, line, l.Month.String(), l.Policy, l.Component)
	} else {
		d.say(amount, "version {version} line {line} {month} {unit} {policy}/{component}", version, line, l.Month.String(), l.Unit, l.Policy, l.Component)
	}
	for _, c := range l.Causes {
		d.say(NewPhrase("event {number} {event_type} {entity} ({event})", strconv.FormatUint(c.Sequence, 10), string(c.Type), string(c.Entity), c.Event), "version {version} line {line} because of", version, line)
	}
	if left := l.CausesInAll - len(l.Causes); left > 0 {
		d.say(NewPhrase("{number}", strconv.Itoa(left)), "version {version} line {line} because of more", version, line)
	}
}
