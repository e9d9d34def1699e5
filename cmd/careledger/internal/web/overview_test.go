package web

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/projections"
)

// programAt presents the token to a server of another ledger than the pilot's.
func programAt(t *testing.T, l *ledger.Local) *reader {
	s, err := New(Config{Ledger: l, Address: host, Token: token, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return &reader{t: t, server: s, headers: map[string]string{"Authorization": "Bearer " + token, "Careledger-Actor": "bi-1"}}
}

func openedLedger(t *testing.T) *ledger.Local {
	l, err := ledger.Open(t.Context(), ledger.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// twoAuthorities is a ledger of two small invented municipalities, whose boards adopt a document each year.
func twoAuthorities(t *testing.T) *ledger.Local {
	l := openedLedger(t)
	for i, authority := range []string{"1281", "0180"} {
		var b bytes.Buffer
		require.NoError(t, generate.Municipality(&b, generate.Size{Authority: authority, Persons: 12, Years: 2, Seed: uint64(i)}))
		path := filepath.Join(t.TempDir(), "records.ndjson")
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
		_, err := l.Import(t.Context(), ledger.ImportRequest{Path: path})
		require.NoError(t, err)
	}
	return l
}

// records returns a CSV twin, without its header.
func (r *reader) records(address string) [][]string {
	all, err := csv.NewReader(strings.NewReader(r.page(address))).ReadAll()
	require.NoError(r.t, err)
	return all[1:]
}

func TestTheOverviewSaysWhatTheLedgerAnswers(t *testing.T) {
	r := program(t)
	for _, filter := range []struct {
		query, from, to, provider, unit string
	}{{}, {query: "&time=2016", from: "2016-01", to: "2016-12"}, {query: "&provider=lund-hemvard", provider: "lund-hemvard"},
		{query: "&unit=ostra-torn-linero&time=2015-Q4..2016", from: "2015-10", to: "2016-12", unit: "ostra-torn-linero"}} {
		for _, by := range []string{"year,provider", "month,unit", "month,provider"} {
			step, party, _ := strings.Cut(by, ",")
			ask := func(question, by string) any {
				answer, err := pilot(t).Read(t.Context(), ledger.Request{Question: question, By: by, From: filter.from, To: filter.to, Provider: filter.provider, Unit: filter.unit})
				require.NoError(t, err)
				return answer
			}
			want, n := map[string]string{}, 0
			paid := ask(ledger.QuestionCompensation, by).(*projections.Compensation)
			for _, row := range paid.Rows {
				want[strings.Join(row.Keys, " ")] = row.Amount.String()
			}
			reached := map[string]projections.FulfilmentRow{}
			for _, row := range ask(ledger.QuestionFulfilment, by).(*projections.Fulfilment).Rows {
				reached[strings.Join(row.Keys, " ")] = row
			}
			for _, row := range r.records("/overview.csv?step=" + step + "&by=" + party + filter.query) {
				key := row[0] + " " + row[1]
				require.Equal(t, want[key], row[2], key)
				delete(want, key)
				if row[3] != "" {
					n++
					f := reached[key]
					require.GreaterOrEqual(t, f.Persons, fewestShown)
					require.Equal(t, fmt.Sprintf("%d %d %d %d %d %s", f.FollowUps, f.Persons, f.Assessed, f.Fulfilled, f.Partly, f.Rate), strings.Join(row[3:], " "))
				}
			}
			require.Empty(t, want, "what is paid stands there to the last row")
			require.Positive(t, n)
			total := r.records("/overview/total.csv?by=" + party + filter.query)
			require.Equal(t, paid.Total.String(), total[0][0])
			whole := ask(ledger.QuestionFulfilment, "").(*projections.Fulfilment).Rows[0]
			require.Equal(t, whole.Rate, total[0][6])
		}
	}
}

func TestTheOverviewShowsWhatWaitsForApproval(t *testing.T) {
	l := twoAuthorities(t)
	r := programAt(t, l)
	const months = "&authority=0180"
	require.Empty(t, r.records("/overview/awaiting.csv?"+months))
	require.NoError(t, l.Payout(t.Context(), ledger.PayoutRequest{Action: "calculate", Authority: "0180", Month: "2015-03", Actor: "economist-1", Format: "json"}, io.Discard))
	answer, err := l.Read(t.Context(), ledger.Request{Question: ledger.QuestionPayouts, Authority: "0180"})
	require.NoError(t, err)
	list := answer.(*report.PayoutList).Payouts
	require.Greater(t, len(list), 1)
	sum := domain.Money(0)
	rows := r.records("/overview/awaiting.csv?" + months)
	for i, p := range list {
		require.Equal(t, []string{p.Payout, p.Provider, "2015-03", "1", p.Total.String(), "economist-1"}, rows[i])
		sum += p.Total
	}
	require.Equal(t, []string{fmt.Sprint(len(list)), sum.String()}, r.records("/overview/total.csv?" + months)[0][7:])

	require.Len(t, r.records("/overview/awaiting.csv?provider="+list[0].Provider+months), 1)
	require.Empty(t, r.records("/overview/awaiting.csv?time=2015-04"+months))
	require.Empty(t, r.records("/overview/awaiting.csv?authority=1281"))
	units := map[string]bool{}
	for _, row := range r.records("/overview.csv?by=unit&provider=" + list[1].Provider + months) {
		units[row[1]] = true
	}
	for unit := range units {
		of := r.records("/overview/awaiting.csv?unit=" + unit + months)
		require.Len(t, of, 1)
		require.Equal(t, list[1].Provider, of[0][1], "a payout is of a provider, and so of its units")
	}

	require.NoError(t, l.Payout(t.Context(), ledger.PayoutRequest{Action: "approve", Authority: "0180", Payouts: []string{list[0].Payout}, Actor: "controller-1", Format: "json"}, io.Discard))
	require.Len(t, r.records("/overview/awaiting.csv?"+months), len(list)-1)
	log := r.records("/overview/log.csv?" + months)[0]
	require.Equal(t, "0", log[4], "an approval is signed")
	require.Equal(t, log[0], log[2])
}

func TestTheOverviewSaysHowFarTheLogReaches(t *testing.T) {
	r := program(t)
	c, err := pilot(t).Checkpoint(t.Context(), ledger.CheckpointRequest{Action: ledger.CheckpointShow})
	require.NoError(t, err)
	require.Len(t, c.Checkpoints, 1)
	log := r.records("/overview/log.csv?time=2015")[0]
	require.Equal(t, log[0], log[2])
	signed, err := time.Parse(time.RFC3339, log[3])
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), signed, time.Hour)
	earlier := r.records("/overview/log.csv?as-of=100")[0]
	require.Equal(t, "100", earlier[0])
	require.NotEqual(t, log[1], earlier[1], "the root is of the log as it was")

	counted := 0
	days := map[string]bool{}
	for _, row := range r.records("/overview/arrivals.csv?as-of=1000") {
		n := 0
		_, err := fmt.Sscan(row[2], &n)
		require.NoError(t, err)
		counted += n
		days[row[0]] = true
	}
	require.Len(t, days, 7)
	require.Contains(t, r.page("/overview?lang=en&as-of=1000"), fmt.Sprintf("The last events of the log (%d)", counted))
}

func TestHowLongAgoIsSaidInTheLargestUnit(t *testing.T) {
	for ago, want := range map[time.Duration]string{30 * time.Second: "just now", 119 * time.Second: "just now", 2 * time.Minute: "2 minutes ago", 119 * time.Minute: "119 minutes ago",
		2 * time.Hour: "2 hours ago", 47 * time.Hour: "47 hours ago", 48 * time.Hour: "2 days ago", 2000 * 24 * time.Hour: "2\u00a0000 days ago"} {
		require.Equal(t, want, voice{words.English}.age(ago))
	}
}

func TestALedgerOfSeveralAuthoritiesShowsOneAndAsksWhich(t *testing.T) {
	l := twoAuthorities(t)
	r := programAt(t, l)
	first := r.page("/overview")
	require.Contains(t, first, "Huvudman 0180.", "the first by code")
	require.Contains(t, first, `<option value="1281">`)
	other := r.page("/overview?authority=1281&lang=en")
	require.Contains(t, other, "Authority 1281.")
	for _, link := range regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(other, -1) {
		if path, _, _ := strings.Cut(link[1], "?"); path != "/static/page.css" {
			require.Contains(t, link[1], "authority=1281")
		}
	}
}

func TestAnEmptyLedgerSaysWhatToDo(t *testing.T) {
	l := openedLedger(t)
	r := programAt(t, l)
	r.headers = map[string]string{"Accept": "text/html"}
	answer := r.post("/sign-in", url.Values{"token": {token}, "actor": {"auditor-1"}})
	r.cookie = answer.Result().Cookies()[0]
	page := r.get("/overview")
	require.Equal(t, http.StatusNotFound, page.Code)
	require.Contains(t, page.Body.String(), "<h1>Det finns ingen huvudbok att visa</h1>")
	require.Contains(t, page.Body.String(), "careledger import")

	// A log that nobody has been paid from yet.
	path := filepath.Join(t.TempDir(), "records.ndjson")
	require.NoError(t, os.WriteFile(path, []byte(`{"type":"provider-registered","authority":"1281","entity":"provider/home","effective":"2015-01-01","actor":"a-1","data":{"name":"Home care","regime":"in-house"}}`+"\n"), 0o600))
	_, err := l.Import(t.Context(), ledger.ImportRequest{Path: path})
	require.NoError(t, err)
	whole := r.page("/overview")
	for _, says := range []string{"Ingen ersättning och inga uppföljningar.", "Ingen utbetalning väntar på attest.", "inget är signerat än", "utförare registrerad"} {
		require.Contains(t, whole, says)
	}
	require.NotContains(t, whole, "<svg")
	require.Contains(t, r.page("/policies"), "Inget dokument gäller då.")
}

// Each number leads on: every link of these pages leads to a page that is there, or asks what it is read for.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	r := signedIn(t)
	followed := map[string]bool{}
	for _, address := range []string{"/overview", "/overview?by=unit&time=2016-Q1&lang=en", "/policies", "/policies/document/lund-2015-pilot?time=2016"} {
		for _, link := range regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(r.page(address), -1) {
			to := strings.ReplaceAll(link[1], "&amp;", "&")
			if path, _, _ := strings.Cut(to, "?"); followed[path] {
				continue
			} else {
				followed[path] = true
			}
			answer := r.get(to)
			if answer.Code == http.StatusSeeOther {
				require.Contains(t, answer.Header().Get("Location"), "/purpose?", to)
				continue
			}
			require.Equal(t, http.StatusOK, answer.Code, to)
		}
	}
	require.Contains(t, followed, "/policies/document/lund-2015-pilot/model.yaml")
}

func TestTheRootLeadsToTheOverview(t *testing.T) {
	answer := signedIn(t).get("/?time=2016")
	require.Equal(t, http.StatusSeeOther, answer.Code)
	require.Equal(t, "/overview?time=2016", answer.Header().Get("Location"))
}

func TestAPageRefusesWhatItsOwnWordsDoNotSay(t *testing.T) {
	r := program(t)
	for address, says := range map[string]string{
		"/overview.json?by=case": "by: case is not one of provider, unit", "/overview.json?step=week": "step:", "/overview.json?by=unit&by=unit": "twice", "/overview.json?unit=none": "no unit none",
		"/policies/document/lund-2015-pilot.json?document=2015-01-02": "write one of 2015-01-01", "/policies/document/lund-2015-pilot/differences.json?before=x": "before:",
	} {
		answer := r.get(address)
		require.Equal(t, http.StatusBadRequest, answer.Code, address)
		require.Contains(t, answer.Body.String(), says)
	}
	for _, address := range []string{"/policies/document/none.json", "/policies/document/none/model.yaml", "/policies/document/lund-2015-pilot.json?as-of=2014-01-01"} {
		require.Equal(t, http.StatusNotFound, r.get(address).Code, address)
	}
}

func TestPanelsShareAScaleAndStandWhereTheNumbersAre(t *testing.T) {
	v := &visit{voice: voice{words.English}}
	n := func(n int64) *int64 { return &n }
	say := func(n int64) string { return fmt.Sprint(n) }
	p := v.columnPanels("p", "title", []string{"2015", "2016"}, []panelSeries{{"a", "", []*int64{n(50), n(100)}}, {"b", "", []*int64{nil, n(-100)}}}, 0, say)
	require.Len(t, p.All, 2)
	require.Equal(t, columnBar{X: "0", Y: "68", Width: "158", Height: "24", Title: "2015: 50"}, p.All[0].Columns[0], "0 stands in the middle, at 92")
	require.Equal(t, columnBar{X: "160", Y: "44", Width: "158", Height: "48", Title: "2016: 100"}, p.All[0].Columns[1])
	require.Equal(t, []columnBar{{X: "160", Y: "92", Width: "158", Height: "48", Title: "2016: -100"}}, p.All[1].Columns)
	require.Equal(t, "92", p.All[0].Zero)
	require.Equal(t, "Columns from 2015 to 2016. Highest: 100, 2016. Lowest: 50, 2015.", p.All[0].Desc)

	many := make([]panelSeries, panelsMost+3)
	for i := range many {
		many[i].of = []*int64{nil}
	}
	p = v.columnPanels("p", "title", []string{"2015"}, many, rateWhole, say)
	require.Len(t, p.All, panelsMost)
	require.Equal(t, "In the table only: another 3.", p.Left)
	require.Equal(t, "No numbers are shown.", p.All[0].Desc)
	require.Empty(t, p.All[0].Last)
	require.Nil(t, v.columnPanels("p", "title", nil, nil, 0, say))
}
