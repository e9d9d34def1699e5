package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/monitor"
	"careledger/eventstore"
)

// sender is a program that gives commands to a server with a ledger of its own.
type sender struct {
	*reader
	dir    string
	ledger *ledger.Local
}

// sending returns a program at a ledger with a small invented municipality.
func sending(t *testing.T) *sender {
	s := &sender{dir: t.TempDir()}
	var records bytes.Buffer
	require.NoError(t, generate.Municipality(&records, generate.Size{Authority: "1281", Persons: 10, Years: 1, Seed: 1}))
	path := filepath.Join(t.TempDir(), "records.ndjson")
	require.NoError(t, os.WriteFile(path, records.Bytes(), 0o600))
	s.start(t)
	_, err := s.ledger.Import(t.Context(), ledger.ImportRequest{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.ledger.Close()) })
	return s
}

// start opens the ledger and a server over it, again after restart.
func (s *sender) start(t *testing.T) {
	l, err := ledger.Open(t.Context(), ledger.Config{Dir: s.dir})
	require.NoError(t, err)
	s.ledger = l
	s.reader = at(t, l)
}

// at is a program at a server over a ledger.
func at(t *testing.T, l Ledger) *reader {
	server, err := New(Config{Ledger: l, Address: host, Token: token, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return &reader{t: t, server: server, headers: map[string]string{"Authorization": "Bearer " + token, "Careledger-Actor": "economist-1", "Content-Type": "application/json"}}
}

func (s *sender) restart(t *testing.T) {
	require.NoError(t, s.ledger.Close())
	s.start(t)
}

// give gives a command under a key, and checks that the answer is as the OpenAPI document says.
func (r *reader) give(path, key, body string) *httptest.ResponseRecorder {
	q := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if key != "" {
		q.Header.Set("Idempotency-Key", key)
	}
	answer := r.do(q)
	requireDocumented(r.t, http.MethodPost, path, answer)
	return answer
}

// as is the same program for another actor.
func (r *reader) as(actor string) *reader {
	other := *r
	other.headers = maps.Clone(r.headers)
	other.headers["Careledger-Actor"] = actor
	return &other
}

// told is a problem as a program reads it.
type told struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Problems []struct{ Field, Reason string }
	Done     struct {
		Payouts []struct{ Payout, Outcome string }
	}
}

// requireProblem checks that an answer is a problem, and returns it.
func requireProblem(t *testing.T, status int, word string, answer *httptest.ResponseRecorder) (p told) {
	require.Equal(t, status, answer.Code, answer.Body)
	require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &p, json.MatchCaseInsensitiveNames(true)))
	require.Equal(t, "urn:careledger:problem:"+word, p.Type, p.Detail)
	require.Equal(t, status, p.Status)
	require.NotContains(t, p.Title, "_", "it is in words")
	return p
}

const opening = `{"type":"case-opened","authority":"1281","entity":"case/new-1","effective":"2015-06-01","actor":"care-manager-3","data":{"person":"p-new"}}`

func TestACommandIsGivenWithTheTokenAndAKey(t *testing.T) {
	s := sending(t)
	before := s.position(t)
	records := apiPath + "records"
	requireProblem(t, http.StatusBadRequest, "no-key", s.give(records, "", opening))
	for _, key := range []string{`"`, `""`, `"a`, "a b", "å", strings.Repeat("a", 65), "19121212-1212"} {
		requireProblem(t, http.StatusBadRequest, "key", s.give(records, key, opening))
	}
	twice := httptest.NewRequest(http.MethodPost, records, strings.NewReader(opening))
	twice.Header["Idempotency-Key"] = []string{"a", "b"}
	requireProblem(t, http.StatusBadRequest, "no-key", s.do(twice))
	requireProblem(t, http.StatusRequestEntityTooLarge, "large", s.give(records, "a", opening+strings.Repeat(" ", commandBodyBytes)))
	slow := httptest.NewRequest(http.MethodPost, records, io.MultiReader(strings.NewReader(opening[:20]),
		iotest.ErrReader(fmt.Errorf("read tcp 10.1.2.3:8281: %w", os.ErrDeadlineExceeded))))
	slow.Header.Set("Idempotency-Key", "a")
	require.NotContains(t, requireProblem(t, http.StatusRequestTimeout, "cut-off", s.do(slow)).Detail, "10.1.2.3")

	form := s.as("economist-1")
	form.headers["Content-Type"] = "application/x-www-form-urlencoded"
	requireProblem(t, http.StatusUnsupportedMediaType, "media", form.give(records, "a", opening))
	nobody := s.as("")
	requireProblem(t, http.StatusBadRequest, "no-actor", nobody.give(records, "a", opening))
	nobody.headers["Authorization"] = "Bearer " + token + "x"
	requireProblem(t, http.StatusUnauthorized, "signed-out", nobody.give(records, "a", opening))
	person := signedIn(t) // on the other ledger
	person.headers = map[string]string{"Content-Type": "application/json"}
	requireProblem(t, http.StatusForbidden, "forged", person.give(records, "a", opening))
	require.Equal(t, before, s.position(t))
	answer := s.get(records)
	requireProblem(t, http.StatusMethodNotAllowed, "method", answer)
	require.Equal(t, "POST", answer.Header().Get("Allow"))
}

// position is how many events the log holds.
func (s *sender) position(t *testing.T) uint64 {
	all, err := s.ledger.Standings()
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0].Position
}

func TestARecordIsTakenOnceUnderItsKey(t *testing.T) {
	s := sending(t)
	records := apiPath + "records"
	first := s.give(records, `"8e03978e-40d5"`, opening)
	require.Equal(t, http.StatusCreated, first.Code, first.Body)
	require.Equal(t, fmt.Sprintf(`{"id":"8e03978e-40d5","sequence":%d}`, s.position(t)), first.Body.String())
	require.Empty(t, first.Header().Get("Careledger-Duplicate"))
	before := s.position(t)
	for _, again := range []string{`8e03978e-40d5`, `"8e03978e-40d5"`, "restart"} {
		if again == "restart" {
			s.restart(t)
			again = `"8e03978e-40d5"`
		}
		answer := s.give(records, again, opening)
		require.Equal(t, []any{first.Code, first.Body.String(), "true"}, []any{answer.Code, answer.Body.String(), answer.Header().Get("Careledger-Duplicate")})
	}
	p := requireProblem(t, http.StatusUnprocessableEntity, "key-reused", s.give(records, `"8e03978e-40d5"`, strings.Replace(opening, "p-new", "p-other", 1)))
	require.Contains(t, p.Detail, "with other content")
	requireProblem(t, http.StatusBadRequest, "key", s.give(records, "another", strings.Replace(opening, "{", `{"id":"8e03978e-40d5",`, 1)))
	require.Equal(t, http.StatusCreated, s.give(records, "8e03978e-40d5", strings.Replace(opening, "{", `{ "id":"8e03978e-40d5",`, 1)).Code, "the key may be said as the id, too")
	require.Equal(t, before, s.position(t))
}

func TestARefusedRecordSaysEachProblemAndLeavesNoKey(t *testing.T) {
	s := sending(t)
	records := apiPath + "records"
	p := requireProblem(t, http.StatusUnprocessableEntity, "command-refused", s.give(records, "k", strings.NewReplacer("2015-06-01", "June", "1281", "12").Replace(opening)))
	require.Len(t, p.Problems, 1, "12 is a region")
	require.Equal(t, "effective", p.Problems[0].Field)
	for _, body := range []string{"", "[]", "{}", "null", `{"id":1}`, opening + opening, "{"} {
		require.GreaterOrEqual(t, s.give(records, "k", body).Code, 400, body)
	}
	require.Equal(t, http.StatusCreated, s.give(records, "k", opening).Code, "what was refused may be corrected under the same key")
}

// A command's fields are those of its JSON: no program has flags.
func TestAWrongCommandIsToldByTheFieldsOfItsJSON(t *testing.T) {
	s := sending(t)
	for name, wrong := range map[string]struct{ action, body, says string }{
		"no such month":   {"calculate", `{"month":"2016-13"}`, "month: write a month"},
		"a month to come": {"calculate", `{"month":"2099-01"}`, "month: the month has not begun"},
		"no month":        {"calculate", `{"payouts":["2016-01-lund-hemvard"]}`, "payouts"},
		"nothing named":   {"approve", `{}`, "payouts: name the payouts"},
		"a day to come":   {"approve", `{"payouts":["2016-01-lund-hemvard"],"on":"2099-01-01"}`, "on: the day is in the future"},
		"no reason":       {"reject", `{"payouts":["2016-01-lund-hemvard"],"reason":" "}`, "reason: a reason is required"},
		"no such field":   {"calculate", `{"months":"2016-01"}`, "months: is not a field here"},
		"words":           {"approve", `{"payouts":["2016-01-lund-hemvard"],"version":"a"}`, "version: "},
		"no list":         {"approve", `{"payouts":"2016-01-lund-hemvard"}`, "where a list belongs"},
		"no JSON":         {"approve", `x`, "document: is not valid JSON"},
		"a person":        {"reject", `{"payouts":["2016-01-lund-hemvard"],"reason":"för 19121212-1212"}`, "reason: it holds a personal identity number"},
	} {
		p := requireProblem(t, http.StatusBadRequest, "command", s.give(apiPath+"payouts/"+wrong.action, "k", wrong.body))
		require.Contains(t, p.Detail, wrong.says, name)
		require.NotRegexp(t, `--|json:|web\.|Go `, p.Detail, name)
	}
}

func TestAPayoutIsCalculatedApprovedAndPaidByItsCommands(t *testing.T) {
	s := sending(t)
	type step struct{ actor, action, key, body string }
	given := []step{
		{"economist-1", "calculate", "c1", `{"month":"2015-03"}`},
		{"controller-1", "reject", "r1", `{"payouts":["2015-03-%s"],"reason":"hours of another month"}`},
		{"economist-1", "calculate", "c2", `{"month":"2015-03"}`},
		{"controller-1", "approve", "a1", `{"payouts":["2015-03-%s"],"version":2,"on":"2015-04-20"}`},
		{"controller-1", "cancel", "x1", `{"payouts":["2015-03-%s"],"reason":"wrong account"}`},
		{"economist-1", "calculate", "c3", `{"month":"2015-03","provider":"%s"}`},
		{"controller-1", "approve", "a2", `{"payouts":["2015-03-%s"]}`},
		{"treasurer-1", "pay", "p1", `{"payouts":["2015-03-%s"],"reference":"BG-1"}`},
	}
	provider, answers := "", []string{}
	give := func(i int) *httptest.ResponseRecorder {
		body := given[i].body
		if strings.Contains(body, "%s") {
			body = fmt.Sprintf(body, provider)
		}
		return s.as(given[i].actor).give(apiPath+"payouts/"+given[i].action, given[i].key, body)
	}
	for i, step := range given {
		answer := give(i)
		require.Equal(t, http.StatusOK, answer.Code, "%s: %s", step.key, answer.Body)
		var said struct {
			Payouts []struct{ Provider, Status, Outcome string }
		}
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &said, json.MatchCaseInsensitiveNames(true)))
		require.NotEmpty(t, said.Payouts, step.key)
		if provider == "" {
			provider = said.Payouts[0].Provider
		}
		answers = append(answers, answer.Body.String())
	}
	require.Contains(t, answers[len(answers)-1], `"outcome":"paid"`)
	before := s.position(t)
	s.restart(t)
	for i, step := range given {
		if step.key == "c2" {
			continue // of the providers that were not rejected it wrote nothing, and so remembers nothing
		}
		require.Equal(t, answers[i], give(i).Body.String(), "%s: the same answer, after all that came after", step.key)
	}
	require.Equal(t, before, s.position(t), "nothing was done twice")
	p := requireProblem(t, http.StatusUnprocessableEntity, "key-reused", s.as("treasurer-1").give(apiPath+"payouts/pay", "p1", fmt.Sprintf(`{"payouts":["2015-03-%s"],"reference":"BG-2"}`, provider)))
	require.Contains(t, p.Detail, "new key")
}

func TestWhoCalculatedCannotApproveAndWhatWasDoneBeforeIsSaid(t *testing.T) {
	s := sending(t)
	calculated := s.give(apiPath+"payouts/calculate", "c1", `{"month":"2015-03"}`)
	require.Equal(t, http.StatusOK, calculated.Code)
	var said struct{ Payouts []struct{ Payout string } }
	require.NoError(t, json.Unmarshal(calculated.Body.Bytes(), &said, json.MatchCaseInsensitiveNames(true)))
	payout := said.Payouts[0].Payout
	p := requireProblem(t, http.StatusUnprocessableEntity, "command-refused", s.give(apiPath+"payouts/approve", "a1", `{"payouts":["`+payout+`"]}`))
	require.Equal(t, "actor", p.Problems[0].Field)
	require.Contains(t, p.Problems[0].Reason, "four eyes")
	require.Empty(t, p.Done.Payouts)

	p = requireProblem(t, http.StatusUnprocessableEntity, "command-refused", s.as("controller-1").give(apiPath+"payouts/approve", "a2", `{"payouts":["`+payout+`","2015-03-nobody"]}`))
	require.Equal(t, "payout", p.Problems[0].Field)
	require.Equal(t, payout, p.Done.Payouts[0].Payout)
	require.Equal(t, "approved", p.Done.Payouts[0].Outcome)

	for body, word := range map[string]string{`{"payouts":["` + payout + `"],"reference":"BG"}`: "command", `{"payouts":[]}`: "command", `{"payouts":["a b"]}`: "command", `{`: "command",
		`{"payouts":["` + payout + `"],"authority":"1480"}`: "no-ledger"} {
		answer := s.as("controller-1").give(apiPath+"payouts/approve", "a3", body)
		requireProblem(t, map[string]int{"command": http.StatusBadRequest, "no-ledger": http.StatusNotFound}[word], word, answer)
	}
	requireProblem(t, http.StatusUnprocessableEntity, "command-refused", s.give(apiPath+"payouts/calculate", "c2", `{"month":"2015-03","provider":"nobody"}`))
}

// troubled is a ledger that cannot carry out a command.
type troubled struct {
	*ledger.Local
	err error
}

func (l troubled) Record(context.Context, []byte) (uint64, bool, error)          { return 0, false, l.err }
func (l troubled) Payout(context.Context, ledger.PayoutRequest, io.Writer) error { return l.err }

func TestACommandWhoseOutcomeIsNotKnownIsToBeGivenAgain(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		word   string
	}{
		{context.DeadlineExceeded, http.StatusGatewayTimeout, "unknown-outcome"},
		{&eventstore.AppendError{Cause: eventstore.ErrUnknownOutcome}, http.StatusGatewayTimeout, "unknown-outcome"},
		{&eventstore.AppendError{Cause: eventstore.ErrConflict}, http.StatusServiceUnavailable, "slow"},
		{&eventstore.AppendError{Cause: eventstore.ErrDiskFull}, http.StatusInsufficientStorage, "disk-full"},
		{&eventstore.CorruptError{Authority: "1281", Sequence: 7}, http.StatusInternalServerError, "damaged"},
		{io.ErrUnexpectedEOF, http.StatusInternalServerError, "refused"},
	} {
		r := at(t, troubled{pilot(t), c.err})
		for path, body := range map[string]string{"records": opening, "payouts/approve": `{"payouts":["2016-03-lund-hemvard"]}`} {
			p := requireProblem(t, c.status, c.word, r.give(apiPath+path, "k", body))
			if c.word == "unknown-outcome" {
				require.Contains(t, p.Detail, "the same Idempotency-Key")
			}
		}
	}
}

func TestHowTheServerIsIsToldWithoutSigningIn(t *testing.T) {
	r := served(t)
	r.headers = nil
	require.Equal(t, "alive\n", r.page("/healthz"))
	answer := r.get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, answer.Code, "nobody follows its logs")
	require.Contains(t, answer.Body.String(), "still being opened")
	r.get("/fulfilment.json")
	require.Contains(t, r.page("/metrics"), `careledger_http_request_seconds_count{method="GET",route="/fulfilment",status="401"} 1`)
}

// What the server writes for its operator names no case, person, purpose, payout or actor, whatever is asked and however it goes wrong.
func TestNoLogLineNamesAnybody(t *testing.T) {
	s := sending(t)
	var text bytes.Buffer
	log, err := monitor.NewLog(&text, "json")
	require.NoError(t, err)
	s.server, err = New(Config{Ledger: s.ledger, Address: host, Token: token, Log: log, Monitor: monitor.New(log)})
	require.NoError(t, err)
	withTrail(t, s.reader)
	withBroken(t, s.reader)
	s.headers["Careledger-Purpose"] = "complaint new-1"
	require.Equal(t, http.StatusCreated, s.give(apiPath+"records", "key-new-1", opening).Code)
	s.give(apiPath+"records", "key-new-2", opening)
	s.give(apiPath+"records", "key-new-1", strings.Replace(opening, "p-new", "p-other", 1))
	s.give(apiPath+"payouts/approve", "key-new-3", `{"payouts":["2015-03-new-1"]}`)
	for _, address := range []string{"/a-trail/new-1.json", "/a-trail/p-new.json", "/new-1", "/broken", "/fulfilment.json?new-1=new-1", "/sign-in?token=new-1"} {
		s.get(address)
	}
	s.do(httptest.NewRequest("new-1", "/new-1", nil))
	told := text.String() + s.page("/metrics")
	for _, must := range []string{"/a-trail/{case}", "a page broke", `"status":422`, `"route":"/api/records"`, `"method":"other"`} {
		require.True(t, strings.Contains(told, must), must)
	}
	for _, name := range []string{"new-1", "p-new", "p-other", "complaint", "economist-1", "care-manager-3", "2015-03", token} {
		require.False(t, strings.Contains(told, name), name)
	}
}
