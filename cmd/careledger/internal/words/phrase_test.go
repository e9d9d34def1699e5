package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// codesOf are the codes that a place of a phrase may hold, by its name.
var codesOf = map[string]domain.Codes{
	"life_area": domain.LifeAreas, "occasion": domain.Occasions, "outcome": domain.Outcomes, "category": domain.Categories, "band": domain.Bands, "method": domain.Methods,
	"regime": domain.Regimes, "area": domain.Areas, "age_group": domain.AgeGroups, "sex": domain.Sexes, "end_reason": domain.EndReasons, "absence_reason": domain.AbsenceReason,
	"participant": domain.Participants, "enrolment_outcome": domain.EnrolmentOutcomes, "dispute_subject": domain.DisputeSubjects, "party_decision": domain.PartyDecisions,
	"event_type":    domain.Types(),
	"payout_status": {domain.PayoutStatusCalculated, domain.PayoutStatusApproved, domain.PayoutStatusRejected, domain.PayoutStatusPaid, domain.PayoutStatusCancelled},
	"unit_of_quantity": {compensation.UnitMinute, compensation.UnitGoal, compensation.UnitPerson, compensation.UnitRecipient, compensation.UnitMixed,
		compensation.PerUnitMonth, compensation.PerCaseMonth, compensation.PerPatientMonth},
}

// said are the other places: numbers and days, and what is the log's own.
var said = domain.Codes{"date", "month", "time", "amount", "decimal", "number", "minutes", "times_per_week", "status",
	"decision", "goal", "follow_up", "service", "unit", "provider", "policy", "component", "recipient", "indicator", "party", "actor", "entity", "event", "level", "reason", "place", "sha256", "version", "line"}

// forms returns every form that a phrase is made of in the program: the text that is given to one of the functions which make them.
func forms(t *testing.T) (all []string) {
	makers := domain.Codes{"NewPhrase", "say", "day", "last", "status", "holds", "amount"}
	files, err := filepath.Glob("../../../../domain/*.go")
	require.NoError(t, err)
	for _, name := range append(files, "../../../../projections/trail.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		add := func(prefix string, e ast.Expr) {
			if l, is := e.(*ast.BasicLit); is && l.Kind == token.STRING {
				form, err := strconv.Unquote(l.Value)
				require.NoError(t, err)
				all = append(all, prefix+form)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				made := ""
				switch fn := n.Fun.(type) {
				case *ast.Ident:
					made = fn.Name
				case *ast.SelectorExpr:
					made = fn.Sel.Name
				}
				switch {
				case makers.Has(made) && len(n.Args) > 0:
					add("", n.Args[min(len(n.Args)-1, map[bool]int{true: 0, false: 1}[made == "NewPhrase"])])
				case made == "phrase": // of a line of a payout, with or without a unit
					add("{month}, {policy}/{component}", n.Args[0])
					add("{month}, {unit}, {policy}/{component}", n.Args[0])
				}
			case *ast.ValueSpec:
				if n.Names[0].Name == "formOfModel" {
					add("", n.Values[0])
				}
			case *ast.CompositeLit: // the steps of a version of a payout
				for _, e := range n.Elts {
					if step, is := e.(*ast.CompositeLit); is && step.Type == nil && len(step.Elts) == 2 && strings.HasSuffix(name, "describe.go") {
						add("", step.Elts[0])
					}
				}
			}
			return true
		})
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(form string) bool { return alone(form) || !isForm(form) })
}

// isForm tells forms from other texts that are given to a function of the same name.
func isForm(form string) bool { return form != "" && !strings.ContainsAny(form, "%\n") }

// alone says whether a form is one place and nothing else, which has no words of its own.
func alone(form string) bool {
	return strings.HasPrefix(form, "{") && strings.Count(form, "{") == 1 && strings.HasSuffix(form, "}")
}

func TestEveryFormOfTheRecordHasItsSwedishWords(t *testing.T) {
	all := forms(t)
	require.Greater(t, len(all), 100)
	for _, form := range all {
		if assert.True(t, Swedish.Has("phrase", form), "%q", form) {
			places, there := placeNames(form), placeNames(Swedish.Word("phrase", form))
			slices.Sort(places)
			slices.Sort(there)
			assert.Equal(t, slices.Compact(places), slices.Compact(there), "%q says all that the form does", form)
		}
		for _, name := range placeNames(form) {
			name = strings.TrimSuffix(name, listed)
			assert.True(t, said.Has(name) != (codesOf[name] != nil), "%q: {%s} is either a code or not", form, name)
		}
	}
	for _, form := range Codes("phrase") {
		assert.Contains(t, all, form, "the record says no such thing any more")
	}
}

func TestEveryCodeOfThePhrasesIsSaidInBothLanguages(t *testing.T) {
	for name, section := range placeCodes {
		require.NotEmpty(t, codesOf[name], name)
		for _, code := range codesOf[name] {
			for _, l := range Languages {
				assert.True(t, Language(l).Has(section, code), "%s %s in %s", name, code, l)
			}
		}
	}
	for name := range codesOf {
		assert.Contains(t, placeCodes, name)
	}
}

// ownWords are what is told in the log's own words: ids, names, and texts that somebody wrote.
var ownWords = domain.Codes{"person", "programme", "inclusion diagnosis group", "decision {decision} supersedes", "decision {decision} superseded by", "decision {decision} unit",
	"decision {decision} unit from {date}", "goal {goal} decision", "goal {goal} sub-goal {date}", "goal {goal} withdrawn because", "follow-up {follow_up} goal {goal} unit",
	"requested by", "coordinated plan held {date}", "care plan {date}", "discharged {date} because", "dispute resolved {date}", "name", "organisation number", "unit {unit} name",
	"document from {date} decided by", "document from {date} reference", "document from {date} model.{place}", "title", "recipient {recipient} basis {date}"}

// Whatever an event of any type changed is told in Swedish: what it says stands in the catalogue, each code where it has its words.
func TestWhatEventsChangeIsToldInSwedishWords(t *testing.T) {
	types := map[domain.Type]bool{}
	for seed := range uint64(20) {
		events := historytest.FromSeed(seed, 200).Events(-1)
		world, err := historytest.Fold(events)
		require.NoError(t, err)
		for i := range events {
			types[events[i].Type] = true
		}
		var all []domain.Statement
		for _, own := range world.Own {
			all = append(all, own.Describe()...)
		}
		for i := range events {
			if e := events[i].Entity; e.Kind() == domain.KindProvider {
				all = append(all, world.State.Parties.Describe(e)...)
			} else if e.Kind() == domain.KindPolicy {
				all = append(all, world.State.Policies.Describe(e)...)
			}
		}
		for _, s := range all {
			require.NotEmpty(t, s.Name.Form, "%s", s.Name)
			require.True(t, Swedish.Has("phrase", s.Name.Form), "%q", s.Name.Form)
			for _, p := range []domain.Phrase{s.Name, s.Value} {
				require.True(t, p.Form == "" || alone(p.Form) || Swedish.Has("phrase", p.Form), "%q", p.Form)
				for i, name := range placeNames(p.Form) {
					if codes := codesOf[strings.TrimSuffix(name, listed)]; codes != nil {
						for code := range strings.SplitSeq(p.Places()[i], ", ") {
							require.True(t, code == "" || codes.Has(code), "%s in %q", code, p.Form)
						}
					}
				}
			}
			require.Equal(t, ownWords.Has(s.Name.Form), s.Value.Form == "", "%s: %s", s.Name, s.Value)
		}
	}
	for _, typ := range domain.Types() {
		if !strings.HasPrefix(typ, "payout-") {
			assert.True(t, types[domain.Type(typ)], "no history had a %s", typ)
		}
	}
}

func TestAPhraseIsToldInTheWordsOfTheLanguage(t *testing.T) {
	service := domain.NewPhrase("decision {decision} service {service} {category} {band}", "d1", "Städning", "service", "day")
	often := domain.NewPhrase("{times_per_week} times a week, {minutes} minutes, staff {number}", "0.5", "1200", "1")
	for _, c := range []struct {
		phrase           domain.Phrase
		swedish, english string
	}{
		{service, "beslut d1: insats Städning (service, dag)", "decision d1 service Städning service day"},
		{often, "varannan vecka, 1\u00a0200 minuter, personal 1", "0.5 times a week, 1\u00a0200 minutes, staff 1"},
		{domain.NewPhrase("{life_area}", "mobility"), "Förflyttning", "Mobility"},
		{domain.NewPhrase("{date}", "2016-03-01"), "1 mars 2016", "2016-03-01"},
		{domain.NewPhrase("{status}", "2"), "2 (måttlig begränsning)", "2 (moderate limitation)"},
		{domain.NewPhrase("{participant...}", "person, relative"), "personen själv, närstående", "the person, relative"},
		{domain.NewPhrase("{amount} kr, {amount} known less {amount} settled", "-297.00", "0.00", "297.00"),
			"−297,00 kr: känt belopp 0,00 kr minus tidigare reglerat 297,00 kr", "−297.00 kr, 0.00 known less 297.00 settled"},
		{domain.PlainPhrase("mobility"), "mobility", "mobility"}, // a name, whatever it is
		{domain.Phrase{}, "", ""},
	} {
		assert.Equal(t, c.swedish, Swedish.Phrase(c.phrase))
		assert.Equal(t, c.english, English.Phrase(c.phrase))
	}
}

func TestNumbersAndDaysAreWrittenForPeople(t *testing.T) {
	for plain, want := range map[string][2]string{
		"1234567.50": {"1\u00a0234\u00a0567,50", "1\u00a0234\u00a0567.50"}, "-297": {"−297", "−297"}, "22/31": {"22/31", "22/31"}, "n-1": {"n-1", "n-1"}, "": {"", ""},
	} {
		assert.Equal(t, want, [2]string{Swedish.Number(plain), English.Number(plain)}, plain)
	}
	assert.Equal(t, "−1\u00a0000,00\u00a0kr", Swedish.Amount("-1000.00"))
	assert.Equal(t, "1 mars 2016", Swedish.Date("2016-03-01"))
	assert.Equal(t, "2016-03-01", English.Date("2016-03-01"))
	assert.Equal(t, "tills vidare", Swedish.Date("tills vidare"))
	assert.Equal(t, "mars\u00a02016", Swedish.Month("2016-03"))
	assert.Equal(t, "2016-03", English.Month("2016-03"))
	assert.Equal(t, "2016-03-01 23:00:00 UTC", Moment(time.Date(2016, 3, 2, 0, 0, 0, 0, time.FixedZone("CET", 3600))))
}
