package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
	"careledger/projections/bundle"
)

// paid is one ledger with the Lund pilot whose first month of 2016 is paid, and of which a goal was corrected after that. The tests read it.
var paid struct {
	once sync.Once
	dir  string
	*ledger.Local
}

const correction = `{"type":"event-corrected","id":"l003.correction","authority":"1281","entity":"case/l003","effective":"2017-01-17","actor":"care-manager-2","data":{"event":"l003.17","reason":"the goal was partly reached","data":{"follow_up":"l003-f2","occasion":"annual","held_on":"2016-01-29","participants":["care-manager","person"],"assessments":[{"goal":"l003-g2","outcome":"partly"}]}}}`

// payer returns the ledger with payouts.
func payer(t *testing.T) *ledger.Local {
	paid.once.Do(func() { paid.Local, paid.dir = withPayouts(t) })
	return paid.Local
}

func withPayouts(t *testing.T) (*ledger.Local, string) {
	l, dir := newPilot(t)
	for _, r := range []ledger.PayoutRequest{{Action: "calculate", Actor: "economist-1"}, {Action: "approve", Actor: "controller-1"}, {Action: "pay", Actor: "treasurer-1", Reference: "bg-1"}} {
		r.Month = "2016-01"
		require.NoError(t, l.Payout(t.Context(), r, io.Discard))
	}
	return l, dir
}

// pagesOf is a reader of a ledger's pages who has signed in and said a purpose.
func pagesOf(t *testing.T, l *ledger.Local, actor string) *reader {
	s, err := New(Config{Ledger: l, Address: host, Token: token, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	r := &reader{t: t, server: s, headers: map[string]string{"Accept": "text/html"}}
	r.cookie = r.post("/sign-in", url.Values{"token": {token}, "actor": {actor}}).Result().Cookies()[0]
	require.Equal(t, http.StatusSeeOther, r.post("/purpose", url.Values{"csrf": {r.csrf()}, "purpose": {"complaint 2026-114"}}).Code)
	return r
}

// follow goes on by the link of a page whose text or address fits.
func (r *reader) follow(page, link string) (address, next string) {
	r.t.Helper()
	for _, found := range regexp.MustCompile(`<a [^>]*href="([^"]+)"[^>]*>([^<]*)</a>`).FindAllStringSubmatch(page, -1) {
		if regexp.MustCompile(link).MatchString(found[0]) {
			address = strings.ReplaceAll(found[1], "&amp;", "&")
			path, _, _ := strings.Cut(address, "#") // a browser keeps the rest to itself
			return address, r.page(path)
		}
	}
	require.Fail(r.t, "no such link", link)
	return "", ""
}

func TestTheAuditorReachesTheEventsBehindAKronaInFourClicks(t *testing.T) {
	r := pagesOf(t, payer(t), "auditor-1")
	first := r.get("/").Header().Get("Location")
	_, page := r.follow(r.page(first), `>Utbetalningar<`)                   // 1
	_, page = r.follow(page, `>2016-01-lund-hemvard<`)                      // 2
	address, page := r.follow(page, `/payouts/2016-01-lund-hemvard/why/1"`) // 3
	require.Equal(t, "/payouts/2016-01-lund-hemvard/why/1", address)
	require.Contains(t, page, "<details class=\"posting\">\n<summary><span>1. case/l003, uppföljning l003-f2, mål l003-g2, hållen 29 januari 2016</span> <span class=\"number\">297,00\u00a0kr</span></summary>")
	address, page = r.follow(page, `event=1415&amp;id=l003&amp;kind=case#e1415"`) // 4: the follow-up
	require.Equal(t, "/trail?event=1415&id=l003&kind=case#e1415", address)
	require.Contains(t, page, `<tr id="e1415" class="here">`)
	_, page = r.follow(page, `>l003.17<`) // and back, to what it led to
	_, page = r.follow(page, `>2016-01-lund-hemvard<`)
	require.Contains(t, page, "<h1>Utbetalning 2016-01-lund-hemvard</h1>")
}

func TestTheListOfPayoutsIsWhatTheFilterLeaves(t *testing.T) {
	r := pagesOf(t, payer(t), "auditor-1")
	for query, want := range map[string][]string{
		"":                              {"2016-01-lov-example", "2016-01-lund-hemvard"},
		"?status=paid":                  {"2016-01-lov-example", "2016-01-lund-hemvard"},
		"?status=calculated":            nil,
		"?time=2015":                    nil,
		"?time=2016-Q1":                 {"2016-01-lov-example", "2016-01-lund-hemvard"},
		"?provider=lund-hemvard":        {"2016-01-lund-hemvard"},
		"?unit=ostra-torn-linero":       {"2016-01-lund-hemvard"},
		"?provider=lov-example&lang=en": {"2016-01-lov-example"},
		"?as-of=2010-01-01&status=paid": nil,
	} {
		records, err := csv.NewReader(strings.NewReader(r.page("/payouts.csv" + query))).ReadAll()
		require.NoError(t, err)
		var got []string
		for _, record := range records[1:] {
			got = append(got, record[0])
			require.Contains(t, r.page("/payouts"+query), ">"+record[0]+"</a>", query)
		}
		require.Equal(t, want, got, query)
	}
	require.Contains(t, r.page("/payouts?status=calculated"), "Det finns inga utbetalningar i urvalet.")
	for query, says := range map[string]string{"?status=done": "status:", "?provider=nobody": "no provider nobody", "?unit=nowhere": "no unit nowhere"} {
		answer := r.get("/payouts.json" + query)
		require.Equal(t, http.StatusBadRequest, answer.Code, query)
		require.Contains(t, answer.Body.String(), says)
	}
}

func TestAPayoutShowsItsLinesAndSteps(t *testing.T) {
	r := pagesOf(t, payer(t), "auditor-1")
	page := r.page("/payouts/2016-01-lund-hemvard")
	for _, want := range []string{"675\u00a0537,26\u00a0kr", ">betald<", "bg-1", "economist-1", "controller-1", "treasurer-1", "Två i förening: den som beräknade och den som attesterade är olika personer."} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "<button>Attestera", "a paid payout takes no step")
	var lines struct {
		Rows []struct{ Amount domain.Money }
	}
	require.NoError(t, json.Unmarshal([]byte(r.page("/payouts/2016-01-lund-hemvard.json")), &lines, json.MatchCaseInsensitiveNames(true)))
	sum := domain.Money(0)
	for _, l := range lines.Rows {
		sum += l.Amount
	}
	require.Equal(t, "675537.26", sum.String())
	steps, err := csv.NewReader(strings.NewReader(r.page("/payouts/2016-01-lund-hemvard/steps.csv"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, steps, 1+3)
	require.Equal(t, http.StatusNotFound, r.get("/payouts/2016-01-nobody").Code)
	require.Equal(t, http.StatusBadRequest, r.get("/payouts/2016-01-lund-hemvard?done=all").Code)
}

func TestADerivationIsTheCommandLinesInLayoutAndFigures(t *testing.T) {
	l := payer(t)
	r := pagesOf(t, l, "auditor-1")
	r.headers["Accept"] = "text/html"
	for _, lang := range words.Languages {
		var printed bytes.Buffer
		require.NoError(t, l.Ask(t.Context(), ledger.Request{Question: ledger.QuestionWhy, Payout: "2016-01-lund-hemvard/2", Format: "html", Lang: lang, Reader: ledger.Reader{Actor: "auditor-1", Purpose: "complaint 2026-114"}}, &printed))
		page := saidIn(r.page("/payouts/2016-01-lund-hemvard/why/2?unfold=all&lang=" + lang))
		for _, line := range strings.Split(saidIn(printed.String()), "\n") {
			if !strings.Contains(line, "--format json") { // where the rest is, which here is the next page
				require.Contains(t, page, line)
			}
		}
	}
}

// saidIn is what a page says within its main part, a line each, without the marks.
func saidIn(page string) string {
	page = page[strings.Index(page, "<dl>"):]
	if at := strings.Index(page, "<footer>"); at > 0 {
		page = page[:at]
	}
	var lines []string
	for _, line := range strings.Split(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, "\n"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func TestALineOfManyPostingsComesInPages(t *testing.T) {
	r := pagesOf(t, payer(t), "auditor-1")
	posting := regexp.MustCompile(`<summary><span>(\d+)\. case/`)
	seen := 0
	for address := "/payouts/2016-01-lund-hemvard/why/2"; address != ""; {
		page := r.page(address)
		found := posting.FindAllStringSubmatch(page, -1)
		require.LessOrEqual(t, len(found), ledger.WhyShownOfLine)
		require.NotEmpty(t, found)
		for _, f := range found {
			seen++
			require.Equal(t, f[1], strings.TrimLeft(f[1], "0"))
		}
		next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(page)
		if address = ""; next != nil {
			address = strings.ReplaceAll(next[1], "&amp;", "&")
		}
	}
	records, err := csv.NewReader(strings.NewReader(r.page("/payouts/2016-01-lund-hemvard/why/2.csv"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 1+seen)
	require.Equal(t, 212, seen)
}

func TestAnUnfoldedPageHasNothingFolded(t *testing.T) {
	r := pagesOf(t, payer(t), "auditor-1")
	page := r.page("/payouts/2016-01-lund-hemvard/why/1?unfold=all")
	require.Contains(t, page, "<details")
	for _, d := range regexp.MustCompile(`<details[^>]*>`).FindAllString(page, -1) {
		require.Contains(t, d, "open")
	}
	require.Equal(t, http.StatusBadRequest, r.get("/payouts/2016-01-lund-hemvard/why/1?unfold=some").Code)
	style := r.page("/static/page.css")
	require.Contains(t, style, "details::details-content { content-visibility: visible", "printed, all is unfolded")
}

func TestADerivationIsProvenAgainstTheNewestCheckpoint(t *testing.T) {
	l := payer(t)
	r := pagesOf(t, l, "auditor-1")
	page := r.page("/payouts/2016-01-lund-hemvard/why/1")
	signed, err := l.Prove(t.Context(), "1281", 2, []uint64{1, 2})
	require.NoError(t, err)
	require.NotNil(t, signed.Checkpoint, "an approval is signed for")
	require.Equal(t, []uint64{1, 2}, signed.Proven)
	require.Contains(t, page, signed.Fingerprint)
	checkpoints, err := l.Checkpoint(t.Context(), ledger.CheckpointRequest{Action: ledger.CheckpointList})
	require.NoError(t, err)
	require.Equal(t, signed.Checkpoint.Note, checkpoints.Checkpoints[len(checkpoints.Checkpoints)-1].Note, "looking at it signs nothing")
	require.Contains(t, page, "Händelser som är nyare än kontrollpunkten, och därför inte styrkta än: 1 ", "the payment came after it")
	require.Regexp(t, `<p>Loggens rot då: [0-9a-f]{64}</p>`, page)
	require.Regexp(t, `<p>Kommandot: careledger why 2016-01-lund-hemvard/1 --authority 1281 --as-of-sequence \d+</p>`, page)
}

// doubtful is a ledger whose proofs do not hold, or whose checkpoints are elsewhere.
type doubtful struct {
	*ledger.Local
	proof *ledger.Proof
	err   error
}

func (d *doubtful) Prove(context.Context, string, uint64, []uint64) (*ledger.Proof, error) {
	return d.proof, d.err
}

func TestAProofThatDoesNotHoldIsSaidBesideTheDerivation(t *testing.T) {
	for _, c := range []struct {
		doubtful
		says []string
	}{
		{doubtful{err: &eventstore.CorruptError{Authority: "1281", Sequence: 208}}, []string{"Beviset håller inte.", "208"}},
		{doubtful{proof: &ledger.Proof{Root: "0a0b"}}, []string{"Ingen kontrollpunkt är signerad än", "Loggens rot då: 0a0b"}},
	} {
		c.Local = payer(t)
		r := pagesOf(t, c.Local, "auditor-1")
		r.server.config.Ledger = &c.doubtful
		page := r.page("/payouts/2016-01-lund-hemvard/why/1")
		for _, says := range append(c.says, "1. case/l003") {
			require.Contains(t, page, says)
		}
		require.NotContains(t, page, "signatur är äkta")
	}
}

func TestTheBundleIsTheOneThatTheCommandLineMakes(t *testing.T) {
	r := pagesOf(t, payer(t), "auditor-1")
	for query, redacted := range map[string]bool{"": false, "?redact=1": true} {
		answer := r.get("/payouts/2016-01-lund-hemvard/bundle" + query)
		require.Equal(t, http.StatusOK, answer.Code)
		v, err := bundle.Verify(t.Context(), answer.Body.Bytes(), bundle.Expected{Now: time.Now()})
		require.NoError(t, err)
		require.Empty(t, v.Findings)
		b, findings := bundle.Parse(answer.Body.Bytes())
		require.Empty(t, findings)
		require.Equal(t, redacted, b.Redacted)
		require.Regexp(t, `^attachment; filename="2016-01-lund-hemvard(-redacted)?\.bundle"$`, answer.Header().Get("Content-Disposition"))
	}
	require.Equal(t, http.StatusNotFound, r.get("/payouts/2016-01-nobody/bundle").Code)
	require.Equal(t, http.StatusBadRequest, r.get("/payouts/2016-01-lund-hemvard/bundle?redact=yes").Code)
	require.Equal(t, http.StatusBadRequest, r.get("/payouts/2016-01-lund-hemvard/bundle?as-of=7").Code, "it is of what is known now")
	require.Contains(t, r.page("/payouts/2016-01-lund-hemvard/why?as-of=2099-01-01"), `href="/payouts/2016-01-lund-hemvard/bundle"`)
	require.Equal(t, http.StatusSeeOther, servedOf(t, payer(t)).get("/payouts/2016-01-lund-hemvard/bundle").Code, "signed out")
}

func servedOf(t *testing.T, l *ledger.Local) *reader {
	s, err := New(Config{Ledger: l, Address: host, Token: token, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return &reader{t: t, server: s, headers: map[string]string{"Accept": "text/html"}}
}

func TestWhatShowsACaseAsksForAPurpose(t *testing.T) {
	r := servedOf(t, payer(t))
	r.cookie = r.post("/sign-in", url.Values{"token": {token}, "actor": {"auditor-2"}}).Result().Cookies()[0]
	for _, address := range []string{"/payouts/2016-01-lund-hemvard/why", "/payouts/2016-01-lund-hemvard/why/1", "/trail?kind=case&id=l003", "/event?id=l003.17", "/payouts/2016-01-lund-hemvard/bundle"} {
		answer := r.get(address)
		require.Equal(t, http.StatusSeeOther, answer.Code, address)
		require.Contains(t, answer.Header().Get("Location"), "/purpose?", address)
	}
	for _, address := range []string{"/payouts", "/payouts/2016-01-lund-hemvard", "/trail", "/trail?kind=policy&id=lund-2015-pilot", "/trail?kind=payout&id=2016-01-lund-hemvard"} {
		require.Equal(t, http.StatusOK, r.get(address).Code, address)
	}
}

// A month is calculated from the list of payouts, in the name of who has signed in, and as often as one likes.
func TestAMonthIsCalculatedFromTheListOfPayouts(t *testing.T) {
	l, dir := withPayouts(t)
	defer func() { require.NoError(t, os.RemoveAll(dir)) }()
	defer func() { require.NoError(t, l.Close()) }()
	r := pagesOf(t, l, "economist-7")
	require.Contains(t, r.page("/payouts"), `<form class="step" method="post" action="/payouts/calculate"`)
	require.NotContains(t, r.page("/payouts?as-of=2017-01-01"), "/payouts/calculate", "what is calculated rests on what is known now")
	calculate := func(month, provider string) *httptest.ResponseRecorder {
		return r.post("/payouts/calculate?unit=ostra-torn-linero", url.Values{"csrf": {r.csrf()}, "month": {month}, "provider": {provider}})
	}
	standing := func() string { return r.page("/payouts.csv") }
	before := standing()
	for name, refused := range map[string]struct{ month, provider, says string }{
		"no month":           {"", "", "Månad: Skriv en månad"},
		"no such month":      {"2016-13", "", "Månad: 2016-13 är ingen månad"},
		"months backwards":   {"2016-04..2016-03", "", "Månad: 2016-04..2016-03 slutar innan den börjar"},
		"a month to come":    {"2099-01", "", "Månad: Månaden har inte börjat än"},
		"no such provider":   {"2016-03", "none", "Det finns ingen sådan utförare"},
		"capitals are other": {"2016-03", "Lund-hemvard", "Det finns ingen sådan utförare"},
	} {
		answer := calculate(refused.month, refused.provider)
		require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, answer.Code, name)
		page := answer.Body.String()
		require.Contains(t, page, refused.says, name)
		require.Contains(t, page, `name="month" value="`+refused.month+`"`, "what was typed stays")
		require.Contains(t, page, "<h2>Utbetalningar</h2>", "with the list")
		_, main, _ := strings.Cut(page, "<main")
		require.NotContains(t, main, `lang="en"`, name)
		require.Equal(t, before, standing(), name)
	}
	require.Equal(t, http.StatusForbidden, r.post("/payouts/calculate", url.Values{"month": {"2016-03"}}).Code, "without the word of the session")
	require.Equal(t, before, standing())

	for i, provider := range []string{"lund-hemvard", "", ""} { // of one, then of both, and then nothing is new
		answer := calculate("2016-Q2", provider)
		require.Equal(t, http.StatusSeeOther, answer.Code, answer.Body)
		list := r.page(answer.Header().Get("Location"))
		require.Contains(t, list, fmt.Sprintf("Antal utbetalningar som gicks igenom och står i listan: %d.", []int{3, 6, 6}[i]))
		require.Contains(t, list, "economist-7")
	}
	for _, row := range r.rowsOfCSV("/payouts.csv?time=2016-Q2") {
		require.Equal(t, []string{"calculated", "1", "economist-7"}, []string{row["status"], row["version"], row["calculated_by"]}, row)
	}
	nothing := calculate("2013-01", "")
	require.Equal(t, http.StatusSeeOther, nothing.Code)
	require.Contains(t, r.page(nothing.Header().Get("Location")), "Det finns inget att betala för den tiden.")
	machine := program(t)
	require.Equal(t, http.StatusNotFound, machine.post("/payouts/calculate", url.Values{"month": {"2016-03"}}).Code, "a program has a command of its own")
}

// Steps taken from the page. Each is the ledger's own command, in the name of who has signed in.
func TestAPayoutIsApprovedAndPaidFromItsPage(t *testing.T) {
	l, dir := withPayouts(t)
	defer func() { require.NoError(t, os.RemoveAll(dir)) }()
	defer func() { require.NoError(t, l.Close()) }()
	require.NoError(t, l.Payout(t.Context(), ledger.PayoutRequest{Action: "calculate", Actor: "economist-1", Month: "2016-02"}, io.Discard))
	const payout = "/payouts/2016-02-lund-hemvard"
	status := func() string {
		h, err := l.Read(t.Context(), ledger.Request{Question: ledger.QuestionPayout, Payout: "2016-02-lund-hemvard"})
		require.NoError(t, err)
		return h.(*report.PayoutHistory).Of.Latest().Status()
	}
	economist, controller := pagesOf(t, l, "economist-1"), pagesOf(t, l, "controller-1")
	take := func(r *reader, step string, form url.Values) *struct {
		code     int
		location string
		page     string
	} {
		form.Set("csrf", r.csrf())
		if !form.Has("version") {
			form.Set("version", "1")
		}
		answer := r.post(payout+"/"+step, form)
		return &struct {
			code     int
			location string
			page     string
		}{answer.Code, answer.Header().Get("Location"), answer.Body.String()}
	}

	require.Contains(t, economist.page(payout), "Du har beräknat utbetalningen. Någon annan behöver attestera den.")
	own := take(economist, "approve", url.Values{})
	require.Equal(t, http.StatusUnprocessableEntity, own.code)
	require.Contains(t, own.page, "Den som har beräknat en utbetalning får inte attestera den")
	require.NotContains(t, own.page, "cannot approve it")
	require.Equal(t, domain.PayoutStatusCalculated, status())

	for name, refused := range map[string]struct {
		step string
		form url.Values
		code int
		says string
	}{
		"another version":     {"approve", url.Values{"version": {"7"}}, http.StatusUnprocessableEntity, "har beräknats om"},
		"no version":          {"approve", url.Values{"version": {"one"}}, http.StatusBadRequest, "version"},
		"a day to come":       {"approve", url.Values{"on": {"2099-01-01"}}, http.StatusBadRequest, "Dagen har inte kommit än"},
		"paid unapproved":     {"pay", url.Values{}, http.StatusUnprocessableEntity, "inte den status"},
		"no reason":           {"reject", url.Values{}, http.StatusBadRequest, "Skriv ett skäl"},
		"no step of a person": {"calculate", url.Values{}, http.StatusNotFound, "ingen sådan sida"},
	} {
		answer := take(controller, refused.step, refused.form)
		require.Equal(t, refused.code, answer.code, name)
		require.Contains(t, answer.page, refused.says, name)
		require.Equal(t, domain.PayoutStatusCalculated, status(), name)
	}
	require.Equal(t, http.StatusForbidden, controller.post(payout+"/approve", url.Values{"version": {"1"}}).Code, "without the word of the session")
	require.Equal(t, domain.PayoutStatusCalculated, status())
	require.NotContains(t, controller.page(payout+"?as-of=2099-01-01"), "<button>Attestera</button>", "a page of a moment takes no step")

	approved := take(controller, "approve", url.Values{"on": {"2016-04-12"}})
	require.Equal(t, http.StatusSeeOther, approved.code)
	require.Contains(t, controller.page(approved.location), "Utbetalningen är attesterad.")
	require.Equal(t, domain.PayoutStatusApproved, status())
	again := take(controller, "approve", url.Values{"on": {"2016-04-12"}})
	require.Equal(t, http.StatusSeeOther, again.code, "the same once more does nothing")

	require.Equal(t, http.StatusSeeOther, take(controller, "pay", url.Values{"reference": {"bg-7"}}).code)
	require.Equal(t, domain.PayoutStatusPaid, status())

	// A correction of a paid month comes as an adjustment of the next, which its page tells.
	_, _, err := l.Record(t.Context(), []byte(correction))
	require.NoError(t, err)
	require.NoError(t, l.Payout(t.Context(), ledger.PayoutRequest{Action: "calculate", Actor: "economist-1", Month: "2016-03"}, io.Discard))
	require.Eventually(t, func() bool { return controller.get("/payouts/2016-03-lund-hemvard").Code == http.StatusOK }, time.Minute, 2*quietMilliseconds*time.Millisecond,
		"what others do is on the pages after a pause")
	page := controller.page("/payouts/2016-03-lund-hemvard")
	require.Contains(t, page, "Justeringar av tidigare månader")
	_, page = controller.follow(page, `händelse rättad case/l003`)
	require.Contains(t, page, "<s>uppföljning hållen</s><br><strong>rättad av l003.correction</strong>")
	require.Regexp(t, `<del>uppfyllt</del> → <ins>delvis uppfyllt</ins>`, page)
	require.NotContains(t, controller.page("/trail?kind=case&id=l003&as-of=2016-12-31"), "l003.correction", "as known then")
}

func TestATrailIsOfTwoDays(t *testing.T) {
	r := pagesOf(t, payer(t), "auditor-1")
	ids := func(query string) (all []string) {
		records, err := csv.NewReader(strings.NewReader(r.page("/trail.csv?kind=case&id=l003" + query))).ReadAll()
		require.NoError(t, err)
		for _, record := range records[1:] {
			if len(all) == 0 || all[len(all)-1] != record[1] {
				all = append(all, record[1])
			}
		}
		return all
	}
	document, err := payer(t).Read(t.Context(), ledger.Request{Question: ledger.QuestionTrail, Entity: "case/l003", Reader: ledger.Reader{Actor: "auditor-1", Purpose: "complaint 2026-114"}})
	require.NoError(t, err)
	const day = "2016-01-15"
	on, err := domain.ParseDate(day)
	require.NoError(t, err)
	var whole, held, known, both []string
	for _, e := range document.(*projections.Trail).Events {
		isHeld, isKnown := e.Effective <= on, !e.Recorded.After(domain.EndOfDay(on))
		whole = append(whole, e.ID)
		if isHeld {
			held = append(held, e.ID)
		}
		if isKnown {
			known = append(known, e.ID)
		}
		if isHeld && isKnown {
			both = append(both, e.ID)
		}
	}
	require.Less(t, len(held), len(whole))
	require.Equal(t, whole, ids(""))
	require.Equal(t, held, ids("&held-on="+day))
	require.Equal(t, known, ids("&as-of="+day))
	require.Equal(t, both, ids("&as-of="+day+"&held-on="+day))
	require.Contains(t, r.page("/trail?kind=case&id=l003&held-on="+day), "Händelser som gäller från en senare dag och inte visas")
}

func TestATrailIsOfAnyKind(t *testing.T) {
	r := pagesOf(t, payer(t), "auditor-1")
	for address, want := range map[string]string{
		"/trail?kind=provider&id=lund-hemvard":          "utförare registrerad",
		"/trail?kind=policy&id=lund-2015-pilot":         "ersättningsmodell antagen",
		"/trail?kind=payout&id=2016-01-lund-hemvard":    "utbetalning attesterad",
		"/trail?kind=case&id=l003&lang=en":              "follow-up held",
		"/trail":                                        `name="id" value=""`,
		"/trail?kind=case&id=l003&provider=lov-example": `<input type="hidden" name="provider" value="lov-example">`,
	} {
		require.Contains(t, r.page(address), want, address)
	}
	for address, code := range map[string]int{"/trail?kind=case&id=nobody": http.StatusNotFound, "/trail?kind=person&id=x": http.StatusBadRequest, "/trail?kind=case&id=a%20b": http.StatusBadRequest, "/trail.csv": http.StatusBadRequest,
		"/trail?kind=case&id=l003&held-on=soon": http.StatusBadRequest, "/trail?kind=case&id=l003&event=1x": http.StatusBadRequest, "/event": http.StatusBadRequest, "/event?id=nothing": http.StatusNotFound} {
		require.Equal(t, code, r.get(address).Code, address)
	}
}

// A correction stays where what it corrects is shown, whatever day it was made.
func TestACorrectionStandsWhereWhatItCorrectsDoes(t *testing.T) {
	early, late := domain.Date(100), domain.Date(200)
	event := func(id string, typ domain.Type, on domain.Date, data string) projections.TrailEvent {
		return projections.TrailEvent{ID: id, Type: typ, Effective: on, Data: []byte(data)}
	}
	all := []projections.TrailEvent{event("a", domain.TypeGoalSet, early, `{}`), event("b", domain.TypeGoalSet, late, `{}`), event("c", domain.TypeEventCorrected, late, `{"event":"a"}`),
		event("d", domain.TypeEventAnnulled, early, `{"event":"b"}`), event("e", domain.TypePremiumReversed, late, `{"premium":"a"}`)}
	held, err := heldBy(all, early)
	require.NoError(t, err)
	var ids []string
	for _, e := range held {
		ids = append(ids, e.ID)
	}
	require.Equal(t, []string{"a", "c", "e"}, ids)
}

func TestEveryTypeAndStateHasItsWords(t *testing.T) {
	for section, codes := range map[string]domain.Codes{"event_type": domain.Types(), "touched": projections.WhyHow, "why": payoutStatuses} {
		for _, code := range codes {
			for _, l := range words.Languages {
				require.True(t, words.Language(l).Has(section, code), "%s.%s", section, code)
			}
		}
	}
	for prefix, codes := range map[string]domain.Codes{"kind_": trailKinds, "step_": payoutStepNames, "done_": payoutStepNames, "state_": projections.TrailStates[1:]} {
		for _, code := range codes {
			require.True(t, words.English.Has("web", prefix+code), prefix+code)
		}
	}
}
