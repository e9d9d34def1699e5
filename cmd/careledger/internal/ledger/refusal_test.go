package ledger

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/eventstore"
)

// refusedLines imports and returns the lines that are listed.
func refusedLines(t *testing.T, l Service, records string) (lines []int, r *ImportReport) {
	_, err := l.Import(t.Context(), ImportRequest{Path: file(t, records)})
	refused := (*RefusedError)(nil)
	require.ErrorAs(t, err, &refused)
	for _, p := range refused.Report.Problems {
		if len(lines) == 0 || lines[len(lines)-1] != p.Line {
			lines = append(lines, p.Line)
		}
	}
	return lines, refused.Report
}

const opening = `{"type":"case-opened","authority":"1281","entity":"case/k","effective":"2020-01-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"person":"x"}}`

func TestALineThatNamesNothingHidesNothing(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	lines, r := refusedLines(t, l, parties+`{"type":"case-opened","authority":"1281","effective":"2020-01-01","actor":"a","data":{"person":"x"}}
{"type":"unit-registered","authority":"1281","entity":"provider/p","effective":"2020-01-01","recorded":"2020-01-01T10:00:00Z","actor":"a","data":{"name":"V","area":"urban"}}
{"id":"e1","type":"event-annulled","authority":"1281","entity":"case/k","effective":"2020-01-01","actor":"a","data":{"event":"e1","reason":"r"}}
`)
	require.Equal(t, []int{3, 4, 5}, lines)
	require.Zero(t, r.Dependent)
}

func TestConsequencesOfARefusedLineAreCountedNotListed(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	decision := `{"type":"decision-made","authority":"1281","entity":"case/k","effective":"2020-02-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"decision":"d","provider":"p","unit":"%s","method":"standard-time","from":"2020-02-01","services":[{"service":"s","category":"care","band":"day","times_per_week":"7","standard_minutes":60}]}}` + "\n"
	goal := `{"type":"goal-set","authority":"1281","entity":"case/k","effective":"2020-02-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"goal":"g","decision":"d","life_area":"mobility","assessed":3,"intended":1}}` + "\n"
	lines, r := refusedLines(t, l, parties+opening+"\n"+fmt.Sprintf(decision, "nowhere")+goal)
	require.Equal(t, []int{4}, lines)
	require.Equal(t, 1, r.Dependent)
}

// served serves a directory until the test ends.
func served(t testing.TB, dir string) *Local {
	ctx, stop := context.WithCancel(context.Background())
	l, err := Open(ctx, Config{Dir: dir, Listen: "127.0.0.1:0", ClientToken: NewToken(), Doing: "serve"})
	require.NoError(t, err)
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- l.Serve(ctx, func(string, string) { close(ready) }) }()
	<-ready
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, l.Close())
		require.NoFileExists(t, addressFile(dir))
	})
	return l
}

// asking is a client of the careledger that serves a directory.
func asking(t *testing.T, dir string) *Client {
	c, err := Find(dir)
	require.NoError(t, err)
	require.NotNil(t, c)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestALongRefusalIsServedWhole(t *testing.T) {
	dir := t.TempDir()
	served(t, dir)
	const n = 40_000
	lines, _ := refusedLines(t, asking(t, dir), strings.Repeat("{}\n", n))
	require.Len(t, lines, n)
}

func TestACopyOfAServedDirectoryIsNotServed(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	served(t, dir)
	b, err := os.ReadFile(addressFile(dir))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(addressFile(other), b, 0o600))
	c, err := Find(other)
	require.NoError(t, err)
	require.Nil(t, c)
}

func TestAPipeIsNoFileOfRecords(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	_, err := l.Import(t.Context(), ImportRequest{Path: os.DevNull})
	require.ErrorContains(t, err, "is not a file of records")
}

func TestTheFirstImportAndQuestionsAtOnce(t *testing.T) {
	l, path := opened(t, Config{Dir: t.TempDir()}), municipality(t, 30, 1, 1)
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for ctx.Err() == nil {
				var b strings.Builder
				if err := l.Ask(t.Context(), byYear, &b); err != nil {
					missing := (*NoLedgerError)(nil)
					require.ErrorAs(t, err, &missing)
				}
			}
		})
	}
	_, err := l.Follow(t.Context())
	require.NoError(t, err)
	imported(t, l, path)
	stop()
	group.Wait()
}

// An import that is cut off between a policy and the premiums that follow from it is completed when the ledger is opened.
func TestWhatACutOffLeavesDueIsWrittenAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	imported(t, l, municipality(t, 30, 2, 5))
	b, err := l.book(t.Context(), "1281")
	require.NoError(t, err)
	b.mu.Lock()
	w, err := l.decider(t.Context(), b)
	require.NoError(t, err)
	model, ok := compensation.LibraryModel("person-premium-all-goals")
	require.True(t, ok)
	m, _, err := compensation.ParseModel("m", model)
	require.NoError(t, err)
	from := domain.NewDate(2015, 6, 1)
	r, err := domain.NewRecord(domain.TypePolicyAdopted, "1281", domain.NewEntity(domain.KindPolicy, m.ID), from, now(t), "a", &domain.PolicyAdopted{Model: m.CanonicalJSON(), From: from, DecidedBy: "b", DecidedOn: from})
	require.NoError(t, err)
	e, ps := domain.ParseRecord([]byte(marshal(t, r)), now(t))
	require.Empty(t, ps)
	c, err := newCandidate(e, nil)
	require.NoError(t, err)
	d, err := w.decide(t.Context(), c)
	require.NoError(t, err)
	require.Greater(t, len(d.commits), 3)
	for _, c := range d.commits[:2] { // and then the power goes
		require.NoError(t, w.at.log.Append(t.Context(), c))
	}
	b.mu.Unlock()
	require.NoError(t, l.Close())

	again := opened(t, Config{Dir: dir})
	table, err := again.Table(t.Context(), "1281")
	require.NoError(t, err)
	last := d.commits[len(d.commits)-1]
	require.Equal(t, last.First+uint64(len(last.Messages))-1, table.Position())
	requireSettled(t, again)
}

// A duplicate of a record that is on its way shares its outcome.
func TestADuplicateIsAcknowledgedWithWhatItRepeats(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, parties))
	b, err := l.book(t.Context(), "1281")
	require.NoError(t, err)
	e, ps := domain.ParseRecord([]byte(opening), now(t))
	require.Empty(t, ps)
	_, first, pending, err := l.submit(t.Context(), b, func(*writer) (candidate, error) { return newCandidate(e, nil) })
	require.NoError(t, err)
	require.False(t, first.duplicate)
	_, second, shared, err := l.submit(t.Context(), b, func(*writer) (candidate, error) { return newCandidate(e, nil) })
	require.NoError(t, err)
	require.True(t, second.duplicate)
	require.Equal(t, []*eventstore.Pending{pending[0]}, shared)
	require.NoError(t, shared[0].Wait(t.Context()))
	require.GreaterOrEqual(t, b.opened.Load().log.Head().Sequence, second.sequence)
}

func TestAQuestionLooksForALogThatOthersMade(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	var b strings.Builder
	err := l.Ask(t.Context(), Request{Question: QuestionCompensation, Authority: "1281"}, &b)
	require.ErrorAs(t, err, new(*NoLedgerError))
	_, err = l.store.CreateLog(t.Context(), "1281")
	require.NoError(t, err)
	require.NoError(t, l.Ask(t.Context(), Request{Question: QuestionCompensation, Authority: "1281"}, &b))
}
