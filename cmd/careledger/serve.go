package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/monitor"
	"careledger/cmd/careledger/internal/web"
)

// pageAddress is where the pages are served by default, and httpOff turns them off.
const (
	pageAddress = "127.0.0.1:8281"
	httpOff     = "off"
)

func newServe(o *options) *cobra.Command {
	at := &servedAt{}
	cmd := &cobra.Command{
		Use:         "serve",
		Annotations: map[string]string{noFormat: "what is asked of it says its format"},
		Short:       "Keep the ledger open: pages for people, and an address for programs and the other commands",
		Long: `Opens the log, folds it and keeps answers up to date. Serves pages on this machine, at the address that it prints with a token to sign in with.
The token is new each time. Listens for NATS on this machine only; the token for that stands in the file serve.json of the data directory,
which only the directory's owner can read. The other commands find it there and work against the serving careledger while it runs.
Stop it with Ctrl-C.

Programs present the token and may ask (careledger.ask), send records (careledger.record, careledger.import) and read the log
itself (the streams CARE_{authority}) and the feed of its figures for BI (BI_{authority}); nothing but the ledger writes to them.
Other programs that follow the feed have users of their own (careledger bi add); give --listen a port for them. Over HTTP programs read
the tables of the pages and give commands (/api/openapi.json says how), and an operator finds /metrics, /healthz and /readyz.`,
		Example: `  careledger serve --data ./careledger-data
  careledger compensation --data ./careledger-data      # in another terminal`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.serve(cmd, at) },
	}
	cmd.Flags().StringVar(&at.lines, "log", "text", "`form` of the lines on standard error that tell what was asked and done, naming nobody: text, json (every line of it, and the link to sign in stands in serve.json alone) or off")
	complete(cmd, "log", monitor.LogFormats...)
	cmd.Flags().StringVar(&at.nats, "listen", "127.0.0.1:0", "`address` to listen on for NATS; port 0 takes a free one")
	cmd.Flags().StringVar(&at.pages, "http", pageAddress, "`address` to serve pages on; port 0 takes a free one, \"off\" serves none. A free one is taken too where the default is in use")
	return cmd
}

// servedAt are the flags of serve.
type servedAt struct {
	nats, pages string // addresses
	lines       string // form of the log lines
}

// serve opens the ledger and serves it until it is told to stop.
func (o *options) serve(cmd *cobra.Command, at *servedAt) (err error) {
	log, err := monitor.NewLog(cmd.ErrOrStderr(), at.lines)
	if err != nil {
		return &ledger.Wrong{Err: fmt.Errorf("--log: %w", err)}
	}
	tells := &teller{log: log, out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), lines: at.lines == "json"}
	defer func() { err = tells.failed(err) }()
	p := newProgress()
	p.quiet = p.quiet || tells.lines
	defer p.done()
	c := o.config("serve", p.show)
	if o.proofs != "" && o.server == "" {
		return &ledger.Wrong{Err: errProofsWithoutServer}
	}
	if err := checkLoopback("listen", at.nats); err != nil {
		return err
	}
	pages, err := listenForPages(at.pages, cmd.Flags().Changed("http"))
	if err != nil {
		return err
	}
	if pages != nil {
		defer pages.Close() // Serve has closed it before, if it came so far
		c.PagesURL, c.PagesToken = "http://"+pages.Addr().String(), ledger.NewToken()
		c.SignInURL = web.SignInURL(pages.Addr().String(), c.PagesToken)
	}
	if c.ServerURL == "" {
		c.Listen, c.ClientToken = at.nats, ledger.NewToken()
	}
	m := monitor.New(log)
	c.Settled, c.Acted, c.Fed = m.Settled, m.Acted, m.Fed
	l, err := patiently(cmd.Context(), func() (*ledger.Local, error) { return ledger.Open(cmd.Context(), c) })
	if err != nil {
		return err
	}
	m.Watch(l)
	defer func() { err = errors.Join(err, l.Close()) }()
	serving, ctx := errgroup.WithContext(cmd.Context()) // pages and programs end together
	if pages != nil {
		// From the start: /readyz says how far the logs are.
		s, err := web.New(web.Config{Ledger: l, Address: pages.Addr().String(), Token: c.PagesToken, Log: log, Monitor: m,
			GivenBy: withoutPassword(givenBy(cmd, "data", "server"))})
		if err != nil {
			return err
		}
		serving.Go(func() error { return s.Serve(ctx, pages) })
	}
	serving.Go(func() error {
		return l.Serve(ctx, func(url, file string) {
			p.done()
			if c.ServerURL == "" { // elsewhere the users are the operator's
				tells.shutOut(ctx, l)
			}
			tells.serving(c, url, file)
		})
	})
	err = serving.Wait()
	log.Info("stopped")
	return err
}

// checkLoopback refuses an address that others than this machine can reach.
func checkLoopback(flag, address string) error {
	host, port, err := net.SplitHostPort(address)
	if _, tooLarge := strconv.ParseUint(port, 10, 16); err != nil || tooLarge != nil || !net.ParseIP(host).IsLoopback() {
		return &ledger.Wrong{Err: fmt.Errorf("--%s: %q is not an address of this machine alone; use 127.0.0.1:PORT or [::1]:PORT, PORT from 0 to 65535", flag, address)}
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
