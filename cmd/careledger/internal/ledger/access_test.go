package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/generate"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/eventstore/clustertest"
	"careledger/projections"
)

// auditor is who reads in tests.
var auditor = Reader{Actor: "auditor-1", Purpose: "a test"}

// aTrail shows one case of the two municipalities' ledger, or of the pilot's.
func aTrail(entity string, by Reader) Request {
	return Request{Question: QuestionTrail, Authority: "1281", Entity: entity, Reader: by}
}

// accessesOn reads the access log of an authority, without being on it.
func accessesOn(t testing.TB, l *Local, authority string) []projections.AccessRead {
	t.Helper()
	log, err := l.accessLog(t.Context(), authority)
	require.NoError(t, err)
	if log == nil {
		return nil
	}
	all, err := projections.ReadAccesses(t.Context(), log, projections.AccessQuery{})
	require.NoError(t, err)
	return all.Accesses
}

// pilotWithAdjustment is the Lund pilot with a payout that a correction adjusts.
func pilotWithAdjustment(t *testing.T, s Service) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, generate.LundPilot(&b, 1))
	imported(t, s, file(t, b.String()))
	settle(t, s, "1281", "2016-03")
	b.Reset()
	require.NoError(t, generate.LundPilotCorrection(&b))
	imported(t, s, file(t, b.String()))
	settle(t, s, "1281", "2016-04")
}

// questionsOfAll puts every question there is, in every format that it has, in ways that show cases and patients and in ways that do not.
func questionsOfAll(t testing.TB) (all []Request) {
	lund := func(r Request) Request { r.Authority = "1281"; return r }
	for _, r := range []Request{
		lund(Request{Question: QuestionCompensation, By: "provider,year"}), lund(Request{Question: QuestionCompensation, By: "case,unit", From: "2016-03", To: "2016-03"}),
		lund(Request{Question: QuestionFulfilment, By: "unit,year"}), lund(Request{Question: QuestionFulfilment, By: "case", AsOf: "2016-06-30"}),
		lund(Request{Question: QuestionReplay, Set: []string{"lund-2015-pilot.goal_premium=350"}, By: "unit"}),
		lund(Request{Question: QuestionReplay, Set: []string{"lund-2015-pilot.goal_premium=350"}, By: "case", From: "2016-03", To: "2016-03"}),
		lund(Request{Question: QuestionTrail, Entity: "case/l001"}), {Question: QuestionTrail, Authority: "1885", Entity: "patient/p-17"},
		lund(Request{Question: QuestionTrail, Entity: "provider/lund-hemvard"}), lund(Request{Question: QuestionTrail, Entity: "policy/lund-2015-pilot"}),
		lund(Request{Question: QuestionTrail, Entity: "payout/2016-03-lund-hemvard"}), lund(Request{Question: QuestionTrail, Entity: "payout/2016-04-lund-hemvard"}),
		lund(Request{Question: QuestionPolicies}), lund(Request{Question: QuestionPolicy, Policy: "lund-2015-pilot"}), lund(Request{Question: QuestionPayouts}),
		lund(Request{Question: QuestionPayout, Payout: "2016-03-lund-hemvard"}), lund(Request{Question: QuestionPayout, Payout: "2016-04-lund-hemvard"}),
		lund(Request{Question: QuestionWhy, Payout: "2016-03-lund-hemvard"}), lund(Request{Question: QuestionWhy, Payout: "2016-04-lund-hemvard"}),
		lund(Request{Question: QuestionWhy, Payout: "2016-03-lund-hemvard/2/1"}), lund(Request{Question: QuestionWhy, Payout: "2016-03-lund-hemvard/3"}),
		lund(Request{Question: QuestionBundle, Payout: "2016-04-lund-hemvard", Redact: true}),
		lund(Request{Question: QuestionWhy, Event: "l001.19"}), lund(Request{Question: QuestionWhy, Event: "lund-2015-pilot.1"}),
		lund(Request{Question: QuestionSheet, Entity: "case/l001"}), lund(Request{Question: QuestionDeviation, From: "2016-03", To: "2016-03"}),
		lund(Request{Question: QuestionDeviation, By: "unit"}),
		{Question: QuestionRecipients, Year: "2019"}, {Question: QuestionActivities, Year: "2019"}, {Question: QuestionInvoice, Month: "2019-03"},
		lund(Request{Question: QuestionAccess}), lund(Request{Question: QuestionVerify}), lund(Request{Question: QuestionAuthority}), lund(Request{Question: QuestionStanding}), lund(Request{Question: QuestionRegisters}),
	} {
		formats := []string{"table", "json", "csv"}
		if r.Question == QuestionSheet || r.Question == QuestionWhy && r.Event == "" {
			formats = append(formats, "html")
		}
		for _, r.Format = range formats {
			all = append(all, r)
		}
	}
	put := map[string]bool{}
	for _, r := range all {
		put[r.Question] = true
	}
	for question := range answers {
		require.True(t, put[question], "%s is a question and is not put here", question)
	}
	for question := range healthAnswers {
		require.True(t, put[question], "%s is a question and is not put here", question)
	}
	return all
}

var word = regexp.MustCompile(`[A-Za-z0-9_.-]+`)

// namedIn returns which of the persons an answer names by the id of their case.
func namedIn(answer string, persons map[string]bool) map[string]bool {
	named := map[string]bool{}
	for _, w := range word.FindAllString(answer, -1) {
		if persons[w] {
			named[w] = true
		}
	}
	return named
}

// documentTo returns the JSON of the document of an answer; a bundle is one itself.
func documentTo(t testing.TB, l *Local, r Request) string {
	r.Format = ""
	document, err := l.Read(t.Context(), r)
	require.NoError(t, err)
	require.NotNil(t, document)
	if file, is := document.([]byte); is {
		return string(file)
	}
	raw, err := json.Marshal(document)
	require.NoError(t, err)
	return string(raw)
}

// Whatever an answer names is on the access log, and an answer that names nobody needs no purpose.
func TestNoAnswerNamesACaseThatIsNotOnTheAccessLog(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	pilotWithAdjustment(t, l)
	patients, err := os.ReadFile(twoMunicipalities(t))
	require.NoError(t, err)
	imported(t, l, file(t, strings.ReplaceAll(string(patients), "patient/p", "patient/p-17")))
	persons := map[string]bool{"p-17": true}
	table, err := l.Table(t.Context(), "1281")
	require.NoError(t, err)
	cut, err := table.Cut(projections.Now)
	require.NoError(t, err)
	for _, c := range cut.Cases {
		persons[c.ID] = true
	}
	authorities := []string{"1281", "1884", "1885"}
	count := func() (n int) {
		for _, a := range authorities {
			n += len(accessesOn(t, l, a))
		}
		return n
	}
	showed, showedNobody := 0, 0
	for _, r := range questionsOfAll(t) {
		before, about := count(), fmt.Sprintf("%+v", r)
		var b strings.Builder
		refused := l.Ask(t.Context(), r, &b)
		if r.Question == QuestionAccess {
			refused = l.Ask(t.Context(), r, io.Discard) // needs no purpose, but somebody
		}
		if refused == nil {
			require.Empty(t, namedIn(b.String(), persons), about)
			require.Equal(t, before, count(), about)
			if r.Format == "json" {
				require.Empty(t, namedIn(documentTo(t, l, r), persons), about)
				require.Equal(t, before, count(), about)
			}
			showedNobody++
			continue
		}
		require.ErrorAs(t, refused, new(*Wrong), about)
		require.ErrorContains(t, refused, "is required: this answer shows cases or patients", about)
		require.Empty(t, b.String(), about)
		require.Equal(t, before, count(), about)

		r.Reader = auditor
		answer := answerTo(t, l, r)
		if r.Format == "json" {
			nobody := r
			nobody.Format, nobody.Reader = "", Reader{}
			if r.Question != QuestionAccess { // has a purpose of its own, and needs somebody
				read, err := l.Read(t.Context(), nobody)
				require.ErrorIs(t, err, ErrNoPurpose, about)
				require.Nil(t, read, about)
			}
			answer += documentTo(t, l, r)
		}
		named, recorded := namedIn(answer, persons), map[string]bool{}
		for _, a := range authorities {
			all := accessesOn(t, l, a)
			for i := range all {
				if all[i].Question != r.Question || i < len(all)-1 {
					continue
				}
				require.Equal(t, auditor, Reader{all[i].Actor, all[i].Purpose}, about)
				for _, e := range all[i].Entities {
					recorded[e.ID()] = true
				}
			}
		}
		require.Greater(t, count(), before, about)
		require.NotEmpty(t, recorded, about)
		for id := range named {
			require.True(t, recorded[id], "%s is shown and not on the access log: %s", id, about)
		}
		showed++
	}
	require.Greater(t, showed, 40)
	require.Greater(t, showedNobody, 30)
}

func TestAnAccessSaysWhatWasAskedAndAnsweredFrom(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	pilotWithAdjustment(t, l)
	sequence := uint64(1600)
	answerTo(t, l, Request{Question: QuestionTrail, Entity: "case/l001", AsOfSequence: &sequence, Format: "csv", Reader: auditor})
	answerTo(t, l, Request{Question: QuestionPayout, Payout: "2016-04-lund-hemvard", Reader: auditor})
	all := accessesOn(t, l, "1281")
	require.Len(t, all, 2)
	require.JSONEq(t, `{"question":"trail","as_of_sequence":1600,"format":"csv","entity":"case/l001"}`, string(all[0].Arguments))
	require.Equal(t, []domain.Entity{"case/l001"}, all[0].Entities)
	require.Equal(t, uint64(1600), all[0].AsOf.Sequence)
	o, err := l.answering(t.Context(), "1281")
	require.NoError(t, err)
	head := o.log.Head()
	require.Equal(t, domain.ReadLog{Origin: "careledger/1281", Sequence: head.Sequence, Root: fmt.Sprintf("%x", head.Root)}, all[0].Log)
	require.Equal(t, []domain.Entity{"case/l001", "payout/2016-04-lund-hemvard"}, all[1].Entities, "the payout, and the case that its adjustment names")
	model := Request{Reader: auditor}
	require.Equal(t, Request{}, model.arguments(), "who asks and what for stand beside the question")
}

func TestOnlyWhoSaysWhoTheyAreAndWhatForIsShownACase(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, parties+opening+"\n"))
	for _, bad := range []struct {
		by  Reader
		why []string
	}{
		{Reader{}, []string{"--actor is required", "--purpose is required", `for example --purpose "complaint 2026-114"`}},
		{Reader{Actor: "auditor-1"}, []string{"--purpose is required"}},
		{Reader{Purpose: "complaint"}, []string{"--actor is required"}},
		{Reader{"an auditor", "complaint"}, []string{`--actor: "an auditor" is not an actor id`}},
		{Reader{"19121212-1212", "complaint"}, []string{"--actor: holds a personal identity number"}},
		{Reader{"auditor-1", "of 19121212-1212"}, []string{"--purpose: holds a personal identity number"}},
		{Reader{"auditor-1", strings.Repeat("x", 201)}, []string{"--purpose: it is 201 characters long"}},
	} {
		var b strings.Builder
		for _, entity := range []string{"case/k", "case/none"} { // whether there is such a case is not told either
			err := l.Ask(t.Context(), aTrail(entity, bad.by), &b)
			require.ErrorAs(t, err, new(*Wrong))
			for _, why := range bad.why {
				require.ErrorContains(t, err, why)
			}
			require.NotContains(t, err.Error(), "1212")
		}
		require.Empty(t, b.String())
	}
	require.Error(t, l.Ask(t.Context(), aTrail("case/none", auditor), io.Discard))
	require.Empty(t, accessesOn(t, l, "1281"), "nobody was shown anything")
}

// What cannot be recorded is not shown; what needs no record is.
func TestAnAccessThatCannotBeWrittenShowsNothing(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	imported(t, l, file(t, parties+opening+"\n"))
	answerTo(t, l, aTrail("case/k", auditor))
	require.NoError(t, l.Close())
	streams, err := filepath.Glob(filepath.Join(dir, "jetstream", "jetstream", "*", "streams", "ACCESS_1281"))
	require.NoError(t, err)
	require.Len(t, streams, 1)
	require.NoError(t, os.RemoveAll(streams[0]))
	l = opened(t, Config{Dir: dir})
	var b strings.Builder
	err = l.Ask(t.Context(), aTrail("case/k", auditor), &b)
	require.ErrorContains(t, err, "could not be written to the access log, so nothing is shown")
	require.ErrorIs(t, err, eventstore.ErrCorrupt)
	require.Empty(t, b.String())
	answerTo(t, l, aTrail("provider/p", Reader{}))
	logs, failed := verifications(t, l, "1281")
	require.ErrorAs(t, failed, new(*FindingsError))
	require.Empty(t, logs[0].Findings)
	require.Contains(t, logs[0].Accesses.Findings[0].What, "no stream ACCESS_1281")
}

// askAndWait is what a test kills: it shows a case, and waits.
func askAndWait(dir string) error {
	l, err := Open(context.Background(), Config{Dir: dir})
	if err != nil {
		return err
	}
	if err := l.Ask(context.Background(), aTrail("case/k", auditor), os.Stdout); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func TestWhatWasShownIsOnTheAccessLogAfterAKill(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	imported(t, l, file(t, parties+opening+"\n"))
	require.NoError(t, l.Close())
	for killed := 1; killed <= 3; killed++ {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "CARELEDGER_TEST_ASK="+dir)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		_, err = cmd.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = out.Read(make([]byte, 1)) // the first byte that is shown
		require.NoError(t, err)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // killed
		l, err := Open(t.Context(), Config{Dir: dir})
		require.NoError(t, err)
		require.Len(t, accessesOn(t, l, "1281"), killed)
		_, failed := verifications(t, l, "1281")
		require.NoError(t, failed)
		require.NoError(t, l.Close())
	}
}

// requireEachReadOnce has many readers of ledgers on the same logs, while records come in, and finds each reading once.
func requireEachReadOnce(t *testing.T, ledgers []*Local, readers int) {
	t.Helper()
	var group sync.WaitGroup
	errs := make(chan error, 2*readers)
	for i := range readers {
		group.Go(func() {
			l := ledgers[i%len(ledgers)]
			errs <- l.Ask(t.Context(), aTrail("case/k", Reader{fmt.Sprintf("reader-%d", i), "a test"}), io.Discard)
		})
		group.Go(func() {
			line := fmt.Sprintf(`{"type":"case-opened","authority":"1281","entity":"case/n%d","effective":"2020-01-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"person":"y%d"}}`, i, i)
			_, _, err := ledgers[i%len(ledgers)].Record(t.Context(), []byte(line))
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	var who []string
	for _, a := range accessesOn(t, ledgers[0], "1281") {
		who = append(who, a.Actor)
	}
	slices.Sort(who)
	require.Len(t, slices.Compact(who), readers)
	require.Len(t, who, readers)
}

func TestManyReadersAreEachRecordedOnce(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, parties+opening+"\n"))
	requireEachReadOnce(t, []*Local{l}, 64)
}

func TestReadersOfACluster(t *testing.T) {
	c := clustertest.Start(t)
	config := Config{ServerURL: c.URL(), Token: clustertest.Token}
	one, two := opened(t, config), opened(t, config)
	imported(t, one, file(t, parties+opening+"\n"))
	requireEachReadOnce(t, []*Local{one, two}, 12)
	log, err := one.accessLog(t.Context(), "1281")
	require.NoError(t, err)
	c.Stop(c.StreamLeader("CARE_1281"))
	answerTo(t, two, aTrail("case/k", auditor))
	after, err := one.accessLog(t.Context(), "1281")
	require.NoError(t, err)
	require.Same(t, log, after)
	require.Len(t, accessesOn(t, one, "1281"), 13)
	_, failed := verifications(t, one, "1281")
	require.NoError(t, failed)
}

func TestAServedLedgerRecordsWhoItsProgramsSayTheyAre(t *testing.T) {
	dir := t.TempDir()
	l := served(t, dir)
	c := asking(t, dir)
	imported(t, c, file(t, parties+opening+"\n"))
	var b strings.Builder
	require.ErrorAs(t, c.Ask(t.Context(), aTrail("case/k", Reader{}), &b), new(*Wrong))
	require.Empty(t, b.String())
	require.Contains(t, answerTo(t, c, aTrail("case/k", auditor)), "case-opened")
	answerTo(t, c, Request{Question: QuestionAccess, Entity: "case/k", Reader: Reader{Actor: "controller-1"}})
	all := accessesOn(t, l, "1281")
	require.Len(t, all, 2)
	require.Equal(t, auditor, Reader{all[0].Actor, all[0].Purpose})
	require.Equal(t, Reader{"controller-1", reviewPurpose}, Reader{all[1].Actor, all[1].Purpose})
	require.Equal(t, []domain.Entity{"case/k"}, all[1].Entities, "who read about a case has been told of the case")
}

func TestTheAccessLogIsAskedByDayActorAndEntity(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, parties+opening+"\n"+strings.ReplaceAll(opening, "case/k", "case/m")+"\n"))
	answerTo(t, l, aTrail("case/k", auditor))
	answerTo(t, l, aTrail("case/m", auditor))
	answerTo(t, l, aTrail("case/k", Reader{"controller-1", "another test"}))
	day := domain.LocalDate(now(t)).String()
	count := func(r Request) int {
		r.Question, r.Format, r.Reader = QuestionAccess, "json", Reader{Actor: "reviewer-1"}
		var said projections.Accesses
		require.NoError(t, json.Unmarshal([]byte(answerTo(t, l, r)), &said))
		return len(said.Accesses)
	}
	require.Equal(t, 3, count(Request{}))
	require.Equal(t, 3, count(Request{Entity: "case/k"}), "two trails, and the review before")
	require.Equal(t, 2, count(Request{ReadBy: "auditor-1"}))
	require.Equal(t, 1, count(Request{ReadBy: "controller-1", Entity: "case/k", From: day, To: day}))
	require.Zero(t, count(Request{To: "2020-01-01"}))
	require.Zero(t, count(Request{From: "2100-01-01"}))
	for _, bad := range []Request{{From: "2026"}, {To: "yesterday"}, {From: "2026-02-01", To: "2026-01-01"}, {ReadBy: "no actor"}, {Entity: "k"}} {
		bad.Question, bad.Reader = QuestionAccess, auditor
		require.ErrorAs(t, l.Ask(t.Context(), bad, io.Discard), new(*Wrong))
	}
}

func TestAnAnswerAboutVeryManyIsOneAccess(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, parties))
	var all []domain.Entity
	for i := range 45_000 {
		all = append(all, domain.NewEntity(domain.KindCase, fmt.Sprintf("k%05d", i)))
	}
	all = append(all, "payout/2016-01-p")
	require.NoError(t, l.access(t.Context(), auditor, "compensation", Request{}, &shown{authority: "1281", entities: all}))
	read := accessesOn(t, l, "1281")
	require.Len(t, read, 1)
	require.Equal(t, all, read[0].Entities)
	logs, failed := verifications(t, l, "1281")
	require.NoError(t, failed)
	require.Equal(t, 1, logs[0].Accesses.Answers)
	require.Equal(t, uint64(3), logs[0].Accesses.Sequence)
}

// What is on the access log and is no access is named, and so are bytes that are not those that were acknowledged.
func TestVerifyNamesWhatIsWrongWithAnAccessLog(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	imported(t, l, file(t, parties+opening+"\n"))
	for range 3 {
		answerTo(t, l, aTrail("case/k", auditor))
	}
	log, err := l.accessLog(t.Context(), "1281")
	require.NoError(t, err)
	whole, err := log.Get(t.Context(), 2)
	require.NoError(t, err)
	forged := whole.Message
	forged.Data = bytes.Replace(forged.Data, []byte(`"a test"`), []byte(`"42"`), 1)
	unknown := eventstore.Message{Entity: "question/trail", Type: "seen", ID: "x", Data: []byte(`{}`)}
	moved := whole.Message
	moved.Entity = "question/why"
	require.NoError(t, log.Append(t.Context(), eventstore.Commit{First: 4, Messages: []eventstore.Message{forged, unknown, moved}}))
	_, err = log.Checkpoint(t.Context())
	require.NoError(t, err)
	logs, failed := verifications(t, l, "1281")
	require.ErrorAs(t, failed, new(*FindingsError))
	require.Empty(t, logs[0].Findings)
	found := logs[0].Accesses.Findings
	require.Len(t, found, 3)
	require.Contains(t, found[0].What, "purpose: say in words")
	require.Contains(t, found[1].What, `"seen"`)
	require.Contains(t, found[2].What, "its subject and id on the log are not those of its document")
	require.Equal(t, []uint64{4, 5, 6}, []uint64{found[0].Sequence, found[1].Sequence, found[2].Sequence})
	require.Equal(t, 1, logs[0].Accesses.Checkpoints)
	require.ErrorAs(t, l.Ask(t.Context(), Request{Question: QuestionAccess, Reader: auditor}, io.Discard), new(*domain.UnknownEventError), "never skipped")
	require.NoError(t, l.Close())

	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "jetstream", "*", "streams", "ACCESS_1281", "msgs", "*.blk"))
	require.NoError(t, err)
	require.NotEmpty(t, blocks)
	b, err := os.ReadFile(blocks[0])
	require.NoError(t, err)
	b[bytes.Index(b, []byte("a test"))] ^= 1
	require.NoError(t, os.WriteFile(blocks[0], b, 0o600))
	l = opened(t, Config{Dir: dir})
	logs, failed = verifications(t, l, "1281")
	require.ErrorAs(t, failed, new(*FindingsError))
	require.Equal(t, uint64(1), logs[0].Accesses.Findings[0].Sequence)
	require.Empty(t, logs[0].Accesses.Root)
}

// Approvals sign what has been read as well.
func TestApprovalsSignTheAccessLog(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	_, err := l.Checkpoint(t.Context(), CheckpointRequest{Action: CheckpointShow, Access: true})
	require.Error(t, err)
	pilotWithAdjustment(t, l)
	_, err = l.Checkpoint(t.Context(), CheckpointRequest{Action: CheckpointShow, Access: true})
	require.ErrorContains(t, err, "nobody has been shown a case or patient yet")
	answerTo(t, l, aTrail("case/l001", auditor))
	settle(t, l, "1281", "2016-05")
	a, err := l.Checkpoint(t.Context(), CheckpointRequest{Action: CheckpointList, Access: true})
	require.NoError(t, err)
	require.Len(t, a.Checkpoints, 1)
	require.Equal(t, "careledger/1281/access", a.Origin)
	cp, err := eventstore.VerifyCheckpoint(a.Checkpoints[0].Note, a.VerifierKey)
	require.NoError(t, err)
	require.Equal(t, uint64(1), cp.Sequence)
}

// A question of which the access cannot end is not answered when its asker stops waiting.
func TestAnAccessThatIsCutOffShowsNothing(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, file(t, parties+opening+"\n"))
	answerTo(t, l, aTrail("provider/p", Reader{})) // folded
	ctx, stop := context.WithCancelCause(t.Context())
	stop(errors.New("gone"))
	var b strings.Builder
	require.Error(t, l.Ask(ctx, aTrail("case/k", auditor), &b))
	require.Empty(t, b.String())
}
