package export

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

func sieSettings() SIESettings {
	return SIESettings{
		Company: "Lunds kommun – vård och omsorg", OrganisationNumber: "2120001132", ProgramVersion: "0.3.0",
		AccountNames: map[string]string{"5011": "Köp av hemtjänst"},
		UnitNames:    map[string]string{"ostra-torn-linero": `Östra Torn/Linero "Träffen"`},
	}
}

func writeSIE(t require.TestingT, payouts []Payout, settings SIESettings) []byte {
	var b bytes.Buffer
	require.NoError(t, SIE(&b, payouts, settings))
	return b.Bytes()
}

func TestASIEFileHasEveryFieldWhereTheSpecificationHasIt(t *testing.T) {
	file := writeSIE(t, march(t), sieSettings())
	golden(t, "march.si", file)
	r := readSIE(file)
	require.Empty(t, r.wrong)

	assert.Equal(t, []string{"0", "careledger", "0.3.0", "PC8", "20160412", "4"}, []string{r.flag, r.program, r.version, r.format, r.generated, r.kind})
	assert.Equal(t, "Lunds kommun - vård och omsorg", r.company, "CP437 has no en dash")
	assert.Equal(t, "212000-1132", r.organisation)
	assert.Equal(t, map[string]string{"1": "Kostnadsställe"}, r.dimensions)
	assert.Equal(t, map[string]string{"ostra-torn-linero": `Östra Torn/Linero "Träffen"`, "nord-1": "nord-1"}, r.objects)
	assert.Equal(t, map[string]string{"2440": "Leverantörsskulder", "5011": "Köp av hemtjänst", "5019": "Ersättning till utförare"}, r.accounts)
	assert.Equal(t, []sieVoucher{
		{series: "U", number: 6, date: "20160412", text: "Makulerad: Ersättning 2016-03 Östra hemtjänsten"},
		{series: "U", number: 7, date: "20160412", text: "Ersättning 2016-03 Lunds hemvård", transactions: []sieTransaction{
			{account: "5019", unit: "ostra-torn-linero", ore: -29700, text: "Justering 2016-01 lund-2015-pilot premium"},
			{account: "5019", unit: "ostra-torn-linero", ore: 356400, text: "2016-03 lund-2015-pilot premium"},
			{account: "5011", unit: "ostra-torn-linero", ore: 79217921, text: "2016-03 lund-2015-pilot variable"},
			{account: "2440", ore: -79544621, text: "Ersättning 2016-03 Lunds hemvård"},
		}},
		{series: "U", number: 8, date: "20160412", text: `Ersättning 2016-03 Omsorg "Nord" & Sön - AB`, transactions: []sieTransaction{
			{account: "5011", unit: "nord-1", ore: -4150, text: "Justering 2016-02 lund-2015-pilot variable"},
			{account: "2440", ore: 4150, text: `Ersättning 2016-03 Omsorg "Nord" & Sön - AB`},
		}},
	}, r.vouchers)
}

func TestEveryVoucherBalancesAndIsItsPayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payouts := drawPayouts(t)
		settings := SIESettings{Company: "K" + rapid.String().Draw(t, "company"), UnitNames: map[string]string{"u-1": rapid.String().Draw(t, "unit name")}}
		file := writeSIE(t, payouts, settings)
		r := readSIE(file)
		require.Empty(t, r.wrong)
		require.Len(t, r.vouchers, len(payouts))
		byNumber := map[int]Payout{}
		for _, p := range payouts {
			byNumber[p.Voucher.Number] = p
		}
		for _, v := range r.vouchers {
			p := byNumber[v.number]
			assert.Equal(t, strings.ReplaceAll(p.BookedOn.String(), "-", ""), v.date)
			assert.Equal(t, p.Status == Cancelled, strings.HasPrefix(v.text, "Makulerad"))
			var want []sieTransaction
			if p.Status != Cancelled {
				for _, l := range p.Calculated.Lines {
					if l.Amount != 0 {
						want = append(want, sieTransaction{account: l.Account, unit: l.Unit, ore: int64(l.Amount)})
					}
				}
				if p.Calculated.Total != 0 {
					want = append(want, sieTransaction{account: "2440", ore: -int64(p.Calculated.Total)})
				}
			}
			for i := range v.transactions {
				v.transactions[i].text = ""
			}
			assert.Equal(t, want, v.transactions)
		}
		turned := rapid.Permutation(payouts).Draw(t, "in another order")
		assert.Equal(t, file, writeSIE(t, turned, settings), "the order that payouts come in does not matter")
	})
}

func TestTheReaderSeesAFileThatIsWrong(t *testing.T) {
	file := string(writeSIE(t, march(t), sieSettings()))
	for _, c := range []struct{ name, old, new, wrong string }{
		{"a voucher out of balance", "-297.00", "-297.01", "voucher 7 is out of balance by -1 öre"},
		{"a decimal comma", "3564.00", "3564,00", `amount "3564,00"`},
		{"thousands apart", "792179.21", "792 179.21", "another form"},
		{"an account that is not declared", "#TRANS 5019", "#TRANS 5018", `account "5018" is not declared`},
		{"a unit that is not declared", `{1 "nord-1"}`, `{1 "nord-2"}`, `object "nord-2" is not declared`},
		{"a day that is none", `"U" 7 20160412`, `"U" 7 20160431`, `date "20160431"`},
		{"a voucher out of order", `"U" 8 `, `"U" 5 `, "voucher 5 after 7"},
		{"a quotation mark that is not escaped", `\"Nord\"`, `"Nord"`, "goes on after"},
		{"a line end of the wrong kind", "#SIETYP 4\r\n", "#SIETYP 4\n", "control character 0xa"},
		{"no type", "#SIETYP 4\r\n", "", "#SIETYP stands 0 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, file, c.old)
			wrong := readSIE([]byte(strings.Replace(file, c.old, c.new, 1))).wrong
			assert.Contains(t, strings.Join(wrong, "\n"), c.wrong)
		})
	}
}

func TestASIEFileIsRefusedWithEverythingThatIsWrong(t *testing.T) {
	payouts := march(t)
	payouts[0].Calculated.Lines[1].Account = ""
	payouts[0].Calculated.Lines[0].Account = ""
	payouts[0].Calculated.Lines[2].Account = "50 11"
	payouts[1].Calculated.Total = 0
	payouts[2].BookedOn = day(t, "2017-01-02")
	twin := march(t)[1]
	twin.Voucher.Number = 7
	waiting := march(t)[1]
	waiting.ID, waiting.Status = "2016-03-waiting", Calculated
	var b bytes.Buffer
	err := SIE(&b, append(payouts, twin, waiting, Payout{ID: "x"}, Payout{ID: "payout/x"}),
		SIESettings{OrganisationNumber: "212000-1133", Series: "Ü", CreditAccount: "A"})
	require.Error(t, err)
	assert.Empty(t, b.String(), "nothing is written")
	var ps domain.Problems
	require.ErrorAs(t, err, &ps)
	var got []string
	for _, p := range ps {
		got = append(got, p.String())
	}
	assert.Equal(t, []string{
		`company: is required: the name of the authority whose books these are`,
		`series: "Ü" is not a voucher series; write one to ten letters or digits`,
		`credit account: "A" is not an account; write digits only`,
		`organisation number: "212000-1133" is not an organisation number: ten digits (NNNNNN-NNNN) of which the last is a check digit`,
		`payout 2016-03-omsorg_nord: its lines come to -41.50 but its total is 0.00; calculate it again`,
		`payout 2016-03-ostra: is booked on 2017-01-02, which is not in the year of its voucher 6 of 2016`,
		`payout 2016-03-omsorg_nord: has voucher 7 of 2016, which payout 2016-03-lund-hemvard has too`,
		`payout 2016-03-waiting: is not approved; approve it first`,
		`payout x: has no calculated version`,
		`payout: "payout/x" is not a payout's id; use 1 to 64 of A-Z a-z 0-9 _ -`,
		`payout 2016-03-lund-hemvard, line 3: its account "50 11" (policy lund-2015-pilot, component variable) is not an account; write digits only`,
		`policy lund-2015-pilot, component premium: has no account to book 3267.00 on (2 payout lines, the first in payout 2016-03-lund-hemvard, line 1); ` +
			`give the component an account in the model, or name one for this export`,
	}, got)
}

func TestALineWithoutAnAccountIsBookedOnTheOneNamedForItsComponent(t *testing.T) {
	payouts := march(t)
	for i := range payouts[0].Calculated.Lines {
		payouts[0].Calculated.Lines[i].Account = ""
	}
	settings := sieSettings()
	settings.Accounts = map[string]string{"lund-2015-pilot/premium": "5019", "lund-2015-pilot/variable": "5011"}
	assert.Equal(t, string(writeSIE(t, march(t), sieSettings())), string(writeSIE(t, payouts, settings)))
}

func TestAGapInTheVouchersIsAnErrorOnlyWhereTheyAreSaidToBeComplete(t *testing.T) {
	payouts := march(t)
	payouts[1].Voucher.Number = 12
	last := march(t)[1]
	last.ID, last.Voucher, last.BookedOn = "2016-12-x", domain.Voucher{Year: 2017, Number: 4}, day(t, "2017-01-10")
	after := last
	after.ID, after.Voucher.Number = "2016-12-y", 6
	payouts = append(payouts, last, after)
	settings := sieSettings()
	require.Empty(t, readSIE(writeSIE(t, payouts, settings)).wrong)

	settings.Complete = true
	require.Empty(t, readSIE(writeSIE(t, march(t), settings)).wrong, "6 to 8 is complete")
	err := SIE(&bytes.Buffer{}, payouts, settings)
	assert.ErrorContains(t, err, "vouchers: 8 to 11 of 2016 are missing")
	assert.ErrorContains(t, err, "vouchers: 5 of 2017 is missing")
}

func TestTheDateOfTheFileIsThatOfTheSettingsOrTheLatestBooking(t *testing.T) {
	payouts := march(t)
	payouts[2].BookedOn = day(t, "2016-05-02")
	assert.Equal(t, "20160502", readSIE(writeSIE(t, payouts, sieSettings())).generated)
	settings := sieSettings()
	settings.GeneratedOn = day(t, "2016-04-30")
	assert.Equal(t, "20160430", readSIE(writeSIE(t, payouts, settings)).generated)
}

func TestThereIsNoSIEFileWithoutAPayout(t *testing.T) {
	assert.ErrorContains(t, SIE(&bytes.Buffer{}, nil, sieSettings()), "payouts: there is none to book")
}

func TestAPayoutThatWasCancelledAndApprovedAnewHasBothVouchers(t *testing.T) {
	payouts := march(t)
	anew := payouts[2]
	anew.Status, anew.Voucher.Number = Approved, 9
	r := readSIE(writeSIE(t, append(payouts, anew), SIESettings{Company: "Lund", Complete: true, Accounts: map[string]string{"p/c": "5011"}}))
	require.Empty(t, r.wrong)
	require.Len(t, r.vouchers, 4)
	assert.Empty(t, r.vouchers[0].transactions)
	assert.Len(t, r.vouchers[3].transactions, 2)

	twice := anew
	twice.Voucher.Number = 10
	err := SIE(&bytes.Buffer{}, append(payouts, anew, twice), sieSettings())
	assert.ErrorContains(t, err, "payout 2016-03-ostra: is there twice")
}

func TestUnitsAreBookedOnTheDimensionThatTheCompanyUses(t *testing.T) {
	settings := sieSettings()
	settings.Dimension = 20
	r := readSIE(writeSIE(t, march(t), settings))
	require.Empty(t, r.wrong)
	assert.Equal(t, map[string]string{"20": "Enhet"}, r.dimensions)
	settings.Dimension, settings.DimensionName = 6, "Hemtjänst"
	r = readSIE(writeSIE(t, march(t), settings))
	require.Empty(t, r.wrong)
	assert.Equal(t, map[string]string{"6": "Hemtjänst"}, r.dimensions)
	settings.Dimension = 7
	assert.ErrorContains(t, SIE(&bytes.Buffer{}, march(t), settings), "dimension: 7 cannot stand for units")
}
