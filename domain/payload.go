package domain

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// The data of each event type, one struct a type, with the fields of the contract, section 3. Optional fields are absent when
// zero. check looks at the fields alone; what they refer to is the state's to judge.

// ProviderRegistered makes provider/ID known.
type ProviderRegistered struct {
	Name               string `json:"name"`
	Regime             string `json:"regime"`
	OrganisationNumber string `json:"organisation_number,omitzero"`
}

func (d *ProviderRegistered) check(ps *Problems) {
	ps.text("name", d.Name, 200)
	ps.code("regime", d.Regime, Regimes)
	if d.OrganisationNumber != "" {
		if err := CheckOrganisationNumber(d.OrganisationNumber); err != nil {
			ps.add("organisation_number", "%v", err)
		}
	}
}

// UnitRegistered adds a unit to its provider. A unit's id is unique in its authority.
type UnitRegistered struct {
	Unit string `json:"unit"`
	Name string `json:"name"`
	Area string `json:"area"`
}

func (d *UnitRegistered) check(ps *Problems) {
	ps.id("unit", d.Unit)
	ps.text("name", d.Name, 200)
	ps.code("area", d.Area, Areas)
}

// PolicyAdopted puts a model document in force from a day. The model is parsed by package compensation.
type PolicyAdopted struct {
	Model     jsontext.Value `json:"model"`
	From      Date           `json:"from"`
	DecidedBy string         `json:"decided_by"`
	DecidedOn Date           `json:"decided_on"`
	Reference string         `json:"reference,omitzero"`
}

func (d *PolicyAdopted) check(ps *Problems) {
	ps.required("model", len(d.Model) > 0)
	ps.required("from", d.From != 0)
	ps.text("decided_by", d.DecidedBy, 200)
	ps.required("decided_on", d.DecidedOn != 0)
}

// PolicyEnded takes a policy out of force from a day on.
type PolicyEnded struct {
	From Date `json:"from"`
}

func (d *PolicyEnded) check(ps *Problems) { ps.required("from", d.From != 0) }

// CaseOpened begins a case. Person is an opaque pseudonym.
type CaseOpened struct {
	Person    string     `json:"person"`
	Programme string     `json:"programme,omitzero"`
	Inclusion *Inclusion `json:"inclusion,omitzero"`
}

// Inclusion says on what grounds a person takes part in a programme.
type Inclusion struct {
	DiagnosisGroup          string `json:"diagnosis_group,omitzero"`
	RehabilitationPotential bool   `json:"rehabilitation_potential,omitzero"`
	NeedsExpectedToDecrease bool   `json:"needs_expected_to_decrease,omitzero"`
}

func (d *CaseOpened) check(ps *Problems) { ps.id("person", d.Person) }

// NeedsAssessed records assessed need by life area.
type NeedsAssessed struct {
	Assessments []NeedAssessment `json:"assessments"`
}

// NeedAssessment is one life area's status, an ICF qualifier 0-4, 8 or 9.
type NeedAssessment struct {
	LifeArea string `json:"life_area"`
	Status   *int   `json:"status"`
}

func (d *NeedsAssessed) check(ps *Problems) {
	ps.required("assessments", len(d.Assessments) > 0)
	for i, a := range d.Assessments {
		at := fmt.Sprintf("assessments[%d].", i)
		ps.code(at+"life_area", a.LifeArea, LifeAreas)
		ps.status(at+"status", a.Status)
	}
}

// DecisionMade grants services, to be carried out by a provider's unit. FrameMinutes of a standard-time decision are evidence only:
// nothing is computed from them.
type DecisionMade struct {
	Decision     string    `json:"decision"`
	Provider     string    `json:"provider"`
	Unit         string    `json:"unit"`
	Method       string    `json:"method"`
	From         Date      `json:"from"`
	To           Date      `json:"to,omitzero"`
	FrameMinutes int       `json:"frame_minutes,omitzero"`
	Supersedes   string    `json:"supersedes,omitzero"`
	Services     []Service `json:"services"`
}

// Service is one granted service. Weekly need minutes are TimesPerWeek × StandardMinutes × staff.
type Service struct {
	Service         string  `json:"service"`
	Category        string  `json:"category"`
	Band            string  `json:"band"`
	TimesPerWeek    Decimal `json:"times_per_week"`
	StandardMinutes int     `json:"standard_minutes"`
	Staff           int     `json:"staff,omitzero"`
}

// weeklyDecimals is the scale of WeeklyNano: the number of decimals that a Decimal may have.
const weeklyDecimals = 9

// WeeklyNano returns the need minutes of a week in billionths of a minute.
func (s Service) WeeklyNano() int64 {
	times, _ := s.TimesPerWeek.Scaled(weeklyDecimals) // bounded by check
	return times * int64(s.StandardMinutes) * int64(max(1, s.Staff))
}

func (d *DecisionMade) check(ps *Problems) {
	ps.id("decision", d.Decision)
	ps.id("provider", d.Provider)
	ps.id("unit", d.Unit)
	ps.code("method", d.Method, Methods)
	ps.required("from", d.From != 0)
	if d.To != 0 && d.To < d.From {
		ps.add("to", "%s is before from, %s", d.To, d.From)
	}
	if d.Supersedes != "" && d.Supersedes == d.Decision {
		ps.add("supersedes", "a decision cannot supersede itself")
	}
	if d.Method == MethodFrameTime && d.FrameMinutes == 0 {
		ps.add("frame_minutes", "is required where method is frame-time")
	}
	ps.between("frame_minutes", d.FrameMinutes, 0, 100_000)
	if ps.required("services", d.Services != nil) && len(d.Services) == 0 && d.Method == MethodStandardTime {
		ps.add("services", "is empty; a standard-time decision grants at least one service")
	}
	if len(d.Services) >= servicesPerDecision {
		ps.add("services", "%d services in one decision; at most %d are allowed", len(d.Services), servicesPerDecision-1)
	}
	for i, s := range d.Services {
		s.check(ps, fmt.Sprintf("services[%d].", i))
	}
}

func (s Service) check(ps *Problems, at string) {
	ps.text(at+"service", s.Service, 64)
	ps.code(at+"category", s.Category, ServiceKinds)
	ps.code(at+"band", s.Band, ServiceBands)
	if s.TimesPerWeek.Sign() <= 0 || s.TimesPerWeek.Cmp(DecimalOf(1000, 0)) > 0 {
		ps.add(at+"times_per_week", "%s is not a number of times; write more than 0 and at most 1000, for example \"3.5\"", s.TimesPerWeek)
	}
	ps.between(at+"standard_minutes", s.StandardMinutes, 1, 1440)
	if s.Staff < 0 || s.Staff > 2 {
		ps.add(at+"staff", "%d is outside 1 to 2", s.Staff)
	}
}

// DecisionEnded sets a decision's last day.
type DecisionEnded struct {
	Decision string `json:"decision"`
	LastDay  Date   `json:"last_day"`
	Reason   string `json:"reason"`
}

func (d *DecisionEnded) check(ps *Problems) {
	ps.id("decision", d.Decision)
	ps.required("last_day", d.LastDay != 0)
	ps.code("reason", d.Reason, EndReasons)
}

// ProviderChanged has the same decision carried out by another unit from a day.
type ProviderChanged struct {
	Decision string `json:"decision"`
	Provider string `json:"provider"`
	Unit     string `json:"unit"`
	From     Date   `json:"from"`
}

func (d *ProviderChanged) check(ps *Problems) {
	ps.id("decision", d.Decision)
	ps.id("provider", d.Provider)
	ps.id("unit", d.Unit)
	ps.required("from", d.From != 0)
}

// GoalSet sets a goal under a decision, with its assessed and intended status.
type GoalSet struct {
	Goal     string `json:"goal"`
	Decision string `json:"decision"`
	LifeArea string `json:"life_area"`
	Assessed *int   `json:"assessed"`
	Intended *int   `json:"intended"`
}

func (d *GoalSet) check(ps *Problems) {
	ps.id("goal", d.Goal)
	ps.id("decision", d.Decision)
	ps.code("life_area", d.LifeArea, LifeAreas)
	ps.status("assessed", d.Assessed)
	ps.status("intended", d.Intended)
}

// GoalChanged changes some of a goal's fields from its effective date on.
type GoalChanged struct {
	Goal     string `json:"goal"`
	LifeArea string `json:"life_area,omitzero"`
	Assessed *int   `json:"assessed,omitzero"`
	Intended *int   `json:"intended,omitzero"`
}

func (d *GoalChanged) check(ps *Problems) {
	ps.id("goal", d.Goal)
	if d.LifeArea != "" {
		ps.code("life_area", d.LifeArea, LifeAreas)
	}
	if d.Assessed != nil {
		ps.status("assessed", d.Assessed)
	}
	if d.Intended != nil {
		ps.status("intended", d.Intended)
	}
}

// GoalWithdrawn closes a goal from its effective date on.
type GoalWithdrawn struct {
	Goal   string `json:"goal"`
	Reason string `json:"reason"`
}

func (d *GoalWithdrawn) check(ps *Problems) { ps.id("goal", d.Goal); ps.text("reason", d.Reason, 500) }

// SubgoalSet is the provider's own step towards a goal.
type SubgoalSet struct {
	Goal    string `json:"goal"`
	Subgoal string `json:"subgoal"`
}

func (d *SubgoalSet) check(ps *Problems) { ps.id("goal", d.Goal); ps.text("subgoal", d.Subgoal, 200) }

// FollowUpHeld is a held review where each goal gets an outcome.
type FollowUpHeld struct {
	FollowUp     string       `json:"follow_up"`
	Occasion     string       `json:"occasion"`
	HeldOn       Date         `json:"held_on"`
	Participants []string     `json:"participants"`
	Assessments  []Assessment `json:"assessments"`
}

// Assessment is the recorded judgement of one goal. Result is evidence, an ICF qualifier.
type Assessment struct {
	Goal           string `json:"goal"`
	Outcome        string `json:"outcome"`
	Result         *int   `json:"result,omitzero"`
	PersonConfirms bool   `json:"person_confirms,omitzero"`
}

func (d *FollowUpHeld) check(ps *Problems) {
	ps.id("follow_up", d.FollowUp)
	ps.code("occasion", d.Occasion, Occasions)
	ps.required("held_on", d.HeldOn != 0)
	ps.required("participants", d.Participants != nil)
	ps.required("assessments", d.Assessments != nil)
	for i, p := range d.Participants {
		ps.code(fmt.Sprintf("participants[%d]", i), p, Participants)
	}
	seen := map[string]bool{}
	for i, a := range d.Assessments {
		at := fmt.Sprintf("assessments[%d].", i)
		ps.id(at+"goal", a.Goal)
		ps.code(at+"outcome", a.Outcome, Outcomes)
		if a.Result != nil {
			ps.status(at+"result", a.Result)
		}
		if seen[a.Goal] {
			ps.add(at+"goal", "goal %s is assessed twice at this follow-up", a.Goal)
		}
		seen[a.Goal] = true
	}
}

// VisitPerformed is one tagged visit.
type VisitPerformed struct {
	Unit     string    `json:"unit"`
	Category string    `json:"category"`
	Band     string    `json:"band"`
	Arrived  time.Time `json:"arrived"`
	Left     time.Time `json:"left"`
	Staff    int       `json:"staff,omitzero"`
}

func (d *VisitPerformed) check(ps *Problems) {
	ps.id("unit", d.Unit)
	ps.code("category", d.Category, ServiceKinds)
	ps.code("band", d.Band, ServiceBands)
	if a, l := ps.required("arrived", !d.Arrived.IsZero()), ps.required("left", !d.Left.IsZero()); a && l && d.Left.Before(d.Arrived) {
		ps.add("left", "%s is before arrived, %s", d.Left.Format(time.RFC3339), d.Arrived.Format(time.RFC3339))
	}
	if y := d.Arrived.UTC().Year(); !d.Arrived.IsZero() && (y < 1901 || y > 2198) {
		ps.add("arrived", "the year %d is outside 1901 to 2198", y)
	}
	if d.Left.Sub(d.Arrived) > 7*24*time.Hour {
		ps.add("left", "is more than a week after arrived")
	}
	if d.Staff < 0 || d.Staff > 2 {
		ps.add("staff", "%d is outside 1 to 2", d.Staff)
	}
}

// Minutes returns the whole minutes between arrival and leaving × staff.
func (d *VisitPerformed) Minutes() int {
	return int(d.Left.Sub(d.Arrived)/time.Minute) * max(1, d.Staff)
}

// TimeReported is a monthly sum in place of visits.
type TimeReported struct {
	Unit     string `json:"unit"`
	Month    Month  `json:"month"`
	Category string `json:"category"`
	Band     string `json:"band"`
	Minutes  *int   `json:"minutes"`
}

func (d *TimeReported) check(ps *Problems) {
	ps.id("unit", d.Unit)
	ps.required("month", d.Month != 0)
	ps.code("category", d.Category, ServiceKinds)
	ps.code("band", d.Band, ServiceBands)
	if ps.required("minutes", d.Minutes != nil) {
		ps.between("minutes", *d.Minutes, 0, 1_000_000)
	}
}

// AbsenceRegistered says that the person was away from and including one day to and including another.
type AbsenceRegistered struct {
	From   Date   `json:"from"`
	To     Date   `json:"to"`
	Reason string `json:"reason"`
}

func (d *AbsenceRegistered) check(ps *Problems) {
	f, t := ps.required("from", d.From != 0), ps.required("to", d.To != 0)
	if f && t && d.To < d.From {
		ps.add("to", "%s is before from, %s", d.To, d.From)
	}
	ps.code("reason", d.Reason, AbsenceReason)
}

// EventAnnulled: from this record on the target is known never to have happened.
type EventAnnulled struct {
	Event  string `json:"event"`
	Reason string `json:"reason"`
}

func (d *EventAnnulled) check(ps *Problems) {
	ps.id("event", d.Event)
	ps.text("reason", d.Reason, 500)
}

// EventCorrected: from this record on the target is known to have had this data, whole.
type EventCorrected struct {
	Event  string         `json:"event"`
	Reason string         `json:"reason"`
	Data   jsontext.Value `json:"data"`
}

func (d *EventCorrected) check(ps *Problems) {
	ps.id("event", d.Event)
	ps.text("reason", d.Reason, 500)
	ps.required("data", len(d.Data) > 0)
}

// PremiumAwarded is written by the ledger with the follow-up that earns it. Goal is absent for a premium per person.
type PremiumAwarded struct {
	FollowUp  string `json:"follow_up"`
	Goal      string `json:"goal,omitzero"`
	Provider  string `json:"provider"`
	Unit      string `json:"unit"`
	Policy    string `json:"policy"`
	Component string `json:"component"`
	Amount    Money  `json:"amount"`
}

func (d *PremiumAwarded) check(*Problems) {}

// PremiumReversed is written by the ledger with what takes a premium away.
type PremiumReversed struct {
	Premium string `json:"premium"`
	Reason  string `json:"reason"`
}

func (d *PremiumReversed) check(*Problems) {}
