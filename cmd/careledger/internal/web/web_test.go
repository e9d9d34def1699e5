package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/projections"
)

const (
	host  = "127.0.0.1:8281"
	token = "0123456789abcdef0123456789abcdef"
)

// shared is one ledger with the Lund pilot, which the tests read and do not write to (but for its access log).
var shared struct {
	once sync.Once
	dir  string
	*ledger.Local
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.Local != nil {
		if err := errors.Join(shared.Close(), os.RemoveAll(shared.dir)); err != nil {
			panic(err)
		}
	}
	if paid.Local != nil {
		if err := errors.Join(paid.Close(), os.RemoveAll(paid.dir)); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

// pilot returns the ledger with the Lund pilot.
func pilot(t *testing.T) *ledger.Local {
	shared.once.Do(func() { shared.Local, shared.dir = newPilot(t) })
	return shared.Local
}

// newPilot returns a ledger with the Lund pilot, in a directory of its own.
func newPilot(t *testing.T) (l *ledger.Local, dir string) {
	dir, err := os.MkdirTemp("", "web")
	require.NoError(t, err)
	l, err = ledger.Open(t.Context(), ledger.Config{Dir: dir})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, generate.LundPilot(&b, 1))
	path := filepath.Join(dir, "records.ndjson")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	_, err = l.Import(t.Context(), ledger.ImportRequest{Path: path})
	require.NoError(t, err)
	return l, dir
}

// reader is a browser or a program at a server.
type reader struct {
	t       *testing.T
	server  *Server
	cookie  *http.Cookie
	headers map[string]string
}

func served(t *testing.T) *reader {
	s, err := New(Config{Ledger: pilot(t), Address: host, Token: token, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return &reader{t: t, server: s, headers: map[string]string{"Accept": "text/html"}}
}

// signedIn is a person who has signed in.
func signedIn(t *testing.T) *reader {
	r := served(t)
	answer := r.post("/sign-in", url.Values{"token": {token}, "actor": {"auditor-1"}, "next": {"/fulfilment"}})
	require.Equal(t, http.StatusSeeOther, answer.Code)
	require.Len(t, answer.Result().Cookies(), 1)
	r.cookie = answer.Result().Cookies()[0]
	return r
}

// program presents the token.
func program(t *testing.T) *reader {
	r := served(t)
	r.headers = map[string]string{"Authorization": "Bearer " + token, "Careledger-Actor": "bi-1"}
	return r
}

func (r *reader) do(q *http.Request) *httptest.ResponseRecorder {
	q.Host = host
	for name, value := range r.headers {
		q.Header.Set(name, value)
	}
	if r.cookie != nil {
		q.AddCookie(r.cookie)
	}
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, q)
	return w
}

func (r *reader) get(address string) *httptest.ResponseRecorder {
	return r.do(httptest.NewRequest(http.MethodGet, address, nil))
}

func (r *reader) post(address string, form url.Values) *httptest.ResponseRecorder {
	q := httptest.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.do(q)
}

// page returns a page that is there.
func (r *reader) page(address string) string {
	answer := r.get(address)
	require.Equal(r.t, http.StatusOK, answer.Code, answer.Body)
	return answer.Body.String()
}

// csrf is the word that the forms of a session hold.
func (r *reader) csrf() string {
	found := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(r.page("/fulfilment"))
	require.Len(r.t, found, 2)
	return found[1]
}

// withTrail adds a page that shows a case, as later ones do.
func withTrail(t *testing.T, r *reader) {
	p := &page{path: "/a-trail/{case}", name: "fulfilment", answer: func(v *visit) (*view, error) {
		q := v.ask(ledger.QuestionTrail)
		q.Entity = "case/" + v.request.PathValue("case")
		trail, err := document[*projections.Trail](v, q)
		if err != nil {
			return nil, err
		}
		rows := func(yield func([]cell) bool) { yield([]cell{{plain: string(trail.Entity)}}) }
		return &view{title: "a trail", asOf: trail.AsOf, authority: trail.Authority, tables: []*table{{columns: []column{{name: "unit"}}, rows: rows}}}, nil
	}}
	require.NoError(t, r.server.open(p))
	var err error
	p.template, err = template.Must(template.ParseFS(templates, "templates/layout.html", "templates/parts.html")).Parse(`{{define "content"}}{{range .Tables}}{{template "table" .}}{{end}}{{end}}`)
	require.NoError(t, err)
}

func TestNothingIsShownToWhoHasNotSignedIn(t *testing.T) {
	r := served(t)
	for _, address := range []string{"/fulfilment", "/fulfilment?by=unit", "/purpose"} {
		answer := r.get(address)
		require.Equal(t, http.StatusSeeOther, answer.Code, address)
		require.Equal(t, "/sign-in?next="+url.QueryEscape(address), answer.Header().Get("Location"))
		require.NotContains(t, answer.Body.String(), "ostra-torn-linero")
	}
	for _, address := range []string{"/fulfilment.json", "/fulfilment.csv", "/fulfilment.sv.csv?by=unit", "/fulfilment/total.json"} {
		answer := r.get(address)
		require.Equal(t, http.StatusUnauthorized, answer.Code, address)
		require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	}
	r.headers["Authorization"] = "Bearer " + token + "x"
	require.Equal(t, http.StatusUnauthorized, r.get("/fulfilment.json").Code)
}

func TestSigningInTakesTheTokenAndAnId(t *testing.T) {
	r := served(t)
	for name, form := range map[string]url.Values{
		"another token": {"token": {token + "x"}, "actor": {"auditor-1"}}, "no token": {"actor": {"auditor-1"}}, "a name": {"token": {token}, "actor": {"Anna Svensson"}},
		"a personal identity number": {"token": {token}, "actor": {"19121212-1212"}},
	} {
		answer := r.post("/sign-in", form)
		require.GreaterOrEqual(t, answer.Code, 400, name)
		require.Empty(t, answer.Result().Cookies(), name)
		require.Contains(t, answer.Body.String(), `role="alert"`, name)
	}
	cookie := signedIn(t).cookie
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
}

func TestAfterSigningInNobodyIsLedElsewhere(t *testing.T) {
	for _, next := range []string{"https://example.com/", "//example.com/", `/\example.com`, "fulfilment", "/\t/example.com", ""} {
		answer := served(t).post("/sign-in", url.Values{"token": {token}, "actor": {"auditor-1"}, "next": {next}})
		require.Equal(t, "/", answer.Header().Get("Location"), next)
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	r := signedIn(t)
	require.Equal(t, http.StatusSeeOther, r.post("/sign-out", url.Values{"csrf": {r.csrf()}}).Code)
	require.Equal(t, http.StatusSeeOther, r.get("/fulfilment").Code)
}

func TestACaseIsShownForAPurposeAlone(t *testing.T) {
	r := signedIn(t)
	withTrail(t, r)
	accesses := func() int {
		all, err := pilot(t).Read(t.Context(), ledger.Request{Question: ledger.QuestionAccess, Entity: "case/l001", Reader: ledger.Reader{Actor: "controller-1"}})
		require.NoError(t, err)
		n := 0
		for _, a := range all.(*projections.Accesses).Accesses {
			if a.Question == ledger.QuestionTrail {
				require.Equal(t, "auditor-1", a.Actor)
				require.Equal(t, "complaint 2026-114", a.Purpose)
				n++
			}
		}
		return n
	}
	before := accesses()

	answer := r.get("/a-trail/l001")
	require.Equal(t, http.StatusSeeOther, answer.Code)
	require.Equal(t, "/purpose?next=%2Fa-trail%2Fl001", answer.Header().Get("Location"))
	require.Equal(t, http.StatusForbidden, r.get("/a-trail/l001.json").Code)
	require.Equal(t, before, accesses())

	form := url.Values{"csrf": {r.csrf()}, "purpose": {"12"}, "next": {"/a-trail/l001"}}
	require.Equal(t, http.StatusBadRequest, r.post("/purpose", form).Code)
	form.Set("purpose", "complaint 2026-114")
	require.Equal(t, "/a-trail/l001", r.post("/purpose", form).Header().Get("Location"))
	require.Contains(t, r.page("/a-trail/l001"), "case/l001")
	require.Equal(t, before+1, accesses())

	p := program(t)
	withTrail(t, p)
	none := p.get("/a-trail/l001.json")
	require.Equal(t, http.StatusForbidden, none.Code)
	require.Contains(t, none.Body.String(), "in the header Careledger-Purpose")
	p.headers["Careledger-Actor"], p.headers["Careledger-Purpose"] = "auditor-1", "12"
	wrong := p.get("/a-trail/l001.json")
	require.Equal(t, http.StatusBadRequest, wrong.Code)
	require.Contains(t, wrong.Body.String(), `"detail":"Careledger-Purpose: `)
	require.Equal(t, before+1, accesses())
	p.headers["Careledger-Purpose"] = "complaint 2026-114"
	require.Contains(t, p.page("/a-trail/l001.json"), "case/l001")
	require.Equal(t, before+2, accesses())
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	r := signedIn(t)
	withBroken(t, r)
	for _, address := range []string{"/fulfilment", "/fulfilment.json", "/fulfilment.csv", "/static/page.css", "/nowhere", "/sign-in", "/", "/broken"} {
		h := r.get(address).Header()
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'", address)
		require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'", address)
		require.NotContains(t, h.Get("Content-Security-Policy"), "unsafe", address)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), address)
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"), address)
		require.Equal(t, "no-store", h.Get("Cache-Control"), address)
	}
	require.Equal(t, http.StatusNotFound, r.get("/static/web.css").Code, "page.css is the whole style")
	require.Equal(t, "text/css; charset=utf-8", r.get("/static/page.css").Header().Get("Content-Type"))
	for _, address := range []string{"/fulfilment", "/sign-in", "/purpose"} {
		require.NotRegexp(t, `<style|<script|\sstyle=|\son[a-z]+=`, r.page(address), "the policy refuses what stands in the page")
	}
}

func withBroken(t *testing.T, r *reader) {
	require.NoError(t, r.server.open(&page{path: "/broken", name: "fulfilment", answer: func(*visit) (*view, error) { panic("case/secret") }}))
}

func TestAMistakeInTheProgramIsAPageAndNothingIsTold(t *testing.T) {
	r := signedIn(t)
	var log bytes.Buffer
	r.server.log = slog.New(slog.NewTextHandler(&log, nil))
	withBroken(t, r)
	answer := r.get("/broken")
	require.Equal(t, http.StatusInternalServerError, answer.Code)
	require.NotContains(t, answer.Body.String()+log.String(), "secret")
	require.Contains(t, log.String(), "a page broke")
}

func TestAChangeFromElsewhereIsRefused(t *testing.T) {
	r := signedIn(t)
	csrf := r.csrf()
	for name, q := range map[string]struct {
		form url.Values
		head map[string]string
		want int
	}{
		"no word":        {form: url.Values{"purpose": {"complaint 1a"}}, want: http.StatusForbidden},
		"another word":   {form: url.Values{"purpose": {"complaint 1a"}, "csrf": {csrf + "x"}}, want: http.StatusForbidden},
		"another origin": {form: url.Values{"purpose": {"complaint 1a"}, "csrf": {csrf}}, head: map[string]string{"Origin": "https://example.com"}, want: http.StatusForbidden},
		"another site":   {form: url.Values{"purpose": {"complaint 1a"}, "csrf": {csrf}}, head: map[string]string{"Sec-Fetch-Site": "cross-site"}, want: http.StatusForbidden},
		"a large body":   {form: url.Values{"purpose": {strings.Repeat("a", bodyBytes)}, "csrf": {csrf}}, want: http.StatusForbidden},
		"from the page":  {form: url.Values{"purpose": {"complaint 1a"}, "csrf": {csrf}}, head: map[string]string{"Origin": "http://" + host, "Sec-Fetch-Site": "same-origin"}, want: http.StatusSeeOther},
	} {
		from := &reader{t: t, server: r.server, cookie: r.cookie, headers: q.head}
		require.Equal(t, q.want, from.post("/purpose", q.form).Code, name)
	}
}

func TestARequestNamesThisServer(t *testing.T) {
	r := signedIn(t)
	for name, want := range map[string]int{host: http.StatusOK, "localhost:8281": http.StatusOK, "example.com": http.StatusMisdirectedRequest, "127.0.0.1:80": http.StatusMisdirectedRequest, "example.com:8281": http.StatusMisdirectedRequest} {
		q := httptest.NewRequest(http.MethodGet, "/fulfilment", nil)
		q.AddCookie(r.cookie)
		q.Host = name
		w := httptest.NewRecorder()
		r.server.ServeHTTP(w, q)
		require.Equal(t, want, w.Code, name)
	}
}

func TestATableReadsTheSameInEveryForm(t *testing.T) {
	r := signedIn(t)
	const query = "?by=year,life_area&time=2015..2016"
	page := r.page("/fulfilment" + query)

	records, err := csv.NewReader(strings.NewReader(r.page("/fulfilment.csv" + query))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"year", "life_area", "follow_ups", "persons", "assessed", "fulfilled", "partly", "rate"}, records[0])
	require.Len(t, records, 1+22)

	swedish := r.page("/fulfilment.sv.csv" + query)
	require.True(t, strings.HasPrefix(swedish, "\ufeffÅr;Livsområde;Uppföljningar;"))
	lines := strings.Split(strings.TrimSuffix(swedish, "\r\n"), "\r\n")
	require.Len(t, lines, len(records))

	var document struct {
		Authority string                      `json:"authority"`
		AsOf      struct{ Sequence uint64 }   `json:"as_of"`
		Rows      []map[string]jsontext.Value `json:"rows"`
		Next      string                      `json:"next"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.page("/fulfilment.json"+query)), &document))
	require.Equal(t, "1281", document.Authority)
	require.Empty(t, document.Next)
	require.Len(t, document.Rows, len(records)-1)
	for i, record := range records[1:] {
		require.Equal(t, strings.Replace(record[7], ".", ",", 1), lines[i+1][strings.LastIndex(lines[i+1], ";")+1:])
		for j, name := range records[0] {
			require.Equal(t, record[j], strings.Trim(string(document.Rows[i][name]), `"`))
		}
		require.Contains(t, page, `<td class="number">`+voice{"sv"}.percent(record[7])+"</td>")
	}
	require.Contains(t, page, `href="/fulfilment.json?time=2015..2016&amp;by=year,life_area"`)
}

func TestAPageIsInTheLanguageThatItsAddressNames(t *testing.T) {
	r := signedIn(t)
	swedish, english := r.page("/fulfilment?by=occasion"), r.page("/fulfilment?by=occasion&lang=en")
	require.Contains(t, swedish, `<html lang="sv">`)
	require.Contains(t, swedish, "årlig uppföljning")
	require.Contains(t, swedish, `href="/fulfilment?lang=en&amp;by=occasion"`)
	require.Contains(t, english, `<html lang="en">`)
	require.Contains(t, english, "Share of goals fulfilled")
	require.Contains(t, english, "78.92%")
	require.NotContains(t, english, "årlig")
	require.Contains(t, english, `<a href="/fulfilment?lang=en" aria-current="page">`, "the language holds across pages")
}

func TestAFilterHoldsInEveryLink(t *testing.T) {
	page := signedIn(t).page("/fulfilment?time=2016&unit=ostra-torn-linero&as-of=2016-12-31&by=life_area")
	for _, link := range regexp.MustCompile(`href="(/fulfilment[^"]*)"`).FindAllStringSubmatch(page, -1) {
		if strings.Contains(link[1], "?by=") { // the one that takes the filter away
			continue
		}
		for _, word := range []string{"time=2016", "unit=ostra-torn-linero", "as-of=2016-12-31"} {
			if link[1] != "/fulfilment" {
				require.Contains(t, link[1], word)
			}
		}
	}
	require.Contains(t, page, `<input id="f-as-of" name="as-of" value="2016-12-31"`)
}

func TestWhatAnAddressSaysWrongIsSaid(t *testing.T) {
	r := program(t)
	for query, says := range map[string]string{
		"time=2016-13": "time:", "time=2016..2015": "ends before", "by=case": "by:", "by=year,year": "twice", "by=year,unit,life_area,occasion": "at most 3", "as-of=soon": "as-of:",
		"as-of=0&as-of=1": "twice", "authority=12819": "authority:", "lang=no": "lang:", "tim=2016": "tim:", "page=x": "page:", "unit=none": "no unit none", "provider=a%20b": "provider:",
		"page=a&page=b": "page: it stands twice", "by=%ff": "by:",
	} {
		answer := r.get("/fulfilment.json?" + query)
		require.Equal(t, http.StatusBadRequest, answer.Code, query)
		var p struct {
			Type, Title, Detail string
			Status              int
		}
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &p, json.MatchCaseInsensitiveNames(true)), query)
		require.Equal(t, "urn:careledger:problem:address", p.Type)
		require.Contains(t, p.Detail, says)
		require.Equal(t, "The address cannot be understood", p.Title, "in the language of what exactly is wrong")
		require.Equal(t, "en", answer.Header().Get("Content-Language"))
	}
	for _, address := range []string{"/payouts.json?status=paid&status=approved", "/access.json?actor=a&actor=b", "/trail.json?kind=case&kind=payout&id=x", "/event.json?id=a&id=b",
		"/what-if.json?budget=1&budget=2", policyPath("lund-2015-pilot") + ".json?document=2015-01-01&document=2016-01-01"} {
		answer := r.get(address)
		require.Equal(t, http.StatusBadRequest, answer.Code, address)
		require.Contains(t, answer.Body.String(), "it stands twice; leave one out", address)
	}
	quoted := r.get("/event.json?id=%ff") // no letter; what quotes it is still told
	require.Equal(t, http.StatusNotFound, quoted.Code)
	require.Contains(t, quoted.Body.String(), `"status":404`)
	require.Equal(t, http.StatusNotFound, r.get("/fulfilment/total").Code)
	require.Equal(t, http.StatusNotFound, r.get("/fulfilment/others.csv").Code)
	require.Equal(t, http.StatusNotFound, r.get("/fulfilment.json?authority=0180").Code)
	person := signedIn(t).get("/nowhere")
	require.Equal(t, http.StatusNotFound, person.Code)
	require.Contains(t, person.Body.String(), "<h1>Det finns ingen sådan sida</h1>")
}

// A table of many rows, in pages of what was known when the first one was read.
func TestPagesOfATableHoldEachRowOnce(t *testing.T) {
	r := program(t)
	const all = rowsOfJSON*2 + 7
	p := &page{path: "/many", name: "fulfilment", answer: func(v *visit) (*view, error) {
		q := v.ask(ledger.QuestionFulfilment)
		if v.from != nil {
			require.EqualValues(t, 77, *q.AsOfSequence)
		}
		rows := func(yield func([]cell) bool) {
			for i := range all {
				if !yield([]cell{{plain: string(rune('0' + i%10))}, {plain: ""}}) {
					return
				}
			}
		}
		return &view{title: "many", authority: "1281", asOf: projections.Moment{Sequence: 77}, tables: []*table{{columns: []column{{name: "unit"}, {name: "persons", kind: count}}, rows: rows}}}, nil
	}}
	require.NoError(t, r.server.open(p))
	n := 0
	for next := "/many.json?time=2016"; next != ""; {
		var document struct {
			Rows []struct {
				Unit    string
				Persons *int
			}
			Next string
		}
		require.NoError(t, json.Unmarshal([]byte(r.page(next)), &document, json.MatchCaseInsensitiveNames(true)))
		for _, row := range document.Rows {
			require.Equal(t, string(rune('0'+n%10)), row.Unit)
			require.Nil(t, row.Persons)
			n++
		}
		if next = document.Next; next != "" {
			require.Contains(t, next, "time=2016")
		}
	}
	require.Equal(t, all, n)
	records, err := csv.NewReader(strings.NewReader(r.page("/many.csv"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 1+all)
}

// Rows that are computed as they are written may fail. Before anything is written that is a problem as any other; after it, the answer breaks off.
func TestATableThatFailsIsAProblemOrBreaksOff(t *testing.T) {
	r := program(t)
	for path, whole := range map[string]int{"/none": 0, "/some": 1000} {
		rows := func(yield func([]cell) bool) {
			for range whole {
				if !yield([]cell{{plain: "a unit"}}) {
					return
				}
			}
		}
		require.NoError(t, r.server.open(&page{path: path, name: "fulfilment", answer: func(*visit) (*view, error) {
			return &view{title: "failing", authority: "1281", tables: []*table{{columns: []column{{name: "unit"}}, rows: rows, failed: func() error { return context.DeadlineExceeded }}}}, nil
		}}))
	}
	for _, address := range []string{"/none.csv", "/none.json", "/some.json"} {
		answer := r.get(address)
		require.Equal(t, http.StatusServiceUnavailable, answer.Code, address)
		require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"), address)
	}
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { r.get("/some.csv") })
}

func TestAServerStopsWhenItIsToldTo(t *testing.T) {
	h := httptest.NewUnstartedServer(nil)
	l := h.Listener
	s, err := New(Config{Ledger: pilot(t), Address: l.Addr().String(), Token: token})
	require.NoError(t, err)
	done := make(chan error)
	ctx, stop := context.WithCancel(t.Context())
	go func() { done <- s.Serve(ctx, l) }()
	answer, err := http.Get(SignInURL(l.Addr().String(), token))
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Contains(t, string(body), `name="token" value="`+token+`"`)
	stop()
	require.NoError(t, <-done)
}

func TestAServerIsOfThisMachineAlone(t *testing.T) {
	for _, address := range []string{"0.0.0.0:8281", "example.com:80", "127.0.0.1:0", "127.0.0.1", ""} {
		_, err := New(Config{Ledger: pilot(t), Address: address, Token: token})
		require.ErrorContains(t, err, "of this machine alone", address)
	}
	_, err := New(Config{Address: host, Token: "short"})
	require.ErrorContains(t, err, "token")
	require.ErrorContains(t, err, "no ledger")
}
