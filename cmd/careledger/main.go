// Command careledger is an event-sourced ledger for care decisions and payouts. See the README, and careledger help.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"careledger/cmd/careledger/internal/ledger"
)

func main() { os.Exit(run()) }

// run returns the exit status: 0 done, 1 refused or failed, 2 wrong usage.
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
	fmt.Fprintln(os.Stderr, "careledger: "+err.Error())
	if wrong := (*ledger.Wrong)(nil); errors.As(err, &wrong) {
		return 2
	}
	return 1
}
