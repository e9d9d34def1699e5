package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/go-json-experiment/json"
	"github.com/ledongthuc/pdf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	paidPayout    = "/payouts/2016-03-lund-hemvard"
	waitingPayout = "/payouts/2017-01-lund-hemvard"
	goalPremium   = "lund-2015-pilot.goal_premium"
)

// everyPage is an address of each page, and of each state of it that has its own parts.
var everyPage = []string{
	"/overview", "/payouts", "/payouts?provider=lund-hemvard&time=2016", paidPayout, waitingPayout, waitingPayout + "/why", waitingPayout + "/why/1", "/what-if",
	"/what-if?parameter=" + goalPremium + "&value=350", "/what-if?parameter=" + goalPremium + "&value=much", "/fulfilment", "/fulfilment?by=life_area", "/trail", "/trail?kind=case&id=l001",
	"/trail?kind=policy&id=lund-2015-pilot", "/event?id=l001.19", "/policies", "/policies/document/lund-2015-pilot?document=2015-01-01", "/access", "/purpose", "/no-such-page", "/payouts?time=yesterday",
}

// The page as people meet it: the program as they start it, in a browser, by what they see, press and read.
func TestThePageInABrowser(t *testing.T) {
	browser := startBrowser(t)
	address := serveDemo(t)
	visitor := func(t *testing.T) *tab { return newTab(t, browser, address.root) }
	auditor := func(t *testing.T) *tab {
		b := visitor(t)
		b.signIn(address, "auditor-1")
		b.open("/purpose")
		b.sayPurpose("review of 2016")
		return b
	}

	t.Run("a broken rule of the page is heard", func(t *testing.T) {
		b := auditor(t)
		require.Empty(t, b.heard())
		b.do(chromedp.Evaluate[chromedp.Void](`document.body.append(Object.assign(document.createElement("script"), {textContent: "1"}))`))
		require.Contains(t, strings.Join(b.heard(), "\n"), "Content Security Policy")
		b.do(chromedp.Evaluate[chromedp.Void](`console.error("no")`))
		require.Equal(t, []string{"console.error"}, b.heard())
	})

	t.Run("every page opens in both languages, and nothing is wrong in its console", func(t *testing.T) {
		b := auditor(t)
		titles := map[string]string{}
		for _, path := range everyPage {
			for _, lang := range []string{"sv", "en"} {
				b.open(in(path, lang))
				status := eval[int](b, `performance.getEntriesByType("navigation")[0].responseStatus`)
				for _, said := range b.heard() {
					assert.True(t, status >= 400 && strings.Contains(said, fmt.Sprintf("status of %d", status)), "%s in %s: %s", path, lang, said)
				}
				assert.Equal(t, lang, eval[string](b, "document.documentElement.lang"), path)
				heading := eval[string](b, "document.querySelector('h1').textContent")
				assert.NotEmpty(t, heading, path)
				if lang == "sv" {
					titles[path] = heading
				}
				// WCAG 2.2, 1.4.10: at 320 px nothing but what lies in a box of its own is wider than the window.
				b.do(chromedp.EmulateViewport(320, 800))
				assert.LessOrEqual(t, eval[int](b, "document.documentElement.scrollWidth"), 320, "%s in %s at 320 px", path, lang)
				b.do(chromedp.ResetViewport())
			}
		}
		assert.NotEqual(t, titles["/payouts"], titles["/trail"])
	})

	t.Run("axe-core finds nothing against WCAG 2.2 A or AA", func(t *testing.T) {
		script, b := axe(t), auditor(t)
		b.open("/overview") // it finds what is wrong
		b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("main").append(document.createElement("img"))`))
		require.Len(t, violations(b, script), 1)
		signedOut := visitor(t)
		signedOut.open("/sign-in")
		assert.Empty(t, violations(signedOut, script), "/sign-in")
		for _, path := range everyPage {
			for _, lang := range []string{"sv", "en"} {
				b.open(in(path, lang))
				assert.Empty(t, violations(b, script), "%s in %s", path, lang)
			}
		}
	})

	t.Run("an auditor reaches the event behind a krona from the overview in four clicks", func(t *testing.T) {
		b := visitor(t)
		b.signIn(address, "auditor-1")
		require.Equal(t, "/overview", b.at())
		b.click("//nav", "Utbetalningar")
		b.click("//table", "2016-03-lund-hemvard")
		require.Equal(t, paidPayout, b.at())
		b.click("//table//tr[contains(., 'premium')]", eval[string](b, `[...document.querySelectorAll("table tr")].find(r => r.textContent.includes("premium")).querySelector("a").textContent.trim()`))
		b.sayPurpose("review of 2016")
		require.Contains(t, b.at(), paidPayout+"/why/")
		b.do(chromedp.Click(`(//details/summary)[1]`))
		b.loads(chromedp.Click(`(//details[@open]//tr[contains(., "uppföljning hållen")]//a)[1]`))
		require.Contains(t, b.at(), "/trail?event=")
		event := eval[string](b, `document.querySelector("tr.here").innerText`)
		require.Contains(t, event, "uppföljning")
		require.Empty(t, b.heard())
	})

	t.Run("a policy officer moves a premium to 350 kronor, and total and chart follow", func(t *testing.T) {
		b := visitor(t)
		b.signIn(address, "economist-1")
		b.click("//nav", "Tänk om")
		const slider = `document.querySelector('input[type=range][data-for="p-` + goalPremium + `"]')`
		const summary, chart = `document.querySelector("#outcome .summary").textContent`, `document.querySelector("#outcome figure svg").outerHTML`
		still := `!document.getElementById("rest").hasAttribute("aria-busy")`
		before, drawn := eval[string](b, summary), ""
		b.do(chromedp.Evaluate[chromedp.Void](slider + ".focus()"))
		for range 53 { // from 297 to 350
			b.do(chromedp.KeyEvent(kb.ArrowRight))
		}
		b.until(`decodeURIComponent(location.search).includes("goal_premium=350") && ` + still)
		after := eval[string](b, summary)
		drawn = eval[string](b, chart)
		require.NotEqual(t, before, after)
		require.Contains(t, digits(after), digits(replayed(t, address, "350")))
		require.Equal(t, after, eval[string](b, `document.getElementById("live").textContent`), "it is said to who does not see it")
		require.Contains(t, eval[string](b, `document.querySelector("#rest").innerText`), "lund-hemvard", "who gains")

		b.do(chromedp.Evaluate[chromedp.Void](slider+".focus()"), chromedp.KeyEvent(kb.ArrowLeft))
		b.until(`decodeURIComponent(location.search).includes("goal_premium=349") && ` + still)
		require.NotEqual(t, drawn, eval[string](b, chart), "the chart moves")
		b.do(chromedp.KeyEvent(kb.ArrowRight))
		b.until(`decodeURIComponent(location.search).includes("goal_premium=350") && ` + still)

		b.do(chromedp.Reload())
		require.Equal(t, after, eval[string](b, summary), "the address gives the same")
		require.Empty(t, b.heard())
	})

	t.Run("the language changes and the filter stays", func(t *testing.T) {
		b := auditor(t)
		b.open("/fulfilment?time=2016&unit=ostra-torn-linero")
		b.click("", "In English")
		require.Equal(t, "en", eval[string](b, "document.documentElement.lang"))
		require.Equal(t, "2016 ostra-torn-linero", eval[string](b, `document.getElementById("f-time").value + " " + document.getElementById("f-unit").value`))
		b.click("//nav", "Payouts")
		require.Equal(t, "2016 ostra-torn-linero", eval[string](b, `document.getElementById("f-time").value + " " + document.getElementById("f-unit").value`))
		b.click("", "På svenska")
		require.Equal(t, "/payouts?time=2016&unit=ostra-torn-linero", b.at())
	})

	t.Run("the keyboard alone is enough", func(t *testing.T) {
		b := auditor(t)
		for _, path := range []string{"/overview", waitingPayout, "/what-if", "/fulfilment", "/trail?kind=case&id=l001", "/policies"} {
			b.open(path)
			b.do(chromedp.KeyEvent(kb.Tab))
			require.Equal(t, "skip", eval[string](b, "document.activeElement.className"), "the first stop leads past the navigation")
			require.True(t, eval[bool](b, "document.activeElement.getBoundingClientRect().left >= 0"), "and is seen")
			b.do(chromedp.KeyEvent(kb.Enter))
			require.Equal(t, "main", eval[string](b, "document.activeElement.id"), path)

			b.open(path)
			all := eval[int](b, numberStops)
			require.Greater(t, all, 10, path)
			for range 4 * all { // a date is several stops in one field
				if b.do(chromedp.KeyEvent(kb.Tab)); eval[bool](b, noteStop) {
					break
				}
			}
			assert.Equal(t, "[]", eval[string](b, `JSON.stringify(stops.filter(s => !s.reached).map(s => s.outerHTML.slice(0, 120)))`), "not reached on %s", path)
			assert.Equal(t, "[]", eval[string](b, `JSON.stringify(stops.filter(s => s.reached && !s.seen).map(s => s.outerHTML.slice(0, 120)))`), "focus not seen on %s", path)
		}
	})

	t.Run("why a payout was paid prints whole", func(t *testing.T) {
		b := auditor(t)
		b.open(waitingPayout + "/why/1")
		paper, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
		require.NoError(t, err)
		read, err := pdf.NewReader(bytes.NewReader(paper), int64(len(paper)))
		require.NoError(t, err)
		require.Positive(t, read.NumPage())
		plain, err := read.GetPlainText()
		require.NoError(t, err)
		var text bytes.Buffer
		_, err = text.ReadFrom(plain)
		require.NoError(t, err)
		printed := squeezed(text.String())
		for _, part := range []string{"2017-01-lund-hemvard", "−297,00 kr", "careledger why", "Därför betalades detta", "uppföljning", eval[string](b, `document.querySelector("details:not([open]) p").textContent`)} {
			assert.Contains(t, printed, squeezed(part))
		}
		assert.NotContains(t, printed, squeezed("Logga ut"))
	})

	t.Run("everything works without scripts", func(t *testing.T) {
		b := auditor(t)
		_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		require.NoError(t, err)
		b.open("/what-if")
		b.loads(chromedp.SendKeys(chromedp.CSS(`input[id="p-`+goalPremium+`"]`), "350"), chromedp.Click(`//form[@class="filter"]//button[1]`))
		require.Contains(t, digits(b.text()), digits(replayed(t, address, "350")))
		b.open("/trail?kind=case&id=l001")
		b.loads(chromedp.SetValue(chromedp.CSS(`input[name="held-on"]`), "2015-12-31"), chromedp.Click(`//form[@class="filter"]//button[1]`))
		require.Contains(t, b.at(), "held-on=2015-12-31")
		require.Contains(t, b.text(), "ärende öppnat")
		b.open(waitingPayout)
		b.loads(chromedp.Click(`//form[contains(@action, "/approve")]//button`))
		require.Contains(t, b.text(), "auditor-1", "who approved it")
		require.Empty(t, b.heard())
	})
}

// in is a path in a language.
func in(path, lang string) string {
	if lang == "sv" {
		return path
	}
	if strings.Contains(path, "?") {
		return path + "&lang=" + lang
	}
	return path + "?lang=" + lang
}

// violations are what axe-core finds in the page, and where. The script comes by the debugger, past the content security policy and not through it.
func violations(b *tab, script string) []string {
	b.do(chromedp.Evaluate[chromedp.Void](script))
	return eval[[]string](b, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]})
		.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target + ": " + n.failureSummary)))`)
}

// numberStops lists in stops what the keyboard has to reach: what takes part in a form, leads on, unfolds or scrolls, and is shown.
const numberStops = `(() => {
	window.stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter(e => e.checkVisibility() && !e.disabled && (e.type !== "radio" || e.checked));
	return stops.length;
})()`

// noteStop notes that the keyboard is at a stop, and whether that is seen; it is true past the last one.
const noteStop = `(() => {
	const e = document.activeElement;
	if (e === document.body) return true; // past the last
	const style = getComputedStyle(e), box = e.getBoundingClientRect();
	e.reached = true;
	e.seen ||= style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
	return false;
})()`

// replayed is the total in kronor that the command line gives for another goal premium.
func replayed(t *testing.T, address webAddress, premium string) string {
	out, err := exec.Command("careledger", "replay", "--data", address.data, "--set", goalPremium+"="+premium, "--format", "json").Output()
	require.NoError(t, err)
	var answer struct {
		Runs []struct{ Total string }
	}
	require.NoError(t, json.Unmarshal(out, &answer, json.MatchCaseInsensitiveNames(true)))
	require.Len(t, answer.Runs, 2)
	return answer.Runs[1].Total
}

// digits is a text without all but its digits, so that an amount is found however it is written.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// squeezed is a text without spaces, which paper has in other places.
func squeezed(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u00a0", " ")), "")
}
