package projections

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"careledger/domain"
)

func TestWhomADocumentNamesIsFoundWhereverItStands(t *testing.T) {
	for _, document := range []any{
		jsontext.Value(`{"lines":[{"entity":"patient/b","events":[{"entity":"case/a"},{"entity":"provider/p","note":"case/ no"}]}],"entity":"case/a","text":"of case/c"}`),
		map[string]any{"lines": []any{WhyPosting{Entity: "patient/b"}, struct{ Causes []domain.PayoutCause }{[]domain.PayoutCause{{Entity: "case/a"}}}}, "payout": "payout/2016-01-p"},
	} {
		found, err := PersonsIn(document)
		require.NoError(t, err)
		require.Equal(t, []domain.Entity{"case/a", "patient/b"}, found)
	}
	_, err := PersonsIn(jsontext.Value(`{"entity":"case/a"`))
	require.Error(t, err)
}

// Rows by case give a case and a patient of one id the same row, so both are shown.
func TestRowsByCaseShowTheCaseAndThePatientOfAnID(t *testing.T) {
	l := worked(t)
	l.record(line("r", "care-requested", "patient/k", "2020-06-01", june, `{"person":"y","requested_by":"r"}`), line("s", "care-requested", "patient/q", "2020-06-01", june, `{"person":"z","requested_by":"r"}`))
	require.Equal(t, []domain.Entity{"case/k", "patient/k", "patient/q"}, l.table.PersonsOf([]string{"q", "k", "nobody", ""}))
}
