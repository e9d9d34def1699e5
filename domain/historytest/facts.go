package historytest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
)

// Facts are what models are charged on, beyond what a history's events say: with patients of home health care and state grants, which
// are drawn as facts.
type Facts struct {
	*World
	Cases  []domain.CaseFacts // sorted by id, a case before a patient of the same id
	Grants []domain.StateGrant
}

// DrawFacts returns the facts of a world with drawn patients, in care at its units, and drawn state grants.
func DrawFacts(t *rapid.T, w *World) Facts {
	d := &drawer{Rand: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "patients and grants"), 0))}
	f := Facts{World: w, Cases: w.Facts()}
	for range rapid.IntRange(0, 4).Draw(t, "patients") {
		f.addPatient(d)
	}
	slices.SortStableFunc(f.Cases, func(a, b domain.CaseFacts) int { return strings.Compare(a.Case, b.Case) }) // the cases stand first
	for i := range rapid.IntRange(0, 2).Draw(t, "grants") {
		f.Grants = append(f.Grants, d.grant(fmt.Sprintf("g%d", i)))
	}
	return f
}

// Plain returns the plain evaluator over the facts.
func (f Facts) Plain(p compensation.Period) *compensation.Plain {
	plain := f.World.Plain(p)
	plain.Cases, plain.StateGrants = f.Cases, f.Grants
	return plain
}

// Columns returns the facts as the compiled evaluator takes them.
func (f Facts) Columns() *compensation.Facts {
	columns := Columns(Authority, f.State.Parties, f.Cases)
	if err := columns.SetStateGrants(f.Grants); err != nil {
		panic(err)
	}
	return columns
}

// addPatient draws a patient that is not there yet; some have the id of a case.
func (f *Facts) addPatient(d *drawer) {
	units := f.State.Parties.Units()
	p := domain.CaseFacts{Case: fmt.Sprintf("k%d", 3+d.IntN(6)), Patient: true, Person: fmt.Sprintf("person-%d", d.IntN(9))}
	if len(units) == 0 || slices.ContainsFunc(f.Cases, func(c domain.CaseFacts) bool { return c.Patient && c.Case == p.Case }) {
		return
	}
	for range 1 + d.IntN(4) {
		from := domain.NewDate(2019, 10, 1) + domain.Date(d.IntN(500))
		e := domain.Enrolment{Unit: pick(d.Rand, units...).ID, Kind: pick(d.Rand, domain.PatientKinds...), From: from, To: from + domain.Date(d.IntN(120)), Plan: from}
		if d.chance(30) {
			e.To = domain.MaxDate
		}
		p.Enrolments = append(p.Enrolments, e)
		for range d.IntN(5) {
			key := domain.PerformedKey{Unit: e.Unit, Category: e.Kind, Band: domain.BandHealth, Month: e.From.Month() + domain.Month(d.IntN(4))}
			if !slices.ContainsFunc(p.Performed, func(q domain.Performed) bool { return q.PerformedKey == key }) {
				p.Performed = append(p.Performed, domain.Performed{PerformedKey: key, Minutes: pick(d.Rand, 0, 59, 600, 1+d.IntN(4000))})
			}
		}
	}
	f.Cases = append(f.Cases, p)
}

// recipients are those that grants are drawn over; weights are given to all but the last where there may be gaps.
var recipients = []string{"p2", "r1", "r2", "r3"} // p2 is a provider, too

func (d *drawer) grant(id string) domain.StateGrant {
	g := domain.StateGrant{ID: id, AgreedOn: domain.NewDate(2019, 12, 1) + domain.Date(d.IntN(400))}
	for _, r := range recipients {
		if d.chance(25) {
			continue
		}
		recipient := domain.GrantRecipient{ID: r}
		for _, name := range []string{"palliative", "senior-alert", "third"}[:d.IntN(4)] {
			i := domain.GrantIndicator{Name: name, Target: decimal(pick(d.Rand, "70", "100", "33.333333333", "0.000000007", "999999999999999.999999999"))}
			if d.chance(80) {
				i.Result = decimal(pick(d.Rand, "70", "35", "12.5", "0", "0.000000003", "123456789012345.123456789"))
				recipient.ReportedOn = g.AgreedOn + domain.Date(d.IntN(300))
			}
			recipient.Indicators = append(recipient.Indicators, i)
		}
		g.Recipients = append(g.Recipients, recipient)
	}
	return g
}

func decimal(s string) domain.Decimal {
	d, err := domain.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}
