package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/monitor"
)

// teller tells whoever started careledger serve what they need to know: on a terminal in words; where lines are JSON, on standard error in nothing but
// that, so that a collector of logs understands each line. A link that holds a token is for a person and not for where logs are collected: there it
// stands in serve.json, which the directory's owner alone can read, or on standard output where there is no directory.
type teller struct {
	log      *slog.Logger
	out, err io.Writer
	lines    bool // JSON
}

// serving tells that a ledger is served, and where. file is that of the addresses and tokens, "" for none.
func (t *teller) serving(c ledger.Config, nats, file string) {
	what, nats := c.Dir+withoutUser(c.ServerURL), withoutUser(nats)
	signIn := ""
	if c.PagesURL != "" {
		signIn = fmt.Sprintf("pages at %s; sign in: %s\n", c.PagesURL, c.SignInURL)
	}
	switch {
	case !t.lines:
		fmt.Fprintf(t.err, "serving %s at %s; the token stands in %s. Ctrl-C stops it.\n%s", what, nats, file, signIn)
		t.log.Info("serving")
		return
	case file == "":
		fmt.Fprint(t.out, signIn)
	}
	t.log.Info("serving", "ledger", what, "nats", nats, "pages", c.PagesURL, "tokens_in", file)
}

// shutOut tells of the subscribers of the BI feed that are not let in. They keep nobody else out.
func (t *teller) shutOut(ctx context.Context, l ledger.Service) {
	answer, err := l.Subscribers(ctx, ledger.SubscriberRequest{Action: ledger.SubscriberList})
	if err != nil {
		t.warn("subscribers", "the subscribers of the BI feed cannot be listed: "+err.Error())
		return
	}
	for _, s := range answer.Subscribers {
		if s.Damaged != "" {
			t.warn("subscriber", s.Damaged)
		}
	}
}

func (t *teller) warn(about, text string) {
	if t.lines {
		t.log.Warn(about, "problem", text)
		return
	}
	fmt.Fprintln(t.err, "warning: "+text)
	t.log.Warn(about)
}

// failed tells why serving ended, where lines are JSON; otherwise that is told as of any command.
func (t *teller) failed(err error) error {
	if err == nil || !t.lines {
		return err
	}
	monitor.Failed(t.log, err)
	return &told{err}
}

// told is an error that has been told already.
type told struct{ error }

func (t *told) Unwrap() error { return t.error }
