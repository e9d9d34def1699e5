package export

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

func paymentSettings(t require.TestingT) PaymentSettings {
	return PaymentSettings{
		Authority: "1281", Created: time.Date(2016, 4, 12, 23, 30, 15, 5, time.FixedZone("CEST", 7200)), ExecuteOn: day(t, "2016-04-29"),
		Debtor: Debtor{Name: "Lunds kommun", OrganisationNumber: "212000-1132", Account: "bankgiro 991-2346", BIC: "SWEDSESS"},
		Payees: map[string]Payee{
			"lund-hemvard": {Giro: domain.Giro{Kind: domain.Bankgiro, Digits: "50501055"}},
			"omsorg_nord":  {Giro: domain.Giro{Kind: domain.Plusgiro, Digits: "2865434"}, Name: "Omsorg Nord & Søn AB"},
		},
	}
}

// earning is march with something to pay to the second provider too, on a day of its own.
func earning(t require.TestingT) []Payout {
	payouts := march(t)
	c := payouts[1].Calculated
	c.Lines[0].Amount, c.Total = 1050, 1050
	payouts[1].PayOn = day(t, "2016-04-30")
	return payouts
}

func writePain001(t require.TestingT, payouts []Payout, settings PaymentSettings) []byte {
	var b bytes.Buffer
	_, err := Pain001(&b, payouts, settings)
	require.NoError(t, err)
	return b.Bytes()
}

func TestAPaymentFileHasEveryFieldThatTheBankReads(t *testing.T) {
	var b bytes.Buffer
	order, err := Pain001(&b, earning(t), paymentSettings(t))
	require.NoError(t, err)
	golden(t, "march.xml", b.Bytes())
	assert.Equal(t, []Skipped{{"2016-03-ostra", "ostra", 100, WasCancelled}}, order.Skipped)
	assert.Equal(t, []string{"2016-03-lund-hemvard", "2016-03-omsorg_nord"}, order.Payouts)
	assert.EqualValues(t, 79545671, order.Sum)
	root, wrong := checkPain001(b.String())
	require.Empty(t, wrong)
	m := root.children[0]

	header := m.at("GrpHdr")[0]
	assert.Regexp(t, `^CL1281-20160429-[0-9a-f]{12}$`, header.is("MsgId"))
	assert.Equal(t, order.MessageID, header.is("MsgId"))
	assert.Equal(t, "2016-04-12T21:30:15Z", header.is("CreDtTm"))
	assert.Equal(t, "2", header.is("NbOfTxs"))
	assert.Equal(t, "795456.71", header.is("CtrlSum"))
	for _, party := range []*node{header.at("InitgPty")[0], m.at("PmtInf", "Dbtr")[0], m.at("PmtInf", "Dbtr")[1]} {
		assert.Equal(t, "Lunds kommun", party.is("Nm"))
		assert.Equal(t, "2120001132", party.is("Id", "OrgId", "Othr", "Id"))
		assert.Equal(t, "BANK", party.is("Id", "OrgId", "Othr", "SchmeNm", "Cd"))
	}

	batches := m.at("PmtInf")
	require.Len(t, batches, 2, "one for each day")
	for i, want := range []struct{ day, sum, id, name, member, scheme, number, text string }{
		{"2016-04-29", "795446.21", "1281-2016-7-2016-03-lund-hemvard", "Lunds hemvård", "9900", "BGNR", "50501055",
			"Verifikation 2016-7, Ersättning 2016-03 Lunds hemvård"},
		{"2016-04-30", "10.50", "1281-2016-8-2016-03-omsorg-nord", "Omsorg Nord + Sön AB", "9960", "BBAN", "2865434",
			"Verifikation 2016-8, Ersättning 2016-03 Omsorg 'Nord' + Sön - AB"},
	} {
		batch := batches[i]
		assert.Equal(t, fmt.Sprintf("%s-%d", header.is("MsgId"), i+1), batch.is("PmtInfId"))
		assert.Equal(t, "TRF", batch.is("PmtMtd"))
		assert.Equal(t, "1", batch.is("NbOfTxs"))
		assert.Equal(t, want.sum, batch.is("CtrlSum"))
		assert.Equal(t, "NURG", batch.is("PmtTpInf", "SvcLvl", "Cd"))
		assert.Equal(t, "SUPP", batch.is("PmtTpInf", "CtgyPurp", "Cd"))
		assert.Equal(t, want.day, batch.is("ReqdExctnDt"))
		assert.Equal(t, "9912346", batch.is("DbtrAcct", "Id", "Othr", "Id"))
		assert.Equal(t, "BGNR", batch.is("DbtrAcct", "Id", "Othr", "SchmeNm", "Prtry"))
		assert.Equal(t, "SEK", batch.is("DbtrAcct", "Ccy"))
		assert.Equal(t, "SWEDSESS", batch.is("DbtrAgt", "FinInstnId", "BIC"))
		transfer := batch.at("CdtTrfTxInf")[0]
		assert.Equal(t, want.id, transfer.is("PmtId", "InstrId"))
		assert.Equal(t, want.id, transfer.is("PmtId", "EndToEndId"))
		assert.Equal(t, want.sum, transfer.is("Amt", "InstdAmt"))
		assert.Equal(t, "SEK", transfer.at("Amt", "InstdAmt")[0].attrs["Ccy"])
		assert.Equal(t, "SESBA", transfer.is("CdtrAgt", "FinInstnId", "ClrSysMmbId", "ClrSysId", "Cd"))
		assert.Equal(t, want.member, transfer.is("CdtrAgt", "FinInstnId", "ClrSysMmbId", "MmbId"))
		assert.Equal(t, want.name, transfer.is("Cdtr", "Nm"))
		assert.Equal(t, want.number, transfer.is("CdtrAcct", "Id", "Othr", "Id"))
		scheme := transfer.at("CdtrAcct", "Id", "Othr", "SchmeNm")[0].children[0]
		assert.Equal(t, want.scheme, scheme.text)
		assert.Equal(t, want.text, transfer.is("RmtInf", "Ustrd"))
	}
}

func TestEveryApprovedPayoutIsPaidOnceInFullOrIsLeftOutWithItsReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payouts := drawPayouts(t)
		settings := paymentSettings(t)
		settings.Created = time.Date(2015, 12, 31, 8, 0, 0, 0, time.UTC)
		settings.Payees = map[string]Payee{}
		for p := range rapid.IntRange(0, 5).Draw(t, "payees") {
			settings.Payees[fmt.Sprintf("p-%d", p)] = Payee{Giro: domain.Giro{Kind: domain.Bankgiro, Digits: "50501055"}, Name: "N" + rapid.String().Draw(t, "payee")}
		}
		for i := range payouts {
			payouts[i].PayOn = day(t, "2016-04-29") + domain.Date(rapid.IntRange(0, 2).Draw(t, "pay on"))
		}
		var b bytes.Buffer
		order, err := Pain001(&b, payouts, settings)
		want := map[string]string{} // amount by remittance: voucher
		reasons := map[string]SkipReason{}
		for _, p := range payouts {
			switch _, account := settings.Payees[p.Calculated.Provider]; {
			case p.Status == Paid:
				reasons[p.ID] = AlreadyPaid
			case p.Status == Cancelled:
				reasons[p.ID] = WasCancelled
			case p.Calculated.Total < 0:
				reasons[p.ID] = Claim
			case p.Calculated.Total == 0:
				reasons[p.ID] = NothingToPay
			case !account:
				reasons[p.ID] = NoAccount
			default:
				want[fmt.Sprintf("1281-2016-%d-", p.Voucher.Number)] = p.PayOn.String() + " " + p.Calculated.Total.String()
			}
		}
		for _, s := range order.Skipped {
			assert.Equal(t, reasons[s.Payout], s.Reason)
			assert.Contains(t, s.String(), s.Payout)
			delete(reasons, s.Payout)
		}
		assert.Empty(t, reasons)
		if len(want) == 0 {
			require.ErrorIs(t, err, ErrNothingToPay)
			assert.Empty(t, b.String())
			return
		}
		require.NoError(t, err)
		root, wrong := checkPain001(b.String())
		require.Empty(t, wrong)
		for _, batch := range root.at("CstmrCdtTrfInitn", "PmtInf") {
			for _, transfer := range batch.at("CdtTrfTxInf") {
				parts := strings.SplitAfterN(transfer.is("PmtId", "EndToEndId"), "-", 4)
				voucher := strings.Join(parts[:3], "")
				assert.Equal(t, want[voucher], batch.is("ReqdExctnDt")+" "+transfer.is("Amt", "InstdAmt"))
				delete(want, voucher)
			}
		}
		assert.Empty(t, want)
		assert.Equal(t, b.String(), string(writePain001(t, rapid.Permutation(payouts).Draw(t, "in another order"), settings)))
	})
}

func TestTheSchemaSeesAFileThatIsWrong(t *testing.T) {
	file := string(writePain001(t, earning(t), paymentSettings(t)))
	long := strings.Repeat("x", 150)
	for _, c := range []struct{ name, old, new, wrong string }{
		{"a sum that is not that of its payments", "<CtrlSum>795456.71<", "<CtrlSum>795456.72<", "GrpHdr: CtrlSum is 795456.72 for 795456.71"},
		{"a batch that sums wrong", `Ccy="SEK">10.50<`, `Ccy="SEK">10.51<`, "PmtInf: CtrlSum is 10.50 for 10.51"},
		{"a count that is wrong", "<NbOfTxs>2<", "<NbOfTxs>3<", "NbOfTxs is 3 for 2"},
		{"a name that is too long", "<Nm>Lunds hemvård<", "<Nm>" + long + "<", "/Cdtr/Nm is"},
		{"a text that is too long", "<Ustrd>", "<Ustrd>" + long, "/Ustrd is"},
		{"an id that is too long", "<EndToEndId>", "<EndToEndId>" + long, "/EndToEndId is"},
		{"three decimals", `>10.50</InstdAmt`, `>10.500</InstdAmt`, "/InstdAmt is"},
		{"a character outside the set", "Lunds hemvård<", "Lunds h\u0119mvård<", "characters that a bank does not take"},
		{"elements in another order", "<PmtMtd>TRF</PmtMtd>", "", "has 0 PmtMtd"},
		{"an element that is unknown", "<PmtMtd>TRF</PmtMtd>", "<PmtMtd>TRF</PmtMtd><X>1</X>", "has X where it does not belong"},
		{"a wrong check digit", ">50501055<", ">50501056<", `account "50501056"`},
		{"a bankgiro at the plusgiro", ">9900<", ">9960<", `account "50501055"`},
		{"another currency", `Ccy="SEK"`, `Ccy="EUR"`, "EUR"},
		{"the same payment twice", "1281-2016-8-2016-03-omsorg-nord", "1281-2016-7-2016-03-lund-hemvard", "there twice"},
		{"another namespace", "pain.001.001.03", "pain.001.001.09", "namespace"},
		{"two schemes at once", "<Prtry>BGNR</Prtry>", "<Cd>BBAN</Cd><Prtry>BGNR</Prtry>", "2 of its alternatives"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, file, c.old)
			_, wrong := checkPain001(strings.ReplaceAll(file, c.old, c.new))
			assert.Contains(t, strings.Join(wrong, "\n"), c.wrong)
		})
	}
}

func TestTheSamePaymentsAreTheSameMessageWheneverTheyAreWritten(t *testing.T) {
	messageID := func(payouts []Payout, s PaymentSettings) string {
		root, wrong := checkPain001(string(writePain001(t, payouts, s)))
		require.Empty(t, wrong)
		return root.is("CstmrCdtTrfInitn", "GrpHdr", "MsgId")
	}
	id := messageID(earning(t), paymentSettings(t))
	later := paymentSettings(t)
	later.Created = later.Created.Add(time.Hour)
	assert.Equal(t, id, messageID(earning(t), later))
	assert.NotEqual(t, id, messageID(march(t), paymentSettings(t)), "other payments are another message")
	elsewhere := paymentSettings(t)
	elsewhere.Payees["lund-hemvard"] = elsewhere.Payees["omsorg_nord"]
	assert.NotEqual(t, id, messageID(earning(t), elsewhere), "and so is another account")
	from := paymentSettings(t)
	from.Debtor.Account = "SE45 5000 0000 0583 9825 7466"
	assert.NotEqual(t, id, messageID(earning(t), from))
	assert.Contains(t, string(writePain001(t, earning(t), from)), "<IBAN>SE4550000000058398257466</IBAN>")
}

func TestAPaymentsIdKeepsItsVoucherHoweverLongThePayoutsId(t *testing.T) {
	p := march(t)[0]
	p.ID = "2016-03-" + strings.Repeat("a", 56)
	id := paymentID("1281", &p)
	assert.Regexp(t, `^1281-2016-7-2016-03-a{6}-[0-9a-f]{8}$`, id)
	assert.Len(t, id, 35)
	q := p
	q.ID = p.ID[:63] + "b"
	assert.NotEqual(t, id, paymentID("1281", &q))
}

func TestAPaymentFileIsRefusedWithEverythingThatIsWrong(t *testing.T) {
	payouts := march(t)
	payouts[0].PayOn = day(t, "2016-04-01")
	settings := paymentSettings(t)
	settings.Authority, settings.ExecuteOn = "Lund", 0
	settings.Debtor = Debtor{Name: "李", OrganisationNumber: "1", Scheme: "a code", Account: "5050-1055", BIC: "SWED"}
	settings.Payees["lund-hemvard"] = Payee{Giro: settings.Payees["lund-hemvard"].Giro, Name: "..."}
	undated := earning(t)[1]
	undated.ID, undated.Voucher.Number, undated.PayOn = "2016-03-undated", 9, 0
	var b bytes.Buffer
	order, err := Pain001(&b, append(payouts, undated), settings)
	assert.Empty(t, order)
	assert.Empty(t, b.String())
	var ps domain.Problems
	require.ErrorAs(t, err, &ps)
	var got []string
	for _, p := range ps {
		got = append(got, p.String())
	}
	assert.Equal(t, []string{
		`authority: "Lund" is not an authority; write the four digits of a municipality ("1281"), the two of a county ("18") or "00" for the state`,
		`debtor name: "李" has no letter that a bank takes; write a name in the Latin alphabet`,
		`debtor organisation number: "1" is not an organisation number: ten digits (NNNNNN-NNNN) of which the last is a check digit`,
		`debtor scheme: "a code" is not a code; write one to four capitals or digits, for example BANK`,
		`debtor BIC: "SWED" is not a BIC: 8 or 11 characters, for example SWEDSESS`,
		`debtor account: "5050-1055" is neither an IBAN nor "bankgiro NNNN-NNNN" or "plusgiro NN NN NN-N" with a right check digit`,
		`payout 2016-03-lund-hemvard: is to be paid on 2016-04-01, before the file is made (2016-04-12)`,
		`payout 2016-03-lund-hemvard, payee's name: "..." has no letter that a bank takes; write a name in the Latin alphabet`,
		`payout 2016-03-undated: has no day of payment, and no day is given for all`,
	}, got)
}

func TestANameOrTextThatIsTooLongForTheBankIsCut(t *testing.T) {
	payouts := earning(t)
	payouts[0].ProviderName = strings.Repeat("Hemvård ", 40)
	settings := paymentSettings(t)
	settings.Debtor.Name = strings.Repeat("Å", 71)
	root, wrong := checkPain001(string(writePain001(t, payouts, settings)))
	require.Empty(t, wrong)
	batch := root.at("CstmrCdtTrfInitn", "PmtInf")[0]
	assert.Equal(t, strings.Repeat("Å", 70), batch.is("Dbtr", "Nm"))
	assert.Equal(t, strings.Repeat("Hemvård ", 8)+"Hemvår", batch.is("CdtTrfTxInf", "Cdtr", "Nm"))
	assert.Len(t, []rune(batch.is("CdtTrfTxInf", "RmtInf", "Ustrd")), 140)
}

func TestMoreDaysOfPaymentThanAFileHasRoomForAreRefused(t *testing.T) {
	var payouts []Payout
	for i := range 1000 {
		p := earning(t)[1]
		p.ID, p.Voucher.Number, p.PayOn = fmt.Sprintf("p-%d", i), i+1, day(t, "2016-05-01")+domain.Date(i)
		payouts = append(payouts, p)
	}
	_, wrong := checkPain001(string(writePain001(t, payouts[:999], paymentSettings(t))))
	require.Empty(t, wrong)
	_, err := Pain001(&bytes.Buffer{}, payouts, paymentSettings(t))
	assert.ErrorContains(t, err, "payouts: are to be paid on 1000 days; at most 999 fit in a file")
}
