package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// done is what a step that runs in a process of its own prints.
type done struct {
	Seconds float64
	Events  int
}

// steps are what is done to a history in a process of its own, by name. They are not done in the benchmark's process, because what a process
// is said to have held at most includes what held the process that started it (setrusage at exec); so the benchmark itself stays small.
func steps(ctx context.Context, dir string) map[string]func() (int, error) {
	h := &History{Path: historyFile(dir)}
	bolt := filepath.Join(dir, libraryFile)
	return map[string]func() (int, error){
		"parquet":      func() (int, error) { return 0, writeParquet(ctx, h, dir) },
		"facts":        func() (int, error) { return 0, makeDuckFacts(ctx, dir) },
		"library-load": func() (int, error) { return 0, loadBolt(bolt, h) },
		"library-read": func() (int, error) { return readBolt(ctx, bolt) },
		"log-read":     func() (int, error) { return readLog(ctx, ledgerDir(dir)) },
	}
}

// libraryFile is where the library keeps its events.
const libraryFile = "library.bolt"

// doStep does a step and prints how long it took.
func doStep(ctx context.Context, name, dir string, out io.Writer) error {
	do := steps(ctx, dir)[name]
	if do == nil {
		return fmt.Errorf("no step is called %q", name)
	}
	start := time.Now()
	n, err := do()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return json.NewEncoder(out).Encode(done{time.Since(start).Seconds(), n})
}

// step runs a step in a process of its own. The seconds are those of the step, the memory is that of the whole process.
func step(ctx context.Context, name, dir string) (r run, events int, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, 0, err
	}
	out, err := os.CreateTemp(dir, "step-")
	if err != nil {
		return r, 0, err
	}
	defer func() { _, _ = out.Close(), os.Remove(out.Name()) }() // read by then
	cmd := exec.CommandContext(ctx, self, "-step", name, "-dir", dir)
	cmd.Stdout = out
	if r, err = whole(cmd); err != nil {
		return r, 0, err
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		return r, 0, err
	}
	var d done
	err = json.Unmarshal(text, &d)
	r.Seconds = d.Seconds
	return r, d.Events, err
}
