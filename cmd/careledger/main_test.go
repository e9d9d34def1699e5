package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"careledger": main})
}

// The scripts are what a person types, and what they then read.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Cmds:                scriptCommands(),
		Setup: func(env *testscript.Env) error {
			dir, err := os.Getwd()
			env.Setenv("TESTDATA", dir+"/../../testdata")
			env.Setenv("CARELEDGER_ACTOR", "auditor-1") // whose session it is; access.txtar does without
			env.Setenv("CARELEDGER_PURPOSE", "to read the scripts")
			return errors.Join(err, writePages(env.WorkDir))
		},
	})
}

var (
	shellBlock  = regexp.MustCompile("(?s)```sh\n(.*?)```")
	usedCommand = regexp.MustCompile(`(?m)^ *careledger ([a-z-]+)`)
)

// writePages writes the commands that each page of the model library documents to pages/NAME.sh, so that a script can follow them.
// A block with a command that the program does not have yet is left out.
func writePages(dir string) error {
	pages, err := filepath.Glob("../../domain/compensation/library/*.md")
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "pages"), 0o755); err != nil {
		return err
	}
	known := func(command []string) bool {
		return slices.ContainsFunc(newRoot().Commands(), func(c *cobra.Command) bool { return c.Name() == command[1] })
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		commands := "set -e\n"
		for _, block := range shellBlock.FindAllStringSubmatch(string(text), -1) {
			used := usedCommand.FindAllStringSubmatch(block[1], -1)
			if !slices.ContainsFunc(used, func(command []string) bool { return !known(command) }) {
				commands += block[1]
			}
		}
		name := strings.TrimSuffix(filepath.Base(page), ".md") + ".sh"
		if err := os.WriteFile(filepath.Join(dir, "pages", name), []byte(commands), 0o644); err != nil {
			return err
		}
	}
	return nil
}
