package ledger

import (
	"bytes"
	"encoding/csv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/export"
	"careledger/cmd/careledger/internal/generate"
	"careledger/domain"
	"careledger/eventstore/clustertest"
)

// pilotPayouts imports the Lund pilot and approves the payouts of January and February 2016: vouchers 1 to 4 of 2016.
func pilotPayouts(t *testing.T, s Service) {
	var b bytes.Buffer
	require.NoError(t, generate.LundPilot(&b, 1))
	imported(t, s, file(t, b.String()))
	payout(t, s, PayoutRequest{Action: "calculate", Month: "2016-01..2016-03", Actor: "economist-1"})
	payout(t, s, PayoutRequest{Action: "approve", Month: "2016-01..2016-02", Actor: "controller-1", On: "2016-04-12"})
}

func payout(t *testing.T, s Service, r PayoutRequest) {
	t.Helper()
	require.NoError(t, s.Payout(t.Context(), r, &strings.Builder{}))
}

func vouchers(output string) ExportRequest {
	return ExportRequest{Kind: ExportSIE, Year: 2016, Output: output, SIE: export.SIESettings{Company: "Lund"}}
}

// payments orders the external provider's payouts of two months; the in-house one has no account.
func payments(output string) ExportRequest {
	return ExportRequest{Kind: ExportPain001, From: "2016-01", To: "2016-02", On: "2099-01-15", Output: output,
		Debtor: export.Debtor{Name: "Lund", OrganisationNumber: "212000-1132", Account: "bankgiro 991-2346", BIC: "SWEDSESS"},
		Payees: map[string]export.Payee{"lov-example": {Giro: domain.Giro{Kind: domain.Bankgiro, Digits: "50501055"}}}}
}

func statements(output string) ExportRequest {
	return ExportRequest{Kind: ExportStatementCSV, From: "2016-01", To: "2016-01", Output: output}
}

// exportTwice asks as a command does: for the files, and again when they are on disk.
func exportTwice(s Service, t *testing.T, r ExportRequest) (*ExportAnswer, error) {
	a, err := s.Export(t.Context(), r)
	if err != nil {
		return nil, err
	}
	r.Written = a.Digest
	return s.Export(t.Context(), r)
}

func remembered(t *testing.T, dir string) []exported {
	r, err := openRegister(dir, "1281")
	require.NoError(t, err)
	return r.all
}

func TestAnExportIsRememberedOnceItsFileIsOnDisk(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, Config{Dir: dir})
	pilotPayouts(t, l)
	r := vouchers("2016.si")
	first, err := l.Export(t.Context(), r)
	require.NoError(t, err)
	require.Empty(t, remembered(t, dir), "the file may never get there")
	again, err := l.Export(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, first, again, "nothing has been exported yet")

	r.Written = first.Digest
	last, err := l.Export(t.Context(), r)
	require.NoError(t, err)
	require.Empty(t, last.Remarks)
	lines := remembered(t, dir)
	require.Len(t, lines, 4)
	for i, e := range lines {
		require.Equal(t, ExportSIE, e.Kind)
		require.Equal(t, i+1, e.Voucher.Number)
		require.Equal(t, sha(first.Files[0].Data), e.SHA256)
		require.Equal(t, "2016.si", e.File)
	}

	again, err = exportTwice(l, t, r)
	require.NoError(t, err)
	require.Equal(t, first.Files, again.Files)
	require.Len(t, again.Remarks, 1)
	require.Regexp(t, `^note: 2016-01-lov-example and 3 more payouts were exported as sie on \S+Z to 2016.si before, with the same content$`, again.Remarks[0])
}

func TestAPayoutThatChangesWhileItsFileIsWrittenIsNotExported(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, Config{Dir: dir})
	pilotPayouts(t, l)
	r := vouchers("2016.si")
	a, err := l.Export(t.Context(), r)
	require.NoError(t, err)
	payout(t, l, PayoutRequest{Action: "cancel", Payouts: []string{"2016-01-lov-example"}, Actor: "controller-1", Reason: "wrong rate"})
	r.Written = a.Digest
	_, err = l.Export(t.Context(), r)
	require.ErrorIs(t, err, ErrExportChanged)
	require.Empty(t, remembered(t, dir))
}

func TestExportsAtTheSameTimeKnowOfEachOther(t *testing.T) {
	dir := t.TempDir()
	l := served(t, dir)
	pilotPayouts(t, l)
	const callers = 6
	clients := []Service{l, asking(t, dir), asking(t, dir)}
	answers, errs := make([]*ExportAnswer, callers), make([]error, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() { answers[i], errs[i] = exportTwice(clients[i%len(clients)], t, payments("payments.xml")) })
	}
	group.Wait()
	unaware := 0
	for i, a := range answers {
		require.NoError(t, errs[i])
		require.Equal(t, answers[0].Files, a.Files, "the server's process and its clients give the same bytes")
		require.Equal(t, []string{"2016-01-lov-example", "2016-02-lov-example"}, a.Ordered)
		require.Len(t, a.Left, 2)
		if len(a.Remarks) == 0 {
			unaware++
		}
	}
	require.Equal(t, 1, unaware, "all but the first are told")
	require.Len(t, remembered(t, dir), 2*callers)
}

func TestWhatWasExportedAndThenCancelledIsWarnedOf(t *testing.T) {
	for name, c := range map[string]struct {
		request func(string) ExportRequest
		warning string
	}{
		"voucher":   {vouchers, "reverse the voucher in the accounting system if it has been read in there"},
		"payment":   {payments, "see that the bank does not carry out the payment of message CL1281-20990115-"},
		"statement": {statements, "tell the provider that the statement does not hold"},
	} {
		t.Run(name, func(t *testing.T) {
			l := opened(t, Config{Dir: t.TempDir()})
			pilotPayouts(t, l)
			_, err := exportTwice(l, t, c.request("first"))
			require.NoError(t, err)
			payout(t, l, PayoutRequest{Action: "cancel", Payouts: []string{"2016-01-lov-example"}, Actor: "controller-1", Reason: "wrong rate"})
			requireWarned := func(want bool) {
				t.Helper()
				a, err := exportTwice(l, t, c.request("second"))
				require.NoError(t, err)
				all := strings.Join(a.Remarks, "\n")
				require.Equal(t, want, strings.Contains(all, "warning: 2016-01-lov-example (voucher 2016-1, 105631.95) was exported as "), all)
				require.Equal(t, want, strings.Contains(all, " and cancelled since; "+c.warning), all)
			}
			requireWarned(true)
			// Once it has gone out as cancelled that is what holds; an order to the bank can only be stopped there.
			requireWarned(name == "payment")

			payout(t, l, PayoutRequest{Action: "calculate", Month: "2016-01", Actor: "economist-1"})
			payout(t, l, PayoutRequest{Action: "approve", Payouts: []string{"2016-01-lov-example"}, Actor: "controller-1", On: "2016-04-12"})
			requireWarned(name == "payment")
		})
	}
}

func TestAnExportFromAServerSaysThatItIsNotRemembered(t *testing.T) {
	c := clustertest.Start(t)
	l := opened(t, Config{ServerURL: c.URL(), Token: clustertest.Token})
	pilotPayouts(t, l)
	for range 2 {
		a, err := exportTwice(l, t, vouchers("2016.si"))
		require.NoError(t, err)
		require.Len(t, a.Remarks, 1)
		require.Contains(t, a.Remarks[0], "exports from a server are not remembered")
	}
}

// Whoever receives a grant is no provider on the log: it goes by its id, and its payout has no unit.
func TestARecipientOfAGrantIsNamedByItsID(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	var b bytes.Buffer
	require.NoError(t, generate.StateGrant2010(&b, 1))
	imported(t, l, file(t, b.String()))
	payout(t, l, PayoutRequest{Action: "calculate", Authority: "00", Month: "2010-01..2010-12", Actor: "economist-1"})
	a, err := exportTwice(l, t, ExportRequest{Kind: ExportStatementCSV, Authority: "00", From: "2010-01", To: "2010-12", Output: "."})
	require.NoError(t, err)
	require.NotEmpty(t, a.Files)
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(a.Files[0].Data), "\ufeff")))
	r.Comma, r.FieldsPerRecord = ';', -1
	rows, err := r.ReadAll()
	require.NoError(t, err)
	heading := map[string]string{}
	for _, row := range rows {
		heading[row[0]] = row[1]
	}
	require.NotEmpty(t, heading["Utförarens id"])
	require.Equal(t, heading["Utförarens id"], heading["Utförare"])
}
