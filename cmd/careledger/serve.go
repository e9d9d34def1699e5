package main

import (
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
)

func newServe(o *options) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Keep the ledger open, for programs and for the other commands",
		Long: `Opens the log, folds it and keeps answers up to date. Listens for NATS on this machine only; the token stands in the file
serve.json of the data directory, which only the directory's owner can read. The other commands find it there and work against
the serving careledger while it runs. Stop it with Ctrl-C.

Programs present the token and may ask (careledger.ask), send records (careledger.record, careledger.import) and read the log
itself (the streams CARE_{authority}); nothing but the ledger writes to the log.`,
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
			if host, _, err := net.SplitHostPort(listen); err != nil || !net.ParseIP(host).IsLoopback() {
				return &ledger.Wrong{Err: fmt.Errorf("--listen: %q is not an address of this machine alone; use 127.0.0.1:PORT or [::1]:PORT", listen)}
			}
			if c.ServerURL == "" {
				c.Listen, c.ClientToken = listen, ledger.NewToken()
			}
			l, err := patiently(cmd.Context(), func() (*ledger.Local, error) { return ledger.Open(cmd.Context(), c) })
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, l.Close()) }()
			return l.Serve(cmd.Context(), func(url, file string) {
				p.done()
				fmt.Fprintf(cmd.ErrOrStderr(), "serving %s at %s; the token stands in %s. Ctrl-C stops it.\n", c.Dir+c.ServerURL, url, file)
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "`address` to listen on; port 0 takes a free one")
	return cmd
}
