package historytest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"careledger/domain"
)

type candidate struct {
	typ       domain.Type
	entity    domain.Entity
	effective domain.Date
	actor     string
	data      any // a pointer to one of the domain's payload structs
}

// candidate draws the data of a record of a type. Its data is nil where there is nothing yet that it could concern.
func (d *drawer) candidate(typ domain.Type, recorded time.Time) candidate {
	c := candidate{typ: typ, actor: pick(d.Rand, "officer-1", "officer-2", "system.treserva"),
		effective: domain.LocalDate(recorded) + domain.Date(d.IntN(61)-45)} // registered late, or ahead
	c.entity = domain.NewEntity(domain.KindCase, fmt.Sprintf("k%d", 1+d.IntN(d.cases)))
	switch typ {
	case domain.TypeProviderRegistered, domain.TypeUnitRegistered:
		d.party(&c)
	case domain.TypePolicyAdopted, domain.TypePolicyEnded:
		d.policy(&c)
	case domain.TypeDecisionMade, domain.TypeDecisionEnded, domain.TypeProviderChanged:
		d.decision(&c)
	case domain.TypeGoalSet, domain.TypeGoalChanged, domain.TypeGoalWithdrawn, domain.TypeSubgoalSet:
		d.goal(&c)
	case domain.TypeEventAnnulled, domain.TypeEventCorrected:
		d.correction(&c)
	case domain.TypeCareRequested, domain.TypeEnrolmentAssessed, domain.TypeCoordinatedPlanHeld, domain.TypeCarePlanAgreed, domain.TypePatientEnrolled,
		domain.TypeHealthTimeReported, domain.TypePatientDischarged, domain.TypeDisputeRaised, domain.TypeDisputeResolved:
		d.patient(&c)
	case domain.TypeAgreementProposed, domain.TypeAgreementPartyDecided, domain.TypeAgreementFollowedUp:
		d.agreement(&c)
	case domain.TypeGrantAgreed, domain.TypeGrantAllocated, domain.TypeGrantTargetSet, domain.TypeGrantResultReported, domain.TypeGrantPaid:
		d.grant(&c)
	default:
		d.event(&c)
	}
	return c
}

func (d *drawer) party(c *candidate) {
	c.entity = domain.NewEntity(domain.KindProvider, fmt.Sprintf("p%d", 1+d.IntN(3)))
	if c.typ == domain.TypeUnitRegistered {
		c.data = &domain.UnitRegistered{Unit: fmt.Sprintf("u%d", 1+d.IntN(4)), Name: "Unit", Area: pick(d.Rand, domain.Areas...)}
		return
	}
	c.data = &domain.ProviderRegistered{Name: "Provider " + c.entity.ID(), Regime: pick(d.Rand, domain.Regimes...), OrganisationNumber: pick(d.Rand, "", "556016-0680")}
}

func (d *drawer) policy(c *candidate) {
	c.entity = domain.NewEntity(domain.KindPolicy, fmt.Sprintf("m%d", 1+d.IntN(3)))
	from := c.effective + domain.Date(d.IntN(160)-150) // boards decide back in time, too
	if d.chance(30) {
		from = from.Month().First()
	}
	c.effective = from
	if c.typ == domain.TypePolicyEnded {
		c.data = &domain.PolicyEnded{From: from}
		return
	}
	c.data = &domain.PolicyAdopted{Model: d.model(c.entity.ID()), From: from, DecidedBy: "the board", DecidedOn: from - 20, Reference: pick(d.Rand, "", "VOF 2020/17")}
}

// unit draws a registered unit and its provider; now and then one that may not exist.
func (d *drawer) unit() (unit, provider string) {
	if len(d.units) == 0 || d.chance(2) {
		return fmt.Sprintf("u%d", 1+d.IntN(4)), fmt.Sprintf("p%d", 1+d.IntN(3))
	}
	ids := make([]string, 0, len(d.units))
	for id := range d.units {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	unit = pick(d.Rand, ids...)
	return unit, d.units[unit]
}

// one draws one of the ids that the case has, mostly a late one; now and then one that it may not have.
func (d *drawer) one(ids []string, prefix string) string {
	if len(ids) == 0 || d.chance(2) {
		return fmt.Sprintf("%s%d", prefix, d.IntN(30))
	}
	if d.chance(50) {
		return ids[len(ids)-1]
	}
	return pick(d.Rand, ids...)
}

func (d *drawer) fresh(prefix string) string {
	d.number++
	return fmt.Sprintf("%s%d", prefix, d.number)
}

func (d *drawer) decision(c *candidate) {
	known := d.decisions[c.entity.ID()]
	unit, provider := d.unit()
	switch c.typ {
	case domain.TypeDecisionEnded:
		c.data = &domain.DecisionEnded{Decision: d.one(known, "d"), LastDay: c.effective, Reason: pick(d.Rand, domain.EndReasons...)}
	case domain.TypeProviderChanged:
		c.data = &domain.ProviderChanged{Decision: d.one(known, "d"), Provider: provider, Unit: unit, From: c.effective}
	default:
		m := &domain.DecisionMade{Decision: d.fresh("d"), Provider: provider, Unit: unit, Method: pick(d.Rand, domain.Methods...), From: c.effective, Services: d.services()}
		if m.Method == domain.MethodFrameTime {
			m.FrameMinutes = 1 + d.IntN(6000)
		}
		if d.chance(20) {
			m.To = m.From + domain.Date(d.IntN(200))
		}
		if len(known) > 0 && d.chance(60) {
			m.Supersedes = d.one(known, "d")
		}
		c.data = m
	}
}

func (d *drawer) services() (all []domain.Service) {
	for range 1 + d.IntN(4) {
		times := decimal(pick(d.Rand, "7", "14", "1", "0.5", "3.5", "2.333333333", "0.25", "21"))
		all = append(all, domain.Service{Service: pick(d.Rand, "shower", "cleaning", "meal"), Category: pick(d.Rand, domain.ServiceKinds...),
			Band: pick(d.Rand, domain.ServiceBands...), TimesPerWeek: times, StandardMinutes: 1 + d.IntN(90), Staff: d.IntN(3)})
	}
	return all
}

func number(n int) *int { return &n }

func (d *drawer) goal(c *candidate) {
	k := c.entity.ID()
	goal := d.one(d.goals[k], "g")
	switch c.typ {
	case domain.TypeGoalSet:
		c.data = &domain.GoalSet{Goal: d.fresh("g"), Decision: d.one(d.decisions[k], "d"), LifeArea: pick(d.Rand, domain.LifeAreas...), Assessed: number(d.IntN(5)), Intended: number(pick(d.Rand, 0, 1, 8, 9))}
	case domain.TypeGoalChanged:
		g := &domain.GoalChanged{Goal: goal, LifeArea: pick(d.Rand, "", "mobility", "self-care", "learning")}
		if d.chance(50) {
			g.Assessed = number(d.IntN(5))
		}
		c.data = g
	case domain.TypeGoalWithdrawn:
		c.effective += domain.Date(d.IntN(60))
		c.data = &domain.GoalWithdrawn{Goal: goal, Reason: "no longer wanted"}
	default:
		c.data = &domain.SubgoalSet{Goal: goal, Subgoal: "walk to the door"}
	}
}

// moments are where months, days and clocks turn over in Stockholm.
var moments = []time.Time{
	time.Date(2020, 1, 31, 22, 50, 0, 0, time.UTC), time.Date(2020, 2, 29, 23, 0, 0, 0, time.UTC), time.Date(2020, 3, 29, 0, 45, 0, 0, time.UTC),
	time.Date(2020, 3, 31, 21, 59, 30, 0, time.UTC), time.Date(2020, 3, 31, 22, 0, 0, 0, time.UTC), time.Date(2020, 10, 25, 0, 30, 0, 0, time.UTC),
	time.Date(2020, 10, 31, 22, 59, 59, 0, time.UTC), time.Date(2020, 12, 31, 23, 30, 0, 0, time.UTC),
}

func (d *drawer) event(c *candidate) {
	k := c.entity.ID()
	unit, _ := d.unit()
	switch c.typ {
	case domain.TypeCaseOpened:
		o := &domain.CaseOpened{Person: "person-" + k, Programme: pick(d.Rand, "", "return-home", "pilot")}
		if d.chance(60) {
			o.Inclusion = &domain.Inclusion{DiagnosisGroup: pick(d.Rand, "", "stroke", "hip"), RehabilitationPotential: d.chance(50), NeedsExpectedToDecrease: d.chance(50)}
		}
		c.data = o
	case domain.TypeNeedsAssessed:
		c.data = &domain.NeedsAssessed{Assessments: []domain.NeedAssessment{{LifeArea: pick(d.Rand, domain.LifeAreas...), Status: number(d.IntN(5))}}}
	case domain.TypeFollowUpHeld:
		f := &domain.FollowUpHeld{FollowUp: d.fresh("f"), Occasion: pick(d.Rand, domain.Occasions...), HeldOn: c.effective, Participants: append([]string{}, d.some(domain.Participants, 3)...), Assessments: []domain.Assessment{}}
		for _, g := range d.some(d.goals[k], 4) {
			a := domain.Assessment{Goal: g, Outcome: pick(d.Rand, "fulfilled", "fulfilled", "fulfilled", "partly", "not-fulfilled", "not-assessed"), PersonConfirms: d.chance(70)}
			if d.chance(30) {
				a.Result = number(d.IntN(5))
			}
			f.Assessments = append(f.Assessments, a)
		}
		c.data = f
	case domain.TypeVisitPerformed:
		arrived := time.Date(2020, time.Month(1+d.IntN(14)), 1+d.IntN(28), d.IntN(24), d.IntN(60), d.IntN(60), 0, time.FixedZone("", 3600*d.IntN(3)))
		if d.chance(50) {
			arrived = pick(d.Rand, moments...)
		}
		c.effective = domain.LocalDate(arrived)
		c.data = &domain.VisitPerformed{Unit: unit, Category: pick(d.Rand, domain.ServiceKinds...), Band: pick(d.Rand, domain.ServiceBands...), Arrived: arrived, Left: arrived.Add(time.Duration(d.IntN(7200)) * time.Second), Staff: d.IntN(3)}
	case domain.TypeTimeReported:
		c.data = &domain.TimeReported{Unit: unit, Month: domain.NewMonth(2020, time.Month(1+d.IntN(14))), Category: pick(d.Rand, domain.ServiceKinds...), Band: pick(d.Rand, domain.ServiceBands...), Minutes: number(d.IntN(3000))}
	case domain.TypeAbsenceRegistered:
		c.data = &domain.AbsenceRegistered{From: c.effective, To: c.effective + domain.Date(d.IntN(40)), Reason: pick(d.Rand, domain.AbsenceReason...)}
	}
}

// correction annuls or corrects an event drawn from those accepted; the events that premiums rest on more often.
func (d *drawer) correction(c *candidate) {
	if len(d.accepted) == 0 {
		return
	}
	target := pick(d.Rand, d.accepted...)
	for range 3 {
		if often := (target.typ == domain.TypeFollowUpHeld || target.typ == domain.TypeVisitPerformed); often || target.entity.Kind() != domain.KindCase {
			break
		}
		target = pick(d.Rand, d.accepted...)
	}
	c.entity = target.entity
	if c.typ == domain.TypeEventAnnulled {
		c.data = &domain.EventAnnulled{Event: target.id, Reason: "registered by mistake"}
		return
	}
	// A fresh candidate of the same type, keeping the identifiers of the target, or the target with a small change.
	fresh := d.candidate(target.typ, d.clock)
	if fresh.data == nil {
		return
	}
	keepIdentity(fresh.data, target.data)
	raw, err := json.Marshal(fresh.data, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	c.data = &domain.EventCorrected{Event: target.id, Reason: "wrong details", Data: raw}
}

// keepIdentity copies the ids by which later events refer to the target.
func keepIdentity(to, from any) {
	t, f := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for _, name := range []string{"Decision", "Goal", "FollowUp", "Unit", "Supersedes", "Model"} {
		if field := t.FieldByName(name); field.IsValid() && (name != "Unit" || t.Type() == reflect.TypeFor[domain.UnitRegistered]()) {
			field.Set(f.FieldByName(name))
		}
	}
}
