package ledger

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// twoMunicipalities have a patient each who is the same person, enrolled for psychiatric care without a plan.
func twoMunicipalities(t testing.TB) string {
	var b strings.Builder
	for _, code := range []string{"1884", "1885"} {
		line := func(typ, entity, data string) {
			fmt.Fprintf(&b, `{"type":"%s","authority":"%s","entity":"%s","effective":"2019-03-01","recorded":"2019-03-01T08:00:00Z","actor":"a","data":%s}`+"\n", typ, code, entity, data)
		}
		line("provider-registered", "provider/h", `{"name":"H","regime":"in-house"}`)
		line("unit-registered", "provider/h", `{"unit":"u","name":"U","area":"urban"}`)
		line("care-requested", "patient/p", `{"person":"x","requested_by":"r","age_group":"80+","sex":"man"}`)
		line("patient-enrolled", "patient/p", `{"provider":"h","unit":"u","from":"2019-03-01","kind":"psychiatric"}`)
		line("health-time-reported", "patient/p", `{"unit":"u","month":"2019-03","kind":"psychiatric","profession":"nurse","minutes":60,"delegated":false}`)
	}
	return file(t, b.String())
}

func TestQuestionsOverMunicipalitiesAreServedAsTheyAreAnswered(t *testing.T) {
	dir := t.TempDir()
	questions := []Request{
		{Question: QuestionRecipients, Year: "2019", Format: "json"},
		{Question: QuestionRecipients, Authority: "1885", From: "2019-03", To: "2019-03", Format: "csv"},
		{Question: QuestionActivities, Year: "2019"},
		{Question: QuestionInvoice, Month: "2019-03", AsOf: "2019-03-31", Reader: auditor},
	}
	answers := make([]string, len(questions))
	t.Run("served", func(t *testing.T) {
		served(t, dir)
		c := asking(t, dir)
		imported(t, c, twoMunicipalities(t))
		for i, q := range questions {
			answers[i] = answerTo(t, c, q)
		}
		var b strings.Builder
		sequence := uint64(3)
		require.ErrorAs(t, c.Ask(t.Context(), Request{Question: QuestionRecipients, AsOfSequence: &sequence}, &b), new(*Wrong))
		require.Empty(t, b.String())
	})
	l := opened(t, Config{Dir: dir})
	for i, q := range questions {
		require.Equal(t, answerTo(t, l, q), answers[i])
	}
	require.Contains(t, answers[0], `"shared": 1`)
	require.Equal(t, "municipality_code,name,total,w_0_64,m_0_64,t_0_64,w_65_79,m_65_79,t_65_79,w_80,m_80,t_80\n1885,Lindesberg,1,0,0,0,0,0,0,0,1,1\n", answers[1])
	require.Contains(t, answers[2], "without any activity code by: 1884 Nora, 1885 Lindesberg")
	require.Equal(t, 2, strings.Count(answers[3], "missing         "), "a row of each municipality")
}

func TestAQuestionOverMunicipalitiesNeedsALedger(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	require.ErrorAs(t, l.Ask(t.Context(), Request{Question: QuestionRecipients}, &strings.Builder{}), new(*NoLedgerError))
}
