package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/web"
	"careledger/eventstore"
)

// pageAddress is where the pages are served by default, and httpOff turns them off.
const (
	pageAddress = "127.0.0.1:8281"
	httpOff     = "off"
)

func newServe(o *options) *cobra.Command {
	var listen, http string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Keep the ledger open: pages for people, and an address for programs and the other commands",
		Long: `Opens the log, folds it and keeps answers up to date. Serves pages on this machine, at the address that it prints with a token to sign in with.
The token is new each time. Listens for NATS on this machine only; the token for that stands in the file serve.json of the data directory,
which only the directory's owner can read. The other commands find it there and work against the serving careledger while it runs.
Stop it with Ctrl-C.

Programs present the token and may ask (careledger.ask), send records (careledger.record, careledger.import) and read the log
itself (the streams CARE_{authority}) and the feed of its figures for BI (BI_{authority}); nothing but the ledger writes to them.
Other programs that follow the feed have users of their own (careledger bi add); give --listen a port for them.`,
		Example: `  careledger serve --data ./careledger-data
  careledger compensation --data ./careledger-data      # in another terminal`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			p := newProgress()
			defer p.done()
			c := o.config("serve", p.show)
			if o.proofs != "" && o.server == "" {
				return &ledger.Wrong{Err: errProofsWithoutServer}
			}
			if err := checkLoopback("listen", listen); err != nil {
				return err
			}
			pages, err := listenForPages(http, cmd.Flags().Changed("http"))
			if err != nil {
				return err
			}
			if pages != nil {
				defer pages.Close() // Serve has closed it before, if it came so far
			}
			if c.ServerURL == "" {
				c.Listen, c.ClientToken = listen, ledger.NewToken()
			}
			c.Fed = func(r ledger.FeedReport) { tellFed(cmd.ErrOrStderr(), r) }
			l, err := patiently(cmd.Context(), func() (*ledger.Local, error) { return ledger.Open(cmd.Context(), c) })
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, l.Close()) }()
			serving, ctx := errgroup.WithContext(cmd.Context()) // pages and programs end together
			serving.Go(func() error {
				return l.Serve(ctx, func(url, file string) {
					p.done()
					fmt.Fprintf(cmd.ErrOrStderr(), "serving %s at %s; the token stands in %s. Ctrl-C stops it.\n", c.Dir+c.ServerURL, url, file)
					if pages != nil {
						serving.Go(func() error { return servePages(ctx, cmd, l, pages) })
					}
				})
			})
			return serving.Wait()
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "`address` to listen on for NATS; port 0 takes a free one")
	cmd.Flags().StringVar(&http, "http", pageAddress, "`address` to serve pages on; port 0 takes a free one, \"off\" serves none. A free one is taken too where the default is in use")
	return cmd
}

// tellFed says where a feed is, or what holds it up.
func tellFed(w io.Writer, r ledger.FeedReport) {
	if r.Err != nil {
		fmt.Fprintf(w, "the BI feed of %s is held up and tried again: %v\n", r.Authority, r.Err)
		return
	}
	fmt.Fprintf(w, "the BI feed of %s (stream %s) says what is known at event %d, and follows\n", r.Authority, eventstore.FeedStream(r.Authority), r.Position)
}

// checkLoopback refuses an address that others than this machine can reach.
func checkLoopback(flag, address string) error {
	if host, _, err := net.SplitHostPort(address); err != nil || !net.ParseIP(host).IsLoopback() {
		return &ledger.Wrong{Err: fmt.Errorf("--%s: %q is not an address of this machine alone; use 127.0.0.1:PORT or [::1]:PORT", flag, address)}
	}
	return nil
}

// listenForPages takes the address of the pages, nil for none. chosen says that it was asked for, and nothing else will do.
func listenForPages(address string, chosen bool) (net.Listener, error) {
	if address == httpOff {
		return nil, nil
	}
	if err := checkLoopback("http", address); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) && !chosen {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("--http: %w; give another address, or --http 127.0.0.1:0 for a free one", err)
	}
	return l, nil
}

// servePages serves pages until the context ends, and says where.
func servePages(ctx context.Context, cmd *cobra.Command, l *ledger.Local, pages net.Listener) error {
	s, err := web.New(web.Config{Ledger: l, Address: pages.Addr().String(), Token: ledger.NewToken(), GivenBy: withoutPassword(givenBy(cmd, "data", "server")),
		Log: slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))})
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "pages at http://%s; sign in: %s\n", pages.Addr(), s.SignInURL())
	return s.Serve(ctx, pages)
}
