package web

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"html"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/projections"
	"careledger/replay"
)

// refusedAddresses are addresses that a person may come to with wrong words in the fields of each page, and what a page in Swedish says of each.
var refusedAddresses = map[string]string{
	"/overview?time=2016-13":                                  "Tid: 2016-13 är ingen tid.",
	"/overview?time=2017..2016":                               "Tid: 2017..2016 slutar innan den börjar.",
	"/overview?time=1900..2090":                               "Tid: Från januari 1900 till december 2090 är mer än 150 år.",
	"/overview?time=2016&time=2017":                           "Tid: Det står två gånger.",
	"/overview?provider=none":                                 "Utförare: Det finns ingen utförare none, som känt vid händelse 2 696.",
	"/overview?unit=none":                                     "Enhet: Det finns ingen enhet none",
	"/overview?provider=%C3%A5":                               "Utförare: å är inget id.",
	"/overview?as-of=x":                                       "Känt den: x är varken ett datum",
	"/overview?as-of=2697":                                    "Känt den: Händelse 2 697 finns inte än: den sista är 2 696.",
	"/overview?authority=1499":                                "Huvudman: Huvudboken har ingen logg för huvudman 1499.",
	"/overview?authority=xx":                                  "Huvudman: Skriv en kommuns fyra siffror",
	"/overview?else=1":                                        "else: Sidan frågar inte efter det.",
	"/overview?page=x":                                        "page: Den säger inte var nästa rader börjar.",
	"/overview?by=x":                                          "Gruppera efter: x går inte att välja.",
	"/overview?a=%zz":                                         "Något i adressen efter frågetecknet går inte att läsa.",
	"/payouts?status=x":                                       "Status: x går inte att välja.",
	"/payouts?provider=none":                                  "Utförare: Det finns ingen utförare none",
	"/payouts/2017-01-none":                                   "Det finns ingen utbetalning 2017-01-none",
	"/payouts/2017-01-none/why":                               "Det finns ingen utbetalning 2017-01-none",
	"/payouts/%C3%A5/why":                                     "Det finns ingen utbetalning å",
	"/payouts/2017-01-none/why?unfold=x":                      "unfold: x går inte att välja.",
	"/payouts/2017-01-none/why/0":                             "har ingen rad 0",
	"/payouts/2017-01-none/bundle":                            "Det finns ingen utbetalning 2017-01-none",
	"/payouts/2017-01-none/bundle?redact=2":                   "redact: 2 går inte att välja.",
	"/fulfilment?by=x":                                        "Gruppera efter: x går inte att välja.",
	"/fulfilment?by=year,year":                                "Gruppera efter: Det står två gånger.",
	"/fulfilment?by=provider,unit,month,year,life_area":       "Gruppera efter: Välj högst 3 på en gång",
	"/fulfilment?unit=none":                                   "Enhet: Det finns ingen enhet none",
	"/trail?kind=x&id=1":                                      "Vad: x går inte att välja.",
	"/trail?id=l001":                                          "Vad: Skriv vems spår",
	"/trail?kind=case&id=none":                                "Loggen har ingen händelse om case/none",
	"/trail?kind=case&id=%C3%A5":                              "Id: å är inget id.",
	"/trail?kind=case&id=l001&held-on=x":                      "Gällde den: Skriv ett datum",
	"/trail?kind=case&id=l001&event=x":                        "event: x är inte numret på en händelse.",
	"/event":                                                  "Id: Skriv vilken händelse",
	"/event?id=none":                                          "Id: Det finns ingen händelse none",
	"/policies/document/none":                                 "Ingen ersättningsmodell none är antagen",
	"/policies/document/lund-2015-pilot?document=2001-01-01":  "lund-2015-pilot har inget dokument som gäller från 2001-01-01",
	"/policies/document/lund-2015-pilot/differences?before=x": "Före: lund-2015-pilot har inget dokument som gäller från x",
	"/access?actor=%C3%A5":                                    "Läst av: Skriv ett id",
	"/access?entity=x":                                        "Ärende, patient eller utbetalning: Skriv vad det är och dess id",
	"/what-if?set=x":                                          "Värde att ändra: x går inte att läsa som ett värde.",
	"/what-if?set=none.x%3D1":                                 "Värde att ändra: none.x hör inte till någon antagen ersättningsmodell.",
	"/what-if?set=" + premium + ".care%3D1":                   "goal_premium är ett enda värde och har ingen post care.",
	"/what-if?set=lund-2015-pilot.hourly_rate%3D1":            "hourly_rate är en tabell.",
	"/what-if?set=lund-2015-pilot.hourly_rate.x%3D1":          "hourly_rate har ingen post x.",
	"/what-if?set=" + premium + "%3D1&as-of=0":                "ingen ersättningsmodell var antagen, som känt då.",
	"/what-if?set=" + premium + "%3D1&sweep=" + premium + "%3D1..2:1":        "får ett värde både i Värde att ändra och i Svep.",
	"/what-if?sweep=" + premium + "%3D1..2:1&sweep=" + premium + "%3D1..2:1": "Svep: lund-2015-pilot.goal_premium står två gånger.",
	"/what-if?sweep=x": "Svep: x går inte att läsa som ett svep.",
	"/what-if?sweep=" + premium + "%3D400..200:50":                                  "Svep 1: Skriv tal i Från, Till och Steg",
	"/what-if?sweep=" + premium + "%3D200..400:1":                                   "Svep 1: Det blir 201 körningar, och sidan visar högst 200.",
	"/what-if?sweep=" + premium + "%3D1..20000:1":                                   "Svep 1: Det blir fler än 10 000 körningar, och sidan visar högst 200.",
	"/what-if?sweep=a.b%3D1..2:1&sweep=a.b%3D1..2:1&sweep=a.b%3D1..2:1":             "Svep: Det finns fler än två svep.",
	"/what-if?seek=" + premium + "&budget=1":                                        "Budget i kronor: Också med lund-2015-pilot.goal_premium på 0 blir summan",
	"/what-if?seek=" + premium + "&budget=1&time=2014-10":                           "Värde att söka: Summan stiger inte med lund-2015-pilot.goal_premium",
	"/what-if?seek=" + premium + "&budget=999999999999999":                          "Med lund-2015-pilot.goal_premium på 10 000 000 000,00 kr blir summan",
	"/what-if?seek=x&budget=1":                                                      "Värde att söka: x är inget värde att söka.",
	"/what-if?model=none":                                                           "Inbyggda och egna modeller: Det finns ingen inbyggd modell none.",
	"/what-if?model=lund-2015-pilot&time=2014..2016":                                "Modellen lund-2015-pilot har inget värde på",
	"/what-if?document=x":                                                           "document: Dokumentet i adressen är inte ett som sidan har gjort.",
	"/what-if?parameter=a":                                                          "value: Adressen har inte ett värde för varje parameter.",
	"/what-if?sweep-of=a":                                                           "sweep-of: Fälten sweep-of, sweep-from, sweep-to, sweep-step ska stå en gång vardera",
	"/what-if/replay.svg":                                                           "Svep: Ett diagram ritas av ett svep, och det finns inget.",
	"/what-if/replay.svg?sweep=" + premium + "%3D1..3:1&sweep=none.x%3D1..9:1":      "Svep: none.x hör inte till någon antagen ersättningsmodell.",
	"/what-if/replay.xlsx?set=none.x%3D1":                                           "Värde att ändra: none.x hör inte till någon antagen ersättningsmodell.",
	"/what-if?set=" + premium + "%3D1&set=lund-2015-pilot.goal_premum%3D1&lang=sv&": "Menade du lund-2015-pilot.goal_premium?",
}

// What a page refuses is in its language, and names its own fields; a program is told in English, in the words of the address. Neither hears of flags.
func TestARefusalIsInTheLanguageOfThePageAndNamesItsFields(t *testing.T) {
	person, machine := withPurpose(t, signedIn(t)), program(t)
	machine.headers["Careledger-Purpose"] = "complaint 2026-114"
	flag := regexp.MustCompile(`--[a-z]`)
	for address, says := range refusedAddresses {
		t.Run(address, func(t *testing.T) {
			answer := person.get(address)
			require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity}, answer.Code)
			page := strings.ReplaceAll(html.UnescapeString(answer.Body.String()), "\u00a0", " ")
			require.Contains(t, page, says)
			_, main, _ := strings.Cut(page, "<main")
			require.NotRegexp(t, flag, main)
			require.NotContains(t, main, `lang="en"`, "nothing is left in English")
			if strings.Contains(address, "lang=") {
				return
			}

			mark := "?"
			if strings.Contains(address, "?") {
				mark = "&"
			}
			english := html.UnescapeString(person.get(address + mark + "lang=en").Body.String())
			_, main, _ = strings.Cut(english, "<main")
			require.NotContains(t, main, strings.SplitN(says, ": ", 2)[len(strings.SplitN(says, ": ", 2))-1])
			require.NotRegexp(t, flag, main)

			path, query, _ := strings.Cut(address, "?")
			if !strings.Contains(path, "replay.") && !strings.HasSuffix(path, "/bundle") {
				path += ".json"
			}
			told := machine.get(path + "?" + query)
			var p struct {
				Detail string `json:"detail"`
			}
			require.NoError(t, json.Unmarshal(told.Body.Bytes(), &p), told.Body)
			require.Equal(t, answer.Code, told.Code)
			require.NotEmpty(t, p.Detail)
			require.NotRegexp(t, flag, p.Detail)
			require.NotRegexp(t, `[åäöÅÄÖ]`, strings.ReplaceAll(p.Detail, "å", ""), "the one that was asked for")
		})
	}
}

// withPurpose says what a person reads cases for.
func withPurpose(t *testing.T, r *reader) *reader {
	csrf := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(r.page("/fulfilment"))
	require.Len(t, csrf, 2)
	require.Equal(t, http.StatusSeeOther, r.post("/purpose", map[string][]string{"csrf": {csrf[1]}, "purpose": {"complaint 2026-114"}, "next": {"/"}}).Code)
	return r
}

// Each refusal that carries what it is about has its words in both languages, with a place for each of them.
func TestEveryTypedRefusalIsSaidInBothLanguages(t *testing.T) {
	month, day, sum := domain.NewMonth(2016, 3), domain.Date(16_861), domain.Money(29_700)
	points := []replay.SeekPoint{{Value: 0, Total: sum}, {Value: 1, Total: sum}, {Value: 2, Total: sum}}
	refusals := []error{
		&ledger.AsOfError{Authority: "1281", Asked: 7, Last: 6}, &ledger.NoLedgerError{}, &ledger.NoLedgerError{Authority: "1281"}, &ledger.SeveralError{Authorities: []string{"1281", "1282"}},
		&ledger.NoPayoutError{Payout: "x"}, &report.UnknownPolicyError{Policy: "x"}, &projections.UnknownPartyError{Field: "provider", ID: "x"}, &projections.UnknownPartyError{Field: "unit", ID: "x"},
		&projections.UnknownEntityError{Entity: "case/x"}, &projections.PeriodError{Why: projections.PeriodLong, Period: compensation.Period{From: month, To: month}}, &projections.PeriodError{Period: compensation.Period{From: month, To: month}},
		ledger.ErrNoReason, ledger.ErrNoMonth, ledger.ErrNoPayouts, &replay.RowsError{Runs: 2, Most: 1}, &report.ChartLinesError{}, report.ErrNoSweep,
		&compensation.RateError{Day: day, First: day + 1}, &compensation.RateError{Day: day, First: day + 1, Capped: true}, &compensation.RateError{Day: day}, &compensation.LargeError{}, &compensation.DigitsError{},
		&replay.TwiceError{By: "set", Other: "seek"}, &replay.TwiceError{By: "set", Other: "set"}, &replay.TargetError{Asked: "set", Why: replay.TargetNoParameter, Near: "p.a"},
	}
	for _, field := range []string{"actor", "entity", "authority", "purpose", "month", "from", "to", "on", "in-force-from"} {
		refusals = append(refusals, &ledger.FieldError{Field: field, Err: errors.New("it is not one")})
	}
	for _, within := range []error{ledger.ErrFuture, ledger.ErrNotBegun, ledger.ErrReversed, domain.ErrPersonalNumber} {
		refusals = append(refusals, &ledger.Wrong{Err: &ledger.FieldError{Field: "on", Err: fmt.Errorf("2016-03 %w", within)}})
	}
	for why := replay.TargetNothingAdopted; why <= replay.TargetNoEntry; why++ {
		refusals = append(refusals, &replay.TargetError{Asked: "sweep", Why: why})
	}
	for why := replay.SeekFlat; why <= replay.SeekFalls; why++ {
		refusals = append(refusals, &replay.SeekError{Why: why, Totals: points})
	}
	for _, field := range []string{"threshold_minutes", "limit", "pot", "floor", "weights", "round_to"} {
		refusals = append(refusals, &compensation.ValueError{Field: field})
	}
	for _, word := range domain.PayoutRefusals {
		refusals = append(refusals, domain.Problems{{Word: word}})
	}
	for _, refusal := range refusals {
		all, rest := wrongsOf(fmt.Errorf("run 2: %w", refusal))
		require.Empty(t, rest, refusal)
		require.Len(t, all, 1, refusal)
		section, word, _ := strings.Cut(all[0].key, ".")
		for _, l := range words.Languages {
			assert.True(t, words.Language(l).Has(section, word), "%s in %s", all[0].key, l)
			said := voice{words.Language(l)}.wrongly(all[0])
			assert.NotContains(t, said, "%!", "%T has as much to tell as its text has places: %s", refusal, said)
		}
		assert.NotContains(t, all[0].Error(), "%!")
	}
	all, rest := wrongsOf(errors.Join(ledger.ErrNoReason, errors.New("something else")))
	require.Len(t, all, 1)
	require.Len(t, rest, 1, "what has no words is not left out")
}

// What package compensation says of a document is said in Swedish too, each of it, but for what another program says.
func TestEveryProblemOfAModelDocumentHasSwedishWords(t *testing.T) {
	said := map[string]bool{}
	names, err := filepath.Glob("../../../../domain/compensation/*.go")
	require.NoError(t, err)
	for _, name := range names {
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is || len(call.Args) < 2 {
				return true
			}
			if of, is := call.Fun.(*ast.SelectorExpr); is && of.Sel.Name == "problem" {
				if on, is := of.X.(*ast.Ident); is && on.Name == "r" {
					for _, text := range texts(t, call.Args[1]) {
						said[text] = true
					}
				}
			}
			return true
		})
	}
	require.Greater(t, len(said), 40)
	for _, others := range []string{"%s", "%s %s", "%s is %s"} { // a word of CEL, of a date or of a decimal
		require.True(t, said[others], others)
		delete(said, others)
	}
	for text := range said {
		assert.True(t, words.Swedish.Has("model_wrong", text), text)
	}
	for _, code := range words.Codes("model_wrong") {
		assert.True(t, said[code], "%s is said of no document", code)
	}
	for _, kind := range []string{"text", "number", "boolean", "mapping", "list", "empty"} {
		assert.True(t, words.Swedish.Has("model_found", kind), kind)
	}
}

// texts are what a format may be: itself, or with the one part of it that a variable holds.
func texts(t *testing.T, of ast.Expr) []string {
	switch of := of.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(of.Value)
		require.NoError(t, err)
		return []string{text}
	case *ast.Ident:
		require.Equal(t, "or", of.Name)
		return []string{"", ", nor a number"}
	case *ast.BinaryExpr:
		var all []string
		for _, before := range texts(t, of.X) {
			for _, after := range texts(t, of.Y) {
				all = append(all, before+after)
			}
		}
		return all
	}
	require.Fail(t, "a format is put together in another way")
	return nil
}

// What is wrong with a document has as much to tell as its Swedish words have places.
func TestWhatIsWrongInAModelIsSaidInSwedish(t *testing.T) {
	base, known := compensation.LibraryModel("lund-2015-pilot")
	require.True(t, known)
	for _, change := range [][2]string{{"kind: time", "kind: tme"}, {"kind: time", "kind: 3"}, {"currency: SEK", "currency: EUR"}, {"basis: ", "bsis: "}, {"2015-01-01", "2015-13-01"}, {"amount: ", "amount: x"}, {"SEK/hour", "[1]"}, {"components:", "components: []\nother:"}, {"id: ", "id: [1, 2]\nno: "}} {
		changed := strings.ReplaceAll(string(base), change[0], change[1])
		require.NotEqual(t, string(base), changed, change)
		_, _, err := compensation.ParseModel("m.yaml", []byte(changed))
		require.Error(t, err, change)
		all, rest := wrongsOf(err)
		require.NotZero(t, len(all)+len(rest), change)
		for _, w := range all {
			require.NotContains(t, voice{words.Swedish}.wrongly(w), "%!")
			require.Equal(t, w.document.String(), voice{words.English}.wrongly(w))
			require.Equal(t, w.document.String(), w.Error())
		}
	}
}
