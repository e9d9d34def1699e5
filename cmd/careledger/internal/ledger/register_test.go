package ledger

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

func line(payout string) exported {
	return exported{At: time.Date(2016, 4, 13, 8, 0, 0, 0, time.UTC), Kind: ExportSIE, Payout: payout, Version: "v-" + payout, Status: domain.PayoutStatusApproved,
		Voucher: domain.Voucher{Year: 2016, Number: 7}, Amount: 79544621, Content: "c", SHA256: "f", File: "march.si"}
}

func written(t *testing.T, dir string, lines ...exported) *register {
	r, err := openRegister(dir, "1281")
	require.NoError(t, err)
	require.NoError(t, r.add(lines))
	return r
}

func TestARegisterCutOffAnywhereKeepsItsWholeLinesAndTakesTheNext(t *testing.T) {
	dir := t.TempDir()
	path := written(t, dir, line("a"), line("å-b"), line("c")).path
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	all := []exported{line("a"), line("å-b"), line("c")}
	for cut := range len(whole) + 1 {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		want := append([]exported{}, all[:bytes.Count(whole[:cut], []byte("\n"))]...)
		r, err := openRegister(dir, "1281")
		require.NoError(t, err)
		require.Equal(t, want, append([]exported{}, r.all...))
		require.NoError(t, r.add([]exported{line("d"), line("e")}))
		again, err := openRegister(dir, "1281")
		require.NoError(t, err)
		require.Equal(t, append(want, line("d"), line("e")), again.all)
		require.Equal(t, r.all, again.all, "what was added is what is read")
	}
}

func TestADamagedRegisterIsNotTakenForAnEmptyOne(t *testing.T) {
	dir := t.TempDir()
	path := written(t, dir, line("a"), line("b")).path
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append([]byte("{"), whole...), 0o600))
	_, err = openRegister(dir, "1281")
	require.ErrorContains(t, err, filepath.Join("exports", "1281.ndjson")+" is damaged on line 1")
	require.NoError(t, os.WriteFile(path, append(whole, `{"kind":"sie","of":"a later release"}`+"\n"...), 0o600))
	_, err = openRegister(dir, "1281")
	require.ErrorContains(t, err, "is damaged on line 3")
}

func TestARegisterIsItsOwnersAndOfOneAuthority(t *testing.T) {
	dir := t.TempDir()
	info, err := os.Stat(written(t, dir, line("a")).path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	other, err := openRegister(dir, "1880")
	require.NoError(t, err)
	require.Empty(t, other.all)
}
