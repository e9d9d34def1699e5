package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/ledger"
)

// The load of BenchmarkServe: 50 people and 10 systems at once.
const (
	readers        = 50
	writers        = 10
	pageSeconds    = 1  // a reader looks at a page so long before the next one, where they take their time
	appendsASecond = 10 // of each writer: 100 in all, some thirty times what a municipality of 100 000 registers in office hours
	loadSeconds    = 10 // of each part; CARELEDGER_BENCH_SECONDS says another number
	benchAuthority = "9999"
)

// load is what a part of the benchmark measured.
type load struct {
	mu      sync.Mutex
	pages   []time.Duration            // from the request to the last byte
	by      map[string][]time.Duration // the same, by page
	appends []time.Duration            // from the record to its acknowledgement
	errors  []string
}

func (l *load) add(to *[]time.Duration, began time.Time, err error) {
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.errors = append(l.errors, err.Error())
		return
	}
	*to = append(*to, took)
}

// page notes what one page took.
func (l *load) page(path string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil {
		l.by = map[string][]time.Duration{}
	}
	l.by[path] = append(l.by[path], took)
}

// percentile of durations, in milliseconds; 0 where there are none.
func percentile(of []time.Duration, percent int) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return float64(sorted[min(len(sorted)-1, len(sorted)*percent/100)].Microseconds()) / 1000
}

// BenchmarkServe has people open pages over loopback while systems register cases, decisions and visits, each append durable before it is acknowledged: the
// writers alone, then with readers who take a second for a page, alone again, and with readers who take no time at all. Each reader goes through the same pages, but with
// a derivation, a case and a value of a parameter of their own. The answer is a table. CARELEDGER_BENCH_LEDGER names a data directory
// to write into, of authority 9999 (careledger generate); without it a municipality of 300 persons and five years is made.
//
//	CARELEDGER_BENCH_LEDGER=DIR CARELEDGER_BENCH_SECONDS=60 go test -run xxx -bench Serve -benchtime 1x -timeout 1h ./cmd/careledger/internal/web
func BenchmarkServe(b *testing.B) {
	seconds := loadSeconds
	if s := os.Getenv("CARELEDGER_BENCH_SECONDS"); s != "" {
		var err error
		seconds, err = strconv.Atoi(s)
		require.NoError(b, err)
	}
	l := loaded(b)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	s, err := New(Config{Ledger: l, Address: listener.Addr().String(), Token: token, Log: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	serving, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(serving, listener) }()
	defer func() {
		stop()
		require.NoError(b, <-ended)
	}()
	people := make([]*http.Client, readers)
	for i := range people {
		people[i] = person(b, s)
	}
	pages := pagesToRead(b, l, people[0], "http://"+s.config.Address)
	alone := map[string]time.Duration{}
	for range 2 { // what is folded once is folded
		for _, p := range pages {
			began := time.Now()
			_, err := read(people[0], p.of(0))
			require.NoError(b, err)
			alone[p.name] = time.Since(began)
		}
	}

	parted := 0
	part := func(who []*http.Client, rest time.Duration) *load {
		var got load
		parted++
		over, cancel := context.WithTimeout(context.Background(), time.Duration(seconds)*time.Second)
		defer cancel()
		var group sync.WaitGroup
		for writer := range writers {
			group.Go(func() {
				who := fmt.Sprintf("%d-%d-%d", os.Getpid(), parted, writer)
				for n, pace := 0, time.NewTicker(time.Second/appendsASecond); ; n++ {
					select {
					case <-over.Done():
						pace.Stop()
						return
					case <-pace.C:
						began := time.Now()
						_, _, err := l.Record(context.Background(), registered(who, n))
						got.add(&got.appends, began, err)
					}
				}
			})
		}
		for i, who := range who {
			group.Go(func() {
				select { // people do not come at the same instant
				case <-over.Done():
				case <-time.After(rest * time.Duration(i) / readers):
				}
				for at := i; ; at++ {
					began := time.Now()
					p := pages[at%len(pages)]
					_, err := read(who, p.of(i))
					got.add(&got.pages, began, err)
					got.page(p.name, time.Since(began))
					select {
					case <-over.Done():
						return
					case <-time.After(rest):
					}
				}
			})
		}
		group.Wait()
		return &got
	}
	parts := []struct {
		name string
		*load
	}{{"writers alone", part(nil, 0)}, {"and readers, a page a second each", part(people, pageSeconds*time.Second)}, {"writers alone again", part(nil, 0)}, {"and readers without a pause", part(people, 0)}}
	var table strings.Builder
	fmt.Fprintf(&table, "\n| %d writers, %d readers, %d s each | errors | pages/s | page p50, ms | p99 | appends/s | append p50, ms | p99 |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n", writers, readers, seconds)
	for _, p := range parts {
		fmt.Fprintf(&table, "| %s | %d | %.0f | %.1f | %.1f | %.0f | %.1f | %.1f |\n", p.name, len(p.errors), float64(len(p.pages))/float64(seconds), percentile(p.pages, 50), percentile(p.pages, 99),
			float64(len(p.appends))/float64(seconds), percentile(p.appends, 50), percentile(p.appends, 99))
		if len(p.errors) > 0 {
			b.Errorf("%s: %s", p.name, p.errors[0])
		}
	}
	fmt.Fprintf(&table, "\n| page | alone, ms | a second each: p50 | p99 |\n| --- | ---: | ---: | ---: |\n")
	for _, p := range pages {
		fmt.Fprintf(&table, "| %s | %.1f | %.1f | %.1f |\n", p.name, percentile([]time.Duration{alone[p.name]}, 50), percentile(parts[1].by[p.name], 50), percentile(parts[1].by[p.name], 99))
	}
	fmt.Print(&table) // b.Log keeps ten lines
	without := percentile(slices.Concat(parts[0].appends, parts[2].appends), 99)
	b.ReportMetric(percentile(parts[1].pages, 99), "page-p99-ms")
	b.ReportMetric(percentile(parts[1].appends, 99)/without, "append-p99-ratio")
}

// loaded is the ledger that the load is put on.
func loaded(b *testing.B) *ledger.Local {
	dir := os.Getenv("CARELEDGER_BENCH_LEDGER")
	made := dir == ""
	if made {
		dir = b.TempDir()
	}
	l, err := ledger.Open(b.Context(), ledger.Config{Dir: dir})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, l.Close()) })
	if made {
		path := filepath.Join(dir, "records.ndjson")
		f, err := os.Create(path)
		require.NoError(b, err)
		require.NoError(b, generate.Municipality(f, generate.Size{Persons: 300, Years: 5, Seed: 1}))
		require.NoError(b, f.Close())
		_, err = l.Import(b.Context(), ledger.ImportRequest{Path: path})
		require.NoError(b, err)
	}
	_, err = l.Table(b.Context(), benchAuthority) // folded before anybody asks, as a served ledger is
	require.NoError(b, err)
	return l
}

// registered is what a system registers as its nth record: a case, a decision on it, and visits; and then the next case.
func registered(who string, n int) []byte {
	const records = 30 // of a case
	of := fmt.Sprintf("load-%s-%d", who, n/records)
	record := func(kind, on, data string) []byte {
		return fmt.Appendf(nil, `{"type":"%s","authority":"%s","entity":"case/%s","effective":"%s","actor":"system-1","data":{%s}}`, kind, benchAuthority, of, on, data)
	}
	switch n %= records; n {
	case 0:
		return record("case-opened", "2024-12-01", fmt.Sprintf(`"person":"person-%s"`, of))
	case 1:
		return record("decision-made", "2024-12-01", fmt.Sprintf(`"decision":"%s-d","provider":"hemvard","unit":"hemvard-1","method":"standard-time","from":"2024-12-01",
			"services":[{"service":"shower","category":"care","band":"day","times_per_week":"3","standard_minutes":35}]`, of))
	}
	day := fmt.Sprintf("2024-12-%02d", n)
	return record("visit-performed", day, fmt.Sprintf(`"unit":"hemvard-1","category":"care","band":"day","arrived":"%[1]sT09:00:00+01:00","left":"%[1]sT09:35:00+01:00"`, day))
}

// person is somebody who has signed in and said what they read for.
func person(b *testing.B, s *Server) *http.Client {
	jar, err := cookiejar.New(nil)
	require.NoError(b, err)
	c := &http.Client{Jar: jar, Transport: &http.Transport{}}
	b.Cleanup(c.CloseIdleConnections)
	root := "http://" + s.config.Address
	answer, err := c.PostForm(root+"/sign-in", url.Values{"token": {token}, "actor": {"auditor-1"}, "next": {"/purpose"}})
	require.NoError(b, err)
	page, err := io.ReadAll(answer.Body)
	require.NoError(b, err)
	csrf := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindSubmatch(page)
	require.Len(b, csrf, 2, "%s", page)
	answer, err = c.PostForm(root+"/purpose", url.Values{"csrf": {string(csrf[1])}, "purpose": {"a load"}, "next": {"/policies"}})
	require.NoError(b, err)
	require.NoError(b, answer.Body.Close())
	require.Equal(b, "/policies", answer.Request.URL.Path)
	return c
}

// read reads a page whole.
func read(c *http.Client, address string) ([]byte, error) {
	answer, err := c.Get(address)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || answer.Request.URL.String() != address) {
		err = fmt.Errorf("%s: %s at %s", address, answer.Status, answer.Request.URL)
	}
	return page, err
}

// pageToRead is one of the pages that readers go through, of each reader the address.
type pageToRead struct {
	name string
	of   func(reader int) string
}

// pagesToRead are what readers go through, over and over: each page once, and of what if what a slider asks for. One month is calculated, so that there
// are payouts to look at.
func pagesToRead(b *testing.B, l *ledger.Local, c *http.Client, root string) (pages []pageToRead) {
	all := func(path, pattern string) (found []string) {
		page, err := read(c, root+path)
		require.NoError(b, err)
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(page), -1) {
			found = append(found, match[1])
		}
		require.NotEmpty(b, found, "%s on %s", pattern, path)
		return found
	}
	page, err := read(c, root+"/payouts")
	require.NoError(b, err)
	if !strings.Contains(string(page), `href="/payouts/`) {
		require.NoError(b, l.Payout(b.Context(), ledger.PayoutRequest{Action: "calculate", Authority: benchAuthority, Month: "2021-03", Actor: "economist-1"}, io.Discard))
	}
	payouts := all("/payouts", `href="(/payouts/[A-Za-z0-9_-]+)"`)
	lines := all(payouts[0], `href="(/payouts/[A-Za-z0-9_-]+/why/[0-9]+)"`)
	parameter := all("/what-if", `name="parameter" value="([^"]+)"`)[0]
	add := func(name string, of func(reader int) string) {
		pages = append(pages, pageToRead{name, func(reader int) string { return root + of(reader) }})
	}
	for _, path := range []string{"/overview", "/payouts", "/fulfilment?by=year", "/what-if", "/policies"} {
		add(path, func(int) string { return path })
	}
	add("/payouts/…", func(reader int) string { return payouts[reader%len(payouts)] })
	add("/payouts/…/why/…", func(reader int) string { return lines[reader%len(lines)] })
	add("/what-if?set=…", func(reader int) string {
		return "/what-if?set=" + url.QueryEscape(fmt.Sprintf("%s=%d", parameter, reader+1))
	})
	add("/trail?…", func(reader int) string { return fmt.Sprintf("/trail?kind=case&id=k%d", reader+1) })
	return pages
}
