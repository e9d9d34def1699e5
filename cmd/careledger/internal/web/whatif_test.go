package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
	"careledger/replay"
)

const (
	premium = "lund-2015-pilot.goal_premium"
	hourly  = "lund-2015-pilot.hourly_rate.care/external"
)

// asking is a question as careledger replay would put it.
func asking(t *testing.T, r ledger.Request) string {
	r.Question = ledger.QuestionReplay
	var b bytes.Buffer
	require.NoError(t, pilot(t).Ask(t.Context(), r, &b))
	return b.String()
}

// replayed is what of a replay's JSON the tests look at.
type replayed struct {
	Runs []struct {
		Name, Total, Difference, Digest, Value string
		Providers                              []struct{ Provider, Adopted, Alternative, Difference string }
		Models                                 []struct{ ID, SHA256 string }
	}
	Stamp struct{ Root, Command string }
}

func replayOf(t *testing.T, r ledger.Request) (d replayed) {
	r.Format = "json"
	require.NoError(t, json.Unmarshal([]byte(asking(t, r)), &d, json.MatchCaseInsensitiveNames(true)))
	return d
}

// rowsOfCSV returns the records of a table for programs, by the names of their fields.
func (r *reader) rowsOfCSV(address string) (rows []map[string]string) {
	records, err := csv.NewReader(strings.NewReader(r.page(address))).ReadAll()
	require.NoError(r.t, err)
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// linkIn returns the address of a link with a text.
func linkIn(t *testing.T, page, text string) string {
	found := regexp.MustCompile(`<a href="([^"]+)"[^>]*>` + regexp.QuoteMeta(text) + `</a>`).FindStringSubmatch(page)
	require.Len(t, found, 2, text)
	return html.UnescapeString(found[1])
}

func TestWhatIfThePremiumWere350(t *testing.T) {
	r := program(t)
	want := replayOf(t, ledger.Request{Set: []string{premium + "=350"}})
	require.Equal(t, "35510.00", want.Runs[1].Difference, "53 kr more for each of the 670 goals that Lund published")
	runs := r.rowsOfCSV("/what-if.csv?set=" + premium + "%3D350")
	require.Len(t, runs, 2)
	for i, run := range want.Runs {
		require.Equal(t, []string{run.Name, run.Total, run.Difference, run.Digest}, []string{runs[i]["run"], runs[i]["total"], runs[i]["difference"], runs[i]["digest"]})
	}
	providers := r.rowsOfCSV("/what-if/providers.csv?set=" + premium + "%3D350")
	require.Len(t, providers, len(want.Runs[1].Providers))
	for i, p := range want.Runs[1].Providers {
		require.Equal(t, []string{p.Provider, p.Adopted, p.Alternative, p.Difference}, []string{providers[i]["provider"], providers[i]["adopted"], providers[i]["alternative"], providers[i]["difference"]})
	}
	require.Equal(t, []string{"lund-hemvard", "gain-to-5-percent"}, []string{providers[0]["provider"], providers[0]["class"]})
	for _, name := range []string{"units", "years", "categories", "life_areas"} {
		sum := domain.Money(0)
		for _, row := range r.rowsOfCSV("/what-if/" + name + ".csv?set=" + premium + "%3D350") {
			m, err := domain.ParseMoney(row["difference"])
			require.NoError(t, err)
			sum += m
		}
		require.Equal(t, "35510.00", sum.String(), name)
	}

	page := signedIn(t).page("/what-if?set=" + premium + "%3D350")
	require.Contains(t, page, `<p class="summary">goal_premium = 350: `+voice{"sv"}.shown(amount, want.Runs[1].Total)+", &#43;35\u00a0510,00\u00a0kr mot det antagna. <span>Utförare som får mer: 1, mindre: 0, lika mycket: 1.")
	require.Contains(t, page, `name="value" value="350"`)
	require.Contains(t, signedIn(t).page("/what-if?set="+premium+"%3D350.5"), "goal_premium = 350,5: ")
	require.Contains(t, page, "En ring vid det valda värdet 350: "+voice{"sv"}.number(want.Runs[1].Total)+" kr.")
	require.Contains(t, page, want.Stamp.Root)
	require.Contains(t, page, want.Runs[1].Models[0].SHA256)
}

// The page at first, and its fields: the parameters of the adopted policies with the values that they have.
func TestTheAdoptedParametersAreThereToBeMoved(t *testing.T) {
	page := signedIn(t).page("/what-if")
	for _, target := range []string{premium, hourly, "lund-2015-pilot.hourly_rate.service/in-house"} {
		require.Contains(t, page, `<input type="hidden" name="parameter" value="`+target+`">`)
	}
	require.Contains(t, page, `<input type="range" hidden min="0" max="594" step="1" value="297" data-for="p-`+premium+`" data-adopted="297"`)
	require.Contains(t, page, "Antaget: 297 kr per mål sedan 1 januari 2015. Lund, Framtidens ersättningsystem för hemtjänst 2014-2016")
	require.Contains(t, page, "Antaget: 398 kr per timme sedan 1 januari 2015, preliminärt.")
	require.Contains(t, page, `<polyline`, "the chart is there before anything is moved")
	require.NotContains(t, page, "En ring vid")
	require.NotContains(t, page, "--compare")
}

func TestASliderReachesTwiceTheValueInItsOwnSteps(t *testing.T) {
	for value, want := range map[string][3]string{"297": {"0", "594", "1"}, "10000": {"0", "20000", "100"}, "17250": {"0", "34500", "10"}, "0.05": {"0", "0.10", "0.01"}, "385.55": {"0", "771.10", "0.01"},
		"0": {"0", "100", "1"}, "-40": {"-80", "0", "1"}} {
		adopted, err := domain.ParseDecimal(value)
		require.NoError(t, err)
		s := newSlider(adopted, adopted)
		got := [3]string{s.Low, s.High, s.Step}
		for i := range got {
			a, err := domain.ParseDecimal(got[i])
			require.NoError(t, err)
			b, err := domain.ParseDecimal(want[i])
			require.NoError(t, err)
			require.Zero(t, a.Cmp(b), "%s: %v, want %v", value, got, want)
		}
	}
	for value, step := range map[string]string{"297": "59", "298": "59", "10000": "2000", "2": "1", "0.05": "0.01", "0": "10"} {
		adopted, err := domain.ParseDecimal(value)
		require.NoError(t, err)
		s := newSlider(adopted, adopted)
		require.Equal(t, step, s.chartStep().String(), value)
	}
	chosen, err := domain.ParseDecimal("1000")
	require.NoError(t, err)
	require.Equal(t, "1000", newSlider(domain.DecimalOf(297, 0), chosen).High, "it reaches what is chosen")
}

func TestAFormLeadsToTheAddressOfItsAnswer(t *testing.T) {
	r := signedIn(t)
	for query, leads := range map[string]string{
		"parameter=" + premium + "&value=350,50&parameter=" + hourly + "&value=&time=2016":                                               "/what-if?time=2016&set=" + premium + "%3D350.5",
		"parameter=" + premium + "&value=&set=" + premium + "%3D350":                                                                     "/what-if",
		"parameter=" + premium + "&value=%2B1+000&lang=en":                                                                               "",
		"parameter=" + premium + "&value=1+000&lang=en":                                                                                  "/what-if?lang=en&set=" + premium + "%3D1000",
		"sweep-of=" + premium + "&sweep-from=200&sweep-to=400&sweep-step=50&sweep-of=&sweep-from=&sweep-to=&sweep-step=":                 "/what-if?sweep=" + premium + "%3D200..400%3A50",
		"sweep-of=&sweep-from=&sweep-to=&sweep-step=&sweep=" + premium + "%3D200..400%3A50":                                              "/what-if",
		"parameter=" + premium + "&value=&in-force-from=2016-01-01":                                                                      "/what-if",
		"parameter=" + premium + "&value=350&in-force-from=2016-01-01&model=person-premium-10000&seek=" + premium + "&budget=17 300 000": "/what-if?budget=17300000&in-force-from=2016-01-01&model=person-premium-10000&seek=" + premium + "&set=" + premium + "%3D350",
	} {
		answer := r.get("/what-if?" + strings.ReplaceAll(query, " ", "+"))
		if leads == "" {
			require.Equal(t, http.StatusBadRequest, answer.Code, query)
			continue
		}
		require.Equal(t, http.StatusSeeOther, answer.Code, query)
		require.Equal(t, leads, answer.Header().Get("Location"))
	}
}

func TestWhatCannotBeComputedIsSaidAtItsField(t *testing.T) {
	r := signedIn(t)
	for query, says := range map[string]string{
		"parameter=" + premium + "&value=femtio": `value="femtio" inputmode="decimal" autocomplete="off" placeholder="297" aria-describedby="h-p-` + premium + ` w-p-` + premium + `" aria-invalid="true"`,
		"in-force-from=2016-13-01":               `<span class="wrong">Skriv ett datum`,
		"seek=" + premium + "&budget=mycket":     `<span class="wrong">Skriv ett belopp`,
		"budget=100":                             `<span class="wrong">Välj det värde som ska sökas`,
		"sweep-of=" + premium + "&sweep-from=0&sweep-to=20000&sweep-step=1":  `<p class="wrong">Det blir fler än 10`,
		"sweep-of=" + premium + "&sweep-from=400&sweep-to=200&sweep-step=50": `<p class="wrong">Skriv tal i Från`,
		"sweep-of=&sweep-from=1&sweep-to=&sweep-step=":                       `<p class="wrong">Välj det värde som svepet ändrar`,
		"sweep=" + premium + "%3D0..1000%3A1":                                "Det blir 1\u00a0001 körningar, och sidan visar högst 200.",
		"sweep=" + premium + "%3D1..20%3A1&sweep=" + hourly + "%3D1..20%3A1": "Det blir 400 körningar",
	} {
		answer := r.get("/what-if?" + query)
		require.Equal(t, http.StatusBadRequest, answer.Code, query)
		require.Contains(t, answer.Body.String(), says, query)
		require.Contains(t, answer.Body.String(), `role="alert"`)
		require.NotContains(t, answer.Body.String(), `class="summary"`)
		require.Equal(t, http.StatusBadRequest, program(t).get("/what-if.json?"+query).Code)
		require.Equal(t, http.StatusBadRequest, program(t).get("/what-if/replay.csv?"+query).Code)
	}
	for query, says := range map[string]string{
		"set=" + premium: "is not a setting", "model=none": "no built-in model none", "document=a": "send the model again", "document=a:!!": "send the model again", "sweep=x": "is not a sweep",
		"parameter=" + premium: "not one value for each", "sweep-of=a": "each stands once", "sum=1": "sum:",
	} {
		answer := program(t).get("/what-if.json?" + query)
		require.Equal(t, http.StatusBadRequest, answer.Code, query)
		require.Contains(t, answer.Body.String(), says, query)
	}
}

func TestAQuestionThatTheHistoryCannotAnswerIsRefusedInWords(t *testing.T) {
	for query, says := range map[string]string{
		"set=lund-2015-pilot.goal_premum%3D350":                        "Menade du lund-2015-pilot.goal_premium?",
		"seek=" + premium + "&budget=1":                                "på 0 blir summan",
		"set=" + premium + "%3D1&seek=" + premium + "&budget=99999999": "Ta bort det ena",
	} {
		answer := signedIn(t).get("/what-if?" + query)
		require.Equal(t, http.StatusUnprocessableEntity, answer.Code, query)
		require.Contains(t, html.UnescapeString(answer.Body.String()), says, query)
		require.Contains(t, answer.Body.String(), `name="parameter"`, "the form is there to change the question")
		twin := program(t).get("/what-if.json?" + query)
		require.Equal(t, http.StatusUnprocessableEntity, twin.Code)
		require.Equal(t, "application/problem+json", twin.Header().Get("Content-Type"))
	}
}

func TestASweepHasARowAndALinkForEachStep(t *testing.T) {
	r := signedIn(t)
	want := replayOf(t, ledger.Request{Sweep: premium + "=200..400:50"})
	address := "/what-if?sweep=" + premium + "%3D200..400%3A50"
	rows := r.rowsOfCSV(strings.Replace(address, "?", ".csv?", 1))
	require.Len(t, rows, 6)
	for i, run := range want.Runs {
		require.Equal(t, []string{run.Value, run.Total}, []string{rows[i]["value"], rows[i]["total"]})
	}
	page := r.page(address)
	require.Equal(t, 5, strings.Count(page, "<circle "))
	require.Contains(t, page, "5 alternativ, från ")
	require.Equal(t, "/what-if?set="+premium+"%3D250", linkIn(t, page, "goal_premium = 250"))
	grid := r.page("/what-if?lang=en&sweep=" + premium + "%3D200..400%3A100&sweep=" + hourly + "%3D390..400%3A5")
	require.Contains(t, grid, "goal_premium = 200, hourly_rate.care/external = 395")
	require.Equal(t, 3, strings.Count(grid, "<polyline "))
	require.Contains(t, r.page("/what-if?sweep="+premium+"%3D200..400%3A100&sweep="+hourly+"%3D390..400%3A1"), "för många linjer")
}

func TestABudgetFindsItsPremium(t *testing.T) {
	want := replayOf(t, ledger.Request{Seek: premium, Budget: "17300000"})
	page := signedIn(t).page("/what-if?seek=" + premium + "&budget=17300000")
	require.Contains(t, page, "Högsta "+premium+" är "+voice{"sv"}.number(want.Runs[1].Value)+": "+voice{"sv"}.shown(amount, want.Runs[1].Total))
}

// A figure handed on is one that can be had again: by its address, and by its command.
func TestAnAnswerCanBeHadAgain(t *testing.T) {
	r := signedIn(t)
	r.server.config.GivenBy = []string{"--data", "the ledger"}
	page := r.page("/what-if?as-of=900&set=" + premium + "%3D350")
	require.Contains(t, html.UnescapeString(page), "careledger replay --data 'the ledger' --authority 1281 --as-of-sequence 900 --from ")
	early, now := r.rowsOfCSV("/what-if.csv?as-of=900&set="+premium+"%3D350"), r.rowsOfCSV("/what-if.csv?set="+premium+"%3D350")
	require.NotEqual(t, early[1]["digest"], now[1]["digest"])
	pin := linkIn(t, r.page("/what-if?set="+premium+"%3D350"), "Länk som alltid ger de här siffrorna")
	require.Regexp(t, `^/what-if\?time=[0-9.-]+&as-of=[0-9]+&set=`, pin)
	require.Equal(t, now, r.rowsOfCSV(strings.Replace(pin, "?", ".csv?", 1)))
	require.Equal(t, early, r.rowsOfCSV(strings.Replace(linkIn(t, page, "Länk som alltid ger de här siffrorna"), "?", ".csv?", 1)))
	require.Contains(t, r.page("/what-if?as-of=2016-12-31&set="+premium+"%3D350"), "Svaret är till ett datum.")
}

func TestFilesAreThoseOfTheCommandLine(t *testing.T) {
	r := program(t)
	query := "?sweep=" + premium + "%3D200..400%3A50"
	for end, format := range map[string]string{".xlsx": "xlsx", ".svg": "svg", ".sv.csv": "swedish-csv", ".csv": "csv", ".json": "json"} {
		q := ledger.Request{Sweep: premium + "=200..400:50", Format: format}
		if end != ".csv" && end != ".json" {
			q.GivenBy = []string{"-o", "replay" + end}
		}
		answer := r.get("/what-if/replay" + end + query)
		require.Equal(t, http.StatusOK, answer.Code, end)
		require.Equal(t, asking(t, q), answer.Body.String(), end)
		require.Equal(t, `attachment; filename="replay`+end+`"`, answer.Header().Get("Content-Disposition"))
	}
	require.NotEqual(t, http.StatusOK, r.get("/what-if/replay.svg?set="+premium+"%3D350").Code, "a chart is of a sweep")
	require.Equal(t, http.StatusNotFound, r.get("/what-if/replay").Code)
	require.Equal(t, http.StatusNotFound, r.get("/what-if/providers.svg"+query).Code)
	require.Equal(t, http.StatusNotFound, r.get("/fulfilment/replay.csv").Code)
}

func TestAFilterOfOneProviderShowsItsRows(t *testing.T) {
	r := signedIn(t)
	rows := r.rowsOfCSV("/what-if/units.csv?provider=lund-hemvard&set=" + premium + "%3D350")
	require.Len(t, rows, 2)
	rows = r.rowsOfCSV("/what-if/units.csv?unit=ostra-torn-linero&set=" + premium + "%3D350")
	require.Len(t, rows, 1)
	require.Contains(t, r.page("/what-if?unit=ostra-torn-linero&set="+premium+"%3D350"), "gäller alla utförare")
	require.Equal(t, http.StatusBadRequest, r.get("/what-if?provider=nobody").Code)
}

// A slider on its way asks for the total and the chart alone.
func TestAPartOfThePageIsWhatTheSliderAsksFor(t *testing.T) {
	r := signedIn(t)
	address := "/what-if?parameter=" + premium + "&value=350,00&lang=sv"
	r.headers["Careledger-Part"] = "moving"
	moving := r.get(address)
	require.Equal(t, "/what-if?set="+premium+"%3D350", moving.Header().Get("Content-Location"))
	require.Contains(t, moving.Body.String(), "&#43;35\u00a0510,00\u00a0kr")
	require.Contains(t, moving.Body.String(), "goal_premium = 350: ")
	require.Contains(t, moving.Body.String(), "<polyline")
	require.NotContains(t, moving.Body.String(), "<html")
	require.NotContains(t, moving.Body.String(), "<table")
	r.headers["Careledger-Part"] = "outcome"
	whole := r.page(address)
	require.NotContains(t, whole, "<html")
	require.Contains(t, whole, "Per livsområde")
	require.Contains(t, whole, "--compare")
	r.headers["Careledger-Part"] = ""
	require.Contains(t, r.page("/what-if?set="+premium+"%3D350"), strings.TrimSpace(whole), "the whole page holds the same")
}

func TestWhoeverLeavesStopsTheQuestion(t *testing.T) {
	r := program(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	answer := r.do(httptest.NewRequest(http.MethodGet, "/what-if.csv?sweep="+premium+"%3D1..200%3A1", nil).WithContext(ctx))
	require.NotEqual(t, http.StatusOK, answer.Code)
}

// send puts a model document into the form.
func (r *reader) send(query, csrf, file, content, text string) *httptest.ResponseRecorder {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	require.NoError(r.t, m.WriteField("csrf", csrf))
	require.NoError(r.t, m.WriteField("model-text", text))
	if file != "" {
		w, err := m.CreateFormFile("model-file", file)
		require.NoError(r.t, err)
		_, err = w.Write([]byte(content))
		require.NoError(r.t, err)
	}
	require.NoError(r.t, m.Close())
	q := httptest.NewRequest(http.MethodPost, "/what-if/model"+query, &b)
	q.Header.Set("Content-Type", m.FormDataContentType())
	return r.do(q)
}

func TestAModelThatSomebodySendsStandsInTheAddress(t *testing.T) {
	r := signedIn(t)
	csrf := r.csrf()
	raw, known := compensation.LibraryModel("person-premium-10000")
	require.True(t, known)
	model := strings.Replace(string(raw), "person-premium-10000", "proposal", 1)
	want := replayOf(t, ledger.Request{Models: []replay.ModelSet{{Documents: []replay.Document{{Name: "mitt-f-rslag.yaml", Data: []byte(model)}}}}})
	for _, sent := range []*httptest.ResponseRecorder{r.send("?time=", csrf, `C:\mina filer\mitt förslag.yaml`, model, ""), r.send("", csrf, "", "", strings.ReplaceAll(model, "\n", "\r\n"))} {
		require.Equal(t, http.StatusSeeOther, sent.Code, sent.Body)
		address := sent.Header().Get("Location")
		again := signedIn(t) // another server: nothing is kept in this one
		rows := again.rowsOfCSV(strings.Replace(address, "?", ".csv?", 1))
		require.Equal(t, []string{want.Runs[1].Total, want.Runs[1].Digest}, []string{rows[1]["total"], rows[1]["digest"]})
		page := again.page(address)
		require.Contains(t, page, want.Runs[1].Models[0].SHA256)
		require.Contains(t, page, "Kommandot läser de egna modellerna som filer")
		require.Regexp(t, `--model (mitt-f-rslag|proposal)\.yaml`, page)
	}
	require.Equal(t, http.StatusForbidden, r.send("", "forged", "m.yaml", model, "").Code)
	for text, says := range map[string]string{"": "klistra in", "id: x\n": "components: saknas", "id: 3\n": "Rad 1, id: 3 är ett tal. Skriv det inom citattecken: 3.", "id: [": `på engelska: <span lang="en">`, strings.Repeat("# a comment\n", 8000): "för stort"} {
		answer := r.send("?set="+premium+"%3D350", csrf, "", "", text)
		require.Equal(t, http.StatusBadRequest, answer.Code)
		require.Contains(t, answer.Body.String(), says)
		require.Contains(t, answer.Body.String(), `<p class="wrong" id="w-model" role="alert">`)
		require.Equal(t, text == "id: [", strings.Contains(answer.Body.String(), `<span lang="en">`), "only what the reader of YAML says is in English")
		require.Contains(t, answer.Body.String(), `name="value" value="350"`, "what was asked before stays")
	}
	require.Equal(t, http.StatusRequestEntityTooLarge, r.send("", csrf, "m.yaml", strings.Repeat("#", sentBytes), "").Code)
}

// Facts begin in 2014 and the pilot's document has values from 2015: who downloads it and tries it chooses no time, and means the time that it is for.
func TestAnAdoptedDocumentCanBeTriedAsItIsDownloaded(t *testing.T) {
	r := signedIn(t)
	downloaded := r.get("/policies/document/lund-2015-pilot/model.yaml")
	require.Equal(t, http.StatusOK, downloaded.Code)
	sent := r.send("", r.csrf(), "pilot.yaml", downloaded.Body.String(), "")
	require.Equal(t, http.StatusSeeOther, sent.Code)
	bare := sent.Header().Get("Location")
	require.NotContains(t, bare, "time=")

	led := r.get(bare)
	require.Equal(t, http.StatusSeeOther, led.Code, led.Body)
	address := led.Header().Get("Location")
	require.Contains(t, address, "?time=2015..2016&", "it stands in the address")
	page := html.UnescapeString(r.page(address))
	require.Contains(t, page, "Perioden börjar med den första månad då modellen har alla sina värden.")
	require.Contains(t, page, `name="time" value="2015..2016"`)
	require.Contains(t, page, "--from 2015-01 --to 2016-12")
	total := r.rowsOfCSV(strings.Replace(address, "?", ".csv?", 1))[1]["total"]
	require.NotEqual(t, "0.00", total)
	require.Equal(t, total, program(t).rowsOfCSV(strings.Replace(bare, "?", ".csv?", 1))[1]["total"], "a program too, which is led nowhere")
	for _, of := range []string{address, bare} {
		file := r.get(strings.Replace(of, "?", "/replay.json?", 1))
		require.Equal(t, http.StatusOK, file.Code, file.Body)
		require.Regexp(t, `"from":\s*"2015-01",\s*"to":\s*"2016-12"`, file.Body.String())
		require.Regexp(t, `"total":\s*"`+regexp.QuoteMeta(total)+`"`, file.Body.String())
	}

	chosen := r.get(bare + "&time=2014..2016")
	require.Equal(t, http.StatusUnprocessableEntity, chosen.Code, "a time that is chosen is not changed")
	require.Contains(t, chosen.Body.String(), "Välj en Tid som börjar då")
	require.Equal(t, http.StatusOK, r.get(bare+"&in-force-from=2015-01-01").Code, "and from a day on it holds beside what is adopted")
	require.NotContains(t, r.page("/what-if?model=person-premium-10000"), "Perioden börjar med", "a model of all times keeps the whole history")
}

func TestWhatIsPackedIsOpened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := replay.Document{Name: "m.yaml", Data: rapid.SliceOfN(rapid.Byte(), 1, 2000).Draw(t, "data")}
		packed, err := packModel(d)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := openModel(packed.word)
		if err != nil || !bytes.Equal(opened.Data, d.Data) || opened.Name != d.Name {
			t.Fatal(opened, err)
		}
	})
	bomb, err := packModel(replay.Document{Name: "m.yaml", Data: make([]byte, modelBytes+1)})
	require.NoError(t, err)
	_, err = openModel(bomb.word)
	require.ErrorContains(t, err, "send the model again")
}

func TestABuiltInModelIsARunOfItsOwn(t *testing.T) {
	r := signedIn(t)
	rows := r.rowsOfCSV("/what-if.csv?model=person-premium-10000&model=lund-2006")
	require.Equal(t, []string{"adopted", "person-premium-10000", "lund-2006"}, []string{rows[0]["run"], rows[1]["run"], rows[2]["run"]})
	page := r.page("/what-if?lang=en&model=person-premium-10000&model=lund-2006")
	require.Contains(t, page, `value="lund-2006" checked`)
	require.Contains(t, page, "2 alternatives, from ")
	require.NotRegexp(t, `[åäöÅÄÖ]`, regexp.MustCompile(`(?s)<header>.*?</header>|<datalist.*?</datalist>|ersättning[^<]*`).ReplaceAllString(page[:strings.Index(page, `id="outcome"`)], ""))
	values, err := url.ParseQuery("model=person-premium-10000&model=lund-2006")
	require.NoError(t, err)
	require.Contains(t, html.UnescapeString(page), address("/what-if/replay.xlsx", url.Values{"lang": {"en"}, "model": values["model"]}))
}

func TestADamagedLogIsNoRefusalOfWhatWasTried(t *testing.T) {
	v := &visit{request: httptest.NewRequest(http.MethodGet, whatIfPath, nil)}
	require.False(t, asRefusal(v, fmt.Errorf("replay: %w", &eventstore.CorruptError{Authority: "1281", Sequence: 7})))
	require.True(t, asRefusal(v, errors.New("there is no rate")))
}
