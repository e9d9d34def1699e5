package domain

// What a case says that a model can be charged on, free of any model. These rows are the only place where facts are derived
// from events; the premiums of a command, the plain evaluator and the fact columns all start from them.

// CaseFacts are the facts of one case, or of one patient of home health care, as known at one moment.
type CaseFacts struct {
	Case       string // the case's or patient's id, without its kind
	Patient    bool   // a patient: has Enrolments and health time (Performed with band health), and nothing else of what follows
	Person     string
	Programme  string
	Inclusion  Inclusion
	Grants     []Grant
	Absences   []Absence
	Performed  []Performed
	FollowUps  []FollowUp
	Enrolments []Enrolment
}

// Enrolment is a patient's time in the care of a unit.
type Enrolment struct {
	Unit, Kind string
	From, To   Date // To is MaxDate while open
	Plan       Date // the first coordinated plan held for the patient; MaxDate if none has been
}

// StateGrant is a performance-based state grant as known at one moment.
type StateGrant struct {
	ID         string           // the grant's id, without its kind
	AgreedOn   Date             // effective date of grant-agreed: allocations fall in its month
	Recipients []GrantRecipient // sorted by ID
}

// GrantRecipient is what is known of one recipient of a grant.
type GrantRecipient struct {
	ID         string
	Allocated  Money // decided
	Paid       Money
	ReportedOn Date             // the latest effective date of a result, 0 if none: performance falls in its month
	Indicators []GrantIndicator // those with a target, sorted by Name
}

// GrantIndicator is a target with what has been reached of it: 0 until a result is reported.
type GrantIndicator struct {
	Name           string
	Target, Result Decimal
}

// GrantClass says what a Grant row measures.
type GrantClass uint8

const (
	GrantInForce GrantClass = iota // a decision is in force at the unit; no minutes
	GrantNeed                      // one service line; Amount is WeeklyNano
	GrantFrame                     // frame time; Amount is the minutes of a whole month
)

// Grant is one line of a decision while one unit carries it out. Lines of a decision that comes back to a unit within a month
// share Line and are counted together, days first.
type Grant struct {
	Line     int // identifies the decision and service line within the case
	Class    GrantClass
	Unit     string
	Category string // "" for GrantInForce
	Band     string
	Method   string
	From, To Date // To is MaxDate while open
	Amount   int64
}

// Absence is one registered absence.
type Absence struct {
	From, To Date
	Reason   string
}

// Performed is the performed minutes of a key.
type Performed struct {
	PerformedKey
	Minutes int
}

// FollowUp is one held follow-up with its assessed goals.
type FollowUp struct {
	ID       string
	Sequence uint64
	HeldOn   Date
	Occasion string
	Goals    []AssessedGoal // in the order of the record, not-assessed ones included
}

// AssessedGoal is a goal's outcome at a follow-up, with the unit that a premium for it would go to.
type AssessedGoal struct {
	Goal, LifeArea, Outcome string
	Confirms                bool
	Unit                    string
}

// servicesPerDecision bounds the services of one decision, so that Line is unique.
const servicesPerDecision = 1 << 10

// Facts returns the facts of the case as known now. Each visit and time report is looked at: what needs no performed time takes
// PremiumFacts.
func (c *Case) Facts() CaseFacts {
	f := c.PremiumFacts()
	f.Performed = c.minutesByKey()
	return f
}

// PremiumFacts returns the facts that a premium can rest on: all but performed time. Their cost is that of the case's decisions,
// goals and follow-ups, not of its visits.
func (c *Case) PremiumFacts() CaseFacts {
	f := CaseFacts{Case: c.Entity.ID(), Grants: c.Grants(), Absences: c.Absences(), FollowUps: c.FollowUps()}
	if o := c.view.opened; o != nil {
		f.Person, f.Programme = o.Person, o.Programme
		if o.Inclusion != nil {
			f.Inclusion = *o.Inclusion
		}
	}
	return f
}

// Corrects returns the id of the event that e corrects or annuls, "" where e does neither.
func (e *Event) Corrects() string { return targetID(e) }

// Opened returns the case's person, programme and inclusion; false if it is not opened.
func (c *Case) Opened() (CaseOpened, bool) {
	if c.view.opened == nil {
		return CaseOpened{}, false
	}
	return *c.view.opened, true
}

// Grants returns the decisions' lines, in the order of their decisions.
func (c *Case) Grants() (rows []Grant) {
	for _, d := range c.view.decisions {
		for i, s := range d.segments {
			from, to := max(d.From, s.from), d.last
			if i+1 < len(d.segments) {
				to = min(to, d.segments[i+1].from-1)
			}
			if from > to {
				continue
			}
			row := Grant{Line: d.ordinal * servicesPerDecision, Unit: s.unit, Method: d.Method, From: from, To: to}
			rows = append(rows, row)
			if d.Method == MethodFrameTime {
				frame := row
				frame.Class, frame.Category, frame.Band, frame.Amount = GrantFrame, CategoryFrame, BandFrame, int64(d.FrameMinutes)
				rows = append(rows, frame)
			}
			for j, sv := range d.Services {
				line := row
				line.Line += 1 + j
				line.Class, line.Category, line.Band, line.Amount = GrantNeed, sv.Category, sv.Band, sv.WeeklyNano()
				rows = append(rows, line)
			}
		}
	}
	return rows
}

// Absences returns the registered absences, in log order.
func (c *Case) Absences() []Absence {
	rows := make([]Absence, len(c.view.absences))
	for i, a := range c.view.absences {
		rows[i] = Absence{a.From, a.To, a.Reason}
	}
	return rows
}

// FollowUps returns the held follow-ups, in log order.
func (c *Case) FollowUps() []FollowUp { return c.view.heldFollowUps() }

func (v *view) heldFollowUps() []FollowUp {
	rows := make([]FollowUp, len(v.followUps))
	for i, f := range v.followUps {
		rows[i] = FollowUp{ID: f.FollowUp, Sequence: f.sequence, HeldOn: f.HeldOn, Occasion: f.Occasion}
		for _, a := range f.Assessments {
			g := AssessedGoal{Goal: a.Goal, Outcome: a.Outcome, Confirms: a.PersonConfirms}
			if goal := v.goal(a.Goal); goal != nil {
				g.LifeArea = goal.lifeAreaOn(f.HeldOn)
				if d := v.decisionOn(goal, f.HeldOn); d != nil {
					g.Unit = d.unitOn(f.HeldOn).unit
				}
			}
			rows[i].Goals = append(rows[i].Goals, g)
		}
	}
	return rows
}
