package export

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/spreadsheet"
	"careledger/domain"
)

func TestPayeesAreReadFromASwedishCSVFile(t *testing.T) {
	want := map[string]Payee{
		"lund-hemvard": {Giro: domain.Giro{Kind: domain.Bankgiro, Digits: "50501055"}, Name: "Lunds hemvård; kassan"},
		"omsorg_nord":  {Giro: domain.Giro{Kind: domain.Plusgiro, Digits: "2865434"}},
	}
	for name, file := range map[string]string{
		"as a spreadsheet saves it": spreadsheet.ByteOrderMark + "provider;account;name\r\nlund-hemvard;bankgiro 5050-1055;\"Lunds hemvård; kassan\"\r\nomsorg_nord; pg 28 65 43-4;\r\n;;\r\n",
		"as a program writes it":    "provider;account;name\nlund-hemvard;bg 5050-1055;Lunds hemvård; kassan\nomsorg_nord;plusgiro 2865434;\n",
		"with fields left out":      "provider;account;name\n\nlund-hemvard;bg50501055;\"Lunds hemvård; kassan\"\nomsorg_nord;plusgiro 2865434",
	} {
		got, err := ParsePayees(strings.NewReader(file))
		if name == "as a program writes it" {
			require.ErrorContains(t, err, "line 2, line: has 4 fields where the header has 3", "a semicolon in a name needs quotation marks")
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	got, err := ParsePayees(strings.NewReader("provider;account\nomsorg_nord;pg 28 65 43-4\n"))
	require.NoError(t, err)
	assert.Equal(t, map[string]Payee{"omsorg_nord": want["omsorg_nord"]}, got)
}

func TestEveryWrongLineOfAPayeeFileIsListed(t *testing.T) {
	_, err := ParsePayees(strings.NewReader(strings.Join([]string{
		"provider;account;name",
		"lund-hemvard;bankgiro 5050-1056;Lunds hemvård",
		"omsorg_nord;pg 28 65 43-4;",
		"omsorg_nord;pg 28 65 43-5;",
		"provider/x;5050-1055;X",
		"alone",
		"a;b;c;d",
		`q;bg "5050-1055";X`,
		"last;bankgiro 991-2346;",
	}, "\n")))
	var ps domain.Problems
	require.ErrorAs(t, err, &ps)
	var got []string
	for _, p := range ps {
		got = append(got, p.String())
	}
	assert.Equal(t, []string{
		`line 2, account: "5050-1056" is not a bankgiro number: seven or eight digits (NNN-NNNN or NNNN-NNNN) of which the last is a check digit`,
		`line 4, provider: omsorg_nord has an account on line 3 already`,
		`line 4, account: "28 65 43-5" is not a plusgiro number: two to eight digits (NN NN NN-N) of which the last is a check digit`,
		`line 5, provider: "provider/x" is not a provider's id; use 1 to 64 of A-Z a-z 0-9 _ -`,
		`line 5, account: "5050-1055" is not a giro account; write "bankgiro 5050-1055" (or bg) or "plusgiro 28 65 43-4" (or pg)`,
		`line 6, line: has 1 fields where the header has 3`,
		`line 7, line: has 4 fields where the header has 3`,
		`line 8, line: bare " in non-quoted-field`,
	}, got)
}

func TestAPayeeFileNeedsItsHeader(t *testing.T) {
	_, err := ParsePayees(strings.NewReader(""))
	assert.ErrorContains(t, err, "line 1, header: the file is empty")
	_, err = ParsePayees(strings.NewReader("provider,account\nlund,bg 5050-1055\n"))
	assert.ErrorContains(t, err, `line 1, header: "provider,account" is not provider;account or provider;account;name`)
	assert.ErrorContains(t, err, "line 2, line: has 1 fields")
}

func FuzzParsePayees(f *testing.F) {
	f.Add("provider;account;name\nlund-hemvard;bankgiro 5050-1055;Lunds hemvård\n")
	f.Add(spreadsheet.ByteOrderMark + "provider;account\r\nomsorg_nord;pg 28 65 43-4\r\n")
	f.Add("provider;account\n\"a\nb\";bg 1\n;\n\"")
	f.Fuzz(func(t *testing.T, file string) {
		payees, err := ParsePayees(strings.NewReader(file))
		if err != nil {
			assert.Nil(t, payees)
			return
		}
		for provider, p := range payees {
			again, err := domain.ParseGiro(p.Giro.String())
			require.NoError(t, err, provider)
			assert.Equal(t, p.Giro, again)
		}
	})
}
