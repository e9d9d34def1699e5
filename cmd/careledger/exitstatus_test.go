package main

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// statuses gives each command of a file and compares its exit status with what the line begins with.
func statuses(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: statuses FILE")
	}
	wrong, given := []string{}, 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		status, exit := 0, (*exec.ExitError)(nil)
		if err := ts.Exec("careledger", words[1:]...); errors.As(err, &exit) {
			status = exit.ExitCode()
		} else {
			ts.Check(err)
		}
		if given++; strconv.Itoa(status) != words[0] {
			wrong = append(wrong, strconv.Itoa(status)+" in place of "+line)
		}
	}
	if len(wrong) > 0 || given == 0 {
		ts.Fatalf("of %d commands these ended with another status:\n%s", given, strings.Join(wrong, ""))
	}
}
