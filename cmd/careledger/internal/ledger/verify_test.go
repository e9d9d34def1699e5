package ledger

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/generate"
	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/eventstore"
	"careledger/projections"
)

// verifications is what verify says in JSON, and how it ended.
func verifications(t *testing.T, s Service, authority string) ([]projections.Verification, error) {
	t.Helper()
	var b bytes.Buffer
	failed := s.Ask(t.Context(), Request{Question: QuestionVerify, Authority: authority, Format: "json"}, &b)
	var said struct {
		FindingsInAll int                        `json:"findings_in_all"`
		Logs          []projections.Verification `json:"logs"`
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &said), "%v", failed)
	in := 0
	for _, v := range said.Logs {
		in += len(v.Findings) + len(v.Accesses.Findings)
	}
	require.Equal(t, in, said.FindingsInAll)
	return said.Logs, failed
}

// settle calculates, approves and pays the months of an authority.
func settle(t *testing.T, s Service, authority, months string) {
	t.Helper()
	for _, step := range [][2]string{{"calculate", "economist-1"}, {"approve", "controller-1"}, {"pay", "treasurer-1"}} {
		require.NoError(t, s.Payout(t.Context(), PayoutRequest{Action: step[0], Authority: authority, Month: months, Actor: step[1]}, io.Discard))
	}
}

func TestGeneratedHistoriesAndTheirPayoutsHaveNoFinding(t *testing.T) {
	for _, history := range []struct {
		name     string
		generate func(io.Writer) error
		pay      [][2]string // authority and months
		later    func(io.Writer) error
		payAfter string
		logs     int
	}{
		{"lund-pilot", func(w io.Writer) error { return generate.LundPilot(w, 1) }, [][2]string{{"1281", "2014-01..2016-12"}}, generate.LundPilotCorrection, "2017-01", 1},
		{"orebro-county", func(w io.Writer) error { return generate.OrebroCounty(w, 1) }, [][2]string{{"1880", "2019-01..2019-12"}, {"1864", "2019-03"}}, nil, "", 13},
		{"state-grant", func(w io.Writer) error { return generate.StateGrant2010(w, 1) }, [][2]string{{"00", "2010-01..2010-12"}}, nil, "", 1},
		{"granted-time", func(w io.Writer) error { return generate.GrantedTime(w, 1) }, [][2]string{{"", "2022-08..2022-11"}}, nil, "", 1},
	} {
		t.Run(history.name, func(t *testing.T) {
			t.Parallel()
			l := opened(t, Config{Dir: t.TempDir()})
			var b bytes.Buffer
			require.NoError(t, history.generate(&b))
			imported(t, l, file(t, b.String()))
			for _, p := range history.pay {
				settle(t, l, p[0], p[1])
			}
			if history.later != nil {
				b.Reset()
				require.NoError(t, history.later(&b))
				imported(t, l, file(t, b.String()))
				settle(t, l, "", history.payAfter)
			}
			logs, err := verifications(t, l, "")
			require.NoError(t, err)
			versions := 0
			for _, v := range logs {
				require.Empty(t, v.Findings)
				require.Empty(t, v.Notes)
				require.NotEmpty(t, v.Root)
				require.Equal(t, v.Payouts.Versions, v.Payouts.Recomputed)
				versions += v.Payouts.Versions
			}
			require.GreaterOrEqual(t, len(logs), history.logs)
			require.Positive(t, versions)
		})
	}
}

func TestAMunicipalityHasNoFinding(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, municipality(t, 60, 3, 4))
	settle(t, l, "", "2015-01..2015-06")
	logs, err := verifications(t, l, "1281")
	require.NoError(t, err)
	require.Empty(t, logs[0].Findings)
	require.Positive(t, logs[0].Payouts.Recomputed)
	require.Positive(t, logs[0].Premiums.Reversed)
	// Nothing that the ledger wrote or a sender wrote plainly is beyond being computed again.
	require.Equal(t, logs[0].Events-uint64(logs[0].Premiums.Awarded+logs[0].Premiums.Reversed), logs[0].RecordHashes)
}

// forge puts an event at the end of a log past the ledger.
func forge(t *testing.T, l *Local, line string) uint64 {
	t.Helper()
	e, problems := domain.ParseRecord([]byte(line), time.Now())
	require.Empty(t, problems)
	log, err := l.store.OpenLog(t.Context(), e.Authority)
	require.NoError(t, err)
	raw, err := e.Encode()
	require.NoError(t, err)
	first := log.Head().Sequence + 1
	require.NoError(t, log.Append(t.Context(), eventstore.Commit{First: first, Messages: []eventstore.Message{{Entity: string(e.Entity), Type: string(e.Type), ID: e.ID, Data: raw}}}))
	return first
}

const forgedVisit = `{"type":"visit-performed","authority":"1281","entity":"case/forged","effective":"2015-03-07","recorded":"2015-03-08T10:00:00Z","actor":"a","data":{"unit":"nowhere","category":"care","band":"day","arrived":"2015-03-07T10:00:00Z","left":"2015-03-07T10:30:00Z"}}`

func TestAServingLedgerIsVerifiedAndSaysWhatItFoundBeforeItFails(t *testing.T) {
	dir := t.TempDir()
	l := served(t, dir)
	c := asking(t, dir)
	imported(t, c, municipality(t, 10, 1, 2))
	logs, err := verifications(t, c, "")
	require.NoError(t, err)
	require.Empty(t, logs[0].Findings)

	at := forge(t, l, forgedVisit)
	logs, err = verifications(t, c, "1281")
	require.EqualError(t, err, "1 finding; it is named above")
	require.Equal(t, at, logs[0].Findings[0].Sequence)
	require.Contains(t, logs[0].Findings[0].What, "case/forged is not opened")
	require.Contains(t, logs[0].Findings[0].What, "unit nowhere is not registered")
	var text strings.Builder
	require.Error(t, c.Ask(t.Context(), Request{Question: QuestionVerify}, &text))
	require.Contains(t, text.String(), "Event "+words.Thousands(fmt.Sprint(at))+"  case/forged  visit-performed\n")
	require.Contains(t, text.String(), "To do: ")
}

func TestALogWhoseBytesWereChangedIsNamedBesideOneThatIsWhole(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(t.Context(), Config{Dir: dir})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, generate.StateGrant2010(&b, 1))
	imported(t, l, file(t, b.String()))
	imported(t, l, municipality(t, 10, 1, 2))
	require.NoError(t, l.Close())
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "jetstream", "*", "streams", "CARE_1281", "msgs", "*.blk"))
	require.NoError(t, err)
	block, err := os.ReadFile(blocks[0])
	require.NoError(t, err)
	at := bytes.Index(block, []byte(`"type":"unit-registered"`))
	require.Positive(t, at)
	block[at+9]++
	require.NoError(t, os.WriteFile(blocks[0], block, 0o600))

	l = opened(t, Config{Dir: dir})
	logs, err := verifications(t, l, "")
	require.EqualError(t, err, "1 finding; it is named above")
	require.Equal(t, []string{"00", "1281"}, []string{logs[0].Authority, logs[1].Authority})
	require.Empty(t, logs[0].Findings)
	require.NotEmpty(t, logs[0].Root)
	require.EqualValues(t, 2, logs[1].Findings[0].Sequence)
	require.Empty(t, logs[1].Root)
}
