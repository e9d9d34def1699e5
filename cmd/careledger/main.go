// Command careledger is an event-sourced ledger for care decisions and payouts. See the README, and careledger help.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"careledger/cmd/careledger/internal/ledger"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// A long fold or import holds many cases for long and makes garbage all the time. With Go's own 100 it takes twice what it holds; this
		// takes half as much again, for a seventh more of the processor.
		debug.SetGCPercent(50)
	}
	os.Exit(run())
}

// run returns the exit status: 0 done, 2 wrong usage, which is a *ledger.Wrong, and 1 refused or failed, which is every other error.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := newRoot()
	cmd.SetArgs(os.Args[1:])
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if errors.Is(err, syscall.EPIPE) { // whoever read our output has had enough
		return 1
	}
	if already := (*told)(nil); !errors.As(err, &already) {
		fmt.Fprintln(os.Stderr, "careledger: "+err.Error())
	}
	if wrong := (*ledger.Wrong)(nil); errors.As(err, &wrong) {
		return 2
	}
	return 1
}
