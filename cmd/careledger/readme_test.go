package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README shows what the demo prints.
func TestReadmeShowsTheDemo(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	var out bytes.Buffer
	cmd := newRoot()
	cmd.SetArgs([]string{"demo"})
	cmd.SetOut(&out)
	t.Chdir(t.TempDir())
	require.NoError(t, cmd.ExecuteContext(t.Context()))
	require.Contains(t, string(readme), "```\n"+out.String()+"```", "run the demo and put its output into the README")
}

// What a full disk does to an answer is an error, and a reader that goes away is no crash.
func TestAnAnswerThatCannotBeWrittenIsAnError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Logf("this system has no /dev/full (%v); a closed file stands for it", err)
		full, err = os.CreateTemp(t.TempDir(), "closed")
		require.NoError(t, err)
		require.NoError(t, full.Close())
	}
	cmd := newRoot()
	cmd.SetArgs([]string{"generate", "--preset", "lund-pilot"})
	cmd.SetOut(full)
	require.Error(t, cmd.ExecuteContext(t.Context()))
}
