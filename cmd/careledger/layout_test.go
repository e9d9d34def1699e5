package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Data flows one way: a package imports only what stands before it here. Tests may import more.
var rooms = []string{"domain", "eventstore", "projections", "replay", "cmd"}

func TestImportsPointOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "careledger/...").Output()
	require.NoError(t, err)
	room := func(path string) int {
		name, _, _ := strings.Cut(strings.TrimPrefix(path, "careledger/"), "/")
		return slices.Index(rooms, name)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from := room(fields[0])
		require.GreaterOrEqual(t, from, 0, "%s stands in no room of the layout", fields[0])
		for _, path := range fields[1:] {
			if !strings.HasPrefix(path, "careledger/") {
				continue
			}
			seen++
			require.LessOrEqual(t, room(path), from, "%s imports %s", fields[0], path)
			require.False(t, rooms[from] == "eventstore" && room(path) != from, "eventstore knows bytes, not the field: %s imports %s", fields[0], path)
		}
	}
	require.Greater(t, seen, 20)
}
