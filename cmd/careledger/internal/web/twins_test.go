package web

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ids may begin with a hyphen, and names and reasons with anything. For programs each value stands to the byte, so that it is the same as in JSON; for a
// spreadsheet, which would run some of them as formulas, a text that it could take for one stands after an apostrophe.
func TestATextIsExactForProgramsAndNoFormulaInASpreadsheet(t *testing.T) {
	texts := []string{"=1+1", "-k", "+46", "@x", "＝cmd", "\t=1", "k-1", "a;b", `"q"`}
	table := &table{columns: []column{{name: "entity"}, {name: "amount", kind: amount}, {name: "quantity", kind: quantity}}, rows: func(yield func([]cell) bool) {
		for _, s := range texts {
			if !yield([]cell{{plain: s}, {plain: "-1234.50"}, {plain: "-0.5"}}) {
				return
			}
		}
	}}
	var plain, swedish strings.Builder
	require.NoError(t, table.writeCSV(&plain))
	require.Equal(t, "entity,amount,quantity\n=1+1,-1234.50,-0.5\n-k,-1234.50,-0.5\n+46,-1234.50,-0.5\n@x,-1234.50,-0.5\n＝cmd,-1234.50,-0.5\n\"\t=1\",-1234.50,-0.5\nk-1,-1234.50,-0.5\na;b,-1234.50,-0.5\n\"\"\"q\"\"\",-1234.50,-0.5\n", plain.String())
	require.NoError(t, table.writeSwedishCSV(&swedish))
	require.Equal(t, "\ufeffRör;Belopp;Kvantitet\r\n'=1+1;-1234,50;-0,5\r\n'-k;-1234,50;-0,5\r\n'+46;-1234,50;-0,5\r\n'@x;-1234,50;-0,5\r\n'＝cmd;-1234,50;-0,5\r\n'\t=1;-1234,50;-0,5\r\nk-1;-1234,50;-0,5\r\n\"a;b\";-1234,50;-0,5\r\n\"\"\"q\"\"\";-1234,50;-0,5\r\n", swedish.String())
}

// What a spreadsheet in Sweden gets of a trail and of a derivation is in Swedish words, whatever page it was asked from; programs get the codes.
func TestASwedishSpreadsheetHasWordsAndProgramsHaveCodes(t *testing.T) {
	r := pagesOf(t, payer(t), "auditor-1")
	for _, c := range []struct {
		path, codes, swedish string
	}{
		{"/trail%s?kind=case&id=l003&lang=en", ",needs-assessed,2014-", ";behov bedömda;2014-"},
		{"/trail%s?kind=case&id=l003&lang=en", ",standing,,decision l003-d1 method,,standard-time\n", ";står;;beslut l003-d1: tiden anges som;;tid per insats (schablontid)\r\n"},
		{"/payouts/2016-01-lund-hemvard/why/1%s?lang=en", ",l003-f2,l003-g2,2016-01-29,1,goal,297,1,297,297.00,", ";l003-f2;l003-g2;2016-01-29;1;mål;297;1;297;297,00;"},
		{"/payouts/2016-01-lund-hemvard/why/2%s?lang=en", ",care,day,,,,", ";omvårdnad;dag;;;;"},
		{"/payouts/2016-01-lund-hemvard/why/1%s", ",rate,per,exact,", ";Sats;Per;Före avrundning;"},
		{"/payouts/2016-01-lund-hemvard/why/2%s", ",342,60,1892.4,1892.40,", ";342;60;1892,4;1892,40;"},
		{"/policies%s", ",0c66c2b9ebef62ef115d1167ae12a6ad99f864786e913c7d3f88d93329e889a8\n", ";0c66c2b9ebef62ef115d1167ae12a6ad99f864786e913c7d3f88d93329e889a8\r\n"},
		{"/policies/document/lund-2015-pilot/components%s?lang=en", "premium,kind,goal-premium\n", "premium;slag;premie per mål\r\n"},
	} {
		require.Contains(t, r.page(fmt.Sprintf(c.path, ".csv")), c.codes)
		require.Contains(t, r.page(fmt.Sprintf(c.path, ".sv.csv")), c.swedish)
	}
	more := regexp.MustCompile(`case/\S+ och [^<;]*\d till`)
	require.Regexp(t, more, r.page("/access"), "a page names the first cases of a reading")
	require.NotRegexp(t, more, r.page("/access.sv.csv"), "a file names all")
}
