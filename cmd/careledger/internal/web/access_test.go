package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/ledger"
)

func TestTheAccessPageSaysWhoReadWhat(t *testing.T) {
	for range 3 {
		_, err := pilot(t).Read(t.Context(), ledger.Request{Question: ledger.QuestionTrail, Entity: "case/l007", Reader: ledger.Reader{Actor: "auditor-7", Purpose: "complaint 2026-7"}})
		require.NoError(t, err)
	}
	r := program(t)
	rows := r.records("/access.csv?actor=auditor-7")
	require.Len(t, rows, 3)
	for _, row := range rows {
		require.Equal(t, []string{"auditor-7", "complaint 2026-7", "trail", "case/l007"}, row[2:6])
	}
	require.Greater(t, rows[0][0], rows[2][0], "the last reading first")
	require.Len(t, r.records("/access.csv?entity=case/l007&actor=auditor-7"), 3)
	require.Empty(t, r.records("/access.csv?entity=case/l008&actor=auditor-7"))
	require.Empty(t, r.records("/access.csv?actor=auditor-7&time=2016"))

	read := r.records("/access.csv?actor=bi-1&entity=case/l007")
	require.NotEmpty(t, read, "looking at the access log is a reading")
	require.Equal(t, "access", read[0][4])

	require.Len(t, r.records("/access.csv?actor=auditor-7&as-of=2016-12-31"), 3, "the access log is of now")
	require.Equal(t, http.StatusBadRequest, r.get("/access.json?entity=l007").Code)
	require.Contains(t, signedIn(t).page("/access?actor=auditor-7&lang=en"), "complaint 2026-7")
}
