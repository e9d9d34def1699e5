package ledger

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/eventstore/clustertest"
)

// What will be known at an event that is not there yet cannot be told now, whatever is asked.
func TestNoQuestionIsAnsweredAsOfAnEventThatIsNotThere(t *testing.T) {
	l := opened(t, Config{Dir: t.TempDir()})
	imported(t, l, municipality(t, 12, 2, 1))
	table, err := l.Table(t.Context(), "")
	require.NoError(t, err)
	last := table.Position()
	beyond, ever := last+1, ^uint64(0)
	for question := range answers {
		for _, asked := range []*uint64{&beyond, &ever} {
			var refused *AsOfError
			err := l.Ask(t.Context(), Request{Question: question, Reader: auditor, AsOfSequence: asked}, &strings.Builder{})
			require.ErrorAs(t, err, &refused, question)
			require.Equal(t, OutcomeNotFound, OutcomeOf(err), question)
			require.Equal(t, AsOfError{"1281", *asked, last}, *refused)
		}
	}
	for question := range healthAnswers {
		require.ErrorAs(t, l.Ask(t.Context(), Request{Question: question, Reader: auditor, AsOfSequence: &beyond}, &strings.Builder{}), new(*AsOfError), question)
	}
	require.ErrorAs(t, l.Tables(t.Context(), TablesRequest{AsOfSequence: &beyond}, &strings.Builder{}), new(*AsOfError))

	at := byYear
	at.AsOfSequence = &last
	require.Equal(t, answerTo(t, l, byYear), answerTo(t, l, at), "the last event is all that is known")
}

// Another process has written the event that is asked about: that this one has not folded it yet does not make it one that is not there.
func TestAnEventThatAnotherProcessWroteIsNotBeyondTheLog(t *testing.T) {
	c := clustertest.Start(t)
	config := Config{ServerURL: c.URL(), Token: clustertest.Token}
	one, two := opened(t, config), opened(t, config)
	imported(t, one, file(t, parties))
	require.NotEmpty(t, answerTo(t, two, byYear), "it has folded what there is")
	for i := range 3 {
		record := strings.ReplaceAll(`{"type":"case-opened","authority":"1281","entity":"case/kN","effective":"2020-01-01","recorded":"2020-02-01T10:00:00Z","actor":"a","data":{"person":"xN"}}`, "N", string(rune('0'+i)))
		sequence, _, err := one.Record(t.Context(), []byte(record))
		require.NoError(t, err)
		require.NotEmpty(t, answerTo(t, two, Request{Question: QuestionPolicies, AsOfSequence: &sequence}))
		sequence++
		require.ErrorAs(t, two.Ask(t.Context(), Request{Question: QuestionPolicies, AsOfSequence: &sequence}, &strings.Builder{}), new(*AsOfError))
	}
}
