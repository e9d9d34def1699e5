package main

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// What the tests of the page stand on: careledger serve over the ledger of careledger demo, both as a person starts them, and Debian's Chromium, which
// chromedp drives. page_test.go says what is seen there.

// webAddress is where the pages of a demo's ledger are served, with the link that signs a person in.
type webAddress struct{ root, signIn, data string }

var saidAddress = regexp.MustCompile(`^pages at (http://\S+); sign in: (http://\S+)$`)

// serveDemo makes the demo's ledger and serves it until the test ends.
func serveDemo(t *testing.T) webAddress {
	dir := t.TempDir()
	out, err := exec.Command("careledger", "demo", "--data", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	serve := exec.Command("careledger", "serve", "--data", dir, "--http", "127.0.0.1:0")
	says, err := serve.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, serve.Start())
	var said strings.Builder
	address, ended := make(chan webAddress, 1), make(chan struct{})
	go func() { // it is read to its end: a server that cannot write its log stands still
		defer close(ended)
		for lines := bufio.NewScanner(says); lines.Scan(); {
			fmt.Fprintln(&said, lines.Text())
			if found := saidAddress.FindStringSubmatch(lines.Text()); found != nil {
				address <- webAddress{found[1], found[2], dir}
			}
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, serve.Process.Signal(os.Interrupt))
		<-ended
		require.NoError(t, serve.Wait(), "%s", &said)
	})
	select {
	case a := <-address:
		return a
	case <-ended:
		require.Fail(t, "careledger serve said no address", "%s", &said)
		return webAddress{}
	}
}

// startBrowser starts Chromium, with no tab yet; a tab is a person. It skips the test on a machine without it.
func startBrowser(t *testing.T) context.Context {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium on this machine (apt-get install chromium), so no page is opened in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(1280, 1000), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("lang", "sv-SE"), chromedp.Env("LANGUAGE=sv")) // whose browser it is: fields of dates are in its words
	if os.Geteuid() == 0 { // Chromium's own sandbox refuses root, as in a container of CI
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

// tab is one person's, with a cookie jar of its own.
type tab struct {
	t    *testing.T
	ctx  context.Context
	root string

	mu   sync.Mutex
	said []string // by the console: errors and warnings, of scripts and of the browser, where a broken content security policy is one
}

// newTab opens a tab that nobody has signed in from.
func newTab(t *testing.T, browser context.Context, root string) *tab {
	ctx, closed := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closed)
	b := &tab{t: t, ctx: ctx, root: root}
	require.NoError(t, chromedp.Listen(ctx, b.hear))
	return b
}

// hear keeps what the console says.
func (b *tab) hear(event any) {
	said := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		said = fmt.Sprintf("console.%s", e.Type)
	case *runtime.EventExceptionThrown:
		said = e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		said = fmt.Sprintf("%s: %s", e.Entry.Level, e.Entry.Text)
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, said)
}

// heard returns what the console has said since it was asked last.
func (b *tab) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.said
	b.said = nil
	return said
}

// A step takes at most so long before the test ends: a page that never comes must not hang it.
const stepMost = 30 * time.Second

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepMost)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, steps...))
}

// loads takes steps that lead to another page, and waits for it.
func (b *tab) loads(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepMost)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Steps(steps...)))
	require.NoError(b.t, err)
}

// eval returns the value of an expression in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepMost)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, expression)
	return v
}

// until waits for an expression in the page to hold.
func (b *tab) until(expression string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(stepMost)))
	require.NoError(b.t, err, expression)
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.root + path))
}

// click follows the first link, or presses the first button, within scope (an XPath, "" for the page) whose text is this.
func (b *tab) click(scope, text string) {
	b.t.Helper()
	b.loads(chromedp.Click(fmt.Sprintf(`(%s//*[self::a or self::button][normalize-space()=%q])[1]`, scope, text)))
}

// at is the path and query where the tab is.
func (b *tab) at() string {
	b.t.Helper()
	u, err := url.Parse(eval[string](b, "location.href"))
	require.NoError(b.t, err)
	return u.RequestURI()
}

func (b *tab) text() string {
	b.t.Helper()
	return eval[string](b, "document.querySelector('main').innerText")
}

// signIn signs a person in by the link that careledger serve prints, as they would: by their id and a button.
func (b *tab) signIn(address webAddress, actor string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address.signIn))
	b.loads(chromedp.SendKeys(chromedp.CSS("input[name=actor]"), actor), chromedp.Click(chromedp.CSS("main button")))
}

// sayPurpose fills in the form that a page which shows cases leads to.
func (b *tab) sayPurpose(purpose string) {
	b.t.Helper()
	require.True(b.t, strings.HasPrefix(b.at(), "/purpose"), b.at())
	b.loads(chromedp.SendKeys(chromedp.CSS("input[name=purpose]"), purpose), chromedp.Click(chromedp.CSS("main button")))
}

// axe returns the script of axe-core. It skips the test where npm has not brought it.
func axe(t *testing.T) string {
	script, err := os.ReadFile(filepath.Join("testdata", "browser", "node_modules", "axe-core", "axe.min.js"))
	if os.IsNotExist(err) {
		t.Skip("axe-core is not there (npm ci --prefix cmd/careledger/testdata/browser), so nobody looks for what keeps people out")
	}
	require.NoError(t, err)
	return string(script)
}
