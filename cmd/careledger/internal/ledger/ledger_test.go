package ledger

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/generate"
	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore/clustertest"
	"careledger/projections"
)

// TestMain lets the test binary be the importing or asking process that a test kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CARELEDGER_TEST_ASK"); dir != "" {
		fmt.Println("ended", askAndWait(dir))
		os.Exit(0)
	}
	if dir := os.Getenv("CARELEDGER_TEST_FEED"); dir != "" {
		after, err := strconv.ParseUint(os.Getenv("CARELEDGER_TEST_AFTER"), 10, 64)
		if err == nil {
			err = feedAndWait(dir, os.Getenv("CARELEDGER_TEST_FILE"), after)
		}
		fmt.Println("ended", err)
		os.Exit(1)
	}
	if dir := os.Getenv("CARELEDGER_TEST_IMPORT"); dir != "" {
		l, err := Open(context.Background(), Config{Dir: dir})
		if err == nil {
			_, err = l.Import(context.Background(), ImportRequest{Path: os.Getenv("CARELEDGER_TEST_FILE"), Progress: func(doing string, done, _ int64) {
				if doing == "writing events" {
					fmt.Println(done) // acknowledged
				}
			}})
		}
		fmt.Println("ended", err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func opened(t testing.TB, c Config) *Local {
	l, err := Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// municipality writes a small invented municipality to a file.
func municipality(t testing.TB, persons, years int, seed uint64) string {
	var b bytes.Buffer
	require.NoError(t, generate.Municipality(&b, generate.Size{Authority: "1281", Persons: persons, Years: years, Seed: seed}))
	return file(t, b.String())
}

func file(t testing.TB, records string) string {
	path := filepath.Join(t.TempDir(), "records.ndjson")
	require.NoError(t, os.WriteFile(path, []byte(records), 0o600))
	return path
}

func imported(t testing.TB, s Service, path string) *ImportReport {
	r, err := s.Import(t.Context(), ImportRequest{Path: path})
	require.NoError(t, err)
	return r
}

func answerTo(t testing.TB, s Service, r Request) string {
	var b strings.Builder
	require.NoError(t, s.Ask(t.Context(), r, &b))
	return b.String()
}

var byYear = Request{Question: QuestionCompensation, By: "year,component,unit", Format: "json"}

func TestImportingAFileTwiceChangesNothing(t *testing.T) {
	l, path := opened(t, Config{Dir: t.TempDir()}), municipality(t, 30, 2, 1)
	first := imported(t, l, path)
	require.Equal(t, first.Lines, first.Accepted)
	answer := answerTo(t, l, byYear)
	second := imported(t, l, path)
	require.Zero(t, second.Accepted)
	require.Zero(t, second.Events)
	require.Equal(t, first.Lines, second.Duplicates)
	require.Equal(t, first.Logs, second.Logs)
	require.Equal(t, answer, answerTo(t, l, byYear))
}

func TestARefusedFileChangesNothingAndNamesEachProblem(t *testing.T) {
	dir := t.TempDir()
	raw, err := os.ReadFile(municipality(t, 30, 2, 1))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	good := append([]string{}, lines...)
	lines[9] = strings.Replace(lines[9], `"actor"`, `"acter"`, 1)
	lines[500] = `{"half a line`
	lines[900] = `{"type":"goal-set","authority":"1281","entity":"case/none","effective":"2015-06-01","recorded":"2015-06-01T08:00:00Z","actor":"a","data":{"goal":"g","decision":"d","life_area":"mobility","assessed":3,"intended":1}}`
	l, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	_, err = l.Import(t.Context(), ImportRequest{Path: file(t, strings.Join(lines, "\n"))})
	refused := (*RefusedError)(nil)
	require.ErrorAs(t, err, &refused)
	var at []int
	for _, p := range refused.Report.Problems {
		if len(at) == 0 || at[len(at)-1] != p.Line {
			at = append(at, p.Line)
		}
		require.NotEmpty(t, p.Field)
		require.NotEmpty(t, p.Reason)
	}
	require.Equal(t, []int{10, 501, 901}, at)
	_, err = l.Authority(t.Context())
	require.ErrorAs(t, err, new(*NoLedgerError), "nothing was made for a file that was refused")
	// What was refused is forgotten: the corrected file goes in whole.
	r := imported(t, l, file(t, strings.Join(good, "\n")))
	require.Equal(t, len(good), r.Accepted)
	require.NoError(t, l.Close())
}

func TestAnImportThatIsKilledIsCompletedByImportingAgain(t *testing.T) {
	path := municipality(t, 60, 4, 3)
	whole := opened(t, Config{Dir: t.TempDir()})
	want := imported(t, whole, path)
	for _, after := range []int64{1, 3000, 9000} {
		dir := t.TempDir()
		acknowledged := killedImport(t, dir, path, after)
		l := opened(t, Config{Dir: dir})
		table, err := l.Table(t.Context(), "1281")
		require.NoError(t, err)
		require.GreaterOrEqual(t, int64(table.Position()), acknowledged, "what was acknowledged is there")
		got := imported(t, l, path)
		require.Equal(t, want.Logs, got.Logs, "the same events in the same places: the same root")
		require.Equal(t, want.Lines, got.Accepted+got.Duplicates)
	}
}

// killedImport imports in a process of its own and kills it when so many events are acknowledged; it returns how many were known to be.
func killedImport(t *testing.T, dir, path string, after int64) (acknowledged int64) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CARELEDGER_TEST_IMPORT="+dir, "CARELEDGER_TEST_FILE="+path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	for {
		var n int64
		if _, err := fmt.Fscanln(out, &n); err != nil {
			break // ended before it was killed: the import is whole
		}
		if acknowledged = n; n >= after {
			break
		}
	}
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()
	return acknowledged
}

func TestManyCallersAreAnsweredOnceEach(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, parties))
	requireEachOnce(t, []*Local{l}, 64)
}

const parties = `{"id":"p","type":"provider-registered","authority":"1281","entity":"provider/p","effective":"2020-01-01","recorded":"2020-01-01T10:00:00Z","actor":"a","data":{"name":"P","regime":"in-house"}}
{"id":"u","type":"unit-registered","authority":"1281","entity":"provider/p","effective":"2020-01-01","recorded":"2020-01-01T10:00:00Z","actor":"a","data":{"unit":"u","name":"U","area":"urban"}}
`

// requireEachOnce sends cases from many callers, every record twice, and finds each on the log once.
func requireEachOnce(t *testing.T, ledgers []*Local, callers int) {
	var group sync.WaitGroup
	errs := make(chan error, 4*callers)
	for i := range callers {
		group.Go(func() {
			for twice := range 2 {
				line := fmt.Sprintf(`{"type":"case-opened","authority":"1281","entity":"case/k%d","effective":"2020-01-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"person":"x%d"}}`, i, i)
				_, _, err := ledgers[(i+twice)%len(ledgers)].Record(context.Background(), []byte(line))
				errs <- err
			}
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	for _, l := range ledgers {
		table, err := l.Table(t.Context(), "1281")
		require.NoError(t, err)
		require.Equal(t, uint64(2+callers), table.Position())
	}
}

func TestAPolicyAdoptedBackInTimeSettlesEveryCase(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	path := municipality(t, 30, 2, 5)
	imported(t, l, path)
	requireSettled(t, l)
	model, ok := compensation.LibraryModel("person-premium-all-goals")
	require.True(t, ok)
	m, _, err := compensation.ParseModel("person-premium-all-goals", model)
	require.NoError(t, err)
	from := domain.NewDate(2015, time.June, 1)
	r, err := domain.NewRecord(domain.TypePolicyAdopted, "1281", domain.NewEntity(domain.KindPolicy, m.ID), from, time.Time{}, "a",
		&domain.PolicyAdopted{Model: m.CanonicalJSON(), From: from, DecidedBy: "board", DecidedOn: from})
	require.NoError(t, err)
	imported(t, l, file(t, marshal(t, r)))
	requireSettled(t, l)
}

// requireSettled finds the premiums awarded and not reversed equal to the premium postings of the adopted policies.
func requireSettled(t *testing.T, l *Local) {
	table, err := l.Table(t.Context(), "1281")
	require.NoError(t, err)
	cut, err := table.Cut(projections.Now)
	require.NoError(t, err)
	posted := map[domain.PremiumAwarded]int{}
	p := cut.Prepared(compensation.Period{From: domain.NewMonth(2015, 1), To: domain.NewMonth(2020, 12)})
	require.NoError(t, p.Evaluate(cut.Adopted, func(b *compensation.Batch) error {
		for i := range b.Unit {
			if q := b.Posting(i); q.FollowUp != "" {
				posted[domain.PremiumAwarded{FollowUp: q.Case + " " + q.FollowUp, Goal: q.Goal, Provider: q.Provider, Unit: q.Unit, Policy: q.Policy, Component: q.Component, Amount: q.Amount}]++
			}
		}
		return nil
	}))
	require.NotEmpty(t, posted)
	awarded, cases := map[domain.PremiumAwarded]int{}, []domain.Entity(nil)
	for _, c := range cut.Cases {
		cases = append(cases, domain.NewEntity(domain.KindCase, c.ID))
	}
	states, err := table.ReadStates(t.Context(), cases, table.Position())
	require.NoError(t, err)
	for e, s := range states {
		for _, premium := range s.(*domain.Case).Premiums() {
			a := premium.PremiumAwarded
			a.FollowUp = e.ID() + " " + a.FollowUp
			awarded[a]++
		}
	}
	require.Equal(t, posted, awarded)
}

func TestTheServedLedgerAnswersAsTheOpenedOne(t *testing.T) {
	dir, path := t.TempDir(), municipality(t, 30, 2, 7)
	answer := ""
	t.Run("served", func(t *testing.T) {
		served(t, dir)
		info, err := os.Stat(addressFile(dir))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "only the directory's owner can read the token")
		c := asking(t, dir)
		want := imported(t, c, path)
		require.Equal(t, want.Lines, want.Accepted)
		answer = answerTo(t, c, byYear)
		_, err = c.Import(t.Context(), ImportRequest{Path: file(t, "{}")})
		require.ErrorAs(t, err, new(*RefusedError))
		var b strings.Builder
		require.ErrorAs(t, c.Ask(t.Context(), Request{Question: QuestionCompensation, From: "2015"}, &b), new(*Wrong))
	})
	require.Equal(t, answer, answerTo(t, opened(t, Config{Dir: dir}), byYear))
}

// On a cluster of three servers with three replicas, two processes write to the same log, a node stops, and the answers are those of
// one machine.
func TestClusterGivesTheSameAnswersAndLosesNothing(t *testing.T) {
	path := municipality(t, 12, 2, 9)
	alone := opened(t, Config{Dir: t.TempDir()})
	want := imported(t, alone, path)

	c := clustertest.Start(t)
	config := Config{ServerURL: c.URL(), Token: clustertest.Token}
	one, two := opened(t, config), opened(t, config)
	require.Equal(t, want.Logs, imported(t, one, path).Logs)
	require.Equal(t, answerTo(t, alone, byYear), answerTo(t, two, byYear))
	c.Stop(c.StreamLeader("CARE_1281"))
	again := imported(t, two, path)
	require.Equal(t, want.Lines, again.Duplicates)
	require.Equal(t, want.Logs, again.Logs)
	require.Equal(t, answerTo(t, alone, byYear), answerTo(t, one, byYear))
}

func TestTwoProcessesOnAClusterWriteEachRecordOnce(t *testing.T) {
	c := clustertest.Start(t)
	config := Config{ServerURL: c.URL(), Token: clustertest.Token}
	one, two := opened(t, config), opened(t, config)
	imported(t, one, file(t, parties))
	requireEachOnce(t, []*Local{one, two}, 8)
}

func marshal(t testing.TB, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func now(t testing.TB) time.Time {
	t.Helper()
	return time.Now().UTC().Truncate(time.Second)
}
