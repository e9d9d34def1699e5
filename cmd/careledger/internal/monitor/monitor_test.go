package monitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// lines is where log lines go; several goroutines write them.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// watched is a served ledger with an invented municipality, its monitor, what that wrote, and the records.
type watched struct {
	*ledger.Local
	*Monitor
	lines   *lines
	records string
}

func watch(t *testing.T, format string) *watched {
	w := &watched{lines: &lines{}}
	log, err := NewLog(w.lines, format)
	require.NoError(t, err)
	w.Monitor = New(log)
	w.Local, err = ledger.Open(t.Context(), ledger.Config{Dir: t.TempDir(), Settled: w.Settled, Acted: w.Acted})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	w.Watch(w.Local)
	var records bytes.Buffer
	require.NoError(t, generate.Municipality(&records, generate.Size{Authority: "1281", Persons: 15, Years: 1, Seed: 1}))
	w.records = records.String()
	path := filepath.Join(t.TempDir(), "records.ndjson")
	require.NoError(t, os.WriteFile(path, records.Bytes(), 0o600))
	_, err = w.Import(t.Context(), ledger.ImportRequest{Path: path})
	require.NoError(t, err)
	_, err = w.Follow(t.Context())
	require.NoError(t, err)
	return w
}

// get is what a path of a handler answers.
func get(h http.Handler, path string) (status int, text string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// values are the metrics of a monitor by name and labels, as they are written.
func (w *watched) values(t *testing.T) map[string]string {
	status, text := get(w.Metrics(), "/metrics")
	require.Equal(t, http.StatusOK, status)
	all := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z_]+(?:\{.*\})?) (\S+)$`).FindAllStringSubmatch(text, -1) {
		all[m[1]] = m[2]
	}
	return all
}

// caseID and person are how a case and its person are called in the records.
var (
	caseID  = regexp.MustCompile(`"entity":"(?:case|patient)/([^"]+)"`)
	persons = regexp.MustCompile(`"person":"([^"]+)"`)
)

const (
	reader  = "auditor-ek"
	purpose = "klagomaal 2026-114"
)

// everything asks, commands and is refused in every way that a metric or a line tells of.
func (w *watched) everything(t *testing.T) {
	ctx := t.Context()
	ask := func(r ledger.Request) error {
		r.Actor = reader
		return w.Ask(ctx, r, io.Discard)
	}
	entity := caseID.FindStringSubmatch(w.records)[1]
	require.NoError(t, ask(ledger.Request{Question: ledger.QuestionCompensation}))
	require.NoError(t, ask(ledger.Request{Question: ledger.QuestionTrail, Entity: "case/" + entity, Reader: ledger.Reader{Purpose: purpose}}))
	require.Error(t, ask(ledger.Request{Question: ledger.QuestionTrail, Entity: "case/" + entity}))
	require.Error(t, ask(ledger.Request{Question: entity}), "a question that there is not")
	step := func(action, actor string) error {
		return w.Payout(ctx, ledger.PayoutRequest{Action: action, Month: "2015-03", Actor: actor}, io.Discard)
	}
	require.NoError(t, step("calculate", reader))
	require.Error(t, step("approve", reader))
	require.NoError(t, step("approve", "controller-1"))
	require.Error(t, step(entity, reader), "a command that there is not")
	first, _, _ := strings.Cut(w.records, "\n")
	_, again, err := w.Record(ctx, []byte(first))
	require.NoError(t, err)
	require.True(t, again)
	_, _, err = w.Record(ctx, []byte(`{"type":"goal-withdrawn","authority":"1281","entity":"case/`+entity+`","effective":"2016-01-01","actor":"`+reader+`","data":{"goal":"none","reason":"`+purpose+`"}}`))
	require.Error(t, err)
	_, _, err = w.Record(ctx, []byte(`{"`+entity+`": 1}`))
	require.Error(t, err)
}

func TestMetricsSayWhatWasAskedAndDone(t *testing.T) {
	w := watch(t, "off")
	w.everything(t)
	require.NoError(t, w.Ready(t.Context()))
	v := map[string]string{}
	require.Eventually(t, func() bool { // a commit is counted right after its caller is told
		v = w.values(t)
		return v[`careledger_log_position{authority="1281"}`] == v[`careledger_append_events_total{authority="1281",series="care"}`] &&
			v[`careledger_append_events_total{authority="1281",series="access"}`] == "1"
	}, 10*time.Second, time.Millisecond, "every event is counted once")
	require.Equal(t, v[`careledger_log_position{authority="1281"}`], v[`careledger_folded_position{authority="1281"}`])
	for name, want := range map[string]string{
		`careledger_fold_lag_events{authority="1281"}`:                                "0",
		`careledger_append_seconds_count{authority="1281",series="access"}`:           "1",
		`careledger_checkpoint_position{authority="1281"}`:                            v[`careledger_log_position{authority="1281"}`], // the approval was the last
		`careledger_checkpoint_readable`:                                              "1",
		`careledger_question_seconds_count{outcome="done",question="compensation"}`:   "1",
		`careledger_question_seconds_count{outcome="done",question="trail"}`:          "1",
		`careledger_question_seconds_count{outcome="wrong",question="trail"}`:         "1",
		`careledger_question_seconds_count{outcome="wrong",question="other"}`:         "1",
		`careledger_command_seconds_count{command="import",outcome="done"}`:           "1",
		`careledger_command_seconds_count{command="payout-calculate",outcome="done"}`: "1",
		`careledger_command_seconds_count{command="payout-approve",outcome="done"}`:   "1",
		`careledger_command_seconds_count{command="record",outcome="done"}`:           "1",
		`careledger_command_seconds_count{command="record",outcome="refused"}`:        "2",
		`careledger_refused_commands_total{command="payout-approve",reason="actor"}`:  "1",
		`careledger_refused_commands_total{command="payout-other",reason="wrong"}`:    "1",
		`careledger_refused_commands_total{command="record",reason="missing"}`:        "1",
		`careledger_refused_commands_total{command="record",reason="refused"}`:        "1",
	} {
		require.Equal(t, want, v[name], name)
	}
	require.Contains(t, v, `careledger_checkpoint_age_seconds{authority="1281"}`)
	problems, err := testutil.GatherAndLint(w.registry)
	require.NoError(t, err)
	require.Empty(t, problems, "names and units as Prometheus wants them")
}

func TestNothingThatIsToldNamesAnybody(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			w := watch(t, format)
			w.everything(t)
			mux := http.NewServeMux()
			mux.HandleFunc("GET /trail/{entity}", func(http.ResponseWriter, *http.Request) {})
			pages := w.Requests(mux)
			entity := caseID.FindStringSubmatch(w.records)[1]
			get(pages, "/trail/"+entity+"?purpose="+purpose[:9])
			get(pages, "/no-such-page/"+entity)
			pages.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(entity, "/", nil))
			_, metrics := get(w.Metrics(), "/metrics")
			_, ready := get(Ready(w), "/readyz")
			told := w.lines.String() + metrics + ready
			for _, must := range []string{"/trail/{entity}", "payout-approve", "compensation", "question", "missing"} {
				require.Contains(t, told, must)
				require.NotEmpty(t, w.lines.String())
			}
			names := map[string]bool{reader: true, purpose: true, "klagomaal": true, "controller-1": true, "2015-03-": true}
			for _, pattern := range []*regexp.Regexp{caseID, persons} {
				found := pattern.FindAllStringSubmatch(w.records, -1)
				require.NotEmpty(t, found)
				for _, m := range found {
					names[m[1]] = true
				}
			}
			require.Greater(t, len(names), 15)
			for name := range names {
				require.NotRegexp(t, `(^|[^A-Za-z0-9-])`+regexp.QuoteMeta(name)+`($|[^A-Za-z0-9-])`, told)
			}
		})
	}
}

func TestALineIsAnObjectWithWhatHowAndHowLong(t *testing.T) {
	w := watch(t, "json")
	before := w.lines.String()
	require.NoError(t, w.Ask(t.Context(), ledger.Request{Question: ledger.QuestionFulfilment}, io.Discard))
	var line struct {
		Level, Msg, Question, Outcome string
		Took                          float64 `json:"took_ms"`
	}
	require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(w.lines.String(), before)), &line, json.MatchCaseInsensitiveNames(true)))
	require.Equal(t, []string{"INFO", "question", "fulfilment", "done"}, []string{line.Level, line.Msg, line.Question, line.Outcome})
	require.Positive(t, line.Took)
}

func TestALineOnADamagedLogNamesNoCase(t *testing.T) {
	var said strings.Builder
	log, err := NewLog(&said, "json")
	require.NoError(t, err)
	Failed(log, fmt.Errorf("opening: %w", &eventstore.CorruptError{Authority: "1281", Sequence: 7, Reason: "care.1281.case.anna.case-opened is not what was witnessed"}))
	require.Contains(t, said.String(), `"outcome":"damaged","damaged":"1281","at_event":7`)
	Failed(log, fmt.Errorf("follow: %w", &projections.FoldError{Sequence: 8, ID: "anna.3", Type: domain.TypeVisitPerformed, Err: errors.New("case/anna was not opened")}))
	require.Contains(t, said.String(), "event 8 of the log (visit-performed) cannot be folded; careledger verify says why")
	Failed(log, &domain.UnknownEventError{Sequence: 9, Type: domain.TypeVisitPerformed, Version: 1, Err: errors.New(`"anna" is no number`)})
	require.Contains(t, said.String(), "event 9 of the log (visit-performed) cannot be read; careledger verify says why")
	Failed(log, &domain.UnknownEventError{Sequence: 10, Type: "visit-dreamt", Version: 1})
	require.Contains(t, said.String(), "Use the careledger release that wrote it")
	require.NotContains(t, said.String(), "anna")
	Failed(log, errors.New("the address is in use"))
	require.Contains(t, said.String(), `"problem":"the address is in use"`)
}

func TestAFormOfLinesThatThereIsNotIsRefused(t *testing.T) {
	_, err := NewLog(io.Discard, "xml")
	require.ErrorContains(t, err, "use one of text, json, off")
}

// unready is a ledger whose checkpoints cannot be listed and that does not serve as it should.
type unready struct{ why error }

func (u unready) Standings() ([]ledger.Standing, error) {
	return []ledger.Standing{{Authority: "1281", Position: 12, Folded: 5}}, u.why
}
func (u unready) Ready(context.Context) error { return u.why }
func (u unready) Lags(context.Context) (*ledger.SubscriberAnswer, error) {
	return &ledger.SubscriberAnswer{Feeds: []ledger.FeedStanding{{Authority: "1281", Log: 12, Position: 3, Messages: 40, Bytes: 999}},
		Subscribers: []eventstore.Subscriber{{Authority: "1281", Name: "economics", Pending: 4, Connected: new(true)}, {Name: "cut", Damaged: "its file is cut short"}}}, u.why
}

func TestFeedsAndTheirSubscribersAreToldWithHowFarTheyAreBehind(t *testing.T) {
	w := &watched{Monitor: New(nil)}
	w.Watch(unready{})
	w.Fed(ledger.FeedReport{Authority: "1281", Err: io.ErrUnexpectedEOF})
	w.Fed(ledger.FeedReport{Authority: "1281", Position: 3})
	v := w.values(t)
	for name, want := range map[string]string{
		`careledger_feeds_readable`:                                                   "1",
		`careledger_feed_position{authority="1281"}`:                                  "3",
		`careledger_feed_lag_events{authority="1281"}`:                                "9",
		`careledger_feed_messages{authority="1281"}`:                                  "40",
		`careledger_feed_size_bytes{authority="1281"}`:                                "999",
		`careledger_feed_failures_total{authority="1281"}`:                            "1",
		`careledger_subscriber_lag_messages{authority="1281",subscriber="economics"}`: "4",
		`careledger_subscriber_connected{authority="1281",subscriber="economics"}`:    "1",
		`careledger_subscriber_damaged{subscriber="cut"}`:                             "1",
	} {
		require.Equal(t, want, v[name], name)
	}
	require.NotContains(t, v, `careledger_subscriber_lag_messages{authority="",subscriber="cut"}`, "where it is is not known")
	w = &watched{Monitor: New(nil)}
	w.Watch(unready{io.ErrUnexpectedEOF})
	require.Equal(t, "0", w.values(t)[`careledger_feeds_readable`])
}

func TestReadySaysInWordsWhatIsNot(t *testing.T) {
	status, text := get(Ready(unready{io.ErrUnexpectedEOF}), "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, io.ErrUnexpectedEOF.Error()+"\n", text)
	status, _ = get(Ready(unready{}), "/readyz")
	require.Equal(t, http.StatusOK, status)
	status, text = get(Health(), "/healthz")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "alive\n", text)
}

func TestAFoldThatIsBehindAndCheckpointsThatCannotBeReadAreToldBesideTheRest(t *testing.T) {
	w := &watched{Monitor: New(nil)}
	w.Watch(unready{io.ErrUnexpectedEOF})
	v := w.values(t)
	require.Equal(t, "7", v[`careledger_fold_lag_events{authority="1281"}`])
	require.Equal(t, "0", v[`careledger_checkpoint_readable`])
	require.NotContains(t, v, `careledger_checkpoint_age_seconds{authority="1281"}`)
}

func TestRequestsAreCountedByRouteAndStatus(t *testing.T) {
	w := &watched{Monitor: New(nil)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /payouts/{id}", func(rw http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "none" {
			rw.WriteHeader(http.StatusNotFound)
		}
		require.Equal(t, "1", w.values(t)[`careledger_http_requests_under_way`])
	})
	pages := w.Requests(mux)
	for _, path := range []string{"/payouts/a", "/payouts/b", "/payouts/none", "/else"} {
		get(pages, path)
	}
	v := w.values(t)
	require.Equal(t, "2", v[`careledger_http_request_seconds_count{method="GET",route="/payouts/{id}",status="200"}`])
	require.Equal(t, "1", v[`careledger_http_request_seconds_count{method="GET",route="/payouts/{id}",status="404"}`])
	require.Equal(t, "1", v[`careledger_http_request_seconds_count{method="GET",route="none",status="404"}`])
	require.Equal(t, "0", v[`careledger_http_requests_under_way`])
}
