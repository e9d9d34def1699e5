package generate

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/domain"
)

// partyProvider and partyUnit are an invented provider and its unit.
type partyProvider struct {
	entity entity
	regime string
}

type partyUnit struct {
	id       string
	provider *partyProvider
	since    domain.Date // takes persons from this day on
	workers  []string    // actors
}

const workersPerUnit = 12

const registrar = "system-manager-1"

// registerParties registers the in-house units, urban and rural in turn, two and one more per 300 persons, and four external
// providers. The last of them enters the market after a year and a half.
func (t *town) registerParties() {
	at := t.officeTime(t.first - 20)
	inHouse := t.registerProvider("hemvard", "In-house home care (invented)", "in-house", t.first, at)
	for i := range 2 + t.size.Persons/300 {
		t.registerUnit(inHouse, fmt.Sprintf("hemvard-%d", i+1), domain.Areas[i%2], t.first, at)
	}
	for i := range 4 {
		since, at := t.first, at
		if i == 3 {
			since = (t.first.Month() + 18).First()
			if since > t.last {
				return
			}
			at = t.officeTime(since - 10)
		}
		p := t.registerProvider(fmt.Sprintf("lov-%d", i+1), fmt.Sprintf("External provider %d (invented)", i+1), "external", since, at)
		t.registerUnit(p, p.entity.id+"-a", domain.Areas[i%2], since, at)
		if i == 0 {
			t.registerUnit(p, p.entity.id+"-b", domain.Areas[1], since, at)
		}
	}
}

func (t *town) registerProvider(id, name, regime string, since domain.Date, at int64) *partyProvider {
	p := &partyProvider{entity: newEntity(domain.KindProvider, id), regime: regime}
	d := domain.ProviderRegistered{Name: name, Regime: regime}
	if regime != domain.RegimeInHouse {
		d.OrganisationNumber = organisationNumber(100 + len(t.providers))
	}
	t.add(&p.entity, domain.TypeProviderRegistered, since, at, registrar, &d)
	t.providers = append(t.providers, p)
	return p
}

func (t *town) registerUnit(p *partyProvider, id, area string, since domain.Date, at int64) {
	u := &partyUnit{id: id, provider: p, since: since}
	for i := range workersPerUnit {
		u.workers = append(u.workers, fmt.Sprintf("%s/cw-%d", id, i+1))
	}
	t.add(&p.entity, domain.TypeUnitRegistered, since, at, registrar, &domain.UnitRegistered{Unit: id, Name: "Unit " + id, Area: area})
	t.units = append(t.units, u)
}

// pickUnit returns a unit that takes persons on a day, another than not where there is one. In-house units take most.
func (t *town) pickUnit(day domain.Date, not *partyUnit) *partyUnit {
	for range 20 {
		u := t.units[t.r.IntN(len(t.units))]
		external := u.provider.regime != domain.RegimeInHouse
		if u == not || u.since > day || external && t.r.IntN(3) == 0 {
			continue
		}
		return u
	}
	return t.units[0]
}

// adoptPolicies has the board adopt the hourly model anew each year with the new rates, from the middle of the history on with
// an absence ladder; a goal premium for all years; and a person premium on trial, which is ended after a year. All figures are invented; those of the goal premium begin at Lund's 297 kr.
func (t *town) adoptPolicies() {
	hourly, goals, trial := newEntity(domain.KindPolicy, "hourly-model"), newEntity(domain.KindPolicy, "goal-premium"), newEntity(domain.KindPolicy, "rehabilitation-trial")
	for y := range t.size.Years {
		from := domain.NewDate(t.size.StartYear+y, time.January, 1)
		at := t.officeTime(from - 14)
		if y%4 == 2 {
			at = t.officeTime(from + 24) // registered late: in force back in time
		}
		t.adopt(&hourly, t.hourlyModel(y), from, at)
		if y == 0 {
			t.adopt(&goals, t.goalModel(), from, at)
		}
	}
	from := domain.NewDate(t.size.StartYear, time.July, 1)
	t.adopt(&trial, trialModel, from, t.officeTime(from-20))
	until := domain.NewDate(t.size.StartYear+1, time.July, 1)
	t.add(&trial, domain.TypePolicyEnded, until, t.officeTime(until-30), policyOfficer, &domain.PolicyEnded{From: until})
}

const policyOfficer = "policy-officer-1"

func (t *town) adopt(e *entity, model string, from domain.Date, at int64) {
	t.add(e, domain.TypePolicyAdopted, from, at, policyOfficer, &domain.PolicyAdopted{
		Model: jsontext.Value(model), From: from, DecidedBy: "Home care board (invented)", DecidedOn: from - 35, Reference: fmt.Sprintf("HCB %d/%d", from.Month().Year()-1, 17)})
}

// values writes a parameter's dated values from the first year to year y, each two per cent above the year before.
func (t *town) values(y int, write func(percent int) string) string {
	var b strings.Builder
	for i := range y + 1 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%d-01-01":%s`, t.size.StartYear+i, write(100+2*i))
	}
	return "{" + b.String() + "}"
}

func (t *town) hourlyModel(y int) string {
	rates := t.values(y, func(p int) string {
		return fmt.Sprintf(`{"care/in-house":"%d","care/external":"%d","service/in-house":"%d","service/external":"%d","frame/in-house":"%d","frame/external":"%d"}`,
			385*p/100, 398*p/100, 342*p/100, 354*p/100, 379*p/100, 392*p/100)
	})
	base := t.values(y, func(p int) string { return fmt.Sprintf(`"%d"`, 18500*p/100) })
	absence := ""
	if 2*y >= t.size.Years {
		absence = `,"absence":[{"reason":"hospital","ladder":[{"days":1,"percent":75},{"days":4,"percent":25}]},{"reason":"short-term-stay","ladder":[{"days":1,"percent":50}]}]`
	}
	return `{"id":"hourly-model","title":"Granted hours and a base per unit","currency":"SEK","source":"invented","parameters":{` +
		`"hourly_rate":{"unit":"SEK/hour","by":["category","regime"],"values":` + rates + `},` +
		`"unit_base":{"unit":"SEK/unit-month","values":` + base + `}},"components":[` +
		`{"id":"variable","kind":"time","basis":"granted","rate":"hourly_rate"` + absence + `,"account":"5011"},` +
		`{"id":"base","kind":"fixed","per":"unit-month","amount":"unit_base","account":"5012"}]}`
}

func (t *town) goalModel() string {
	premium := t.values(t.size.Years-1, func(p int) string { return fmt.Sprintf(`"%d"`, 297*p/100) })
	return `{"id":"goal-premium","title":"Premium per fulfilled goal","currency":"SEK","source":"invented",` +
		`"parameters":{"goal_premium":{"unit":"SEK/goal","values":` + premium + `}},"components":[` +
		`{"id":"premium","kind":"goal-premium","amount":"goal_premium","outcomes":{"fulfilled":"1","partly":"0.5"},"repeat":"each-follow-up","account":"5019"}]}`
}

// trialModel pays per person in the rehabilitation programme. Its value has to exist in the first year of any history.
const trialModel = `{"id":"rehabilitation-trial","title":"Premium per person who reaches every goal","currency":"SEK","source":"invented",` +
	`"parameters":{"person_premium":{"unit":"SEK/person","values":{"1971-01-01":"2500"}}},"components":[` +
	`{"id":"person","kind":"person-premium","amount":"person_premium","condition":"all-goals-fulfilled","repeat":"once-per-case",` +
	`"when":"programme == \"rehabilitation\"","account":"5020"}]}`
